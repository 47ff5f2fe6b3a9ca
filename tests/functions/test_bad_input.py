"""What cannot be understood or done: a stable code, the field, a Spanish sentence, no traces."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb

from devstack.stack.campaign import PERSONALIZATION
from shared.bodies import LARGEST_BODY
from tests.functions.campaigns import Campaign
from tests.functions.problems import assert_problem

SURROGATE = "\ud83d"
DIGITS = "9" * 5000
ID = "8f14e45f-ceea-467f-a0e6-11aa22bb33cc"
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).isoformat()

# Status, code, field, and a change of the proper body; a None leaves a field out.
BODIES = [
    (422, "field_missing", "campaign_id", {"campaign_id": None}),
    (422, "id_invalid", "campaign_id", {"campaign_id": 7}),
    (422, "id_invalid", "campaign_id", {"campaign_id": "x" * 36}),
    (422, "id_invalid", "campaign_id", {"campaign_id": "\x00" * 36}),
    (404, "campaign_not_found", "campaign_id", {"campaign_id": ID}),
    (422, "field_missing", "template_id", {"template_id": None}),
    (422, "id_invalid", "template_id", {"template_id": ["a"]}),
    (404, "template_not_found", "template_id", {"template_id": ID}),
    (422, "field_missing", "filters", {"filters": None}),
    (422, "object_expected", "filters", {"filters": [1]}),
    (422, "object_expected", "filters", {"filters": "todos"}),
    (422, "field_unknown", "filters.seccion", {"filters": {"seccion": ["12"]}}),
    (422, "list_expected", "filters.section", {"filters": {"section": "12"}}),
    (422, "text_expected", "filters.section", {"filters": {"section": [12]}}),
    (422, "text_expected", "filters.tags", {"filters": {"tags": [None]}}),
    (422, "text_too_long", "filters.tags", {"filters": {"tags": ["a" * 1025]}}),
    (422, "text_invalid", "filters.tags", {"filters": {"tags": ["a\x00b"]}}),
    (422, "text_invalid", "filters.tags", {"filters": {"tags": [SURROGATE]}}),
    (422, "too_many_values", "filters.tags", {"filters": {"tags": ["a"] * 1001}}),
    (422, "too_many_values", "filters.voter_ids", {"filters": {"voter_ids": [ID] * 100_001}}),
    (422, "id_invalid", "filters.voter_ids", {"filters": {"voter_ids": ["nadie"]}}),
    (422, "voter_not_found", "filters.voter_ids", {"filters": {"voter_ids": [ID]}}),
    (422, "filter_value_unknown", "filters.section", {"filters": {"section": ["no hay"]}}),
    (422, "filter_value_unknown", "filters.sentiment", {"filters": {"sentiment": ["feliz"]}}),
    (422, "filter_value_unknown", "filters.tags", {"filters": {"tags": ["mitin", "mitn"]}}),
    (422, "list_empty", "filters.voter_ids", {"filters": {"voter_ids": []}}),
    (422, "object_expected", "personalization", {"personalization": "Ana"}),
    (422, "text_expected", "personalization.1", {"personalization": {"1": 5}}),
    (422, "text_invalid", "personalization", {"personalization": {SURROGATE: "a"}}),
    (422, "text_invalid", "personalization.1", {"personalization": {"1": "\x00"}}),
    (422, "personalization_missing", "personalization.1", {"personalization": None}),
    (
        422,
        "personalization_missing",
        "personalization.3",
        {"personalization": {"1": "a", "2": "b"}},
    ),
    (
        422,
        "personalization_unexpected",
        "personalization.4",
        {"personalization": PERSONALIZATION | {"4": "x"}},
    ),
    *(
        (
            422,
            "personalization_invalid",
            "personalization.2",
            {"personalization": PERSONALIZATION | {"2": value}},
        )
        for value in ("", "  ", "\n\t", "\u200b", "{{voter.curp}}", "{{otra.cosa}}", "{{")
    ),
    (422, "text_expected", "scheduled_at", {"scheduled_at": 1_900_000_000}),
    (422, "time_invalid", "scheduled_at", {"scheduled_at": "mañana"}),
    (422, "time_invalid", "scheduled_at", {"scheduled_at": "2027-05-01T10:00:00"}),
    (422, "time_invalid", "scheduled_at", {"scheduled_at": "0001-01-01T00:00:00+14:00"}),
    (422, "scheduled_in_the_past", "scheduled_at", {"scheduled_at": YESTERDAY}),
    (403, "outside_campaign", "scheduled_at", {"scheduled_at": "9999-12-31T23:59:59Z"}),
    (422, "field_unknown", "schedule_at", {"schedule_at": YESTERDAY}),
    (422, "field_unknown", "", {SURROGATE: 1}),
    (422, "field_unknown", "", {"+52 55 1234 5678": 1}),
]
# Code, place in the template, and what is registered with it.
TEMPLATES = [
    ("template_header_missing", "header_media", {"header_format": "IMAGE"}),
    (
        "template_header_missing",
        "header_media.address",
        {
            "header_format": "LOCATION",
            "header_media": {"latitude": 19.43, "longitude": -99.13, "name": "Zócalo"},
        },
    ),
    (
        "template_header_invalid",
        "header_media.id",
        {"header_format": "VIDEO", "header_media": {"id": "4::aW1hZ2U="}},
    ),
    ("template_variables_invalid", "body_text", {"body_text": "{{1}} {{2}} {{4}}"}),
    ("template_button_unsupported", "buttons.0", {"buttons": [{"type": "FLOW", "text": "Ver"}]}),
    ("template_button_invalid", "buttons.0", {"buttons": ["BAJA"]}),
    ("template_category_unsupported", "category", {"category": "AUTHENTICATION"}),
]
RAW = [
    (400, "malformed_json", b""),
    (400, "malformed_json", b"{"),
    (400, "malformed_json", b"\xff\xfe\xff"),
    (400, "malformed_json", b"[" * 100_000),
    (400, "malformed_json", b'{"filters": ' + DIGITS.encode() + b"}"),
    (422, "object_expected", b"null"),
    (422, "object_expected", b"[]"),
    (422, "object_expected", b"1e400"),
    (413, "body_too_large", b" " * (LARGEST_BODY["send"] + 1)),
]
TOKENS = ["", "Bearer", "Bearer ", "Basic YTpi", "ey.ey.ey"]
UNFIT_TOKENS = ["Bearer nada", "Bearer a.b.c", "Bearer tökén", "Bearer a b", f"Bearer {'x' * 7000}"]


@pytest.fixture(scope="module")
def campaign(stage) -> Campaign:
    return Campaign.create(stage).with_voters(2)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("status", "code", "field", "changes"), BODIES)
def test_wrong_field_is_named(campaign: Campaign, status, code, field, changes):
    assert_problem(campaign.post_send(campaign.body(**changes)), status, code, field)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("status", "code", "raw"), RAW)
@pytest.mark.parametrize("path", ["/send", "/audience"])
def test_body_that_is_no_object_is_refused(campaign: Campaign, status, code, raw, path):
    answer = campaign.ask("POST", path, data=raw, headers={"Idempotency-Key": "a"})
    assert_problem(answer, status, code)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("key", [None, "", "a" * 256, "a\tb"])
def test_unfit_idempotency_key_is_refused(campaign: Campaign, key):
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = campaign.ask("POST", "/send", json=campaign.body(), headers=headers)
    assert_problem(answer, 400, "idempotency_key_missing", "Idempotency-Key")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("pending", "en revisión"),
        ("rejected", "rechazada"),
        ("paused", "en pausa"),
        ("disabled", "deshabilitada"),
        ("archived", "archivada"),
    ],
)
def test_template_that_is_not_approved_is_refused(campaign: Campaign, status, word):
    [(template_id,)] = campaign.stage.sql(
        "update public.wa_templates set status = %s where campaign_id = %s returning id",
        status,
        campaign.ids.campaign_id,
    )
    answer = campaign.post_send()
    campaign.stage.sql(
        "update public.wa_templates set status = 'approved' where id = %s", template_id
    )
    assert_problem(answer, 409, "template_not_approved", "template_id")
    assert answer.json()["detail"].endswith(f"está {word}.")


@pytest.fixture
def registered(campaign: Campaign):
    """Change what is registered of the campaign's template, and put it back."""
    query = "select to_jsonb(t) from public.wa_templates t where campaign_id = %s"
    [(before,)] = campaign.stage.sql(query, campaign.ids.campaign_id)

    def register(columns):
        campaign.stage.sql(
            "update public.wa_templates t set category = n.category, body_text = n.body_text,"
            " header_format = n.header_format, header_media = n.header_media, buttons = n.buttons"
            " from jsonb_populate_record(null::public.wa_templates, %s) n where t.id = n.id",
            Jsonb(before | columns),
        )

    yield register
    register({})


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(("code", "place", "columns"), TEMPLATES)
def test_template_that_lacks_something_is_refused(
    campaign: Campaign, registered, code, place, columns
):
    registered(columns)
    previewed = campaign.ask("POST", "/audience", json=campaign.body())
    for answer in (campaign.post_send(), previewed):
        assert_problem(answer, 409, code, f"template.{place}")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("authorization", TOKENS)
def test_missing_token_is_told(campaign: Campaign, authorization):
    answer = campaign.ask(
        "POST", "/send", json=campaign.body(), headers={"Authorization": authorization}
    )
    assert_problem(answer, 401, "token_missing", "Authorization")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("authorization", UNFIT_TOKENS)
def test_token_that_is_none_is_refused(campaign: Campaign, authorization):
    headers = {"Authorization": authorization.encode(), "Idempotency-Key": "a"}
    answer = campaign.ask("POST", "/send", json=campaign.body(), headers=headers)
    assert_problem(answer, 401, "token_malformed", "Authorization")


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("status=enviado", "status_unknown", "status"),
        ("status=", "status_unknown", "status"),
        ("cursor=-1", "number_invalid", "cursor"),
        ("cursor=1e3", "number_invalid", "cursor"),
        ("cursor=" + DIGITS, "number_invalid", "cursor"),
        ("cursor=%EF%BC%91", "number_invalid", "cursor"),
        ("limit=0", "number_invalid", "limit"),
        ("limit=1001", "number_invalid", "limit"),
        ("limit=%00", "number_invalid", "limit"),
    ],
)
def test_wrong_query_of_recipients_is_named(campaign: Campaign, query, code, field):
    answer = campaign.ask("GET", f"/jobs/{uuid4()}/recipients?{query}")
    assert_problem(answer, 422, code, field)


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("", "id_invalid", "campaign_id"),
        ("campaign_id=1", "id_invalid", "campaign_id"),
        (f"campaign_id={ID}&before=ayer", "id_invalid", "before"),
        (f"campaign_id={ID}&limit=101", "number_invalid", "limit"),
    ],
)
def test_wrong_query_of_jobs_is_named(campaign: Campaign, query, code, field):
    assert_problem(campaign.ask("GET", f"/jobs?{query}"), 422, code, field)


@pytest.mark.parametrize(
    ("target", "address", "status", "code"),
    [
        ("send", "GET /", 404, "path_not_found"),
        ("send", "GET /send", 405, "method_not_allowed"),
        ("send", f"DELETE /jobs/{ID}", 405, "method_not_allowed"),
        ("send", f"POST /jobs/{ID}/stop", 404, "path_not_found"),
        ("send", "GET /jobs/1", 422, "id_invalid"),
        ("send", "GET /jobs/%00", 422, "id_invalid"),
        ("send", f"GET /jobs/{ID}", 404, "job_not_found"),
        ("templates", "PUT /templates", 405, "method_not_allowed"),
        ("templates", "GET /templates", 422, "id_invalid"),
        ("dispatch", "GET /", 405, "method_not_allowed"),
        ("dispatch", "POST /x", 404, "path_not_found"),
        ("webhook", "PUT /", 405, "method_not_allowed"),
    ],
)
def test_wrong_address_is_told(campaign: Campaign, target, address, status, code):
    assert_problem(campaign.ask(*address.split(), target=target), status, code)


def test_largest_list_of_voters_is_read(campaign: Campaign):
    ids = [str(uuid4()) for _ in range(100_000)]
    answer = campaign.post_send(campaign.body(filters={"voter_ids": ids}))
    assert_problem(answer, 422, "voter_not_found", "filters.voter_ids")
    assert len(json.dumps(ids)) > 4_000_000 - 1


@pytest.mark.parametrize("path", ["/jobs/%0A", "/a%0Ab", "/favicon.ico", "/robots.txt"])
def test_path_that_reaches_no_entry_point_is_a_problem_too(stage, path):
    assert_problem(stage.call("send", "GET", path), 404, "path_not_found")
