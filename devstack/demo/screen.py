"""What the person who runs the demo sees."""

import json
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from devstack.demo.opening import OpenCampaign
from devstack.demo.report import Report
from devstack.demo.voter_list import VoterList
from devstack.stack.stack import Stack

BARS = {
    "queued": "En cola",
    "sent": "Enviados",
    "delivered": "Entregados",
    "read": "Leídos",
    "failed": "Fallidos",
    "skipped": "Omitidos",
    "unknown": "Por confirmar",
}
PHASES = {"load": "carga", "create": "creación", "send": "envío", "receipts": "acuses"}
SHORTEST_PACE_SECONDS = 5  # in less, the burst at the start is all there is
MOST_LINES_NAMED = 5
REASONS = {
    "missing_number": "sin número",
    "invalid_number": "número inválido",
    "foreign_number": "número extranjero",
    "duplicate_number": "número repetido",
    "missing_field": "falta un dato de la plantilla",
    "opted_out": "pidieron BAJA",
    "no_consent": "sin consentimiento",
    "erased": "pidió que se borraran sus datos",
    "contacted_recently": "contactado en las últimas 24 h",
    "cancelled": "envío cancelado",
    "veda": "veda electoral",
    "outside_campaign": "fuera de campaña",
    "dates_missing": "faltan las fechas de la campaña",
    "expired": "venció el plazo",
}


class Screen:
    """Progress bars of one job; a context manager."""

    def __init__(self, console: Console, total: int) -> None:
        columns = (TextColumn("{task.description:14}"), BarColumn(40), MofNCompleteColumn())
        self._progress = Progress(*columns, TimeElapsedColumn(), console=console)
        self._bars = {
            name: self._progress.add_task(label, total=total) for name, label in BARS.items()
        }

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def show(self, job: dict[str, Any]) -> None:
        """Move the bars to where the job is."""
        self._progress.update(self._bars["queued"], completed=job["pending_count"])
        for name in ("sent", "delivered", "read", "failed", "skipped", "unknown"):
            self._progress.update(self._bars[name], completed=job[f"{name}_count"])


def show_addresses(console: Console, stack: Stack, campaign: OpenCampaign) -> None:
    """Print where everything listens, and a request to try it with."""
    addresses = {
        "Supabase": stack.at.supabase_url,
        "  publishable key": stack.secrets.keys.publishable,
        "  secret key": stack.secrets.keys.secret,
        "Edge Function": stack.at.edge_url,
        "Postgres": stack.dsn,
        "Meta": f"{stack.at.meta_url}/_sim/stats",
    } | {target: stack.at.url(target) for target in stack.at.functions}
    for name, address in addresses.items():
        console.print(f"{name:<18}{address}", soft_wrap=True)
    body = json.dumps(campaign.send_request(), ensure_ascii=False)
    console.print("\nA campaign with a few voters is ready; send to all of them with\n")
    console.print(
        f"curl -X POST {stack.at.edge_url}/send -H 'Idempotency-Key: 1'"
        f" -H 'Authorization: Bearer {campaign.token}' -d '{body}'\n",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    console.print("Ctrl-C stops everything.")


def show_list(console: Console, voters: VoterList) -> None:
    """Say which columns of a list were taken, and what became of each of its rows."""
    for what, titles in voters.columns.items():
        taken = ", ".join(f"«{' '.join(title.split())}»" for title in titles)
        _print_plainly(console, f"Columna de {what}: {taken or 'no hay'}")
    dropped = ", ".join(f"{count} {reason}" for reason, count in voters.dropped.items())
    _print_plainly(
        console,
        f"Filas del archivo: {voters.rows} = {len(voters.voters)} votantes"
        f" + {sum(voters.dropped.values())} descartadas ({dropped})",
    )
    if voters.mended:
        named = ", ".join(str(line) for line in voters.mended[:MOST_LINES_NAMED])
        more = "…" if len(voters.mended) > MOST_LINES_NAMED else ""
        _print_plainly(console, f"Comillas sin pareja, leídas como texto, en línea {named}{more}")


def _print_plainly(console: Console, text: str) -> None:
    printable = "".join(one if one.isprintable() else " " for one in text)
    console.print(printable, highlight=False, markup=False, soft_wrap=True)


def show_exclusions(console: Console, preview: dict[str, Any]) -> None:
    """Say whom the job will reach and whom not."""
    excluded = sum(preview["excluded"].values())
    reasons = ", ".join(
        f"{count} {REASONS.get(reason, reason)}"
        for reason, count in sorted(preview["excluded"].items())
    )
    console.print(
        f"Audiencia: {preview['target_count']} votantes, {preview['eligible_count']} recibirán el"
        f" mensaje, {excluded} no{f' ({reasons})' if reasons else ''}."
        f" Tiempo estimado: {preview['estimated_time_seconds']} s"
    )


def show_report(console: Console, report: Report) -> None:
    """Print the closing table and whether it adds up."""
    table = Table(title="Resultado")
    table.add_column("Concepto")
    table.add_column("Mensajes", justify="right")
    table.add_row("Destinatarios", str(report.target), style="bold")
    table.add_row("Enviados (aceptados por Meta)", str(report.sent))
    table.add_row("  de ellos entregados", str(report.delivered), style="dim")
    table.add_row("  de ellos leídos", str(report.read), style="dim")
    table.add_row("Fallidos", str(report.failed))
    table.add_row("Por confirmar", str(report.unknown))
    for reason, count in sorted(report.skipped.items()):
        table.add_row(f"Omitidos: {REASONS.get(reason, reason)}", str(count))
    total = report.sent + report.failed + report.unknown + sum(report.skipped.values())
    table.add_row("Suma", str(total), style="bold")
    console.print(table)
    console.print(f"Duplicados en Meta: {report.duplicates_at_meta}.")
    if report.phases["send"] > SHORTEST_PACE_SECONDS:
        console.print(
            f"Ritmo sostenido: {report.rate_sustained}/s;"
            f" máximo en un segundo: {report.rate_max_1s}."
        )
    phases = ", ".join(f"{PHASES[name]} {seconds} s" for name, seconds in report.phases.items())
    console.print(f"Duración: {report.wall_s} s ({phases}).")
    for problem in report.problems:
        console.print(f"[bold red]No cuadra:[/] {problem}")
    if not report.problems:
        console.print("[bold green]Las cuentas cuadran.[/]")
