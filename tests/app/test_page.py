"""What the page's server gives, and to whom."""

import json
import re

import pytest
import requests

from devstack.page import AppStack


@pytest.fixture(scope="module")
def app():
    with AppStack.open(voters=400) as app:
        yield app


@pytest.fixture(scope="module")
def config(app):
    return requests.get(f"{app.address}/config.json", timeout=10).json()


def sign_in(app, config, user):
    answer = requests.post(
        f"{app.address}/auth/v1/token?grant_type=password",
        json={"email": user["email"], "password": user["password"]},
        headers={"apikey": config["publishableKey"]},
        timeout=10,
    )
    assert answer.status_code == 200
    return {
        "apikey": config["publishableKey"],
        "Authorization": f"Bearer {answer.json()['access_token']}",
        "Origin": app.address,
    }


def names_of_templates(app, headers, campaign_id):
    url = f"{app.address}/functions/v1/messaging/templates"
    answer = requests.get(url, params={"campaign_id": campaign_id}, headers=headers, timeout=30)
    assert answer.status_code == 200
    return {template["name"] for template in answer.json()["templates"]}


def test_page_is_served_with_its_script(app):
    page = requests.get(app.address, timeout=10)
    [script] = re.findall(r'src="(/_expo/[^"]+\.js)"', page.text)

    assert page.headers["Cache-Control"] == "no-cache"
    assert requests.get(app.address + script, timeout=10).status_code == 200
    assert requests.get(f"{app.address}/favicon.ico", timeout=10).status_code == 204


def test_page_is_told_no_secret(app, config):
    keys = app.stack.secrets.keys

    assert set(config) == {"supabaseUrl", "publishableKey", "users"}
    assert keys.secret not in json.dumps(config)


def test_everybody_listed_signs_in_and_sees_their_own_campaign_alone(app, config):
    first, second = {user["campaignId"] for user in config["users"]}
    for user in config["users"]:
        headers = sign_in(app, config, user)
        other = second if user["campaignId"] == first else first
        assert names_of_templates(app, headers, user["campaignId"])
        assert names_of_templates(app, headers, other) == set()


def test_page_of_another_origin_is_refused_by_the_edge_function(app, config):
    headers = sign_in(app, config, config["users"][0]) | {"Origin": "https://ajena.example"}
    url = f"{app.address}/functions/v1/messaging/templates"
    campaign = config["users"][0]["campaignId"]
    answer = requests.get(url, params={"campaign_id": campaign}, headers=headers, timeout=30)

    assert answer.status_code == 403
    assert answer.json()["code"] == "origin_not_allowed"


@pytest.mark.parametrize("path", ["/../package.json", "/_expo/../../package.json", "/page.json"])
def test_nothing_else_is_served(app, path):
    asked = requests.Request("GET", app.address).prepare()
    asked.url = app.address + path  # as it is: nothing resolves it on the way
    with requests.Session() as session:
        assert session.send(asked, timeout=10).status_code in (403, 404)


def test_past_list_is_there_and_was_really_sent(app, config):
    headers = sign_in(app, config, config["users"][0])
    url = f"{app.address}/functions/v1/messaging/jobs"
    campaign = config["users"][0]["campaignId"]
    answer = requests.get(url, params={"campaign_id": campaign}, headers=headers, timeout=30)

    [job] = answer.json()["jobs"]
    assert (job["target_count"], job["pending_count"]) == (342, 0)
    assert job["sent_count"] > 300
