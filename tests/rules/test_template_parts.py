import pytest

from shared.messages import Template
from shared.rules.payloads import (
    ButtonError,
    CodeError,
    EmptyParameterError,
    HeaderError,
    ParameterNamesError,
)
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
        {"body_text": "".join(f"{{{{{n}}}}}" for n in range(1, 11))},
        {str(n): f"v{n}" for n in (10, 9, 2, 1, 3, 4, 5, 6, 7, 8)},
        [body(*(f"v{n}" for n in range(1, 11)))],
    ),
    "header with a position of its own": (
        {"header_format": "TEXT", "header_text": "Para {{1}}"},
        {"1": "Ana", "header": "ti"},
        [{"type": "header", "parameters": texts("ti")}, body("Ana")],
    ),
    "header with a name": (
        {
            "header_format": "TEXT",
            "header_text": "Para {{ quien }}",
            "parameter_format": "named",
            "body_text": "Nos vemos en {{lugar}}",
        },
        {"quien": "Ana", "lugar": "Plaza"},
        [
            {"type": "header", "parameters": [named("quien", "Ana")]},
            {"type": "body", "parameters": [named("lugar", "Plaza")]},
        ],
    ),
    "header and body with one name": (
        {
            "header_format": "TEXT",
            "header_text": "{{quien}}, escucha",
            "parameter_format": "named",
            "body_text": "Hola {{quien}}",
        },
        {"quien": "Ana"},
        [
            {"type": "header", "parameters": [named("quien", "Ana")]},
            {"type": "body", "parameters": [named("quien", "Ana")]},
        ],
    ),
    "body's variable that is called header": (
        {"parameter_format": "named", "body_text": "Hola {{header}}"},
        {"header": "Ana"},
        [{"type": "body", "parameters": [named("header", "Ana")]}],
    ),
    "place": (
        {
            "body_text": "Te esperamos",
            "header_format": "LOCATION",
            "header_media": {"latitude": 19.4, "longitude": "-99", "name": "a", "address": "b"},
        },
        {},
        [
            {
                "type": "header",
                "parameters": [
                    {
                        "type": "location",
                        "location": {
                            "latitude": "19.400000",
                            "longitude": "-99",
                            "name": "a",
                            "address": "b",
                        },
                    }
                ],
            }
        ],
    ),
    "link with a name": (
        {
            "parameter_format": "named",
            "body_text": "Mira",
            "buttons": [{"type": "url", "url": "https://example.mx/{{ruta}}", "text": "Ver"}],
        },
        {"button.0": "mitin"},
        [
            {
                "type": "button",
                "sub_type": "url",
                "index": "0",
                "parameters": [named("ruta", "mitin")],
            }
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
                {"type": "COPY_CODE"},
            ]
        },
        {"1": "Ana", "button.0": "mitin", "button.4": "250FF"},
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
            {
                "type": "button",
                "sub_type": "copy_code",
                "index": "4",
                "parameters": [{"type": "coupon_code", "coupon_code": "250FF"}],
            },
        ],
    ),
}


@pytest.mark.parametrize(("changes", "params", "components"), CASES.values(), ids=CASES)
def test_template_gets_its_parts(changes, params, components):
    assert components_of(Template(**(PLAIN | changes)), params) == components


LINK = {"type": "URL", "url": "https://example.mx/{{1}}", "text": "Ver"}
UNFIT = {
    "empty value": (EmptyParameterError, {}, {"1": ""}),
    "empty end of a link": (
        EmptyParameterError,
        {"buttons": [LINK]},
        {"1": "Ana", "button.0": " "},
    ),
    "value missing": (ParameterNamesError, {}, {}),
    "value too many": (ParameterNamesError, {}, {"1": "Ana", "2": "María"}),
    "gap": (ParameterNamesError, {"body_text": "{{1}} {{3}}"}, {"1": "Ana", "3": "hueco"}),
    "name among numbers": (ParameterNamesError, {"body_text": "{{nombre}}"}, {"nombre": "Ana"}),
    "header's value missing": (ParameterNamesError, {"header_text": "Para {{1}}"}, {"1": "Ana"}),
    "link's value missing": (ParameterNamesError, {"buttons": [LINK]}, {"1": "Ana"}),
    "two names in the header": (
        HeaderError,
        {"parameter_format": "named", "body_text": "Hola", "header_text": "{{a}} {{b}}"},
        {"a": "1", "b": "2"},
    ),
    "two positions in the header": (
        HeaderError,
        {"body_text": "Hola", "header_text": "{{1}} {{2}}"},
        {"header": "Ana"},
    ),
    "image without media": (HeaderError, {"header_format": "IMAGE"}, {"1": "Ana"}),
    "image whose id is a number": (
        HeaderError,
        {"header_format": "IMAGE", "header_media": {"id": 77}},
        {"1": "Ana"},
    ),
    "map without a place": (HeaderError, {"header_format": "LOCATION"}, {"1": "Ana"}),
    "degrees that are true": (
        HeaderError,
        {
            "header_format": "LOCATION",
            "header_media": {"latitude": True, "longitude": 0, "name": "a", "address": "b"},
        },
        {"1": "Ana"},
    ),
    "media without a header": (HeaderError, {"header_media": {"id": "77"}}, {"1": "Ana"}),
    "button of another kind": (ButtonError, {"buttons": [{"type": "FLOW"}]}, {"1": "Ana"}),
    "code missing": (ParameterNamesError, {"buttons": [{"type": "COPY_CODE"}]}, {"1": "Ana"}),
    "code with an accent": (
        CodeError,
        {"buttons": [{"type": "COPY_CODE"}]},
        {"1": "Ana", "button.0": "JOSÉ"},
    ),
    "button that is none": (ButtonError, {"buttons": ["URL"]}, {"1": "Ana"}),
    "buttons that are no list": (ButtonError, {"buttons": {}}, {"1": "Ana"}),
    "quick reply without a text": (
        ButtonError,
        {"buttons": [{"type": "QUICK_REPLY"}]},
        {"1": "Ana"},
    ),
    "link that goes on": (
        ButtonError,
        {"buttons": [LINK | {"url": "https://example.mx/{{1}}/a"}]},
        {"1": "Ana", "button.0": "a"},
    ),
}


@pytest.mark.parametrize(("error", "changes", "params"), UNFIT.values(), ids=UNFIT)
def test_template_that_cannot_be_filled_sends_nothing(error, changes, params):
    with pytest.raises(error):
        components_of(Template(**(PLAIN | changes)), params)
