"""The Graph API over HTTP: answers after the latency Meta would take, or not at all."""

import asyncio
import socket
import struct
from collections.abc import Callable

from aiohttp import web

from devstack.meta.account import Account, Ending, Reply
from devstack.meta.error_codes import RefusedError, error_answer
from devstack.meta.management_api import ManagementApi

# Closing a socket that lingers for zero seconds sends RST instead of FIN.
_LINGER_ZERO = struct.pack("ii", 1, 0)


class GraphApi:
    """Everything under /vNN.0/; `closing` ends the connections held open."""

    def __init__(self, account: Account, clock: Callable[[], float]) -> None:
        self._account = account
        self._clock = clock
        self.closing = asyncio.Event()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the simulated endpoints; every other path answers Meta's 404."""
        router.add_post(r"/{version:v\d+\.0}/{number_id:\d+}/messages", self._messages)
        ManagementApi(self._account, self._clock, self._end).add_routes(router)
        router.add_route("*", "/{path:.*}", self._unknown)

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        """Decide at arrival, then let the latency pass.

        A client that gives up meanwhile cancels this handler, but not what was decided.
        """
        arrived_at = self._clock()
        raw = await request.read()
        authorization = request.headers.get("Authorization", "")
        number_id = request.match_info["number_id"]
        reply = self._account.receive(number_id, authorization, raw, arrived_at)
        return await self._end(request, reply)

    async def _end(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        if reply.ending is Ending.HOLD:
            await self.closing.wait()
        else:
            await asyncio.sleep(self._account.config.latency.draw(self._account.random))
        if reply.call and reply.ending is Ending.ANSWER:
            reply.call.answered = True
        return _finish(request, reply)

    async def _unknown(self, _: web.Request) -> web.StreamResponse:
        unknown = RefusedError(100, "Unknown path components")
        return web.json_response(error_answer(unknown, "A0"), status=404)


def _finish(request: web.Request, reply: Reply) -> web.StreamResponse:
    if reply.ending is not Ending.ANSWER and request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        request.transport.abort()
    return web.Response(body=reply.body, status=reply.status, content_type=reply.content_type)
