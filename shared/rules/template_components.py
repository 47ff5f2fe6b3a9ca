"""The JSON bodies that make and edit a template at Meta, and what its message will look like.

Cloud API docs, "Template components" (creation syntax) and "Template management" (editing). Bodies
are for drafts without problems (shared.rules.template_form). A quick reply's payload is ours: Meta
hears of it with each message.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from shared.rules.message_parts import ParameterFormat
from shared.rules.payloads import Json
from shared.rules.template_button_form import kind_of
from shared.rules.template_draft import TemplateDraft
from shared.rules.template_sample_form import body_samples, header_sample
from shared.rules.template_variables import filled, variables_of

_MEDIA: Final = frozenset({"IMAGE", "VIDEO", "DOCUMENT"})
COPY_CODE_LABEL: Final = "Copiar código"  # about what WhatsApp itself writes on it


class SampleMissingError(ValueError):
    """A header of files cannot be submitted without the handle of an uploaded sample."""


def creation_body(draft: TemplateDraft, meta_name: str, sample_handle: str | None) -> Json:
    """Return the body of POST /{waba-id}/message_templates.

    `sample_handle` is what the resumable upload of the header's sample gave; it is needed for
    IMAGE, VIDEO and DOCUMENT alone.

    Raises:
        SampleMissingError: it is needed and not there.
    """
    return {
        "name": meta_name,
        "language": draft.language,
        "category": draft.category,
        **_parameter_format(draft),
        "components": _components(draft, sample_handle),
    }


def edit_body(draft: TemplateDraft, sample_handle: str | None, category: str | None = None) -> Json:
    """Return the body of POST /{template-id}, which replaces all components.

    `category` is the new one, if it changes: Meta refuses to hear of it once it approved one.
    Raises SampleMissingError.
    """
    told: Json = {} if category is None else {"category": category}
    return {**told, **_parameter_format(draft), "components": _components(draft, sample_handle)}


def preview_of(draft: TemplateDraft) -> Json:
    """Return the message with the samples filled in.

    ``{"header": null | {"format", "text" | "media" | "place"}, "body", "footer", "buttons":
    [{"type", "text", "url" | "phone_number" | "code"}]}``; works for drafts with problems too.
    """
    buttons = [
        _shown_button(button, draft.sample(f"button.{index}"))
        for index, button in enumerate(draft.listed_buttons())
    ]
    return {
        "header": _shown_header(draft),
        "body": filled(draft.body_text, body_samples(draft)),
        "footer": draft.footer_text,
        "buttons": buttons,
    }


def _parameter_format(draft: TemplateDraft) -> Json:
    """Return Meta's word for named variables; numbered ones are what it expects."""
    is_named = draft.parameter_format == ParameterFormat.NAMED
    return {"parameter_format": draft.parameter_format} if is_named else {}


def _components(draft: TemplateDraft, sample_handle: str | None) -> list[Json]:
    components = [] if draft.header_format is None else [_header(draft, sample_handle)]
    body: Json = {"type": "BODY", "text": draft.body_text}
    components.append(body | _example(draft, "body_text", body_samples(draft)))
    if draft.footer_text:
        components.append({"type": "FOOTER", "text": draft.footer_text})
    buttons = [
        _BUTTONS[kind_of(button)](button, draft.sample(f"button.{index}"))
        for index, button in enumerate(draft.listed_buttons())
    ]
    return [*components, {"type": "BUTTONS", "buttons": buttons}] if buttons else components


def _header(draft: TemplateDraft, sample_handle: str | None) -> Json:
    header: Json = {"type": "HEADER", "format": draft.header_format}
    if draft.header_format in _MEDIA:
        if not sample_handle:
            raise SampleMissingError("the header's sample has not been uploaded")
        return header | {"example": {"header_handle": [sample_handle]}}
    if draft.header_format == "TEXT":
        header["text"] = draft.header_text
        return header | _example(draft, "header_text", header_sample(draft))
    return header  # a map: each message brings its place


def _example(draft: TemplateDraft, part: str, samples: Mapping[str, str]) -> Json:
    """Return the samples as Meta takes them; a text without variables must not have any (2388043).

    A body's numbered samples are a list in a list, a header's are not.
    """
    if not samples:
        return {}
    if draft.parameter_format == ParameterFormat.NAMED:
        named = [{"param_name": name, "example": value} for name, value in samples.items()]
        return {"example": {f"{part}_named_params": named}}
    values = list(samples.values())
    return {"example": {part: [values] if part == "body_text" else values}}


def _quick_reply(button: Mapping[str, object], _sample: str) -> Json:
    return {"type": "QUICK_REPLY", "text": button["text"]}


def _link(button: Mapping[str, object], sample: str) -> Json:
    url = str(button["url"])
    link: Json = {"type": "URL", "text": button["text"], "url": url}
    return link | ({"example": [sample]} if variables_of(url) else {})


def _phone(button: Mapping[str, object], _sample: str) -> Json:
    return {
        "type": "PHONE_NUMBER",
        "text": button["text"],
        "phone_number": button["phone_number"],
    }


def _copy_code(_button: Mapping[str, object], sample: str) -> Json:
    return {"type": "COPY_CODE", "example": sample}


_BUTTONS: Final[Mapping[str, Callable[[Mapping[str, object], str], Json]]] = MappingProxyType(
    {
        "QUICK_REPLY": _quick_reply,
        "URL": _link,
        "PHONE_NUMBER": _phone,
        "COPY_CODE": _copy_code,
    }
)


def _shown_header(draft: TemplateDraft) -> Json | None:
    if draft.header_format is None:
        return None
    if draft.header_format == "TEXT":
        shown: Json = {"text": filled(draft.header_text or "", header_sample(draft))}
    elif draft.header_format == "LOCATION":
        shown = {"place": draft.header_media}
    else:
        shown = {"media": draft.header_media}
    return {"format": draft.header_format, **shown}


def _shown_button(button: Mapping[str, object], sample: str) -> Json:
    kind = kind_of(button)
    shown: Json = {"type": kind, "text": button.get("text")}
    if kind == "URL":
        url = str(button.get("url") or "")
        shown["url"] = filled(url, dict.fromkeys(variables_of(url), sample))
    elif kind == "PHONE_NUMBER":
        shown["phone_number"] = button.get("phone_number")
    elif kind == "COPY_CODE":
        shown |= {"text": button.get("text") or COPY_CODE_LABEL, "code": sample}
    return shown
