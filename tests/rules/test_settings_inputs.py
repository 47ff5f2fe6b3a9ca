"""Bodies of PUT /settings: what arrives at Postgres is JSON that it can store."""

import json
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.rules.settings_inputs import SETTING_FIELDS, parse_settings

CAMPAIGN = str(uuid4())
PLACES = [{"state": "Chihuahua", "municipalities": ["Juárez"]}, {"state": "CDMX"}]


def put(settings, **changes):
    return parse_settings({"campaign_id": CAMPAIGN, "settings": settings} | changes)


def refused(settings, **changes):
    with pytest.raises(InvalidInput) as caught:
        put(settings, **changes)
    return caught.value.code, caught.value.field


def test_settings_go_on_as_they_were_typed():
    settings = {"territory": PLACES, "spending_cap_usd": 397.5, "quiet_from": None}
    change = put(settings, version=3)
    assert (change.campaign_id, change.version) == (UUID(CAMPAIGN), 3)
    assert change.settings == settings
    assert put({}).version is None


@pytest.mark.parametrize("version", ["1", 1.0, True, -1, 2**31])
def test_version_is_a_whole_number(version):
    assert refused({}, version=version) == ("number_invalid", "version")


@pytest.mark.parametrize(
    ("settings", "code", "field"),
    [
        ([], "object_expected", "settings"),
        ({"sender_id": CAMPAIGN}, "field_unknown", "settings.sender_id"),
        ({"+52 55 1234 5678": 1}, "field_unknown", "settings"),
        ({"candidate": "a\x00"}, "text_invalid", "settings.candidate"),
        ({"candidate": "\ud83d"}, "text_invalid", "settings.candidate"),
        ({"candidate": "a" * 1025}, "text_too_long", "settings.candidate"),
        ({"spending_cap_usd": float("nan")}, "number_invalid", "settings.spending_cap_usd"),
        ({"spending_cap_usd": float("-inf")}, "number_invalid", "settings.spending_cap_usd"),
        (
            {"territory": [{"state": "\ud83d"}]},
            "text_invalid",
            "settings.territory.0.state",
        ),
        ({"territory": [{"estado": "CDMX"}]}, "field_unknown", "settings.territory.0.estado"),
        ({"territory": [[[[]]]]}, "value_invalid", "settings.territory.0.0.0"),
    ],
)
def test_what_postgres_cannot_store_is_named(settings, code, field):
    assert refused(settings) == (code, field)


def test_settings_are_all_there_or_nothing_changes():
    with pytest.raises(InvalidInput, match="field_missing"):
        parse_settings({"campaign_id": CAMPAIGN})


texts = st.sampled_from(["", "a", "ñ", "😀", "\x00", "\ud83d", "state"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(SETTING_FIELDS)), json_values, max_size=3))
def test_whatever_is_taken_can_be_sent_on(settings):
    try:
        taken = put(settings).settings
    except InvalidInput:
        return
    json.dumps(taken, ensure_ascii=False, allow_nan=False).encode()
