"""One call that tells Meta's Graph API something, made once; its caller knows what that means."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from shared.adapters.whatsapp import Body, call_session, graph_answer, read_answer

# Meta's answers to a change have some hundred bytes, with an explained error a few thousand.
LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class GraphAnswer:
    """What came back: `status` None where nothing did, `content` empty where it is no JSON object.

    `left`: the call may have reached Meta. Only where its body was never handed to the socket are
    we sure that it did not.
    """

    status: int | None
    content: Mapping[str, Any] = field(default_factory=dict)
    left: bool = True


class GraphCaller:
    """Calls with one access token, which travels in a header alone; shared by threads."""

    def __init__(  # noqa: PLR0913 (each is a setting; the defaults are in shared/config.py alone)
        self,
        *,
        access_token: str,
        graph_url: str,
        graph_version: str,
        connect_timeout_s: float,
        read_timeout_s: float,
        threads: int = 4,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is opened before the first call; `read_timeout_s` is the longest silence."""
        self._base_url = f"{graph_url.rstrip('/')}/{graph_version}"
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._token = access_token
        self._session = call_session(threads, clock)

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> GraphAnswer:
        """Return the answer to one call; `headers` add to the token's, or replace it."""
        handed = None if body is None else Body(body)
        try:
            response = self._session.request(
                method,
                f"{self._base_url}/{path}",
                params=query,
                data=handed,
                headers={"Authorization": f"Bearer {self._token}"} | dict(headers or {}),
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            )
            content = read_answer(response, LARGEST_ANSWER)
        except requests.RequestException:
            # The exception's text may hold the URL and is not passed on.
            return GraphAnswer(status=None, left=handed is None or handed.left)
        # Meta quotes a malformed token in full.
        cleaned = content.replace(self._token.encode(), b"[token]")
        return GraphAnswer(status=response.status_code, content=graph_answer(cleaned))

    def tell(self, path: str, content: Mapping[str, object]) -> GraphAnswer:
        """Return the answer to a POST of JSON."""
        body = json.dumps(content, separators=(",", ":")).encode()
        return self.call("POST", path, body, headers={"Content-Type": "application/json"})

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
