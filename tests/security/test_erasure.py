"""Who asks to be erased is nowhere any more, and is never written to again."""

import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.campaign import PERSONALIZATION, Campaign, call, phone, session
from tests.campaign_queue import deliver, lease, message, message_to, receipt, sweep
from tests.consent_files import CONSENT, READ
from tests.database.transactions import miscounted, overlap
from tests.security.spellings import spellings, wamid

NUMBER, FORMER = phone(0), phone(77)
NAME = "Eufemia"
USER_IDS = ("MX.13491208655302741918", "MX.9000000001")
TRACES = [*map(spellings, (NUMBER, FORMER)), *map(re.compile, (NAME, *USER_IDS))]
NOW = datetime.now(UTC)


@pytest.fixture
def campaign(database):
    """A campaign in whose records the person is wherever a person can be."""
    made = Campaign.create(database)
    made.add_voter(full_name=f"{NAME} Zárate", phone=NUMBER)
    made.add_voter(full_name=f"{NAME} y su hermana", phone=NUMBER)
    made.with_voters(4, first=1).with_consent(NUMBER, phone(1))
    made.rows("update public.wa_consents set source = %s where phone = %s", NAME, NUMBER)
    job = made.create_job()["job_id"]
    first = next(m["id"] for m in made.messages(job) if m["recipient_phone"] == NUMBER)
    lease(made, job)
    deliver(made, first, meta_message_id=wamid(NUMBER))
    told = {"user_id": USER_IDS[0], "meta_message_id": wamid(NUMBER)}
    receive(made, receipt(made, first, "delivered", **told))
    made.rows(
        "insert into public.wa_portfolio_contacts values ('p', %s, %s, now())", NUMBER, made.id
    )
    made.create_job()  # still to be sent
    made.with_test_number(NUMBER)
    send_test(made)
    say(made, wish(made, phone=NUMBER), wish(made, user_id="MX.unknown", context=wamid(NUMBER)))
    say(made, link(made, FORMER, NUMBER), link(made, USER_IDS[1], USER_IDS[0]))
    say(made, link(made, NUMBER, USER_IDS[0]))
    made.rows(
        "insert into public.wa_unresolved_opt_outs"
        " select id, %s, %s, true, 'reply', now() from public.wa_senders",
        USER_IDS[0],
        wamid(NUMBER),
    )
    return made


def send_test(campaign):
    with session(campaign.dsn) as db:
        db.execute("delete from public.wa_opt_outs")
    return campaign.as_member(
        "public.wa_test_template",
        p_template_id=campaign.template_id,
        p_phone=NUMBER,
        p_personalization={"1": NAME, "2": "b"},
        p_idempotency_key="test",
    )


def receive(campaign, *receipts):
    return campaign.as_service("public.wa_apply_receipts", p_receipts=list(receipts))


def say(campaign, *intents):
    return campaign.as_service("public.wa_apply_opt_outs", p_intents=list(intents))


def wish(campaign, *, opted_out=True, at=NOW, context=None, **who):
    said = {"phone_number_id": campaign.phone_number_id, "opted_out": opted_out, "source": "reply"}
    return said | {"at": at.isoformat(), "context_message_id": context} | who


def link(campaign, former, present):
    return {"phone_number_id": campaign.phone_number_id, "former": former, "present": present}


def erase(campaign, **who):
    asked = who or {"p_phone": "55 1000 0000"}
    return campaign.as_member("public.wa_erase_person", p_campaign_id=campaign.id, **asked)


def export(campaign, **who):
    asked = who or {"p_phone": "55 1000 0000"}
    return campaign.as_member("public.wa_export_person", p_campaign_id=campaign.id, **asked)


def places(campaign, *, of=TRACES):
    """Return our tables in which the person is found, in whatever spelling."""
    tables = campaign.rows(
        """select c.oid::regclass::text as name from pg_class c
           where c.relkind = 'r' and c.relnamespace in ('wa'::regnamespace, 'public'::regnamespace)
             and c.relname not in ('voters', 'campaigns', 'campaign_members')"""
    )
    names = [table["name"] for table in tables]
    return {
        name
        for name in names
        for row in campaign.rows(f"select t::text as line from {name} t")
        if any(trace.search(row["line"]) for trace in of)
    }


def voter_of(campaign, number):
    [row] = campaign.rows("select id from public.voters where phone = %s limit 1", number)
    return row["id"]


def test_the_person_was_everywhere_before(campaign):
    """Else the test below would prove little."""
    assert places(campaign) == {
        *("wa_send_queue", "wa_recent_contacts", "wa_portfolio_contacts", "wa_consents"),
        *("wa_opt_outs", "wa_unresolved_opt_outs", "wa_same_person", "wa_test_numbers"),
    }


@pytest.mark.parametrize("by", ["phone", "former phone", "voter"])
def test_erased_person_is_in_no_table(campaign, by):
    who = {
        "phone": {"p_phone": "+52 1 55 1000 0000"},
        "former phone": {"p_phone": FORMER},
        "voter": {"p_voter_id": str(voter_of(campaign, NUMBER))},
    }
    erased = erase(campaign, **who[by])
    assert places(campaign) == set()
    assert (erased["consents"], erased["test_numbers"]) == (1, 1)
    assert erased["messages"] >= 3
    assert not miscounted(campaign)


def test_others_keep_what_is_theirs(campaign):
    rest = "select count(*) as n from public.{} where phone = '{}'"
    erase(campaign)
    [kept] = campaign.rows(rest.format("wa_consents", phone(1)))
    assert kept["n"] == 1
    others = "select count(*) as n from public.wa_send_queue where erased_at is null"
    assert campaign.rows(others) == [{"n": 8}]


def test_export_tells_everything_and_after_the_erasure_nothing(campaign):
    told = export(campaign)
    assert told["phones"] == [NUMBER, FORMER]
    assert told["user_ids"] == sorted(USER_IDS)
    assert told["messages"][0]["body"] == f"Hola {NAME}, somos Ana Gobernadora"
    assert [one["source"] for one in told["consents"]] == [NAME]
    assert [one["opted_out"] for one in told["opt_outs"]] == [True]
    assert {entry["act"] for entry in told["audit"]} >= {"opt_out", "test_number_added"}
    assert not told["suppressed"]
    erase(campaign)
    empty = {"messages": [], "consents": [], "opt_outs": [], "test_numbers": [], "audit": []}
    assert export(campaign) == empty | {
        "campaign_id": str(campaign.id),
        "phones": [NUMBER],
        "user_ids": [],
        "suppressed": True,
    }


def test_the_chain_still_verifies_and_its_hashes_mean_nobody(campaign):
    [before] = campaign.rows("select wa.person_hash(%s, %s) as hash", campaign.id, NUMBER)
    [head] = sweep(campaign)["audit_heads"]
    erase(campaign)
    sweep(campaign)
    verify = "select wa.verify_audit(%s, %s, %s) as found"
    [row] = campaign.rows(verify, campaign.id, head["seq"], head["hash"])
    assert row["found"]["intact"]
    [after] = campaign.rows("select wa.person_hash(%s, %s) as hash", campaign.id, NUMBER)
    assert before["hash"] != after["hash"]
    [logged] = campaign.rows("select * from public.wa_audit_log where act = 'person_erased'")
    assert logged["actor"] == str(campaign.member)


def reimport(campaign):
    campaign.rows("delete from public.voters where phone = %s", NUMBER)
    campaign.rows("update public.wa_recent_contacts set contacted_at = now() - interval '2 days'")
    return campaign.add_voter(full_name="Otra vez", phone="5510000000")


def test_person_who_is_listed_again_is_left_out_and_not_stored(campaign):
    erase(campaign)
    reimport(campaign)
    summary = campaign.create_job()
    assert summary["excluded"] == {"erased": 1}
    assert places(campaign) == set()


def test_number_that_comes_into_a_job_later_is_skipped_at_the_claim(campaign):
    job = campaign.create_job()["job_id"]
    erase(campaign)
    campaign.rows("update public.wa_recent_contacts set contacted_at = now() - interval '2 days'")
    other = message_to(campaign, job, 2)
    lease(campaign, job)
    campaign.rows("update public.voters set phone = %s where phone = %s", NUMBER, phone(2))
    assert campaign.claim(other)["decision"] == "skipped"
    assert message(campaign, other)["skip_reason"] == "erased"
    assert places(campaign) == set()


def test_voter_who_was_erased_is_not_followed_to_a_new_number(campaign):
    voter = voter_of(campaign, NUMBER)
    erase(campaign, p_voter_id=str(voter))
    campaign.rows("update public.voters set phone = %s where id = %s", phone(500), voter)
    assert campaign.create_job()["excluded"]["erased"] >= 1


def test_neither_consents_nor_test_numbers_bring_an_erased_person_back(campaign):
    erase(campaign)
    campaign.with_consent(NUMBER, phone(3))
    with pytest.raises(psycopg.Error, match="test_number_erased"):
        campaign.with_test_number(NUMBER)
    assert places(campaign) == set()
    consents = campaign.rows("select phone from public.wa_consents where phone is not null")
    assert {row["phone"] for row in consents} == {phone(1), phone(3)}


def test_what_was_waiting_is_skipped_and_the_job_adds_up(campaign):
    waiting = campaign.rows(
        "select id, job_id from public.wa_send_queue where status = 'queued'"
        " and recipient_phone = %s",
        NUMBER,
    )
    assert waiting
    erase(campaign)
    for row in waiting:
        assert message(campaign, row["id"])["skip_reason"] == "erased"
        assert campaign.job(row["job_id"])["skipped_by_reason"]["erased"] == 1
    assert not miscounted(campaign)


@pytest.fixture
def under_way(database):
    """A message that was claimed, and is at Meta or on its way there."""
    made = Campaign.create(database).with_voters(1)
    job = made.create_job()["job_id"]
    [one] = lease(made, job)
    return made, one, made.claim(one)


@pytest.mark.parametrize("answer", ["accepted", "unknown", "throttled", "failed"])
def test_answer_to_a_call_under_way_brings_nothing_back(under_way, answer):
    campaign, one, order = under_way
    erase(campaign)
    details = {"meta_message_id": wamid(NUMBER)} if answer == "accepted" else {}
    campaign.record(one, answer, order["attempt"], **details)
    assert places(campaign) == set()
    assert not miscounted(campaign)


def test_claim_whose_answer_was_lost_does_not_send_after_the_erasure(under_way):
    campaign, one, _ = under_way
    claim = message(campaign, one)["claim_id"]
    erase(campaign)
    assert campaign.claim(one, claim)["decision"] == "done"


def test_message_that_comes_back_to_the_queue_is_skipped(under_way):
    campaign, one, _ = under_way
    campaign.rows("update public.wa_send_queue set status = 'unknown'")
    campaign.with_settings(unknown_after="0 seconds")
    erase(campaign)
    job = message(campaign, one)["job_id"]
    campaign.as_member("public.wa_resolve_unknown", p_job_id=job, p_resolution="resend")
    lease(campaign, str(job))
    assert campaign.claim(one)["reason"] == "erased"
    assert not miscounted(campaign)


def test_repeated_events_bring_nothing_back(campaign):
    first = campaign.rows("select id from public.wa_send_queue where delivered_at is not null")
    old = receipt(campaign, first[0]["id"], "failed", opts_out=True, user_id=USER_IDS[0])
    erase(campaign)
    receive(campaign, old | {"meta_message_id": wamid(NUMBER)})
    say(campaign, wish(campaign, phone=NUMBER), link(campaign, FORMER, NUMBER))
    say(campaign, wish(campaign, context=wamid(NUMBER)))
    say(campaign, wish(campaign, phone=NUMBER, opted_out=False, at=NOW - timedelta(days=1)))
    assert places(campaign) == set()


def test_baja_holds_for_whoever_comes_to_the_number_later(campaign):
    erase(campaign)
    other = Campaign.create(campaign.dsn).with_voters(2)
    other.with_settings(sender_id=campaign.sender_id)
    assert other.create_job()["excluded"] == {"opted_out": 1}


def test_typed_alta_after_the_erasure_undoes_the_baja_not_the_erasure(campaign):
    erase(campaign)
    other = Campaign.create(campaign.dsn).with_voters(2)
    other.with_settings(sender_id=campaign.sender_id)
    say(campaign, wish(campaign, phone=NUMBER, opted_out=False, at=NOW + timedelta(days=1)))
    assert other.create_job()["excluded"] == {}
    assert campaign.create_job()["excluded"]["erased"] >= 1


def test_words_stay_where_another_campaign_of_the_number_knows_the_person(campaign):
    other = Campaign.create(campaign.dsn).with_voters(2)
    other.with_settings(sender_id=campaign.sender_id)
    other.create_job()
    erase(campaign)
    assert places(campaign, of=[spellings(NUMBER)]) == {
        *("wa_send_queue", "wa_opt_outs", "wa_unresolved_opt_outs", "wa_same_person")
    }
    assert other.create_job()["excluded"] == {"opted_out": 1}


def test_new_key_holds_for_new_hashes_and_the_old_ones_stay(campaign):
    erase(campaign)
    campaign.rows("insert into wa.suppression_keys (scope) values (%s)", campaign.id)
    erase(campaign, p_phone=phone(1))
    assert campaign.create_job()["excluded"] == {"erased": 3}


def test_unknown_person_is_suppressed_all_the_same(campaign):
    assert erase(campaign, p_phone=phone(600))["messages"] == 0
    campaign.with_voters(1, first=600)
    assert campaign.create_job()["excluded"]["erased"] == 1


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ({"p_phone": "12"}, "phone_invalid"),
        ({"p_phone": None}, "phone_invalid"),
        ({"p_voter_id": "00000000-0000-4000-8000-000000000000"}, "voter_not_found"),
    ],
)
def test_nobody_is_nobody(campaign, who, code):
    for ask in (erase, export):
        with pytest.raises(psycopg.Error, match=code):
            ask(campaign, **who)


# --- At the same time ---


def erasing(campaign, number=NUMBER):
    return lambda db: call(db, "public.wa_erase_person", p_campaign_id=campaign.id, p_phone=number)


def creating(campaign, key):
    return lambda db: call(
        db,
        "public.wa_create_job",
        p_campaign_id=campaign.id,
        p_template_id=campaign.template_id,
        p_filters={},
        p_personalization=dict(PERSONALIZATION),
        p_idempotency_key=key,
    )


MEMBERS = ("authenticated", "authenticated")


def test_job_that_is_being_created_is_waited_for(database):
    campaign = Campaign.create(database).with_voters(2)
    _, erased = overlap(campaign, creating(campaign, "k"), erasing(campaign), roles=MEMBERS)
    assert erased["messages"] == 1
    assert places(campaign) == set()


def test_job_that_comes_during_an_erasure_leaves_the_person_out(database):
    campaign = Campaign.create(database).with_voters(2)
    _, summary = overlap(campaign, erasing(campaign), creating(campaign, "k"), roles=MEMBERS)
    assert summary["excluded"] == {"erased": 1}
    assert places(campaign) == set()


def claiming(one):
    return lambda db: call(db, "public.wa_claim_message", p_message_id=one, p_claim_id=one)


@pytest.fixture
def queued(database):
    campaign = Campaign.create(database).with_voters(1)
    return campaign, lease(campaign, campaign.create_job()["job_id"])[0]


def test_claim_that_comes_during_an_erasure_sends_nothing(queued):
    campaign, one = queued
    roles = ("authenticated", "wa_dispatch")
    _, order = overlap(campaign, erasing(campaign), claiming(one), roles=roles)
    assert order["decision"] == "done"
    assert places(campaign) == set()


def test_erasure_that_comes_during_a_claim_erases_what_leaves(queued):
    campaign, one = queued
    roles = ("wa_dispatch", "authenticated")
    order, _ = overlap(campaign, claiming(one), erasing(campaign), roles=roles)
    assert order["decision"] == "send"
    assert places(campaign) == set()
    assert message(campaign, one)["status"] == "sending"


def recording(campaign):
    return lambda db: call(
        db,
        "public.wa_record_consent",
        p_campaign_id=campaign.id,
        p_voter_id=voter_of(campaign, NUMBER),
        p_consent=Jsonb(CONSENT),
    )


def importing(campaign):
    return lambda db: call(
        db,
        "public.wa_import_consents",
        p_campaign_id=campaign.id,
        p_sha256="a" * 64,
        p_rows=Jsonb([READ | {"row": 2, "phone": NUMBER}]),
        p_is_last=True,
    )


def adding_for_tests(campaign):
    return lambda db: call(
        db,
        "public.wa_add_test_number",
        p_campaign_id=campaign.id,
        p_phone=NUMBER,
        p_label="Del equipo",
    )


@pytest.mark.parametrize("writing", [recording, importing, adding_for_tests])
def test_what_is_being_written_about_somebody_is_waited_for_and_erased(database, writing):
    campaign = Campaign.create(database).with_voters(2)
    overlap(campaign, writing(campaign), erasing(campaign), roles=MEMBERS)
    assert places(campaign) == set()


def test_list_of_consents_that_comes_during_an_erasure_is_told_so(database):
    campaign = Campaign.create(database).with_voters(2)
    _, told = overlap(campaign, erasing(campaign), importing(campaign), roles=MEMBERS)
    assert (told["imported"], [e["code"] for e in told["errors"]]) == (0, ["person_erased"])
    assert places(campaign) == set()


@pytest.mark.parametrize("function", ["public.wa_record_consent", "public.wa_revoke_consent"])
def test_log_says_nothing_of_a_consent_that_an_erased_person_cannot_give(database, function):
    campaign = Campaign.create(database).with_voters(1)
    erase(campaign)
    asked = {"p_campaign_id": campaign.id, "p_voter_id": voter_of(campaign, NUMBER)}
    if function == "public.wa_record_consent":
        asked["p_consent"] = Jsonb(CONSENT)
    with pytest.raises(psycopg.Error, match="person_erased") as refused:
        campaign.as_member(function, **asked)
    assert refused.value.diag.sqlstate == "PT409"
    assert campaign.rows("select from public.wa_audit_log where act like 'consent%%'") == []
    assert campaign.rows("select from wa.person_salts") == []


def test_log_that_is_written_during_an_erasure_makes_nobody_known_again(queued):
    campaign, one = queued
    deliver(campaign, one)
    roles = ("authenticated", "wa_sweep")
    _, written = overlap(
        campaign,
        erasing(campaign),
        lambda db: call(db, "public.wa_audit_messages", p_limit=100),
        roles=roles,
    )
    assert written == 1
    assert campaign.rows("select from wa.person_salts") == []


def test_claim_that_would_move_to_a_number_during_an_erasure_comes_again(queued):
    campaign, one = queued
    campaign.rows("update public.voters set phone = %s", phone(5))
    roles = ("authenticated", "wa_dispatch")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        overlap(campaign, erasing(campaign, phone(5)), claiming(one), blocks=False, roles=roles)
    assert campaign.claim(one)["reason"] == "erased"
