"""Every kind of event that Meta documents or libraries have met, and what it changes."""

import json
from pathlib import Path

import pytest

from shared.rules.events import parse_events
from shared.services.wishes import wishes

KINDS = Path(__file__).parent.parent / "payloads" / "kinds"
CASES = {
    f"{path.stem}-{name}": case
    for path in sorted(KINDS.glob("*.json"))
    for name, case in json.loads(path.read_text()).items()
}
WABA = "102290129340398"


def effects(body):
    events = parse_events(body)
    return [
        *map(said, events.inbound),
        *map(wished, wishes(events)),
        *(f"{person.former} is {person.present}" for person in events.people),
        *(f"receipt {r.status}" + " of nobody" * (r.message_id is None) for r in events.receipts),
        *map(template, events.templates),
        *map(account, events.accounts),
        *(
            f"alerts {remark.meta_event}" + until(remark)
            for remark in events.remarks
            if remark.alerts
        ),
        *(
            f"counts {reason}"
            for reason in events.ignored
            if not reason.startswith(("field:", "timestamp:"))
        ),
    ]


def said(message):
    text = f"'{message.text}'" if message.text else f"nothing ({message.kind})"
    return f"says {text}" + (f" with '{message.payload}'" if message.payload else "")


def wished(wish):
    whose = wish["phone"] or wish["user_id"] or "nobody"
    context = wish["context_message_id"]
    return f"{'BAJA' if wish['opted_out'] else 'ALTA'} of {whose}" + (
        f" under {context}" if context else ""
    )


def template(change):
    if change.content:
        return f"template shows {change.content}"
    if change.quality or change.category:
        judged = "quality" if change.quality else "category"
        return f"template of {judged} {change.quality or change.category}"
    reason = f" for {change.reason}" if change.reason not in (None, "NONE") else ""
    return f"template {change.status}{reason}" + ", this id alone" * change.deleted


def account(change):
    if change.limit_known:
        return f"limit {change.messaging_limit or 'unlimited'}"
    verb = "blocks" if change.blocked else "releases"
    whose = "" if change.waba_id == WABA else f" of {change.waba_id}"
    return f"{verb} {change.meta_event}{whose}{until(change)}"


def until(event):
    return f" until {event.until.isoformat()}" if event.until else ""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_event_changes_this_and_nothing_else(case):
    assert effects(case["body"]) == case["changes"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_event_is_seen_whatever_it_changes(case):
    events = parse_events(case["body"])
    assert any((events.receipts, events.inbound, events.preferences, events.people)) or (
        events.remarks or events.ignored
    )


def test_many_kinds_change_nothing():
    words = ("says", "counts")
    quiet = [case for case in CASES.values() if all(c.startswith(words) for c in case["changes"])]
    assert len(quiet) > len(CASES) / 3
