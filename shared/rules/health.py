"""What Meta's `health_status` says about sending (Cloud API docs, "Messaging health status").

The answer about a number names the number, its account, portfolio and app; the one about a template
the template in the number's place. Only `can_send_message` counts: the same entities tell how calls
by SIP do, with errors of their own and, at times, an overall state that is about those.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.rules import notices
from shared.rules.meta_errors import without_numbers
from shared.rules.untrusted import object_of, objects_of, text_of, whole_number_of, word_of

HEALTH_FIELD: Final = "health_status"

# Meta's entity, and the part of ours that it stands for.
_PARTS: Final = {
    "PHONE_NUMBER": "sender",
    "WABA": "account",
    "BUSINESS": "account",
    "APP": "account",
    "MESSAGE_TEMPLATE": "template",
}
_MOST_REASONS: Final = 3
_STATES: Final = ("AVAILABLE", "LIMITED", "BLOCKED")  # the worst last
_OF_CALLS: Final = range(138_000, 139_000)  # codes about calls
# What was seen of the codes; Meta documents no list of them.
_REASONS: Final = {
    141002: notices.HEALTH_TEMPLATE,
    141006: notices.PAYMENT,
    141010: notices.HEALTH_UNVERIFIED,
}
_STOPPED: Final = {
    "sender": "Meta no deja enviar desde este número.",
    "account": "Meta no deja enviar a esta cuenta de WhatsApp.",
    "template": "Meta no deja enviar esta plantilla.",
}
_LIMITED: Final = {
    "sender": "Meta limita los envíos de este número.",
    "account": "Meta limita los envíos de esta cuenta de WhatsApp.",
    "template": "Meta limita los envíos de esta plantilla.",
}


@dataclass(frozen=True, kw_only=True)
class Health:
    """Whether a part (sender, account, template) can send: AVAILABLE, LIMITED or BLOCKED.

    `detail` says why not, in Spanish around Meta's own words; None if it is available.
    """

    state: str
    detail: str | None = None


def read_health(answer: Mapping[str, Any]) -> dict[str, Health]:
    """Return the health of each part that `GET /{id}?fields=health_status` speaks of.

    A part whose state is none that we know is left out: nothing is known about it.
    """
    found: dict[str, Health] = {}
    for entity in objects_of(object_of(answer.get(HEALTH_FIELD)).get("entities")):
        part = _PARTS.get(word_of(entity.get("entity_type")) or "")
        state = word_of(entity.get("can_send_message"))
        if part and state in _STATES:
            found[part] = worse(found.get(part), _health(part, state, entity))
    return found


def worse(one: Health | None, other: Health) -> Health:
    """Return the worse of two words about the same part; the first of two that are equal."""
    if one is None or _STATES.index(other.state) > _STATES.index(one.state):
        return other
    return one


def _health(part: str, state: str, entity: Mapping[str, Any]) -> Health:
    if state == "AVAILABLE":
        return Health(state=state)
    opening = (_STOPPED if state == "BLOCKED" else _LIMITED)[part]
    reasons = [*_reasons(entity)][:_MOST_REASONS]
    return Health(state=state, detail=" ".join([opening, *reasons]))


def _reasons(entity: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each reason, once."""
    errors = [error for error in objects_of(entity.get("errors")) if not _is_of_calls(error)]
    known = [_REASONS.get(whole_number_of(error.get("error_code")) or 0) for error in errors]
    yield from dict.fromkeys(sentence for sentence in known if sentence)
    told = [
        error.get("error_description") for error, one in zip(errors, known, strict=True) if not one
    ]
    info = entity.get("additional_info")
    told += info if isinstance(info, list) else [info]
    texts = (without_numbers(text_of(raw)) for raw in told)
    yield from (notices.in_metas_words(text) for text in dict.fromkeys(texts) if text)


def _is_of_calls(error: Mapping[str, Any]) -> bool:
    return (whole_number_of(error.get("error_code")) or 0) in _OF_CALLS
