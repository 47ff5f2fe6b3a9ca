"""The route of the audit log."""

from typing import TYPE_CHECKING

from flask import Request

from shared.http import Reply, Route, bearer_token
from shared.rules.audit_inputs import parse_audit

if TYPE_CHECKING:
    from shared.services.audit import AuditService


def audit_routes(service: "AuditService") -> list[Route]:
    """Return the routes of the `send` API by which an administrator reads the audit log."""

    def export(request: Request) -> Reply:
        return service.export(bearer_token(request), parse_audit(request.args))

    return [("GET", "/audit", export)]
