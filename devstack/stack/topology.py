"""The queue, topics and subscriptions of the stack, made with Google's own clients."""

from contextlib import closing

import grpc
from google.api_core.exceptions import AlreadyExists
from google.cloud.tasks_v2 import CloudTasksClient, Queue, RateLimits, RetryConfig
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport
from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1 import (
    PublisherClient,
    PushConfig,
    RetryPolicy,
    SubscriberClient,
    Subscription,
)
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from devstack.stack.deployment import (
    INBOUND_TOPIC,
    LOCATION,
    MAX_CONCURRENT_DISPATCHES,
    PROJECT,
    TOPICS,
    Addresses,
)

ACK_DEADLINE_SECONDS = 120
FOREVER = -1


def create_queue(at: Addresses, name: str, rate: float) -> None:
    """Create a sender's queue, or change its rate if it exists."""
    with closing(grpc.insecure_channel(f"127.0.0.1:{at.tasks}")) as channel:
        client = CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
        queue = Queue(
            name=client.queue_path(PROJECT, LOCATION, name),
            rate_limits=RateLimits(
                max_dispatches_per_second=rate, max_concurrent_dispatches=MAX_CONCURRENT_DISPATCHES
            ),
            retry_config=RetryConfig(
                max_attempts=FOREVER,
                min_backoff=Duration(seconds=1),
                max_backoff=Duration(seconds=60),
                max_doublings=6,
            ),
        )
        try:
            client.create_queue(parent=f"projects/{PROJECT}/locations/{LOCATION}", queue=queue)
        except AlreadyExists:
            client.update_queue(queue=queue)


def create_topics(at: Addresses) -> None:
    """Create the topics, and a push subscription for each worker; nobody here takes replies."""
    with closing(grpc.insecure_channel(f"127.0.0.1:{at.pubsub}")) as channel:
        publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        for topic, target in TOPICS.items():
            publisher.create_topic(name=publisher.topic_path(PROJECT, topic))
            subscriber.create_subscription(
                request=_subscription(topic, PushConfig(push_endpoint=at.url(target)))
            )
        publisher.create_topic(name=publisher.topic_path(PROJECT, INBOUND_TOPIC))


def _subscription(topic: str, push: PushConfig) -> Subscription:
    return Subscription(
        name=f"projects/{PROJECT}/subscriptions/{topic}",
        topic=f"projects/{PROJECT}/topics/{topic}",
        push_config=push,
        ack_deadline_seconds=ACK_DEADLINE_SECONDS,
        retry_policy=RetryPolicy(
            minimum_backoff=Duration(seconds=1), maximum_backoff=Duration(seconds=60)
        ),
    )
