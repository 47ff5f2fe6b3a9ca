"""What anybody can send to the doors, and that nobody else notices."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import requests

from devstack.stack.deployment import DEPLOYABLES
from shared.bodies import LARGEST_BODY, MIB, PIECE, SMALL_BODY
from tests.security.callers import PATIENCE, SIGNATURE, Answer, Doors

SOMEBODY = UUID("8f14e45f-ceea-467f-a0e6-11aa22bb33cc")
SECRET = "Eufemia Zárate 5512345678"
ENTRY_POINTS = [deployable.target for deployable in DEPLOYABLES]
# Those that read bodies, and where.
READERS = {"send": "/send", "webhook": "/", "apply_events": "/", "fan_out": "/", "dispatch": "/"}
# What has a body and no use for it, an address that is Flask's own, and one that is nobody's.
OTHERS = [
    ("sweep", "/"),
    ("sync", "/"),
    ("templates", "/templates"),
    ("webhook", "/favicon.ico"),
    ("send", "/favicon.ico"),
    ("dispatch", "/nowhere"),
]
TOO_LARGE = Answer(413, "body_too_large")
BROKEN = Answer(400, "body_broken")


def token(doors: Doors, **changes) -> str:
    """Return a token that PostgREST would take."""
    now = datetime.now(UTC)
    return doors.secrets.keys.mint_user_token(SOMEBODY, now=now, **changes)


def credentials(doors: Doors, target: str) -> dict[str, str]:
    """Return headers that let a request's body be looked at."""
    own = {"send": {"Authorization": f"Bearer {token(doors)}"}, "webhook": SIGNATURE}
    return {"Idempotency-Key": "a"} | own.get(target, {})


def opened(doors: Doors, target: str, **headers: object):
    """Begin a request that is let in, at the path whose handler reads it."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return doors.open(target, READERS[target], credentials(doors, target) | given)


@pytest.mark.parametrize("target", READERS)
def test_body_that_is_too_large_is_refused_before_a_byte_of_it_is_read(doors: Doors, target):
    largest = LARGEST_BODY.get(target, SMALL_BODY)
    assert opened(doors, target, Content_Length=largest + 1).answer() == TOO_LARGE


@pytest.mark.parametrize("target", READERS)
def test_body_without_a_length_is_refused_once_it_is_too_large(doors: Doors, target):
    caller = opened(doors, target, Transfer_Encoding="chunked")
    piece = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    for _ in range((LARGEST_BODY.get(target, SMALL_BODY) + PIECE) // 0x4000):
        caller.send(piece)
    assert caller.answer() == TOO_LARGE


@pytest.mark.parametrize("target", READERS)
def test_largest_body_is_read(doors: Doors, target):
    largest = LARGEST_BODY.get(target, SMALL_BODY)
    caller = opened(doors, target, Content_Length=largest)
    caller.send(b" " * largest)
    refused = (401, "signature_invalid") if target == "webhook" else (400, "malformed_json")
    assert caller.answer() == Answer(*refused)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (401, {}),
        (413, SIGNATURE),
    ],
    ids=["unsigned", "signed by nobody"],
)
def test_large_bodies_take_no_memory(doors: Doors, status, headers):
    """32 bodies of 32 MB took the process to 450 MB and more, also those that were refused."""
    doors.call_as_meta()
    before, body = doors.peak_mib("webhook"), b"x" * (32 * MIB)

    def post(_):
        url = doors.at.url("webhook")
        return requests.post(url, data=body, headers=headers, timeout=PATIENCE).status_code

    with ThreadPoolExecutor(32) as pool:
        assert set(pool.map(post, range(32))) == {status}
    assert doors.peak_mib("webhook") - before < 16 * 8


def test_junk_with_no_token_to_speak_of_takes_no_memory(doors: Doors):
    """Eight such bodies took the process to 600 MB: parsed, they are 20 times as large."""
    before, body = doors.peak_mib("send"), b'{"filters":{"a":[' + b"[]," * 2_600_000 + b"0]}}"
    headers = {"Authorization": "Bearer junk", "Idempotency-Key": "a"}

    def post(_):
        url = doors.at.url("send") + "/send"
        return requests.post(url, data=body, headers=headers, timeout=PATIENCE).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(8))) == {401}
    assert doors.peak_mib("send") - before < 8 * 16


def tokens(doors: Doors):
    """Yield what is no token any more, or never was, with the code that says so."""
    header, claims, signature = token(doors).split(".")
    yield "token_missing", ""
    yield "token_missing", "Basic YTpi"
    for junk in ("junk", "a.b.c", f"{header}.{claims}", "[" * 4000):
        yield "token_malformed", f"Bearer {junk}"
    yield "token_signature_invalid", f"Bearer {header}..{signature}".replace("..", f".{claims}.A")
    yield "token_algorithm_refused", f"Bearer {claims}.{claims}.{signature}"
    yield "token_expired", f"Bearer {token(doors, exp=datetime.now(UTC) - timedelta(minutes=2))}"


def test_token_is_looked_at_before_the_body(doors: Doors):
    for code, authorization in tokens(doors):
        headers = {"Authorization": authorization, "Content-Length": 1000}
        for path in ("/send", "/audience", f"/jobs/{SOMEBODY}/unknown"):
            answer = doors.open("send", path, headers).answer()
            assert answer == Answer(401, code), authorization[:40]


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 63, "sha1=" + "0" * 40])
def test_signature_is_looked_at_before_the_body(doors: Doors, signature):
    headers = {"X-Hub-Signature-256": signature, "Content-Length": 1000}
    assert doors.open("webhook", "/", headers).answer() == Answer(401, "signature_invalid")


@pytest.mark.parametrize(("target", "path"), OTHERS)
def test_body_that_nobody_reads_is_not_waited_for(doors: Doors, target, path):
    assert doors.open(target, path, {"Content-Length": 32 * MIB}).answer().status >= 400


def test_bodies_that_never_end_do_not_keep_others_waiting(doors: Doors):
    """32 such calls kept Meta's own waiting until they gave up."""
    callers = [opened(doors, "webhook", Content_Length=100_000) for _ in range(32)]
    answered = threading.Event()

    def trickle():
        while not answered.wait(0.2):
            for caller in callers:
                caller.send(b" ")

    with ThreadPoolExecutor(1) as pool:
        pool.submit(trickle)
        try:
            assert doors.call_as_meta().status_code == 200
            assert any(caller.is_waiting() for caller in callers)
        finally:
            answered.set()
    assert {caller.answer() for caller in callers} == {Answer(408, "body_too_slow")}


def broken(kind: str, target: str, doors: Doors):
    """Send a body that cannot be read, with a name and a number in it."""
    if kind == "short":
        caller = opened(doors, target, Content_Length=1000)
        caller.send(SECRET.encode())
        caller.say_no_more()
        return caller
    caller = opened(doors, target, Transfer_Encoding="chunked")
    caller.send(
        {
            "no size": SECRET.encode() + b"\r\n",
            "no end": b"2\r\n{}" + SECRET.encode() + b"\r\n0\r\n\r\n",
            "odd extension": b"2;\x00" + SECRET.encode() + b"\r\n{}\r\n0\r\n\r\n",
            "odd trailer": b"2\r\n{}\r\n0\r\n" + SECRET.encode() + b"\r\n\r\n",
            "huge line": SECRET.encode() * 1000,
        }[kind]
    )
    return caller


@pytest.mark.parametrize("target", READERS)
@pytest.mark.parametrize(
    "kind", ["short", "no size", "no end", "odd extension", "odd trailer", "huge line"]
)
def test_body_that_cannot_be_read_is_the_callers_mistake(doors: Doors, kind, target):
    before = len(doors.log(target))
    caller = broken(kind, target, doors)
    assert caller.answer() == BROKEN
    # Nothing that follows is taken for a request, on a connection that others may share.
    caller.send(b"\r\n\r\nGET / HTTP/1.1\r\nHost: door\r\n\r\n")
    assert caller.rest() == b""
    [line] = doors.log(target)[before:].splitlines()
    told = json.loads(line)
    assert (told["severity"], told["message"], told["code"]) == ("INFO", "refused", "body_broken")


@pytest.mark.parametrize(("target", "path"), OTHERS)
def test_body_that_cannot_be_read_disturbs_nobody_who_does_not_read_it(doors: Doors, target, path):
    caller = doors.open(target, path, {"Transfer-Encoding": "chunked"})
    caller.send(SECRET.encode() + b"\r\n")
    assert caller.answer().status in {401, 404, 405, 503}
    assert caller.rest() == b""


@pytest.mark.parametrize("name", [SECRET, "5512345678", "x" * 200])
def test_name_that_a_caller_chose_is_answered_and_not_logged(doors: Doors, name):
    before = len(doors.log("send"))
    asked = {"campaign_id": str(uuid4()), "filters": {}, "personalization": {name: 5}}
    answer = requests.post(
        doors.at.url("send") + "/audience",
        json=asked,
        headers=credentials(doors, "send"),
        timeout=PATIENCE,
    )
    assert (answer.status_code, answer.json()["field"]) == (422, f"personalization.{name}")
    [line] = doors.log("send")[before:].splitlines()
    assert json.loads(line)["field"] == "personalization.*"


@pytest.mark.parametrize("target", ENTRY_POINTS)
def test_log_holds_json_alone_and_nothing_of_what_was_sent(doors: Doors, target):
    """The lines are those of every test before this one."""
    log = doors.log(target)
    assert all(json.loads(line)["severity"] for line in log.splitlines())
    assert "Traceback" not in log
    assert not any(word in log for word in SECRET.split())
