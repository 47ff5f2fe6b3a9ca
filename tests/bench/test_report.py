"""The report's file, tables and picture input."""

import pytest

from bench.figures import at_least, at_most, figure
from bench.plot import curves
from bench.report import Report
from bench.table import END, START, cells, markdown_table, with_table

MACHINE = {
    "cores": 2,
    "processor": "x86_64",
    "system": "Linux",
    "python": "3.11.7",
    "load_before": 0.25,
}
PACING = figure("pacing", "sustained rate", "messages/s", [70.01], at_least(69))
SCALE = figure("scale", "dearest over cheapest", "times", [1.5], at_most(1.1), note="in turns")


def report(*figures, measured_at="2026-11-22 15:00 UTC", series=None):
    return Report(
        measured_at=measured_at, machine=MACHINE, figures=list(figures), series=series or {}
    )


def test_a_report_survives_its_file():
    written = report(PACING, SCALE, series={"this bridge": [70, 71]})
    assert Report.from_json(written.as_json()) == written


def test_a_file_holds_four_significant_digits():
    line = figure("scale", "claim", "ms", [0.123456, 123456.7])
    kept = Report.from_json(report(line).as_json()).figures[0]
    assert (kept.low, kept.high) == (0.1235, 123500)


def test_rows_that_were_not_measured_keep_their_figures_in_the_usual_order():
    older = report(PACING, SCALE, measured_at="yesterday", series={"loop": [7]})
    faster = figure("scale", "dearest over cheapest", "times", [1.02], at_most(1.1))
    merged = report(faster).over(older, ["pacing", "scale"])
    assert merged.figures == [PACING, faster]
    assert merged.series == {"loop": [7]}
    assert merged.measured_at == "2026-11-22 15:00 UTC"


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        (PACING, ("pacing", "sustained rate", "≥ 69", "70 messages/s", "", "met", "")),
        (
            SCALE,
            ("scale", "dearest over cheapest", "≤ 1.1", "1.5 times", "", "missed", "in turns"),
        ),
        (
            figure("create", "tasks created", "tasks/s", [1234.5, 999.4, 2000]),
            ("create", "tasks created", "", "1,234 tasks/s", "999 to 2,000", "", ""),
        ),
    ],
)
def test_a_line_says_what_was_measured_against_which_bar(line, texts):
    assert cells(line) == texts


def test_the_table_replaces_what_is_between_the_markers_only():
    document = f"# Before\n\n{START}\nold\n{END}\n\nAfter\n"
    once = with_table(document, "new")
    assert once == f"# Before\n\n{START}\n\nnew\n\n{END}\n\nAfter\n"
    assert with_table(once, "new") == once


@pytest.mark.parametrize("document", ["", START, END, f"{END}\n{START}"])
def test_a_document_without_markers_is_refused(document):
    with pytest.raises(ValueError, match="lacks"):
        with_table(document, "new")


def test_the_table_says_where_it_was_measured():
    lines = markdown_table(report(PACING)).splitlines()
    assert "2 cores" in lines[0]
    assert lines[-1].startswith("| pacing | sustained rate |")


def test_curves_have_one_edge_more_than_counts_and_colours_of_their_own():
    bridge, loop = curves({"this bridge": [70, 71, 59], "loop": [7, 8]})
    assert bridge.label == "this bridge: 200 messages in 3 s"
    assert list(bridge.edges) == [0, 1, 2, 3]
    assert list(loop.edges) == [0, 1, 2]
    assert bridge.colour != loop.colour
