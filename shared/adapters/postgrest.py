"""PostgREST through supabase-py: connections, identities, and what its errors mean to us."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeVar

import httpx
from postgrest import SyncPostgrestClient

from shared.config import SupabaseSettings
from shared.errors import BridgeError, Busy, InvalidInput, Malfunction, Refused, Unavailable
from shared.rules.user_token import refused_token
from supabase import PostgrestAPIError

# PostgREST and SQLSTATE codes, by prefix: https://docs.postgrest.org/en/stable/references/errors.html
UNAVAILABLE = ("PGRST00", "08", "40", "53", "55P03", "57")
UNAUTHENTICATED = {
    "PGRST301": "token_signature_invalid",
    "PGRST302": "token_missing",
    "PGRST303": "token_expired",
}
BUSY = {"busy", "too_many_requests"}
RETRY_PAUSES = (0.1, 0.5)
PATIENT_PAUSES = (0.1, 0.5, 2.0, 5.0)  # longer than Postgres takes to restart

Answer = TypeVar("Answer")


class Postgrest:
    """Calls SQL functions, as this deployable or as a signed-in user.

    Each thread has its own HTTP/1.1 connections: supabase-py's shared HTTP/2 default is not safe
    under threads (https://github.com/supabase/supabase-py/issues/1064).
    """

    def __init__(
        self, settings: SupabaseSettings, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._tls = ssl.create_default_context()  # costs 50 ms: shared by all threads
        self._local = threading.local()

    def call(
        self,
        function: str,
        arguments: dict[str, Any],
        *,
        pauses: Sequence[float] = RETRY_PAUSES,
        again: Mapping[str, Any] = MappingProxyType({}),
    ) -> Any:
        """Run a SQL function as this deployable. Only for what may run twice: it is retried.

        `again`: arguments that a repetition has in addition.

        Raises:
            Unavailable: PostgREST or Postgres did not answer, nor after the pauses (seconds).
            Refused: the function refused, with its code, Spanish detail and field.
            Malfunction: anything else; `token_refused` if this deployable's token is not taken.
        """
        for pause in pauses:
            try:
                return self._call(function, arguments)
            except Unavailable:
                self._sleep(pause)
                arguments = {**arguments, **again}
        return self._call(function, arguments)

    def call_as(self, token: str, function: str, arguments: dict[str, Any]) -> Any:
        """Run a SQL function as the user whose access token this is.

        Raises:
            Refused: also where the token is not taken; otherwise as `call` does.
        """
        return _translated(self._as(token).rpc(function, arguments).execute).data

    def _call(self, function: str, arguments: dict[str, Any]) -> Any:
        try:
            return self.call_as(self._settings.token, function, arguments)
        except Refused as refused:
            if refused.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                raise Malfunction("token_refused") from refused
            raise

    def _http(self) -> httpx.Client:
        if not hasattr(self._local, "http"):
            timeout = httpx.Timeout(self._settings.timeout_seconds, connect=3)
            self._local.http = httpx.Client(
                http2=False, verify=self._tls, trust_env=False, timeout=timeout
            )
        http: httpx.Client = self._local.http
        return http

    def _as(self, token: str) -> SyncPostgrestClient:
        # A client per request: changing the token of a shared one would lend it to other threads.
        headers = {"apikey": self._settings.publishable_key, "Authorization": f"Bearer {token}"}
        return SyncPostgrestClient(
            f"{self._settings.url}/rest/v1", headers=headers, http_client=self._http()
        )


def _translated(execute: Callable[[], Answer]) -> Answer:
    try:
        return execute()
    except PostgrestAPIError as error:
        raise _meaning(error) from error
    except httpx.HTTPError as error:
        raise Unavailable("store_unreachable") from error


def _members(details: str) -> dict[str, Any]:
    """Return what wa.refuse said: a sentence alone, or an object of it and other members."""
    try:
        said = json.loads(details)
    except ValueError:
        said = None
    return said if isinstance(said, dict) and "detail" in said else {"detail": details}


def _meaning(error: PostgrestAPIError) -> BridgeError:
    code = str(error.code or "")
    if code.startswith("PT") and code[2:].isdigit():
        kind = Busy if error.message in BUSY else Refused
        members = _members(error.details or "")
        detail = str(members.pop("detail"))
        refused = kind(error.message or "", detail, error.hint or "", int(code[2:]))
        refused.retry_after_seconds = members.pop("retry_after_seconds", kind.retry_after_seconds)
        refused.members = members
        return refused
    if code in UNAUTHENTICATED:
        return refused_token(UNAUTHENTICATED[code])
    if code == "42501":
        return Refused(
            "forbidden", "No tienes permiso para hacer esto.", status=HTTPStatus.FORBIDDEN
        )
    if code.startswith("22"):
        return InvalidInput("value_invalid", "Un valor de la solicitud no es válido.")
    # An HTML page of a proxy in between arrives as its bare HTTP status.
    if code.startswith(UNAVAILABLE) or code in {"429", "502", "503", "504", "520", "522", "524"}:
        return Unavailable("store_unavailable")
    return Malfunction("store_failed")
