"""Before a job is created: have Meta say whether number, account and template can send."""

import logging
from collections.abc import Mapping
from concurrent.futures import Executor, Future, wait
from uuid import UUID

from shared.adapters.health_store import HealthStore, HealthTargets
from shared.adapters.whatsapp_health import HealthReader
from shared.errors import BridgeError, MetaReadError
from shared.rules.health import Health, worse
from shared.rules.inputs import SendRequest


class Preflight:
    """Asks Meta, and notes what it says; what follows for a job is decided in Postgres.

    Nobody's job waits for it long, or fails for it: without an answer the job's summary says so.
    """

    def __init__(
        self,
        store: HealthStore,
        readers: Mapping[str, HealthReader],
        executor: Executor,
        seconds: float,
        logger: logging.Logger,
    ) -> None:
        """`readers`: by the name of their credential. `executor` asks both questions at once.

        `seconds`: how long both answers together are waited for.
        """
        self._store = store
        self._readers = readers
        self._executor = executor
        self._seconds = seconds
        self._logger = logger

    def check(self, token: str, request: SendRequest) -> None:
        """Ask if what is known is old.

        Raises:
            Refused: the user may not send for this campaign.
            Unavailable: Postgres, before anything was asked.
        """
        if not request.audience.template_id or not self._store.is_stale(token, request):
            return
        try:
            self._ask(request.audience.template_id)
        except BridgeError as error:  # our own role's calls: the job does not depend on them
            self._unknown(error.code)

    def _ask(self, template_id: UUID) -> None:
        targets = self._store.targets(template_id)
        if targets is None:
            return  # what is missing, the job's creation says
        health = self._answers(targets)
        if health:
            self._store.record(template_id, targets.phone_number_id, health)

    def _answers(self, targets: HealthTargets) -> dict[str, Health]:
        reader = self._readers.get(targets.credential)
        if reader is None:
            self._unknown("credential_missing", phone_number_id=targets.phone_number_id)
            return {}
        about = [targets.phone_number_id, targets.meta_template_id]
        questions = [self._executor.submit(reader.health, one) for one in about if one]
        in_time, late = wait(questions, timeout=self._seconds)
        for question in late:
            question.cancel()
            self._unknown("late", phone_number_id=targets.phone_number_id)
        health: dict[str, Health] = {}
        for question in questions:
            for part, told in self._told(question, targets) if question in in_time else ():
                health[part] = worse(health.get(part), told)
        return health

    def _told(
        self, question: "Future[dict[str, Health]]", targets: HealthTargets
    ) -> list[tuple[str, Health]]:
        try:
            return list(question.result().items())
        except MetaReadError as error:
            number = targets.phone_number_id
            self._unknown(error.code, phone_number_id=number, error_code=error.meta_code)
            return []

    def _unknown(self, reason: str, **logged: object) -> None:
        extra = {"event": "health_unknown", "reason": reason, **logged}
        self._logger.warning("preflight", extra=extra)
