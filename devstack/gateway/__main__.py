"""The gateway as a process of its own: `python -m devstack.gateway --dsn … --keys-file …`."""

import argparse
import asyncio
import signal
from pathlib import Path

from devstack.gateway.server import Gateway
from devstack.gateway.tokens import DevKeys


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    keys = DevKeys.load(arguments.keys_file)
    async with Gateway(
        dsn=arguments.dsn, keys=keys, port=arguments.port, pool_size=arguments.pool_size
    ) as gateway:
        print(gateway.url, flush=True)
        await stop.wait()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m devstack.gateway", description=__doc__)
    parser.add_argument("--dsn", required=True, help="the database, as the role authenticator")
    parser.add_argument("--keys-file", required=True, type=Path, help="what DevKeys.save wrote")
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0: a free one")
    parser.add_argument("--pool-size", type=int, default=20, help="most database connections")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
