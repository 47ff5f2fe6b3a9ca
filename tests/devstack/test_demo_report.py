"""The demo's last word: do the counts add up?"""

import pytest

from devstack.demo.report import make_report

JOB = {
    "target_count": 10,
    "sent_count": 6,
    "delivered_count": 5,
    "read_count": 2,
    "failed_count": 1,
    "skipped_count": 3,
    "unknown_count": 0,
    "skipped": {"opted_out": 1, "invalid_number": 2},
}
META = {
    "accepted": 7,
    "duplicates_by_opaque": 0,
    "duplicates_by_recipient": 0,
    "sustained_rate": 69.987,
    "max_in_one_second": 74,
}
ROWS = {"sent": 6, "failed": 1, "skipped": 3, "total": 10, "accepted": 7}
PHASES = {"load": 0.25, "send": 1.5}


def report(**changes):
    parts = {"job": JOB, "meta": META, "rows": ROWS}
    changed = {name: part | changes.get(name, {}) for name, part in parts.items()}
    return make_report(**changed, phases=PHASES)


def test_counts_that_add_up_are_no_problem():
    made = report()
    assert made.problems == []
    assert (made.target, made.sent, made.delivered, made.read) == (10, 6, 5, 2)
    assert (made.wall_s, made.rate_sustained, made.rate_max_1s) == (1.75, 69.99, 74)
    assert made.as_json()["skipped"] == JOB["skipped"]


@pytest.mark.parametrize(
    "changes",
    [
        {"job": {"sent_count": 5}},
        {"job": {"sent_count": 7}},
        {"job": {"target_count": 11}},
        {"job": {"unknown_count": 1}},
        {"job": {"skipped": {"opted_out": 1}}},
        {"rows": {"total": 9}},
        {"rows": {"sent": 5}},
        {"rows": {"failed": 0}},
        {"rows": {"unknown": 1}},
        {"rows": {"accepted": 6}},
        {"meta": {"accepted": 8}},
        {"meta": {"duplicates_by_opaque": 1}},
        {"meta": {"duplicates_by_recipient": 1}},
    ],
    ids=str,
)
def test_any_count_that_does_not_add_up_is_told(changes):
    assert report(**changes).problems


def test_duplicates_of_both_kinds_are_counted():
    doubled = report(meta={"duplicates_by_opaque": 1, "duplicates_by_recipient": 2})
    assert doubled.duplicates_at_meta == 3


def test_single_message_has_no_rate():
    assert report(meta={"sustained_rate": None}).rate_sustained == 0
