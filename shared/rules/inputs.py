"""What users and queues ask for, checked before it goes any further.

What only the database can know (whether a campaign, a template, a filter exists) is its to check;
here it is types, sizes and times.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from shared.errors import InvalidInput
from shared.messages import Shard
from shared.rules.input_types import FIELD_NAME, boolean_at, object_at, text_at, uuid_at
from shared.rules.payloads import has_something_to_show

MAX_VOTER_IDS: Final = 100_000
MAX_FILTER_VALUES: Final = 1_000
SEND_FIELDS: Final = frozenset(
    {"campaign_id", "template_id", "filters", "personalization"}
    | {"scheduled_at", "canary", "accept_cut"}
)
AUDIENCE_FIELDS: Final = SEND_FIELDS - {"canary", "accept_cut"}
MAX_KEY: Final = 255
MAX_DIGITS: Final = 9
CLOCK_TOLERANCE: Final = timedelta(minutes=1)
STATUSES: Final = frozenset({"queued", "sending", "sent", "failed", "skipped", "unknown"})


@dataclass(frozen=True, kw_only=True)
class AudienceRequest:
    """Whom to reach, and when (None = now); a preview needs no template and no values."""

    campaign_id: UUID
    template_id: UUID | None
    filters: Mapping[str, list[str]]
    personalization: Mapping[str, str]
    scheduled_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SendRequest:
    """Whom to reach, with what, and the key that makes the request unique.

    `canary`: whether a few go first; None = Postgres decides by the size of the job.
    `accept_cut`: whether the job may be larger than what leaves before the campaign's deadline.
    """

    audience: AudienceRequest
    canary: bool | None
    accept_cut: bool
    idempotency_key: str


def parse_send(body: object, idempotency_key: str | None, now: datetime) -> SendRequest:
    """Return the job asked for.

    Raises:
        InvalidInput: naming the field at fault.
    """
    key = parse_key(idempotency_key)
    fields = object_at(body, "", SEND_FIELDS)
    return SendRequest(
        audience=_audience(fields, uuid_at(fields.get("template_id"), "template_id"), now),
        canary=boolean_at(fields.get("canary"), "canary"),
        accept_cut=boolean_at(fields.get("accept_cut"), "accept_cut") or False,
        idempotency_key=key,
    )


def parse_key(value: str | None) -> str:
    """Return the idempotency key of a header; raises InvalidInput if it is none."""
    if not value or len(value) > MAX_KEY or not value.isprintable():
        raise InvalidInput(
            "idempotency_key_missing",
            f"El encabezado Idempotency-Key debe tener de 1 a {MAX_KEY} caracteres imprimibles.",
            "Idempotency-Key",
            400,
        )
    return value


def parse_audience(body: object, now: datetime) -> AudienceRequest:
    """Return the audience to preview; raises InvalidInput naming the field at fault."""
    fields = object_at(body, "", AUDIENCE_FIELDS)
    given = fields.get("template_id")
    return _audience(fields, None if given is None else uuid_at(given, "template_id"), now)


def parse_resolution(body: object) -> str:
    """Return what to do with unknown messages; raises InvalidInput naming the field at fault."""
    resolution = object_at(body, "", frozenset({"resolution"})).get("resolution")
    if resolution not in ("assume_sent", "resend"):
        raise InvalidInput(
            "resolution_unknown", "La decisión debe ser assume_sent o resend.", "resolution"
        )
    return str(resolution)


def parse_shard(body: object) -> Shard:
    """Return an announced shard; raises InvalidInput, and Pub/Sub dead-letters it."""
    if not isinstance(body, dict):
        raise InvalidInput("object_expected", "El mensaje debe ser un objeto JSON.", status=400)
    first, last = body.get("from_position"), body.get("to_position")
    if not isinstance(first, int) or not isinstance(last, int):
        raise InvalidInput("number_invalid", "Debe ser un número entero.", "from_position")
    job_id = parse_uuid(body.get("job_id", ""), "job_id")
    return Shard(job_id=job_id, from_position=first, to_position=last)


def parse_task(body: object) -> UUID:
    """Return the message that a task was created for; raises InvalidInput for no task of ours."""
    if not isinstance(body, dict):
        raise InvalidInput("object_expected", "La tarea debe ser un objeto JSON.", status=400)
    return parse_uuid(body.get("message_id", ""), "message_id")


def parse_status(value: str | None) -> str | None:
    """Return a message status to filter by; raises InvalidInput for one that does not exist."""
    if value is not None and value not in STATUSES:
        raise InvalidInput("status_unknown", "Ese estado no existe.", "status")
    return value


def parse_whole_number(value: str | None, field: str, default: int) -> int:
    """Return a whole number from a query string; raises InvalidInput naming the field."""
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS):
        raise InvalidInput("number_invalid", "Debe ser un número entero.", field)
    return int(value)


def parse_moment(value: str, field: str) -> datetime:
    """Return a time with its offset, in UTC; raises InvalidInput naming the field."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput(
            "time_invalid",
            "Debe ser fecha y hora ISO 8601 con zona, p. ej. 2027-05-01T10:00:00-06:00.",
            field,
        )
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput("time_invalid", "La fecha está fuera de rango.", field) from None


def parse_uuid(value: str, field: str) -> UUID:
    """Return an id from a path or query string; raises InvalidInput naming the field."""
    return uuid_at(value, field)


def _audience(
    fields: Mapping[str, Any], template_id: UUID | None, now: datetime
) -> AudienceRequest:
    if "filters" not in fields:
        raise InvalidInput("field_missing", "Falta este campo; {} es toda la campaña.", "filters")
    return AudienceRequest(
        campaign_id=uuid_at(fields.get("campaign_id"), "campaign_id"),
        template_id=template_id,
        filters=_filters(fields["filters"]),
        personalization=parse_values(fields.get("personalization", {})),
        scheduled_at=_scheduled_at(fields.get("scheduled_at"), now),
    )


def _filters(value: object) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = {}
    for name, values in object_at(value, "filters", known=None).items():
        if not FIELD_NAME.fullmatch(name):
            raise InvalidInput("field_unknown", "Ese campo no existe.", "filters")
        field = f"filters.{name}"
        limit = MAX_VOTER_IDS if name == "voter_ids" else MAX_FILTER_VALUES
        if not isinstance(values, list):
            raise InvalidInput("list_expected", "Debe ser una lista.", field)
        if len(values) > limit:
            raise InvalidInput("too_many_values", f"A lo más {limit} valores.", field)
        if not values:
            # Nobody, or everybody? Neither is to be guessed.
            raise InvalidInput("list_empty", "Elige al menos un valor o quita el filtro.", field)
        read = _voter_id if name == "voter_ids" else text_at
        filters[name] = sorted({read(item, field) for item in values})
    return {"voter_ids": filters["voter_ids"]} if "voter_ids" in filters else filters


def parse_values(value: object) -> dict[str, str]:
    """Return a `personalization`; raises InvalidInput naming the value at fault."""
    fields = object_at(value, "personalization", known=None)
    return {
        text_at(name, "personalization"): _visible_text(text, f"personalization.{name}")
        for name, text in fields.items()
    }


def _visible_text(value: object, field: str) -> str:
    text = text_at(value, field)
    if not has_something_to_show(text):
        raise InvalidInput("personalization_invalid", "El valor está vacío.", field)
    return text


def _scheduled_at(value: object, now: datetime) -> datetime | None:
    if value is None:
        return None
    moment = parse_moment(text_at(value, "scheduled_at"), "scheduled_at")
    if moment < now - CLOCK_TOLERANCE:
        raise InvalidInput("scheduled_in_the_past", "La hora programada ya pasó.", "scheduled_at")
    return moment


def _voter_id(value: object, field: str) -> str:
    return str(uuid_at(value, field))
