"""Who speaks and how to make it stop: what counts as said, what is added, and what is refused."""

from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from shared.rules.opt_out import Intent, intent_of
from tests.identification_cases import NOTHING_MISSING, SOMETHING_MISSING

CASES = NOTHING_MISSING | SOMETHING_MISSING


class Judge:
    """One campaign, whose settings and whose template take one shape after another."""

    def __init__(self, dsn):
        self.db = psycopg.connect(dsn, row_factory=dict_row, autocommit=True)
        self.campaign = self._one("insert into public.campaigns (name) values ('a') returning id")
        self._one(
            "insert into public.wa_campaign_settings (campaign_id, display_name, spending_cap_usd)"
            " values (%s, 'Ana 2027', 0) returning campaign_id",
            self.campaign["id"],
        )

        self.member = uuid4()
        user = (self.member, f"{self.member}@example.org")
        self.db.execute("insert into auth.users (id, email) values (%s, %s)", user)
        self.db.execute(
            "insert into public.campaign_members (campaign_id, user_id, role)"
            " values (%s, %s, 'owner')",
            (self.campaign["id"], self.member),
        )

    def _one(self, statement, *values):
        return self.db.execute(statement, values).fetchone()

    def set(self, settings):
        columns = {
            "precandidate": False,
            "ine_registration": None,
            "show_ine_registration": False,
        } | settings
        assigned = ", ".join(f"{name} = %s" for name in columns)
        self.db.execute(f"update public.wa_campaign_settings set {assigned}", (*columns.values(),))

    def missing(self, case):
        self.set(case.settings)
        row = {
            "campaign_id": str(self.campaign["id"]),
            "parameter_format": "positional",
            "header_text": case.header,
            "body_text": case.body,
            "footer_text": case.footer,
            "buttons": case.buttons,
        }
        found = self._one(
            "select array(select element from wa.missing_from(jsonb_populate_record("
            "null::public.wa_templates, %s), %s, s)) as elements"
            " from public.wa_campaign_settings s",
            Jsonb(row),
            Jsonb(case.values),
        )
        return set(found["elements"])


@pytest.fixture(scope="module")
def judge(postgres, template_database):
    postgres.create_database("bridge_identification", template=template_database)
    judge = Judge(postgres.dsn("bridge_identification"))
    yield judge
    judge.db.close()
    postgres.drop_database("bridge_identification")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_message_does_not_say_is_found_and_nothing_else(judge, case):
    assert judge.missing(case) == case.missing


def test_bridge_acts_on_every_label_that_counts_as_a_way_out(judge):
    [labels] = judge.db.execute("select wa.opt_out_labels() as labels").fetchall()
    assert {label: intent_of(label) for label in labels["labels"]} == dict.fromkeys(
        labels["labels"], Intent.OPT_OUT
    )


def composed(judge, case):
    judge.set(case.settings)
    draft = {"header_text": case.header, "body_text": case.body, "footer_text": case.footer}
    draft |= {"parameter_format": "positional", "buttons": case.buttons}
    with judge.db.transaction():
        judge.db.execute(
            "select set_config('request.jwt.claims', %s, true)", (f'{{"sub": "{judge.member}"}}',)
        )
        query = "select public.wa_compose_template(%s, %s) as answer"
        return judge.db.execute(query, (judge.campaign["id"], Jsonb(draft))).fetchone()["answer"]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_missing_is_added_and_nothing_is_missing_then(judge, case):
    asked = replace(case, values=dict.fromkeys(case.values, ""))
    answer = composed(judge, asked)
    draft = answer["draft"]
    written = replace(asked, body=draft["body_text"], footer=draft["footer_text"])
    assert judge.missing(written) == set()
    assert composed(judge, written) == {"draft": draft, "added": []}
    assert bool(answer["added"]) == bool(judge.missing(asked))
    assert len(draft["footer_text"] or "") <= 60
