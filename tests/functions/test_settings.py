"""A campaign that its owner sets up in the app, without anybody's SQL."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually
from tests.functions.problems import assert_problem

TODAY = datetime.now(UTC).date()
SETTINGS = {
    "display_name": "Ana 2027",
    "election_kind": "local",
    "run_by": "coalition",
    "campaign_start": str(TODAY - timedelta(days=30)),
    "campaign_end": str(TODAY + timedelta(days=36)),
    "election_date": str(TODAY + timedelta(days=40)),
    "territory": [{"state": "chihuahua", "municipalities": ["ciudad juarez"]}],
    "candidate": "Ana Demo",
    "office": "Gubernatura",
    "party_legend": "Partido Demo",
    "ine_registration": "IEE-CHIH-12",
    "spending_cap_usd": 100,
    "quiet_from": None,
    "quiet_until": None,
}


def get(campaign: Campaign):
    answer = campaign.ask("GET", f"/settings?campaign_id={campaign.ids.campaign_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def put(campaign: Campaign, version, **changes):
    body = {"campaign_id": str(campaign.ids.campaign_id), "settings": SETTINGS | changes}
    return campaign.ask("PUT", "/settings", json=body | {"version": version})


def test_campaign_without_settings_is_set_up_and_sends(campaign: Campaign):
    stage, ids = campaign.with_voters(2).stage, campaign.ids
    [(sender,)] = stage.sql(
        "delete from public.wa_campaign_settings where campaign_id = %s returning sender_id",
        ids.campaign_id,
    )
    assert get(campaign)["settings"] is None
    answer = put(campaign, None)
    assert answer.status_code == 200, answer.text
    assert answer.json()["zones"] == ["America/Ciudad_Juarez"]
    assert get(campaign) == answer.json()
    # Its number is the operator's to assign.
    assert_problem(campaign.post_send(), 409, "sender_missing", "campaign_id")
    campaign.set(sender_id=sender)
    assert campaign.start_job().ended()["sent_count"] == 2


def test_change_of_the_dates_stops_a_job_that_is_under_way(campaign: Campaign):
    job = campaign.with_voters(3).hold_tasks().start_job()
    eventually(job.enqueued)
    over = {
        "campaign_end": str(TODAY - timedelta(days=2)),
        "election_date": str(TODAY + timedelta(days=2)),
    }
    assert put(campaign, get(campaign)["version"], **over).status_code == 200
    campaign.release_tasks()
    assert job.ended()["skipped"] == {"veda": 3}


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"election_kind": "judicial"}, 422, "election_not_served", "settings.election_kind"),
        ({"run_by": "government"}, 422, "government_not_served", "settings.run_by"),
        ({"spending_cap_usd": "1e400"}, 422, "number_invalid", "settings.spending_cap_usd"),
        ({"candidate": "\ud83d"}, 422, "text_invalid", "settings.candidate"),
        (
            {"territory": [{"state": "Chihuahua", "municipalities": ["Jaurez"]}]},
            422,
            "municipality_unknown",
            "settings.territory.0.municipalities.0",
        ),
        ({"sender_id": "x"}, 422, "field_unknown", "settings.sender_id"),
    ],
)
def test_refusal_names_code_and_field(campaign: Campaign, changes, status, code, field):
    version = get(campaign)["version"]
    assert_problem(put(campaign, version, **changes), status, code, field)
    assert get(campaign)["version"] == version


def test_numbers_that_are_none_are_refused(campaign: Campaign):
    body = (
        f'{{"campaign_id": "{campaign.ids.campaign_id}", "version": 1,'
        ' "settings": {"spending_cap_usd": 1e400}}'
    )
    answer = campaign.ask("PUT", "/settings", data=body)
    assert_problem(answer, 422, "number_invalid", "settings.spending_cap_usd")


def test_of_two_who_change_the_same_form_the_second_is_told(campaign: Campaign):
    version = get(campaign)["version"]
    assert put(campaign, version, office="Diputada").status_code == 200
    assert_problem(put(campaign, version, office="Senadora"), 409, "settings_changed", "version")
    assert get(campaign)["settings"]["office"] == "Diputada"
