"""A wish for silence follows the person through new numbers and new ids; nothing else does."""

from datetime import timedelta

import pytest

from tests.campaign import Campaign, phone
from tests.campaign_queue import deliver, message_to, receive, sender
from tests.database.webhook import NOW, Webhook

USER, LATER, PARENT = "MX.1234567890", "MX.9876543210", "MX.ENT.5555555555"
NEW, NEWEST = "+525599990001", "+525599990002"


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(3)


@pytest.fixture
def webhook(campaign):
    return Webhook(campaign)


@pytest.fixture
def known(campaign):
    """Deliver a message to the first voter, so that Meta's receipt tells the id."""
    message_id = message_to(campaign, campaign.create_job()["job_id"], 1)
    deliver(campaign, message_id)
    receive(campaign, message_id, "delivered", user_id=USER)
    return message_id


def told(second=0):
    return str(int((NOW - timedelta(hours=1)).timestamp()) + second)


def write(webhook, words, second=0, **who):
    message = {"id": "wamid.x", "timestamp": told(second), "type": "text", "text": {"body": words}}
    return webhook.hear(**message | who)


def change_number(webhook, former, present, second=0, **system):
    system = {"type": "user_changed_number", "wa_id": present.lstrip("+")} | system
    message = {"id": "wamid.y", "timestamp": told(second), "type": "system", "system": system}
    return webhook.hear(**message | {"from": former.lstrip("+")})


def change_id(webhook, former, present):
    system = {"type": "user_changed_user_id", "previous_user_id": former, "user_id": present}
    message = {"id": "wamid.z", "timestamp": told(), "type": "system", "system": system}
    return webhook.hear(**message)


def silent(campaign):
    query = "select phone from public.wa_opt_outs where opted_out and sender_id = %s order by 1"
    return [row["phone"] for row in campaign.rows(query, campaign.sender_id)]


def test_silence_of_the_old_number_holds_for_the_new_one(campaign, webhook):
    write(webhook, "BAJA", **{"from": phone(1)})
    change_number(webhook, phone(1), NEW)
    assert silent(campaign) == [phone(1), NEW]


def test_silence_that_comes_after_the_change_holds_for_the_new_number_too(campaign, webhook):
    change_number(webhook, phone(1), NEW)
    assert silent(campaign) == []
    write(webhook, "BAJA", **{"from": phone(1)})
    assert silent(campaign) == [phone(1), NEW]


def test_silence_goes_through_several_changes_in_any_order(campaign, webhook):
    write(webhook, "BAJA", **{"from": phone(1)})
    change_number(webhook, NEW, NEWEST)
    change_number(webhook, phone(1), NEW)
    assert silent(campaign) == [phone(1), NEW, NEWEST]


def test_number_that_comes_back_to_its_person_ends_the_walk(campaign, webhook):
    change_number(webhook, phone(1), NEW)
    change_number(webhook, NEW, phone(1))
    write(webhook, "BAJA", **{"from": NEW})
    assert silent(campaign) == [phone(1), NEW]


def test_silence_of_the_new_number_leaves_the_old_one_to_its_next_owner(campaign, webhook):
    change_number(webhook, phone(1), NEW)
    write(webhook, "BAJA", **{"from": NEW})
    assert silent(campaign) == [NEW]


def test_change_of_number_opts_nobody_in(campaign, webhook):
    write(webhook, "ALTA", **{"from": phone(1)})
    write(webhook, "BAJA", **{"from": NEW})
    change_number(webhook, phone(1), NEW, second=5)
    write(webhook, "ALTA", second=9, **{"from": phone(1)})
    assert silent(campaign) == [NEW]


def test_later_alta_of_the_new_number_is_not_undone_by_the_old_silence(campaign, webhook):
    write(webhook, "ALTA", second=9, **{"from": NEW})
    write(webhook, "BAJA", **{"from": phone(1)})
    change_number(webhook, phone(1), NEW)
    assert silent(campaign) == [phone(1)]


def test_repeated_change_changes_nothing(campaign, webhook):
    write(webhook, "BAJA", **{"from": phone(1)})
    change_number(webhook, phone(1), NEW)
    assert change_number(webhook, phone(1), NEW)["opt_outs"]["changed"] == 0


def test_silence_stays_with_the_campaigns_it_was_said_to(campaign, webhook):
    other = Campaign.create(campaign.dsn).with_opt_out(phone(1))
    change_number(webhook, phone(1), NEW)
    assert silent(other) == [phone(1)]


def test_consent_does_not_follow(campaign, webhook):
    campaign.with_consent(phone(1))
    change_number(webhook, phone(1), NEW)
    assert [row["phone"] for row in campaign.rows("select phone from public.wa_consents")] == [
        phone(1)
    ]


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    "event",
    [
        lambda hook: change_id(hook, USER, LATER),
        lambda hook: hook.receive(
            (
                "user_id_update",
                hook.value(user_id_update=[{"user_id": {"previous": USER, "current": LATER}}]),
            )
        ),
        lambda hook: change_number(hook, phone(1), NEW, user_id=LATER),
    ],
)
def test_new_id_is_the_same_person(campaign, webhook, event):
    event(webhook)
    write(webhook, "BAJA", from_user_id=LATER)
    assert phone(1) in silent(campaign)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("kept", [True, False])
def test_former_owner_of_a_number_does_not_undo_the_silence_of_the_next(campaign, webhook, kept):
    write(webhook, "BAJA", **{"from": phone(1)})
    events = [
        lambda: change_id(webhook, USER, LATER),
        lambda: write(webhook, "ALTA", second=9, from_user_id=LATER),
    ]
    for event in reversed(events) if kept else events:
        event()
    campaign.as_service("public.wa_resolve_opt_outs")
    assert silent(campaign) == [phone(1)]


@pytest.mark.usefixtures("known")
def test_kept_wish_holds_once_its_new_id_is_known(campaign, webhook):
    assert write(webhook, "BAJA", from_user_id=LATER)["opt_outs"] == {"changed": 0, "unresolved": 1}
    assert change_id(webhook, USER, LATER)["opt_outs"]["changed"] == 1
    assert silent(campaign) == [phone(1)]


@pytest.mark.usefixtures("known")
def test_hidden_persons_new_number_is_silent_too(campaign, webhook):
    write(webhook, "BAJA", from_user_id=USER)
    update = {"wa_id": NEW.lstrip("+"), "user_id": {"previous": USER, "current": LATER}}
    webhook.receive(("user_id_update", webhook.value(user_id_update=[update])))
    assert silent(campaign) == [phone(1), NEW]


@pytest.mark.usefixtures("known")
def test_id_that_stands_in_the_contacts_alone_is_enough(campaign, webhook):
    message = {"id": "wamid.x", "timestamp": told(), "type": "text", "text": {"body": "BAJA"}}
    value = webhook.value(messages=[message], contacts=[{"user_id": USER}])
    webhook.receive(("messages", value))
    assert silent(campaign) == [phone(1)]


def test_parent_id_is_enough_once_a_receipt_told_whose_it_is(campaign, webhook, known):
    write(webhook, "BAJA", from_parent_user_id=PARENT)
    status = {"id": f"wamid.{known}", "status": "read", "timestamp": told()}
    status |= {"recipient_user_id": USER, "recipient_parent_user_id": PARENT}
    webhook.receive(("messages", webhook.value(statuses=[status])))
    assert silent(campaign) == [phone(1)]


def test_alta_of_somebody_known_by_a_quotation_alone_undoes_nothing(campaign, webhook, known):
    quoted = {"context": {"id": f"wamid.{known}"}}
    write(webhook, "BAJA", from_user_id="MX.77", **quoted)
    assert silent(campaign) == [phone(1)]
    write(webhook, "ALTA", second=9, from_user_id="MX.77", **quoted)
    write(webhook, "ALTA", second=9, **quoted)
    assert silent(campaign) == [phone(1)]
    write(webhook, "ALTA", second=9, from_user_id=USER, **quoted)
    assert silent(campaign) == []


@pytest.mark.usefixtures("known")
def test_kept_alta_by_quotation_is_never_resolved_to_the_quoted(campaign, webhook):
    campaign.with_opt_out(phone(1))
    campaign.rows("update public.wa_opt_outs set changed_at = %s", NOW - timedelta(days=9))
    quoted = {"context": {"id": "wamid.lost"}}
    write(webhook, "ALTA", from_user_id="MX.77", **quoted)
    campaign.rows("update public.wa_send_queue set meta_message_id = 'wamid.lost'")
    campaign.as_service("public.wa_resolve_opt_outs")
    assert silent(campaign) == [phone(1)]


def test_message_edited_to_baja_counts_and_a_revoked_one_undoes_nothing(campaign, webhook):
    edit = {"original_message_id": "wamid.a", "message": {"type": "text", "text": {"body": "BAJA"}}}
    who = {"from": phone(1), "timestamp": told()}
    webhook.hear(id="wamid.b", type="edit", edit=edit, **who)
    webhook.hear(id="wamid.c", type="revoke", revoke={"original_message_id": "wamid.b"}, **who)
    assert silent(campaign) == [phone(1)]
    assert [row["kind"] for row in webhook.published] == ["edit", "revoke"]


def test_wish_from_the_future_is_of_now(campaign, webhook):
    write(webhook, "ALTA", second=86_400 * 300, **{"from": phone(1)})
    webhook.now += timedelta(minutes=1)
    message = {"id": "wamid.x", "type": "text", "text": {"body": "BAJA"}}
    webhook.hear(timestamp=str(int(webhook.now.timestamp())), **message | {"from": phone(1)})
    assert silent(campaign) == [phone(1)]


ODD = ["\x00", "wamid." + "A" * 5000, "wamid.ñ", "\ud83d", 10**400, -1, True, {}, []]


@pytest.mark.parametrize("member", ["id", "from_user_id", "context"])
def test_odd_id_loses_no_neighbour(campaign, webhook, known, member):
    for odd in ODD:
        campaign.rows("delete from public.wa_opt_outs")
        campaign.rows("update public.wa_send_queue set read_at = null")
        text = {"type": "text", "text": {"body": "BAJA"}, "timestamp": told()}
        value = {"id": odd} if member == "context" else odd
        messages = [
            text | {"id": "wamid.y", "from": phone(1)} | {member: value},
            text | {"id": "wamid.x", "from": phone(2)},
        ]
        status = {"status": "read", "timestamp": told()}
        statuses = [status | {"id": odd}, status | {"id": f"wamid.{known}"}]
        webhook.receive(("messages", webhook.value(messages=messages, statuses=statuses)))
        assert silent(campaign) == [phone(1), phone(2)], odd
        read = campaign.rows("select id from public.wa_send_queue where read_at is not null")
        assert [row["id"] for row in read] == [known], odd


def test_reply_is_passed_on_whatever_it_is(campaign, webhook):
    webhook.hear(id="wamid.x", timestamp=told(), type="hologram", **{"from": phone(1)})
    [row] = webhook.published
    assert (row["kind"], row["phone"]) == ("unknown", phone(1))
    assert sender(campaign)["phone_number_id"] == row["phone_number_id"]
