"""`python -m devstack chaos`: a run on a stack of its own, from the first fault to the books."""

import argparse
import json
from collections import Counter
from pathlib import Path

from rich.console import Console

from devstack.chaos.accounts import Accounts
from devstack.chaos.director import Director
from devstack.chaos.evidence import Evidence
from devstack.chaos.journal import Journal
from devstack.chaos.killer import Killer
from devstack.chaos.plan import CONDITIONS, SWEEP_SECONDS, make_kills, make_steps, rate_for
from devstack.chaos.report import Report, document, show
from devstack.chaos.scene import Scene
from devstack.stack.stack import Stack

WIDTH = 110


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line of the chaos run."""
    parser.add_argument(
        "--seed", dest="seeds", type=_seeds, default=[1], help="one, or a range such as 1-5"
    )
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--report", type=Path, help="write JSON there")
    parser.add_argument("--write-docs", action="store_true", help="update docs/reliability.md")


def _seeds(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def main(arguments: argparse.Namespace) -> int:
    """Run every seed; return 0 if all the books are right, else 1."""
    console = Console(width=max(Console().width, WIDTH))
    reports = []
    for seed in arguments.seeds:
        reports.append(run_chaos(seed, arguments.recipients, console))
        show(console, reports[-1])
    if arguments.report:
        runs = [report.as_json() for report in reports]
        arguments.report.write_text(json.dumps(runs, ensure_ascii=False, indent=2) + "\n")
    if arguments.write_docs:
        document(reports)
    return 1 if any(report.problems for report in reports) else 0


def run_chaos(seed: int, recipients: int, console: Console) -> Report:
    """Run one seed on a stack of its own."""
    with Stack(
        rate=rate_for(recipients),
        sweep_seconds=SWEEP_SECONDS,
        seed=seed,
        conditions=CONDITIONS,
        report=lambda step: console.print(f"[dim]{step}…[/]"),
    ) as stack:
        scene = Scene(stack, recipients, seed)
        journal = Journal()
        jobs = scene.start_jobs()
        director = Director(scene, jobs, make_steps(seed), journal)
        with Killer(stack, make_kills(seed), journal, seed):
            director.run_deeds()
        evidence = director.settle()
        return _report(seed, evidence, journal, director.undone())


def _report(seed: int, evidence: Evidence, journal: Journal, undone: list[str]) -> Report:
    books = Accounts(evidence)
    results = Counter(call.result for call in evidence.calls)
    ended = max((call.at for call in evidence.calls), default=journal.started)
    return Report(
        seed=seed,
        recipients=len(evidence.rows),
        seconds=ended - journal.started,
        accounts=books.by_job(),
        calls=len(evidence.calls),
        faults={
            name: n for name, n in results.items() if name != "accepted" and not name.isdecimal()
        },
        answers={name: n for name, n in results.items() if name.isdecimal()},
        receipts=dict(evidence.receipts),
        bajas=len(journal.bajas),
        journal=[
            (round(entry.at - journal.started, 1), entry.what, entry.detail)
            for entry in sorted(journal.entries, key=lambda entry: entry.at)
        ],
        problems=[
            *books.problems(),
            *(f"it ended before this could happen: {deed}" for deed in undone),
        ],
    )
