"""POST /send asks Meta first, refuses what cannot leave, and never waits for an answer in vain."""

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
import requests

from devstack.stack.campaign import TEMPLATE_NAME, WABA
from tests.functions.campaigns import Campaign
from tests.functions.problems import assert_problem
from tests.functions.stage import Stage

UNPAID = {
    "error_code": 141006,
    "error_description": "There is an error with the payment method.",
    "possible_solution": "Please add a new payment method to the account.",
}
NAME_PENDING = "Your display name has not been approved yet."


@pytest.fixture
def campaign(stage: Stage) -> Iterator[Campaign]:
    made = Campaign.create(stage).with_voters(1).hold_tasks()
    set_meta_template_id(made, template_at_meta(stage))
    yield made
    for each in (WABA, template_at_meta(stage)):
        say(stage, each, "AVAILABLE")


def template_at_meta(stage: Stage) -> str:
    """Return the simulated Meta's id of the template that every campaign here has."""
    listing = requests.get(
        f"{stage.stack.at.meta_url}/v24.0/{WABA}/message_templates",
        params={"name": TEMPLATE_NAME},
        headers={"Authorization": f"Bearer {stage.stack.secrets.access_token}"},
        timeout=10,
    )
    return str(listing.json()["data"][0]["id"])


def set_meta_template_id(campaign: Campaign, meta_template_id: str | None) -> None:
    statement = "update public.wa_templates set meta_template_id = %s where id = %s"
    campaign.stage.sql(statement, meta_template_id, campaign.ids.template_id)


def say(stage: Stage, of: str, state: str, **more: object) -> None:
    stage.simulate("health", {"id": of, "can_send_message": state, **more})


def forget_for(campaign: Campaign, interval: str) -> None:
    """Let that much time pass for what is known of the campaign's number and account."""
    for part in ("sender", "account"):
        campaign.stage.sql(
            f"update public.wa_senders set health = jsonb_set(health, '{{{part},at}}',"
            f" to_jsonb((health #>> '{{{part},at}}')::timestamptz - %s::interval))"
            " where phone_number_id = %s",
            interval,
            campaign.phone_number_id,
        )


def codes(answer: requests.Response) -> list[str]:
    assert answer.status_code in {200, 202}, answer.text
    return [warning["code"] for warning in answer.json()["warnings"]]


def test_job_of_a_number_in_order_has_no_warnings(campaign: Campaign):
    assert codes(campaign.post_send()) == []


@pytest.mark.parametrize("part", ["sender", "account", "template"])
def test_job_of_what_meta_blocks_is_refused_until_it_is_mended(campaign: Campaign, part: str):
    stage = campaign.stage
    ids = {"sender": campaign.phone_number_id, "account": WABA}
    blocked = ids.get(part) or template_at_meta(stage)
    say(stage, blocked, "BLOCKED", errors=[UNPAID])
    before = stage.row_counts()

    refused = campaign.post_send()

    field = "template_id" if part == "template" else "campaign_id"
    assert_problem(refused, 409, f"{part}_blocked_at_meta", field)
    assert "pago" in refused.json()["detail"]
    assert stage.row_counts() == before
    say(stage, blocked, "AVAILABLE")
    if part == "template":
        stage.sql("update public.wa_templates set health = null")
    forget_for(campaign, "11 seconds")
    assert codes(campaign.post_send()) == []


def test_what_meta_limits_is_told_and_the_preview_tells_it_without_asking(campaign: Campaign):
    say(campaign.stage, campaign.phone_number_id, "LIMITED", additional_info=[NAME_PENDING])
    assert codes(campaign.ask("POST", "/audience", json=campaign.body())) == []

    [warning] = campaign.post_send().json()["warnings"]

    assert warning["code"] == "sender_limited_at_meta"
    assert NAME_PENDING in warning["detail"]
    preview = campaign.ask("POST", "/audience", json=campaign.body())
    assert preview.json()["warnings"] == [warning]


def test_what_is_known_is_not_asked_again_and_a_repetition_says_what_it_said(campaign: Campaign):
    key = str(uuid4())
    first = campaign.post_send(key=key)
    say(campaign.stage, campaign.phone_number_id, "BLOCKED")
    assert codes(campaign.post_send()) == []
    forget_for(campaign, "11 minutes")
    assert campaign.post_send(key=key).json() == first.json()
    assert_problem(campaign.post_send(), 409, "sender_blocked_at_meta", "campaign_id")


@pytest.mark.parametrize("fault", ["timeout_before", "server_error_html", "190"])
def test_job_goes_out_soon_where_meta_does_not_say_how_the_number_is(campaign: Campaign, fault):
    campaign.stage.simulate("faults", {"operation": "node", "fault": fault, "times": 2})
    campaign.release_tasks()
    began = time.monotonic()
    job = campaign.start_job()
    assert time.monotonic() - began < 5
    assert [warning["code"] for warning in job.summary["warnings"]] == ["health_unknown"]
    assert job.ended()["sent_count"] == 1


def test_job_of_somebody_elses_campaign_has_meta_asked_nothing(campaign: Campaign, stage: Stage):
    stranger = Campaign.create(stage)
    answer = stranger.post_send(campaign.body())
    assert_problem(answer, 404, "campaign_not_found", "campaign_id")
    known = "select health from public.wa_senders where phone_number_id = %s"
    assert stage.sql(known, campaign.phone_number_id) == [({},)]
