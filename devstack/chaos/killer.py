"""Kills processes of the stack and starts them again, as crashes and Cloud Run would."""

import threading
import time
from collections.abc import Iterator
from random import Random
from types import TracebackType
from typing import Self

from devstack.chaos.journal import Journal
from devstack.chaos.plan import Kill, Victim
from devstack.stack.deployment import DEPLOYABLES
from devstack.stack.stack import Stack

BY_TARGET = {deployable.target: deployable for deployable in DEPLOYABLES}


class Killer:
    """A context manager: inside its block, processes die by the plan on a thread of its own."""

    def __init__(self, stack: Stack, kills: Iterator[Kill], journal: Journal, seed: int) -> None:
        self._stack = stack
        self._kills = kills
        self._journal = journal
        self._chance = Random(seed)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let everybody live.

        Raises:
            StartError: what was killed could not be started again.
        """
        self._stopping.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _run(self) -> None:
        for kill in self._kills:
            if self._stopping.wait(kill.after_s):
                return
            try:
                self._kill(kill.victim)
            except Exception as error:  # noqa: BLE001 - raised again where the block ends
                self._error = error
                return

    def _kill(self, victim: Victim) -> None:
        began = time.time()
        if victim is Victim.WORKER:
            if not self._stack.processes.kill_worker("dispatch", self._chance):
                return
        else:
            self._stack.processes.kill(victim)
            self._stack.start_function(BY_TARGET[victim])
            self._stack.processes.wait_for(victim, self._stack.at.url(victim))
        self._journal.note(f"SIGKILL to {victim}", f"up again after {time.time() - began:.1f} s")
        if victim is not Victim.APPLY_EVENTS:
            self._journal.note_outage(began, f"SIGKILL to {victim}")
