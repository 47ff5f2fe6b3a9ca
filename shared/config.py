"""Settings, read from the environment once and validated whole.

Without that, a missing secret would show as a failed message at night, not as a failed deployment.
"""

import json
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from shared.errors import ConfigError

KEY = re.compile(r"[!-~]+")  # what an HTTP header can carry


@dataclass(frozen=True, kw_only=True)
class SupabaseSettings:
    """Where PostgREST is and the two API keys of the project."""

    url: str
    publishable_key: str
    secret_key: str
    timeout_seconds: float


@dataclass(frozen=True, kw_only=True)
class MetaSettings:
    """How to call the Graph API."""

    graph_url: str
    graph_version: str
    access_tokens: Mapping[str, str]
    connect_timeout_seconds: float
    read_timeout_seconds: float
    threads: int


@dataclass(frozen=True, kw_only=True)
class WebhookSettings:
    """What proves that a webhook call comes from Meta; several app secrets during a rotation."""

    verify_token: str
    app_secrets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TasksSettings:
    """Where Cloud Tasks queues are and whom their tasks call."""

    project: str
    location: str
    dispatch_url: str
    service_account: str
    emulator_host: str


@dataclass(frozen=True, kw_only=True)
class TopicSettings:
    """Full names of the Pub/Sub topics."""

    fan_out: str
    events: str
    inbound: str
    emulator_host: str


@dataclass(frozen=True, kw_only=True)
class SweepSettings:
    """When the sweep takes a claim or a task for lost, in seconds."""

    stale_after_seconds: int
    lost_after_seconds: int


class Environment:
    """Reads variables and remembers everything that is wrong with them."""

    def __init__(self, variables: Mapping[str, str] = os.environ) -> None:
        self._variables = variables
        self._problems: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """Return the variable; without a default it must be set and not empty."""
        value = self._variables.get(name, "").strip() or default
        if value is None:
            self._problems.append(f"{name} is not set")
            return ""
        return value

    def url(self, name: str, default: str | None = None) -> str:
        """Return an http(s) URL without its trailing slash."""
        value = self.text(name, default)
        if value and not value.startswith(("http://", "https://")):
            self._problems.append(f"{name} must be an http(s) URL")
        return value.rstrip("/")

    def key(self, name: str) -> str:
        """Return a key that an HTTP header can carry."""
        value = self.text(name)
        if value and not KEY.fullmatch(value):
            self._problems.append(f"{name} must be one word of ASCII characters")
        return value

    def keys(self, name: str) -> tuple[str, ...]:
        """Return one or more keys, separated by commas."""
        text = self.text(name)
        values = tuple(key.strip() for key in text.split(",") if key.strip())
        if text and not values:
            self._problems.append(f"{name} holds no key")
        return values

    def number(self, name: str, default: float) -> float:
        """Return a number above zero."""
        try:
            value = float(self.text(name, str(default)))
        except ValueError:
            value = 0.0
        if not 0 < value < math.inf:
            self._problems.append(f"{name} must be a number above zero")
            return default
        return value

    def named_keys(self, name: str) -> dict[str, str]:
        """Return keys by name from a JSON object; a plain key is the one named "default"."""
        if not self.text(name).startswith("{"):
            return {"default": self.key(name)}
        try:
            keys = json.loads(self.text(name))
        except ValueError:
            keys = {}
        if not keys or not all(KEY.fullmatch(str(key)) for key in keys.values()):
            self._problems.append(f"{name} must be one key, or a JSON object of keys by name")
        return dict(keys)

    def whole_number(self, name: str, default: int) -> int:
        """Return a whole number above zero."""
        value = self.number(name, default)
        if value != int(value):
            self._problems.append(f"{name} must be a whole number")
        return int(value)

    def raise_problems(self) -> None:
        """Raise one ConfigError that names every problem found so far."""
        if self._problems:
            raise ConfigError("Wrong settings: " + "; ".join(self._problems))


def read_supabase(env: Environment) -> SupabaseSettings:
    """Read how to reach PostgREST."""
    return SupabaseSettings(
        url=env.url("SUPABASE_URL"),
        publishable_key=env.key("SUPABASE_PUBLISHABLE_KEY"),
        secret_key=env.key("SUPABASE_SECRET_KEY"),
        timeout_seconds=env.number("SUPABASE_TIMEOUT_SECONDS", 10),
    )


def read_user_supabase(env: Environment) -> SupabaseSettings:
    """Read how to reach PostgREST as its users alone: the secret key is not even there."""
    return SupabaseSettings(
        url=env.url("SUPABASE_URL"),
        publishable_key=env.key("SUPABASE_PUBLISHABLE_KEY"),
        secret_key="",
        # A job of a million rows takes longer to create than a message to claim.
        timeout_seconds=env.number("SUPABASE_TIMEOUT_SECONDS", 60),
    )


def read_meta(env: Environment) -> MetaSettings:
    """Read how to call the Graph API."""
    return MetaSettings(
        graph_url=env.url("META_GRAPH_URL", "https://graph.facebook.com"),
        graph_version=env.text("META_GRAPH_VERSION", "v24.0"),
        access_tokens=env.named_keys("META_ACCESS_TOKEN"),
        connect_timeout_seconds=env.number("META_CONNECT_TIMEOUT_SECONDS", 5),
        read_timeout_seconds=env.number("META_READ_TIMEOUT_SECONDS", 30),
        threads=env.whole_number("THREADS", 80),
    )


def read_webhook(env: Environment) -> WebhookSettings:
    """Read the webhook's secrets; META_APP_SECRET may hold several, separated by commas."""
    return WebhookSettings(
        verify_token=env.text("META_VERIFY_TOKEN"),
        app_secrets=env.keys("META_APP_SECRET"),
    )


def read_tasks(env: Environment) -> TasksSettings:
    """Read where tasks go; the emulator needs no service account."""
    emulator_host = env.text("CLOUD_TASKS_EMULATOR_HOST", "")
    return TasksSettings(
        project=env.text("GOOGLE_CLOUD_PROJECT"),
        location=env.text("TASKS_LOCATION"),
        dispatch_url=env.url("DISPATCH_URL"),
        service_account=env.text("TASKS_SERVICE_ACCOUNT", "" if emulator_host else None),
        emulator_host=emulator_host,
    )


def read_topics(env: Environment) -> TopicSettings:
    """Read the topics' names, made full with the project."""
    project = env.text("GOOGLE_CLOUD_PROJECT")

    def topic(variable: str, default: str) -> str:
        return f"projects/{project}/topics/{env.text(variable, default)}"

    return TopicSettings(
        fan_out=topic("FAN_OUT_TOPIC", "wa-fan-out"),
        events=topic("EVENTS_TOPIC", "wa-events"),
        inbound=topic("INBOUND_TOPIC", "wa-inbound"),
        emulator_host=env.text("PUBSUB_EMULATOR_HOST", ""),
    )


def read_sweep(env: Environment) -> SweepSettings:
    """Read the sweep's patience."""
    return SweepSettings(
        stale_after_seconds=env.whole_number("STALE_CLAIM_SECONDS", 300),
        lost_after_seconds=env.whole_number("LOST_TASK_SECONDS", 900),
    )


Settings = TypeVar("Settings")
Reader = Callable[[Environment], object]
READERS: dict[str, tuple[Reader, ...]] = {
    "send": (read_user_supabase, read_topics),
    "fan_out": (read_supabase, read_tasks),
    "templates": (read_user_supabase,),
    "webhook": (read_webhook, read_topics),
    "apply_events": (read_supabase, read_topics),
    "dispatch": (read_supabase, read_meta),
    "sweep": (read_supabase, read_topics, read_sweep),
}


def load(read: Callable[[Environment], Settings]) -> Settings:
    """Read one group of settings.

    Raises:
        ConfigError: naming every variable of the group that is missing or wrong.
    """
    env = Environment()
    settings = read(env)
    env.raise_problems()
    return settings


def check_target() -> None:
    """Validate all settings of the entry point this process serves (FUNCTION_TARGET), if any.

    Raises:
        ConfigError: naming every variable that is missing or wrong.
    """
    env = Environment()
    for read in READERS.get(env.text("FUNCTION_TARGET", ""), ()):
        read(env)
    env.raise_problems()
