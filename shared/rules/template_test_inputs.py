"""What a campaign's members ask for around test messages, checked before it goes any further."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.errors import InvalidInput
from shared.rules.input_types import object_at, text_at, uuid_at
from shared.rules.inputs import parse_key, parse_values
from shared.rules.payloads import has_something_to_show

TEST_FIELDS: Final = frozenset({"phone", "personalization"})
NUMBER_FIELDS: Final = frozenset({"campaign_id", "phone", "label"})
LONGEST_PHONE: Final = 40  # whatever people type around ten digits
LONGEST_LABEL: Final = 60


@dataclass(frozen=True, kw_only=True)
class TemplateTest:
    """A test to one number; values that are not given are the template's samples."""

    phone: str
    personalization: Mapping[str, str]
    idempotency_key: str


@dataclass(frozen=True, kw_only=True)
class NewTestNumber:
    """A number of somebody of the campaign's own, and what they are called."""

    campaign_id: UUID
    phone: str
    label: str


def parse_test(body: object, idempotency_key: str | None) -> TemplateTest:
    """Return the test asked for; raises InvalidInput naming the field at fault."""
    key = parse_key(idempotency_key)
    fields = object_at(body, "", TEST_FIELDS)
    return TemplateTest(
        phone=_shown(fields.get("phone"), "phone", LONGEST_PHONE),
        personalization=parse_values(fields.get("personalization", {})),
        idempotency_key=key,
    )


def parse_test_number(body: object) -> NewTestNumber:
    """Return the number to add; raises InvalidInput naming the field at fault."""
    fields = object_at(body, "", NUMBER_FIELDS)
    return NewTestNumber(
        campaign_id=uuid_at(fields.get("campaign_id"), "campaign_id"),
        phone=_shown(fields.get("phone"), "phone", LONGEST_PHONE),
        label=_shown(fields.get("label"), "label", LONGEST_LABEL),
    )


def _shown(value: object, field: str, limit: int) -> str:
    text = "" if value is None else text_at(value, field, limit).strip()
    if not has_something_to_show(text):
        raise InvalidInput("field_missing", "Falta este campo.", field)
    return text
