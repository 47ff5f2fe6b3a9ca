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
