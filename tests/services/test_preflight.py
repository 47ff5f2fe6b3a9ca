"""A preflight asks both questions at once, waits briefly, and stands in no job's way."""

import io
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from shared.adapters.health_store import HealthTargets
from shared.adapters.whatsapp_health import HealthReader
from shared.errors import Malfunction, Refused, Unavailable
from shared.logs import get_logger
from shared.rules.inputs import AudienceRequest, SendRequest
from shared.services.preflight import Preflight
from tests.adapters.graph_server import TOKEN, graph_error, graph_server

NUMBER, TEMPLATE = "106540352242922", "2632273056924580"
TARGETS = HealthTargets(phone_number_id=NUMBER, meta_template_id=TEMPLATE, credential="default")
REQUEST = SendRequest(
    audience=AudienceRequest(
        campaign_id=UUID(int=1),
        template_id=UUID(int=2),
        filters={},
        personalization={},
        scheduled_at=None,
    ),
    canary=None,
    accept_cut=False,
    idempotency_key="k",
)


@dataclass
class OneQuestion:
    """The database's side of one preflight: says whom to ask about, and notes what was said."""

    stale: bool = True
    targets_are: HealthTargets | None = TARGETS
    fails: Exception | None = None
    recorded: list = field(default_factory=list)

    def is_stale(self, _token, _request):
        return self.stale

    def targets(self, template_id):
        assert template_id == UUID(int=2)
        if self.fails:
            raise self.fails
        return self.targets_are

    def record(self, _template_id, phone_number_id, health):
        assert phone_number_id == NUMBER
        self.recorded.append({part: one.state for part, one in health.items()})


def answer(own, account="AVAILABLE"):
    """Return what Meta answers about the object of an address, and about its account."""

    def behave(address):
        kind = "PHONE_NUMBER" if NUMBER in address else "MESSAGE_TEMPLATE"
        entities = [
            {"entity_type": kind, "id": "1", "can_send_message": own},
            {"entity_type": "WABA", "id": "2", "can_send_message": account},
        ]
        return 200, {}, json.dumps({"health_status": {"entities": entities}}).encode()

    return behave


@pytest.fixture
def graph():
    with graph_server() as server:
        server.answer = answer("AVAILABLE")
        yield server


@contextmanager
def preflight(store, url, seconds=5.0):
    log = io.StringIO()
    reader = HealthReader(
        access_token=TOKEN, connections=2, graph_url=url, graph_version="v24.0", timeout_s=5
    )
    with ThreadPoolExecutor(2) as executor:
        yield Preflight(store, {"default": reader}, executor, seconds, get_logger(log)), log
    reader.close()


def check(store, url, **settings):
    """Return the reasons that were logged for why something is not known."""
    with preflight(store, url, **settings) as (service, log):
        service.check("token", REQUEST)
    return [json.loads(line)["reason"] for line in log.getvalue().splitlines()]


def test_number_and_template_are_asked_about_and_the_worse_word_on_the_account_is_kept(graph):
    by_address = {NUMBER: answer("LIMITED"), TEMPLATE: answer("AVAILABLE", "BLOCKED")}
    graph.answer = lambda address: by_address[address.split("?")[0].rpartition("/")[2]](address)
    store = OneQuestion()
    assert check(store, graph.url) == []
    assert store.recorded == [{"sender": "LIMITED", "account": "BLOCKED", "template": "AVAILABLE"}]


def test_both_are_asked_at_once(graph):
    both = threading.Barrier(2, timeout=10)

    def together(address):
        both.wait()
        return answer("AVAILABLE")(address)

    graph.answer = together
    store = OneQuestion()
    assert check(store, graph.url) == []
    assert len(store.recorded) == 1


def test_nothing_is_asked_while_what_is_known_is_news(graph):
    assert check(OneQuestion(stale=False), graph.url) == []
    assert check(OneQuestion(targets_are=None), graph.url) == []
    assert graph.requests == []


def test_template_without_an_id_at_meta_is_not_asked_about(graph):
    unnamed = HealthTargets(phone_number_id=NUMBER, meta_template_id=None, credential="default")
    store = OneQuestion(targets_are=unnamed)
    assert check(store, graph.url) == []
    assert store.recorded == [{"sender": "AVAILABLE", "account": "AVAILABLE"}]


def test_who_does_not_answer_in_time_is_not_waited_for_and_the_other_counts(graph):
    def slow_about_the_template(address):
        time.sleep(2.0 if TEMPLATE in address else 0.0)
        return answer("LIMITED")(address)

    graph.answer = slow_about_the_template
    store = OneQuestion()
    with preflight(store, graph.url, seconds=0.3) as (service, log):
        began = time.monotonic()
        service.check("token", REQUEST)
        assert time.monotonic() - began < 1.0
    assert "health_unknown" in log.getvalue()
    assert store.recorded == [{"sender": "LIMITED", "account": "AVAILABLE"}]


def test_refusal_of_metas_is_logged_with_its_code_and_leaves_the_job_alone(graph):
    graph.answer = lambda _: (400, {}, json.dumps(graph_error(190)).encode())
    store = OneQuestion()
    with preflight(store, graph.url) as (service, log):
        service.check("token", REQUEST)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {(line["reason"], line["error_code"]) for line in lines} == {("meta_read_failed", 190)}
    assert store.recorded == []


def test_number_whose_token_is_missing_is_not_asked_about(graph):
    other = HealthTargets(phone_number_id=NUMBER, meta_template_id=None, credential="other")
    assert check(OneQuestion(targets_are=other), graph.url) == ["credential_missing"]


@pytest.mark.parametrize("error", [Unavailable("store_unavailable"), Malfunction("token_refused")])
def test_machines_own_trouble_leaves_the_job_alone(graph, error):
    assert check(OneQuestion(fails=error), graph.url) == [error.code]


def test_users_refusal_is_theirs(graph):
    class NotTheirs(OneQuestion):
        def is_stale(self, _token, _request):
            raise Refused("campaign_not_found", "No existe esa campaña.", status=404)

    with pytest.raises(Refused), preflight(NotTheirs(), graph.url) as (service, _):
        service.check("token", REQUEST)
