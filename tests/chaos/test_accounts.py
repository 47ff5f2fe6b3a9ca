"""The books of a chaos run notice every kind of mistake; a run whose books notice none is green."""

from dataclasses import replace

import pytest

from devstack.chaos.accounts import Accounts
from devstack.chaos.evidence import Counters, Evidence, Row
from devstack.chaos.journal import Baja, Outage
from devstack.meta.stats import Call

CLAIMED = 1_000.0


def row(message_id: str, status: str, **more) -> Row:
    claimed_at = None if status in ("queued", "skipped") else CLAIMED
    fields = {"job": "A1", "phone": f"+52{message_id}", "claimed_at": claimed_at} | more
    return Row(message_id=message_id, status=status, **fields)


def call(message_id: str, result: str = "accepted", **more) -> Call:
    fields = {
        "at": CLAIMED + 1,
        "opaque": message_id,
        "phone_number_id": "1",
        "wa_id": f"521{message_id}",
        "result": result,
        "accepted": result == "accepted",
        "answered": True,
    }
    return Call(**fields | more)


def counters(**counts) -> dict[str, Counters]:
    none = dict.fromkeys(("sent", "delivered", "read", "failed", "skipped", "unknown"), 0)
    return {"A1": Counters(status="partial", **none | counts)}


def evidence(*, rows, calls, counted, failed=0, delivered=0, **more) -> Evidence:
    fields = {"bajas": (), "outages": (), "pauses": {}, "cancelled_at": {}} | more
    receipts = {"delivered": delivered, "read": 0, "failed": failed}
    return Evidence(rows=rows, calls=calls, counters=counted, receipts=receipts, **fields)


RIGHT = evidence(
    rows=[
        row("1", "sent", delivered=True),
        row("2", "failed"),
        row("3", "skipped", skip_reason="opted_out"),
        row("4", "unknown"),
    ],
    calls=[call("1"), call("2", "131026"), call("4", "timeout_before", answered=False)],
    counted=counters(
        target=4,
        sent=1,
        delivered=1,
        failed=1,
        skipped=1,
        unknown=1,
        skipped_by_reason={"opted_out": 1},
    ),
    delivered=1,
)


def test_right_books_have_no_problem():
    assert Accounts(RIGHT).problems() == []


def test_books_add_up_by_job():
    [account] = Accounts(RIGHT).by_job()
    assert (account.accepted, account.duplicates, account.counters.pending) == (1, 0, 0)
    assert account.unknown == {"Meta's answer timed out; it had not accepted": 1}


MISTAKES = {
    "a counter that differs from its rows": (
        replace(RIGHT, counters=counters(target=4, sent=2, failed=1, skipped=1, unknown=1)),
        "A1: the counter sent says 2, the rows 1",
    ),
    "one message accepted twice": (
        replace(RIGHT, calls=[*RIGHT.calls, call("1", wa_id="another")]),
        "1 messages were accepted by Meta more than once",
    ),
    "one voter of a campaign reached by two messages": (
        replace(
            RIGHT,
            rows=[*RIGHT.rows, row("5", "sent", job="A2")],
            calls=[*RIGHT.calls, call("5", wa_id="5211")],
        ),
        "1 voters got more than one message of their campaign",
    ),
    "a message nobody looks after": (
        replace(RIGHT, rows=[*RIGHT.rows, row("5", "sending")]),
        "A1: 1 messages are still sending",
    ),
    "an acceptance without a row": (
        replace(RIGHT, calls=[*RIGHT.calls, call("6")]),
        "Meta accepted 1 messages that no row knows",
    ),
    "a row that calls itself sent": (
        replace(RIGHT, calls=[call("4", "timeout_before")]),
        "1 messages count as sent that Meta never accepted",
    ),
    "a message at Meta that was called off": (
        replace(RIGHT, calls=[*RIGHT.calls, call("3")]),
        "Meta accepted 1 messages that are skipped",
    ),
    "a receipt that got lost": (
        replace(RIGHT, receipts={"delivered": 2, "read": 0, "failed": 0}),
        "Meta reported 2 delivered, the rows say 1",
    ),
    "a BAJA nobody heard": (
        replace(RIGHT, bajas=[Baja(campaign="A", phone="+523")]),
        "1 voters said BAJA and were not heard",
    ),
    "a message after a BAJA": (
        replace(RIGHT, bajas=[Baja(campaign="A", phone="+521", seen_at=CLAIMED - 2)]),
        "A1: 1 left 2.0 s after a BAJA",
    ),
    "a message after the cancellation": (
        replace(RIGHT, cancelled_at={"A1": CLAIMED - 1}),
        "A1: 1 left after the job was cancelled",
    ),
    "an exception in a function": (
        replace(RIGHT, mistakes=["dispatch logged KeyError at x.py:1 f"] * 2),
        "dispatch logged KeyError at x.py:1 f (2 times)",
    ),
    "a message during a pause": (
        replace(RIGHT, pauses={"A1": (CLAIMED - 1, CLAIMED + 1)}),
        "A1: 1 left while the job was paused",
    ),
}


@pytest.mark.parametrize(("wrong", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake_is_named(wrong, sentence):
    assert sentence in Accounts(wrong).problems()


UNKNOWN = {
    "accepted, all receipts in": (call("4"), False),
    "refused and answered": (call("4", "131026"), False),
    "refused, the caller was gone": (call("4", "131026", answered=False), True),
    "cut off before acceptance": (call("4", "server_error_html"), True),
    "cut off in an earlier attempt": (call("4", "timeout_before", at=CLAIMED - 9), False),
    "no call, and the process lives": (call("5", "131026"), False),
}


@pytest.mark.parametrize(("last", "explained"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_unknown_needs_a_cause_at_meta(last, explained):
    books = Accounts(replace(RIGHT, calls=[call("1"), call("2", "131026"), last]))
    assert any("4, claimed" in problem for problem in books.problems()) != explained


@pytest.mark.parametrize(
    ("began", "explained"),
    [(CLAIMED + 5, True), (CLAIMED - 4, True), (CLAIMED + 300, False), (CLAIMED - 9, False)],
)
def test_unknown_without_a_call_needs_an_outage_at_its_time(began, explained):
    outage = Outage(began=began, ended=began + 3, why="SIGKILL to dispatch")
    rows = [*RIGHT.rows[:3], row("4", "unknown", abandoned=True)]
    books = Accounts(replace(RIGHT, rows=rows, calls=RIGHT.calls[:2], outages=[outage]))
    [account] = books.by_job()
    assert account.unknown == {
        "SIGKILL to dispatch before the call" if explained else "unexplained": 1
    }


def test_last_message_after_a_cancellation_is_timed():
    left_before = replace(RIGHT, cancelled_at={"A1": CLAIMED + 0.25})
    [account] = Accounts(left_before).by_job()
    assert account.last_after_s == pytest.approx(0.75)
