"""What an answer that nobody wanted means, and what to do about it."""

from http import HTTPStatus
from typing import Final

from smoke.calls import Answer
from smoke.outcome import Outcome, failed

DEPLOYING: Final = "deploying-the-edge-function"
ROTATING: Final = "rotating-the-key-of-the-edge-function"
SMOKE: Final = "trying-a-deployed-system"
_USERS: Final = "keys-of-users-tokens"
_ALERTS: Final = "alerts"
_FIRST: Final = "before-the-first-message-of-a-campaign"

# By code: what to do, and where more is told.
ADVICE: Final = {
    "edge_not_configured": ("set the secret that the function's log names", "the-edge-function"),
    "google_unavailable": (
        "Google makes no token of GOOGLE_SERVICE_ACCOUNT_KEY: was that key deleted?",
        ROTATING,
    ),
    "bridge_unreachable": (
        "does the function run, and is BRIDGE_…_URL what `terraform output function_urls` says?",
        DEPLOYING,
    ),
    "bridge_timeout": ("look into the function's log: what does it wait for?", _ALERTS),
    "token_expired": ("sign in again: take EMAIL and PASSWORD, or a fresh ACCESS_TOKEN", SMOKE),
    "token_issuer_wrong": ("set SUPABASE_JWT_ISSUER to what the tokens name", _USERS),
    "token_key_unknown": ("is the functions' SUPABASE_URL this project's?", _USERS),
    "token_not_yet_valid": ("a clock is wrong: see the line `clocks`", _USERS),
    "identity_unavailable": ("does Supabase Auth answer the functions?", _USERS),
    "user_anonymous": ("take a user who signs in by name", SMOKE),
    "campaign_not_found": ("CAMPAIGN is none of this user's: take one that is", SMOKE),
    "forbidden": ("this user's role may not do that: take an owner's", SMOKE),
    "store_unavailable": ("does Supabase answer the functions?", _ALERTS),
    "store_unreachable": ("does Supabase answer the functions?", _ALERTS),
    "token_refused": ("the function's own token has ended: make all anew", "rotating-secrets"),
    "test_number_unknown": ("add PHONE to the campaign's test numbers in the app", SMOKE),
    "test_number_opted_out": ("that number said BAJA: write ALTA from it, or take another", SMOKE),
    "sender_missing": ("give the campaign a number", _FIRST),
    "dates_missing": ("fill in the campaign's settings", _FIRST),
    "too_many_tests": ("twenty tests in 24 hours are all: come back tomorrow", SMOKE),
    "too_many_requests": ("wait a minute and try again", "how-often-users-may-ask"),
    "origin_not_allowed": ("name ORIGIN in ALLOWED_ORIGINS", "the-edge-function"),
    "NOT_FOUND": ("deploy it: supabase functions deploy messaging", DEPLOYING),
    "BOOT_ERROR": ("it does not start: look into its log", DEPLOYING),
    "invalid_credentials": ("EMAIL or PASSWORD is wrong", SMOKE),
    "bad_jwt": ("ACCESS_TOKEN has ended, or is another project's: take a fresh one", SMOKE),
    "email_not_confirmed": ("confirm the user's address, or take another user", SMOKE),
}


def unwanted(answer: Answer, wanted: str) -> Outcome:
    """Return what to do about an answer that is not the wanted one."""
    todo, see = ADVICE.get(answer.code) or _by_status(answer)
    return failed(f"{answer.told} instead of {wanted}", todo, see)


def _by_status(answer: Answer) -> tuple[str, str]:
    if answer.is_ours:
        return "docs/api.md explains the code; the function's log says more", _ALERTS
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return "Supabase itself refuses: was it deployed with verify_jwt = false?", DEPLOYING
    return "that is no answer of the bridge's: is URL the project's?", DEPLOYING
