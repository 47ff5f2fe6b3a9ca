"""Reading Linux's process table."""

import os
from pathlib import Path

import pytest

from bench.cores import TICKS_PER_SECOND, parse_stat

# Fields 5 to 13 of proc_pid_stat(5): pgrp, session, tty, tpgid, flags, four kinds of faults.
BETWEEN = "4242 4242 0 -1 4194560 3210 0 12 0"


@pytest.mark.parametrize("name", ["gunicorn", "a b", "S) 7 (x"])
def test_parent_and_cpu_time_are_found_whatever_the_program_is_called(name):
    user, system = 3 * TICKS_PER_SECOND, TICKS_PER_SECOND
    line = f"4242 ({name}) S 17 {BETWEEN} {user} {system} 0 0 20"
    assert parse_stat(line) == (17, 4.0)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux has /proc")
def test_our_own_line_names_our_parent():
    assert parse_stat(Path("/proc/self/stat").read_text())[0] == os.getppid()
