"""What may be submitted may be sent: the form's rules and wa.template_problem agree."""

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from shared.rules.template_draft import draft_of
from shared.rules.template_form import problems_of
from shared.rules.template_requests import parse_template_request
from shared.rules.template_sample_form import sample_keys
from tests.template_cases import PLAIN as REGISTERED
from tests.template_cases import SENDABLE, UNSENDABLE
from tests.template_form_cases import CAMPAIGN, PLAIN, RULES, TAKEN, WARNINGS

# Until a job can carry a code, SQL refuses a template with a button for one.
ACCEPTED = [
    changes
    for changes in (
        *(rule.accepted for rule in RULES),
        *TAKEN.values(),
        *(case[2] for case in WARNINGS),
        *(case[3] for case in WARNINGS),
    )
    if not any(button["type"] == "COPY_CODE" for button in changes.get("buttons", []))
]


@pytest.fixture(scope="module")
def problem(postgres, template_database):
    postgres.create_database("bridge_template_form", template=template_database)
    db = psycopg.connect(
        postgres.dsn("bridge_template_form"), row_factory=dict_row, autocommit=True
    )

    def judge(row):
        return db.execute(
            "select p.* from wa.template_problem("
            "jsonb_populate_record(null::public.wa_templates, %s)) p",
            (Jsonb(row),),
        ).fetchone()

    yield judge
    db.close()
    postgres.drop_database("bridge_template_form")


def drafted(changes):
    return parse_template_request({"campaign_id": str(CAMPAIGN), **PLAIN, **changes}).draft


def test_what_may_be_submitted_may_be_sent(problem):
    refused = {str(changes): problem(drafted(changes).as_json()) for changes in ACCEPTED}
    assert {shown: found for shown, found in refused.items() if found} == {}


# Shapes of every column from both tables, mixed: many are taken by neither, some by one.
ROWS = [
    *(drafted(changes).as_json() for changes in ACCEPTED),
    *(PLAIN | REGISTERED | columns for columns in SENDABLE.values()),
    *(PLAIN | REGISTERED | columns for *_, columns in UNSENDABLE.values()),
]
COLUMNS = ("category", "parameter_format", "header_format", "header_text", "header_media")
COLUMNS += ("body_text", "buttons")
MIXED = st.fixed_dictionaries(
    {name: st.sampled_from([row[name] for row in ROWS]) for name in COLUMNS}
)


@given(columns=MIXED)
@settings(max_examples=300, deadline=None)
def test_whatever_has_no_problem_of_form_has_none_when_it_is_sent(problem, columns):
    row = {"name": "a", "language": "es_MX", "footer_text": None, **columns}
    draft = draft_of(row)
    draft = draft_of(row | {"sample_values": dict.fromkeys(sample_keys(draft), "Ana")})
    if not problems_of(draft) and "COPY_CODE" not in str(draft.buttons):
        assert problem(row | draft.as_json()) is None
