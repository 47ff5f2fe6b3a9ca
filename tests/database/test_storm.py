"""Everything at once, in random order: counters equal rows and nobody is written to twice."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from tests.attempts import attempt, stopping
from tests.campaign import Campaign, call, session
from tests.database.transactions import miscounted

THREADS = 8
OPERATIONS = 50
VOTERS = 40

REACHED = {"accepted", "held", "unknown"}
STOPPED = [
    *("template", "answer", "credentials"),
    *["parameters", "unexplained", "outage"] * 2,
]
WORDS = [*REACHED, "failed", "deferred", "throttled", "skipped", "crash"]
# Not throttled: after it a message may go again, as Meta says that it did not go.
CAUSES = ["template", "answer", "parameters", "outage", *[None] * 8]
RECEIPTS = ["sent", "delivered", "read", "failed"]


def claim_and_record(db, generator, messages):
    """Return the phones that this call may have reached; a crash leaves its claim behind."""
    task = generator.choice(messages)
    order = call(db, "public.wa_claim_message", p_message_id=task, p_claim_id=uuid4())
    message = order["message_id"]
    if order["decision"] != "send":
        return []
    db.commit()
    word = generator.choice(generator.choices([WORDS, STOPPED], [12, 1])[0])
    if word == "crash":
        return [order["to"]]
    call(
        db,
        "public.wa_record_attempt",
        p_message_id=message,
        p_attempt=order["attempt"],
        **attempt(
            word,
            meta_message_id=f"wamid.{message}",
            error_message="expired",
            retry_after_seconds=0,
        ),
    )
    return [order["to"]] if word in REACHED else []


def apply_receipts(db, generator, messages):
    [number] = db.execute(
        "select s.phone_number_id from public.communications c"
        " join public.wa_senders s on s.id = c.sender_id limit 1"
    ).fetchall()
    receipts = [
        number
        | {
            "message_id": str(message),
            "meta_message_id": f"wamid.{message}",
            "status": generator.choice(RECEIPTS),
            "at": f"2027-05-01T12:00:{generator.randrange(60):02}Z",
            "frees_contact": False,
            **stopping(generator.choice(CAUSES)),
        }
        for message in generator.sample(messages, 5)
    ]
    call(db, "public.wa_apply_receipts", p_receipts=receipts)


def sweep(db, _generator, _messages):
    call(db, "public.wa_sweep", p_stale_after_seconds=1, p_lost_after_seconds=0)


def lease(db, generator, messages):
    found = db.execute(
        "select job_id from public.wa_send_queue where id = %s", (generator.choice(messages),)
    ).fetchone()
    leased = call(db, "public.wa_lease_shard", p_job_id=found["job_id"], p_from=1, p_to=500)
    if leased["tasks"]:
        call(db, "public.wa_mark_enqueued", p_tasks=leased["tasks"])


def operate(campaign, jobs):
    """Cancel the second job, then again and again put right what Meta's answers stopped."""
    campaign.as_member("public.wa_cancel_job", p_job_id=jobs[1])
    for _ in range(OPERATIONS):
        with suppress(psycopg.Error):  # the job has ended
            campaign.as_member("public.wa_resume_job", p_job_id=jobs[0])
        campaign.as_member(
            "public.wa_resolve_unknown", p_job_id=jobs[0], p_resolution="assume_sent"
        )
        campaign.with_sender(state="ok", state_changed_at=datetime.now(UTC), blocked_until=None)


@pytest.mark.parametrize("seed", [11, 12])
def test_storm_reaches_nobody_twice_and_leaves_counters_equal_to_rows(database, seed):
    campaign = Campaign.create(database).with_voters(VOTERS).with_sender(rate_per_second=1000)
    campaign.with_settings(unknown_after="0 seconds")
    jobs = [campaign.create_job()["job_id"] for _ in range(2)]
    messages = [m["id"] for job in jobs for m in campaign.messages(job)]
    other = Campaign.create(database).with_settings(sender_id=campaign.sender_id)
    other.with_voters(VOTERS // 2, first=VOTERS)
    messages += [m["id"] for m in other.messages(other.create_job()["job_id"])]

    def work(thread):
        generator = random.Random(seed * 100 + thread)
        sent_to = []
        for _ in range(OPERATIONS):
            operation = generator.choices(
                [claim_and_record, apply_receipts, sweep, lease], [12, 3, 1, 2]
            )[0]
            with session(database) as db:
                sent_to += operation(db, generator, messages) or []
        return sent_to

    with ThreadPoolExecutor(THREADS + 1) as pool:
        working = [pool.submit(work, n) for n in range(THREADS)]
        operating = pool.submit(operate, campaign, jobs)
        operating.result()
        reached = [number for w in working for number in w.result()]

    assert reached
    assert len(reached) == len(set(reached))
    assert not miscounted(campaign)
    campaign.as_service("public.wa_sweep", p_stale_after_seconds=0)
    assert not miscounted(campaign)
    ended = {m["status"] for m in campaign.messages(jobs[1])}
    assert ended.isdisjoint({"queued", "sending"})
    assert campaign.job(jobs[1])["status"] == "cancelled"
