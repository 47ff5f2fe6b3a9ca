"""Reading JSON whose shape nobody vouches for: take what is usable, never raise."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_TOO_LARGE = 10**18
_FIRST_SECOND, _LAST_SECOND = 10**9, 10**11
_DIGITS = re.compile(r"[0-9]{1,18}")


def object_of(raw: object) -> Mapping[str, Any]:
    """Return a JSON object, or an empty one."""
    return raw if isinstance(raw, Mapping) else {}


def first_object_of(raw: object) -> Mapping[str, Any]:
    """Return the first element of a list if it is an object, or an empty one."""
    return object_of(raw[0] if isinstance(raw, list) and raw else None)


def text_of(raw: object) -> str | None:
    """Return a non-empty string without what Postgres refuses (NUL, lone surrogates), or None."""
    if not isinstance(raw, str):
        return None
    return raw.replace("\x00", "").encode("utf-8", "replace").decode() or None


def whole_number_of(raw: object) -> int | None:
    """Return a whole number from 0 to 18 digits long, as JSON number or string, or None."""
    if isinstance(raw, str):
        return int(raw) if _DIGITS.fullmatch(raw) else None
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < _TOO_LARGE:
        return raw
    return None


def time_of(raw: object) -> datetime | None:
    """Return a Unix time as UTC; Meta sends seconds, and now and then milliseconds."""
    seconds = whole_number_of(raw) or 0
    if seconds >= _LAST_SECOND:
        seconds //= 1000
    if _FIRST_SECOND <= seconds < _LAST_SECOND:
        return datetime.fromtimestamp(seconds, UTC)
    return None
