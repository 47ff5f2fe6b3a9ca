from contextlib import suppress
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.rules.template_draft import draft_of, with_changes
from shared.rules.template_requests import parse_template_edit, parse_template_request
from tests.template_form_cases import CAMPAIGN, PLAIN

PROPER = {"campaign_id": str(CAMPAIGN), **PLAIN}


def asked(**changes):
    return parse_template_request(PROPER | changes)


def refused(parse, body):
    with pytest.raises(InvalidInput) as caught:
        parse(body)
    return caught.value.code, caught.value.field


def test_proper_request_is_read():
    request = asked(buttons=[{"type": "quick_reply", "text": " BAJA ", "payload": ""}])
    assert (request.campaign_id, request.dry_run) == (CAMPAIGN, False)
    assert request.draft.as_json() == {
        "name": "invitacion_mitin",
        "category": "MARKETING",
        "language": "es_MX",
        "parameter_format": "positional",
        "header_format": None,
        "header_text": None,
        "header_media": None,
        "body_text": "Hola {{1}}, te esperamos este sábado en el mercado.",
        "footer_text": "Responde BAJA para no recibir más mensajes",
        "buttons": [{"type": "QUICK_REPLY", "text": "BAJA"}],
        "sample_values": {"1": "Ana"},
    }


def test_dry_run_is_asked_for():
    assert asked(dry_run=True).dry_run
    assert not asked(dry_run=None).dry_run


def test_text_is_trimmed_and_its_lines_end_alike_and_nothing_else_changes():
    draft = asked(body_text=" Hola {{1}},\r\n te  espero\r\n\r\nhoy.\r ").draft
    assert draft.body_text == "Hola {{1}},\n te  espero\n\nhoy."


@pytest.mark.parametrize("word", [None, "NONE", "none", ""])
def test_no_header_has_several_words(word):
    assert asked(header_format=word).draft.header_format is None


@pytest.mark.parametrize("media", [None, {}, {"id": None, "link": None}])
def test_no_file_has_several_forms(media):
    assert asked(header_media=media).draft.header_media is None


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"body_text": "Hola {{1}}"}, "positional"),
        ({"body_text": "Hola {{nombre}}"}, "named"),
        ({"body_text": "Hola"}, "positional"),
        ({"body_text": "Hola {{nombre}} y {{1}}"}, "named"),
        ({"body_text": "Hola", "header_text": "{{dia}}"}, "named"),
        ({"body_text": "Hola", "buttons": [{"type": "URL", "url": "x/{{ruta}}"}]}, "named"),
        ({"body_text": "{{1}}", "buttons": [{"type": "URL", "url": "x/{{ruta}}"}]}, "positional"),
        ({"body_text": "{{a}}", "buttons": [{"type": "URL", "url": "x/{{1}}"}]}, "named"),
    ],
)
def test_variables_tell_their_format(texts, expected):
    assert asked(**texts).draft.parameter_format == expected


@pytest.mark.parametrize("name", ["name", "category", "body_text", "campaign_id"])
def test_required_field_is_missed(name):
    assert refused(parse_template_request, PROPER | {name: None}) == ("field_missing", name)
    without = {key: value for key, value in PROPER.items() if key != name}
    assert refused(parse_template_request, without) == ("field_missing", name)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"campaign_id": "1"}, "id_invalid", "campaign_id"),
        ({"name": 5}, "text_expected", "name"),
        ({"name": "a\x00"}, "text_invalid", "name"),
        ({"body_text": "a" * 16_385}, "text_too_long", "body_text"),
        ({"body_txt": "a"}, "field_unknown", "body_txt"),
        ({"+525512345678": "a"}, "field_unknown", ""),
        ({"carousel": []}, "field_unknown", "carousel"),
        ({"limited_time_offer": {}}, "field_unknown", "limited_time_offer"),
        ({"dry_run": "yes"}, "boolean_expected", "dry_run"),
        ({"header_media": "77"}, "object_expected", "header_media"),
        ({"header_media": {"id": 77}}, "text_expected", "header_media.id"),
        ({"header_media": {"latitude": True}}, "text_expected", "header_media.latitude"),
        ({"header_media": {"handle": "4::"}}, "field_unknown", "header_media.handle"),
        ({"buttons": {}}, "list_expected", "buttons"),
        ({"buttons": ["URL"]}, "object_expected", "buttons.0"),
        ({"buttons": [{"type": 5}]}, "text_expected", "buttons.0.type"),
        ({"buttons": [{"type": "URL", "example": []}]}, "field_unknown", "buttons.0.example"),
        ({"buttons": [{"type": "URL", "url": 5}]}, "text_expected", "buttons.0.url"),
        ({"sample_values": []}, "object_expected", "sample_values"),
        ({"sample_values": {"1": 5}}, "text_expected", "sample_values.1"),
    ],
)
def test_wrong_type_is_refused_where_it_is(changes, code, field):
    assert refused(parse_template_request, PROPER | changes) == (code, field)


def test_what_has_no_place_here_is_refused_with_a_reason():
    with pytest.raises(InvalidInput) as caught:
        asked(carousel=[])
    assert "carrusel" in caught.value.detail


def test_edit_changes_what_it_names_alone():
    draft = asked(header_format="TEXT", header_text="Aviso").draft
    changes = parse_template_edit({"header_text": " Gran aviso ", "footer_text": None})
    changed = with_changes(draft, changes)
    assert changed.header_text == "Gran aviso"
    assert changed.footer_text is None
    assert (changed.body_text, changed.sample_values) == (draft.body_text, draft.sample_values)
    assert with_changes(draft, parse_template_edit({})) == draft


def test_edit_may_rename_its_variables():
    changes = parse_template_edit({"body_text": "Hola {{nombre}}, te esperamos."})
    assert with_changes(asked().draft, changes).parameter_format == "named"


def test_edit_without_variables_keeps_the_format_that_meta_knows():
    named = asked(body_text="Hola {{nombre}}").draft
    assert with_changes(named, {"body_text": "Hola"}).parameter_format == "named"


def test_edit_may_be_only_a_trial():
    changes = parse_template_edit({"dry_run": True})
    assert changes == {"dry_run": True}
    assert with_changes(asked().draft, changes) == asked().draft


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"name": "otro"}, "field_unknown", "name"),
        ({"language": "en"}, "field_unknown", "language"),
        ({"campaign_id": str(uuid4())}, "field_unknown", "campaign_id"),
        ({"body_text": None}, "field_missing", "body_text"),
        ({"category": None}, "field_missing", "category"),
        ([], "object_expected", ""),
    ],
)
def test_edit_refuses_what_it_cannot_change(body, code, field):
    assert refused(parse_template_edit, body) == (code, field)


def test_row_becomes_the_draft_that_made_it():
    draft = asked(
        header_format="IMAGE",
        header_media={"id": "77"},
        buttons=[{"type": "QUICK_REPLY", "text": "BAJA", "payload": "BAJA"}],
    ).draft
    row = draft.as_json() | {"id": str(uuid4()), "version": 3, "meta_template_name": "x"}
    assert draft_of(row) == draft


def test_row_of_an_operator_has_metas_name():
    draft = draft_of({"name": None, "meta_template_name": "aviso", "buttons": None})
    assert (draft.name, draft.buttons, draft.sample_values) == ("aviso", [], {})


words = st.text(max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2),
    max_leaves=4,
)
FIELDS = sorted(
    {
        *PROPER,
        *{"language", "header_format", "header_text", "header_media", "buttons", "dry_run"},
    }
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.dictionaries(st.sampled_from(FIELDS), anything))
def test_no_json_is_too_odd_to_be_read_or_refused(changes):
    for parse, body in ((parse_template_request, PROPER | changes), (parse_template_edit, changes)):
        with suppress(InvalidInput):
            parse(body)
