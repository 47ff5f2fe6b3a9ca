"""The demo itself: a list goes in, every eligible voter's message leaves, the counts add up."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import requests
from rich.console import Console

from devstack.demo.edge import call_edge
from devstack.demo.opening import OpenCampaign, open_campaign, tell_meta
from devstack.demo.report import Report, count_rows, make_report
from devstack.demo.screen import Screen, show_exclusions, show_report
from devstack.stack.campaign import PHONE_NUMBER_ID, VoterRow
from devstack.stack.stack import Stack

POLL_SECONDS = 0.5
# One in so many asks for silence in a made-up campaign, at most three.
ONE_BAJA_IN, MOST_BAJAS = 50, 3


class DemoError(Exception):
    """The demo cannot go on; the message (es-MX) says why and what to do."""


class Demo:
    """One campaign on a running stack."""

    def __init__(self, stack: Stack, console: Console, rate: float) -> None:
        self._stack = stack
        self._console = console
        self._rate = rate
        self._phases: dict[str, float] = {}

    def run(self, voters: Sequence[VoterRow], *, with_bajas: bool) -> Report:
        """Load the voters, send to all of them, follow the job to its end and count.

        Raises:
            DemoError: nobody in the list can be written to.
        """
        with psycopg.connect(self._stack.dsn, autocommit=True) as connection:
            with self._phase("load"):
                campaign = open_campaign(self._stack, connection, voters, self._rate, self._report)
            self._token = campaign.token
            job_id = self._create_job(campaign)
            if with_bajas:
                self._some_reply_baja(
                    connection, job_id, min(MOST_BAJAS, len(voters) // ONE_BAJA_IN)
                )
            with Screen(self._console, len(voters)) as screen:
                with self._phase("send"):
                    self._follow(screen, job_id, lambda job: job["status"] == "processing")
                self._console.print("[dim]Todo enviado; esperando los últimos acuses…[/]")
                with self._phase("receipts"):
                    job = self._follow(screen, job_id, self._is_moving())
            return make_report(job, self._meta(), count_rows(connection, job_id), self._phases)

    def _report(self, step: str) -> None:
        self._console.print(f"[dim]{step}…[/]")

    def _create_job(self, campaign: OpenCampaign) -> str:
        body = campaign.send_request()
        preview = self._call("POST", "/audience", self._audience_of(body))
        show_exclusions(self._console, preview)
        if not preview["eligible_count"]:
            raise DemoError("Nadie de la lista puede recibir el mensaje; no hay nada que enviar.")
        with self._phase("create"):
            summary = self._call("POST", "/send", body)
        return str(summary["job_id"])

    def _audience_of(self, body: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in body.items() if name != "canary"}

    def _some_reply_baja(self, connection: psycopg.Connection, job_id: str, count: int) -> None:
        """Let the last ones of the queue ask for silence before it is their turn."""
        rows = connection.execute(
            "select recipient_phone from public.wa_send_queue where job_id = %s"
            " and status = 'queued' order by position desc limit %s",
            (job_id, count),
        ).fetchall()
        self._console.print(f"Para mostrarlo, {len(rows)} personas responden BAJA en este momento.")
        for (phone,) in rows:
            reply = {"phone_number_id": PHONE_NUMBER_ID, "from": phone, "kind": "text"}
            tell_meta(self._stack, "inbound", reply | {"text": "Baja, por favor"})

    def _follow(
        self, screen: Screen, job_id: str, goes_on: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        """Show the job as long as it goes on; return it as it ended."""
        while True:
            job = self._call("GET", f"/jobs/{job_id}")
            screen.show(job)
            if not goes_on(job):
                return job
            time.sleep(POLL_SECONDS)

    def _is_moving(self) -> Callable[[dict[str, Any]], bool]:
        """Tell whether receipts are to come: until Meta has none and two readings are equal."""
        readings: list[dict[str, Any]] = [{}]

        def is_moving(job: dict[str, Any]) -> bool:
            readings.append(job)
            return bool(self._meta()["receipts_pending"]) or readings[-2] != job

        return is_moving

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return call_edge(self._stack, self._token, method, path, body)

    def _meta(self) -> dict[str, Any]:
        url = f"{self._stack.at.meta_url}/_sim/stats"
        return dict(requests.get(url, timeout=10).json())

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self._phases[name] = time.monotonic() - started


def run_demo(
    voters: Sequence[VoterRow], *, made_up: bool, rate: float, report_to: Path | None
) -> int:
    """Run the demo on a stack of its own; return 0 if the counts add up, else 1.

    Raises:
        DemoError: nobody can be written to, or the report has nowhere to go.
    """
    console = Console()
    if report_to and not report_to.parent.is_dir():
        raise DemoError(f"No existe la carpeta {report_to.parent} para el reporte.")
    with Stack(rate=rate, report=lambda step: console.print(f"[dim]{step}…[/]")) as stack:
        report = Demo(stack, console, rate).run(voters, with_bajas=made_up)
    show_report(console, report)
    if report_to:
        report_to.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=2) + "\n")
    return 1 if report.problems else 0
