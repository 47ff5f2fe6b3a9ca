"""From HTTP requests about consents to the values that their service takes."""

from typing import TYPE_CHECKING

from flask import Request

from shared.bodies import LARGEST_CSV
from shared.http import Reply, Route, bearer_token, campaign_id_of, read_body, read_json
from shared.rules.consent_inputs import parse_consent
from shared.rules.inputs import parse_uuid

# At run time each process imports its own alone.
if TYPE_CHECKING:
    from shared.services.consents import ConsentService


def consent_routes(service: "ConsentService") -> list[Route]:
    """Return the routes of the `send` API that are about consents."""

    def import_file(request: Request) -> Reply:
        """Read a file as it is: multipart would be held twice."""
        token = bearer_token(request)
        campaign_id = campaign_id_of(request)
        return service.import_file(token, campaign_id, read_body(request, LARGEST_CSV))

    def record(request: Request, voter_id: str) -> Reply:
        token = bearer_token(request)
        asked = read_json(request, parse_consent)
        return service.record(token, parse_uuid(voter_id, "voter_id"), asked)

    def revoke(request: Request, voter_id: str) -> Reply:
        token = bearer_token(request)
        return service.revoke(token, campaign_id_of(request), parse_uuid(voter_id, "voter_id"))

    return [
        ("POST", "/consents", import_file),
        ("PUT", "/voters/<voter_id>/consent", record),
        ("DELETE", "/voters/<voter_id>/consent", revoke),
    ]
