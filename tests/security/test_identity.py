"""Credentials that are forged, stale or misplaced: each with its own code, and no work done."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from devstack.gateway.tokens import DevKeys
from tests.security.callers import PATIENCE, Doors

USER = UUID("8f14e45f-ceea-467f-a0e6-11aa22bb33cc")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MACHINES = ["dispatch", "fan_out", "apply_events", "sweep", "sync"]


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def minted(**claims):
    def mint(keys: DevKeys) -> str:
        return keys.mint_user_token(USER, now=datetime.now(UTC), **claims)

    return mint


def at(claim: str, difference: timedelta):
    # The time counts from when it is asked for, not from when this file is read.
    def mint(keys: DevKeys) -> str:
        return minted(**{claim: datetime.now(UTC) + difference})(keys)

    return mint


def headed(**header):
    """Return what makes a token with another header than it was signed with."""

    def alter(keys: DevKeys) -> str:
        given, claims, signature = minted()(keys).split(".")
        known = json.loads(base64.urlsafe_b64decode(given + "=="))
        return f"{part(known | header)}.{claims}.{signature}"

    return alter


def without(claim: str):
    """Return what makes a token that lacks a claim; by whom it is signed matters no more."""

    def alter(keys: DevKeys) -> str:
        claims = jwt.decode(minted()(keys), options={"verify_signature": False})
        claims.pop(claim)
        return jwt.encode(claims, keys.private_pem, "ES256", headers={"kid": keys.key_id})

    return alter


def long_lived(keys: DevKeys) -> str:
    """Say that it ends at a time which no float can hold; its key does not exist."""
    claims = jwt.decode(minted()(keys), options={"verify_signature": False})
    return f"{part({'alg': 'ES256', 'kid': 'a'})}.{part(claims | {'exp': 10**400})}.YQ"


def unsigned(keys: DevKeys) -> str:
    _, claims, _ = minted()(keys).split(".")
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}."


def with_other_claims(keys: DevKeys) -> str:
    header, claims, signature = minted()(keys).split(".")
    known = json.loads(base64.urlsafe_b64decode(claims + "=="))
    return f"{header}.{part(known | {'sub': str(UUID(int=1))})}.{signature}"


def with_public_key_as_secret(*, kid: bool):
    """HS256 over the public key, which everybody has: the confusion of RS256 with HS256."""

    def sign(keys: DevKeys) -> str:
        public = keys.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        header = {"alg": "HS256"} | ({"kid": keys.key_id} if kid else {})
        signed = f"{part(header)}.{minted()(keys).split('.')[1]}"
        signature = hmac.digest(public, signed.encode(), hashlib.sha256)
        return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    return sign


def by_other_key(*, same_kid: bool):
    def sign(keys: DevKeys) -> str:
        other = DevKeys.generate(keys.url)
        kid = keys.key_id if same_kid else other.key_id
        claims = jwt.decode(minted()(keys), options={"verify_signature": False})
        return jwt.encode(claims, other.private_pem, "ES256", headers={"kid": kid})

    return sign


def by_rsa_key_of_ones_own(keys: DevKeys) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = jwt.decode(minted()(keys), options={"verify_signature": False})
    return jwt.encode(claims, key, "RS256", headers={"kid": keys.key_id})


def with_key_inside(keys: DevKeys) -> str:
    """Sign by a key that the header itself carries, as if that made it ours."""
    other = DevKeys.generate(keys.url)
    [jwk] = other.key_set()["keys"]
    claims = jwt.decode(minted()(keys), options={"verify_signature": False})
    headers = {"jwk": jwk, "kid": jwk["kid"], "jku": "https://evil.example/jwks.json"}
    return jwt.encode(claims, other.private_pem, "ES256", headers=headers)


def of_another_project(keys: DevKeys) -> str:
    return minted()(DevKeys.generate("https://other.supabase.co"))


def legacy(**claims):
    return lambda keys: keys.mint_legacy_user_token(USER, now=datetime.now(UTC), **claims)


def legacy_forged(keys: DevKeys) -> str:
    return legacy()(DevKeys.generate(keys.url))


def of_role(role: str):
    return lambda keys: keys.mint_role_token(role, now=datetime.now(UTC))


def legacy_service_key(keys: DevKeys) -> str:
    claims = {"iss": "supabase", "ref": "abcdefghij", "role": "service_role", "exp": 2**33}
    return jwt.encode(claims, keys.legacy_secret, "HS256")


def googles(keys: DevKeys) -> str:
    claims = {"iss": "https://accounts.google.com", "sub": "1", "exp": 2**33, "aud": keys.url}
    return jwt.encode(claims, keys.private_pem, "ES256", headers={"kid": keys.key_id})


BAD = {
    "no token": (401, "token_missing", lambda _: None),
    "empty token": (401, "token_missing", lambda _: ""),
    "junk": (401, "token_malformed", lambda _: "junk"),
    "two parts": (401, "token_malformed", lambda keys: minted()(keys).rpartition(".")[0]),
    "five parts": (401, "token_malformed", lambda keys: minted()(keys) + ".a.b"),
    "kid is a list": (401, "token_malformed", headed(kid=["a"])),
    "end is a text": (401, "token_malformed", minted(exp="never")),
    "end is NaN": (401, "token_malformed", minted(exp=float("nan"))),
    "end is beyond all numbers": (401, "token_key_unknown", long_lived),
    "end is true": (401, "token_malformed", minted(exp=True)),
    "secret key": (401, "token_is_api_key", lambda keys: keys.secret),
    "publishable key": (401, "token_is_api_key", lambda keys: keys.publishable),
    "alg none": (401, "token_algorithm_refused", unsigned),
    "alg NONE": (401, "token_algorithm_refused", headed(alg="NoNe")),
    "alg ES384": (401, "token_algorithm_refused", headed(alg="ES384")),
    "alg is a list": (401, "token_algorithm_refused", headed(alg=["ES256"])),
    "alg missing": (401, "token_algorithm_refused", headed(alg=None)),
    "critical extension": (401, "token_algorithm_refused", headed(crit=["b64"], b64=False)),
    "public key as secret": (401, "token_algorithm_refused", with_public_key_as_secret(kid=True)),
    "public key as secret, no kid": (
        *(401, "token_signature_invalid"),
        with_public_key_as_secret(kid=False),
    ),
    "key unknown": (401, "token_key_unknown", by_other_key(same_kid=False)),
    "no kid": (401, "token_key_unknown", headed(kid=None)),
    "kid is a path": (401, "token_key_unknown", headed(kid="../../etc/passwd")),
    "key in the header": (401, "token_key_unknown", with_key_inside),
    "other key, our kid": (401, "token_signature_invalid", by_other_key(same_kid=True)),
    "RSA key, our kid": (401, "token_signature_invalid", by_rsa_key_of_ones_own),
    "ES256 said to be RS256": (401, "token_signature_invalid", headed(alg="RS256")),
    "claims of another": (401, "token_signature_invalid", with_other_claims),
    "signature cut off": (
        *(401, "token_signature_invalid"),
        lambda keys: minted()(keys).rpartition(".")[0] + ".",
    ),
    "legacy forged": (401, "token_signature_invalid", legacy_forged),
    "expired": (401, "token_expired", at("exp", -2 * MINUTE)),
    "expired long ago": (401, "token_expired", minted(exp=1)),
    "legacy expired": (401, "token_expired", legacy(exp=1)),
    "not yet": (401, "token_not_yet_valid", at("nbf", HOUR)),
    "made tomorrow": (401, "token_not_yet_valid", at("iat", 24 * HOUR)),
    "another project": (401, "token_issuer_wrong", of_another_project),
    "issuer missing": (401, "token_issuer_wrong", without("iss")),
    "issuer with a slash": (401, "token_issuer_wrong", lambda k: minted(iss=k.issuer + "/")(k)),
    "another audience": (401, "token_audience_wrong", minted(aud="anon")),
    "several audiences": (401, "token_audience_wrong", minted(aud=["a", "b"])),
    "service role": (401, "token_role_wrong", minted(role="service_role")),
    "anon": (401, "token_role_wrong", minted(role="anon")),
    "legacy service key": (401, "token_role_wrong", legacy_service_key),
    "legacy anon key": (401, "token_role_wrong", of_role("anon")),
    "a machine's token": (401, "token_role_wrong", of_role("wa_dispatch")),
    "Google's token": (401, "token_role_wrong", googles),
    "no user": (401, "token_subject_invalid", minted(sub="")),
    "user is no id": (401, "token_subject_invalid", minted(sub="1; drop table")),
    "anonymous": (403, "user_anonymous", minted(is_anonymous=True)),
    "anonymous in a way": (403, "user_anonymous", minted(is_anonymous="no")),
    "legacy anonymous": (403, "user_anonymous", legacy(is_anonymous=True)),
}
GOOD = {
    "ES256": minted(),
    "several audiences": minted(aud=["other", "authenticated"]),
    "legacy": legacy(),
    "just expired": at("exp", timedelta(seconds=-10)),
    "a clock ahead": at("iat", timedelta(seconds=10)),
}
PATHS = [("send", "GET", "/jobs"), ("send", "POST", "/send"), ("templates", "GET", "/templates")]


def ask(doors: Doors, token: str | None, target="send", method="GET", path="/jobs"):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    url = doors.at.url(target) + path
    query = {"campaign_id": str(USER)}
    return requests.request(method, url, params=query, headers=headers, timeout=PATIENCE)


@pytest.mark.parametrize(("target", "method", "path"), PATHS)
@pytest.mark.parametrize("name", BAD)
def test_bad_credential_is_refused_with_its_own_code_and_no_work(
    doors: Doors, name, target, method, path
):
    status, code, make = BAD[name]
    before = doors.supabase.calls_to_postgres()
    answer = ask(doors, make(doors.secrets.keys), target, method, path)
    told = answer.json()
    assert (answer.status_code, told["code"], told["field"]) == (status, code, "Authorization")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert doors.supabase.calls_to_postgres() == before


@pytest.mark.parametrize("name", GOOD)
def test_good_credential_gets_as_far_as_postgres(doors: Doors, name):
    """The counterpart: Postgres is asked, and is not there."""
    before = doors.supabase.calls_to_postgres()
    answer = ask(doors, GOOD[name](doors.secrets.keys))
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unreachable")
    assert doors.supabase.calls_to_postgres() > before


def test_ended_session_of_a_legacy_project_is_told_so(doors: Doors):
    token = legacy()(doors.secrets.keys)
    doors.supabase.ended.add(token)
    answer = ask(doors, token)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_session_ended")


def test_nobody_is_let_in_while_auth_cannot_say_who_it_is(doors: Doors):
    token = legacy()(doors.secrets.keys)
    before = doors.supabase.calls_to_postgres()
    doors.supabase.is_away = True
    try:
        answer = ask(doors, token)
    finally:
        doors.supabase.is_away = False
    assert (answer.status_code, answer.json()["code"]) == (503, "identity_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert doors.supabase.calls_to_postgres() == before


def test_unknown_keys_cost_supabase_next_to_nothing(doors: Doors):
    ask(doors, minted()(doors.secrets.keys))
    before = doors.supabase.asked.count("/auth/v1/.well-known/jwks.json")
    for _ in range(20):
        ask(doors, by_other_key(same_kid=False)(doors.secrets.keys))
    assert doors.supabase.asked.count("/auth/v1/.well-known/jwks.json") <= before + 1


@pytest.mark.parametrize("target", MACHINES)
@pytest.mark.parametrize("name", ["user", "secret key", "junk"])
def test_user_is_not_taken_for_a_machine(doors: Doors, target, name):
    token = {"user": minted()(doors.secrets.keys), "secret key": doors.secrets.keys.secret}
    before = doors.supabase.calls_to_postgres()
    answer = ask(doors, token.get(name, "junk"), target, "POST", "/")
    told = answer.json()
    assert (answer.status_code, told["code"]) == (403, "machines_only")
    assert doors.supabase.calls_to_postgres() == before


def test_user_is_not_taken_for_meta(doors: Doors):
    answer = ask(doors, minted()(doors.secrets.keys), "webhook", "POST", "/")
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
    answer = ask(doors, minted()(doors.secrets.keys), "webhook", "GET", "/")
    assert (answer.status_code, answer.json()["code"]) == (403, "verify_token_invalid")


@pytest.mark.parametrize("target", ["dispatch", "sweep"])
def test_google_is_let_in_where_machines_are(doors: Doors, target):
    answer = ask(doors, googles(doors.secrets.keys), target, "POST", "/")
    assert answer.json()["code"] in {"malformed_json", "store_unreachable"}
