"""What a benchmark found, and whether that is enough."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class BenchmarkError(Exception):
    """The work to be measured did not happen as intended; its figures would mean nothing."""


class Sense(StrEnum):
    """Which side of a bar is good."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A limit of the budget, in the figure's unit."""

    sense: Sense
    limit: float

    def holds(self, value: float) -> bool:
        """Tell whether a value is on the good side or exactly on the bar."""
        return value >= self.limit if self.sense is Sense.AT_LEAST else value <= self.limit

    def __str__(self) -> str:
        return f"{self.sense} {self.limit:,g}"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table: the median of several runs with the lowest and highest of them.

    `bar` and `met` are empty and None where the budget sets nothing.
    """

    row: str
    what: str
    unit: str
    median: float
    low: float
    high: float
    bar: str
    met: bool | None
    note: str


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What one row of the budget found; `series` are counts per second, by name."""

    figures: Sequence[Figure]
    series: Mapping[str, Sequence[int]] = field(default_factory=dict)


def at_least(limit: float) -> Bar:
    """Return the bar that asks for `limit` or more."""
    return Bar(sense=Sense.AT_LEAST, limit=limit)


def at_most(limit: float) -> Bar:
    """Return the bar that allows `limit` or less."""
    return Bar(sense=Sense.AT_MOST, limit=limit)


def figure(  # noqa: PLR0913 - the columns of one line
    row: str,
    what: str,
    unit: str,
    values: Sequence[float],
    bar: Bar | None = None,
    *,
    note: str = "",
) -> Figure:
    """Return the line of one or more runs' values; their median is held against the bar."""
    median = statistics.median(values)
    return Figure(
        row=row,
        what=what,
        unit=unit,
        median=median,
        low=min(values),
        high=max(values),
        bar=str(bar) if bar else "",
        met=bar.holds(median) if bar else None,
        note=note,
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest of the values that `percent` of them do not exceed (nearest rank)."""
    rank = math.ceil(percent / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]


def per_second(times: Sequence[float]) -> list[int]:
    """Count the times (seconds) in each full second since the first; none gives no counts."""
    if not times:
        return []
    first = min(times)
    counts = [0] * (int(max(times) - first) + 1)
    for time in times:
        counts[int(time - first)] += 1
    return counts
