"""What Meta's answers mean for more than their own message, at once or by a later receipt."""

from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from tests.attempts import attempt
from tests.campaign import WABA, Campaign, call
from tests.campaign_queue import deliver, message, message_to, receive, sender
from tests.database.transactions import miscounted, overlap

REASON = "Los datos del mensaje no coinciden con la plantilla."


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(12)


@pytest.fixture
def job(campaign):
    return campaign.create_job()["job_id"]


def refuse_parameters(campaign, job, *voters):
    for n in voters:
        deliver(campaign, message_to(campaign, job, n), "parameters", error_message=REASON)


def test_held_message_is_counted_until_it_is_delivered(campaign, job):
    held = message_to(campaign, job, 0)
    assert deliver(campaign, held, "held", meta_message_id="wamid.1") == "sent"
    assert (campaign.job(job)["sent_count"], campaign.job(job)["held_count"]) == (1, 1)

    receive(campaign, held, "sent")
    assert campaign.job(job)["held_count"] == 1
    receive(campaign, held, "read")

    assert (campaign.job(job)["sent_count"], campaign.job(job)["held_count"]) == (1, 0)
    assert not miscounted(campaign)


def test_held_message_may_still_fail(campaign, job):
    held = message_to(campaign, job, 0)
    deliver(campaign, held, "held", meta_message_id="wamid.1")

    receive(campaign, held, "failed", error_code=132015)

    counts = {name: campaign.job(job)[f"{name}_count"] for name in ("sent", "held", "failed")}
    assert counts == {"sent": 0, "held": 0, "failed": 1}
    assert not miscounted(campaign)


def test_fifth_parameter_refusal_in_a_row_pauses_the_job(campaign, job):
    refuse_parameters(campaign, job, *range(4))
    assert campaign.job(job)["status"] == "processing"

    refuse_parameters(campaign, job, 4)

    paused = campaign.job(job)
    assert (paused["status"], paused["paused_by"]) == ("paused", "parameters")
    assert (paused["status_reason"], paused["failed_count"]) == (REASON, 5)
    progress = campaign.as_member("public.wa_get_job", p_job_id=job)
    assert progress["status_reason"] == REASON
    assert campaign.claim(message_to(campaign, job, 5))["decision"] == "deferred"


@pytest.mark.parametrize("word", ["accepted", "held"])
def test_message_that_meta_takes_ends_the_row_of_refusals(campaign, job, word):
    refuse_parameters(campaign, job, *range(4))
    deliver(campaign, message_to(campaign, job, 4), word)
    refuse_parameters(campaign, job, *range(5, 9))
    assert campaign.job(job)["status"] == "processing"

    refuse_parameters(campaign, job, 9)

    assert campaign.job(job)["paused_by"] == "parameters"


def test_refusals_of_other_kinds_neither_count_nor_end_the_row(campaign, job):
    refuse_parameters(campaign, job, *range(4))
    deliver(campaign, message_to(campaign, job, 4), "failed")
    assert campaign.job(job)["status"] == "processing"

    refuse_parameters(campaign, job, 5)

    assert campaign.job(job)["status"] == "paused"


def test_resumed_job_gets_five_refusals_again(campaign, job):
    refuse_parameters(campaign, job, *range(5))
    campaign.as_member("public.wa_resume_job", p_job_id=job)

    refuse_parameters(campaign, job, *range(5, 9))

    resumed = campaign.job(job)
    assert (resumed["status"], resumed["paused_by"]) == ("processing", None)


@pytest.mark.parametrize("sent", ["accepted", "held"])
def test_failure_after_acceptance_stops_what_it_concerns(campaign, job, sent):
    other = campaign.create_job()["job_id"]
    one, two = (message_to(campaign, job, n) for n in (0, 1))
    for each in (one, two):
        deliver(campaign, each, sent, meta_message_id=f"wamid.{each}")

    receive(campaign, one, "failed", error_code=132015, error_message=REASON, cause="template")
    paused = campaign.job(job)
    assert (paused["status"], paused["paused_by"]) == ("paused", "template")
    assert paused["status_reason"] == REASON
    assert campaign.job(other)["status"] == "processing"

    receive(campaign, two, "failed", error_code=131048, error_message=REASON, cause="answer")
    assert (sender(campaign)["state"], sender(campaign)["state_reason"]) == ("blocked", REASON)


def test_repeated_failure_does_not_pause_a_resumed_job_again(campaign, job):
    failed = message_to(campaign, job, 0)
    deliver(campaign, failed, meta_message_id="wamid.1")
    receipt = {"status": "failed", "error_code": 132015, "cause": "template"}
    receive(campaign, failed, **receipt)
    campaign.as_member("public.wa_resume_job", p_job_id=job)

    assert receive(campaign, failed, **receipt)["changed"] == 0

    assert campaign.job(job)["status"] == "processing"


def test_failure_of_a_delivered_message_stops_nothing(campaign, job):
    delivered = message_to(campaign, job, 0)
    deliver(campaign, delivered, meta_message_id="wamid.1")
    receive(campaign, delivered, "delivered")

    receive(campaign, delivered, "failed", error_code=131048, cause="answer")

    assert sender(campaign)["state"] == "ok"
    assert message(campaign, delivered)["status"] == "sent"


def test_late_failure_from_before_a_release_blocks_nothing(campaign, job):
    early = message_to(campaign, job, 0)
    deliver(campaign, early, meta_message_id="wamid.1")
    campaign.with_sender(state="ok", state_changed_at=datetime.now(UTC) + timedelta(seconds=1))

    receive(campaign, early, "failed", error_code=131048, cause="answer")

    assert sender(campaign)["state"] == "ok"


def test_answer_about_the_template_leaves_the_users_pause_alone(campaign, job):
    early = message_to(campaign, job, 0)
    campaign.claim(early)
    campaign.as_member("public.wa_pause_job", p_job_id=job)

    campaign.record(early, "template", error_message=REASON)

    assert campaign.job(job)["paused_by"] == "user"
    assert message(campaign, early)["status"] == "queued"
    assert not miscounted(campaign)


@pytest.mark.parametrize(
    ("approved_after_s", "status"), [(3, "processing"), (0, "processing"), (-1, "paused")]
)
def test_complaint_from_before_the_approval_pauses_nothing(campaign, job, approved_after_s, status):
    complained = message_to(campaign, job, 0)
    order = campaign.claim(complained)
    # Meta's clock has whole seconds: an approval of the same second may be the later word.
    second = message(campaign, complained)["claimed_at"].replace(microsecond=0)
    campaign.with_template(status_changed_at=second + timedelta(seconds=approved_after_s))

    campaign.record(complained, "template", order["attempt"], error_message=REASON)

    assert message(campaign, complained)["status"] == "queued"
    assert campaign.job(job)["status"] == status


def test_complaint_that_passes_the_approval_does_not_pause_for_good(campaign, job):
    campaign.with_template(status="paused")
    complained = message_to(campaign, job, 0)
    campaign.claim(complained)
    approval = {"p_templates": [approved(datetime.now(UTC))], "p_accounts": Jsonb([])}
    complaint = {"p_message_id": complained, "p_attempt": 1} | attempt("template")

    overlap(
        campaign,
        lambda db: call(db, "public.wa_apply_account_changes", **approval),
        lambda db: call(db, "public.wa_record_attempt", **complaint),
    )

    assert campaign.job(job)["status"] == "processing"


def approved(at):
    template = {"waba_id": WABA, "name": "saludo", "language": "es_MX"}
    return template | {"status": "approved", "at": at.isoformat()}


def approve_template(campaign):
    approval = {"p_templates": [approved(datetime.now(UTC))], "p_accounts": Jsonb([])}
    campaign.as_service("public.wa_apply_account_changes", **approval)


@pytest.mark.parametrize(("user_pauses", "status"), [(False, "processing"), (True, "paused")])
def test_users_pause_outlasts_the_templates(campaign, job, user_pauses, status):
    deliver(campaign, message_to(campaign, job, 0), "template", error_message=REASON)
    if user_pauses:
        paused = campaign.as_member("public.wa_pause_job", p_job_id=job)
        assert (paused["status"], paused["status_reason"]) == ("paused", None)

    approve_template(campaign)

    assert campaign.job(job)["status"] == status


def test_only_refusals_of_its_own_use_up_a_messages_retries(campaign, job):
    message_id = message_to(campaign, job, 0)
    for word in ("throttled", "answer", "template", "deferred", "accepted"):
        order = campaign.claim(message_id)
        assert (order["decision"], order["retries"]) == ("send", int(word == "accepted"))
        campaign.record(message_id, word, order["attempt"], retry_after_seconds=0)
        campaign.with_sender(state="ok", next_slot_at=datetime.now(UTC))
        campaign.rows(
            "update public.communications set status = 'processing' where status = 'paused'"
        )
    assert message(campaign, message_id)["attempts"] == 5
