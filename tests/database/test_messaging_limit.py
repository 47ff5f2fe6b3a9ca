"""Meta's limit holds from when it is told, by event or by answer; until then the least there is."""

from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from tests.campaign import PORTFOLIO, WABA, Campaign
from tests.campaign_queue import lease, sender
from tests.database.webhook import NOW, Webhook

CAPABILITY = "business_capability_update"
MEMBER = "max_daily_conversations_per_business"


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_sender(messaging_limit_known=False)


@pytest.fixture
def webhook(campaign):
    return Webhook(campaign, NOW + timedelta(hours=1))


def limit(campaign):
    query = "select wa.portfolio_limit(%s) as n, wa.portfolio_limit_is_assumed(%s)"
    return tuple(campaign.rows(query, PORTFOLIO, PORTFOLIO)[0].values())


@pytest.mark.parametrize(
    ("own", "told", "expected"),
    [
        (None, "unknown", (250, True)),
        (100, "unknown", (100, True)),
        (5000, "unknown", (250, True)),
        (None, None, (None, False)),
        (5000, None, (5000, False)),
        (None, 2000, (2000, False)),
        (500, 2000, (500, False)),
        (5000, 2000, (2000, False)),
    ],
)
def test_least_of_what_is_known_holds(campaign, own, told, expected):
    known = {} if told == "unknown" else {"messaging_limit_known": True, "messaging_limit": told}
    campaign.with_sender(daily_limit=own, **known)
    assert limit(campaign) == expected


def test_number_that_does_not_know_the_limit_hides_none(campaign):
    campaign.with_sender(messaging_limit_known=True, messaging_limit=10_000)
    Campaign.create(campaign.dsn).with_sender(messaging_limit_known=False, messaging_limit=None)
    assert limit(campaign) == (10_000, False)


def test_no_more_than_the_smallest_tier_leaves_while_nobody_knows(campaign):
    campaign.with_voters(260)
    job = campaign.create_job()["job_id"]
    assert len(lease(campaign, job)) == 250


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2000, (2000, False)),
        ("TIER_2K", (2000, False)),
        (-1, (None, False)),
        ("TIER_UNLIMITED", (None, False)),
        ("TIER_NOT_SET", (250, True)),
        (0, (250, True)),
        (None, (250, True)),
        ([], (250, True)),
    ],
)
def test_limit_that_an_event_tells_holds_at_once(campaign, webhook, value, expected):
    webhook.receive((CAPABILITY, {MEMBER: value}))
    assert limit(campaign) == expected


def test_limit_is_the_whole_portfolios(campaign, webhook):
    other = Campaign.create(campaign.dsn).with_sender(waba_id="20002", messaging_limit=2000)
    stranger = Campaign.create(campaign.dsn).with_sender(portfolio_id="30000", waba_id="30003")
    webhook.receive((CAPABILITY, {MEMBER: 10_000}))
    limits = [sender(c)["messaging_limit"] for c in (campaign, other, stranger)]
    assert limits == [10_000, 10_000, None]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([(2000, 1), (10_000, 2)], 10_000),
        ([(10_000, 2), (2000, 1)], 10_000),
        ([(2000, 1), (-1, 1)], 2000),
        ([(-1, 1), (2000, 1)], 2000),
        ([(-1, 1), (2000, 2)], 2000),
    ],
)
def test_latest_word_counts_and_of_one_second_the_lower(campaign, webhook, told, expected):
    for value, second in told:
        webhook.receive((CAPABILITY, {MEMBER: value}), at=NOW + timedelta(seconds=second))
    assert sender(campaign)["messaging_limit"] == expected


@pytest.mark.parametrize(("asked", "expected"), [(-1, 2000), (1, 250)])
def test_answer_asked_for_before_the_event_does_not_undo_it(campaign, webhook, asked, expected):
    campaign.with_sender(state_changed_at=datetime(2027, 1, 1, tzinfo=UTC))
    webhook.receive((CAPABILITY, {MEMBER: 2000}), at=NOW)
    number = sender(campaign)["phone_number_id"]
    standing = {"phone_number_id": number, "blocks": False}
    campaign.as_service(
        "public.wa_apply_sync",
        p_waba_id=WABA,
        p_at=NOW + timedelta(minutes=asked),
        p_templates=Jsonb([]),
        p_senders=Jsonb([standing | {"limit_known": True, "messaging_limit": 250}]),
    )
    assert sender(campaign)["messaging_limit"] == expected
