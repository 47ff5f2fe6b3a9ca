"""Templates: `templates` shows a campaign's registry."""

import functions_framework
from flask import Request, Response

from shared import bootstrap, config

config.check_target()


@functions_framework.http
def templates(request: Request) -> Response:
    """GET /templates of one campaign."""
    return bootstrap.templates()(request)
