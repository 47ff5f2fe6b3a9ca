"""From one call to Meta to what is recorded of it."""

from dataclasses import replace

from shared.fates import Cause, Fate, Stops
from shared.messages import AttemptRecord
from shared.model import SendResult
from shared.rules import notices
from shared.rules.meta_errors import ErrorRule, rule_for

LOST = AttemptRecord(
    fate=Fate.UNKNOWN,
    stops=Stops.EVERYBODY,
    cause=Cause.OUTAGE,
    error_message=notices.ANSWER_LOST,
)
# Meta cannot be reached: that concerns every message, not this one.
NO_CONNECTION = AttemptRecord(
    fate=Fate.RETURNED,
    stops=Stops.SENDER,
    cause=Cause.THROTTLED,
    error_message=notices.NO_CONNECTION,
)


def notice_of_failure(error_code: int | None) -> str:
    """Return what promoters read about a message that Meta reports as failed."""
    rule = rule_for(error_code)
    if rule.cause == Cause.UNEXPLAINED:
        return notices.with_code(rule.notice, error_code)
    return notices.GAVE_UP if rule.retry else rule.notice


def record_of(result: SendResult, retries: int) -> AttemptRecord:
    """Return what to record for a try that so many refused ones of the same message preceded."""
    match result.fate:
        case Fate.UNKNOWN:
            return LOST
        case Fate.RETURNED:
            return NO_CONNECTION
        case Fate.FAILED:
            return _refused(result, _rule(result), retries + 1)
        case _:
            return AttemptRecord(fate=result.fate, meta_message_id=result.meta_message_id)


def _rule(result: SendResult) -> ErrorRule:
    rule = rule_for(result.error_code)
    if result.error_code is None and result.retry_after_s is not None:
        # Without a code, this header alone tells that everybody should wait.
        return replace(
            rule, fate=Fate.RETURNED, stops=Stops.SENDER, cause=Cause.THROTTLED, retry=None
        )
    return rule


def _refused(result: SendResult, rule: ErrorRule, tries: int) -> AttemptRecord:
    delay = rule.delay_after(tries)
    passing = rule.fate == Fate.DEFERRED and rule.retry is not None
    gave_up = passing and delay is None
    notice = notices.GAVE_UP if gave_up else rule.notice
    if rule.cause == Cause.UNEXPLAINED:
        notice = notices.with_code(rule.notice, result.error_code)
    return AttemptRecord(
        fate=Fate.FAILED if gave_up else rule.fate,
        stops=Stops.NOTHING if gave_up else rule.stops,
        cause=None if gave_up else rule.cause,
        error_code=result.error_code,
        error_message=notice,
        retry_after_seconds=max(delay, result.retry_after_s or 0) if passing and delay else None,
        frees_contact=rule.frees_contact,
        opts_out=rule.opts_out,
    )
