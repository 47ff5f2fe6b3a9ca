"""Run the token endpoint and the doors until SIGTERM or SIGINT."""

import argparse
import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from devstack.iam.doors import door
from devstack.iam.tokens import TokenEndpoint
from devstack.relay import open_session
from devstack.stopping import told_in_loop


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devstack.iam", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="of the token endpoint")
    parser.add_argument("--account-file", type=Path, required=True, help="a service account's key")
    door_of = "a door's port, and that of the function behind it"
    parser.add_argument("--door", type=int, nargs=2, action="append", default=[], help=door_of)
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    stop = told_in_loop()
    tokens = TokenEndpoint(account=json.loads(arguments.account_file.read_text()))
    async with AsyncExitStack() as running:
        session = await running.enter_async_context(open_session())
        await _listen(running, arguments.port, "POST", "/token", tokens.answer)
        for port, function in arguments.door:
            url, behind = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{function}"
            answer = door(session, tokens, url=url, function=behind)
            await _listen(running, port, "*", "/{path:.*}", answer)
        await stop.wait()


async def _listen(
    running: AsyncExitStack, port: int, method: str, path: str, answer: Handler
) -> None:
    app = web.Application()
    app.router.add_route(method, path, answer)
    runner = web.AppRunner(app, access_log=None)
    running.push_async_callback(runner.cleanup)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
