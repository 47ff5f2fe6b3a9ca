"""Row 4: how many of Meta's calls the webhook takes, and how fast receipts are applied."""

import base64
import json
import time
from collections.abc import Sequence
from uuid import uuid4

from bench.cores import confine, cpu_seconds
from bench.emulators import unsubscribe
from bench.figures import BenchmarkError, Findings, at_least, at_most, figure, percentile
from bench.load import Call, Load, post_all
from bench.scene import Scene
from bench.sizes import Sizes
from devstack.meta.webhook_sender import signature
from devstack.stack.campaign import PHONE_NUMBER_ID

ROW = "webhook"
RATE = 70
IN_FLIGHT = 32
WARM_UP = 200
UPDATES_PER_CALL = 1_000  # Meta's most
PUSHES_IN_FLIGHT = 4
STATUSES = ("sent", "delivered", "read")
MARK_SENT = """
    update public.wa_send_queue set status = 'sent', sent_at = now(), attempts = 1,
      meta_message_id = 'wamid.' || id, sender_id = (select id from public.wa_senders)
    where job_id = %s
"""
READ = "select count(*) from public.wa_send_queue where job_id = %s and read_at is not null"


def measure(sizes: Sizes) -> Findings:
    """Post signed calls to `webhook`, then full ones to `apply_events`, each without the other."""
    messages = sizes.runs * sizes.receipts_per_run // len(STATUSES)
    with Scene.open(rate=RATE, voters=messages) as scene:
        unsubscribe(scene.stack.at, "wa-events")
        confine(scene.stack, "webhook")
        _receive(scene, WARM_UP)
        before = cpu_seconds(scene.stack.processes.pids()["webhook"])
        loads = [_receive(scene, sizes.webhook_calls_per_run) for _ in range(sizes.runs)]
        used = cpu_seconds(scene.stack.processes.pids()["webhook"]) - before
        applied = _apply(scene, messages, sizes.runs)
    calls = sizes.runs * sizes.webhook_calls_per_run
    return Findings(
        figures=[
            figure(
                ROW,
                "acknowledged by one process",
                "calls/s",
                [load.per_second for load in loads],
                at_least(500),
                note=f"{IN_FLIGHT} in flight; CPU {used * 1e3 / calls:.2f} ms a call",
            ),
            figure(
                ROW,
                "p99 of the acknowledgement",
                "ms",
                [percentile(load.milliseconds, 99) for load in loads],
                at_most(250),
            ),
            figure(
                ROW,
                "receipts applied",
                "receipts/s",
                applied,
                at_least(2_000),
                note=f"{UPDATES_PER_CALL:,} a call, {PUSHES_IN_FLIGHT} calls in flight, one job",
            ),
        ]
    )


def _receive(scene: Scene, count: int) -> Load:
    secret = scene.stack.secrets.app_secret
    bodies = [_body(["delivered"], [str(uuid4())]) for _ in range(count)]
    calls = [
        Call(body=body, headers={"X-Hub-Signature-256": signature(secret, body.encode())})
        for body in bodies
    ]
    return post_all(scene.stack.at.url("webhook"), calls, IN_FLIGHT)


def _apply(scene: Scene, messages: int, runs: int) -> list[float]:
    """Return the receipts per second of each run, every one about other messages."""
    job_id = scene.unannounced_job()
    scene.connection.execute(MARK_SENT, (job_id,))
    ids = scene.message_ids(job_id)
    scene.connection.execute("vacuum analyze public.wa_send_queue")
    share = messages // runs
    rates = [_apply_to(scene, ids[run * share : (run + 1) * share]) for run in range(runs)]
    if scene.count(READ, job_id) != share * runs:
        raise BenchmarkError("not every message is marked as read")
    return rates


def _apply_to(scene: Scene, ids: Sequence[str]) -> float:
    calls = [
        Call(body=_pushed(_body([status], ids[start : start + UPDATES_PER_CALL])))
        for status in STATUSES
        for start in range(0, len(ids), UPDATES_PER_CALL)
    ]
    load = post_all(scene.stack.at.url("apply_events"), calls, PUSHES_IN_FLIGHT)
    return len(ids) * len(STATUSES) / load.seconds


def _pushed(body: str) -> str:
    return json.dumps({"message": {"data": base64.b64encode(body.encode()).decode()}})


def _body(statuses: Sequence[str], message_ids: Sequence[str]) -> str:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": PHONE_NUMBER_ID},
        "statuses": [
            _receipt(status, message_id) for message_id in message_ids for status in statuses
        ],
    }
    entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]})


def _receipt(status: str, message_id: str) -> dict[str, object]:
    return {
        "id": f"wamid.{message_id}",
        "status": status,
        "timestamp": str(int(time.time())),
        "recipient_id": "5215550001234",
        "biz_opaque_callback_data": message_id,
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "marketing"},
    }
