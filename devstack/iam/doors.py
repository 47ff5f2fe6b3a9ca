"""The doors of private functions on Cloud Run: who has no ID token for them does not get in.

A door takes the token out of X-Serverless-Authorization where there is one, else out of
Authorization, and takes its signature away before the function sees it
(https://cloud.google.com/run/docs/authenticating/service-to-service).
"""

from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web

from devstack.iam.tokens import TokenEndpoint
from devstack.relay import relay

OURS = "X-Serverless-Authorization"
REMOVED = "SIGNATURE_REMOVED_BY_GOOGLE"
PAGE = "<html><head><title>{0} {1}</title></head><body><h1>Error: {1}</h1></body></html>"


def door(
    session: aiohttp.ClientSession, tokens: TokenEndpoint, *, url: str, function: str
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return what answers in the name of one private function.

    Args:
        session: What it asks the function with.
        tokens: Who made the tokens.
        url: The door's own, which is the audience of its tokens.
        function: Where the function itself listens.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        header = OURS if OURS in request.headers else "Authorization"
        scheme, _, token = request.headers.get(header, "").partition(" ")
        if not token:
            return _page(403, "Forbidden")
        if scheme.lower() != "bearer" or not tokens.accepts(token, url):
            return _page(401, "Unauthorized")
        unsigned = f"Bearer {token.rpartition('.')[0]}.{REMOVED}"
        try:
            return await relay(session, request, function + request.raw_path, {header: unsigned})
        except aiohttp.ClientConnectorError:
            return _page(503, "Service Unavailable")

    return answer


def _page(status: int, words: str) -> web.Response:
    return web.Response(text=PAGE.format(status, words), status=status, content_type="text/html")
