"""Templates as Meta knows them, and its check of a message's template parameters."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devstack.meta.components import (
    buttons,
    component,
    kind_of,
    needs_of,
    required_button,
    variables,
)
from devstack.meta.error_codes import RefusedError

MAX_BODY = 1024
MAX_PAYLOAD = 256
MAX_CODE = 15
_FORBIDDEN = re.compile(r"[\n\r\t]| {5,}")
_MEDIA = ("image", "video", "document")
_BUTTON_PARAMETER = {"quick_reply": "payload", "url": "text", "copy_code": "coupon_code"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """One (name, language); `parameters` are the body's names, or "1", "2"... if positional.

    `header` is "" or the format that needs a parameter: TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION.
    `fixed_length` counts the characters of the body outside its variables. `quality` and
    `rejected_reason` are what its listing says. One without `components` was registered by its
    needs alone, and one without `waba_id` belongs to every account. `edited_at` are the times of
    the edits that its limits count.
    """

    name: str
    language: str
    status: str = "APPROVED"
    category: str = "MARKETING"
    parameters: tuple[str, ...] = ()
    header: str = ""
    fixed_length: int = 0
    quality: str = "UNKNOWN"
    rejected_reason: str = "NONE"
    waba_id: str = ""
    components: tuple[Mapping[str, Any], ...] = ()
    parameter_format: str = ""
    given_id: str = ""
    ever_approved: bool = False
    edited_at: tuple[float, ...] = ()

    @property
    def id(self) -> str:
        """Meta's id; made up, but always the same."""
        return self.given_id or f"59{zlib.crc32(f'{self.name}/{self.language}'.encode()):013d}"

    @property
    def named(self) -> bool:
        """Whether parameters are addressed by name."""
        if self.parameter_format:
            return self.parameter_format == "NAMED"
        return any(not name.isdecimal() for name in self.parameters)


def parse_template(data: Mapping[str, Any]) -> Template:
    """A template from the control API; `parameters` is a list of names or a count.

    Given its `components`, what a message needs follows from them.

    Raises:
        TypeError: a member is unknown or missing.
    """
    given = dict(data)
    if given.get("components"):
        return Template(**given | needs_of(given["components"]))
    names = given.pop("parameters", 0)
    if isinstance(names, int):
        names = [str(position + 1) for position in range(names)]
    return Template(parameters=tuple(names), **given)


def check_sendable(template: Template | None) -> Template:
    """The template itself, or the refusal its absence or status calls for."""
    if template is None:
        raise RefusedError(132001)
    if template.status == "PAUSED":
        raise RefusedError(132015)
    if template.status == "DISABLED":
        raise RefusedError(132016)
    if template.status != "APPROVED":
        raise RefusedError(132001)
    return template


def check_components(template: Template, components: Any) -> None:
    """Refuse parameters that do not fit the template (Cloud API docs, Send messages; Errors)."""
    parameters: dict[str, list[dict[str, Any]]] = {"header": [], "body": []}
    pressed: dict[int, str] = {}
    for part in _objects(components, "components"):
        kind = str(part.get("type"))
        if kind == "button":
            _check_button(part)
            pressed[int(part["index"])] = part["sub_type"]
        elif kind in parameters:
            parameters[kind] += _objects(part.get("parameters"), "parameters")
        else:
            raise RefusedError(131009, "Unknown component type")
    _check_header(template, parameters["header"])
    _check_body(template, parameters["body"])
    if template.components:
        _check_buttons(template, pressed)


def _objects(value: Any, what: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise RefusedError(100, f"Param template['{what}'] must be an array of objects")
    return value


def _check_header(template: Template, parameters: list[dict[str, Any]]) -> None:
    expected = template.header.lower()
    if len(parameters) > bool(expected):
        raise RefusedError(132000, "header: too many parameters")
    received = parameters[0].get("type") if parameters else "unknown"
    if expected and received != expected:
        mismatch = f"expected {template.header}, received {str(received).upper()}"
        raise RefusedError(132012, f"header: Format mismatch, {mismatch}")
    if expected == "text":
        _text(parameters[0])
        _check_header_name(template, parameters[0])
    elif expected in _MEDIA:
        _check_media(parameters[0].get(expected))


def _check_header_name(template: Template, parameter: dict[str, Any]) -> None:
    text = str(component(template.components, "HEADER").get("text", ""))
    names = [parameter.get("parameter_name")]
    if template.named and template.components and names != variables(text):
        raise RefusedError(100, "Parameter name is missing or unknown")


def _check_media(media: Any) -> None:
    if not isinstance(media, dict) or ("id" in media) == ("link" in media):
        raise RefusedError(131009, "header: exactly one of id and link is needed")


def _check_body(template: Template, parameters: list[dict[str, Any]]) -> None:
    if len(parameters) != len(template.parameters):
        counts = f"({len(parameters)}) does not match the expected ({len(template.parameters)})"
        raise RefusedError(132000, f"body: number of localizable_params {counts}")
    if template.named:
        names = [str(parameter.get("parameter_name")) for parameter in parameters]
        if sorted(names) != sorted(template.parameters):
            raise RefusedError(100, "Parameter name is missing or unknown")
    length = template.fixed_length + sum(len(_text(parameter)) for parameter in parameters)
    if length > MAX_BODY:
        raise RefusedError(132005, f"body: {length} characters, at most {MAX_BODY} are allowed")


def _text(parameter: dict[str, Any]) -> str:
    if parameter.get("type") != "text":
        raise RefusedError(132012, "Format mismatch, expected TEXT")
    text = parameter.get("text")
    if not isinstance(text, str) or not text.strip():
        raise RefusedError(131008, "Parameter of type text is missing text value")
    if _FORBIDDEN.search(text):
        limits = "new-line/tab characters or more than 4 consecutive spaces"
        raise RefusedError(132018, f"Param text cannot have {limits}")
    return text


def _check_button(button: dict[str, Any]) -> None:
    member = _BUTTON_PARAMETER.get(str(button.get("sub_type")))
    if member is None or not re.fullmatch(r"\d", str(button.get("index"))):
        raise RefusedError(131009, "button: sub_type or index is not valid")
    parameters = _objects(button.get("parameters"), "parameters")
    value = parameters[0].get(member) if len(parameters) == 1 else None
    if not isinstance(value, str) or not value or parameters[0].get("type") != member:
        raise RefusedError(131008, f"button: one parameter of type {member} is needed")
    if member == "payload" and len(value) > MAX_PAYLOAD:
        raise RefusedError(131009, f"button: payload exceeds {MAX_PAYLOAD} characters")
    if member == "coupon_code" and not re.fullmatch(rf"\w{{1,{MAX_CODE}}}", value, re.ASCII):
        raise RefusedError(131009, f"button: coupon_code exceeds {MAX_CODE} letters and digits")


def _check_buttons(template: Template, pressed: Mapping[int, str]) -> None:
    """Refuse what the template has no button for, and a link or code that is missing."""
    made = list(enumerate(buttons(template.components)))
    kinds = {index: kind_of(button).lower() for index, button in made}
    for index, kind in pressed.items():
        if kinds.get(index) != kind:
            raise RefusedError(132018, f"buttons: Button at index {index} is not of type {kind}")
    for index, button in made:
        needed = required_button(button)
        if needed and index not in pressed:
            named = needed.title().replace("_", "")
            details = f"Button at index {index} of type {named} requires a parameter"
            raise RefusedError(131008, f"buttons: {details}")
