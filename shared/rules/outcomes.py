"""From what Meta answered to what the queue does about it."""

from shared.model import SendOutcome, SendResult
from shared.queue import AttemptRecord, Outcome
from shared.rules.meta_errors import Action, ErrorRule, rule_for

OUTCOME_OF_ACTION = {
    Action.RETRY: Outcome.RETRY,
    Action.RETRY_PAIR: Outcome.RETRY,
    Action.SLOW_DOWN: Outcome.SLOW_DOWN,
    Action.FAIL: Outcome.FAILED,
    Action.OPT_OUT: Outcome.FAILED,
    Action.FIX_PARAMETERS: Outcome.FIX_PARAMETERS,
    Action.PAUSE_JOB: Outcome.PAUSE_JOB,
    Action.BLOCK_SENDER: Outcome.BLOCK_SENDER,
    Action.BLOCK_CREDENTIALS: Outcome.BLOCK_CREDENTIALS,
}


# What a failure that Meta reports by webhook stops beyond its own message.
SCOPED = {Outcome.PAUSE_JOB, Outcome.BLOCK_SENDER, Outcome.BLOCK_CREDENTIALS}


# The notices of passing troubles promise another try; nobody must wait for one that never comes.
GAVE_UP = "No se pudo entregar el mensaje después de varios intentos de WhatsApp."


def notice_of_failure(error_code: int | None) -> str:
    """Return what promoters read about a message that Meta reports as failed."""
    rule = rule_for(error_code)
    return GAVE_UP if OUTCOME_OF_ACTION[rule.action] == Outcome.RETRY else rule.notice


def scope_of(error_code: int | None) -> Outcome | None:
    """Return what a failed receipt with this code stops beyond its message, or None."""
    outcome = OUTCOME_OF_ACTION[rule_for(error_code).action]
    return outcome if outcome in SCOPED else None


def record_of(result: SendResult, retries: int) -> AttemptRecord:
    """Return what to record for a try that so many refused ones of the same message preceded."""
    match result.outcome:
        case SendOutcome.ACCEPTED:
            return AttemptRecord(outcome=Outcome.ACCEPTED, meta_message_id=result.meta_message_id)
        case SendOutcome.HELD:
            return AttemptRecord(outcome=Outcome.HELD, meta_message_id=result.meta_message_id)
        case SendOutcome.UNKNOWN:
            return AttemptRecord(outcome=Outcome.UNKNOWN, error_message="Meta's answer was lost")
        case SendOutcome.NOT_SENT:
            # Meta cannot be reached: that concerns every message, not this one.
            return AttemptRecord(outcome=Outcome.SLOW_DOWN, error_message="Meta cannot be reached")
        case SendOutcome.REFUSED:
            return _refused(result, rule_for(result.error_code), retries)


def _refused(result: SendResult, rule: ErrorRule, retries: int) -> AttemptRecord:
    # Without a code, this header alone tells that everybody should wait.
    throttled = result.error_code is None and result.retry_after_s is not None
    outcome = Outcome.SLOW_DOWN if throttled else OUTCOME_OF_ACTION[rule.action]
    delay = rule.delay_after(retries + 1)
    notice = rule.notice
    if outcome == Outcome.RETRY and delay is None:
        outcome, notice = Outcome.FAILED, GAVE_UP
    return AttemptRecord(
        outcome=outcome,
        error_code=result.error_code,
        error_message=notice,
        retry_after_seconds=max(delay or 0, result.retry_after_s or 0) or 60,
        frees_contact=rule.frees_contact,
        opts_out=rule.action == Action.OPT_OUT,
    )
