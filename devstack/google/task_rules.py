"""What Cloud Tasks accepts of queues and tasks (Cloud Tasks docs, quotas; API reference)."""

import re
from typing import Any

from google.cloud import tasks_v2

from devstack.google.pacing import Backoff, RetryPolicy
from devstack.google.service import invalid, unimplemented

MAX_RATE = 500.0
MAX_CONCURRENT = 5000
MAX_TASK_BYTES = 100 * 1024
"""The API reference's limit; the quota page grants HTTP tasks 1 MB. The stricter one is safe."""
MAX_URL = 2083
MAX_SCHEDULE_AHEAD = 30 * 24 * 3600.0
DEADLINE_SECONDS = (15.0, 1800.0)
DEFAULT_DEADLINE = 600

_LOCATION = r"projects/[A-Za-z0-9:.-]+/locations/[a-z0-9-]+"
_QUEUE_NAME = re.compile(rf"{_LOCATION}/queues/[A-Za-z0-9-]{{1,100}}")
_TASK_ID = re.compile(r"[A-Za-z0-9_-]{1,500}")

METHODS = tuple(tasks_v2.HttpMethod.__members__)
"""Indexed by the enum's number."""
WITH_BODY = {"POST", "PUT", "PATCH"}


def check_queue(queue: Any, parent: str) -> None:
    """Raise INVALID_ARGUMENT or UNIMPLEMENTED unless the queue may be created in `parent`."""
    if not _QUEUE_NAME.fullmatch(queue.name) or not queue.name.startswith(f"{parent}/queues/"):
        raise invalid("Queue.name must be PARENT/queues/ID, ID of at most 100 of [A-Za-z0-9-].")
    if queue.HasField("http_target"):
        raise unimplemented("queue-level targets")
    check_limits(queue)


def check_limits(queue: Any) -> None:
    """Raise INVALID_ARGUMENT unless rates and retries are in range."""
    if not 0 < queue.rate_limits.max_dispatches_per_second <= MAX_RATE:
        raise invalid("max_dispatches_per_second must be above 0 and at most 500.")
    if not 0 < queue.rate_limits.max_concurrent_dispatches <= MAX_CONCURRENT:
        raise invalid("max_concurrent_dispatches must be between 1 and 5000.")
    if queue.retry_config.max_attempts < -1:
        raise invalid("max_attempts must be -1 (unlimited) or more.")


def fill_defaults(queue: Any) -> None:
    """Give a new queue the values that Cloud Tasks picks for what the caller left out."""
    limits, retry = queue.rate_limits, queue.retry_config
    limits.max_dispatches_per_second = limits.max_dispatches_per_second or 500
    limits.max_concurrent_dispatches = limits.max_concurrent_dispatches or 1000
    fill_retry_defaults(retry)
    queue.state = tasks_v2.Queue.State.RUNNING


def fill_retry_defaults(retry: Any) -> None:
    """Complete a retry configuration in place."""
    retry.max_attempts = retry.max_attempts or 100
    retry.max_doublings = retry.max_doublings or 16
    if not retry.HasField("min_backoff"):
        retry.min_backoff.FromMilliseconds(100)
    if not retry.HasField("max_backoff"):
        retry.max_backoff.FromSeconds(3600)


def retry_policy(retry: Any) -> RetryPolicy:
    """Return the rule that a completed retry configuration describes."""
    return RetryPolicy(
        backoff=Backoff(
            minimum=retry.min_backoff.ToMilliseconds() / 1e3,
            maximum=retry.max_backoff.ToMilliseconds() / 1e3,
            doublings=retry.max_doublings,
        ),
        max_attempts=None if retry.max_attempts == -1 else retry.max_attempts,
        max_duration=retry.max_retry_duration.ToSeconds() or None,
    )


def check_task(task: Any, queue_name: str, now: float) -> None:
    """Raise INVALID_ARGUMENT or UNIMPLEMENTED unless the task may be created in the queue."""
    _check_name(task.name, queue_name)
    _check_request(task)
    if task.ByteSize() > MAX_TASK_BYTES:
        raise invalid(f"Task size too large: the limit is {MAX_TASK_BYTES} bytes.")
    if task.schedule_time.ToMicroseconds() / 1e6 > now + MAX_SCHEDULE_AHEAD:
        raise invalid("Task.schedule_time must be at most 30 days in the future.")
    shortest, longest = DEADLINE_SECONDS
    deadline = task.dispatch_deadline.ToMilliseconds() / 1e3
    if task.HasField("dispatch_deadline") and not shortest <= deadline <= longest:
        raise invalid("Task.dispatch_deadline must be between 15 seconds and 30 minutes.")


def _check_name(name: str, queue_name: str) -> None:
    prefix = f"{queue_name}/tasks/"
    if name and not (name.startswith(prefix) and _TASK_ID.fullmatch(name.removeprefix(prefix))):
        raise invalid("Task.name must be QUEUE/tasks/ID, ID of at most 500 of [A-Za-z0-9_-].")


def _check_request(task: Any) -> None:
    request = task.http_request
    if not task.HasField("http_request") or request.HasField("oauth_token"):
        raise unimplemented("tasks other than HTTP requests with OIDC")
    if not request.url.startswith(("http://", "https://")) or len(request.url) > MAX_URL:
        raise invalid("HttpRequest.url must be an HTTP(S) URL of at most 2083 characters.")
    if request.body and METHODS[request.http_method or 1] not in WITH_BODY:
        raise invalid("HttpRequest.body is allowed for POST, PUT and PATCH only.")
