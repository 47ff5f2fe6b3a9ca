"""What each of Meta's error codes means for us: a table, not branches.

Codes and meanings: developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes, and of 17,
32, 102, 341 and 613 the Graph API's "Handling errors" and "Rate limits".
Which action follows is our decision. The delays for 131056 (4^X seconds) and 131057 (a minute) are
Meta's advice, the others ours.

Only a code that speaks of the recipient may use a recipient up. What Meta cannot do for anybody
just now (OUTAGE, SLOW_DOWN) holds the sender; what nobody can explain (UNEXPLAINED) or what is
wrong with the message (FIX_PARAMETERS) stops the job when it comes again and again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from shared.rules import notices
from shared.rules.untrusted import object_of, text_of, whole_number_of


class Action(StrEnum):
    """What a failure stops: no less, and no more."""

    RETRY = "retry"  # this recipient, later
    OUTAGE = "outage"  # as RETRY; repeated on others, Meta is at fault and the sender is held
    UNEXPLAINED = "unexplained"  # as RETRY; repeated on others, the job is paused
    SLOW_DOWN = "slow_down"  # as RETRY, and the sender's next slots move back
    FAIL = "fail"  # this recipient, for good
    OPT_OUT = "opt_out"  # as FAIL, and the campaign may not write to this person again
    FIX_PARAMETERS = "fix_parameters"  # as FAIL; repeated on others, the job is at fault
    PAUSE_JOB = "pause_job"  # the template or its job
    BLOCK_SENDER = "block_sender"  # the phone number or its account
    BLOCK_CREDENTIALS = "block_credentials"  # the access token


@dataclass(frozen=True, kw_only=True)
class RetryPlan:
    """Wait `first_delay_s`, then `growth` times longer, at most `longest_delay_s`.

    `max_attempts` counts every try.
    """

    first_delay_s: float
    growth: float
    max_attempts: int
    longest_delay_s: float = 3600


@dataclass(frozen=True, kw_only=True)
class ErrorRule:
    """How to answer one code.

    `retry` is None where another try cannot help. `frees_contact` tells whether another job may
    still write to the person today. `notice` is the sentence for promoters (es-MX).
    """

    action: Action
    meaning: str
    notice: str
    retry: RetryPlan | None = None
    frees_contact: bool = True
    known: bool = True

    def delay_after(self, attempts: int) -> float | None:
        """Return the seconds to wait after `attempts` tries (at least 1), or None to give up."""
        if self.retry is None or attempts >= self.retry.max_attempts:
            return None
        # Capped before the power, which would overflow after some hundred tries.
        growth = self.retry.growth ** min(attempts - 1, _LONGEST_GROWTH)
        return min(self.retry.first_delay_s * growth, self.retry.longest_delay_s)


_LONGEST_GROWTH = 20
_FEW = RetryPlan(first_delay_s=10, growth=3, max_attempts=3)
# A hundred tries take a day. A message that fails for so long while the others leave is at fault
# itself; an outage that long has held the sender, where nothing is tried.
_OUTAGE = RetryPlan(first_delay_s=10, growth=3, max_attempts=100, longest_delay_s=900)
_UPGRADE = RetryPlan(first_delay_s=60, growth=2, max_attempts=100, longest_delay_s=900)
_PAIR = RetryPlan(first_delay_s=1, growth=4, max_attempts=6)
_RATE = RetryPlan(first_delay_s=2, growth=2, max_attempts=10)
_HOURLY = RetryPlan(first_delay_s=60, growth=2, max_attempts=8)


def _rule(
    action: Action,
    notice: str,
    meaning: str,
    retry: RetryPlan | None = None,
    *,
    frees: bool = True,
) -> ErrorRule:
    return ErrorRule(
        action=action, meaning=meaning, notice=notice, retry=retry, frees_contact=frees
    )


_A = Action
_NO_PERMISSION = _rule(
    _A.BLOCK_CREDENTIALS, notices.PERMISSION, "API permission missing or removed"
)

TABLE: Mapping[int, ErrorRule] = MappingProxyType(
    {
        0: _rule(_A.BLOCK_CREDENTIALS, notices.PERMISSION, "Authentication failed"),
        1: _rule(_A.UNEXPLAINED, notices.UNEXPLAINED, "Invalid request, or a server error", _FEW),
        2: _rule(_A.OUTAGE, notices.TEMPORARY, "Temporary downtime", _OUTAGE),
        3: _rule(_A.BLOCK_CREDENTIALS, notices.PERMISSION, "Capability or permission missing"),
        4: _rule(_A.SLOW_DOWN, notices.RATE_LIMITED, "The app's call rate limit", _HOURLY),
        10: _rule(_A.BLOCK_CREDENTIALS, notices.PERMISSION, "Permission removed, or not eligible"),
        17: _rule(_A.SLOW_DOWN, notices.RATE_LIMITED, "The user's call rate limit", _HOURLY),
        32: _rule(_A.SLOW_DOWN, notices.RATE_LIMITED, "The page's call rate limit", _HOURLY),
        33: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "The phone number id was deleted"),
        100: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Invalid or misspelled parameter"),
        102: _rule(_A.BLOCK_CREDENTIALS, notices.PERMISSION, "Access token no longer valid"),
        190: _rule(_A.BLOCK_CREDENTIALS, notices.PERMISSION, "Access token expired"),
        **dict.fromkeys(range(200, 300), _NO_PERMISSION),
        341: _rule(_A.SLOW_DOWN, notices.RATE_LIMITED, "The application's limit reached", _HOURLY),
        368: _rule(_A.BLOCK_SENDER, notices.ACCOUNT, "Account restricted for a policy violation"),
        613: _rule(_A.SLOW_DOWN, notices.RATE_LIMITED, "The call's own rate limit", _HOURLY),
        80007: _rule(_A.SLOW_DOWN, notices.RATE_LIMITED, "The account's call rate limit", _HOURLY),
        130403: _rule(_A.FAIL, notices.WE_BLOCKED, "The business blocked this user"),
        130429: _rule(_A.SLOW_DOWN, notices.RATE_LIMITED, "The number's throughput reached", _RATE),
        130472: _rule(
            _A.FAIL, notices.EXPERIMENT, "Recipient in a marketing experiment", frees=False
        ),
        130497: _rule(_A.PAUSE_JOB, notices.COUNTRY, "Account barred from messaging that country"),
        131000: _rule(_A.OUTAGE, notices.TEMPORARY, "Unknown error at Meta", _OUTAGE),
        131005: _rule(_A.BLOCK_CREDENTIALS, notices.PERMISSION, "Access denied"),
        131008: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Required parameter missing"),
        131009: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Parameter value invalid"),
        131014: _rule(_A.FIX_PARAMETERS, notices.MEDIA, "The media link could not be fetched"),
        131016: _rule(_A.OUTAGE, notices.TEMPORARY, "Service unavailable", _OUTAGE),
        131021: _rule(_A.FAIL, notices.SELF, "Recipient equals sender"),
        131026: _rule(_A.FAIL, notices.UNREACHABLE, "Undeliverable: no WhatsApp, old app or terms"),
        131030: _rule(_A.FAIL, notices.NOT_ALLOWED, "Recipient not on the test number's list"),
        131031: _rule(_A.BLOCK_SENDER, notices.ACCOUNT, "Account locked or restricted"),
        131037: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "Display name not approved"),
        131042: _rule(_A.BLOCK_SENDER, notices.PAYMENT, "Payment problem"),
        131045: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "Registration or certificate wrong"),
        131047: _rule(_A.FAIL, notices.WINDOW, "Outside the 24-hour customer service window"),
        131048: _rule(_A.BLOCK_SENDER, notices.SPAM, "Spam restriction on the number"),
        131049: _rule(_A.FAIL, notices.CAP, "The person's marketing cap", frees=False),
        131050: _rule(_A.OPT_OUT, notices.STOPPED, "The person stopped our marketing", frees=False),
        131051: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Unsupported message type"),
        131052: _rule(_A.FAIL, notices.INBOUND_MEDIA, "Inbound media could not be downloaded"),
        131053: _rule(_A.FIX_PARAMETERS, notices.MEDIA, "Outbound media could not be uploaded"),
        131055: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Not a marketing template"),
        131056: _rule(_A.RETRY, notices.RATE_LIMITED, "Too many messages to one person", _PAIR),
        131057: _rule(_A.OUTAGE, notices.TEMPORARY, "Maintenance or throughput upgrade", _UPGRADE),
        131062: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "User id unsupported for this message"),
        131063: _rule(_A.PAUSE_JOB, notices.TEMPLATE, "Marketing disabled on the Cloud API"),
        131064: _rule(_A.PAUSE_JOB, notices.MISCLASSIFIED, "Limited for misclassified templates"),
        132000: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Parameter count mismatch"),
        132001: _rule(_A.PAUSE_JOB, notices.TEMPLATE, "Template missing in this language"),
        132005: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Text too long once filled in"),
        132007: _rule(_A.PAUSE_JOB, notices.POLICY, "Content violates a policy"),
        132008: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Template parameter value invalid"),
        132012: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Parameter format mismatch"),
        132015: _rule(_A.PAUSE_JOB, notices.TEMPLATE, "Template paused for low quality"),
        132016: _rule(_A.PAUSE_JOB, notices.TEMPLATE, "Template disabled for low quality"),
        132018: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Template parameters failed validation"),
        132068: _rule(_A.PAUSE_JOB, notices.TEMPLATE, "Flow blocked"),
        132069: _rule(_A.PAUSE_JOB, notices.TEMPLATE, "Flow throttled"),
        133000: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "Deregistration incomplete"),
        133004: _rule(_A.OUTAGE, notices.TEMPORARY, "Server unavailable", _OUTAGE),
        133005: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "Two-step verification PIN wrong"),
        133006: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "Number not verified"),
        133008: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "Too many guesses of the PIN"),
        133009: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "PIN guessed too fast"),
        133010: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "Number not registered"),
        133015: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "Number being deleted"),
        133016: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "Too many (de)registrations"),
        134011: _rule(_A.BLOCK_SENDER, notices.PAYMENT, "Payments terms not accepted"),
        134100: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Only marketing templates allowed here"),
        134101: _rule(_A.PAUSE_JOB, notices.TEMPLATE, "Template still syncing"),
        134102: _rule(_A.PAUSE_JOB, notices.TEMPLATE, "Template unavailable for this API"),
        135000: _rule(_A.FIX_PARAMETERS, notices.CONTENT, "Generic parameter error"),
        136024: _rule(_A.BLOCK_SENDER, notices.REGISTRATION, "Verification code request failed"),
        137000: _rule(_A.FAIL, notices.IDENTITY, "Recipient identity key mismatch"),
        139000: _rule(_A.PAUSE_JOB, notices.INTEGRITY, "Blocked for integrity"),
        141008: _rule(_A.BLOCK_SENDER, notices.ACCOUNT, "Account locked"),
        141014: _rule(_A.BLOCK_SENDER, notices.ACCOUNT, "Account banned"),
        2494100: _rule(_A.SLOW_DOWN, notices.RATE_LIMITED, "Number in maintenance", _HOURLY),
    }
)

_UNKNOWN = ErrorRule(
    action=Action.UNEXPLAINED,
    meaning="Unknown code",
    notice=notices.UNEXPECTED,
    retry=_FEW,
    known=False,
)


def rule_for(code: int | None) -> ErrorRule:
    """Return the rule for a code; an unknown or missing one is UNEXPLAINED and not `known`."""
    return _UNKNOWN if code is None else TABLE.get(code, _UNKNOWN)


# Seven digits or more, however they are grouped, may be somebody's number.
_LONG_NUMBER = re.compile(r"\+?\d(?:[\s().-]*\d){6,}")
_MAX_CODE = 9_999_999
# The Graph API says "no such phone number id, or no permission for it" as 100 with subcode 33.
_INVALID_PARAMETER, _NO_SUCH_OBJECT = 100, 33
_MAX_MESSAGE_LENGTH = 300


def read_error(error: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """Return code and text of Meta's `error` object, as answers and receipts carry it.

    Long numbers in the text are hidden, as they may be a person's; it has at most 300 characters.
    """
    code = whole_number_of(error.get("code"))
    if (
        code == _INVALID_PARAMETER
        and whole_number_of(error.get("error_subcode")) == _NO_SUCH_OBJECT
    ):
        code = _NO_SUCH_OBJECT
    details = object_of(error.get("error_data")).get("details")
    message = text_of(details) or text_of(error.get("message")) or text_of(error.get("title"))
    return (
        None if code is None or code > _MAX_CODE else code,
        message and _LONG_NUMBER.sub("[number]", message)[:_MAX_MESSAGE_LENGTH],
    )
