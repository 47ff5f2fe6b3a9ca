"""The table of template_form_cases.py, held to the rules."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.rules.template_components import creation_body, preview_of
from shared.rules.template_draft import TemplateDraft, draft_of
from shared.rules.template_form import content_problems_of, problems_of, warnings_of
from shared.rules.template_requests import parse_template_request
from tests.template_form_cases import CAMPAIGN, PLAIN, RULES, TAKEN, WARNINGS
from tests.template_form_page import PAGE, rules_table, warnings_table, with_tables

ROOT = Path(__file__).parents[2]

LANGUAGE = {"language": "es_MX", "parameter_format": "positional"}


def drafted(changes):
    return parse_template_request({"campaign_id": str(CAMPAIGN), **PLAIN, **changes}).draft


def found(problems):
    return [(problem.code, problem.field) for problem in problems]


def numbered(cases, code):
    """Return ids such as variable_last-2, as a rule may have several examples."""
    seen = Counter()
    ids = []
    for case in cases:
        seen[code(case)] += 1
        ids.append(f"{code(case)}-{seen[code(case)]}")
    return ids


rules = pytest.mark.parametrize("rule", RULES, ids=numbered(RULES, lambda rule: rule.code))
warnings = pytest.mark.parametrize(
    ("code", "field", "warned", "quiet", "sources"),
    WARNINGS,
    ids=numbered(WARNINGS, lambda case: case[0]),
)


@rules
def test_what_meta_refuses_is_told_by_its_one_rule(rule):
    problems = problems_of(drafted(rule.refused))
    assert found(problems) == [(rule.code, rule.field)]
    assert problems[0].detail.endswith(".")


@rules
def test_what_is_as_near_as_can_be_is_taken(rule):
    assert found(problems_of(drafted(rule.accepted))) == []


@pytest.mark.parametrize("changes", TAKEN.values(), ids=TAKEN)
def test_template_as_campaigns_write_it_is_taken(changes):
    draft = drafted(changes)
    assert found(problems_of(draft)) == []
    assert creation_body(draft, "a", "4::aW")["components"]


@warnings
def test_what_meta_may_refuse_is_warned_of(code, field, warned, quiet, sources):
    assert found(problems_of(drafted(warned))) == []
    assert (code, field) in found(warnings_of(drafted(warned)))
    assert (code, field) not in found(warnings_of(drafted(quiet)))


def test_plain_template_is_not_even_warned_of():
    assert found(warnings_of(drafted({}))) == []


def test_better_name_is_suggested():
    [problem] = problems_of(drafted({"name": "¡Invitación al Mitín, 5/mayo!"}))
    assert "invitacion_al_mitin_5_mayo" in problem.detail
    [problem] = problems_of(drafted({"name": "🎉"}))
    assert "por ejemplo" not in problem.detail


def test_all_that_is_wrong_is_told_at_once():
    draft = drafted({"name": "Mitín", "footer_text": "a" * 61, "buttons": [{"type": "FLOW"}]})
    assert found(problems_of(draft)) == [
        ("name_invalid", "name"),
        ("footer_too_long", "footer_text"),
        ("button_unsupported", "buttons.0"),
    ]


def test_edit_is_not_held_to_a_name_that_it_cannot_change():
    row = PLAIN | LANGUAGE | {"name": None, "meta_template_name": "a" * 512}
    assert found(problems_of(draft_of(row))) == [("name_too_long", "name")]
    assert found(content_problems_of(draft_of(row))) == []


def test_key_of_a_sample_that_may_be_a_number_is_not_repeated():
    draft = drafted({"sample_values": {"1": "Ana", "+52 55 1234 5678": "Ana"}})
    assert found(problems_of(draft)) == [("sample_unexpected", "sample_values")]


# What an operator or a caller may have put there: any JSON, and all that the table has.
words = st.text(max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
examples = [*(rule.refused for rule in RULES), *(rule.accepted for rule in RULES), *TAKEN.values()]
texts = st.text(alphabet="{}1a_ *\n.¡🎉Á", max_size=30) | st.text(max_size=30)


def odd(name):
    """Return values of one field: those of the table, or anything."""
    return st.sampled_from([row[name] for row in examples if name in row]) | anything


ROWS = st.fixed_dictionaries(
    {
        "name": odd("name"),
        "category": odd("category"),
        "language": st.just("es_MX"),
        "parameter_format": st.sampled_from(["positional", "named"]) | anything,
        "header_format": odd("header_format"),
        "header_text": odd("header_text") | texts,
        "header_media": odd("header_media"),
        "body_text": odd("body_text") | texts,
        "footer_text": odd("footer_text") | texts,
        "buttons": odd("buttons"),
        "sample_values": odd("sample_values"),
    }
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(row=ROWS)
def test_no_draft_is_too_odd_to_be_judged(row):
    draft = draft_of(row)
    problems = problems_of(draft)
    for problem in [*problems, *warnings_of(draft)]:
        assert problem.code
        assert problem.detail
    preview_of(draft)
    if not problems:
        assert creation_body(draft, "a", "4::aW")["components"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.builds(
        TemplateDraft,
        **dict.fromkeys(["name", "category", "language", "parameter_format", "body_text"], texts),
        **dict.fromkeys(["header_format", "header_text", "footer_text"], st.none() | texts),
        header_media=anything,
        buttons=st.lists(anything, max_size=2),
        sample_values=st.dictionaries(texts, anything, max_size=2),
    )
)
def test_no_text_is_too_odd_to_be_judged(draft):
    problems_of(draft)
    warnings_of(draft)


def test_page_shows_the_cases():
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page
    assert rules_table() in page
    assert warnings_table() in page


def test_page_names_every_code_that_can_be_said():
    said = {
        code
        for path in (ROOT / "shared/rules").glob("template_*.py")
        for code in re.findall(r'FormProblem\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert said == {rule.code for rule in RULES} | {case[0] for case in WARNINGS}
