"""Messages whose fate nobody knows: evidence, a person's resolution, and never twice knowingly."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.campaign import Campaign
from tests.campaign_queue import age, deliver, due, message, message_to, receive
from tests.database.transactions import miscounted


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(3).with_sender(rate_per_second=1000)


@pytest.fixture
def job(campaign):
    """A job of three messages: one unknown for 20 minutes, two sent."""
    job = campaign.create_job()["job_id"]
    for n, word in enumerate(["unknown", "accepted", "accepted"]):
        deliver(campaign, message_to(campaign, job, n), word)
    age(campaign, "20 minutes")
    return job


@pytest.fixture
def unknown(campaign, job):
    return message_to(campaign, job, 0)


def resolve(campaign, job, resolution):
    return campaign.as_member("public.wa_resolve_unknown", p_job_id=job, p_resolution=resolution)


def audited(campaign, act):
    return [
        entry["details"]
        for entry in campaign.rows(
            "select details from public.wa_audit_log where act = %s order by id", act
        )
    ]


def test_unknown_message_is_listed_with_what_became_of_its_neighbours(campaign, job, unknown):
    receive(campaign, message_to(campaign, job, 1), "sent")
    campaign.rows("update public.wa_send_queue set claimed_at = date_trunc('minute', claimed_at)")

    [listed] = campaign.as_member("public.wa_list_recipients", p_job_id=job, p_status="unknown")

    assert listed["message_id"] == str(unknown)
    assert listed["neighbours"] == {"claimed": 2, "with_receipt": 1}
    assert listed["claimed_at"] is not None


def test_evidence_counts_the_minute_and_the_sender_and_no_refusals(campaign, job, unknown):
    other = Campaign.create(campaign.dsn).with_voters(1)
    deliver(other, message_to(other, other.create_job()["job_id"], 0))
    refused, earlier = (message_to(campaign, job, n) for n in (1, 2))
    campaign.rows("update public.wa_send_queue set claimed_at = date_trunc('minute', now())")
    campaign.rows(
        "update public.wa_send_queue set claimed_at = claimed_at - interval '1 ms' where id = %s",
        earlier,
    )
    campaign.rows("update public.wa_send_queue set status = 'failed' where id = %s", refused)

    [answer] = campaign.rows(
        "select wa.neighbours(q) as seen from public.wa_send_queue q where id = %s", unknown
    )

    assert answer["seen"] == {"claimed": 0, "with_receipt": 0}


def test_person_may_take_unknown_messages_for_sent(campaign, job, unknown):
    answer = resolve(campaign, job, "assume_sent")

    assert (answer["resolved"], answer["too_fresh"], answer["status"]) == (1, 0, "completed")
    row = message(campaign, unknown)
    assert (row["status"], row["sent_at"]) == ("sent", row["claimed_at"])
    assert audited(campaign, "unknown_resolved") == [
        {"resolution": "assume_sent", "messages": [str(unknown)]}
    ]
    assert not miscounted(campaign)


def test_person_may_send_unknown_messages_again_which_opens_the_job(campaign, job, unknown):
    assert campaign.job(job)["status"] == "partial"

    answer = resolve(campaign, job, "resend")

    assert (answer["resolved"], answer["status"], answer["completed_at"]) == (1, "processing", None)
    assert due(campaign) == [(1, 500)]
    assert deliver(campaign, unknown) == "sent"
    assert (message(campaign, unknown)["attempts"], campaign.job(job)["status"]) == (2, "completed")
    assert audited(campaign, "unknown_resolved")[0]["resolution"] == "resend"
    assert not miscounted(campaign)


@pytest.mark.parametrize("resolution", ["assume_sent", "resend"])
def test_fresh_unknown_message_waits_for_its_receipt(campaign, job, unknown, resolution):
    campaign.with_settings(unknown_after="21 minutes")

    answer = resolve(campaign, job, resolution)

    assert (answer["resolved"], answer["too_fresh"]) == (0, 1)
    assert message(campaign, unknown)["status"] == "unknown"
    assert audited(campaign, "unknown_resolved") == []


def test_resolution_is_refused_to_strangers_and_where_it_makes_no_sense(campaign, job, unknown):
    stranger = Campaign.create(campaign.dsn)
    with pytest.raises(psycopg.Error, match="job_not_found") as refused:
        resolve(stranger, job, "resend")
    assert refused.value.sqlstate == "PT404"
    with pytest.raises(psycopg.Error, match="resolution_unknown"):
        resolve(campaign, job, "perhaps")
    campaign.with_settings(campaign_end=datetime.now(UTC) - timedelta(days=2))
    with pytest.raises(psycopg.Error, match="outside_campaign"):
        resolve(campaign, job, "resend")
    assert message(campaign, unknown)["status"] == "unknown"


def test_cancelled_job_sends_nothing_again_but_may_take_it_for_sent(database):
    campaign = Campaign.create(database).with_voters(2)
    job = campaign.create_job()["job_id"]
    deliver(campaign, message_to(campaign, job, 0), "unknown")
    age(campaign, "20 minutes")
    campaign.as_member("public.wa_cancel_job", p_job_id=job)

    with pytest.raises(psycopg.Error, match="job_not_open") as refused:
        resolve(campaign, job, "resend")
    assert refused.value.sqlstate == "PT409"
    answer = resolve(campaign, job, "assume_sent")

    assert (answer["status"], answer["sent_count"], answer["skipped_count"]) == ("cancelled", 1, 1)
    assert not miscounted(campaign)
