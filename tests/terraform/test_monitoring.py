"""What metrics and alerts look for is what the code writes and what Google's metrics hold."""

import re

import pytest

from shared.fates import Cause, Fate, Stops
from shared.logs import FIELDS
from shared.rules.meta_errors import TABLE
from tests.terraform.configuration import ROOT, deployables, module

CONDITION = re.compile(r'(\w+)(?:\.(\w+))?(?:=|>=|>)("?)([\w.]+)\3')
METRIC = re.compile(r"\w+_googleapis_com:\w+")
MATCHER = re.compile(r'(\w+)(=~?)"([^"]*)"')


def written(folder, suffix):
    return "\n".join(path.read_text() for path in sorted((ROOT / folder).rglob(f"*{suffix}")))


CODE, SQL = written("shared", ".py"), written("supabase/schemas", ".sql")
HEALTH = re.search(r"function public\.wa_health\(\).*?\$\$(.*?)\$\$", SQL, re.DOTALL)[1]
# By field: what the code can write there.
TEXTS = {
    "code": {
        *re.findall(r"wa\.refuse\(\d+, '(\w+)'", SQL),
        *re.findall(r"(?:Refused|InvalidInput|Unavailable|Malfunction)\(\s*\"(\w+)\"", CODE),
    },
    "error_code": {str(code) for code in TABLE},
    "event": set(re.findall(r'"event": "(\w+)"', CODE)),
    "fate": set(Fate),
    "stops": set(Stops),
    "cause": set(Cause),
}
HEALTH_FIGURES = set(re.findall(r"^\s+'(\w+)', \(\s*select", HEALTH, re.MULTILINE))

# By label: values that Google's metrics have for us. Which of three forms Cloud Tasks gives a
# success is not documented, so a query must take all of them.
TASK_SUCCESS = ("ok", "OK", "200")
SUBSCRIPTIONS = ("wa-events", "wa-fan-out", "wa-inbound", "wa-events-dead", "wa-fan-out-dead")
LABELS = {
    "monitored_resource": ("cloud_run_revision", "cloud_tasks_queue", "pubsub_subscription"),
    "queue_id": ("wa-sender-north-1",),
    "response_code": (*TASK_SUCCESS, "401"),
    "response_code_class": ("2xx", "4xx", "5xx"),
    "service_name": tuple(f"wa-{name.replace('_', '-')}" for name in deployables()),
    "state": ("active", "idle"),
    "subscription_id": SUBSCRIPTIONS,
}
METRICS = {
    "cloudtasks_googleapis_com:queue_depth",
    "cloudtasks_googleapis_com:queue_task_attempt_count",
    "logging_googleapis_com:user_wa_messages",
    "pubsub_googleapis_com:subscription_num_undelivered_messages",
    "pubsub_googleapis_com:subscription_oldest_unacked_message_age",
    "run_googleapis_com:container_instance_count",
    "run_googleapis_com:request_count",
    "run_googleapis_com:request_latencies_bucket",
}


def unescaped(text):
    return text.replace('\\"', '"')


def conditions():
    """Return every condition on a log line's fields, by its alert."""
    signals = module().locals["signals"]
    return [(name, unescaped(field)) for name, of in signals.items() for field in of["fields"]]


def queries():
    """Return every PromQL query by its alert or chart."""
    watches, charts = module().locals["watches"], module().locals["charts"]
    named = {name: watch["query"] for name, watch in watches.items()}
    named |= {chart["title"]: chart["query"] for chart in charts}
    return {name: filled_in(query) for name, query in named.items()}


def filled_in(query):
    metric = module().kind("resource")["google_logging_metric", "messages"]
    query = query.replace("${google_logging_metric.messages.name}", metric["name"])
    query = re.sub(r"\$\{local\.(\w+)\}", lambda match: module().locals[match[1]], query)
    return unescaped(query)


@pytest.mark.parametrize(("alert", "condition"), conditions())
def test_a_log_line_can_fulfil_the_condition(alert, condition):
    field, figure, _, value = CONDITION.fullmatch(condition).groups()
    assert field in FIELDS, alert
    if field == "health":
        assert figure in HEALTH_FIGURES
    else:
        assert value in TEXTS[field]


@pytest.mark.parametrize("name", queries())
def test_a_query_asks_for_what_exists(name):
    query = queries()[name]
    metrics = METRIC.findall(query)
    assert metrics
    assert set(metrics) <= METRICS
    for label, operator, value in MATCHER.findall(query):
        pattern = value if operator == "=~" else re.escape(value)
        assert any(re.fullmatch(pattern, known) for known in LABELS[label]), (label, value)


def test_a_query_takes_every_form_of_a_tasks_success():
    matchers = MATCHER.findall(queries()["queue_standing"])
    (pattern,) = (value for label, _, value in matchers if label == "response_code")
    assert all(re.fullmatch(pattern, form) for form in TASK_SUCCESS)
    assert not re.fullmatch(pattern, "unavailable")
