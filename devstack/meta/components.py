"""What the components of a template ask of a message that is made from it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_Component = Mapping[str, Any]


def variables(text: str) -> list[str]:
    """Names or numbers of a text's variables, each once, in their order."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def component(components: Sequence[_Component], kind: str) -> _Component:
    """The component of this type, or an empty one."""
    return next((c for c in components if str(c.get("type", "")).upper() == kind), {})


def buttons(components: Sequence[_Component]) -> list[_Component]:
    """The buttons, by index."""
    return list(component(components, "BUTTONS").get("buttons", []))


def kind_of(button: _Component) -> str:
    """The type of a button in capitals."""
    return str(button.get("type", "")).upper()


def needs_of(components: Sequence[_Component]) -> dict[str, Any]:
    """Members of a `Template` that follow from its components."""
    body = str(component(components, "BODY").get("text", ""))
    return {
        "components": tuple(components),
        "parameters": tuple(variables(body)),
        "header": _header(component(components, "HEADER")),
        "fixed_length": len(VARIABLE.sub("", body)),
    }


def required_button(button: _Component) -> str | None:
    """The `sub_type` of the parameter that a message must give for a button, if any."""
    if kind_of(button) == "URL" and variables(str(button.get("url", ""))):
        return "url"
    return "copy_code" if kind_of(button) == "COPY_CODE" else None


def _header(header: _Component) -> str:
    kind = str(header.get("format", "")).upper()
    return "" if kind == "TEXT" and not variables(str(header.get("text", ""))) else kind
