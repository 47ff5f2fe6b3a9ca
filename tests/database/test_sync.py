"""Meta's answers reach every campaign they concern, and no later word is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from tests.campaign import WABA, Campaign, call, session
from tests.campaign_queue import due, lease, sender
from tests.database.transactions import overlap

LISTED = {
    "meta_template_id": "7",
    "name": "saludo",
    "language": "es_MX",
    "status": "approved",
    "category": "MARKETING",
    "quality": "GREEN",
    "reason": "NONE",
}


@pytest.fixture
def campaign(database):
    return create(database)


def create(dsn):
    return Campaign.create(dsn).with_voters(1).with_sender(state_changed_at=ago(60))


def ago(minutes):
    return datetime.now(UTC) - timedelta(minutes=minutes)


def standing(campaign, **facts):
    number = sender(campaign)["phone_number_id"]
    return {"phone_number_id": number, "blocks": False, "limit_known": False} | facts


def syncing(asked_at, *, templates=(), senders=()):
    """Return what applies one account's answers in a given transaction."""
    return lambda db: call(
        db,
        "public.wa_apply_sync",
        p_waba_id=WABA,
        p_at=asked_at,
        p_templates=Jsonb([LISTED | template for template in templates]),
        p_senders=Jsonb(list(senders)),
    )


def sync(campaign, asked_at, **answers):
    with session(campaign.dsn, "wa_sync") as db:
        return syncing(asked_at, **answers)(db)


def test_listing_reaches_every_campaign_of_the_account_and_no_other(campaign):
    same, other = create(campaign.dsn), create(campaign.dsn).with_sender(waba_id="20002")
    jobs = {c.id: c.create_job()["job_id"] for c in (campaign, same, other)}

    changed = sync(campaign, ago(1), templates=[{"status": "paused"}])

    assert changed == {"templates": 2, "unknown": 0, "senders": 0}
    states = [c.job(jobs[c.id])["status"] for c in (campaign, same, other)]
    assert states == ["paused", "paused", "processing"]


def test_rows_of_a_job_that_goes_on_are_due_again(campaign):
    campaign.create_job()
    sync(campaign, ago(2), templates=[{"status": "paused"}])
    assert due(campaign) == []

    sync(campaign, ago(1), templates=[{}])

    assert due(campaign) == [(1, 500)]


def test_older_answers_that_waited_for_newer_ones_change_nothing(campaign):
    newer = syncing(ago(1), senders=[standing(campaign, quality="RED")])
    older = syncing(ago(2), senders=[standing(campaign, quality="GREEN")])

    first, second = overlap(campaign, newer, older)

    assert (first["senders"], second["senders"]) == (1, 0)
    assert sender(campaign)["quality"] == "RED"


def test_listing_that_waited_for_an_event_does_not_undo_it(campaign):
    job = campaign.create_job()["job_id"]
    sync(campaign, ago(4), templates=[{"status": "paused"}])
    sync(campaign, ago(3), templates=[{}])
    event = {"waba_id": WABA, "meta_template_id": "7", "status": "approved"}

    def approve(db):
        change = Jsonb([event | {"at": ago(1).isoformat()}])
        return call(db, "public.wa_apply_account_changes", p_templates=change, p_accounts=Jsonb([]))

    overlap(campaign, approve, syncing(ago(2), templates=[{"status": "paused"}]))

    [template] = campaign.rows("select status from public.wa_templates")
    assert (template["status"], campaign.job(job)["status"]) == ("approved", "processing")


def test_limit_that_meta_tells_binds_the_next_fan_out(campaign):
    campaign.with_voters(4, first=1)
    job = campaign.create_job()["job_id"]
    told = standing(campaign, limit_known=True, messaging_limit=2)

    sync(campaign, ago(1), senders=[told])

    assert len(lease(campaign, job)) == 2


@pytest.mark.parametrize(("paused_by", "status"), [("template", "processing"), ("user", "paused")])
def test_job_whose_events_were_both_lost_goes_on(campaign, paused_by, status):
    job = campaign.create_job()["job_id"]
    pause = "update public.communications set status = 'paused', paused_by = %s"
    campaign.rows(pause, paused_by)

    sync(campaign, ago(0), templates=[{}])

    assert campaign.job(job)["status"] == status
