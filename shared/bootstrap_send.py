"""The wiring of `send`; bootstrap calls it once, at the first request."""

from collections.abc import Callable
from datetime import datetime

from shared import config
from shared.adapters.approval_store import ApprovalStore
from shared.adapters.audit_store import AuditStore
from shared.adapters.consent_store import ConsentStore
from shared.adapters.postgrest import Postgrest
from shared.adapters.privacy_store import PrivacyStore
from shared.adapters.settings_store import SettingsStore
from shared.adapters.store import JobStore
from shared.http import Api, signed_in
from shared.logs import get_logger
from shared.routes import send_routes, settings_routes
from shared.routes_approval import approval_routes
from shared.routes_audit import audit_routes
from shared.routes_consents import consent_routes
from shared.routes_privacy import privacy_routes
from shared.services.approval import ApprovalService
from shared.services.audit import AuditService
from shared.services.consents import ConsentService
from shared.services.privacy import PrivacyService
from shared.services.send import SendService
from shared.services.settings import SettingsService
from shared.wiring import announcer, identity, preflight


def build_send(clock: Callable[[], datetime]) -> Api:
    """Return the API of promoters: jobs, settings, consents, the audit log, privacy."""
    users, logger = Postgrest(config.load(config.read_user_supabase)), get_logger()
    jobs = SendService(JobStore(users), preflight(users), announcer(), clock, logger)
    routes = [
        *send_routes(jobs, clock),
        *approval_routes(ApprovalService(ApprovalStore(users), announcer())),
        *settings_routes(SettingsService(SettingsStore(users), logger)),
        *consent_routes(ConsentService(ConsentStore(users), logger)),
        *audit_routes(AuditService(AuditStore(users), logger)),
        *privacy_routes(PrivacyService(PrivacyStore(users), logger)),
    ]
    return Api(routes, logger, signed_in(identity(clock).require_user))
