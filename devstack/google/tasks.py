"""The Cloud Tasks emulator: queues and tasks behind the official gRPC interface."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from google.cloud import tasks_v2

from devstack.google.chaos import Chaos
from devstack.google.delivery import Surroundings
from devstack.google.dispatch import TaskQueue, seconds, set_time
from devstack.google.pacing import Tombstones
from devstack.google.service import (
    Methods,
    Server,
    already_exists,
    invalid,
    not_found,
    page,
)
from devstack.google.task_rules import (
    DEFAULT_DEADLINE,
    check_limits,
    check_queue,
    check_task,
    fill_defaults,
)

TOMBSTONE_SECONDS = 3600.0
MAX_TOMBSTONES = 252_000
"""Per queue: what a 70/s queue finishes in an hour."""
LARGEST_PAGE = 1000
UPDATABLE = ("rate_limits", "retry_config")

Task, Queue = tasks_v2.Task.pb(), tasks_v2.Queue.pb()
ListQueuesResponse = tasks_v2.ListQueuesResponse.pb()
ListTasksResponse = tasks_v2.ListTasksResponse.pb()


class CloudTasksEmulator:
    """`async with CloudTasksEmulator() as tasks:` serves the official clients at `tasks.address`.

    `clock` gives epoch seconds; `tombstone_seconds` is how long a finished task's name stays
    taken (Google: an hour to a day).
    """

    def __init__(
        self,
        *,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        chaos: Chaos | None = None,
        tombstone_seconds: float = TOMBSTONE_SECONDS,
    ) -> None:
        self._port, self._clock = port, clock
        self._chaos = chaos or Chaos()
        self._tombstone_seconds = tombstone_seconds
        self._queues: dict[str, TaskQueue] = {}
        self._around: Surroundings
        self._server: Server

    async def __aenter__(self) -> Self:
        self._around = Surroundings(clock=self._clock, chaos=self._chaos)
        self._server = Server(self._port)
        self._server.add("google.cloud.tasks.v2.CloudTasks", self._methods())
        await self._server.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._server.stop()
        for queue in self._queues.values():
            await queue.close()
        await self._around.session.close()

    @property
    def address(self) -> str:
        """Host and port of the running server."""
        return f"127.0.0.1:{self._server.port}"

    def _methods(self) -> Methods:
        return {
            "CreateQueue": (tasks_v2.CreateQueueRequest, self._create_queue),
            "GetQueue": (tasks_v2.GetQueueRequest, self._get_queue),
            "ListQueues": (tasks_v2.ListQueuesRequest, self._list_queues),
            "UpdateQueue": (tasks_v2.UpdateQueueRequest, self._update_queue),
            "PauseQueue": (tasks_v2.PauseQueueRequest, self._pause_queue),
            "ResumeQueue": (tasks_v2.ResumeQueueRequest, self._resume_queue),
            "PurgeQueue": (tasks_v2.PurgeQueueRequest, self._purge_queue),
            "DeleteQueue": (tasks_v2.DeleteQueueRequest, self._delete_queue),
            "CreateTask": (tasks_v2.CreateTaskRequest, self._create_task),
            "GetTask": (tasks_v2.GetTaskRequest, self._get_task),
            "ListTasks": (tasks_v2.ListTasksRequest, self._list_tasks),
            "DeleteTask": (tasks_v2.DeleteTaskRequest, self._delete_task),
        }

    def _queue(self, name: str) -> TaskQueue:
        if name not in self._queues:
            raise not_found(name)
        return self._queues[name]

    def _queue_of(self, task_name: str) -> TaskQueue:
        return self._queue(task_name.rpartition("/tasks/")[0])

    async def _create_queue(self, request: Any) -> Any:
        return self._add_queue(request.queue, request.parent)

    def _add_queue(self, queue: Any, parent: str) -> Any:
        if queue.name in self._queues:
            raise already_exists(queue.name)
        fill_defaults(queue)
        check_queue(queue, parent)
        tombstones = Tombstones(ttl=self._tombstone_seconds, limit=MAX_TOMBSTONES)
        self._queues[queue.name] = TaskQueue(queue, self._around, tombstones)
        return queue

    async def _get_queue(self, request: Any) -> Any:
        return self._queue(request.name).config

    async def _list_queues(self, request: Any) -> Any:
        prefix = f"{request.parent}/queues/"
        names = sorted(name for name in self._queues if name.startswith(prefix))
        names_of_page, token = page(names, request, LARGEST_PAGE)
        queues = [self._queues[name].config for name in names_of_page]
        return ListQueuesResponse(queues=queues, next_page_token=token)

    async def _update_queue(self, request: Any) -> Any:
        """Change a queue, or create it, as the API reference of UpdateQueue says."""
        name = request.queue.name
        if name not in self._queues:
            return self._add_queue(request.queue, name.rpartition("/queues/")[0])
        if any(path.split(".")[0] not in UPDATABLE for path in request.update_mask.paths):
            raise invalid(f"update_mask may name {' and '.join(UPDATABLE)} only.")
        queue = self._queue(name)
        changed = Queue.FromString(queue.config.SerializeToString())
        request.update_mask.paths.extend(() if request.update_mask.paths else UPDATABLE)
        request.update_mask.MergeMessage(request.queue, changed)
        check_limits(changed)
        queue.config.CopyFrom(changed)
        queue.retune()
        return queue.config

    async def _pause_queue(self, request: Any) -> Any:
        queue = self._queue(request.name)
        queue.set_state(tasks_v2.Queue.State.PAUSED)
        return queue.config

    async def _resume_queue(self, request: Any) -> Any:
        queue = self._queue(request.name)
        queue.set_state(tasks_v2.Queue.State.RUNNING)
        return queue.config

    async def _purge_queue(self, request: Any) -> Any:
        queue = self._queue(request.name)
        queue.purge()
        set_time(queue.config.purge_time, self._clock())
        return queue.config

    async def _delete_queue(self, request: Any) -> None:
        queue = self._queue(request.name)
        del self._queues[request.name]
        await queue.close()

    async def _create_task(self, request: Any) -> Any:
        queue, task, now = self._queue(request.parent), request.task, self._clock()
        check_task(task, request.parent, now)
        if queue.knows(task.name):
            raise already_exists(task.name)
        task.name = task.name or f"{request.parent}/tasks/{self._chaos.rng.getrandbits(63)}"
        task.http_request.http_method = task.http_request.http_method or 1
        task.create_time.FromSeconds(int(now))
        if seconds(task.schedule_time) < now:
            set_time(task.schedule_time, now)
        if not task.HasField("dispatch_deadline"):
            task.dispatch_deadline.FromSeconds(DEFAULT_DEADLINE)
        reply = _view(task, request.response_view)
        queue.add(task)
        return reply

    async def _get_task(self, request: Any) -> Any:
        task = self._queue_of(request.name).get(request.name)
        if task is None:
            raise not_found(request.name)
        return _view(task, request.response_view)

    async def _list_tasks(self, request: Any) -> Any:
        tasks, token = page(self._queue(request.parent).tasks(), request, LARGEST_PAGE)
        viewed = [_view(task, request.response_view) for task in tasks]
        return ListTasksResponse(tasks=viewed, next_page_token=token)

    async def _delete_task(self, request: Any) -> None:
        if not self._queue_of(request.name).remove(request.name):
            raise not_found(request.name)


def _view(task: Any, view: int) -> Any:
    """Return a copy of the task; only the FULL view carries the body."""
    copy = Task()
    copy.CopyFrom(task)
    copy.view = tasks_v2.Task.View.FULL if view == tasks_v2.Task.View.FULL else 1
    if copy.view != tasks_v2.Task.View.FULL:
        copy.http_request.ClearField("body")
    return copy
