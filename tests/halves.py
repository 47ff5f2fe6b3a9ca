"""Run every test, in two halves side by side: those of the whole stack wait more than they compute.

What fails is run once more, alone: some tests wait for what a loaded machine does too late. What
fails then has failed.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HALVES = {
    "stack": ["tests/functions", "tests/chaos"],
    "rest": ["tests", "--ignore=tests/functions", "--ignore=tests/chaos"],
}
ALL_PASSED = 0


def command(name: str, *options: str) -> list[str]:
    """Return how a half is run; each remembers for itself what failed."""
    memory = f"cache_dir=.pytest_cache/{name}"
    return [sys.executable, "-m", "pytest", "-q", "-o", memory, *HALVES[name], *options]


def main() -> int:
    """Run both halves, show what they said, and return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder, "stack")
        with said.open("wb") as output:
            beside = subprocess.Popen(command("stack"), stdout=output, stderr=subprocess.STDOUT)
            codes = {"rest": subprocess.run(command("rest"), check=False).returncode}
            codes["stack"] = beside.wait()
        sys.stdout.write(said.read_text(encoding="utf-8", errors="replace"))
    for name, code in codes.items():
        if code != ALL_PASSED:
            sys.stdout.write(f"Once more, alone, what failed of {name}\n")
            sys.stdout.flush()
            codes[name] = subprocess.run(command(name, "--last-failed"), check=False).returncode
    return max(codes.values())


if __name__ == "__main__":
    sys.exit(main())
