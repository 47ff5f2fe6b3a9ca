"""`python -m bench [rows…]` measures, prints the table and writes it to docs/."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from bench import (
    audit,
    create,
    dispatch,
    edge,
    imports,
    number,
    opt_out,
    pacing,
    progress,
    scale,
    ten_numbers,
    webhook,
)
from bench.figures import Findings
from bench.plot import draw
from bench.report import Report, describe_machine, read_report
from bench.sizes import QUICK, Sizes
from bench.table import markdown_table, screen_table, with_table
from devstack.stack.processes import ROOT

JSON = ROOT / "docs/bench.json"
PICTURE = ROOT / "docs/send-rate.png"
DOCUMENT = ROOT / "docs/performance.md"
PIPE_WIDTH = 170
MILLION = 1_000_000
ROWS: dict[str, Callable[[Sizes], Findings]] = {
    module.ROW: module.measure
    for module in (
        pacing,
        dispatch,
        create,
        edge,
        webhook,
        opt_out,
        progress,
        audit,
        imports,
        scale,
        number,
        ten_numbers,
    )
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help=f"of {', '.join(ROWS)}; default all")
    parser.add_argument("--million", action="store_true", help="scale: a job of a million rows too")
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to see that it works; writes nothing"
    )
    parser.add_argument(
        "--write-docs", action="store_true", help="measure nothing: docs from docs/bench.json"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    return arguments


def _sizes(arguments: argparse.Namespace) -> Sizes:
    sizes = QUICK if arguments.quick else Sizes()
    if arguments.million:
        return replace(sizes, scale_rows=(*sizes.scale_rows, MILLION))
    return sizes


def _measure_all(arguments: argparse.Namespace, console: Console) -> int:
    """Measure, print and write row by row: a failure in the last must not cost the others."""
    report = Report(
        measured_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        machine=describe_machine(),
        figures=[],
        series={},
    )
    older = read_report(JSON)
    for row in arguments.rows or ROWS:
        with console.status(f"measuring {row}"):
            found = ROWS[row](_sizes(arguments))
        console.print(screen_table(found.figures))
        report = replace(
            report,
            figures=[*report.figures, *found.figures],
            series={**report.series, **found.series},
        )
        if not arguments.quick:
            _write(report.over(older, list(ROWS)) if older else report)
    return int(any(figure.met is False for figure in report.figures))


def _write(report: Report) -> None:
    JSON.write_text(report.as_json(), encoding="utf-8")
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_table(document, markdown_table(report)), encoding="utf-8")
    if report.series:
        draw(report.series, PICTURE)


def main() -> int:
    """Run the command line; return 1 if a bar is missed."""
    arguments = _arguments()
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    if not arguments.write_docs:
        return _measure_all(arguments, console)
    report = read_report(JSON)
    if report is None:
        console.print(f"{JSON} does not exist: measure first")
        return 2
    _write(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
