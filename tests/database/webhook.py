"""One webhook body, applied as apply_events does, with Postgres behind it."""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from psycopg.types.json import Jsonb

from shared.logs import get_logger
from shared.services.apply_events import EventApplier
from tests.campaign import WABA, Campaign
from tests.campaign_queue import sender

NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)


class Queue:
    """The functions that events need, called as the service without PostgREST between."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign

    def apply_opt_outs(self, intents: list[Any]) -> dict[str, int]:
        """Call wa_apply_opt_outs."""
        return self._call("public.wa_apply_opt_outs", p_intents=Jsonb(intents))

    def resolve_opt_outs(self) -> int:
        """Call wa_resolve_opt_outs."""
        return self._call("public.wa_resolve_opt_outs")

    def apply_changes(self, templates: list[Any], accounts: list[Any]) -> dict[str, Any]:
        """Call wa_apply_account_changes."""
        arguments = {"p_templates": Jsonb(templates), "p_accounts": Jsonb(accounts)}
        return self._call("public.wa_apply_account_changes", **arguments)

    def apply_receipts(self, receipts: list[Any]) -> dict[str, int]:
        """Call wa_apply_receipts."""
        return self._call("public.wa_apply_receipts", p_receipts=Jsonb(receipts))

    def _call(self, function: str, **arguments: Any) -> Any:
        return self._campaign.as_service(function, **arguments)


class Webhook:
    """Meta's door, with what it published and logged."""

    def __init__(self, campaign: Campaign, now: datetime = NOW) -> None:
        self.campaign = campaign
        self.now = now
        self.published: list[dict[str, Any]] = []
        self._log = StringIO()
        queue: Any = Queue(campaign)
        publisher: Any = self
        self._applier = EventApplier(
            queue, publisher, "wa-inbound", lambda: self.now, get_logger(self._log)
        )

    def publish_json(self, _topic: str, rows: list[dict[str, Any]]) -> None:
        """Keep what would be published."""
        self.published += rows

    def receive(
        self, *changes: tuple[str, dict[str, Any]], at: datetime | None = None
    ) -> dict[str, Any]:
        """Apply one body of now, or `at`, with (field, value) changes of the campaign's account."""
        told = [{"field": field, "value": value} for field, value in changes]
        entry = {"id": WABA, "time": int((at or self.now).timestamp()), "changes": told}
        return dict(self._applier.apply({"entry": [entry]}).body)

    def receive_body(self, body: dict[str, Any]) -> dict[str, Any]:
        """Apply a body as it is."""
        return dict(self._applier.apply(body).body)

    def hear(self, **message: Any) -> dict[str, Any]:
        """Apply one message that somebody wrote to the campaign's number."""
        return self.receive(("messages", self.value(messages=[message])))

    def value(self, **members: Any) -> dict[str, Any]:
        """Return a value about the campaign's number."""
        return {"metadata": {"phone_number_id": sender(self.campaign)["phone_number_id"]}} | members

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines of this event."""
        lines = [json.loads(line) for line in self._log.getvalue().splitlines()]
        return [line for line in lines if line.get("event") == event]
