"""What Cloud Tasks accepts of queues and tasks (Cloud Tasks docs, quotas; API reference)."""

import re
from typing import Any

from google.cloud import tasks_v2

from devstack.google.service import invalid, unimplemented

MAX_RATE = 500.0
MAX_CONCURRENT = 5000
MAX_TASK_BYTES = 100 * 1024
"""The API reference's limit; the quota page grants HTTP tasks 1 MB. The stricter one is safe."""
MAX_URL = 2083
MAX_SCHEDULE_AHEAD = 30 * 24 * 3600.0
DEADLINE_SECONDS = (15.0, 1800.0)

_QUEUE_NAME = re.compile(
    r"projects/[A-Za-z0-9:.-]+/locations/[a-z0-9-]+/queues/[A-Za-z0-9-]{1,100}"
)
_TASK_ID = re.compile(r"[A-Za-z0-9_-]{1,500}")


def check_queue(queue: Any) -> None:
    """Raise INVALID_ARGUMENT or UNIMPLEMENTED unless the queue can be served."""
    if not _QUEUE_NAME.fullmatch(queue.name):
        raise invalid("Queue.name must be PARENT/queues/ID, ID of at most 100 of [A-Za-z0-9-].")
    limits, retry = queue.rate_limits, queue.retry_config
    if not 0 < limits.max_dispatches_per_second <= MAX_RATE:
        raise invalid("max_dispatches_per_second must be above 0 and at most 500.")
    if not 0 < limits.max_concurrent_dispatches <= MAX_CONCURRENT:
        raise invalid("max_concurrent_dispatches must be between 1 and 5000.")
    if queue.HasField("http_target"):
        raise unimplemented("queue-level targets")
    if retry.max_attempts != -1 or not (
        retry.HasField("min_backoff") and retry.HasField("max_backoff")
    ):
        raise unimplemented("queues without backoffs or with a last attempt")


def check_task(task: Any, queue_name: str, now: float) -> None:
    """Raise INVALID_ARGUMENT or UNIMPLEMENTED unless the task may be created in the queue."""
    prefix = f"{queue_name}/tasks/"
    if not (task.name.startswith(prefix) and _TASK_ID.fullmatch(task.name.removeprefix(prefix))):
        raise invalid("Task.name must be QUEUE/tasks/ID, ID of at most 500 of [A-Za-z0-9_-].")
    request = task.http_request
    posts = request.http_method in {0, tasks_v2.HttpMethod.POST}
    if not task.HasField("http_request") or not posts or request.HasField("oauth_token"):
        raise unimplemented("tasks other than HTTP POSTs with OIDC")
    if task.HasField("retry_config") or not task.HasField("dispatch_deadline"):
        raise unimplemented("tasks with retries of their own or without a deadline")
    if not request.url.startswith(("http://", "https://")) or len(request.url) > MAX_URL:
        raise invalid("HttpRequest.url must be an HTTP(S) URL of at most 2083 characters.")
    if task.ByteSize() > MAX_TASK_BYTES:
        raise invalid(f"Task size too large: the limit is {MAX_TASK_BYTES} bytes.")
    if task.schedule_time.ToMicroseconds() / 1e6 > now + MAX_SCHEDULE_AHEAD:
        raise invalid("Task.schedule_time must be at most 30 days in the future.")
    shortest, longest = DEADLINE_SECONDS
    if not shortest <= task.dispatch_deadline.ToMilliseconds() / 1e3 <= longest:
        raise invalid("Task.dispatch_deadline must be between 15 seconds and 30 minutes.")
