"""Passing a request on to another local server and its answer back, neither held in memory."""

from collections.abc import Mapping

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

# They end at each server (RFC 9110, 7.6.1), or are made anew by the next.
HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "host"}
PIECE = 65_536


async def relay(
    session: aiohttp.ClientSession,
    request: web.Request,
    url: str,
    changes: Mapping[str, str | None],
) -> web.StreamResponse:
    """Return what `url` answers to this request, as it comes.

    Args:
        session: One that unpacks nothing (`auto_decompress=False`).
        request: Its method, headers and body go on.
        url: With path and query, as they are: nothing in it is quoted or resolved anew.
        changes: Headers that go on with another value, or (None) not at all.

    Raises:
        aiohttp.ClientError: nobody answers there.
    """
    headers = _lasting(request.headers)
    for name, value in changes.items():
        headers.popall(name, None)
        if value is not None:
            headers[name] = value
    body = request.content.iter_chunked(PIECE) if request.body_exists else None
    asked = session.request(
        request.method, URL(url, encoded=True), headers=headers, data=body, allow_redirects=False
    )
    async with asked as answer:
        given = web.StreamResponse(
            status=answer.status, reason=answer.reason, headers=_lasting(answer.headers)
        )
        await given.prepare(request)
        async for piece in answer.content.iter_any():
            await given.write(piece)
        await given.write_eof()
        return given


def open_session() -> aiohttp.ClientSession:
    """Return a session that passes on what it gets, however long that takes."""
    return aiohttp.ClientSession(
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )


def _lasting(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in HOP)
