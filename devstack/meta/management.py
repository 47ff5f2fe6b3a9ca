"""What the Graph API tells about the account: its templates, page by page, and its numbers."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from devstack.meta.error_codes import RefusedError
from devstack.meta.templates import Template

DEFAULT_PAGE = 25
_QUALITY_DATE = 1_790_000_000
_NO_FIELD = "Tried accessing nonexisting field ({})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A business phone number, as far as its health goes ("Business phone numbers").

    Without `waba_id` it belongs to the usual account, and may send any account's templates.
    """

    status: str = "CONNECTED"
    quality_rating: str = "GREEN"
    throughput: str = "STANDARD"
    messaging_limit: str = "TIER_UNLIMITED"
    waba_id: str = ""


def template_page(
    templates: Sequence[Template], query: Mapping[str, str], address: str
) -> dict[str, Any]:
    """Answer `GET /{waba_id}/message_templates`; `query`: fields, limit, after and name.

    Meta's filter by name finds every name that contains it.

    Raises:
        RefusedError: a field that templates do not have, or a cursor that is none.
    """
    templates = [t for t in templates if query.get("name", "") in t.name]
    first, limit = _position(query.get("after", "")), int(query.get("limit", DEFAULT_PAGE))
    end = min(first + limit, len(templates))
    page = [_chosen(_described(template), query) for template in templates[first:end]]
    paging: dict[str, Any] = {"cursors": {"before": _cursor(first), "after": _cursor(end)}}
    if end < len(templates):
        paging["next"] = f"{address}?access_token=EAAG&limit={limit}&after={_cursor(end)}"
    return {"data": page, "paging": paging} if page else {"data": []}


def number_health(number_id: str, number: Number, query: Mapping[str, str]) -> dict[str, Any]:
    """Answer `GET /{phone_number_id}`.

    Raises:
        RefusedError: a field that numbers do not have.
    """
    known = asdict(number) | {
        "id": number_id,
        "throughput": {"level": number.throughput},
        "whatsapp_business_manager_messaging_limit": number.messaging_limit,
    }
    del known["messaging_limit"], known["waba_id"]
    return _chosen(known, query)


def template_node(template: Template, query: Mapping[str, str]) -> dict[str, Any]:
    """Answer `GET /{template_id}`.

    Raises:
        RefusedError: a field that templates do not have.
    """
    return _chosen(_described(template), query)


def parse_number(data: Mapping[str, Any]) -> tuple[str, Number]:
    """A number's id and health from the control API.

    Raises:
        KeyError: there is no id.
        TypeError: a member is unknown.
    """
    given = dict(data)
    return str(given.pop("id")), Number(**given)


def _described(template: Template) -> dict[str, Any]:
    return {
        "id": template.id,
        "name": template.name,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "parameter_format": "NAMED" if template.named else "POSITIONAL",
        "quality_score": {"score": template.quality, "date": _QUALITY_DATE},
        "rejected_reason": template.rejected_reason,
        "components": list(template.components) or None,
    }


def _chosen(known: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """The fields asked for, as far as there is something to tell, and the id, always added."""
    asked = [name for name in query.get("fields", "").split(",") if name] or list(known)
    for name in asked:
        if name not in known:
            raise RefusedError(100, _NO_FIELD.format(name))
    told = {name: known[name] for name in asked if known[name] is not None}
    return told | {"id": known["id"]}


def _cursor(position: int) -> str:
    return base64.b64encode(json.dumps(position).encode()).decode()


def _position(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True) or b"0")
    except (ValueError, binascii.Error):
        raise RefusedError(100, "Invalid cursor") from None
