"""Row 1: a whole campaign at the sender's rate, against the loop it replaces."""

import time
from typing import Any
from uuid import uuid4

import requests

from bench.figures import BenchmarkError, Findings, at_least, at_most, figure, per_second
from bench.scene import Scene
from bench.sizes import Sizes
from devstack.meta.stats import max_in_one_second, sustained_rate
from devstack.stack.campaign import META_TEMPLATE
from shared.rules.payloads import Json, template_message

ROW = "pacing"
RATE = 70
OURS, SEED = "this bridge", "sequential loop"
# What the bridge replaces: one message after the other, and a rest after each fifty.
SEED_BATCH, SEED_REST_SECONDS = 50, 0.7
POLL_SECONDS = 0.5
# Meta's limit would hide that we exceed it.
UNLIMITED = {"messages_per_second": 0}
RECEIPTS = {"read_after": {"median_s": 2.0, "sigma": 0.6}}


def measure(sizes: Sizes) -> Findings:
    """Send one campaign through everything, then messages with the loop to the same Meta."""
    with Scene.open(rate=RATE, voters=sizes.paced_voters, sweep_seconds=5) as scene:
        scene.tell_meta("config", {"receipts": RECEIPTS} | UNLIMITED)
        ours = _send_campaign(scene, sizes.paced_voters)
        seed = _send_with_loop(scene, sizes.seed_messages)
    rate, seed_rate = _rate(ours), _rate(seed)
    voters = f"{sizes.paced_voters:,} voters, the whole stack"
    return Findings(
        figures=[
            figure(ROW, "sustained rate", "messages/s", [rate], at_least(69), note=voters),
            figure(
                ROW,
                "most in any one second",
                "messages",
                [max_in_one_second(ours)],
                at_most(80),
                note="the simulated Meta's own limit off",
            ),
            figure(
                ROW,
                "sequential loop, same Meta",
                "messages/s",
                [seed_rate],
                note=f"{len(seed)} messages; the bridge is {rate / seed_rate:.1f} times as fast",
            ),
        ],
        series={OURS: per_second(ours), SEED: per_second(seed)},
    )


def _send_campaign(scene: Scene, voters: int) -> list[float]:
    job_id = scene.send()
    while scene.progress(job_id)["status"] == "processing":
        time.sleep(POLL_SECONDS)
    sent = scene.progress(job_id)["sent_count"]
    times = _accept_times(scene)
    if not sent == len(times) == voters:
        raise BenchmarkError(f"of {voters} messages {sent} were sent, {len(times)} accepted")
    return times


def _send_with_loop(scene: Scene, count: int) -> list[float]:
    scene.tell_meta("config", {"webhook_url": ""})  # nobody waits for these receipts
    scene.tell_meta("reset", {})
    url = f"{scene.stack.at.meta_url}/v24.0/106540352242922/messages"
    headers = {"Authorization": f"Bearer {scene.stack.secrets.access_token}"}
    for number in range(count):
        if number and number % SEED_BATCH == 0:
            time.sleep(SEED_REST_SECONDS)
        requests.post(url, json=_message(number), headers=headers, timeout=30).raise_for_status()
    return _accept_times(scene)


def _message(number: int) -> Json:
    texts: list[dict[str, Any]] = [{"type": "text", "text": f"valor {n}"} for n in range(3)]
    return template_message(
        to=f"+5255{10_000_000 + number}",
        template_name=str(META_TEMPLATE["name"]),
        language=str(META_TEMPLATE["language"]),
        components=[{"type": "body", "parameters": texts}],
        message_id=str(uuid4()),
    )


def _accept_times(scene: Scene) -> list[float]:
    return sorted(scene.ask_meta("accept_times"))


def _rate(times: list[float]) -> float:
    rate = sustained_rate(times)
    if rate is None:
        raise BenchmarkError("a rate needs two messages or more")
    return rate
