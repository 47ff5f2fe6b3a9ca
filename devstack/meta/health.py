"""Whether messages can be sent, as `health_status` tells (docs: "Messaging health status")."""

from collections.abc import Iterable, Mapping
from typing import Any

from devstack.meta.templates import Template

BUSINESS_ID, APP_ID = "506914307656634", "634974688087057"
_WORST_FIRST = ("BLOCKED", "LIMITED", "AVAILABLE")
_NOT_APPROVED = {
    "error_code": 141002,
    "error_description": "Message templates can only be sent out if they are approved.",
    "possible_solution": "Edit or appeal the message template review decision.",
}
Entity = tuple[str, str]
"""A type, such as WABA, and an id."""


class Health:
    """What was said about entities, by id; the others are available."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, Any]] = {}

    def say(self, order: Mapping[str, Any]) -> None:
        """Set an entity's health: {id, can_send_message, errors?, additional_info?}.

        Raises:
            KeyError, ValueError: no id, or another word than AVAILABLE, LIMITED, BLOCKED.
        """
        said = dict(order)
        entity_id = str(said.pop("id"))
        if said["can_send_message"] not in _WORST_FIRST:
            raise ValueError("can_send_message is AVAILABLE, LIMITED or BLOCKED")
        self._said[entity_id] = said

    def of(self, node: Entity, waba_id: str, template: Template | None = None) -> dict[str, Any]:
        """The member `health_status` of a number, a template or an account."""
        chain: Iterable[Entity] = dict.fromkeys(
            (node, ("WABA", waba_id), ("BUSINESS", BUSINESS_ID), ("APP", APP_ID))
        )
        entities = [self._entity(kind, entity_id) for kind, entity_id in chain]
        if template and template.status != "APPROVED":
            entities[0] |= {"can_send_message": "BLOCKED", "errors": [_NOT_APPROVED]}
        words = [entity["can_send_message"] for entity in entities]
        worst = next(word for word in _WORST_FIRST if word in words)
        return {"can_send_message": worst, "entities": entities}

    def _entity(self, kind: str, entity_id: str) -> dict[str, Any]:
        said = self._said.get(entity_id, {"can_send_message": "AVAILABLE"})
        return {"entity_type": kind, "id": entity_id} | said
