"""From a template and a recipient's values to the components of the message.

What a template must have is wa.template_problem's to say, before a job exists. A template may still
change while its job runs: then a message is refused here rather than by Meta.
"""

import re
from collections.abc import Mapping

from shared.messages import Template
from shared.rules.message_parts import (
    Button,
    CopyCode,
    Header,
    MediaHeader,
    MediaKind,
    ParameterFormat,
    PlaceHeader,
    QuickReply,
    TextHeader,
    UrlSuffix,
)
from shared.rules.payloads import (
    ButtonError,
    HeaderError,
    Json,
    ParameterNamesError,
    components_for,
)
from shared.rules.untrusted import object_of, text_of

_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")


def components_of(template: Template, params: Mapping[str, str]) -> list[Json]:
    """Return the components; `params` as wa.template_parameters names them.

    Raises:
        PayloadError: a value is missing, empty or one too many, or the template cannot be filled.
    """
    buttons = _buttons(template)
    filled_in = {f"button.{index}" for index, button in buttons.items() if _wants_value(button)}
    body = list(dict.fromkeys(_variables_of(template.body_text)))
    if set(params) != {*body, *filled_in, *_header_names(template)}:
        raise ParameterNamesError("the values are not those that the template names")
    filled = [_filled(index, button, params) for index, button in buttons.items()]
    return components_for(
        {name: params[name] for name in body},
        parameter_format=ParameterFormat(template.parameter_format),
        header=_header(template, params),
        buttons=[part for part in filled if part],
    )


def _variables_of(text: str | None) -> list[str]:
    return [name.strip() for name in _VARIABLE.findall(text or "")]


def _header_names(template: Template) -> set[str]:
    """Return the name of the header's one value; a positional header counts apart from the body."""
    names = _variables_of(template.header_text)
    named = template.parameter_format == ParameterFormat.NAMED
    return set(names) if named or not names else {"header"}


def _header(template: Template, params: Mapping[str, str]) -> Header | None:
    if template.header_format == "LOCATION":
        return _place(template.header_media)
    if template.header_format and template.header_format in MediaKind.__members__:
        return _media(MediaKind[template.header_format], template.header_media)
    if template.header_media is not None:
        raise HeaderError("a text header shows no media and no place")
    if len(_variables_of(template.header_text)) > 1:
        raise HeaderError("a header has one variable")
    named = template.parameter_format == ParameterFormat.NAMED
    names = _header_names(template)
    return next((TextHeader(text=params[n], name=n if named else None) for n in names), None)


def _media(kind: MediaKind, raw: object) -> MediaHeader:
    media = object_of(raw)
    return MediaHeader(
        kind=kind,
        media_id=text_of(media.get("id")),
        link=text_of(media.get("link")),
        filename=text_of(media.get("filename")),
    )


def _place(raw: object) -> PlaceHeader:
    place = object_of(raw)
    return PlaceHeader(
        latitude=_degrees(place.get("latitude")),
        longitude=_degrees(place.get("longitude")),
        name=text_of(place.get("name")) or "",
        address=text_of(place.get("address")) or "",
    )


def _degrees(raw: object) -> str:
    """Return degrees as Meta's examples write them: as text; a number keeps a hand's breadth."""
    is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
    return f"{raw:.6f}" if is_number else text_of(raw) or ""


def _buttons(template: Template) -> dict[int, Mapping[str, object]]:
    """Return the template's buttons by index."""
    if not isinstance(template.buttons, list):
        raise ButtonError("the buttons are no list")
    buttons = {index: object_of(raw) for index, raw in enumerate(template.buttons)}
    for index, button in buttons.items():
        if _kind(button) not in {"QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"}:
            raise ButtonError(f"button {index} is of a kind that cannot be filled in")
    return buttons


def _kind(button: Mapping[str, object]) -> str:
    """Return a button's type; Meta's examples write it in capitals and in small letters."""
    return (text_of(button.get("type")) or "").upper()


def _wants_value(button: Mapping[str, object]) -> bool:
    return _kind(button) == "COPY_CODE" or _is_open_link(button)


def _is_open_link(button: Mapping[str, object]) -> bool:
    return _kind(button) == "URL" and bool(_variables_of(text_of(button.get("url"))))


def _filled(index: int, button: Mapping[str, object], params: Mapping[str, str]) -> Button | None:
    """Return what a message says about a button; fixed links and telephone numbers need nothing."""
    if _kind(button) == "QUICK_REPLY":
        return _quick_reply(index, button)
    if _kind(button) == "COPY_CODE":
        return CopyCode(index=index, code=params[f"button.{index}"])
    return _link(index, button, params[f"button.{index}"]) if _is_open_link(button) else None


def _quick_reply(index: int, button: Mapping[str, object]) -> QuickReply:
    """Return the button with its payload, or else with its label.

    A label sent as payload is what a press brings back, word for word: whoever reads the answers
    (the opt-out rules above all) must understand every label that a template may have.
    """
    payload = text_of(button.get("payload")) or text_of(button.get("text")) or ""
    return QuickReply(index=index, payload=payload)


def _link(index: int, button: Mapping[str, object], suffix: str) -> UrlSuffix:
    """Return the value of the link's variable; Meta wants the name of one that is not {{1}}."""
    url = text_of(button.get("url")) or ""
    names = _variables_of(url)
    if len(names) > 1 or not url.endswith("}}"):
        raise ButtonError(f"the link of button {index} has its one variable at the end")
    return UrlSuffix(index=index, suffix=suffix, name=None if names == ["1"] else names[0])
