"""What Meta's simulator reports besides receipts: voters, templates, the account, the handshake."""

import json

import pytest

from tests.devstack.meta_harness import (
    CONTACT,
    METADATA,
    START,
    VOTER,
    listening_webhook,
    running_meta,
    wait_until,
    without_user_ids,
)

STATUS_UPDATE = {
    "event": "PAUSED",
    "message_template_id": 1689556908129832,
    "message_template_name": "promo_v1",
    "message_template_language": "es-MX",
    "reason": "NONE",
}


@pytest.fixture
def webhook():
    with listening_webhook() as listening:
        yield listening


@pytest.fixture
def meta(webhook):
    with running_meta(webhook.url) as running:
        yield running


@pytest.mark.parametrize(
    ("order", "content"),
    [
        ({"kind": "text", "text": "BAJA"}, {"text": {"body": "BAJA"}}),
        (
            {"kind": "button", "text": "Ya no recibir", "payload": "BAJA"},
            {"button": {"payload": "BAJA", "text": "Ya no recibir"}},
        ),
    ],
)
def test_replies_of_voters_are_reported(meta, webhook, order, content):
    wamid = meta.order("inbound", **VOTER, **order)["id"]
    meta.settled()
    (change,) = webhook.changes()
    value = without_user_ids(change["value"])
    expected = {"from": "5215512345678", "id": wamid, "timestamp": "1790000000"}
    assert change["field"] == "messages"
    assert (value["metadata"], value["contacts"]) == (METADATA, [CONTACT])
    assert value["messages"] == [expected | {"type": order["kind"]} | content]


@pytest.mark.parametrize("preference", ["stop", "resume"])
def test_marketing_preferences_are_reported(meta, webhook, preference):
    meta.order("inbound", kind=preference, **VOTER)
    meta.settled()
    (change,) = webhook.changes()
    entry = {
        "wa_id": "5215512345678",
        "detail": f"User requested to {preference} marketing messages",
        "category": "marketing_messages",
        "value": preference,
        "timestamp": int(START),
    }
    assert change["field"] == "user_preferences"
    assert without_user_ids(change["value"])["user_preferences"] == [entry]


def test_raw_values_and_events_go_out_as_given(meta, webhook):
    restriction = {"event": "ACCOUNT_RESTRICTION", "restriction_info": []}
    meta.order("events", field="messages", value={"errors": [{"code": 130429}]})
    meta.order("events", field="account_update", value=restriction)
    meta.settled()
    entries = [e for _, body in webhook.calls for e in json.loads(body)["entry"]]
    raw = {"field": "messages", "value": {"errors": [{"code": 130429}]}}
    event = {"field": "account_update", "value": restriction}
    assert sorted((entry.get("time", 0), entry["changes"]) for entry in entries) == [
        (0, [raw]),
        (int(START), [event]),
    ]


def test_template_event_also_stops_its_sends(meta, webhook):
    meta.order("events", field="message_template_status_update", value=STATUS_UPDATE)
    assert meta.code() == 132015
    wait_until(lambda: [c["value"] for c in webhook.changes()] == [STATUS_UPDATE])
