"""What Meta's simulator makes of templates that are created, edited and deleted."""

import pytest

from tests.devstack.meta_harness import TOKEN, running_meta
from tests.devstack.meta_templates import (
    DRAFT,
    NAMED,
    OTHER_WABA,
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
