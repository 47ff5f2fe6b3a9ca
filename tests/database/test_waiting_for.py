"""A job that does not move says what it waits for."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.campaign import PORTFOLIO, Campaign, insert, session
from tests.campaign_queue import deliver_all, lease

LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
TODAY = datetime.now(UTC).date()


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(60)


def waiting_for(campaign, job):
    return campaign.as_member("public.wa_get_job", p_job_id=job)["waiting_for"]


def number_paused(campaign):
    campaign.with_sender(state="paused", state_reason="Nota del operador.")
    notice = "El número está en pausa; los mensajes salen cuando soporte lo reanude."
    return {"reason": "sender_paused", "detail": notice, "until": None, "movable": False}


def number_blocked(campaign):
    told = {"answer": {"since": "2026-01-01T00:00:00Z", "reason": "Meta lo limitó."}}
    campaign.with_sender(state="blocked", blocked_by=told, blocked_until=LATER)
    detail = {"detail": "Meta lo limitó.", "until": LATER, "movable": False}
    return {"reason": "sender_blocked"} | detail


def number_replaced(campaign):
    """The number is banned, and the operator gives the campaign another one."""
    blocked = number_blocked(campaign)
    other = Campaign.create(campaign.dsn)
    campaign.with_settings(sender_id=other.sender_id)
    return blocked | {"movable": True}


def limit_used_up(campaign):
    campaign.with_sender(daily_limit=1)
    contacted = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
    with session(campaign.dsn) as db:
        row = {"phone": "+525500000000", "campaign_id": campaign.id, "contacted_at": contacted}
        insert(db, "public.wa_portfolio_contacts", portfolio_id=PORTFOLIO, **row)
    return {"reason": "daily_limit", "until": contacted + timedelta(hours=24, minutes=1)}


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
        number_replaced,
        limit_used_up,
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


@pytest.mark.parametrize(
    "hold", [number_paused, number_blocked, throttled, limit_used_up, quiet_hours, None]
)
def test_receipt_says_the_same_at_once(campaign, hold):
    if hold:
        hold(campaign)
    summary = campaign.create_job(accept_cut=True)
    assert summary["waiting_for"] == waiting_for(campaign, summary["job_id"])
    assert (summary["waiting_for"] is None) is (hold is None)


def test_receipt_of_a_canary_says_that_the_rest_waits_for_it(campaign):
    summary = campaign.create_job(canary=True)
    assert summary["waiting_for"] == waiting_for(campaign, summary["job_id"])


def test_messages_on_their_way_wait_for_no_limit(campaign):
    campaign.with_sender(daily_limit=5)
    job = campaign.create_job()["job_id"]
    assert len(lease(campaign, job)) == 5
    assert waiting_for(campaign, job) is None
    deliver_all(campaign, job, *range(1, 6))
    assert waiting_for(campaign, job)["reason"] == "daily_limit"


def test_job_for_later_waits_for_its_time(campaign):
    job = campaign.create_job(scheduled_at=LATER)["job_id"]
    assert waiting_for(campaign, job)["reason"] == "scheduled"


def test_rest_of_a_job_waits_for_its_canary(campaign):
    job = campaign.create_job(canary=True)["job_id"]
    assert waiting_for(campaign, job) == {"reason": "canary", "until": None}


def test_job_that_moves_or_is_over_waits_for_nothing(campaign):
    job = campaign.create_job()["job_id"]
    assert waiting_for(campaign, job) is None
    number_paused(campaign)
    campaign.as_member("public.wa_cancel_job", p_job_id=job)
    assert waiting_for(campaign, job) is None
