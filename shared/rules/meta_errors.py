"""What each of Meta's error codes means for us: a table, not branches.

Codes and meanings: developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes, and of 17,
32, 102, 341 and 613 the Graph API's "Handling errors" and "Rate limits".
What follows is our decision. The delays for 131056 (4^X seconds) and 131057 (a minute) are Meta's
advice, the others ours.

Only a code that speaks of the recipient may use a recipient up. What Meta cannot do for anybody
just now stops the sender; what nobody can explain or what is wrong with the message stops the job
when it comes again and again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from shared.fates import Cause, Fate, Stops
from shared.rules import notices
from shared.rules.untrusted import object_of, text_of, whole_number_of


@dataclass(frozen=True, kw_only=True)
class RetryPlan:
    """Wait `first_delay_s`, then `growth` times longer, at most `longest_delay_s`.

    `max_attempts` counts every try.
    """

    first_delay_s: float
    growth: float
    max_attempts: int
    longest_delay_s: float = 3600


@dataclass(frozen=True)
class Verdict:
    """What becomes of a message that Meta refused, and what else stops.

    `retry` is None where another try cannot help. `frees_contact` tells whether another job may
    still write to the person today; `opts_out`, that nobody of this number may again.
    """

    fate: Fate
    stops: Stops = Stops.NOTHING
    cause: Cause | None = None
    retry: RetryPlan | None = None
    frees_contact: bool = True
    opts_out: bool = False

    def delay_after(self, attempts: int) -> float | None:
        """Return the seconds to wait after `attempts` tries (at least 1), or None to give up."""
        if self.retry is None or attempts >= self.retry.max_attempts:
            return None
        # Capped before the power, which would overflow after some hundred tries.
        growth = self.retry.growth ** min(attempts - 1, _LONGEST_GROWTH)
        return min(self.retry.first_delay_s * growth, self.retry.longest_delay_s)


@dataclass(frozen=True, kw_only=True)
class ErrorRule(Verdict):
    """The verdict on one code; `notice` is the sentence for promoters (es-MX)."""

    meaning: str
    notice: str
    known: bool = True


_LONGEST_GROWTH = 20
_FEW = RetryPlan(first_delay_s=10, growth=3, max_attempts=3)
# A hundred tries take a day. A message that fails for so long while the others leave is at fault
# itself; an outage that long has blocked the sender, where nothing is tried.
_OUTAGE = RetryPlan(first_delay_s=10, growth=3, max_attempts=100, longest_delay_s=900)
_UPGRADE = RetryPlan(first_delay_s=60, growth=2, max_attempts=100, longest_delay_s=900)
_PAIR = RetryPlan(first_delay_s=1, growth=4, max_attempts=6)
_RATE = RetryPlan(first_delay_s=2, growth=2, max_attempts=10)
_HOURLY = RetryPlan(first_delay_s=60, growth=2, max_attempts=8)

# What each code does; of each its sentence for promoters and Meta's meaning.
_CODES: Mapping[Verdict, Mapping[int, tuple[str, str]]] = {
    Verdict(Fate.FAILED): {
        130403: (notices.WE_BLOCKED, "The business blocked this user"),
        131021: (notices.SELF, "Recipient equals sender"),
        131026: (notices.UNREACHABLE, "Undeliverable: no WhatsApp, old app or terms"),
        131030: (notices.NOT_ALLOWED, "Recipient not on the test number's list"),
        131047: (notices.WINDOW, "Outside the 24-hour customer service window"),
        131052: (notices.INBOUND_MEDIA, "Inbound media could not be downloaded"),
        137000: (notices.IDENTITY, "Recipient identity key mismatch"),
    },
    Verdict(Fate.FAILED, frees_contact=False): {
        130472: (notices.EXPERIMENT, "Recipient in a marketing experiment"),
        131049: (notices.CAP, "The person's marketing cap"),
    },
    Verdict(Fate.FAILED, frees_contact=False, opts_out=True): {
        131050: (notices.STOPPED, "The person stopped our marketing"),
    },
    Verdict(Fate.DEFERRED, retry=_PAIR): {
        131056: (notices.RATE_LIMITED, "Too many messages to one person"),
    },
    Verdict(Fate.FAILED, Stops.JOB, Cause.PARAMETERS): {
        100: (notices.CONTENT, "Invalid or misspelled parameter"),
        131008: (notices.CONTENT, "Required parameter missing"),
        131009: (notices.CONTENT, "Parameter value invalid"),
        131014: (notices.MEDIA, "The media link could not be fetched"),
        131051: (notices.CONTENT, "Unsupported message type"),
        131053: (notices.MEDIA, "Outbound media could not be uploaded"),
        131055: (notices.CONTENT, "Not a marketing template"),
        131062: (notices.CONTENT, "User id unsupported for this message"),
        132000: (notices.CONTENT, "Parameter count mismatch"),
        132005: (notices.CONTENT, "Text too long once filled in"),
        132008: (notices.CONTENT, "Template parameter value invalid"),
        132012: (notices.CONTENT, "Parameter format mismatch"),
        132018: (notices.CONTENT, "Template parameters failed validation"),
        134100: (notices.CONTENT, "Only marketing templates allowed here"),
        135000: (notices.CONTENT, "Generic parameter error"),
    },
    Verdict(Fate.DEFERRED, Stops.JOB, Cause.TEMPLATE): {
        130497: (notices.COUNTRY, "Account barred from messaging that country"),
        131063: (notices.TEMPLATE, "Marketing disabled on the Cloud API"),
        131064: (notices.MISCLASSIFIED, "Limited for misclassified templates"),
        132001: (notices.TEMPLATE, "Template missing in this language"),
        132007: (notices.POLICY, "Content violates a policy"),
        132015: (notices.TEMPLATE, "Template paused for low quality"),
        132016: (notices.TEMPLATE, "Template disabled for low quality"),
        132068: (notices.TEMPLATE, "Flow blocked"),
        132069: (notices.TEMPLATE, "Flow throttled"),
        134101: (notices.TEMPLATE, "Template still syncing"),
        134102: (notices.TEMPLATE, "Template unavailable for this API"),
        139000: (notices.INTEGRITY, "Blocked for integrity"),
    },
    Verdict(Fate.DEFERRED, Stops.JOB, Cause.UNEXPLAINED, _FEW): {
        1: (notices.UNEXPLAINED, "Invalid request, or a server error"),
    },
    Verdict(Fate.RETURNED, Stops.SENDER, Cause.THROTTLED, _HOURLY): {
        4: (notices.RATE_LIMITED, "The app's call rate limit"),
        17: (notices.RATE_LIMITED, "The user's call rate limit"),
        32: (notices.RATE_LIMITED, "The page's call rate limit"),
        341: (notices.RATE_LIMITED, "The application's limit reached"),
        613: (notices.RATE_LIMITED, "The call's own rate limit"),
        80007: (notices.RATE_LIMITED, "The account's call rate limit"),
        2494100: (notices.RATE_LIMITED, "Number in maintenance"),
    },
    Verdict(Fate.RETURNED, Stops.SENDER, Cause.THROTTLED, _RATE): {
        130429: (notices.RATE_LIMITED, "The number's throughput reached"),
    },
    Verdict(Fate.DEFERRED, Stops.SENDER, Cause.ANSWER): {
        33: (notices.REGISTRATION, "The phone number id was deleted"),
        368: (notices.ACCOUNT, "Account restricted for a policy violation"),
        131031: (notices.ACCOUNT, "Account locked or restricted"),
        131037: (notices.REGISTRATION, "Display name not approved"),
        131042: (notices.PAYMENT, "Payment problem"),
        131045: (notices.REGISTRATION, "Registration or certificate wrong"),
        131048: (notices.SPAM, "Spam restriction on the number"),
        133000: (notices.REGISTRATION, "Deregistration incomplete"),
        133005: (notices.REGISTRATION, "Two-step verification PIN wrong"),
        133006: (notices.REGISTRATION, "Number not verified"),
        133008: (notices.REGISTRATION, "Too many guesses of the PIN"),
        133009: (notices.REGISTRATION, "PIN guessed too fast"),
        133010: (notices.REGISTRATION, "Number not registered"),
        133015: (notices.REGISTRATION, "Number being deleted"),
        133016: (notices.REGISTRATION, "Too many (de)registrations"),
        134011: (notices.PAYMENT, "Payments terms not accepted"),
        136024: (notices.REGISTRATION, "Verification code request failed"),
        141008: (notices.ACCOUNT, "Account locked"),
        141014: (notices.ACCOUNT, "Account banned"),
    },
    Verdict(Fate.DEFERRED, Stops.CREDENTIALS, Cause.CREDENTIALS): {
        0: (notices.PERMISSION, "Authentication failed"),
        3: (notices.PERMISSION, "Capability or permission missing"),
        10: (notices.PERMISSION, "Permission removed, or not eligible"),
        102: (notices.PERMISSION, "Access token no longer valid"),
        190: (notices.PERMISSION, "Access token expired"),
        **dict.fromkeys(range(200, 300), (notices.PERMISSION, "API permission missing or removed")),
        131005: (notices.PERMISSION, "Access denied"),
    },
    Verdict(Fate.DEFERRED, Stops.EVERYBODY, Cause.OUTAGE, _OUTAGE): {
        2: (notices.TEMPORARY, "Temporary downtime"),
        131000: (notices.TEMPORARY, "Unknown error at Meta"),
        131016: (notices.TEMPORARY, "Service unavailable"),
        133004: (notices.TEMPORARY, "Server unavailable"),
    },
    Verdict(Fate.DEFERRED, Stops.EVERYBODY, Cause.OUTAGE, _UPGRADE): {
        131057: (notices.TEMPORARY, "Maintenance or throughput upgrade"),
    },
}
TABLE: Mapping[int, ErrorRule] = MappingProxyType(
    {
        code: ErrorRule(**vars(verdict), notice=notice, meaning=meaning)
        for verdict, codes in _CODES.items()
        for code, (notice, meaning) in codes.items()
    }
)

_UNKNOWN = ErrorRule(
    fate=Fate.DEFERRED,
    stops=Stops.JOB,
    cause=Cause.UNEXPLAINED,
    meaning="Unknown code",
    notice=notices.UNEXPECTED,
    retry=_FEW,
    known=False,
)


def rule_for(code: int | None) -> ErrorRule:
    """Return the rule for a code; an unknown or missing one is unexplained and not `known`."""
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
    return None if code is None or code > _MAX_CODE else code, without_numbers(message)


def without_numbers(message: str | None) -> str | None:
    """Return a text of Meta's as it may be kept: no long numbers, at most 300 characters."""
    return message and _LONG_NUMBER.sub("[number]", message)[:_MAX_MESSAGE_LENGTH]
