"""What Supabase Auth may answer, and what an answer that is none comes to."""

import json
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from devstack.gateway.tokens import DevKeys
from shared.adapters.supabase_auth import LARGEST_ANSWER, SupabaseAuth
from shared.config import IdentitySettings
from shared.errors import Unavailable
from shared.rules.user_token import read_user_token

KEYS = DevKeys.generate("http://127.0.0.1:1")
USER = UUID("8f14e45f-ceea-467f-a0e6-11aa22bb33cc")
[PUBLIC] = KEYS.key_set()["keys"]
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
RSA = RSAAlgorithm.to_jwk(RSA_KEY, as_dict=True) | {"kid": "r1"}


@contextmanager
def auth_that(answer, timeout_seconds=5.0):
    """Serve `answer`, a function of the handler, as Supabase."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer(self)

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings = IdentitySettings(
        url=f"http://127.0.0.1:{server.server_port}",
        publishable_key="sb_publishable_1",
        issuer=KEYS.issuer,
        timeout_seconds=timeout_seconds,
    )
    try:
        yield SupabaseAuth(settings)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def said(status, value, **headers):
    def answer(handler):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        handler.send_response(status)
        for name, text in (headers | {"Content-Length": str(len(body))}).items():
            handler.send_header(name, text)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def token():
    text = KEYS.mint_user_token(USER, now=datetime.now(UTC))
    return read_user_token(text, KEYS.issuer, datetime.now(UTC))


def test_public_keys_are_taken_by_their_id():
    with auth_that(said(200, {"keys": [PUBLIC, RSA]})) as auth:
        keys = auth.signing_keys()
    assert set(keys) == {KEYS.key_id, "r1"}
    assert auth.is_signed(token(), keys[KEYS.key_id])
    assert not auth.is_signed(token(), keys["r1"])


@pytest.mark.parametrize(
    "other",
    [
        {"kty": "oct", "kid": "o", "k": "c2VjcmV0", "alg": "HS256"},
        RSA | {"alg": "HS256"},
        RSA | {"alg": "RS512"},
        RSA | {"use": "enc"},
        {name: value for name, value in RSA.items() if name != "kid"},
        RSA | {"kid": 5},
        RSA | {"n": "!"},
        {"kty": "EC", "crv": "P-521", "kid": "e", "x": "AA", "y": "AA"},
        {"kty": "EC", "kid": "e"},
        {},
        None,
        "key",
    ],
)
def test_what_is_no_public_key_to_verify_with_is_left_out(other):
    with auth_that(said(200, {"keys": [other, PUBLIC]})) as auth:
        assert set(auth.signing_keys()) == {KEYS.key_id}


def test_project_with_a_shared_secret_alone_lists_no_keys():
    with auth_that(said(200, {"keys": []})) as auth:
        assert auth.signing_keys() == {}


def hang_up(handler):
    handler.close_connection = True


def trickle(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(100):
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.05)


@pytest.mark.parametrize(
    "answer",
    [
        said(500, {"keys": [PUBLIC]}),
        said(429, {"error_code": "over_request_rate_limit"}),
        said(401, {"message": "Invalid API key"}),
        said(302, {}, Location="https://evil.example"),
        said(200, b"<html>"),
        said(200, b"[" * 5000),
        said(200, []),
        said(200, {"keys": "none"}),
        said(200, b" " * (LARGEST_ANSWER + 1)),
        hang_up,
    ],
)
def test_answer_that_is_none_leaves_identity_unavailable(answer):
    with auth_that(answer) as auth, pytest.raises(Unavailable) as caught:
        auth.signing_keys()
    assert (caught.value.code, caught.value.status) == ("identity_unavailable", 503)


@pytest.mark.parametrize("question", [SupabaseAuth.signing_keys, lambda a: a.refusal_of(token())])
def test_answer_that_trickles_in_is_given_up(question):
    """It would take five seconds, and never be silent for the half that is allowed."""
    with auth_that(trickle, timeout_seconds=0.5) as auth, pytest.raises(Unavailable):
        question(auth)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (said(200, {"id": str(USER)}), ""),
        (said(200, {"id": str(UUID(int=1))}), "token_subject_invalid"),
        (said(403, {"error_code": "bad_jwt"}), "token_signature_invalid"),
        (said(401, {"error_code": "no_authorization"}), "token_signature_invalid"),
        (said(403, {"error_code": "session_not_found"}), "token_session_ended"),
        (said(403, {"error_code": "user_banned"}), "token_session_ended"),
    ],
)
def test_word_of_auth_on_a_token_is_understood(answer, code):
    with auth_that(answer) as auth:
        assert auth.refusal_of(token()) == code


@pytest.mark.parametrize(
    "answer",
    [said(401, {"message": "Invalid API key"}), said(500, {}), said(429, {}), said(404, b"x")],
)
def test_what_auth_does_not_say_is_no_refusal(answer):
    with auth_that(answer) as auth, pytest.raises(Unavailable):
        auth.refusal_of(token())
