"""Row: what the way through the Edge Function adds to POST /send."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from bench.figures import Findings, figure
from bench.scene import Scene
from bench.sizes import Sizes
from devstack.stack.campaign import PERSONALIZATION
from devstack.stack.edge import start_edge

ROW = "edge"
RATE = 70
VOTERS = 1_000
# Nothing of the jobs leaves while others are measured.
LATER = timedelta(hours=1)


def measure(sizes: Sizes) -> Findings:
    """POST /send for 1,000 voters by both ways in turn, then with an Edge Function just started."""
    with Scene.open(rate=RATE, voters=VOTERS) as scene:
        at = scene.stack.at
        direct, edge = _asker(scene, at.url("send")), _asker(scene, at.edge_url)
        direct(), edge()  # connections, tokens, plans
        pairs = [(direct(), edge()) for _ in range(sizes.edge_calls)]
        cold = [_cold(scene, edge) for _ in range(sizes.edge_starts)]
    usual = sorted(one for one, _ in pairs)[len(pairs) // 2]
    added = [through - straight for straight, through in pairs]
    what = f"POST /send, {VOTERS:,} voters"
    return Findings(
        figures=[
            figure(ROW, f"{what}, send itself", "ms", [one for one, _ in pairs]),
            figure(ROW, "added, warm", "ms", added, note="veda asked, token kept, in turn"),
            figure(
                ROW,
                "added, cold",
                "ms",
                [one - usual for one in cold],
                note="first request of a process of Deno that listens; its token is minted",
            ),
        ]
    )


def _asker(scene: Scene, url: str) -> Callable[[], float]:
    """Return what creates a job that leaves later, and says how many milliseconds it took."""
    body = {
        "campaign_id": str(scene.campaign.campaign_id),
        "template_id": str(scene.campaign.template_id),
        "filters": {},
        "personalization": PERSONALIZATION,
        "scheduled_at": (datetime.now(UTC) + LATER).isoformat(),
    }

    def ask() -> float:
        headers = {"Idempotency-Key": str(uuid4())}
        started = time.perf_counter()
        answer = scene.session.post(f"{url}/send", json=body, headers=headers, timeout=60)
        taken = time.perf_counter() - started
        answer.raise_for_status()
        return taken * 1000

    return ask


def _cold(scene: Scene, edge: Callable[[], float]) -> float:
    stack = scene.stack
    for name in ("edge", "iam"):
        stack.processes.kill(name)
    start_edge(stack.processes, stack.at, stack.secrets, stack.folder)
    return edge()
