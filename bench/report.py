"""The whole report: what was measured where, kept as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from bench.figures import Figure


@dataclass(frozen=True, kw_only=True)
class Report:
    """Every figure there is; rows that were not measured again keep their older figures."""

    measured_at: str
    machine: Mapping[str, Any]
    figures: Sequence[Figure]
    series: Mapping[str, Sequence[int]]

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `as_json` wrote."""
        given = json.loads(text)
        return cls(**given | {"figures": [Figure(**figure) for figure in given["figures"]]})

    def as_json(self) -> str:
        """Return the report as JSON with a newline at its end."""
        return json.dumps(_rounded(asdict(self)), ensure_ascii=False, indent=1) + "\n"

    def over(self, older: Self, order: Sequence[str]) -> Self:
        """Return this report with the rows of an older one that it lacks, in the given order."""
        ours = {figure.row for figure in self.figures}
        figures = [*self.figures, *(line for line in older.figures if line.row not in ours)]
        return type(self)(
            measured_at=self.measured_at,
            machine=self.machine,
            figures=sorted(figures, key=lambda line: order.index(line.row)),
            series={**older.series, **self.series},
        )


def read_report(path: Path) -> Report | None:
    """Return the report in a file, if there is one."""
    return Report.from_json(path.read_text(encoding="utf-8")) if path.exists() else None


def describe_machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        # Neighbours' work shows here; above the number of cores, distrust the figures.
        "load_before": round(os.getloadavg()[0], 2),
    }


def _rounded(value: Any) -> Any:
    """Return JSON with four significant digits; more would pretend precision."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {name: _rounded(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(member) for member in value]
    return value
