"""A message sent again: only while nothing says that Meta has it, and by itself only once."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.campaign import Campaign, call
from tests.campaign_queue import age, deliver, lease, message, message_to, receipt, receive, sweep
from tests.database.transactions import miscounted, overlap


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(22).with_sender(rate_per_second=1000)


@pytest.fixture
def job(campaign):
    return campaign.create_job()["job_id"]


@pytest.fixture
def resent(campaign, job):
    """A message that was unknown and waits to be sent again, by a person's decision."""
    unknown = message_to(campaign, job, 0)
    deliver(campaign, unknown, "unknown")
    age(campaign, "20 minutes")
    campaign.as_member("public.wa_resolve_unknown", p_job_id=job, p_resolution="resend")
    return unknown


def claiming(message_id):
    claim = {"p_message_id": message_id, "p_claim_id": uuid4()}
    return lambda db: call(db, "public.wa_claim_message", **claim)


def receiving(campaign, message_id, status):
    receipts = [receipt(campaign, message_id, status)]
    return lambda db: call(db, "public.wa_apply_receipts", p_receipts=receipts)


@pytest.mark.parametrize("receipt", ["sent", "delivered"])
def test_late_receipt_ends_what_waits_to_be_sent_again(campaign, job, resent, receipt):
    lease(campaign, job)

    receive(campaign, resent, receipt)

    assert campaign.claim(resent)["message_id"] != str(resent)  # its task serves another
    assert message(campaign, resent)["attempts"] == 1
    assert not miscounted(campaign)


def test_late_word_that_it_failed_stops_nothing_that_waits_to_be_sent_again(campaign, resent):
    receive(campaign, resent, "failed")
    assert campaign.claim(resent)["decision"] == "send"


def test_claim_waits_for_the_receipt_that_is_being_applied(campaign, resent):
    _, claim = overlap(campaign, receiving(campaign, resent, "sent"), claiming(resent))

    assert claim == {"message_id": str(resent), "decision": "done", "status": "sent"}


def test_receipt_that_loses_to_the_claim_still_settles_the_message(campaign, resent):
    claim, _ = overlap(campaign, claiming(resent), receiving(campaign, resent, "delivered"))

    assert claim["decision"] == "send"
    assert message(campaign, resent)["status"] == "sent"
    assert campaign.record(resent, "unknown", claim["attempt"]) == "sent"
    assert not miscounted(campaign)


@pytest.mark.parametrize("answer", ["accepted", "held"])
def test_late_acceptance_ends_what_waits_to_be_sent_again(campaign, job, resent, answer):
    lease(campaign, job)

    assert campaign.record(resent, answer, 1, meta_message_id="wamid.1") == "sent"

    assert campaign.claim(resent)["message_id"] != str(resent)
    assert message(campaign, resent)["meta_message_id"] == "wamid.1"
    assert not miscounted(campaign)


def test_late_acceptance_is_counted_even_after_cancel(campaign, job, resent):
    campaign.as_member("public.wa_cancel_job", p_job_id=job)
    assert message(campaign, resent)["skip_reason"] == "cancelled"

    assert campaign.record(resent, "accepted", 1, meta_message_id="wamid.1") == "sent"

    assert (campaign.job(job)["status"], campaign.job(job)["sent_count"]) == ("cancelled", 1)
    assert not miscounted(campaign)


@pytest.mark.parametrize("answer", ["failed", "deferred", "unknown", "answer"])
def test_late_refusal_leaves_the_second_attempt_alone(campaign, resent, answer):
    assert campaign.record(resent, answer, 1) == "queued"
    assert deliver(campaign, resent) == "sent"


@pytest.mark.parametrize("answer", ["accepted", "failed"])
def test_answer_to_the_first_attempt_does_not_settle_the_second(campaign, resent, answer):
    assert campaign.claim(resent)["attempt"] == 2

    assert campaign.record(resent, answer, 1, meta_message_id="wamid.1") == "sending"


def test_another_job_may_not_take_the_place_of_a_message_sent_again(campaign, resent):
    other = campaign.create_job()["job_id"]

    assert campaign.claim(message_to(campaign, other, 0))["reason"] == "contacted_recently"
    assert deliver(campaign, resent) == "sent"


def silent(campaign, job, receipts=20, neighbours=20, aged="61 minutes"):
    """One unknown message among neighbours of which so many have receipts."""
    unknown = message_to(campaign, job, 0)
    deliver(campaign, unknown, "unknown")
    for n in range(1, neighbours + 1):
        deliver(campaign, message_to(campaign, job, n))
        if n <= receipts:
            receive(campaign, message_to(campaign, job, n), "sent")
    campaign.rows(
        "update public.wa_send_queue set claimed_at = date_trunc('minute', now())"
        " where claimed_at is not null"
    )
    age(campaign, aged)
    return unknown


@pytest.mark.parametrize(
    ("evidence", "chosen", "resends"),
    [
        ({"receipts": 20, "neighbours": 20, "aged": "61 minutes"}, True, 1),
        ({"receipts": 19, "neighbours": 20, "aged": "61 minutes"}, True, 1),
        ({"receipts": 18, "neighbours": 20, "aged": "61 minutes"}, True, 0),
        ({"receipts": 19, "neighbours": 19, "aged": "61 minutes"}, True, 0),
        ({"receipts": 20, "neighbours": 20, "aged": "58 minutes"}, True, 0),
        ({"receipts": 20, "neighbours": 20, "aged": "61 minutes"}, False, 0),
    ],
)
def test_silence_is_answered_only_by_choice_and_on_strong_evidence(
    campaign, job, evidence, chosen, resends
):
    unknown = silent(campaign.with_settings(resend_after_silence=chosen), job, **evidence)

    assert sweep(campaign)["resent"] == resends

    row = message(campaign, unknown)
    assert (row["status"], row["resends"]) == ("queued" if resends else "unknown", resends)
    entries = campaign.rows(
        "select actor, job_id, details from public.wa_audit_log where act = %s",
        "resent_after_silence",
    )
    assert len(entries) == resends
    if resends:
        seen = {"claimed": evidence["neighbours"], "with_receipt": evidence["receipts"]}
        assert entries[0]["details"] == {"message": str(unknown), "neighbours": seen}
        assert (entries[0]["actor"], str(entries[0]["job_id"])) == ("wa_sweep", job)
    assert not miscounted(campaign)


def test_message_is_sent_again_by_itself_only_once(campaign, job):
    unknown = silent(campaign.with_settings(resend_after_silence=True), job)
    assert sweep(campaign)["resent"] == 1
    deliver(campaign, unknown, "unknown")
    campaign.rows(
        "update public.wa_send_queue set claimed_at = first.moment"
        " from (select min(claimed_at) as moment from public.wa_send_queue) first"
        " where claimed_at is not null"
    )

    assert sweep(campaign)["resent"] == 0
    assert message(campaign, unknown)["status"] == "unknown"


@pytest.mark.parametrize("ending", ["cancelled", "over"])
def test_ended_time_or_job_sends_nothing_again(campaign, job, ending):
    unknown = silent(campaign.with_settings(resend_after_silence=True), job)
    if ending == "cancelled":
        campaign.as_member("public.wa_cancel_job", p_job_id=job)
    else:
        campaign.with_settings(campaign_end=datetime.now(UTC).date() - timedelta(days=2))

    assert sweep(campaign)["resent"] == 0
    assert message(campaign, unknown)["status"] == "unknown"
