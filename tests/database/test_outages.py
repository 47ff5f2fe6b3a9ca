"""An outage of Meta, or an answer that nobody can explain, uses up nobody's message."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.campaign import Campaign
from tests.campaign_queue import (
    deliver,
    due,
    lease,
    message,
    message_to,
    receipt,
    receive,
    sender,
    sweep,
)
from tests.database.transactions import miscounted

REASON = "WhatsApp tuvo una falla temporal."


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(20)


@pytest.fixture
def job(campaign):
    return campaign.create_job()["job_id"]


def answer(campaign, job, voters, word, **more):
    for n in voters:
        deliver(campaign, message_to(campaign, job, n), word, error_message=REASON, **more)


def cool_down(campaign):
    campaign.with_sender(blocked_until=datetime.now(UTC) - timedelta(seconds=1))


def statuses(campaign, job):
    return {row["status"] for row in campaign.messages(job)}


@pytest.mark.parametrize("word", ["outage", "unknown"])
def test_tenth_answer_of_an_outage_in_a_row_holds_the_number_for_a_minute(campaign, job, word):
    answer(campaign, job, range(9), word)
    assert sender(campaign)["state"] == "ok"

    answer(campaign, job, [9], word)

    held = sender(campaign)
    assert (held["state"], held["state_reason"], held["cooldown_seconds"]) == (
        "blocked",
        REASON,
        60,
    )
    assert campaign.job(job)["status"] == "processing"
    assert campaign.claim(message_to(campaign, job, 10))["decision"] == "deferred"
    assert not miscounted(campaign)


def test_lost_answers_and_outages_count_together(campaign, job):
    answer(campaign, job, range(5), "unknown")
    answer(campaign, job, range(5, 10), "outage")
    assert sender(campaign)["state"] == "blocked"


@pytest.mark.parametrize("word", ["accepted", "held"])
def test_message_that_meta_takes_ends_the_row(campaign, job, word):
    answer(campaign, job, range(9), "outage")
    answer(campaign, job, [9], word)
    answer(campaign, job, range(10, 19), "outage")
    assert sender(campaign)["state"] == "ok"


@pytest.mark.parametrize("word", ["failed", "deferred", "parameters"])
def test_answer_about_one_recipient_neither_counts_nor_ends_the_row(campaign, job, word):
    answer(campaign, job, range(9), "outage")
    answer(campaign, job, [9], word)
    assert sender(campaign)["state"] == "ok"
    answer(campaign, job, [10], "outage")
    assert sender(campaign)["state"] == "blocked"


def test_probe_of_an_outage_costs_one_message_a_time_and_ends_it(campaign, job):
    """A minute, two, four, eight, ten, ten; then the first message that Meta takes."""
    answer(campaign, job, range(10), "outage")
    lengths = []
    for n in range(10, 15):
        cool_down(campaign)
        [(first, last)] = due(campaign)
        assert first == last
        answer(campaign, job, [n], "outage")
        lengths.append(sender(campaign)["cooldown_seconds"])
    assert lengths == [120, 240, 480, 600, 600]
    assert statuses(campaign, job) == {"queued"}

    cool_down(campaign)
    answer(campaign, job, [15], "accepted")

    assert (sender(campaign)["state"], sender(campaign)["outage_answers"]) == ("ok", 0)
    campaign.rows("update public.wa_send_queue set scheduled_at = now() where status = 'queued'")
    assert len(lease(campaign, job)) == 19


def test_refused_try_of_an_outage_waits_and_keeps_its_code(campaign, job):
    tried = message_to(campaign, job, 0)
    answer(campaign, job, [0], "outage", error_code=131016, retry_after_seconds=90)
    row = message(campaign, tried)
    assert (row["status"], row["error_code"], row["retries"]) == ("queued", 131016, 1)
    assert timedelta(seconds=80) < row["scheduled_at"] - datetime.now(UTC) < timedelta(seconds=91)


def test_fifth_answer_without_explanation_in_a_row_pauses_the_job(campaign, job):
    answer(campaign, job, range(4), "unexplained", error_code=2494999)
    assert campaign.job(job)["status"] == "processing"

    answer(campaign, job, [4], "unexplained", error_code=2494999)

    paused = campaign.job(job)
    assert (paused["status"], paused["paused_by"]) == ("paused", "unexplained")
    assert (paused["status_reason"], paused["failed_count"]) == (REASON, 0)
    assert (statuses(campaign, job), sender(campaign)["state"]) == ({"queued"}, "ok")
    assert campaign.as_service("public.wa_health")["paused_jobs"] == 1


def test_resumed_job_gives_every_message_its_tries_back(campaign, job):
    answer(campaign, job, range(5), "unexplained")
    campaign.as_member("public.wa_resume_job", p_job_id=job)
    assert {row["retries"] for row in campaign.messages(job)} == {0}
    assert campaign.as_service("public.wa_health")["paused_jobs"] == 0


@pytest.mark.parametrize("cause", ["parameters", "unexplained", "outage"])
@pytest.mark.parametrize("batch", [True, False])
def test_fifth_failure_after_acceptance_pauses_the_job(campaign, job, cause, batch):
    """131053 is told by receipt, seconds after the message was accepted."""
    answer(campaign, job, range(8), "accepted")
    failures = [
        receipt(
            campaign,
            message_to(campaign, job, n),
            "failed",
            cause=cause,
            error_code=131053,
            error_message=REASON,
        )
        for n in range(5)
    ]
    calls = [failures] if batch else [[failure] for failure in failures]
    for receipts in calls:
        assert campaign.job(job)["status"] == "processing"
        campaign.as_service("public.wa_apply_receipts", p_receipts=receipts)
    paused = campaign.job(job)
    assert (paused["status"], paused["paused_by"]) == ("paused", cause)
    assert (paused["status_reason"], sender(campaign)["state"]) == (REASON, "ok")
    assert not miscounted(campaign)


@pytest.mark.parametrize("good", ["sent", "delivered", "read"])
def test_good_receipt_ends_the_row_of_failures(campaign, job, good):
    answer(campaign, job, range(12), "accepted")
    for n in range(4):
        receive(campaign, message_to(campaign, job, n), "failed", cause="parameters")
    receive(campaign, message_to(campaign, job, 4), good)
    for n in range(5, 9):
        receive(campaign, message_to(campaign, job, n), "failed", cause="parameters")
    assert campaign.job(job)["status"] == "processing"
    receive(campaign, message_to(campaign, job, 9), "failed", cause="parameters")
    assert campaign.job(job)["status"] == "paused"


def test_failures_before_a_good_receipt_of_the_same_call_do_not_count(campaign, job):
    answer(campaign, job, range(8), "accepted")
    receipts = [
        receipt(campaign, message_to(campaign, job, n), "failed", cause="parameters")
        for n in range(6)
    ] + [receipt(campaign, message_to(campaign, job, 6), "delivered", at="2027-05-01T12:00:01Z")]
    campaign.as_service("public.wa_apply_receipts", p_receipts=receipts)
    assert campaign.job(job)["status"] == "processing"


def test_repeated_receipt_does_not_count_again(campaign, job):
    answer(campaign, job, range(8), "accepted")
    for _ in range(6):
        receive(campaign, message_to(campaign, job, 0), "failed", cause="parameters")
    assert campaign.job(job)["failed_receipts_in_a_row"] == 1


def throttled(campaign, message_id, **more):
    return receive(
        campaign,
        message_id,
        "failed",
        cause="throttled",
        error_code=130429,
        at=datetime.now(UTC).isoformat(),
        **more,
    )


def test_message_that_the_number_s_pace_kept_at_meta_goes_again_once(campaign, job):
    kept = message_to(campaign, job, 0)
    deliver(campaign, kept, meta_message_id="wamid.first")

    throttled(campaign, kept, meta_message_id="wamid.first")

    row = message(campaign, kept)
    assert (row["status"], row["resends"], row["enqueued_at"]) == ("queued", 1, None)
    assert row["scheduled_at"] > datetime.now(UTC) + timedelta(seconds=50)
    assert sender(campaign)["backoff_seconds"] > 0
    assert (campaign.job(job)["pending_count"], campaign.job(job)["failed_count"]) == (20, 0)

    # Meta repeats itself, before and after the second try.
    throttled(campaign, kept, meta_message_id="wamid.first")
    assert message(campaign, kept) == row
    campaign.rows("update public.wa_send_queue set scheduled_at = now() where id = %s", kept)
    campaign.with_sender(next_slot_at=datetime.now(UTC))
    order = campaign.claim(kept)
    assert order["decision"] == "send"
    campaign.rows(
        "update public.wa_send_queue set claimed_at = now() + interval '2 minutes' where id = %s",
        kept,
    )
    throttled(campaign, kept, meta_message_id="wamid.first")
    campaign.record(kept, "accepted", order["attempt"], meta_message_id="wamid.second")
    throttled(campaign, kept, meta_message_id="wamid.first")
    settled = message(campaign, kept)
    assert (settled["status"], settled["meta_message_id"]) == ("sent", "wamid.second")
    assert not miscounted(campaign)


@pytest.mark.parametrize("other", ["sent", "delivered", "read"])
def test_message_that_meta_says_it_sent_never_goes_again(campaign, job, other):
    told = message_to(campaign, job, 0)
    deliver(campaign, told, meta_message_id="wamid.first")
    receive(campaign, told, other)
    throttled(campaign, told)
    assert message(campaign, told)["status"] == ("failed" if other == "sent" else "sent")
    assert message(campaign, told)["resends"] == 0


def test_receipt_that_it_was_delivered_all_the_same_settles_a_message_that_waits(campaign, job):
    kept = message_to(campaign, job, 0)
    deliver(campaign, kept, meta_message_id="wamid.first")
    throttled(campaign, kept, meta_message_id="wamid.first")
    receive(campaign, kept, "delivered", meta_message_id="wamid.first")
    assert message(campaign, kept)["status"] == "sent"
    assert campaign.claim(kept)["decision"] == "done"


def test_message_goes_again_five_times_at_most(campaign, job):
    kept = message_to(campaign, job, 0)
    for n in range(6):
        campaign.rows("update public.wa_send_queue set scheduled_at = now() where id = %s", kept)
        campaign.with_sender(next_slot_at=datetime.now(UTC), throttled_until=datetime.now(UTC))
        deliver(campaign, kept, meta_message_id=f"wamid.{n}")
        throttled(campaign, kept, meta_message_id=f"wamid.{n}")
    assert (message(campaign, kept)["status"], message(campaign, kept)["resends"]) == ("failed", 5)


def test_ended_job_opens_again_for_a_message_that_goes_again(database):
    campaign = Campaign.create(database).with_voters(1)
    job = campaign.create_job()["job_id"]
    deliver(campaign, message_to(campaign, job, 0))
    assert campaign.job(job)["status"] == "completed"
    throttled(campaign, message_to(campaign, job, 0))
    assert (campaign.job(job)["status"], campaign.job(job)["completed_at"]) == ("processing", None)
    sweep(campaign)
    assert not miscounted(campaign)
