"""Whom a campaign asks about: a person, by phone or by voter."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.errors import InvalidInput
from shared.rules.input_types import object_at, text_at, uuid_at

PERSON_FIELDS: Final = frozenset({"campaign_id", "phone", "voter_id"})
LONGEST_PHONE: Final = 40  # whatever people type around ten digits


@dataclass(frozen=True, kw_only=True)
class PersonAsked:
    """One of phone (as typed) and voter_id is given, the other is None."""

    campaign_id: UUID
    phone: str | None
    voter_id: UUID | None


def parse_person(body: object) -> PersonAsked:
    """Return who is meant; raises InvalidInput naming the field at fault."""
    fields = object_at(body, "", PERSON_FIELDS)
    campaign_id = uuid_at(fields.get("campaign_id"), "campaign_id")
    phone, voter_id = fields.get("phone"), fields.get("voter_id")
    if phone is not None and voter_id is not None:
        raise InvalidInput("value_invalid", "Da el teléfono o el votante, no los dos.", "voter_id")
    if voter_id is not None:
        return PersonAsked(
            campaign_id=campaign_id, phone=None, voter_id=uuid_at(voter_id, "voter_id")
        )
    if phone is None:
        raise InvalidInput("field_missing", "Falta este campo.", "phone")
    return PersonAsked(
        campaign_id=campaign_id, phone=text_at(phone, "phone", LONGEST_PHONE), voter_id=None
    )
