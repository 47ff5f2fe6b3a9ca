"""What a run shows: a table on the screen, JSON, and the table of docs/reliability.md."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from devstack.chaos.accounts import Account
from devstack.stack.processes import ROOT

DOCUMENT = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


@dataclass(frozen=True, kw_only=True)
class Report:
    """One run.

    `journal` holds (seconds since the start, what, detail); `calls` and `faults` are Meta's counts,
    `answers` those of its error codes.
    """

    seed: int
    recipients: int
    seconds: float
    accounts: Sequence[Account]
    calls: int
    faults: dict[str, int]
    answers: dict[str, int]
    receipts: dict[str, int]
    bajas: int
    journal: Sequence[tuple[float, str, str]]
    problems: Sequence[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return asdict(self)

    @property
    def deeds(self) -> Counter[str]:
        """What was done how often."""
        return Counter(what for _, what, _ in self.journal)

    def total(self, counter: str) -> int:
        """Return the sum of one counter over the jobs."""
        return sum(getattr(account.counters, counter) for account in self.accounts)

    def unknown(self) -> Counter[str]:
        """Return the unknown messages by explanation."""
        total: Counter[str] = Counter()
        for account in self.accounts:
            total.update(account.unknown)
        return total


COLUMNS = ("target", "sent", "delivered", "read", "failed", "skipped", "unknown")


def show(console: Console, report: Report) -> None:
    """Print the faults injected, the books, and every problem."""
    for at, what, detail in report.journal:
        console.print(f"[dim]{at:7.1f} s  {what}{': ' if detail else ''}{detail}[/]")
    table = Table(title=f"Chaos run, seed {report.seed}: {report.seconds:.0f} s")
    for name in ("job", "status", *COLUMNS, "accepted", "twice", "last after"):
        table.add_column(name, justify="left" if name in ("job", "status") else "right")
    for account in report.accounts:
        figures = [str(getattr(account.counters, name)) for name in COLUMNS]
        after = "" if account.last_after_s is None else f"{account.last_after_s:.1f} s"
        table.add_row(
            *(account.job, account.counters.status, *figures),
            *(str(account.accepted), str(account.duplicates), after),
        )
    console.print(table)
    console.print(f"At Meta: {report.calls} calls; faults {report.faults}; codes {report.answers}")
    for why, count in report.unknown().most_common():
        console.print(f"{count:5} unknown: {why}")
    for problem in report.problems:
        console.print(f"[bold red]Wrong:[/] {problem}")
    if not report.problems:
        console.print("[bold green]Nothing twice, nothing lost, nothing after a no.[/]")


def document(reports: Sequence[Report]) -> None:
    """Write the table of these runs into docs/reliability.md, between its markers."""
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{table_of(reports)}\n{END}{after}")


def table_of(reports: Sequence[Report]) -> str:
    """Return a Markdown table with one column per run."""
    rows: dict[str, list[str]] = {"": [f"seed {report.seed}" for report in reports]}
    for report in reports:
        for name, value in _figures(report).items():
            rows.setdefault(name, []).append(value)
    lines = [f"| {name} | {' | '.join(values)} |" for name, values in rows.items()]
    lines.insert(1, "|---|" + "---:|" * len(reports))
    return "\n".join(lines) + "\n"


def _figures(report: Report) -> dict[str, str]:
    deeds, books = report.deeds, report.accounts
    kills = sum(count for what, count in deeds.items() if what.startswith("SIGKILL"))
    after = {account.job: account.last_after_s for account in books}
    figures = {
        "messages": report.total("target"),
        "seconds": round(report.seconds),
        "processes killed": kills,
        "calls to Meta": report.calls,
        "… lost, cut off or answered without meaning": sum(report.faults.values()),
        "… refused with an error code": sum(report.answers.values()),
        "accepted by Meta": sum(account.accepted for account in books),
        "**accepted twice**": sum(account.duplicates for account in books),
        "sent": report.total("sent"),
        "failed": report.total("failed"),
        "skipped": report.total("skipped"),
        "unknown, each explained": report.total("unknown"),
        "**lost** (neither of these)": report.total("pending"),
        "voters who replied BAJA while they waited": report.bajas,
        "seconds from cancelling to the job's last message": f"{after.get('B2') or 0:.1f}",
        "seconds from pausing to the job's last message": f"{after.get('A2') or 0:.1f}",
        "rules broken": len(report.problems),
    }
    return {name: str(figure) for name, figure in figures.items()}
