"""Every entry point runs from its own bundle with its own pins, given what Terraform gives it."""

import json
import socket
import subprocess
import sys
from dataclasses import dataclass

import pytest
import requests

from devstack.ports import free_port
from shared import config
from tests.machines import unsigned_token
from tests.terraform.configuration import entry_points, read_by, settings_of
from tests.terraform.deployed import START_SECONDS

FOLDER_OF = entry_points()
# What Terraform fills in, but for the address of Postgres, which cannot be reached.
VALUES = {
    "DISPATCH_URL": "https://wa-dispatch-0123456789.us-central1.run.app",
    "GOOGLE_CLOUD_PROJECT": "campaignpro",
    "META_ACCESS_TOKEN": "EAA1",
    "META_APP_ID": "1234567890",
    "META_APP_SECRET": "s1",
    "META_GRAPH_VERSION": "v24.0",
    "META_VERIFY_TOKEN": "v1",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_1",
    "SUPABASE_JWT_ISSUER": "https://example.supabase.co/auth/v1",
    "SUPABASE_TIMEOUT_SECONDS": "5",
    "TASKS_LOCATION": "us-central1",
    "TASKS_SERVICE_ACCOUNT": "tasks@campaignpro.iam.gserviceaccount.com",
    "THREADS": "4",
    "EVENTS_TOPIC": "wa-events",
    "FAN_OUT_TOPIC": "wa-fan-out",
    "INBOUND_TOPIC": "wa-inbound",
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one request must be answered with: a status, and a problem's code or a text."""

    method: str = "POST"
    path: str = "/"
    body: str = ""
    status: int
    code: str = ""
    text: str = ""


HANDSHAKE = "/?hub.mode=subscribe&hub.challenge=42&hub.verify_token="
MESSAGE = '{"message_id": "5f0c2a30-7a35-4c60-9a0b-2f3a8f5a3f11"}'
ANSWERS = {
    "send": [
        Answer(method="GET", path="/jobs", status=401, code="token_missing"),
        Answer(path="/send", body="{}", status=401, code="token_missing"),
        Answer(method="GET", path="/nowhere", status=404, code="path_not_found"),
    ],
    "templates": [Answer(method="GET", path="/templates", status=401, code="token_missing")],
    "webhook": [
        Answer(method="GET", path=f"{HANDSHAKE}v1", status=200, text="42"),
        Answer(method="GET", path=f"{HANDSHAKE}v2", status=403, code="verify_token_invalid"),
        Answer(body="{}", status=401, code="signature_invalid"),
    ],
    "fan_out": [Answer(body='{"message": {}}', status=400, code="malformed_envelope")],
    "apply_events": [Answer(body='{"message": {}}', status=400, code="malformed_envelope")],
    "dispatch": [
        Answer(body="no JSON", status=400, code="malformed_json"),
        Answer(body=MESSAGE, status=503, code="store_unreachable"),
    ],
    "sweep": [Answer(status=503, code="store_unreachable")],
    "sync": [Answer(status=503, code="store_unreachable")],
}

each_entry_point = pytest.mark.parametrize("entry_point", config.READERS)


@pytest.fixture(scope="session")
def nowhere():
    """An address where nobody answers: the port is taken, and not listened on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def as_terraform_sets(entry_point, nowhere):
    """Return the settings of a function; what would leave this machine goes nowhere."""
    values = VALUES | {"SUPABASE_URL": f"http://{nowhere}"}
    values |= {"SUPABASE_TOKEN": unsigned_token(f"wa_{entry_point}")}
    settings = settings_of(entry_point)
    return {
        **{name: values[name] for name in (*settings["environment"], *settings["secrets"])},
        "CLOUD_TASKS_EMULATOR_HOST": nowhere,
        "META_GRAPH_URL": f"http://{nowhere}",
        "PUBSUB_EMULATOR_HOST": nowhere,
    }


@each_entry_point
def test_it_answers_from_its_bundle(entry_point, deployments, nowhere):
    deployed = deployments(FOLDER_OF[entry_point])
    settings = as_terraform_sets(entry_point, nowhere)
    with deployed.serving(entry_point, settings) as function:
        for expected in ANSWERS[entry_point]:
            assert answer(function.url, expected) == expected
        lines = [json.loads(line) for line in function.stop()]
    refused = [expected.code for expected in ANSWERS[entry_point] if expected.code]
    assert [line["code"] for line in lines if line["message"] == "refused"] == refused
    assert all("execution_id" in line["logging.googleapis.com/labels"] for line in lines)


def answer(url, request):
    """Send the request; return it with the answer it got."""
    headers = {"Content-Type": "application/json"}
    response = requests.request(
        request.method, url + request.path, data=request.body, headers=headers, timeout=30
    )
    problem = response.headers["Content-Type"].startswith("application/problem+json")
    return Answer(
        method=request.method,
        path=request.path,
        body=request.body,
        status=response.status_code,
        code=response.json()["code"] if problem else "",
        text="" if problem else response.text,
    )


@each_entry_point
def test_it_does_not_start_without_its_settings_and_names_them(entry_point, deployments):
    deployed = deployments(FOLDER_OF[entry_point])
    _, required = read_by(entry_point)
    with deployed.started(entry_point, free_port(), {}) as process:
        _, output = process.communicate(timeout=START_SECONDS)
    assert process.returncode != 0
    assert {name for name in required if f"{name} is not set" in output} == required


@pytest.mark.parametrize("folder", sorted(set(FOLDER_OF.values())))
def test_its_pins_are_complete_and_agree(folder, deployments):
    """What `pip check` finds fails a build on Google's side."""
    python = deployments(folder).scripts / "python"
    command = [sys.executable, "-m", "uv", "pip", "check", "--quiet", "--python", python]
    subprocess.run(command, check=True)
