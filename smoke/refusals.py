"""Credentials that must not open anything, and a campaign that is not the user's."""

import base64
import json
from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from smoke.advice import DEPLOYING, unwanted
from smoke.calls import Answer, Caller
from smoke.outcome import Outcome, failed, passed, skipped

_OTHER_PROJECT: Final = "https://smoke-test-of-another-project.supabase.co/auth/v1"
_LET_IN: Final = (
    "close the door (supabase functions delete messaging), then see which SUPABASE_URL"
    " and which version `send` and `templates` run with"
)


def forged(token: str) -> str:
    """Return the user's token with another signature."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'A' if signature[:1] != 'A' else 'B'}{signature[1:]}"


def unsigned(token: str) -> str:
    """Return the user's token as one that nobody signed."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{token.split('.')[1]}."


def of_another_project(token: str) -> str:
    """Return a proper token of another project's, for the same user."""
    claims = jwt.decode(token, options={"verify_signature": False}) | {"iss": _OTHER_PROJECT}
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(claims, key, "ES256", headers={"kid": str(uuid4())})


def refused(make: Callable[[Caller], str], codes: Collection[str]) -> Callable[[Caller], Outcome]:
    """Return what presents a bad token; any of the codes will do, for projects sign differently."""

    def ask(caller: Caller) -> Outcome:
        path = f"/jobs?campaign_id={caller.settings.campaign}"
        answer = caller.edge("GET", path, token=make(caller))
        if answer.is_ours and answer.status == HTTPStatus.UNAUTHORIZED and answer.code in codes:
            return passed(f"401 {answer.code}")
        if answer.status == HTTPStatus.OK:
            return failed("it is let in", _LET_IN, DEPLOYING)
        return unwanted(answer, "401 " + " or ".join(sorted(codes)))

    return ask


def foreign_campaign(caller: Caller) -> Outcome:
    """What is not the user's is as if it did not exist; of templates the list is empty."""
    campaign = caller.settings.foreign_campaign or str(uuid4())
    jobs = caller.edge("GET", f"/jobs?campaign_id={campaign}")
    if (jobs.status, jobs.code) != (404, "campaign_not_found"):
        return _seen(jobs) or unwanted(jobs, "404 campaign_not_found")
    templates = caller.edge("GET", f"/templates?campaign_id={campaign}")
    if templates.status != HTTPStatus.OK:
        return unwanted(templates, "200 and no templates")
    if templates.json.get("templates") != []:
        return failed("templates of a foreign campaign are shown", _LET_IN, DEPLOYING)
    return passed("404 campaign_not_found; of templates none")


def _seen(answer: Answer) -> Outcome | None:
    if answer.status != HTTPStatus.OK:
        return None
    todo = "is FOREIGN_CAMPAIGN foreign to this user? If so: " + _LET_IN
    return failed("the user sees it", todo, DEPLOYING)


def closed(name: str, url_of: Callable[[Caller], str]) -> Callable[[Caller], Outcome]:
    """Return what knocks at a function of Google Cloud without Google's token."""

    def ask(caller: Caller) -> Outcome:
        url = url_of(caller)
        if not url:
            return skipped(f"no {name} given")
        nobody = caller.call("GET", f"{url}/jobs")
        user = {"Authorization": f"Bearer {caller.token}"}
        person = caller.call("GET", f"{url}/jobs", headers=user)
        if nobody.is_ours or person.is_ours or HTTPStatus.OK in (nobody.status, person.status):
            todo = "take roles/run.invoker from allUsers: `terraform apply`"
            return failed("anybody reaches the function itself", todo, DEPLOYING)
        if not {nobody.status, person.status} <= {HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED}:
            return unwanted(nobody, "403 or 401")
        says = f"{nobody.status} for nobody, {person.status} for a user: Google's token opens it"
        return passed(says)

    return ask


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
