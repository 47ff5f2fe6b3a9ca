import ast
import io
import json
import logging
import re
from pathlib import Path

import pytest

from shared.logs import FIELDS, LOGGER_NAME, JsonFormatter

PHONE = "+52 55 1234 5678"
MESSAGE_ID = "10000000-0000-4000-8000-000000000000"


@pytest.fixture
def lines():
    """A logger of our own that writes where the test can read: `lines.log`, `lines()`."""
    stream = io.StringIO()
    logger = logging.Logger(LOGGER_NAME)  # noqa: LOG001 - nobody else should find it
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)

    def read():
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    read.log = logger
    return read


def test_line_names_severity_message_and_fields(lines):
    lines.log.warning("claim", extra={"message_id": MESSAGE_ID, "decision": "held", "attempt": 2})
    assert lines() == [
        {
            "severity": "WARNING",
            "message": "claim",
            "message_id": MESSAGE_ID,
            "decision": "held",
            "attempt": 2,
        }
    ]


@pytest.mark.parametrize("name", ["phone", "to", "body", "text", "token", "params", "full_name"])
def test_other_fields_are_left_out(lines, name):
    assert name not in FIELDS
    lines.log.info("claim", extra={name: "secreto"})
    assert lines() == [{"severity": "INFO", "message": "claim"}]


@pytest.mark.parametrize(
    "number",
    [PHONE, "5512345678", "525512345678", "55-1234-5678", "(55) 1234.5678", "044 55 1234 5678"],
)
@pytest.mark.parametrize("field", ["reason", "event", "code", "status"])
def test_phone_numbers_are_blotted_out_wherever_they_are(lines, number, field):
    lines.log.info("llamó %s ayer", number, extra={field: f"personalization.{number}"})
    [line] = lines()
    assert line["message"].replace("(", "") == "llamó [digits] ayer"
    assert line[field].replace("(", "") == "personalization.[digits]"


def test_ids_and_counts_stay_as_they_are(lines):
    lines.log.info("job", extra={"job_id": MESSAGE_ID, "count": 123_456_789})
    [line] = lines()
    assert (line["job_id"], line["count"]) == (MESSAGE_ID, 123_456_789)


def test_exception_shows_type_and_place_but_not_its_words(lines):
    try:
        int(f"no se pudo escribir a {PHONE}")
    except ValueError:
        lines.log.exception("unexpected error")
    [line] = lines()
    assert line["error_type"] == "ValueError"
    assert "test_exception_shows_type_and_place" in line["error_at"][-1]
    assert "1234" not in json.dumps(line)
    assert "escribir" not in json.dumps(line)


def test_line_breaks_do_not_forge_lines(lines):
    lines.log.info('a\n{"severity": "ERROR"}')
    assert len(lines()) == 1


def test_values_that_json_does_not_know_are_written_as_text(lines):
    lines.log.info("x", extra={"outcome": object(), "swept": {"a": 1}})
    assert lines()[0]["swept"] == {"a": 1}


ROOT = Path(__file__).resolve().parents[1]
PRODUCT = sorted(path for part in ("shared", "functions") for path in (ROOT / part).rglob("*.py"))
# Names that are in SQL and not in the code; see the last test.
FROM_THE_DATABASE = {"**receipts"}


def functions_of(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def parts_of(extra, named):
    """Yield the dicts of `{...}`, of `name | {...}`, or of a dict that was named before."""
    if isinstance(extra, ast.BinOp):
        yield from parts_of(extra.left, named)
        yield from parts_of(extra.right, named)
    elif isinstance(extra, ast.Name):
        yield from (value for name, value in named if name == extra.id)
    else:
        yield extra


def extras_of(function):
    """Yield the dict of every `extra=`, also of each that was named before."""
    named = [
        (target.id, node.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
        for keyword in call.keywords:
            if keyword.arg == "extra":
                yield from parts_of(keyword.value, named)


def passed_on(tree, function):
    """Return the names that a function's **keywords get from its callers in the same module."""
    own = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
    called = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == function.name
    )
    given = {keyword.arg or "**" for call in called for keyword in call.keywords}
    return given - own


def logged(tree):
    """Return every field that a module gives to a logger; "**name" where it cannot be told."""
    found = set()
    for function in functions_of(tree):
        for extra in extras_of(function):
            for key, value in zip(extra.keys, extra.values, strict=True):
                if key is not None:
                    found.add(key.value)
                elif function.args.kwarg and value.id == function.args.kwarg.arg:
                    found |= passed_on(tree, function)
                else:
                    found.add(f"**{value.id}")
    return found


LOGGED = {path: logged(ast.parse(path.read_text())) for path in PRODUCT}


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_field_that_is_logged_is_written(path):
    """A field that FIELDS lacks is left out in silence: a line that says nothing."""
    assert LOGGED[path] - FROM_THE_DATABASE <= FIELDS


def test_fields_are_found_however_they_are_given():
    found = set().union(*LOGGED.values())
    assert {"job_id", "swept", "inbound", "waba_id", "outcome", *FROM_THE_DATABASE} <= found


def test_every_count_of_receipts_is_written():
    """The service takes `resolvable` out before it logs the rest of what SQL counted."""
    [path] = (ROOT / "supabase/migrations").glob("*_create_event_functions.sql")
    function = path.read_text().split("function public.wa_apply_receipts")[1].split("end $$")[0]
    counted = set(re.findall(r"'(\w+)', ", function.rpartition("return jsonb_build_object(")[2]))
    assert "matched" in counted
    assert counted - {"resolvable"} <= FIELDS
