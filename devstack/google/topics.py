"""The Pub/Sub emulator: topics and subscriptions behind the official gRPC interface."""

import itertools
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import grpc
from google.pubsub_v1 import types

from devstack.google.backlog import Held
from devstack.google.chaos import Chaos
from devstack.google.delivery import Surroundings
from devstack.google.service import Methods, RpcError, Server, already_exists, not_found, page
from devstack.google.subscription import Subscription
from devstack.google.topic_rules import check_publish, check_topic, complete_subscription

MAX_OUTSTANDING = 100
LARGEST_PAGE = 1000
PULL_PATIENCE = 2.0
"""Google waits "a bounded amount of time" for a first message (Pub/Sub reference, Pull)."""
DELETED_TOPIC = "_deleted-topic_"
DEAD_LETTER = "CloudPubSubDeadLetterSource"
"""Prefix of the attributes a dead letter carries (Pub/Sub docs, Dead-letter topics)."""

PublishResponse = types.PublishResponse.pb()
PullResponse = types.PullResponse.pb()
PubsubMessage = types.PubsubMessage.pb()
ListTopicsResponse = types.ListTopicsResponse.pb()
ListSubscriptionsResponse = types.ListSubscriptionsResponse.pb()


class PubSubEmulator:
    """`async with PubSubEmulator() as pubsub:` serves the official clients at `pubsub.address`.

    `clock` gives epoch seconds; `max_outstanding` bounds the pushes in flight per subscription;
    `pull_patience` is how many seconds a Pull waits for a first message.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        clock: Callable[[], float] = time.time,
        chaos: Chaos | None = None,
        max_outstanding: int = MAX_OUTSTANDING,
        pull_patience: float = PULL_PATIENCE,
    ) -> None:
        self._port, self._clock = port, clock
        self._chaos = chaos or Chaos()
        self._max_outstanding, self._pull_patience = max_outstanding, pull_patience
        self._topics: dict[str, Any] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._message_ids = itertools.count(1)
        self._around: Surroundings
        self._server: Server

    async def __aenter__(self) -> Self:
        self._around = Surroundings(clock=self._clock, chaos=self._chaos)
        self._server = Server(self._port)
        self._server.add("google.pubsub.v1.Publisher", self._publisher())
        self._server.add("google.pubsub.v1.Subscriber", self._subscriber())
        await self._server.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._server.stop()
        for subscription in self._subscriptions.values():
            await subscription.close()
        await self._around.session.close()

    @property
    def address(self) -> str:
        """Host and port of the running server, as PUBSUB_EMULATOR_HOST wants it."""
        return f"127.0.0.1:{self._server.port}"

    def _publisher(self) -> Methods:
        return {
            "CreateTopic": (types.Topic, self._create_topic),
            "GetTopic": (types.GetTopicRequest, self._get_topic),
            "ListTopics": (types.ListTopicsRequest, self._list_topics),
            "DeleteTopic": (types.DeleteTopicRequest, self._delete_topic),
            "Publish": (types.PublishRequest, self._publish),
        }

    def _subscriber(self) -> Methods:
        return {
            "CreateSubscription": (types.Subscription, self._create_subscription),
            "GetSubscription": (types.GetSubscriptionRequest, self._get_subscription),
            "ListSubscriptions": (types.ListSubscriptionsRequest, self._list_subscriptions),
            "DeleteSubscription": (types.DeleteSubscriptionRequest, self._delete_subscription),
            "Pull": (types.PullRequest, self._pull),
            "Acknowledge": (types.AcknowledgeRequest, self._acknowledge),
            "ModifyAckDeadline": (types.ModifyAckDeadlineRequest, self._modify_ack_deadline),
        }

    def _topic(self, name: str) -> Any:
        if name not in self._topics:
            raise not_found(name)
        return self._topics[name]

    def _subscription(self, name: str) -> Subscription:
        if name not in self._subscriptions:
            raise not_found(name)
        return self._subscriptions[name]

    async def _create_topic(self, topic: Any) -> Any:
        check_topic(topic)
        if topic.name in self._topics:
            raise already_exists(topic.name)
        self._topics[topic.name] = topic
        return topic

    async def _get_topic(self, request: Any) -> Any:
        return self._topic(request.topic)

    async def _list_topics(self, request: Any) -> Any:
        prefix = f"{request.project}/topics/"
        topics = [topic for name, topic in self._topics.items() if name.startswith(prefix)]
        listed, token = page(topics, request, LARGEST_PAGE)
        return ListTopicsResponse(topics=listed, next_page_token=token)

    async def _delete_topic(self, request: Any) -> None:
        self._topic(request.topic)
        del self._topics[request.topic]
        for subscription in self._subscriptions.values():
            if subscription.config.topic == request.topic:
                subscription.config.topic = DELETED_TOPIC

    async def _publish(self, request: Any) -> Any:
        self._topic(request.topic)
        check_publish(request)
        for message in request.messages:
            message.message_id = str(next(self._message_ids))
            message.publish_time.FromMilliseconds(int(self._clock() * 1e3))
            self._fan_out(request.topic, message)
        return PublishResponse(message_ids=[message.message_id for message in request.messages])

    def _fan_out(self, topic: str, message: Any) -> None:
        for subscription in self._subscriptions.values():
            if subscription.config.topic == topic:
                subscription.accept(message)

    def _bury(self, config: Any, held: Held) -> None:
        """Forward a message to the dead-letter topic, marked with where it comes from."""
        _, project, _, subscription = config.name.split("/")
        letter = PubsubMessage(data=held.message.data, attributes=held.message.attributes)
        letter.attributes[f"{DEAD_LETTER}DeliveryCount"] = str(held.attempts)
        letter.attributes[f"{DEAD_LETTER}Subscription"] = subscription
        letter.attributes[f"{DEAD_LETTER}SubscriptionProject"] = project
        letter.attributes[f"{DEAD_LETTER}TopicPublishTime"] = (
            held.message.publish_time.ToJsonString()
        )
        letter.message_id = str(next(self._message_ids))
        letter.publish_time.FromMilliseconds(int(self._clock() * 1e3))
        self._fan_out(config.dead_letter_policy.dead_letter_topic, letter)

    async def _create_subscription(self, subscription: Any) -> Any:
        if subscription.name in self._subscriptions:
            raise already_exists(subscription.name)
        self._topic(subscription.topic)
        complete_subscription(subscription)
        if subscription.HasField("dead_letter_policy"):
            self._topic(subscription.dead_letter_policy.dead_letter_topic)
        self._subscriptions[subscription.name] = Subscription(
            subscription,
            self._around,
            bury=self._bury,
            max_outstanding=self._max_outstanding,
        )
        return subscription

    async def _get_subscription(self, request: Any) -> Any:
        return self._subscription(request.subscription).config

    async def _list_subscriptions(self, request: Any) -> Any:
        prefix = f"{request.project}/subscriptions/"
        names = sorted(name for name in self._subscriptions if name.startswith(prefix))
        names_of_page, token = page(names, request, LARGEST_PAGE)
        listed = [self._subscriptions[name].config for name in names_of_page]
        return ListSubscriptionsResponse(subscriptions=listed, next_page_token=token)

    async def _delete_subscription(self, request: Any) -> None:
        subscription = self._subscription(request.subscription)
        del self._subscriptions[request.subscription]
        await subscription.close()

    async def _pull(self, request: Any) -> Any:
        patience = 0.0 if request.return_immediately else self._pull_patience
        subscription = self._subscription(request.subscription)
        if subscription.pushes:
            raise RpcError(grpc.StatusCode.FAILED_PRECONDITION, "This subscription pushes.")
        received = await subscription.pull(request.max_messages, patience=patience)
        return PullResponse(received_messages=received)

    async def _acknowledge(self, request: Any) -> None:
        subscription = self._subscription(request.subscription)
        for lease in request.ack_ids:
            subscription.acknowledge(lease)

    async def _modify_ack_deadline(self, request: Any) -> None:
        subscription = self._subscription(request.subscription)
        for lease in request.ack_ids:
            subscription.modify_deadline(lease, request.ack_deadline_seconds)
