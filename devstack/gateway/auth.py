"""`/auth/v1`: enough of Supabase Auth for development users to sign in."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import asyncpg
from aiohttp import web

from devstack.gateway.errors import refusal
from devstack.gateway.tokens import DevKeys, Identity, Verifier

_TTL_SECONDS = 3600

_SELECT = """
select id::text, email, encrypted_password, raw_app_meta_data::text as app_metadata,
  raw_user_meta_data::text as user_metadata, created_at, updated_at
from auth.users
"""
_INSERT = """
insert into auth.users (id, email, encrypted_password, raw_app_meta_data, raw_user_meta_data)
values (coalesce($1::text::uuid, gen_random_uuid()), lower($2::text), $3,
        $4::text::jsonb, $5::text::jsonb)
returning id::text, email, encrypted_password, raw_app_meta_data::text as app_metadata,
  raw_user_meta_data::text as user_metadata, created_at, updated_at
"""


class AuthApi:
    """Signs development users in and creates them.

    Args:
        pool: Connections of the role `supabase_auth_admin`.
        keys: What tokens are signed with.
        verifier: Who checks them.
        clock: The present, with its time zone.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        keys: DevKeys,
        verifier: Verifier,
        clock: Callable[[], datetime],
    ) -> None:
        self._pool = pool
        self._keys = keys
        self._verifier = verifier
        self._clock = clock
        # Only this process issues refresh tokens, and each is good once.
        self._refresh: dict[str, str] = {}

    def identify(self, request: web.Request) -> Identity:
        """Return who sent a request; raises `ProblemError` with 401 if nobody we know."""
        bearer = request.headers.get("Authorization", "")
        token = bearer[7:].strip() if bearer[:7].lower() == "bearer " else None
        return self._verifier.identify(request.headers.get("apikey"), token, self._clock())

    async def jwks(self, _request: web.Request) -> web.Response:
        """Answer with the public keys."""
        return web.json_response(self._keys.jwks())

    async def token(self, request: web.Request) -> web.Response:
        """Answer a sign-in by password or by refresh token with a session."""
        asked = await _object(request)
        if request.query.get("grant_type") == "refresh_token":
            user_id = self._refresh.pop(str(asked.get("refresh_token")), None)
            return await self._session(user_id, "refresh_token_not_found")
        email = str(asked.get("email", "")).lower()
        user = await self._pool.fetchrow(f"{_SELECT} where email = $1", email)
        known = user["encrypted_password"] if user else None
        right = known is not None and _matches(str(asked.get("password", "")), known)
        return await self._session(user["id"] if user and right else None, "invalid_credentials")

    async def user(self, request: web.Request) -> web.Response:
        """Answer with the user whose token was sent."""
        claims = json.loads(self.identify(request).claims)
        user = await self._find(claims.get("sub"))
        if user is None:
            return _failure(403, "bad_jwt", "invalid claim: missing sub claim")
        return web.json_response(user)

    async def create_user(self, request: web.Request) -> web.Response:
        """Create a user who can sign in at once; for the secret key alone."""
        if self.identify(request).role != "service_role":
            return _failure(403, "not_admin", "User not allowed")
        asked = await _object(request)
        try:
            row = await self._pool.fetchrow(
                _INSERT,
                asked.get("id"),
                asked.get("email"),
                _hashed(asked["password"]) if asked.get("password") else None,
                json.dumps(asked.get("app_metadata") or {}),
                json.dumps(asked.get("user_metadata") or {}),
            )
        except asyncpg.UniqueViolationError:
            return _failure(422, "email_exists", "A user with this email has been registered")
        return web.json_response(_as_user(row))

    async def _session(self, user_id: str | None, otherwise: str) -> web.Response:
        user = await self._find(user_id)
        if user is None:
            return _failure(400, otherwise, otherwise.replace("_", " ").capitalize())
        now, refresh = self._clock(), secrets.token_urlsafe(16)
        self._refresh[refresh] = user["id"]
        shown = {name: user[name] for name in ("email", "app_metadata", "user_metadata")}
        token = self._keys.mint_user_token(user["id"], now=now, ttl_s=_TTL_SECONDS, **shown)
        return web.json_response(
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": _TTL_SECONDS,
                "expires_at": int(now.timestamp()) + _TTL_SECONDS,
                "refresh_token": refresh,
                "user": user,
            }
        )

    async def _find(self, user_id: str | None) -> dict[str, Any] | None:
        if user_id is None:
            return None
        row = await self._pool.fetchrow(f"{_SELECT} where id = $1::text::uuid", user_id)
        return _as_user(row) if row else None


def _as_user(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "aud": "authenticated",
        "role": "authenticated",
        "email": row["email"],
        "app_metadata": json.loads(row["app_metadata"]),
        "user_metadata": json.loads(row["user_metadata"]),
        "identities": [],
        "created_at": row["created_at"].isoformat(),
        "updated_at": row["updated_at"].isoformat(),
    }


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        parsed = await request.json()
    except ValueError as error:
        raise refusal(400, "bad_json", "Could not parse request body as JSON") from error
    if not isinstance(parsed, dict):
        raise refusal(400, "bad_json", "The body must be a JSON object")
    return parsed


def _failure(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"code": status, "error_code": code, "msg": message}, status=status)


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${_digest(password, salt).hex()}"


def _matches(password: str, known: str) -> bool:
    salt, _, digest = known.partition("$")
    return hmac.compare_digest(_digest(password, bytes.fromhex(salt)).hex(), digest)


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)
