"""`python -m devstack up` starts the embedded stack, `python -m devstack demo` sends a campaign."""

import argparse
import signal
import sys
import threading
from pathlib import Path

import psycopg
from rich.console import Console

from devstack.demo.opening import open_campaign
from devstack.demo.run import run_demo
from devstack.demo.screen import show_addresses
from devstack.demo.voters import ListError, made_up_voters, read_list
from devstack.stack.processes import StartError
from devstack.stack.stack import Stack

SEED = 2027
VOTERS_OF_UP = 50


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="devstack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything and wait for Ctrl-C")
    demo = commands.add_parser("demo", help="send a whole campaign")
    demo.add_argument("--voters", type=_positive, default=1000)
    demo.add_argument("--csv", type=Path)
    demo.add_argument("--report", type=Path)
    for command in (up, demo):
        command.add_argument("--rate", type=_positive, default=70)
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _up(rate: float) -> int:
    console = Console()
    stop = threading.Event()
    with Stack(rate=rate, report=lambda step: console.print(f"[dim]{step}…[/]")) as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        with psycopg.connect(stack.dsn, autocommit=True) as connection:
            voters = made_up_voters(VOTERS_OF_UP, SEED)
            campaign = open_campaign(stack, connection, voters, rate)
        show_addresses(console, stack, campaign)
        stop.wait()
    return 0


def main() -> int:
    """Run the command line; return the exit code."""
    arguments = _arguments()
    try:
        if arguments.command == "up":
            return _up(arguments.rate)
        if arguments.csv:
            return run_demo(
                lambda: read_list(arguments.csv), rate=arguments.rate, report_to=arguments.report
            )
        return run_demo(
            lambda: made_up_voters(arguments.voters, SEED),
            rate=arguments.rate,
            report_to=arguments.report,
        )
    except (ListError, StartError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
