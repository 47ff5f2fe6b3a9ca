"""Pub/Sub: one blocking call per publication.

The client library's own `publish` batches on background threads, which a function that has
answered may never get CPU for again; the generated client underneath sends at once
(https://cloud.google.com/run/docs/tips/general, "Avoid background activity").
"""

import json
from collections.abc import Sequence
from typing import Final

import grpc
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.pubsub_v1 import PublisherClient, PubsubMessage
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from shared.errors import Unavailable

MAX_BATCH: Final = 1_000  # messages in one publish request
TIMEOUT_SECONDS: Final = 10.0


class Publisher:
    """Publishes messages; returns only when Pub/Sub has them."""

    def __init__(self, emulator_host: str = "") -> None:
        """`emulator_host` (host:port) replaces Google's endpoint and its credentials."""
        if emulator_host:
            transport = PublisherGrpcTransport(channel=grpc.insecure_channel(emulator_host))
            self._client = PublisherClient(transport=transport)
        else:
            self._client = PublisherClient()

    def publish(self, topic: str, messages: Sequence[bytes]) -> None:
        """Publish raw messages to a topic's full name.

        Raises:
            Unavailable: Pub/Sub did not take them all; those before the failure may be published.
        """
        try:
            for start in range(0, len(messages), MAX_BATCH):
                batch = [PubsubMessage(data=data) for data in messages[start : start + MAX_BATCH]]
                self._client.publish(topic=topic, messages=batch, timeout=TIMEOUT_SECONDS)
        except (GoogleAPIError, GoogleAuthError) as error:
            raise Unavailable("pubsub_unavailable") from error

    def publish_json(self, topic: str, values: Sequence[object]) -> None:
        """Publish each value as JSON; raises as `publish` does."""
        self.publish(topic, [json.dumps(value, separators=(",", ":")).encode() for value in values])
