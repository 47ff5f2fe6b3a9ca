"""Who agreed to be written to: a file of them, or one; and who took it back."""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from shared.adapters.consent_store import ConsentStore
from shared.http import Reply
from shared.rules.consent_file import ConsentFile
from shared.rules.consent_inputs import ConsentRequest

ROWS_AT_ONCE: Final = 5_000  # in less than a second of Postgres, and as many as it takes
_NOT_BEGUN: Final[Mapping[str, Any]] = MappingProxyType({"finished_at": None, "last_row": 0})


class ConsentService:
    """The consents' part of the `send` API; it acts as the user whose token it is given."""

    def __init__(self, store: ConsentStore, logger: logging.Logger) -> None:
        self._store = store
        self._logger = logger

    def import_file(self, token: str, campaign_id: UUID, raw: bytes) -> Reply:
        """Import a file that nothing in it forbids; the same file goes on where it stopped.

        Raises:
            InvalidInput: as ConsentFile does, before anything is written.
            Refused, Busy, Unavailable: what was written stays; the same file may come again.
        """
        self._store.take_request(token, campaign_id, "import")
        sha256 = hashlib.sha256(raw).hexdigest()
        # Who may not import is told so here, before the file costs anything.
        done: Mapping[str, Any] = (
            self._store.import_so_far(token, campaign_id, sha256) or _NOT_BEGUN
        )
        if done["finished_at"] is None:
            rows = ConsentFile(raw).consents(after=done["last_row"])
            done = self._import_rows(token, campaign_id, sha256, rows)
        self._log("imported", campaign_id, count=done["imported"])
        return Reply(body=_in_short(done))

    def _import_rows(
        self, token: str, campaign_id: UUID, sha256: str, rows: Iterator[dict[str, Any]]
    ) -> dict[str, Any]:
        while True:
            batch = list(islice(rows, ROWS_AT_ONCE))
            is_last = len(batch) < ROWS_AT_ONCE
            done = self._store.import_rows(token, campaign_id, sha256, batch, is_last=is_last)
            if done["finished_at"] is not None:  # somebody else may have come to the end before
                return done

    def record(self, token: str, voter_id: UUID, asked: ConsentRequest) -> Reply:
        """Record one person's consent."""
        recorded = self._store.record(token, voter_id, asked)
        self._log("recorded", asked.campaign_id, count=int(not recorded["already_known"]))
        return Reply(body=recorded)

    def revoke(self, token: str, campaign_id: UUID, voter_id: UUID) -> Reply:
        """Take back a person's consent; what is queued for them does not leave."""
        revoked = self._store.revoke(token, campaign_id, voter_id)
        self._log("revoked", campaign_id, count=1)
        return Reply(body=revoked)

    def _log(self, event: str, campaign_id: UUID, *, count: int) -> None:
        extra = {"event": event, "campaign_id": str(campaign_id), "count": count}
        self._logger.info("consents", extra=extra)


def _in_short(done: Mapping[str, Any]) -> dict[str, Any]:
    told = ("rows", "imported", "already_known", "errors")
    return {
        "import_id": done["id"],
        **{name: done[name] for name in told},
        "errors_total": done["refused"],
    }
