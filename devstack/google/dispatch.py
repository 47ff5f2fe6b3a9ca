"""One Cloud Tasks queue at work: which task goes out when, and what its answer means."""

import asyncio
import heapq
import itertools
import logging
import math
from typing import Any

from google.cloud import tasks_v2
from multidict import CIMultiDict

from devstack.google.delivery import Answer, Request, Surroundings, bearer, deliver
from devstack.google.pacing import Pace, RetryPolicy, Tombstones
from devstack.google.pump import Pump, Work
from devstack.google.task_rules import METHODS, fill_retry_defaults, retry_policy

BURST_SECONDS = 2.0
"""Burst over rate: Google's is "generally at least" the rate, possibly higher, and not ours to
set (Cloud Tasks reference, RateLimits.max_burst_size)."""
SMALLEST_BURST = 1.0

_log = logging.getLogger(__name__)


class LiveTask:
    """A task that still has to succeed, with the counts that its headers report."""

    def __init__(self, task: Any, policy: RetryPolicy | None) -> None:
        self.pb = task
        self.policy = policy
        self.executions = 0
        self.previous_response = 0

    def headers(self, now: float) -> CIMultiDict[str]:
        """Return the headers of the next attempt; the task's own cannot replace Google's."""
        request = self.pb.http_request
        _, queue, _, task = self.pb.name.rsplit("/", 3)
        headers: CIMultiDict[str] = CIMultiDict(request.headers)
        headers.update(
            {
                "User-Agent": "Google-Cloud-Tasks",
                "X-CloudTasks-QueueName": queue,
                "X-CloudTasks-TaskName": task,
                "X-CloudTasks-TaskRetryCount": str(self.pb.dispatch_count),
                "X-CloudTasks-TaskExecutionCount": str(self.executions),
                "X-CloudTasks-TaskETA": f"{seconds(self.pb.schedule_time):.6f}",
            }
        )
        if self.previous_response:
            headers["X-CloudTasks-TaskPreviousResponse"] = str(self.previous_response)
        if request.HasField("oidc_token"):
            headers["Authorization"] = bearer(request.oidc_token, url=request.url, now=now)
        return headers

    def dispatched(self, now: float) -> None:
        """Count an attempt that goes out."""
        self.pb.dispatch_count += 1
        if self.pb.dispatch_count == 1:
            set_time(self.pb.first_attempt.dispatch_time, now)

    def answered(self, answer: Answer) -> None:
        """Count an attempt that came back, with or without an answer."""
        if answer.status:
            self.pb.response_count += 1
            self.previous_response = answer.status
            # Firebase's reference of TaskContext: executionCount leaves out 5XX answers.
            self.executions += answer.status < 500  # noqa: PLR2004


class TaskQueue:
    """Dispatches the tasks of one queue within its limits, until each has succeeded."""

    def __init__(self, config: Any, around: Surroundings, tombstones: Tombstones) -> None:
        self.config = config
        self._around, self._clock = around, around.clock
        self._tombstones = tombstones
        self._tasks: dict[str, LiveTask] = {}
        self._due: list[tuple[float, int, LiveTask]] = []
        self._order = itertools.count()
        self._policy = retry_policy(config.retry_config)
        rate = config.rate_limits.max_dispatches_per_second
        self._pace = Pace(rate=rate, burst=self._set_burst(), now=self._clock())
        self._pump = Pump(wait=self._wait, start=self._start, limit=self._limit)

    def knows(self, name: str) -> bool:
        """Tell whether a task of this name is live or only recently finished."""
        return name in self._tasks or self._tombstones.holds(name, self._clock())

    def add(self, task: Any) -> None:
        """Accept a checked task with its schedule time set."""
        policy = None
        if task.HasField("retry_config"):
            fill_retry_defaults(task.retry_config)
            policy = retry_policy(task.retry_config)
        live = self._tasks[task.name] = LiveTask(task, policy)
        self._schedule(live)
        self._pump.wake()

    def get(self, name: str) -> Any | None:
        """Return a live task."""
        live = self._tasks.get(name)
        return live and live.pb

    def tasks(self) -> list[Any]:
        """Return the live tasks, oldest first."""
        return [live.pb for live in self._tasks.values()]

    def remove(self, name: str) -> bool:
        """Forget a live task, keeping its name reserved; False if there is none."""
        if self._tasks.pop(name, None) is None:
            return False
        self._tombstones.bury(name, self._clock())
        return True

    def purge(self) -> None:
        """Forget every task."""
        for name in list(self._tasks):
            self.remove(name)
        self._due.clear()

    def set_state(self, state: int) -> None:
        """Pause or resume."""
        self.config.state = state
        self._pump.wake()

    def retune(self) -> None:
        """Apply the limits in `config` after they have changed."""
        self._policy = retry_policy(self.config.retry_config)
        rate = self.config.rate_limits.max_dispatches_per_second
        self._pace.retune(rate=rate, burst=self._set_burst(), now=self._clock())
        self._pump.wake()

    async def close(self) -> None:
        """Break off what is in flight."""
        await self._pump.close()

    def _set_burst(self) -> float:
        limits = self.config.rate_limits
        burst = max(SMALLEST_BURST, limits.max_dispatches_per_second * BURST_SECONDS)
        limits.max_burst_size = int(burst)
        return float(burst)

    def _limit(self) -> int:
        return int(self.config.rate_limits.max_concurrent_dispatches)

    def _schedule(self, live: LiveTask) -> None:
        due = seconds(live.pb.schedule_time)
        heapq.heappush(self._due, (due, next(self._order), live))

    def _is_live(self, live: LiveTask) -> bool:
        return self._tasks.get(live.pb.name) is live

    def _wait(self) -> float:
        while self._due and not self._is_live(self._due[0][2]):
            heapq.heappop(self._due)
        if not self._due or self.config.state == tasks_v2.Queue.State.PAUSED:
            return math.inf
        now = self._clock()
        return max(self._due[0][0] - now, self._pace.wait(now))

    def _start(self) -> Work:
        _, _, live = heapq.heappop(self._due)
        now = self._clock()
        self._pace.take(now)
        headers = live.headers(now)
        live.dispatched(now)
        for delay in self._around.chaos.delays()[1:]:
            self._pump.launch(self._repeat(live.pb, headers, delay))
        return self._attempt(live, headers)

    async def _attempt(self, live: LiveTask, headers: CIMultiDict[str]) -> None:
        answer = await self._post(live.pb, headers)
        now = self._clock()
        live.answered(answer)
        if answer.throttles:
            self._pace.throttled(now, answer.pause(now))
        if answer.succeeded:
            self._pace.succeeded(now)
        if answer.succeeded or self._gives_up(live, now):
            self.remove(live.pb.name)
        else:
            self._retry(live, now)

    async def _repeat(self, task: Any, headers: CIMultiDict[str], delay: float) -> None:
        await asyncio.sleep(delay)
        await self._post(task, headers)

    async def _post(self, task: Any, headers: CIMultiDict[str]) -> Answer:
        request = task.http_request
        return await deliver(
            self._around.session,
            Request(
                url=request.url,
                body=request.body,
                headers=headers,
                timeout=task.dispatch_deadline.ToMilliseconds() / 1e3,
                method=METHODS[request.http_method],
            ),
        )

    def _gives_up(self, live: LiveTask, now: float) -> bool:
        policy = live.policy or self._policy
        elapsed = now - seconds(live.pb.first_attempt.dispatch_time)
        given_up = policy.exhausted(attempts=live.pb.dispatch_count, elapsed=elapsed)
        if given_up:
            _log.warning("%s gave up after %d attempts", live.pb.name, live.pb.dispatch_count)
        return given_up

    def _retry(self, live: LiveTask, now: float) -> None:
        backoff = (live.policy or self._policy).backoff
        set_time(live.pb.schedule_time, now + backoff.delay(live.pb.dispatch_count))
        self._schedule(live)


def seconds(timestamp: Any) -> float:
    """Return a protobuf Timestamp as epoch seconds."""
    return float(timestamp.ToMicroseconds() / 1e6)


def set_time(timestamp: Any, at: float) -> None:
    """Store epoch seconds in a protobuf Timestamp, to the microsecond."""
    timestamp.FromMicroseconds(int(at * 1e6))
