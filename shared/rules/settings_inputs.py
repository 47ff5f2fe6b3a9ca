"""What PUT /settings is asked for: anything that JSON and Postgres can hold.

What each must be, and what the law says about it, is Postgres' to check: its function is open to
every signed-in user of PostgREST, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from shared.errors import InvalidInput
from shared.rules.input_types import object_at, text_at, uuid_at

PUT_FIELDS: Final = frozenset({"campaign_id", "version", "settings"})
PLACE_FIELDS: Final = frozenset({"state", "municipalities"})
# Those of wa.setting_fields().
SETTING_FIELDS: Final = frozenset(
    {"display_name", "election_kind", "run_by", "precandidate"}
    | {"campaign_start", "campaign_end", "election_date", "territory"}
    | {"candidate", "office", "party_legend", "ine_registration", "ine_waiver_reason"}
    | {"show_ine_registration", "accounting_key", "rnp", "privacy_notice_url"}
    | {"quiet_from", "quiet_until", "consent_required"}
    | {"spending_cap_usd", "price_per_message_usd", "unknown_after_minutes"}
    | {"canary_wait_minutes", "canary_max_failed", "canary_max_opted_out"}
    | {"resend_after_silence", "resend_after_minutes"}
)
MAX_NUMBER: Final = 1e15
MAX_DEPTH: Final = 3  # a list of places, each with a list of municipalities
MAX_VERSION: Final = 2**31 - 1  # Postgres' integer


@dataclass(frozen=True, kw_only=True)
class SettingsChange:
    """All settings of a campaign, and the version they replace (None: there are none yet)."""

    campaign_id: UUID
    version: int | None
    settings: Mapping[str, object]


def parse_settings(body: object) -> SettingsChange:
    """Return the change asked for.

    Raises:
        InvalidInput: naming the field at fault.
    """
    fields = object_at(body, "", PUT_FIELDS)
    if "settings" not in fields:
        raise InvalidInput("field_missing", "Falta este campo.", "settings")
    settings = object_at(fields["settings"], "settings", SETTING_FIELDS)
    return SettingsChange(
        campaign_id=uuid_at(fields.get("campaign_id"), "campaign_id"),
        version=_version(fields.get("version")),
        settings={name: _storable(value, f"settings.{name}") for name, value in settings.items()},
    )


def _version(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_VERSION:
        raise InvalidInput("number_invalid", "Debe ser un número entero.", "version")
    return value


def _storable(value: Any, field: str, depth: int = 0) -> object:
    """Return the value if JSON has it and Postgres can store it; JSON has no NaN, Python does."""
    if isinstance(value, str):
        return text_at(value, field)
    if isinstance(value, float) and not abs(value) < MAX_NUMBER:
        raise InvalidInput("number_invalid", "Debe ser un número.", field)
    if isinstance(value, list | dict) and depth == MAX_DEPTH:
        raise InvalidInput("value_invalid", "El valor no se puede usar.", field)
    if isinstance(value, list):
        return [_storable(each, f"{field}.{n}", depth + 1) for n, each in enumerate(value)]
    if isinstance(value, dict):
        known = object_at(value, field, PLACE_FIELDS)
        return {name: _storable(each, f"{field}.{name}", depth + 1) for name, each in known.items()}
    return value
