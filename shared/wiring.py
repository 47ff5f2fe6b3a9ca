"""Parts of entry points that several have, or that take some building (shared/bootstrap.py)."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared import config
from shared.logs import get_logger

if TYPE_CHECKING:
    from shared.adapters.postgrest import Postgrest
    from shared.adapters.store import QueueStore
    from shared.services.announcer import ShardAnnouncer
    from shared.services.identity import IdentityService
    from shared.services.preflight import Preflight


def identity(clock: Callable[[], datetime]) -> "IdentityService[Any]":
    """Return what tells users of the project from all others."""
    from shared.adapters.supabase_auth import SupabaseAuth
    from shared.services.identity import IdentityService
    from shared.services.signing_keys import SigningKeys

    settings = config.load(config.read_identity)
    auth = SupabaseAuth(settings)
    keys = SigningKeys(auth.signing_keys, time.monotonic)
    return IdentityService(auth, keys, settings.issuer, clock, time.monotonic)


def preflight(users: "Postgrest") -> "Preflight":
    """Return what asks Meta before a job is created; `users` carries its users' calls."""
    from shared.adapters.health_store import HealthStore
    from shared.adapters.postgrest import Postgrest
    from shared.adapters.whatsapp_health import HealthReader
    from shared.services.preflight import Preflight

    meta = config.load(config.read_meta)
    seconds = config.load(config.read_preflight)
    questions = 2 * meta.threads  # each request asks about a number and a template
    readers = {
        credential: HealthReader(
            access_token=access_token,
            connections=questions,
            graph_url=meta.graph_url,
            graph_version=meta.graph_version,
            timeout_s=seconds,
        )
        for credential, access_token in meta.access_tokens.items()
    }
    store = HealthStore(users, Postgrest(config.load(config.supabase_of("send"))))
    return Preflight(store, readers, ThreadPoolExecutor(questions), seconds, get_logger())


def announcer() -> "ShardAnnouncer":
    """Return what announces a job's shards."""
    from shared.adapters.pubsub import Publisher
    from shared.services.announcer import ShardAnnouncer

    topics = config.load(config.read_topics)
    return ShardAnnouncer(Publisher(topics.emulator_host), topics.fan_out, get_logger())


def queue_store(settings: config.SupabaseSettings) -> "QueueStore":
    """Return the queue, as the deployable whose settings these are."""
    from shared.adapters.postgrest import Postgrest
    from shared.adapters.store import QueueStore

    return QueueStore(Postgrest(settings))
