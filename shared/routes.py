"""From an HTTP request to the values that a service takes."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from flask import Request

from shared.bodies import KIB, LARGEST_BODY
from shared.errors import InvalidInput
from shared.http import Handler, Reply, Route, bearer_token, campaign_id_of, read_body, read_json
from shared.rules import inputs, template_test_inputs
from shared.rules.settings_inputs import parse_settings
from shared.rules.template_requests import parse_template_edit, parse_template_request
from shared.rules.uploads import parse_upload

# At run time each process imports its own alone.
if TYPE_CHECKING:
    from shared.services.media import MediaService
    from shared.services.send import SendService
    from shared.services.settings import SettingsService
    from shared.services.template_tests import TemplateTestService
    from shared.services.templates import TemplateService
    from shared.services.webhook import WebhookService

DEFAULT_JOBS, MOST_JOBS = 50, 100
LARGEST_TEMPLATE = 64 * KIB  # all its texts at their longest, however they are escaped
DEFAULT_RECIPIENTS, MOST_RECIPIENTS = 100, 1_000


def send_routes(service: "SendService", clock: Callable[[], datetime]) -> list[Route]:
    """Return the routes of the `send` API."""
    send = _Send(service, clock)
    return [
        ("POST", "/send", send.send),
        ("POST", "/audience", send.audience),
        ("GET", "/jobs", send.list_jobs),
        ("GET", "/jobs/<job_id>", _about_a_job(service.get_job)),
        ("GET", "/jobs/<job_id>/recipients", send.list_recipients),
        ("POST", "/jobs/<job_id>/pause", _about_a_job(service.pause)),
        ("POST", "/jobs/<job_id>/resume", _about_a_job(service.resume)),
        ("POST", "/jobs/<job_id>/cancel", _about_a_job(service.cancel)),
        ("POST", "/jobs/<job_id>/sender", _about_a_job(service.move)),
        ("POST", "/jobs/<job_id>/unknown", send.resolve_unknown),
    ]


class _Send:
    """What the routes with more than an id in them read."""

    def __init__(self, service: "SendService", clock: Callable[[], datetime]) -> None:
        self._service = service
        self._clock = clock

    def send(self, request: Request) -> Reply:
        token = bearer_token(request)
        key = request.headers.get("Idempotency-Key")
        now = self._clock()
        asked = read_json(
            request, lambda body: inputs.parse_send(body, key, now), LARGEST_BODY["send"]
        )
        return self._service.send(token, asked)

    def audience(self, request: Request) -> Reply:
        token = bearer_token(request)
        now = self._clock()
        asked = read_json(
            request, lambda body: inputs.parse_audience(body, now), LARGEST_BODY["send"]
        )
        return self._service.audience(token, asked)

    def list_jobs(self, request: Request) -> Reply:
        token = bearer_token(request)
        campaign_id = campaign_id_of(request)
        before = request.args.get("before")
        behind = inputs.parse_uuid(before, "before") if before else None
        limit = _limit(request, DEFAULT_JOBS, MOST_JOBS)
        tests = request.args.get("tests") == "true"
        return self._service.list_jobs(token, campaign_id, behind, limit, tests=tests)

    def list_recipients(self, request: Request, job_id: str) -> Reply:
        token = bearer_token(request)
        limit = _limit(request, DEFAULT_RECIPIENTS, MOST_RECIPIENTS)
        return self._service.list_recipients(
            token,
            inputs.parse_uuid(job_id, "job_id"),
            inputs.parse_status(request.args.get("status")),
            inputs.parse_whole_number(request.args.get("cursor"), "cursor", 0),
            limit,
        )

    def resolve_unknown(self, request: Request, job_id: str) -> Reply:
        token = bearer_token(request)
        resolution = read_json(request, inputs.parse_resolution)
        return self._service.resolve_unknown(token, inputs.parse_uuid(job_id, "job_id"), resolution)


def settings_routes(service: "SettingsService") -> list[Route]:
    """Return the routes of the `send` API that are about a campaign's settings."""

    def get(request: Request) -> Reply:
        token = bearer_token(request)
        campaign_id = campaign_id_of(request)
        return service.get(token, campaign_id)

    def put(request: Request) -> Reply:
        token = bearer_token(request)
        return service.put(token, read_json(request, parse_settings))

    return [("GET", "/settings", get), ("PUT", "/settings", put)]


def template_routes(service: "TemplateService", media: "MediaService") -> list[Route]:
    """Return the routes of the `templates` API."""
    templates = _Templates(service, media)
    return [
        ("GET", "/templates", templates.list),
        ("POST", "/templates", templates.create),
        ("GET", "/templates/<template_id>", templates.get),
        ("PATCH", "/templates/<template_id>", templates.edit),
        ("DELETE", "/templates/<template_id>", templates.delete),
        ("POST", "/media", templates.upload),
    ]


class _Templates:
    """What the routes of templates read."""

    def __init__(self, service: "TemplateService", media: "MediaService") -> None:
        self._service = service
        self._media = media

    def list(self, request: Request) -> Reply:
        token = bearer_token(request)
        return self._service.list_templates(token, campaign_id_of(request))

    def get(self, request: Request, template_id: str) -> Reply:
        token = bearer_token(request)
        return self._service.get_template(token, inputs.parse_uuid(template_id, "template_id"))

    def create(self, request: Request) -> Reply:
        token = bearer_token(request)
        asked = read_json(request, parse_template_request, LARGEST_TEMPLATE)
        return self._service.create(token, asked)

    def edit(self, request: Request, template_id: str) -> Reply:
        token = bearer_token(request)
        changes = read_json(request, parse_template_edit, LARGEST_TEMPLATE)
        return self._service.edit(token, inputs.parse_uuid(template_id, "template_id"), changes)

    def delete(self, request: Request, template_id: str) -> Reply:
        token = bearer_token(request)
        return self._service.delete(token, inputs.parse_uuid(template_id, "template_id"))

    def upload(self, request: Request) -> Reply:
        """Read a file as it is, its type in Content-Type: multipart would be held twice."""
        token = bearer_token(request)
        described = parse_upload(
            campaign_id_of(request),
            request.args.get("kind", ""),
            request.args.get("filename", ""),
            request.mimetype,
        )
        return self._media.upload(token, described, read_body(request, LARGEST_BODY["templates"]))


def template_test_routes(service: "TemplateTestService") -> list[Route]:
    """Return the routes of test messages, which the `templates` API serves too."""

    def send(request: Request, template_id: str) -> Reply:
        token = bearer_token(request)
        key = request.headers.get("Idempotency-Key")
        asked = read_json(request, lambda body: template_test_inputs.parse_test(body, key))
        return service.send(token, inputs.parse_uuid(template_id, "template_id"), asked)

    def list_numbers(request: Request) -> Reply:
        token = bearer_token(request)
        campaign_id = campaign_id_of(request)
        return service.list_numbers(token, campaign_id)

    def add_number(request: Request) -> Reply:
        token = bearer_token(request)
        return service.add_number(token, read_json(request, template_test_inputs.parse_test_number))

    def remove_number(request: Request, test_number_id: str) -> Reply:
        token = bearer_token(request)
        return service.remove_number(token, inputs.parse_uuid(test_number_id, "test_number_id"))

    return [
        ("POST", "/templates/<template_id>/test", send),
        ("GET", "/test-numbers", list_numbers),
        ("POST", "/test-numbers", add_number),
        ("DELETE", "/test-numbers/<test_number_id>", remove_number),
    ]


def webhook_routes(service: "WebhookService") -> list[Route]:
    """Return the webhook's routes; Meta calls one URL, whatever its path."""

    def verify(request: Request, path: str = "") -> Reply:  # noqa: ARG001 - any path will do
        return service.verify(
            request.args.get("hub.mode", ""),
            request.args.get("hub.verify_token", ""),
            request.args.get("hub.challenge", ""),
        )

    def receive(request: Request, path: str = "") -> Reply:  # noqa: ARG001 - any path will do
        signature = request.headers.get("X-Hub-Signature-256")
        service.require_form(signature)
        return service.receive(read_body(request, LARGEST_BODY["webhook"]), signature)

    return [
        (method, path, handler)
        for method, handler in (("GET", verify), ("POST", receive))
        for path in ("/", "/<path:path>")
    ]


def _about_a_job(do: Callable[[str, UUID], Reply]) -> Handler:
    def handle(request: Request, job_id: str) -> Reply:
        return do(bearer_token(request), inputs.parse_uuid(job_id, "job_id"))

    return handle


def _limit(request: Request, default: int, largest: int) -> int:
    limit = inputs.parse_whole_number(request.args.get("limit"), "limit", default)
    if not 1 <= limit <= largest:
        raise InvalidInput("number_invalid", f"Debe estar entre 1 y {largest}.", "limit")
    return limit
