"""What two places say must be the same: whoever changes one of them is told of the other."""

import re
from pathlib import Path

from devstack.meta.error_codes import ERRORS
from devstack.schema import schema_files
from shared import config
from shared.fates import Cause, Fate, Stops
from shared.routes import (
    send_routes,
    settings_routes,
    template_routes,
    template_test_routes,
    webhook_routes,
)
from shared.routes_approval import approval_routes
from shared.routes_audit import audit_routes
from shared.routes_consents import consent_routes
from shared.routes_privacy import privacy_routes
from shared.rules.attempts import LOST, NO_CONNECTION
from shared.rules.meta_errors import TABLE, rule_for
from shared.services.approval import ApprovalService
from shared.services.audit import AuditService
from shared.services.consents import ConsentService
from shared.services.privacy import PrivacyService
from shared.services.send import SendService
from shared.services.settings import SettingsService
from shared.services.template_tests import TemplateTestService
from shared.services.templates import TemplateService
from shared.services.webhook import WebhookService
from tests.attempts import ANSWERS

ROOT = Path(__file__).resolve().parents[1]
API = (ROOT / "docs/api.md").read_text()
SQL = "\n".join(path.read_text() for path in schema_files())
# Meta lists no code of this range but says what all of them mean ("200-299: API Permission"): the
# product answers each of them, the simulator gives the first in the name of all.
PERMISSIONS = range(200, 300)


def test_simulator_knows_the_same_error_codes_as_the_product():
    assert set(ERRORS) == set(TABLE) - set(PERMISSIONS[1:])
    assert set(PERMISSIONS) <= set(TABLE)


def test_every_answer_of_the_tests_is_one_that_the_product_records():
    rules = {(rule.fate, rule.stops, rule.cause) for rule in [*TABLE.values(), rule_for(None)]}
    records = {(one.fate, one.stops, one.cause) for one in (LOST, NO_CONNECTION)}
    others = {(fate, Stops.NOTHING, None) for fate in (Fate.ACCEPTED, Fate.HELD, Fate.SKIPPED)}
    assert set(ANSWERS.values()) == rules | records | others


def test_what_pauses_a_job_is_a_cause_or_nothing_of_metas():
    [listed] = re.findall(r"paused_by text check \(paused_by in \((.*?)\)\)", SQL, re.DOTALL)
    paused_by = set(re.findall(r"'(\w+)'", listed))
    assert paused_by - set(Cause) == {"user", "canary", "template_changed", "approval"}
    stopped = {rule.cause for rule in TABLE.values() if rule.stops == Stops.JOB}
    assert stopped | {Cause.OUTAGE} == paused_by & set(Cause)


def routes_in_the_code():
    send = send_routes(SendService(None, None, None, None, None), None)
    tests = template_test_routes(TemplateTestService(None, None, None))
    settings = settings_routes(SettingsService(None, None))
    consents = consent_routes(ConsentService(None, None))
    settings += approval_routes(ApprovalService(None, None))
    settings += audit_routes(AuditService(None, None))
    settings += privacy_routes(PrivacyService(None, None))
    routes = [*send, *settings, *consents]
    routes += [*template_routes(TemplateService(None, None, None), None), *tests]
    return {(method, re.sub("<[a-z_]+>", "{id}", path)) for method, path, _ in routes}


def routes_in_the_docs():
    """Read the first table; "`POST /jobs/{id}/pause` · `/resume`" are two routes of one parent."""
    found = set()
    for method, path, siblings in re.findall(
        r"^\| `(GET|POST|PUT|PATCH|DELETE) ([^?`]+)[^`]*`((?: · `[^`]+`)*)", API, re.MULTILINE
    ):
        parent = path.rpartition("/")[0]
        found |= {
            (method, path),
            *((method, parent + s) for s in re.findall(r"`([^`]+)`", siblings)),
        }
    return found


def test_every_route_is_documented_and_every_documented_one_exists():
    assert routes_in_the_docs() == routes_in_the_code()


def test_every_entry_point_for_machines_is_documented():
    rows = re.findall(
        r"^\| `([a-z_]+)`(?: \((\w+)\))? \|",
        API.split("## For machines")[1].split("\n### ")[0],
        re.MULTILINE,
    )
    assert {name for name, _ in rows} == config.READERS.keys() - {"send", "templates"}
    webhook = webhook_routes(WebhookService(None, None, "", None))
    methods = {method or "POST" for name, method in rows if name == "webhook"}
    assert methods == {method for method, _, _ in webhook}


def filters_in_the_docs():
    row = next(line for line in API.splitlines() if line.startswith("| `filters` |"))
    return set(re.findall(r"`([a-z_]+)`", row)) - {"filters"}


def test_filters_have_the_same_names_everywhere():
    [listed] = re.findall(
        r"create function wa\.filter_names\(\).*?'\{([a-z_,]+)\}'", SQL, re.DOTALL
    )
    names = {*listed.split(","), "voter_ids"}
    assert filters_in_the_docs() == names
    assert set(re.findall(r"filters (?:\?|->>?) '(\w+)'", SQL)) == names


def test_few_functions_alone_read_campaignpros_own_tables():
    """docs/architecture.md promises it to whoever has other tables; foreign keys do not count."""
    functions = [s for s in SQL.split("\ncreate ") if s.startswith("function")]
    reading = {
        statement.split("(")[0].split()[-1]
        for statement in functions
        if re.search(r"(?<!references )public\.(campaigns|campaign_members|voters)\b", statement)
    }
    adapted = ("my_memberships", "audience", "filter_value_counts", "voters", "current_phone")
    assert reading == {f"wa.{name}" for name in adapted}
