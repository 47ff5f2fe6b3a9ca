"""Which web pages may call: the app's own, and no other."""

from http import HTTPStatus
from typing import Final

from smoke.advice import unwanted
from smoke.calls import Answer, Caller
from smoke.outcome import Outcome, failed, passed, skipped

FOREIGN: Final = "https://smoke-test.invalid"
ALL: Final = "*"
NEEDED: Final = {"apikey", "authorization", "content-type", "idempotency-key", "x-client-info"}
_SEE: Final = "the-edge-function"


def own_page(caller: Caller) -> Outcome:
    """The app's page may ask with what supabase-js sends, and read the answer."""
    origin = caller.settings.origin
    if not origin:
        return skipped("no ORIGIN given: the app runs on phones alone?")
    origin = FOREIGN if origin == ALL else origin
    answer = _preflight(caller, origin)
    if answer.status != HTTPStatus.NO_CONTENT:
        return unwanted(answer, "204")
    named = answer.headers.get("Access-Control-Allow-Headers", "").lower()
    missing = NEEDED - {name.strip() for name in named.split(",")}
    if answer.headers.get("Access-Control-Allow-Origin") not in (origin, ALL) or missing:
        todo = "does something in between change headers? deploy the function again"
        return failed(f"a page of {origin} may not send {sorted(missing) or 'at all'}", todo, _SEE)
    return passed(f"a page of {origin} may ask")


def foreign_page(caller: Caller) -> Outcome:
    """A page of somebody else's may not."""
    if caller.settings.origin == ALL:
        return skipped("every page may ask, as ORIGIN=* says")
    answer = _preflight(caller, FOREIGN)
    if (answer.status, answer.code) == (403, "origin_not_allowed"):
        return passed("403 origin_not_allowed")
    if "Access-Control-Allow-Origin" in answer.headers:
        todo = "list the app's origins in ALLOWED_ORIGINS (ORIGIN=* here, if all are meant)"
        return failed("a page of anybody's may ask", todo, _SEE)
    return unwanted(answer, "403 origin_not_allowed")


def _preflight(caller: Caller, origin: str) -> Answer:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return caller.call("OPTIONS", f"{caller.settings.edge}/send", headers=headers)
