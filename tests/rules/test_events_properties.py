import copy
import dataclasses
import json
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from shared.model import ParsedEvents
from shared.rules.events import FIELDS, parse_events

FOLDER = Path(__file__).parent.parent / "payloads"
PAYLOADS = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))] + [
    case["body"]
    for path in sorted(FOLDER.glob("kinds/*.json"))
    for case in json.loads(path.read_text()).values()
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)
KEYS = st.sampled_from(
    [
        *["entry", "changes", "field", "value", "metadata", "phone_number_id", "context", "id"],
        *["statuses", "messages", "errors", "user_preferences", "status", "timestamp", "type"],
        *["text", "body", "button", "payload", "interactive", "from", "wa_id", "code", "contacts"],
        *["event", "restriction_info", "expiration", "waba_info", "system", "edit", "message"],
        *["user_id", "previous", "current", "max_daily_conversations_per_business", "alert_info"],
    ]
)
WORDS = st.sampled_from(["messages", "sent", "failed", "text", "stop", "edit", "system", *FIELDS])
META_LIKE = st.recursive(
    JSON | WORDS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(KEYS, children, max_size=6),
    max_leaves=40,
)


@given(JSON | META_LIKE)
def test_no_json_raises(body):
    assert isinstance(parse_events(body), ParsedEvents)


def strings_in(event):
    return [text for text in dataclasses.astuple(event) if isinstance(text, str)]


@given(META_LIKE, st.sampled_from(PAYLOADS), st.data())
def test_real_payload_with_one_part_replaced_gives_storable_events(junk, payload, data):
    body = copy.deepcopy(payload)
    node = body["entry"][0]["changes"][0]
    while True:
        keys = sorted(node) if isinstance(node, dict) else range(len(node))
        key = data.draw(st.sampled_from(keys))
        if not node[key] or not isinstance(node[key], dict | list) or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = junk
    found = parse_events(body)
    told = (*found.templates, *found.accounts, *found.people, *found.remarks)
    for event in (*found.receipts, *found.inbound, *found.preferences, *told):
        assert "\x00" not in "".join(strings_in(event)).encode().decode()
    assert all(re.fullmatch(r"[a-z_]+:[a-z_]+|error:[0-9]{1,7}", why) for why in found.ignored)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", remark.meta_event) for remark in found.remarks)
