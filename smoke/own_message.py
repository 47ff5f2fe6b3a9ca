"""One message to oneself, by the way that every message takes, and its receipt."""

import time
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from smoke.advice import unwanted
from smoke.calls import Answer, Caller
from smoke.outcome import Outcome, failed, passed, skipped

_POLL_SECONDS: Final = 1.0
_STANDS: Final = "a-job-that-stands-still"
_FIRST: Final = "before-the-first-message-of-a-campaign"


def send_to_myself(caller: Caller) -> Outcome:
    """Send a test of a template to PHONE, and wait until it is delivered."""
    if not caller.settings.send_to_myself:
        return skipped("nothing was sent (SEND_TO_MYSELF=1 sends one message to PHONE)")
    template = caller.settings.template or _approved(caller)
    if not template:
        todo = "have one approved (POST /templates), or register it by hand"
        return failed("the campaign has no approved template", todo, _FIRST)
    headers, body = {"Idempotency-Key": str(uuid4())}, {"phone": caller.settings.phone}
    asked = caller.edge("POST", f"/templates/{template}/test", json=body, headers=headers)
    if asked.status != HTTPStatus.ACCEPTED:
        return unwanted(asked, "202")
    return _followed(caller, str(asked.json["job_id"]))


def _approved(caller: Caller) -> str:
    listed = caller.edge("GET", f"/templates?campaign_id={caller.settings.campaign}").json
    approved = [one["id"] for one in listed.get("templates", []) if one["status"] == "approved"]
    return str(approved[0]) if approved else ""


def _followed(caller: Caller, job_id: str) -> Outcome:
    began = time.monotonic()
    while True:
        answer = caller.edge("GET", f"/jobs/{job_id}")
        if answer.status != HTTPStatus.OK:
            return unwanted(answer, "200")
        waited = time.monotonic() - began
        if answer.json["delivered_count"]:
            return passed(f"delivered after {waited:.1f} s")
        if answer.json["failed_count"] or answer.json["skipped_count"]:
            return _lost(caller, job_id)
        if waited > caller.settings.receipt_seconds:
            return _late(answer, waited)
        time.sleep(_POLL_SECONDS)


def _lost(caller: Caller, job_id: str) -> Outcome:
    [row] = _recipients(caller, job_id)
    why = row["skip_reason"] or f"Meta's error {row['error_code']}"
    todo = "docs/glossary.md lists the reasons to skip; Meta's codes are in the job's recipients"
    return failed(f"it did not leave: {why}", todo, _STANDS)


def _recipients(caller: Caller, job_id: str) -> list[dict[str, Any]]:
    return list(caller.edge("GET", f"/jobs/{job_id}/recipients").json["recipients"])


def _late(answer: Answer, waited: float) -> Outcome:
    job = answer.json
    if job["sent_count"]:
        todo = "the webhook: does Meta call it, is it subscribed to `messages`, is it signed?"
        return failed(f"sent, and no receipt in {waited:.0f} s", todo, "first-deployment")
    if waiting := job["waiting_for"]:
        return failed(f"it waits: {waiting['reason']}", "docs/api.md lists the reasons", _STANDS)
    todo = "the logs of wa-fan-out and wa-dispatch; is the queue paused?"
    return failed(f"it has not left in {waited:.0f} s", todo, "alerts")
