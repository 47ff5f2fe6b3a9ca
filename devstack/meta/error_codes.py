"""Meta's error codes and the shape of an error answer."""

from typing import Any

# code: (HTTP status, title), from WhatsApp Cloud API docs, "Error codes". Where the page names
# no status the code is usually seen in webhooks only; 400 stands in.
ERRORS: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "API Method"),
    4: (400, "API Too Many Calls"),
    10: (403, "API Permission Denied"),
    17: (400, "User request limit reached"),
    32: (400, "Page request limit reached"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    102: (401, "API Session"),
    190: (401, "Access token has expired"),
    200: (403, "API Permission"),
    341: (400, "Application limit reached"),
    368: (403, "Temporarily blocked for policies violations"),
    613: (400, "Calls to this API have exceeded the rate limit"),
    80007: (400, "Rate limit issues"),
    130403: (400, "User is blocked by the business"),
    130429: (400, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131014: (400, "Request for url failed"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131037: (400, "WhatsApp provided number needs display name approval"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement"),
    131050: (400, "User has stopped marketing messages from this business"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131055: (400, "Method not allowed"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131062: (400, "Business-scoped user id is not supported for this message"),
    131063: (400, "Marketing messages are disabled on Cloud API"),
    131064: (400, "Account is limited for template misclassification"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132005: (400, "Translated text too long"),
    132007: (400, "Template format character policy violated"),
    132008: (400, "Template parameter value is not valid"),
    132012: (400, "Parameter format does not match format in the created template"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    132018: (400, "Template parameters are not valid"),
    132068: (400, "Flow is blocked"),
    132069: (400, "Flow is throttled"),
    133000: (500, "Incomplete deregistration"),
    133004: (503, "Server temporarily unavailable"),
    133005: (400, "Two step verification PIN mismatch"),
    133006: (400, "Phone number re-verification needed"),
    133008: (400, "Too many two step verification PIN guesses"),
    133009: (400, "Two step verification PIN guessed too fast"),
    133010: (400, "Phone number not registered"),
    133015: (400, "Please wait a few minutes before registering this number"),
    133016: (400, "Account register deregister rate limit exceeded"),
    134011: (400, "Payments terms of service not accepted"),
    134100: (400, "Only marketing messages supported"),
    134101: (400, "Template is syncing"),
    134102: (500, "Template unavailable for use"),
    135000: (400, "Generic user error"),
    136024: (400, "Verification code could not be requested"),
    137000: (400, "Identity key does not match"),
    139000: (400, "Blocked by integrity"),
    141008: (400, "Account is locked"),
    141014: (400, "Business account is banned"),
    2494100: (503, "Account in maintenance mode"),
}
_UNLISTED = (400, "Unknown error")
_FIRST_WHATSAPP_CODE = 80007


class RefusedError(Exception):
    """Meta refuses the request with `code`; `details` is what Meta puts in error_data.details.

    With a `subcode` come a title and a message `for_people` instead.
    """

    def __init__(
        self, code: int, details: str = "", subcode: int = 0, for_people: tuple[str, str] = ("", "")
    ) -> None:
        super().__init__(code, details)
        self.code = code
        self.details = details or title(code)
        self.subcode = subcode
        self.for_people = for_people


def template_refused(subcode: int, user_title: str, user_message: str) -> RefusedError:
    """The form in which Meta refuses a change of a template."""
    return RefusedError(100, subcode=subcode, for_people=(user_title, user_message))


def http_status(code: int) -> int:
    """HTTP status that goes with `code`; codes nobody documented answer 400."""
    return ERRORS.get(code, _UNLISTED)[0]


def title(code: int) -> str:
    """Meta's title for `code`."""
    return ERRORS.get(code, _UNLISTED)[1]


def error_answer(refusal: RefusedError, trace_id: str) -> dict[str, Any]:
    """Body of an error answer; platform codes (190, 4, ...) come without `error_data`."""
    error: dict[str, Any] = {
        "message": f"(#{refusal.code}) {title(refusal.code)}",
        "type": "OAuthException",
        "code": refusal.code,
    }
    if refusal.subcode:
        user_title, user_message = refusal.for_people
        error |= {
            "message": title(refusal.code),
            "error_subcode": refusal.subcode,
            "is_transient": False,
            "error_user_title": user_title or title(refusal.code),
            "error_user_msg": user_message,
        }
    elif refusal.code >= _FIRST_WHATSAPP_CODE or refusal.code == 100:  # noqa: PLR2004 - Meta's code
        error["error_data"] = {"messaging_product": "whatsapp", "details": refusal.details}
    error["fbtrace_id"] = trace_id
    return {"error": error}


def receipt_error(code: int) -> dict[str, Any]:
    """One member of `errors[]` in a failed receipt."""
    return {
        "code": code,
        "title": title(code),
        "message": title(code),
        "error_data": {"details": title(code)},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }
