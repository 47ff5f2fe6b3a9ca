"""Command line: python -m devstack.meta --port 8091 --webhook-url http://127.0.0.1:8083/ ..."""

import argparse
import asyncio

from devstack.meta import MetaConfig, serve_meta
from devstack.stopping import told_in_loop


def _config() -> MetaConfig:
    parser = argparse.ArgumentParser(prog="devstack.meta", description="Simulates Meta's Graph API")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhook-url", default="", help="where receipts go; empty: nowhere")
    parser.add_argument("--app-secret", required=True, help="signs webhooks")
    parser.add_argument("--access-token", required=True, help="accepted, comma-separated")
    parser.add_argument("--seed", type=int, default=1)
    return MetaConfig(**vars(parser.parse_args()))


async def _serve(config: MetaConfig) -> None:
    stop = told_in_loop()
    async with serve_meta(config):
        await stop.wait()


asyncio.run(_serve(_config()))
