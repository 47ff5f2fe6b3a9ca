"""What can go wrong with one send, and how it is chosen."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from random import Random
from typing import TypeVar

_Rule = TypeVar("_Rule")


class Fault(StrEnum):
    """A way to fail that is not one of Meta's error codes."""

    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER_ACCEPTANCE = "timeout_after_acceptance"
    RESET_AFTER_ACCEPTANCE = "reset_after_acceptance"
    SERVER_ERROR_JSON = "server_error_json"
    SERVER_ERROR_HTML = "server_error_html"
    SERVER_ERROR_EMPTY = "server_error_empty"
    SERVER_ERROR_AFTER_ACCEPTANCE = "server_error_after_acceptance"
    WITHOUT_MESSAGE_ID = "without_message_id"
    HELD = "held_for_quality_assessment"


ACCEPTING = frozenset(
    {
        Fault.TIMEOUT_AFTER_ACCEPTANCE,
        Fault.RESET_AFTER_ACCEPTANCE,
        Fault.SERVER_ERROR_AFTER_ACCEPTANCE,
        Fault.WITHOUT_MESSAGE_ID,
        Fault.HELD,
    }
)


def check_faults(names: Iterable[str]) -> None:
    """Raise ValueError unless every name is a Fault or the digits of an error code."""
    for name in names:
        if not name.isdecimal():
            Fault(name)


def check_shares(shares: Mapping[str, float]) -> None:
    """Raise ValueError unless shares lie in 0..1 and add up to at most 1."""
    if any(share < 0 for share in shares.values()) or sum(shares.values()) > 1 + 1e-9:
        raise ValueError("shares must not be negative nor exceed 1 together")


def pick(shares: Mapping[str, float], random: Random) -> str | None:
    """One key with its share as probability, else None; draws once, only if there are shares."""
    if not shares:
        return None
    roll = random.random()
    for name, share in shares.items():
        roll -= share
        if roll < 0:
            return name
    return None


def by_last_digits(rules: Mapping[str, _Rule], phone: str) -> _Rule | None:
    """Value of the first rule whose key ends `phone`."""
    return next((value for digits, value in rules.items() if phone.endswith(digits)), None)


def in_burst(now: float, started: float, every_s: float, for_s: float) -> bool:
    """Whether `now` lies in the last `for_s` seconds of a period of `every_s` seconds."""
    return every_s > 0 and (now - started) % every_s >= every_s - for_s
