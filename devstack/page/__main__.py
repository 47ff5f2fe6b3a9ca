"""The page as a process of its own: `python -m devstack.page --folder … --config …`."""

import argparse
import asyncio
from pathlib import Path

from devstack.page.server import serve_page
from devstack.stopping import told_in_loop


async def _serve(arguments: argparse.Namespace) -> None:
    stop = told_in_loop()
    async with serve_page(arguments.folder, arguments.config, arguments.gateway, arguments.port):
        await stop.wait()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m devstack.page", description=__doc__)
    parser.add_argument("--folder", required=True, type=Path, help="what Expo made for the web")
    parser.add_argument("--config", required=True, type=Path, help="the JSON that the page reads")
    parser.add_argument("--gateway", required=True, help="where Supabase's stand-in listens")
    parser.add_argument("--port", type=int, required=True, help="TCP port on 127.0.0.1")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
