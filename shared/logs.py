"""JSON log lines that Cloud Logging understands and that cannot carry personal data.

Only the fields named here are written, whatever a caller passes; text is stripped of anything
that looks like a phone number. Format: https://cloud.google.com/logging/docs/structured-logging
"""

import json
import logging
import re
import sys
import threading
import traceback
import warnings
from typing import TextIO

from shared.rules.field_names import LISTS, NAMES

FIELDS = frozenset(
    [
        "attempt",
        "campaign_id",
        "cause",
        "change",
        "changed",
        "code",
        "count",
        "decision",
        "enqueued",
        "error_code",
        "event",
        "fate",
        "field",
        "hash",
        "health",
        "ignored",
        "inbound",
        "job_id",
        "matched",
        "message_id",
        "meta_event",
        "opt_outs",
        "outcome",
        "phone_number_id",
        "reason",
        "seq",
        "shards",
        "status",
        "stops",
        "swept",
        "synced",
        "template_id",
        "unmatched",
        "waba_id",
    ]
)
LONG_DIGITS = re.compile(r"\+?\d[\d ().-]{6,}\d")
SHA256 = re.compile("[0-9a-f]{64}")
LOGGER_NAME = "bridge"


class JsonFormatter(logging.Formatter):
    """One JSON object per line: severity, message, the allowed fields, and where an error arose.

    Of others' lines it takes only what stands in their code, before anything is filled in: Flask
    and gunicorn fill in addresses, and what callers sent instead of a chunk.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; of an exception only its type and place, as its text may quote data."""
        line: dict[str, object] = {
            "severity": record.levelname,
            "message": _without_numbers("message", _message(record)),
        }
        line |= {
            name: _without_numbers(name, known_field(str(value)) if name == "field" else value)
            for name, value in vars(record).items()
            if name in FIELDS
        }
        if record.exc_info and record.exc_info[0]:
            line["error_type"] = record.exc_info[0].__name__
            line["error_at"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(line, ensure_ascii=False, default=str)


def known_field(field: str) -> str:
    """Return the name of a field as far as it is ours: "personalization.*" of "….Eufemia"."""
    if not field or field in NAMES:
        return field
    known: list[str] = []
    for name in field.split("."):
        is_position = known[-1:] and known[-1] in LISTS and name.isdigit()
        is_theirs = known in (["personalization"], ["sample_values"])
        if is_theirs or not (name in NAMES or is_position):
            return ".".join([*known, "*"])
        known.append(name)
    return ".".join(known)


def _message(record: logging.LogRecord) -> str:
    if record.name == LOGGER_NAME:
        return record.getMessage()
    # Without arguments, everything may be filled in already.
    words = record.msg if record.args else "a line of its own"
    return f"{record.name}: {words} ({record.filename}:{record.lineno})"


def _without_numbers(name: str, value: object) -> object:
    """Return a text without what may be a phone number; ids and hashes stay as they are."""
    if not isinstance(value, str) or name.endswith("_id"):
        return value
    is_hash = name == "hash" and SHA256.fullmatch(value)
    return value if is_hash else LONG_DIGITS.sub("[digits]", value)


class _Output(logging.StreamHandler[TextIO]):
    """Writes to standard output as it is at that time: functions-framework puts its own there."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(JsonFormatter())

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stdout

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say that a line is missing; logging itself would print what it was to say."""
        lost = f"a line is lost ({record.filename}:{record.lineno})"
        self.stream.write(json.dumps({"severity": "ERROR", "message": lost}) + self.terminator)


_output = _Output()


def get_logger(stream: TextIO | None = None) -> logging.Logger:
    """Return the bridge's logger, which writes to standard output (or the given stream)."""
    logger = logging.getLogger(LOGGER_NAME)
    if stream or not logger.handlers:
        handler: logging.Handler = logging.StreamHandler(stream) if stream else _output
        handler.setFormatter(JsonFormatter())
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
    return logger


def take_over() -> None:
    """Let whatever this process logs, warns of or dies of leave as one JSON line without content.

    gunicorn brings its handlers only after this, so its records are led past them.
    """
    root = logging.getLogger()
    root.handlers = [_output]
    root.setLevel(logging.WARNING)
    for name in ("gunicorn.error", "gunicorn.access"):
        logging.getLogger(name).addFilter(_lead_past)
    warnings.showwarning = _log_warning
    threading.excepthook = _log_death
    sys.unraisablehook = _log_death


def _lead_past(record: logging.LogRecord) -> bool:
    _output.handle(record)
    return False


def _log_death(died: "threading.ExceptHookArgs | sys.UnraisableHookArgs") -> None:
    error = (died.exc_type, died.exc_value or died.exc_type(), died.exc_traceback)
    get_logger().error("unexpected error", exc_info=error)


def _log_warning(  # noqa: PLR0913, PLR0917 - Python's own signature
    message: Warning | str,  # noqa: ARG001 - may quote data
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    get_logger().warning("%s (%s:%d)", category.__name__, filename, lineno)
