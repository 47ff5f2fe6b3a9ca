"""The Cloud Tasks emulator, seen through Google's own clients."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

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
from google.cloud.tasks_v2.services.cloud_tasks.transports import (
    CloudTasksGrpcAsyncIOTransport,
    CloudTasksGrpcTransport,
)
from grpc import aio

from devstack.background import in_background
from devstack.google import Chaos, CloudTasksEmulator
from devstack.google.delivery import Answer, Request, Surroundings, deliver
from devstack.google.pacing import Backoff, Pace, RetryPolicy, Tombstones
from devstack.google.recorder import Recorder, Reply
from devstack.ports import free_port

LOCATION = "projects/demo/locations/us-central1"
QUEUE = f"{LOCATION}/queues/sender-1"
DAY = 24 * 3600
FAST_RETRIES = {"min_backoff": {"nanos": 10_000_000}, "max_backoff": {"nanos": 10_000_000}}
# A port nobody listens on: these tests are about what is accepted, not about what is sent.
NOWHERE = "http://127.0.0.1:9/"


class Stack:
    """Starts emulators and recorders on demand; everything ends with the test."""

    def __init__(self, exits: ExitStack) -> None:
        self._exits = exits

    def tasks(self, **settings: object) -> tasks_v2.CloudTasksClient:
        emulator = self._exits.enter_context(in_background(CloudTasksEmulator(**settings)))
        channel = self._exits.enter_context(grpc.insecure_channel(emulator.address))
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


def create_queue(tasks, name=QUEUE, **settings):
    return tasks.create_queue(parent=LOCATION, queue={"name": name, **settings})


def paused_queue(tasks):
    create_queue(tasks)
    return tasks.pause_queue(name=QUEUE)


def create_task(tasks, url, task_id="", **settings):
    task = {"http_request": {"url": url}, **settings}
    if task_id:
        task["name"] = f"{QUEUE}/tasks/{task_id}"
    return tasks.create_task(parent=QUEUE, task=task)


def task_ids(tasks):
    return [task.name.rpartition("/")[2] for task in tasks.list_tasks(parent=QUEUE)]


def wait_until_empty(tasks):
    deadline = time.monotonic() + 10
    while task_ids(tasks):
        assert time.monotonic() < deadline, "the queue did not empty"
        time.sleep(0.005)


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

    @pytest.mark.parametrize(
        ("max_attempts", "max_duration", "attempts", "elapsed", "exhausted"),
        [
            (3, None, 2, 1e6, False),
            (3, None, 3, 0, True),
            (3, 60, 3, 59, False),  # attempts used up, time not
            (3, 60, 2, 61, False),  # time used up, attempts not
            (3, 60, 3, 60, True),
            (None, 60, 1, 60, True),
            (None, None, 10_000, 1e6, False),
        ],
    )
    def test_retrying_ends_when_every_given_bound_is_reached(
        self, max_attempts, max_duration, attempts, elapsed, exhausted
    ):
        backoff = Backoff(minimum=1, maximum=1, doublings=0)
        policy = RetryPolicy(backoff=backoff, max_attempts=max_attempts, max_duration=max_duration)
        assert policy.exhausted(attempts=attempts, elapsed=elapsed) is exhausted

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

    @pytest.mark.parametrize(
        ("header", "pause"),
        [
            ("", 0),
            ("7", 7),
            ("Thu, 01 Jan 1970 00:01:40 GMT", 40),
            ("Thu, 01 Jan 1970 00:00:10 GMT", 0),  # already past
            ("soon", 0),
        ],
    )
    def test_retry_after_is_read_as_seconds_or_date(self, header, pause):
        assert Answer(status=429, retry_after=header).pause(now=60) == pause


class TestQueues:
    def test_new_queue_shows_what_google_picks_for_it(self, tasks):
        queue = create_queue(tasks)
        assert queue.state == tasks_v2.Queue.State.RUNNING
        assert queue.rate_limits.max_dispatches_per_second == 500
        assert queue.rate_limits.max_concurrent_dispatches == 1000
        assert queue.rate_limits.max_burst_size >= 500
        assert queue.retry_config.max_attempts == 100
        assert queue.retry_config.min_backoff.total_seconds() == 0.1
        assert tasks.get_queue(name=QUEUE) == queue

    def test_queues_are_listed_per_location_and_page(self, tasks):
        names = [f"{LOCATION}/queues/q{number}" for number in range(5)]
        for name in names:
            create_queue(tasks, name)
        request = {"parent": LOCATION, "page_size": 2}
        assert [queue.name for queue in tasks.list_queues(request=request)] == names
        assert not list(tasks.list_queues(parent="projects/demo/locations/europe-west1"))

    @pytest.mark.parametrize(
        "settings",
        [
            {"name": f"{LOCATION}/queues/{'q' * 101}"},
            {"name": f"{LOCATION}/queues/under_score"},
            {"name": "projects/demo/locations/europe-west1/queues/elsewhere"},
            {"rate_limits": {"max_dispatches_per_second": 501}},
            {"rate_limits": {"max_concurrent_dispatches": 5001}},
            {"retry_config": {"max_attempts": -2}},
        ],
    )
    def test_queue_outside_the_limits_is_refused(self, tasks, settings):
        with pytest.raises(InvalidArgument):
            create_queue(tasks, **settings)

    def test_existing_queue_is_not_created_again(self, tasks):
        create_queue(tasks)
        with pytest.raises(AlreadyExists):
            create_queue(tasks)

    def test_update_changes_only_what_its_mask_names(self, tasks):
        create_queue(tasks)
        queue = {
            "name": QUEUE,
            "rate_limits": {"max_dispatches_per_second": 70},
            "retry_config": {"max_attempts": 5},
        }
        mask = {"paths": ["rate_limits.max_dispatches_per_second"]}
        updated = tasks.update_queue(queue=queue, update_mask=mask)
        assert updated.rate_limits.max_dispatches_per_second == 70
        assert updated.rate_limits.max_concurrent_dispatches == 1000
        assert updated.rate_limits.max_burst_size == 140
        assert updated.retry_config.max_attempts == 100
        with pytest.raises(InvalidArgument):
            tasks.update_queue(queue=queue, update_mask={"paths": ["state"]})

    def test_update_creates_a_missing_queue(self, tasks):
        assert tasks.update_queue(queue={"name": QUEUE}).name == QUEUE
        assert tasks.get_queue(name=QUEUE).name == QUEUE

    @pytest.mark.parametrize(
        "call", ["get_queue", "pause_queue", "resume_queue", "purge_queue", "delete_queue"]
    )
    def test_unknown_queue_is_not_found(self, tasks, call):
        with pytest.raises(NotFound):
            getattr(tasks, call)(name=QUEUE)

    def test_deleted_queue_is_gone_with_its_tasks(self, tasks):
        paused_queue(tasks)
        create_task(tasks, NOWHERE, "one")
        tasks.delete_queue(name=QUEUE)
        with pytest.raises(NotFound):
            tasks.get_task(name=f"{QUEUE}/tasks/one")


class TestAcceptance:
    @pytest.mark.parametrize(
        "task",
        [
            {"name": f"{QUEUE}/tasks/{'t' * 501}", "http_request": {"url": NOWHERE}},
            {"name": f"{QUEUE}/tasks/with.dot", "http_request": {"url": NOWHERE}},
            {"name": f"{LOCATION}/queues/other/tasks/one", "http_request": {"url": NOWHERE}},
            {"http_request": {"url": "ftp://127.0.0.1/"}},
            {"http_request": {"url": "https://example.com/" + "x" * 2083}},
            {"http_request": {"url": NOWHERE, "http_method": "GET", "body": b"x"}},
            {"http_request": {"url": NOWHERE, "body": b"x" * 100 * 1024}},
            {"http_request": {"url": NOWHERE}, "dispatch_deadline": {"seconds": 14}},
            {"http_request": {"url": NOWHERE}, "dispatch_deadline": {"seconds": 1801}},
            {
                "http_request": {"url": NOWHERE},
                "schedule_time": {"seconds": int(time.time()) + 31 * DAY},
            },
        ],
    )
    def test_task_outside_the_limits_is_refused(self, tasks, task):
        paused_queue(tasks)
        with pytest.raises(InvalidArgument):
            tasks.create_task(parent=QUEUE, task=task)
        assert not task_ids(tasks)

    @pytest.mark.parametrize(
        "task",
        [
            {"app_engine_http_request": {"relative_uri": "/"}},
            {
                "http_request": {
                    "url": NOWHERE,
                    "oauth_token": {"service_account_email": "x@example.com"},
                }
            },
        ],
    )
    def test_unsupported_kind_of_task_is_refused_not_ignored(self, tasks, task):
        paused_queue(tasks)
        with pytest.raises(MethodNotImplemented):
            tasks.create_task(parent=QUEUE, task=task)

    def test_task_for_an_unknown_queue_is_not_found(self, tasks):
        with pytest.raises(NotFound):
            create_task(tasks, NOWHERE)

    def test_unnamed_tasks_get_names_of_their_own(self, tasks):
        paused_queue(tasks)
        names = {create_task(tasks, NOWHERE).name for _ in range(3)}
        assert len(names) == 3
        assert {name.rpartition("/")[0] for name in names} == {f"{QUEUE}/tasks"}

    def test_body_is_shown_in_the_full_view_only(self, tasks):
        paused_queue(tasks)
        task = {"name": f"{QUEUE}/tasks/one", "http_request": {"url": NOWHERE, "body": b"secret"}}
        assert tasks.create_task(parent=QUEUE, task=task).http_request.body == b""
        assert tasks.get_task(name=task["name"]).http_request.body == b""
        full = tasks.get_task(request={"name": task["name"], "response_view": "FULL"})
        assert full.http_request.body == b"secret"

    def test_tasks_are_listed_page_by_page(self, tasks):
        paused_queue(tasks)
        for number in range(5):
            create_task(tasks, NOWHERE, f"t{number}")
        listed = tasks.list_tasks(request={"parent": QUEUE, "page_size": 2})
        assert [task.name[-2:] for task in listed] == ["t0", "t1", "t2", "t3", "t4"]
        with pytest.raises(InvalidArgument):
            tasks.list_tasks(request={"parent": QUEUE, "page_token": "made-up"})

    def test_name_of_a_live_task_is_taken(self, tasks):
        paused_queue(tasks)
        create_task(tasks, NOWHERE, "one")
        with pytest.raises(AlreadyExists):
            create_task(tasks, NOWHERE, "one")

    def test_name_of_a_deleted_task_stays_taken(self, tasks):
        paused_queue(tasks)
        name = create_task(tasks, NOWHERE, "one").name
        tasks.delete_task(name=name)
        assert not task_ids(tasks)
        with pytest.raises(NotFound):
            tasks.delete_task(name=name)
        with pytest.raises(AlreadyExists):
            create_task(tasks, NOWHERE, "one")

    def test_name_of_a_finished_task_stays_taken_for_a_while(self, stack):
        now = [1_800_000_000.0]
        tasks = stack.tasks(clock=lambda: now[0], tombstone_seconds=600)
        recorder = stack.recorder()
        create_queue(tasks)
        create_task(tasks, recorder.url, "one")
        recorder.wait_for(1)
        wait_until_empty(tasks)
        with pytest.raises(AlreadyExists):
            create_task(tasks, recorder.url, "one")
        now[0] += 600
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
        task = {"name": f"{QUEUE}/tasks/one", "http_request": request}
        created = tasks.create_task(parent=QUEUE, task=task)
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

    def test_content_type_is_left_to_the_caller(self, stack, tasks):
        recorder = stack.recorder()
        create_queue(tasks)
        create_task(tasks, recorder.url)
        [received] = recorder.wait_for(1)
        assert "Content-Type" not in received.headers

    @pytest.mark.parametrize(
        ("audience", "expected"), [("https://run.app", "https://run.app"), ("", "URL")]
    )
    def test_oidc_token_names_account_and_audience(self, stack, tasks, audience, expected):
        recorder = stack.recorder()
        create_queue(tasks)
        oidc = {"service_account_email": "tasks@demo.iam.gserviceaccount.com"} | (
            {"audience": audience} if audience else {}
        )
        request = {"url": recorder.url, "oidc_token": oidc}
        tasks.create_task(parent=QUEUE, task={"http_request": request})
        [received] = recorder.wait_for(1)
        scheme, _, token = received.headers["Authorization"].partition(" ")
        claims = jwt.decode(token, options={"verify_signature": False})
        assert scheme == "Bearer"
        assert claims["email"] == "tasks@demo.iam.gserviceaccount.com"
        assert claims["aud"] == expected.replace("URL", recorder.url)

    @pytest.mark.parametrize("status", [200, 201, 204, 299])
    def test_any_2xx_ends_the_task(self, stack, tasks, status):
        recorder = stack.recorder(lambda _: Reply(status=status))
        create_queue(tasks, retry_config=FAST_RETRIES)
        create_task(tasks, recorder.url)
        wait_until_empty(tasks)
        assert len(recorder.received) == 1

    @pytest.mark.parametrize("status", [301, 400, 404, 500])
    def test_any_other_answer_is_retried(self, stack, tasks, status):
        recorder = stack.recorder(lambda earlier: Reply(status=200 if earlier else status))
        create_queue(tasks, retry_config=FAST_RETRIES)
        create_task(tasks, recorder.url)
        wait_until_empty(tasks)
        assert len(recorder.received) == 2

    def test_redirect_is_not_followed(self, stack, tasks):
        elsewhere = stack.recorder()
        moved = Reply(status=302, headers={"Location": elsewhere.url})
        recorder = stack.recorder(lambda _: moved)
        create_queue(tasks, retry_config=FAST_RETRIES | {"max_attempts": 2})
        create_task(tasks, recorder.url)
        wait_until_empty(tasks)
        assert (len(recorder.received), len(elsewhere.received)) == (2, 0)

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
        backoff = {"min_backoff": {"nanos": 100_000_000}, "max_doublings": 4}
        create_queue(tasks, retry_config=backoff)
        create_task(tasks, recorder.url)
        first, second, third = recorder.wait_for(3)
        assert second.at - first.at >= 0.1
        assert third.at - second.at >= 0.2

    def test_task_vanishes_after_its_last_attempt(self, stack, tasks):
        recorder = stack.recorder(lambda _: Reply(status=500))
        create_queue(tasks, retry_config=FAST_RETRIES | {"max_attempts": 3})
        create_task(tasks, recorder.url)
        wait_until_empty(tasks)
        assert len(recorder.received) == 3

    def test_unlimited_attempts_go_on_until_one_succeeds(self, stack, tasks):
        recorder = stack.recorder(lambda earlier: Reply(status=500 if earlier < 5 else 200))
        create_queue(tasks, retry_config=FAST_RETRIES | {"max_attempts": -1})
        create_task(tasks, recorder.url)
        wait_until_empty(tasks)
        assert len(recorder.received) == 6

    def test_retry_rule_of_a_task_overrides_its_queue(self, stack, tasks):
        recorder = stack.recorder(lambda _: Reply(status=500))
        create_queue(tasks, retry_config={"min_backoff": {"seconds": 60}, "max_attempts": 9})
        create_task(tasks, recorder.url, retry_config=FAST_RETRIES | {"max_attempts": 2})
        wait_until_empty(tasks)
        assert len(recorder.received) == 2

    def test_task_for_a_function_that_is_down_waits_for_it(self, stack, tasks):
        port = free_port()
        create_queue(tasks, retry_config=FAST_RETRIES)
        name = create_task(tasks, f"http://127.0.0.1:{port}/").name
        deadline = time.monotonic() + 10
        while tasks.get_task(name=name).dispatch_count < 2:
            assert time.monotonic() < deadline, "the task was not retried"
        [received] = stack.recorder(port=port).wait_for(1)
        assert int(received.headers["X-CloudTasks-TaskRetryCount"]) >= 2
        assert received.headers["X-CloudTasks-TaskExecutionCount"] == "0"

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

    def test_queue_dispatches_a_burst_and_then_its_rate(self, stack, tasks):
        recorder = stack.recorder()
        create_queue(tasks, rate_limits={"max_dispatches_per_second": 20})
        tasks.pause_queue(name=QUEUE)
        for _ in range(50):
            create_task(tasks, recorder.url)
        burst = tasks.resume_queue(name=QUEUE).rate_limits.max_burst_size
        times = [received.at for received in recorder.wait_for(50)]
        assert burst == 40
        # Ten tasks beyond the burst, at 20 a second; a little less than 0.5 s for jitter.
        assert times[-1] - times[0] > 0.45

    def test_no_more_than_the_allowed_number_is_in_flight(self, stack, tasks):
        recorder = stack.recorder(lambda _: Reply(after=0.03))
        create_queue(tasks, rate_limits={"max_concurrent_dispatches": 3})
        for _ in range(12):
            create_task(tasks, recorder.url)
        recorder.wait_for(12)
        assert recorder.most_at_once == 3

    @pytest.mark.parametrize("status", [429, 503])
    def test_throttling_answer_stops_the_whole_queue_for_retry_after(self, stack, tasks, status):
        throttled = Reply(status=status, headers={"Retry-After": "1"})
        recorder = stack.recorder(lambda earlier: Reply() if earlier else throttled)
        create_queue(tasks, retry_config=FAST_RETRIES)
        first = create_task(tasks, recorder.url).name
        deadline = time.monotonic() + 10
        while not tasks.get_task(name=first).response_count:
            assert time.monotonic() < deadline, "no answer came"
        create_task(tasks, recorder.url)
        refused, *others = recorder.wait_for(3)
        assert all(received.at - refused.at >= 1 for received in others)

    def test_paused_queue_keeps_its_tasks_until_resumed(self, stack, tasks):
        recorder = stack.recorder()
        create_queue(tasks)
        assert tasks.pause_queue(name=QUEUE).state == tasks_v2.Queue.State.PAUSED
        create_task(tasks, recorder.url, "one")
        assert task_ids(tasks) == ["one"]
        assert not recorder.received
        assert tasks.resume_queue(name=QUEUE).state == tasks_v2.Queue.State.RUNNING
        recorder.wait_for(1)

    def test_task_deleted_in_flight_is_not_retried(self, stack, tasks):
        recorder = stack.recorder(lambda _: Reply(status=500, after=0.1))
        create_queue(tasks, retry_config=FAST_RETRIES)
        name = create_task(tasks, recorder.url).name
        recorder.wait_for(1)
        tasks.delete_task(name=name)
        # Longer than the answer and its backoff: an unwanted retry would have come by now.
        time.sleep(0.2)
        assert len(recorder.received) == 1

    def test_purged_and_deleted_tasks_are_never_sent(self, stack, tasks):
        recorder = stack.recorder()
        paused_queue(tasks)
        create_task(tasks, recorder.url, "purged")
        assert tasks.purge_queue(name=QUEUE).purge_time
        create_task(tasks, recorder.url, "deleted")
        tasks.delete_task(name=f"{QUEUE}/tasks/deleted")
        create_task(tasks, recorder.url, "kept")
        tasks.resume_queue(name=QUEUE)
        wait_until_empty(tasks)
        names = [received.headers["X-CloudTasks-TaskName"] for received in recorder.received]
        assert names == ["kept"]

    def test_chaos_delivers_a_task_twice(self, stack):
        tasks, recorder = stack.tasks(chaos=Chaos(duplicate_share=1.0)), stack.recorder()
        create_queue(tasks)
        create_task(tasks, recorder.url, "one")
        first, second = recorder.wait_for(2)
        assert dict(first.headers) == dict(second.headers)

    def test_asynchronous_client_creates_tasks_on_the_same_loop(self):
        async def create_all():
            async with (
                CloudTasksEmulator() as emulator,
                Recorder() as recorder,
                aio.insecure_channel(emulator.address) as channel,
            ):
                transport = CloudTasksGrpcAsyncIOTransport(channel=channel)
                tasks = tasks_v2.CloudTasksAsyncClient(transport=transport)
                await tasks.create_queue(parent=LOCATION, queue={"name": QUEUE})
                task = {"http_request": {"url": recorder.url}}
                creating = [tasks.create_task(parent=QUEUE, task=task) for _ in range(100)]
                names = {created.name for created in await asyncio.gather(*creating)}
                await asyncio.to_thread(recorder.wait_for, 100)
                return names

        assert len(asyncio.run(create_all())) == 100
