import io
import json
import logging

import pytest

from shared.logs import FIELDS, JsonFormatter

PHONE = "+52 55 1234 5678"
MESSAGE_ID = "10000000-0000-4000-8000-000000000000"


@pytest.fixture
def lines():
    """A logger of our own that writes where the test can read: `lines.log`, `lines()`."""
    stream = io.StringIO()
    logger = logging.Logger("test")  # noqa: LOG001 - nobody else should find it
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
@pytest.mark.parametrize("field", ["field", "reason", "event", "code", "status"])
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
