"""How often a user may ask for what is expensive, also when they ask twice at the same time."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from tests.campaign import Campaign, call, session
from tests.database.transactions import overlap

MEMBERS = ("authenticated", "authenticated")
BURST = 3


class Refusal(NamedTuple):
    """What Postgres said."""

    state: str
    code: str
    detail: str


@pytest.fixture
def campaign(database):
    """Three at once, and one more each 100 seconds."""
    made = Campaign.create(database).with_voters(1)
    limits = "insert into wa.request_limits select kind, %s, 100 from wa.default_limits()"
    _execute(made, limits, BURST)
    return made


def _execute(campaign, statement, *values):
    with session(campaign.dsn) as db:
        db.execute(statement, values)


def take(campaign, kind="audience", **more):
    """Ask once; return "" or the refusal."""
    try:
        campaign.as_member("public.wa_take_request", p_campaign_id=campaign.id, p_kind=kind, **more)
    except psycopg.Error as error:
        return Refusal(error.sqlstate, error.diag.message_primary, error.diag.message_detail)
    return ""


def later(campaign, seconds):
    """Let time pass for every row."""
    move = "update wa.request_paces set paid_until = paid_until - %s * interval '1 second'"
    _execute(campaign, move, seconds)


def test_burst_is_let_through_and_no_more(campaign):
    assert [take(campaign) for _ in range(BURST)] == [""] * BURST
    refused = take(campaign)
    assert (refused.state, refused.code) == ("PT429", "too_many_requests")
    assert '"retry_after_seconds": 100' in refused.detail
    assert "intenta de nuevo en 100 s" in refused.detail


def test_told_wait_is_enough_and_not_too_much(campaign):
    for _ in range(BURST):
        take(campaign)
    later(campaign, 98)
    assert take(campaign)
    later(campaign, 2)
    assert take(campaign) == ""
    assert take(campaign)


def test_refused_requests_make_nobody_wait_longer(campaign):
    for _ in range(BURST + 20):
        take(campaign)
    later(campaign, 100)
    assert take(campaign) == ""


def test_rest_gives_no_more_than_the_burst(campaign):
    take(campaign)
    later(campaign, 10**6)
    assert [bool(take(campaign)) for _ in range(BURST + 1)] == [False] * BURST + [True]


def test_kinds_are_counted_apart(campaign):
    for _ in range(BURST):
        take(campaign, "audience")
    assert take(campaign, "send") == ""


def test_campaigns_and_users_are_counted_apart(campaign, database):
    for _ in range(BURST):
        take(campaign)
    assert take(Campaign.create(database).with_voters(1)) == ""


def test_known_key_gets_its_answer_however_often_it_comes(campaign):
    campaign.create_job(key="k1")
    for _ in range(BURST):
        take(campaign, "send")
    assert {take(campaign, "send", p_idempotency_key="k1") for _ in range(5)} == {""}
    assert take(campaign, "send", p_idempotency_key="k2").code == "too_many_requests"
    assert take(campaign, "audience", p_idempotency_key="k1") == ""


def test_unknown_kind_is_refused(campaign):
    assert take(campaign, "anything").code == "value_invalid"


def taking(campaign):
    return lambda db: call(
        db, "public.wa_take_request", p_campaign_id=campaign.id, p_kind="audience"
    )


def test_second_request_waits_for_the_first_and_counts_from_it(campaign):
    for _ in range(BURST - 1):
        take(campaign)
    with pytest.raises(psycopg.Error, match="too_many_requests"):
        overlap(campaign, taking(campaign), taking(campaign), roles=MEMBERS)


def test_crowd_gets_the_burst_and_no_more(campaign):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: take(campaign), range(24)))
    assert answers.count("") == BURST


def test_paces_are_forgotten_once_they_say_nothing(campaign):
    take(campaign)
    later(campaign, 86400 + 200)
    assert campaign.rows("select wa.forget(100) >= 1 as some") == [{"some": True}]
    assert campaign.rows("select from wa.request_paces") == []


def test_limits_that_nobody_changed_are_those_of_the_documentation(database):
    campaign = Campaign.create(database)
    rows = campaign.rows("select kind, burst, seconds from wa.default_limits()")
    told = (Path(__file__).parents[2] / "docs/api.md").read_text().split("### Limits")[1]
    numbers = re.findall(r"\| (\d+) \| (\d+) s \|", told)
    assert [(str(row["burst"]), str(int(row["seconds"]))) for row in rows] == numbers
    assert {bool(take(campaign, "send")) for _ in range(30)} == {False}
    assert take(campaign, "send").code == "too_many_requests"
