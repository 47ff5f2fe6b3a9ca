"""What a campaign is told of its pace does not tell how much the others of its number send."""

import json
import random
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.campaign import PORTFOLIO, Campaign, call, insert, phone, session

TRUE, NEARLY = 7600, 7593
# Where the answers would jump: at 70 messages a second, at a rounded rest, at the true one.
SIZES = [1, *range(28, 42), 99, *range(398, 409), 600, *range(798, 809)]
VOTERS = 850
LIMIT = 8_400


def campaign_with_a_list(dsn, name):
    """A campaign with voters enough to look for steps."""
    made = Campaign.create(dsn, name).with_sender(daily_limit=LIMIT)
    made.rows(
        "insert into public.voters (campaign_id, full_name, phone)"
        " select %s, 'Votante ' || n, '55' || (30000000 + n) from generate_series(1, %s) n",
        made.id,
        VOTERS,
    )
    return made


@pytest.fixture
def theirs(database):
    return campaign_with_a_list(database, "Ajena")


@pytest.fixture
def ours(theirs):
    """Ours shares the number of theirs."""
    return campaign_with_a_list(theirs.dsn, "Nuestra").with_settings(sender_id=theirs.sender_id)


def still_to_send(db, campaign, count):
    """One job with so many messages, none of them under way."""
    row = {"campaign_id": campaign.id, "sender_id": campaign.sender_id, "target_count": count}
    row |= {"template_id": campaign.template_id, "created_by": campaign.member}
    insert(db, "public.communications", idempotency_key="big", template_version=1, **row)


def written_to(db, campaign, count, first=40_000_000):
    db.execute(
        "insert into public.wa_portfolio_contacts (portfolio_id, phone, campaign_id, contacted_at)"
        " select %s, '+5255' || (%s + n), %s, now() - interval '5 hours'"
        " from generate_series(1, %s) n",
        (PORTFOLIO, first, campaign.id, count),
    )


def under_way(db, campaign, count):
    still_to_send(db, campaign, count)
    db.execute(
        "insert into public.wa_send_queue (campaign_id, job_id, template_id, recipient_voter_id,"
        " recipient_phone, position, enqueued_at) select c.campaign_id, c.job_id, c.template_id,"
        " gen_random_uuid(), '+5255' || (40000000 + n), n, now()"
        " from public.communications c, generate_series(1, %s) n where c.campaign_id = %s",
        (count, campaign.id),
    )


@contextmanager
def as_member(db, campaign):
    claims = json.dumps({"sub": str(campaign.member), "role": "authenticated"})
    as_role = "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)"
    db.execute(as_role, ("authenticated", claims))
    yield
    db.execute(as_role, ("postgres", ""))


def told(campaign, setting, other, count, sizes=SIZES):
    """What a member is told for lists of these sizes while the other's figure is so high."""
    with session(campaign.dsn) as db:
        voters = db.execute(
            "select id::text from public.voters where campaign_id = %s order by phone",
            (campaign.id,),
        ).fetchall()
        setting(db, other, count)
        with as_member(db, campaign):
            answers = [preview(db, campaign, [row["id"] for row in voters[:n]]) for n in sizes]
        db.rollback()  # the next figure is another one
    return answers


def preview(db, campaign, voter_ids):
    answer = call(
        db,
        "public.wa_preview_audience",
        p_campaign_id=campaign.id,
        p_filters={"voter_ids": voter_ids},
    )
    now = db.execute("select now() as at").fetchone()["at"]
    end = answer.pop("estimated_end_at")
    return answer | {"ends_after": end and datetime.fromisoformat(end) - now}


@pytest.mark.parametrize("setting", [still_to_send, written_to, under_way])
@pytest.mark.parametrize(("limit", "own"), [(None, 0), (LIMIT, 0), (14_000, 6_000)])
def test_no_list_tells_one_figure_of_another_campaign_from_the_next(
    ours, theirs, setting, limit, own
):
    ours.rows("update public.wa_senders set daily_limit = %s", limit)
    with session(ours.dsn) as db:
        written_to(db, ours, own, first=50_000_000)
    assert told(ours, setting, theirs, TRUE) == told(ours, setting, theirs, NEARLY)
    nothing, much = (told(ours, setting, theirs, n, sizes=[VOTERS]) for n in (0, TRUE))
    assert (nothing == much) is (setting is written_to and limit is None)


@pytest.mark.parametrize("setting", [written_to, under_way])
def test_campaign_that_is_alone_is_told_exactly_what_the_limit_leaves_it(theirs, setting):
    [answer] = told(theirs, setting, theirs, NEARLY, sizes=[VOTERS])
    assert answer["plan"][0]["messages"] == LIMIT - NEARLY


def test_campaign_that_is_alone_waits_for_exactly_its_own_messages(theirs):
    theirs.with_sender(rate_per_second=1, daily_limit=None)
    [answer] = told(theirs, still_to_send, theirs, NEARLY, sizes=[1])
    assert answer["estimated_time_seconds"] == NEARLY + 1


@pytest.mark.parametrize(
    ("figure", "shown"),
    [(0, 0), (9, 9), (10, 10), (11, 20), (99, 100), (7593, 8000), (7600, 8000), (8000, 8000)],
)
def test_figure_of_another_is_rounded_up_and_ones_own_is_not(ours, theirs, figure, shown):
    query = "select wa.figure_for(%s, %s, %s) as told"
    assert ours.rows(query, ours.id, theirs.id, figure) == [{"told": shown}]
    assert ours.rows(query, ours.id, ours.id, figure) == [{"told": figure}]
    assert ours.rows(query, None, ours.id, figure) == [{"told": figure}]


def test_estimate_errs_towards_later_never_earlier(ours, theirs):
    generator = random.Random(7)
    for _ in range(20):
        counts = [generator.randrange(LIMIT) for _ in range(2)]
        with session(ours.dsn) as db:
            for campaign, count in zip((theirs, ours), counts, strict=True):
                still_to_send(db, campaign, count)
            written_to(db, theirs, generator.randrange(LIMIT))
            query = "select wa.allowance(%s, %s, %s) as n"
            exact = db.execute(query, (PORTFOLIO, ours.id, None)).fetchone()["n"]
            shown = db.execute(query, (PORTFOLIO, ours.id, ours.id)).fetchone()["n"]
            db.rollback()
        assert 0 <= shown <= exact


def test_wait_for_the_limit_tells_the_hour_of_others_and_the_minute_of_ones_own(ours, theirs):
    theirs.with_sender(daily_limit=20)
    job = ours.create_job(accept_cut=True)["job_id"]
    wrote = datetime.now(UTC).replace(minute=17, second=31, microsecond=0) - timedelta(hours=5)

    def until():
        return ours.as_member("public.wa_get_job", p_job_id=job)["waiting_for"]["until"]

    def note(campaign, number, at):
        row = {"portfolio_id": PORTFOLIO, "phone": phone(number), "contacted_at": at}
        with session(ours.dsn) as db:
            insert(db, "public.wa_portfolio_contacts", campaign_id=campaign.id, **row)

    for n in range(20):
        note(theirs, n, wrote)
    a_day = timedelta(hours=24, minutes=1)
    hour = wrote.replace(minute=0, second=0) + timedelta(hours=1)
    assert datetime.fromisoformat(until()) == hour + a_day
    note(ours, 20, wrote - timedelta(hours=1))
    assert datetime.fromisoformat(until()) == wrote - timedelta(hours=1) + a_day


def test_lease_gives_what_is_really_left(ours, theirs):
    """Rounding is for readers: nothing that may leave waits for it."""
    job = ours.create_job()["job_id"]
    with session(ours.dsn) as db:
        written_to(db, theirs, NEARLY)
    leased = ours.as_service("public.wa_lease_shard", p_job_id=job, p_from=1, p_to=VOTERS)
    assert len(leased["tasks"]) == LIMIT - NEARLY
