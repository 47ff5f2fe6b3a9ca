"""Templates, numbers, health and files over HTTP, as Meta's management endpoints have them."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from devstack.meta.account import REPLIES, Account, Ending, Reply
from devstack.meta.call_faults import INTERRUPTED, refuse_if_code, takes_effect
from devstack.meta.error_codes import RefusedError
from devstack.meta.faults import Fault
from devstack.meta.management import number_health, template_node, template_page

_Act = Callable[[], dict[str, Any]]
_End = Callable[[web.Request, Reply], Awaitable[web.StreamResponse]]
_VERSION = r"/{version:v\d+\.0}"
# Media are at most 100 MB at Meta; a test that sends so much is a mistake.
LARGEST_FILE = 32 * 1024 * 1024


class ManagementApi:
    """Everything under /vNN.0/ but the sending; `end` answers a call or lets it hang."""

    def __init__(self, account: Account, clock: Callable[[], float], end: _End) -> None:
        self._account = account
        self._clock = clock
        self._end = end

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the endpoints."""
        listing = rf"{_VERSION}/{{waba_id:\d+}}/message_templates"
        node = rf"{_VERSION}/{{node_id:\d+}}"
        session = rf"{_VERSION}/{{session:upload:[^/]+}}"
        router.add_get(listing, self._list)
        router.add_post(listing, self._create)
        router.add_delete(listing, self._delete)
        router.add_get(node, self._node)
        router.add_post(node, self._edit)
        router.add_post(rf"{_VERSION}/{{app_id:\d+}}/uploads", self._start_upload)
        router.add_post(session, self._upload)
        router.add_get(session, self._upload_state)
        router.add_post(rf"{_VERSION}/{{number_id:\d+}}/media", self._media)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        def page() -> dict[str, Any]:
            templates = self._account.shelf.of_account(request.match_info["waba_id"])
            return template_page(templates, request.query, str(request.url.with_query(None)))

        return await self._do(request, "list", page)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        raw, waba_id = await request.read(), request.match_info["waba_id"]
        desk, now = self._account.desk, self._clock()
        return await self._do(request, "create", lambda: desk.create(waba_id, raw, now))

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        raw, node_id = await request.read(), request.match_info["node_id"]
        desk, now = self._account.desk, self._clock()
        return await self._do(request, "edit", lambda: desk.edit(node_id, raw, now))

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        waba_id, desk, now = request.match_info["waba_id"], self._account.desk, self._clock()
        return await self._do(request, "delete", lambda: desk.delete(waba_id, request.query, now))

    async def _node(self, request: web.Request) -> web.StreamResponse:
        return await self._do(request, "node", lambda: self._describe(request))

    def _describe(self, request: web.Request) -> dict[str, Any]:
        """A template, an account or, failing those, a number; health only if it is asked for."""
        node_id, account = request.match_info["node_id"], self._account
        fields = [name for name in request.query.get("fields", "").split(",") if name]
        if fields == ["health_status"]:
            return {"health_status": account.health_status(node_id), "id": node_id}
        query = {"fields": ",".join(fields)}
        if template := account.shelf.by_id(node_id):
            return template_node(template, query)
        return number_health(node_id, account.numbers[node_id], query)

    async def _start_upload(self, request: web.Request) -> web.StreamResponse:
        start = self._account.uploads.start
        return await self._do(request, "start_upload", lambda: start(request.query))

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        raw, uploads = await request.read(), self._account.uploads
        session, offset = _session_id(request), request.headers.get("file_offset", "")
        return await self._do(
            request,
            "upload",
            lambda: uploads.fill(session, offset, raw),
            interrupted=lambda: uploads.keep(session, offset, raw[: len(raw) // 2]),
        )

    async def _upload_state(self, request: web.Request) -> web.StreamResponse:
        state, session = self._account.uploads.state, _session_id(request)
        return await self._do(request, "upload_state", lambda: state(session))

    async def _media(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        file, product = form.get("file"), str(form.get("messaging_product", ""))
        content, mime_type = b"", ""
        if isinstance(file, web.FileField):
            content, mime_type = file.file.read(), file.content_type
        add = self._account.uploads.add_media
        return await self._do(request, "media", lambda: add(product, mime_type, content))

    async def _do(
        self,
        request: web.Request,
        operation: str,
        act: _Act,
        interrupted: Callable[[], object] | None = None,
    ) -> web.StreamResponse:
        self._account.desk.review(self._clock())
        try:
            self._check_token(request, operation)
            reply = self._reply(operation, act, interrupted)
        except RefusedError as refusal:
            reply = self._account.refusal(refusal)
        return await self._end(request, reply)

    def _reply(self, operation: str, act: _Act, interrupted: Callable[[], object] | None) -> Reply:
        fault = self._account.call_faults.take(operation)
        refuse_if_code(fault)
        if fault == INTERRUPTED and interrupted:
            interrupted()
            return Reply(ending=Ending.RESET)
        if fault == Fault.SERVER_ERROR_JSON:
            raise RefusedError(2)
        answer = act() if takes_effect(fault) else {}
        lost = REPLIES.get(Fault(fault)) if fault else None
        return lost or Reply(body=json.dumps(answer).encode())

    def _check_token(self, request: web.Request, operation: str) -> None:
        """Upload sessions want another scheme in front of the same token."""
        authorization = request.headers.get("Authorization", "")
        if operation in ("upload", "upload_state"):
            scheme, _, token = authorization.partition(" ")
            authorization = f"Bearer {token}" if scheme == "OAuth" else ""
        self._account.check_token(authorization)


def _session_id(request: web.Request) -> str:
    return f"{request.match_info['session']}?{request.query_string}"
