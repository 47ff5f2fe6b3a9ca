"""Row 5: reading a job's progress while its messages leave."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.figures import Findings, at_most, figure, percentile
from bench.messages import as_dispatch, send_one
from bench.scene import Scene
from bench.sizes import Sizes

ROW = "progress"
RATE = 70
SMALL_JOB_VOTERS = 500


def measure(sizes: Sizes) -> Findings:
    """Read a big job and a small one in turn while the big one is being sent."""
    with Scene.open(rate=RATE, voters=sizes.job_rows) as scene:
        big, small = scene.unannounced_job(), scene.unannounced_job(section=["0"])
        scene.progress(big)  # the first request pays for imports and connections
        with _sending(scene, scene.message_ids(big)):
            timings = [
                (_milliseconds(scene, big), _milliseconds(scene, small))
                for _ in range(sizes.progress_reads)
            ]
    of_big, of_small = [timing[0] for timing in timings], [timing[1] for timing in timings]
    p95 = percentile(of_big, 95)
    ratio = percentile(of_big, 50) / percentile(of_small, 50)
    compared = f"{sizes.job_rows:,} rows against {SMALL_JOB_VOTERS}, both read in turn"
    return Findings(
        figures=[
            figure(
                ROW,
                f"GET /jobs/{{id}}, {sizes.job_rows:,} rows, p95",
                "ms",
                [p95],
                at_most(20),
                note=f"{len(of_big)} reads while {RATE} messages/s leave",
            ),
            figure(ROW, f"the same, {sizes.job_rows:,} rows, p50", "ms", [percentile(of_big, 50)]),
            figure(
                ROW, "big job's p50 over small job's", "times", [ratio], at_most(1.1), note=compared
            ),
        ]
    )


def _milliseconds(scene: Scene, job_id: str) -> float:
    started = time.perf_counter()
    scene.progress(job_id)
    return (time.perf_counter() - started) * 1e3


@contextmanager
def _sending(scene: Scene, message_ids: Sequence[str]) -> Iterator[None]:
    """Claim and settle the messages at the sender's rate, in a thread, until the block ends."""
    stop = threading.Event()

    def send() -> None:
        with as_dispatch(scene.stack.dsn) as connection:
            for message_id in message_ids:
                send_one(connection, message_id)
                if stop.wait(1 / RATE):
                    return

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
