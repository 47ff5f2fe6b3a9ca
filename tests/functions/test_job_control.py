"""Promoters pause, resume and cancel; what is not sent is accounted for."""

import pytest

from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually


def test_pause_keeps_messages_until_resumed(campaign: Campaign):
    job = campaign.with_voters(10).hold_tasks().start_job()
    eventually(job.enqueued)
    assert job.change("pause").json()["status"] == "paused"
    campaign.release_tasks()
    eventually(lambda: not job.enqueued())  # the tasks came and were held back
    campaign.stage.sweep()
    assert job.accounted()["pending_count"] == 10
    assert not any(campaign.stage.meta.sent_to(phone) for phone in campaign.phones)

    assert job.change("resume").json()["status"] == "processing"
    assert job.ended()["sent_count"] == 10
    assert {len(campaign.stage.meta.sent_to(phone)) for phone in campaign.phones} == {1}


def test_job_of_a_banned_number_goes_on_from_the_campaigns_next_one(campaign: Campaign):
    """Its tasks wait in a queue that nobody empties any more."""
    job = campaign.with_voters(6).hold_tasks().start_job()
    eventually(job.enqueued)
    campaign.stage.deliver_task(job.message_ids()[0])
    campaign.set_sender("blocked")
    spare = Campaign.create(campaign.stage)
    campaign.stage.sql(
        "update public.wa_campaign_settings set sender_id ="
        " (select id from public.wa_senders where phone_number_id = %s) where campaign_id = %s",
        spare.phone_number_id,
        campaign.ids.campaign_id,
    )
    waiting = job.now()["waiting_for"]
    assert (waiting["reason"], waiting["movable"]) == ("sender_blocked", True)

    assert job.change("sender").json()["waiting_for"] is None
    assert job.ended()["sent_count"] == 6
    campaign.release_tasks()
    assert {len(campaign.stage.meta.sent_to(phone)) for phone in campaign.phones} == {1}
    senders = campaign.stage.sql(
        "select s.phone_number_id, count(*) from public.wa_send_queue q"
        " join public.wa_senders s on s.id = q.sender_id where q.job_id = %s group by 1",
        job.id,
    )
    assert dict(senders) == {campaign.phone_number_id: 1, spare.phone_number_id: 5}


def test_cancelled_job_skips_what_was_not_sent(campaign: Campaign):
    job = campaign.with_voters(8).hold_tasks().start_job()
    sent, *_ = job.message_ids()
    campaign.stage.deliver_task(sent)
    assert job.change("cancel").json()["status"] == "cancelled"
    campaign.release_tasks()
    done = job.ended()
    assert (done["sent_count"], done["skipped"]) == (1, {"cancelled": 7})


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("completed", "pause"),
        ("completed", "resume"),
        ("completed", "cancel"),
        ("completed", "sender"),
        ("cancelled", "sender"),
        ("cancelled", "pause"),
        ("cancelled", "resume"),
    ],
)
def test_ended_job_is_not_changed(campaign: Campaign, state, action):
    job = campaign.with_voters(1).start_job() if state == "completed" else _cancelled(campaign)
    before = job.ended()
    answer = job.change(action)
    assert (answer.status_code, answer.json()["code"]) == (409, "job_not_open")
    assert job.now()["status"] == before["status"] == state


@pytest.mark.parametrize(("action", "status"), [("pause", "paused"), ("cancel", "cancelled")])
def test_repeated_action_is_harmless(campaign: Campaign, action, status):
    job = campaign.with_voters(2).hold_tasks().start_job()
    answers = [job.change(action) for _ in range(2)]
    assert [(a.status_code, a.json()["status"]) for a in answers] == [(200, status)] * 2


def _cancelled(campaign: Campaign):
    job = campaign.with_voters(1).hold_tasks().start_job()
    job.change("cancel")
    return job
