import hashlib
import hmac

import pytest

from shared.rules.signature import signature_is_valid

BODY = rb'{"text":"\u00e1lamo"}'


def signed(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_metas_own_bytes_are_accepted():
    assert signature_is_valid(BODY, signed(BODY, "current"), ["current"])


def test_both_secrets_are_accepted_during_a_rotation():
    assert signature_is_valid(BODY, signed(BODY, "old"), ["new", "old"])
    assert signature_is_valid(BODY, signed(BODY, "new"), ["new", "old"])


def test_known_signature_is_reproduced():
    # RFC 4231, test case 2.
    header = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signature_is_valid(b"what do ya want for nothing?", header, ["Jefe"])


def test_reserialised_body_is_refused():
    assert not signature_is_valid('{"text":"álamo"}'.encode(), signed(BODY, "s"), ["s"])


def test_empty_secret_signs_nothing():
    assert not signature_is_valid(BODY, signed(BODY, ""), [""])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        "sha1=" + "0" * 40,
        "sha256=" + "g" * 64,
        "sha256=" + "é" * 64,
        signed(BODY, "other"),
        signed(BODY, "s").upper(),
        signed(BODY, "s") + " ",
        signed(BODY, "s")[:-1],
    ],
)
def test_wrong_or_malformed_header_is_refused(header):
    assert not signature_is_valid(BODY, header, ["s"])


def test_no_secret_accepts_nothing():
    assert not signature_is_valid(BODY, signed(BODY, "s"), [])
