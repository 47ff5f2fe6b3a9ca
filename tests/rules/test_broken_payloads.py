"""Whatever is wrong with a payload, what it says is read or counted, and never lost in silence."""

import pytest

from shared.rules.events import parse_events
from tests.broken_payloads import JUNK, REAL, broken, every_way


def told(events):
    return (
        *(*events.receipts, *events.inbound, *events.preferences, *events.people, *events.remarks),
        *events.ignored,
    )


@pytest.mark.parametrize("payload", REAL.values(), ids=REAL)
def test_broken_payload_is_read_or_counted(payload):
    for place, what, entry in broken(payload):
        assert told(parse_events({"entry": [entry]})), (place, what)


@pytest.mark.parametrize("body", [{}, {"entry": []}, [], None, "x", *JUNK.values()])
def test_payload_that_is_none_is_counted(body):
    assert told(parse_events(body))
    assert told(parse_events({"entry": body}))


def test_neighbours_of_what_is_broken_are_read():
    ways = list(every_way(REAL).values())
    assert len(ways) > 1000
    healthy = REAL["inbound_text"]["entry"]
    alone = parse_events({"entry": ways})
    beside = parse_events({"entry": [*healthy, *ways, *healthy]})
    assert len(beside.inbound) == len(alone.inbound) + 2
    assert beside.receipts == alone.receipts
