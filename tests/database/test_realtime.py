"""Whoever looks on is told that a job changed, and nobody else; and sending never waits for it."""

import json
from pathlib import Path

import psycopg
import pytest

from tests.campaign import Campaign, session
from tests.campaign_queue import deliver, message, message_to

REALTIME = (Path(__file__).parent / "realtime.sql").read_text()
COUNTS = {"target", "sent", "delivered", "read", "failed", "skipped", "unknown", "held", "pending"}


@pytest.fixture
def campaign(database):
    """A campaign in a project that has Realtime, and the policy."""
    with session(database) as db:
        db.execute(REALTIME)
        assert db.execute("select wa.open_channels() as opened").fetchone()["opened"]
    return Campaign.create(database).with_voters(4)


@pytest.fixture
def other(campaign):
    return Campaign.create(campaign.dsn, "Ajena").with_voters(1)


def channel(campaign):
    return f"messaging:{campaign.id}"


def announced(campaign):
    return campaign.rows("select * from realtime.messages where topic = %s", channel(campaign))


def last_announced(campaign, job, ago):
    """Let the job's last announcement be so long ago; nobody is told of this."""
    with session(campaign.dsn) as db:
        db.execute("set local session_replication_role = replica")
        db.execute(
            "update public.communications set announced_at = clock_timestamp() - %s::interval"
            " where job_id = %s",
            (ago, job),
        )
        db.execute("delete from realtime.messages")


def test_message_that_left_is_announced_on_the_campaigns_private_channel(campaign, other):
    job = campaign.create_job()["job_id"]
    last_announced(campaign, job, "1 second")

    deliver(campaign, message_to(campaign, job, 0))

    [told] = announced(campaign)
    assert (told["event"], told["private"], told["extension"]) == ("job_changed", True, "broadcast")
    assert told["payload"]["job_id"] == job
    assert told["payload"]["status"] == "processing"
    assert (told["payload"]["sent_count"], told["payload"]["pending_count"]) == (1, 3)
    assert announced(other) == []


def test_announcement_has_the_jobs_id_its_status_and_counts_and_nothing_else(campaign):
    job = campaign.create_job()["job_id"]
    last_announced(campaign, job, "1 second")
    deliver(campaign, message_to(campaign, job, 0))

    [told] = announced(campaign)
    assert told["payload"].keys() == {"job_id", "status"} | {f"{name}_count" for name in COUNTS}
    assert {type(told["payload"][f"{name}_count"]) for name in COUNTS} == {int}


def test_new_job_is_announced(campaign):
    campaign.create_job()

    assert [told["payload"]["target_count"] for told in announced(campaign)] == [4]


def test_pause_is_announced(campaign):
    job = campaign.create_job()["job_id"]
    last_announced(campaign, job, "1 second")

    campaign.as_member("public.wa_pause_job", p_job_id=job)

    assert [told["payload"]["status"] for told in announced(campaign)] == ["paused"]


def test_second_change_within_a_second_is_not_announced(campaign):
    job = campaign.create_job()["job_id"]
    last_announced(campaign, job, "-1 minute")  # however slow this machine is

    deliver(campaign, message_to(campaign, job, 0))
    campaign.as_member("public.wa_pause_job", p_job_id=job)

    assert announced(campaign) == []


def test_one_jobs_announcement_keeps_no_other_from_its_own(campaign):
    first = campaign.create_job()["job_id"]
    second = campaign.create_job()["job_id"]
    last_announced(campaign, second, "1 second")
    last_announced(campaign, first, "-1 minute")

    for job in (first, second):
        campaign.as_member("public.wa_pause_job", p_job_id=job)

    assert [told["payload"]["job_id"] for told in announced(campaign)] == [second]


def test_what_nobody_sees_is_not_announced(campaign):
    job = campaign.create_job()["job_id"]
    last_announced(campaign, job, "1 second")

    campaign.rows("update public.communications set failed_leases = 1 where job_id = %s", job)

    assert announced(campaign) == []


def test_announcement_of_a_change_that_did_not_happen_is_not_sent(campaign):
    job = campaign.create_job()["job_id"]
    last_announced(campaign, job, "1 second")

    with session(campaign.dsn) as db:
        db.execute("update public.communications set status = 'paused' where job_id = %s", (job,))
        db.rollback()

    assert announced(campaign) == []


def test_message_leaves_though_realtime_fails(campaign):
    job = campaign.create_job()["job_id"]
    last_announced(campaign, job, "1 second")
    campaign.rows(
        "create or replace function realtime.send("
        " payload jsonb, event text, topic text, private boolean default true) returns void"
        " language plpgsql as $$ begin raise exception 'out of order'; end $$"
    )

    _leaves(campaign, job)


def test_message_leaves_though_realtimes_table_is_gone(campaign):
    job = campaign.create_job()["job_id"]
    last_announced(campaign, job, "1 second")
    campaign.rows("drop table realtime.messages")

    _leaves(campaign, job)


def test_message_leaves_though_somebody_holds_realtimes_table(campaign):
    job = campaign.create_job()["job_id"]
    last_announced(campaign, job, "1 second")
    with psycopg.connect(campaign.dsn) as holder:
        holder.execute("lock table realtime.messages in access exclusive mode")

        _leaves(campaign, job)


def test_message_leaves_where_there_is_no_realtime(database):
    campaign = Campaign.create(database).with_voters(1)
    assert campaign.rows("select wa.open_channels() as opened") == [{"opened": False}]

    _leaves(campaign, campaign.create_job()["job_id"])


def _leaves(campaign, job):
    sent = message_to(campaign, job, 0)
    deliver(campaign, sent)
    assert message(campaign, sent)["status"] == "sent"
    [counted] = campaign.rows("select sent_count from public.communications where job_id = %s", job)
    assert counted["sent_count"] == 1


def test_policy_can_be_made_again(campaign):
    campaign.rows("select wa.open_channels()")

    assert heard(campaign, campaign.member) == 1


def heard(campaign, user, extension="broadcast", topic=None, role="authenticated"):
    """Return how many rows of a channel somebody reads, asked as Realtime does when they join."""
    topic = topic or channel(campaign)
    with session(campaign.dsn) as db:
        db.execute(
            "insert into realtime.messages (topic, extension) values (%s, %s)",
            (channel(campaign), extension),
        )
        claims = json.dumps({"role": role, "sub": str(user)})
        db.execute(
            "select set_config('role', %s, true), set_config('realtime.topic', %s, true),"
            " set_config('request.jwt.claims', %s, true)",
            (role, topic, claims),
        )
        rows = db.execute("select count(*) as n from realtime.messages").fetchone()["n"]
        db.rollback()
    return rows


@pytest.mark.parametrize(
    ("role", "joins"), [("owner", 1), ("promoter", 1), ("viewer", 1), ("intern", 0)]
)
def test_member_joins_the_channel_if_the_role_may_read_figures(campaign, role, joins):
    campaign.rows("update public.campaign_members set role = %s", role)

    assert heard(campaign, campaign.member) == joins


def test_member_of_another_campaign_hears_nothing(campaign, other):
    assert heard(campaign, other.member) == 0
    assert heard(campaign, other.member, topic=channel(other)) == 0


def test_nobody_hears_a_channel_by_joining_another(campaign):
    assert heard(campaign, campaign.member, topic="messaging:") == 0


def test_visitor_hears_nothing(campaign):
    assert heard(campaign, campaign.member, role="anon") == 0


def test_members_presence_is_not_shown(campaign):
    assert heard(campaign, campaign.member, extension="presence") == 0


def test_member_can_announce_nothing(campaign):
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        session(campaign.dsn, "authenticated", campaign.member) as db,
    ):
        db.execute("select realtime.send('{}', 'job_changed', %s, true)", (channel(campaign),))
