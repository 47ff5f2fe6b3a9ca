"""Serves the page and, under the same address, what it asks of Supabase."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web

from devstack.relay import open_session, relay

OF_SUPABASE: Final = ("auth", "rest", "functions", "realtime")
# Whatever changes under the same name is asked for each time.
UNCACHED: Final = {"Cache-Control": "no-cache"}


@asynccontextmanager
async def serve_page(folder: Path, config: Path, gateway: str, port: int) -> AsyncIterator[None]:
    """Serve until the block ends.

    Args:
        folder: What Expo made for the web.
        config: The JSON that the page reads at its start.
        gateway: Where Supabase's stand-in listens.
        port: TCP port on 127.0.0.1.
    """
    session = open_session()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.add_routes(_routes(session, folder, config, gateway))
    runner = web.AppRunner(app, access_log=None)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()
        await session.close()


def _routes(
    session: aiohttp.ClientSession, folder: Path, config: Path, gateway: str
) -> list[web.AbstractRouteDef]:
    async def ask_supabase(request: web.Request) -> web.StreamResponse:
        return await relay(session, request, gateway + request.raw_path, {})

    async def show_config(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(config, headers=UNCACHED)

    async def show_page(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(folder / "index.html", headers=UNCACHED)

    async def show_no_icon(_: web.Request) -> web.StreamResponse:
        return web.Response(status=204)

    return [
        *(web.route("*", f"/{part}/v1/{{rest:.*}}", ask_supabase) for part in OF_SUPABASE),
        web.get("/config.json", show_config),
        web.get("/favicon.ico", show_no_icon),
        web.get("/", show_page),
        web.static("/_expo", folder / "_expo"),
    ]
