"""The simulator's own API under /_sim/: set the scene, make things happen, look at the result."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any

from aiohttp import web

from devstack.meta.account import Account
from devstack.meta.config import merged
from devstack.meta.management import parse_number
from devstack.meta.payloads import VoterAction
from devstack.meta.receipts import Event
from devstack.meta.templates import parse_template
from devstack.meta.validation import wa_id_of
from devstack.meta.webhook_sender import WebhookSender

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Of Meta's template events, what the listing says afterwards; FLAGGED and the like change nothing.
STATUS_AFTER = {
    **{word: word for word in ("APPROVED", "PENDING", "IN_APPEAL", "REJECTED", "PAUSED")},
    **{word: word for word in ("DISABLED", "PENDING_DELETION", "DELETED", "ARCHIVED")},
    "REINSTATED": "APPROVED",
    "LOCKED": "PAUSED",
}


@web.middleware
async def _refuse_bad_orders(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer 400 with a sentence when an order cannot be understood or carried out."""
    try:
        return await handler(request)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)


class ControlApi:
    """Handlers of /_sim/...; POST bodies and answers are JSON."""

    def __init__(self, account: Account, sender: WebhookSender, clock: Callable[[], float]) -> None:
        self._account = account
        self._sender = sender
        self._clock = clock

    def app(self) -> web.Application:
        """The application to mount at /_sim."""
        app = web.Application(middlewares=[_refuse_bad_orders])
        app.router.add_post("/templates", self._templates)
        app.router.add_post("/numbers", self._numbers)
        app.router.add_post("/health", self._health)
        app.router.add_post("/faults", self._faults)
        app.router.add_post("/config", self._config)
        app.router.add_post("/inbound", self._inbound)
        app.router.add_post("/events", self._events)
        app.router.add_post("/reset", self._reset)
        app.router.add_get("/stats", self._stats)
        app.router.add_get("/accept_times", self._accept_times)
        app.router.add_get("/calls", self._calls)
        app.router.add_get("/messages", self._messages)
        app.router.add_get("/submissions", self._submissions)
        return app

    async def _templates(self, request: web.Request) -> web.Response:
        """Register or replace one template, silently: the members of `Template`.

        Of one that was handed in, the members that are given change.
        """
        order: dict[str, Any] = await request.json()
        template, shelf = parse_template(order), self._account.shelf
        known = shelf.find(template.name, template.language, template.waba_id)
        if known and known.given_id:
            kept = {field.name: getattr(known, field.name) for field in fields(known)}
            template = parse_template(kept | order)
        shelf.put(template)
        return _done()

    async def _numbers(self, request: web.Request) -> web.Response:
        """Set how a number is doing: {id}, and the members of `Number` that are not as usual."""
        number_id, number = parse_number(await request.json())
        self._account.numbers[number_id] = number
        return _done()

    async def _health(self, request: web.Request) -> web.Response:
        """Say whether messages of a number, template or account go: the members of `Health.say`."""
        self._account.health.say(await request.json())
        return _done()

    async def _faults(self, request: web.Request) -> web.Response:
        """Let the next calls of an operation fail: {operation, fault, times?}; see `CallFaults`."""
        self._account.call_faults.order(**await request.json())
        return _done()

    async def _config(self, request: web.Request) -> web.Response:
        """Change members of `MetaConfig`; plans are merged member by member."""
        config = merged(self._account.config, await request.json())
        self._account.config = self._sender.config = config
        return _done()

    async def _inbound(self, request: web.Request) -> web.Response:
        """A voter acts: {from, phone_number_id, kind, text?, payload?}."""
        order: dict[str, Any] = await request.json()
        action = VoterAction(wa_id=wa_id_of(order.pop("from")), **order)
        return web.json_response({"id": self._account.hear(action, self._clock())})

    async def _events(self, request: web.Request) -> web.Response:
        """Report any change: {field, value}. A template's status changes for sends, too."""
        order: dict[str, Any] = await request.json()
        if order["field"] == "message_template_status_update":
            self._apply_status(order["value"])
        self._account.announce(Event(field=order["field"], value=order["value"], at=self._clock()))
        return _done()

    def _apply_status(self, value: dict[str, Any]) -> None:
        language = value["message_template_language"].replace("-", "_")
        known = self._account.shelf.find(value["message_template_name"], language)
        if known and (status := STATUS_AFTER.get(value["event"])):
            self._account.shelf.change(known, status=status)

    async def _reset(self, _: web.Request) -> web.Response:
        """Forget messages, receipts and statistics; keep templates and configuration."""
        self._account.reset(self._clock())
        self._sender.forget(self._account.stats)
        return _done()

    async def _stats(self, _: web.Request) -> web.Response:
        pending = len(self._account.schedule) + self._sender.pending
        return web.json_response(self._account.stats.summary(pending))

    async def _accept_times(self, _: web.Request) -> web.Response:
        return web.json_response(self._account.stats.accept_times)

    async def _calls(self, _: web.Request) -> web.Response:
        """Every readable send with what became of it: the members of `Call`."""
        return web.json_response([asdict(call) for call in self._account.stats.calls])

    async def _messages(self, request: web.Request) -> web.Response:
        """Ids of the messages accepted with ?opaque=..."""
        return web.json_response(self._account.stats.wamids(request.query["opaque"]))

    async def _submissions(self, _: web.Request) -> web.Response:
        """Every change of a template that was accepted: the members of `Submission`."""
        return web.json_response([asdict(s) for s in self._account.stats.submissions])


def _done() -> web.Response:
    return web.json_response({"success": True})
