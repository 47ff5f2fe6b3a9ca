"""Who hides their number behind a username is heard, once anybody can tell whose id it is."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.campaign import Campaign, call, phone
from tests.campaign_queue import deliver, message_to, receipt, receive, sender, sweep
from tests.database.transactions import overlap

USER = "MX.1234567890"
SAID_AT = datetime(2027, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(3)


@pytest.fixture
def message_id(campaign):
    message_id = message_to(campaign, campaign.create_job()["job_id"], 1)
    deliver(campaign, message_id)
    return message_id


def wish(campaign, *, opted_out=True, at=SAID_AT, **more):
    intent = {
        "phone_number_id": sender(campaign)["phone_number_id"],
        "user_id": USER,
        "opted_out": opted_out,
        "source": "reply",
        "at": at.isoformat(),
    }
    return intent | more


def say(campaign, **what):
    intents = [wish(campaign, **what)]
    return campaign.as_service("public.wa_apply_opt_outs", p_intents=intents)


def silent(campaign):
    query = "select phone, opted_out, changed_at from public.wa_opt_outs"
    return [tuple(row.values()) for row in campaign.rows(query)]


def kept(campaign):
    return campaign.rows("select * from public.wa_unresolved_opt_outs")


def test_baja_before_the_first_receipt_holds_with_it(campaign, message_id):
    assert say(campaign) == {"changed": 0, "unresolved": 1}

    receive(campaign, message_id, "delivered", user_id=USER)

    assert silent(campaign) == [(phone(1), True, SAID_AT)]
    assert kept(campaign) == []


def test_latest_word_of_several_holds(campaign, message_id):
    say(campaign, opted_out=False, at=SAID_AT + timedelta(minutes=2))
    say(campaign)
    say(campaign)

    receive(campaign, message_id, "delivered", user_id=USER)

    assert silent(campaign) == [(phone(1), False, SAID_AT + timedelta(minutes=2))]


def test_receipts_of_others_resolve_nothing(campaign, message_id):
    say(campaign)
    receive(campaign, message_id, "delivered", user_id="MX.somebody-else")
    assert sweep(campaign)["opt_outs"] == 0
    assert silent(campaign) == []
    assert len(kept(campaign)) == 1


def test_wish_and_receipt_that_pass_each_other_meet_in_the_sweep(campaign, message_id):
    intents = {"p_intents": [wish(campaign)]}
    receipts = {"p_receipts": [receipt(message_id, "delivered", user_id=USER)]}
    overlap(
        campaign,
        lambda db: call(db, "public.wa_apply_opt_outs", **intents),
        lambda db: call(db, "public.wa_apply_receipts", **receipts),
        blocks=False,
    )
    assert silent(campaign) == []

    assert sweep(campaign)["opt_outs"] == 1

    assert silent(campaign) == [(phone(1), True, SAID_AT)]


def test_wish_without_any_id_is_counted_only(campaign):
    assert say(campaign, user_id=None) == {"changed": 0, "unresolved": 1}
    assert kept(campaign) == []
