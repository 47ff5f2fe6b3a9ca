"""What Meta's simulator reports to the webhook, and how."""

import hashlib
import hmac
import json

import pytest

from tests.devstack.meta_harness import (
    CONTACT,
    METADATA,
    SECRET,
    VOTER,
    listening_webhook,
    message,
    running_meta,
    without_user_ids,
)


@pytest.fixture
def webhook():
    with listening_webhook() as listening:
        yield listening


@pytest.fixture
def meta(webhook):
    with running_meta(webhook.url) as running:
        yield running


@pytest.mark.parametrize(("status", "billed"), [("sent", 1), ("delivered", 1), ("read", 0)])
def test_receipts_carry_every_documented_field(meta, webhook, status, billed):
    wamid = meta.send().json()["messages"][0]["id"]
    meta.settled()
    (change,) = [c for c in webhook.changes() if c["value"]["statuses"][0]["status"] == status]
    pricing = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"}
    receipt = {
        "id": wamid,
        "status": status,
        "timestamp": "1790000000",
        "recipient_id": "5215512345678",
        "biz_opaque_callback_data": "job1:rcpt9",
    } | ({"pricing": pricing} if billed else {})
    value = without_user_ids(change["value"])
    assert change["field"] == "messages"
    assert value == {
        "messaging_product": "whatsapp",
        "metadata": METADATA,
        "contacts": [CONTACT],
        "statuses": [receipt],
    }


@pytest.mark.parametrize(
    ("receipts", "to", "code"),
    [
        ({"failed": {"131049": 1.0}}, "+525512345678", 131049),
        ({"failed_by_last_digits": {"78": "131026"}}, "+525512345678", 131026),
        ({}, "525512345678", 131026),
    ],
)
def test_failed_receipts_name_the_code_and_no_contact(meta, webhook, receipts, to, code):
    meta.order("config", receipts=receipts)
    meta.send(message(to=to))
    assert meta.settled()["receipts"]["failed"] == 1
    (change,) = webhook.changes()
    assert "contacts" not in change["value"]
    (status,) = change["value"]["statuses"]
    (error,) = status["errors"]
    assert (status["status"], error["code"]) == ("failed", code)
    assert set(error) == {"code", "title", "message", "error_data", "href"}


def test_bodies_are_escaped_and_signed_over_their_raw_bytes(meta, webhook):
    meta.send()
    meta.settled()
    headers, body = webhook.calls[0]
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={digest}"
    assert headers["Content-Type"] == "application/json"
    assert rb"Ana Pe\u00f1a" in body
    assert list(json.loads(body)["entry"][0]) == ["id", "changes"]


@pytest.mark.parametrize(("max_updates", "sizes"), [(1000, [12]), (5, [2, 5, 5]), (1, [1] * 12)])
def test_updates_are_grouped_into_calls(meta, webhook, max_updates, sizes):
    meta.order("config", receipts={"sent_after": {"median_s": 60}})
    meta.order("config", webhooks={"max_updates": max_updates})
    for number in range(4):
        meta.send(message(to=f"+52550000000{number}"))
    assert webhook.calls == []
    meta.now += 60
    assert meta.settled()["webhook_calls"] == len(sizes)
    assert sorted(body.count(b'"statuses"') for _, body in webhook.calls) == sizes


def test_repeated_receipts_arrive_twice_and_count_apart(meta, webhook):
    meta.order("config", receipts={"repeated": 1.0})
    meta.send()
    receipts = {"sent": 1, "delivered": 1, "read": 1, "failed": 0, "repeated": 3}
    assert meta.settled()["receipts"] == receipts
    seen = sorted(status["status"] for status in webhook.statuses())
    assert seen == ["delivered", "delivered", "read", "read", "sent", "sent"]


def test_late_receipts_keep_their_timestamp(meta, webhook):
    meta.order("config", receipts={"late": 1.0, "late_by_s": 100, "read": 0.0})
    meta.send()
    meta.now += 99
    assert meta.look("stats")["receipts_pending"] == 2
    meta.now += 1
    meta.settled()
    assert [status["timestamp"] for status in webhook.statuses()] == ["1790000000"] * 2


@pytest.mark.parametrize("shuffled", [False, True])
def test_receipts_come_in_order_unless_shuffled(meta, webhook, shuffled):
    meta.order("config", receipts={"shuffled": shuffled, "sent_after": {"median_s": 60}})
    opaque = [f"job1:{number:02}" for number in range(30)]
    for data in opaque:
        meta.send(message(biz_opaque_callback_data=data))
    meta.now += 60
    meta.settled()
    seen = [s["biz_opaque_callback_data"] for s in webhook.statuses() if s["status"] == "sent"]
    assert sorted(seen) == opaque
    assert (seen != opaque) is shuffled


@pytest.mark.parametrize("fault", ["timeout_after_acceptance", "reset_after_acceptance"])
def test_message_accepted_without_an_answer_is_reported(meta, webhook, fault):
    meta.order("config", faults={"shares": {fault: 1.0}})
    with pytest.raises(OSError, match=r"timed out|reset"):
        meta.send(timeout=0.1)
    meta.settled()
    assert {s["biz_opaque_callback_data"] for s in webhook.statuses()} == {"job1:rcpt9"}


def test_refused_calls_are_repeated_byte_for_byte(meta, webhook):
    webhook.failures[:] = [500, 302]
    meta.send()
    stats = meta.settled()
    assert (stats["webhook_calls"], stats["webhook_failures"]) == (3, 2)
    assert len({body for _, body in webhook.calls}) == 1


def test_calls_are_given_up_after_the_last_attempt(meta, webhook):
    meta.order("config", webhooks={"attempts": 3})
    webhook.failures[:] = [503] * 3
    meta.send()
    assert meta.settled()["webhook_failures"] == 3
    meta.send()
    meta.settled()
    assert len(webhook.calls) == 4


def test_nobody_listening_is_a_failure_like_others(meta):
    meta.order("config", webhook_url="http://127.0.0.1:9/", webhooks={"attempts": 2})
    meta.send()
    assert meta.settled()["webhook_failures"] == 2


def test_reset_drops_receipts_not_yet_reported(meta, webhook):
    meta.order("config", receipts={"sent_after": {"median_s": 60}})
    meta.send()
    meta.order("reset")
    meta.now += 60
    meta.order("inbound", kind="text", text="BAJA", **VOTER)
    meta.settled()
    assert [list(change["value"])[-1] for change in webhook.changes()] == ["messages"]
