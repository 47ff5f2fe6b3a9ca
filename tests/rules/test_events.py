import copy
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.model import InboundMessage, MarketingPreference, ParsedEvents, Receipt, ReceiptStatus
from shared.rules.events import parse_events

PAYLOADS = Path(__file__).parent.parent / "payloads"
MESSAGE_ID = "3f0c1f9e-2b7d-4c53-9a52-0a1b2c3d4e5f"
TEMPLATE_WAMID = "wamid.HBgNNTIxNTU1MDAwMTIzNBUCABEYEjA"


def payload(name):
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def parsed(name):
    return parse_events(payload(name))


def events(**found):
    return ParsedEvents(**{"receipts": (), "inbound": (), "preferences": (), "ignored": {}} | found)


def value_of(body):
    return body["entry"][0]["changes"][0]["value"]


def entries_of(name):
    keys = {"receipt": "statuses", "inbound": "messages", "preference": "user_preferences"}
    return keys[name.partition("_")[0]]


def receipt(**changes):
    fields = {
        "phone_number_id": "106540352242922",
        "message_id": MESSAGE_ID,
        "meta_message_id": TEMPLATE_WAMID,
        "status": ReceiptStatus.DELIVERED,
        "at": datetime(2025, 6, 15, 23, 27, 53, tzinfo=UTC),
        "user_id": "MX.13491208655302",
    }
    return Receipt(**fields | changes)


def inbound(**changes):
    fields = {
        "phone_number_id": "106540352242922",
        "sender_phone": "+525550001234",
        "user_id": "MX.13491208655302",
        "meta_message_id": "wamid.HBgNNTIxNTU1MDAwMTIzNBUCABIYFjM",
        "context_message_id": None,
        "at": datetime(2025, 6, 15, 23, 28, 20, tzinfo=UTC),
        "kind": "text",
        "text": None,
        "payload": None,
    }
    return InboundMessage(**fields | changes)


def preference(*, stopped):
    return MarketingPreference(
        phone_number_id="106540352242922",
        phone="+525550001234",
        user_id="MX.13491208655302",
        stopped=stopped,
        at=datetime(2024, 11, 15, 21, 22, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("receipt_sent", receipt(status=ReceiptStatus.SENT)),
        ("receipt_delivered", receipt()),
        ("receipt_read", receipt(status=ReceiptStatus.READ)),
        ("receipt_milliseconds", receipt()),
        ("receipt_username_only", receipt()),
        (
            "receipt_failed",
            receipt(
                status=ReceiptStatus.FAILED,
                error_code=131049,
                error_message="In order to maintain a healthy ecosystem engagement, "
                "the message failed to be delivered to [number].",
            ),
        ),
    ],
)
def test_receipt_is_read(name, expected):
    assert parsed(name) == events(receipts=(expected,))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("inbound_text", inbound(text="BAJA")),
        (
            "inbound_button",
            inbound(
                kind="button",
                text="No recibir más",
                payload="BAJA",
                context_message_id=TEMPLATE_WAMID,
            ),
        ),
        (
            "inbound_interactive",
            inbound(
                kind="interactive",
                text="Sí",
                payload="asistire",
                context_message_id=TEMPLATE_WAMID,
            ),
        ),
        (
            "inbound_reaction",
            inbound(kind="reaction", text="👍", context_message_id=TEMPLATE_WAMID),
        ),
        ("inbound_image", inbound(kind="image", text="La calle sigue sin luz")),
        ("inbound_unsupported", inbound(kind="unsupported")),
        (
            "inbound_username_only",
            inbound(sender_phone=None, text="¿A qué hora?", context_message_id=TEMPLATE_WAMID),
        ),
    ],
)
def test_reply_is_read(name, expected):
    assert parsed(name) == events(inbound=(expected,))


@pytest.mark.parametrize(
    ("name", "stopped"), [("preference_stop", True), ("preference_resume", False)]
)
def test_marketing_preference_is_read(name, stopped):
    assert parsed(name) == events(preferences=(preference(stopped=stopped),))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("system_error", "error:130429"),
    ],
)
def test_what_gives_no_event_is_counted(name, reason):
    assert parsed(name) == events(ignored={reason: 1})


@pytest.mark.parametrize(
    ("name", "field", "bad", "reason"),
    [
        ("receipt_sent", "status", "warning", "status:warning"),
        ("receipt_sent", "status", "5215550001234", "status:other"),
        ("receipt_sent", "status", ["sent"], "status:other"),
        ("receipt_sent", "id", None, "receipt:no_id"),
        ("preference_stop", "category", "utility_messages", "preference:utility_messages"),
        ("preference_stop", "value", "later", "preference:no_value"),
    ],
)
def test_unreadable_entry_is_counted_and_its_neighbour_is_read(name, field, bad, reason):
    body = payload(name)
    entries = value_of(body)[entries_of(name)]
    entries.insert(0, copy.deepcopy(entries[0]) | {field: bad})
    found = parse_events(body)
    assert len(found.receipts + found.inbound + found.preferences) == 1
    assert found.ignored == {reason: 1}


@pytest.mark.parametrize("kind", ["poll", {}, "5215550001234"])
def test_reply_of_a_kind_nobody_knows_is_kept_and_counted(kind):
    body = payload("inbound_text")
    value_of(body)["messages"][0]["type"] = kind
    found = parse_events(body)
    assert found.inbound == (inbound(kind="unknown"),)
    assert found.ignored == {f"type:{'poll' if kind == 'poll' else 'other'}": 1}


@pytest.mark.parametrize("odd", [None, "", "wamid.\u00f1", "a b", "A" * 513, True, -1])
def test_reply_of_an_odd_id_is_kept_without_it(odd):
    body = payload("inbound_text")
    value_of(body)["messages"][0]["id"] = odd
    found = parse_events(body)
    assert found.inbound == (inbound(text="BAJA", meta_message_id=None),)
    assert found.ignored == {"message:no_id": 1}


def test_number_change_names_the_person_twice_and_is_passed_on():
    found = parsed("inbound_number_change")
    assert [(person.former, person.present) for person in found.people] == [
        ("+525550001234", "+525550005678"),
        ("MX.13491208655302", "+525550005678"),
    ]
    assert [message.kind for message in found.inbound] == ["system"]


@pytest.mark.parametrize("timestamp", [None, "", "soon", -1, 0, True, 1e9, "9" * 30, 10**30, {}])
def test_event_without_usable_time_is_kept_and_counted(timestamp):
    body = payload("inbound_text")
    value_of(body)["messages"][0]["timestamp"] = timestamp
    found = parse_events(body)
    assert found.inbound == (inbound(text="BAJA", at=None),)
    assert found.ignored == {"timestamp:absent": 1}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("receipt_delivered", "receipt:no_phone_number_id"),
        ("inbound_text", "message:no_phone_number_id"),
        ("preference_stop", "preference:no_phone_number_id"),
    ],
)
def test_event_that_names_no_number_of_ours_is_counted(name, reason):
    body = payload(name)
    del value_of(body)["metadata"]
    assert parse_events(body) == events(ignored={reason: 1})


@pytest.mark.parametrize("opaque", [None, "", "job1:rcpt9", 7, MESSAGE_ID + "0"])
def test_receipt_of_somebody_elses_message_has_no_message_id(opaque):
    body = payload("receipt_delivered")
    value_of(body)["statuses"][0]["biz_opaque_callback_data"] = opaque
    assert parse_events(body).receipts == (receipt(message_id=None),)


def test_user_id_in_the_place_of_the_phone_is_understood():
    body = payload("inbound_text")
    message = value_of(body)["messages"][0]
    message["from"] = message.pop("from_user_id")
    assert parse_events(body).inbound == (inbound(text="BAJA"),)
    del value_of(body)["contacts"]
    assert parse_events(body).inbound == (inbound(text="BAJA", sender_phone=None),)


def test_text_that_postgres_cannot_store_is_cleaned():
    body = payload("inbound_text")
    value_of(body)["messages"][0]["text"]["body"] = "BA\x00JA \ud83d"
    assert parse_events(body).inbound == (inbound(text="BAJA ?"),)
