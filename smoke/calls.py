"""Calls as the app makes them, how long each took, and what time it was at the other end."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from smoke.settings import Settings

PROBLEM = "application/problem+json"
_TIMEOUT_SECONDS = 150  # what Supabase gives an Edge Function
_MOST = 1024 * 1024  # of an answer; no check needs more of it
# `Date` tells whole seconds: on average half of one is over.
_HALF_SECOND = 0.5


class UnreachableError(Exception):
    """Nobody answers there; the message names the host."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer, as far as it was read."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def media(self) -> str:
        """What it is."""
        return self.headers.get("Content-Type", "").split(";")[0].strip()

    @property
    def is_ours(self) -> bool:
        """Whether the bridge or its door wrote it: no other refusal here has this form."""
        return self.media == PROBLEM

    @property
    def json(self) -> dict[str, Any]:
        """The object that it holds, empty if it holds none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def code(self) -> str:
        """What the refusal is called, ours or Supabase's."""
        names = ("error_code", "code") if not self.is_ours else ("code",)
        found = [self.json[name] for name in names if isinstance(self.json.get(name), str)]
        return str(found[0]) if found else ""

    @property
    def told(self) -> str:
        """Say it in two words."""
        return f"{self.status} {self.code or self.media or 'without a body'}"


@dataclass(kw_only=True)
class Caller:
    """Asks one system as one user; `clock` is this machine's, in seconds since the epoch."""

    settings: Settings
    clock: Callable[[], float]
    token: str = field(default="", repr=False)
    signed_in_at: float = 0.0
    took: list[float] = field(default_factory=list)
    # By how many seconds each host's clock is ahead of ours.
    ahead: dict[str, float] = field(default_factory=dict)

    def edge(self, method: str, path: str, *, token: str | None = None, **more: Any) -> Answer:
        """Call the Edge Function: with the user's token, another one, or (empty) none."""
        bearer = self.token if token is None else token
        signed = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        headers = {"apikey": self.settings.publishable_key} | signed | more.pop("headers", {})
        return self.call(method, self.settings.edge + path, headers=headers, **more)

    def call(self, method: str, url: str, **options: Any) -> Answer:
        """Call anybody; a redirect is an answer, for whoever follows it takes the token along.

        Raises:
            UnreachableError: no answer came.
        """
        host = urlsplit(url).netloc
        asked, began = self.clock(), time.perf_counter()
        try:
            with requests.request(
                *(method, url),
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
                **options,
            ) as response:
                body = next(response.iter_content(_MOST), b"")
                answer = Answer(status=response.status_code, headers=response.headers, body=body)
        except requests.RequestException as error:
            raise UnreachableError(f"{host} does not answer ({type(error).__name__})") from error
        finally:
            self.took.append(time.perf_counter() - began)
        self._compare(host, answer, asked + self.took[-1] / 2)
        return answer

    def _compare(self, host: str, answer: Answer, ours: float) -> None:
        try:
            told = parsedate_to_datetime(answer.headers.get("Date", ""))
        except ValueError:
            return
        self.ahead[host] = told.timestamp() + _HALF_SECOND - ours
