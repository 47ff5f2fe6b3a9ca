"""The Edge Function's own tests, under the Deno that the pins name."""

import subprocess
from pathlib import Path

import deno

ROOT = Path(__file__).parents[2]


def test_edge_function_passes_its_own_tests():
    command = ("test", "--no-prompt", "--allow-net=127.0.0.1", "--config=tests/edge/deno.json")
    done = subprocess.run(
        [deno.find_deno_bin(), *command, "--quiet", "tests/edge"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed | 0 failed" in done.stdout
