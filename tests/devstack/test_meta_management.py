"""What Meta's simulator tells about its templates and numbers."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.devstack.meta_harness import NUMBER, OTHER_NUMBER, TOKEN, running_meta

WABA = "102290129340398"
TEMPLATES = f"{WABA}/message_templates"


@pytest.fixture
def meta():
    with running_meta() as running:
        yield running


def ask(meta, path, token=TOKEN, **query):
    return meta.session.get(
        f"{meta.url}/v24.0/{path}",
        params=query,
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )


def test_templates_are_listed_page_by_page(meta):
    for number in range(4):
        meta.order("templates", name=f"t{number}", language="es_MX")
    names, query = [], {"limit": "2", "fields": "name"}
    while query:
        page = ask(meta, TEMPLATES, **query).json()
        assert len(page["data"]) <= 2
        names += [template["name"] for template in page["data"]]
        following = page["paging"].get("next")
        query = {"limit": "2", "after": page["paging"]["cursors"]["after"]} if following else {}
        assert not following or parse_qs(urlsplit(following).query)["after"] == [query["after"]]
    assert names == ["promo_v1", "t0", "t1", "t2", "t3"]


def test_listed_template_shows_the_fields_asked_for_and_its_id(meta):
    meta.order("templates", name="promo_v1", language="es_MX", status="PAUSED", quality="RED")
    [listed] = ask(meta, TEMPLATES, fields="name,status,quality_score,rejected_reason").json()[
        "data"
    ]
    assert listed["quality_score"]["score"] == "RED"
    assert (listed["name"], listed["status"], listed["rejected_reason"]) == (
        "promo_v1",
        "PAUSED",
        "NONE",
    )
    assert listed["id"].isdecimal()
    assert set(listed) == {"name", "status", "quality_score", "rejected_reason", "id"}


def test_template_paused_silently_is_refused_and_listed_as_paused(meta):
    meta.order("templates", name="promo_v1", language="es_MX", parameters=1, status="PAUSED")
    assert meta.code() == 132015
    assert ask(meta, TEMPLATES, fields="status").json()["data"][0]["status"] == "PAUSED"


def test_number_is_well_unless_told_otherwise(meta):
    meta.order(
        "numbers", id=NUMBER, status="FLAGGED", quality_rating="RED", messaging_limit="TIER_2K"
    )
    fields = "status,quality_rating,throughput,whatsapp_business_manager_messaging_limit"
    assert ask(meta, NUMBER, fields=fields).json() == {
        "status": "FLAGGED",
        "quality_rating": "RED",
        "throughput": {"level": "STANDARD"},
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "id": NUMBER,
    }
    assert ask(meta, OTHER_NUMBER, fields="status").json() == {
        "status": "CONNECTED",
        "id": OTHER_NUMBER,
    }


@pytest.mark.parametrize("path", [TEMPLATES, NUMBER])
def test_unknown_field_and_wrong_token_are_refused(meta, path):
    unknown = ask(meta, path, fields="horoscope")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (400, 100)
    assert ask(meta, path, token="wrong").json()["error"]["code"] == 190
    meta.order("config", faults={"expired_token": TOKEN})
    expired = ask(meta, path)
    assert (expired.status_code, expired.json()["error"]["code"]) == (401, 190)


def test_wrong_cursor_is_refused(meta):
    assert ask(meta, TEMPLATES, after="?").json()["error"]["code"] == 100
