"""Row 2: what one dispatch process on one core can do when nothing paces it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cores import confine, cpu_seconds, stack_pids
from bench.figures import (
    Bar,
    BenchmarkError,
    Figure,
    Findings,
    at_least,
    at_most,
    figure,
    percentile,
)
from bench.load import Call, Load, post_all
from bench.scene import Scene
from bench.sizes import Sizes

ROW = "dispatch"
PACING_OFF = 1_000  # the fastest a sender can be told to be
IN_FLIGHT = 80
WARM_UP = 240
FIXED_LATENCY = {"latency": {"median_s": 0.12, "sigma": 0}}
UNLIMITED = {"messages_per_second": 0, "webhook_url": ""}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One load, and the CPU milliseconds per message of each process meanwhile."""

    load: Load
    cpu_ms: dict[str, float]

    @property
    def busy_percent(self) -> float:
        """How much of its core the dispatch process used."""
        return self.cpu_ms["dispatch"] * self.load.per_second / 10


def measure(sizes: Sizes) -> Findings:
    """Post tasks straight to `dispatch`, many in flight."""
    count = sizes.dispatched_per_run
    with Scene.open(rate=PACING_OFF, voters=WARM_UP + sizes.runs * count) as scene:
        confine(scene.stack, "dispatch")
        scene.tell_meta("config", FIXED_LATENCY | UNLIMITED)
        ids = scene.message_ids(scene.unannounced_job())
        _post(scene, ids[:WARM_UP])
        starts = range(WARM_UP, len(ids), count)
        runs = [_run(scene, ids[start : start + count]) for start in starts]
        accepted = scene.ask_meta("stats")["accepted"]
    if accepted != len(ids):
        raise BenchmarkError(f"Meta accepted {accepted} of {len(ids)} messages")
    return Findings(figures=_figures(runs))


def _post(scene: Scene, ids: Sequence[str]) -> Load:
    calls = [Call(body=f'{{"message_id": "{message_id}"}}') for message_id in ids]
    return post_all(scene.stack.at.url("dispatch"), calls, IN_FLIGHT)


def _run(scene: Scene, ids: Sequence[str]) -> Run:
    pids = stack_pids(scene.stack)
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    load = _post(scene, ids)
    used = {name: (cpu_seconds(pid) - before[name]) * 1e3 / len(ids) for name, pid in pids.items()}
    return Run(load=load, cpu_ms=used)


def _figures(runs: Sequence[Run]) -> list[Figure]:
    busy = percentile([run.busy_percent for run in runs], 50)
    p99 = percentile([percentile(run.load.milliseconds, 99) for run in runs], 50)
    rates = [run.load.per_second for run in runs]
    note = f"{IN_FLIGHT} in flight, p99 {p99:.0f} ms, its core {busy:.0f} % busy"
    figures = [
        figure(ROW, "throughput of one process", "messages/s", rates, at_least(250), note=note),
        _cpu(runs, "dispatch", "CPU a message", at_most(4)),
    ]
    others = [name for name in ("gateway", "postgres", "meta") if name in runs[0].cpu_ms]
    return figures + [_cpu(runs, name, f"CPU a message, {name}") for name in others]


def _cpu(runs: Sequence[Run], name: str, what: str, bar: Bar | None = None) -> Figure:
    note = "all its threads" if bar else "on any core"
    return figure(ROW, what, "ms", [run.cpu_ms[name] for run in runs], bar, note=note)
