import pytest

from shared.model import SendOutcome, SendResult
from shared.queue import Outcome
from shared.rules.meta_errors import TABLE, Action, rule_for
from shared.rules.notices import GAVE_UP
from shared.rules.outcomes import OUTCOME_OF_ACTION, notice_of_failure, record_of, scope_of


def refused(code=None, retry_after_s=None):
    return SendResult(outcome=SendOutcome.REFUSED, error_code=code, retry_after_s=retry_after_s)


@pytest.mark.parametrize(
    ("sent", "recorded"),
    [
        (SendOutcome.ACCEPTED, Outcome.ACCEPTED),
        (SendOutcome.HELD, Outcome.HELD),
        (SendOutcome.UNKNOWN, Outcome.UNKNOWN),
        (SendOutcome.NOT_SENT, Outcome.SLOW_DOWN),
    ],
)
def test_every_outcome_is_recorded_as_what_it_is(sent, recorded):
    record = record_of(SendResult(outcome=sent, meta_message_id="wamid.1"), retries=0)
    assert record.outcome == recorded
    took_it = sent in {SendOutcome.ACCEPTED, SendOutcome.HELD}
    assert record.meta_message_id == ("wamid.1" if took_it else None)


def test_message_whose_fate_is_unknown_keeps_its_contact():
    """Whether it frees the contact is the outcome's to say, and unknown never asks."""
    assert record_of(SendResult(outcome=SendOutcome.UNKNOWN), retries=0).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(("code", "rule"), TABLE.items())
def test_each_code_does_what_its_rule_says(code, rule):
    record = record_of(refused(code), retries=0)
    assert record.outcome == OUTCOME_OF_ACTION[rule.action]
    shows_code = rule.action == Action.UNEXPLAINED
    expected = f"{rule.notice[:-1]} (código {code})." if shows_code else rule.notice
    assert (record.error_code, record.error_message) == (code, expected)
    assert record.frees_contact == rule.frees_contact
    assert record.opts_out == (rule.action == Action.OPT_OUT)


@pytest.mark.parametrize("code", [1, 131000, 131056, None, 999_999])
def test_retries_end(code):
    outcomes = [record_of(refused(code), retries).outcome for retries in range(120)]
    first = OUTCOME_OF_ACTION[rule_for(code).action]
    assert (outcomes[0], outcomes[-1]) == (first, Outcome.FAILED)
    assert outcomes == sorted(outcomes, key=[first, Outcome.FAILED].index)


def test_waits_grow_with_each_attempt():
    waits = [record_of(refused(131056), retries).retry_after_seconds for retries in (0, 1, 2)]
    assert waits == sorted(set(waits))


def test_longer_wait_asked_for_by_meta_holds():
    short = record_of(refused(131000, retry_after_s=1), retries=0)
    long = record_of(refused(131000, retry_after_s=4000), retries=0)
    assert short.retry_after_seconds == record_of(refused(131000), retries=0).retry_after_seconds
    assert long.retry_after_seconds == 4000


def test_wait_without_a_code_concerns_everybody():
    assert record_of(refused(retry_after_s=7), retries=0).outcome == Outcome.SLOW_DOWN


OF_THE_RECIPIENT = {Action.RETRY, Action.FAIL, Action.OPT_OUT}


@pytest.mark.parametrize(("code", "rule"), [*TABLE.items(), (None, rule_for(None))])
def test_failure_by_receipt_says_what_the_same_answer_would(code, rule):
    of_all = None if rule.action in OF_THE_RECIPIENT else OUTCOME_OF_ACTION[rule.action]
    assert scope_of(code) == of_all


@pytest.mark.parametrize(("code", "shown"), [(999_999, "999999"), (None, "ausente"), (1, "1")])
def test_code_that_explains_nothing_is_shown(code, shown):
    for retries in (0, 40):
        assert f"(código {shown})" in record_of(refused(code), retries).error_message
    assert f"(código {shown})" in notice_of_failure(code)


def test_last_retry_says_that_nobody_will_try_again():
    last = record_of(refused(131000), retries=140)
    assert (last.outcome, last.error_message) == (Outcome.FAILED, GAVE_UP)
    for code in (131000, 131056, 130429):
        assert notice_of_failure(code) == GAVE_UP
    assert "archivo" in notice_of_failure(131053)
    assert notice_of_failure(131026) == rule_for(131026).notice
