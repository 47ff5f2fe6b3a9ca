"""How often users may ask for what is expensive: its SQL function, for the stores that need it."""

from typing import Literal
from uuid import UUID

from shared.adapters.postgrest import Postgrest

Kind = Literal["audience", "send", "import", "export"]


class LimitedStore:
    """A store of a campaign's users, some of whose calls are expensive."""

    def __init__(self, postgrest: Postgrest) -> None:
        self._postgrest = postgrest

    def take_request(
        self, token: str, campaign_id: UUID, kind: Kind, idempotency_key: str | None = None
    ) -> None:
        """Count one request of the user, before what it asks for; known keys cost nothing.

        Raises:
            Busy: `too_many_requests` (429), with the seconds to wait.
            Refused, Unavailable: as every call.
        """
        arguments = {
            "p_campaign_id": str(campaign_id),
            "p_kind": kind,
            "p_idempotency_key": idempotency_key,
        }
        self._postgrest.call_as(token, "wa_take_request", arguments)
