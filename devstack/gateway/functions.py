"""`/functions/v1`: the way to the Edge Functions, which check their callers themselves."""

from collections.abc import Mapping

import aiohttp
from aiohttp import web

from devstack.gateway.errors import refusal
from devstack.relay import relay


class FunctionsApi:
    """Passes calls on to Edge Functions that run here.

    Args:
        session: What they are asked with.
        ports: Where each listens on 127.0.0.1, by its name.
    """

    def __init__(self, session: aiohttp.ClientSession, ports: Mapping[str, int]) -> None:
        self._session = session
        self._ports = ports

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer as the function does; it sees its own name and what follows as its path.

        Raises:
            ProblemError: 404, there is no such function; 503, it does not answer.
        """
        port = self._ports.get(request.match_info["name"])
        if port is None:
            raise refusal(404, "NOT_FOUND", "Requested function was not found")
        path = request.raw_path.removeprefix("/functions/v1")
        try:
            return await relay(self._session, request, f"http://127.0.0.1:{port}{path}", {})
        except aiohttp.ClientConnectorError as error:
            raise refusal(503, "BOOT_ERROR", "Function failed to start") from error
