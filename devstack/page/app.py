"""The whole stack with the page on top."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import psycopg

from devstack.page.build import build_page
from devstack.page.scene import User, set_scene
from devstack.ports import free_port
from devstack.stack.deployment import Conditions
from devstack.stack.stack import Stack

VOTERS = 5_000
RATE = 70.0


def _say_nothing(_: str) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class AppStack:
    """A page that can be used at `address` by `users`, and the stack behind it."""

    address: str
    stack: Stack
    users: Sequence[User]

    @classmethod
    @contextmanager
    def open(
        cls,
        *,
        voters: int = VOTERS,
        rate: float = RATE,
        report: Callable[[str], None] = _say_nothing,
    ) -> Iterator[Self]:
        """Start everything; after the block nothing is left.

        Args:
            voters: Of the first campaign.
            rate: Messages per second of its number.
            report: Called with a sentence before each step.
        """
        report("La página (la primera vez, medio minuto)")
        folder = build_page()
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        # Pages of no other origin may call: as in production.
        conditions = Conditions(settings={"edge": {"ALLOWED_ORIGINS": address}})
        with Stack(rate=rate, conditions=conditions, report=report) as stack:
            with psycopg.connect(stack.dsn, autocommit=True) as connection:
                users = set_scene(stack, connection, voters, rate, report)
            app = cls(address=address, stack=stack, users=users)
            config = stack.folder / "page.json"
            config.write_text(json.dumps(app._config(), ensure_ascii=False))
            page = ("--folder", str(folder), "--config", str(config), "--port", str(port))
            gateway = ("--gateway", stack.at.supabase_url)
            stack.processes.start("page", ["devstack.page", *page, *gateway], {})
            stack.processes.wait_for("page", address)
            yield app

    def user(self, label: str) -> User:
        """Return who signs in under this label, or one that ends so."""
        return next(user for user in self.users if user.label.endswith(label))

    def _config(self) -> dict[str, object]:
        return {
            "supabaseUrl": self.address,
            "publishableKey": self.stack.secrets.keys.publishable,
            "users": [user.shown() for user in self.users],
        }
