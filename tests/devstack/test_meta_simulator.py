"""What Meta's simulator answers to sends, and what it says about them afterwards."""

import base64
import re
import signal
import socket
import subprocess
import sys

import pytest
import requests

from devstack.meta.stats import max_in_one_second, sustained_rate
from devstack.ports import free_port
from tests.devstack.meta_harness import (
    NUMBER,
    OTHER_NUMBER,
    START,
    VOTER,
    message,
    running_meta,
    wait_until,
)


@pytest.fixture
def meta():
    with running_meta() as running:
        yield running


def test_accepted_template_answers_the_documented_body(meta):
    answer = meta.send()
    body = answer.json()
    wamid = body["messages"][0]["id"]
    assert answer.status_code == 200
    assert body == {
        "messaging_product": "whatsapp",
        "contacts": [{"input": "+525512345678", "wa_id": "5215512345678"}],
        "messages": [{"id": wamid, "message_status": "accepted"}],
    }
    assert b"5215512345678" in base64.b64decode(wamid.removeprefix("wamid."))


def test_refusal_answers_the_documented_body(meta):
    answer = meta.send(message(template__components=[]))
    error = answer.json()["error"]
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
    assert re.fullmatch(r"A[\w-]{20}", error.pop("fbtrace_id"))
    assert error == {
        "message": "(#132000) Number of parameters does not match the expected number of params",
        "type": "OAuthException",
        "code": 132000,
        "error_data": {
            "messaging_product": "whatsapp",
            "details": "body: number of localizable_params (0) does not match the expected (1)",
        },
    }


def test_wrong_and_expired_tokens_answer_401_without_error_data(meta):
    answers = [meta.send(token="another")]
    meta.order("config", faults={"token_expired": True})
    answers.append(meta.send())
    for answer in answers:
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (401, 190)
        assert "error_data" not in error


def test_throughput_is_limited_per_number_and_second(meta):
    meta.order("config", messages_per_second=3)
    assert [meta.code() for _ in range(4)] == [0, 0, 0, 130429]
    assert meta.code(number=OTHER_NUMBER) == 0
    meta.now += 1
    assert meta.code() == 0


def test_inbound_messages_use_up_throughput(meta):
    meta.order("config", messages_per_second=1)
    meta.order("inbound", kind="text", text="Hola", **VOTER)
    assert meta.code() == 130429


def test_bursts_of_throttling_come_and_go(meta):
    meta.order("config", faults={"burst_every_s": 10, "burst_for_s": 2})
    codes = []
    for second in (0, 7.9, 8, 9.9, 10, 18):
        meta.now = START + second
        codes.append(meta.code())
    assert codes == [0, 0, 130429, 130429, 0, 130429]


def outcome(meta):
    """What a client sees of one send."""
    try:
        answer = meta.send(timeout=0.3)
    except requests.ReadTimeout:
        return "timeout"
    except requests.ConnectionError as error:
        return "reset" if "ConnectionReset" in repr(error) else repr(error)
    return answer.status_code, answer.headers["Content-Type"], answer.text[:9]


@pytest.mark.parametrize(
    ("fault", "seen", "accepted"),
    [
        ("timeout_before", "timeout", 0),
        ("timeout_after_acceptance", "timeout", 1),
        ("reset_after_acceptance", "reset", 1),
        ("server_error_json", (503, "application/json", '{"error":'), 0),
        ("server_error_html", (502, "text/html", "<!DOCTYPE"), 0),
        ("server_error_empty", (500, "application/json", ""), 0),
        ("server_error_after_acceptance", (502, "text/html", "<!DOCTYPE"), 1),
        ("without_message_id", (200, "application/json", '{"messagi'), 1),
        ("held_for_quality_assessment", (200, "application/json", '{"messagi'), 1),
    ],
)
def test_each_fault_accepts_or_not_and_shows_what_it_says(meta, fault, seen, accepted):
    meta.order("config", faults={"shares": {fault: 1.0}})
    assert outcome(meta) == seen
    stats = meta.look("stats")
    assert (stats["accepted"], stats["faults"]) == (accepted, {fault: 1})
    assert len(meta.look("messages?opaque=job1:rcpt9")) == accepted


@pytest.mark.parametrize(
    ("code", "status"), [("131026", 400), ("131031", 403), ("131000", 500), ("999999", 400)]
)
def test_any_code_can_be_asked_for_one_recipient(meta, code, status):
    meta.order("config", faults={"by_last_digits": {"78": code}})
    answer = meta.send()
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, int(code))
    assert meta.code(message(to="+525512345679")) == 0


def test_share_of_a_fault_is_kept_about(meta):
    meta.order("config", messages_per_second=0, faults={"shares": {"131026": 0.25}})
    refused = [meta.code() for _ in range(200)].count(131026)
    assert 30 <= refused <= 70
    assert meta.look("stats")["refused"] == {"131026": refused}


def test_latency_holds_the_answer_but_not_the_acceptance(meta):
    meta.order("config", latency={"median_s": 30})
    with pytest.raises(requests.ReadTimeout):
        meta.send(timeout=0.1)
    assert meta.look("accept_times") == [START]


def test_statistics_tell_duplicates_and_rates(meta):
    for second in (0, 0.5, 0.9, 1.0, 4.0):
        meta.now = START + second
        meta.send()
    meta.send(message(biz_opaque_callback_data="job1:rcpt10", to="+525500000000"))
    expected = {
        "accepted": 6,
        "distinct_opaque": 2,
        "duplicates_by_opaque": 4,
        "duplicates_by_recipient": 4,
        "first_accepted_at": START,
        "last_accepted_at": START + 4,
        "max_in_one_second": 3,
        "sustained_rate": 1.25,
        "receipts_pending": 0,
    }
    assert expected.items() <= meta.look("stats").items()
    assert len(set(meta.look("messages?opaque=job1:rcpt9"))) == 5


@pytest.mark.parametrize(
    ("times", "most", "rate"),
    [([], 0, None), ([5.0], 1, None), ([0.0, 0.999, 1.0], 2, 2.0), ([0.0, 1.0, 2.0], 1, 1.0)],
)
def test_rates_of_few_messages(times, most, rate):
    assert (max_in_one_second(times), sustained_rate(times)) == (most, rate)


def test_reset_forgets_messages_and_keeps_templates(meta):
    meta.send()
    meta.order("reset")
    assert meta.look("stats")["accepted"] == 0
    assert meta.look("messages?opaque=job1:rcpt9") == []
    assert meta.code() == 0


@pytest.mark.parametrize(
    ("what", "members"),
    [
        ("config", {"webhook_uri": ""}),
        ("config", {"port": 80}),
        ("config", {"latency": 3}),
        ("config", {"seed": {"value": 1}}),
        ("config", {"faults": {"shares": {"no_such_fault": 0.1}}}),
        ("config", {"faults": {"shares": {"131026": 0.7, "131049": 0.7}}}),
        ("config", {"receipts": {"delivered": 2}}),
        ("config", {"receipts": {"failed_by_last_digits": {"78": "held"}}}),
        ("config", {"webhooks": {"max_updates": 0}}),
        ("templates", {"name": "promo_v1"}),
        ("inbound", {"kind": "sticker", **VOTER}),
        ("inbound", {"phone_number_id": NUMBER, "kind": "text"}),
    ],
)
def test_orders_that_make_no_sense_are_refused(meta, what, members):
    assert "error" in meta.order(what, expected_status=400, **members)


def test_unknown_paths_answer_graph_errors(meta):
    answer = meta.session.get(f"{meta.url}/v24.0/me", timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 100)


def accepts_connections(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_command_line_serves_until_sigterm():
    port = free_port()
    command = [sys.executable, "-m", "devstack.meta", "--app-secret", "s", "--access-token", "t"]
    with subprocess.Popen([*command, "--port", str(port)]) as process:
        wait_until(lambda: accepts_connections(port))
        url = f"http://127.0.0.1:{port}"
        assert requests.get(f"{url}/_sim/stats", timeout=10).json()["accepted"] == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
