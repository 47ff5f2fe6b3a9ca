"""What PUT and DELETE /voters/{id}/consent are asked for.

Whether it may be kept, and what the law says about it, is Postgres' to check: its functions are
open to every signed-in user of PostgREST, too.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.errors import InvalidInput
from shared.rules.consent_dates import parse_day
from shared.rules.consent_file import LONGEST
from shared.rules.input_types import object_at, text_at, uuid_at

CONSENT_FIELDS: Final = ("obtained_at", "source", "notice_version", "evidence")
# What a refusal may name: of a file its columns, by their places.
CONSENT_NAMES: Final = frozenset({"voter_id", "consents", "columns", *CONSENT_FIELDS})


@dataclass(frozen=True, kw_only=True)
class ConsentRequest:
    """One person's consent: when, where, under which notice, and where its proof is."""

    campaign_id: UUID
    obtained_at: str  # a day, or a time with or without its offset
    source: str
    notice_version: str
    evidence: str


def parse_consent(body: object) -> ConsentRequest:
    """Return the consent to record; raises InvalidInput naming the field at fault."""
    fields = object_at(body, "", frozenset({"campaign_id", *CONSENT_FIELDS}))
    texts = {name: _text(fields.get(name), name) for name in CONSENT_FIELDS}
    day = parse_day(texts["obtained_at"])
    if day is None:
        raise InvalidInput("date_invalid", "Debe ser una fecha como 2027-06-06.", "obtained_at")
    campaign_id = uuid_at(fields.get("campaign_id"), "campaign_id")
    return ConsentRequest(campaign_id=campaign_id, **texts | {"obtained_at": day})


def _text(value: object, field: str) -> str:
    if value is None:
        raise InvalidInput("field_missing", "Falta este dato.", field)
    text = " ".join(text_at(value, field, LONGEST[field]).split())
    if not text:
        raise InvalidInput("field_missing", "Falta este dato.", field)
    return text
