"""Whom the gateway takes a request for; shared/, which is held against it, has no part in this."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from devstack.gateway.errors import ProblemError, refusal
from devstack.gateway.tokens import ALGORITHM, AUDIENCE, LEGACY_ALGORITHM, DevKeys


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who asks: the database role, and the claims that its transactions see."""

    role: str
    claims: str


class Verifier:
    """Turns API keys and tokens into identities, remembering signatures already checked."""

    _REMEMBERED = 1024

    def __init__(self, keys: DevKeys) -> None:
        self._issuer = keys.issuer
        self._public = keys.public_key()
        self._legacy_secret = keys.legacy_secret
        self._keys = {
            keys.publishable: Identity(role="anon", claims='{"role":"anon"}'),
            keys.secret: Identity(role="service_role", claims='{"role":"service_role"}'),
        }
        self._checked: dict[str, dict[str, Any]] = {}

    def identify(self, api_key: str | None, bearer: str | None, now: datetime) -> Identity:
        """Return who sent these two headers.

        Raises:
            ProblemError: 401, PGRST301 for a key or token that is not ours, PGRST303 for one
                whose claims do not hold now.
        """
        if not api_key:
            raise refusal(401, "PGRST301", "No API key found in request")
        by_key = self._identity(api_key, now)
        return self._identity(bearer, now) if bearer else by_key

    def knows_key(self, api_key: str | None) -> bool:
        """Tell whether this is one of the project's API keys."""
        return api_key in self._keys

    def claims(self, token: str, now: datetime) -> dict[str, Any]:
        """Return a token's verified claims; raises as `identify` does."""
        claims = self._checked.get(token)
        if claims is None:
            claims = self._verify(token)
            if len(self._checked) >= self._REMEMBERED:
                self._checked.clear()
            self._checked[token] = claims
        # The signature does not change, the time does.
        if now >= datetime.fromtimestamp(claims["exp"], UTC):
            raise refusal(401, "PGRST303", "JWT expired")
        return claims

    def _identity(self, credential: str, now: datetime) -> Identity:
        if known := self._keys.get(credential):
            return known
        claims = self.claims(credential, now)
        return Identity(role=str(claims["role"]), claims=json.dumps(claims))

    def _verify(self, token: str) -> dict[str, Any]:
        try:
            algorithm = jwt.get_unverified_header(token).get("alg")
            # Each key takes its own algorithm alone, or the public key would do as a secret.
            legacy = algorithm == LEGACY_ALGORITHM
            claims: dict[str, Any] = jwt.decode(
                token,
                self._legacy_secret if legacy else self._public,
                algorithms=[LEGACY_ALGORITHM if legacy else ALGORITHM],
                issuer=self._issuer,
                options={"require": ["exp", "role"], "verify_exp": False, "verify_aud": False},
            )
        except jwt.InvalidSignatureError as error:
            raise _invalid("JWSError JWSInvalidSignature") from error
        except (jwt.InvalidIssuerError, jwt.MissingRequiredClaimError) as error:
            raise refusal(401, "PGRST303", "JWT claims are not acceptable") from error
        except jwt.PyJWTError as error:
            raise _invalid("JWT cannot be decoded") from error
        # Legacy API keys name no user and no audience.
        if "sub" in claims and claims.get("aud") != AUDIENCE:
            raise refusal(401, "PGRST303", "JWT not in audience")
        return claims


def _invalid(message: str) -> ProblemError:
    return refusal(401, "PGRST301", message)
