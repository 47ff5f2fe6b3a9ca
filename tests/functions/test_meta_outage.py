"""An hour in which Meta takes nothing, in compressed time: nobody on the list is used up by it."""

import time
from typing import Any

import pytest

from shared.services.dispatch import WAITING_AT_ONCE
from tests.functions.campaigns import Campaign, Job
from tests.functions.polling import eventually

VOTERS = 60
ROUNDS = 20
# What three minutes that have passed do to everything that remembers a time. What a claim holds
# just now keeps its time; statements of their own, so that none waits for a claim with a lock in
# hand.
PASS_TIME = (
    """update public.wa_send_queue q set scheduled_at = q.scheduled_at - interval '3 minutes',
         claimed_at = q.claimed_at - interval '3 minutes',
         leased_until = q.leased_until - interval '3 minutes'
       from (select id from public.wa_send_queue where job_id = %s for update skip locked) free
       where q.id = free.id""",
    """update public.wa_senders set blocked_until = blocked_until - interval '3 minutes',
         state_changed_at = state_changed_at - interval '3 minutes',
         throttled_until = throttled_until - interval '3 minutes',
         next_slot_at = next_slot_at - interval '3 minutes'
       where id = (select sender_id from public.communications where job_id = %s)""",
    # A fan-out whose lease this ends in the middle counts as a failed one, which delays the next.
    """update public.communications set lease_after = lease_after - interval '3 minutes'
       where job_id = %s""",
)


def answer_everybody(campaign: Campaign, fault: str | None) -> None:
    rules = dict.fromkeys("0123456789", fault) if fault else {}
    campaign.stage.simulate("config", {"faults": {"by_last_digits": rules}})


def pass_time(job: Job, rounds: int = ROUNDS) -> None:
    """Let time pass, with a sweep after every three minutes of it; stop when the job stands."""
    for _ in range(rounds):
        for statement in PASS_TIME:
            job.campaign.stage.sql(statement, job.id)
        job.campaign.stage.sweep()
        time.sleep(0.2)
        eventually(lambda: "sending" not in job.statuses())
        if job.now()["status"] != "processing":
            return


def run_out(job: Job) -> dict[str, Any]:
    """Let as much time pass as the job needs to its end, on a busy machine too."""
    pass_time(job, 10 * ROUNDS)
    return job.ended(within=60)


def slowly(campaign: Campaign) -> Campaign:
    """Let few messages leave in a second: few are under way when the first answer comes."""
    campaign.stage.sql(
        "update public.wa_senders set rate_per_second = 20 where phone_number_id = %s",
        campaign.phone_number_id,
    )
    return campaign


def test_hour_of_outage_loses_nobody_and_everybody_is_written_to_after_it(campaign: Campaign):
    answer_everybody(campaign, "131016")
    job = campaign.with_voters(VOTERS).start_job()
    pass_time(job)

    during = job.accounted()
    assert (during["status"], during["pending_count"]) == ("processing", VOTERS)

    answer_everybody(campaign, None)
    done = run_out(job)
    assert (done["status"], done["sent_count"]) == ("completed", VOTERS)
    assert [len(campaign.stage.meta.sent_to(phone)) for phone in campaign.phones] == [1] * VOTERS


def test_hour_of_lost_answers_costs_few_messages_and_none_is_sent_twice(campaign: Campaign):
    """Such answers prove nothing, so their messages stay unknown; the others must not follow."""
    answer_everybody(campaign, "server_error_html")
    job = slowly(campaign).with_voters(2 * VOTERS).start_job()
    pass_time(job)
    during = job.accounted()
    # Ten in a row, what had been claimed by then, and a probe now and then.
    assert 10 <= during["unknown_count"] <= 10 + WAITING_AT_ONCE + ROUNDS
    assert during["failed_count"] == 0

    answer_everybody(campaign, None)
    done = run_out(job)
    assert done["sent_count"] == 2 * VOTERS - during["unknown_count"]
    assert done["unknown_count"] == during["unknown_count"]
    assert max(len(campaign.stage.meta.sent_to(phone)) for phone in campaign.phones) == 1


def test_answer_without_explanation_on_every_message_pauses_the_job_and_shows_the_code(
    campaign: Campaign,
):
    answer_everybody(campaign, "999613")
    job = campaign.with_voters(VOTERS).start_job()
    eventually(lambda: job.now()["status"] == "paused")
    eventually(lambda: "sending" not in job.statuses())
    paused = job.accounted()
    assert (paused["pending_count"], paused["failed_count"]) == (VOTERS, 0)
    assert "999613" in paused["status_reason"]

    answer_everybody(campaign, None)
    assert job.change("resume").status_code == 200
    assert run_out(job)["sent_count"] == VOTERS


def test_code_that_concerns_one_recipient_costs_one_recipient(campaign: Campaign):
    phone = campaign.with_voters(VOTERS).phones[7]
    faults = {"by_last_digits": {phone[-8:]: "999613"}}
    campaign.stage.simulate("config", {"faults": faults})
    job = campaign.start_job()
    done = run_out(job)
    assert (done["status"], done["sent_count"]) == ("partial", VOTERS - 1)
    assert done["failed_count"] == 1


@pytest.mark.parametrize(("code", "paused_by"), [("131053", "archivo"), ("132012", "plantilla")])
def test_failures_told_by_receipt_pause_the_job_and_say_what_is_wrong(
    campaign: Campaign, code: str, paused_by: str
):
    receipts = {"failed_by_last_digits": dict.fromkeys("0123456789", code)}
    campaign.stage.simulate("config", {"receipts": receipts})
    job = slowly(campaign).with_voters(VOTERS).start_job()
    try:
        eventually(lambda: job.now()["status"] == "paused")
    finally:
        campaign.stage.simulate("config", {"receipts": {"failed_by_last_digits": {}}})
    paused = job.accounted()
    assert paused_by in paused["status_reason"]
    assert paused["pending_count"] > VOTERS / 2
