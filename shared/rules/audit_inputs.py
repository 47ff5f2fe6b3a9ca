"""What GET /audit is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.errors import InvalidInput
from shared.rules.inputs import parse_moment, parse_uuid


@dataclass(frozen=True, kw_only=True)
class AuditRequest:
    """Whose log, from when to before when (None: all of it), and as what: csv or jsonl."""

    campaign_id: UUID
    since: datetime | None
    until: datetime | None
    form: str


def parse_audit(asked: Mapping[str, str]) -> AuditRequest:
    """Return the part asked for by a query string.

    Raises:
        InvalidInput: naming the field at fault.
    """
    form = asked.get("format", "csv")
    if form not in {"csv", "jsonl"}:
        raise InvalidInput("value_invalid", "El formato debe ser csv o jsonl.", "format")
    return AuditRequest(
        campaign_id=parse_uuid(asked.get("campaign_id", ""), "campaign_id"),
        since=_moment(asked, "from"),
        until=_moment(asked, "to"),
        form=form,
    )


def _moment(asked: Mapping[str, str], field: str) -> datetime | None:
    return parse_moment(asked[field], field) if asked.get(field) else None
