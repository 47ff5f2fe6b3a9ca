"""The Pub/Sub emulator, seen through Google's own clients."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime

import grpc
import jwt
import pytest
from google.api_core.exceptions import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    MethodNotImplemented,
    NotFound,
)
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from devstack.background import in_background
from devstack.google import Chaos, PubSubEmulator
from devstack.google.backlog import Backlog
from devstack.google.pacing import Backoff
from devstack.google.recorder import Recorder, Reply
from devstack.ports import free_port

PROJECT = "projects/demo"
TOPIC = f"{PROJECT}/topics/wa-events"
DEAD_TOPIC = f"{PROJECT}/topics/wa-dead"
PUSH = f"{PROJECT}/subscriptions/apply-events"
PULL = f"{PROJECT}/subscriptions/wa-inbound"
DEAD = f"{PROJECT}/subscriptions/wa-dead"
FAST_RETRIES = {
    "minimum_backoff": {"nanos": 10_000_000},
    "maximum_backoff": {"nanos": 10_000_000},
}

# Long enough for any message that is ready, short for the tests that expect none.
PATIENCE = {"pull_patience": 0.1}


class PubSub:
    """One emulator with its clients and the topic that the tests publish to."""

    def __init__(self, exits: ExitStack, **settings: object) -> None:
        self._exits = exits
        emulator = exits.enter_context(in_background(PubSubEmulator(**PATIENCE | settings)))
        channel = exits.enter_context(grpc.insecure_channel(emulator.address))
        self.publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        self.subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        self.publisher.create_topic(name=TOPIC)

    def recorder(
        self, answer: Callable[[int], Reply] = lambda _: Reply(), **where: int
    ) -> Recorder:
        return self._exits.enter_context(in_background(Recorder(answer, **where)))

    def subscribe(self, name=PULL, url="", topic=TOPIC, **settings):
        push = {"push_config": {"push_endpoint": url}} if url else {}
        request = {"name": name, "topic": topic, **push, **settings}
        return self.subscriber.create_subscription(request=request)

    def publish(self, *bodies: bytes, **attributes: str) -> list[str]:
        messages = [{"data": body, "attributes": attributes} for body in bodies]
        return list(self.publisher.publish(topic=TOPIC, messages=messages).message_ids)

    def pull(self, name=PULL, limit=10):
        request = {"subscription": name, "max_messages": limit}
        return list(self.subscriber.pull(request=request).received_messages)


@pytest.fixture
def exits() -> Iterator[ExitStack]:
    with ExitStack() as exits:
        yield exits


@pytest.fixture
def pubsub(exits):
    return PubSub(exits)


def envelope(received):
    return json.loads(received.body)


def bodies(requests):
    return [base64.b64decode(envelope(received)["message"]["data"]) for received in requests]


class TestBacklog:
    def backlog(self, *, lease=None, max_attempts=None, buried=None):
        return Backlog(
            backoff=Backoff(minimum=1, maximum=4, doublings=60),
            lease_seconds=lease,
            max_attempts=max_attempts,
            bury=(buried if buried is not None else []).append,
        )

    def test_refused_message_returns_after_doubling_waits(self):
        backlog, now, waits = self.backlog(), 0.0, []
        backlog.add("message", at=0)
        for _ in range(5):
            backlog.nack(backlog.take(now).lease, now)
            waits.append(backlog.wait(now))
            now += waits[-1]
        assert waits == [1, 2, 4, 4, 4]

    def test_acknowledged_message_never_returns(self):
        backlog = self.backlog(lease=10)
        backlog.add("message", at=0)
        backlog.ack(backlog.take(0).lease)
        assert backlog.wait(0) == float("inf")
        assert backlog.take(1e9) is None

    def test_message_returns_when_its_lease_runs_out(self):
        backlog = self.backlog(lease=10)
        backlog.add("message", at=0)
        first = backlog.take(0).lease
        assert backlog.take(9.9) is None
        assert backlog.take(10) is None  # nacked now, ready after its first backoff
        again = backlog.take(11)
        assert (again.message, again.attempts) == ("message", 2)
        backlog.ack(first)  # too late: the message is out again
        assert backlog.take(30) is None
        assert backlog.wait(30) == 2

    def test_extended_lease_holds_until_its_new_end(self):
        backlog = self.backlog(lease=10)
        backlog.add("message", at=0)
        backlog.extend(backlog.take(0).lease, until=60)
        assert backlog.wait(0) == 60
        backlog.take(60)
        assert backlog.take(61).attempts == 2

    def test_message_is_buried_after_its_last_attempt(self):
        buried = []
        backlog = self.backlog(max_attempts=2, buried=buried)
        backlog.add("message", at=0)
        backlog.nack(backlog.take(0).lease, 0)
        assert not buried
        backlog.nack(backlog.take(1).lease, 1)
        assert [held.attempts for held in buried] == [2]
        assert backlog.take(1e9) is None

    def test_messages_leave_in_the_order_they_became_ready(self):
        backlog = self.backlog()
        for message, at in (("late", 2), ("first", 0), ("second", 0)):
            backlog.add(message, at=at)
        assert [backlog.take(1).message for _ in range(2)] == ["first", "second"]
        assert backlog.take(1) is None
        assert backlog.take(2).message == "late"


class TestResources:
    def test_topics_are_created_once_listed_and_deleted(self, pubsub):
        publisher = pubsub.publisher
        publisher.create_topic(name=DEAD_TOPIC)
        request = {"project": PROJECT, "page_size": 1}
        assert [topic.name for topic in publisher.list_topics(request=request)] == [
            TOPIC,
            DEAD_TOPIC,
        ]
        with pytest.raises(AlreadyExists):
            publisher.create_topic(name=TOPIC)
        publisher.delete_topic(topic=TOPIC)
        for call in (publisher.get_topic, publisher.delete_topic):
            with pytest.raises(NotFound):
                call(topic=TOPIC)

    def test_subscriptions_are_created_once_listed_and_deleted(self, pubsub):
        created = pubsub.subscribe()
        assert created.ack_deadline_seconds == 10
        assert pubsub.subscriber.get_subscription(subscription=PULL) == created
        assert list(pubsub.subscriber.list_subscriptions(project=PROJECT)) == [created]
        with pytest.raises(AlreadyExists):
            pubsub.subscribe()
        pubsub.subscriber.delete_subscription(subscription=PULL)
        for call in (pubsub.subscriber.get_subscription, pubsub.subscriber.delete_subscription):
            with pytest.raises(NotFound):
                call(subscription=PULL)

    def test_subscription_outlives_its_topic(self, pubsub):
        pubsub.subscribe()
        pubsub.publish(b"before")
        pubsub.publisher.delete_topic(topic=TOPIC)
        assert pubsub.subscriber.get_subscription(subscription=PULL).topic == "_deleted-topic_"
        assert [received.message.data for received in pubsub.pull()] == [b"before"]

    @pytest.mark.parametrize("name", ["wa", "goog-events", "1-events", "wa events", "x" * 256])
    def test_malformed_topic_name_is_refused(self, pubsub, name):
        with pytest.raises(InvalidArgument):
            pubsub.publisher.create_topic(name=f"{PROJECT}/topics/{name}")

    @pytest.mark.parametrize(
        "settings",
        [
            {"name": f"{PROJECT}/subscriptions/x"},
            {"ack_deadline_seconds": 9},
            {"ack_deadline_seconds": 601},
            {"retry_policy": {"minimum_backoff": {"seconds": 601}}},
            {"retry_policy": {"maximum_backoff": {"seconds": 1}}},  # below the default minimum
            {"dead_letter_policy": {"dead_letter_topic": TOPIC, "max_delivery_attempts": 4}},
            {"dead_letter_policy": {"dead_letter_topic": TOPIC, "max_delivery_attempts": 101}},
        ],
    )
    def test_subscription_outside_the_limits_is_refused(self, pubsub, settings):
        with pytest.raises(InvalidArgument):
            pubsub.subscribe(**settings)

    @pytest.mark.parametrize(
        "settings",
        [
            {"filter": 'attributes.kind = "reply"'},
            {"enable_message_ordering": True},
            {"enable_exactly_once_delivery": True},
            {"bigquery_config": {"table": "demo.set.table"}},
            {"push_config": {"push_endpoint": "http://127.0.0.1:9/", "no_wrapper": {}}},
        ],
    )
    def test_unsupported_setting_is_refused_not_ignored(self, pubsub, settings):
        with pytest.raises(MethodNotImplemented):
            pubsub.subscribe(**settings)

    @pytest.mark.parametrize(
        "settings",
        [{"topic": DEAD_TOPIC}, {"dead_letter_policy": {"dead_letter_topic": DEAD_TOPIC}}],
    )
    def test_subscription_to_an_unknown_topic_is_not_found(self, pubsub, settings):
        with pytest.raises(NotFound):
            pubsub.subscribe(**settings)


class TestPublish:
    def test_each_message_gets_its_own_id(self, pubsub):
        assert len(set(pubsub.publish(*[b"x"] * 1000))) == 1000

    def test_unknown_topic_is_not_found(self, pubsub):
        with pytest.raises(NotFound):
            pubsub.publisher.publish(topic=DEAD_TOPIC, messages=[{"data": b"x"}])

    @pytest.mark.parametrize(
        "messages",
        [
            [],
            [{}],
            [{"data": b"x"}] * 1001,
            [{"data": b"x" * 10_000_000}],
            [{"attributes": {f"k{number}": "v" for number in range(101)}}],
        ],
    )
    def test_messages_outside_the_limits_are_refused(self, pubsub, messages):
        with pytest.raises(InvalidArgument):
            pubsub.publisher.publish(topic=TOPIC, messages=messages)

    def test_nine_megabytes_are_accepted(self, pubsub):
        assert pubsub.publish(b"x" * 9_000_000)


class TestPush:
    def test_message_arrives_in_googles_envelope(self, pubsub):
        recorder = pubsub.recorder()
        pubsub.subscribe(PUSH, recorder.url)
        [message_id] = pubsub.publish(b'{"shard": 1}', kind="shard")
        [received] = recorder.wait_for(1)
        assert received.method == "POST"
        assert received.headers["Content-Type"] == "application/json"
        body = envelope(received)
        published = body["message"]["publishTime"]
        assert datetime.fromisoformat(published).utcoffset().total_seconds() == 0
        assert body == {
            "message": {
                "attributes": {"kind": "shard"},
                "data": base64.b64encode(b'{"shard": 1}').decode(),
                "messageId": message_id,
                "message_id": message_id,
                "publishTime": published,
                "publish_time": published,
            },
            "subscription": PUSH,
        }

    def test_oidc_token_names_account_and_audience(self, pubsub):
        recorder = pubsub.recorder()
        oidc = {"service_account_email": "push@demo.iam", "audience": "https://run.app"}
        push = {"push_endpoint": recorder.url, "oidc_token": oidc}
        pubsub.subscribe(PUSH, push_config=push)
        pubsub.publish(b"x")
        [received] = recorder.wait_for(1)
        token = received.headers["Authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["email"], claims["aud"]) == ("push@demo.iam", "https://run.app")

    def test_every_subscription_receives_every_message(self, pubsub):
        recorder = pubsub.recorder()
        pubsub.subscribe(PUSH, recorder.url)
        pubsub.subscribe(PULL)
        pubsub.publish(b"one", b"two")
        assert sorted(bodies(recorder.wait_for(2))) == [b"one", b"two"]
        assert [received.message.data for received in pubsub.pull()] == [b"one", b"two"]

    @pytest.mark.parametrize(
        ("status", "deliveries"),
        [(200, 1), (201, 1), (202, 1), (204, 1), (203, 2), (301, 2), (400, 2), (500, 2)],
    )
    def test_only_some_answers_acknowledge(self, pubsub, status, deliveries):
        recorder = pubsub.recorder(lambda earlier: Reply(status=200 if earlier else status))
        pubsub.subscribe(PUSH, recorder.url, retry_policy=FAST_RETRIES)
        pubsub.publish(b"x")
        recorder.wait_for(deliveries)
        # Longer than the backoff: an unwanted second delivery would have come by now.
        time.sleep(0.1)
        assert len(recorder.received) == deliveries

    @pytest.mark.parametrize(
        ("settings", "waits"),
        [
            ({}, [0.1, 0.2]),
            (
                {
                    "retry_policy": {
                        "minimum_backoff": {"nanos": 150_000_000},
                        "maximum_backoff": {"nanos": 200_000_000},
                    }
                },
                [0.15, 0.2],
            ),
        ],
    )
    def test_refused_push_is_repeated_after_growing_waits(self, pubsub, settings, waits):
        recorder = pubsub.recorder(lambda earlier: Reply(status=500 if earlier < 2 else 200))
        pubsub.subscribe(PUSH, recorder.url, **settings)
        pubsub.publish(b"x")
        first, second, third = recorder.wait_for(3)
        assert second.at - first.at >= waits[0]
        assert third.at - second.at >= waits[1]

    def test_message_waits_for_an_endpoint_that_is_down(self, pubsub):
        port = free_port()
        pubsub.subscribe(PUSH, f"http://127.0.0.1:{port}/", retry_policy=FAST_RETRIES)
        pubsub.publish(b"kept")
        # Long enough for several refused connections.
        time.sleep(0.1)
        assert bodies(pubsub.recorder(port=port).wait_for(1)) == [b"kept"]

    def test_message_nobody_accepts_ends_in_the_dead_letter_topic(self, exits):
        pubsub = PubSub(exits, pull_patience=10.0)
        recorder = pubsub.recorder(lambda _: Reply(status=500))
        pubsub.publisher.create_topic(name=DEAD_TOPIC)
        pubsub.subscribe(DEAD, topic=DEAD_TOPIC)
        dead_letters = {"dead_letter_topic": DEAD_TOPIC, "max_delivery_attempts": 5}
        pubsub.subscribe(
            PUSH, recorder.url, retry_policy=FAST_RETRIES, dead_letter_policy=dead_letters
        )
        pubsub.publish(b"poison", kind="shard")
        attempts = [envelope(received)["deliveryAttempt"] for received in recorder.wait_for(5)]
        assert attempts == [1, 2, 3, 4, 5]
        [dead] = pubsub.pull(DEAD)
        attributes = dict(dead.message.attributes)
        published = attributes.pop("CloudPubSubDeadLetterSourceTopicPublishTime")
        assert datetime.fromisoformat(published)
        assert dead.message.data == b"poison"
        assert attributes == {
            "kind": "shard",
            "CloudPubSubDeadLetterSourceDeliveryCount": "5",
            "CloudPubSubDeadLetterSourceSubscription": "apply-events",
            "CloudPubSubDeadLetterSourceSubscriptionProject": "demo",
        }
        assert len(recorder.received) == 5

    def test_no_more_than_the_allowed_number_is_outstanding(self, exits):
        pubsub = PubSub(exits, max_outstanding=3)
        recorder = pubsub.recorder(lambda _: Reply(after=0.03))
        pubsub.subscribe(PUSH, recorder.url)
        pubsub.publish(*[b"x"] * 12)
        recorder.wait_for(12)
        assert recorder.most_at_once == 3

    def test_chaos_repeats_messages(self, exits):
        pubsub = PubSub(exits, chaos=Chaos(duplicate_share=1.0))
        recorder = pubsub.recorder()
        pubsub.subscribe(PUSH, recorder.url)
        [message_id] = pubsub.publish(b"x")
        ids = [envelope(received)["message"]["messageId"] for received in recorder.wait_for(2)]
        assert ids == [message_id, message_id]

    def test_chaos_shuffles_messages_without_losing_any(self, exits):
        pubsub = PubSub(exits, chaos=Chaos(reorder_share=0.5), max_outstanding=1)
        recorder = pubsub.recorder()
        pubsub.subscribe(PUSH, recorder.url)
        sent = [f"{number:02}".encode() for number in range(20)]
        pubsub.publish(*sent)
        received = bodies(recorder.wait_for(20))
        assert sorted(received) == sent
        assert received != sent


class TestPull:
    def test_pulled_message_carries_all_it_was_published_with(self, pubsub):
        pubsub.subscribe()
        [message_id] = pubsub.publish(b"hola", kind="reply")
        [received] = pubsub.pull()
        message = received.message
        assert (message.data, dict(message.attributes)) == (b"hola", {"kind": "reply"})
        assert message.message_id == message_id
        assert received.delivery_attempt == 0

    def test_acknowledged_message_does_not_return(self, exits):
        now = [1_800_000_000.0]
        pubsub = PubSub(exits, clock=lambda: now[0])
        pubsub.subscribe()
        pubsub.publish(b"one", b"two")
        first, _ = pubsub.pull()
        pubsub.subscriber.acknowledge(subscription=PULL, ack_ids=[first.ack_id])
        assert pubsub.pull() == []
        now[0] += 10
        assert [received.message.data for received in pubsub.pull()] == [b"two"]

    def test_returned_message_is_ready_at_once(self, pubsub):
        pubsub.subscribe()
        pubsub.publish(b"x")
        [received] = pubsub.pull()
        request = {
            "subscription": PULL,
            "ack_ids": [received.ack_id],
            "ack_deadline_seconds": 0,
        }
        pubsub.subscriber.modify_ack_deadline(request=request)
        assert [again.message.data for again in pubsub.pull()] == [b"x"]

    def test_extended_deadline_keeps_a_message_away(self, exits):
        now = [1_800_000_000.0]
        pubsub = PubSub(exits, clock=lambda: now[0])
        pubsub.subscribe()
        pubsub.publish(b"x")
        [received] = pubsub.pull()
        request = {
            "subscription": PULL,
            "ack_ids": [received.ack_id],
            "ack_deadline_seconds": 60,
        }
        pubsub.subscriber.modify_ack_deadline(request=request)
        now[0] += 59
        assert pubsub.pull() == []
        now[0] += 1
        assert len(pubsub.pull()) == 1

    def test_push_subscription_cannot_be_pulled_from(self, pubsub):
        pubsub.subscribe(PUSH, "http://127.0.0.1:9/")
        with pytest.raises(FailedPrecondition):
            pubsub.pull(PUSH)

    def test_pull_takes_no_more_than_it_asks_for(self, pubsub):
        pubsub.subscribe()
        pubsub.publish(*[b"x"] * 5)
        assert [len(pubsub.pull(limit=3)) for _ in range(3)] == [3, 2, 0]

    def test_waiting_pull_returns_what_arrives_meanwhile(self, exits):
        pubsub = PubSub(exits, pull_patience=10.0)
        pubsub.subscribe()
        with ThreadPoolExecutor(max_workers=1) as pool:
            request = {"subscription": PULL, "max_messages": 1}
            pull = pool.submit(pubsub.subscriber.pull, request=request)
            pubsub.publish(b"x")
            assert [received.message.data for received in pull.result().received_messages] == [b"x"]


HIGH_LEVEL_PUBLISHER = f"""
from google.cloud import pubsub_v1
publisher = pubsub_v1.PublisherClient()
publisher.create_topic(name="{TOPIC}")
print(publisher.publish("{TOPIC}", b"x").result(timeout=10))
publisher.stop()
"""


def test_process_serves_the_emulator_variable_and_ends_on_sigterm():
    tasks_port, pubsub_port = free_port(), free_port()
    ports = ["--tasks-port", str(tasks_port), "--pubsub-port", str(pubsub_port)]
    command = [sys.executable, "-m", "devstack.google", *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as emulators:
        try:
            greeting = emulators.stdout.readline().decode()
            variables = os.environ | {"PUBSUB_EMULATOR_HOST": f"127.0.0.1:{pubsub_port}"}
            publisher = [sys.executable, "-c", HIGH_LEVEL_PUBLISHER]
            published = subprocess.run(publisher, env=variables, capture_output=True, check=True)
        finally:
            emulators.send_signal(signal.SIGTERM)
        _, complaints = emulators.communicate(timeout=20)
    assert f"127.0.0.1:{tasks_port}" in greeting
    assert published.stdout.strip() == b"1"
    assert (emulators.returncode, complaints) == (0, b"")
