"""What a dispatcher does around its one call to Meta."""

import json
import logging
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from io import StringIO
from uuid import uuid4

import pytest

from shared.fates import Fate, Stops
from shared.logs import get_logger
from shared.messages import Claim, Decision, SendingOrder, Template
from shared.services.dispatch import CALL_MARGIN_SECONDS, WAITING_AT_ONCE, Dispatcher
from shared.services.gate import SendGate
from tests.adapters.graph_server import connected, graph_error, graph_server

ORDER = SendingOrder(
    attempt=1,
    retries=0,
    wait_seconds=0,
    gap_seconds=0,
    seconds_left=3600,
    phone_number_id="106540352242922",
    credential="default",
    to="+525550001234",
    params={"1": "Ana"},
    template=Template(
        name="promo_v1",
        language="es_MX",
        parameter_format="positional",
        header_format=None,
        header_text=None,
        header_media=None,
        body_text="Hola {{1}}",
        buttons=[],
    ),
)


@dataclass
class Clock:
    """A clock that time passes on only while somebody sleeps, or is told to be slow."""

    seconds: float = 0.0

    def now(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds


@dataclass
class OneClaim:
    """The database's side of one delivery: hands out one order, and notes what came of it."""

    order: SendingOrder
    clock: Clock
    claim_takes: float = 0.0
    records: list = field(default_factory=list)

    def claim_message(self, message_id, _claim_id):
        self.clock.sleep(self.claim_takes)
        return Claim(message_id=message_id, decision=Decision.SEND, order=self.order)

    def record_attempt(self, _message_id, attempt, record):
        self.records.append((attempt, record))
        return "recorded"


@pytest.fixture
def graph():
    with graph_server() as server:
        yield server


def deliver(graph, store, log=None):
    gate = SendGate(store.clock.now, store.clock.sleep)
    with connected(graph.url) as whatsapp:
        logger = get_logger(log or StringIO())
        dispatcher = Dispatcher(store, {"default": whatsapp}, gate, logger)
        reply = dispatcher.deliver(uuid4(), "queue")
    [(_, record)] = store.records
    return reply, record


def test_message_leaves_in_its_slot(graph):
    store = OneClaim(replace(ORDER, wait_seconds=2.5), Clock())
    reply, record = deliver(graph, store)
    assert (reply.status, record.fate, len(graph.requests)) == (200, Fate.ACCEPTED, 1)
    assert store.clock.seconds == 2.5


@pytest.mark.parametrize(
    ("claim_takes", "wait_seconds", "fate"),
    [
        (0, 60, Fate.ACCEPTED),
        (0, 61, Fate.SKIPPED),
        (30, 30, Fate.ACCEPTED),
        (30, 31, Fate.SKIPPED),
    ],
)
def test_message_that_could_arrive_after_the_campaigns_end_never_leaves(
    graph, claim_takes, wait_seconds, fate
):
    order = replace(ORDER, wait_seconds=wait_seconds, seconds_left=60 + CALL_MARGIN_SECONDS)
    _, record = deliver(graph, OneClaim(order, Clock(), claim_takes))
    assert record.fate == fate
    assert len(graph.requests) == (fate == Fate.ACCEPTED)


def test_retries_are_counted_from_the_order_and_not_from_the_attempts(graph):
    graph.answer = lambda _: (400, {}, json.dumps(graph_error(131056)).encode())
    results = [
        deliver(graph, OneClaim(replace(ORDER, attempt=40, retries=retries), Clock()))[1]
        for retries in (0, 10)
    ]
    assert [record.fate for record in results] == [Fate.DEFERRED, Fate.FAILED]


def test_missing_token_blocks_its_senders_and_sends_nothing(graph):
    _, record = deliver(graph, OneClaim(replace(ORDER, credential="other"), Clock()))
    assert (record.fate, record.stops) == (Fate.DEFERRED, Stops.CREDENTIALS)
    assert graph.requests == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (131026, ["failed", "nothing", None, "INFO"]),
        (131008, ["failed", "job", "parameters", "INFO"]),
        (130429, ["returned", "sender", "throttled", "INFO"]),
        (1, ["deferred", "job", "unexplained", "WARNING"]),
        (131000, ["deferred", "everybody", "outage", "WARNING"]),
        (132015, ["deferred", "job", "template", "ERROR"]),
        (131042, ["deferred", "sender", "answer", "ERROR"]),
        (190, ["deferred", "credentials", "credentials", "ERROR"]),
    ],
)
def test_log_line_says_what_became_of_the_message_and_what_stops(graph, code, said):
    graph.answer = lambda _: (400, {}, json.dumps(graph_error(code)).encode())
    log = StringIO()
    deliver(graph, OneClaim(ORDER, Clock()), log)
    line = json.loads(log.getvalue().splitlines()[-1])
    assert [line["fate"], line["stops"], line.get("cause"), line["severity"]] == said


@dataclass
class Queues:
    """The database's side of many deliveries; slots with a wait come when they are told to."""

    slots_come: threading.Event = field(default_factory=threading.Event)
    claimed: queue.SimpleQueue = field(default_factory=queue.SimpleQueue)
    wait_seconds: float = 1

    def claim_message(self, message_id, _claim_id):
        self.claimed.put(self.wait_seconds)
        return Claim(
            message_id=message_id,
            decision=Decision.SEND,
            order=replace(ORDER, wait_seconds=self.wait_seconds),
        )

    def record_attempt(self, _message_id, _attempt, _record):
        return "recorded"

    def sleep(self, seconds):
        assert seconds == 0 or self.slots_come.wait(30)


def test_rest_of_a_burst_waits_unclaimed_and_keeps_no_other_queue_waiting(graph):
    queues = Queues()
    gate = SendGate(lambda: 0.0, queues.sleep)
    with (
        connected(graph.url, threads=64) as whatsapp,
        ThreadPoolExecutor(WAITING_AT_ONCE + 9) as pool,
    ):
        dispatcher = Dispatcher(queues, {"default": whatsapp}, gate, logging.getLogger("test"))
        task = uuid4()
        burst = [
            pool.submit(dispatcher.deliver, task, "throttled") for _ in range(WAITING_AT_ONCE + 8)
        ]
        for _ in range(WAITING_AT_ONCE):
            queues.claimed.get(timeout=10)

        queues.wait_seconds = 0
        assert pool.submit(dispatcher.deliver, task, "other").result(10).status == 200
        assert (queues.claimed.get(timeout=10), queues.claimed.empty()) == (0, True)

        queues.slots_come.set()
        assert {reply.result(10).body["fate"] for reply in burst} == {"accepted"}
