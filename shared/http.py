"""The HTTP edge: routes, replies, and errors as problem details (RFC 9457)."""

import base64
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask, Request, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from shared.bodies import SMALL_BODY, Body
from shared.errors import BridgeError, InvalidInput, Malfunction, Refused
from shared.rules.access_token import is_of_google
from shared.rules.input_types import uuid_at
from shared.rules.user_token import refused_token

# JSON takes up to 30 times its size in memory, and Python reads one text at a time anyway.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a handler answers: a status, and a JSON value, plain text, or a file in pieces.

    `stream` is read while it is sent: what it raises then breaks the answer off.
    """

    status: int = HTTPStatus.OK
    body: object = None
    text: str | None = None
    stream: Iterator[bytes] | None = None
    mimetype: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[..., Reply]
Route = tuple[str, str, Handler]
Read = TypeVar("Read")


class Api:
    """Answers requests by its routes; whatever a handler raises leaves as problem+json."""

    def __init__(
        self,
        routes: Sequence[Route],
        logger: logging.Logger,
        admit: Callable[[Request], object] = lambda _: None,
    ) -> None:
        """Serve these routes.

        Args:
            routes: (method, path rule, handler of the request and the path's values).
            logger: Where refusals go.
            admit: Raises what a request is refused with before any handler sees it.
        """
        self._map = Map(
            [Rule(path, methods=[method], endpoint=handler) for method, path, handler in routes]
        )
        self._logger = logger
        self._admit = admit

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        try:
            handler, values = self._route(request)
            self._admit(request)
            return _respond(handler(request, **values))
        except BridgeError as error:
            return self._problem(error)
        except Exception:
            self._logger.exception("unexpected error")
            return _respond_problem(Malfunction("internal_error"))

    def _route(self, request: Request) -> tuple[Handler, Mapping[str, Any]]:
        try:
            return self._map.bind("").match(request.path, request.method)
        except MethodNotAllowed:
            raise Refused("method_not_allowed", "Método no permitido.", status=405) from None
        except HTTPException:
            raise _path_not_found() from None

    def _problem(self, error: BridgeError) -> Response:
        severity = (
            logging.ERROR if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO
        )
        extra = {"code": error.code, "status": int(error.status), "field": error.field}
        self._logger.log(severity, "refused", extra=extra, exc_info=isinstance(error, Malfunction))
        return _respond_problem(error)


def answer_every_path(application: Flask) -> None:
    """Answer also for paths that reach no entry point: `/favicon.ico`, or with a line feed."""
    application.register_error_handler(NotFound, lambda _: _respond_problem(_path_not_found()))


def _path_not_found() -> Refused:
    return Refused("path_not_found", "Esa dirección no existe.", status=404)


def _respond(reply: Reply) -> Response:
    if reply.stream is not None:
        return Response(reply.stream, reply.status, dict(reply.headers), mimetype=reply.mimetype)
    if reply.text is not None:
        return Response(reply.text, reply.status, dict(reply.headers), mimetype="text/plain")
    content = "" if reply.body is None else json.dumps(reply.body, ensure_ascii=False)
    return Response(content, reply.status, dict(reply.headers), mimetype=reply.mimetype)


def _respond_problem(error: BridgeError) -> Response:
    problem: dict[str, object] = {
        **error.members,
        "type": f"urn:campaignpro:whatsapp:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": int(error.status),
        "code": error.code,
        "detail": error.detail,
    } | ({"field": error.field} if error.field else {})
    problem |= {"errors": list(error.problems)} if error.problems else {}
    headers = {"Retry-After": str(error.retry_after_seconds)} if error.retry_after_seconds else {}
    return Response(
        json.dumps(problem, ensure_ascii=False),
        error.status,
        headers,
        mimetype="application/problem+json",
    )


def read_body(request: Request, largest: int = SMALL_BODY) -> bytes:
    """Return the body, at most `largest` bytes; raises as Body.take does."""
    body: Body = request.environ["wsgi.input"]
    return body.take(largest)


def read_json(request: Request, read: Callable[[object], Read], largest: int = SMALL_BODY) -> Read:
    """Return what `read` makes of the body's JSON value, which is let go then.

    Raises:
        InvalidInput: `malformed_json` (400), and what Body.take and `read` raise.
    """
    return parse_json(read_body(request, largest), read)


def as_it_is(value: object) -> object:
    """Return the value: for bodies that their handler reads by itself."""
    return value


def parse_json(raw: bytes, read: Callable[[object], Read]) -> Read:
    """Return what `read` makes of the JSON value in `raw`.

    Raises:
        InvalidInput: `malformed_json` (400), and what `read` raises.
    """
    with _one_at_a_time:
        try:
            return read(_json_value(raw))
        except InvalidInput as error:
            refused = error
            # They hold on to the value, and the next one would come before it is let go.
            refused.__traceback__ = refused.__context__ = None
    raise refused


def _json_value(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise InvalidInput("malformed_json", "El cuerpo no es JSON válido.", status=400) from None


def read_pushed_message(request: Request, largest: int = SMALL_BODY) -> bytes:
    """Return the data of a Pub/Sub push (https://cloud.google.com/pubsub/docs/push).

    Raises:
        InvalidInput: `malformed_envelope` (400), and what `read_json` raises; Pub/Sub sends it
            again and then dead-letters it.
    """
    return read_json(request, _pushed_data, largest)


def _pushed_data(envelope: Any) -> bytes:
    try:
        return base64.b64decode(envelope["message"]["data"], validate=True)
    except (KeyError, TypeError, ValueError):  # ValueError: it is not base64
        raise InvalidInput(
            "malformed_envelope", "No es un mensaje de Pub/Sub.", "message", 400
        ) from None


def bearer_token(request: Request) -> str:
    """Return the user's token, which `signed_in` has verified.

    Raises:
        Refused: `token_missing`, or `token_malformed` if no header could carry it on (401).
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise refused_token("token_missing")
    if not token.isascii():
        raise refused_token("token_malformed")
    return token.strip()


def campaign_id_of(request: Request) -> UUID:
    """Return the campaign that a query string names; raises InvalidInput if it names none."""
    return uuid_at(request.args.get("campaign_id", ""), "campaign_id")


def signed_in(require_user: Callable[[str], None]) -> Callable[[Request], None]:
    """Admit requests whose token `require_user` takes; raises as it and `bearer_token` do."""
    return lambda request: require_user(bearer_token(request))


def for_machines(request: Request) -> None:
    """Refuse whoever comes with a credential that is not Google's, as a user's token.

    Who of Google's may come, Cloud Run has decided before (IAM). This is the second fence: behind
    a door that was left open, nobody is taken for a machine by mistake.

    Raises:
        Refused: `machines_only` (403).
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme and not (scheme.lower() == "bearer" and is_of_google(token.strip())):
        sentence = "Esta dirección es solo para los servicios del sistema."
        raise Refused("machines_only", sentence, "Authorization", 403)
