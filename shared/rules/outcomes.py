"""From what Meta answered to what the queue does about it."""

from shared.model import SendOutcome, SendResult
from shared.queue import AttemptRecord, Outcome
from shared.rules import notices
from shared.rules.meta_errors import Action, ErrorRule, rule_for

OUTCOME_OF_ACTION = {
    Action.RETRY: Outcome.RETRY,
    Action.OUTAGE: Outcome.OUTAGE,
    Action.UNEXPLAINED: Outcome.UNEXPLAINED,
    Action.SLOW_DOWN: Outcome.SLOW_DOWN,
    Action.FAIL: Outcome.FAILED,
    Action.OPT_OUT: Outcome.FAILED,
    Action.FIX_PARAMETERS: Outcome.FIX_PARAMETERS,
    Action.PAUSE_JOB: Outcome.PAUSE_JOB,
    Action.BLOCK_SENDER: Outcome.BLOCK_SENDER,
    Action.BLOCK_CREDENTIALS: Outcome.BLOCK_CREDENTIALS,
}
# They concern nobody but the recipient.
_OF_THE_RECIPIENT = {Outcome.FAILED, Outcome.RETRY}
# They put the message back for a while, until its tries are used up.
_PASSING = {Outcome.RETRY, Outcome.OUTAGE, Outcome.UNEXPLAINED}


def notice_of_failure(error_code: int | None) -> str:
    """Return what promoters read about a message that Meta reports as failed."""
    rule = rule_for(error_code)
    final = OUTCOME_OF_ACTION[rule.action]
    if final == Outcome.UNEXPLAINED:
        return notices.with_code(rule.notice, error_code)
    return notices.GAVE_UP if rule.retry else rule.notice


def scope_of(error_code: int | None) -> Outcome | None:
    """Return what a failed receipt with this code says about more than its message, or None."""
    outcome = OUTCOME_OF_ACTION[rule_for(error_code).action]
    return None if outcome in _OF_THE_RECIPIENT else outcome


def record_of(result: SendResult, retries: int) -> AttemptRecord:
    """Return what to record for a try that so many refused ones of the same message preceded."""
    match result.outcome:
        case SendOutcome.ACCEPTED:
            return AttemptRecord(outcome=Outcome.ACCEPTED, meta_message_id=result.meta_message_id)
        case SendOutcome.HELD:
            return AttemptRecord(outcome=Outcome.HELD, meta_message_id=result.meta_message_id)
        case SendOutcome.UNKNOWN:
            return AttemptRecord(outcome=Outcome.UNKNOWN, error_message=notices.ANSWER_LOST)
        case SendOutcome.NOT_SENT:
            # Meta cannot be reached: that concerns every message, not this one.
            return AttemptRecord(outcome=Outcome.SLOW_DOWN, error_message=notices.NO_CONNECTION)
        case SendOutcome.REFUSED:
            return _refused(result, rule_for(result.error_code), retries)


def _refused(result: SendResult, rule: ErrorRule, retries: int) -> AttemptRecord:
    # Without a code, this header alone tells that everybody should wait.
    throttled = result.error_code is None and result.retry_after_s is not None
    outcome = Outcome.SLOW_DOWN if throttled else OUTCOME_OF_ACTION[rule.action]
    delay = rule.delay_after(retries + 1)
    notice = rule.notice
    if outcome == Outcome.UNEXPLAINED:
        notice = notices.with_code(notice, result.error_code)
    elif outcome in _PASSING and delay is None:
        notice = notices.GAVE_UP
    return AttemptRecord(
        outcome=Outcome.FAILED if outcome in _PASSING and delay is None else outcome,
        error_code=result.error_code,
        error_message=notice,
        retry_after_seconds=max(delay or 0, result.retry_after_s or 0) or 60,
        frees_contact=rule.frees_contact,
        opts_out=rule.action == Action.OPT_OUT,
    )
