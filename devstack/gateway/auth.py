"""`/auth/v1`: enough of Supabase Auth for development users to sign in."""

import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import Any

import asyncpg
from aiohttp import web

from devstack.gateway.errors import ProblemError, refusal
from devstack.gateway.tokens import DevKeys
from devstack.gateway.verifier import Identity, Verifier

_TTL_SECONDS = 3600
_SHOWN = """
json_build_object('id', id, 'aud', 'authenticated', 'role', 'authenticated', 'email', email,
  'app_metadata', raw_app_meta_data, 'user_metadata', raw_user_meta_data, 'identities', '[]'::json,
  'created_at', created_at, 'updated_at', updated_at)::text
"""
_SELECT = f"select {_SHOWN} from auth.users where id = $1::text::uuid"  # noqa: S608 - our own text
_INSERT = f"""
insert into auth.users (email, encrypted_password) values (lower($1), $2) returning {_SHOWN}
"""  # noqa: S608 - our own text


class AuthApi:
    """Signs development users in, and creates them for the tests.

    Args:
        pool: Connections of the role `supabase_auth_admin`.
        keys: What tokens are signed with.
    """

    def __init__(self, pool: asyncpg.Pool, keys: DevKeys) -> None:
        self._pool = pool
        self._keys = keys
        self._verifier = Verifier(keys)
        # Only this process issues refresh tokens, and each is good once.
        self._refresh: dict[str, str] = {}

    def identify(self, request: web.Request) -> Identity:
        """Return who sent a request; raises `ProblemError` with 401 if nobody we know."""
        bearer = request.headers.get("Authorization", "")
        token = bearer[7:].strip() if bearer[:7].lower() == "bearer " else None
        return self._verifier.identify(request.headers.get("apikey"), token, datetime.now(UTC))

    async def token(self, request: web.Request) -> web.Response:
        """Answer a sign-in by password or by refresh token with a session.

        Raises:
            ProblemError: 401, without an API key of the project's.
        """
        self._verifier.identify(request.headers.get("apikey"), None, datetime.now(UTC))
        asked = await _object(request)
        if request.query.get("grant_type") == "refresh_token":
            user_id = self._refresh.pop(str(asked.get("refresh_token")), None)
            return await self._session(user_id, "refresh_token_not_found")
        user = await self._pool.fetchrow(
            "select id::text, encrypted_password from auth.users where email = lower($1)",
            str(asked.get("email")),
        )
        known = user["encrypted_password"] if user else None
        right = known is not None and _matches(str(asked.get("password", "")), known)
        return await self._session(user["id"] if user and right else None, "invalid_credentials")

    async def user(self, request: web.Request) -> web.Response:
        """Answer with the user whose token was sent."""
        try:
            claims = json.loads(self.identify(request).claims)
        except ProblemError as error:
            # Without an API key of the project's, nobody gets as far as Auth.
            if not self._verifier.knows_key(request.headers.get("apikey")):
                raise
            return _failure(403, "bad_jwt", f"invalid JWT: {error}")
        if "sub" not in claims:
            return _failure(403, "bad_jwt", "invalid claim: missing sub claim")
        user = await self._find(claims["sub"])
        if user is None:
            return _failure(403, "user_not_found", "User from sub claim in JWT does not exist")
        return web.json_response(user)

    async def logout(self, request: web.Request) -> web.Response:
        """End the user's sessions; an access token stays good until it expires."""
        claims = json.loads(self.identify(request).claims)
        ended = [token for token, user in self._refresh.items() if user == claims.get("sub")]
        for token in ended:
            del self._refresh[token]
        return web.Response(status=204)

    async def key_set(self, _: web.Request) -> web.Response:
        """Answer with the public keys of the tokens; anybody may have them."""
        headers = {"Cache-Control": "public, max-age=600"}
        return web.json_response(self._keys.key_set(), headers=headers)

    async def create_user(self, request: web.Request) -> web.Response:
        """Create a user who can sign in at once; for the secret key alone."""
        if self.identify(request).role != "service_role":
            return _failure(403, "not_admin", "User not allowed")
        asked = await _object(request)
        created = await self._pool.fetchval(
            _INSERT,
            asked["email"],
            _hashed(asked["password"]),
        )
        return web.json_response(text=created)

    async def _session(self, user_id: str | None, otherwise: str) -> web.Response:
        user = await self._find(user_id)
        if user is None:
            return _failure(400, otherwise, otherwise.replace("_", " ").capitalize())
        now, refresh = datetime.now(UTC), secrets.token_urlsafe(16)
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

    async def _find(self, user_id: str | None) -> Any:
        shown = await self._pool.fetchval(_SELECT, user_id)
        return shown and json.loads(shown)


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
