"""A simulator with a clock set by hand, a client for it, and a webhook that keeps what it gets."""

import copy
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import requests

from devstack.background import in_background
from devstack.meta import Delay, MetaConfig, ReceiptPlan, WebhookPlan, serve_meta
from devstack.ports import free_port

START = 1_790_000_000.0
NUMBER = "106540352242922"
OTHER_NUMBER = "106540352242923"
SECRET, TOKEN = "app-secret", "access-token"
AT_ONCE = ReceiptPlan(
    sent_after=Delay(median_s=0),
    delivered_after=Delay(median_s=0),
    read_after=Delay(median_s=0),
    delivered=1.0,
    read=1.0,
)
METADATA = {"display_phone_number": "525552242922", "phone_number_id": NUMBER}
CONTACT = {"profile": {"name": "Ana Peña"}, "wa_id": "5215512345678"}
VOTER = {"phone_number_id": NUMBER, "from": "+525512345678"}
TEMPLATE_MESSAGE = {
    "messaging_product": "whatsapp",
    "recipient_type": "individual",
    "to": "+525512345678",
    "type": "template",
    "biz_opaque_callback_data": "job1:rcpt9",
    "template": {
        "name": "promo_v1",
        "language": {"code": "es_MX"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Ana"}]}],
    },
}


def message(**changes):
    """The template message with members replaced; a__b replaces member b of a, None removes."""
    body = copy.deepcopy(TEMPLATE_MESSAGE)
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = body
        for name in parents:
            target = target[name]
        target.update({last: value}) if value is not None else target.pop(last, None)
    return body


def body_component(*texts, **extra):
    return {"type": "body", "parameters": [{"type": "text", "text": t} | extra for t in texts]}


def without_user_ids(value):
    """`value` without the members that name a business-scoped user id, which all must hold."""
    items = value.get("contacts", []) + value.get("statuses", []) + value.get("messages", [])
    for item in items + value.get("user_preferences", []):
        name = next(n for n in ("user_id", "recipient_user_id", "from_user_id") if n in item)
        assert item.pop(name).startswith("MX.13")
    return value


def wait_until(condition: Callable[[], object], deadline_s: float = 10.0):
    """The first truthy value of `condition`."""
    end = time.monotonic() + deadline_s
    while not (value := condition()):
        assert time.monotonic() < end, "condition not met in time"
        time.sleep(0.005)
    return value


@dataclass
class Webhook:
    """Answers the next POSTs with `failures` statuses, later ones with 200; keeps all of them."""

    url: str
    failures: list[int] = field(default_factory=list)
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def changes(self) -> list[dict]:
        bodies = [json.loads(body) for _, body in list(self.calls)]
        return [change for body in bodies for entry in body["entry"] for change in entry["changes"]]

    def statuses(self) -> list[dict]:
        return [s for change in self.changes() for s in change["value"].get("statuses", ())]


@contextmanager
def listening_webhook() -> Iterator[Webhook]:
    webhook = Webhook(url=f"http://127.0.0.1:{free_port()}/")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            webhook.calls.append((dict(self.headers), body))
            self.answer(webhook.failures.pop(0) if webhook.failures else 200)

        def answer(self, status, body=b""):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", urlsplit(webhook.url).port), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield webhook
        server.shutdown()


@dataclass
class Meta:
    """A client of the simulator at `url`; `now` is what the simulator's clock shows."""

    session: requests.Session
    url: str = ""
    now: float = START

    def send(self, body=None, number=NUMBER, token=TOKEN, timeout=10.0) -> requests.Response:
        return self.session.post(
            f"{self.url}/v24.0/{number}/messages",
            json=body or TEMPLATE_MESSAGE,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
        )

    def code(self, *args, **kwargs) -> int:
        """The error code a send is refused with, 0 if it is accepted."""
        return self.send(*args, **kwargs).json().get("error", {}).get("code", 0)

    def order(self, what: str, expected_status=200, **members):
        answer = self.session.post(f"{self.url}/_sim/{what}", json=members, timeout=10)
        assert answer.status_code == expected_status, answer.text
        return answer.json()

    def look(self, what: str):
        return self.session.get(f"{self.url}/_sim/{what}", timeout=10).json()

    def settled(self) -> dict:
        """Statistics once every update is acknowledged or given up."""
        return wait_until(lambda: (s := self.look("stats"))["receipts_pending"] == 0 and s)


@contextmanager
def running_meta(webhook_url: str = "", receipts: ReceiptPlan = AT_ONCE) -> Iterator[Meta]:
    config = MetaConfig(
        app_secret=SECRET,
        access_token=TOKEN,
        port=free_port(),
        webhook_url=webhook_url,
        latency=Delay(median_s=0),
        receipts=receipts,
        webhooks=WebhookPlan(flush_interval_s=0.02, backoff_s=0.01),
    )
    with requests.Session() as session:
        meta = Meta(session=session, url=f"http://127.0.0.1:{config.port}")
        with in_background(serve_meta(config, clock=lambda: meta.now)):
            meta.order("templates", name="promo_v1", language="es_MX", parameters=1)
            yield meta
