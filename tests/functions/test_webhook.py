"""Meta's calls: the handshake, the signature, and events of every kind and number."""

import hashlib
import hmac
import json
from pathlib import Path

import pytest

from tests.functions.campaigns import Campaign, Job
from tests.functions.polling import eventually
from tests.functions.problems import assert_problem
from tests.functions.stage import Stage

KINDS = Path(__file__).parents[1] / "payloads" / "kinds"
SUBSCRIBE = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}


def _handshake(stage: Stage, **changes):
    given = SUBSCRIBE | {"hub.verify_token": stage.stack.secrets.verify_token} | changes
    return stage.call("webhook", "GET", params=given)


def test_handshake_gives_the_challenge_back(stage: Stage):
    answer = _handshake(stage)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "changes",
    [
        {"hub.verify_token": "otro"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "ñ\ud83d".encode("utf-8", "surrogatepass")},
        {"hub.mode": "unsubscribe"},
    ],
)
def test_handshake_of_a_stranger_is_refused(stage: Stage, changes):
    assert_problem(_handshake(stage, **changes), 403, "verify_token_invalid")


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "sha256=é"],
)
def test_unsigned_call_is_refused(stage: Stage, signature):
    assert_problem(stage.notify(b"{}", signature.encode()), 401, "signature_invalid")


def test_signature_of_another_secret_is_refused(stage: Stage):
    other = hmac.new(b"otro", b"{}", hashlib.sha256).hexdigest()
    assert_problem(stage.notify(b"{}", f"sha256={other}"), 401, "signature_invalid")


def test_call_without_signature_is_refused(stage: Stage):
    assert_problem(stage.call("webhook", "POST", data=b"{}"), 401, "signature_invalid")


@pytest.mark.parametrize("megabytes", [4, 12])
def test_oversized_call_is_refused(stage: Stage, megabytes):
    body = b'{"a":"' + b"x" * (megabytes * 1024 * 1024) + b'"}'
    assert_problem(stage.notify(body), 413, "body_too_large")


def test_signed_garbage_is_refused(stage: Stage):
    assert_problem(stage.notify(b"no es json"), 400, "malformed_json")


GARBAGE = [
    None,
    [],
    {},
    {"entry": 5},
    {"entry": [None, {"changes": [{"field": "astrology", "value": {"a": 1}}]}]},
    {"entry": [{"changes": [{"field": "messages", "value": {"statuses": [{"id": 7}]}}]}]},
    {"entry": [{"changes": [{"field": "messages", "value": {"statuses": [{"status": "eaten"}]}}]}]},
    {"entry": [{"changes": [{"field": "messages", "value": {"messages": [{"type": "dance"}]}}]}]},
    {"entry": [{"changes": [{"field": "user_preferences", "value": {"user_preferences": "x"}}]}]},
]


def test_events_of_every_kind_are_acknowledged(stage: Stage):
    for path in sorted(KINDS.glob("*.json")):
        for name, case in json.loads(path.read_text()).items():
            answer = stage.push("apply_events", case["body"])
            assert answer.status_code == 200, (path.stem, name, answer.text)


@pytest.mark.parametrize("payload", GARBAGE)
def test_events_nobody_knows_are_taken_and_ignored(stage: Stage, payload):
    before = stage.row_counts()
    assert stage.notify(json.dumps(payload).encode()).status_code == 200
    applied = stage.push("apply_events", payload)
    assert applied.status_code == 200
    assert applied.json()["receipts"] == {}
    assert stage.row_counts() == before


WILD = ["\x00", "\ud83d", "9" * 400, 10**400, -1, 1e308, True, None, [], {"a": []}, "a" * 5000]


@pytest.mark.parametrize("wild", WILD, ids=lambda value: ascii(value)[:12])
def test_wild_values_in_a_receipt_change_nothing_else(campaign: Campaign, wild):
    job = campaign.with_voters(1).hold_tasks().start_job()
    for field in ("id", "status", "timestamp", "recipient_user_id", "biz_opaque_callback_data"):
        status = {"id": "wamid.x", "status": "sent", "timestamp": "1795000000"} | {field: wild}
        status["errors"] = [{"code": wild, "title": wild, "error_data": {"details": wild}}]
        assert (
            campaign.stage.push("apply_events", _call(campaign, statuses=[status])).status_code
            == 200
        )
    assert job.accounted()["pending_count"] == 1


@pytest.mark.parametrize("wild", WILD, ids=lambda value: ascii(value)[:12])
def test_wild_values_in_a_reply_are_survived(stage: Stage, wild):
    for field in ("from", "from_user_id", "id", "timestamp", "type", "text", "context"):
        message = {"from": "5215512345678", "id": "wamid.x", "timestamp": "1795000000"}
        message |= {"type": "text", "text": {"body": "BAJA"}} | {field: wild}
        value = _call(messages=[message])
        assert stage.push("apply_events", value).status_code == 200


@pytest.mark.parametrize("updates", [1, 1000])
def test_call_of_one_or_a_thousand_updates_is_applied(campaign: Campaign, updates):
    # Other tests lower the portfolio's limit: then a thousand would not leave before the veda.
    campaign.stage.sql("update public.wa_senders set messaging_limit = null")
    job = campaign.with_voters(updates).hold_tasks().start_job()
    campaign.stage.sql(
        "update public.wa_send_queue q set attempts = 1, sender_id = c.sender_id"
        " from public.communications c where c.job_id = q.job_id and q.job_id = %s",
        job.id,
    )
    statuses = [_status(message, "delivered") for message in job.message_ids()]
    answer = campaign.stage.notify(json.dumps(_call(campaign, statuses=statuses)).encode())
    assert answer.status_code == 200
    eventually(lambda: job.now()["delivered_count"] == updates)
    assert job.accounted()["status"] == "completed"


def test_repeated_and_shuffled_receipts_end_the_same(campaign: Campaign):
    job = campaign.with_voters(1).start_job()
    eventually(lambda: job.now()["read_count"] == 1)
    before = job.now()
    [message] = job.message_ids()
    late = [_status(message, word) for word in ("read", "sent", "delivered", "failed", "sent")]
    for status in late:
        assert (
            campaign.stage.push("apply_events", _call(campaign, statuses=[status])).status_code
            == 200
        )
    assert job.now() == before


@pytest.fixture
def no_receipts(stage: Stage):
    stage.simulate("config", {"webhook_url": ""})
    yield
    stage.simulate("config", {"webhook_url": stage.stack.at.url("webhook")})


@pytest.mark.usefixtures("no_receipts")
def test_message_whose_answer_was_lost_is_not_repeated_until_a_receipt_settles_it(
    campaign: Campaign,
):
    stage = campaign.stage
    job, arrange = _job_with_fault(campaign, "reset_after_acceptance")
    assert job.ended()["unknown_count"] == 1
    arrange({})
    for message in job.message_ids():
        assert stage.deliver_task(message).json()["decision"] == "done"
    stage.sweep()
    assert [stage.accepted_by_meta(message) for message in job.message_ids()] == [1, 1]

    statuses = [_status(message, "delivered") for message in job.message_ids()]
    stage.push("apply_events", _call(campaign, statuses=statuses))
    assert (job.accounted()["delivered_count"], job.now()["unknown_count"]) == (2, 0)


def test_answer_lost_for_good_stays_unknown(campaign: Campaign):
    job, arrange = _job_with_fault(campaign, "server_error_html")
    done = job.ended()
    arrange({})
    assert (done["sent_count"], done["unknown_count"], done["status"]) == (1, 1, "partial")
    campaign.stage.sweep()
    assert job.now()["unknown_count"] == 1


def _job_with_fault(campaign: Campaign, fault: str):
    phone = campaign.with_voters(2).phones[0]

    def arrange(rules):
        campaign.stage.simulate("config", {"faults": {"by_last_digits": rules}})

    arrange({phone[-8:]: fault})
    job: Job = campaign.start_job()
    return job, arrange


def _status(message, word):
    return {
        "id": f"wamid.{message}",
        "status": word,
        "timestamp": "1795000000",
        "biz_opaque_callback_data": str(message),
    }


def _call(campaign: Campaign | None = None, **events):
    metadata = {"phone_number_id": campaign.phone_number_id if campaign else "1"}
    value = {"messaging_product": "whatsapp", "metadata": metadata, **events}
    changes = [{"field": "messages", "value": value}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
