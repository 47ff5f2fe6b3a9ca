"""Meta's check of a request to /messages: what it accepts, and the code it refuses with."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devstack.meta.error_codes import RefusedError
from devstack.meta.templates import Template, check_components, check_sendable

MAX_OPAQUE = 512
_PHONE = re.compile(r"\+?[0-9 ()-]+")
FindTemplate = Callable[[str, str], Template | None]
"""Finds what a number may send, by name and language."""
_DELIVERABLE = re.compile(r"(?!52)[1-9]\d{7,14}|521\d{10}")


@dataclass(frozen=True, kw_only=True, slots=True)
class SendRequest:
    """A valid send of a template."""

    to: str
    wa_id: str
    opaque: str | None
    template: Template


def parse_send(raw: bytes, find: FindTemplate) -> SendRequest:
    """The send in a request's raw body.

    Raises:
        RefusedError: with the code Meta documents ("Send messages", "Error codes").
    """
    body = _json_object(raw)
    if body.get("messaging_product") != "whatsapp":
        raise RefusedError(100, "The parameter messaging_product is required.")
    if body.get("recipient_type", "individual") != "individual":
        raise RefusedError(131009, "Param recipient_type must be individual")
    if body.get("type") != "template":
        raise RefusedError(131051, "This simulator takes templates only")
    to = _recipient(body.get("to"))
    return SendRequest(
        to=to,
        wa_id=wa_id_of(to),
        opaque=_opaque(body.get("biz_opaque_callback_data")),
        template=_template(body.get("template"), find),
    )


def wa_id_of(phone: str) -> str:
    """Digits of a number as WhatsApp reports it: +52 and ten digits becomes 521 and ten digits.

    Without "+" the business number's country code, here 52, is put in front (Cloud API docs,
    Send messages, Phone number formats), so 52... without "+" goes astray.
    """
    digits = re.sub(r"\D", "", phone)
    if not phone.startswith("+"):
        digits = "52" + digits
    return re.sub(r"^52(\d{10})$", r"521\1", digits)


def deliverable(wa_id: str) -> bool:
    """Whether anyone could have this number; a Mexican one is 521 and ten digits."""
    return _DELIVERABLE.fullmatch(wa_id) is not None


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RefusedError(100, "The request body must be a JSON object")
    return body


def _recipient(to: Any) -> str:
    if not isinstance(to, str) or not to:
        raise RefusedError(100, "The parameter to is required.")
    if not _PHONE.fullmatch(to) or not re.fullmatch(r"\d{8,15}", re.sub(r"\D", "", to)):
        raise RefusedError(131009, "Param to is not a valid phone number")
    return to


def _opaque(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_OPAQUE:
        limit = f"must be a string of at most {MAX_OPAQUE} characters"
        raise RefusedError(100, f"Param biz_opaque_callback_data {limit}")
    return value


def _template(content: Any, find: FindTemplate) -> Template:
    if not isinstance(content, dict):
        raise RefusedError(131008, "The parameter template is required.")
    name, language = content.get("name"), content.get("language")
    if not isinstance(name, str) or not isinstance(language, dict):
        raise RefusedError(131008, "The parameters template['name'] and ['language'] are required.")
    if language.get("policy", "deterministic") != "deterministic":
        raise RefusedError(131009, "Param template['language']['policy'] must be deterministic")
    template = check_sendable(find(name, str(language.get("code"))))
    check_components(template, content.get("components"))
    return template
