"""Row: the audit log of a big campaign, written, sealed, exported and checked."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import requests

from bench.figures import BenchmarkError, Findings, figure
from bench.scene import Scene
from bench.sizes import Sizes

ROW = "audit"
RATE = 70
BROKEN = 1
PIECE_BYTES = 1 << 20
# Rows as dispatch leaves them; to send each would take half an hour and measure something else.
SETTLE = """
update public.wa_send_queue
set status = 'sent', attempts = 1, claimed_at = now(), sent_at = now(), meta_message_id = id::text
where job_id = %s
"""
UNSEALED = "select count(*) from public.wa_audit_log where seq is null"


def measure(sizes: Sizes) -> Findings:
    """Decide about every message at once, let the sweep log it, and check the exported file."""
    with Scene.open(rate=RATE, voters=sizes.job_rows) as scene, tempfile.TemporaryDirectory() as to:
        job_id = scene.unannounced_job()
        scene.connection.execute(SETTLE, (job_id,))
        entries = f"{sizes.job_rows:,} messages"
        logged, rounds = _seconds_to_seal(scene, sizes.job_rows)
        file = Path(to, "log.jsonl")
        exported = _seconds(lambda: _export(scene, file))
        megabytes = file.stat().st_size / 1e6
        checked = _seconds(lambda: _verify(file))
        found = _seconds(lambda: _find_changed_byte(file))
    return Findings(
        figures=[
            figure(ROW, f"log and seal {entries}", "s", [logged], note=f"{rounds} sweeps"),
            figure(ROW, "GET /audit, the whole log", "s", [exported], note=f"{megabytes:.0f} MB"),
            figure(ROW, "verify the file", "s", [checked], note="intact; no database"),
            figure(ROW, "the same, one byte changed", "s", [found], note="found, in its line"),
        ]
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _seconds_to_seal(scene: Scene, messages: int) -> tuple[float, int]:
    """Sweep until every decision is in the log and sealed; return the time and the sweeps."""
    started, rounds, logged = time.perf_counter(), 0, 0
    while logged < messages or scene.count(UNSEALED):
        answer = requests.post(scene.stack.at.url("sweep"), timeout=240)
        answer.raise_for_status()
        rounds, logged = rounds + 1, logged + answer.json()["audited"]
        if rounds > messages:
            raise BenchmarkError(f"only {logged} of {messages} decisions were logged")
    return time.perf_counter() - started, rounds


def _export(scene: Scene, file: Path) -> None:
    asked = urlencode({"campaign_id": str(scene.campaign.campaign_id), "format": "jsonl"})
    url = f"{scene.stack.at.url('send')}/audit?{asked}"
    with scene.session.get(url, stream=True, timeout=300) as answer, file.open("wb") as kept:
        answer.raise_for_status()
        for piece in answer.iter_content(PIECE_BYTES):
            kept.write(piece)


def _verify(file: Path) -> None:
    done = _asked_to_verify(file)
    if done.returncode:
        raise BenchmarkError(f"the file does not verify: {done.stdout}{done.stderr}")


def _find_changed_byte(file: Path) -> None:
    """Change a digit of an entry two thirds into the file; it must be found in that line."""
    content = bytearray(file.read_bytes())
    at = content.index(b'"seq":', len(content) * 2 // 3) + len(b'"seq": ')
    while not chr(content[at]).isdigit():
        at += 1
    content[at] = ord("9" if content[at] != ord("9") else "8")
    line = content.count(b"\n", 0, at) + 1
    changed = file.with_suffix(".changed.jsonl")
    changed.write_bytes(content)
    done = _asked_to_verify(changed)
    if done.returncode != BROKEN or f"renglón {line}," not in done.stdout:
        raise BenchmarkError(f"the change in line {line} was not found: {done.stdout}")


def _asked_to_verify(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shared.audit", "verify", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
