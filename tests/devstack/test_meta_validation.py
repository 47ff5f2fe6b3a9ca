"""Which sends Meta's simulator refuses, and with which code."""

import pytest

from tests.devstack.meta_harness import body_component, message, running_meta


@pytest.fixture
def meta():
    with running_meta() as running:
        yield running


@pytest.mark.parametrize(
    ("to", "wa_id"),
    [
        ("+525512345678", "5215512345678"),
        ("+5215512345678", "5215512345678"),
        ("+52 (55) 1234-5678", "5215512345678"),
        ("5512345678", "5215512345678"),
        ("525512345678", "52525512345678"),
        ("+12025550123", "12025550123"),
    ],
)
def test_number_is_reported_as_whatsapp_writes_it(meta, to, wa_id):
    assert meta.send(message(to=to)).json()["contacts"] == [{"input": to, "wa_id": wa_id}]


def components(*parts):
    return message(template__components=list(parts))


def button(**changes):
    parameter = {"type": "payload", "payload": "BAJA"}
    part = {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [parameter]}
    return components(body_component("Ana"), part | changes)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (message(), 0),
        (["no object"], 100),
        (message(messaging_product=None), 100),
        (message(recipient_type="group"), 131009),
        (message(to=None), 100),
        (message(to="+52 55 ABCD"), 131009),
        (message(to="+5255"), 131009),
        (message(to="+52\u0665512345678"), 131009),
        (message(type="image"), 131051),
        (message(biz_opaque_callback_data="x" * 512), 0),
        (message(biz_opaque_callback_data="x" * 513), 100),
        (message(template=None), 131008),
        (message(template__name=None), 131008),
        (message(template__language=None), 131008),
        (message(template__language__policy="fallback"), 131009),
        (message(template__name="unknown"), 132001),
        (message(template__language__code="es"), 132001),
        (message(template__components="none"), 100),
        (components(body_component("Ana", "Luis")), 132000),
        (components({"type": "footer"}), 131009),
        (components({"type": ["body"]}), 131009),
        (components(body_component("")), 131008),
        (components(body_component(" ")), 131008),
        (components(body_component("a\nb")), 132018),
        (components(body_component("a\tb")), 132018),
        (components(body_component("a     b")), 132018),
        (components(body_component("a    b")), 0),
        (components(body_component("x" * 1024)), 0),
        (components(body_component("x" * 1025)), 132005),
        (components({"type": "body", "parameters": [{"type": "currency"}]}), 132012),
        (components({"type": "header", "parameters": [{"type": "image"}]}), 132000),
        (button(), 0),
        (button(index="first"), 131009),
        (button(sub_type="phone"), 131009),
        (button(parameters=[]), 131008),
        (button(parameters=[{"type": "payload", "payload": "x" * 257}]), 131009),
        (message(type="text", text={"body": "Gracias"}), 131051),
    ],
)
def test_requests_are_checked_as_strictly_as_by_meta(meta, body, code):
    assert meta.code(body) == code


@pytest.mark.parametrize(
    ("header", "parameters", "code"),
    [
        ("IMAGE", [{"type": "image", "image": {"id": "1"}}], 0),
        ("IMAGE", [{"type": "image", "image": {"id": "1", "link": "https://x.mx/a"}}], 131009),
        ("IMAGE", [{"type": "video", "video": {"id": "1"}}], 132012),
        ("IMAGE", [], 132012),
        ("TEXT", [{"type": "text", "text": "Ana"}], 0),
        ("TEXT", [{"type": "text", "text": ""}], 131008),
    ],
)
def test_header_must_fit_the_template(meta, header, parameters, code):
    meta.order("templates", name="promo_v1", language="es_MX", header=header)
    assert meta.code(components({"type": "header", "parameters": parameters})) == code


@pytest.mark.parametrize(
    ("name", "code"), [("nombre", 0), ("apellido", 100), (None, 100), (["nombre"], 100)]
)
def test_named_parameters_need_their_names(meta, name, code):
    meta.order("templates", name="promo_v1", language="es_MX", parameters=["nombre"])
    assert meta.code(components(body_component("Ana", parameter_name=name))) == code


def test_fixed_text_of_the_body_counts_towards_its_length(meta):
    meta.order("templates", name="promo_v1", language="es_MX", parameters=1, fixed_length=1022)
    assert meta.code() == 132005


@pytest.mark.parametrize(
    ("status", "code"), [("PAUSED", 132015), ("DISABLED", 132016), ("PENDING", 132001)]
)
def test_only_approved_templates_are_sent(meta, status, code):
    meta.order("templates", name="promo_v1", language="es_MX", parameters=1, status=status)
    assert meta.code() == code
