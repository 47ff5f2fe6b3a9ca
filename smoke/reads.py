"""What the user may read, through the door, and what the database says of the veda."""

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from smoke.advice import unwanted
from smoke.calls import Answer, Caller
from smoke.outcome import Outcome, failed, passed, skipped

_FIRST: Final = "before-the-first-message-of-a-campaign"


def reaches(path: str) -> Callable[[Caller], Outcome]:
    """Return what asks without a token; the function behind the door alone refuses like this."""

    def ask(caller: Caller) -> Outcome:
        answer = caller.edge("GET", f"{path}?campaign_id={caller.settings.campaign}", token="")
        if answer.is_ours and (answer.status, answer.code) == (401, "token_missing"):
            return passed("it answers: 401 token_missing")
        return unwanted(answer, "401 token_missing")

    return ask


def reads(path: str, told: Callable[[Answer], str]) -> Callable[[Caller], Outcome]:
    """Return what reads something of the campaign, and how to say what it was."""

    def ask(caller: Caller) -> Outcome:
        joint = "&" if "?" in path else "?"
        answer = caller.edge("GET", f"{path}{joint}campaign_id={caller.settings.campaign}")
        return passed(told(answer)) if answer.status == HTTPStatus.OK else unwanted(answer, "200")

    return ask


def counted(name: str) -> Callable[[Answer], str]:
    """Return what counts a list of an answer."""
    return lambda answer: f"{name}: {len(answer.json[name])}"


def settings(caller: Caller) -> Outcome:
    """The campaign is set up, and its number works."""
    answer = _settings(caller)
    if answer.status != HTTPStatus.OK:
        return unwanted(answer, "200")
    told = answer.json
    if told["settings"] is None:
        return failed("the campaign has none", "its owner fills them in, in the app", _FIRST)
    number = told["sender"]
    if number is None:
        return failed("the campaign has no number", "assign one", _FIRST)
    if number["state"] != "ok":
        todo = "its `state_reason` says why"
        return failed(
            f"the campaign's number is {number['state']}", todo, "a-job-that-stands-still"
        )
    return passed(f"version {told['version']}, warnings: {len(told['warnings'])}, number ok")


def audit(caller: Caller) -> Outcome:
    """The head of the audit log's file; that somebody read it is an entry of its own."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = caller.edge("GET", f"/audit?campaign_id={caller.settings.campaign}&from={now}")
    if (answer.status, answer.code) == (403, "forbidden"):
        return skipped("this user may not read it: owners and admins may")
    if answer.status != HTTPStatus.OK:
        return unwanted(answer, "200")
    head = answer.body.split(b"\r\n", 1)[0].decode("utf-8-sig", "replace")
    if "record" not in head:
        return failed("the file does not begin with its titles", "look into send's log", "evidence")
    return passed("its file begins with its titles; one entry `audit_exported` is left")


def veda(caller: Caller) -> Outcome:
    """A message that would leave in the veda is refused in the database's words.

    Nothing else of the request could become a job: it names no template.
    """
    answer = _settings(caller)
    window: dict[str, Any] = answer.json.get("window") or {}
    if answer.status != HTTPStatus.OK or not window.get("veda_starts_at"):
        return skipped("the campaign has no dates yet, or its settings cannot be read")
    starts, ends = (
        datetime.fromisoformat(window[f"veda_{name}_at"]) for name in ("starts", "ends")
    )
    now = datetime.fromtimestamp(caller.clock(), UTC)
    if ends <= now:
        return skipped("the veda is over")
    within = max(starts, now) + (ends - max(starts, now)) / 2
    body = {"campaign_id": caller.settings.campaign, "scheduled_at": within.isoformat()}
    answer = caller.edge("POST", "/send", json=body, headers={"Idempotency-Key": str(uuid4())})
    if (answer.status, answer.code) == (403, "veda"):
        return passed(f"403 veda, from {starts:%d %b %H:%M} UTC on")
    if (answer.status, answer.code) == (403, "forbidden"):
        return skipped("this user may not send")
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        todo = (
            "`veda_unknown` in the Edge Function's log? Jobs are refused in the veda all the same"
        )
        return failed("the door did not ask the database", todo, "the-edge-function")
    return unwanted(answer, "403 veda")


def _settings(caller: Caller) -> Answer:
    return caller.edge("GET", f"/settings?campaign_id={caller.settings.campaign}")
