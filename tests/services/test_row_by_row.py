import pytest

from shared.errors import InvalidInput, Malfunction, Unavailable
from shared.services.row_by_row import TRIES, take_rows

ODD, MINE = {"n": "odd"}, {"n": "mine"}
GOOD = [{"n": n} for n in range(3)]


class Database:
    """Refuses a call that holds an odd row, as Postgres does."""

    def __init__(self, error=None, *, broken=False):
        self.error = error or InvalidInput("value_invalid")
        self.broken = broken
        self.taken = []
        self.calls = 0

    def apply(self, rows):
        self.calls += 1
        if self.broken or ODD in rows:
            raise self.error
        self.taken += rows
        return {"changed": len(rows), "unknown": [0]}


def test_rows_are_taken_together():
    database = Database()
    taken = take_rows(database.apply, GOOD)
    assert (database.calls, taken.refused) == (1, 0)
    assert list(taken.strangers("unknown")) == [GOOD[0]]


def test_nothing_asks_nothing():
    database = Database()
    assert take_rows(database.apply, []).counts() == {}
    assert database.calls == 0


@pytest.mark.parametrize("error", [InvalidInput("value_invalid"), Malfunction("store_failed")])
@pytest.mark.parametrize("place", range(4))
def test_odd_row_is_left_out_and_no_other(error, place):
    database = Database(error)
    rows = [*GOOD[:place], ODD, *GOOD[place:]]
    taken = take_rows(database.apply, rows)
    assert (database.taken, taken.refused) == (GOOD, 1)
    assert list(taken.strangers("unknown")) == GOOD


def test_odd_row_alone_is_left_out_if_it_is_its_own_fault():
    assert take_rows(Database().apply, [ODD]).refused == 1


@pytest.mark.parametrize("count", [1, 2, 50])
def test_broken_deployment_loses_nothing_and_asks_no_thousand_times(count):
    database = Database(Malfunction("store_failed"), broken=True)
    with pytest.raises(Malfunction):
        take_rows(database.apply, [MINE] * count)
    assert database.calls <= TRIES + 1


def test_outage_is_everybodys():
    with pytest.raises(Unavailable):
        take_rows(Database(Unavailable("store_unavailable"), broken=True).apply, GOOD)
