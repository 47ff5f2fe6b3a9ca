"""The wiring of functions/templates; bootstrap calls it once, at the first request."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from shared import config
from shared.adapters.postgrest import Postgrest
from shared.adapters.public_files import fetch_public_file
from shared.adapters.store import AccountStore
from shared.adapters.template_store import ChangeStore, TemplateStore
from shared.adapters.template_test_store import TemplateTestStore
from shared.adapters.whatsapp_accounts import AccountReader
from shared.adapters.whatsapp_templates import TemplateClient
from shared.http import Api, signed_in
from shared.logs import get_logger
from shared.routes import template_routes, template_test_routes
from shared.services.media import MediaService
from shared.services.open_changes import OpenChanges
from shared.services.sample_files import SampleFiles
from shared.services.sync import Syncer
from shared.services.template_changes import TemplateChanges
from shared.services.template_tests import TemplateTestService
from shared.services.templates import TemplateService
from shared.wiring import announcer, identity

Clock = Callable[[], datetime]
Client = TypeVar("Client")


def build_templates(clock: Clock) -> Api:
    """Return the API of templates."""
    users = Postgrest(config.load(config.read_user_supabase))
    store = TemplateStore(users)
    orders = ChangeStore(Postgrest(config.load(config.supabase_of("templates"))))
    clients, files = _by_credential(TemplateClient), _files()
    service = TemplateService(store, _changes(orders, clients, files), files)
    media = MediaService(store, orders, clients, files)
    tests = TemplateTestService(TemplateTestStore(users), announcer(), get_logger())
    routes = [*template_routes(service, media), *template_test_routes(tests)]
    return Api(routes, get_logger(), signed_in(identity(clock).require_user))


def build_syncer(clock: Clock) -> Syncer:
    """Return what does the hourly round."""
    readers = _by_credential(AccountReader)
    postgrest = Postgrest(config.load(config.supabase_of("sync")))
    orders = ChangeStore(postgrest)
    open_changes = OpenChanges(
        orders, _changes(orders, _by_credential(TemplateClient), _files()), get_logger()
    )
    return Syncer(AccountStore(postgrest), readers, open_changes.carry_on, clock, get_logger())


def _by_credential(make: Callable[..., Client]) -> dict[str, Client]:
    """Return what calls Meta with each access token, by the name of its credential."""
    settings = config.load(config.read_meta)
    return {
        credential: make(
            access_token=access_token,
            graph_url=settings.graph_url,
            graph_version=settings.graph_version,
            connect_timeout_s=settings.connect_timeout_seconds,
            read_timeout_s=settings.read_timeout_seconds,
        )
        for credential, access_token in settings.access_tokens.items()
    }


def _files() -> SampleFiles:
    return SampleFiles(fetch_public_file, config.load(config.read_app))


def _changes(
    orders: ChangeStore, clients: Mapping[str, TemplateClient], files: SampleFiles
) -> TemplateChanges:
    return TemplateChanges(orders, clients, files, time.sleep, get_logger())
