"""The first messages of a large job go out alone; the rest follows only if they are welcome."""

import pytest

from tests.campaign import Campaign, insert, session
from tests.campaign_queue import age, deliver_all, due, lease, sweep
from tests.database.transactions import miscounted

SIZE = 50
VOTERS = 120
CANARY = range(1, SIZE + 1)


@pytest.fixture
def campaign(database):
    """Receipts are awaited for ten minutes; one failure in five and one BAJA in twenty are fine."""
    return Campaign.create(database).with_voters(VOTERS).with_sender(rate_per_second=1000)


@pytest.fixture
def job(campaign):
    return campaign.create_job(canary=True)["job_id"]


def settle(campaign, job, status, *positions):
    """Apply receipts of one kind to the messages at these positions."""
    campaign.rows(
        "select public.wa_apply_receipts(jsonb_agg(jsonb_build_object('message_id', q.id,"
        " 'phone_number_id', s.phone_number_id, 'meta_message_id', 'wamid.' || q.id,"
        " 'status', %s::text, 'at', now())))"
        " from public.wa_send_queue q join public.wa_senders s on s.id = q.sender_id"
        " where q.job_id = %s and q.position = any (%s)",
        status,
        job,
        list(positions),
    )


def say_baja(campaign, job, *positions, at="now()"):
    campaign.rows(
        "insert into public.wa_opt_outs (sender_id, phone, opted_out, source, changed_at)"
        f" select c.sender_id, q.recipient_phone, true, 'reply', {at}"
        " from public.wa_send_queue q join public.communications c on c.job_id = q.job_id"
        " where q.job_id = %s and q.position = any (%s)",
        job,
        list(positions),
    )


def judged(campaign, job):
    """Sweep once; return what the canary and its job are then."""
    sweep(campaign)
    row = campaign.job(job)
    return row["canary_state"], row["status"]


def test_nothing_behind_a_canary_is_announced_or_leased_until_it_has_passed(campaign, job):
    assert due(campaign, 20) == [(1, 20), (21, 40), (41, 60)]
    assert lease(campaign, job, 51, VOTERS) == []
    assert len(lease(campaign, job)) == SIZE
    deliver_all(campaign, job, *CANARY)
    assert judged(campaign, job) == ("running", "processing")
    assert (due(campaign), lease(campaign, job)) == ([], [])

    settle(campaign, job, "delivered", *CANARY)

    assert judged(campaign, job) == ("passed", "processing")
    assert due(campaign) == [(1, 500)]
    assert len(lease(campaign, job)) == VOTERS - SIZE


@pytest.mark.parametrize(("delivered", "state"), [(44, "running"), (45, "passed")])
def test_canary_waits_for_nine_receipts_in_ten(campaign, job, delivered, state):
    deliver_all(campaign, job, *CANARY)
    settle(campaign, job, "sent", *CANARY)
    settle(campaign, job, "delivered", *range(1, delivered + 1))

    assert judged(campaign, job) == (state, "processing")


def test_canary_waits_for_its_last_message(campaign, job):
    deliver_all(campaign, job, *range(1, SIZE))
    settle(campaign, job, "delivered", *range(1, SIZE))
    age(campaign, "1 hour")

    assert judged(campaign, job) == ("running", "processing")


@pytest.mark.parametrize(("waited", "state"), [("9 minutes", "running"), ("11 minutes", "passed")])
def test_canary_without_receipts_is_not_waited_for_forever(campaign, job, waited, state):
    deliver_all(campaign, job, *CANARY)
    age(campaign, waited)

    assert judged(campaign, job) == (state, "processing")


@pytest.mark.parametrize(("failed", "state"), [(10, "passed"), (11, "failed")])
def test_too_many_failures_pause_the_job(campaign, job, failed, state):
    deliver_all(campaign, job, *CANARY)
    settle(campaign, job, "failed", *range(1, failed + 1))
    settle(campaign, job, "delivered", *range(failed + 1, SIZE + 1))

    status = "paused" if state == "failed" else "processing"
    assert judged(campaign, job) == (state, status)
    assert not miscounted(campaign)


@pytest.mark.parametrize(("unwelcome", "state"), [(2, "passed"), (3, "failed")])
def test_too_many_opt_outs_pause_the_job(campaign, job, unwelcome, state):
    deliver_all(campaign, job, *CANARY)
    settle(campaign, job, "read", *CANARY)
    say_baja(campaign, job, *range(1, unwelcome + 1))

    assert judged(campaign, job)[0] == state


def test_paused_job_says_why_and_its_user_may_send_the_rest(campaign, job):
    deliver_all(campaign, job, *CANARY, answer="failed")
    judged(campaign, job)

    paused = campaign.job(job)
    assert (paused["status"], paused["paused_by"]) == ("paused", "canary")
    assert "50 mensajes: 50 fallaron y 0 personas" in paused["status_reason"]
    assert lease(campaign, job) == []

    resumed = campaign.as_member("public.wa_resume_job", p_job_id=job)

    assert (resumed["status"], resumed["canary_state"]) == ("processing", "passed")
    assert judged(campaign, job) == ("passed", "processing")
    assert len(lease(campaign, job)) == VOTERS - SIZE


def test_pause_by_the_user_does_not_end_the_canary(campaign, job):
    campaign.as_member("public.wa_pause_job", p_job_id=job)
    campaign.as_member("public.wa_resume_job", p_job_id=job)

    assert judged(campaign, job) == ("running", "processing")
    assert len(lease(campaign, job)) == SIZE


def test_skipped_messages_of_a_canary_are_replaced(campaign, job):
    say_baja(campaign, job, *range(1, 21))
    campaign.rows(
        "select public.wa_claim_message(id, gen_random_uuid()) from public.wa_send_queue"
        " where position <= 20"
    )
    deliver_all(campaign, job, *range(21, SIZE + 1))
    settle(campaign, job, "delivered", *range(21, SIZE + 1))

    assert judged(campaign, job) == ("running", "processing")
    assert campaign.job(job)["canary_until"] == 70
    assert len(lease(campaign, job)) == 20

    deliver_all(campaign, job, *range(51, 71))
    settle(campaign, job, "delivered", *range(51, 71))
    assert judged(campaign, job) == ("passed", "processing")
    assert not miscounted(campaign)


def test_opt_outs_from_before_the_message_say_nothing_about_it(campaign, job):
    deliver_all(campaign, job, *CANARY)
    settle(campaign, job, "delivered", *CANARY)
    say_baja(campaign, job, *range(1, 11), at="now() - interval '1 minute'")

    assert judged(campaign, job) == ("passed", "processing")


def test_excluded_voters_do_not_count_as_canary(database):
    campaign = Campaign.create(database).with_voters(VOTERS)
    with session(database) as db:
        for _ in range(40):
            insert(db, "public.voters", campaign_id=campaign.id, full_name="Sin número")

    summary = campaign.create_job(canary=True)

    assert (summary["target_count"], summary["canary_count"]) == (VOTERS + 40, SIZE)
    assert len(lease(campaign, summary["job_id"])) == SIZE


@pytest.mark.parametrize(("voters", "canary"), [(50, True), (60, None), (60, False)])
def test_job_without_a_canary_goes_out_at_once(database, voters, canary):
    campaign = Campaign.create(database).with_voters(voters)

    job = campaign.create_job(canary=canary)["job_id"]

    assert campaign.job(job)["canary_state"] is None
    assert len(lease(campaign, job)) == voters


def test_cancelled_canary_is_judged_no_more(campaign, job):
    deliver_all(campaign, job, *range(1, 11), answer="failed")
    campaign.as_member("public.wa_cancel_job", p_job_id=job)

    assert judged(campaign, job) == ("running", "cancelled")
    cancelled = campaign.job(job)
    assert (cancelled["failed_count"], cancelled["skipped_count"]) == (10, VOTERS - 10)
    assert not miscounted(campaign)
