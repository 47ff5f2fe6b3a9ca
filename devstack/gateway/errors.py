"""From what Postgres raised to the HTTP answer that PostgREST gives for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

# PostgREST docs, "Errors": the longest prefix of the SQLSTATE that is listed decides.
_STATUS = {
    "08": 503,
    "09": 500,
    "0L": 403,
    "0P": 403,
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "25": 500,
    "28": 403,
    "2D": 500,
    "38": 500,
    "39": 500,
    "3B": 500,
    "40": 500,
    "42883": 404,
    "42P01": 404,
    "42P17": 500,
    "53400": 500,
    "53": 503,
    "54": 500,
    "55": 500,
    "57P01": 503,
    "57": 500,
    "58": 500,
    "F0": 500,
    "HV": 500,
    "P0001": 400,
    "P0": 500,
    "XX": 500,
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error answer: its HTTP status and the four members of its JSON body."""

    status: int
    code: str
    message: str
    details: str | None = None
    hint: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, str | None]:
        """Return the JSON object PostgREST sends."""
        return {
            "code": self.code,
            "details": self.details,
            "hint": self.hint,
            "message": self.message,
        }


class ProblemError(Exception):
    """The request ends with this problem as its answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


# What asyncpg raises when a connection breaks; the last when it breaks between two messages.
UNREACHABLE = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)

NO_DATABASE = Problem(
    status=503,
    code="PGRST001",
    message="Could not connect with the database due to an internal error.",
)
NO_CONNECTION_LEFT = Problem(
    status=504,
    code="PGRST003",
    message="Timed out acquiring connection from connection pool.",
)


def refusal(
    status: int, code: str, message: str, *, details: str | None = None, hint: str | None = None
) -> ProblemError:
    """Return the error that answers a request with one of PostgREST's own codes."""
    return ProblemError(
        Problem(status=status, code=code, message=message, details=details, hint=hint)
    )


def unparsable(what: str) -> ProblemError:
    """Return the error for a query string that means nothing here."""
    return refusal(400, "PGRST100", f"failed to parse {what}")


def problem_from_postgres(error: asyncpg.PostgresError, *, anonymous: bool) -> Problem:
    """Return the answer for an error raised inside a request's transaction."""
    code = error.sqlstate or "XX000"
    message, details = str(error.message or error), error.detail
    if code == "PGRST":
        return _raised_as_json(message, details)
    return Problem(
        status=_status(code, anonymous=anonymous),
        code=code,
        message=message,
        details=details,
        hint=error.hint,
    )


def _status(code: str, *, anonymous: bool) -> int:
    if code == "42501":
        return 401 if anonymous else 403
    if code.startswith("PT"):
        return int(code[2:]) if code[2:].isdigit() else 500
    return _STATUS.get(code, _STATUS.get(code[:2], 400))


def _raised_as_json(message: str, details: str | None) -> Problem:
    """Read `raise sqlstate 'PGRST'`: JSON in MESSAGE is the body, JSON in DETAIL the rest."""
    try:
        body: dict[str, Any] = json.loads(message)
        answer: dict[str, Any] = json.loads(details or "")
        return Problem(
            status=int(answer["status"]),
            code=str(body["code"]),
            message=str(body["message"]),
            details=body.get("details"),
            hint=body.get("hint"),
            headers={str(k): str(v) for k, v in answer["headers"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Problem(
            status=500,
            code="PGRST121",
            message="Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error",
            details="MESSAGE needs code and message; DETAIL needs status and headers",
        )
