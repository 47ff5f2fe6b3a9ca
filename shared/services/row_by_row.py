"""Rows that the database takes together, or one by one if one of them is odd.

One event that Postgres will not store must not take a thousand others with it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import InvalidInput, Malfunction

Row = dict[str, object]
Answer = dict[str, Any]
# So many single rows are tried before a refusal is taken for the deployment's fault.
TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What was applied, in the portions in which it was, and how many rows were not."""

    answers: tuple[tuple[Sequence[Row], Answer], ...]
    refused: int = 0

    def counts(self) -> dict[str, int]:
        """Return the sum of the answers."""
        total: Counter[str] = Counter()
        for _, answer in self.answers:
            total.update(answer)
        return dict(total)

    def strangers(self, member: str) -> Iterator[Row]:
        """Yield the rows whose positions an answer lists under `member`."""
        for rows, answer in self.answers:
            yield from (rows[position] for position in answer[member])


def take_rows(apply: Callable[[Sequence[Row]], Answer], rows: Sequence[Row]) -> Taken:
    """Apply the rows in one call, or each in its own when the database refuses them together.

    Raises:
        Unavailable: the database; nothing is given up for it.
        Malfunction: every row was refused for something that is not the row's fault.
    """
    if not rows:
        return Taken(answers=())
    try:
        return Taken(answers=((rows, apply(rows)),))
    except (InvalidInput, Malfunction) as error:
        if len(rows) == 1:
            return _given_up(error)
    return _one_by_one(apply, rows)


def _one_by_one(apply: Callable[[Sequence[Row]], Answer], rows: Sequence[Row]) -> Taken:
    answers: list[tuple[Sequence[Row], Answer]] = []
    refused = 0
    for row in rows:
        try:
            answers.append(([row], apply([row])))
        except (InvalidInput, Malfunction) as error:
            refused += 1
            if not answers and refused in (TRIES, len(rows)):
                _given_up(error)
    return Taken(answers=tuple(answers), refused=refused)


def _given_up(error: InvalidInput | Malfunction) -> Taken:
    """A value that Postgres cannot read is the row's own fault; anything else is ours."""
    if isinstance(error, Malfunction):
        raise error
    return Taken(answers=(), refused=1)
