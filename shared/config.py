"""Settings, read from the environment once and validated whole.

Without that, a missing secret would show as a failed message at night, not as a failed deployment.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from shared.environment import Environment
from shared.rules.access_token import ends_within, problem_of

NOTICE = timedelta(days=30)  # how long before its end a token is warned of
# How long a deployable waits for its own SQL functions, in seconds: longer than its role's may take
# (supabase/schemas/00_privileges.sql). Behind `send` a promoter waits, and goes on without.
PATIENCE = {"sweep": 60, "send": 3}
OTHERS_PATIENCE = 10


@dataclass(frozen=True, kw_only=True)
class SupabaseSettings:
    """Where PostgREST is, the key that opens its gateway, and the token of this deployable."""

    url: str
    publishable_key: str
    token: str = field(repr=False)
    timeout_seconds: float


@dataclass(frozen=True, kw_only=True)
class IdentitySettings:
    """Where users sign in, and what their tokens name as their issuer."""

    url: str
    publishable_key: str
    issuer: str
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


def supabase_of(target: str) -> Callable[[Environment], SupabaseSettings]:
    """Return what reads how to reach PostgREST as this deployable, with its token and no other."""

    def problem_of_token(token: str) -> str:
        return problem_of(token, f"wa_{target}", datetime.now(UTC))

    def read(env: Environment) -> SupabaseSettings:
        token = env.token("SUPABASE_TOKEN", problem_of_token)
        return _supabase(env, token, PATIENCE.get(target, OTHERS_PATIENCE))

    return read


def read_user_supabase(env: Environment) -> SupabaseSettings:
    """Read how to reach PostgREST as its users alone: it carries no token but theirs."""
    # A job of a million rows takes longer to create than a message to claim.
    return _supabase(env, "", 60)


def read_identity(env: Environment) -> IdentitySettings:
    """Read how users' tokens are verified; with a domain of one's own, tokens may name that."""
    url = env.url("SUPABASE_URL")
    return IdentitySettings(
        url=url,
        publishable_key=env.key("SUPABASE_PUBLISHABLE_KEY"),
        issuer=env.url("SUPABASE_JWT_ISSUER", f"{url}/auth/v1"),
        timeout_seconds=env.number("IDENTITY_TIMEOUT_SECONDS", 3),
    )


def _supabase(env: Environment, token: str, timeout_seconds: float) -> SupabaseSettings:
    return SupabaseSettings(
        url=env.url("SUPABASE_URL"),
        publishable_key=env.key("SUPABASE_PUBLISHABLE_KEY"),
        token=token,
        timeout_seconds=env.number("SUPABASE_TIMEOUT_SECONDS", timeout_seconds),
    )


def read_meta(env: Environment) -> MetaSettings:
    """Read how to call the Graph API."""
    return MetaSettings(
        graph_url=env.url("META_GRAPH_URL", "https://graph.facebook.com"),
        graph_version=env.name("META_GRAPH_VERSION", "v24.0"),
        access_tokens=env.named_keys("META_ACCESS_TOKEN"),
        connect_timeout_seconds=env.number("META_CONNECT_TIMEOUT_SECONDS", 5),
        read_timeout_seconds=env.number("META_READ_TIMEOUT_SECONDS", 30),
        threads=env.whole_number("THREADS", 80),
    )


def read_app(env: Environment) -> str:
    """Read the id of Meta's app, which takes the files that templates show as samples."""
    return env.digits("META_APP_ID")


def read_preflight(env: Environment) -> float:
    """Read how long a new job waits for Meta to say how its number is, in seconds."""
    return env.number("PREFLIGHT_SECONDS", 3)


def read_threads(env: Environment) -> int:
    """Read how many requests the process serves at once."""
    return env.whole_number("THREADS", 4)


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
        project=env.name("GOOGLE_CLOUD_PROJECT"),
        location=env.name("TASKS_LOCATION"),
        dispatch_url=env.url("DISPATCH_URL"),
        service_account=env.name("TASKS_SERVICE_ACCOUNT", "" if emulator_host else None),
        emulator_host=emulator_host,
    )


def read_topics(env: Environment) -> TopicSettings:
    """Read the topics' names, made full with the project."""
    project = env.name("GOOGLE_CLOUD_PROJECT")

    def topic(variable: str, default: str) -> str:
        return f"projects/{project}/topics/{env.name(variable, default)}"

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
    "send": (
        *(read_user_supabase, supabase_of("send"), read_identity),
        *(read_topics, read_meta, read_preflight),
    ),
    "fan_out": (supabase_of("fan_out"), read_tasks),
    "templates": (
        *(read_user_supabase, supabase_of("templates"), read_identity),
        *(read_topics, read_meta, read_app),
    ),
    "sync": (supabase_of("sync"), read_meta, read_app),
    "webhook": (read_webhook, read_topics),
    "apply_events": (supabase_of("apply_events"), read_topics),
    "dispatch": (supabase_of("dispatch"), read_meta),
    "sweep": (supabase_of("sweep"), read_topics, read_sweep),
}


def load(read: Callable[[Environment], Settings]) -> Settings:
    """Read one group of settings.

    Raises:
        ConfigError: naming every variable of the group that is missing or wrong.
    """
    env = Environment(os.environ)
    settings = read(env)
    env.raise_problems()
    return settings


def check_target() -> None:
    """Validate all settings of the entry point this process serves (FUNCTION_TARGET), if any.

    Raises:
        ConfigError: naming every variable that is missing or wrong.
    """
    env = Environment(os.environ)
    for read in READERS.get(env.text("FUNCTION_TARGET", ""), ()):
        read(env)
    env.raise_problems()


def token_ends_soon() -> bool:
    """Tell whether this process, whose settings are right, has a token that is to be replaced."""
    token = os.environ.get("SUPABASE_TOKEN", "").strip()
    return bool(token) and ends_within(token, NOTICE, datetime.now(UTC))
