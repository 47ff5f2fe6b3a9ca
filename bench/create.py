"""Row 3: how long a promoter waits for a big job, and how fast it becomes tasks."""

import time

from bench.emulators import pause_queue, unsubscribe
from bench.figures import BenchmarkError, Findings, at_least, at_most, figure
from bench.scene import Scene
from bench.sizes import Sizes

ROW = "create"
SECTION_SIZE = 500
RATE = 70
POLL_SECONDS = 0.1
LONGEST_SECONDS = 300
LAST_MARK = (
    "select extract(epoch from max(enqueued_at)) * 1e6 from public.wa_send_queue where job_id = %s"
)
UNMARKED = "select count(*) from public.wa_send_queue where job_id = %s and enqueued_at is null"


def measure(sizes: Sizes) -> Findings:
    """Create tasks for part of the voters, then jobs for all of them that nobody fans out."""
    with Scene.open(rate=RATE, voters=sizes.job_rows) as scene:
        pause_queue(scene.stack.at)
        _create_tasks(scene, ["0"])  # the first shard pays for imports and connections
        sections = [str(n) for n in range(1, 1 + sizes.enqueued_rows // SECTION_SIZE)]
        tasks_per_second = _create_tasks(scene, sections)
        unsubscribe(scene.stack.at, "wa-fan-out")
        answered = [_seconds_to_answer(scene) for _ in range(sizes.runs)]
    return Findings(
        figures=[
            figure(
                ROW,
                f"POST /send, {sizes.job_rows:,} voters",
                "s",
                answered,
                at_most(3),
                note="every row committed and announced",
            ),
            figure(
                ROW,
                "tasks created",
                "tasks/s",
                [tasks_per_second],
                at_least(1_000),
                note=f"{sizes.enqueued_rows:,} rows, leased, created and marked by one process",
            ),
        ]
    )


def _create_tasks(scene: Scene, sections: list[str]) -> float:
    """Return the tasks per second from the announcement to the last mark, by one clock."""
    job_id = scene.send(section=sections)
    announced_at = time.time()
    rows = scene.count("select count(*) from public.wa_send_queue where job_id = %s", job_id)
    while scene.count(UNMARKED, job_id):
        if time.time() > announced_at + LONGEST_SECONDS:
            raise BenchmarkError(f"some of {rows} rows have no task after {LONGEST_SECONDS} s")
        time.sleep(POLL_SECONDS)
    return rows / (scene.count(LAST_MARK, job_id) / 1e6 - announced_at)


def _seconds_to_answer(scene: Scene) -> float:
    started = time.perf_counter()
    scene.send()
    return time.perf_counter() - started
