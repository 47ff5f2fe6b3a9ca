"""The app's way: supabase-js, Edge Function, Google's door, and what is behind it."""

import csv
import io
import json
import subprocess
import time
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import deno
import jwt
import pytest
import requests

from devstack.iam.tokens import GRANT, new_key, pem_of
from devstack.stack.edge import start_iam
from tests import openapi
from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually

ROOT = Path(__file__).parents[2]
ELIGIBLE = 20
HTML = "text/html; charset=utf-8"


def through_edge(campaign: Campaign, method: str, path: str, **options) -> requests.Response:
    """Call as the app does."""
    at, keys = campaign.stage.stack.at, campaign.stage.stack.secrets.keys
    ours = {"apikey": keys.publishable, "Authorization": f"Bearer {campaign.token}"}
    headers = ours | options.pop("headers", {})
    return requests.request(method, at.edge_url + path, headers=headers, timeout=60, **options)


def send(campaign: Campaign, key: str | None = None, **changes) -> requests.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return through_edge(campaign, "POST", "/send", json=campaign.body(**changes), headers=headers)


def jobs_of(campaign: Campaign) -> int:
    query = "select count(*) from public.communications where campaign_id = %s"
    return campaign.stage.sql(query, campaign.ids.campaign_id)[0][0]


def new_account(campaign: Campaign) -> dict[str, str]:
    """Let somebody who has a password be a promoter of the campaign."""
    at, keys = campaign.stage.stack.at, campaign.stage.stack.secrets.keys
    account = {"email": f"{uuid4()}@example.org", "password": "Contraseña 1"}
    url = f"{at.supabase_url}/auth/v1/admin/users"
    secret = {"apikey": keys.secret, "Authorization": f"Bearer {keys.secret}"}
    user = requests.post(url, json=account, headers=secret, timeout=10).json()
    campaign.stage.sql(
        "insert into public.campaign_members (campaign_id, user_id, role)"
        " values (%s, %s, 'promoter')",
        campaign.ids.campaign_id,
        user["id"],
    )
    return account


def run_app(campaign: Campaign, **given: object) -> dict:
    """Run the app's part with the client that it has."""
    at, keys = campaign.stage.stack.at, campaign.stage.stack.secrets.keys
    run = ("run", "--no-prompt", "--allow-net=127.0.0.1", "--allow-env", "--frozen", "--quiet")
    script = ("--config=tests/edge/deno.json", "tests/edge/campaign_goes_out.ts")
    asked = {"url": at.supabase_url, "key": keys.publishable} | given
    done = subprocess.run(
        [deno.find_deno_bin(), *run, *script],
        cwd=ROOT,
        check=False,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_app_with_supabase_js_sends_a_campaign_and_sees_every_receipt(campaign: Campaign):
    campaign.with_voters(ELIGIBLE)
    account = new_account(campaign)
    told = run_app(campaign, body=campaign.body(), idempotencyKey=str(uuid4()), **account)

    assert told["audience"]["eligible_count"] == ELIGIBLE
    job = told["job"]
    assert (job["status"], job["sent_count"]) == ("completed", ELIGIBLE)
    assert told["again"]["job_id"] == job["job_id"]
    assert jobs_of(campaign) == 1
    problem = told["refused"]["problem"]
    assert (told["refused"]["status"], problem["code"]) == (422, "object_expected")
    assert problem["field"] == "filters"

    path = f"/jobs/{job['job_id']}"
    read = lambda: through_edge(campaign, "GET", path).json()["read_count"]  # noqa: E731
    eventually(lambda: read() == ELIGIBLE)
    for phone in campaign.phones:
        assert len(campaign.stage.meta.sent_to(phone)) == 1


def test_app_that_brings_no_key_gets_one_and_one_job_for_it(campaign: Campaign):
    campaign.with_voters(1).hold_tasks()
    first = send(campaign)
    assert first.status_code == 202, first.text
    key = first.headers["Idempotency-Key"]
    assert send(campaign, key).json() == first.json()
    assert jobs_of(campaign) == 1


def test_lost_answer_leaves_one_job_when_the_key_comes_again(campaign: Campaign):
    campaign.with_voters(1).hold_tasks()
    key, at = str(uuid4()), campaign.stage.stack.at
    # Whoever hangs up at once has no answer; what was asked for is done or not.
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{at.edge_url}/send",
            json=campaign.body(),
            headers={"Authorization": f"Bearer {campaign.token}", "Idempotency-Key": key},
            timeout=(5, 0.001),
        )
    again = send(campaign, key)
    assert again.status_code == 202, again.text
    assert jobs_of(campaign) == 1


def test_veda_is_told_by_the_database_before_the_functions_are_asked(campaign: Campaign):
    today = date.today()  # noqa: DTZ011 - the veda lasts four days
    campaign.with_voters(1).set(
        campaign_start=today - timedelta(30),
        campaign_end=today - timedelta(3),
        election_date=today + timedelta(1),
    )
    counted = campaign.stage.sql("select count(*) from wa.request_paces")
    answer = send(campaign)
    assert answer.status_code == 403
    assert openapi.complaints("POST", "/send", answer) == []
    assert answer.json()["code"] == "veda"
    assert set(answer.json()["bounds"]) == {"starts_at", "ends_at"}
    assert answer.headers["Idempotency-Key"]
    # `send` counts each request that reaches it.
    assert campaign.stage.sql("select count(*) from wa.request_paces") == counted
    assert jobs_of(campaign) == 0


@pytest.mark.parametrize("token", ["", "Bearer nonsense", "Basic abc"])
def test_whoever_is_not_signed_in_gets_the_functions_own_refusal(campaign: Campaign, token):
    answer = through_edge(campaign, "GET", "/jobs", headers={"Authorization": token})
    assert answer.status_code == 401
    assert answer.json()["code"] in {"token_missing", "token_malformed"}


def test_door_lets_nobody_in_without_google_s_token(campaign: Campaign):
    url = campaign.stage.stack.at.door_url("send") + "/jobs"
    user = {"Authorization": f"Bearer {campaign.token}"}
    for headers, status in (
        ({}, 403),
        (user, 401),
        (user | {"X-Serverless-Authorization": f"Bearer {campaign.token}"}, 401),
        (user | {"X-Serverless-Authorization": "Basic abc"}, 401),
    ):
        answer = requests.get(url, headers=headers, timeout=10)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, HTML)


def exchanged(campaign: Campaign, key: str = "", **changes) -> requests.Response:
    """Ask Google's token endpoint with an assertion, by default the account's for `send`."""
    stack, now = campaign.stage.stack, int(time.time())
    account = json.loads((stack.folder / "service-account.json").read_text())
    claims = {
        "iss": account["client_email"],
        "aud": account["token_uri"],
        "target_audience": stack.at.door_url("send"),
        "iat": now,
        "exp": now + 300,
    } | changes
    assertion = jwt.encode(claims, key or account["private_key"], "RS256")
    form = {"grant_type": GRANT, "assertion": assertion}
    return requests.post(account["token_uri"], data=form, timeout=10)


def test_door_takes_the_token_that_google_made_for_it_and_no_other_door_s(campaign: Campaign):
    token = exchanged(campaign).json()["id_token"]
    user = {"Authorization": f"Bearer {campaign.token}"}
    headers = user | {"X-Serverless-Authorization": f"Bearer {token}"}
    at, query = campaign.stage.stack.at, f"?campaign_id={campaign.ids.campaign_id}"
    own = requests.get(f"{at.door_url('send')}/jobs{query}", headers=headers, timeout=10)
    assert own.status_code == 200
    other = requests.get(
        f"{at.door_url('templates')}/templates{query}", headers=headers, timeout=10
    )
    assert (other.status_code, other.headers["Content-Type"]) == (401, HTML)


def test_google_gives_no_token_for_an_assertion_that_is_not_the_account_s(campaign: Campaign):
    assert exchanged(campaign).status_code == 200
    for wrong in (
        {"key": pem_of(new_key())},
        {"iss": "somebody@example.org"},
        {"aud": "https://elsewhere.example/token"},
        {"exp": int(time.time()) - 1},
        {"exp": int(time.time()) + 7200},
    ):
        answer = exchanged(campaign, **wrong)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_id_token_that_google_no_longer_takes_is_replaced_for_the_next_call(campaign: Campaign):
    stack = campaign.stage.stack
    path = f"/jobs?campaign_id={campaign.ids.campaign_id}"
    assert through_edge(campaign, "GET", path).status_code == 200
    stack.processes.kill("iam")
    away = through_edge(campaign, "GET", path)
    assert (away.status_code, away.json()["code"]) == (503, "bridge_unreachable")
    assert away.headers["Retry-After"]
    start_iam(stack.processes, stack.at, stack.folder / "service-account.json")

    refused = through_edge(campaign, "GET", path)  # Google signs with another key by now
    assert (refused.status_code, refused.json()["code"]) == (503, "bridge_unreachable")
    assert through_edge(campaign, "GET", path).status_code == 200


def test_page_of_a_browser_may_ask_and_read_the_key(campaign: Campaign):
    at, origin = campaign.stage.stack.at, "https://app.example.org"
    asking = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    before = requests.options(f"{at.edge_url}/send", headers=asking, timeout=10)
    assert before.status_code == 204
    assert before.headers["Access-Control-Allow-Origin"] == origin
    answer = through_edge(campaign, "GET", "/nothing", headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (404, "path_not_found")
    assert "Idempotency-Key" in answer.headers["Access-Control-Expose-Headers"]


def test_audit_log_comes_through_as_the_file_that_the_functions_give(campaign: Campaign):
    campaign.with_voters(1).hold_tasks().start_job()
    campaign.stage.sweep()
    path = f"/audit?campaign_id={campaign.ids.campaign_id}"
    answer = through_edge(campaign, "GET", path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert list(csv.reader(io.StringIO(answer.text)))
    direct = campaign.ask("GET", path)
    assert answer.headers["Content-Type"] == direct.headers["Content-Type"]


def test_templates_are_on_the_other_side_of_the_same_door(campaign: Campaign):
    path = f"/templates?campaign_id={campaign.ids.campaign_id}"
    answer = through_edge(campaign, "GET", path)
    assert openapi.complaints("GET", "/templates", answer) == []
    assert [t["id"] for t in answer.json()["templates"]] == [str(campaign.ids.template_id)]
