"""One campaign cannot keep the others, or the machine, waiting."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.campaign import Campaign, call, phone, session
from tests.campaign_queue import due, lease
from tests.database.transactions import overlap


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(5)


def test_third_large_call_of_a_campaign_is_refused_at_once(campaign):
    """They used to wait for each other in connections of the pool that everybody shares."""
    with (
        session(campaign.dsn, "authenticated", campaign.member) as first,
        session(campaign.dsn, "authenticated", campaign.member) as second,
    ):
        for large_call in (first, second):
            large_call.execute("select wa.begin_large_call(%s)", (campaign.id,))
        with pytest.raises(psycopg.Error) as refusal:
            campaign.create_job(key="c")
        assert (refusal.value.diag.sqlstate, refusal.value.diag.message_primary) == (
            "PT429",
            "busy",
        )
        other = Campaign.create(campaign.dsn).with_voters(1)
        assert other.create_job()["target_count"] == 1
    assert campaign.create_job(key="c")["target_count"] == 5


def test_twenty_identical_calls_hold_two_connections(campaign):
    started = threading.Barrier(20)

    def ask(_):
        started.wait()
        try:
            return campaign.create_job(key="same")["job_id"]
        except psycopg.Error as refusal:
            return refusal.diag.sqlstate

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    jobs = set(answers) - {"PT429"}
    assert len(jobs) == 1
    assert campaign.create_job(key="same")["job_id"] in jobs


def test_campaign_has_two_hundred_open_jobs_at_most(campaign):
    campaign.create_job()
    campaign.rows(
        "insert into public.communications (campaign_id, template_id, created_by, sender_id,"
        " template_version, idempotency_key)"
        " select campaign_id, template_id, created_by, sender_id, 1, 'n' || n"
        " from public.communications, generate_series(1, 199) n"
    )
    with pytest.raises(psycopg.Error) as refusal:
        campaign.create_job()
    assert refusal.value.diag.message_primary == "too_many_jobs"


@pytest.mark.parametrize("same_number", [True, False])
def test_many_jobs_of_one_campaign_do_not_keep_another_s_from_being_announced(
    campaign, same_number
):
    other = Campaign.create(campaign.dsn).with_voters(1)
    if same_number:
        other.with_settings(sender_id=campaign.sender_id)
    for n in range(12):
        campaign.create_job(key=str(n))
    theirs = other.create_job()["job_id"]
    announced = campaign.rows("select job_id from public.wa_due_shards(500, 4)")
    assert theirs in {str(shard["job_id"]) for shard in announced}


def fail_leases(campaign: Campaign, job: str, rounds: int) -> list[bool]:
    """Lease and create no task, as often; return for each minute whether the job is announced."""
    announced = []
    for _ in range(rounds):
        campaign.as_service("public.wa_lease_shard", p_job_id=job, p_from=1, p_to=500)
        for _ in range(20):
            campaign.rows(
                "update public.wa_send_queue set leased_until = leased_until - '1 minute'::interval"
            )
            campaign.rows(
                "update public.communications set lease_after = lease_after - '1 min'::interval"
            )
            announced.append(bool(due(campaign)))
            if announced[-1]:
                break
    return announced


def test_job_whose_queue_takes_no_tasks_is_announced_less_and_less(campaign):
    job = campaign.create_job()["job_id"]
    minutes = "".join("x" if due else "-" for due in fail_leases(campaign, job, 7))
    assert minutes == "-x" * 3 + "---x" + "-------x" + ("-" * 15 + "x") * 2
    waiting = campaign.as_member("public.wa_get_job", p_job_id=job)["waiting_for"]
    assert waiting["reason"] == "queue_unavailable"


def test_queue_that_takes_tasks_again_is_like_new(campaign):
    job = campaign.create_job()["job_id"]
    fail_leases(campaign, job, 5)
    lease(campaign, job)
    assert campaign.as_member("public.wa_get_job", p_job_id=job)["waiting_for"] is None
    campaign.rows("update public.wa_send_queue set enqueued_at = null")
    assert due(campaign) == [(1, 500)]


def test_queue_that_is_gone_for_weeks_keeps_no_job_for_ever(campaign):
    job = campaign.create_job()["job_id"]
    campaign.rows("update public.communications set failed_leases = 5000")
    campaign.rows("update public.wa_send_queue set leased_until = now() - '1 s'::interval")
    assert len(lease(campaign, job)) == 5


def test_job_that_is_moved_to_another_number_does_not_wait_for_the_old_queue(campaign):
    job = campaign.create_job()["job_id"]
    fail_leases(campaign, job, 5)
    campaign.with_settings(sender_id=Campaign.create(campaign.dsn).sender_id)
    campaign.as_member("public.wa_move_job", p_job_id=job)
    assert due(campaign) == [(1, 500)]


def test_failed_shards_of_one_round_count_once(campaign):
    job = campaign.create_job()["job_id"]
    for _ in range(2):
        for n in range(1, 6):
            campaign.as_service("public.wa_lease_shard", p_job_id=job, p_from=n, p_to=n)
        campaign.rows("update public.wa_send_queue set leased_until = now() - '1 s'::interval")
    assert campaign.job(job)["failed_leases"] == 1


def test_large_calls_of_many_campaigns_leave_room_for_claims(campaign):
    campaigns = [campaign, *(Campaign.create(campaign.dsn) for _ in range(7))]
    job = campaign.create_job()["job_id"]
    with ExitStack() as calls:
        for each in campaigns:
            large_call = calls.enter_context(session(each.dsn, "authenticated", each.member))
            large_call.execute("select wa.begin_large_call(%s)", (each.id,))
        ninth = Campaign.create(campaign.dsn)
        with pytest.raises(psycopg.Error) as refusal:
            ninth.as_member(
                "public.wa_preview_audience", p_campaign_id=ninth.id, p_filters=Jsonb({})
            )
        assert refusal.value.diag.sqlstate == "PT429"
        assert campaign.claim(campaign.messages(job)[0]["id"])["decision"] == "send"


def test_evidence_about_many_unknown_messages_is_gathered_once_a_minute(campaign):
    campaign.with_voters(55, first=5)
    job = campaign.create_job()["job_id"]
    campaign.rows(
        "update public.wa_send_queue set status = 'unknown', attempts = 1, sender_id = %s,"
        " claimed_at = timestamptz '2027-05-01 12:00:00+00' + make_interval(secs => position)"
        " where job_id = %s",
        campaign.sender_id,
        job,
    )
    claims = f'{{"sub": "{campaign.member}", "role": "authenticated"}}'
    with psycopg.connect(campaign.dsn) as db:
        db.execute("set track_functions = 'all'")
        db.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
        db.execute("set local role authenticated")
        [listed] = db.execute("select public.wa_list_recipients(%s, 'unknown')", (job,)).fetchone()
        db.execute("reset role")
        [calls] = db.execute(
            "select pg_stat_get_xact_function_calls("
            "'wa.minute_evidence(uuid, timestamptz)'::regprocedure)"
        ).fetchone()
    assert (len(listed), calls) == (60, 2)
    assert [row["neighbours"]["claimed"] for row in listed[:2]] == [58, 58]


def test_no_baja_waits_for_a_list_that_is_being_cancelled(campaign):
    job = campaign.create_job()["job_id"]
    overlap(
        campaign,
        lambda db: call(db, "public.wa_cancel_job", p_job_id=job),
        lambda db: db.execute(
            "select wa.set_opt_out(%s, %s, true, 'reply', now())", (campaign.sender_id, phone(0))
        ),
        roles=("authenticated", "postgres"),
        blocks=False,
    )
    assert campaign.job(job)["skipped_count"] == 5


def test_claims_and_previews_go_on_while_a_campaign_s_large_calls_are_under_way(campaign):
    job = campaign.create_job()["job_id"]
    with session(campaign.dsn, "authenticated", campaign.member) as busy:
        busy.execute("select wa.begin_large_call(%s)", (campaign.id,))
        assert campaign.claim(campaign.messages(job)[0]["id"])["decision"] == "send"
        preview = {"p_campaign_id": campaign.id, "p_filters": Jsonb({})}
        assert campaign.as_member("public.wa_preview_audience", **preview)["target_count"] == 5
