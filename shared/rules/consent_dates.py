"""Days and times as people and spreadsheets write them in Mexico."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_BETWEEN = r"\s*[-/. ]\s*"
_YEAR_FIRST = rf"(?P<y1>\d{{4}}){_BETWEEN}(?P<m1>\d{{1,2}}){_BETWEEN}(?P<d1>\d{{1,2}})"
_DAY_FIRST = rf"(?P<d2>\d{{1,2}}){_BETWEEN}(?P<m2>\d{{1,2}}){_BETWEEN}(?P<y2>\d{{4}}|\d{{2}})"
_NAMED = (
    rf"(?P<d3>\d{{1,2}})(?:{_BETWEEN}(?:de )?)(?P<m3>[a-z]{{3,10}})\.?"
    rf"(?:{_BETWEEN}(?:del? )?)(?P<y3>\d{{4}}|\d{{2}})"
)
_TIME = (
    r"(?:(?:t|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?\s?m\.?)?(?:\s*(?P<zone>z|(?:gmt|utc)?[+-]\d{1,2}(?::?\d{2})?))?)?"
)
_WRITTEN: Final = re.compile(f"(?:{_YEAR_FIRST}|{_DAY_FIRST}|{_NAMED}){_TIME}")
_MONTH_FIRST: Final = re.compile(
    rf"(?P<m>\d{{1,2}}){_BETWEEN}(?P<d>\d{{1,2}}){_BETWEEN}(?:\d{{4}}|\d{{2}})(?:[t, ].*)?"
)
_MONTHS: Final = [
    "ene",
    "feb",
    "mar",
    "abr",
    "may",
    "jun",
    "jul",
    "ago",
    "sep",
    "oct",
    "nov",
    "dic",
]
_NAMES: Final = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre"),
    *("octubre", "noviembre", "diciembre", "setiembre", "sept", "set"),
)
_SERIAL: Final = re.compile(r"(\d{5})(?:\.(\d+))?")
# Excel's day 0 as it counts from March 1900 on; its numbers of 2000 to 2100.
_EXCEL_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - the campaign's own time
_EXCEL_DAYS: Final = range(36_526, 73_051)
_HALF_A_DAY, _MONTHS_OF_A_YEAR, _LONGEST_MONTH = 12, 12, 31
_SECONDS_OF_A_DAY = 86_400
_FARTHEST_MINUTES = 14 * 60  # Kiritimati; Postgres takes no more than 15:59
_LONGEST = 60  # whatever is longer is no date


def parse_day(cell: str) -> str | None:
    """Return a day, or a time with or without its offset, in ISO 8601; None if it is none.

    «15/03/2026» is 2026-03-15, «15-mar-26 9:07 p. m.» is 2026-03-15T21:07:00, 46096 is what Excel
    keeps for the former. The day comes before the month.
    """
    text = _spelled(cell)
    if serial := _SERIAL.fullmatch(text):
        return _from_excel(int(serial[1]), float(f"0.{serial[2] or 0}"))
    found = _WRITTEN.fullmatch(text)
    if not found:
        return None
    try:
        return _from_parts(found)
    except ValueError:
        return None


def is_month_first(cell: str) -> bool:
    """Tell whether a date makes sense only with its month in front, as in the United States."""
    found = _MONTH_FIRST.fullmatch(_spelled(cell))
    if not found:
        return False
    month, day = int(found["m"]), int(found["d"])
    return 1 <= month <= _MONTHS_OF_A_YEAR < day <= _LONGEST_MONTH


def _spelled(cell: str) -> str:
    return " ".join(cell[:_LONGEST].lower().split())


def _from_parts(found: re.Match[str]) -> str:
    year, month, day = (
        next(found[f"{part}{n}"] for n in (1, 2, 3) if found[f"{part}{n}"]) for part in "ymd"
    )
    midnight = datetime(
        int(year if len(year) > len("26") else f"20{year}"),
        _month(month),
        int(day),
        tzinfo=_zone(found["zone"]),
    )
    if not found["hour"]:
        return midnight.date().isoformat()
    hour = _hour(int(found["hour"]), found["half"])
    second = int(found["second"] or 0)
    return midnight.replace(hour=hour, minute=int(found["minute"]), second=second).isoformat()


def _hour(written: int, half: str | None) -> int:
    if half is None:
        return written
    if not 1 <= written <= _HALF_A_DAY:
        raise ValueError("no hour of half a day")
    return written % _HALF_A_DAY + (_HALF_A_DAY if half == "p" else 0)


def _month(written: str) -> int:
    if written.isdigit():
        return int(written)
    if written not in _MONTHS and written not in _NAMES:
        raise ValueError("no month")
    return _MONTHS.index("sep" if written.startswith("set") else written[:3]) + 1


def _zone(written: str | None) -> timezone | None:
    if not written:
        return None
    offset = re.fullmatch(r"(?:gmt|utc)?([+-])(\d{1,2}):?(\d{2})?", written)
    if not offset:
        return UTC
    minutes = int(offset[2]) * 60 + int(offset[3] or 0)
    if minutes > _FARTHEST_MINUTES:
        raise ValueError("no offset of this world")
    return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))


def _from_excel(days: int, share: float) -> str | None:
    if days not in _EXCEL_DAYS:
        return None
    moment = _EXCEL_ZERO + timedelta(days=days, seconds=round(share * _SECONDS_OF_A_DAY))
    return moment.isoformat() if share else moment.date().isoformat()
