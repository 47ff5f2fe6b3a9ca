"""Row: how soon BAJA holds while a big job is being sent."""

import time
from collections.abc import Sequence

from bench.figures import BenchmarkError, Findings, figure
from bench.scene import Scene
from bench.sizes import Sizes
from devstack.stack.campaign import PHONE_NUMBER_ID

ROW = "opt-out"
RATE = 70
POLL_SECONDS = 0.005
LONGEST_SECONDS = 60
# Far enough behind that their messages are still queued, near enough to see what becomes of them.
AHEAD = 20 * RATE
WITHOUT_TASK = """
select count(*) from public.wa_send_queue
where job_id = %s and status = 'queued' and enqueued_at is null
"""
WAITING = """
select recipient_phone from public.wa_send_queue
where job_id = %s and status = 'queued' order by position offset %s limit %s
"""
HOLDS = "select count(*) from public.wa_opt_outs where phone = %s"
PASSED = """
select count(*) from public.wa_send_queue
where job_id = %s and recipient_phone = any(%s) and status not in ('queued', 'sending')
"""
LEFT_OUT = """
select count(*) from public.wa_send_queue
where job_id = %s and recipient_phone = any(%s) and skip_reason = 'opted_out' and attempts = 0
"""


def measure(sizes: Sizes) -> Findings:
    """Let people ask one after the other, and see that none of their messages leaves."""
    with Scene.open(rate=RATE, voters=sizes.queued_rows) as scene:
        scene.tell_meta("config", {"webhooks": {"flush_interval_s": 0.001}})
        job_id = scene.send()
        _wait(scene, WITHOUT_TASK, job_id, until=0)
        rows = scene.connection.execute(WAITING, (job_id, AHEAD, sizes.opt_outs)).fetchall()
        phones = [phone for (phone,) in rows]
        seconds = [_seconds_until_it_holds(scene, phone) for phone in phones]
        _wait(scene, PASSED, job_id, phones, until=len(phones))
        silent = scene.count(LEFT_OUT, job_id, phones)
    if silent != len(phones) != 0:
        raise BenchmarkError(f"{len(phones) - silent} people were written to after their BAJA")
    note = f"{len(phones)} people, {sizes.queued_rows:,} tasks queued, {RATE} messages/s leaving"
    return Findings(
        figures=[figure(ROW, "from Meta's webhook to the ledger", "s", seconds, note=note)]
    )


def _seconds_until_it_holds(scene: Scene, phone: str) -> float:
    reply = {"phone_number_id": PHONE_NUMBER_ID, "from": phone, "kind": "text", "text": "BAJA"}
    started = time.perf_counter()
    scene.tell_meta("inbound", reply)
    _wait(scene, HOLDS, phone, until=1)
    return time.perf_counter() - started


def _wait(scene: Scene, query: str, *values: str | Sequence[str], until: int) -> None:
    """Wait until the query counts so many."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while scene.count(query, *values) != until:
        if time.monotonic() > deadline:
            raise BenchmarkError(f"after {LONGEST_SECONDS} s still not {until}: {query}")
        time.sleep(POLL_SECONDS)
