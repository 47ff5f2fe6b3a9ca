"""The veda to the second, in each part of the country: at the request, the fan-out and the claim.

The expected bounds were computed from IANA's data (2025b) and are in UTC. Postgres' clock is one
that the tests set, in databases of their own.
"""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.campaign import Campaign, session
from tests.campaign_queue import lease
from tests.database.transactions import miscounted

SUMMER = {
    "campaign_start": "2027-04-04",
    "campaign_end": "2027-06-02",
    "election_date": "2027-06-06",
}
WINTER = {
    "campaign_start": "2027-10-03",
    "campaign_end": "2027-12-01",
    "election_date": "2027-12-05",
}
COUNTRY = (
    "Aguascalientes, Baja California, Baja California Sur, Campeche, Chiapas, Chihuahua, CDMX,"
    " Coahuila, Colima, Durango, Guanajuato, Guerrero, Hidalgo, Jalisco, Edomex, Michoacán,"
    " Morelos, Nayarit, Nuevo León, Oaxaca, Puebla, Querétaro, Quintana Roo, San Luis Potosí,"
    " Sinaloa, Sonora, Tabasco, Tamaulipas, Tlaxcala, Veracruz, Yucatán, Zacatecas"
)


def of(state, *municipalities):
    return [{"state": state, "municipalities": list(municipalities) or None}]


# Where, when the election is, and the veda's first moment and the first after it.
VECTORS = {
    "federal": (
        [{"state": state} for state in COUNTRY.split(", ")],
        SUMMER,
        ("2027-06-03T05:00Z", "2027-06-07T07:00Z"),
    ),
    "CDMX": (of("CDMX"), SUMMER, ("2027-06-03T06:00Z", "2027-06-07T06:00Z")),
    "Chihuahua": (of("Chihuahua"), SUMMER, ("2027-06-03T05:00Z", "2027-06-07T06:00Z")),
    "Juárez": (of("Chihuahua", "Juárez"), SUMMER, ("2027-06-03T06:00Z", "2027-06-07T06:00Z")),
    "Ojinaga": (of("Chihuahua", "Ojinaga"), SUMMER, ("2027-06-03T05:00Z", "2027-06-07T05:00Z")),
    "Baja California": (
        of("Baja California"),
        WINTER,
        ("2027-12-02T08:00Z", "2027-12-06T08:00Z"),
    ),
    "Quintana Roo": (of("Quintana Roo"), SUMMER, ("2027-06-03T05:00Z", "2027-06-07T05:00Z")),
}
# A function that Postgres has built in cannot be another one: every function of ours asks this
# instead, by one word that differs.
CLOCK = r"""
    create table wa.test_clock as select now() as at;
    create function wa.set_now() returns timestamptz language sql stable security definer
    as 'select at from wa.test_clock';
    grant execute on function wa.set_now() to public;
    grant usage on schema wa to public;
    set check_function_bodies = off;
    do $$
    declare
      definition text;
    begin
      for definition in
        select regexp_replace(pg_get_functiondef(p.oid), '\mnow\(\)', 'wa.set_now()', 'g')
        from pg_proc p
        where p.pronamespace in ('wa'::regnamespace, 'public'::regnamespace)
          and p.prosrc like '%now()%'
          and p.proname <> 'set_now'
      loop
        execute definition;
      end loop;
    end $$;
"""
SECOND = timedelta(seconds=1)


@pytest.fixture
def campaign(database):
    """A campaign whose database reads the time from a table."""
    with psycopg.connect(database, autocommit=True) as db:
        db.execute(CLOCK)
    return Campaign.create(database).with_voters(4).with_sender(next_slot_at=datetime.now(UTC))


def at(campaign, moment):
    campaign.rows("update wa.test_clock set at = %s", moment)


def settled(campaign, territory, dates):
    """Put the settings as their owner does, in the middle of the campaign; return the window."""
    settings = dates | {
        "display_name": "Ana",
        "election_kind": "local",
        "run_by": "party",
        "party_legend": "Partido Demo",
        "territory": territory,
        "candidate": "Ana Demo",
        "office": "Gobernadora",
        "ine_registration": "1",
        "spending_cap_usd": 100,
        "consent_required": False,
        "quiet_from": None,
        "quiet_until": None,
    }
    at(campaign, datetime.fromisoformat(f"{dates['campaign_start']}T18:00Z"))
    with session(campaign.dsn, "authenticated", campaign.member) as db:
        db.execute("select public.wa_put_settings(%s, %s, 1)", (campaign.id, Jsonb(settings)))


def requested(campaign):
    """Ask for a job now; return "created", or the refusal's code."""
    try:
        with session(campaign.dsn, "authenticated", campaign.member) as db:
            db.execute(
                "select public.wa_create_job(%s, %s, '{}', %s, gen_random_uuid()::text, null,"
                " false, true)",
                (campaign.id, campaign.template_id, Jsonb({"1": "a", "2": "b"})),
            )
            db.rollback()
    except psycopg.Error as refusal:
        return refusal.diag.message_primary
    return "created"


def refused_early(campaign, scheduled_at=None, key=None):
    """Ask as the app's door does before it forwards; return the refusal, or None."""
    try:
        with session(campaign.dsn, "authenticated", campaign.member) as db:
            db.execute("select public.wa_refuse_veda(%s, %s, %s)", (campaign.id, scheduled_at, key))
    except psycopg.Error as refusal:
        return refusal.diag
    return None


def claimed(campaign, job):
    """Claim one that waits; return why it was skipped, or the decision."""
    waiting = next(m["id"] for m in campaign.messages(job) if m["status"] == "queued")
    claim = campaign.claim(waiting)
    return claim.get("reason", claim["decision"])


@pytest.mark.parametrize(("territory", "dates", "veda"), VECTORS.values(), ids=VECTORS)
def test_veda_begins_and_ends_to_the_second(campaign, territory, dates, veda):
    starts_at, ends_at = map(datetime.fromisoformat, veda)
    settled(campaign, territory, dates)
    job = campaign.create_job()["job_id"]

    at(campaign, starts_at - SECOND)
    assert requested(campaign) == "created"
    assert len(lease(campaign, job, 1, 2)) == 2
    assert claimed(campaign, job) == "send"

    at(campaign, starts_at)
    assert requested(campaign) == "veda"
    assert lease(campaign, job, 3, 4) == []
    assert claimed(campaign, job) == "veda"

    at(campaign, ends_at - SECOND)
    assert requested(campaign) == "veda"
    assert lease(campaign, job, 3, 4) == []
    assert claimed(campaign, job) == "veda"

    # The veda is over, and so is the campaign: nothing leaves after an election.
    at(campaign, ends_at)
    assert requested(campaign) == "outside_campaign"
    assert lease(campaign, job, 3, 4) == []
    assert claimed(campaign, job) == "outside_campaign"
    counted = campaign.job(job)
    assert counted["skipped_by_reason"] == {"veda": 2, "outside_campaign": 1}
    assert not miscounted(campaign)


def test_early_question_refuses_the_veda_in_the_same_words_and_nothing_else(campaign):
    territory, dates, veda = VECTORS["CDMX"]
    starts_at, ends_at = map(datetime.fromisoformat, veda)
    settled(campaign, territory, dates)
    key = campaign.rows(
        "select idempotency_key from public.communications where job_id = %s",
        campaign.create_job()["job_id"],
    )[0]["idempotency_key"]

    at(campaign, starts_at - SECOND)
    assert refused_early(campaign) is None
    assert refused_early(campaign, scheduled_at=starts_at).message_primary == "veda"

    for moment in (starts_at, ends_at - SECOND):
        at(campaign, moment)
        early = refused_early(campaign)
        assert (early.sqlstate, early.message_primary) == ("PT403", "veda")
        told = json.loads(early.message_detail)
        assert told["detail"] == "Veda electoral: envíos suspendidos hasta 07/06/2027 00:00."
        bounds = {name: datetime.fromisoformat(value) for name, value in told["bounds"].items()}
        assert bounds == {"starts_at": starts_at, "ends_at": ends_at}
        # What was asked for before the veda gets its answer again.
        assert refused_early(campaign, key=key) is None
        # A time that is over counts as now.
        assert refused_early(campaign, scheduled_at=starts_at - SECOND).message_primary == "veda"

    at(campaign, ends_at)
    assert requested(campaign) == "outside_campaign"
    assert refused_early(campaign) is None
