import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import Refused
from shared.rules.access_token import ends_within, problem_of, require_form

NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)
CLAIMS = {"sub": "8f14e45f", "role": "authenticated", "exp": NOW.timestamp() + 3600}
HEADER = {"alg": "ES256", "typ": "JWT"}


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token(header=HEADER, claims=CLAIMS, signature="c2ln"):
    return f"{part(header)}.{part(claims)}.{signature}"


def at(seconds):
    return CLAIMS | {"exp": (NOW + timedelta(seconds=seconds)).timestamp()}


@pytest.mark.parametrize(
    "given",
    [
        token(),
        token(claims=at(1)),
        token(claims=at(-59)),  # PostgREST's clock may be behind ours, and is the one that counts
        token(claims={"role": "authenticated"}),
        token(claims=CLAIMS | {"user_metadata": {"full_name": "Peña ✓"}}),
        token(signature="_-" * 40),
        # The RFC's own example of an unsecured token's parts, signed by nobody we know (RFC 7519).
        "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ],
)
def test_what_may_be_a_token_is_left_to_postgrest(given):
    require_form(given, NOW)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "junk",
        "a.b.c",
        "..",
        f"{part(HEADER)}.{part(CLAIMS)}",
        f"{part(HEADER)}.{part(CLAIMS)}.",
        f"{part(HEADER)}..c2ln",
        token() + ".c2ln",  # five parts are encrypted (RFC 7516), four are nothing
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
        f"{part(HEADER)[:-1]}.{part(CLAIMS)}.c2ln",
        "x" * 7000,
    ],
)
def test_what_no_signature_could_make_valid_is_refused(given):
    with pytest.raises(Refused) as caught:
        require_form(given, NOW)
    assert (caught.value.code, caught.value.status) == ("jwt_invalid", 401)


@pytest.mark.parametrize("claims", [at(-61), at(-(10**9)), CLAIMS | {"exp": -1}, {"exp": 0}])
def test_token_of_yesterday_is_told_so(claims):
    with pytest.raises(Refused) as caught:
        require_form(token(claims=claims), NOW)
    assert (caught.value.code, caught.value.status) == ("jwt_expired", 401)


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
