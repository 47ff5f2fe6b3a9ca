"""Meta's check of a template that is created or edited (docs: "Template components", "Errors")."""

import json
import re
from collections.abc import Container, Mapping, Sequence
from typing import Any

from devstack.meta.buttons import check_buttons, without_example
from devstack.meta.components import VARIABLE, component, variables
from devstack.meta.error_codes import RefusedError, template_refused

CATEGORIES = ("AUTHENTICATION", "MARKETING", "UTILITY")
LONGEST = {"HEADER": 60, "BODY": 1024, "FOOTER": 60}
_FORMAT_WRONG = {"HEADER": 2388047, "BODY": 2388072, "FOOTER": 2388073}
_TOO_LONG, _TOO_MANY, _DANGLING = 2388040, 2388293, 2388299
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?")
_MEDIA = ("IMAGE", "VIDEO", "DOCUMENT")
_Component = Mapping[str, Any]


def parse_body(raw: bytes) -> dict[str, Any]:
    """The JSON object in a request.

    Raises:
        RefusedError: it is none.
    """
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RefusedError(100, "The request body must be a JSON object")
    return body


def check_creation(body: Mapping[str, Any]) -> None:
    """Refuse a name, language or category that templates cannot have."""
    for name, pattern in (("name", _NAME), ("language", _LANGUAGE)):
        if not isinstance(body.get(name), str) or not pattern.fullmatch(body[name]):
            raise RefusedError(100, f"Param {name} is not a valid template {name}")
    check_category(body.get("category"))


def check_category(category: Any) -> None:
    """Refuse what is no category."""
    if category not in CATEGORIES:
        raise RefusedError(100, f"Param category must be one of {', '.join(CATEGORIES)}")


def parse_format(body: Mapping[str, Any]) -> str:
    """NAMED or POSITIONAL, which is the default."""
    parameter_format = str(body.get("parameter_format", "POSITIONAL")).upper()
    if parameter_format not in ("NAMED", "POSITIONAL"):
        raise RefusedError(100, "Param parameter_format must be one of {NAMED, POSITIONAL}")
    return parameter_format


def check_draft(components: Any, *, named: bool, handles: Container[str]) -> None:
    """Refuse components with the code that Meta documents; `handles` are the samples uploaded."""
    if not isinstance(components, list) or not all(isinstance(c, dict) for c in components):
        raise RefusedError(100, "The parameter components is required.")
    kinds = [str(c.get("type", "")).upper() for c in components]
    known = {"HEADER", "BODY", "FOOTER", "BUTTONS"}
    if len(set(kinds)) < len(kinds) or not {"BODY"} <= set(kinds) <= known:
        raise RefusedError(100, "Param components must have one BODY, and each type at most once")
    _check_body(component(components, "BODY"), named=named)
    if "HEADER" in kinds:
        _check_header(component(components, "HEADER"), named, handles)
    if "FOOTER" in kinds:
        footer = _text(component(components, "FOOTER"), "FOOTER")
        if variables(footer) or "\n" in footer:
            raise _wrong("FOOTER", "can't have any variables or new lines")
    if "BUTTONS" in kinds:
        check_buttons(component(components, "BUTTONS").get("buttons"))


def _check_header(header: _Component, named: bool, handles: Container[str]) -> None:  # noqa: FBT001
    kind = str(header.get("format", "")).upper()
    if kind == "TEXT":
        text = _text(header, "HEADER")
        if re.search(r"[\n*_~`\U0001f300-\U0001faff]", VARIABLE.sub("", text)):
            raise _wrong("HEADER", "can't have any new lines, formatting characters, emojis")
        if len(variables(text)) > 1:
            raise _wrong("HEADER", "can have one variable")
        _check_examples(header, "header_text", variables(text), named=named)
    elif kind in _MEDIA:
        _check_sample(header, handles)
    elif kind != "LOCATION":
        raise RefusedError(100, "Param components: HEADER has no such format")


def _check_sample(header: _Component, handles: Container[str]) -> None:
    samples = _example(header).get("header_handle")
    if not isinstance(samples, list) or len(samples) != 1:
        raise without_example("HEADER")
    if samples[0] not in handles:
        raise RefusedError(100, "Param header_handle: the uploaded file handle is not valid")


def _check_body(body: _Component, *, named: bool) -> None:
    text = _text(body, "BODY")
    names = variables(text)
    if not named and names != [str(n + 1) for n in range(len(names))]:
        raise _wrong("BODY", "must have variables {{1}}, {{2}} and so on")
    if named and not all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names):
        raise _wrong("BODY", "must name its variables in lower case, with underscores")
    bare = text.strip()
    if bare.startswith("{{") or bare.endswith("}}"):
        rule = "Variables can't be at the start or end of the template."
        raise template_refused(_DANGLING, "Leading or trailing params not allowed", rule)
    if len(VARIABLE.sub("", text).split()) < len(names):
        rule = "This template has too many variables for its length."
        raise template_refused(_TOO_MANY, "Too many variables", rule)
    _check_examples(body, "body_text", names, named=named)


def _check_examples(part: _Component, member: str, names: Sequence[str], *, named: bool) -> None:
    """Each variable needs its example; a body's positional ones are a row in a list of rows."""
    if not names:
        return
    example = _example(part)
    if named:
        given = example.get(f"{member}_named_params")
        rows = given if isinstance(given, list) else []
        told = {r.get("param_name"): r.get("example") for r in rows if isinstance(r, dict)}
        complete = set(told) == set(names) and all(told.values())
    else:
        values = example.get(member)
        if member == "body_text" and isinstance(values, list) and values:
            values = values[0]
        complete = isinstance(values, list) and len(values) == len(names) and all(values)
    if not complete:
        raise without_example(str(part.get("type")))


def _example(part: _Component) -> Mapping[str, Any]:
    example = part.get("example")
    return example if isinstance(example, dict) else {}


def _text(part: _Component, kind: str) -> str:
    text = part.get("text")
    if not isinstance(text, str) or not text.strip():
        raise RefusedError(100, f"Param components: {kind} needs a text")
    if len(text) > LONGEST[kind]:
        limit = f"The message {kind.lower()} can't exceed {LONGEST[kind]} characters."
        raise template_refused(_TOO_LONG, "Character Limit Exceeded", limit)
    return text


def _wrong(kind: str, rule: str) -> RefusedError:
    part = f"message {kind.lower()}"
    return template_refused(
        _FORMAT_WRONG[kind], f"{part.capitalize()} format is incorrect", f"The {part} {rule}."
    )
