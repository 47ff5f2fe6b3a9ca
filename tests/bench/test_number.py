"""One number's row under several connections, at the size of `--quick`."""

from bench import number
from bench.sizes import QUICK


def test_every_number_of_connections_sends_all_its_messages_and_has_its_line():
    figures = number.measure(QUICK).figures
    assert [line.what.split(", ")[1] for line in figures] == [
        "1 connection",
        "2 connections",
        "4 connections",
        "8 connections",
    ]
    assert all(line.low > 0 for line in figures)
