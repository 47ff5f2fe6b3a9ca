"""Somebody tries a deployed system, all of it well or one thing of it wrong."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from devstack.iam.tokens import service_account
from devstack.ports import free_port
from devstack.stack.deployment import DEPLOYABLES
from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually
from tests.smoke.conftest import PASSWORD, Operator, as_member, edge_with

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"
TOKENS = ("token, forged", "token, unsigned", "token, another project's", "API key for a token")


def results(lines) -> dict[str, str]:
    return {check: line.outcome.result for check, line in lines.items()}


def wrong(lines) -> set[str]:
    return {check for check, result in results(lines).items() if result == "failed"}


def in_words(lines, check: str) -> str:
    outcome = lines[check].outcome
    return f"{outcome.says}; {outcome.todo}"


def a_test_number(operator: Operator) -> str:
    """The operator's own, on the campaign's list."""
    phone = Campaign.create(operator.campaign.stage).with_voters(1).phones[0]
    body = {"campaign_id": str(operator.campaign.ids.campaign_id), "phone": phone, "label": "Yo"}
    added = operator.campaign.ask("POST", "/test-numbers", target="templates", json=body)
    assert added.status_code == 201, added.text
    return phone


def as_process(*command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]} | env,
        capture_output=True,
        text=True,
        timeout=120,
    )


def python(operator: Operator, *more: str, env: dict[str, str]):
    return as_process(sys.executable, "-m", "smoke", "--url", operator.url, *more, env=env)


def make(operator: Operator, *more: str, env: dict[str, str]):
    return as_process("make", "smoke", f"URL={operator.url}", *more, env=env)


# All is well


def test_system_that_is_well_passes_every_check_and_delivers_the_message(operator):
    phone = a_test_number(operator)
    env = operator.env | {"SEND_TO_MYSELF": "1", "PHONE": phone}
    done = make(operator, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    *rows, total = done.stdout.splitlines()
    assert [row for row in rows if not row.startswith("✓")] == []
    assert total.startswith("19 passed, 0 failed, 0 skipped; the slowest call took ")
    assert len(operator.campaign.stage.meta.sent_to(phone)) == 1
    printed = done.stdout + done.stderr
    secrets = (
        env["PUBLISHABLE_KEY"],
        PASSWORD,
        operator.email,
        phone,
        phone[-10:],
        "Bearer",
        "eyJ",
    )
    assert [secret for secret in secrets if secret in printed] == []


def test_without_being_asked_to_it_sends_nothing_and_leaves_nothing_but_that_the_log_was_read(
    operator,
):
    stage = operator.campaign.stage
    before = stage.row_counts()
    lines = operator.tries(time.time)
    assert wrong(lines) == set()
    assert results(lines)["message to myself"] == "skipped"
    counted = before | {"wa_audit_log": before["wa_audit_log"] + 1}
    assert stage.row_counts() == counted
    query = "select act from public.wa_audit_log where campaign_id = %s"
    campaign_id = operator.campaign.ids.campaign_id
    assert ("audit_exported",) in stage.sql(query, campaign_id)


def test_token_of_ones_own_does_as_well_as_a_password(operator):
    keys = operator.campaign.stage.stack.secrets.keys
    user = operator.campaign.ids.user_id
    token = keys.mint_user_token(user, now=datetime.now(UTC))
    env = operator.env | {"ACCESS_TOKEN": token, "EMAIL": "", "PASSWORD": ""}
    done = python(operator, "--json", env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["ok"], len(told["checks"])) == (True, 19)
    assert {check["result"] for check in told["checks"]} == {"passed", "skipped"}
    assert all(isinstance(check["ms"], int) for check in told["checks"])
    assert token not in done.stdout + done.stderr


def test_what_was_not_given_is_not_looked_at(operator):
    lines = operator.tries(time.time, ORIGIN="", SEND_URL="", TEMPLATES_URL="", FOREIGN_CAMPAIGN="")
    skipped = {check for check, result in results(lines).items() if result == "skipped"}
    assert skipped == {"page of the app", "send itself", "templates itself", "message to myself"}
    assert wrong(lines) == set()


def test_promoter_cannot_read_the_audit_log_and_that_is_no_failure(stage):
    promoter = as_member(Campaign.create(stage), "promoter")
    lines = promoter.tries(time.time)
    assert wrong(lines) == set()
    assert results(lines)["GET /audit"] == "skipped"


# Codes of the process


def test_failed_check_is_code_1_and_make_s_2(operator):
    env = operator.env | {"ORIGIN": "https://elsewhere.example.org"}
    alone = python(operator, env=env)
    assert alone.returncode == 1
    [row] = [row for row in alone.stdout.splitlines() if row.startswith("✗")]
    assert "page of the app" in row
    assert row.endswith("(docs/operations.md#the-edge-function)")
    made = make(operator, env=env)
    assert (made.returncode, "Error 1" in made.stderr) == (2, True)


def test_missing_settings_are_all_named_and_nothing_is_asked(operator):
    done = python(operator, env={"FOREIGN_CAMPAIGN": "nonsense", "SEND_TO_MYSELF": "1"})
    assert (done.returncode, done.stdout) == (2, "")
    names = [line.split()[0] for line in done.stderr.splitlines()]
    said = ["PUBLISHABLE_KEY", "EMAIL", "CAMPAIGN", "SEND_TO_MYSELF", "FOREIGN_CAMPAIGN"]
    assert names == said


@pytest.mark.parametrize(
    "url", ["", "http://example.org", "example.org", "https://example.org/functions/v1"]
)
def test_token_does_not_leave_for_what_is_no_project(operator, url):
    done = as_process(sys.executable, "-m", "smoke", f"--url={url}", env=operator.env)
    assert (done.returncode, done.stderr.split()[0]) == (2, "URL")


@pytest.mark.parametrize("name", ["PASSWORD", "ACCESS_TOKEN", "PUBLISHABLE_KEY"])
def test_secret_on_make_s_command_line_is_refused(operator, name):
    done = make(operator, f"{name}=hush", env=operator.env)
    assert done.returncode == 2
    assert "in the environment" in done.stderr
    assert "hush" not in done.stdout + done.stderr


# Something is wrong


def test_key_of_another_project_lets_nobody_sign_in(operator):
    lines = operator.tries(time.time, PUBLISHABLE_KEY="sb_publishable_of_another_project")
    assert "sign in" in wrong(lines)
    assert "PUBLISHABLE_KEY" in in_words(lines, "sign in")
    assert "needs the token" in in_words(lines, "GET /jobs")


def test_wrong_password_is_told(operator):
    lines = operator.tries(time.time, PASSWORD="not it")
    assert wrong(lines) == {"sign in"}
    assert "PASSWORD" in in_words(lines, "sign in")


def test_token_that_has_ended_is_told(operator):
    keys = operator.campaign.stage.stack.secrets.keys
    token = keys.mint_user_token(operator.campaign.ids.user_id, now=datetime.now(UTC), exp=1)
    lines = operator.tries(time.time, ACCESS_TOKEN=token)
    assert wrong(lines) == {"sign in"}
    assert "ACCESS_TOKEN has ended" in in_words(lines, "sign in")


@pytest.mark.parametrize(
    ("secrets", "checks", "said"),
    [
        (
            {"GOOGLE_SERVICE_ACCOUNT_KEY": ""},
            {"edge function, send", "edge function, templates"},
            "503 edge_not_configured",
        ),
        (
            {"GOOGLE_SERVICE_ACCOUNT_KEY": "of another account"},
            {"edge function, send", "edge function, templates"},
            "503 google_unavailable",
        ),
        ({"BRIDGE_SEND_URL": NOWHERE}, {"edge function, send"}, "503 bridge_unreachable"),
        (
            {"BRIDGE_TEMPLATES_URL": NOWHERE},
            {"edge function, templates", "GET /templates"},
            "503 bridge_unreachable",
        ),
        ({"BRIDGE_TIMEOUT_SECONDS": "0.001"}, {"edge function, send"}, "504 bridge_timeout"),
    ],
)
def test_wrong_secret_of_the_edge_function_is_told(operator, secrets, checks, said):
    stage = operator.campaign.stage
    if secrets.get("GOOGLE_SERVICE_ACCOUNT_KEY"):
        account = service_account(f"http://127.0.0.1:{stage.stack.at.id_tokens}/token")
        secrets = {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account)}
    with edge_with(stage, secrets):
        lines = operator.tries(time.time)
    assert checks <= wrong(lines)
    for check in checks:
        assert said in in_words(lines, check)


def test_page_of_anybody_s_that_may_ask_is_told_unless_it_is_meant(operator):
    with edge_with(operator.campaign.stage, {"ALLOWED_ORIGINS": "*"}):
        lines = operator.tries(time.time)
        meant = operator.tries(time.time, ORIGIN="*")
    assert wrong(lines) == {"page of others"}
    assert wrong(meant) == set()


def test_function_that_is_stopped_is_told_apart_from_the_one_that_runs(operator):
    stack = operator.campaign.stage.stack
    stack.processes.kill("send")
    try:
        lines = operator.tries(time.time)
    finally:
        stack.start_function(next(one for one in DEPLOYABLES if one.target == "send"))
        stack.processes.wait_for("send", stack.at.url("send"))
    assert results(lines)["edge function, templates"] == "passed"
    assert "503 bridge_unreachable" in in_words(lines, "edge function, send")
    assert {"GET /jobs", "GET /settings", "GET /audit", *TOKENS} <= wrong(lines)


def test_edge_function_that_does_not_start_is_told(operator):
    stage = operator.campaign.stage
    with edge_with(stage, {}):
        stage.stack.processes.kill("edge")
        lines = operator.tries(time.time)
        # Whoever starts it anew ends it first.
        stage.stack.processes.start("edge", ["http.server", str(free_port())], {})
    assert "BOOT_ERROR" in in_words(lines, "edge function, send")
    assert {"page of the app", "page of others"} <= wrong(lines)


def test_system_that_is_not_there_is_told(operator):
    env = operator.env | {"SEND_URL": NOWHERE, "TEMPLATES_URL": NOWHERE}
    done = as_process(sys.executable, "-m", "smoke", "--url", NOWHERE, "--json", env=env)
    told = {check["check"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1
    assert "does not answer" in told["sign in"]["says"]
    assert told["sign in"]["see"] == "docs/operations.md#deploying-the-edge-function"


def test_door_that_does_not_ask_the_database_is_told_and_nothing_is_sent(operator):
    with edge_with(operator.campaign.stage, {"SUPABASE_URL": NOWHERE}):
        lines = operator.tries(time.time)
    assert wrong(lines) == {"veda"}
    assert "did not ask" in in_words(lines, "veda")
    assert operator.jobs() == 0


def test_campaign_that_is_not_the_user_s_is_told(operator):
    lines = operator.tries(time.time, CAMPAIGN=str(uuid4()))
    assert {"GET /jobs", "GET /settings", "GET /audit"} == wrong(lines)
    assert "404 campaign_not_found" in in_words(lines, "GET /jobs")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("update public.wa_campaign_settings set sender_id = null", "no number"),
        ("delete from public.wa_campaign_settings", "has none"),
    ],
)
def test_campaign_that_is_not_set_up_is_told(operator, change, said):
    operator.campaign.stage.sql(
        f"{change} where campaign_id = %s", operator.campaign.ids.campaign_id
    )
    lines = operator.tries(time.time)
    assert wrong(lines) == {"GET /settings"}
    assert said in in_words(lines, "GET /settings")


def test_number_that_does_not_work_is_told(operator):
    operator.campaign.set_sender("blocked")
    assert "is blocked" in in_words(operator.tries(time.time), "GET /settings")


def test_function_that_anybody_reaches_is_told(operator):
    at = operator.campaign.stage.stack.at
    lines = operator.tries(time.time, SEND_URL=at.url("send"), TEMPLATES_URL=at.url("templates"))
    assert wrong(lines) == {"send itself", "templates itself"}
    assert "anybody reaches" in in_words(lines, "send itself")


def test_address_where_no_function_is_is_told(operator):
    # Somebody answers there, and it is not Google's door.
    meta = operator.campaign.stage.stack.at.meta_url
    lines = operator.tries(time.time, SEND_URL=meta)
    assert wrong(lines) == {"send itself"}
    assert "404" in in_words(lines, "send itself")


def test_campaign_that_the_user_does_see_is_told(operator):
    lines = operator.tries(time.time, FOREIGN_CAMPAIGN=operator.env["CAMPAIGN"])
    assert wrong(lines) == {"foreign campaign"}
    assert "the user sees it" in in_words(lines, "foreign campaign")


@contextmanager
def credulous() -> Iterator[str]:
    """A server in the functions' place that lets everybody in."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            body = b'{"jobs": [], "templates": [{}]}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_bridge_that_believes_every_token_is_told(operator):
    with credulous() as url, edge_with(operator.campaign.stage, {"BRIDGE_SEND_URL": url}):
        lines = operator.tries(time.time)
    assert {*TOKENS, "foreign campaign", "edge function, send", "GET /audit"} <= wrong(lines)
    for check in TOKENS:
        assert "it is let in" in in_words(lines, check)
    assert "another form" in in_words(lines, "GET /settings")


def test_templates_of_a_foreign_campaign_are_told(operator):
    with credulous() as url, edge_with(operator.campaign.stage, {"BRIDGE_TEMPLATES_URL": url}):
        lines = operator.tries(time.time)
    assert "are shown" in in_words(lines, "foreign campaign")


@pytest.mark.parametrize("ahead", [-120, 120])
def test_clock_that_is_wrong_is_told(operator, ahead):
    lines = operator.tries(lambda: time.time() + ahead)
    assert wrong(lines) == {"clocks"}
    assert "this machine" in in_words(lines, "clocks")
    assert any(f"{seconds} s ahead" in in_words(lines, "clocks") for seconds in (119, 120, 121))


# The message to oneself


def to_myself(operator: Operator, phone: str, **changes: str):
    return operator.tries(time.time, SEND_TO_MYSELF="1", PHONE=phone, **changes)


def test_number_that_is_not_on_the_list_gets_nothing(operator):
    lines = to_myself(operator, "+525512345678")
    assert wrong(lines) == {"message to myself"}
    assert "test_number_unknown" in in_words(lines, "message to myself")
    assert operator.jobs() == 0


def test_campaign_without_an_approved_template_sends_nothing(operator):
    operator.campaign.stage.sql(
        "update public.wa_templates set status = 'rejected' where id = %s",
        operator.campaign.ids.template_id,
    )
    lines = to_myself(operator, a_test_number(operator))
    assert "no approved template" in in_words(lines, "message to myself")


def test_receipt_that_does_not_come_is_told(operator):
    stage = operator.campaign.stage
    phone = a_test_number(operator)
    late = {"sent_after": {"median_s": 600}, "delivered_after": {"median_s": 600}}
    stage.simulate("config", {"receipts": late})
    try:
        lines = to_myself(operator, phone, RECEIPT_SECONDS="3")
    finally:
        stage.simulate(
            "config",
            {"receipts": {"sent_after": {"median_s": 0.02}, "delivered_after": {"median_s": 0.05}}},
        )
    assert "sent, and no receipt in" in in_words(lines, "message to myself")


def test_message_that_has_to_wait_says_why(operator):
    phone = a_test_number(operator)
    operator.campaign.set(quiet_from="00:00", quiet_until="23:59:59")
    lines = to_myself(operator, phone, RECEIPT_SECONDS="1")
    assert "quiet_hours" in in_words(lines, "message to myself")


def test_message_that_is_skipped_says_why(operator):
    phone = a_test_number(operator)
    operator.campaign.hold_tasks()
    with ThreadPoolExecutor(1) as aside:
        trying = aside.submit(to_myself, operator, phone)
        eventually(operator.jobs)
        # The number is taken off the list while the message waits.
        operator.campaign.stage.sql("delete from public.wa_test_numbers where phone = %s", phone)
        operator.campaign.release_tasks()
        lines = trying.result()
    assert wrong(lines) == {"message to myself"}
    assert "voter_deleted" in in_words(lines, "message to myself")
