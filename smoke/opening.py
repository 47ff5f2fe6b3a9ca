"""Signing in, and whether the clocks agree."""

from http import HTTPStatus
from typing import Final

import jwt

from smoke.advice import SMOKE, unwanted
from smoke.calls import Answer, Caller
from smoke.outcome import Outcome, failed, passed

# The functions refuse tokens that were made more than 30 seconds ahead of their time.
APART_SECONDS: Final = 10


def sign_in(caller: Caller) -> Outcome:
    """Get the token that everything else is asked with, or try the one that was given."""
    settings = caller.settings
    auth, apikey = f"{settings.url}/auth/v1", {"apikey": settings.publishable_key}
    if settings.access_token:
        headers = apikey | {"Authorization": f"Bearer {settings.access_token}"}
        answer = caller.call("GET", f"{auth}/user", headers=headers)
        token = settings.access_token
    else:
        account = {"email": settings.email, "password": settings.password}
        url = f"{auth}/token?grant_type=password"
        answer = caller.call("POST", url, headers=apikey, json=account)
        token = str(answer.json.get("access_token", ""))
    if answer.status != HTTPStatus.OK or not token:
        return _not_signed_in(answer)
    caller.token, caller.signed_in_at = token, caller.clock() - caller.took[-1] / 2
    return passed("Supabase Auth knows the user")


def _not_signed_in(answer: Answer) -> Outcome:
    if answer.status == HTTPStatus.UNAUTHORIZED:
        todo = "is PUBLISHABLE_KEY this project's?"
        return failed(f"Supabase refuses the API key ({answer.told})", todo, SMOKE)
    return unwanted(answer, "a session")


def clocks(caller: Caller) -> Outcome:
    """Compare the clocks of all who answered, and the token's birth, with this machine's."""
    ahead = {**caller.ahead, "this machine": 0.0} | _birth(caller)
    first, last = min(ahead, key=lambda host: ahead[host]), max(ahead, key=lambda host: ahead[host])
    apart = ahead[last] - ahead[first]
    if apart <= APART_SECONDS:
        return passed(f"all within {apart:.0f} s")
    says = f"the clock of {last} is {apart:.0f} s ahead of that of {first}"
    return failed(says, "mend the clock that is wrong; tokens from the future are refused", SMOKE)


def _birth(caller: Caller) -> dict[str, float]:
    """Return by how much a token that was just made is ahead of our time."""
    if not caller.token or caller.settings.access_token:
        return {}
    claims = jwt.decode(caller.token, options={"verify_signature": False})
    return {"Supabase Auth": float(claims["iat"]) - caller.signed_in_at}
