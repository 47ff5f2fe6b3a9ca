"""The figures as a table: on the screen, and in the documentation."""

from collections.abc import Sequence

from rich.table import Table

from bench.figures import Figure
from bench.report import Report

START, END = "<!-- figures: written by python -m bench -->", "<!-- end of figures -->"
VERDICTS = {True: "met", False: "missed", None: ""}
COLUMNS = ("Row", "What", "Bar", "Median", "Lowest to highest", "Verdict", "Note")
COLOURS = {True: "green", False: "bold red", None: "dim"}


def cells(figure: Figure) -> tuple[str, ...]:
    """Return one line's texts, by COLUMNS."""
    spread = "" if figure.low == figure.high else f"{_number(figure.low)} to {_number(figure.high)}"
    measured = f"{_number(figure.median)} {figure.unit}"
    verdict = VERDICTS[figure.met]
    return figure.row, figure.what, figure.bar, measured, spread, verdict, figure.note


def screen_table(figures: Sequence[Figure]) -> Table:
    """Return the table for the terminal."""
    table = Table(*COLUMNS, title="Performance budget")
    for figure in figures:
        table.add_row(*cells(figure), style=COLOURS[figure.met])
    return table


def markdown_table(report: Report) -> str:
    """Return the table as Markdown, with what it was measured on."""
    machine = report.machine
    context = (
        f"Measured {report.measured_at} on {machine['cores']} cores ({machine['processor']},"
        f" {machine['system']}, Python {machine['python']}; load average before:"
        f" {machine['load_before']})."
    )
    lines = [
        context,
        "",
        _line(COLUMNS),
        _line(["---"] * len(COLUMNS)),
        *(_line(cells(figure)) for figure in report.figures),
    ]
    return "\n".join(lines)


def with_table(document: str, table: str) -> str:
    """Return the document with the table between its markers.

    Raises:
        ValueError: a marker is missing.
    """
    before, start, rest = document.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the document lacks {START} or {END}")
    return f"{before}{START}\n\n{table}\n\n{END}{after}"


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _number(value: float) -> str:
    """Return three significant digits, or all digits before the point."""
    if abs(value) >= 100:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.3g}"
