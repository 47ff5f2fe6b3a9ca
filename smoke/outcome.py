"""What a check comes to."""

from dataclasses import dataclass
from typing import Literal

Result = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was seen; of a failure also what to do, and where docs/operations.md tells more."""

    result: Result
    says: str
    todo: str = ""
    see: str = ""


def passed(says: str) -> Outcome:
    """Return what is as it should be."""
    return Outcome(result="passed", says=says)


def skipped(says: str) -> Outcome:
    """Return what was not looked at, and why."""
    return Outcome(result="skipped", says=says)


def failed(says: str, todo: str, see: str) -> Outcome:
    """Return what is wrong; `see` is a heading's anchor in docs/operations.md."""
    return Outcome(result="failed", says=says, todo=todo, see=see)
