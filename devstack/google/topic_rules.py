"""What Pub/Sub accepts: names, messages and subscriptions (Pub/Sub docs, quotas; API reference)."""

import re
from typing import Any

from devstack.google.service import invalid, unimplemented

MAX_MESSAGES = 1000
MAX_BYTES = 10_000_000
"""For one message and for one request alike."""
MAX_ATTRIBUTES = 100
ACK_DEADLINE_SECONDS = (10, 600)
DELIVERY_ATTEMPTS = (5, 100)
LONGEST_BACKOFF = 600
DEFAULT_MIN_BACKOFF = 10

_NAME = r"projects/[a-z][a-z0-9:.-]+/{}/(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{{2,254}}"
_TOPIC_NAME = re.compile(_NAME.format("topics"))
_SUBSCRIPTION_NAME = re.compile(_NAME.format("subscriptions"))

_REFUSED_FLAGS = ("filter", "enable_message_ordering", "enable_exactly_once_delivery")
_REFUSED_TARGETS = ("bigquery_config", "bigtable_config", "cloud_storage_config")


def check_topic(topic: Any) -> None:
    """Raise INVALID_ARGUMENT unless the topic's name is well-formed."""
    if not _TOPIC_NAME.fullmatch(topic.name):
        raise invalid("Topic.name must be projects/PROJECT/topics/ID, ID of 3 to 255 characters.")


def check_publish(request: Any) -> None:
    """Raise INVALID_ARGUMENT unless the messages are within Pub/Sub's limits."""
    if not 0 < len(request.messages) <= MAX_MESSAGES:
        raise invalid("A publish request carries 1 to 1,000 messages.")
    if request.ByteSize() > MAX_BYTES:
        raise invalid("A publish request is at most 10 MB.")
    for message in request.messages:
        if not message.data and not message.attributes:
            raise invalid("A message needs data or an attribute.")
        if len(message.attributes) > MAX_ATTRIBUTES:
            raise invalid("A message has at most 100 attributes.")


def complete_subscription(subscription: Any) -> None:
    """Check a new subscription and fill in Pub/Sub's defaults, in place.

    Raises INVALID_ARGUMENT for a value out of range, UNIMPLEMENTED for a setting that would
    change deliveries in a way the emulator does not have.
    """
    if not _SUBSCRIPTION_NAME.fullmatch(subscription.name):
        raise invalid("Subscription.name must be projects/PROJECT/subscriptions/ID.")
    _refuse_unsupported(subscription)
    shortest, longest = ACK_DEADLINE_SECONDS
    subscription.ack_deadline_seconds = subscription.ack_deadline_seconds or shortest
    if not shortest <= subscription.ack_deadline_seconds <= longest:
        raise invalid("ack_deadline_seconds must be between 10 and 600.")
    _complete_retry(subscription)
    _complete_dead_letters(subscription)


def _refuse_unsupported(subscription: Any) -> None:
    for flag in _REFUSED_FLAGS:
        if getattr(subscription, flag):
            raise unimplemented(flag)
    for target in _REFUSED_TARGETS:
        if subscription.HasField(target):
            raise unimplemented(target)
    if subscription.push_config.HasField("no_wrapper"):
        raise unimplemented("unwrapped pushes")


def _complete_retry(subscription: Any) -> None:
    if not subscription.HasField("retry_policy"):
        return
    policy = subscription.retry_policy
    if not policy.HasField("minimum_backoff"):
        policy.minimum_backoff.FromSeconds(DEFAULT_MIN_BACKOFF)
    if not policy.HasField("maximum_backoff"):
        policy.maximum_backoff.FromSeconds(LONGEST_BACKOFF)
    least, most = policy.minimum_backoff.ToSeconds(), policy.maximum_backoff.ToSeconds()
    if not 0 <= least <= most <= LONGEST_BACKOFF:
        raise invalid("Backoffs must be between 0 and 600 seconds, the minimum not above.")


def _complete_dead_letters(subscription: Any) -> None:
    if not subscription.HasField("dead_letter_policy"):
        return
    policy = subscription.dead_letter_policy
    fewest, most = DELIVERY_ATTEMPTS
    policy.max_delivery_attempts = policy.max_delivery_attempts or fewest
    if not fewest <= policy.max_delivery_attempts <= most:
        raise invalid("max_delivery_attempts must be between 5 and 100.")
