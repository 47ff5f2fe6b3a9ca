"""Run the embedded stack.

`python -m devstack up` starts it, `demo` sends a campaign on it, `chaos` breaks it while it sends.
`app` opens the promoter's screen on it.
`migration` makes the migration of the schema, `types` the TypeScript types of openapi.yaml.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
from rich.console import Console

from devstack.chaos import run as chaos_run
from devstack.demo.opening import open_campaign
from devstack.demo.run import DemoError, run_demo
from devstack.demo.screen import show_addresses
from devstack.demo.voters import ListError, made_up_voters, read_list
from devstack.page.app import VOTERS, AppStack
from devstack.postgres_binaries import PostgresError
from devstack.schema import write_migration
from devstack.stack.processes import StartError
from devstack.stack.stack import Stack
from devstack.stopping import told
from devstack.types import write_types

SEED = 2027
VOTERS_OF_UP = 50
WRITERS = {"migration": write_migration, "types": write_types}
LOWEST_RATE, HIGHEST_RATE = 0.1, 500  # of a Cloud Tasks queue


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="devstack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything and wait for Ctrl-C")
    app = commands.add_parser("app", help="open the promoter's screen in a browser")
    app.add_argument("--voters", type=_positive, default=VOTERS)
    demo = commands.add_parser("demo", help="send a whole campaign")
    demo.add_argument("--voters", type=_positive, default=1000)
    demo.add_argument("--csv", type=Path)
    demo.add_argument("--report", type=Path)
    chaos = commands.add_parser("chaos", help="send under every fault, and keep the books")
    chaos_run.add_arguments(chaos)
    commands.add_parser("migration", help="make supabase/migrations of supabase/schemas")
    commands.add_parser("types", help="make the TypeScript types of openapi.yaml")
    for command in (up, app, demo):
        command.add_argument("--rate", type=_rate, default=70)
    return parser.parse_args()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _rate(text: str) -> float:
    rate = float(text)
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise argparse.ArgumentTypeError(f"from {LOWEST_RATE} to {HIGHEST_RATE} messages a second")
    return rate


def _up(rate: float) -> int:
    console = Console()
    report = _reporter(console)
    with Stack(rate=rate, report=report) as stack:
        stop = told()
        with psycopg.connect(stack.dsn, autocommit=True) as connection:
            voters = made_up_voters(VOTERS_OF_UP, SEED)
            campaign = open_campaign(stack, connection, voters, rate, report)
        show_addresses(console, stack, campaign)
        stop.wait()
    return 0


def _app(voters: int, rate: float) -> int:
    console = Console()
    with AppStack.open(voters=voters, rate=rate, report=_reporter(console)) as app:
        stop = told()
        console.print(f"\n{app.address}\n", style="bold", highlight=False)
        console.print("Ctrl-C stops everything.")
        stop.wait()
    return 0


def _reporter(console: Console) -> Callable[[str], None]:
    return lambda step: console.print(f"[dim]{step}…[/]")


def _run(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "up":
            return _up(arguments.rate)
        case "app":
            return _app(arguments.voters, arguments.rate)
        case "chaos":
            return chaos_run.main(arguments)
        case "demo":
            return _demo(arguments)
    WRITERS[arguments.command]()
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    made_up = arguments.csv is None
    voters = made_up_voters(arguments.voters, SEED) if made_up else read_list(arguments.csv)
    return run_demo(voters, made_up=made_up, rate=arguments.rate, report_to=arguments.report)


def main() -> int:
    """Run the command line; return the exit code."""
    arguments = _arguments()
    try:
        return _run(arguments)
    except (DemoError, ListError, PostgresError, StartError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
