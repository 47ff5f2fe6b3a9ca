"""The gateway as a process of its own: `python -m devstack.gateway --dsn … --keys-file …`."""

import argparse
import asyncio
from pathlib import Path

from devstack.gateway.server import serve_gateway
from devstack.gateway.tokens import DevKeys
from devstack.stopping import told_in_loop


async def _serve(arguments: argparse.Namespace) -> None:
    stop = told_in_loop()
    keys = DevKeys.load(arguments.keys_file)
    functions = {name: int(port) for name, _, port in map(_parted, arguments.function)}
    async with serve_gateway(arguments.dsn, keys, arguments.port, functions=functions):
        await stop.wait()


def _parted(pair: str) -> tuple[str, str, str]:
    return pair.partition("=")


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m devstack.gateway", description=__doc__)
    parser.add_argument("--dsn", required=True, help="the database, as the role authenticator")
    parser.add_argument("--keys-file", required=True, type=Path, help="what DevKeys.save wrote")
    parser.add_argument("--port", type=int, required=True, help="TCP port on 127.0.0.1")
    of_function = "name=port: an Edge Function, and where it listens"
    parser.add_argument("--function", action="append", default=[], help=of_function)
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
