"""Templates: `templates` shows a campaign's registry, `sync` asks Meta how things stand."""

import functions_framework
from flask import Request, Response

from shared import bootstrap

bootstrap.prepare()


@functions_framework.http
def templates(request: Request) -> Response:
    """GET /templates of one campaign."""
    return bootstrap.templates()(request)


@functions_framework.http
def sync(request: Request) -> Response:
    """Receive Cloud Scheduler's call, each hour."""
    return bootstrap.sync()(request)
