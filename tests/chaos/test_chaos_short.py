"""A short chaos run: every fault of the long one, about a thousand messages."""

import pytest
from rich.console import Console

from devstack.chaos.plan import Deed
from devstack.chaos.run import run_chaos

RECIPIENTS = 1_000


# It takes about a minute; the run itself gives up when nothing moves, and says what is wrong.
@pytest.mark.timeout(1200)
def test_nothing_is_sent_twice_or_lost_whatever_happens():
    report = run_chaos(seed=7, recipients=RECIPIENTS, console=Console(quiet=True))

    assert list(report.problems) == [], report.journal
    assert {str(deed) for deed in Deed} <= report.deeds.keys()
    assert any(what.startswith("SIGKILL") for what in report.deeds)
    # Half of the messages at least were really sent, through real faults.
    assert report.total("sent") > RECIPIENTS / 2
    assert report.faults
    assert report.answers
