"""The simulator remembers every send, and knows more than one access token."""

import pytest
import requests

from tests.devstack.meta_harness import NUMBER, START, TOKEN, running_meta


@pytest.fixture
def meta():
    with running_meta() as running:
        yield running


def results(meta):
    return [(call["result"], call["accepted"], call["answered"]) for call in meta.look("calls")]


def test_one_of_several_tokens_expires_and_is_restored(meta):
    meta.order("config", access_token=f"{TOKEN},second", faults={"expired_token": "second"})
    assert [meta.code(), meta.code(token="second"), meta.code(token="third")] == [0, 190, 190]
    meta.order("config", faults={"expired_token": ""})
    assert [meta.code(), meta.code(token="second"), meta.code(token="third")] == [0, 0, 190]


def test_call_is_remembered_with_whom_it_concerned(meta):
    meta.send()
    assert meta.look("calls") == [
        {
            "at": START,
            "opaque": "job1:rcpt9",
            "phone_number_id": NUMBER,
            "wa_id": "5215512345678",
            "result": "accepted",
            "accepted": True,
            "answered": True,
        }
    ]


@pytest.mark.parametrize(
    ("fault", "accepted", "answered"),
    [
        ("131026", False, True),
        ("server_error_html", False, True),
        ("server_error_after_acceptance", True, True),
        ("reset_after_acceptance", True, False),
    ],
)
def test_call_is_remembered_with_what_became_of_it(meta, fault, accepted, answered):
    meta.order("config", faults={"shares": {fault: 1.0}})
    try:
        meta.send()
    except requests.ConnectionError:
        assert not answered
    assert results(meta) == [(fault, accepted, answered)]


def test_caller_that_gives_up_has_heard_nothing(meta):
    meta.order("config", latency={"median_s": 30})
    with pytest.raises(requests.ReadTimeout):
        meta.send(timeout=0.1)
    assert results(meta) == [("accepted", True, False)]


def test_unreadable_and_unauthorised_calls_are_not_remembered(meta):
    meta.send(token="another")
    meta.send({"messaging_product": "sms"})
    assert results(meta) == []
