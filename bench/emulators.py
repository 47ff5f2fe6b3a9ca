"""Holds the local Cloud Tasks and Pub/Sub back, with Google's own clients."""

from contextlib import closing

import grpc
from google.cloud.tasks_v2 import CloudTasksClient
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport
from google.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from devstack.stack.deployment import LOCATION, PROJECT, QUEUE, Addresses


def pause_queue(at: Addresses) -> None:
    """Keep the tasks that are created from being dispatched."""
    with closing(grpc.insecure_channel(f"127.0.0.1:{at.tasks}")) as channel:
        client = CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
        client.pause_queue(name=client.queue_path(PROJECT, LOCATION, QUEUE))


def unsubscribe(at: Addresses, topic: str) -> None:
    """Let what is published to a topic reach nobody from now on."""
    with closing(grpc.insecure_channel(f"127.0.0.1:{at.pubsub}")) as channel:
        client = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        client.delete_subscription(subscription=f"projects/{PROJECT}/subscriptions/{topic}")
