"""The stack starts whole, says clearly why not, and leaves nothing behind."""

import itertools
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from devstack.stack.deployment import DEPLOYABLES
from devstack.stack.processes import ROOT, Processes, StartError
from devstack.stack.stack import Stack


@pytest.fixture
def marked(monkeypatch) -> Callable[[], set[int]]:
    """Mark what starts from now on; the fixture's value finds which of it is running."""
    mark = f"/marked/{uuid4()}"
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{mark}")

    def running() -> set[int]:
        return {int(p.parent.name) for p in Path("/proc").glob("[0-9]*/environ") if holds(p, mark)}

    return running


def holds(environ: Path, mark: str) -> bool:
    try:
        return mark.encode() in environ.read_bytes()  # of a process that ended it is empty
    except OSError:
        return False


def left_behind(marked: Callable[[], set[int]]) -> set[int]:
    """Return what still runs; ended processes may take a moment to go."""
    deadline = time.monotonic() + 10
    while (left := marked()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def test_stack_on_the_command_line_answers_and_leaves_nothing_behind(marked):
    command = [sys.executable, "-m", "devstack", "up"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as up:
        shown = list(itertools.takewhile(lambda line: "Ctrl-C" not in line, up.stdout))
        urls = re.findall(r"http://127\.0\.0\.1:\d+", "".join(shown))
        [example] = [line for line in shown if line.startswith("curl ")]
        sent = _ask_as_shown(example)
        answers = [requests.get(url, timeout=10).status_code for url in urls]
        ours = marked()
        os.kill(up.pid, signal.SIGINT)
        up.stdout.read()
        assert up.wait(30) == 0
    assert sent.status_code == 202, sent.text
    assert len(answers) >= len(DEPLOYABLES) + 2  # Supabase and Meta
    assert all(answer < 500 for answer in answers)
    assert len(ours) > 12
    assert left_behind(marked) == set()


def _ask_as_shown(curl: str) -> requests.Response:
    """Make the request of the example that `up` prints."""
    url, *options = shlex.split(curl)[3:]
    given = list(zip(options[::2], options[1::2], strict=True))
    headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
    [body] = [value for option, value in given if option == "-d"]
    return requests.post(url, data=body, headers=headers, timeout=30)


@pytest.mark.parametrize(
    ("step", "number", "code"),
    [
        ("Postgres", signal.SIGINT, 130),
        ("Emuladores", signal.SIGINT, 130),
        ("Funciones", signal.SIGINT, 130),
        ("Funciones", signal.SIGTERM, 143),
    ],
)
def test_interrupted_start_leaves_nothing_behind(marked, step, number, code):
    command = [sys.executable, "-m", "devstack", "up"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as up:
        for line in up.stdout:
            if line.startswith(step):
                break
        os.kill(up.pid, number)
        up.stdout.read()
        assert up.wait(30) == code
    assert left_behind(marked) == set()


def test_failing_child_is_named_with_its_last_words_and_takes_all_down(marked):
    most = 0

    def report(_: str) -> None:
        nonlocal most
        most = max(most, len(marked()))

    with pytest.raises(StartError, match=r"meta did not start[\s\S]*invalid int value"):
        Stack(seed="no number", report=report).__enter__()
    assert most > 0
    assert left_behind(marked) == set()


def test_child_that_ends_at_once_is_told_from_one_that_is_slow(tmp_path):
    processes = Processes(tmp_path)
    processes.start("broken", ["devstack.no_such_module"], {})
    with pytest.raises(StartError, match=r"broken did not start[\s\S]*No module named"):
        processes.wait_for("broken", "http://127.0.0.1:9/")
    processes.stop()


def test_children_get_only_the_environment_they_are_given(marked, tmp_path, monkeypatch):
    monkeypatch.setenv("META_ACCESS_TOKEN", "a real one")
    processes = Processes(tmp_path)
    show = ["timeit", "-n1", "-r1", "import os; print(sorted(os.environ))"]
    processes.start("shown", show, {"OWN": "1"})
    assert left_behind(marked) == set()
    assert "'OWN'" in processes.last_words("shown")
    assert "META_ACCESS_TOKEN" not in processes.last_words("shown")
    processes.stop()
