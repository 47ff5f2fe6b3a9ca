"""What Meta says about accounts stops their numbers, warns a person, or does nothing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.campaign import WABA, Campaign
from tests.campaign_queue import sender
from tests.database.webhook import Webhook

KINDS = json.loads(
    (Path(__file__).parents[1] / "payloads/kinds/account_update.json").read_text()
) | json.loads(
    (Path(__file__).parents[1] / "payloads/kinds/account_and_unknown_fields.json").read_text()
)
EARLIER = datetime(2025, 1, 1, tzinfo=UTC)  # than the bodies' time
NO_MESSAGES = "RESTRICTED_BIZ_INITIATED_MESSAGING"


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_sender(
        state_changed_at=datetime.now(UTC) - timedelta(hours=2)
    )


@pytest.fixture
def webhook(campaign):
    return Webhook(campaign, datetime.now(UTC))


def restriction(*infos):
    infos = [{"restriction_type": kind, "expiration": until} for kind, until in infos]
    return ("account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": infos})


def in_days(days):
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


def test_events_stop_the_accounts_they_name_or_do_not(campaign):
    found, expected = {}, {}
    for name, case in KINDS.items():
        waba = next((c.split(" of ")[1] for c in case["changes"] if " of " in c), WABA)
        campaign.with_sender(waba_id=waba, state="ok", state_changed_at=EARLIER, account_words={})
        webhook = Webhook(campaign, datetime(2026, 12, 1, tzinfo=UTC))
        webhook.receive_body(case["body"])
        alerts = [f"alerts {line['meta_event']}" for line in webhook.logged("account_alert")]
        found[name] = (sender(campaign)["state"], alerts, webhook.logged("account_unknown"))
        told = [change.split(" until")[0] for change in case["changes"]]
        blocked = any(change.startswith("blocks") for change in told)
        alerts = [change for change in told if change.startswith("alerts")]
        expected[name] = ("blocked" if blocked else "ok", alerts, [])
    assert found == expected


@pytest.mark.parametrize("write", [lambda t: int(t.timestamp()), datetime.isoformat])
def test_longest_restriction_of_messages_decides(campaign, webhook, write):
    soon, late = in_days(1), in_days(3)
    webhook.receive(restriction((NO_MESSAGES, write(late)), (NO_MESSAGES, write(soon))))
    assert (sender(campaign)["state"], sender(campaign)["blocked_until"]) == ("blocked", late)


def test_restriction_that_is_over_does_nothing(campaign, webhook):
    over = int(in_days(-1).timestamp())
    webhook.receive(restriction((NO_MESSAGES, over), ("RESTRICTED_UTILITY_TEMPLATES", over)))
    assert sender(campaign)["state"] == "ok"
    assert webhook.logged("account_alert") == []
    assert len(webhook.logged("account_event")) == 2


def test_restriction_that_is_over_hides_none_that_holds(campaign, webhook):
    over, on = int(in_days(-1).timestamp()), in_days(2)
    webhook.receive(restriction((NO_MESSAGES, over), (NO_MESSAGES, int(on.timestamp()))))
    assert (sender(campaign)["state"], sender(campaign)["blocked_until"]) == ("blocked", on)


def test_event_without_a_time_warns_but_stops_nothing(campaign, webhook):
    told = {"event": "ACCOUNT_DELETED"}
    change = {"field": "account_update", "value": told}
    body = webhook.receive_body({"entry": [{"id": WABA, "changes": [change]}]})
    assert body["ignored"] == {"change:untimed": 1}
    assert [line["meta_event"] for line in webhook.logged("account_alert")] == ["ACCOUNT_DELETED"]
    assert sender(campaign)["state"] == "ok"


def test_event_about_an_account_of_nobodys_is_logged(webhook):
    body = KINDS["partner_removed"]["body"]
    webhook.receive_body(body)
    assert [line["waba_id"] for line in webhook.logged("account_unknown")] == ["980198427658004"]
    assert webhook.logged("account_unknown")[0]["meta_event"] == "PARTNER_REMOVED"


def test_log_never_repeats_free_text(webhook):
    webhook.receive(("account_update", {"event": "Ana Peña, 525512345678"}))
    [line] = webhook.logged("account_event")
    assert line["meta_event"] == "OTHER"


def test_kind_that_nobody_knows_is_logged_once_and_counted(webhook):
    strange = [("account_update", {"event": "ASTROLOGY"}), ("horoscope", {"sign": "Leo"})]
    body = webhook.receive(*(strange * 50))
    assert body["ignored"] == {"field:account_update": 50, "field:horoscope": 50}
    assert [line["meta_event"] for line in webhook.logged("account_event")] == ["ASTROLOGY"]


@pytest.mark.parametrize("first", ["block", "release"])
def test_operators_pause_outlives_both(campaign, webhook, first):
    campaign.with_sender(state="paused", state_reason="Vacaciones")
    ban = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}
    lifted = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}
    webhook.receive(("account_update", ban if first == "block" else lifted))
    assert sender(campaign)["state_reason"] == "Vacaciones"
