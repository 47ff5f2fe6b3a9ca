"""Every hour: ask Meta what its webhooks may have missed."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TypeVar

from shared.adapters.store import AccountStore
from shared.adapters.whatsapp_accounts import AccountReader
from shared.errors import MetaReadError
from shared.http import Reply
from shared.model import Account

# Events carry Meta's clock, in whole seconds. If an event and an answer are this close, the event
# counts.
CLOCK_TOLERANCE = timedelta(seconds=5)

Answer = TypeVar("Answer")


class Syncer:
    """Reads templates and senders of every account and notes them, one account at a time."""

    def __init__(
        self,
        store: AccountStore,
        readers: Mapping[str, AccountReader],
        carry_on: Callable[[str], int],
        clock: Callable[[], datetime],
        logger: logging.Logger,
    ) -> None:
        """`readers`: by the name of their credential.

        `carry_on` tells Meta what it was not told yet about an account's templates, and counts.
        """
        self._store = store
        self._readers = readers
        self._carry_on = carry_on
        self._clock = clock
        self._logger = logger

    def sync(self) -> Reply:
        """Do one round; two at once do no harm. 503 if there was something to ask and no answer.

        Raises:
            Unavailable: the database; the accounts before this one are noted all the same.
        """
        accounts = self._store.list_accounts()
        counts = Counter(answers=0, failures=0, templates=0, unknown=0, senders=0, carried_on=0)
        for account in accounts:
            counts.update(self._sync_account(account))
        body = {
            "accounts": len(accounts),
            "templates_changed": counts["templates"],
            "templates_unknown": counts["unknown"],
            "senders_changed": counts["senders"],
            "changes_carried_on": counts["carried_on"],
            "failures": counts["failures"],
        }
        self._logger.info("sync", extra={"synced": body})
        in_vain = counts["failures"] and not counts["answers"]
        return Reply(status=HTTPStatus.SERVICE_UNAVAILABLE if in_vain else HTTPStatus.OK, body=body)

    def _sync_account(self, account: Account) -> dict[str, int]:
        reader = self._readers.get(account.credential)
        if reader is None:
            extra = {"waba_id": account.waba_id, "reason": "credential_missing"}
            self._logger.error("sync", extra=extra)
            return {"failures": 1}
        asked_at = self._clock() - CLOCK_TOLERANCE
        templates = self._ask(reader.list_templates, account.waba_id, waba_id=account.waba_id)
        numbers = [
            self._ask(reader.get_standing, number, phone_number_id=number)
            for number in account.phone_number_ids
        ]
        senders = [number for number in numbers if number]
        changed = self._store.apply_sync(account.waba_id, asked_at, templates or [], senders)
        # After the listing, which may show that Meta was told all the same.
        carried_on = 0 if templates is None else self._carry_on(account.waba_id)
        failures = [templates, *numbers].count(None)
        return {
            "answers": 1 + len(numbers) - failures,
            "failures": failures,
            "carried_on": carried_on,
            **changed,
        }

    def _ask(self, question: Callable[[str], Answer], about: str, **logged: str) -> Answer | None:
        try:
            return question(about)
        except MetaReadError as error:
            extra = {**logged, "reason": error.code, "error_code": error.meta_code}
            self._logger.log(logging.ERROR, "sync", extra=extra)
            return None
