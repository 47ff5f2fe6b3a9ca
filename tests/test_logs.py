import ast
import io
import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.schema import schema_files
from shared.logs import FIELDS, LOGGER_NAME, JsonFormatter, known_field

ROOT = Path(__file__).resolve().parents[1]
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
    lines.log.warning(
        "claim", extra={"message_id": MESSAGE_ID, "decision": "deferred", "attempt": 2}
    )
    assert lines() == [
        {
            "severity": "WARNING",
            "message": "claim",
            "message_id": MESSAGE_ID,
            "decision": "deferred",
            "attempt": 2,
        }
    ]


@pytest.mark.parametrize("name", ["phone", "to", "body", "text", "token", "params", "full_name"])
def test_other_fields_are_left_out(lines, name):
    assert name not in FIELDS
    lines.log.info("claim", extra={name: "secreto"})
    assert lines() == [{"severity": "INFO", "message": "claim"}]


def test_hash_is_written_whole_and_a_number_in_its_place_is_not(lines):
    digest = "0123456789abcdef" * 4
    for value in (digest, "5512345678"):
        lines.log.info("sweep", extra={"hash": value})
    assert [line["hash"] for line in lines()] == [digest, "[digits]"]


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


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("", ""),
        ("Idempotency-Key", "Idempotency-Key"),
        ("hub.verify_token", "hub.verify_token"),
        ("filters.voter_ids", "filters.voter_ids"),
        ("template.header_media.link", "template.header_media.link"),
        ("template.buttons.9", "template.buttons.9"),
        ("settings.territory.0.municipalities.1", "settings.territory.0.municipalities.1"),
        ("settings.Eufemia", "settings.*"),
        ("filters.Eufemia", "filters.*"),
        ("personalization.Eufemia Zárate", "personalization.*"),
        ("personalization.1", "personalization.*"),
        ("personalization.name", "personalization.*"),
        ("personalization.a.name", "personalization.*"),
        ("buttons.1.phone_number", "buttons.1.phone_number"),
        ("sample_values.name", "sample_values.*"),
        ("sample_values.button.0", "sample_values.*"),
        ("Eufemia", "*"),
        ("Eufemia.name", "*"),
        ("5512345678", "*"),
        ("template.Eufemia.link", "template.*"),
        ("template.buttons.Eufemia", "template.buttons.*"),
        (".", "*"),
    ],
)
def test_field_is_named_as_far_as_it_is_ours(lines, field, shown):
    lines.log.info("refused", extra={"field": field})
    assert lines()[0]["field"] == shown


def foreign_lines(log):
    """Return what a library's line becomes."""
    stream = io.StringIO()
    logger = logging.Logger("library")  # noqa: LOG001 - nobody else should find it
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    log(logger)
    return stream.getvalue()


def test_of_a_librarys_line_only_its_own_words_are_written():
    line = foreign_lines(lambda logger: logger.error("Error handling %s", "/jobs/Eufemia"))
    assert json.loads(line)["message"].startswith("library: Error handling %s (test_logs.py:")


@pytest.mark.parametrize("message", ["Exception on /Eufemia [POST]", ValueError("Eufemia"), None])
def test_of_a_librarys_line_that_is_filled_in_only_its_place_is_written(message):
    line = foreign_lines(lambda logger: logger.error(message))
    assert "test_logs.py:" in json.loads(line)["message"]
    assert "Eufemia" not in line


# A process as it serves: another's handlers come later, and things go wrong that nobody catches.
PROCESS = """
import logging, sys, threading, warnings
from shared import logs
logs.take_over()
server = logging.getLogger("gunicorn.error")
server.addHandler(logging.StreamHandler())
server.propagate = False
def fail(): raise ValueError("Eufemia")
class Fails:
    def __del__(self): fail()
try:
    fail()
except ValueError as error:
    server.exception("Error handling request %s", "/Eufemia")
    logging.getLogger("flask").exception("Exception on /Eufemia")
    logging.error(error)
thread = threading.Thread(target=fail); thread.start(); thread.join()
Fails()
warnings.warn("Eufemia", RuntimeWarning)
logs.get_logger().info("%d", "Eufemia")
"""


def test_whatever_a_process_says_is_one_json_line_without_content():
    done = subprocess.run(
        [sys.executable, "-c", PROCESS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.stderr, len(told)) == ("", 7)
    assert "Eufemia" not in done.stdout
    assert [line["severity"] for line in told].count("ERROR") == 6
    assert [line.get("error_type") for line in told].count("ValueError") == 4


# Which argument of each names a field.
NAMED_BY = {"InvalidInput": 2, "Refused": 2, "_uuid": 1, "_text": 1} | dict.fromkeys(
    ("parse_uuid", "parse_whole_number", "parse_moment"), 1
)


def fields_that_we_name():
    """Yield the field of every refusal of ours, as far as it is written out."""
    for path in (ROOT / "shared").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call):
                name = getattr(call.func, "id", getattr(call.func, "attr", ""))
                place = NAMED_BY.get(name, len(call.args))
                words = call.args[place : place + 1]
                yield from (word.value for word in words if isinstance(word, ast.Constant))
    for path in schema_files():
        yield from re.findall(r"'((?:template|settings)\.[a-z_.]*[a-z_])'", path.read_text())


def test_every_field_that_we_name_is_known():
    named = set(fields_that_we_name())
    assert {"campaign_id", "Idempotency-Key", "template.header_media.link"} <= named
    assert {field for field in named if known_field(field) != field} == set()


def test_values_that_json_does_not_know_are_written_as_text(lines):
    lines.log.info("x", extra={"fate": object(), "swept": {"a": 1}})
    assert lines()[0]["swept"] == {"a": 1}


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
    assert {"job_id", "swept", "inbound", "waba_id", "fate", *FROM_THE_DATABASE} <= found


def test_every_count_of_receipts_is_written():
    """The service takes `resolvable` out before it logs the rest of what SQL counted."""
    path = ROOT / "supabase/schemas/60_events/receipts.sql"
    function = path.read_text().split("function public.wa_apply_receipts")[1].split("end $$")[0]
    counted = set(re.findall(r"'(\w+)', ", function.rpartition("return jsonb_build_object(")[2]))
    assert "matched" in counted
    assert counted - {"resolvable"} <= FIELDS
