"""Bulk changes in opposite orders: nobody waits for somebody who waits for them."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.campaign import WABA, Campaign, call, insert, phone, session
from tests.campaign_queue import claim_all, receipt
from tests.database.transactions import miscounted, overlap

THREADS = 8
JOBS = 4
VOTERS = 12


def opting_out(campaign, number):
    return lambda db: call(
        db,
        "wa.set_opt_out",
        p_sender_id=campaign.sender_id,
        p_phone=number,
        p_opted_out=True,
        p_source="reply",
        p_at="2027-05-01T12:00:00Z",
    )


def test_one_voters_baja_does_not_wait_for_another_s(database):
    campaign = Campaign.create(database)

    overlap(campaign, opting_out(campaign, phone(0)), opting_out(campaign, phone(1)), blocks=False)

    assert campaign.rows("select count(*) as words from public.wa_opt_outs") == [{"words": 2}]


def test_voters_who_opt_out_in_opposite_orders_are_noted_in_one(database):
    """In Meta's batches as in receipts."""
    campaign = Campaign.create(database).with_voters(2)
    job = campaign.create_job()["job_id"]
    claim_all(campaign)
    for n in range(2):  # so that the ids are in the other order
        number = f"{9 - n}0000000-0000-4000-8000-000000000000", phone(n)
        campaign.rows("update public.wa_send_queue set id = %s where recipient_phone = %s", *number)
    failed = [receipt(campaign, m["id"], "failed", opts_out=True) for m in campaign.messages(job)]
    said = {"phone_number_id": campaign.phone_number_id, "opted_out": True}
    wishes = [
        said | {"phone": phone(n), "source": "reply", "at": "2027-05-01T12:00:00Z"} for n in (1, 0)
    ]

    overlap(
        campaign,
        opting_out(campaign, phone(0)),
        lambda db: call(db, "public.wa_apply_opt_outs", p_intents=wishes),
        then=opting_out(campaign, phone(1)),
    )
    campaign.rows("delete from public.wa_opt_outs")
    overlap(
        campaign,
        opting_out(campaign, phone(0)),
        lambda db: call(db, "public.wa_apply_receipts", p_receipts=failed),
        then=opting_out(campaign, phone(1)),
    )
    assert campaign.rows("select count(*) as words from public.wa_opt_outs") == [{"words": 2}]


@pytest.mark.parametrize(
    "change",
    [
        "select wa.push_back(id) from public.wa_senders",
        "select wa.block_senders(array[id], 'answer', 'x', now()) from public.wa_senders",
        "select wa.end_cause(array[id], 'status', now()) from public.wa_senders",
        "select wa.note_account_word(array[id], 'X', true, null, now()) from public.wa_senders",
    ],
)
def test_baja_and_what_happens_to_its_number_do_not_wait_for_each_other(database, change):
    """A BAJA refers to its number; two batches with one of each would wait in a circle."""
    campaign = Campaign.create(database)
    campaign.with_sender(state="blocked", blocked_by={"status": {}}, blocked_until="now")
    overlap(campaign, opting_out(campaign, phone(0)), lambda db: db.execute(change), blocks=False)


def test_two_batches_of_receipts_lock_their_jobs_in_one_order(database):

    campaign = Campaign.create(database).with_voters(2)
    jobs = sorted(campaign.create_job()["job_id"] for _ in range(2))
    claim_all(campaign)
    rows = {job: campaign.messages(job) for job in jobs}
    batches = [[rows[job][n]["id"] for job in jobs] for n in range(2)]

    def deliver(messages):
        receipts = [receipt(campaign, m, "delivered") for m in messages]
        return lambda db: call(db, "public.wa_apply_receipts", p_receipts=receipts)

    first, second = overlap(campaign, deliver(batches[0]), deliver(batches[1]))

    assert (first["changed"], second["changed"]) == (2, 2)
    assert not miscounted(campaign)


def test_sweep_locks_its_jobs_in_the_order_of_receipts(database):
    campaign = Campaign.create(database).with_voters(4)
    first, last = sorted(campaign.create_job()["job_id"] for _ in range(2))
    stale, other = campaign.messages(last)[:2]
    campaign.claim(stale["id"])
    claim_all(campaign)
    campaign.with_settings(campaign_end=datetime.now(UTC).date() - timedelta(days=2))

    def receipt_for(message):
        receipts = [receipt(campaign, message["id"], "delivered")]
        return lambda db: call(db, "public.wa_apply_receipts", p_receipts=receipts)

    _, swept = overlap(
        campaign,
        receipt_for(campaign.messages(first)[0]),
        lambda db: call(db, "public.wa_sweep", p_stale_after_seconds=0),
        then=receipt_for(other),
    )

    assert (swept["stale_claims"], swept["expired"]) == (1, 5)
    assert not miscounted(campaign)


def test_receipts_take_the_days_slots_before_their_jobs_as_a_claim_does(database):
    campaign = Campaign.create(database).with_voters(2)
    one, other = (campaign.messages(campaign.create_job()["job_id"]) for _ in range(2))
    written_to = one[0]["recipient_phone"]
    [again] = [m["id"] for m in other if m["recipient_phone"] == written_to]
    [neighbour] = [m["id"] for m in other if m["recipient_phone"] != written_to]
    campaign.claim(one[0]["id"])
    claim_all(campaign)
    failed = receipt(campaign, one[0]["id"], "failed")
    told = [failed, receipt(campaign, neighbour, "delivered")]

    overlap(
        campaign,
        lambda db: db.execute("select from public.wa_recent_contacts for update"),
        lambda db: call(db, "public.wa_apply_receipts", p_receipts=told),
        then=lambda db: call(db, "public.wa_claim_message", p_message_id=again, p_claim_id=uuid4()),
    )

    assert not miscounted(campaign)
    assert not campaign.rows("select message_id from public.wa_recent_contacts")


def test_templates_event_that_waits_for_a_job_does_not_keep_its_answer_waiting(campaign_of_two):
    """An answer about the template locks the job and reads the template; an event goes the other
    way."""
    campaign, (message, _) = campaign_of_two
    campaign.claim(message["id"])
    told = {"waba_id": WABA, "name": "saludo", "language": "es_MX", "at": "2027-05-01T12:00:00Z"}
    stop = {"p_fate": "failed", "p_stops": "job", "p_details": {"cause": "template"}}
    attempt = {"p_message_id": message["id"], "p_attempt": 1} | stop

    overlap(
        campaign,
        lambda db: db.execute("select from public.communications for no key update"),
        lambda db: call(db, "wa.apply_template_changes", p_changes=[told | {"status": "paused"}]),
        then=lambda db: call(db, "public.wa_record_attempt", **attempt),
    )

    assert campaign.rows("select paused_by from public.communications") == [
        {"paused_by": "template"}
    ]


def test_batches_about_the_same_templates_lock_them_in_one_order(campaign_of_two):
    campaign, _ = campaign_of_two
    for n in range(5):
        row = {"meta_template_name": f"otra_{n}", "category": "UTILITY", "body_text": "Hola"}
        with session(campaign.dsn) as db:
            insert(db, "public.wa_templates", campaign_id=campaign.id, **row)
    named = [{"waba_id": WABA, "name": f"otra_{n}", "language": "es_MX"} for n in range(5)]
    generator = random.Random(1)

    def tell(n):
        at = f"2027-05-01T12:{n:02}:00Z"
        content = {"body_text": f"Hola {n}"}
        told = [one | {"at": at, "status": "approved", "content": content} for one in named]
        generator.shuffle(told)
        return campaign.as_service(
            "public.wa_apply_account_changes", p_templates=told, p_accounts=Jsonb([])
        )

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(tell, range(40)))

    assert campaign.rows(
        "select distinct body_text from public.wa_templates where meta_template_name like 'otra%%'"
    ) == [{"body_text": "Hola 39"}]


@pytest.fixture
def campaign_of_two(database):
    """A campaign with a job of two messages."""
    campaign = Campaign.create(database).with_voters(2)
    return campaign, campaign.messages(campaign.create_job()["job_id"])


@pytest.mark.parametrize("seed", [1, 2])
def test_shuffled_batches_over_jobs_and_campaigns_never_deadlock(database, seed):
    campaigns = [Campaign.create(database).with_voters(VOTERS) for _ in range(2)]
    messages = [
        (campaign, m["id"])
        for campaign in campaigns
        for _ in range(JOBS)
        for m in campaign.messages(campaign.create_job()["job_id"])
    ]
    claim_all(campaigns[0])
    generator = random.Random(seed)
    batches = [
        [_any_receipt(*m, generator) for m in generator.sample(messages, 6)]
        for _ in range(THREADS * 10)
    ]

    def apply(batch):
        return campaigns[0].as_service("public.wa_apply_receipts", p_receipts=batch)

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(apply, batches))

    assert {answer["unmatched"] for answer in answers} == {0}
    assert not miscounted(campaigns[0])
    for campaign in campaigns:
        campaign.rows("select wa.seal_audit()")
        [row] = campaign.rows("select wa.verify_audit(%s) as found", campaign.id)
        assert row["found"]["intact"]


def _any_receipt(campaign, message, generator):
    status = generator.choice(["sent", "delivered", "read", "failed"])
    at = f"2027-05-01T12:00:{generator.randrange(60):02}Z"
    return receipt(campaign, message, status, at=at, opts_out=status == "failed")
