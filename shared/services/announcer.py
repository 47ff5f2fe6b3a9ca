"""Tells fan_out of shards whose messages are due."""

import logging
from uuid import UUID

from shared.adapters.pubsub import Publisher
from shared.errors import Unavailable
from shared.messages import shards_of


class ShardAnnouncer:
    """Announces the shards of one job."""

    def __init__(self, publisher: Publisher, topic: str, logger: logging.Logger) -> None:
        self._publisher = publisher
        self._topic = topic
        self._logger = logger

    def announce(self, job_id: str, target_count: int) -> None:
        """Announce a job that is committed: where Pub/Sub fails, the sweep does it in a minute."""
        shards = [shard.as_json() for shard in shards_of(UUID(job_id), target_count)]
        try:
            self._publisher.publish_json(self._topic, shards)
        except Unavailable:
            self._logger.warning("shards not announced", extra={"job_id": job_id})
