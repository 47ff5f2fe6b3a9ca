"""Reading JSON whose shape nobody vouches for: take what is usable, never raise."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_TOO_LARGE = 10**18
_FIRST_SECOND, _LAST_SECOND = 10**9, 10**11
_DIGITS = re.compile(r"[0-9]{1,18}")
# As long as any id of Meta's and short enough for an index of Postgres (2,704 bytes).
_ID = re.compile(r"[!-~]{1,512}")
_WORD = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_FIRST_YEAR, _LAST_YEAR = 2001, 5137


def object_of(raw: object) -> Mapping[str, Any]:
    """Return a JSON object, or an empty one."""
    return raw if isinstance(raw, Mapping) else {}


def objects_of(raw: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list, or of one that stands alone; the rest is left out."""
    return [item for item in (raw if isinstance(raw, list) else [raw]) if isinstance(item, Mapping)]


def first_object_of(raw: object) -> Mapping[str, Any]:
    """Return the first element of a list if it is an object, or an empty one."""
    return object_of(raw[0] if isinstance(raw, list) and raw else None)


def text_of(raw: object) -> str | None:
    """Return a non-empty string without what Postgres refuses (NUL, lone surrogates), or None."""
    if not isinstance(raw, str):
        return None
    return raw.replace("\x00", "").encode("utf-8", "replace").decode() or None


def id_of(raw: object) -> str | None:
    """Return an id, which Meta writes as text or number, or None if it is too odd to be kept."""
    if isinstance(raw, str):
        return raw if _ID.fullmatch(raw) else None
    number = whole_number_of(raw)
    return None if number is None else str(number)


def word_of(raw: object) -> str | None:
    """Return one of Meta's words, such as ACCOUNT_DELETED, which hold no personal data."""
    return raw if isinstance(raw, str) and _WORD.fullmatch(raw) else None


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


def moment_of(raw: object) -> datetime | None:
    """Return a time that may also be ISO 8601 text, UTC where it names no zone."""
    if isinstance(raw, str) and not _DIGITS.fullmatch(raw):
        try:
            moment = datetime.fromisoformat(raw)
        except ValueError:
            return None
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return time_of(raw)
