"""Test messages and the numbers they may go to: their SQL functions."""

from typing import Any
from uuid import UUID

from shared.adapters.postgrest import Postgrest
from shared.rules.template_test_inputs import NewTestNumber, TemplateTest


class TemplateTestStore:
    """As the signed-in user. All methods raise Refused or Unavailable."""

    def __init__(self, postgrest: Postgrest) -> None:
        self._postgrest = postgrest

    def list_numbers(self, token: str, campaign_id: UUID) -> list[Any]:
        """Read the numbers to which the campaign may send tests, the oldest first."""
        arguments = {"p_campaign_id": str(campaign_id)}
        return list(self._postgrest.call_as(token, "wa_list_test_numbers", arguments))

    def add_number(self, token: str, number: NewTestNumber) -> dict[str, Any]:
        """Add a number, or give one that is there another label."""
        arguments = {
            "p_campaign_id": str(number.campaign_id),
            "p_phone": number.phone,
            "p_label": number.label,
        }
        return dict(self._postgrest.call_as(token, "wa_add_test_number", arguments))

    def remove_number(self, token: str, test_number_id: UUID) -> dict[str, Any]:
        """Take a number off the list; a test that has not left yet does not reach it."""
        arguments = {"p_test_number_id": str(test_number_id)}
        return dict(self._postgrest.call_as(token, "wa_remove_test_number", arguments))

    def test_template(self, token: str, template_id: UUID, request: TemplateTest) -> dict[str, Any]:
        """Create a test, or return the one that this key created: {job_id, message_id, status}."""
        arguments = {
            "p_template_id": str(template_id),
            "p_phone": request.phone,
            "p_personalization": request.personalization,
            "p_idempotency_key": request.idempotency_key,
        }
        return dict(self._postgrest.call_as(token, "wa_test_template", arguments))
