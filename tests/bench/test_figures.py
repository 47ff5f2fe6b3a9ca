"""What a benchmark's figures say, given what was measured."""

import pytest

from bench.figures import at_least, at_most, figure, per_second, percentile


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([7.0], 50, 7.0),
        ([7.0], 99, 7.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([4.0, 3.0, 2.0, 1.0], 50, 2.0),
        (list(range(1, 101)), 95, 95),
        (list(range(1, 101)), 99, 99),
        (list(range(1, 201)), 99, 198),
        (list(range(1, 11)), 100, 10),
        (list(range(1, 11)), 0, 1),
    ],
)
def test_percentile_is_the_nearest_rank(values, percent, expected):
    assert percentile(values, percent) == expected


@pytest.mark.parametrize(
    ("bar", "value", "holds"),
    [
        (at_least(69), 69, True),
        (at_least(69), 68.9, False),
        (at_most(80), 80, True),
        (at_most(80), 81, False),
    ],
)
def test_the_bar_itself_is_good_enough(bar, value, holds):
    assert bar.holds(value) is holds


def test_the_median_of_the_runs_is_held_against_the_bar():
    line = figure("dispatch", "throughput", "messages/s", [240, 900, 260], at_least(250))
    assert (line.median, line.low, line.high) == (260, 240, 900)
    assert (line.bar, line.met) == ("≥ 250", True)


def test_a_figure_without_a_bar_has_no_verdict():
    line = figure("pacing", "sequential loop", "messages/s", [7.0])
    assert (line.bar, line.met) == ("", None)


@pytest.mark.parametrize(
    ("times", "counts"),
    [
        ([], []),
        ([100.0], [1]),
        ([100.5, 100.5, 101.4], [3]),
        ([100.5, 101.5], [1, 1]),
        ([103.9, 100.0, 100.1], [2, 0, 0, 1]),
    ],
)
def test_seconds_are_counted_from_the_first_message(times, counts):
    assert per_second(times) == counts
