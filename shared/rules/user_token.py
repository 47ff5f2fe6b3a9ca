"""What a user's access token says, and whether that may be said here at this time.

Claims of Supabase's tokens: https://supabase.com/docs/guides/auth/jwt-fields
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isnan
from typing import Any, Final
from uuid import UUID

from shared.errors import Refused
from shared.rules.access_token import header_and_claims

AUDIENCE: Final = "authenticated"
ROLE: Final = "authenticated"
# As PostgREST allows, whose clock is another one:
# https://docs.postgrest.org/en/stable/references/auth.html#jwt-claims-validation
CLOCK_TOLERANCE: Final = timedelta(seconds=30)
KEY_PAIRS: Final = frozenset({"ES256", "RS256"})  # verified here, with the project's public keys
SHARED_SECRET: Final = "HS256"  # noqa: S105 - a name; verified by who has the secret: Supabase Auth
API_KEYS: Final = ("sb_secret_", "sb_publishable_")

_INVALID = "La sesión no es válida; vuelve a iniciarla."
_EXPIRED = "La sesión expiró; vuelve a iniciarla."
SENTENCES: Final[Mapping[str, str]] = {
    "token_missing": "Inicia sesión para continuar.",
    "token_malformed": _INVALID,
    "token_is_api_key": "Una llave del proyecto no es una sesión; inicia sesión.",
    "token_algorithm_refused": _INVALID,
    "token_key_unknown": _INVALID,
    "token_signature_invalid": _INVALID,
    "token_expired": _EXPIRED,
    "token_not_yet_valid": "La sesión todavía no es válida; revisa la hora de tu equipo.",
    "token_issuer_wrong": "La sesión es de otro sistema; inicia sesión aquí.",
    "token_audience_wrong": _INVALID,
    "token_role_wrong": "Esa credencial no es la de una persona; inicia sesión.",
    "token_subject_invalid": _INVALID,
    "token_session_ended": "La sesión terminó; vuelve a iniciarla.",
}


def refused_token(code: str) -> Refused:
    """Return the refusal (401) of a token, with its Spanish sentence."""
    return Refused(code, SENTENCES[code], "Authorization", 401)


@dataclass(frozen=True, kw_only=True)
class UserToken:
    """A token that may be a user's; nothing in it is to be believed before its signature is."""

    text: str = field(repr=False)
    algorithm: str
    key_id: str | None
    claims: Mapping[str, Any] = field(repr=False)

    @property
    def user_id(self) -> str:
        """The user's id, in the one spelling of ids."""
        return str(UUID(self.claims["sub"]))


def read_user_token(text: str, issuer: str, now: datetime) -> UserToken:
    """Return what a token says of itself, if that may be said here and now.

    Raises:
        Refused: 401, with the code of what no signature could make good.
    """
    if text.startswith(API_KEYS):
        raise refused_token("token_is_api_key")
    read = header_and_claims(text)
    if read is None:
        raise refused_token("token_malformed")
    header, claims = read
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in [*KEY_PAIRS, SHARED_SECRET] or "crit" in header:
        raise refused_token("token_algorithm_refused")
    if not isinstance(key_id, str | None):
        raise refused_token("token_malformed")
    _require_time(claims, now.timestamp())
    _require_claims(claims, issuer)
    return UserToken(text=text, algorithm=str(algorithm), key_id=key_id, claims=claims)


def require_known_person(token: UserToken) -> None:
    """Refuse who signed in without saying who they are; to be asked once the signature is good.

    Raises:
        Refused: `user_anonymous` (403).
    """
    if token.claims.get("is_anonymous", False) is not False:
        sentence = "Entra con tu cuenta: los usuarios anónimos no pueden hacer esto."
        raise Refused("user_anonymous", sentence, "Authorization", 403)


def _require_time(claims: Mapping[str, Any], now: float) -> None:
    tolerance = CLOCK_TOLERANCE.total_seconds()
    ends = _time(claims.get("exp"))
    begins = [_time(claims[name]) for name in ("nbf", "iat") if name in claims]
    if ends <= now - tolerance:
        raise refused_token("token_expired")
    if any(time > now + tolerance for time in begins):
        raise refused_token("token_not_yet_valid")


def _time(value: object) -> float:
    # NaN is a number that json reads, and neither before nor after any time.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused_token("token_malformed")
    if isinstance(value, float) and isnan(value):
        raise refused_token("token_malformed")
    return value


def _require_claims(claims: Mapping[str, Any], issuer: str) -> None:
    # The role first: a service key names no audience either, and is to be told apart.
    if claims.get("role") != ROLE:
        raise refused_token("token_role_wrong")
    if claims.get("iss") != issuer:
        raise refused_token("token_issuer_wrong")
    audience = claims.get("aud")
    if AUDIENCE not in (audience if isinstance(audience, list) else [audience]):
        raise refused_token("token_audience_wrong")
    try:
        UUID(claims["sub"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise refused_token("token_subject_invalid") from None
