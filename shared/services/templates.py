"""The registry of message templates."""

from flask import Request

from shared.adapters.store import JobStore
from shared.http import Reply, Route, bearer_token
from shared.rules.requests import parse_uuid


class TemplateService:
    """The `templates` API, acting as the user whose token the request carries."""

    def __init__(self, jobs: JobStore) -> None:
        self._jobs = jobs

    def routes(self) -> list[Route]:
        """Return the API's routes."""
        return [("GET", "/templates", self.list_templates)]

    def list_templates(self, request: Request) -> Reply:
        """List a campaign's templates with their status at Meta."""
        token = bearer_token(request)
        campaign_id = parse_uuid(request.args.get("campaign_id", ""), "campaign_id")
        return Reply(body={"templates": self._jobs.list_templates(token, campaign_id)})
