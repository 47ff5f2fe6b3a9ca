"""The Pub/Sub emulator: topics and push subscriptions behind the official gRPC interface."""

import itertools
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from google.pubsub_v1 import types

from devstack.google.chaos import Chaos
from devstack.google.delivery import Surroundings
from devstack.google.service import Server, already_exists, invalid, not_found
from devstack.google.subscription import Subscription, check_subscription

MAX_MESSAGES = 1000
MAX_BYTES = 10_000_000
"""For one message and for one request alike (Pub/Sub docs, quotas)."""

_TOPIC_NAME = re.compile(
    r"projects/[a-z][a-z0-9:.-]+/topics/(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}"
)
PublishResponse = types.PublishResponse.pb()


@asynccontextmanager
async def serve_pubsub(
    port: int, *, clock: Callable[[], float] = time.time, chaos: Chaos | None = None
) -> AsyncIterator[None]:
    """Serve the official clients on 127.0.0.1; `clock` gives epoch seconds."""
    pubsub = _PubSub(Surroundings(clock=clock, chaos=chaos or Chaos()))
    server = Server(port)
    server.add(
        "google.pubsub.v1.Publisher",
        {
            "CreateTopic": (types.Topic, pubsub.create_topic),
            "Publish": (types.PublishRequest, pubsub.publish),
        },
    )
    server.add(
        "google.pubsub.v1.Subscriber",
        {
            "CreateSubscription": (types.Subscription, pubsub.create_subscription),
            "DeleteSubscription": (types.DeleteSubscriptionRequest, pubsub.delete_subscription),
        },
    )
    await server.start()
    try:
        yield
    finally:
        await server.stop()
        await pubsub.close()


class _PubSub:
    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._topics: dict[str, Any] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._message_ids = itertools.count(1)

    async def close(self) -> None:
        for subscription in self._subscriptions.values():
            await subscription.close()
        await self._around.session.close()

    async def create_topic(self, topic: Any) -> Any:
        if not _TOPIC_NAME.fullmatch(topic.name):
            raise invalid("Topic.name must be projects/PROJECT/topics/ID, of 3 to 255 characters.")
        if topic.name in self._topics:
            raise already_exists(topic.name)
        self._topics[topic.name] = topic
        return topic

    async def publish(self, request: Any) -> Any:
        if request.topic not in self._topics:
            raise not_found(request.topic)
        if not 0 < len(request.messages) <= MAX_MESSAGES or request.ByteSize() > MAX_BYTES:
            raise invalid("A publish request carries 1 to 1,000 messages and at most 10 MB.")
        if not all(message.data or message.attributes for message in request.messages):
            raise invalid("A message needs data or an attribute.")
        for message in request.messages:
            message.message_id = str(next(self._message_ids))
            message.publish_time.FromMilliseconds(int(self._around.clock() * 1e3))
            for subscription in self._subscriptions.values():
                if subscription.config.topic == request.topic:
                    subscription.accept(message)
        return PublishResponse(message_ids=[message.message_id for message in request.messages])

    async def create_subscription(self, subscription: Any) -> Any:
        if subscription.name in self._subscriptions:
            raise already_exists(subscription.name)
        if subscription.topic not in self._topics:
            raise not_found(subscription.topic)
        check_subscription(subscription)
        self._subscriptions[subscription.name] = Subscription(subscription, self._around)
        return subscription

    async def delete_subscription(self, request: Any) -> None:
        if request.subscription not in self._subscriptions:
            raise not_found(request.subscription)
        await self._subscriptions.pop(request.subscription).close()
