"""Send slots: evenly spaced per sender, however many processes ask at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

from tests.campaign import Campaign, call, session

CLAIMS = 200
THREADS = 8
RATE = 70

# Postgres keeps time in microseconds: a gap of 1/70 s is rounded.
SPACING = timedelta(seconds=1 / RATE) - timedelta(microseconds=1)


def next_slot(campaign):
    [row] = campaign.rows("select next_slot_at from public.wa_senders")
    return row["next_slot_at"]


def test_slots_of_concurrent_claims_are_evenly_spaced(database):
    campaign = Campaign.create(database)

    def take(count):
        slots = []
        for _ in range(count):
            with session(database) as db:
                slots.append(
                    call(
                        db, "wa.take_slot", p_sender_id=campaign.sender_id, p_max_wait_seconds=1000
                    )
                )
        return slots

    with ThreadPoolExecutor(THREADS) as pool:
        slots = sorted(s for some in pool.map(take, [CLAIMS // THREADS] * THREADS) for s in some)

    assert len(slots) == CLAIMS
    assert min(b - a for a, b in pairwise(slots)) >= SPACING


def test_every_claim_takes_a_slot_of_its_own(database):
    campaign = Campaign.create(database).with_voters(40).with_sender(rate_per_second=RATE)
    messages = campaign.messages(campaign.create_job()["job_id"])
    before = next_slot(campaign)

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda m: campaign.claim(m["id"]), messages))

    assert {answer["decision"] for answer in answers} == {"send"}
    assert next_slot(campaign) - before >= 40 * SPACING


def test_idle_sender_catches_up_at_most_a_tenth_of_a_second(database):
    campaign = Campaign.create(database)
    campaign.rows("update public.wa_senders set next_slot_at = now() - interval '1 hour'")

    [row] = campaign.rows(
        "select clock_timestamp() as now, wa.take_slot(id, 1000) as slot from public.wa_senders"
    )

    assert row["slot"] >= row["now"] - timedelta(milliseconds=100)


def test_throttling_answers_double_the_pause_once_each_time_it_ends(database):
    campaign = Campaign.create(database)
    pauses = []
    for _ in range(8):
        for _ in range(3):  # answers to messages that were under way together
            campaign.as_service("wa.push_back", p_sender_id=campaign.sender_id)
        pauses.append(campaign.rows("select backoff_seconds from public.wa_senders")[0])
        campaign.rows("update public.wa_senders set throttled_until = now() - interval '1 ms'")

    assert [int(p["backoff_seconds"]) for p in pauses] == [1, 2, 4, 8, 16, 32, 60, 60]
