"""Every decision about a message is an entry of the log, once, and nobody waits for it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from devstack.stack.campaign import IDENTITY
from tests.campaign import Campaign, call, phone, session
from tests.campaign_queue import (
    age,
    claim_all,
    deliver,
    deliver_all,
    message_to,
    receipt,
    receive,
    sweep,
)
from tests.database.transactions import overlap


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(6)


def audit(campaign, limit=5000):
    return campaign.as_service("public.wa_audit_messages", p_limit=limit)


def entries(campaign, job=None):
    return campaign.rows(
        "select id, actor, job_id, details from public.wa_audit_log"
        " where campaign_id = %s and act = 'message' and job_id = coalesce(%s, job_id) order by id",
        campaign.id,
        job,
    )


def latest(campaign, job):
    return {e["details"]["message_id"]: e["details"] for e in entries(campaign, job)}


def counted(campaign, job):
    found = campaign.job(job)
    names = ("sent", "failed", "skipped", "unknown")
    return {name: found[f"{name}_count"] for name in names if found[f"{name}_count"]}


def test_latest_entries_of_a_job_are_counted_as_the_job_counts(campaign):
    campaign.with_opt_out(phone(5))
    job = campaign.create_job()["job_id"]
    first, second, third, fourth, _ = (message_to(campaign, job, n) for n in range(5))
    deliver(campaign, first)
    deliver(campaign, second, "failed", error_code=131026)
    deliver(campaign, third, "unknown")
    campaign.claim(fourth)
    assert audit(campaign) == 4
    assert Counter(d["decision"] for d in latest(campaign, job).values()) == counted(campaign, job)
    campaign.as_member("public.wa_cancel_job", p_job_id=job)
    receive(campaign, third, "delivered")
    deliver_late = receive(campaign, first, "failed")
    assert deliver_late["changed"] == 1
    sweep(campaign, stale_after_seconds=0)
    assert audit(campaign) == 4  # the fifth skipped, the fourth lost, and what receipts told
    assert audit(campaign) == 0
    assert Counter(d["decision"] for d in latest(campaign, job).values()) == counted(campaign, job)


def test_entry_holds_why_and_what_was_before(campaign):
    campaign.with_opt_out(phone(5))
    job = campaign.create_job()["job_id"]
    lost, refused = message_to(campaign, job, 0), message_to(campaign, job, 1)
    deliver(campaign, lost, "unknown")
    deliver(campaign, refused, "failed", error_code=131026)
    audit(campaign)
    age(campaign, "1 hour")
    campaign.as_member("public.wa_resolve_unknown", p_job_id=job, p_resolution="assume_sent")
    audit(campaign)
    found = latest(campaign, job)
    settled = found[str(lost)]
    assert (settled["decision"], settled["before"], settled["attempts"]) == ("sent", "unknown", 1)
    assert found[str(refused)]["error_code"] == 131026
    [skipped] = [d for d in found.values() if d["decision"] == "skipped"]
    assert skipped["reason"] == "opted_out"
    assert "text_hash" not in skipped
    assert {e["actor"] for e in entries(campaign)} == {"wa_sweep"}


def test_entry_names_nobody_and_its_hashes_tell_nobody_apart_from_a_key(campaign):
    job = campaign.create_job()["job_id"]
    deliver_all(campaign, job, 1, 2)
    audit(campaign)
    text = str([e["details"] for e in entries(campaign)])
    assert "55100" not in text
    assert "Votante" not in text
    hashes = {e["details"]["phone_hmac"] for e in entries(campaign)}
    assert len(hashes) == 2
    assert len({e["details"]["text_hash"] for e in entries(campaign)}) == 2


def test_entry_names_the_facts_of_its_time(campaign):
    job = campaign.create_job()["job_id"]
    deliver(campaign, message_to(campaign, job, 0))
    audit(campaign)
    campaign.with_settings(candidate="Ana Ruiz", office="Alcaldesa")
    deliver(campaign, message_to(campaign, job, 1))
    audit(campaign)
    before, after = [
        campaign.rows(
            "select facts::jsonb as f from wa.audit_facts where hash = %s", e["details"]["facts"]
        )[0]["f"]
        for e in entries(campaign)
    ]
    assert before["candidate"] == IDENTITY["candidate"]
    assert after["candidate"] == "Ana Ruiz"
    assert after["content"]["body_text"] == "Hola {{1}}, somos {{2}}"
    assert (after["created_by"], after["currency"]) == (str(campaign.member), "USD")


def test_consent_that_held_at_the_claim_is_named(campaign):
    campaign.with_consent(phone(0))
    campaign.rows("update public.wa_consents set notice_version = 'v3'")
    job = campaign.create_job()["job_id"]
    deliver(campaign, message_to(campaign, job, 0))
    campaign.rows("update public.wa_consents set revoked_at = now()")
    audit(campaign)
    [entry] = entries(campaign)
    assert entry["details"]["notice_version"] == "v3"


def test_consent_that_came_after_the_message_is_not_said_to_have_held(campaign):
    job = campaign.create_job()["job_id"]
    deliver(campaign, message_to(campaign, job, 0))
    campaign.with_consent(phone(0))
    campaign.rows("update public.wa_consents set obtained_at = now() - interval '10 days'")
    audit(campaign)
    assert [e["details"]["decision"] for e in entries(campaign)] == ["sent"]
    assert "consent_id" not in entries(campaign)[0]["details"]


def test_test_messages_are_in_the_log_too(campaign):
    campaign.with_test_number(phone(900))
    asked = {"p_template_id": campaign.template_id, "p_phone": phone(900)}
    values = {"p_personalization": {"1": "a", "2": "b"}, "p_idempotency_key": "k"}
    campaign.as_member("public.wa_test_template", **asked, **values)
    [row] = campaign.rows("select id, job_id from public.wa_send_queue")
    deliver(campaign, row["id"])
    assert audit(campaign) == 1


def test_two_that_change_places_in_one_batch_are_noticed(campaign):
    """Every counter of the job is as it was."""
    job = campaign.create_job()["job_id"]
    one, other = message_to(campaign, job, 0), message_to(campaign, job, 1)
    deliver(campaign, one)
    deliver(campaign, other, "failed", error_code=131026)
    claim_all(campaign)
    audit(campaign)
    before = campaign.job(job)
    campaign.rows(
        "update public.wa_send_queue set status = case id when %s then 'failed' else 'sent' end"
        " where id in (%s, %s)",
        one,
        one,
        other,
    )
    assert campaign.job(job) == before
    assert audit(campaign) == 2


def test_batches_leave_nothing_out_and_write_nothing_twice(campaign):
    jobs = [campaign.create_job()["job_id"] for _ in range(2)]
    deliver_all(campaign, jobs[0], *range(1, 7))
    campaign.as_member("public.wa_cancel_job", p_job_id=jobs[1])
    written = [audit(campaign, 5) for _ in range(4)]
    assert written == [5, 5, 2, 0]
    assert Counter(str(e["job_id"]) for e in entries(campaign)) == dict.fromkeys(jobs, 6)


def test_two_sweeps_at_once_write_each_entry_once_and_neither_waits(campaign):
    job = campaign.create_job()["job_id"]
    deliver_all(campaign, job, *range(1, 7))

    def write(db):
        return call(db, "public.wa_audit_messages")

    assert overlap(campaign, write, write, blocks=False) == (6, 0)
    assert len(entries(campaign)) == 6


def test_decision_that_is_committed_while_the_log_is_written_is_in_the_next_round(campaign):
    job = campaign.create_job()["job_id"]
    one, other = message_to(campaign, job, 0), message_to(campaign, job, 1)
    deliver(campaign, one)
    order = campaign.claim(other)
    with session(campaign.dsn) as late:
        details = {"p_message_id": other, "p_attempt": order["attempt"], "p_fate": "accepted"}
        call(late, "public.wa_record_attempt", **details)
        assert audit(campaign) == 1
    assert audit(campaign) == 1
    assert len(latest(campaign, job)) == 2


def test_nobody_waits_for_the_log(campaign):
    """Claims, receipts and cancellations go on while a round of the log is not committed."""
    job = campaign.create_job()["job_id"]
    one, other = message_to(campaign, job, 0), message_to(campaign, job, 1)
    deliver(campaign, one)
    told = [receipt(campaign, one, "delivered")]
    with session(campaign.dsn) as log:
        assert call(log, "public.wa_audit_messages") == 1
        with session(campaign.dsn) as hurried:
            hurried.execute("set local lock_timeout = '2s'")
            call(hurried, "public.wa_apply_receipts", p_receipts=told)
        assert deliver(campaign, other) == "sent"
        assert campaign.as_member("public.wa_cancel_job", p_job_id=job)["status"] == "cancelled"


def test_row_that_is_deleted_leaves_no_mark(campaign):
    job = campaign.create_job()["job_id"]
    deliver_all(campaign, job, 1, 2)
    audit(campaign)
    campaign.rows("delete from public.wa_send_queue where position = 1")
    assert campaign.rows("select position from wa.audited_messages") == [{"position": 2}]
    assert audit(campaign) == 0


# How long entries are kept.
def over(campaign, years):
    """Let the election be that long ago, and the entries of that time."""
    day = datetime.now(UTC).date() - timedelta(days=365 * years + 10)
    dates = {"campaign_start": day - timedelta(days=60), "campaign_end": day - timedelta(days=4)}
    campaign.with_settings(**dates, election_date=day)
    campaign.rows(
        "set local session_replication_role = replica;"
        f"update public.wa_audit_log set at = at - interval '{years} years 20 days'"
        f" where campaign_id = '{campaign.id}'"
    )


def seal(campaign):
    campaign.rows("select wa.seal_audit()")


def verified(campaign):
    [row] = campaign.rows("select wa.verify_audit(%s) as found", campaign.id)
    return row["found"]


def test_entries_are_kept_for_five_years_and_then_the_rest_verifies(campaign):
    campaign.rows(
        "select wa.audit(%s, 'noted', null, '{}') from generate_series(1, 9)", campaign.id
    )
    over(campaign, 5)
    seal(campaign)
    assert campaign.rows("select wa.forget_audit(4) as n") == [{"n": 4}]
    kept = verified(campaign)
    assert (kept["intact"], kept["problem"]) == (True, None)
    campaign.rows("select wa.forget_audit(100)")
    assert campaign.rows("select wa.forget_audit(100) as n") == [{"n": 0}]
    campaign.rows("select wa.audit(%s, 'noted', null, '{}')", campaign.id)
    seal(campaign)
    assert verified(campaign)["intact"]


def test_entries_are_not_forgotten_before(campaign):
    over(campaign, 4)
    seal(campaign)
    assert campaign.rows("select wa.forget_audit(100) as n") == [{"n": 0}]
    campaign.with_settings(audit_kept="3 years")
    assert campaign.rows("select wa.forget_audit(100) > 0 as some") == [{"some": True}]


def test_log_without_an_election_date_is_kept(campaign):
    over(campaign, 9)
    campaign.with_settings(election_date=None, campaign_start=None, campaign_end=None)
    seal(campaign)
    assert campaign.rows("select wa.forget_audit(100) as n") == [{"n": 0}]
