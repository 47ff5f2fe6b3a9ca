"""Tests: a template to somebody of the campaign's own, by the way that every message takes."""

import logging
from http import HTTPStatus
from uuid import UUID

from shared.adapters.template_test_store import TemplateTestStore
from shared.http import Reply
from shared.rules.template_test_inputs import NewTestNumber, TemplateTest
from shared.services.announcer import ShardAnnouncer


class TemplateTestService:
    """Every method acts as the user whose token it is given."""

    def __init__(
        self, store: TemplateTestStore, announcer: ShardAnnouncer, logger: logging.Logger
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._logger = logger

    def send(self, token: str, template_id: UUID, request: TemplateTest) -> Reply:
        """Send one test; the same idempotency key gives the same one."""
        test = self._store.test_template(token, template_id, request)
        extra = {"event": "test_created", "job_id": test["job_id"]}
        self._logger.info("job", extra=extra)
        self._announcer.announce(test["job_id"], 1)
        return Reply(status=HTTPStatus.ACCEPTED, body=test)

    def list_numbers(self, token: str, campaign_id: UUID) -> Reply:
        """List the numbers that tests may go to."""
        return Reply(body={"test_numbers": self._store.list_numbers(token, campaign_id)})

    def add_number(self, token: str, number: NewTestNumber) -> Reply:
        """Add a number to the list; one that is there already gets the label."""
        return Reply(status=HTTPStatus.CREATED, body=self._store.add_number(token, number))

    def remove_number(self, token: str, test_number_id: UUID) -> Reply:
        """Take a number off the list."""
        return Reply(body=self._store.remove_number(token, test_number_id))
