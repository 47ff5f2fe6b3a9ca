"""The screen's own tests, under the Node that the pins name (`make test` installs its packages)."""

import json
import subprocess
from pathlib import Path

from devstack.node import command, environment

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"


def test_screen_passes_its_own_tests(tmp_path):
    report = tmp_path / "report.json"
    run = command(APP, "jest", "--json", f"--outputFile={report}", "--silent")
    done = subprocess.run(
        run, cwd=APP, env=environment(), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(report.read_text())
    assert told["numPassedTests"] == told["numTotalTests"] > 0


def test_packages_are_pinned_by_their_content_and_not_by_where_they_come_from():
    lock = json.loads((APP / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if "integrity" not in package]
