"""What Meta's simulator makes of templates that are created, edited and deleted."""

import pytest

from tests.devstack.meta_harness import (
    NUMBER,
    OTHER_NUMBER,
    TOKEN,
    body_component,
    message,
    running_meta,
)
from tests.devstack.meta_templates import (
    DAY,
    DRAFT,
    NAMED,
    OTHER_WABA,
    WABA,
    Account,
    draft,
    refusal,
)

TAKEN, BEING_DELETED, NOT_FOUND, FIXED = 2388024, 2388023, 2593002, 2388039
OK = (0, 0)


@pytest.fixture
def meta():
    with running_meta() as running:
        yield running


@pytest.fixture
def account(meta):
    return Account(meta, TOKEN)


def test_template_is_pending_until_it_is_reviewed(account, meta):
    answer = account.create().json()
    assert answer == {"id": answer["id"], "status": "PENDING", "category": "MARKETING"}
    assert account.node(answer["id"], fields="status")["status"] == "PENDING"
    meta.now += 60
    assert account.node(answer["id"], fields="status")["status"] == "APPROVED"
    [submission] = meta.look("submissions")
    assert (submission["change"], submission["name"]) == ("create", "invitacion_v1")


def test_template_shows_its_components_as_they_were_given(account):
    template_id = account.created(NAMED)
    node = account.node(template_id, fields="name,components,parameter_format,rejected_reason")
    assert node["components"] == NAMED["components"]
    assert (node["parameter_format"], node["rejected_reason"]) == ("NAMED", "NONE")


def test_name_that_is_taken_is_refused_in_this_language_and_account(account, meta):
    account.created()
    refused = account.create()
    assert refused.status_code == 400
    assert refusal(refused) == (100, TAKEN)
    assert refused.json()["error"]["error_user_title"] == "Content in This Language Already Exists"
    assert refusal(account.create(draft(language="es"))) == OK
    assert refusal(Account(meta, TOKEN, OTHER_WABA).create()) == OK
    assert len(meta.look("submissions")) == 3


def test_account_lists_its_own_templates_by_part_of_their_name(account, meta):
    other = Account(meta, TOKEN, OTHER_WABA)
    for name in ("abc_1", "abc_12", "xabc_1"):
        account.created(draft(name=name))
    other.created(draft(name="abc_1_otra"))
    assert account.listed(name="abc_1") == ["abc_1", "abc_12", "xabc_1"]
    assert account.listed(name="abc_1", limit="2") == ["abc_1", "abc_12"]
    assert other.listed(name="abc") == ["abc_1_otra"]
    assert other.listed() == ["promo_v1", "abc_1_otra"]  # registered silently, for every account


HEADER_EXAMPLE = {"header_text": ["Ana"]}
BODY_EXAMPLE = {"body_text": [["Ana"]]}


def body(text, **example):
    return draft(BODY={"text": text} | ({"example": example} if example else {}))


def buttons(*given):
    return draft(BUTTONS={"buttons": list(given)})


QUICK, URL, PHONE, CODE = DRAFT["components"][3]["buttons"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (DRAFT, OK),
        (NAMED, OK),
        (draft(name="x" * 512), OK),
        (draft(name="x" * 513), (100, 0)),
        (draft(name="Promo"), (100, 0)),
        (draft(name="promo-1"), (100, 0)),
        (draft(name=None), (100, 0)),
        (draft(language="español"), (100, 0)),
        (draft(category="PROMO"), (100, 0)),
        (draft(components=None), (100, 0)),
        (draft(components=[]), (100, 0)),
        (draft(parameter_format="loose"), (100, 0)),
        (draft(BODY=None), (100, 0)),
        (draft(CAROUSEL={}), (100, 0)),
        (draft(HEADER={"format": "GIF"}), (100, 0)),
        (draft(HEADER={"format": "LOCATION"}), OK),
        (draft(HEADER={"format": "TEXT", "text": "x" * 61}), (100, 2388040)),
        (draft(HEADER={"format": "TEXT", "text": "Hola {{1}}"}), (100, 2388043)),
        (draft(HEADER={"format": "TEXT", "text": "Hola\nAna"}), (100, 2388047)),
        (draft(HEADER={"format": "TEXT", "text": "*Hola*"}), (100, 2388047)),
        (draft(HEADER={"format": "TEXT", "text": "{{1}} y {{2}}"}), (100, 2388047)),
        (draft(HEADER={"format": "IMAGE"}), (100, 2388043)),
        (
            draft(HEADER={"format": "IMAGE", "example": {"header_handle": ["4::none"]}}),
            (100, 0),
        ),
        (body("x" * 1024), OK),
        (body("x" * 1025), (100, 2388040)),
        (body("{{1}} te espero", body_text=[["Ana"]]), (100, 2388299)),
        (body("Te espero {{1}}", body_text=[["Ana"]]), (100, 2388299)),
        (body("Hola {{1}}, te espero"), (100, 2388043)),
        (body("Hola {{1}}, te espero", body_text=[["Ana", "Luis"]]), (100, 2388043)),
        (body("Hola {{1}}, te espero", body_text=["Ana"]), (100, 2388043)),
        (body("Hola {{2}}, te espero", body_text=[["Ana"]]), (100, 2388072)),
        (body("Hola {{nombre}}, ven", body_text=[["Ana"]]), (100, 2388072)),
        (body("Ven {{1}} {{2}} {{3}} ya", body_text=[["a", "b", "c"]]), (100, 2388293)),
        (draft(NAMED, parameter_format="positional"), (100, 2388072)),
        (draft(FOOTER={"text": "x" * 61}), (100, 2388040)),
        (draft(FOOTER={"text": "Hola {{1}}"}), (100, 2388073)),
        (buttons(), (100, 0)),
        (buttons(*[QUICK] * 11), (100, 0)),
        (buttons(URL, URL), OK),
        (buttons(URL, URL, URL), (100, 0)),
        (buttons(PHONE, PHONE), (100, 0)),
        (buttons(QUICK, URL, QUICK), (100, 0)),
        (buttons(URL, QUICK, QUICK), OK),
        (buttons(QUICK | {"text": "x" * 26}), (100, 0)),
        (buttons({"type": "URL", "text": "Ver", "url": "https://x.mx/{{1}}"}), (100, 2388043)),
        (buttons(URL | {"url": "https://{{1}}.mx/"}), (100, 0)),
        (buttons(URL | {"url": "https://x.mx/{{1}}/a"}), (100, 0)),
        (buttons(URL | {"url": "x.mx"}), (100, 0)),
        (buttons(PHONE | {"phone_number": "55 1234"}), (100, 0)),
        (buttons({"type": "COPY_CODE"}), (100, 2388043)),
        (buttons(CODE | {"example": "X" * 16}), (100, 0)),
        (buttons({"type": "CATALOG", "text": "Ver"}), (100, 0)),
    ],
)
def test_drafts_are_checked_as_by_meta(account, meta, given, expected):
    assert refusal(account.create(given)) == expected
    assert len(meta.look("submissions")) == (expected == OK)


def test_sample_of_a_header_must_have_been_uploaded(account):
    example = {"header_handle": [account.uploaded()]}
    assert refusal(account.create(draft(HEADER={"format": "IMAGE", "example": example}))) == OK


# Edits and deletions.


def test_edit_replaces_the_components_and_is_reviewed_again(account, meta):
    template_id = account.approved()
    components = [{"type": "BODY", "text": "Nos vemos el sábado."}]
    assert account.edit(template_id, components=components).json() == {"success": True}
    node = account.node(template_id, fields="status,components")
    assert (node["status"], node["components"]) == ("PENDING", components)
    meta.now += 60
    assert account.node(template_id, fields="status")["status"] == "APPROVED"


def test_template_under_review_is_not_edited(account):
    template_id = account.created()
    assert refusal(account.edit(template_id, category="UTILITY")) == (100, FIXED)


@pytest.mark.parametrize(
    ("times", "pause", "expected"), [(1, 60, FIXED), (9, DAY, 0), (10, DAY, FIXED)]
)
def test_approved_template_is_edited_once_a_day_and_ten_times_a_month(
    account, meta, times, pause, expected
):
    template_id = account.approved()
    components = [{"type": "BODY", "text": "Nos vemos el sábado."}]
    for _ in range(times):
        assert refusal(account.edit(template_id, components=components)) == OK
        meta.now += pause
    assert refusal(account.edit(template_id, components=components))[1] == expected
    if expected:
        meta.now += 31 * DAY
        assert refusal(account.edit(template_id, components=components)) == OK


@pytest.mark.parametrize("status", ["REJECTED", "PAUSED"])
def test_template_that_does_not_send_is_edited_at_will(account, meta, status):
    template_id = account.approved()
    for _ in range(3):
        meta.order("templates", name="invitacion_v1", language="es_MX", status=status)
        assert refusal(account.edit(template_id, category="UTILITY")) == OK


def test_category_of_an_approved_template_stays(account):
    template_id = account.approved()
    assert refusal(account.edit(template_id, category="UTILITY"))[0] == 100
    assert refusal(account.edit(template_id))[0] == 100
    assert refusal(account.edit("12345", category="UTILITY")) == (100, NOT_FOUND)


def test_edit_is_checked_as_a_new_template_is(account):
    template_id = account.approved(NAMED)
    components = [{"type": "BODY", "text": "Hola {{1}}, ven", "example": {"body_text": [["Ana"]]}}]
    assert refusal(account.edit(template_id, components=components)) == (100, 2388072)


def test_deleted_name_is_reserved_for_thirty_days_if_it_was_ever_approved(account, meta):
    template_id = account.approved()
    assert account.delete(hsm_id=template_id, name="invitacion_v1").json() == {"success": True}
    assert account.listed() == ["promo_v1"]
    assert refusal(account.create()) == (100, BEING_DELETED)
    meta.now += 30 * DAY
    assert account.created() != template_id


def test_deleted_name_that_was_never_approved_is_free_at_once(account):
    template_id = account.created()
    assert refusal(account.delete(hsm_id=template_id, name="invitacion_v1")) == OK
    assert refusal(account.create()) == OK


def test_deletion_by_id_leaves_the_other_languages(account):
    template_id = account.created()
    account.created(draft(language="es"))
    assert refusal(account.delete(hsm_id=template_id, name="otra")) == (100, NOT_FOUND)
    assert refusal(account.delete(hsm_id=template_id, name="invitacion_v1")) == OK
    assert refusal(account.delete(hsm_id=template_id, name="invitacion_v1")) == (100, NOT_FOUND)
    assert account.listed(name="invitacion") == ["invitacion_v1"]
    assert refusal(account.delete(name="invitacion_v1")) == OK
    assert account.listed(name="invitacion") == []


def test_disabled_template_cannot_be_deleted(account, meta):
    template_id = account.approved()
    meta.order("templates", name="invitacion_v1", language="es_MX", status="DISABLED")
    assert refusal(account.delete(hsm_id=template_id, name="invitacion_v1")) == (100, FIXED)
    assert account.listed(name="invitacion") == ["invitacion_v1"]


def test_template_changed_silently_keeps_its_id_and_the_rest(account, meta):
    template_id = account.approved()
    components = [{"type": "BODY", "text": "Otro texto"}]
    order = {"name": "invitacion_v1", "language": "es_MX", "components": components}
    meta.order("templates", **order)
    node = account.node(template_id, fields="status,components,category")
    assert node == {
        "status": "APPROVED",
        "components": components,
        "category": "MARKETING",
        "id": template_id,
    }


# What a template asks of its messages.

HEADER_PART = {"type": "header", "parameters": [{"type": "text", "text": "Ana"}]}
BODY_PART = body_component("sábado", "la plaza")
LINK = {
    "type": "button",
    "sub_type": "url",
    "index": "1",
    "parameters": [{"type": "text", "text": "abc"}],
}
CODE_PART = {
    "type": "button",
    "sub_type": "copy_code",
    "index": "3",
    "parameters": [{"type": "coupon_code", "coupon_code": "VOTO24"}],
}
REPLY = {
    "type": "button",
    "sub_type": "quick_reply",
    "index": "0",
    "parameters": [{"type": "payload", "payload": "BAJA"}],
}
LONG_CODE = CODE_PART | {"parameters": [{"type": "coupon_code", "coupon_code": "X" * 16}]}


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([HEADER_PART, BODY_PART, LINK, CODE_PART], 0),
        ([HEADER_PART, BODY_PART, LINK, CODE_PART, REPLY], 0),
        ([BODY_PART, LINK, CODE_PART], 132012),
        ([HEADER_PART, LINK, CODE_PART], 132000),
        ([HEADER_PART, BODY_PART, CODE_PART], 131008),
        ([HEADER_PART, BODY_PART, LINK], 131008),
        ([HEADER_PART, BODY_PART, LINK, LONG_CODE], 131009),
        ([HEADER_PART, BODY_PART, LINK, CODE_PART, REPLY | {"index": "1"}], 132018),
        ([HEADER_PART, BODY_PART, LINK, CODE_PART, LINK | {"index": "2"}], 132018),
        ([HEADER_PART, BODY_PART, LINK, CODE_PART, REPLY | {"index": "4"}], 132018),
    ],
)
def test_message_carries_what_its_template_asks_for(account, meta, parts, code):
    account.approved()
    sent = message(template__name="invitacion_v1", template__components=parts)
    assert meta.code(sent) == code


def test_missing_link_is_named_as_meta_names_it(account, meta):
    account.approved()
    parts = [HEADER_PART, BODY_PART, CODE_PART]
    answer = meta.send(message(template__name="invitacion_v1", template__components=parts))
    details = "buttons: Button at index 1 of type Url requires a parameter"
    assert answer.json()["error"]["error_data"]["details"] == details


@pytest.mark.parametrize(("name", "code"), [("nombre", 0), ("otro", 100), (None, 100)])
def test_named_header_and_body_want_their_names(account, meta, name, code):
    header = {
        "format": "TEXT",
        "text": "Hola {{nombre}}",
        "example": {"header_text_named_params": [{"param_name": "nombre", "example": "Ana"}]},
    }
    account.approved(draft(NAMED, HEADER=header))
    given = {"parameter_name": name} if name else {}
    parts = [
        {"type": "header", "parameters": [{"type": "text", "text": "Ana"} | given]},
        body_component("Ana", parameter_name="nombre"),
    ]
    assert meta.code(message(template__name="saludo_v1", template__components=parts)) == code


def test_template_is_sent_only_once_it_is_approved_and_by_its_own_account(account, meta):
    parts = [HEADER_PART, BODY_PART, LINK, CODE_PART]
    sent = message(template__name="invitacion_v1", template__components=parts)
    account.created()
    assert meta.code(sent) == 132001
    meta.now += 60
    assert meta.code(sent) == 0
    meta.order("numbers", id=OTHER_NUMBER, waba_id=OTHER_WABA)
    assert meta.code(sent, number=OTHER_NUMBER) == 132001
    meta.order("numbers", id=NUMBER, waba_id=WABA)
    assert meta.code(sent) == 0
