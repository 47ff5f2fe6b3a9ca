"""The round of the minute keeps going."""

import logging
from uuid import UUID

import pytest

from shared.config import SweepSettings
from shared.errors import Unavailable
from shared.queue import Shard
from shared.services.sweep import Sweeper

SHARD = Shard(job_id=UUID(int=1), from_position=1, to_position=500)
SETTINGS = SweepSettings(stale_after_seconds=300, lost_after_seconds=900)


class Settled:
    """A database that does its round, but cannot tell how things stand."""

    def sweep(self, _stale_after_seconds, _lost_after_seconds):
        return {"expired": 2}

    def resolve_opt_outs(self):
        return 1

    def due_shards(self):
        return []

    def health(self):
        raise Unavailable("store_unavailable")


class DueShardsOnly:
    """A database that cannot settle, but can tell what is due."""

    def sweep(self, _stale_after_seconds, _lost_after_seconds):
        raise Unavailable("store_unavailable")

    def due_shards(self):
        return [SHARD]


class Announcements(list):
    def publish_json(self, topic, values):
        self.extend((topic, value) for value in values)


def test_what_is_due_is_announced_even_if_settling_fails():
    announced = Announcements()
    sweeper = Sweeper(DueShardsOnly(), announced, "fan-out", SETTINGS, logging.getLogger("test"))
    with pytest.raises(Unavailable):
        sweeper.sweep()
    assert announced == [("fan-out", SHARD.as_json())]


def test_round_is_done_though_nobody_knows_how_things_stand():
    sweeper = Sweeper(Settled(), Announcements(), "fan-out", SETTINGS, logging.getLogger("test"))
    reply = sweeper.sweep()
    assert (reply.status, reply.body) == (200, {"expired": 2, "opt_outs": 1, "shards": 0})
