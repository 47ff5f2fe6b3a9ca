"""What can be said of a user's token before its signature is looked at."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import Refused
from shared.rules.user_token import SENTENCES, read_user_token, require_known_person

NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)
ISSUER = "https://proyecto.supabase.co/auth/v1"
USER = "8f14e45f-ceea-467f-a0e6-11aa22bb33cc"
HEADER = {"alg": "ES256", "kid": "k1", "typ": "JWT"}
CLAIMS = {
    "iss": ISSUER,
    "sub": USER,
    "aud": "authenticated",
    "role": "authenticated",
    "exp": NOW.timestamp() + 3600,
    "iat": NOW.timestamp(),
}


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token(header=HEADER, claims=CLAIMS, signature="c2ln"):
    return f"{part(header)}.{part(claims)}.{signature}"


def read(text):
    return read_user_token(text, ISSUER, NOW)


def after(seconds):
    return (NOW + timedelta(seconds=seconds)).timestamp()


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"exp": after(1)},
        {"exp": after(-29)},
        {"iat": after(29)},
        {"nbf": after(29)},
        {"exp": 10**400},
        {"aud": ["authenticated"]},
        {"sub": USER.upper()},
        {"user_metadata": {"full_name": "Peña ✓"}},
    ],
)
def test_token_that_may_be_good_is_read(claims):
    given = read(token(claims=CLAIMS | claims))
    assert (given.algorithm, given.key_id, given.user_id) == ("ES256", "k1", USER)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "junk",
        "a.b.c",
        "..",
        f"{part(HEADER)}.{part(CLAIMS)}",
        f"{part(HEADER)}..c2ln",
        token() + ".c2ln",
        token() + " ",
        token().replace(".", "+."),
        token(header=[HEADER]),
        token(header=b"{"),
        token(claims="sub"),
        token(claims=b"\xff\xfe"),
        token(claims=b"[" * 3000),
        token(claims=b"null"),
        token(claims=CLAIMS | {"exp": "2099-01-01"}),
        token(claims=CLAIMS | {"exp": None}),
        token(claims=CLAIMS | {"exp": float("nan")}),
        token(claims=CLAIMS | {"exp": True}),
        token(claims=CLAIMS | {"iat": "now"}),
        token(header=HEADER | {"kid": 1}),
        f"{part(HEADER)[:-1]}.{part(CLAIMS)}.c2ln",
        "x" * 7000,
    ],
)
def test_what_is_no_token_is_malformed(given):
    assert refusal(given) == ("token_malformed", 401)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": after(-31)}, "token_expired"),
        ({"exp": float("-inf")}, "token_expired"),
        ({"exp": -1}, "token_expired"),
        ({"nbf": after(31)}, "token_not_yet_valid"),
        ({"iat": after(31)}, "token_not_yet_valid"),
        ({"iat": float("inf")}, "token_not_yet_valid"),
        ({"role": ["authenticated"]}, "token_role_wrong"),
        ({"role": None}, "token_role_wrong"),
        ({"iss": [ISSUER]}, "token_issuer_wrong"),
        ({"iss": ISSUER.upper()}, "token_issuer_wrong"),
        ({"aud": {"authenticated": 1}}, "token_audience_wrong"),
        ({"aud": []}, "token_audience_wrong"),
        ({"sub": 1}, "token_subject_invalid"),
        ({"sub": None}, "token_subject_invalid"),
    ],
)
def test_claim_that_does_not_hold_here_is_named(claims, code):
    assert refusal(token(claims=CLAIMS | claims)) == (code, 401)


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": {}}, {"alg": "ES512"}, {"crit": []}, {"alg": "EdDSA"}]
)
def test_other_algorithms_are_refused(header):
    assert refusal(token(header=HEADER | header)) == ("token_algorithm_refused", 401)


@pytest.mark.parametrize("said", [True, None, 1, "false", []])
def test_only_who_is_not_anonymous_is_a_person(said):
    require_known_person(read(token()))
    require_known_person(read(token(claims=CLAIMS | {"is_anonymous": False})))
    with pytest.raises(Refused) as caught:
        require_known_person(read(token(claims=CLAIMS | {"is_anonymous": said})))
    assert (caught.value.code, caught.value.status) == ("user_anonymous", 403)


def test_token_shows_in_no_traceback():
    assert "c2ln" not in repr(read(token()))


def test_every_refusal_has_a_sentence_for_the_person():
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())


def refusal(given):
    with pytest.raises(Refused) as caught:
        read(given)
    return caught.value.code, caught.value.status
