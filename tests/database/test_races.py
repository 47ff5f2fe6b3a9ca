"""Two transactions at once: who waits, who wins, and that nobody sends twice."""

from uuid import uuid4

import psycopg
import pytest

from tests.attempts import attempt
from tests.campaign import PERSONALIZATION, Campaign, call, phone
from tests.campaign_queue import receipt
from tests.database.transactions import miscounted, overlap

MEMBER_AND_SERVICE = ("authenticated", "postgres")
SERVICE_AND_MEMBER = ("postgres", "authenticated")
MEMBERS = ("authenticated", "authenticated")


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(3)


def claiming(message_id):
    claim = {"p_message_id": message_id, "p_claim_id": uuid4()}
    return lambda db: call(db, "public.wa_claim_message", **claim)


def cancelling(job_id):
    return lambda db: call(db, "public.wa_cancel_job", p_job_id=job_id)


def locking(message_id):
    """The first step of a claim or a record, with the rest still to come."""
    query = "select from public.wa_send_queue where id = %s for update"
    return lambda db: db.execute(query, (message_id,))


def recording(message_id, word, **details):
    named = {"p_message_id": message_id, "p_attempt": 1} | attempt(word, **details)
    return lambda db: call(db, "public.wa_record_attempt", **named)


def receiving(*receipts):
    return lambda db: call(db, "public.wa_apply_receipts", p_receipts=list(receipts))


def delivered(campaign, message_id):
    return receipt(campaign, message_id, "delivered", meta_message_id="wamid.1")


def creating(campaign, key):
    return lambda db: call(
        db,
        "public.wa_create_job",
        p_campaign_id=campaign.id,
        p_template_id=campaign.template_id,
        p_filters={},
        p_personalization=PERSONALIZATION,
        p_idempotency_key=key,
    )


def test_two_claims_of_one_message_send_it_once(campaign):
    message = campaign.messages(campaign.create_job()["job_id"])[0]["id"]

    first, second = overlap(campaign, claiming(message), claiming(message))

    assert first["decision"] == "send"
    assert second == {"message_id": str(message), "decision": "done", "status": "sending"}


def test_two_jobs_write_to_one_phone_once(campaign):
    jobs = [campaign.create_job()["job_id"] for _ in range(2)]
    [one], [other] = (
        [m["id"] for m in campaign.messages(job) if m["recipient_phone"] == phone(0)]
        for job in jobs
    )

    first, second = overlap(campaign, claiming(one), claiming(other))

    assert first["decision"] == "send"
    assert second == {
        "message_id": str(other),
        "decision": "skipped",
        "reason": "contacted_recently",
    }
    assert not miscounted(campaign)


def test_refused_message_leaves_the_phone_to_the_other_job(campaign):
    jobs = [campaign.create_job()["job_id"] for _ in range(2)]
    one, other = (campaign.messages(job)[0]["id"] for job in jobs)
    campaign.claim(one)

    _, second = overlap(campaign, recording(one, "failed"), claiming(other))

    assert second["decision"] == "send"


def test_claim_before_cancel_is_sent_and_the_rest_is_not(campaign):
    job = campaign.create_job()["job_id"]
    message = campaign.messages(job)[0]["id"]

    first, second = overlap(
        campaign, claiming(message), cancelling(job), roles=SERVICE_AND_MEMBER, blocks=False
    )

    assert first["decision"] == "send"
    assert second["status"] == "cancelled"
    assert [m["status"] for m in campaign.messages(job)] == ["sending", "skipped", "skipped"]
    assert not miscounted(campaign)


def test_claim_after_cancel_waits_and_is_not_sent(campaign):
    job = campaign.create_job()["job_id"]
    message = campaign.messages(job)[0]["id"]

    _, second = overlap(campaign, cancelling(job), claiming(message), roles=MEMBER_AND_SERVICE)

    assert second == {"message_id": str(message), "decision": "done", "status": "skipped"}


def test_claim_that_skips_does_not_deadlock_with_cancel(campaign):
    job = campaign.create_job()["job_id"]
    campaign.with_opt_out(phone(0), phone(1), phone(2))
    message = campaign.messages(job)[0]["id"]

    overlap(
        campaign,
        locking(message),
        cancelling(job),
        roles=SERVICE_AND_MEMBER,
        then=claiming(message),
        blocks=False,
    )

    assert {m["status"] for m in campaign.messages(job)} == {"skipped"}
    assert not miscounted(campaign)


def test_message_that_cancel_passed_over_is_skipped_by_the_sweep(campaign):
    job = campaign.create_job()["job_id"]
    message = campaign.messages(job)[0]["id"]

    overlap(campaign, locking(message), cancelling(job), roles=SERVICE_AND_MEMBER, blocks=False)

    assert campaign.as_service("public.wa_sweep")["cancelled"] == 1
    assert {m["status"] for m in campaign.messages(job)} == {"skipped"}


def test_two_leases_of_a_shard_share_no_message(campaign):
    job = campaign.create_job()["job_id"]
    shard = {"p_job_id": job, "p_from": 1, "p_to": 500}

    def lease(db):
        return call(db, "public.wa_lease_shard", **shard)

    first, second = overlap(campaign, lease, lease, blocks=False)

    assert (len(first["tasks"]), len(second["tasks"])) == (3, 0)


def test_same_request_at_once_makes_one_job(campaign):
    first, second = overlap(
        campaign, creating(campaign, "key"), creating(campaign, "key"), roles=MEMBERS
    )

    assert first == second
    assert campaign.rows("select count(*) as jobs from public.communications") == [{"jobs": 1}]


def test_two_jobs_at_once_do_not_pass_the_spending_cap_together(campaign):
    campaign.with_settings(spending_cap_usd=5, price_per_message_usd=1)

    with pytest.raises(psycopg.Error, match="spending_cap_exceeded"):
        overlap(campaign, creating(campaign, "one"), creating(campaign, "two"), roles=MEMBERS)

    assert campaign.rows("select count(*) as jobs from public.communications") == [{"jobs": 1}]


@pytest.mark.parametrize("receipt_first", [False, True])
def test_answer_and_receipt_at_once_agree(campaign, receipt_first):
    job = campaign.create_job()["job_id"]
    message = campaign.messages(job)[0]["id"]
    campaign.claim(message)
    both = [
        recording(message, "accepted", p_meta_message_id="wamid.1"),
        receiving(delivered(campaign, message)),
    ]

    overlap(campaign, *(reversed(both) if receipt_first else both))

    row = campaign.messages(job)[0]
    assert (row["status"], row["meta_message_id"]) == ("sent", "wamid.1")
    assert row["delivered_at"] is not None
    assert not miscounted(campaign)


@pytest.mark.parametrize("receipt_first", [False, True])
def test_receipt_outranks_an_answer_that_was_lost(campaign, receipt_first):
    message = campaign.messages(campaign.create_job()["job_id"])[0]["id"]
    campaign.claim(message)
    both = [recording(message, "unknown"), receiving(delivered(campaign, message))]

    overlap(campaign, *(reversed(both) if receipt_first else both))

    assert campaign.rows("select status from public.wa_send_queue where id = %s", message) == [
        {"status": "sent"}
    ]
