"""What Meta's `health_status` means, by its own examples ("Messaging health status")."""

import json
from pathlib import Path

import pytest

from shared.rules.health import Health, read_health, worse
from tests.test_spanish import is_spanish

ANSWERS = Path(__file__).parents[1] / "answers"
FINE, LIMITED, BLOCKED = "AVAILABLE", "LIMITED", "BLOCKED"
DISPLAY_NAME = (
    "Meta limita los envíos de este número. Meta dice: «Your display name has not been approved"
    " yet. Your message limit will increase after the display name is approved.»."
)


def example(name):
    return read_health(json.loads((ANSWERS / f"health_{name}.json").read_text()))


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("available", {"sender": FINE, "account": FINE}),
        ("limited", {"sender": LIMITED, "account": LIMITED}),
        ("blocked_account", {"sender": FINE, "account": BLOCKED}),
        ("blocked_template", {"template": BLOCKED, "account": FINE}),
        ("no_calls", {"sender": FINE, "account": LIMITED}),
    ],
)
def test_each_part_is_as_its_worst_entity(name, states):
    assert {part: health.state for part, health in example(name).items()} == states


def test_known_reasons_are_told_in_spanish_alone():
    for name, part in (("blocked_account", "account"), ("blocked_template", "template")):
        assert is_spanish(example(name)[part].detail)
    assert "pago" in example("blocked_account")["account"].detail
    assert "verifique" in example("limited")["account"].detail


def test_other_reasons_are_told_in_metas_words_within_a_spanish_sentence():
    assert example("limited")["sender"].detail == DISPLAY_NAME


def test_what_only_concerns_calls_is_no_reason():
    told = example("no_calls")
    assert told["sender"] == Health(state=FINE)
    assert "SIP" not in told["account"].detail
    assert "message webhook" in told["account"].detail


def entity(kind="PHONE_NUMBER", state=BLOCKED, **more):
    return {"entity_type": kind, "id": "1", "can_send_message": state, **more}


def read(*entities):
    return read_health({"health_status": {"can_send_message": BLOCKED, "entities": [*entities]}})


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"health_status": None},
        {"health_status": []},
        {"health_status": {"can_send_message": BLOCKED}},
        {"health_status": {"entities": "BLOCKED"}},
        {"health_status": {"entities": [None, 1, "x", []]}},
    ],
)
def test_answer_without_entities_tells_nothing(answer):
    assert read_health(answer) == {}


@pytest.mark.parametrize("odd", [None, 1, "blocked", "DEGRADED", ["BLOCKED"]])
def test_word_that_is_none_of_metas_tells_nothing_of_its_entity(odd):
    assert read(entity(state=odd), entity("WABA")).keys() == {"account"}
    assert read(entity(kind=odd), entity("WABA")).keys() == {"account"}


@pytest.mark.parametrize("odd", [None, 7, "x", [None], [7], [{}], {"error_code": "x"}])
def test_reasons_of_any_shape_are_read_as_far_as_they_go(odd):
    told = read(entity(errors=odd, additional_info=odd))["sender"]
    assert told.state == BLOCKED
    assert told.detail.startswith("Meta no deja enviar desde este número.")


def test_long_reasons_are_cut_short_repeated_ones_told_once_and_numbers_hidden():
    errors = [{"error_code": n, "error_description": text} for n, text in enumerate(3 * ["Same"])]
    errors += [{"error_code": 9, "error_description": f"{n} +52 55 1234 5678 " * 99} for n in "abc"]
    detail = read(entity(errors=errors))["sender"].detail
    assert detail.count("Same") == 1
    assert "5678" not in detail
    assert len(detail) < 1_000


def test_of_two_words_the_worse_holds_and_of_equal_ones_the_first():
    one, two = Health(state=LIMITED, detail="1"), Health(state=LIMITED, detail="2")
    assert worse(None, one) == worse(one, two) == worse(one, Health(state=FINE)) == one
    assert worse(one, Health(state=BLOCKED)).state == BLOCKED
