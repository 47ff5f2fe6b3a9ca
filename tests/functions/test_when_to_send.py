"""Schedules, the campaign's period, the veda, and once a day."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually
from tests.functions.problems import assert_problem

TODAY = datetime.now(UTC).date()
VEDA = {"election_date": TODAY + timedelta(days=2), "campaign_end": TODAY + timedelta(days=1)}
OVER = {"campaign_start": TODAY - timedelta(days=40), "campaign_end": TODAY - timedelta(days=3)}
NOT_YET = {"campaign_start": TODAY + timedelta(days=3)}
UNDATED = {"election_date": None}


def test_job_months_ahead_waits_and_then_goes_out(campaign: Campaign):
    campaign.with_voters(4).set(
        election_date=TODAY + timedelta(days=200), campaign_end=TODAY + timedelta(days=190)
    )
    later = datetime.now(UTC) + timedelta(days=150)
    job = campaign.start_job(scheduled_at=later.isoformat())
    assert datetime.fromisoformat(job.summary["scheduled_at"]) == later
    campaign.stage.sweep()
    shard = {"job_id": job.id, "from_position": 1, "to_position": 500}
    assert campaign.stage.push("fan_out", shard).json() == {"created": 0}
    assert job.accounted()["pending_count"] == 4
    assert not job.enqueued()

    _make_due(job)
    campaign.stage.sweep()
    assert job.ended()["sent_count"] == 4


def test_task_that_comes_early_does_not_send(campaign: Campaign):
    later = datetime.now(UTC) + timedelta(days=3)
    job = campaign.with_voters(1).start_job(scheduled_at=later.isoformat())
    answer = campaign.stage.deliver_task(job.message_ids()[0])
    assert (answer.status_code, answer.json()["decision"]) == (200, "deferred")
    assert campaign.stage.meta.sent_to(campaign.phones[0]) == []


@pytest.mark.parametrize(
    ("settings", "status", "code", "words"),
    [
        (VEDA, 403, "veda", "Veda electoral"),
        (OVER, 403, "outside_campaign", "Fuera del periodo oficial de campaña"),
        (NOT_YET, 403, "outside_campaign", "Fuera del periodo oficial de campaña"),
        (UNDATED, 409, "dates_missing", "calendario oficial"),
    ],
)
@pytest.mark.parametrize("path", ["/send", "/audience"])
def test_job_out_of_its_time_is_refused(campaign: Campaign, path, settings, status, code, words):  # noqa: PLR0913, PLR0917
    campaign.with_voters(1).set(**settings)
    before = campaign.stage.row_counts()
    headers = {"Idempotency-Key": "k"}
    answer = campaign.ask("POST", path, json=campaign.body(), headers=headers)
    assert_problem(answer, status, code)
    assert words in answer.json()["detail"]
    assert campaign.stage.row_counts() == before


@pytest.mark.parametrize("path", ["/send", "/audience"])
def test_refusal_tells_from_when_to_when(campaign: Campaign, path):
    campaign.with_voters(1).set(**VEDA)
    headers = {"Idempotency-Key": "k"}
    told = campaign.ask("POST", path, json=campaign.body(), headers=headers).json()["bounds"]
    zone = ZoneInfo("America/Mexico_City")
    starts_at, ends_at = (
        datetime.fromisoformat(told[name]).astimezone(zone) for name in ("starts_at", "ends_at")
    )
    assert starts_at.date() == VEDA["election_date"] - timedelta(days=3)
    assert ends_at.date() == VEDA["election_date"] + timedelta(days=1)
    assert {starts_at.time(), ends_at.time()} == {time()}


def test_preview_of_a_job_that_begins_with_its_campaign_is_answered(campaign: Campaign):
    campaign.with_voters(1).set(**NOT_YET)
    later = datetime.now(UTC) + timedelta(days=5)
    body = campaign.body(scheduled_at=later.isoformat())
    answer = campaign.ask("POST", "/audience", json=body)
    assert answer.status_code == 200, answer.text
    assert datetime.fromisoformat(answer.json()["estimated_end_at"]) >= later


def test_schedule_inside_the_veda_is_refused(campaign: Campaign):
    campaign.with_voters(1)
    election = datetime.now(UTC) + timedelta(days=39)
    answer = campaign.post_send(campaign.body(scheduled_at=election.isoformat()))
    assert_problem(answer, 403, "veda", "scheduled_at")


@pytest.mark.parametrize(("settings", "reason"), [(VEDA, "veda"), (OVER, "outside_campaign")])
def test_job_overtaken_by_the_calendar_skips_what_is_left(campaign: Campaign, settings, reason):
    job = campaign.with_voters(5).hold_tasks().start_job()
    eventually(job.enqueued)
    campaign.stage.deliver_task(job.message_ids()[0])
    campaign.set(**settings)
    campaign.release_tasks()
    done = job.ended()
    assert (done["sent_count"], done["skipped"]) == (1, {reason: 4})


def test_voters_are_written_to_once_a_day(campaign: Campaign):
    campaign.with_voters(3)
    campaign.start_job().ended()
    campaign.with_voters(1)
    second = campaign.start_job().ended()
    assert (second["sent_count"], second["skipped"]) == (1, {"contacted_recently": 3})
    assert {len(campaign.stage.meta.sent_to(phone)) for phone in campaign.phones} == {1}


def test_day_after_voters_may_be_written_to_again(campaign: Campaign):
    campaign.with_voters(2)
    campaign.start_job().ended()
    campaign.stage.sql(
        "update public.wa_recent_contacts set contacted_at = now() - interval '24 hours'"
        " where campaign_id = %s",
        campaign.ids.campaign_id,
    )
    assert campaign.start_job().ended()["sent_count"] == 2


def test_quiet_hours_hold_messages_back(campaign: Campaign):
    job = campaign.with_voters(2).hold_tasks().start_job()
    eventually(job.enqueued)
    campaign.set(quiet_from="00:00", quiet_until="23:59:59")
    campaign.release_tasks()
    eventually(lambda: not job.enqueued())
    assert job.accounted()["pending_count"] == 2


def _make_due(job) -> None:
    for table in ("communications", "wa_send_queue"):
        job.campaign.stage.sql(
            f"update public.{table} set scheduled_at = now() where job_id = %s", job.id
        )
