"""The JSON bodies of `POST /{phone-number-id}/messages` (Cloud API docs, "Messages").

PayloadError                nothing was sent; trying again cannot help
├── RecipientFormatError    not an international number
├── EmptyParameterError     Meta refuses empty parameters and texts
├── ParameterNamesError     positional names are not 1, 2, 3…
└── TextTooLongError        more than 4,096 characters
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = dict[str, object]

MAX_TEXT_LENGTH = 4096
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")


class PayloadError(ValueError):
    """The message cannot be written as Meta wants it; the text names no person."""

    code = "invalid_payload"


class RecipientFormatError(PayloadError):
    """The recipient is not `+`, country code and number."""

    code = "invalid_recipient"


class EmptyParameterError(PayloadError):
    """A parameter or text has nothing to show."""

    code = "empty_parameter"


class ParameterNamesError(PayloadError):
    """The parameters of a positional template are not named 1, 2, 3 and so on."""

    code = "parameter_names"


class TextTooLongError(PayloadError):
    """A text message is longer than Meta allows."""

    code = "text_too_long"


class ParameterFormat(StrEnum):
    """How a template names its variables: `{{1}}` or `{{nombre}}`."""

    POSITIONAL = "positional"
    NAMED = "named"


class MediaKind(StrEnum):
    """The media a template's header can show."""

    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"


@dataclass(frozen=True, kw_only=True)
class TextHeader:
    """The value of a text header's one variable; `name` only for named templates."""

    text: str
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class MediaHeader:
    """A header's media: an uploaded `media_id`, or else a public `link`."""

    kind: MediaKind
    media_id: str | None = None
    link: str | None = None
    filename: str | None = None


@dataclass(frozen=True, kw_only=True)
class QuickReply:
    """A button that answers with `payload`; `index` counts all buttons of the template from 0."""

    index: int
    payload: str


@dataclass(frozen=True, kw_only=True)
class UrlSuffix:
    """The value of the variable at the end of a link button."""

    index: int
    suffix: str


def components_for(
    params: Mapping[str, str],
    *,
    parameter_format: ParameterFormat = ParameterFormat.POSITIONAL,
    header: TextHeader | MediaHeader | None = None,
    buttons: Sequence[QuickReply | UrlSuffix] = (),
) -> list[Json]:
    """Return a template's `components`: header, body, buttons, each only where it has a variable.

    `params` are the body's, by position ("1": "Ana") or by name. Whitespace is collapsed, as Meta
    refuses line breaks, tabs and runs of spaces (error 132018). Raises PayloadError.
    """
    components = [] if header is None else [_header(header)]
    if params:
        components.append({"type": "body", "parameters": _body(params, parameter_format)})
    return components + [_button(button) for button in buttons]


def template_message(
    *, to: str, template_name: str, language: str, components: Sequence[Json], message_id: str
) -> Json:
    """Return the body of a template message; Meta echoes `message_id` in each receipt."""
    template: Json = {"name": template_name, "language": {"code": language}}
    if components:
        template["components"] = list(components)
    return {**_envelope(to, message_id), "type": "template", "template": template}


def text_message(*, to: str, body: str, message_id: str) -> Json:
    """Return the body of a text message, which Meta takes within 24 hours of the last reply."""
    if len(body) > MAX_TEXT_LENGTH:
        raise TextTooLongError(f"a text has at most {MAX_TEXT_LENGTH} characters")
    if not has_something_to_show(body):
        raise EmptyParameterError("the text is empty")
    text: Json = {"preview_url": False, "body": body}
    return {**_envelope(to, message_id), "type": "text", "text": text}


def _envelope(to: str, message_id: str) -> Json:
    # Without the plus, Meta puts the sender's country code in front.
    if not _INTERNATIONAL.fullmatch(to):
        raise RecipientFormatError("a recipient is written as +, country code and number")
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": to,
        "biz_opaque_callback_data": message_id,
    }


def _body(params: Mapping[str, str], parameter_format: ParameterFormat) -> list[Json]:
    if parameter_format == ParameterFormat.NAMED:
        return [_text(value, where=name, name=name) for name, value in params.items()]
    names = [str(number) for number in range(1, len(params) + 1)]
    if set(names) != set(params):
        raise ParameterNamesError("positional parameters are named 1, 2, 3 without gaps")
    return [_text(params[name], where=name) for name in names]


def _text(value: str, *, where: str, name: str | None = None) -> Json:
    named: Json = {} if name is None else {"parameter_name": name}
    return {"type": "text", **named, "text": _one_line(value, where)}


def _header(header: TextHeader | MediaHeader) -> Json:
    if isinstance(header, TextHeader):
        parameter = _text(header.text, where="header", name=header.name)
    else:
        fields = {"id": header.media_id, "link": header.link, "filename": header.filename}
        media = {name: value for name, value in fields.items() if value}
        parameter = {"type": header.kind.value, header.kind.value: media}
    return {"type": "header", "parameters": [parameter]}


def _button(button: QuickReply | UrlSuffix) -> Json:
    parameter: Json
    if isinstance(button, QuickReply):
        sub_type, parameter = "quick_reply", {"type": "payload", "payload": button.payload}
    else:
        sub_type, parameter = "url", _text(button.suffix, where=f"button {button.index}")
    index = str(button.index)
    return {"type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter]}


def _one_line(value: str, where: str) -> str:
    collapsed = " ".join(value.split())
    if not has_something_to_show(collapsed):
        raise EmptyParameterError(f"parameter {where} is empty")
    return collapsed


def has_something_to_show(text: str) -> bool:
    """Tell whether anything but spaces, control and zero-width characters is there."""
    return any(unicodedata.category(character)[0] not in "CZ" for character in text)
