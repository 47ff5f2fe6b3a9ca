"""Cloud Tasks: many tasks at once, each under a name that makes its repetition harmless."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import grpc.aio
from google.api_core.exceptions import (
    AlreadyExists,
    DeadlineExceeded,
    GoogleAPIError,
    ServiceUnavailable,
)
from google.api_core.retry import AsyncRetry, if_exception_type
from google.auth.exceptions import GoogleAuthError
from google.cloud.tasks_v2 import CloudTasksAsyncClient, HttpMethod, HttpRequest, OidcToken
from google.cloud.tasks_v2 import Task as CloudTask
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcAsyncIOTransport
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from shared.config import TasksSettings
from shared.messages import Task

IN_FLIGHT: Final = 100  # about 1,000 creations per second at 20 to 50 ms each
DISPATCH_DEADLINE: Final = Duration(seconds=60)
# Safe to repeat because every task has a name; the client itself retries no creation.
RETRY: Final = AsyncRetry(
    predicate=if_exception_type(ServiceUnavailable, DeadlineExceeded),
    initial=0.2,
    maximum=2.0,
    timeout=20.0,
)


class TaskQueue:
    """Creates tasks from any thread on one event loop with one long-lived connection."""

    def __init__(self, settings: TasksSettings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="cloud-tasks", daemon=True).start()
        # Here, so that a failure is this call's and the next request tries again.
        connecting = asyncio.run_coroutine_threadsafe(_connect(settings.emulator_host), self._loop)
        self._client = connecting.result()

    def create(self, queue_name: str, tasks: Sequence[Task], now: datetime) -> list[Task]:
        """Create the tasks and return those that exist now, created by this call or before.

        A task due before `now` runs at once. Failures are left out of the answer, not raised.
        """
        return asyncio.run_coroutine_threadsafe(
            self._create(queue_name, tasks, now), self._loop
        ).result()

    async def _create(self, queue_name: str, tasks: Sequence[Task], now: datetime) -> list[Task]:
        client = self._client
        queue = client.queue_path(self._settings.project, self._settings.location, queue_name)
        slots = asyncio.Semaphore(IN_FLIGHT)

        async def create_one(task: Task) -> bool:
            async with slots:
                try:
                    await client.create_task(
                        parent=queue, task=self._task(queue, task, now), retry=RETRY, timeout=10.0
                    )
                except AlreadyExists:
                    return True
                except (GoogleAPIError, GoogleAuthError):
                    return False
                return True

        created = await asyncio.gather(*map(create_one, tasks))
        return [task for task, exists in zip(tasks, created, strict=True) if exists]

    def _task(self, queue: str, task: Task, now: datetime) -> CloudTask:
        request = HttpRequest(
            http_method=HttpMethod.POST,
            url=self._settings.dispatch_url,
            headers={"Content-Type": "application/json"},
            body=json.dumps({"message_id": str(task.message_id)}).encode(),
        )
        if self._settings.service_account:
            # The audience is the run.app URI itself: other forms are refused with 401.
            request.oidc_token = OidcToken(
                service_account_email=self._settings.service_account,
                audience=self._settings.dispatch_url,
            )
        due = {"schedule_time": _timestamp(task.scheduled_at)} if task.scheduled_at > now else {}
        return CloudTask(
            name=f"{queue}/tasks/{task_id(task)}",
            http_request=request,
            dispatch_deadline=DISPATCH_DEADLINE,
            **due,
        )


def task_id(task: Task) -> str:
    """Return the task's name: the same message and generation always give the same one.

    A hash, because names with a common beginning slow the whole queue down
    (https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks).
    """
    return hashlib.sha256(f"{task.message_id}:{task.generation}".encode()).hexdigest()[:32]


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment.astimezone(UTC))
    return timestamp


async def _connect(emulator_host: str) -> CloudTasksAsyncClient:
    # On the loop that will use it: grpc.aio channels belong to the loop they are made on.
    if not emulator_host:
        return CloudTasksAsyncClient()
    channel = grpc.aio.insecure_channel(emulator_host)
    return CloudTasksAsyncClient(transport=CloudTasksGrpcAsyncIOTransport(channel=channel))
