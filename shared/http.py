"""The HTTP edge: routes, replies, and errors as problem details (RFC 9457)."""

import base64
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Request, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

from shared.errors import BridgeError, InvalidInput, Malfunction, Refused

MAX_BODY_BYTES = 8 * 1024 * 1024  # 100,000 voter ids are about 4 MB


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a handler answers: a status, and a JSON value or plain text."""

    status: int = HTTPStatus.OK
    body: object = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[..., Reply]
Route = tuple[str, str, Handler]


class Api:
    """Answers requests by its routes; whatever a handler raises leaves as problem+json."""

    def __init__(self, routes: Sequence[Route], logger: logging.Logger) -> None:
        """`routes`: (method, path rule, handler of the request and the path's values)."""
        self._map = Map(
            [Rule(path, methods=[method], endpoint=handler) for method, path, handler in routes]
        )
        self._logger = logger

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        try:
            handler, values = self._route(request)
            return _respond(handler(request, **values))
        except BridgeError as error:
            return self._problem(error)
        except Exception:
            self._logger.exception("unexpected error")
            return _respond_problem(Malfunction("internal_error"))

    def _route(self, request: Request) -> tuple[Handler, Mapping[str, Any]]:
        # functions-framework reads each body to its end before it answers: refused there, a large
        # one would end in a traceback instead of our 413.
        request.max_content_length = None
        try:
            return self._map.bind("").match(request.path, request.method)
        except MethodNotAllowed:
            raise Refused("method_not_allowed", "Método no permitido.", status=405) from None
        except HTTPException:
            raise Refused("path_not_found", "Esa dirección no existe.", status=404) from None

    def _problem(self, error: BridgeError) -> Response:
        severity = (
            logging.ERROR if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO
        )
        extra = {"code": error.code, "status": int(error.status), "field": error.field}
        self._logger.log(severity, "refused", extra=extra, exc_info=isinstance(error, Malfunction))
        return _respond_problem(error)


def _respond(reply: Reply) -> Response:
    if reply.text is not None:
        return Response(reply.text, reply.status, dict(reply.headers), mimetype="text/plain")
    content = "" if reply.body is None else json.dumps(reply.body, ensure_ascii=False)
    return Response(content, reply.status, dict(reply.headers), mimetype="application/json")


def _respond_problem(error: BridgeError) -> Response:
    problem = {
        "type": f"urn:campaignpro:whatsapp:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": int(error.status),
        "code": error.code,
        "detail": error.detail,
    } | ({"field": error.field} if error.field else {})
    headers = {"Retry-After": str(error.retry_after_seconds)} if error.retry_after_seconds else {}
    return Response(
        json.dumps(problem, ensure_ascii=False),
        error.status,
        headers,
        mimetype="application/problem+json",
    )


def read_body(request: Request, largest: int = MAX_BODY_BYTES) -> bytes:
    """Return the body, at most `largest` bytes; InvalidInput `body_too_large` (413) beyond."""
    body = request.get_data()
    if len(body) > largest:
        raise InvalidInput("body_too_large", "La solicitud es demasiado grande.", status=413)
    return body


def read_json(request: Request) -> object:
    """Return the body's JSON value.

    Raises:
        InvalidInput: `malformed_json` (400), `body_too_large` (413).
    """
    return parse_json(read_body(request))


def parse_json(raw: bytes) -> object:
    """Return the JSON value in `raw`; InvalidInput `malformed_json` (400) if there is none."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise InvalidInput("malformed_json", "El cuerpo no es JSON válido.", status=400) from None


def read_pushed_message(request: Request) -> bytes:
    """Return the data of a Pub/Sub push (https://cloud.google.com/pubsub/docs/push).

    Raises:
        InvalidInput: `malformed_envelope` (400); Pub/Sub sends it again and then dead-letters it.
    """
    try:
        return base64.b64decode(read_json(request)["message"]["data"], validate=True)  # type: ignore[index]
    except (KeyError, TypeError, ValueError):  # ValueError: it is not base64
        raise InvalidInput(
            "malformed_envelope", "No es un mensaje de Pub/Sub.", "message", 400
        ) from None


def bearer_token(request: Request) -> str:
    """Return the user's token; who it belongs to and whether it is valid is PostgREST's to say.

    Raises:
        Refused: `jwt_missing`, or `jwt_invalid` if no header could carry it on (401).
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused("jwt_missing", "Inicia sesión para continuar.", "Authorization", 401)
    if not token.isascii():
        raise Refused("jwt_invalid", "La sesión no es válida.", "Authorization", 401)
    return token.strip()
