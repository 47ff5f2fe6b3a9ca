"""Uploads, health and lost calls at Meta's simulator."""

import pytest
import requests

from devstack.meta import Fault
from tests.devstack.meta_harness import NUMBER, TOKEN, running_meta
from tests.devstack.meta_templates import APP, DRAFT, WABA, Account, draft, refusal

CONTENT = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
LENGTH = str(len(CONTENT))
DESCRIPTION = {"file_name": "a.png", "file_length": LENGTH, "file_type": "image/png"}


@pytest.fixture
def meta():
    with running_meta() as running:
        yield running


@pytest.fixture
def account(meta):
    return Account(meta, TOKEN)


def start(account, **changes):
    return account.call("POST", f"{APP}/uploads", params=DESCRIPTION | changes)


def fill(account, session, content=CONTENT, offset=0, scheme="OAuth"):
    headers = {"file_offset": str(offset)}
    return account.call("POST", session, scheme, data=content, headers=headers)


def test_sample_becomes_a_handle(account):
    session = start(account).json()["id"]
    assert session.startswith("upload:")
    assert "?sig=" in session
    assert fill(account, session).json()["h"].startswith("4::")


def test_interrupted_upload_is_continued(account, meta):
    meta.order("faults", operation="upload", fault="interrupted")
    session = start(account).json()["id"]
    with pytest.raises(requests.ConnectionError):
        fill(account, session)
    state = account.call("GET", session, "OAuth").json()
    assert state == {"id": session, "file_offset": len(CONTENT) // 2}
    offset = state["file_offset"]
    assert fill(account, session, CONTENT[offset:], offset).json()["h"]


@pytest.mark.parametrize(
    "changes",
    [{"file_type": "image/gif"}, {"file_length": "0"}, {"file_length": "x"}, {"file_name": ""}],
)
def test_upload_of_what_samples_cannot_be_is_refused(account, changes):
    assert refusal(start(account, **changes))[0] == 100


def test_bytes_that_do_not_fit_the_session_are_refused(account):
    session = start(account).json()["id"]
    assert refusal(fill(account, session, offset=1))[0] == 100
    assert refusal(fill(account, session, CONTENT[1:]))[0] == 100
    assert refusal(fill(account, "upload:none?sig=x"))[0] == 100
    assert refusal(fill(account, session, scheme="Bearer"))[0] == 190


def media(account, content=CONTENT, mime_type="image/png", product="whatsapp"):
    return account.call(
        "POST",
        f"{NUMBER}/media",
        data={"messaging_product": product, "type": mime_type},
        files={"file": ("a.png", content, mime_type)},
    )


def test_media_get_ids_of_their_own(account):
    ids = {media(account).json()["id"] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mime_type": "image/gif"}, 100),
        ({"product": "x"}, 100),
        ({"content": b""}, 131053),
        ({"content": b"x" * (5 * 1024 * 1024 + 1)}, 131053),
    ],
)
def test_media_that_messages_cannot_show_are_refused(account, changes, code):
    assert refusal(media(account, **changes))[0] == code


# Health.


def health(account, node_id):
    return account.node(node_id, fields="health_status")["health_status"]


def kinds(told):
    return [entity["entity_type"] for entity in told["entities"]]


def test_health_names_everything_that_a_message_needs(account):
    template_id = account.approved()
    assert kinds(health(account, NUMBER)) == ["PHONE_NUMBER", "WABA", "BUSINESS", "APP"]
    assert kinds(health(account, WABA)) == ["WABA", "BUSINESS", "APP"]
    assert kinds(health(account, template_id))[0] == "MESSAGE_TEMPLATE"
    for node_id in (NUMBER, WABA, template_id):
        assert health(account, node_id)["can_send_message"] == "AVAILABLE"


@pytest.mark.parametrize("word", ["LIMITED", "BLOCKED"])
def test_health_of_one_is_the_health_of_all_that_need_it(account, meta, word):
    error = {"error_code": 141006, "error_description": "There is an error with the payment."}
    meta.order("health", id=WABA, can_send_message=word, errors=[error])
    told = health(account, NUMBER)
    assert told["can_send_message"] == word
    [entity] = [e for e in told["entities"] if e["can_send_message"] == word]
    assert (entity["entity_type"], entity["errors"]) == ("WABA", [error])
    meta.order("health", expected_status=400, id=WABA, can_send_message="FINE")


def test_template_that_is_not_approved_is_blocked(account):
    told = health(account, account.created())
    assert told["can_send_message"] == "BLOCKED"
    assert told["entities"][0]["errors"][0]["error_code"] == 141002


# Lost calls.

LOST_AFTER = [
    Fault.TIMEOUT_AFTER_ACCEPTANCE,
    Fault.RESET_AFTER_ACCEPTANCE,
    Fault.SERVER_ERROR_AFTER_ACCEPTANCE,
]
LOST_BEFORE = [Fault.TIMEOUT_BEFORE, Fault.SERVER_ERROR_HTML, Fault.SERVER_ERROR_EMPTY]


def try_to_create(account):
    """The status of the answer, None without one."""
    try:
        return account.call(
            "POST", f"{WABA}/message_templates", json=DRAFT, headers={"Connection": "close"}
        ).status_code
    except requests.RequestException:
        return None


@pytest.mark.parametrize(
    ("fault", "taken"), [(f, True) for f in LOST_AFTER] + [(f, False) for f in LOST_BEFORE]
)
def test_answer_is_lost_before_or_after_the_template_was_taken(account, meta, fault, taken):
    meta.order("faults", operation="create", fault=fault)
    account.timeout = 0.3
    assert try_to_create(account) != 200
    assert account.listed(name="invitacion") == (["invitacion_v1"] if taken else [])
    assert len(meta.look("submissions")) == taken
    assert account.create().status_code == (400 if taken else 200)


@pytest.mark.parametrize(("fault", "expected"), [("4", (4, 0)), ("100/2388039", (100, 2388039))])
def test_calls_are_refused_as_often_as_ordered(account, meta, fault, expected):
    meta.order("faults", operation="create", fault=fault, times=2)
    answers = [refusal(account.create(draft(name=f"t{n}"))) for n in range(3)]
    assert answers == [expected, expected, (0, 0)]


@pytest.mark.parametrize(
    "order",
    [{"operation": "fly", "fault": "4"}, {"operation": "create", "fault": "interrupted"}],
)
def test_order_that_makes_no_sense_is_refused(meta, order):
    meta.order("faults", expected_status=400, **order)


def test_reset_forgets_faults_and_submissions_and_keeps_templates(account, meta):
    account.created()
    meta.order("faults", operation="create", fault="4")
    meta.order("reset")
    assert meta.look("submissions") == []
    assert account.listed(name="invitacion") == ["invitacion_v1"]
    assert refusal(account.create(draft(name="otra"))) == (0, 0)
