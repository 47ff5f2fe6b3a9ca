"""Campaigns that share a number take turns on it, whoever of them filled its queue first.

A task is a turn of its number. Every test here ends with the same books: as many turns as messages,
and nothing that has a task is left without a turn.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.campaign import Campaign
from tests.campaign_queue import deliver_all, due, lease, message


@pytest.fixture
def large(database):
    return Campaign.create(database).with_voters(60)


@pytest.fixture
def small(large):
    return Campaign.create(large.dsn).with_settings(sender_id=large.sender_id).with_voters(5)


def enqueue(campaign: Campaign, key: str = "job-1") -> tuple[str, list[UUID]]:
    job = campaign.create_job(key=key)["job_id"]
    return job, lease(campaign, job)


def take_turns(campaign: Campaign, tasks: list[UUID]) -> Counter[str]:
    """Run these tasks, each once; return how often Meta was asked for whom."""
    claims = [(task, campaign.claim(task)) for task in tasks]
    for _, claim in claims:
        if claim["decision"] == "send":
            campaign.record(claim["message_id"], "accepted", claim["attempt"])
    return Counter(claim["message_id"] for _, claim in claims if claim["decision"] == "send")


def ask_again(campaign: Campaign, task: UUID, claim_id: UUID) -> dict[str, Any]:
    """Claim as a caller that lost the first answer."""
    asked = {"p_message_id": task, "p_claim_id": claim_id, "p_again": True}
    return campaign.as_service("public.wa_claim_message", **asked)


def left_without_task(campaign: Campaign, job: str) -> int:
    """Count the messages that wait for a task which has run already, all tasks being over."""
    waiting = [m for m in campaign.messages(job) if m["status"] == "queued"]
    return sum(m["enqueued_at"] is not None for m in waiting)


def test_small_list_is_sent_among_the_first_of_a_large_one(large, small):
    large_job, ahead = enqueue(large)
    small_job, behind = enqueue(small)
    take_turns(large, ahead[:40])  # all five among forty lots: but for one time in 600,000
    assert small.job(small_job)["sent_count"] == 5
    assert large.job(large_job)["sent_count"] == 35
    take_turns(large, ahead[40:] + behind)
    assert large.job(large_job)["status"] == "completed"


def test_two_large_lists_share_the_number_equally(large):
    other = Campaign.create(large.dsn).with_settings(sender_id=large.sender_id).with_voters(60)
    job, ahead = enqueue(large)
    theirs, behind = enqueue(other)
    asked = take_turns(large, ahead)
    assert 10 < other.job(theirs)["sent_count"] < 50  # of 60 lots
    asked += take_turns(large, behind)
    assert (len(asked), set(asked.values())) == (120, {1})
    assert [c.job(j)["status"] for c, j in ((large, job), (other, theirs))] == ["completed"] * 2


def test_without_others_every_task_sends_its_own_message(large):
    _, tasks = enqueue(large)
    for task in tasks[:10]:
        assert large.claim(task)["message_id"] == str(task)


@pytest.mark.parametrize(
    "change",
    [
        "update public.communications set status = 'paused', paused_by = 'user' where job_id = %s",
        "update public.wa_send_queue set scheduled_at = now() + '1 minute' where job_id = %s",
        "update public.wa_send_queue set enqueued_at = null where job_id = %s",
        "update public.communications set status = 'cancelled' where job_id = %s",
    ],
)
def test_list_that_is_not_on_its_way_takes_no_turn(large, small, change):
    _, ahead = enqueue(large)
    job, _ = enqueue(small)
    small.rows(change, job)
    assert [large.claim(task)["message_id"] for task in ahead[:15]] == list(map(str, ahead[:15]))
    assert small.job(job)["sent_count"] == 0


def test_list_on_another_number_takes_no_turn(large):
    other = Campaign.create(large.dsn).with_voters(5)
    _, ahead = enqueue(large)
    enqueue(other)
    assert [large.claim(task)["message_id"] for task in ahead[:15]] == list(map(str, ahead[:15]))


def test_message_that_lost_its_turn_gets_the_one_that_the_other_has_left(large, small):
    large_job, ahead = enqueue(large)
    small_job, behind = enqueue(small)
    take_turns(large, ahead)  # five of these went to the small list
    assert large.job(large_job)["sent_count"] == 60 - small.job(small_job)["sent_count"]
    take_turns(small, behind)
    assert large.job(large_job)["sent_count"] == 60


def test_nobody_who_is_stopped_is_written_to_on_another_s_turn(large, small):
    job, behind = enqueue(small)
    _, ahead = enqueue(large)
    small.with_opt_out(*(message(small, m)["recipient_phone"] for m in behind))
    take_turns(large, ahead)
    assert small.job(job)["skipped_by_reason"] == {"opted_out": 5}


def test_lost_answer_is_given_again(large, small):
    _, ahead = enqueue(large)
    enqueue(small)
    claim_id, first = uuid4(), {}
    for task in ahead:
        first = large.claim(task, claim_id)
        if first["message_id"] != str(task):
            break
        claim_id = uuid4()
    again = ask_again(large, task, claim_id)
    assert first["decision"] == again["decision"] == "send"
    assert again["message_id"] == first["message_id"] != str(task)
    assert again["attempt"] == first["attempt"] == 1


def test_lost_answer_is_given_again_though_the_message_was_sent_meanwhile(large, small):
    _, ahead = enqueue(large)
    _, behind = enqueue(small)
    claim_id = uuid4()
    while (first := large.claim(ahead[0], claim_id))["message_id"] == str(ahead[0]):
        ahead, claim_id = ahead[1:], uuid4()
    take_turns(small, behind)  # one of these serves the message that lost its turn
    again = ask_again(large, ahead[0], claim_id)
    assert (again["message_id"], again["attempt"]) == (first["message_id"], 1)


def test_paused_list_that_gave_its_turns_away_is_due_when_it_is_resumed(large, small):
    job, ahead = enqueue(large)
    _, behind = enqueue(small)
    take_turns(large, ahead[:40])  # some of these went to the small list
    large.as_member("public.wa_pause_job", p_job_id=job)
    take_turns(large, [*ahead[40:], *behind])
    assert left_without_task(large, job) == 0
    large.as_member("public.wa_resume_job", p_job_id=job)
    assert due(large)


def test_message_that_its_fan_out_has_not_marked_keeps_its_turn(large, small):
    job = large.create_job()["job_id"]
    leased = large.as_service("public.wa_lease_shard", p_job_id=job, p_from=1, p_to=500)
    ahead = [UUID(task["message_id"]) for task in leased["tasks"]]
    _, behind = enqueue(small)
    take_turns(large, ahead[:40])
    take_turns(small, behind)  # before the mark
    large.as_service("public.wa_mark_enqueued", p_tasks=leased["tasks"])
    take_turns(large, ahead[40:])
    assert large.job(job)["sent_count"] == 60


def test_message_that_was_being_sent_when_its_fan_out_marked_it_keeps_its_turn(large):
    """Meta cannot be reached: its task comes back, and no other serves it."""
    job = large.create_job()["job_id"]
    leased = large.as_service("public.wa_lease_shard", p_job_id=job, p_from=1, p_to=500)
    tasks = [UUID(task["message_id"]) for task in leased["tasks"]]
    early = [(task, large.claim(task)["attempt"]) for task in tasks[:2]]
    large.as_service("public.wa_mark_enqueued", p_tasks=leased["tasks"])
    for task, number in early:
        assert large.record(task, "throttled", number) == "queued"
    assert take_turns(large, tasks).total() == len(tasks)
    assert large.job(job)["sent_count"] == 60


def test_number_that_is_blocked_in_between_leaves_nobody_without_a_task(large, small):
    job, ahead = enqueue(large)
    small_job, behind = enqueue(small)
    take_turns(large, ahead[:20])
    large.with_sender(state="blocked", state_reason="x")
    take_turns(large, [*ahead[20:], *behind])
    assert left_without_task(large, job) + left_without_task(small, small_job) == 0


def test_lost_answer_is_given_again_to_the_task_of_a_cancelled_list(large):
    wrong, ahead = enqueue(large, "wrong")
    large.as_member("public.wa_cancel_job", p_job_id=wrong)
    enqueue(large, "right")
    claim_id = uuid4()
    first = large.claim(ahead[0], claim_id)
    again = ask_again(large, ahead[0], claim_id)
    assert (first["decision"], again["decision"]) == ("send", "send")
    assert (first["message_id"], again["attempt"]) == (again["message_id"], 1)


def test_message_that_goes_back_on_another_s_turn_leaves_its_own_turn(large, small):
    """Meta refused it for now: it gets a new task, and its old one serves who lost the turn."""
    large_job, ahead = enqueue(large)
    _, behind = enqueue(small)
    for task in ahead:
        claim = large.claim(task)
        word = "accepted" if claim["message_id"] in map(str, ahead) else "deferred"
        large.record(claim["message_id"], word, claim["attempt"])
    take_turns(small, behind)
    assert large.job(large_job)["sent_count"] == 60


def test_tasks_of_a_cancelled_list_serve_the_next_one(large):
    """Who sends the wrong list and cancels it does not wait until its tasks have run out."""
    wrong, ahead = enqueue(large, "wrong")
    large.as_member("public.wa_cancel_job", p_job_id=wrong)
    right, behind = enqueue(large, "right")
    assert set(take_turns(large, ahead)) == set(map(str, behind))
    assert large.job(right)["status"] == "completed"
    assert [large.claim(task)["decision"] for task in behind] == ["done"] * 60


def test_turns_taken_at_once_send_everything_once(large, small):
    _, ahead = enqueue(large)
    _, behind = enqueue(small)
    tasks = [task for pair in zip(ahead, behind * 12, strict=True) for task in pair]
    with ThreadPoolExecutor(8) as pool:
        claims = [c for c in pool.map(large.claim, tasks) if c["decision"] == "send"]
    asked = Counter(claim["message_id"] for claim in claims)
    assert (len(asked), set(asked.values())) == (65, {1})


def test_blocked_number_gives_no_turn_away(large, small):
    job, ahead = enqueue(large)
    enqueue(small)
    deliver_all(large, job, 1)
    large.with_sender(state="blocked", state_reason="x")
    assert [large.claim(task)["decision"] for task in ahead[1:6]] == ["deferred"] * 5
    assert [message(large, task)["task_generation"] for task in ahead[1:6]] == [1] * 5
