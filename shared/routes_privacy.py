"""From HTTP requests about a person's data to the values that the service takes.

All of them POST: an address is logged wherever it passes, and a phone does not belong in a log.
"""

from typing import TYPE_CHECKING

from flask import Request

from shared.http import Reply, Route, bearer_token, read_json
from shared.rules.privacy_inputs import parse_person

# At run time each process imports its own alone.
if TYPE_CHECKING:
    from shared.services.privacy import PrivacyService


def privacy_routes(service: "PrivacyService") -> list[Route]:
    """Return the routes of the `send` API that are about one person's data."""

    def export(request: Request) -> Reply:
        token = bearer_token(request)
        return service.export(token, read_json(request, parse_person))

    def erase(request: Request) -> Reply:
        token = bearer_token(request)
        return service.erase(token, read_json(request, parse_person))

    return [("POST", "/privacy/export", export), ("POST", "/privacy/erase", erase)]
