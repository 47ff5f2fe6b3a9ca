import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.model import AccountChange, TemplateChange
from shared.rules.account_state import read_listed_template
from shared.rules.events import parse_events
from shared.rules.template_states import STATUS

PAYLOADS = Path(__file__).parent.parent / "payloads"
WABA = "102290129340398"
TOLD_AT = datetime(2025, 2, 12, 0, 43, 44, tzinfo=UTC)  # of every entry here


def entry(field, value):
    change = {"field": field, "value": value}
    return {"entry": [{"id": WABA, "time": 1739321024, "changes": [change]}]}


def template_event(event, **changes):
    value = {"event": event, "message_template_id": 7, "message_template_name": "promo_v1"}
    return entry("message_template_status_update", value | changes)


def test_paused_template_is_reported_with_its_reason_and_time():
    payload = json.loads((PAYLOADS / "template_paused.json").read_text())
    assert parse_events(payload).templates == (
        TemplateChange(
            waba_id=WABA,
            meta_template_id="1689556908129832",
            name="promo_v1",
            language="es_MX",
            status="paused",
            reason="NONE",
            at=TOLD_AT,
        ),
    )


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("APPROVED", "approved"),
        ("REINSTATED", "approved"),
        ("UNARCHIVED", "restored"),
        ("LOCKED", "paused"),
        ("PENDING", "pending"),
        ("DELETED", "disabled"),
        ("PAUSED", "paused"),
        ("DISABLED", "disabled"),
        ("REJECTED", "rejected"),
        ("ARCHIVED", "archived"),
    ],
)
def test_template_event_becomes_a_status(event, status):
    (change,) = parse_events(template_event(event)).templates
    assert change.status == status


def test_language_with_hyphen_is_the_one_with_underscore():
    (change,) = parse_events(
        template_event("APPROVED", message_template_language="es-MX")
    ).templates
    assert change.language == "es_MX"


@pytest.mark.parametrize("event", ["FLAGGED", "NEW_ONE", None, 7, ["PAUSED"]])
def test_template_event_without_effect_is_counted(event):
    events = parse_events(template_event(event))
    assert (events.templates, events.ignored) == ((), {"field:message_template_status_update": 1})


@pytest.mark.parametrize(
    "word",
    [
        *STATUS,
        "FLAGGED",
        "LIMIT_EXCEEDED",
        "UNPAUSED",
        "SOMETHING_NEW",
        "approved",
        None,
        7,
        ["APPROVED"],
    ],
)
def test_event_and_listing_mean_the_same_by_a_word(word):
    told = [change.status for change in parse_events(template_event(word)).templates]
    listed = read_listed_template({"id": 7, "name": "promo_v1", "language": "es", "status": word})
    assert told == ([listed.status] if listed.status else [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [
                    {
                        "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING",
                        "expiration": 1641330498,
                    }
                ],
            },
            AccountChange(
                waba_id=WABA,
                blocked=True,
                meta_event="RESTRICTED_BIZ_INITIATED_MESSAGING",
                until=datetime(2022, 1, 4, 21, 8, 18, tzinfo=UTC),
                at=TOLD_AT,
            ),
        ),
        (
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
            AccountChange(
                waba_id=WABA, blocked=True, meta_event="DISABLED_UPDATE", until=None, at=TOLD_AT
            ),
        ),
        (
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}},
            AccountChange(
                waba_id=WABA, blocked=False, meta_event="DISABLED_UPDATE", until=None, at=TOLD_AT
            ),
        ),
    ],
)
def test_account_update_blocks_or_releases_the_account(value, expected):
    assert parse_events(entry("account_update", value)).accounts == (expected,)


@pytest.mark.parametrize(
    "value",
    [
        {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SCAM"}},
        {
            "event": "ACCOUNT_RESTRICTION",
            "restriction_info": [{"restriction_type": "RESTRICTED_UTILITY_TEMPLATES"}],
        },
        {"event": "DISABLED_UPDATE", "ban_info": "DISABLE"},
        {},
    ],
)
def test_account_update_without_effect_on_sending_is_counted(value):
    events = parse_events(entry("account_update", value))
    assert (events.accounts, events.ignored) == ((), {"field:account_update": 1})
