"""The Pub/Sub emulator, seen through Google's own clients."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime

import grpc
import jwt
import pytest
from google.api_core.exceptions import (
    AlreadyExists,
    InvalidArgument,
    MethodNotImplemented,
    NotFound,
)
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from devstack.background import in_background
from devstack.google import Chaos, serve_pubsub
from devstack.ports import free_port
from tests.devstack.recorder import Recorder, Reply

PROJECT = "projects/demo"
TOPIC = f"{PROJECT}/topics/wa-events"
OTHER_TOPIC = f"{PROJECT}/topics/wa-other"
PUSH = f"{PROJECT}/subscriptions/apply-events"
NOWHERE = "http://127.0.0.1:9/"
FAST_RETRIES = {
    "minimum_backoff": {"nanos": 10_000_000},
    "maximum_backoff": {"nanos": 10_000_000},
}


class PubSub:
    """One emulator with its clients and the topic that the tests publish to."""

    def __init__(self, exits: ExitStack, **settings: object) -> None:
        self._exits = exits
        port = free_port()
        exits.enter_context(in_background(serve_pubsub(port, **settings)))
        channel = exits.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}"))
        self.publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        self.subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        self.publisher.create_topic(name=TOPIC)

    def recorder(
        self, answer: Callable[[int], Reply] = lambda _: Reply(), **where: int
    ) -> Recorder:
        return self._exits.enter_context(in_background(Recorder(answer, **where)))

    def subscribe(self, name=PUSH, url=NOWHERE, topic=TOPIC, **settings):
        request = {"name": name, "topic": topic, "push_config": {"push_endpoint": url}}
        usual = {"ack_deadline_seconds": 10, "retry_policy": FAST_RETRIES}
        return self.subscriber.create_subscription(request=request | usual | settings)

    def publish(self, *bodies: bytes, **attributes: str) -> list[str]:
        messages = [{"data": body, "attributes": attributes} for body in bodies]
        return list(self.publisher.publish(topic=TOPIC, messages=messages).message_ids)


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


class TestResources:
    def test_names_are_given_once(self, pubsub):
        with pytest.raises(AlreadyExists):
            pubsub.publisher.create_topic(name=TOPIC)
        pubsub.subscribe()
        with pytest.raises(AlreadyExists):
            pubsub.subscribe()
        with pytest.raises(NotFound):
            pubsub.subscribe("other", topic=OTHER_TOPIC)

    def test_deleted_subscription_receives_nothing(self, pubsub):
        recorder = pubsub.recorder()
        pubsub.subscribe(PUSH, recorder.url)
        pubsub.subscriber.delete_subscription(subscription=PUSH)
        pubsub.publish(b"x")
        # Longer than a push takes.
        time.sleep(0.1)
        assert not recorder.received
        with pytest.raises(NotFound):
            pubsub.subscriber.delete_subscription(subscription=PUSH)

    @pytest.mark.parametrize("name", ["wa", "goog-events", "1-events", "wa events", "x" * 256])
    def test_malformed_topic_name_is_refused(self, pubsub, name):
        with pytest.raises(InvalidArgument):
            pubsub.publisher.create_topic(name=f"{PROJECT}/topics/{name}")

    @pytest.mark.parametrize(
        "settings",
        [
            {"ack_deadline_seconds": 9},
            {"ack_deadline_seconds": 601},
            {"retry_policy": {"minimum_backoff": {"seconds": 601}}},
            {"retry_policy": FAST_RETRIES | {"minimum_backoff": {"seconds": 1}}},
        ],
    )
    def test_subscription_outside_the_limits_is_refused(self, pubsub, settings):
        with pytest.raises(InvalidArgument):
            pubsub.subscribe(**settings)

    @pytest.mark.parametrize(
        "settings",
        [
            {"dead_letter_policy": {"dead_letter_topic": TOPIC, "max_delivery_attempts": 5}},
            {"push_config": {}},
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


class TestPublish:
    def test_each_message_gets_its_own_id(self, pubsub):
        assert len(set(pubsub.publish(*[b"x"] * 1000))) == 1000

    def test_unknown_topic_is_not_found(self, pubsub):
        with pytest.raises(NotFound):
            pubsub.publisher.publish(topic=OTHER_TOPIC, messages=[{"data": b"x"}])

    @pytest.mark.parametrize(
        "messages",
        [
            [],
            [{}],
            [{"data": b"x"}] * 1001,
            [{"data": b"x" * 10_000_000}],
        ],
    )
    def test_messages_outside_the_limits_are_refused(self, pubsub, messages):
        with pytest.raises(InvalidArgument):
            pubsub.publisher.publish(topic=TOPIC, messages=messages)


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

    def test_refused_push_is_repeated_after_growing_waits(self, pubsub):
        recorder = pubsub.recorder(lambda earlier: Reply(status=500 if earlier < 3 else 200))
        backoff = {"minimum_backoff": {"nanos": 100_000_000}}
        backoff["maximum_backoff"] = {"nanos": 200_000_000}
        pubsub.subscribe(PUSH, recorder.url, retry_policy=backoff)
        pubsub.publish(b"x")
        first, second, third, fourth = (received.at for received in recorder.wait_for(4))
        assert second - first >= 0.1
        assert min(third - second, fourth - third) >= 0.2

    def test_message_waits_for_an_endpoint_that_is_down(self, pubsub):
        port = free_port()
        pubsub.subscribe(PUSH, f"http://127.0.0.1:{port}/", retry_policy=FAST_RETRIES)
        pubsub.publish(b"kept")
        # Long enough for several refused connections.
        time.sleep(0.1)
        assert bodies(pubsub.recorder(port=port).wait_for(1)) == [b"kept"]

    def test_chaos_repeats_messages(self, exits):
        pubsub = PubSub(exits, chaos=Chaos(duplicate_share=1.0))
        recorder = pubsub.recorder()
        pubsub.subscribe(PUSH, recorder.url)
        [message_id] = pubsub.publish(b"x")
        ids = [envelope(received)["message"]["messageId"] for received in recorder.wait_for(2)]
        assert ids == [message_id, message_id]

    def test_chaos_shuffles_messages_without_losing_any(self, exits):
        pubsub = PubSub(exits, chaos=Chaos(reorder_share=0.5))
        recorder = pubsub.recorder()
        pubsub.subscribe(PUSH, recorder.url)
        sent = [f"{number:02}".encode() for number in range(20)]
        pubsub.publish(*sent)
        received = bodies(recorder.wait_for(20))
        assert sorted(received) == sent
        assert received != sent


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
            variables = os.environ | {"PUBSUB_EMULATOR_HOST": f"127.0.0.1:{pubsub_port}"}
            publisher = [sys.executable, "-c", HIGH_LEVEL_PUBLISHER]
            published = subprocess.run(publisher, env=variables, capture_output=True, check=True)
        finally:
            emulators.send_signal(signal.SIGTERM)
        _, complaints = emulators.communicate(timeout=20)
    assert published.stdout.strip() == b"1"
    assert (emulators.returncode, complaints) == (0, b"")
