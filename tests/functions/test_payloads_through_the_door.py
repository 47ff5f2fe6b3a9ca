"""Everything that Meta may say, real and broken, through the real door into the database."""

import json
import time
from collections import Counter

import pytest

from tests.broken_payloads import REAL, every_way
from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually
from tests.functions.stage import Stage

# Of the payloads; told apart by nothing else.
WABA, NUMBER, PORTFOLIO = "102290129340398", "106540352242922", "506540352242922"
MESSAGE, TOLD_AT = "3f0c1f9e-2b7d-4c53-9a52-0a1b2c3d4e5f", "1739321024"
TEMPLATE = {"meta_template_name": "promo_v1", "meta_template_id": "1689556908129832"}
AT_ONCE = 500  # updates in one call; Meta sends up to 1,000


@pytest.fixture
def spoken_of(campaign: Campaign):
    """A campaign that the payloads speak of: its account, number, template and message."""
    job = campaign.with_voters(1).hold_tasks().start_job()
    [message] = job.message_ids()
    sql = campaign.stage.sql
    own = f"7{time.time_ns() % 10**14:014d}"
    sql(
        "update public.wa_senders set waba_id = %s, portfolio_id = %s where phone_number_id = %s",
        *(own, own, campaign.phone_number_id),
    )
    sql(
        "update public.wa_templates set meta_template_name = %s, meta_template_id = %s"
        " where id = %s",
        *(*TEMPLATE.values(), campaign.ids.template_id),
    )
    sql(
        "update public.wa_send_queue q"
        " set attempts = 1, claimed_at = now(), sender_id = c.sender_id"
        " from public.communications c where c.job_id = q.job_id and q.id = %s",
        message,
    )
    names = {WABA: own, NUMBER: campaign.phone_number_id, MESSAGE: str(message)}
    return job, names | {TOLD_AT: str(int(time.time()) - 60)}


def about(names, value):
    """Return a payload that speaks of our campaign."""
    text = json.dumps(value)
    for theirs, ours in names.items():
        text = text.replace(theirs, ours)
    return json.loads(text)


def through_the_door(stage: Stage, body):
    """Post a body as Meta does, deliver it as Pub/Sub does, and return what was made of it."""
    taken = stage.notify(json.dumps(body).encode())
    assert taken.status_code == 200, taken.text
    return stage.push("apply_events", body)


def first_culprit(stage: Stage, entries):
    """Name the first entry with which a call fails; the others are let through."""
    ways = list(entries)
    while len(ways) > 1:
        half = ways[: len(ways) // 2]
        fails = stage.push("apply_events", {"entry": [entries[way] for way in half]})
        ways = half if fails.status_code != 200 else ways[len(half) :]
    return ways[0]


class Logs:
    """What the two functions have logged since."""

    def __init__(self, stage: Stage) -> None:
        self._logs = [stage.stack.folder / f"{name}.log" for name in ("webhook", "apply_events")]
        self._sizes = [log.stat().st_size for log in self._logs]

    def lines(self):
        told = (log.read_bytes()[size:] for log, size in zip(self._logs, self._sizes, strict=True))
        return [json.loads(line) for text in told for line in text.splitlines()]

    def calls(self):
        return sum(line["message"] == "events" and "ignored" in line for line in self.lines())

    def errors(self):
        return [line for line in self.lines() if line["severity"] not in ("INFO", "WARNING")]


@pytest.fixture
def logs(stage: Stage):
    """The logs, which hold no error afterwards, and each call as often as it was delivered."""
    return Logs(stage)


def test_every_real_payload_passes(stage: Stage, spoken_of, logs: Logs):
    job, names = spoken_of
    ignored = Counter()
    for name, payload in REAL.items():
        applied = through_the_door(stage, about(names, payload))
        assert applied.status_code == 200, (name, applied.text)
        ignored.update(applied.json()["ignored"])
    assert {"field:astrology", "type:hologram", "error:130429", "status:played"} <= set(ignored)
    template = job.campaign.ids.template_id
    judged = stage.sql(
        "select quality is not null from public.wa_templates where id = %s", template
    )
    assert judged == [(True,)]  # they did speak of it
    eventually(lambda: logs.calls() == 2 * len(REAL))
    assert logs.errors() == []
    assert job.accounted()["target_count"] == 1


def test_payload_broken_anywhere_passes_and_is_counted(stage: Stage, spoken_of, logs: Logs):
    job, names = spoken_of
    entries = {way: about(names, entry) for way, entry in every_way(REAL).items()}
    calls, ignored = 0, Counter()
    for start in range(0, len(entries), AT_ONCE):
        ways = dict(list(entries.items())[start : start + AT_ONCE])
        applied = through_the_door(stage, {"entry": list(ways.values())})
        assert applied.status_code == 200, (first_culprit(stage, ways), applied.text)
        ignored.update(applied.json()["ignored"])
        calls += 1
    assert {"field:hologram", "field:other", "type:hologram", "status:hologram"} <= set(ignored)
    assert {"receipt:no_id", "change:untimed", "messages:empty", "entry:empty"} <= set(ignored)
    eventually(lambda: logs.calls() == 2 * calls)
    assert logs.errors() == []
    assert job.accounted()["target_count"] == 1
