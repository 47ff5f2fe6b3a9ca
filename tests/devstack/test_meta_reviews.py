"""What Meta's simulator reports about templates: reviews, categories, components, deletions."""

import pytest

from tests.devstack.meta_harness import TOKEN, listening_webhook, running_meta, wait_until
from tests.devstack.meta_templates import DRAFT, NAMED, OTHER_WABA, WABA, Account, draft

COMPONENTS = [{"type": "BODY", "text": "Nos vemos el sábado."}]


@pytest.fixture
def webhook():
    with listening_webhook() as listening:
        yield listening


@pytest.fixture
def meta(webhook):
    with running_meta(webhook.url) as running:
        yield running


@pytest.fixture
def account(meta):
    return Account(meta, TOKEN)


def told(webhook, count):
    """The first `count` changes that were reported: field and value."""
    wait_until(lambda: len(webhook.changes()) >= count)
    return [(change["field"], change["value"]) for change in webhook.changes()]


def test_approval_is_reported_by_the_account(account, meta, webhook):
    template_id = int(account.created())
    meta.now += 60
    assert told(webhook, 1) == [
        (
            "message_template_status_update",
            {
                "event": "APPROVED",
                "message_template_id": template_id,
                "message_template_name": "invitacion_v1",
                "message_template_language": "es_MX",
                "reason": "NONE",
                "message_template_category": "MARKETING",
            },
        )
    ]


@pytest.mark.parametrize("waba", [WABA, OTHER_WABA])
def test_report_comes_under_the_account_of_the_template(meta, webhook, waba):
    Account(meta, TOKEN, waba).created()
    meta.now += 60
    told(webhook, 1)
    [(_, raw)] = webhook.calls
    assert f'"id":"{waba}"'.encode() in raw


ADJACENT = {"text": "Ven {{1}} {{2}} a votar ya", "example": {"body_text": [["a", "b"]]}}


@pytest.mark.parametrize(
    ("body", "plan", "reason"),
    [
        (draft(name="promo_rechazo"), {}, "INVALID_FORMAT"),
        (draft(BODY=ADJACENT), {}, "INVALID_FORMAT"),
        (DRAFT, {"rejected": {"SCAM": 1.0}}, "SCAM"),
        (DRAFT, {"rejected_by_suffix": {"_v1": "ABUSIVE_CONTENT"}}, "ABUSIVE_CONTENT"),
    ],
)
def test_rejection_is_explained_and_listed(meta, webhook, body, plan, reason):
    account = Account(meta, TOKEN)
    meta.order("config", reviews=plan)
    template_id = account.created(body)
    meta.now += 60
    [(_, value)] = told(webhook, 1)
    assert (value["event"], value["reason"]) == ("REJECTED", reason)
    assert set(value["rejection_info"]) == {"reason", "recommendation"}
    node = account.node(template_id, fields="status,rejected_reason")
    assert (node["status"], node["rejected_reason"]) == ("REJECTED", reason)


def test_utility_that_is_marketing_becomes_it(account, meta, webhook):
    account.created(draft(NAMED, name="oferta_promo"))
    meta.now += 60
    (_, approval), (field, value) = told(webhook, 2)
    assert approval["message_template_category"] == "MARKETING"
    assert field == "template_category_update"
    assert (value["previous_category"], value["new_category"]) == ("UTILITY", "MARKETING")


def test_review_takes_as_long_as_planned(account, meta):
    meta.order("config", reviews={"after": {"median_s": 3600}})
    template_id = account.created()
    for later, status in ((3599, "PENDING"), (2, "APPROVED")):
        meta.now += later
        assert account.node(template_id, fields="status")["status"] == status


def test_edit_reports_the_components_before_its_review(account, meta, webhook):
    template_id = account.approved()
    told(webhook, 1)
    account.edit(template_id, components=DRAFT["components"])
    meta.now += 60
    _, (field, value), (_, review) = told(webhook, 3)
    assert field == "message_template_components_update"
    assert value == {
        "message_template_id": int(template_id),
        "message_template_name": "invitacion_v1",
        "message_template_language": "es_MX",
        "message_template_title": "Hola {{1}}",
        "message_template_element": "Te esperamos el {{1}} en {{2}}, no faltes.",
        "message_template_footer": "Responde BAJA para no recibir más",
        "message_template_buttons": [
            {"message_template_button_type": "QUICK_REPLY", "message_template_button_text": "BAJA"},
            {
                "message_template_button_type": "URL",
                "message_template_button_text": "Ver",
                "message_template_button_url": "https://x.mx/{{1}}",
            },
            {
                "message_template_button_type": "PHONE_NUMBER",
                "message_template_button_text": "Llamar",
                "message_template_button_phone_number": "+525512345678",
            },
            {"message_template_button_type": "COPY_CODE", "message_template_button_text": ""},
        ],
    }
    assert review["event"] == "APPROVED"


def test_components_without_links_are_reported_without_buttons(account, webhook):
    template_id = account.approved()
    quick = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "BAJA"}]}
    account.edit(template_id, components=[*COMPONENTS, quick])
    (_, value) = told(webhook, 2)[1]
    assert "message_template_buttons" not in value
    assert "message_template_title" not in value


def test_deletion_is_reported(account, webhook):
    template_id = account.created()
    account.delete(hsm_id=template_id, name="invitacion_v1")
    [(_, value)] = told(webhook, 1)
    assert (value["event"], value["message_template_id"]) == ("PENDING_DELETION", int(template_id))
