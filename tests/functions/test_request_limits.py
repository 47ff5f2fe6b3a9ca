"""Who asks too often is told when to come back, and loses no answer that is already there."""

from uuid import uuid4

import pytest

from tests.consent_files import csv_of
from tests.functions.campaigns import Campaign
from tests.functions.problems import assert_problem


@pytest.fixture
def campaign(stage) -> Campaign:
    return Campaign.create(stage).with_voters(2).hold_tasks()


def spend(campaign: Campaign, kind: str) -> None:
    """Leave the campaign's user no request of that kind for some 20 seconds."""
    campaign.stage.sql(
        "insert into wa.request_paces (user_id, campaign_id, kind, paid_until)"
        " select %s, %s, kind, now() + make_interval(secs => (burst - 1) * seconds + 20)"
        " from wa.default_limits() where kind = %s"
        " on conflict (user_id, campaign_id, kind) do update set paid_until = excluded.paid_until",
        campaign.ids.user_id,
        campaign.ids.campaign_id,
        kind,
    )


def requests_of(campaign: Campaign):
    query = {"campaign_id": str(campaign.ids.campaign_id)}
    person = query | {"phone": "5551998000"}
    key = {"Idempotency-Key": str(uuid4())}
    return {
        "audience": [("POST", "/audience", {"json": campaign.body()})],
        "send": [("POST", "/send", {"json": campaign.body(), "headers": key})],
        "import": [("POST", "/consents", {"params": query, "data": csv_of()})],
        "export": [
            ("GET", "/audit", {"params": query}),
            ("POST", "/privacy/export", {"json": person}),
        ],
    }


@pytest.mark.parametrize("kind", ["audience", "send", "import", "export"])
def test_who_asks_too_often_is_told_when_to_come_back(campaign: Campaign, kind):
    for method, path, options in requests_of(campaign)[kind]:
        assert campaign.ask(method, path, **options).status_code in {200, 202}
    spend(campaign, kind)
    for method, path, options in requests_of(campaign)[kind]:
        answer = campaign.ask(method, path, **options)
        assert_problem(answer, 429, "too_many_requests", "campaign_id")
        assert 1 <= int(answer.headers["Retry-After"]) <= 20
        assert f"en {answer.headers['Retry-After']} s" in answer.json()["detail"]
    others = {"audience", "send", "import", "export"} - {kind}
    for method, path, options in requests_of(campaign)[others.pop()]:
        assert campaign.ask(method, path, **options).status_code in {200, 202}


def test_answer_of_a_finished_send_is_given_again_however_often_it_is_asked_for(campaign: Campaign):
    headers = {"Idempotency-Key": "again"}
    first = campaign.ask("POST", "/send", json=campaign.body(), headers=headers)
    assert first.status_code == 202
    spend(campaign, "send")
    again = campaign.ask("POST", "/send", json=campaign.body(), headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    assert_problem(campaign.post_send(campaign.body()), 429, "too_many_requests", "campaign_id")
