"""What the code can say, the documentation explains; what the documentation links to is there."""

import re
from pathlib import Path

import pytest

from devstack.schema import schema_files
from shared.rules.user_token import SENTENCES

ROOT = Path(__file__).resolve().parents[1]
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SQL = "\n".join(path.read_text() for path in schema_files())
PYTHON = "\n".join(path.read_text() for path in sorted((ROOT / "shared").rglob("*.py")))


def codes():
    refused = re.findall(r"wa\.refuse\(\d+, '([a-z_]+)'", SQL)
    raised = re.findall(r'(?:Refused|InvalidInput|Unavailable|Malfunction)\(\s*"([a-z_]+)"', PYTHON)
    return sorted({*refused, *raised, *SENTENCES})


def statuses_in(constraint):
    return sorted(set(re.findall(r"^    '([a-z]+)',?\s+--", constraint, re.MULTILINE)))


@pytest.mark.parametrize("code", codes())
def test_error_code_is_explained(code):
    assert f"`{code}`" in (ROOT / "docs/api.md").read_text()


def codes_of_the_door():
    problems = (ROOT / "supabase/functions/messaging/problems.ts").read_text()
    own = problems.split("const REFUSALS")[1].split("} satisfies")[0]
    return re.findall(r"^  ([a-z_]+): \{", own, re.MULTILINE)


@pytest.mark.parametrize("code", codes_of_the_door())
def test_error_code_of_the_door_is_explained(code):
    own = (ROOT / "docs/api.md").read_text().split("## The door's own answers")[1]
    assert f"`{code}`" in own


def test_setting_of_the_door_is_explained():
    settings = (ROOT / "supabase/functions/messaging/settings.ts").read_text()
    names = set(re.findall(r'(?:get\(|env\()"([A-Z_]+)"', settings))
    told = (ROOT / "docs/operations.md").read_text().split("### The Edge Function")[1]
    assert len(names) >= 8
    assert {name for name in names if f"`{name}`" not in told} == set()


def test_codes_are_found_at_all():
    assert {"veda", "malformed_json", "pubsub_unavailable"} <= set(codes())


@pytest.mark.parametrize("status", statuses_in(SQL.split("create table public.communications")[1]))
def test_status_is_in_the_glossary(status):
    assert f"`{status}`" in (ROOT / "docs/glossary.md").read_text()


@pytest.mark.parametrize("document", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_every_make_target_named_in_the_docs_exists():
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        name for document in DOCS for name in re.findall(r"`make ([a-z-]+)", document.read_text())
    }
    assert named <= targets
