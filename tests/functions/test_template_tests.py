"""A template is tried out on the campaign's own people, by the real way, and counts nowhere."""

from uuid import uuid4

import pytest
import requests

from tests.functions.campaigns import Campaign, Job
from tests.functions.polling import eventually
from tests.functions.problems import assert_problem
from tests.functions.stage import Stage

SAMPLES = {"1": "Ana", "2": "la campaña", "3": "12"}


@pytest.fixture
def campaign(stage: Stage) -> Campaign:
    made = Campaign.create(stage)
    stage.sql(
        "update public.wa_templates set sample_values ="
        ' \'{"1": "Ana", "2": "la campaña", "3": "12"}\' where id = %s',
        made.ids.template_id,
    )
    return made


@pytest.fixture
def team(campaign: Campaign) -> str:
    """The number of somebody of the campaign, on its list."""
    number = Campaign.create(campaign.stage).with_voters(1).phones[0]
    answer = add(campaign, number)
    assert (answer.status_code, answer.json()["phone"]) == (201, number)
    return number


def add(campaign: Campaign, phone: object, label: object = "Beto") -> requests.Response:
    body = {"campaign_id": str(campaign.ids.campaign_id), "phone": phone, "label": label}
    return campaign.ask("POST", "/test-numbers", target="templates", json=body)


def numbers(campaign: Campaign) -> list[dict[str, str]]:
    of = {"campaign_id": str(campaign.ids.campaign_id)}
    answer = campaign.ask("GET", "/test-numbers", target="templates", params=of)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["test_numbers"])


def post_test(campaign: Campaign, body: object, key: str | None = None) -> requests.Response:
    path = f"/templates/{campaign.ids.template_id}/test"
    headers = {"Idempotency-Key": key or str(uuid4())}
    return campaign.ask("POST", path, target="templates", json=body, headers=headers)


def jobs(campaign: Campaign, **asked: str) -> list[str]:
    params = {"campaign_id": str(campaign.ids.campaign_id)} | asked
    listed = campaign.ask("GET", "/jobs", params=params).json()["jobs"]
    return [job["job_id"] for job in listed]


def test_test_arrives_with_the_templates_samples_and_is_marked_as_one(campaign, team):
    answer = post_test(campaign, {"phone": team})
    assert answer.status_code == 202, answer.text
    assert answer.json().keys() == {"job_id", "message_id", "status"}
    job = Job(campaign=campaign, id=answer.json()["job_id"], summary=answer.json())
    assert job.ended()["sent_count"] == 1
    assert job.now()["is_test"] is True
    assert campaign.stage.meta.sent_to(team) == [[*SAMPLES.values()]]
    assert campaign.stage.accepted_by_meta(answer.json()["message_id"]) == 1
    assert (jobs(campaign), jobs(campaign, tests="true")) == ([], [job.id])


def test_repetition_is_no_second_message(campaign, team):
    key, body = str(uuid4()), {"phone": team, "personalization": {"1": "Beto"}}
    first, second = (post_test(campaign, body, key).json() for _ in range(2))
    assert first == second
    Job(campaign=campaign, id=first["job_id"], summary=first).ended()
    assert campaign.stage.meta.sent_to(team) == [["Beto", "la campaña", "12"]]
    other = post_test(campaign, {"phone": team}, key)
    assert_problem(other, 409, "idempotency_key_reused", "Idempotency-Key")


def test_baja_in_reply_to_a_test_holds(campaign, team):
    made = post_test(campaign, {"phone": team}).json()
    Job(campaign=campaign, id=made["job_id"], summary=made).ended()
    campaign.voter_writes(team, "BAJA")
    eventually(lambda: campaign.has_opted_out(team))
    refused = post_test(campaign, {"phone": team})
    assert_problem(refused, 409, "test_number_opted_out", "phone")


def test_number_that_is_taken_off_the_list_is_tested_no_more(campaign, team):
    [listed] = numbers(campaign)
    assert (listed["phone"], listed["label"]) == (team, "Beto")
    path = f"/test-numbers/{listed['id']}"
    assert campaign.ask("DELETE", path, target="templates").json() == listed
    assert numbers(campaign) == []
    assert_problem(post_test(campaign, {"phone": team}), 422, "test_number_unknown", "phone")
    again = campaign.ask("DELETE", path, target="templates")
    assert_problem(again, 404, "test_number_not_found", "test_number_id")


def test_twenty_first_test_of_a_day_is_told_to_come_another_time(campaign, team):
    campaign.stage.sql(
        "insert into public.communications"
        " (campaign_id, template_id, template_version, created_by, sender_id, idempotency_key,"
        " is_test, status)"
        " select campaign_id, %s, 1, %s, sender_id, 'n' || n, true, 'completed'"
        " from public.wa_campaign_settings, generate_series(1, 20) n where campaign_id = %s",
        *(campaign.ids.template_id, campaign.ids.user_id, campaign.ids.campaign_id),
    )
    refused = post_test(campaign, {"phone": team})
    assert_problem(refused, 429, "too_many_tests", "template_id")
    assert "Retry-After" not in refused.headers


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "field_missing", "phone"),
        ({"phone": None}, "field_missing", "phone"),
        ({"phone": " \u200b"}, "field_missing", "phone"),
        ({"phone": 5510000000}, "text_expected", "phone"),
        ({"phone": "5" * 41}, "text_too_long", "phone"),
        ({"phone": "\ud800"}, "text_invalid", "phone"),
        ({"phone": "55 1000 0000"}, "test_number_unknown", "phone"),
        ({"phone": "55", "to": "x"}, "field_unknown", "to"),
        ([], "object_expected", ""),
        ({"phone": "55", "personalization": []}, "object_expected", "personalization"),
        ({"phone": "55", "personalization": {"1": ""}}, "personalization_invalid", None),
    ],
)
def test_test_that_cannot_be_is_refused_with_its_field(campaign, untouched, body, code, field):
    assert_problem(post_test(campaign, body), 422, code, field)


@pytest.mark.parametrize(
    ("number", "code", "field"),
    [
        (("12", "Beto"), "test_number_invalid", "phone"),
        ((None, "Beto"), "field_missing", "phone"),
        (("55 1000 0000", None), "field_missing", "label"),
        (("55 1000 0000", "b" * 61), "text_too_long", "label"),
        (("55 1000 0000", 1), "text_expected", "label"),
    ],
)
def test_number_that_cannot_be_added_is_refused(campaign, untouched, number, code, field):
    assert_problem(add(campaign, *number), 422, code, field)
    assert numbers(campaign) == []


def test_key_is_needed(campaign, team):
    path = f"/templates/{campaign.ids.template_id}/test"
    answer = campaign.ask("POST", path, target="templates", json={"phone": team})
    assert_problem(answer, 400, "idempotency_key_missing", "Idempotency-Key")
