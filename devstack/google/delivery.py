"""HTTP deliveries of both emulators: request, answer, and development tokens."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import jwt

from devstack.google.chaos import Chaos

KEEPALIVE_SECONDS = 1.0
"""Shorter than gunicorn's 2 s: whoever closes an idle connection first must be us, or a request
would now and then meet a closing one and count as a failed attempt."""
TOKEN_SECONDS = 3600


def _open_session() -> aiohttp.ClientSession:
    """Return a session without cookies and without a bound on connections."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Content-Type", "Accept", "Accept-Encoding"),
    )


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a queue or subscription needs from outside: epoch seconds, connections, disorder."""

    clock: Callable[[], float]
    chaos: Chaos
    session: aiohttp.ClientSession = field(default_factory=_open_session)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One POST; `timeout` is in seconds and covers the whole exchange."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    timeout: float


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the endpoint answered; status 0 means no answer (refused, reset or out of time)."""

    status: int
    retry_after: str = ""

    @property
    def succeeded(self) -> bool:
        """Tell whether Cloud Tasks takes the answer as success: any 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004  HTTP's own classes

    @property
    def throttles(self) -> bool:
        """Tell whether the answer asks everybody to slow down."""
        return self.status in {429, 503}

    def pause(self) -> float:
        """Return the seconds that Retry-After asks for; as a date, nobody here sends it."""
        return float(self.retry_after) if self.retry_after.isdecimal() else 0.0


async def deliver(session: aiohttp.ClientSession, request: Request) -> Answer:
    """Make the request, not following redirects, and return the answer; never raises."""
    try:
        async with session.post(
            request.url,
            data=request.body or None,
            headers=request.headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=request.timeout),
        ) as response:
            await response.read()
            return Answer(
                status=response.status, retry_after=response.headers.get("Retry-After", "")
            )
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):  # ValueError: a bad header
        return Answer(status=0)


def bearer(oidc_token: Any, *, url: str, now: float) -> str:
    """Return an Authorization header with Google's claims for an OidcToken message.

    The token is UNSIGNED (alg none): locally nobody stands in for Google's key server, and on
    Cloud Run the platform checks tokens before the function runs.
    """
    email = oidc_token.service_account_email
    claims = {
        "iss": "https://accounts.google.com",
        "aud": oidc_token.audience or url,
        "sub": email,
        "email": email,
        "email_verified": True,
        "iat": int(now),
        "exp": int(now) + TOKEN_SECONDS,
    }
    return f"Bearer {jwt.encode(claims, '', algorithm='none')}"
