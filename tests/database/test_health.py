"""The figures that wake an operator."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.campaign import Campaign, phone
from tests.campaign_queue import deliver, deliver_all, message_to

HEALTHY = {
    "blocked_senders": 0,
    "paused_jobs": 0,
    "stale_unknown": 0,
    "stale_opt_outs": 0,
    "stale_zones": 0,
    "limit_share": 0,
    "spend_share": 0,
}


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(10)


def health(campaign):
    return campaign.as_service("public.wa_health")


def test_bridge_at_work_is_healthy(campaign):
    job = campaign.create_job()["job_id"]
    deliver_all(campaign, job, 1, 2)
    assert health(campaign) == HEALTHY


def test_blocked_numbers_are_counted_and_paused_ones_are_not(campaign):
    for state in ("blocked", "blocked", "paused"):
        Campaign.create(campaign.dsn).with_sender(state=state)
    assert health(campaign) == HEALTHY | {"blocked_senders": 2}


@pytest.mark.parametrize(("minutes", "counted"), [(14, 0), (16, 1)])
def test_unknown_counts_when_its_time_for_a_receipt_is_over(campaign, minutes, counted):
    job = campaign.create_job()["job_id"]
    deliver(campaign, message_to(campaign, job, 0), "unknown")
    claimed_at = datetime.now(UTC) - timedelta(minutes=minutes)
    campaign.rows("update public.wa_send_queue set claimed_at = %s", claimed_at)
    assert health(campaign) == HEALTHY | {"stale_unknown": counted}


def test_share_of_the_daily_limit_is_the_fullest_portfolios(campaign):
    campaign.with_sender(daily_limit=20)
    Campaign.create(campaign.dsn).with_sender(portfolio_id="30000", daily_limit=1000)
    job = campaign.create_job()["job_id"]
    campaign.rows("update public.wa_send_queue set leased_until = now() + interval '1 minute'")
    deliver_all(campaign, job, 1, 2, 3)
    assert health(campaign) == HEALTHY | {"limit_share": 0.15}


def test_share_of_the_cap_counts_what_is_still_to_be_sent(campaign):
    campaign.with_settings(spending_cap_usd=9, price_per_message_usd=0.5)
    campaign.with_opt_out(phone(0))
    campaign.create_job()
    assert health(campaign) == HEALTHY | {"spend_share": 0.5}


@pytest.mark.parametrize(("minutes", "counted"), [(59, 0), (61, 1)])
def test_wish_that_nobody_can_place_counts_after_an_hour(campaign, minutes, counted):
    campaign.rows(
        "insert into public.wa_unresolved_opt_outs values (%s, 'MX.1', null, true, 'reply', %s)",
        campaign.sender_id,
        datetime.now(UTC) - timedelta(minutes=minutes),
    )
    assert health(campaign) == HEALTHY | {"stale_opt_outs": counted}
