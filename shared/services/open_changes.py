"""Changes of templates whose process died, or that Meta could not be told of at the time."""

import logging

from shared.adapters.template_store import ChangeStore
from shared.errors import Unavailable
from shared.services.template_changes import TemplateChanges

# A call may take half a minute; the round has other accounts to ask.
MOST_IN_A_ROUND = 10


class OpenChanges:
    """Carries on what is open, the oldest first; one that cannot be told of stops no other."""

    def __init__(
        self, store: ChangeStore, changes: TemplateChanges, logger: logging.Logger
    ) -> None:
        self._store = store
        self._changes = changes
        self._logger = logger

    def carry_on(self, waba_id: str) -> int:
        """Tell Meta of an account's open changes; return how many were tried.

        Raises:
            Unavailable: the database.
        """
        open_ones = self._store.list_open_changes(waba_id)[:MOST_IN_A_ROUND]
        for template_id in open_ones:
            try:
                self._changes.carry_out(template_id)
            except Unavailable:
                raise
            except Exception:
                extra = {"template_id": str(template_id), "reason": "change_failed"}
                self._logger.exception("templates", extra=extra)
        return len(open_ones)
