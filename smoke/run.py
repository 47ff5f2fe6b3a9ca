"""All checks, one after another, each with the time that it took."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from smoke.advice import DEPLOYING
from smoke.calls import Caller, UnreachableError
from smoke.opening import clocks, sign_in
from smoke.outcome import Outcome, failed, skipped
from smoke.own_message import send_to_myself
from smoke.pages import foreign_page, own_page
from smoke.reads import audit, counted, reaches, reads, settings, veda
from smoke.refusals import (
    closed,
    foreign_campaign,
    forged,
    of_another_project,
    refused,
    unsigned,
)

SIGN_IN = "sign in"
OF_NOBODY = {"token_key_unknown", "token_issuer_wrong", "token_signature_invalid"}
# Whether a key is one of the newer kind or a JWT, it names no user.
OF_NO_USER = {"token_is_api_key", "token_role_wrong", "token_issuer_wrong"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the report: a check, what came of it, and how long its calls took."""

    check: str
    outcome: Outcome
    seconds: float
    slowest: float  # of its calls


@dataclass(frozen=True)
class _Check:
    name: str
    ask: Callable[[Caller], Outcome]
    needs_token: bool = True


CHECKS = (
    _Check(SIGN_IN, sign_in, needs_token=False),
    _Check("edge function, send", reaches("/jobs"), needs_token=False),
    _Check("edge function, templates", reaches("/templates"), needs_token=False),
    _Check("page of the app", own_page, needs_token=False),
    _Check("page of others", foreign_page, needs_token=False),
    _Check("GET /templates", reads("/templates", counted("templates"))),
    _Check("GET /jobs", reads("/jobs?limit=1", counted("jobs"))),
    _Check("GET /settings", settings),
    _Check("GET /audit", audit),
    _Check("veda", veda),
    _Check("token, forged", refused(lambda c: forged(c.token), OF_NOBODY)),
    _Check("token, unsigned", refused(lambda c: unsigned(c.token), {"token_algorithm_refused"})),
    _Check(
        "token, another project's",
        refused(lambda c: of_another_project(c.token), OF_NOBODY),
    ),
    _Check(
        "API key for a token",
        refused(lambda c: c.settings.publishable_key, OF_NO_USER),
        needs_token=False,
    ),
    _Check("foreign campaign", foreign_campaign),
    _Check("send itself", closed("SEND_URL", lambda c: c.settings.send_url)),
    _Check("templates itself", closed("TEMPLATES_URL", lambda c: c.settings.templates_url)),
    _Check("clocks", clocks, needs_token=False),
    _Check("message to myself", send_to_myself),
)


def run(caller: Caller) -> Iterator[Line]:
    """Make every check; what needs a token is left out if nobody could sign in."""
    for check in CHECKS:
        before = len(caller.took)
        outcome = _outcome(check, caller)
        took = caller.took[before:]
        yield Line(
            check=check.name, outcome=outcome, seconds=sum(took), slowest=max(took, default=0.0)
        )


def _outcome(check: _Check, caller: Caller) -> Outcome:
    if check.needs_token and not caller.token:
        return skipped(f"needs the token of `{SIGN_IN}`")
    try:
        return check.ask(caller)
    except UnreachableError as error:
        return failed(str(error), "is the address right, and does it answer at all?", DEPLOYING)
    except (KeyError, TypeError, ValueError):
        todo = "is somebody else behind that address? openapi.yaml says what an answer has"
        return failed("an answer has another form than the bridge's", todo, DEPLOYING)
