"""What each of Meta's error codes means for us: a table, not branches.

Codes and meanings: developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes.
Which action follows is our decision. The delays for 131056 (4^X seconds), 131057 (a minute) and
134101 (ten minutes) are Meta's advice, the others ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from shared.rules.untrusted import object_of, text_of, whole_number_of


class Action(StrEnum):
    """What a failure stops: no less, and no more."""

    RETRY = "retry"  # this recipient, later
    RETRY_PAIR = "retry_pair"  # as RETRY; this recipient alone is written to too often
    SLOW_DOWN = "slow_down"  # as RETRY, and the sender's next slots move back
    FAIL = "fail"  # this recipient, for good
    OPT_OUT = "opt_out"  # as FAIL, and the campaign may not write to this person again
    FIX_PARAMETERS = "fix_parameters"  # as FAIL; repeated on others, the job is at fault
    PAUSE_JOB = "pause_job"  # the template or its job
    BLOCK_SENDER = "block_sender"  # the phone number or its account
    BLOCK_CREDENTIALS = "block_credentials"  # the access token


@dataclass(frozen=True, kw_only=True)
class RetryPlan:
    """Wait `first_delay_s`, then `growth` times longer; `max_attempts` counts every try."""

    first_delay_s: float
    growth: float
    max_attempts: int


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
        return self.retry.first_delay_s * self.retry.growth ** (attempts - 1)


_FEW = RetryPlan(first_delay_s=10, growth=3, max_attempts=3)
_OUTAGE = RetryPlan(first_delay_s=10, growth=3, max_attempts=6)
_PAIR = RetryPlan(first_delay_s=1, growth=4, max_attempts=6)
_UPGRADE = RetryPlan(first_delay_s=60, growth=2, max_attempts=5)
_SYNCING = RetryPlan(first_delay_s=600, growth=1, max_attempts=4)
_RATE = RetryPlan(first_delay_s=2, growth=2, max_attempts=10)
_HOURLY = RetryPlan(first_delay_s=60, growth=2, max_attempts=8)

_ACCOUNT = (
    "La cuenta de WhatsApp está restringida por Meta; los envíos de este número se detuvieron."
)
_CAP = "Meta no entregó el mensaje: esta persona ya recibió demasiada publicidad estos días."
_CONTENT = "Los datos del mensaje no coinciden con la plantilla; revísalos antes de reintentar."
_COUNTRY = "Meta no permite que esta cuenta escriba a ese país; el envío se pausó."
_EXPERIMENT = "Meta no entregó el mensaje: esta persona participa en una prueba de WhatsApp."
_IDENTITY = "La persona cambió de teléfono o reinstaló WhatsApp; confirma su número."
_MEDIA = "WhatsApp no pudo cargar la imagen o el archivo del mensaje."
_NOT_ALLOWED = "Este número no está en la lista de pruebas de la cuenta de WhatsApp."
_PAYMENT = "Hay un problema con el pago de la cuenta de WhatsApp; los envíos se detuvieron."
_PERMISSION = "La conexión con WhatsApp perdió sus permisos; avisa a soporte."
_POLICY = "Meta rechazó el contenido de la plantilla; el envío se pausó."
_RATE_LIMITED = "WhatsApp pidió ir más despacio; el mensaje se reintenta solo."
_REGISTRATION = "El número de la campaña no está bien registrado en WhatsApp; avisa a soporte."
_SELF = "El destinatario es el mismo número que envía."
_SPAM = "Meta limitó este número porque muchas personas lo reportaron; los envíos se detuvieron."
_STOPPED = "La persona pidió no recibir más mensajes; ya no se le escribirá."
_TEMPLATE = "La plantilla no está disponible en WhatsApp; el envío se pausó."
_TEMPORARY = "WhatsApp tuvo una falla temporal; el mensaje se reintenta solo."
_UNREACHABLE = "El número no tiene WhatsApp o no puede recibir este mensaje."
_WE_BLOCKED = "La cuenta de la campaña tiene bloqueada a esta persona."
_WINDOW = "Pasaron más de 24 horas desde su último mensaje; usa una plantilla."
_UNEXPECTED = "WhatsApp rechazó el mensaje por un motivo que no conocemos."


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
_NO_PERMISSION = _rule(_A.BLOCK_CREDENTIALS, _PERMISSION, "API permission missing or removed")

TABLE: Mapping[int, ErrorRule] = MappingProxyType(
    {
        0: _rule(_A.BLOCK_CREDENTIALS, _PERMISSION, "Authentication failed"),
        1: _rule(_A.RETRY, _TEMPORARY, "Invalid request, or a server error", _FEW),
        2: _rule(_A.RETRY, _TEMPORARY, "Temporary downtime", _OUTAGE),
        3: _rule(_A.BLOCK_CREDENTIALS, _PERMISSION, "Capability or permission missing"),
        4: _rule(_A.SLOW_DOWN, _RATE_LIMITED, "The app's call rate limit", _HOURLY),
        10: _rule(_A.BLOCK_CREDENTIALS, _PERMISSION, "Permission removed, or not eligible"),
        33: _rule(_A.BLOCK_SENDER, _REGISTRATION, "The phone number id was deleted"),
        100: _rule(_A.FIX_PARAMETERS, _CONTENT, "Invalid or misspelled parameter"),
        190: _rule(_A.BLOCK_CREDENTIALS, _PERMISSION, "Access token expired"),
        **dict.fromkeys(range(200, 300), _NO_PERMISSION),
        368: _rule(_A.BLOCK_SENDER, _ACCOUNT, "Account restricted for a policy violation"),
        80007: _rule(_A.SLOW_DOWN, _RATE_LIMITED, "The account's call rate limit", _HOURLY),
        130403: _rule(_A.FAIL, _WE_BLOCKED, "The business blocked this user"),
        130429: _rule(_A.SLOW_DOWN, _RATE_LIMITED, "The number's throughput reached", _RATE),
        130472: _rule(_A.FAIL, _EXPERIMENT, "Recipient in a marketing experiment", frees=False),
        130497: _rule(_A.PAUSE_JOB, _COUNTRY, "Account barred from messaging that country"),
        131000: _rule(_A.RETRY, _TEMPORARY, "Unknown error at Meta", _OUTAGE),
        131005: _rule(_A.BLOCK_CREDENTIALS, _PERMISSION, "Access denied"),
        131008: _rule(_A.FIX_PARAMETERS, _CONTENT, "Required parameter missing"),
        131009: _rule(_A.FIX_PARAMETERS, _CONTENT, "Parameter value invalid"),
        131014: _rule(_A.FIX_PARAMETERS, _MEDIA, "The media link could not be fetched"),
        131016: _rule(_A.RETRY, _TEMPORARY, "Service unavailable", _OUTAGE),
        131021: _rule(_A.FAIL, _SELF, "Recipient equals sender"),
        131026: _rule(_A.FAIL, _UNREACHABLE, "Undeliverable: no WhatsApp, old app or terms"),
        131030: _rule(_A.FAIL, _NOT_ALLOWED, "Recipient not on the test number's list"),
        131031: _rule(_A.BLOCK_SENDER, _ACCOUNT, "Account locked or restricted"),
        131037: _rule(_A.BLOCK_SENDER, _REGISTRATION, "Display name not approved"),
        131042: _rule(_A.BLOCK_SENDER, _PAYMENT, "Payment problem"),
        131045: _rule(_A.BLOCK_SENDER, _REGISTRATION, "Registration or certificate wrong"),
        131047: _rule(_A.FAIL, _WINDOW, "Outside the 24-hour customer service window"),
        131048: _rule(_A.BLOCK_SENDER, _SPAM, "Spam restriction on the number"),
        131049: _rule(_A.FAIL, _CAP, "The person's marketing cap", frees=False),
        131050: _rule(_A.OPT_OUT, _STOPPED, "The person stopped our marketing", frees=False),
        131051: _rule(_A.FIX_PARAMETERS, _CONTENT, "Unsupported message type"),
        131052: _rule(_A.FAIL, _MEDIA, "Inbound media could not be downloaded"),
        131053: _rule(_A.RETRY, _MEDIA, "Outbound media could not be uploaded", _FEW),
        131055: _rule(_A.FIX_PARAMETERS, _CONTENT, "Not a marketing template"),
        131056: _rule(_A.RETRY_PAIR, _RATE_LIMITED, "Too many messages to one person", _PAIR),
        131057: _rule(_A.RETRY, _TEMPORARY, "Maintenance or throughput upgrade", _UPGRADE),
        131062: _rule(_A.FIX_PARAMETERS, _CONTENT, "User id unsupported for this message"),
        131063: _rule(_A.PAUSE_JOB, _TEMPLATE, "Marketing disabled on the Cloud API"),
        131064: _rule(_A.BLOCK_SENDER, _ACCOUNT, "Limited for misclassified templates"),
        132000: _rule(_A.FIX_PARAMETERS, _CONTENT, "Parameter count mismatch"),
        132001: _rule(_A.PAUSE_JOB, _TEMPLATE, "Template missing in this language"),
        132005: _rule(_A.FIX_PARAMETERS, _CONTENT, "Text too long once filled in"),
        132007: _rule(_A.PAUSE_JOB, _POLICY, "Content violates a policy"),
        132008: _rule(_A.FIX_PARAMETERS, _CONTENT, "Template parameter value invalid"),
        132012: _rule(_A.FIX_PARAMETERS, _CONTENT, "Parameter format mismatch"),
        132015: _rule(_A.PAUSE_JOB, _TEMPLATE, "Template paused for low quality"),
        132016: _rule(_A.PAUSE_JOB, _TEMPLATE, "Template disabled for low quality"),
        132018: _rule(_A.FIX_PARAMETERS, _CONTENT, "Template parameters failed validation"),
        132068: _rule(_A.PAUSE_JOB, _TEMPLATE, "Flow blocked"),
        132069: _rule(_A.PAUSE_JOB, _TEMPLATE, "Flow throttled"),
        133004: _rule(_A.RETRY, _TEMPORARY, "Server unavailable", _OUTAGE),
        133006: _rule(_A.BLOCK_SENDER, _REGISTRATION, "Number not verified"),
        133010: _rule(_A.BLOCK_SENDER, _REGISTRATION, "Number not registered"),
        133016: _rule(_A.BLOCK_SENDER, _REGISTRATION, "Too many (de)registrations"),
        134011: _rule(_A.BLOCK_SENDER, _PAYMENT, "Payments terms not accepted"),
        134100: _rule(_A.FIX_PARAMETERS, _CONTENT, "Only marketing templates allowed here"),
        134101: _rule(_A.RETRY, _TEMPORARY, "Template still syncing", _SYNCING),
        134102: _rule(_A.PAUSE_JOB, _TEMPLATE, "Template unavailable for this API"),
        135000: _rule(_A.FIX_PARAMETERS, _CONTENT, "Generic parameter error"),
        137000: _rule(_A.FAIL, _IDENTITY, "Recipient identity key mismatch"),
        141008: _rule(_A.BLOCK_SENDER, _ACCOUNT, "Account locked"),
        141014: _rule(_A.BLOCK_SENDER, _ACCOUNT, "Account banned"),
    }
)

_UNKNOWN = ErrorRule(
    action=Action.RETRY, meaning="Unknown code", notice=_UNEXPECTED, retry=_FEW, known=False
)


def rule_for(code: int | None) -> ErrorRule:
    """Return the rule for a code; an unknown or missing one is tried a few times, then fails."""
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
