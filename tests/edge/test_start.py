"""The Edge Function as a process whose secrets are missing or wrong."""

import json
import subprocess
from pathlib import Path

import deno
import pytest
import requests

from devstack.ports import free_port
from tests import openapi
from tests.functions.polling import eventually

FUNCTION = Path(__file__).parents[2] / "supabase/functions/messaging"
SECRET = "not-a-key-but-secret"


@pytest.fixture
def unconfigured():
    """Start it with one wrong secret and none of the others; return its address and the process."""
    port = free_port()
    command = ("run", "--no-prompt", "--no-config", "--allow-net=127.0.0.1", "--allow-env")
    process = subprocess.Popen(
        [deno.find_deno_bin(), *command, str(FUNCTION / "index.ts")],
        env={
            "DENO_SERVE_ADDRESS": f"tcp:127.0.0.1:{port}",
            "GOOGLE_SERVICE_ACCOUNT_KEY": SECRET,
            "NO_COLOR": "1",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield f"http://127.0.0.1:{port}/messaging", process
    process.kill()
    process.communicate()


def answered(url: str) -> list[requests.Response]:
    try:
        return [requests.get(url, timeout=10)]
    except requests.ConnectionError:
        return []


def test_whoever_calls_learns_that_it_is_not_set_up_and_the_log_alone_what_is_missing(unconfigured):
    url, process = unconfigured
    [answer] = eventually(lambda: answered(f"{url}/jobs"))
    assert (answer.status_code, answer.json()["code"]) == (503, "edge_not_configured")
    assert openapi.complaints("GET", "/jobs", answer) == []

    process.terminate()
    _, log = process.communicate(timeout=10)
    [line] = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert line["event"] == "edge_not_configured"
    named = {problem.split()[0] for problem in line["problems"]}
    assert {"BRIDGE_SEND_URL", "BRIDGE_TEMPLATES_URL", "GOOGLE_SERVICE_ACCOUNT_KEY"} <= named
    assert SECRET not in log + answer.text
