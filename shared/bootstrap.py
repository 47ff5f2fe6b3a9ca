"""The only place that wires settings, adapters and services together.

Each entry point builds (and imports) what it needs at its first request and keeps it for the life
of the process; settings are checked before, when the process starts.
"""

import functools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from flask import Request, current_app, has_app_context

from shared import config, logs, wiring
from shared.bodies import LARGEST_BODY, SMALL_BODY, Door
from shared.http import (
    Api,
    Reply,
    answer_every_path,
    as_it_is,
    for_machines,
    parse_json,
    read_json,
    read_pushed_message,
)
from shared.logs import get_logger
from shared.waits import Waits

Built = TypeVar("Built")
Pushed = TypeVar("Pushed")


def _once(build: Callable[[], Built]) -> Callable[[], Built]:
    """Build on first use, once, however many threads ask."""
    lock = threading.Lock()
    built = functools.cache(build)

    @functools.wraps(build)
    def get() -> Built:
        with lock:
            return built()

    return get


def _now() -> datetime:
    return datetime.now(UTC)


def prepare() -> None:
    """Make the process ready to serve: its logs, its settings, and the door of its application.

    functions-framework imports main.py in the application's context; whoever else imports it
    serves nothing.

    Raises:
        ConfigError: naming every variable that is missing or wrong.
    """
    logs.take_over()
    config.check_target()
    if config.token_ends_soon():
        get_logger().warning("settings", extra={"event": "token_ends_soon"})
    if has_app_context():
        answer_every_path(current_app)
        waits = Waits(config.load(config.read_threads))
        current_app.wsgi_app = Door(current_app.wsgi_app, waits)  # type: ignore[assignment, method-assign]


@_once
def send() -> Api:
    """Return the API of promoters."""
    from shared.bootstrap_send import build_send

    return build_send(_now)


@_once
def fan_out() -> Api:
    """Return the receiver of announced shards."""
    from shared.adapters.cloud_tasks import TaskQueue
    from shared.rules.inputs import parse_shard
    from shared.services.fan_out import FanOut

    service = FanOut(
        wiring.queue_store(config.load(config.supabase_of("fan_out"))),
        TaskQueue(config.load(config.read_tasks)),
        _now,
        get_logger(),
    )
    return _pushed(parse_shard, service.enqueue)


@_once
def templates() -> Api:
    """Return the API of templates."""
    from shared.bootstrap_templates import build_templates

    return build_templates(_now)


@_once
def sync() -> Api:
    """Return the receiver of Cloud Scheduler's hourly call."""
    from shared.bootstrap_templates import build_syncer

    syncer = build_syncer(_now)
    return _at_root(lambda _: syncer.sync())


@_once
def webhook() -> Api:
    """Return Meta's front door."""
    from shared.adapters.pubsub import Publisher
    from shared.routes import webhook_routes
    from shared.services.webhook import WebhookService

    topics = config.load(config.read_topics)
    settings = config.load(config.read_webhook)
    service = WebhookService(settings, Publisher(topics.emulator_host), topics.events, get_logger())
    return Api(webhook_routes(service), get_logger())


@_once
def apply_events() -> Api:
    """Return the receiver of Meta's events."""
    from shared.adapters.pubsub import Publisher
    from shared.services.apply_events import EventApplier

    topics = config.load(config.read_topics)
    publisher = Publisher(topics.emulator_host)
    return _pushed(
        as_it_is,
        EventApplier(
            wiring.queue_store(config.load(config.supabase_of("apply_events"))),
            publisher,
            topics.inbound,
            _now,
            get_logger(),
        ).apply,
        LARGEST_BODY["apply_events"],
    )


@_once
def dispatch() -> Api:
    """Return the receiver of tasks."""
    from shared.adapters.whatsapp import WhatsAppClient
    from shared.rules.inputs import parse_task
    from shared.services.dispatch import Dispatcher
    from shared.services.gate import SendGate

    settings = config.load(config.read_meta)
    clients = {
        credential: WhatsAppClient(
            access_token=access_token,
            threads=settings.threads,
            graph_url=settings.graph_url,
            graph_version=settings.graph_version,
            connect_timeout_s=settings.connect_timeout_seconds,
            read_timeout_s=settings.read_timeout_seconds,
        )
        for credential, access_token in settings.access_tokens.items()
    }
    dispatcher = Dispatcher(
        wiring.queue_store(config.load(config.supabase_of("dispatch"))),
        clients,
        SendGate(time.monotonic, time.sleep),
        get_logger(),
    )
    return _at_root(
        lambda request: dispatcher.deliver(
            read_json(request, parse_task), request.headers.get("X-CloudTasks-QueueName", "")
        )
    )


@_once
def sweep() -> Api:
    """Return the receiver of Cloud Scheduler's call."""
    from shared.adapters.pubsub import Publisher
    from shared.services.sweep import Sweeper

    topics = config.load(config.read_topics)
    settings = config.load(config.read_sweep)
    queue = wiring.queue_store(config.load(config.supabase_of("sweep")))
    sweeper = Sweeper(
        queue, Publisher(topics.emulator_host), topics.fan_out, settings, get_logger()
    )
    return _at_root(lambda _: sweeper.sweep())


def _pushed(
    read: Callable[[object], Pushed], handle: Callable[[Pushed], Reply], largest: int = SMALL_BODY
) -> Api:
    return _at_root(lambda request: handle(parse_json(read_pushed_message(request, largest), read)))


def _at_root(handle: Callable[[Request], Reply]) -> Api:
    return Api([("POST", "/", handle)], get_logger(), for_machines)
