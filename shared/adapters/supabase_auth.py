"""Supabase Auth: the project's public keys, and what it says of tokens that only it can verify."""

import json
import ssl
import time
from typing import Any

import httpx
import jwt

from shared.config import IdentitySettings
from shared.errors import Unavailable
from shared.rules.user_token import KEY_PAIRS, SHARED_SECRET, UserToken

LARGEST_ANSWER = 256 * 1024  # bytes: a user's metadata are the app's to fill
# What Auth calls a session that was good once: https://supabase.com/docs/guides/auth/debugging/error-codes
ENDED = {"session_not_found", "session_expired", "user_not_found", "user_banned"}


class SupabaseAuth:
    """Asks Supabase Auth two questions; an answer that is none is `identity_unavailable` (503)."""

    def __init__(self, settings: IdentitySettings) -> None:
        self._settings = settings
        self._http = httpx.Client(
            http2=False,
            verify=ssl.create_default_context(),
            trust_env=False,
            timeout=settings.timeout_seconds,
            follow_redirects=False,
        )

    def signing_keys(self) -> dict[str, jwt.PyJWK]:
        """Return the public keys of the project's key pairs, by their id.

        Raises:
            Unavailable: `identity_unavailable`: no answer in time, or one that is no key set.
        """
        status, answer = self._get("/auth/v1/.well-known/jwks.json", {})
        listed = answer.get("keys") if status == 200 else None  # noqa: PLR2004 - OK
        if not isinstance(listed, list):
            raise Unavailable("identity_unavailable")
        keys = [key for one in listed if (key := _usable(one))]
        return {str(key.key_id): key for key in keys}

    def is_signed(self, token: UserToken, key: jwt.PyJWK) -> bool:
        """Tell whether the token is signed with that key, and by the algorithm of that key."""
        try:
            jwt.PyJWS().decode(token.text, key, algorithms=[key.algorithm_name])
        except jwt.PyJWTError:
            return False
        return True

    def refusal_of(self, token: UserToken) -> str:
        """Ask whether the token is a signed-in user's; return the code of its refusal, or nothing.

        Raises:
            Unavailable: `identity_unavailable`: Auth did not say.
        """
        headers = {
            "apikey": self._settings.publishable_key,
            "Authorization": f"Bearer {token.text}",
        }
        status, answer = self._get("/auth/v1/user", headers)
        if status == 200:  # noqa: PLR2004 - OK
            return "" if answer.get("id") == token.user_id else "token_subject_invalid"
        code = answer.get("error_code")
        # The gateway before Auth has no such code: it did not take our own API key.
        if status not in {401, 403} or not isinstance(code, str):
            raise Unavailable("identity_unavailable")
        return "token_session_ended" if code in ENDED else "token_signature_invalid"

    def _get(self, path: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        # httpx waits so long for each piece; an answer may come in many.
        ends = time.monotonic() + self._settings.timeout_seconds
        received = b""
        try:
            with self._http.stream("GET", self._settings.url + path, headers=headers) as answer:
                for piece in answer.iter_bytes():
                    received += piece
                    if len(received) > LARGEST_ANSWER or time.monotonic() > ends:
                        raise Unavailable("identity_unavailable")
            value = json.loads(received)
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise Unavailable("identity_unavailable") from error
        return answer.status_code, value if isinstance(value, dict) else {}


def _usable(listed: object) -> jwt.PyJWK | None:
    """Return a public key to verify with; whatever else a key set lists is left out."""
    if not isinstance(listed, dict) or not isinstance(listed.get("kid"), str):
        return None
    if listed.get("use", "sig") != "sig" or listed.get("kty") not in {"EC", "RSA"}:
        return None
    if listed.get("alg") == SHARED_SECRET:
        return None
    try:
        key = jwt.PyJWK(listed)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return key if key.algorithm_name in KEY_PAIRS else None
