"""The only module that calls Meta's Graph API to send (Cloud API docs, "Messages").

One POST, no retries: Meta offers no idempotency key, so whoever repeats a call whose fate is
unknown may write to a person twice. What tells "returned" from "unknown" is a fact, not a guess
from exception types: the body is handed to the socket by `Body`, and only if nobody asked for it
are we sure that no message left.

A kept-alive connection that the server closes at the very moment of our request looks the same as
one lost after acceptance, hence "unknown". urllib3 looks for a closed connection before it reuses
one, which leaves a window of one network round trip. What a load balancer or NAT forgets in silence
is not seen at all, so a connection that has lain idle for long is not used again.

An answer is read only as far as an answer of Meta's can reach. A larger one tells nothing, as one
that is no JSON does: Meta may have taken the message all the same.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from shared.fates import Fate
from shared.model import SendResult
from shared.rules import payloads
from shared.rules.meta_errors import read_error, rule_for
from shared.rules.untrusted import first_object_of, object_of, text_of

if TYPE_CHECKING:
    from urllib3._base_connection import BaseHTTPConnection

# Accepted, yet not on its way: Meta releases or fails such a message later, by webhook.
_HELD = frozenset({"held_for_quality_assessment", "paused"})
_SUCCESS, _CLIENT_ERROR, _SERVER_ERROR = range(200, 300), range(400, 500), range(500, 600)
_SECONDS = re.compile(r"[0-9]{1,6}")
# Shorter than any idle timeout on the way: common load balancers wait 60 seconds or more.
LONGEST_IDLE_SECONDS = 30.0
# Meta's answers to a message have some hundred bytes, with an explained error a few thousand. As
# many as a process takes messages at once fit its memory (docs/security.md).
LARGEST_ANSWER = 64 * 1024
_PIECE = 16 * 1024


class WhatsAppClient:
    """Sends messages for any number the token may use; shared by all threads of a process."""

    def __init__(  # noqa: PLR0913 (each is a setting; the defaults are in shared/config.py alone)
        self,
        *,
        access_token: str,
        threads: int,
        graph_url: str,
        graph_version: str,
        connect_timeout_s: float,
        read_timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare a pool of one connection per thread; nothing is opened before the first send.

        `read_timeout_s` is the longest silence to bear while waiting for Meta's answer; `clock`
        counts seconds from no particular moment.
        """
        if not re.fullmatch(r"[!-~]+", access_token):
            raise ValueError("the access token is empty or has characters no header can carry")
        self._access_token = access_token
        self._base_url = f"{graph_url.rstrip('/')}/{graph_version}"
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._session = call_session(threads, clock)

    def send_text(self, *, phone_number_id: str, to: str, body: str, message_id: str) -> SendResult:
        """Send a text (at most 4,096 characters) to a person who wrote within 24 hours.

        Raises PayloadError before anything is sent.
        """
        message = payloads.text_message(to=to, body=body, message_id=message_id)
        return self._send(phone_number_id, message)

    def send_template(  # noqa: PLR0913 (the parts of one message, by name)
        self,
        *,
        phone_number_id: str,
        to: str,
        template_name: str,
        language: str,
        components: Sequence[payloads.Json],
        message_id: str,
    ) -> SendResult:
        """Send an approved template; `components` come from `payloads.components_for`.

        Raises PayloadError before anything is sent.
        """
        message = payloads.template_message(
            to=to,
            template_name=template_name,
            language=language,
            components=components,
            message_id=message_id,
        )
        return self._send(phone_number_id, message)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _send(self, phone_number_id: str, message: payloads.Json) -> SendResult:
        body = Body(json.dumps(message, separators=(",", ":")).encode())
        try:
            response = self._session.post(
                f"{self._base_url}/{phone_number_id}/messages",
                data=body,
                headers={
                    "Authorization": f"Bearer {self._access_token}",
                    "Content-Type": "application/json",
                },
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            )
            content = read_answer(response, LARGEST_ANSWER)
        except requests.RequestException:
            # The exception's text may hold the URL and is not passed on.
            return SendResult(fate=Fate.UNKNOWN if body.left else Fate.RETURNED)
        return self._result(response, content)

    def _result(self, response: requests.Response, content: bytes) -> SendResult:
        if response.status_code in _SUCCESS:
            return _accepted(graph_answer(content))
        # Meta quotes a malformed token in full.
        cleaned = content.replace(self._access_token.encode(), b"[token]")
        code, message = read_error(object_of(graph_answer(cleaned).get("error")))
        return SendResult(
            fate=_fate_of_failure(response.status_code, code),
            error_code=code,
            error_message=message,
            retry_after_s=_retry_after_s(response),
        )


class Body:
    """A request body that knows whether it was handed to the socket."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.left = False

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        self.left = True
        yield self._content


def _pools(clock: Callable[[], float]) -> dict[str, type[HTTPConnectionPool]]:
    """Return pools that close a connection which has lain idle; it is opened again for its call."""
    idle_since: WeakKeyDictionary[BaseHTTPConnection, float] = WeakKeyDictionary()

    class Pool(HTTPConnectionPool):
        def _put_conn(self, conn: "BaseHTTPConnection | None") -> None:
            if conn:
                idle_since[conn] = clock()
            super()._put_conn(conn)

        def _get_conn(self, timeout: float | None = None) -> "BaseHTTPConnection":
            conn = super()._get_conn(timeout)
            if clock() - idle_since.get(conn, clock()) >= LONGEST_IDLE_SECONDS:
                conn.close()
            return conn

    class TlsPool(Pool, HTTPSConnectionPool):
        """The same over TLS."""

    return {"http": Pool, "https": TlsPool}


def call_session(threads: int, clock: Callable[[], float]) -> requests.Session:
    """Return a session for calls that are made once: nothing is tried again, nothing idle used."""
    adapter = HTTPAdapter(pool_connections=threads, pool_maxsize=threads, max_retries=0)
    adapter.poolmanager.pool_classes_by_scheme = _pools(clock)
    return graph_session(adapter)


def graph_session(adapter: HTTPAdapter) -> requests.Session:
    """Return a session that brings nothing of its own to a call, over the given connections."""
    session = requests.Session()
    session.trust_env = False  # no proxy or .netrc look-up at each call
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # threads share the jar
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _accepted(answer: Mapping[str, Any]) -> SendResult:
    message = first_object_of(answer.get("messages"))
    meta_message_id = text_of(message.get("id"))
    if meta_message_id is None:
        return SendResult(fate=Fate.UNKNOWN)
    held = text_of(message.get("message_status")) in _HELD
    return SendResult(fate=Fate.HELD if held else Fate.ACCEPTED, meta_message_id=meta_message_id)


def _fate_of_failure(status: int, code: int | None) -> Fate:
    """Return FAILED only where the answer proves that the message was not taken.

    A 4xx says so by definition. A 5xx does if Meta's own error explains it, even an unspecific
    one (1, 2, 131000, 131016, 133004): Meta answers those instead of a message id. Without it,
    the answer may come from a proxy that lost Meta's, as may any redirect.
    """
    explained = status in _SERVER_ERROR and rule_for(code).known
    refused = status in _CLIENT_ERROR or explained
    return Fate.FAILED if refused else Fate.UNKNOWN


def _retry_after_s(response: requests.Response) -> float | None:
    """Return the wait that is asked for; 429 asks for one even where it names none."""
    seconds = response.headers.get("Retry-After", "")
    if _SECONDS.fullmatch(seconds):
        return float(seconds)
    return 1.0 if response.status_code == HTTPStatus.TOO_MANY_REQUESTS else None


def read_answer(response: requests.Response, largest: int) -> bytes:
    """Return what was answered, unpacked; nothing if it is larger than that.

    What is compressed is unpacked in pieces too. Of what is too large the rest is not read: its
    connection ends here.
    """
    content = bytearray()
    with response:
        for piece in response.iter_content(_PIECE):
            content += piece
            if len(content) > largest:
                return b""
    return bytes(content)


def graph_answer(content: bytes) -> Mapping[str, Any]:
    """Return the JSON object Meta answered, empty if it is none."""
    try:
        return object_of(json.loads(content))
    except (ValueError, RecursionError):
        return {}
