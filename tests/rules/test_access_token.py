import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.rules.access_token import ends_within, is_of_google, problem_of

NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)
CLAIMS = {"sub": "8f14e45f", "role": "authenticated", "exp": NOW.timestamp() + 3600}
HEADER = {"alg": "ES256", "typ": "JWT"}


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token(header=HEADER, claims=CLAIMS, signature="c2ln"):
    return f"{part(header)}.{part(claims)}.{signature}"


MACHINE = {"role": "wa_sweep", "exp": NOW.timestamp() + 3600}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (token(claims=MACHINE), ""),
        (token(claims=MACHINE | {"iss": "supabase", "ref": "abcdefghij", "iat": 1}), ""),
        ("sb_secret_1", "must be a JWT, three base64url parts"),
        (f"{part(HEADER)}.{part(MACHINE)}", "must be a JWT, three base64url parts"),
        (token(claims=b"{"), "must be a JWT, three base64url parts"),
        (token(claims=MACHINE | {"role": "wa_dispatch"}), "must name the role wa_sweep"),
        (token(claims=MACHINE | {"role": "service_role"}), "must name the role wa_sweep"),
        (token(claims=MACHINE | {"role": ["wa_sweep"]}), "must name the role wa_sweep"),
        (token(claims={"exp": MACHINE["exp"]}), "must name the role wa_sweep"),
        (token(claims=MACHINE | {"sub": "8f14e45f"}), "must name no user (sub)"),
        (token(claims={"role": "wa_sweep"}), "must say when it ends (exp)"),
        (token(claims=MACHINE | {"exp": "2099-01-01"}), "must say when it ends (exp)"),
        (token(claims=MACHINE | {"exp": NOW.timestamp()}), "has expired"),
    ],
)
def test_machine_s_token_is_of_its_role_of_nobody_and_not_over(given, problem):
    assert problem_of(given, "wa_sweep", NOW) == problem


def test_end_is_told_before_it_comes():
    given = token(claims=MACHINE)
    assert ends_within(given, timedelta(hours=1), NOW)
    assert not ends_within(given, timedelta(minutes=59), NOW)
    assert not ends_within("junk", timedelta(days=9999), NOW)


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
@pytest.mark.parametrize("signature", ["c2ln", "SIGNATURE_REMOVED_BY_GOOGLE", ""])
def test_googles_token_is_known_by_its_issuer(issuer, signature):
    assert is_of_google(token(claims={"iss": issuer}, signature=signature))


@pytest.mark.parametrize(
    "given",
    ["", "junk", token(), token(claims={"iss": ["accounts.google.com"]}), token(claims={})],
)
def test_others_are_not_taken_for_google(given):
    assert not is_of_google(given)
