"""What is known of a number's and a template's health: the SQL functions around one question."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from shared.adapters.postgrest import Postgrest
from shared.rules.health import Health
from shared.rules.inputs import SendRequest


@dataclass(frozen=True, kw_only=True)
class HealthTargets:
    """What to ask about, and with which access token; a template may have no id at Meta yet."""

    phone_number_id: str
    meta_template_id: str | None
    credential: str


class HealthStore:
    """Asks as the user whether anything is to be asked; the rest is this deployable's own."""

    def __init__(self, users: Postgrest, machine: Postgrest) -> None:
        self._users = users
        self._machine = machine

    def is_stale(self, token: str, request: SendRequest) -> bool:
        """Tell whether Meta is to be asked before this job is created.

        Raises:
            Refused: the user may not send for this campaign.
            Unavailable: PostgREST or Postgres did not answer.
        """
        arguments = {
            "p_campaign_id": str(request.audience.campaign_id),
            "p_template_id": str(request.audience.template_id),
            "p_idempotency_key": request.idempotency_key,
        }
        return bool(self._users.call_as(token, "wa_preflight", arguments)["stale"])

    def targets(self, template_id: UUID) -> HealthTargets | None:
        """Return whom to ask about; None if there is no such template, or no number for it.

        A promoter waits: this and `record` are tried once. Raises Unavailable or Malfunction.
        """
        targets = self._call("wa_preflight_targets", {"p_template_id": str(template_id)})
        return HealthTargets(**targets) if targets else None

    def record(self, template_id: UUID, phone_number_id: str, health: Mapping[str, Health]) -> None:
        """Note what Meta said, by part: sender, account, template."""
        arguments = {
            "p_template_id": str(template_id),
            "p_phone_number_id": phone_number_id,
            "p_health": {part: asdict(one) for part, one in health.items()},
        }
        self._call("wa_record_health", arguments)

    def _call(self, function: str, arguments: dict[str, Any]) -> Any:
        return self._machine.call(function, arguments, pauses=())
