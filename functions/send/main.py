"""Jobs: `send` takes them from promoters, `fan_out` turns their shards into tasks."""

import functions_framework
from flask import Request, Response

from shared import bootstrap

bootstrap.prepare()


@functions_framework.http
def send(request: Request) -> Response:
    """POST /send and /audience, GET /jobs…, POST /jobs/{id}/pause|resume|cancel, /settings."""
    return bootstrap.send()(request)


@functions_framework.http
def fan_out(request: Request) -> Response:
    """Receive one shard, pushed by Pub/Sub."""
    return bootstrap.fan_out()(request)
