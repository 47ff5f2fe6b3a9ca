"""Messages: `dispatch` sends one, `sweep` looks after all of them."""

import functions_framework
from flask import Request, Response

from shared import bootstrap

bootstrap.prepare()


@functions_framework.http
def dispatch(request: Request) -> Response:
    """Receive one task: one message, at most one call to Meta."""
    return bootstrap.dispatch()(request)


@functions_framework.http
def sweep(request: Request) -> Response:
    """Receive Cloud Scheduler's call, each minute."""
    return bootstrap.sweep()(request)
