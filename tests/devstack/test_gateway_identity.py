"""Who a request runs as: keys, tokens, row-level security, and nobody else."""

import base64
import hmac
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from supabase_auth.errors import AuthApiError

from devstack.gateway import DevKeys
from devstack.ports import free_port

ANA = UUID("00000000-0000-4000-8000-00000000000a")
BETO = UUID("00000000-0000-4000-8000-00000000000b")


def whoami(stage, **options):
    seen = stage.send("POST", "rpc/whoami", json={}, **options).json()
    return seen["user"], seen["role"], seen["uid"]


def test_keys_and_tokens_choose_the_role(stage):
    publishable, secret = stage.keys.publishable, stage.keys.secret
    anon = {"headers": {"apikey": publishable}}

    assert whoami(stage) == ("service_role", "service_role", None)
    assert whoami(stage, bearer=secret) == ("service_role", "service_role", None)
    assert whoami(stage, **anon) == ("anon", "anon", None)
    assert whoami(stage, bearer=publishable, **anon) == ("anon", "anon", None)
    assert whoami(stage, bearer=stage.token(ANA), **anon) == (
        "authenticated",
        "authenticated",
        str(ANA),
    )


def test_legacy_key_names_its_role(stage):
    legacy = stage.keys.mint_role_token("service_role", now=datetime.now(UTC))

    assert whoami(stage, bearer=legacy, headers={"apikey": legacy})[0] == "service_role"


def test_claims_reach_the_sql(stage):
    token = stage.token(ANA, email="ana@example.com", app_metadata={"team": "o'\"x"})

    claims = stage.send("POST", "rpc/whoami", json={}, bearer=token).json()["jwt"]

    assert (claims["email"], claims["app_metadata"]) == ("ana@example.com", {"team": "o'\"x"})


def forged(stage, **claims):
    return DevKeys.generate(stage.keys.url).mint_user_token(ANA, now=datetime.now(UTC), **claims)


def unsigned(stage):
    _, body, _ = stage.token(ANA).split(".")
    return f"{part({'alg': 'none'})}.{body}."


def part(claims):
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def signed_with_the_public_key(stage):
    public = stage.keys.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = f"{part({'alg': 'HS256'})}.{part({'role': 'service_role', 'exp': 2**33})}"
    signature = hmac.digest(public, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def altered(stage):
    header, body, signature = stage.token(ANA).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==")) | {"role": "service_role"}
    return f"{header}.{part(claims)}.{signature}"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (forged, "PGRST301"),
        (unsigned, "PGRST301"),
        (signed_with_the_public_key, "PGRST301"),
        (altered, "PGRST301"),
        (lambda _: "not.a.token", "PGRST301"),
        (lambda _: "sb_secret_guessed", "PGRST301"),
        (lambda stage: stage.token(ANA, aud="somebody"), "PGRST303"),
        (lambda stage: stage.token(ANA, iss="https://elsewhere.example/auth/v1"), "PGRST303"),
        (lambda stage: stage.token(ANA, exp=1), "PGRST303"),
        (lambda stage: stage.token(ANA, ttl_s=0), "PGRST303"),
    ],
)
def test_token_that_is_not_good_is_refused(stage, make, code):
    response = stage.send("POST", "rpc/whoami", json={}, bearer=make(stage))

    assert (response.status_code, response.json()["code"]) == (401, code)


def test_published_keys_verify_the_tokens_and_sign_none(stage):
    [listed] = stage.http.get("/auth/v1/.well-known/jwks.json").json()["keys"]
    token = stage.token(ANA)

    assert jwt.get_unverified_header(token)["kid"] == listed["kid"]
    assert jwt.decode(token, jwt.PyJWK(listed), audience="authenticated")["sub"] == str(ANA)
    assert "d" not in listed


def test_token_of_a_legacy_project_is_taken(stage):
    token = stage.keys.mint_legacy_user_token(ANA, now=datetime.now(UTC))

    assert whoami(stage, bearer=token)[2] == str(ANA)


def test_auth_says_whose_token_it_is(stage):
    email = f"{uuid4()}@example.com"
    created = stage.client(stage.keys.secret).auth.admin.create_user(
        {"email": email, "password": "right"}
    )
    key = {"apikey": stage.keys.publishable}

    def asked(token, **headers):
        given = key | {"Authorization": f"Bearer {token}"} | headers
        answer = stage.http.get("/auth/v1/user", headers=given)
        return answer.status_code, answer.json().get("error_code", answer.json().get("id"))

    legacy = stage.keys.mint_legacy_user_token(created.user.id, now=datetime.now(UTC))
    assert asked(legacy) == asked(stage.token(created.user.id)) == (200, created.user.id)
    assert asked(forged(stage)) == (403, "bad_jwt")
    assert asked(stage.keys.secret) == (403, "bad_jwt")
    assert asked(stage.token(uuid4())) == (403, "user_not_found")
    assert asked(legacy, apikey="sb_publishable_guessed")[0] == 401


def test_verified_token_still_expires(stage):
    now = datetime.now(UTC)
    token = stage.keys.mint_user_token(ANA, now=now - timedelta(hours=1), ttl_s=3602)
    assert whoami(stage, bearer=token)[2] == str(ANA)

    until = now + timedelta(seconds=30)
    while (answer := stage.send("POST", "rpc/add", json={"a": 1}, bearer=token)).is_success:
        assert datetime.now(UTC) < until

    assert answer.json()["code"] == "PGRST303"


def test_request_without_api_key_is_refused(stage):
    assert stage.http.get("/rest/v1/jobs").status_code == 401


@pytest.mark.parametrize("role", ["postgres", "authenticator", "pg_read_all_data", "no_such_role"])
def test_token_cannot_name_another_database_role(stage, role):
    response = stage.send("POST", "rpc/whoami", json={}, bearer=stage.token(ANA, role=role))

    assert response.status_code in {400, 403}


def test_each_user_sees_only_their_rows(jobs):
    ana = jobs.client(jobs.keys.publishable, jobs.token(ANA)).table("jobs")
    beto = jobs.client(jobs.keys.publishable, jobs.token(BETO)).table("jobs")

    assert [row["id"] for row in ana.select("id").order("id").execute().data] == [1, 2, 3]
    assert beto.select("id").eq("id", 1).execute().data == []


def test_anonymous_caller_without_privilege_is_told_to_sign_in(stage):
    headers = {"apikey": stage.keys.publishable}

    table = stage.send("GET", "jobs", headers=headers)
    function = stage.send("POST", "rpc/secret_number", json={}, headers=headers)

    assert (table.status_code, function.status_code) == (401, 401)
    assert stage.send("POST", "rpc/secret_number", json={}).status_code == 403


def test_identity_never_leaks_between_interleaved_requests(stage):
    callers = {str(user): stage.token(user) for user in (uuid4() for _ in range(12))}

    def call(turn):
        user, token = list(callers.items())[turn % len(callers)]
        if turn % 7 == 0:
            # A failed transaction must give its connection back as clean as any other.
            stage.send("POST", "rpc/fail", json={"code": "P0001"}, bearer=token)
        seen = stage.send("POST", "rpc/whoami_slowly", json={}, bearer=token).json()
        return seen == f"{user} authenticated"

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(call, range(600)))
    idle = stage.send("POST", "rpc/whoami", json={}, headers={"apikey": stage.keys.publishable})
    assert (idle.json()["user"], idle.json()["uid"]) == ("anon", None)


def test_user_signs_in_and_refreshes(jobs):
    email, password = f"{uuid4()}@example.com", "una contraseña larga"
    admin = jobs.client(jobs.keys.secret).auth.admin
    created = admin.create_user({"email": email, "password": password}).user
    client = jobs.client(jobs.keys.publishable)

    session = client.auth.sign_in_with_password({"email": email, "password": password}).session
    refreshed = client.auth.refresh_session(session.refresh_token).session

    assert client.auth.get_user(session.access_token).user.id == created.id
    assert whoami(jobs, bearer=refreshed.access_token)[2] == created.id
    with pytest.raises(AuthApiError):
        client.auth.refresh_session(session.refresh_token)


def test_user_who_signs_out_cannot_refresh(jobs):
    email, password = f"{uuid4()}@example.com", "una contraseña larga"
    jobs.client(jobs.keys.secret).auth.admin.create_user({"email": email, "password": password})
    client = jobs.client(jobs.keys.publishable)
    session = client.auth.sign_in_with_password({"email": email, "password": password}).session

    client.auth.sign_out()

    with pytest.raises(AuthApiError):
        client.auth.refresh_session(session.refresh_token)


@pytest.mark.parametrize("password", ["wrong", "Right", "right "])
def test_wrong_password_is_refused(stage, password):
    email = f"{uuid4()}@example.com"
    stage.client(stage.keys.secret).auth.admin.create_user({"email": email, "password": "right"})

    with pytest.raises(AuthApiError):
        stage.client(stage.keys.publishable).auth.sign_in_with_password(
            {"email": email, "password": password}
        )


def test_only_the_secret_key_creates_users(stage):
    user = {"email": f"{uuid4()}@example.com"}
    response = stage.http.post(
        "/auth/v1/admin/users", json=user, headers={"apikey": stage.keys.publishable}
    )

    assert response.status_code == 403
    assert stage.sql("select 1 from auth.users where email = %s", user["email"]) == []


def test_saved_keys_are_private_and_the_same(stage, tmp_path):
    stage.keys.save(tmp_path / "keys")

    assert DevKeys.load(tmp_path / "keys") == stage.keys
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0


def test_gateway_process_serves_until_sigterm(stage, postgres, tmp_path):
    stage.keys.save(tmp_path / "keys")
    dsn = postgres.dsn("gateway_tests", "authenticator")
    command = [sys.executable, "-m", "devstack.gateway", "--dsn", dsn]
    port = free_port()
    command += ["--keys-file", str(tmp_path / "keys"), "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        answer = _answer_of(f"http://127.0.0.1:{port}/rest/v1/rpc/add", stage.keys.secret)
        process.terminate()
        assert (process.wait(20), process.stderr.read()) == (0, "")

    assert answer.json() == 11


def _answer_of(url, key):
    """Call as soon as it listens."""
    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(transport=transport) as http:
        return http.post(url, json={"a": 1}, headers={"apikey": key})
