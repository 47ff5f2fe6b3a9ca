"""The simulated account: decides every send and schedules what follows. No I/O in here."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from random import Random
from typing import Any

from devstack.meta.call_faults import CallFaults
from devstack.meta.config import MetaConfig
from devstack.meta.desk import Desk
from devstack.meta.error_codes import RefusedError, error_answer, http_status
from devstack.meta.faults import ACCEPTING, Fault, by_last_digits, in_burst, pick
from devstack.meta.health import Health
from devstack.meta.management import Number
from devstack.meta.payloads import VoterAction, voter_event
from devstack.meta.receipts import Event, Message, Receipt, Schedule, Update, plan_receipts
from devstack.meta.shelf import Shelf
from devstack.meta.stats import Call, Stats
from devstack.meta.throughput import Throughput
from devstack.meta.uploads import Uploads
from devstack.meta.validation import SendRequest, parse_send


class Ending(Enum):
    """What the server does with the connection."""

    ANSWER = auto()
    HOLD = auto()
    RESET = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """How a request ends; status and body matter for an ANSWER only.

    `call` is the entry to note in that the answer has left.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    ending: Ending = Ending.ANSWER
    call: Call | None = None


_BAD_GATEWAY = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
_HTML = Reply(status=502, body=_BAD_GATEWAY, content_type="text/html")
REPLIES = {
    Fault.TIMEOUT_BEFORE: Reply(ending=Ending.HOLD),
    Fault.TIMEOUT_AFTER_ACCEPTANCE: Reply(ending=Ending.HOLD),
    Fault.RESET_AFTER_ACCEPTANCE: Reply(ending=Ending.RESET),
    Fault.SERVER_ERROR_HTML: _HTML,
    Fault.SERVER_ERROR_EMPTY: Reply(status=500),
    Fault.SERVER_ERROR_AFTER_ACCEPTANCE: _HTML,
}


class Account:
    """Templates, numbers, limits, receipts, statistics; used from one event loop."""

    def __init__(self, config: MetaConfig, now: float) -> None:
        self.config = config
        self.shelf = Shelf()
        self.numbers: defaultdict[str, Number] = defaultdict(Number)
        self.health = Health()
        self.uploads = Uploads()
        self.call_faults = CallFaults()
        self.desk = Desk(self)
        self.reset(now)

    def reset(self, now: float) -> None:
        """Forget messages, limits, receipts and statistics; keep what was set up."""
        self.random = Random(self.config.seed)
        self.stats = Stats()
        self.schedule = Schedule()
        self.call_faults.clear()
        self._started = now
        self._throughput: defaultdict[str, Throughput] = defaultdict(Throughput)

    def receive(self, number_id: str, authorization: str, raw: bytes, now: float) -> Reply:
        """Decide a POST /messages that arrived at `now` (epoch seconds)."""
        send = None
        self.desk.review(now)
        waba_id = self.numbers[number_id].waba_id
        try:
            self.check_token(authorization)
            send = parse_send(raw, lambda name, lang: self.shelf.find(name, lang, waba_id))
            self._check_limits(number_id, now)
            fault = self._choose_fault(send)
        except RefusedError as refusal:
            self.stats.refused[refusal.code] += 1
            reply, result, accepted = self.refusal(refusal), str(refusal.code), False
        else:
            reply, result = self._settle(number_id, send, fault, now), fault or "accepted"
            accepted = fault is None or fault in ACCEPTING
        if send is None:
            return reply
        call = Call(
            at=now,
            opaque=send.opaque,
            phone_number_id=number_id,
            wa_id=send.wa_id,
            result=result,
            accepted=accepted,
        )
        self.stats.calls.append(call)
        return replace(reply, call=call)

    def check_token(self, authorization: str) -> None:
        """Raise RefusedError 190 unless this `Authorization` header holds a token that works."""
        token, faults = authorization.removeprefix("Bearer "), self.config.faults
        known = token != authorization and token in self.config.access_token.split(",")
        if faults.token_expired or not known or token == faults.expired_token:
            raise RefusedError(190)

    def refusal(self, refusal: RefusedError) -> Reply:
        """Word a refusal as Meta does."""
        trace = base64.urlsafe_b64encode(self.random.randbytes(15)).decode()
        body = json.dumps(error_answer(refusal, "A" + trace)).encode()
        return Reply(status=http_status(refusal.code), body=body)

    def health_status(self, node_id: str) -> dict[str, Any]:
        """The health of a template, an account or, failing those, a number."""
        usual = self.config.waba_id
        if template := self.shelf.by_id(node_id):
            node = ("MESSAGE_TEMPLATE", node_id)
            return self.health.of(node, template.waba_id or usual, template)
        if node_id in {usual, *self.shelf.accounts(), *(n.waba_id for n in self.numbers.values())}:
            return self.health.of(("WABA", node_id), node_id)
        return self.health.of(("PHONE_NUMBER", node_id), self.numbers[node_id].waba_id or usual)

    def hear(self, action: VoterAction, now: float) -> str:
        """Report what a voter does; returns the wamid of the message, "" if it is none.

        Raises:
            ValueError: unknown kind.
        """
        wamid = self._wamid(action.wa_id) if action.is_message else ""
        self.announce(voter_event(action, wamid, now))
        if action.is_message:
            self._throughput[action.phone_number_id].add(now)
        return wamid

    def announce(self, event: Event) -> None:
        """Report `event` with the next webhook call."""
        self._report([(event.at, event)])

    def take_due(self, now: float) -> list[Update]:
        """Updates to report now; counted as reported."""
        self.desk.review(now)
        due = self.schedule.take_due(now)
        if self.config.receipts.shuffled:
            self.random.shuffle(due)
        for update in due:
            if isinstance(update, Receipt):
                self.stats.reported(update)
        return due

    def _check_limits(self, number_id: str, now: float) -> None:
        faults, throughput = self.config.faults, self._throughput[number_id]
        if in_burst(now, self._started, faults.burst_every_s, faults.burst_for_s):
            raise RefusedError(130429)
        if throughput.full(self.config.messages_per_second, now):
            raise RefusedError(130429, "Cloud API message throughput has been reached.")

    def _choose_fault(self, send: SendRequest) -> Fault | None:
        plan = self.config.faults
        chosen = by_last_digits(plan.by_last_digits, send.wa_id) or pick(plan.shares, self.random)
        if chosen is None:
            return None
        if chosen.isdecimal():
            raise RefusedError(int(chosen))
        return Fault(chosen)

    def _settle(self, number_id: str, send: SendRequest, fault: Fault | None, now: float) -> Reply:
        if fault is not None:
            self.stats.faults[fault] += 1
        if fault is Fault.SERVER_ERROR_JSON:
            return self.refusal(RefusedError(2))
        if fault is not None and fault not in ACCEPTING:
            return REPLIES[fault]
        message = self._accept(number_id, send, now, held=fault is Fault.HELD)
        if fault in REPLIES:
            return REPLIES[fault]
        return Reply(body=_acceptance(send, message.wamid, fault))

    def _accept(self, number_id: str, send: SendRequest, now: float, *, held: bool) -> Message:
        message = Message(
            wamid=self._wamid(send.wa_id),
            phone_number_id=number_id,
            wa_id=send.wa_id,
            opaque=send.opaque,
            category=send.template.category.lower(),
        )
        self._throughput[number_id].add(now)
        self.stats.accepted(message, send.template.name, now)
        self._report(plan_receipts(message, self.config.receipts, self.random, now, held=held))
        return message

    def _report(self, updates: Iterable[tuple[float, Update]]) -> None:
        if self.config.webhook_url:
            for due, update in updates:
                self.schedule.add(due, update)

    def _wamid(self, wa_id: str) -> str:
        # Real ids embed the number and 18 hexadecimal digits in these delimiters.
        unique = f"{self.random.getrandbits(72):018X}"
        number = wa_id.encode()
        inner = b"\x1c\x18" + bytes([len(number)]) + number + b"\x15\x02\x00\x11\x18\x12"
        return "wamid." + base64.b64encode(inner + unique.encode() + b"\x00").decode()


def _acceptance(send: SendRequest, wamid: str, fault: Fault | None) -> bytes:
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": send.to, "wa_id": send.wa_id}],
    }
    if fault is not Fault.WITHOUT_MESSAGE_ID:
        status = "held_for_quality_assessment" if fault is Fault.HELD else "accepted"
        body["messages"] = [{"id": wamid, "message_status": status}]
    return json.dumps(body, separators=(",", ":")).encode()
