"""Tasks and pushed messages that are none of ours."""

from uuid import uuid4

import pytest

from tests.functions.problems import assert_problem
from tests.functions.stage import Stage

ID = "8f14e45f-ceea-467f-a0e6-11aa22bb33cc"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "malformed_json"),
        (b"[]", 400, "object_expected"),
        (b"{}", 422, "id_invalid"),
        (b'{"message_id": 5}', 422, "id_invalid"),
    ],
)
def test_malformed_task_is_refused(stage: Stage, raw, status, code):
    assert_problem(stage.call("dispatch", "POST", data=raw), status, code)


def test_task_of_an_unknown_message_ends(stage: Stage):
    answer = stage.deliver_task(uuid4())
    assert answer.status_code == 200
    assert (answer.json()["code"], answer.json()["field"]) == ("message_unknown", "message_id")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("target", ["fan_out", "apply_events"])
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "malformed_json"),
        (b"[]", "malformed_envelope"),
        (b'{"message": {}}', "malformed_envelope"),
        (b'{"message": {"data": 5}}', "malformed_envelope"),
        (b'{"message": {"data": "=="}}', "malformed_envelope"),
        (b'{"message": {"data": "\xc3\xb1"}}', "malformed_envelope"),
        (b'{"message": {"data": "e30"}}', "malformed_envelope"),
        (b'{"message": {"data": "ew=="}}', "malformed_json"),
    ],
)
def test_malformed_envelope_is_refused(stage: Stage, target, raw, code):
    assert_problem(stage.call(target, "POST", data=raw), 400, code)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("shard", "status", "code"),
    [
        ([], 400, "object_expected"),
        ({}, 422, "number_invalid"),
        ({"job_id": ID, "from_position": "1", "to_position": 5}, 422, "number_invalid"),
        ({"job_id": "x", "from_position": 1, "to_position": 5}, 422, "id_invalid"),
        ({"job_id": ID, "from_position": 1, "to_position": 10**30}, 422, "value_invalid"),
    ],
)
def test_malformed_shard_is_refused(stage: Stage, shard, status, code):
    assert_problem(stage.push("fan_out", shard), status, code)


def test_shard_of_an_unknown_job_holds_nothing(stage: Stage):
    shard = {"job_id": ID, "from_position": 1, "to_position": 500}
    answer = stage.push("fan_out", shard)
    assert (answer.status_code, answer.json()) == (200, {"created": 0})
