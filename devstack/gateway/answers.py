"""What a request prefers, and the HTTP answer for the row its statement returned."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from devstack.gateway.catalogue import EXPOSED
from devstack.gateway.database import Outcome
from devstack.gateway.errors import Problem, refusal
from devstack.gateway.query import Query

_OBJECT = "application/vnd.pgrst.object"
_ACCEPTED = ("*/*", "application/*", "application/json", _OBJECT)


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What the Accept and Prefer headers ask for."""

    single: bool
    representation: bool
    count: bool
    resolution: str | None

    def check(self, outcome: Outcome) -> None:
        """Refuse an outcome that is not the one row which was asked for."""
        if self.single and outcome.page != 1:
            raise refusal(
                406,
                "PGRST116",
                "Cannot coerce the result to a single JSON object",
                details=f"The result contains {outcome.page} rows",
            )

    def body(self, outcome: Outcome) -> str | None:
        """Return the JSON to send."""
        if self.single and outcome.body and outcome.body.startswith("["):
            # The only element, as Postgres wrote it.
            return outcome.body[1:-1]
        return outcome.body


def read_preferences(request: web.Request) -> Preferences:
    """Read a request's headers; refuses schemas and formats that are not served."""
    profile = "Accept-Profile" if request.method in ("GET", "HEAD") else "Content-Profile"
    if request.headers.get(profile, EXPOSED) != EXPOSED:
        raise refusal(406, "PGRST106", f"Only the following schemas are exposed: {EXPOSED}")
    accept = request.headers.get("Accept", "*/*")
    if not any(kind.strip().startswith(_ACCEPTED) for kind in accept.split(",")):
        raise refusal(406, "PGRST107", "None of these media types are available: " + accept)
    prefer = {p.strip() for h in request.headers.getall("Prefer", []) for p in h.split(",")}
    resolution = [p.removeprefix("resolution=") for p in prefer if p.startswith("resolution=")]
    return Preferences(
        single=_OBJECT in accept,
        representation="return=representation" in prefer,
        count=bool(prefer & {"count=exact", "count=planned", "count=estimated"}),
        resolution=resolution[0] if resolution else None,
    )


def problem_answer(problem: Problem) -> web.Response:
    """Return a problem as PostgREST answers it."""
    return web.json_response(problem.body(), status=problem.status, headers=problem.headers)


def page_answer(
    method: str, outcome: Outcome, query: Query, preferences: Preferences
) -> web.Response:
    """Return the answer of a read or call: 206 when a count shows that there are more rows."""
    total = outcome.total
    if total is not None and query.offset > total:
        raise refusal(
            416,
            "PGRST103",
            "Requested range not satisfiable",
            details=f"An offset of {query.offset} was requested, but there are only {total} rows.",
        )
    span = f"{query.offset}-{query.offset + outcome.page - 1}" if outcome.page else "*"
    partial = total is not None and outcome.page < total
    return answer(
        outcome,
        206 if partial else 200,
        None if method == "HEAD" else preferences.body(outcome),
        {"Content-Range": f"{span}/{'*' if total is None else total}"},
    )


def written_answer(method: str, outcome: Outcome, preferences: Preferences) -> web.Response:
    """Return the answer of a write whose rows were asked for."""
    total = "*" if outcome.total is None else outcome.total
    return answer(
        outcome,
        201 if method == "POST" else 200,
        preferences.body(outcome),
        {"Content-Range": f"*/{total}"},
    )


def answer(
    outcome: Outcome, status: int, body: str | None, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return an answer with the status and headers that the SQL set for itself, if it did."""
    if outcome.status is not None and not outcome.status.isdecimal():
        raise refusal(500, "PGRST112", "response.status guc must be a valid status code")
    return web.Response(
        status=int(outcome.status) if outcome.status else status,
        body=body.encode() if body is not None else None,
        content_type="application/json" if body is not None else None,
        charset="utf-8" if body is not None else None,
        headers={**(headers or {}), **_own_headers(outcome.headers)},
    )


def _own_headers(text: str | None) -> dict[str, str]:
    try:
        return {str(k): str(v) for one in json.loads(text or "[]") for k, v in one.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise refusal(
            500,
            "PGRST111",
            "response.headers guc must be a JSON array composed of objects with a single key "
            "and a string value",
        ) from error
