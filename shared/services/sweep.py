"""Every minute: settle what died, announce what is due, say how things stand."""

import logging
from typing import Any

from shared.adapters.pubsub import Publisher
from shared.adapters.store import QueueStore
from shared.config import SweepSettings
from shared.errors import BridgeError
from shared.http import Reply

# Decisions logged in one call, and calls in one round: as many entries as a
# round seals. Ten numbers at their fastest decide 42,000 a minute.
BATCH = 10_000
MOST_BATCHES = 5


class Sweeper:
    """Runs the sweep's SQL and announces the shards that need a fan-out."""

    def __init__(
        self,
        queue: QueueStore,
        publisher: Publisher,
        fan_out_topic: str,
        settings: SweepSettings,
        logger: logging.Logger,
    ) -> None:
        self._queue = queue
        self._publisher = publisher
        self._topic = fan_out_topic
        self._settings = settings
        self._logger = logger

    def sweep(self) -> Reply:
        """Do one round; two at once do no harm.

        Raises:
            Unavailable: the database or Pub/Sub; the next round does the rest.
        """
        try:
            changed = self._queue.sweep(
                self._settings.stale_after_seconds, self._settings.lost_after_seconds
            )
            self._report_log(changed.pop("audit_heads"), changed["unsealable"])
            # A wish and the receipt that tells whose it is may have passed each other.
            changed["opt_outs"] = self._queue.resolve_opt_outs()
        finally:
            # Also when one campaign's settlement fails: it must not stop everybody else.
            shards = self._announce_what_is_due()
        extra = {"swept": changed, "shards": shards, "health": self._health()}
        self._logger.info("sweep", extra=extra)
        return Reply(body={**changed, "shards": shards, "audited": self._audit_messages()})

    def _report_log(self, heads: list[dict[str, Any]], unsealable: int) -> None:
        """Say where each campaign's audit log ends, out of reach of whoever owns the database."""
        for head in heads:
            place = {"campaign_id": head["campaign_id"], "seq": head["seq"], "hash": head["hash"]}
            self._logger.info("sweep", extra={"event": "audit_head"} | place)
        if unsealable:
            extra = {"event": "audit_unsealable", "count": unsealable}
            self._logger.warning("sweep", extra=extra)

    def _audit_messages(self) -> int:
        """Log what was decided about messages; last, because nobody waits for it."""
        audited = 0
        for _ in range(MOST_BATCHES):
            written = self._queue.audit_messages(BATCH)
            audited += written
            if written < BATCH:
                break
        return audited

    def _health(self) -> dict[str, float]:
        try:
            return self._queue.health()
        except BridgeError as error:  # the round is done all the same
            self._logger.warning("sweep", extra={"event": "health_unknown", "code": error.code})
            return {}

    def _announce_what_is_due(self) -> int:
        shards = self._queue.due_shards()
        if shards:
            self._publisher.publish_json(self._topic, [shard.as_json() for shard in shards])
        return len(shards)
