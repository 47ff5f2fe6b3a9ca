"""What Pub/Sub does not take is told, so that whoever called calls again."""

import pytest

from devstack.background import in_background
from devstack.google import serve_pubsub
from devstack.ports import free_port
from shared.adapters.pubsub import Publisher
from shared.errors import Unavailable


def test_message_that_no_topic_takes_is_told():
    port = free_port()
    with in_background(serve_pubsub(port)), pytest.raises(Unavailable) as caught:
        Publisher(f"127.0.0.1:{port}").publish("projects/demo/topics/none", [b"{}"])
    assert (caught.value.code, caught.value.status) == ("pubsub_unavailable", 503)
