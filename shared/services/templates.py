"""The registry of message templates."""

from uuid import UUID

from shared.adapters.store import JobStore
from shared.http import Reply


class TemplateService:
    """The `templates` API, acting as the user whose token it is given."""

    def __init__(self, jobs: JobStore) -> None:
        self._jobs = jobs

    def list_templates(self, token: str, campaign_id: UUID) -> Reply:
        """List a campaign's templates with their status at Meta."""
        return Reply(body={"templates": self._jobs.list_templates(token, campaign_id)})
