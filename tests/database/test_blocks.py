"""A failure stops its sender or its token, nothing else, and ends by itself."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.campaign import WABA, Campaign, call, phone
from tests.campaign_queue import deliver, due, lease, message, message_to, sender, sweep
from tests.database.transactions import miscounted, overlap

REASON = "Meta limitó este número."


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(6)


@pytest.fixture
def job(campaign):
    return campaign.create_job()["job_id"]


def block(campaign, job, n=0, answer="answer"):
    return deliver(campaign, message_to(campaign, job, n), answer, error_message=REASON)


def cool_down(campaign):
    return campaign.with_sender(blocked_until=datetime.now(UTC) - timedelta(seconds=1))


def claiming(message_id):
    claim = {"p_message_id": message_id, "p_claim_id": uuid4()}
    return lambda db: call(db, "public.wa_claim_message", **claim)


def test_block_stops_its_sender_and_no_other(campaign, job):
    other = Campaign.create(campaign.dsn).with_voters(1)
    theirs = other.create_job()["job_id"]

    assert block(campaign, job) == "queued"

    assert (sender(campaign)["state"], sender(campaign)["state_reason"]) == ("blocked", REASON)
    assert campaign.claim(message_to(campaign, job, 1))["decision"] == "deferred"
    assert campaign.job(job)["status"] == "processing"
    assert other.claim(message_to(other, theirs, 0))["decision"] == "send"


def test_refused_token_stops_all_its_senders_and_no_others(campaign, job):
    same = Campaign.create(campaign.dsn).with_voters(1)
    other = Campaign.create(campaign.dsn).with_voters(1).with_sender(credential="other")
    jobs = {c.id: c.create_job()["job_id"] for c in (same, other)}

    block(campaign, job, answer="credentials")

    assert [sender(c)["state"] for c in (campaign, same, other)] == ["blocked", "blocked", "ok"]
    assert same.claim(message_to(same, jobs[same.id], 0))["decision"] == "deferred"
    assert other.claim(message_to(other, jobs[other.id], 0))["decision"] == "send"


def test_task_of_a_blocked_sender_burns_nothing(campaign, job):
    lease(campaign, job)
    block(campaign, job)
    waiting = message_to(campaign, job, 1)
    before = message(campaign, waiting)

    assert campaign.claim(waiting) == {"message_id": str(waiting), "decision": "deferred"}

    after = message(campaign, waiting)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"enqueued_at", "task_generation"}
    assert (after["status"], after["attempts"], after["enqueued_at"]) == ("queued", 0, None)
    assert not campaign.rows("select from public.wa_recent_contacts")
    assert due(campaign) == []
    assert lease(campaign, job) == []


@pytest.mark.parametrize("answer", ["accepted", "answer"])
def test_answer_to_a_message_from_before_the_block_says_nothing(campaign, job, answer):
    early = message_to(campaign, job, 1)
    campaign.claim(early)
    block(campaign, job)
    before = sender(campaign)

    campaign.record(early, answer)

    assert sender(campaign) == before | {"next_slot_at": sender(campaign)["next_slot_at"]}


def test_answer_to_a_message_from_before_the_release_blocks_nothing(campaign, job):
    early = message_to(campaign, job, 1)
    campaign.claim(early)
    block(campaign, job)
    deliver(cool_down(campaign), message_to(campaign, job, 2))

    campaign.record(early, "answer", error_message=REASON)

    assert sender(campaign)["state"] == "ok"


def test_each_refused_probe_doubles_the_cool_down_up_to_six_hours(campaign, job):
    block(campaign, job)
    lengths = [sender(campaign)["cooldown_seconds"]]
    for _ in range(6):
        block(cool_down(campaign), job)
        lengths.append(sender(campaign)["cooldown_seconds"])

    assert lengths == [900, 1800, 3600, 7200, 14400, 21600, 21600]
    until = sender(campaign)["blocked_until"] - datetime.now(UTC)
    assert timedelta(hours=5, minutes=55) < until <= timedelta(hours=6)


@pytest.mark.parametrize(("healthy_minutes", "length"), [(59, 7200), (61, 900)])
def test_cool_down_starts_over_after_an_hour_of_health(campaign, job, healthy_minutes, length):
    since = datetime.now(UTC) - timedelta(minutes=healthy_minutes)
    campaign.with_sender(state_changed_at=since, cooldown_seconds=3600)

    block(campaign, job)

    assert sender(campaign)["cooldown_seconds"] == length


def test_two_claims_at_once_after_the_cool_down_send_one_probe(campaign, job):
    block(campaign, job)
    cool_down(campaign)
    one, other = (message_to(campaign, job, n) for n in (1, 2))

    first, second = overlap(campaign, claiming(one), claiming(other))

    assert (first["decision"], second["decision"]) == ("send", "deferred")
    assert campaign.claim(message_to(campaign, job, 3))["decision"] == "deferred"
    assert message(campaign, other)["attempts"] == 0
    assert [r["phone"] for r in campaign.rows("select phone from public.wa_recent_contacts")] == [
        phone(1)
    ]


def test_accepted_probe_releases_the_sender(campaign, job):
    block(campaign, job)

    assert deliver(cool_down(campaign), message_to(campaign, job, 1)) == "sent"

    released = sender(campaign)
    assert (released["state"], released["state_reason"], released["blocked_until"]) == (
        "ok",
        None,
        None,
    )
    assert due(campaign) == [(1, 500)]
    assert campaign.claim(message_to(campaign, job, 2))["decision"] == "send"


def test_probe_whose_answer_is_lost_makes_way_for_the_next_one(campaign, job):
    block(campaign, job)
    deliver(cool_down(campaign), message_to(campaign, job, 1), "unknown")
    assert campaign.claim(message_to(campaign, job, 2))["decision"] == "deferred"

    assert cool_down(campaign).claim(message_to(campaign, job, 3))["decision"] == "send"


def test_one_row_is_announced_as_a_probe_whatever_the_number_of_jobs(campaign, job):
    campaign.create_job()
    block(campaign, job)
    assert due(campaign) == []

    [(first, last)] = due(cool_down(campaign))

    assert first == last
    [owner] = campaign.rows("select job_id from public.wa_due_shards(500)")
    assert len(lease(campaign, owner["job_id"], first, last)) == 1
    assert lease(campaign, owner["job_id"]) == []  # whole shards wait until it is answered


def test_message_that_must_not_leave_spends_no_probe(campaign, job):
    deliver(campaign, message_to(campaign, job, 1))
    again = campaign.create_job()["job_id"]
    block(campaign, job)
    cool_down(campaign)

    assert campaign.claim(message_to(campaign, again, 1))["reason"] == "contacted_recently"
    assert campaign.claim(message_to(campaign, again, 2))["decision"] == "send"


def test_lost_task_of_a_probe_is_made_again(campaign, job):
    block(campaign, job)
    [(first, last)] = due(cool_down(campaign))
    [probe] = lease(campaign, job, first, last)
    campaign.rows(
        "update public.wa_send_queue set enqueued_at = now() - interval '1 hour',"
        " scheduled_at = now() - interval '1 hour' where id = %s",
        probe,
    )
    campaign.with_sender(next_slot_at=datetime.now(UTC) - timedelta(hours=1))

    assert sweep(campaign)["lost_tasks"] == 1
    assert due(campaign) == [(first, last)]


def test_operators_pause_is_never_probed_and_outlives_answers(campaign, job):
    early = message_to(campaign, job, 1)
    campaign.claim(early)
    cool_down(campaign.with_sender(state="paused", state_reason="Vacaciones"))

    assert due(campaign) == []
    assert lease(campaign, job, 1, 1) == []
    assert campaign.claim(message_to(campaign, job, 2))["decision"] == "deferred"
    campaign.record(early, "answer", error_message=REASON)
    assert (sender(campaign)["state"], sender(campaign)["state_reason"]) == ("paused", "Vacaciones")


def test_block_of_unknown_length_waits_for_a_person(campaign, job):
    campaign.with_sender(state="blocked")

    assert due(campaign) == []
    assert campaign.claim(message_to(campaign, job, 0))["decision"] == "deferred"
    assert not miscounted(campaign)


def account_event(campaign, **event):
    change = {"waba_id": WABA, "meta_event": "DISABLED_UPDATE", "blocked": True, "reason": REASON}
    change |= {"at": datetime.now(UTC).isoformat()} | event
    campaign.as_service(
        "public.wa_apply_account_changes", p_templates=Jsonb([]), p_accounts=[change]
    )


def test_repeated_account_event_does_not_double_the_cool_down(campaign, job):
    account_event(campaign)
    once = sender(campaign)
    account_event(campaign)
    assert (once["state"], once["cooldown_seconds"]) == ("blocked", 900)
    assert sender(campaign) == once


def test_repeated_account_event_may_extend_the_block(campaign, job):
    account_event(campaign)
    now = datetime.now(UTC)
    until = now + timedelta(days=3)
    account_event(campaign, until=until.isoformat(), at=(now + timedelta(seconds=1)).isoformat())
    assert sender(campaign)["blocked_until"] == until
