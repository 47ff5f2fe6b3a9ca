"""The round of the minute keeps going."""

import io
import json
import logging
from uuid import UUID

import pytest

from shared.config import SweepSettings
from shared.errors import Unavailable
from shared.logs import LOGGER_NAME, JsonFormatter
from shared.messages import Shard
from shared.services.sweep import Sweeper

SHARD = Shard(job_id=UUID(int=1), from_position=1, to_position=500)
SETTINGS = SweepSettings(stale_after_seconds=300, lost_after_seconds=900)


HEAD = {"campaign_id": str(UUID(int=2)), "seq": 7, "hash": "0123456789abcdef" * 4}


class Settled:
    """A database that does its round, but cannot tell how things stand."""

    def __init__(self, unsealable=0, undecided=0):
        self._unsealable = unsealable
        self.undecided = undecided

    def sweep(self, _stale_after_seconds, _lost_after_seconds):
        return {"expired": 2, "unsealable": self._unsealable, "audit_heads": [HEAD]}

    def resolve_opt_outs(self):
        return 1

    def due_shards(self):
        return []

    def health(self):
        raise Unavailable("store_unavailable")

    def audit_messages(self, limit):
        written = min(limit, self.undecided)
        self.undecided -= written
        return written


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
    expected = {"expired": 2, "unsealable": 0, "opt_outs": 1, "shards": 0, "audited": 0}
    assert (reply.status, reply.body) == (200, expected)


@pytest.mark.parametrize("unsealable", [0, 1])
def test_heads_of_the_audit_log_leave_by_the_log_whole(unsealable):
    written = io.StringIO()
    logger = logging.Logger(LOGGER_NAME)  # noqa: LOG001 - nobody else should find it
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    Sweeper(Settled(unsealable), Announcements(), "fan-out", SETTINGS, logger).sweep()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    head = {"severity": "INFO", "message": "sweep", "event": "audit_head"} | HEAD
    assert lines[0] == head
    warned = [line["count"] for line in lines if line.get("event") == "audit_unsealable"]
    assert warned == [unsealable] * unsealable


@pytest.mark.parametrize(("undecided", "left"), [(12_000, 0), (60_000, 10_000)])
def test_round_logs_what_was_decided_as_far_as_it_can_be_sealed_in_one(undecided, left):
    database = Settled(undecided=undecided)
    sweeper = Sweeper(database, Announcements(), "fan-out", SETTINGS, logging.getLogger("test"))
    assert sweeper.sweep().body["audited"] == undecided - left
    assert database.undecided == left
