"""Run both emulators until SIGTERM or SIGINT."""

import argparse
import asyncio
import random

from devstack.google import Chaos, serve_pubsub, serve_tasks
from devstack.stopping import told_in_loop


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devstack.google", description=__doc__)
    parser.add_argument("--tasks-port", type=int, required=True)
    parser.add_argument("--pubsub-port", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0, help="of the disorder below")
    parser.add_argument("--duplicate-share", type=float, default=0.0, help="delivered twice")
    parser.add_argument("--reorder-share", type=float, default=0.0, help="Pub/Sub: delivered late")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    stop = told_in_loop()
    chaos = Chaos(
        duplicate_share=arguments.duplicate_share,
        reorder_share=arguments.reorder_share,
        rng=random.Random(arguments.seed),
    )
    async with (
        serve_tasks(arguments.tasks_port, chaos=chaos),
        serve_pubsub(arguments.pubsub_port, chaos=chaos),
    ):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
