import pytest

from shared.fates import Cause, Fate, Stops
from shared.model import SendResult
from shared.rules.attempts import notice_of_failure, record_of
from shared.rules.meta_errors import TABLE, rule_for
from shared.rules.notices import GAVE_UP

NOTHING = (Stops.NOTHING, None)
OUTAGE = (Stops.EVERYBODY, Cause.OUTAGE)
THROTTLED = (Stops.SENDER, Cause.THROTTLED)


def refused(code=None, retry_after_s=None):
    return SendResult(fate=Fate.FAILED, error_code=code, retry_after_s=retry_after_s)


def stopped(record):
    return record.stops, record.cause


@pytest.mark.parametrize(
    ("fate", "stops"),
    [
        (Fate.ACCEPTED, NOTHING),
        (Fate.HELD, NOTHING),
        (Fate.UNKNOWN, OUTAGE),
        (Fate.RETURNED, THROTTLED),
    ],
)
def test_fate_that_the_call_alone_tells_is_recorded_as_it_is(fate, stops):
    record = record_of(SendResult(fate=fate, meta_message_id="wamid.1"), retries=0)
    assert (record.fate, stopped(record)) == (fate, stops)
    took_it = fate in {Fate.ACCEPTED, Fate.HELD}
    assert record.meta_message_id == ("wamid.1" if took_it else None)


@pytest.mark.parametrize(("code", "rule"), TABLE.items())
def test_each_code_does_what_its_rule_says(code, rule):
    record = record_of(refused(code), retries=0)
    assert (record.fate, stopped(record)) == (rule.fate, (rule.stops, rule.cause))
    shows_code = rule.cause == Cause.UNEXPLAINED
    expected = f"{rule.notice[:-1]} (código {code})." if shows_code else rule.notice
    assert (record.error_code, record.error_message) == (code, expected)
    assert record.frees_contact == rule.frees_contact
    assert record.opts_out == rule.opts_out


@pytest.mark.parametrize(("code", "rule"), TABLE.items())
def test_only_a_try_that_may_be_the_messages_own_fault_is_counted(code, rule):
    counted = rule.fate == Fate.DEFERRED and rule.cause in {
        None,
        Cause.UNEXPLAINED,
        Cause.OUTAGE,
    }
    record = record_of(refused(code, retry_after_s=7), retries=0)
    assert (record.retry_after_seconds is not None) == counted


@pytest.mark.parametrize("code", [1, 131000, 131056, None, 999_999])
def test_retries_end(code):
    fates = [record_of(refused(code), retries).fate for retries in range(120)]
    assert (fates[0], fates[-1]) == (Fate.DEFERRED, Fate.FAILED)
    assert fates == sorted(fates, key=[Fate.DEFERRED, Fate.FAILED].index)


def test_message_that_is_given_up_stops_nothing():
    assert stopped(record_of(refused(131000), retries=140)) == NOTHING


def test_waits_grow_with_each_attempt():
    waits = [record_of(refused(131056), retries).retry_after_seconds for retries in (0, 1, 2)]
    assert waits == sorted(set(waits))


def test_longer_wait_asked_for_by_meta_holds():
    short = record_of(refused(131000, retry_after_s=1), retries=0)
    long = record_of(refused(131000, retry_after_s=4000), retries=0)
    assert short.retry_after_seconds == record_of(refused(131000), retries=0).retry_after_seconds
    assert long.retry_after_seconds == 4000


def test_wait_without_a_code_concerns_everybody():
    record = record_of(refused(retry_after_s=7), retries=0)
    assert (record.fate, stopped(record)) == (Fate.RETURNED, THROTTLED)


@pytest.mark.parametrize(("code", "shown"), [(999_999, "999999"), (None, "ausente"), (1, "1")])
def test_code_that_explains_nothing_is_shown(code, shown):
    for retries in (0, 40):
        assert f"(código {shown})" in record_of(refused(code), retries).error_message
    assert f"(código {shown})" in notice_of_failure(code)


def test_last_retry_says_that_nobody_will_try_again():
    last = record_of(refused(131000), retries=140)
    assert (last.fate, last.error_message) == (Fate.FAILED, GAVE_UP)
    for code in (131000, 131056, 130429):
        assert notice_of_failure(code) == GAVE_UP
    assert "archivo" in notice_of_failure(131053)
    assert notice_of_failure(131026) == rule_for(131026).notice
