"""What a template shows, as Meta tells it, to be compared with what we have.

A content has only the members that were told: `header_format`, `header_text`, `body_text`,
`footer_text`, `parameter_format`, `buttons` (all of them, in their order), `link_buttons` (of an
event: only those that lead to an address or a telephone, in their order) and `unsupported` (Meta's
words for parts that no job can fill in).

Cloud API docs: "Template components", "Template management", "message_template_components_update".
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from shared.rules.untrusted import object_of, text_of, word_of

Content: TypeAlias = dict[str, object]
_Object = Mapping[str, Any]

_TEXTS: Final = ("BODY", "FOOTER")
_PARTS: Final = frozenset({"HEADER", *_TEXTS, "BUTTONS"})
_HEADERS: Final = frozenset({"TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"})
_FORMATS: Final = frozenset({"positional", "named"})
# What a button of a kind that we register cannot be without.
_NEEDED: Final[Mapping[str, set[str]]] = MappingProxyType(
    {
        "QUICK_REPLY": {"text"},
        "URL": {"text", "url"},
        "PHONE_NUMBER": {"text", "phone_number"},
    }
)
_LEADING: Final = frozenset({"URL", "PHONE_NUMBER"})
_MEMBER: Final = "message_template_button_"


def content_of(components: object, parameter_format: object) -> Content | None:
    """Return the content of a listed template, or None if the listing cannot be understood.

    A listing is whole: what it lacks, the template lacks. So one that is odd anywhere tells
    nothing, rather than that the template has lost a part.
    """
    parts = _parts_of(components)
    if parts is None:
        return None
    header, buttons = _header_of(parts.get("HEADER")), _buttons_of(parts.get("BUTTONS"))
    body_text, footer_text = (text_of(parts.get(part, {}).get("text")) for part in _TEXTS)
    lost = "FOOTER" in parts and footer_text is None
    if header is None or buttons is None or body_text is None or lost:
        return None
    others = {*(parts.keys() - _PARTS), *header.pop("unsupported", ())}
    content: Content = {
        **header,
        "body_text": body_text,
        "footer_text": footer_text,
        "buttons": buttons,
        "unsupported": sorted(others),
    }
    named = (text_of(parameter_format) or "").lower()
    if named in _FORMATS and _has_variables(content):
        content["parameter_format"] = named
    return content


def content_of_event(value: _Object) -> Content | None:
    """Return what a `message_template_components_update` tells of the content, or None.

    It names a header only if that is a text, and of the buttons only links and telephones: what
    it lacks may still be there.
    """
    content: Content = {}
    if body := text_of(value.get("message_template_element")):
        content["body_text"] = body
    if title := text_of(value.get("message_template_title")):
        content |= {"header_format": "TEXT", "header_text": title}
    if footer := text_of(value.get("message_template_footer")):
        content["footer_text"] = footer
    buttons = _buttons_of({"buttons": _unprefixed(value.get("message_template_buttons"))}) or []
    if leading := [button for button in buttons if button["type"] in _LEADING]:
        content["link_buttons"] = leading
    return content or None


def _has_variables(content: Content) -> bool:
    """Tell whether its parameters have a format: one without any is listed with either."""
    return "{{" in str([content.get("header_text"), content["body_text"], content["buttons"]])


def _parts_of(components: object) -> dict[str, _Object] | None:
    """Return the components by their type in capitals; Meta's examples write it both ways."""
    if not isinstance(components, list):
        return None
    parts = {_word(object_of(raw).get("type")): object_of(raw) for raw in components}
    return None if "" in parts or len(parts) < len(components) else parts


def _header_of(header: _Object | None) -> dict[str, Any] | None:
    """Return the header's members, or that it is of a kind that no message here can have."""
    if header is None:
        return {"header_format": None, "header_text": None}
    kind, text = _word(header.get("format")), text_of(header.get("text"))
    if not kind or (kind == "TEXT" and not text):
        return None
    if kind not in _HEADERS:
        return {"unsupported": [f"HEADER_{kind}"]}
    return {"header_format": kind, "header_text": text if kind == "TEXT" else None}


def _buttons_of(component: _Object | None) -> list[Content] | None:
    if component is None:
        return []
    raw = component.get("buttons")
    if not isinstance(raw, list):
        return None
    buttons = [_button_of(object_of(button)) for button in raw]
    return buttons if all(map(_is_whole, buttons)) else None


def _is_whole(button: Content) -> bool:
    kind = str(button["type"])
    return bool(kind) and _NEEDED.get(kind, set()) <= button.keys()


def _button_of(button: _Object) -> Content:
    """Return a button as we register them.

    Meta writes the label of a button that copies by itself, in the language of the reader.
    """
    kind = _word(button.get("type"))
    names = () if kind == "COPY_CODE" else ("text", "url", "phone_number")
    told = {name: text_of(button.get(name)) for name in names}
    return {"type": kind, **{name: text for name, text in told.items() if text}}


def _unprefixed(raw: object) -> object:
    """Return an event's buttons as a listing has them."""
    if not isinstance(raw, list):
        return raw
    return [
        {str(name).removeprefix(_MEMBER): value for name, value in object_of(button).items()}
        for button in raw
    ]


def _word(raw: object) -> str:
    """Return one of Meta's words in capitals, or nothing."""
    return word_of(raw.upper() if isinstance(raw, str) else raw) or ""
