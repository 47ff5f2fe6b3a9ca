"""One Cloud Tasks queue at work: which task goes out when, and what its answer means."""

import asyncio
import heapq
import itertools
import math
from typing import Any

from google.cloud import tasks_v2
from multidict import CIMultiDict

from devstack.google.delivery import Answer, Request, Surroundings, bearer, deliver
from devstack.google.pacing import Backoff, Pace, Tombstones
from devstack.google.pump import Pump, Work

BURST_SECONDS = 2.0
"""Burst over rate: Google's is "generally at least" the rate, possibly higher, and not ours to
set (Cloud Tasks reference, RateLimits.max_burst_size)."""
SMALLEST_BURST = 1.0
TOMBSTONE_SECONDS = 3600.0
"""How long a finished task's name stays taken (Google: an hour to a day)."""
MAX_TOMBSTONES = 252_000
"""What a 70/s queue finishes in an hour."""


class LiveTask:
    """A task that still has to succeed, with the counts that its headers report."""

    def __init__(self, task: Any) -> None:
        self.pb = task
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

    def answered(self, answer: Answer) -> None:
        """Count an attempt that came back, with or without an answer."""
        if answer.status:
            self.previous_response = answer.status
            # Firebase's reference of TaskContext: executionCount leaves out 5XX answers.
            self.executions += answer.status < 500  # noqa: PLR2004


class TaskQueue:
    """Dispatches the tasks of one queue within its limits, until each has succeeded."""

    def __init__(self, config: Any, around: Surroundings) -> None:
        self.config = config
        self._around, self._clock = around, around.clock
        self._tombstones = Tombstones(ttl=TOMBSTONE_SECONDS, limit=MAX_TOMBSTONES)
        self._tasks: dict[str, LiveTask] = {}
        self._due: list[tuple[float, int, LiveTask]] = []
        self._order = itertools.count()
        rate = config.rate_limits.max_dispatches_per_second
        self._pace = Pace(rate=rate, burst=self._set_burst(), now=self._clock())
        self._pump = Pump(wait=self._wait, start=self._start, limit=self._limit)

    def knows(self, name: str) -> bool:
        """Tell whether a task of this name is live or only recently finished."""
        return name in self._tasks or self._tombstones.holds(name, self._clock())

    def add(self, task: Any) -> None:
        """Accept a checked task with its schedule time set."""
        live = self._tasks[task.name] = LiveTask(task)
        self._schedule(live)
        self._pump.wake()

    def set_state(self, state: int) -> Any:
        """Pause or resume; return the queue."""
        self.config.state = state
        self._pump.wake()
        return self.config

    def retune(self, config: Any) -> None:
        """Apply changed limits."""
        self.config = config
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

    def _wait(self) -> float:
        if not self._due or self.config.state == tasks_v2.Queue.State.PAUSED:
            return math.inf
        now = self._clock()
        return max(self._due[0][0] - now, self._pace.wait(now))

    def _start(self) -> Work:
        _, _, live = heapq.heappop(self._due)
        now = self._clock()
        self._pace.take(now)
        headers = live.headers(now)
        live.pb.dispatch_count += 1
        for delay in self._around.chaos.delays()[1:]:
            self._pump.launch(self._repeat(live.pb, headers, delay))
        return self._attempt(live, headers)

    async def _attempt(self, live: LiveTask, headers: CIMultiDict[str]) -> None:
        answer = await self._post(live.pb, headers)
        now = self._clock()
        live.answered(answer)
        if answer.throttles:
            self._pace.throttled(now, answer.pause())
        if answer.succeeded:
            self._pace.succeeded(now)
            del self._tasks[live.pb.name]
            self._tombstones.bury(live.pb.name, now)
        else:
            set_time(live.pb.schedule_time, now + self._backoff().delay(live.pb.dispatch_count))
            self._schedule(live)

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
            ),
        )

    def _backoff(self) -> Backoff:
        retry = self.config.retry_config
        return Backoff(
            minimum=retry.min_backoff.ToMilliseconds() / 1e3,
            maximum=retry.max_backoff.ToMilliseconds() / 1e3,
            doublings=retry.max_doublings,
        )


def seconds(timestamp: Any) -> float:
    """Return a protobuf Timestamp as epoch seconds."""
    return float(timestamp.ToMicroseconds() / 1e6)


def set_time(timestamp: Any, at: float) -> None:
    """Store epoch seconds in a protobuf Timestamp, to the microsecond."""
    timestamp.FromMicroseconds(int(at * 1e6))
