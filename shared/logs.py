"""JSON log lines that Cloud Logging understands and that cannot carry personal data.

Only the fields named here are written, whatever a caller passes; text is stripped of anything
that looks like a phone number. Format: https://cloud.google.com/logging/docs/structured-logging
"""

import json
import logging
import re
import sys
import traceback
from typing import TextIO

FIELDS = frozenset(
    [
        "attempt",
        "campaign_id",
        "changed",
        "code",
        "count",
        "decision",
        "enqueued",
        "error_code",
        "event",
        "field",
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
        "shards",
        "status",
        "swept",
        "synced",
        "template_id",
        "unmatched",
        "waba_id",
    ]
)
LONG_DIGITS = re.compile(r"\+?\d[\d ().-]{6,}\d")
LOGGER_NAME = "bridge"


class JsonFormatter(logging.Formatter):
    """One JSON object per line: severity, message, the allowed fields, and where an error arose."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; of an exception only its type and place, as its text may quote data."""
        line: dict[str, object] = {
            "severity": record.levelname,
            "message": _without_numbers("message", record.getMessage()),
        }
        line |= {
            name: _without_numbers(name, value)
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


def _without_numbers(name: str, value: object) -> object:
    """Return a text without what may be a phone number; ids, made of digits, stay as they are."""
    is_text = isinstance(value, str) and not name.endswith("_id")
    return LONG_DIGITS.sub("[digits]", str(value)) if is_text else value


def get_logger(stream: TextIO | None = None) -> logging.Logger:
    """Return the bridge's logger, which writes to standard output (or the given stream)."""
    logger = logging.getLogger(LOGGER_NAME)
    if stream or not logger.handlers:
        handler = logging.StreamHandler(stream or sys.stdout)
        handler.setFormatter(JsonFormatter())
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
    return logger
