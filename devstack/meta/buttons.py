"""Meta's check of a template's buttons (docs: "Template components", Buttons)."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from devstack.meta.components import kind_of, variables
from devstack.meta.error_codes import RefusedError, template_refused

MOST = {"QUICK_REPLY": 10, "URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1}
MAX_BUTTONS, MAX_LABEL, MAX_URL, MAX_PHONE, MAX_CODE = 10, 25, 2000, 20, 15
_NO_EXAMPLE = 2388043
_Button = Mapping[str, Any]


def check_buttons(given: Any) -> None:
    """Refuse buttons that a template cannot have."""
    if not isinstance(given, list) or not 0 < len(given) <= MAX_BUTTONS:
        raise RefusedError(100, f"Param buttons must have 1 to {MAX_BUTTONS} buttons")
    if not all(isinstance(button, dict) for button in given):
        raise RefusedError(100, "Param buttons must be an array of objects")
    kinds = [kind_of(button) for button in given]
    for kind, count in Counter(kinds).items():
        if count > MOST.get(kind, 0):
            raise RefusedError(100, f"Param buttons can have {MOST.get(kind, 0)} of type {kind}")
    changes = [a != b for a, b in pairwise(kind == "QUICK_REPLY" for kind in kinds)]
    if sum(changes) > 1:
        raise RefusedError(100, "Param buttons must not mix quick replies with other buttons")
    for button in given:
        _check_label(button)
        _CHECKS[kind_of(button)](button)


def _check_label(button: _Button) -> None:
    label = button.get("text")
    if label is None and kind_of(button) == "COPY_CODE":
        return
    if not isinstance(label, str) or not 0 < len(label) <= MAX_LABEL or variables(label):
        raise RefusedError(100, f"Param buttons: text must have 1 to {MAX_LABEL} characters")


def _check_quick_reply(_: _Button) -> None:
    """Nothing but its label."""


def _check_url(button: _Button) -> None:
    url = button.get("url")
    if not isinstance(url, str) or not re.match(r"https?://[^/{]", url) or len(url) > MAX_URL:
        raise RefusedError(100, "Param buttons: url is not a valid URI")
    names = variables(url)
    if len(names) > 1 or (names and not url.endswith("}}")):
        raise RefusedError(100, "Param buttons: url can have one variable, at its end")
    example = button.get("example")
    if names and not (isinstance(example, list) and len(example) == 1 and example[0]):
        raise without_example("BUTTONS")


def _check_phone(button: _Button) -> None:
    phone = button.get("phone_number")
    if not isinstance(phone, str) or not re.fullmatch(r"\+?\d{7,19}", phone):
        raise RefusedError(100, "Param buttons: phone_number is not a valid phone number.")


def _check_code(button: _Button) -> None:
    example = button.get("example")
    code = example[0] if isinstance(example, list) and example else example
    if not isinstance(code, str) or not code:
        raise without_example("BUTTONS")
    if len(code) > MAX_CODE:
        raise RefusedError(100, f"Param buttons: example exceeds {MAX_CODE} characters")


def without_example(kind: str) -> RefusedError:
    """The refusal of a component whose variables, or whose media, have no example."""
    title = 'Message template "components" param is missing expected field(s)'
    message = f"component of type {kind} is missing expected field(s) (example)"
    return template_refused(_NO_EXAMPLE, title, message)


_CHECKS = {
    "QUICK_REPLY": _check_quick_reply,
    "URL": _check_url,
    "PHONE_NUMBER": _check_phone,
    "COPY_CODE": _check_code,
}
