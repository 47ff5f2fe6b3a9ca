"""What wa-inbound carries is what docs/wa-inbound.schema.json promises, whatever Meta sends."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.rules.events import parse_events
from shared.rules.inbound import is_known_kind
from shared.services.replies import VERSION, reply

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/wa-inbound.schema.json").read_text())
PROMISE = Draft202012Validator(SCHEMA)
FILES = {
    path.stem: json.loads(path.read_text())
    for path in sorted((ROOT / "tests/payloads").glob("inbound_*.json"))
} | {
    f"{path.stem}-{name}": case["body"]
    for path in sorted((ROOT / "tests/payloads/kinds").glob("*.json"))
    for name, case in json.loads(path.read_text()).items()
}
NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)


def replies(body):
    return [json.loads(json.dumps(reply(one, NOW))) for one in parse_events(body).inbound]


INBOUND = {name: body for name, body in FILES.items() if parse_events(body).inbound}


@pytest.mark.parametrize("body", INBOUND.values(), ids=INBOUND)
def test_every_reply_keeps_the_promise(body):
    for published in replies(body):
        PROMISE.validate(published)


def test_promise_is_a_schema_whose_examples_keep_it():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"].endswith(f":{VERSION}")
    for example in SCHEMA["examples"]:
        PROMISE.validate(example)


def test_promise_names_every_kind_and_each_has_a_real_payload():
    kinds = set(SCHEMA["properties"]["kind"]["enum"])
    assert all(is_known_kind(kind) for kind in kinds)
    assert kinds == {published["kind"] for body in INBOUND.values() for published in replies(body)}


def test_promise_says_of_every_member_what_it_is():
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == set(SCHEMA["examples"][0])
    assert all(member["description"] for member in SCHEMA["properties"].values())


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"kind": "poll"},
        {"kind": "audio"},
        {"phone": "5550001234"},
        {"payload": "asiste"},
        {"text": ""},
        {"at": "2027-05-01T12:00:00"},
        {"name": "Ana"},
    ],
)
def test_promise_is_strict(change):
    assert not PROMISE.is_valid(SCHEMA["examples"][0] | change)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children),
    max_leaves=8,
)


@given(JSON, st.sampled_from(list(INBOUND.values())), st.data())
def test_real_payload_with_one_part_replaced_keeps_the_promise(junk, payload, data):
    body = copy.deepcopy(payload)
    node = body["entry"][0]["changes"][0]["value"]
    while True:
        keys = sorted(node) if isinstance(node, dict) else range(len(node))
        key = data.draw(st.sampled_from(keys))
        if not node[key] or not isinstance(node[key], dict | list) or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = junk
    for published in replies(body):
        PROMISE.validate(published)
