"""What Meta was not told yet is carried on each hour, whatever it is."""

import json
from uuid import uuid4

import pytest
import requests

from tests.functions.campaigns import Campaign
from tests.functions.test_templates_api import at_meta, draft, post, rows


def register(campaign: Campaign, **changes) -> dict:
    """Create a template as a member does who calls the database's own address; return its draft."""
    asked = draft(campaign, **changes)
    del asked["campaign_id"]
    stack = campaign.stage.stack
    answer = requests.post(
        f"{stack.at.supabase_url}/rest/v1/rpc/wa_create_template",
        json={
            "p_campaign_id": str(campaign.ids.campaign_id),
            "p_draft": {"language": "es_MX"} | asked,
        },
        headers={
            "apikey": stack.secrets.keys.publishable,
            "Authorization": f"Bearer {campaign.token}",
        },
        timeout=20,
    )
    assert answer.status_code == 200, answer.text
    return asked


@pytest.mark.parametrize(
    "changes",
    [
        {"buttons": [{"type": "URL", "url": "https://example.mx"}]},
        {"buttons": [{"type": "QUICK_REPLY", "payload": "BAJA"}]},
        {"buttons": [{"type": "PHONE_NUMBER", "text": "Llamar"}]},
        {"buttons": [{"type": "QUICK_REPLY", "text": f"Opción {n}"} for n in range(250)]},
        {"language": "zz_ZZ"},
        {"sample_values": None},
    ],
)
def test_draft_that_is_not_of_metas_form_is_refused_here_and_stops_no_round(campaign, changes):
    name = register(campaign, **changes)["name"]
    assert campaign.stage.call("sync", "POST").status_code == 200
    assert rows(campaign, name) == [(False, "rejected", None)]
    assert at_meta(campaign, name) == []


def test_change_that_cannot_be_told_of_stops_no_other(campaign, other_campaign):
    """Of an upload that was never noted in full, nobody can show Meta a sample."""
    broken, sound = register(campaign)["name"], register(other_campaign)["name"]
    campaign.stage.sql(
        "update public.wa_templates set header_format = 'IMAGE', header_media = %s::jsonb"
        " where name = %s",
        f'{{"id": "{uuid4().int % 10**15}"}}',
        broken,
    )
    assert campaign.stage.call("sync", "POST").status_code == 200
    assert [row[0] for row in rows(other_campaign, sound)] == [True]
    assert at_meta(campaign, broken) == []


def test_log_says_what_meta_answered_to_a_change_that_stays_open(campaign):
    campaign.stage.simulate("faults", {"operation": "create", "fault": "80007"})
    template_id = post(campaign, draft(campaign)).json()["template_id"]
    log = campaign.stage.stack.folder / "templates.log"
    lines = [json.loads(line) for line in log.read_text().splitlines() if template_id in line]
    assert [(line["outcome"], line["error_code"]) for line in lines] == [("unknown", 80007)]
