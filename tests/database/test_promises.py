"""What a summary promises about time, and what happens to dates, numbers and voters meanwhile."""

import json
from datetime import UTC, datetime, time, timedelta

import psycopg
import pytest

from tests.campaign import Campaign, phone
from tests.campaign_queue import (
    deliver,
    due,
    lease,
    message,
    message_to,
    receive,
    sender,
    sweep,
)
from tests.database.transactions import miscounted

TODAY = datetime.now(UTC).date()


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(10)


@pytest.fixture
def job(campaign):
    return campaign.create_job()["job_id"]


def last_day(campaign):
    """Let today be the campaign's last day, in Mexico City."""
    today = (datetime.now(UTC) - timedelta(hours=6)).date()
    return campaign.with_settings(campaign_end=today)


def many_voters(campaign):
    campaign.rows(
        "insert into public.voters (campaign_id, full_name, phone)"
        " select %s, 'Ana', '+5256' || 10000000 + n from generate_series(1, 10000) n",
        campaign.id,
    )


# The summary. Each of these keeps the messages back until the campaign is over.
IMPOSSIBLE = {
    "quiet hours": lambda c: c.with_settings(quiet_from="00:00", quiet_until="24:00"),
    "a paused number": lambda c: c.with_sender(state="paused"),
    "a number blocked for good": lambda c: c.with_sender(state="blocked", blocked_until=None),
    "a number blocked for long": lambda c: c.with_sender(
        state="blocked", blocked_until=datetime.now(UTC) + timedelta(days=3)
    ),
    "the daily limit": lambda c: c.with_sender(daily_limit=2),
    "the pace": lambda c: many_voters(c.with_sender(rate_per_second=0.1)),
    "the canary's wait": lambda c: c.with_voters(60, first=10).with_settings(canary_wait="2 days"),
}


@pytest.mark.parametrize("hold", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_receipt_does_not_promise_what_cannot_be(campaign, hold):
    hold(last_day(campaign))
    summary = campaign.create_job(canary=True, accept_cut=True)
    assert summary["ends_before_deadline"] is False
    assert summary["cut_count"] != 0


# The deadline is a midnight at UTC, two days ahead at most, and a message takes ten seconds.
DEADLINE = datetime.combine(TODAY + timedelta(days=2), time(), UTC)


@pytest.fixture
def slow(campaign):
    """A campaign of thirty voters, 300 seconds of work, that ends with tomorrow."""
    return (
        campaign.with_voters(20, first=10)
        .with_settings(zones=["Atlantic/Reykjavik"], campaign_end=TODAY + timedelta(days=1))
        .with_sender(rate_per_second=0.1)
    )


def refusal(campaign, **asked):
    with pytest.raises(psycopg.Error) as refused:
        campaign.create_job(**asked)
    return refused.value.diag


@pytest.mark.parametrize(("seconds", "cut"), [(100, 20), (10, 29), (5, 30), (299, 1), (300, 1)])
def test_job_that_the_deadline_would_cut_is_refused(slow, seconds, cut):
    told = refusal(slow, scheduled_at=DEADLINE - timedelta(seconds=seconds))
    assert (told.sqlstate, told.message_primary) == ("PT409", "crosses_deadline")
    assert told.message_hint == "accept_cut"
    said = json.loads(told.message_detail)
    assert (said["cut_count"], datetime.fromisoformat(said["deadline"])) == (cut, DEADLINE)
    assert said["detail"].startswith(f"{cut} mensajes no alcanzan a salir")
    assert slow.rows("select job_id from public.communications") == []


def test_job_that_ends_just_before_the_deadline_is_created_whole(slow):
    summary = slow.create_job(scheduled_at=DEADLINE - timedelta(seconds=301))
    assert (summary["cut_count"], summary["ends_before_deadline"]) == (0, True)


def test_cut_that_was_accepted_is_told_in_the_summary_and_before(slow):
    at = DEADLINE - timedelta(seconds=100)
    preview = slow.as_member(
        "public.wa_preview_audience", p_campaign_id=slow.id, p_filters={}, p_scheduled_at=at
    )
    summary = slow.create_job(scheduled_at=at, accept_cut=True)
    assert (preview["cut_count"], summary["cut_count"]) == (20, 20)
    assert summary["ends_before_deadline"] is False


def test_days_that_the_limit_takes_too_many_of_are_cut(campaign):
    """Two people in each of the two days that begin before the end."""
    campaign.with_settings(zones=["Atlantic/Reykjavik"], campaign_end=TODAY + timedelta(days=1))
    campaign.with_sender(daily_limit=2)
    assert json.loads(refusal(campaign).message_detail)["cut_count"] == 6


def test_accepting_the_cut_makes_it_another_request(slow):
    slow.create_job(key="k", scheduled_at=DEADLINE - timedelta(hours=1))
    again = {"key": "k", "scheduled_at": DEADLINE - timedelta(hours=1)}
    assert refusal(slow, accept_cut=True, **again).message_primary == "idempotency_key_reused"


def test_job_of_a_number_that_nobody_knows_the_return_of_is_created(slow):
    slow.with_sender(state="paused")
    summary = slow.create_job(scheduled_at=DEADLINE - timedelta(seconds=100))
    assert (summary["cut_count"], summary["ends_before_deadline"]) == (None, False)


def test_receipt_promises_what_can_be(campaign):
    summary = campaign.create_job()
    assert summary["ends_before_deadline"] is True
    assert datetime.fromisoformat(summary["estimated_end_at"]) < datetime.now(UTC) + timedelta(
        seconds=5
    )


def test_quiet_hours_put_the_end_off_by_as_long_as_they_last(campaign):
    now = datetime.now(UTC)
    noon = now.replace(hour=12, minute=0) + timedelta(days=1)
    campaign.with_settings(zones=["Atlantic/Reykjavik"], quiet_from="12:00", quiet_until="20:00")
    campaign.with_sender(rate_per_second=0.1)
    campaign.with_voters(30, first=10)
    # Forty messages take 400 seconds; it begins 100 seconds before the quiet hours.
    summary = campaign.create_job(scheduled_at=noon - timedelta(seconds=100))
    end = datetime.fromisoformat(summary["estimated_end_at"])
    assert abs(end - noon - timedelta(hours=8, seconds=300)) < timedelta(seconds=2)


def test_canary_puts_the_end_off_by_its_wait(campaign):
    campaign.with_voters(60, first=10)
    without, with_canary = (
        datetime.fromisoformat(campaign.create_job(canary=canary)["estimated_end_at"])
        for canary in (False, True)
    )
    wait = with_canary - without
    assert timedelta(minutes=11) <= wait < timedelta(minutes=11, seconds=5)


def test_preview_tells_what_the_receipt_will(campaign):
    campaign.with_sender(state="paused")
    preview = campaign.as_member(
        "public.wa_preview_audience", p_campaign_id=campaign.id, p_filters={}
    )
    summary = campaign.create_job()
    for name in ("plan", "estimated_end_at", "ends_before_deadline", "send_before", "cut_count"):
        assert preview[name] == summary[name]


# Dates that are corrected.
def test_later_end_saves_what_waits(campaign, job):
    campaign.with_settings(campaign_end=TODAY - timedelta(days=2))
    assert due(campaign) == []
    campaign.with_settings(campaign_end=TODAY + timedelta(days=20))
    sweep(campaign)
    assert len(lease(campaign, job)) == 10
    assert deliver(campaign, message_to(campaign, job, 0)) == "sent"


def test_paused_job_outlives_the_old_date_of_a_campaign_that_was_prolonged(campaign):
    """The window a job was created in is no promise to skip it there."""
    last_day(campaign)
    job = campaign.create_job()["job_id"]
    campaign.as_member("public.wa_pause_job", p_job_id=job)
    campaign.with_settings(campaign_end=TODAY + timedelta(days=10))
    campaign.rows(
        "update public.communications set started_at = started_at - interval '3 days',"
        " scheduled_at = scheduled_at - interval '3 days'"
    )
    sweep(campaign)
    campaign.as_member("public.wa_resume_job", p_job_id=job)
    assert len(lease(campaign, job)) == 10


def test_earlier_end_skips_what_waits(campaign, job):
    campaign.with_settings(campaign_end=TODAY - timedelta(days=2))
    assert sweep(campaign)["expired"] == 10
    assert campaign.job(job)["skipped_by_reason"] == {"outside_campaign": 10}


@pytest.mark.parametrize("missing", ["campaign_start", "campaign_end", "election_date"])
def test_dates_that_are_being_typed_hold_everything_and_lose_nothing(campaign, job, missing):
    tasks = lease(campaign, job)
    before = campaign.rows("select * from public.wa_campaign_settings")[0][missing]
    campaign.with_settings(**{missing: None})
    assert campaign.claim(tasks[0]) == {"message_id": str(tasks[0]), "decision": "deferred"}
    assert (due(campaign), sweep(campaign)["expired"]) == ([], 0)
    campaign.with_settings(**{missing: before})
    assert campaign.claim(tasks[1])["decision"] == "send"


# A number that is replaced.
@pytest.fixture
def replaced(campaign, job):
    """The campaign's number is banned in the middle of a job; it gets another campaign's."""
    for n in range(3):
        deliver(campaign, message_to(campaign, job, n), meta_message_id=f"wamid.{n}")
    lost = message_to(campaign, job, 3)
    deliver(campaign, lost, "unknown")
    lease(campaign, job)
    campaign.claim(message_to(campaign, job, 4))
    campaign.with_sender(state="blocked", state_reason="Meta bloqueó el número.")
    other = Campaign.create(campaign.dsn)
    campaign.with_settings(sender_id=other.sender_id)
    return other


def move(campaign, job):
    return campaign.as_member("public.wa_move_job", p_job_id=job)


def test_what_is_still_queued_moves_to_the_present_number(campaign, job, replaced):
    assert due(campaign) == []
    progress = move(campaign, job)
    assert progress["waiting_for"] is None
    leased = campaign.as_service("public.wa_lease_shard", p_job_id=job, p_from=1, p_to=500)
    assert leased["queue_name"] == f"queue-{replaced.sender_id}"
    assert len(leased["tasks"]) == 5
    order = campaign.claim(message_to(campaign, job, 5))
    assert order["phone_number_id"] == replaced.phone_number_id
    assert not miscounted(campaign)


def test_what_was_claimed_sent_or_unknown_stays_its_number_s(campaign, job, replaced):
    before = {n: message(campaign, message_to(campaign, job, n)) for n in range(5)}
    move(campaign, job)
    for n, row in before.items():
        assert message(campaign, message_to(campaign, job, n)) == row
        assert row["sender_id"] == campaign.sender_id
    # The answer to what was claimed before concerns the old number, and so does a late failure.
    campaign.record(message_to(campaign, job, 4), "throttled", 1)
    receive(campaign, message_to(campaign, job, 0), "failed", cause="answer")
    assert sender(campaign)["backoff_seconds"] > 0
    assert (sender(replaced)["backoff_seconds"], sender(replaced)["state"]) == (0, "ok")


def test_move_is_audited_once_and_changes_nothing_the_second_time(campaign, job, replaced):
    move(campaign, job)
    lease(campaign, job)
    tasks = [row["enqueued_at"] for row in campaign.messages(job)]
    move(campaign, job)
    assert [row["enqueued_at"] for row in campaign.messages(job)] == tasks
    [entry] = campaign.rows("select * from public.wa_audit_log where act = 'job_moved'")
    assert entry["details"] == {"from": str(campaign.sender_id), "to": str(replaced.sender_id)}
    assert entry["actor"] == str(campaign.member)


def test_baja_at_the_old_number_still_counts_after_the_move(campaign, job, replaced):
    move(campaign, job)
    wish = {
        "phone_number_id": campaign.phone_number_id,
        "phone": phone(6),
        "opted_out": True,
        "source": "reply",
        "at": datetime.now(UTC).isoformat(),
    }
    campaign.as_service("public.wa_apply_opt_outs", p_intents=[wish])
    assert campaign.claim(message_to(campaign, job, 6))["reason"] == "opted_out"


def test_ended_job_does_not_move(campaign, job, replaced):
    campaign.as_member("public.wa_cancel_job", p_job_id=job)
    with pytest.raises(Exception, match="job_not_open"):
        move(campaign, job)


def test_task_of_the_old_queue_sends_no_second_message(campaign, job, replaced):
    stranded = message_to(campaign, job, 7)
    move(campaign, job)
    lease(campaign, job)
    assert deliver(campaign, stranded) == "sent"
    assert campaign.claim(stranded)["message_id"] != str(stranded)  # its task serves another


# Voters who are deleted, or whose number is corrected.
def correct(campaign, n, number):
    campaign.rows("update public.voters set phone = %s where phone = %s", number, phone(n))


def test_deleted_voter_is_skipped_and_counted(campaign, job):
    gone = message_to(campaign, job, 0)
    campaign.rows("delete from public.voters where phone = %s", phone(0))
    assert campaign.claim(gone) == {
        "message_id": str(gone),
        "decision": "skipped",
        "reason": "voter_deleted",
    }
    assert campaign.job(job)["skipped_by_reason"] == {"voter_deleted": 1}
    assert not miscounted(campaign)


def test_message_goes_to_the_corrected_number(campaign, job):
    corrected = message_to(campaign, job, 0)
    correct(campaign, 0, "55 9876 5432")
    order = campaign.claim(corrected)
    assert (order["decision"], order["to"]) == ("send", "+525598765432")
    assert message(campaign, corrected)["recipient_phone"] == "+525598765432"
    contacts = campaign.rows("select phone from public.wa_recent_contacts")
    assert contacts == [{"phone": "+525598765432"}]


def test_same_number_in_another_spelling_changes_nothing(campaign, job):
    same = message_to(campaign, job, 0)
    correct(campaign, 0, "044 " + phone(0)[3:])
    assert campaign.claim(same)["to"] == phone(0)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (None, "missing_number"),
        ("no tiene", "invalid_number"),
        ("+1 212 555 0148", "foreign_number"),
        (phone(1), "duplicate_number"),
    ],
)
def test_number_that_was_corrected_away_is_not_written_to(campaign, job, number, reason):
    corrected = message_to(campaign, job, 0)
    correct(campaign, 0, number)
    assert campaign.claim(corrected) == {
        "message_id": str(corrected),
        "decision": "skipped",
        "reason": reason,
    }


def test_rules_hold_for_the_corrected_number(campaign, job):
    campaign.with_opt_out("+525598765432")
    corrected = message_to(campaign, job, 0)
    correct(campaign, 0, "5598765432")
    assert campaign.claim(corrected) == {
        "message_id": str(corrected),
        "decision": "skipped",
        "reason": "opted_out",
    }


def test_what_may_have_reached_the_old_number_does_not_go_to_the_new_one(campaign, job):
    lost = message_to(campaign, job, 0)
    deliver(campaign, lost, "unknown")
    campaign.with_settings(unknown_after="0 seconds")
    correct(campaign, 0, "5598765432")
    campaign.as_member("public.wa_resolve_unknown", p_job_id=job, p_resolution="resend")
    assert campaign.claim(lost) == {
        "message_id": str(lost),
        "decision": "skipped",
        "reason": "number_changed",
    }
