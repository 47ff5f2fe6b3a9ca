"""openapi.yaml says what the code and docs/api.md say: paths, fields, words and error codes."""

import re
from collections import defaultdict

import pytest
from jsonschema import Draft202012Validator

from shared.rules import inputs, template_requests
from shared.rules.approval_inputs import RELEASE_FIELDS
from shared.rules.consent_inputs import CONSENT_FIELDS
from shared.rules.privacy_inputs import PERSON_FIELDS
from shared.rules.settings_inputs import PLACE_FIELDS, PUT_FIELDS, SETTING_FIELDS
from shared.rules.template_test_inputs import NUMBER_FIELDS, TEST_FIELDS
from shared.rules.user_token import SENTENCES
from tests import openapi
from tests.template_form_cases import RULES
from tests.test_agreement import API, SQL, routes_in_the_code
from tests.test_docs import codes

SCHEMAS = openapi.contract()["components"]["schemas"]
# Told to machines, or by PostgREST itself, and to nobody whom the contract is for.
OF_MACHINES = {"machines_only", "malformed_envelope", "tasks_unavailable", "upload_not_found"}
# Of any other address or method, which no operation of the contract has.
OF_NO_OPERATION = {code for _, code in openapi.ANYWHERE}
OF_THE_DOOR = API.split("## The door's own answers")[1].split("## For machines")[0]
# docs/templates.md explains these, one by one.
OF_FORMS = {rule.code for rule in RULES}


def promised():
    """Return the statuses of each code of the contract."""
    found = defaultdict(set)
    for promise in openapi.promises():
        if promise.code:
            found[promise.code].add(promise.status)
    return found


def explained():
    """Return the statuses of each code of docs/api.md."""
    of_functions = API.split("## Errors")[1].split("### Limits")[0]
    return explained_in(of_functions + OF_THE_DOOR)


def explained_in(tables):
    found = defaultdict(set)
    for names, statuses in re.findall(r"^\| (`.+?) \| ([0-9, ]+) \|", tables, re.MULTILINE):
        for code in re.findall(r"`([a-z_]+)`", names):
            found[code] |= {int(status) for status in statuses.split(", ")}
    return found


def test_every_route_of_the_code_is_an_operation_and_every_operation_a_route():
    said = {(method, re.sub(r"\{\w+\}", "{id}", path)) for method, path, _ in openapi.operations()}
    assert said - {("GET", openapi.WEBHOOK), ("POST", openapi.WEBHOOK)} == routes_in_the_code()


def test_every_refusal_of_the_edge_function_is_explained_as_the_door_s_own():
    refusals = (openapi.CONTRACT.parent / "supabase/functions/messaging/problems.ts").read_text()
    listed = re.findall(r"^  ([a-z_]+): \{\s+status: (\d+)", refusals, re.MULTILINE)
    told = explained_in(OF_THE_DOOR)
    assert told.keys() == {code for code, _ in listed} | {"veda"}  # which the database words
    assert [code for code, status in listed if int(status) not in told[code]] == []


def test_every_code_that_a_user_may_be_told_is_promised():
    assert set(codes()) - OF_MACHINES - OF_NO_OPERATION - promised().keys() == set()


def test_every_promised_code_is_explained_with_the_statuses_that_it_has():
    told = explained()
    wrong = {
        code: (statuses, told[code])
        for code, statuses in promised().items()
        if code not in OF_FORMS and not statuses <= told[code]
    }
    assert wrong == {}


def test_every_explained_code_is_promised_or_of_machines():
    assert explained().keys() - promised().keys() == OF_MACHINES | (
        OF_NO_OPERATION - promised().keys()
    )


def body_of(operation_id: str):
    [found] = [
        operation
        for _, _, operation in openapi.operations()
        if operation["operationId"] == operation_id
    ]
    body = openapi.resolved(found["requestBody"])
    return openapi.resolved(body["content"]["application/json"]["schema"])["properties"].keys()


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("send", inputs.SEND_FIELDS),
        ("previewAudience", inputs.AUDIENCE_FIELDS),
        ("releaseContent", RELEASE_FIELDS),
        ("putSettings", PUT_FIELDS),
        ("recordConsent", {"campaign_id", *CONSENT_FIELDS}),
        ("exportPerson", PERSON_FIELDS),
        ("erasePerson", PERSON_FIELDS),
        ("createTemplate", template_requests.REQUEST_FIELDS),
        ("editTemplate", template_requests.EDIT_FIELDS),
        ("testTemplate", TEST_FIELDS),
        ("addTestNumber", NUMBER_FIELDS),
    ],
)
def test_body_has_the_fields_that_are_read(operation, fields):
    assert body_of(operation) == set(fields)


@pytest.mark.parametrize(
    ("schema", "fields"),
    [
        ("SettingsChange", SETTING_FIELDS),
        ("CampaignSettings", SETTING_FIELDS),
        ("Place", PLACE_FIELDS),
        ("HeaderMedia", template_requests.MEDIA_FIELDS),
        ("Button", template_requests.BUTTON_FIELDS),
    ],
)
def test_object_has_the_members_that_are_read(schema, fields):
    assert SCHEMAS[schema]["properties"].keys() == set(fields)


def words_of(pattern: str) -> set[str]:
    [listed] = re.findall(pattern, SQL, re.DOTALL)
    return set(re.findall(r"'(\w+)'", listed))


def test_words_are_those_of_the_code():
    assert set(SCHEMAS["TokenCode"]["enum"]) == SENTENCES.keys()
    assert set(SCHEMAS["FormCode"]["enum"]) == OF_FORMS
    assert set(SCHEMAS["MessageStatus"]["enum"]) == inputs.STATUSES
    skipped = words_of(r"skip_reason text check \(skip_reason in \((.*?)\)\)")
    assert set(SCHEMAS["SkipReason"]["enum"]) == skipped
    reasons = words_of(r"create function wa\.waiting_for\((.*?)\$\$;")
    said = set(SCHEMAS["WaitingFor"]["properties"]["reason"]["enum"])
    assert said - {"sender_paused", "sender_blocked"} <= reasons


def examples():
    for place, holder in _holders(openapi.contract()):
        for name, example in holder.get("examples", {}).items():
            yield pytest.param(
                holder["schema"], openapi.resolved(example)["value"], id=place + name
            )


def _holders(value, place=""):
    if isinstance(value, dict):
        if {"schema", "examples"} <= value.keys():
            yield place, value
        for name, part in value.items():
            yield from _holders(part, f"{place}{name} ")


@pytest.mark.parametrize(("schema", "example"), list(examples()))
def test_example_is_what_its_schema_allows(schema, example):
    validator = Draft202012Validator(schema | {"components": openapi.contract()["components"]})
    assert [error.message for error in validator.iter_errors(example)] == []
