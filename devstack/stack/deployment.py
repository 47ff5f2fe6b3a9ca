"""Which entry points run where, with which settings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from devstack.gateway.tokens import DevKeys
from devstack.ports import free_port

PROJECT = "campaignpro-local"
LOCATION = "local"
QUEUE = "wa-sender-local"
APP_ID = "100200300400500"  # of Meta's app
# Rate times the time a task takes: up to two seconds for its slot after a burst, and Meta's answer.
MAX_CONCURRENT_DISPATCHES = 160
TOPICS = {"wa-fan-out": "fan_out", "wa-events": "apply_events"}
INBOUND_TOPIC = "wa-inbound"


@dataclass(frozen=True, kw_only=True)
class Deployable:
    """One entry point: its folder and how many requests one process serves at once."""

    target: str
    folder: str
    threads: int
    has_token: bool  # it has a database role of its own

    @property
    def role(self) -> str:
        """The database role that its token names."""
        return f"wa_{self.target}"


# Terraform reads the same list; of dispatch the operator chooses the concurrency.
LIST = Path(__file__).parents[2] / "terraform/deployables.json"
DEPLOYABLES = tuple(
    Deployable(
        target=target,
        folder=row["folder"],
        threads=row.get("concurrency", MAX_CONCURRENT_DISPATCHES),
        has_token=row["has_token"],
    )
    for target, row in json.loads(LIST.read_text()).items()
)


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where every part of one stack listens, as ports on 127.0.0.1."""

    gateway: int
    tasks: int
    pubsub: int
    meta: int
    functions: dict[str, int]
    edge: int
    id_tokens: int
    doors: dict[str, int]  # of the private functions that the Edge Function calls

    def url(self, target: str) -> str:
        """Return the URL of an entry point."""
        return f"http://127.0.0.1:{self.functions[target]}"

    def door_url(self, target: str) -> str:
        """Return the URL of an entry point as whoever needs a Google ID token for it calls it."""
        return f"http://127.0.0.1:{self.doors[target]}"

    @property
    def edge_url(self) -> str:
        """The Edge Function's URL, as the app calls it."""
        return f"{self.supabase_url}/functions/v1/messaging"

    @property
    def supabase_url(self) -> str:
        """The gateway's URL."""
        return f"http://127.0.0.1:{self.gateway}"

    @property
    def meta_url(self) -> str:
        """The simulator's URL."""
        return f"http://127.0.0.1:{self.meta}"


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """How a stack differs from an undisturbed one.

    `credentials` names its access tokens at Meta. The shares (0 to 1) are those of deliveries that
    Cloud Tasks and Pub/Sub repeat, and that Pub/Sub makes late. `settings` are environment
    variables by entry point; those of the Edge Function are called `edge`.
    """

    credentials: tuple[str, ...] = ("default",)
    duplicate_share: float = 0.0
    reorder_share: float = 0.0
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


UNDISTURBED = Conditions()
# Behind the Edge Function; terraform/deployables.tf lets its account invoke them.
PRIVATE = ("send", "templates")


def choose_addresses() -> Addresses:
    """Return addresses on which nobody listens now."""
    return Addresses(
        gateway=free_port(),
        tasks=free_port(),
        pubsub=free_port(),
        meta=free_port(),
        functions={deployable.target: free_port() for deployable in DEPLOYABLES},
        edge=free_port(),
        id_tokens=free_port(),
        doors={target: free_port() for target in PRIVATE},
    )


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What only this stack knows; `access_tokens` by the name of the credential."""

    keys: DevKeys
    access_tokens: Mapping[str, str] = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)

    @property
    def access_token(self) -> str:
        """The first of the access tokens, where one will do."""
        return next(iter(self.access_tokens.values()))


def environment_of(deployable: Deployable, at: Addresses, secrets: Secrets) -> dict[str, str]:
    """Return the settings one entry point runs with."""
    settings = {
        "THREADS": str(deployable.threads),
        "SUPABASE_URL": at.supabase_url,
        "SUPABASE_PUBLISHABLE_KEY": secrets.keys.publishable,
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "TASKS_LOCATION": LOCATION,
        "DISPATCH_URL": at.url("dispatch"),
        "CLOUD_TASKS_EMULATOR_HOST": f"127.0.0.1:{at.tasks}",
        "PUBSUB_EMULATOR_HOST": f"127.0.0.1:{at.pubsub}",
        "META_GRAPH_URL": at.meta_url,
        "META_APP_ID": APP_ID,
        "META_ACCESS_TOKEN": json.dumps(dict(secrets.access_tokens)),
        "META_APP_SECRET": secrets.app_secret,
        "META_VERIFY_TOKEN": secrets.verify_token,
    }
    if deployable.has_token:
        token = secrets.keys.mint_role_token(deployable.role, now=datetime.now(UTC), days=90)
        settings["SUPABASE_TOKEN"] = token
    return settings
