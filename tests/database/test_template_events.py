"""The latest word about a template holds, whichever door it came by and in whatever order."""

from datetime import timedelta

import pytest

from tests.campaign import WABA, Campaign
from tests.database.webhook import NOW, Webhook

FIELD = "message_template_status_update"
# Meta's words in the order of their arrival, each with its second; where they end.
WORDS = {
    "APPROVED 1, PAUSED 1": "paused",
    "PAUSED 1, APPROVED 1": "paused",
    "PAUSED 1, APPROVED 2": "approved",
    "APPROVED 2, PAUSED 1": "approved",
    "DISABLED 1, PAUSED 1": "disabled",
    "PAUSED 1, DISABLED 1": "disabled",
    "PENDING 1, APPROVED 1": "pending",
    "PENDING 1, APPROVED 2": "approved",
    "IN_APPEAL 1": "pending",
    "LOCKED 1": "paused",
    "DELETED 1": "disabled",
    "PENDING_DELETION 1, DELETED 2": "disabled",
    "DISABLED 1, REINSTATED 2": "approved",
    "FLAGGED 1": "approved",
    "LIMIT_EXCEEDED 1": "approved",
    "PAUSED 1, FLAGGED 2": "paused",
    "REJECTED 1, UNARCHIVED 2": "rejected",
    "REJECTED 1, ARCHIVED 2, UNARCHIVED 3": "rejected",
    "ARCHIVED 1, UNARCHIVED 2": "approved",
    "PAUSED 1, ARCHIVED 2, ARCHIVED 3, UNARCHIVED 4": "paused",
    "UNARCHIVED 1": "approved",
    "ARCHIVED 1, UNARCHIVED 1": "archived",
    "ARCHIVED 1, REJECTED 2, UNARCHIVED 3": "rejected",
}


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(1).with_template(meta_template_id="7")


@pytest.fixture
def webhook(campaign):
    return Webhook(campaign, NOW + timedelta(hours=1))


def status_event(word, **members):
    named = {"message_template_id": 7, "message_template_name": "saludo"}
    return (FIELD, {"event": word, "message_template_language": "es_MX"} | named | members)


def template(campaign):
    [row] = campaign.rows("select * from public.wa_templates")
    return row


@pytest.mark.parametrize("together", [True, False])
def test_words_end_in_this_status(campaign, webhook, together):
    ends = {}
    for words in WORDS:
        campaign.with_template(status="approved", status_changed_at=NOW, archived_from=None)
        entries = entries_of(words)
        for body in [entries] if together else [[entry] for entry in entries]:
            webhook.receive_body({"entry": body})
        ends[words] = template(campaign)["status"]
    assert ends == WORDS


def entries_of(words):
    return [
        {
            "id": WABA,
            "time": int(NOW.timestamp()) + int(second),
            "changes": [dict(zip(("field", "value"), status_event(word), strict=True))],
        }
        for word, second in (each.split() for each in words.split(", "))
    ]


def test_rejection_keeps_its_reason_through_the_archive(campaign, webhook):
    webhook.receive(status_event("REJECTED", reason="INVALID_FORMAT"))
    for n, word in enumerate(("ARCHIVED", "UNARCHIVED"), 1):
        webhook.receive(status_event(word, reason="NONE"), at=NOW + timedelta(seconds=n))
    assert template(campaign)["rejected_reason"] == "INVALID_FORMAT"


def test_template_out_of_an_archive_that_nobody_told_of_waits_for_the_listing(campaign, webhook):
    campaign.with_template(status="archived")
    webhook.receive(status_event("UNARCHIVED"))
    assert template(campaign)["status"] == "archived"


def test_template_that_was_made_again_is_found_by_its_name(campaign, webhook):
    webhook.receive(status_event("PAUSED", message_template_id=8))
    found = template(campaign)
    assert (found["status"], found["meta_template_id"]) == ("paused", "8")


@pytest.mark.parametrize("word", ["DELETED", "PENDING_DELETION"])
def test_end_of_an_earlier_template_of_the_name_is_not_ours(campaign, webhook, word):
    webhook.receive(status_event(word, message_template_id=6))
    assert (template(campaign)["status"], template(campaign)["meta_template_id"]) == (
        "approved",
        "7",
    )


@pytest.mark.parametrize(
    "other",
    [
        {"message_template_id": 8, "message_template_language": "es"},
        {"message_template_id": 8, "message_template_language": None},
        {"message_template_id": 8, "message_template_name": "otra"},
        {"message_template_id": None, "message_template_name": None},
    ],
)
def test_another_template_is_logged_and_changes_nothing(campaign, webhook, other):
    webhook.receive(status_event("PAUSED", **other))
    assert template(campaign)["status"] == "approved"
    assert len(webhook.logged("template_unknown")) == 1


def test_event_from_the_future_does_not_outlast_the_next_one(campaign, webhook):
    webhook.receive(status_event("PAUSED"), at=webhook.now + timedelta(days=300))
    webhook.now += timedelta(minutes=1)
    webhook.receive(status_event("APPROVED"), at=webhook.now)
    assert template(campaign)["status"] == "approved"


def test_job_that_stops_for_its_template_is_told_to_a_person(campaign, webhook):
    job = campaign.create_job()["job_id"]
    webhook.receive(status_event("PAUSED"))
    assert campaign.job(job)["status"] == "paused"
    assert [line["count"] for line in webhook.logged("template_stopped")] == [1]
    webhook.receive(status_event("PAUSED"))
    assert len(webhook.logged("template_stopped")) == 1


def test_template_without_jobs_stops_silently(webhook):
    webhook.receive(status_event("PAUSED"))
    assert webhook.logged("template_stopped") == []


def test_quality_and_category_are_noted_and_nothing_stops(campaign, webhook):
    named = status_event("")[1]
    del named["event"]
    webhook.receive(
        ("message_template_quality_update", named | {"new_quality_score": "RED"}),
        ("template_category_update", named | {"new_category": "UTILITY"}),
    )
    webhook.receive(("message_template_quality_update", named | {"new_quality_score": "YELLOW"}))
    noted = template(campaign)
    assert (noted["quality"], noted["category"], noted["status"]) == (
        "YELLOW",
        "UTILITY",
        "approved",
    )
