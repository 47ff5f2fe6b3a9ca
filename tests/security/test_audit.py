"""Nobody changes the audit log unnoticed, and nothing waits for it or fails by it."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.campaign import Campaign, call, phone, session
from tests.campaign_queue import sweep
from tests.database.transactions import overlap
from tests.machines import MAY_RUN

OWNER = (
    "set local session_replication_role = replica;"  # as who owns the database: no trigger stops it
)
# Whoever may run wa.audit_hash can write a chain that is right in itself, its head too.
RECOMPUTED = (
    OWNER
    + """
    do $$
    declare
      entry public.wa_audit_log;
      head bytea := wa.audit_root('{campaign}');
      n bigint := 0;
    begin
      for entry in select * from public.wa_audit_log order by seq loop
        n := n + 1;
        update public.wa_audit_log l set seq = n, prev_hash = head, hash = wa.audit_hash(head, n, l)
          where l.id = entry.id returning hash into head;
      end loop;
      update wa.audit_heads set seq = n, hash = head;
    end $$"""
)
TAMPERING = {
    "an entry is altered": "update public.wa_audit_log set actor = 'x' where seq = 3",
    "an entry is cut out": "delete from public.wa_audit_log where seq = 3",
    "the tail is cut": "delete from public.wa_audit_log where seq > 3",
    "the tail is cut and the head moved": "delete from public.wa_audit_log where seq > 3;"
    " update wa.audit_heads set seq = l.seq, hash = l.hash from public.wa_audit_log l"
    " where l.seq = 3",
    "everything goes": "delete from public.wa_audit_log; delete from wa.audit_heads",
    "everything goes and others come": "delete from public.wa_audit_log;"
    " delete from wa.audit_heads; set local session_replication_role = origin;"
    " select wa.audit('{campaign}', 'x', null, '{{}}') from generate_series(1, 6);"
    " select wa.seal_audit()",
    "an entry is altered and all hashes made anew": "update public.wa_audit_log"
    " set actor = 'x' where seq = 3;" + RECOMPUTED,
    "an entry is cut out and all hashes made anew": "delete from public.wa_audit_log"
    " where seq = 3;" + RECOMPUTED,
}
NEEDS_A_HEAD_OUTSIDE = {
    "the tail is cut and the head moved",
    "everything goes",
    "everything goes and others come",
    "an entry is altered and all hashes made anew",
    "an entry is cut out and all hashes made anew",
}


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(5)


def write(campaign, entries=5):
    campaign.rows(
        "select wa.audit(%s, 'noted', null, '{}') from generate_series(1, %s)", campaign.id, entries
    )


def log(campaign, act="%"):
    return campaign.rows(
        "select * from public.wa_audit_log where campaign_id = %s and act like %s order by id",
        campaign.id,
        act,
    )


def verify(campaign, head=None):
    seq, digest = (head["seq"], head["hash"]) if head else (None, None)
    [row] = campaign.rows("select wa.verify_audit(%s, %s, %s) as found", campaign.id, seq, digest)
    return row["found"]


def sealed_head(campaign):
    """Seal by a sweep and return the head that it reports."""
    [head] = [h for h in sweep(campaign)["audit_heads"] if h["campaign_id"] == str(campaign.id)]
    return head


def say_baja(campaign, n=0):
    said = {"phone_number_id": campaign.phone_number_id, "phone": phone(n), "at": now()}
    wish = said | {"opted_out": True, "source": "reply"}
    return campaign.as_service("public.wa_apply_opt_outs", p_intents=[wish])["changed"]


def now():
    return datetime.now(UTC).isoformat()


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_is_found_against_a_head_that_was_reported(campaign, how):
    write(campaign)
    head = sealed_head(campaign)
    assert verify(campaign, head)["intact"]
    campaign.rows(OWNER + TAMPERING[how].format(campaign=campaign.id))
    found = verify(campaign, head)
    assert not found["intact"], found
    assert verify(campaign)["intact"] is (how in NEEDS_A_HEAD_OUTSIDE)


@pytest.mark.parametrize("how", TAMPERING)
def test_what_is_written_after_the_tampering_does_not_heal_it(campaign, how):
    write(campaign)
    head = sealed_head(campaign)
    campaign.rows(OWNER + TAMPERING[how].format(campaign=campaign.id))
    write(campaign)
    sweep(campaign)
    assert not verify(campaign, head)["intact"]


def test_entries_stay_right_while_the_log_grows(campaign):
    heads = []
    for _ in range(3):
        write(campaign)
        heads.append(sealed_head(campaign))
    assert [verify(campaign, head)["intact"] for head in heads] == [True] * 3
    assert [row["seq"] for row in log(campaign)] == list(range(1, 17))


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role", *MAY_RUN])
@pytest.mark.parametrize(
    "forgery",
    [
        "insert into public.wa_audit_log (campaign_id) values ('{campaign}')",
        "select wa.audit('{campaign}', 'x', null, '{{}}')",
        "select wa.seal_campaign('{campaign}', 1)",
        "update public.wa_audit_log set actor = 'x'",
        "delete from public.wa_audit_log",
        "truncate public.wa_audit_log",
        "update wa.audit_heads set seq = 1",
        "select key from wa.audit_keys",
        "select wa.keyed_hash('{campaign}', '+525510000000')",
    ],
)
def test_no_role_forges_an_entry_or_learns_the_key(campaign, role, forgery):
    write(campaign, 1)
    before = log(campaign)
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        session(campaign.dsn, role, campaign.member) as db,
    ):
        db.execute(forgery.format(campaign=campaign.id))
    assert log(campaign) == before


POISON = {
    "a wrong seal": "update public.wa_audit_log set seq = 1, prev_hash = 'x', hash = 'y'",
    "a far place": "update public.wa_audit_log set seq = 99, prev_hash = 'x', hash = 'y'",
    "the last place there is": "update public.wa_audit_log"
    " set seq = 9223372036854775807, prev_hash = 'x', hash = 'y'",
    "a wrong head": "insert into wa.audit_heads values ('{campaign}', 7, 'x', now())",
}


@pytest.mark.parametrize("poison", POISON)
def test_poisoned_log_stops_neither_jobs_nor_bajas_nor_the_sweep(campaign, poison):
    other = Campaign.create(campaign.dsn)
    campaign.rows(
        POISON[poison].format(campaign=campaign.id)
        + f" where campaign_id = '{campaign.id}'" * POISON[poison].startswith("update")
    )
    job = campaign.create_job()["job_id"]
    assert say_baja(campaign) == 1
    write(other)
    swept = sweep(campaign)
    assert campaign.as_member("public.wa_cancel_job", p_job_id=job)["status"] == "cancelled"
    assert verify(other) == {
        "intact": True,
        "entries": 6,
        "sealed": 6,
        "broken_at": None,
        "problem": None,
    }
    assert not verify(campaign)["intact"]
    assert swept["unsealable"] == (poison == "the last place there is")
    assert {"job_created", "opt_out"} <= {row["act"] for row in log(campaign)}


def test_who_holds_the_log_delays_neither_jobs_nor_bajas_nor_the_sweep(campaign):
    lock = "select pg_advisory_xact_lock(hashtextextended('wa_audit_log:' || %s, 0))"
    with session(campaign.dsn) as holder:
        holder.execute(lock, (campaign.id,))
        with session(campaign.dsn) as hurried:
            hurried.execute("set local lock_timeout = '2s'")
            assert call(
                hurried,
                "wa.set_opt_out",
                p_sender_id=campaign.sender_id,
                p_phone=phone(0),
                p_opted_out=True,
                p_source="reply",
                p_at=now(),
            )
        assert campaign.create_job()["target_count"] == 5
        assert sweep(campaign)["sealed"] == 0
    assert sweep(campaign)["sealed"] == len(log(campaign))


def test_two_sweeps_at_once_make_one_chain(campaign):
    write(campaign, 50)
    one, other = overlap(
        campaign,
        lambda db: call(db, "wa.seal_audit"),
        lambda db: call(db, "wa.seal_audit"),
        blocks=False,
    )
    assert (one["sealed"], other["sealed"]) == (51, 0)
    assert [row["seq"] for row in log(campaign)] == list(range(1, 52))
    assert verify(campaign)["intact"]


def test_entry_that_is_committed_late_is_sealed_late(campaign):
    with session(campaign.dsn) as slow:
        call(slow, "wa.audit", p_campaign_id=campaign.id, p_act="late", p_job_id=None,
             p_details={"n": 1})  # fmt: skip
        write(campaign)
        head = sealed_head(campaign)
    sweep(campaign)
    assert [row["seq"] for row in log(campaign, "late")] == [head["seq"] + 1]
    assert verify(campaign, head)["intact"]


def test_a_round_seals_so_many_and_the_next_one_goes_on(campaign):
    write(campaign, 9)
    for sealed in (4, 4, 2, 0):
        [row] = campaign.rows("select wa.seal_audit(4) as done")
        assert row["done"]["sealed"] == sealed
    assert verify(campaign)["intact"]


def test_head_is_reported_again_for_an_hour(campaign):
    write(campaign)
    head = sealed_head(campaign)
    assert sealed_head(campaign) == head
    campaign.rows("update wa.audit_heads set sealed_at = now() - interval '61 minutes'")
    assert sweep(campaign)["audit_heads"] == []


def test_verification_is_for_administrators_of_that_campaign(campaign):
    other = Campaign.create(campaign.dsn)
    assert campaign.as_member("public.wa_verify_audit", p_campaign_id=campaign.id)["intact"]
    with pytest.raises(psycopg.Error, match="campaign_not_found"):
        campaign.as_member("public.wa_verify_audit", p_campaign_id=other.id)


# What leaves an entry, and whose.
def test_changed_settings_are_an_entry_with_old_and_new(campaign):
    campaign.with_settings(consent_required=True, spending_cap_usd=5)
    campaign.with_settings(consent_required=True)
    campaign.rows("delete from public.wa_campaign_settings where campaign_id = %s", campaign.id)
    made, changed, deleted = log(campaign, "settings_%")
    assert made["details"]["changed"]["consent_required"] == [None, False]
    assert changed["details"]["changed"] == {
        "consent_required": [False, True],
        "spending_cap_usd": [1_000_000, 5],
    }
    assert deleted["details"]["changed"]["spending_cap_usd"] == [5, None]
    assert {row["actor"] for row in (made, changed, deleted)} == {"postgres"}


def test_changed_dates_are_an_entry(campaign):
    [before] = campaign.rows("select campaign_end as day from public.wa_campaign_settings")
    later = before["day"] + timedelta(days=1)
    campaign.with_settings(campaign_end=later)
    [changed] = log(campaign, "settings_changed")
    days = [before["day"].isoformat(), later.isoformat()]
    assert changed["details"]["changed"] == {"campaign_end": days}


def test_change_of_a_number_is_an_entry_of_each_campaign_without_the_note(campaign):
    other = Campaign.create(campaign.dsn).with_settings(sender_id=campaign.sender_id)
    stranger = Campaign.create(campaign.dsn)
    campaign.with_sender(daily_limit=100000, state="paused", state_reason="Eufemia no paga")
    for each in (campaign, other):
        [entry] = log(each, "sender_changed")
        assert entry["details"] == {
            "sender_id": str(campaign.sender_id),
            "changed": {"daily_limit": [None, 100000], "state": ["ok", "paused"]},
        }
    assert log(stranger, "sender_changed") == []


def test_sending_writes_no_entry_about_its_number(campaign):
    job = campaign.create_job()["job_id"]
    for message in campaign.messages(job):
        campaign.claim(message["id"])
        campaign.record(message["id"], "accepted", meta_message_id=f"wamid.{message['position']}")
    assert log(campaign, "sender_changed") == []


def test_opt_out_that_is_taken_away_by_hand_is_an_entry(campaign):
    campaign.create_job()
    say_baja(campaign)
    campaign.rows("update public.wa_opt_outs set opted_out = false")
    campaign.rows("delete from public.wa_opt_outs")
    said, undone, deleted = log(campaign, "opt_%")
    assert [said["act"], undone["act"], deleted["act"]] == [
        "opt_out",
        "opt_in",
        "opt_out_deleted",
    ]
    assert [said["actor"], undone["actor"], deleted["actor"]] == [
        "wa_apply_events",
        "postgres",
        "postgres",
    ]
    hashes = {row["details"]["phone_hmac"] for row in (said, undone, deleted)}
    assert len(hashes) == 1


def test_consent_that_is_revoked_changed_or_deleted_is_an_entry(campaign):
    campaign.with_consent(phone(0))
    campaign.rows("update public.wa_consents set obtained_at = obtained_at - interval '1 year'")
    campaign.rows("update public.wa_consents set revoked_at = now()")
    campaign.rows("delete from public.wa_consents")
    entries = log(campaign, "consent_%")
    assert [row["act"] for row in entries] == [
        "consent_changed",
        "consent_revoked",
        "consent_deleted",
    ]
    assert len({row["details"]["phone_hmac"] for row in entries}) == 1
    assert list(entries[1]["details"]["changed"]) == ["revoked_at"]


@pytest.mark.parametrize("table", ["wa_opt_outs", "wa_consents", "wa_campaign_settings"])
def test_what_leaves_entries_cannot_be_emptied_without_them(campaign, table):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        campaign.rows(f"truncate public.{table}")


def test_actor_needs_no_well_formed_token(campaign):
    """Whatever subject a machine's key carries, a BAJA is noted."""
    campaign.create_job()
    with session(campaign.dsn) as db:
        db.execute("select set_config('request.jwt.claims', %s, true)", ('{"sub": "dispatch-" }',))
        baja = {"p_phone": phone(0), "p_opted_out": True, "p_source": "reply", "p_at": now()}
        call(db, "wa.set_opt_out", p_sender_id=campaign.sender_id, **baja)
    assert [row["actor"] for row in log(campaign, "opt_out")] == ["dispatch-"]
