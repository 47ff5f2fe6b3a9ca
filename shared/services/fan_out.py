"""A shard of rows becomes one Cloud Task per recipient."""

import logging
from collections.abc import Callable
from datetime import datetime

from shared.adapters.cloud_tasks import TaskQueue
from shared.adapters.store import QueueStore
from shared.errors import Unavailable
from shared.http import Reply
from shared.messages import Shard


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

    def enqueue(self, shard: Shard) -> Reply:
        """Handle one announced shard.

        Raises:
            Unavailable: some tasks could not be created; the sweep announces their shard again
                when the lease has ended.
        """
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
