"""A template that cannot be sent is told apart before any message exists, and no other is."""

from contextlib import suppress
from itertools import chain
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from devstack.meta.templates import Template as MetasTemplate
from devstack.meta.templates import check_components
from shared.messages import Template
from shared.rules.payloads import PayloadError
from shared.rules.template_parts import components_of
from tests.template_cases import PLAIN, SENDABLE, UNSENDABLE

API = (Path(__file__).parents[2] / "docs/api.md").read_text()
READ = set(Template.__dataclass_fields__) - {"name", "language"}


class Registry:
    """One row of wa_templates, which takes one shape after another."""

    def __init__(self, dsn):
        self.db = psycopg.connect(dsn, row_factory=dict_row, autocommit=True)
        campaign = self._one("insert into public.campaigns (name) values ('a') returning id")
        self.id = self._one(
            "insert into public.wa_templates (campaign_id, meta_template_name, category, body_text)"
            " values (%s, 'a', 'MARKETING', 'a') returning id",
            campaign["id"],
        )["id"]

    def _one(self, statement, *values):
        return self.db.execute(statement, values).fetchone()

    def register(self, columns):
        values = {
            name: Jsonb(value)
            if name == "buttons" or (name == "header_media" and value is not None)
            else value
            for name, value in (PLAIN | columns).items()
        }
        assigned = ", ".join(f"{name} = %s" for name in values)
        self.db.execute(
            f"update public.wa_templates set {assigned} where id = %s", (*values.values(), self.id)
        )

    def problem(self):
        return self._one(
            "select p.* from public.wa_templates t, wa.template_problem(t) p where t.id = %s",
            self.id,
        )

    def parameters(self):
        rows = self.db.execute("select wa.template_parameters(%s) as name", (self.id,)).fetchall()
        return [row["name"] for row in rows]


@pytest.fixture(scope="module")
def registry(postgres, template_database):
    postgres.create_database("bridge_templates", template=template_database)
    registry = Registry(postgres.dsn("bridge_templates"))
    yield registry
    registry.db.close()
    postgres.drop_database("bridge_templates")


def built(columns, parameters):
    row = {name: value for name, value in (PLAIN | columns).items() if name in READ}
    template = Template(name="a", language="es_MX", **row)
    return components_of(template, dict.fromkeys(parameters, "Ana"))


def assert_meta_takes(columns, parameters):
    """Build the message and give it to the simulated Meta, which knows the template's texts."""
    components = built(columns, parameters)
    row = PLAIN | columns
    body = [name for name in parameters if f"{{{{{name}}}}}" in row["body_text"].replace(" ", "")]
    header = row["header_format"] or "TEXT"
    is_fixed = header == "TEXT" and "{{" not in (row["header_text"] or "")
    metas = MetasTemplate(
        name="a", language="es_MX", parameters=tuple(body), header="" if is_fixed else header
    )
    check_components(metas, components)
    links = [b for b in row["buttons"] if "{{" in b.get("url", "")]
    others = [b for b in row["buttons"] if b["type"].upper() in {"QUICK_REPLY", "COPY_CODE"}]
    assert sum(part["type"] == "button" for part in components) == len(links) + len(others)


@pytest.mark.parametrize("columns", SENDABLE.values(), ids=SENDABLE)
def test_template_that_meta_takes_is_sent(registry, columns):
    registry.register(columns)
    assert registry.problem() is None
    assert_meta_takes(columns, registry.parameters())


@pytest.mark.parametrize(("code", "field", "columns"), UNSENDABLE.values(), ids=UNSENDABLE)
def test_template_that_lacks_something_is_refused(registry, code, field, columns):
    registry.register(columns)
    problem = registry.problem()
    assert problem is not None
    assert (problem["code"], problem["field"]) == (code, f"template.{field}")
    assert problem["detail"].endswith(".")
    assert f"`{code}`" in API


def mixed(column):
    """Return shapes of a column: those of the tables, with those that can be sent more often."""
    rows = chain(SENDABLE.values(), SENDABLE.values(), (case[2] for case in UNSENDABLE.values()))
    return st.sampled_from([row[column] for row in rows if column in row] + [PLAIN[column]])


SHAPES = st.fixed_dictionaries(
    {
        "parameter_format": st.sampled_from(["positional", "named"]),
        "header_format": st.sampled_from([None, "TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"]),
        **{name: mixed(name) for name in ("header_text", "header_media", "body_text", "buttons")},
    }
)
WORD = st.text(st.sampled_from("aZ1 _{}é\u200b\n"), max_size=8)
PLACES = st.fixed_dictionaries(
    {
        "latitude": st.one_of(st.floats(-200, 200), st.integers(-95, 95), WORD, st.booleans()),
        "longitude": st.one_of(st.floats(-200, 200), st.integers(-185, 185), WORD),
        "name": WORD,
        "address": WORD,
    }
)
ODD = st.fixed_dictionaries(
    {
        "body_text": WORD.map("Hola {{{}}}".format),
        "header_format": st.just("LOCATION"),
        "header_media": PLACES,
        "buttons": st.lists(
            st.fixed_dictionaries(
                {
                    "type": st.sampled_from(["URL", "QUICK_REPLY", "quick_reply"]),
                    "text": WORD,
                    "payload": st.one_of(st.none(), WORD, st.integers()),
                    "url": WORD.map("https://e.mx/{{}}".format),
                }
            ),
            max_size=3,
        ),
    }
)


@settings(max_examples=500, deadline=None)
@given(columns=st.one_of(SHAPES, ODD))
def test_what_the_database_lets_through_can_always_be_built(registry, columns):
    registry.register(columns)
    if registry.problem() is None:
        assert_meta_takes(columns, registry.parameters())
    else:
        with suppress(PayloadError):  # and whatever it does not, raises nothing else
            built(columns, ["1"])
