"""A shard of rows becomes one Cloud Task per recipient."""

import logging
from collections.abc import Callable
from datetime import datetime

from shared.adapters.cloud_tasks import TaskQueue
from shared.adapters.store import QueueStore
from shared.errors import InvalidInput, Unavailable
from shared.http import Reply
from shared.queue import Shard
from shared.rules.requests import parse_uuid


class FanOut:
    """Leases a shard, creates its tasks, marks them; doing so again finds nothing left to do."""

    def __init__(
        self,
        queue: QueueStore,
        tasks: TaskQueue,
        clock: Callable[[], datetime],
        logger: logging.Logger,
    ) -> None:
        self._queue = queue
        self._tasks = tasks
        self._clock = clock
        self._logger = logger

    def enqueue(self, message: object) -> Reply:
        """Handle one announced shard.

        Raises:
            InvalidInput: it is no shard; Pub/Sub dead-letters it.
            Unavailable: some tasks could not be created; the sweep announces their shard again
                when the lease has ended.
        """
        shard = _shard(message)
        queue_name, tasks = self._queue.lease_shard(shard)
        created = self._tasks.create(queue_name, tasks, self._clock()) if tasks else []
        if created:
            self._queue.mark_enqueued(created)
        self._logger.info(
            "shard",
            extra={"job_id": str(shard.job_id), "count": len(tasks), "enqueued": len(created)},
        )
        if len(created) < len(tasks):
            raise Unavailable("tasks_unavailable")
        return Reply(body={"created": len(created)})


def _shard(message: object) -> Shard:
    if not isinstance(message, dict):
        raise InvalidInput("object_expected", "El mensaje debe ser un objeto JSON.", status=400)
    first, last = message.get("from_position"), message.get("to_position")
    if not isinstance(first, int) or not isinstance(last, int):
        raise InvalidInput("number_invalid", "Debe ser un número entero.", "from_position")
    job_id = parse_uuid(message.get("job_id", ""), "job_id")
    return Shard(job_id=job_id, from_position=first, to_position=last)
