"""Which core a process runs on and what it costs, read from Linux's /proc."""

import os
from pathlib import Path

from devstack.stack.stack import Stack

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def parse_stat(text: str) -> tuple[int, float]:
    """Return (parent's process id, CPU seconds of all threads) from a /proc/<pid>/stat line.

    The program's name, in parentheses, may hold spaces and parentheses (proc_pid_stat(5)).
    """
    fields = text.rpartition(")")[2].split()
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def cpu_seconds(pid: int) -> float:
    """Return what a process and its living descendants have used since they started."""
    table = _processes()
    return sum(table[member][1] for member in _family(pid, table))


def stack_pids(stack: Stack) -> dict[str, int]:
    """Return the processes of a stack by name, Postgres (if it is the stack's own) included."""
    pids = stack.processes.pids()
    if stack.postgres.home:
        lines = (stack.postgres.home / "data" / "postmaster.pid").read_text().splitlines()
        pids["postgres"] = int(lines[0])
    return pids


def confine(stack: Stack, target: str) -> None:
    """Let one entry point use the first core only.

    Everything else may use all cores: held on the other one of two, the database and the
    emulators would be what is measured.
    """
    core = {min(os.sched_getaffinity(0))}
    _pin(stack.processes.pids()[target], core)


def _pin(pid: int, cores: set[int]) -> None:
    for member in _family(pid, _processes()):
        for thread in (PROC / str(member) / "task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)


def _family(pid: int, table: dict[int, tuple[int, float]]) -> list[int]:
    children = [child for child, (parent, _) in table.items() if parent == pid]
    return [pid, *(member for child in children for member in _family(child, table))]


def _processes() -> dict[int, tuple[int, float]]:
    table: dict[int, tuple[int, float]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            try:
                table[int(folder.name)] = parse_stat((folder / "stat").read_text())
            except (FileNotFoundError, ProcessLookupError):
                continue  # ended meanwhile
    return table
