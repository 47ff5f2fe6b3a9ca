"""Whatever is advised, the runbook tells more of; whatever code is known, somebody answers it."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from smoke.advice import ADVICE
from smoke.calls import PROBLEM, Answer
from smoke.outcome import failed, passed, skipped
from smoke.report import as_json, is_well, row, total
from smoke.run import Line

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs/operations.md").read_text()
FILES = sorted((ROOT / "smoke").glob("*.py"))
# Of Supabase itself: its functions, and its Auth.
SUPABASE_S = {"NOT_FOUND", "BOOT_ERROR", "invalid_credentials", "bad_jwt", "email_not_confirmed"}


def anchors() -> set[str]:
    headings = re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def pointed_to() -> dict[str, str]:
    """Return every anchor that an outcome may point to, and where it is written."""
    found = {see: "ADVICE" for _, see in ADVICE.values()}
    for path in FILES:
        module = importlib.import_module(f"smoke.{path.stem}") if path.stem != "__main__" else None
        for node in ast.walk(ast.parse(path.read_text())):
            is_call = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "failed"
            if is_call and getattr(node.args[2], "id", "") != "see":  # ADVICE's
                found[value_of(node.args[2], module)] = path.name
    return found


def value_of(node: ast.expr, module) -> str:
    return getattr(module, node.id) if isinstance(node, ast.Name) else ast.literal_eval(node)


def test_advice_leads_to_a_heading_of_the_runbook():
    found = pointed_to()
    assert len(found) >= 8
    assert {see: where for see, where in found.items() if see not in anchors()} == {}


def test_code_that_is_known_is_one_that_somebody_answers():
    explained = (ROOT / "docs/api.md").read_text()
    ours = set(ADVICE) - SUPABASE_S
    assert {code for code in ours if f"`{code}`" not in explained} == set()


@pytest.mark.parametrize(
    ("media", "body", "code"),
    [
        (PROBLEM, b'{"code": "veda", "error_code": "other"}', "veda"),
        ("application/json", b'{"code": 400, "error_code": "bad_jwt"}', "bad_jwt"),
        ("application/json", b'{"code": "NOT_FOUND"}', "NOT_FOUND"),
        ("application/json", b'{"code": 401}', ""),
        ("text/html", b"<html>", ""),
        ("application/json", b"[]", ""),
    ],
)
def test_refusal_is_known_by_its_code_whoever_wrote_it(media, body, code):
    assert Answer(status=400, headers={"Content-Type": media}, body=body).code == code


LINES = [
    Line(check="one", outcome=passed("as it should be"), seconds=0.2, slowest=0.1),
    Line(check="two", outcome=failed("wrong", "mend it", "alerts"), seconds=0.3, slowest=0.3),
    Line(check="three", outcome=skipped("not asked"), seconds=0.0, slowest=0.0),
]


def test_report_has_one_line_a_check_and_says_what_to_do_about_what_is_wrong():
    rows = [row(line) for line in LINES]
    assert [line.count("\n") for line in rows] == [0, 0, 0]
    assert [line[0] for line in rows] == ["✓", "✗", "-"]
    assert rows[1].endswith("wrong; mend it (docs/operations.md#alerts)")
    said = "1 passed, 1 failed, 1 skipped; the slowest call took 300 ms (two)"
    assert total(LINES) == said


def test_what_was_not_asked_is_no_failure_and_what_is_wrong_is_one():
    assert (is_well(LINES), is_well([LINES[0], LINES[2]])) == (False, True)
    assert '"see": "docs/operations.md#alerts"' in as_json("https://example.org", LINES)
