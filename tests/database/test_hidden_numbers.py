"""Who hides their number behind a username is heard, once anybody can tell whose id it is."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.campaign import Campaign, call, phone
from tests.campaign_queue import deliver, message_to, receipt, receive, sender
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


def resolve(campaign):
    return campaign.as_service("public.wa_resolve_opt_outs")


def ledger(campaign):
    query = "select phone, opted_out, changed_at from public.wa_opt_outs where sender_id = %s"
    return [tuple(row.values()) for row in campaign.rows(query, campaign.sender_id)]


def kept(campaign):
    return campaign.rows("select * from public.wa_unresolved_opt_outs")


def test_baja_before_the_first_receipt_holds_with_it(campaign, message_id):
    assert say(campaign) == {"changed": 0, "unresolved": 1}

    assert receive(campaign, message_id, "delivered", user_id=USER)["resolvable"] == 1

    assert resolve(campaign) == 1
    assert ledger(campaign) == [(phone(1), True, SAID_AT)]
    assert kept(campaign) == []


def test_baja_under_a_message_whose_answer_was_lost_holds_with_its_receipt(campaign):
    lost = message_to(campaign, campaign.create_job()["job_id"], 1)
    deliver(campaign, lost, "unknown")
    say(campaign, user_id=None, context_message_id=f"wamid.{lost}")

    receive(campaign, lost, "delivered")

    assert resolve(campaign) == 1
    assert ledger(campaign) == [(phone(1), True, SAID_AT)]


def test_latest_word_of_several_holds(campaign, message_id):
    say(campaign, opted_out=False, at=SAID_AT + timedelta(minutes=2))
    say(campaign)
    say(campaign)
    receive(campaign, message_id, "delivered", user_id=USER)

    assert resolve(campaign) == 2

    assert ledger(campaign) == [(phone(1), False, SAID_AT + timedelta(minutes=2))]


def test_receipts_of_others_resolve_nothing(campaign, message_id):
    say(campaign)
    assert receive(campaign, message_id, "read", user_id="MX.somebody-else")["resolvable"] == 0
    assert resolve(campaign) == 0
    assert ledger(campaign) == []
    assert len(kept(campaign)) == 1


def test_kept_alta_does_not_speak_for_a_campaign_that_came_to_the_number_since(
    campaign, message_id
):
    heir = Campaign.create(campaign.dsn).with_opt_out(phone(1))
    campaign.rows("update public.wa_opt_outs set changed_at = %s", SAID_AT - timedelta(days=1))
    heir.with_settings(sender_id=campaign.sender_id)
    campaign.rows("update public.wa_campaign_numbers set since = %s", SAID_AT + timedelta(days=1))
    say(campaign, opted_out=False)
    receive(campaign, message_id, "delivered", user_id=USER)

    resolve(campaign)

    assert ledger(campaign) == [(phone(1), False, SAID_AT)]
    [said] = campaign.rows("select wa.is_opted_out(%s, %s) as out", heir.id, phone(1))
    assert said["out"]


def test_wish_and_receipt_that_pass_each_other_meet_in_the_next_round(campaign, message_id):
    intents = {"p_intents": [wish(campaign)]}
    receipts = {"p_receipts": [receipt(campaign, message_id, "delivered", user_id=USER)]}
    _, answer = overlap(
        campaign,
        lambda db: call(db, "public.wa_apply_opt_outs", **intents),
        lambda db: call(db, "public.wa_apply_receipts", **receipts),
        blocks=False,
    )
    assert answer["resolvable"] == 0

    assert resolve(campaign) == 1

    assert ledger(campaign) == [(phone(1), True, SAID_AT)]


def test_two_rounds_at_once_share_the_wishes(campaign, message_id):
    say(campaign)
    receive(campaign, message_id, "delivered", user_id=USER)
    counts = overlap(
        campaign,
        lambda db: call(db, "public.wa_resolve_opt_outs"),
        lambda db: call(db, "public.wa_resolve_opt_outs"),
        blocks=False,
    )
    assert counts == (1, 0)
    assert ledger(campaign) == [(phone(1), True, SAID_AT)]


def test_repeated_wish_waits_for_the_round_that_takes_it_and_never_the_other_way(
    campaign, message_id
):
    """The kept wish before the opt-out, in both: they cannot deadlock."""
    say(campaign)
    receive(campaign, message_id, "delivered", user_id=USER)
    hidden, open_number = wish(campaign), wish(campaign, phone=phone(2))
    overlap(
        campaign,
        lambda db: call(db, "public.wa_resolve_opt_outs"),
        lambda db: call(db, "public.wa_apply_opt_outs", p_intents=[open_number, hidden]),
    )
    assert sorted(row[0] for row in ledger(campaign)) == [phone(1), phone(2)]
    assert kept(campaign) == []


@pytest.mark.parametrize("unknown", [{"user_id": None}, {"phone_number_id": "nobody's"}])
def test_wish_that_nothing_can_ever_resolve_is_counted_only(campaign, unknown):
    assert say(campaign, **unknown) == {"changed": 0, "unresolved": 1}
    assert kept(campaign) == []
