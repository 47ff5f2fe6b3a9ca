"""The routes of second persons, from an HTTP request to the values that their service takes."""

from typing import TYPE_CHECKING

from flask import Request

from shared.bodies import KIB, SMALL_BODY
from shared.http import Reply, Route, bearer_token, parse_json, read_body, read_json
from shared.rules import inputs
from shared.rules.approval_inputs import parse_approval, parse_release

# At run time each process imports its own alone.
if TYPE_CHECKING:
    from shared.services.approval import ApprovalService

LARGEST_RELEASE = 64 * KIB  # a template, as when it is made


def approval_routes(service: "ApprovalService") -> list[Route]:
    """Return the routes of the `send` API on which a second person decides."""

    def approve(request: Request, job_id: str) -> Reply:
        token = bearer_token(request)
        body = read_body(request, SMALL_BODY)
        reason = parse_json(body, parse_approval) if body else None
        return service.approve(token, inputs.parse_uuid(job_id, "job_id"), reason)

    def release(request: Request) -> Reply:
        token = bearer_token(request)
        return service.release(token, read_json(request, parse_release, LARGEST_RELEASE))

    return [
        ("POST", "/jobs/<job_id>/approve", approve),
        ("POST", "/content-releases", release),
    ]
