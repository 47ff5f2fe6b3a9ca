"""The whole stack with the page on top."""

import contextlib
import json
from collections.abc import Callable
from types import TracebackType
from typing import Self

import psycopg

from devstack.page.build import build_page
from devstack.page.scene import User, set_scene
from devstack.ports import free_port
from devstack.stack.deployment import Conditions
from devstack.stack.stack import Stack
from devstack.stack.topology import create_queue

VOTERS = 5_000
RATE = 70.0


class AppStack:
    """A context manager: inside its block the page can be used, after it nothing is left.

    Args:
        voters: Of the first campaign.
        rate: Messages per second of its number.
        report: Called with a sentence before each step.
    """

    def __init__(
        self,
        *,
        voters: int = VOTERS,
        rate: float = RATE,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._voters = voters
        self._rate = rate
        self._report = report

    def __enter__(self) -> Self:
        self._report("La página (la primera vez, medio minuto)")
        folder = build_page()
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        # Pages of no other origin may call: as in production.
        conditions = Conditions(settings={"edge": {"ALLOWED_ORIGINS": self.address}})
        with contextlib.ExitStack() as open_things:
            self.stack = open_things.enter_context(
                Stack(rate=self._rate, conditions=conditions, report=self._report)
            )
            create_queue(self.stack.at, "wa-sender-second", 10)
            with psycopg.connect(self.stack.dsn, autocommit=True) as connection:
                self.users = set_scene(
                    self.stack, connection, self._voters, self._rate, self._report
                )
            config = self.stack.folder / "page.json"
            config.write_text(json.dumps(self._config(), ensure_ascii=False))
            self.stack.processes.start(
                "page",
                [
                    *("devstack.page", "--folder", str(folder), "--config", str(config)),
                    *("--gateway", self.stack.at.supabase_url, "--port", str(port)),
                ],
                {},
            )
            self.stack.processes.wait_for("page", self.address)
            self._open_things = open_things.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open_things.close()

    def user(self, label: str) -> User:
        """Return who signs in under this label, or one that ends so."""
        return next(user for user in self.users if user.label.endswith(label))

    def _config(self) -> dict[str, object]:
        return {
            "supabaseUrl": self.address,
            "publishableKey": self.stack.secrets.keys.publishable,
            "users": [user.shown() for user in self.users],
        }
