"""Postgres, Meta or our own process dies in the middle: nothing is lost, nothing is sent twice."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.functions.campaigns import Campaign, Job
from tests.functions.polling import eventually
from tests.functions.problems import assert_problem
from tests.functions.stage import Stage

MANY = 150


@contextmanager
def postgres_down(stage: Stage, *, kill: bool = False) -> Iterator[None]:
    stage.stack.postgres.halt(kill=kill)
    try:
        yield
    finally:
        stage.stack.postgres.restart()


@contextmanager
def meta_down(stage: Stage) -> Iterator[None]:
    stage.meta.hang_up()
    try:
        yield
    finally:
        stage.meta.connect()


def test_outage_of_postgres_is_told_and_survived(campaign: Campaign):
    stage, job = campaign.stage, campaign.with_voters(12).hold_tasks().start_job()
    eventually(job.enqueued)
    stage.deliver_task(job.message_ids()[0])
    silent, waiting = campaign.phones[-1], job.message_ids()[1]
    with postgres_down(stage):
        for answer in (
            campaign.post_send(),
            campaign.ask("GET", f"/jobs/{job.id}"),
            stage.deliver_task(waiting),
            stage.push("fan_out", {"job_id": job.id, "from_position": 1, "to_position": 500}),
            stage.call("sweep", "POST"),
        ):
            assert_problem(answer, 503, "store_unavailable")
            assert int(answer.headers["Retry-After"]) > 0
        assert stage.notify(b"{}").status_code == 200
        campaign.voter_writes(silent, "BAJA")
        campaign.release_tasks()
    eventually(lambda: job.now()["status"] != "processing", within=60)
    eventually(lambda: campaign.has_opted_out(silent))
    done = eventually(_all_read(job), within=60)
    # The BAJA is in time or not, for the tasks come back as it does; nobody is written to twice.
    assert done["sent_count"] + done["skipped_count"] == 12
    assert _sent_at_meta(campaign) == done["sent_count"]


def test_crash_of_postgres_in_the_middle_loses_and_doubles_nothing(campaign: Campaign):
    job = campaign.with_voters(MANY).start_job()
    eventually(lambda: job.now()["sent_count"] > MANY // 5)
    with postgres_down(campaign.stage, kill=True):
        pass
    done = _settled(job)
    assert done["sent_count"] + done["unknown_count"] == MANY
    assert done["sent_count"] <= _sent_at_meta(campaign) <= MANY


def test_crash_of_dispatch_in_the_middle_loses_and_doubles_nothing(campaign: Campaign):
    job = campaign.with_voters(MANY).start_job()
    eventually(lambda: job.now()["sent_count"] > MANY // 5)
    campaign.stage.crash_dispatch()
    campaign.stage.start_dispatch()
    done = _settled(job)
    assert done["sent_count"] + done["unknown_count"] == MANY
    assert done["sent_count"] <= _sent_at_meta(campaign) <= MANY


def test_messages_wait_while_meta_cannot_be_reached(campaign: Campaign):
    with meta_down(campaign.stage):
        job = campaign.with_voters(5).start_job()
        eventually(lambda: _refused_attempts(job) > 0)
        assert job.accounted()["pending_count"] == 5
    assert job.ended(within=60)["sent_count"] == 5
    assert _sent_at_meta(campaign) == 5


@pytest.mark.parametrize("code", ["130429", "131000", "2"])
def test_messages_that_meta_refuses_for_now_leave_later(campaign: Campaign, code):
    phone = campaign.with_voters(2).phones[0]
    campaign.stage.simulate("config", {"faults": {"by_last_digits": {phone[-8:]: code}}})
    job = campaign.start_job()
    eventually(lambda: _refused_attempts(job) > 0 and job.now()["sent_count"] == 1)
    campaign.stage.simulate("config", {"faults": {"by_last_digits": {}}})
    _make_due(job)
    campaign.stage.sweep()
    assert job.ended()["sent_count"] == 2
    assert _sent_at_meta(campaign) == 2


@pytest.mark.parametrize(
    ("code", "table"), [("132015", "communications"), ("131031", "wa_senders")]
)
def test_refusal_that_concerns_all_stops_all(campaign: Campaign, code, table):
    """A template that is paused stops its job, an account that is locked its number."""
    phones = campaign.with_voters(4).phones
    rules = {phone[-8:]: code for phone in phones}
    campaign.stage.simulate("config", {"faults": {"by_last_digits": rules}})
    job = campaign.start_job()
    stopped = f"select 1 from public.{table} where {_STOPPED[table]}"
    eventually(lambda: campaign.stage.sql(stopped, _key(table, job)))
    campaign.stage.simulate("config", {"faults": {"by_last_digits": {}}})
    eventually(lambda: job.statuses() == {"queued": 4})
    campaign.stage.sweep()
    assert job.accounted()["pending_count"] == 4

    campaign.set_sender("ok")
    if table == "communications":
        assert job.change("resume").status_code == 200
    campaign.stage.sweep()
    assert job.ended()["sent_count"] == 4
    assert _sent_at_meta(campaign) == 4


_STOPPED = {
    "communications": "job_id = %s and status = 'paused' and status_reason is not null",
    "wa_senders": "phone_number_id = %s and state = 'blocked' and state_reason is not null",
}


def _key(table: str, job: Job) -> str:
    return job.id if table == "communications" else job.campaign.phone_number_id


def _settled(job: Job) -> dict:
    """Wait until nothing is under way; then let the sweep give up what was abandoned."""
    eventually(lambda: "queued" not in job.statuses(), within=60)
    eventually(lambda: job.campaign.stage.sql(_IDLE)[0][0], within=60)
    job.campaign.stage.sql(
        "update public.wa_send_queue set claimed_at = now() - interval '1 hour'"
        " where job_id = %s and status = 'sending'",
        job.id,
    )
    job.campaign.stage.sweep()
    return job.ended()


# Nothing has been claimed or received for two seconds.
_IDLE = (
    "select max(greatest(claimed_at, sent_at, delivered_at, read_at))"
    " < now() - interval '2 seconds' from public.wa_send_queue"
)


def _all_read(job: Job):
    def look():
        progress = job.now()
        return progress["read_count"] == progress["sent_count"] and job.accounted()

    return look


def _refused_attempts(job: Job) -> int:
    query = (
        "select count(*) from public.wa_send_queue"
        " where job_id = %s and status = 'queued' and attempts > 0"
    )
    return job.campaign.stage.sql(query, job.id)[0][0]


def _make_due(job: Job) -> None:
    job.campaign.stage.sql(
        "update public.wa_send_queue set scheduled_at = now()"
        " where job_id = %s and status = 'queued'",
        job.id,
    )


def _sent_at_meta(campaign: Campaign) -> int:
    """Count the campaign's messages at Meta, having seen that nobody got two."""
    received = [len(campaign.stage.meta.sent_to(phone)) for phone in campaign.phones]
    assert max(received) <= 1
    return sum(received)
