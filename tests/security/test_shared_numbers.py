"""Campaigns that write from one number learn nothing of each other from what people say to it."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import psycopg
import pytest

from tests.campaign import Campaign, phone, session
from tests.campaign_queue import deliver, message, message_to
from tests.database.webhook import Webhook

NEW = "+525599990001"
STRANGER = 99
# People speak after the campaigns have come to their numbers, however long the tests before took.
NOW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
TWO_DAYS = 2 * 24 * 60


@pytest.fixture
def theirs(database):
    """Another campaign, with the number that ours shares."""
    return Campaign.create(database, "Ajena").with_voters(3, first=50)


@pytest.fixture
def ours(theirs):
    """Ours had a number of its own first, from which it has not sent anything."""
    made = Campaign.create(theirs.dsn, "Nuestra").with_voters(3)
    return made.with_settings(sender_id=theirs.sender_id)


def say(campaign, words, n, minute, **more):
    """Let somebody write to the number that this campaign was created with, that minute."""
    hook = Webhook(campaign, NOW + timedelta(hours=2))
    told = {"id": "wamid.x", "timestamp": str(int(NOW.timestamp()) + 60 * minute)}
    who = {"from": phone(n)} if n is not None else {}
    hook.hear(**told | {"type": "text", "text": {"body": words}} | who | more)
    return hook


def change_settings(campaign, minute, n, *, stops):
    """Let somebody switch offers off or on in WhatsApp, for the campaign's first number."""
    hook = Webhook(campaign, NOW + timedelta(hours=2))
    wish = {"wa_id": phone(n).lstrip("+"), "category": "marketing_messages"}
    wish |= {"value": "stop" if stops else "resume"}
    wish |= {"timestamp": int(NOW.timestamp()) + 60 * minute}
    hook.receive(("user_preferences", hook.value(user_preferences=[wish])))


def change_number(campaign, former, present):
    hook = Webhook(campaign, NOW + timedelta(hours=2))
    system = {"type": "user_changed_number", "wa_id": present.lstrip("+")}
    told = {"id": "wamid.y", "timestamp": str(int(NOW.timestamp())), "type": "system"}
    hook.hear(**told | {"system": system, "from": former.lstrip("+")})


def preview(campaign):
    return campaign.as_member("public.wa_preview_audience", p_campaign_id=campaign.id, p_filters={})


def silent(campaign):
    """How many of the campaign's voters it may not write to for their BAJA."""
    return preview(campaign)["excluded"].get("opted_out", 0)


def listed(campaign):
    rows = campaign.as_member("public.wa_list_opt_outs", p_campaign_id=campaign.id)
    return [row["phone"] for row in rows]


# --- What members read ---


@pytest.mark.parametrize(
    "table", ["wa_opt_outs", "wa_senders", "wa_campaign_numbers", "wa_unresolved_opt_outs"]
)
def test_member_reads_no_row_of_what_belongs_to_the_number(ours, table):
    say(ours, "BAJA", STRANGER, 1)
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        session(ours.dsn, "authenticated", ours.member) as db,
    ):
        db.execute(f"select * from public.{table}")


def test_stranger_who_writes_baja_to_the_shared_number_is_shown_to_nobody(ours, theirs):
    for campaign in (ours, theirs):
        campaign.create_job()
    say(theirs, "BAJA", STRANGER, 1)
    assert (listed(ours), listed(theirs)) == ([], [])


def test_campaign_is_shown_its_own_people_alone(ours, theirs):
    for campaign in (ours, theirs):
        campaign.create_job()
    say(theirs, "BAJA", 0, 1)
    say(theirs, "BAJA", 50, 1)
    assert (listed(ours), listed(theirs)) == ([phone(0)], [phone(50)])


def test_list_tells_the_source_and_the_time_and_ends_with_an_alta(ours, theirs):
    ours.create_job()
    say(theirs, "BAJA", 0, 1)
    say(theirs, "BAJA", 1, 2)
    [last, first] = ours.as_member("public.wa_list_opt_outs", p_campaign_id=ours.id)
    assert (last["phone"], first["phone"], first["source"]) == (phone(1), phone(0), "reply")
    assert datetime.fromisoformat(first["since"]) == NOW + timedelta(minutes=1)
    page = {"p_campaign_id": ours.id, "p_limit": 1, "p_offset": 1}
    assert ours.as_member("public.wa_list_opt_outs", **page) == [first]
    say(theirs, "ALTA", 0, 3)
    assert listed(ours) == [phone(1)]


def test_export_tells_nothing_of_a_stranger_who_wrote_to_the_shared_number(ours, theirs):
    theirs.create_job()
    say(theirs, "BAJA", 50, 1)
    change_number(theirs, phone(50), NEW)
    asked = {"p_campaign_id": ours.id, "p_phone": phone(50)}
    told = ours.as_member("public.wa_export_person", **asked)
    assert (told["phones"], told["user_ids"], told["opt_outs"]) == ([phone(50)], [], [])
    own = theirs.as_member("public.wa_export_person", **asked | {"p_campaign_id": theirs.id})
    assert own["phones"] == [phone(50), NEW]
    assert [word["phone"] for word in own["opt_outs"]] == [phone(50), NEW]


def test_audit_log_speaks_of_no_stranger(ours, theirs):
    ours.create_job()
    for n in (0, 50, STRANGER):
        say(theirs, "BAJA", n, 1)
    entries = ours.rows(
        "select campaign_id from public.wa_audit_log where act in ('opt_out', 'opt_in')"
    )
    assert [entry["campaign_id"] for entry in entries] == [ours.id]


# --- Whom a word binds ---


def test_baja_binds_every_campaign_of_the_number_and_no_other(ours, theirs):
    other = Campaign.create(ours.dsn).with_voters(1)
    theirs.with_voters(1)
    say(theirs, "BAJA", 0, 1)
    assert (silent(ours), silent(theirs), silent(other)) == (1, 1, 0)


def test_baja_said_before_a_campaign_came_to_the_number_binds_it(theirs):
    say(theirs, "BAJA", 0, 1)
    newcomer = Campaign.create(theirs.dsn).with_voters(1)
    assert silent(newcomer) == 0
    newcomer.with_settings(sender_id=theirs.sender_id)
    assert silent(newcomer) == 1


def test_baja_holds_for_a_campaign_that_left_the_number_without_any_job(ours, theirs):
    """Ours wrote from its first number only by its settings."""
    say(ours, "BAJA", 0, 1)
    ours.with_settings(sender_id=None)
    assert ours.rows("select wa.is_opted_out(%s, %s) as said", ours.id, phone(0))[0]["said"]
    ours.with_settings(sender_id=theirs.sender_id)
    assert silent(ours) == 1


@pytest.mark.parametrize("first_said_to", ["ours", "theirs"])
def test_latest_word_of_two_numbers_holds(ours, theirs, first_said_to):
    first, second = (ours, theirs) if first_said_to == "ours" else (theirs, ours)
    said = []
    for minute, (campaign, words) in enumerate(
        [(first, "BAJA"), (second, "ALTA"), (first, "BAJA"), (first, "ALTA"), (second, "BAJA")]
    ):
        say(campaign, words, 0, minute + 1)
        said.append(silent(ours))
    assert said == [1, 0, 1, 0, 1]


def test_of_two_words_at_one_second_silence_holds(ours, theirs):
    say(ours, "BAJA", 0, 1)
    say(theirs, "ALTA", 0, 1)
    assert silent(ours) == 1


def test_switch_in_whatsapp_at_one_number_undoes_no_typed_baja_at_another(ours, theirs):
    say(ours, "BAJA", 0, 1)
    change_settings(theirs, 2, 0, stops=True)
    change_settings(theirs, 3, 0, stops=False)
    assert silent(ours) == 1
    change_settings(ours, 4, 1, stops=True)
    assert silent(ours) == 2
    change_settings(theirs, 5, 1, stops=False)
    assert silent(ours) == 1


SAID = {
    "a typed BAJA outlives the switch": (("BAJA", 0), ("resume", 1)),
    "also if it was switched off after it": (("BAJA", 0), ("stop", 1), ("resume", 2)),
    "or at the same second": (("BAJA", 0), ("stop", 0), ("resume", 1)),
    "the switch undoes the switch": (("stop", 0), ("resume", 1)),
    "a typed ALTA undoes both": (("BAJA", 0), ("stop", 1), ("ALTA", 2)),
}
OPEN = ("the switch undoes the switch", "a typed ALTA undoes both")


@pytest.mark.parametrize("rule", SAID)
def test_words_mean_the_same_in_whatever_order_they_are_applied(ours, rule):
    """Meta repeats, and who hides their number is known late."""
    for n, order in enumerate(permutations(SAID[rule])):
        for word, minute in order:
            if word in {"stop", "resume"}:
                change_settings(ours, minute, 10 + n, stops=word == "stop")
            else:
                say(ours, word, 10 + n, minute)
        query = "select wa.is_opted_out(%s, %s) as silent"
        [now] = ours.rows(query, ours.id, phone(10 + n))
        assert now["silent"] is (rule not in OPEN), order


def test_alta_said_before_a_campaign_came_does_not_speak_for_it(theirs):
    newcomer = Campaign.create(theirs.dsn).with_voters(1)
    newcomer.with_opt_out(phone(0))
    newcomer.rows("update public.wa_opt_outs set changed_at = now() - interval '2 days'")
    say(theirs, "ALTA", 0, -TWO_DAYS)
    newcomer.with_settings(sender_id=theirs.sender_id)
    assert silent(newcomer) == 1
    say(theirs, "ALTA", 0, 1)
    assert silent(newcomer) == 0


def test_silence_follows_to_a_number_that_another_sender_of_the_campaign_was_told(ours, theirs):
    ours.add_voter(full_name="Ana", phone=NEW)
    say(ours, "BAJA", 0, 1)
    change_number(theirs, phone(0), NEW)
    assert silent(ours) == 2


def test_silence_that_comes_later_follows_there_too(ours, theirs):
    ours.add_voter(full_name="Ana", phone=NEW)
    change_number(theirs, phone(0), NEW)
    say(ours, "BAJA", 0, 1)
    assert silent(ours) == 2


def test_number_that_no_campaign_has_yet_remembers_what_it_is_told(theirs):
    theirs.rows("delete from public.wa_campaign_settings")
    theirs.rows("delete from public.wa_campaign_numbers")
    say(theirs, "BAJA", 0, 1)
    heir = Campaign.create(theirs.dsn).with_voters(1).with_settings(sender_id=theirs.sender_id)
    assert silent(heir) == 1


# --- Jobs that move ---


@pytest.fixture
def moved(theirs):
    """A message that left the first number; its job was moved to another one since."""
    ours = Campaign.create(theirs.dsn, "Nuestra").with_voters(3)
    job = ours.create_job()["job_id"]
    sent = message_to(ours, job, 0)
    deliver(ours, sent, meta_message_id="wamid.first")
    ours.with_settings(sender_id=theirs.sender_id)
    ours.as_member("public.wa_move_job", p_job_id=job)
    return ours, job


def test_baja_at_the_number_that_a_job_was_moved_from_stops_its_messages(moved):
    ours, job = moved
    say(ours, "BAJA", 1, 1)
    claim = ours.claim(message_to(ours, job, 1))
    assert (claim["decision"], claim["reason"]) == ("skipped", "opted_out")


def test_message_of_the_former_number_can_be_quoted_there_although_it_left_again(moved):
    ours, job = moved
    ours.rows(
        "update public.wa_send_queue set sender_id = (select sender_id from public.communications"
        " where job_id = %s) where meta_message_id = 'wamid.first'",
        job,
    )
    say(ours, "BAJA", None, 1, from_user_id="MX.1", context={"id": "wamid.first"})
    assert silent(ours) == 1


def test_quotation_counts_in_the_chat_with_that_number_alone(moved, theirs):
    ours, _ = moved
    say(theirs, "BAJA", None, 1, from_user_id="MX.1", context={"id": "wamid.first"})
    assert silent(ours) == 0


def test_metas_word_belongs_to_the_number_that_the_message_left(moved, theirs):
    ours, job = moved
    theirs.with_voters(2)
    refused = message_to(ours, job, 1)
    deliver(ours, refused, "failed", opts_out=True)
    assert message(ours, refused)["sender_id"] == theirs.sender_id
    assert (silent(ours), silent(theirs)) == (1, 1)


# --- What members are told of the number ---

SECRET = "Nota: la Ajena debe dos meses"


def shown(campaign, job):
    """Everything that members are told of the number."""
    member = campaign.as_member
    return str(
        [
            member("public.wa_get_sender", p_campaign_id=campaign.id),
            member("public.wa_get_job", p_job_id=job),
            member("public.wa_list_jobs", p_campaign_id=campaign.id),
            campaign.create_job(),
        ]
    )


@pytest.mark.parametrize("state", ["paused", "blocked"])
def test_operators_note_is_shown_to_no_member(ours, theirs, state):
    job = ours.create_job()["job_id"]
    theirs.with_sender(state=state, state_reason=SECRET)
    told = shown(ours, job)
    assert SECRET not in told
    assert f"sender_{state}" in told


def test_note_on_a_number_that_meta_blocked_is_not_shown_but_metas_reason_is(ours, theirs):
    job = ours.create_job()["job_id"]
    reason = "Meta limitó este número."
    theirs.rows(
        "select wa.block_senders(array[%s]::uuid[], 'answer', %s, now())", theirs.sender_id, reason
    )
    theirs.with_sender(state_reason=SECRET)
    told = shown(ours, job)
    assert (SECRET in told, reason in told) == (False, True)


def test_sender_is_told_without_what_is_the_operators(ours, theirs):
    theirs.with_sender(display_phone_number="+52 55 1234 5678", quality="GREEN")
    assert ours.as_member("public.wa_get_sender", p_campaign_id=ours.id) == {
        "display_phone_number": "+52 55 1234 5678",
        "state": "ok",
        "notice": None,
        "quality": "GREEN",
        "throughput": None,
        "messaging_limit": None,
        "messaging_limit_known": True,
    }
    ours.with_settings(sender_id=None)
    assert ours.as_member("public.wa_get_sender", p_campaign_id=ours.id) is None
