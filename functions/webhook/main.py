"""Meta's events: `webhook` receives them, `apply_events` applies them."""

import functions_framework
from flask import Request, Response

from shared import bootstrap

bootstrap.prepare()


@functions_framework.http
def webhook(request: Request) -> Response:
    """GET is Meta's handshake, POST a call with 1 to 1,000 updates."""
    return bootstrap.webhook()(request)


@functions_framework.http
def apply_events(request: Request) -> Response:
    """Receive one webhook call, pushed by Pub/Sub."""
    return bootstrap.apply_events()(request)
