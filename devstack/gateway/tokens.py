"""The keys of one local stack: opaque API keys, and tokens signed with a key pair of its own."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from devstack.gateway.errors import ProblemError, refusal

_ALGORITHM = "ES256"
_AUDIENCE = "authenticated"


@dataclass(frozen=True, kw_only=True)
class DevKeys:
    """What a Supabase project would keep secret; made fresh for every stack.

    `url` is where the stack's users think Supabase is: tokens name `<url>/auth/v1` as issuer.
    """

    url: str
    publishable: str
    secret: str
    private_pem: str

    @classmethod
    def generate(cls, url: str) -> Self:
        """Return fresh keys for the gateway at `url`."""
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return cls(
            url=url.rstrip("/"),
            publishable=f"sb_publishable_{secrets.token_urlsafe(24)}",
            secret=f"sb_secret_{secrets.token_urlsafe(24)}",
            private_pem=pem.decode(),
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read keys that `save` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def save(self, path: Path) -> None:
        """Write the keys to a file that only our account can read."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - Path cannot set the mode at creation
            json.dump(asdict(self), file)

    @property
    def issuer(self) -> str:
        """The `iss` of every token."""
        return f"{self.url}/auth/v1"

    def mint_user_token(
        self, user_id: UUID | str, *, now: datetime, ttl_s: int = 3600, **extra: Any
    ) -> str:
        """Return the access token of a signed-in user; `extra` overrides or adds claims."""
        claims = {
            "iss": self.issuer,
            "sub": str(user_id),
            "aud": _AUDIENCE,
            "role": "authenticated",
            "iat": now,
            "exp": now + timedelta(seconds=ttl_s),
            "app_metadata": {},
            "user_metadata": {},
            "aal": "aal1",
            "session_id": str(uuid4()),
            "is_anonymous": False,
        }
        return self._sign(claims | extra)

    def mint_role_token(self, role: str, *, now: datetime, days: int = 3650) -> str:
        """Return the token of a role and of no user: a legacy API key, or a machine's."""
        return self._sign(
            {"iss": self.issuer, "role": role, "iat": now, "exp": now + timedelta(days=days)}
        )

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Return what tokens are verified with."""
        key = serialization.load_pem_private_key(self.private_pem.encode(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the keys file holds another kind of key: delete it and start again")
        return key.public_key()

    def _sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.private_pem, _ALGORITHM)


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
            claims: dict[str, Any] = jwt.decode(
                token,
                self._public,
                algorithms=[_ALGORITHM],
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
        if "sub" in claims and claims.get("aud") != _AUDIENCE:
            raise refusal(401, "PGRST303", "JWT not in audience")
        return claims


def _invalid(message: str) -> ProblemError:
    return refusal(401, "PGRST301", message)
