"""The Cloud Tasks emulator: queues and named tasks behind the official gRPC interface."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from google.cloud import tasks_v2

from devstack.google.chaos import Chaos
from devstack.google.delivery import Surroundings
from devstack.google.dispatch import TaskQueue, seconds, set_time
from devstack.google.service import Server, already_exists, not_found
from devstack.google.task_rules import check_queue, check_task

Task = tasks_v2.Task.pb()


@asynccontextmanager
async def serve_tasks(
    port: int, *, clock: Callable[[], float] = time.time, chaos: Chaos | None = None
) -> AsyncIterator[None]:
    """Serve the official clients on 127.0.0.1; `clock` gives epoch seconds."""
    tasks = _CloudTasks(Surroundings(clock=clock, chaos=chaos or Chaos()))
    server = Server(port)
    server.add(
        "google.cloud.tasks.v2.CloudTasks",
        {
            "CreateQueue": (tasks_v2.CreateQueueRequest, tasks.create_queue),
            "UpdateQueue": (tasks_v2.UpdateQueueRequest, tasks.update_queue),
            "PauseQueue": (tasks_v2.PauseQueueRequest, tasks.pause_queue),
            "ResumeQueue": (tasks_v2.ResumeQueueRequest, tasks.resume_queue),
            "CreateTask": (tasks_v2.CreateTaskRequest, tasks.create_task),
        },
    )
    await server.start()
    try:
        yield
    finally:
        await server.stop()
        await tasks.close()


class _CloudTasks:
    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._queues: dict[str, TaskQueue] = {}

    async def close(self) -> None:
        for queue in self._queues.values():
            await queue.close()
        await self._around.session.close()

    async def create_queue(self, request: Any) -> Any:
        queue = request.queue
        if queue.name in self._queues:
            raise already_exists(queue.name)
        check_queue(queue)
        queue.state = tasks_v2.Queue.State.RUNNING
        self._queues[queue.name] = TaskQueue(queue, self._around)
        return queue

    async def update_queue(self, request: Any) -> Any:
        """Change limits and retries, whole: nobody here sends a mask."""
        queue = self._queue(request.queue.name)
        check_queue(request.queue)
        request.queue.state = queue.config.state
        queue.retune(request.queue)
        return queue.config

    async def pause_queue(self, request: Any) -> Any:
        return self._queue(request.name).set_state(tasks_v2.Queue.State.PAUSED)

    async def resume_queue(self, request: Any) -> Any:
        return self._queue(request.name).set_state(tasks_v2.Queue.State.RUNNING)

    async def create_task(self, request: Any) -> Any:
        queue, task, now = self._queue(request.parent), request.task, self._around.clock()
        check_task(task, request.parent, now)
        if queue.knows(task.name):
            raise already_exists(task.name)
        if seconds(task.schedule_time) < now:
            set_time(task.schedule_time, now)
        queue.add(task)
        reply = Task()
        reply.CopyFrom(task)
        reply.http_request.ClearField("body")
        return reply

    def _queue(self, name: str) -> TaskQueue:
        if name not in self._queues:
            raise not_found(name)
        return self._queues[name]
