import pytest

from shared.queue import Template
from shared.rules.payloads import PayloadError
from shared.rules.template_parts import components_of

PLAIN = {
    "name": "saludo",
    "language": "es_MX",
    "parameter_format": "positional",
    "header_format": None,
    "header_text": None,
    "header_media": None,
    "body_text": "Hola {{1}}",
    "buttons": [],
}


def texts(*values):
    return [{"type": "text", "text": value} for value in values]


def body(*values):
    return {"type": "body", "parameters": texts(*values)}


def named(name, value):
    return {"type": "text", "parameter_name": name, "text": value}


CASES = {
    "nothing to fill in": ({"body_text": "Hola"}, {}, []),
    "fixed header": ({"header_text": "Aviso"}, {"1": "Ana"}, [body("Ana")]),
    "ten positions in order": (
        {},
        {str(n): f"v{n}" for n in (10, 9, 2, 1, 3, 4, 5, 6, 7, 8)},
        [body(*(f"v{n}" for n in range(1, 11)))],
    ),
    "header with a position of its own": (
        {"header_format": "TEXT", "header_text": "Para {{1}}"},
        {"1": "Ana", "header": "ti"},
        [{"type": "header", "parameters": texts("ti")}, body("Ana")],
    ),
    "header with a name": (
        {"header_format": "TEXT", "header_text": "Para {{ quien }}", "parameter_format": "named"},
        {"quien": "Ana", "lugar": "Plaza"},
        [
            {"type": "header", "parameters": [named("quien", "Ana")]},
            {"type": "body", "parameters": [named("lugar", "Plaza")]},
        ],
    ),
    "image": (
        {"header_format": "IMAGE", "header_media": {"id": "77"}},
        {"1": "Ana"},
        [
            {"type": "header", "parameters": [{"type": "image", "image": {"id": "77"}}]},
            body("Ana"),
        ],
    ),
    "buttons": (
        {
            "buttons": [
                {"type": "URL", "url": "https://example.mx/{{1}}", "text": "Ver"},
                {"type": "QUICK_REPLY", "text": "BAJA"},
                {"type": "QUICK_REPLY", "text": "Sí", "payload": "asiste"},
                {"type": "PHONE_NUMBER", "text": "Llamar"},
            ]
        },
        {"1": "Ana", "button.0": "mitin"},
        [
            body("Ana"),
            {"type": "button", "sub_type": "url", "index": "0", "parameters": texts("mitin")},
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "1",
                "parameters": [{"type": "payload", "payload": "BAJA"}],
            },
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "2",
                "parameters": [{"type": "payload", "payload": "asiste"}],
            },
        ],
    ),
}


@pytest.mark.parametrize(("changes", "params", "components"), CASES.values(), ids=CASES)
def test_template_gets_its_parts(changes, params, components):
    assert components_of(Template(**(PLAIN | changes)), params) == components


@pytest.mark.parametrize(
    ("changes", "params"),
    [
        ({}, {"1": ""}),
        ({}, {"1": "Ana", "3": "hueco"}),
        ({"header_format": "TEXT", "header_text": "Para {{quien}}"}, {"1": "Ana"}),
        (
            {"buttons": [{"type": "URL", "url": "https://example.mx/{{1}}", "text": "Ver"}]},
            {"1": "Ana", "button.0": " "},
        ),
    ],
)
def test_missing_value_sends_nothing(changes, params):
    with pytest.raises(PayloadError):
        components_of(Template(**(PLAIN | changes)), params)
