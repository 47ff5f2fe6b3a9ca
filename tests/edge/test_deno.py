"""The Edge Function's own tests, under the Deno that the pins name."""

import os
import re
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
        env=os.environ | {"NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed | 0 failed" in done.stdout


def test_packages_are_pinned_by_their_content_and_not_by_where_they_come_from():
    lock = (ROOT / "tests/edge/deno.lock").read_text()
    assert "://" not in lock
    assert lock.count('"integrity"') == len(
        re.findall(r'^    "[^"]+@[^"]+": \{', lock, re.MULTILINE)
    )
