"""From what Postgres raised to the HTTP answer that PostgREST gives for it."""

from dataclasses import dataclass

import asyncpg

# PostgREST docs, "Errors": by the whole SQLSTATE, else by its class, else 400.
_CODES = {
    400: "P0001",
    403: "0L 0P 28 42501",
    404: "42883 42P01",
    405: "25006",
    409: "23503 23505",
    500: "09 25 2D 38 39 3B 40 42P17 53400 54 55 57 58 F0 HV P0 XX",
    503: "08 53 57P01",
}
_STATUS = {code: status for status, codes in _CODES.items() for code in codes.split()}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error answer: its HTTP status and the four members of its JSON body."""

    status: int
    code: str
    message: str
    details: str | None = None
    hint: str | None = None

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
    return Problem(
        status=_status(code, anonymous=anonymous),
        code=code,
        message=str(error.message or error),
        details=error.detail,
        hint=error.hint,
    )


def _status(code: str, *, anonymous: bool) -> int:
    if code == "42501" and anonymous:
        return 401
    if code.startswith("PT"):
        return int(code[2:]) if code[2:].isdigit() else 500
    return _STATUS.get(code, _STATUS.get(code[:2], 400))
