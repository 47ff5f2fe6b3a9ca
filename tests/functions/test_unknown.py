"""Promoters see messages whose fate is unknown, with the evidence, and decide."""

import pytest

from tests.functions.campaigns import Campaign, Job
from tests.functions.polling import eventually
from tests.functions.problems import assert_problem


@pytest.fixture
def job(campaign: Campaign) -> Job:
    """Two messages delivered; the process of a third died between its claim and Meta."""
    job = campaign.with_voters(3).hold_tasks().start_job()
    eventually(job.enqueued)
    lost, *others = job.message_ids()
    campaign.stage.sql("select public.wa_claim_message(%s, gen_random_uuid())", lost)
    for message in others:
        campaign.stage.deliver_task(message)
    eventually(lambda: job.now()["delivered_count"] == len(others))
    campaign.stage.sql(
        "update public.wa_send_queue set"
        " claimed_at = date_trunc('minute', now()) - interval '1 hour' where job_id = %s",
        job.id,
    )
    campaign.stage.sweep()
    campaign.release_tasks()
    return job


def decide(job: Job, resolution: str):
    path = f"/jobs/{job.id}/unknown"
    return job.campaign.ask("POST", path, json={"resolution": resolution})


def test_unknown_message_is_listed_with_its_neighbours(job: Job):
    answer = job.campaign.ask("GET", f"/jobs/{job.id}/recipients", params={"status": "unknown"})

    [listed] = answer.json()["recipients"]
    assert listed["message_id"] == str(job.message_ids()[0])
    assert listed["neighbours"] == {"claimed": 2, "with_receipt": 2}


def test_message_sent_again_reaches_meta_once(job: Job):
    lost = job.message_ids()[0]
    assert job.now()["status"] == "partial"

    answer = decide(job, "resend")

    assert (answer.status_code, answer.json()["resolved"]) == (200, 1)
    assert job.ended()["sent_count"] == 3
    assert job.campaign.stage.accepted_by_meta(lost) == 1


def test_message_taken_for_sent_never_reaches_meta(job: Job):
    lost = job.message_ids()[0]

    answer = decide(job, "assume_sent")

    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    assert job.accounted()["sent_count"] == 3
    job.campaign.stage.deliver_task(lost)
    assert job.campaign.stage.accepted_by_meta(lost) == 0


@pytest.mark.parametrize("body", [{}, {"resolution": "perhaps"}, {"resolution": None}])
def test_resolution_nobody_knows_changes_nothing(job: Job, body, untouched):
    answer = job.campaign.ask("POST", f"/jobs/{job.id}/unknown", json=body)

    assert answer.status_code == 422
    assert job.statuses()["unknown"] == 1


def test_foreign_job_looks_as_if_it_did_not_exist(job: Job, other_campaign: Campaign):
    answer = other_campaign.ask("POST", f"/jobs/{job.id}/unknown", json={"resolution": "resend"})

    assert_problem(answer, 404, "job_not_found", "job_id")
    assert job.statuses()["unknown"] == 1
