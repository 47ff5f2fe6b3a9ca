"""A running stack, called as its neighbours call it."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import requests

from devstack.stack.campaign import META_TEMPLATE
from devstack.stack.deployment import DEPLOYABLES
from devstack.stack.stack import Stack
from tests.functions.promises import Promises
from tests.functions.wiretap import Wiretap

OURS = (
    "wa_send_queue",
    "communications",
    "wa_recent_contacts",
    "wa_opt_outs",
    "wa_audit_log",
    "wa_templates",
    "wa_test_numbers",
)
# Receipts that come at once: the tests wait for them.
QUICK = {
    "messages_per_second": 0,
    "latency": {"median_s": 0.01},
    "receipts": {
        "sent_after": {"median_s": 0.02, "sigma": 0.0},
        "delivered_after": {"median_s": 0.05, "sigma": 0.0},
        "read_after": {"median_s": 0.05, "sigma": 0.0},
        "delivered": 1.0,
        "read": 1.0,
    },
    "webhooks": {"flush_interval_s": 0.05},
}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stack whose `dispatch` reaches Meta through a wiretap, and whose sweep runs when told."""

    stack: Stack
    meta: Wiretap
    promises: Promises = field(default_factory=Promises)

    def prepare(self) -> None:
        """Tap the line to Meta, make it quick and register the template there."""
        self.meta.meta_url = self.stack.at.meta_url
        self.meta.connect()
        self.crash_dispatch()
        self.start_dispatch()
        self.simulate("templates", META_TEMPLATE)
        self.simulate("config", QUICK)

    def crash_dispatch(self) -> None:
        """End `dispatch` at once, whatever it is doing."""
        self.stack.processes.kill("dispatch")

    def start_dispatch(self) -> None:
        """Start `dispatch` with the wiretap for Meta."""
        [dispatch] = [one for one in DEPLOYABLES if one.target == "dispatch"]
        real = self.stack.at
        self.stack.at = replace(real, meta=self.meta.port)
        self.stack.start_function(dispatch)
        self.stack.at = real
        self.stack.processes.wait_for("dispatch", real.url("dispatch"))

    def simulate(self, what: str, value: object) -> None:
        """Give the simulated Meta an order: config, inbound, events, templates."""
        url = f"{self.stack.at.meta_url}/_sim/{what}"
        requests.post(url, json=value, timeout=10).raise_for_status()

    def accepted_by_meta(self, message_id: object) -> int:
        """Count Meta's messages that carry our id, whatever it answered us."""
        url = f"{self.stack.at.meta_url}/_sim/messages"
        return len(requests.get(url, params={"opaque": str(message_id)}, timeout=10).json())

    def call(self, target: str, method: str, path: str = "/", **options: Any) -> requests.Response:
        """Call an entry point; an answer that openapi.yaml does not know fails the test."""
        url = self.stack.at.url(target) + path
        answer = requests.request(method, url, timeout=60, **options)
        self.promises.hold(target, method, path, answer)
        return answer

    def push(self, target: str, value: object) -> requests.Response:
        """Deliver a value as Pub/Sub pushes it."""
        data = base64.b64encode(json.dumps(value).encode()).decode()
        envelope = {"message": {"data": data, "messageId": "1"}, "subscription": "projects/x"}
        return self.call(target, "POST", json=envelope)

    def deliver_task(self, message_id: object) -> requests.Response:
        """Deliver a message's task as Cloud Tasks does."""
        return self.call("dispatch", "POST", json={"message_id": str(message_id)})

    def sweep(self) -> dict[str, Any]:
        """Do Cloud Scheduler's round of the minute."""
        response = self.call("sweep", "POST")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def notify(self, body: bytes, signature: str | None = None) -> requests.Response:
        """Post to the webhook as Meta does, properly signed by default."""
        secret = self.stack.secrets.app_secret.encode()
        proper = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": proper if signature is None else signature}
        return self.call("webhook", "POST", data=body, headers=headers)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run SQL as the superuser."""
        with psycopg.connect(self.stack.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def row_counts(self) -> dict[str, int]:
        """Count the rows of our tables, to see that nothing was left half-done."""
        counted = {table: self.sql(f"select count(*) from public.{table}")[0][0] for table in OURS}
        # Tests change templates by hand, which leaves its entries.
        by_hand = "select count(*) from public.wa_audit_log where act = 'template_changed'"
        return counted | {"wa_audit_log": counted["wa_audit_log"] - self.sql(by_hand)[0][0]}
