"""The Cloud Tasks emulator, seen through Google's own clients."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count

import grpc
import jwt
import pytest
from google.api_core.exceptions import (
    AlreadyExists,
    InvalidArgument,
    MethodNotImplemented,
    NotFound,
)
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

from devstack.background import in_background
from devstack.google import Chaos, serve_tasks
from devstack.google.delivery import Answer, Request, Surroundings, deliver
from devstack.google.pacing import Backoff, Pace, Tombstones
from devstack.ports import free_port
from tests.devstack.recorder import Recorder, Reply

LOCATION = "projects/demo/locations/us-central1"
QUEUE = f"{LOCATION}/queues/sender-1"
DAY = 24 * 3600
FAST_RETRIES = {"min_backoff": {"nanos": 10_000_000}, "max_backoff": {"nanos": 10_000_000}}
# A port nobody listens on: these tests are about what is accepted, not about what is sent.
NUMBERS = count()
NOWHERE = "http://127.0.0.1:9/"


class Stack:
    """Starts emulators and recorders on demand; everything ends with the test."""

    def __init__(self, exits: ExitStack) -> None:
        self._exits = exits

    def tasks(self, **settings: object) -> tasks_v2.CloudTasksClient:
        port = free_port()
        self._exits.enter_context(in_background(serve_tasks(port, **settings)))
        channel = self._exits.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}"))
        return tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))

    def recorder(
        self, answer: Callable[[int], Reply] = lambda _: Reply(), **where: int
    ) -> Recorder:
        return self._exits.enter_context(in_background(Recorder(answer, **where)))


@pytest.fixture
def stack() -> Iterator[Stack]:
    with ExitStack() as exits:
        yield Stack(exits)


@pytest.fixture
def tasks(stack):
    return stack.tasks()


def queue_of(name=QUEUE, rate_limits=(), retry_config=(), **settings):
    """A queue with all that our set-up gives one."""
    limits = {"max_dispatches_per_second": 500, "max_concurrent_dispatches": 1000}
    retries = FAST_RETRIES | {"max_attempts": -1, "max_doublings": 6}
    return {
        "name": name,
        "rate_limits": limits | dict(rate_limits),
        "retry_config": retries | dict(retry_config),
    } | settings


def create_queue(tasks, **settings):
    return tasks.create_queue(parent=LOCATION, queue=queue_of(**settings))


def task_of(url=NOWHERE, task_id="", **settings):
    request = {"url": url} | settings.pop("http_request", {})
    name = f"{QUEUE}/tasks/{task_id or f't{next(NUMBERS)}'}"
    return {"name": name, "http_request": request, "dispatch_deadline": {"seconds": 60}} | settings


def create_task(tasks, url, task_id="", **settings):
    return tasks.create_task(parent=QUEUE, task=task_of(url, task_id, **settings))


def paused_queue(tasks):
    create_queue(tasks)
    return tasks.pause_queue(name=QUEUE)


def dispatches(pace, since, until):
    """Count what the pace lets through between two moments."""
    now, count = since, 0
    while (now := now + pace.wait(now)) <= until + 1e-6:
        pace.take(now)
        count += 1
    return count


class TestPacing:
    @pytest.mark.parametrize(
        ("minimum", "maximum", "doublings", "delays"),
        [
            (10, 300, 3, [10, 20, 40, 80, 160, 240, 300, 300]),  # the API reference's example
            (0.1, 3600, 16, [0.1, 0.2, 0.4, 0.8]),  # a queue's defaults
            (5, 100, 0, [5, 10, 15, 20]),  # linear from the start
            (10, 10, 5, [10, 10, 10]),
        ],
    )
    def test_backoff_doubles_then_grows_linearly_up_to_its_maximum(
        self, minimum, maximum, doublings, delays
    ):
        backoff = Backoff(minimum=minimum, maximum=maximum, doublings=doublings)
        assert [backoff.delay(n) for n in range(1, len(delays) + 1)] == pytest.approx(delays)

    def test_backoff_survives_any_number_of_failures(self):
        assert Backoff(minimum=0.1, maximum=60, doublings=2000).delay(5000) == 60

    def test_full_bucket_releases_its_burst_and_then_the_rate(self):
        pace = Pace(rate=70, burst=140, now=0)
        assert dispatches(pace, 0, 0) == 140
        assert dispatches(pace, 0, 1) == 70
        assert dispatches(pace, 1, 11) == 700

    def test_idle_bucket_never_exceeds_its_burst(self):
        pace = Pace(rate=10, burst=20, now=0)
        assert dispatches(pace, 3600, 3600) == 20

    def test_changed_limits_hold_from_then_on(self):
        pace = Pace(rate=10, burst=20, now=0)
        pace.retune(rate=5, burst=8, now=0)
        assert dispatches(pace, 0, 0) == 8
        assert dispatches(pace, 0, 2) == 10

    def test_throttling_answer_halves_the_queue_once_a_second(self):
        pace = Pace(rate=100, burst=100, now=0)
        for _ in range(50):
            pace.throttled(now=0, pause=0)
        assert dispatches(pace, 0, 0) == 50
        assert dispatches(pace, 0, 1) == 50
        pace.throttled(now=1, pause=0)
        assert dispatches(pace, 1, 2) == 25

    def test_retry_after_stops_the_whole_queue(self):
        pace = Pace(rate=100, burst=100, now=0)
        pace.throttled(now=0, pause=5)
        assert pace.wait(now=0) == 5
        assert pace.wait(now=5) == 0

    def test_successes_give_the_rate_back_little_by_little(self):
        pace = Pace(rate=100, burst=100, now=0)
        pace.throttled(now=0, pause=0)
        dispatches(pace, 0, 0)
        for _ in range(25):
            pace.succeeded(now=0)
        assert dispatches(pace, 0, 1) == 75
        for _ in range(100):
            pace.succeeded(now=1)
        assert dispatches(pace, 1, 2) == 100

    def test_finished_name_is_free_again_after_its_time(self):
        tombstones = Tombstones(ttl=3600, limit=10)
        tombstones.bury("task", now=0)
        assert tombstones.holds("task", now=3599)
        assert not tombstones.holds("task", now=3600)

    def test_oldest_names_make_room_for_new_ones(self):
        tombstones = Tombstones(ttl=3600, limit=2)
        for name in ("first", "second", "third"):
            tombstones.bury(name, now=0)
        held = [name for name in ("first", "second", "third") if tombstones.holds(name, now=1)]
        assert held == ["second", "third"]


class TestQueues:
    @pytest.mark.parametrize(
        "settings",
        [
            {"name": f"{LOCATION}/queues/{'q' * 101}"},
            {"name": f"{LOCATION}/queues/under_score"},
            {"rate_limits": {"max_dispatches_per_second": 501}},
            {"rate_limits": {"max_concurrent_dispatches": 5001}},
        ],
    )
    def test_queue_outside_the_limits_is_refused(self, tasks, settings):
        with pytest.raises(InvalidArgument):
            create_queue(tasks, **settings)

    def test_queue_that_gives_up_is_not_served(self, tasks):
        with pytest.raises(MethodNotImplemented):
            create_queue(tasks, retry_config={"max_attempts": 3})

    def test_existing_queue_is_not_created_again(self, tasks):
        create_queue(tasks)
        with pytest.raises(AlreadyExists):
            create_queue(tasks)

    def test_changed_rate_and_unknown_queue(self, tasks):
        with pytest.raises(NotFound):
            tasks.update_queue(queue=queue_of())
        create_queue(tasks)
        updated = tasks.update_queue(queue=queue_of(rate_limits={"max_dispatches_per_second": 70}))
        assert updated.rate_limits.max_dispatches_per_second == 70
        assert updated.rate_limits.max_burst_size == 140


class TestAcceptance:
    @pytest.mark.parametrize(
        "task",
        [
            task_of(task_id="t" * 501),
            task_of(task_id="with.dot"),
            task_of() | {"name": f"{LOCATION}/queues/other/tasks/one"},
            task_of("ftp://127.0.0.1/"),
            task_of("https://example.com/" + "x" * 2083),
            task_of(http_request={"body": b"x" * 100 * 1024}),
            task_of(dispatch_deadline={"seconds": 14}),
            task_of(dispatch_deadline={"seconds": 1801}),
            task_of(schedule_time={"seconds": int(time.time()) + 31 * DAY}),
        ],
    )
    def test_task_outside_the_limits_is_refused(self, tasks, task):
        paused_queue(tasks)
        with pytest.raises(InvalidArgument):
            tasks.create_task(parent=QUEUE, task=task)

    @pytest.mark.parametrize(
        "task",
        [
            task_of() | {"http_request": None, "app_engine_http_request": {"relative_uri": "/"}},
            task_of(http_request={"oauth_token": {"service_account_email": "x@example.com"}}),
            task_of(http_request={"http_method": "GET"}),
            task_of(retry_config=FAST_RETRIES),
        ],
    )
    def test_unsupported_kind_of_task_is_refused_not_ignored(self, tasks, task):
        paused_queue(tasks)
        with pytest.raises(MethodNotImplemented):
            tasks.create_task(parent=QUEUE, task=task)

    def test_task_for_an_unknown_queue_is_not_found(self, tasks):
        with pytest.raises(NotFound):
            create_task(tasks, NOWHERE)

    def test_name_of_a_live_task_is_taken(self, tasks):
        paused_queue(tasks)
        create_task(tasks, NOWHERE, "one")
        with pytest.raises(AlreadyExists):
            create_task(tasks, NOWHERE, "one")

    def test_name_of_a_finished_task_stays_taken_for_a_while(self, stack):
        now = [1_800_000_000.0]
        tasks = stack.tasks(clock=lambda: now[0])
        recorder = stack.recorder()
        create_queue(tasks)
        create_task(tasks, recorder.url, "one")
        recorder.wait_for(1)
        # Longer than the answer takes: by now the task has ended.
        time.sleep(0.1)
        with pytest.raises(AlreadyExists):
            create_task(tasks, recorder.url, "one")
        now[0] += 3600
        create_task(tasks, recorder.url, "one")
        recorder.wait_for(2)


class TestDelivery:
    def test_task_arrives_as_google_sends_it(self, stack, tasks):
        recorder = stack.recorder()
        create_queue(tasks)
        request = {
            "url": recorder.url,
            "body": b'{"message": 1}',
            "headers": {"Content-Type": "application/json", "x-cloudtasks-taskname": "forged"},
        }
        created = create_task(tasks, recorder.url, "one", http_request=request)
        [received] = recorder.wait_for(1)
        assert (received.method, received.body) == ("POST", b'{"message": 1}')
        eta = received.headers["X-CloudTasks-TaskETA"]
        assert float(eta) == pytest.approx(created.schedule_time.timestamp(), abs=1e-3)
        expected = {
            "Content-Type": "application/json",
            "User-Agent": "Google-Cloud-Tasks",
            "X-CloudTasks-QueueName": "sender-1",
            "X-CloudTasks-TaskName": "one",
            "X-CloudTasks-TaskRetryCount": "0",
            "X-CloudTasks-TaskExecutionCount": "0",
        }
        assert {name: received.headers[name] for name in expected} == expected
        assert "X-CloudTasks-TaskPreviousResponse" not in received.headers
        assert "Authorization" not in received.headers

    @pytest.mark.parametrize(
        ("audience", "expected"), [("https://run.app", "https://run.app"), ("", "URL")]
    )
    def test_oidc_token_names_account_and_audience(self, stack, tasks, audience, expected):
        recorder = stack.recorder()
        create_queue(tasks)
        oidc = {"service_account_email": "tasks@demo.iam.gserviceaccount.com"} | (
            {"audience": audience} if audience else {}
        )
        create_task(tasks, recorder.url, http_request={"oidc_token": oidc})
        [received] = recorder.wait_for(1)
        scheme, _, token = received.headers["Authorization"].partition(" ")
        claims = jwt.decode(token, options={"verify_signature": False})
        assert scheme == "Bearer"
        assert claims["email"] == "tasks@demo.iam.gserviceaccount.com"
        assert claims["aud"] == expected.replace("URL", recorder.url)

    @pytest.mark.parametrize(
        ("status", "deliveries"), [(200, 1), (204, 1), (299, 1), (302, 2), (400, 2), (500, 2)]
    )
    def test_any_2xx_ends_the_task_and_nothing_else(self, stack, tasks, status, deliveries):
        elsewhere = stack.recorder()
        answer = Reply(status=status, headers={"Location": elsewhere.url})
        recorder = stack.recorder(lambda earlier: Reply() if earlier else answer)
        create_queue(tasks)
        create_task(tasks, recorder.url)
        recorder.wait_for(deliveries)
        # Longer than the backoff: an unwanted delivery would have come by now.
        time.sleep(0.1)
        assert (len(recorder.received), len(elsewhere.received)) == (deliveries, 0)

    def test_retries_count_attempts_and_answers(self, stack, tasks):
        answers = [500, 404, 200]
        recorder = stack.recorder(lambda earlier: Reply(status=answers[earlier]))
        create_queue(tasks, retry_config=FAST_RETRIES)
        create_task(tasks, recorder.url)
        counts = [
            tuple(
                received.headers.get(f"X-CloudTasks-Task{name}")
                for name in ("RetryCount", "ExecutionCount", "PreviousResponse")
            )
            for received in recorder.wait_for(3)
        ]
        assert counts == [("0", "0", None), ("1", "0", "500"), ("2", "1", "404")]

    def test_retry_waits_for_its_backoff(self, stack, tasks):
        recorder = stack.recorder(lambda earlier: Reply(status=200 if earlier == 2 else 500))
        backoff = {"min_backoff": {"nanos": 100_000_000}, "max_backoff": {"seconds": 9}}
        create_queue(tasks, retry_config=backoff)
        create_task(tasks, recorder.url)
        first, second, third = recorder.wait_for(3)
        assert second.at - first.at >= 0.1
        assert third.at - second.at >= 0.2

    def test_answer_after_the_deadline_is_no_answer(self, stack):
        recorder = stack.recorder(lambda _: Reply(after=5))

        async def post_once():
            async with Surroundings(clock=time.time, chaos=Chaos()).session as session:
                request = Request(url=recorder.url, body=b"", headers={}, timeout=0.05)
                return await deliver(session, request)

        assert asyncio.run(post_once()) == Answer(status=0)
        assert len(recorder.received) == 1

    def test_task_waits_for_its_schedule_time(self, stack, tasks):
        recorder = stack.recorder()
        create_queue(tasks)
        at = datetime.now(UTC) + timedelta(seconds=1)
        create_task(tasks, recorder.url, "later", schedule_time=at)
        create_task(tasks, recorder.url, "now")
        early, late = recorder.wait_for(2)
        assert early.headers["X-CloudTasks-TaskName"] == "now"
        assert late.headers["X-CloudTasks-TaskName"] == "later"
        assert float(late.headers["X-CloudTasks-TaskETA"]) == pytest.approx(at.timestamp())

    def test_no_more_than_the_allowed_number_is_in_flight(self, stack, tasks):
        recorder = stack.recorder(lambda _: Reply(after=0.03))
        create_queue(tasks, rate_limits={"max_concurrent_dispatches": 3})
        for _ in range(12):
            create_task(tasks, recorder.url)
        recorder.wait_for(12)
        assert recorder.most_at_once == 3

    def test_chaos_delivers_a_task_twice(self, stack):
        tasks, recorder = stack.tasks(chaos=Chaos(duplicate_share=1.0)), stack.recorder()
        create_queue(tasks)
        create_task(tasks, recorder.url, "one")
        first, second = recorder.wait_for(2)
        assert dict(first.headers) == dict(second.headers)

    def test_task_for_a_function_that_is_down_waits_for_it(self, stack, tasks):
        port = free_port()
        create_queue(tasks)
        create_task(tasks, f"http://127.0.0.1:{port}/")
        # Long enough for several refused connections.
        time.sleep(0.1)
        [received] = stack.recorder(port=port).wait_for(1)
        assert int(received.headers["X-CloudTasks-TaskRetryCount"]) >= 2
        assert received.headers["X-CloudTasks-TaskExecutionCount"] == "0"

    def test_held_queue_dispatches_a_burst_and_then_its_rate(self, stack, tasks):
        recorder = stack.recorder()
        create_queue(tasks, rate_limits={"max_dispatches_per_second": 20})
        assert tasks.pause_queue(name=QUEUE).state == tasks_v2.Queue.State.PAUSED
        for _ in range(50):
            create_task(tasks, recorder.url)
        assert not recorder.received
        burst = tasks.resume_queue(name=QUEUE).rate_limits.max_burst_size
        times = [received.at for received in recorder.wait_for(50)]
        assert burst == 40
        # Ten tasks beyond the burst, at 20 a second; a little less than 0.5 s for jitter.
        assert times[-1] - times[0] > 0.45

    @pytest.mark.parametrize("status", [429, 503])
    def test_throttling_answer_stops_the_whole_queue_for_retry_after(self, stack, tasks, status):
        throttled = Reply(status=status, headers={"Retry-After": "1"})
        recorder = stack.recorder(lambda earlier: Reply() if earlier else throttled)
        create_queue(tasks)
        create_task(tasks, recorder.url)
        recorder.wait_for(1)
        # Longer than the answer takes.
        time.sleep(0.1)
        create_task(tasks, recorder.url)
        refused, *others = recorder.wait_for(3)
        assert all(received.at - refused.at >= 1 for received in others)
