"""Consents: their SQL functions and no others."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from shared.adapters.limited_store import LimitedStore
from shared.rules.consent_inputs import ConsentRequest


class ConsentStore(LimitedStore):
    """Who agreed to be written to, as a campaign's signed-in users may see and change it.

    All methods raise Refused (with the rule's code, Spanish sentence and field), Busy or
    Unavailable.
    """

    def import_so_far(self, token: str, campaign_id: UUID, sha256: str) -> dict[str, Any] | None:
        """Return how far a file is, as `import_rows` does; None: nothing of it is written."""
        arguments = {"p_campaign_id": str(campaign_id), "p_sha256": sha256}
        nothing = {"p_rows": [], "p_is_last": False}
        answer = self._postgrest.call_as(token, "wa_import_consents", arguments | nothing)
        return dict(answer) if answer else None

    def import_rows(
        self,
        token: str,
        campaign_id: UUID,
        sha256: str,
        rows: Sequence[dict[str, Any]],
        *,
        is_last: bool,
    ) -> dict[str, Any]:
        """Write rows of a file, those that are not written yet; return how far the file is.

        {id, last_row, rows, imported, already_known, refused, errors, finished_at}
        """
        arguments = {
            "p_campaign_id": str(campaign_id),
            "p_sha256": sha256,
            "p_rows": rows,
            "p_is_last": is_last,
        }
        return dict(self._postgrest.call_as(token, "wa_import_consents", arguments))

    def record(self, token: str, voter_id: UUID, asked: ConsentRequest) -> dict[str, Any]:
        """Record one person's consent: {voter_id, consent_id, obtained_at, already_known}."""
        consent = asdict(asked)
        arguments = {
            "p_campaign_id": str(consent.pop("campaign_id")),
            "p_voter_id": str(voter_id),
            "p_consent": consent,
        }
        return dict(self._postgrest.call_as(token, "wa_record_consent", arguments))

    def revoke(self, token: str, campaign_id: UUID, voter_id: UUID) -> dict[str, Any]:
        """Take back all that a person agreed to: {voter_id, revoked_at}."""
        arguments = {"p_campaign_id": str(campaign_id), "p_voter_id": str(voter_id)}
        return dict(self._postgrest.call_as(token, "wa_revoke_consent", arguments))
