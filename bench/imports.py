"""Row 6: what starting an entry point costs."""

import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from bench.figures import BenchmarkError, Figure, Findings, at_most, figure
from bench.sizes import Sizes
from devstack.gateway.tokens import DevKeys
from devstack.stack.deployment import (
    DEPLOYABLES,
    Addresses,
    Deployable,
    Secrets,
    choose_addresses,
    environment_of,
)
from devstack.stack.processes import ROOT, START_SECONDS, Processes

ROW = "imports"
START_POLL_SECONDS = 0.005
FRAMEWORK = "import functions_framework"
MAIN = "import main"
# What a first request does before it looks at itself: everything that main.py alone puts off.
WIRING = "import main; from shared import bootstrap; bootstrap.{}()"
TIMED = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"


def measure(sizes: Sizes) -> Findings:
    """Import the framework and every entry point in turn, then start each of them."""
    at, known = _settings()
    rounds = [_import_all(at, known) for _ in range(sizes.imports)]
    median = {name: statistics.median(times[name] for times in rounds) for name in rounds[0]}
    base = median[FRAMEWORK]
    dearest = max((f"{MAIN} of {item.target}" for item in DEPLOYABLES), key=median.__getitem__)
    bare = figure(
        ROW,
        f"{dearest}, the dearest, over {FRAMEWORK}",
        "times",
        [times[dearest] / base for times in rounds],
        at_most(3),
        note=f"{FRAMEWORK}: {base:.0f} ms",
    )
    wired = {item.target: median[item.target] / base for item in DEPLOYABLES}
    return Findings(figures=[bare, *_first_answers(at, known, sizes.starts, wired)])


def _import_all(at: Addresses, known: Secrets) -> dict[str, float]:
    """Return the milliseconds of the framework, each main.py, and each entry point wired."""
    times = {FRAMEWORK: _run_ms(FRAMEWORK, ROOT, {})}
    for item in DEPLOYABLES:
        environment = environment_of(item, at, known) | {"FUNCTION_TARGET": item.target}
        folder = ROOT / "functions" / item.folder
        times[f"{MAIN} of {item.target}"] = _run_ms(MAIN, folder, environment)
        times[item.target] = _run_ms(WIRING.format(item.target), folder, environment)
    return times


def _run_ms(code: str, folder: Path, environment: dict[str, str]) -> float:
    """Run the code in a fresh process in its folder, as a bundle would find it."""
    done = subprocess.run(
        [sys.executable, "-c", TIMED.format(code)],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)} | environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(done.stdout) * 1e3


def _first_answers(
    at: Addresses, known: Secrets, starts: int, wired: Mapping[str, float]
) -> Iterator[Figure]:
    for deployable in DEPLOYABLES:
        yield figure(
            ROW,
            f"{deployable.target}: process start to first answer",
            "ms",
            [_first_answer_ms(deployable, at, known) for _ in range(starts)],
            note=f"all imports and wiring: {wired[deployable.target]:.1f} times {FRAMEWORK}",
        )


def _settings() -> tuple[Addresses, Secrets]:
    """Return settings as a stack would make them; the first request needs nothing behind them."""
    at = choose_addresses()
    return at, Secrets(
        keys=DevKeys.generate(at.supabase_url),
        access_tokens={"default": secrets.token_hex()},
        app_secret=secrets.token_hex(),
        verify_token=secrets.token_hex(),
    )


def _first_answer_ms(deployable: Deployable, at: Addresses, known: Secrets) -> float:
    """Start one entry point and ask what it refuses only after everything is built."""
    main = f"functions/{deployable.folder}/main.py"
    server = ("functions_framework", "--source", main, "--target", deployable.target)
    address = ("--host", "127.0.0.1", "--port", str(at.functions[deployable.target]))
    with TemporaryDirectory() as folder:
        processes = Processes(Path(folder))
        try:
            started = time.perf_counter()
            environment = environment_of(deployable, at, known)
            processes.start(deployable.target, [*server, *address], environment)
            _wait_for_answer(at.url(deployable.target))
            return (time.perf_counter() - started) * 1e3
        finally:
            processes.stop()


def _wait_for_answer(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            time.sleep(START_POLL_SECONDS)
        else:
            return
    raise BenchmarkError(f"nothing answers at {url}")
