import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.message_parts import (
    CopyCode,
    MediaHeader,
    MediaKind,
    ParameterFormat,
    PlaceHeader,
    QuickReply,
    TextHeader,
    UrlSuffix,
)
from shared.rules.payloads import (
    ButtonError,
    CodeError,
    EmptyParameterError,
    HeaderError,
    ParameterNamesError,
    PayloadError,
    RecipientFormatError,
    TextTooLongError,
    components_for,
    template_message,
    text_message,
)

TO = "+525550001234"
PLACE = {
    "latitude": "37.44211676562361",
    "longitude": "-122.16155960083124",
    "name": "Philz Coffee",
    "address": "101 Forest Ave, Palo Alto, CA 94301",
}
MESSAGE_ID = "3f0c1f9e-2b7d-4c53-9a52-0a1b2c3d4e5f"


def body_texts(params, **options):
    [body] = components_for(params, **options)
    return [parameter["text"] for parameter in body["parameters"]]


def test_template_message_is_what_meta_documents():
    components = components_for(
        {"nombre": "Ana"},
        parameter_format=ParameterFormat.NAMED,
        header=MediaHeader(kind=MediaKind.IMAGE, media_id="1013859600285441"),
        buttons=[QuickReply(index=0, payload="BAJA"), UrlSuffix(index=1, suffix="sabado")],
    )
    message = template_message(
        to=TO,
        template_name="promo_v1",
        language="es_MX",
        components=components,
        message_id=MESSAGE_ID,
    )
    assert json.loads(json.dumps(message)) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": TO,
        "biz_opaque_callback_data": MESSAGE_ID,
        "type": "template",
        "template": {
            "name": "promo_v1",
            "language": {"code": "es_MX"},
            "components": [
                {
                    "type": "header",
                    "parameters": [{"type": "image", "image": {"id": "1013859600285441"}}],
                },
                {
                    "type": "body",
                    "parameters": [{"type": "text", "parameter_name": "nombre", "text": "Ana"}],
                },
                {
                    "type": "button",
                    "sub_type": "quick_reply",
                    "index": "0",
                    "parameters": [{"type": "payload", "payload": "BAJA"}],
                },
                {
                    "type": "button",
                    "sub_type": "url",
                    "index": "1",
                    "parameters": [{"type": "text", "text": "sabado"}],
                },
            ],
        },
    }


def test_template_without_variables_has_no_components():
    message = template_message(
        to=TO,
        template_name="aviso",
        language="es_MX",
        components=components_for({}),
        message_id=MESSAGE_ID,
    )
    assert message["template"] == {"name": "aviso", "language": {"code": "es_MX"}}


def test_positional_parameters_follow_their_numbers():
    params = {str(number): f"valor {number}" for number in (10, 2, 1, 3, 4, 5, 6, 7, 8, 9)}
    assert body_texts(params) == [f"valor {number}" for number in range(1, 11)]


@pytest.mark.parametrize("names", [["2"], ["1", "3"], ["0", "1"], ["01"], ["nombre"]])
def test_positional_gaps_are_refused(names):
    with pytest.raises(ParameterNamesError):
        components_for(dict.fromkeys(names, "x"))


@pytest.mark.parametrize(
    ("header", "parameter"),
    [
        (TextHeader(text="Sábado"), {"type": "text", "text": "Sábado"}),
        (
            TextHeader(text="Sábado", name="dia"),
            {"type": "text", "parameter_name": "dia", "text": "Sábado"},
        ),
        (
            MediaHeader(kind=MediaKind.VIDEO, link="https://example.mx/v.mp4"),
            {"type": "video", "video": {"link": "https://example.mx/v.mp4"}},
        ),
        (
            MediaHeader(kind=MediaKind.DOCUMENT, media_id="7", filename="plan.pdf"),
            {"type": "document", "document": {"id": "7", "filename": "plan.pdf"}},
        ),
        (PlaceHeader(**PLACE), {"type": "location", "location": PLACE}),
        (
            PlaceHeader(**PLACE | {"name": " Philz\nCoffee "}),
            {"type": "location", "location": PLACE},
        ),
    ],
)
def test_header_takes_text_media_or_a_place(header, parameter):
    assert components_for({}, header=header) == [{"type": "header", "parameters": [parameter]}]


@pytest.mark.parametrize(
    "header",
    [
        MediaHeader(kind=MediaKind.IMAGE),
        MediaHeader(kind=MediaKind.IMAGE, media_id="7", link="https://example.mx/a.jpg"),
        MediaHeader(kind=MediaKind.DOCUMENT, filename="plan.pdf"),
        PlaceHeader(**PLACE | {"latitude": "-99.13", "longitude": "19.43"}),
        PlaceHeader(**PLACE | {"longitude": "180.01"}),
        PlaceHeader(**PLACE | {"latitude": ""}),
        PlaceHeader(**PLACE | {"latitude": "nan"}),
    ],
)
def test_header_that_meta_would_refuse_is_refused(header):
    with pytest.raises(HeaderError):
        components_for({}, header=header)


@pytest.mark.parametrize("member", ["name", "address"])
def test_place_with_nothing_to_read_is_refused(member):
    with pytest.raises(EmptyParameterError):
        components_for({}, header=PlaceHeader(**PLACE | {member: "\u200b"}))


@pytest.mark.parametrize("payload", ["", "a" * 257])
def test_answer_that_meta_would_refuse_is_refused(payload):
    with pytest.raises(ButtonError):
        components_for({}, buttons=[QuickReply(index=0, payload=payload)])


def test_longest_answer_is_taken():
    [button] = components_for({}, buttons=[QuickReply(index=0, payload="a" * 256)])
    assert button["parameters"] == [{"type": "payload", "payload": "a" * 256}]


@pytest.mark.parametrize("code", ["", " ", "a" * 16, "25%OFF", "A B", "JOSÉ", "\u0661", "A\nB"])
def test_code_that_meta_would_refuse_is_refused_with_a_sentence(code):
    with pytest.raises(CodeError) as caught:
        components_for({}, buttons=[CopyCode(index=2, code=code)])
    assert "de 1 a 15 letras o números" in caught.value.notice
    assert not code.strip() or code not in str(caught.value)


@pytest.mark.parametrize("code", ["7", "aB3", "A" * 15])
def test_code_of_letters_and_digits_is_taken(code):
    [button] = components_for({}, buttons=[CopyCode(index=2, code=f" {code}\n")])
    assert button == {
        "type": "button",
        "sub_type": "copy_code",
        "index": "2",
        "parameters": [{"type": "coupon_code", "coupon_code": code}],
    }


def test_named_variable_of_a_link_is_named():
    suffix = UrlSuffix(index=0, suffix="Ana", name="customer_name")
    [button] = components_for({}, buttons=[suffix])
    assert button["parameters"] == [
        {"type": "text", "parameter_name": "customer_name", "text": "Ana"}
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Ana \n María\t", "Ana María"),
        ("a     b", "a b"),
        ("a\u00a0\u2028b\r\n", "a b"),
        ("José Ñandú 🗳️", "José Ñandú 🗳️"),
    ],
)
def test_whitespace_is_collapsed(value, expected):
    assert body_texts({"1": value}) == [expected]


@pytest.mark.parametrize("value", ["", "   ", "\n\t", "\u200b\ufeff", "\u00a0", "\x00"])
def test_parameter_with_nothing_to_show_is_refused(value):
    with pytest.raises(EmptyParameterError, match="parameter 1 is empty"):
        components_for({"1": value})


@given(st.text())
def test_parameter_is_refused_or_one_clean_line(value):
    try:
        [text] = body_texts({"1": value})
    except EmptyParameterError:
        return
    assert text.strip()
    assert not {"\n", "\t", "\r"} & set(text)
    assert "     " not in text


def test_text_message_is_what_meta_documents():
    assert text_message(to=TO, body="Hola\n¿qué tal?", message_id=MESSAGE_ID) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": TO,
        "biz_opaque_callback_data": MESSAGE_ID,
        "type": "text",
        "text": {"preview_url": False, "body": "Hola\n¿qué tal?"},
    }


def test_text_has_a_longest_length():
    text_message(to=TO, body="x" * 4096, message_id=MESSAGE_ID)
    with pytest.raises(TextTooLongError):
        text_message(to=TO, body="x" * 4097, message_id=MESSAGE_ID)


def test_empty_text_is_refused():
    with pytest.raises(EmptyParameterError):
        text_message(to=TO, body=" \n", message_id=MESSAGE_ID)


@pytest.mark.parametrize("to", ["", "5550001234", "525550001234", "+0525550001234", "+52 55", "+"])
def test_recipient_without_country_code_is_refused_and_not_named(to):
    with pytest.raises(RecipientFormatError) as caught:
        text_message(to=to, body="Hola", message_id=MESSAGE_ID)
    assert isinstance(caught.value, PayloadError)
    assert "555000" not in str(caught.value)
