"""The report: a table for people, or JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from smoke.outcome import Result
from smoke.run import Line

MARKS: Final[Mapping[Result, str]] = {"passed": "✓", "failed": "✗", "skipped": "-"}
RUNBOOK = "docs/operations.md"


def row(line: Line) -> str:
    """Return a check's line of the table."""
    outcome = line.outcome
    advice = f"; {outcome.todo} ({RUNBOOK}#{outcome.see})" if outcome.todo else ""
    took = f"{line.seconds * 1000:.0f} ms" if line.seconds else ""
    return f"{MARKS[outcome.result]} {line.check:<25} {took:>9}  {outcome.says}{advice}"


def total(lines: Sequence[Line]) -> str:
    """Return the last line of the table."""
    results = [line.outcome.result for line in lines]
    slow = max(lines, key=lambda line: line.slowest)
    counts = ", ".join(f"{results.count(result)} {result}" for result in MARKS)
    return f"{counts}; the slowest call took {slow.slowest * 1000:.0f} ms ({slow.check})"


def as_json(url: str, lines: Sequence[Line]) -> str:
    """Return all of it for programs."""
    checks = [
        {
            "check": line.check,
            "result": line.outcome.result,
            "ms": round(line.seconds * 1000),
            "says": line.outcome.says,
            "todo": line.outcome.todo or None,
            "see": f"{RUNBOOK}#{line.outcome.see}" if line.outcome.see else None,
        }
        for line in lines
    ]
    told = {"url": url, "ok": is_well(lines), "checks": checks}
    return json.dumps(told, ensure_ascii=False, indent=2)


def is_well(lines: Sequence[Line]) -> bool:
    """Tell whether nothing failed."""
    return all(line.outcome.result != "failed" for line in lines)
