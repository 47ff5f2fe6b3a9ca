import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.rules.inputs import (
    MAX_VOTER_IDS,
    parse_audience,
    parse_moment,
    parse_send,
    parse_status,
    parse_whole_number,
)

NOW = datetime(2027, 5, 1, 16, 0, tzinfo=UTC)
CAMPAIGN, TEMPLATE = str(uuid4()), str(uuid4())
PROPER = {"campaign_id": CAMPAIGN, "template_id": TEMPLATE, "filters": {}, "personalization": {}}


def send(key="k", **changes):
    return parse_send(PROPER | changes, key, NOW)


def refused(parse, *arguments, **named):
    with pytest.raises(InvalidInput) as caught:
        parse(*arguments, **named)
    return caught.value.code, caught.value.field


def test_proper_request_is_read():
    request = send(
        filters={"sentiment": ["positive"], "section": ["1", "2"], "tags": ["mitin"]},
        personalization={"1": "{{voter.full_name}}", "2": "Campaña 2027"},
        scheduled_at="2027-05-02T10:00:00-06:00",
    )
    assert request.audience.campaign_id == UUID(CAMPAIGN)
    assert request.audience.template_id == UUID(TEMPLATE)
    assert request.audience.filters == {
        "sentiment": ["positive"],
        "section": ["1", "2"],
        "tags": ["mitin"],
    }
    assert request.audience.scheduled_at == datetime(2027, 5, 2, 16, 0, tzinfo=UTC)
    assert request.idempotency_key == "k"
    assert request.accept_cut is False


def test_order_and_repetition_of_values_make_no_other_request():
    ids = [str(uuid4()) for _ in range(3)]
    assert send(filters={"tags": ["b", "a", "b"]}) == send(filters={"tags": ["a", "b"]})
    assert send(filters={"voter_ids": ids}) == send(
        filters={"voter_ids": [one.upper() for one in reversed(ids)]}
    )


def test_list_of_voters_overrides_the_other_filters():
    voter = str(uuid4())
    request = send(filters={"voter_ids": [voter], "tags": ["mitin"]})
    assert request.audience.filters == {"voter_ids": [voter]}


@pytest.mark.parametrize("name", ["tags", "section", "sentiment", "voter_ids"])
def test_empty_list_means_neither_everybody_nor_nobody(name):
    assert refused(send, filters={name: []}) == ("list_empty", f"filters.{name}")


def test_preview_needs_no_template():
    assert parse_audience({"campaign_id": CAMPAIGN, "filters": {}}, NOW).template_id is None
    for name in ("canary", "accept_cut"):
        assert refused(parse_audience, PROPER | {name: None}, NOW) == ("field_unknown", name)


def test_preview_may_be_of_another_time():
    later = parse_audience(PROPER | {"scheduled_at": "2027-05-02T10:00:00-06:00"}, NOW)
    assert later.scheduled_at == datetime(2027, 5, 2, 16, 0, tzinfo=UTC)


def test_cut_is_accepted_by_true_alone():
    assert send(accept_cut=True).accept_cut is True
    assert send(accept_cut=None).accept_cut is False
    assert refused(send, accept_cut="yes") == ("boolean_expected", "accept_cut")


@pytest.mark.parametrize("key", [None, "", "a" * 256, "a\nb"])
def test_key_must_be_there_and_printable(key):
    assert refused(send, key=key) == ("idempotency_key_missing", "Idempotency-Key")


def test_longest_list_of_voters_is_taken():
    ids = [str(UUID(int=number)) for number in range(MAX_VOTER_IDS)]
    assert len(send(filters={"voter_ids": ids}).audience.filters["voter_ids"]) == MAX_VOTER_IDS
    too_many = {"voter_ids": [*ids, str(uuid4())]}
    assert refused(send, filters=too_many) == ("too_many_values", "filters.voter_ids")


@pytest.mark.parametrize(
    "name", ["+52 55 1234 5678", "5512345678", "\ud83d", "a" * 41, "ñ", "", "a.b"]
)
def test_unknown_field_that_may_be_a_number_is_not_repeated(name):
    assert refused(send, **{name: 1}) == ("field_unknown", "")
    assert refused(send, filters={name: []}) == ("field_unknown", "filters")


@pytest.mark.parametrize(
    ("age", "code"),
    [(timedelta(seconds=59), None), (timedelta(seconds=61), "scheduled_in_the_past")],
)
def test_clocks_may_differ_by_a_minute(age, code):
    moment = (NOW - age).isoformat()
    if code:
        assert refused(send, scheduled_at=moment) == (code, "scheduled_at")
    else:
        assert send(scheduled_at=moment).audience.scheduled_at == NOW - age


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ayer",
        "2027-05-01",
        "2027-05-01T10:00:00",
        "0001-01-01T00:00:00+14:00",
        "2027-13-01T00Z",
    ],
)
def test_moment_without_zone_or_sense_is_refused(value):
    assert refused(parse_moment, value, "before") == ("time_invalid", "before")


@pytest.mark.parametrize(
    "value",
    ["-1", "+1", "1.0", "1e3", " 1", "", "1" * 10, "१", "\uff11", "0x1"],
)
def test_number_in_any_other_form_is_refused(value):
    assert refused(parse_whole_number, value, "limit", 5) == ("number_invalid", "limit")


def test_number_left_out_is_the_default():
    assert parse_whole_number(None, "limit", 5) == 5
    assert parse_whole_number("007", "limit", 5) == 7


def test_status_must_exist():
    assert parse_status(None) is None
    assert parse_status("skipped") == "skipped"
    assert refused(parse_status, "leído") == ("status_unknown", "status")


any_text = st.text(st.characters(exclude_categories=()))  # lone surrogates too
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)
wild_fields = st.dictionaries(
    st.sampled_from([*PROPER, "scheduled_at"]) | any_text, json_values, max_size=2
)


def answer_to(body, key):
    try:
        request = parse_send(body, key, NOW)
    except InvalidInput as refusal:
        return [refusal.code, refusal.detail, refusal.field]
    return [request.audience.filters, request.audience.personalization, request.idempotency_key]


@given(body=json_values | wild_fields.map(lambda fields: PROPER | fields), key=any_text)
def test_any_json_is_read_or_refused_in_words_that_can_be_stored_and_answered(body, key):
    words = json.dumps(answer_to(body, key or "k"), ensure_ascii=False)
    assert "\\u0000" not in words
    assert words.encode()
