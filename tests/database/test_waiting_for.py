"""A job that does not move says what it waits for."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.campaign import Campaign

LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
TODAY = datetime.now(UTC).date()


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(60)


def waiting_for(campaign, job):
    return campaign.as_member("public.wa_get_job", p_job_id=job)["waiting_for"]


def number_paused(campaign):
    campaign.with_sender(state="paused", state_reason="Revisión del número.")
    return {"reason": "sender_paused", "detail": "Revisión del número."}


def number_blocked(campaign):
    campaign.with_sender(state="blocked", state_reason="Meta lo limitó.", blocked_until=LATER)
    return {"reason": "sender_blocked", "detail": "Meta lo limitó.", "until": LATER}


def throttled(campaign):
    campaign.with_sender(throttled_until=LATER)
    return {"reason": "throttled", "until": LATER}


def campaign_not_begun(campaign):
    campaign.with_settings(campaign_start=TODAY + timedelta(days=3))
    opens = campaign.rows("select opens_at from wa.send_window(%s)", campaign.id)[0]["opens_at"]
    return {"reason": "window_not_open", "until": opens}


def dates_missing(campaign):
    campaign.with_settings(campaign_start=None)
    return {"reason": "window_not_open", "until": None}


def quiet_hours(campaign):
    campaign.with_settings(quiet_from="00:00", quiet_until="23:59:59")
    query = "select wa.quiet_until(%s, now()) as until"
    return {"reason": "quiet_hours", "until": campaign.rows(query, campaign.id)[0]["until"]}


@pytest.mark.parametrize(
    "hold",
    [
        number_paused,
        number_blocked,
        throttled,
        campaign_not_begun,
        dates_missing,
        quiet_hours,
    ],
)
def test_hold_is_named_with_its_end(campaign, hold):
    job = campaign.create_job()["job_id"]
    expected = hold(campaign)
    answer = waiting_for(campaign, job)
    if answer.get("until"):
        answer["until"] = datetime.fromisoformat(answer["until"])
    assert answer == expected


def test_job_for_later_waits_for_its_time(campaign):
    job = campaign.create_job(scheduled_at=LATER)["job_id"]
    assert waiting_for(campaign, job)["reason"] == "scheduled"


def test_rest_of_a_job_waits_for_its_canary(campaign):
    job = campaign.create_job(canary=True)["job_id"]
    assert waiting_for(campaign, job) == {"reason": "canary"}


def test_job_that_moves_or_is_over_waits_for_nothing(campaign):
    job = campaign.create_job()["job_id"]
    assert waiting_for(campaign, job) is None
    number_paused(campaign)
    campaign.as_member("public.wa_cancel_job", p_job_id=job)
    assert waiting_for(campaign, job) is None
