"""What an attempt may come to, by one word: the cause of what it stops, or else the fate."""

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

# Fate, what it stops, and the cause.
ANSWERS: Mapping[str, tuple[str, str, str | None]] = {
    "accepted": ("accepted", "nothing", None),
    "held": ("held", "nothing", None),
    "failed": ("failed", "nothing", None),
    "deferred": ("deferred", "nothing", None),
    "skipped": ("skipped", "nothing", None),
    "unknown": ("unknown", "everybody", "outage"),
    "template": ("deferred", "job", "template"),
    "parameters": ("failed", "job", "parameters"),
    "unexplained": ("deferred", "job", "unexplained"),
    "throttled": ("returned", "sender", "throttled"),
    "answer": ("deferred", "sender", "answer"),
    "credentials": ("deferred", "credentials", "credentials"),
    "outage": ("deferred", "everybody", "outage"),
}
# A deferred message whose try counts says when the next one is due.
TRIES = {"deferred", "unexplained", "outage"}


def attempt(word: str, **details: Any) -> dict[str, Any]:
    """Return what wa_record_attempt takes beside message and attempt."""
    fate, stops, cause = ANSWERS[word]
    waits = details.pop("retry_after_seconds", 60)
    told = {"cause": cause, "retry_after_seconds": waits if word in TRIES else None}
    if word == "skipped":
        told["skip_reason"] = "expired"
    return {"p_fate": fate, "p_stops": stops, "p_details": Jsonb(told | details)}


def stopping(cause: str | None) -> dict[str, str | None]:
    """Return what a failed receipt says of more than its message."""
    return {"stops": ANSWERS[cause][1] if cause else "nothing", "cause": cause}
