"""The keys of one local stack: opaque API keys, and tokens signed with a key pair of its own."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ALGORITHM = "ES256"
LEGACY_ALGORITHM = "HS256"
AUDIENCE = "authenticated"


@dataclass(frozen=True, kw_only=True)
class DevKeys:
    """What a Supabase project would keep secret; made fresh for every stack.

    `url` is where the stack's users think Supabase is: tokens name `<url>/auth/v1` as issuer.
    """

    url: str
    publishable: str
    secret: str
    private_pem: str
    key_id: str
    legacy_secret: str

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
            key_id=str(uuid4()),
            legacy_secret=secrets.token_urlsafe(40),
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
        return self._sign(self._user_claims(user_id, now, ttl_s) | extra)

    def mint_legacy_user_token(self, user_id: UUID | str, *, now: datetime, **extra: Any) -> str:
        """Return a user's token as projects sign it that still share one secret (HS256)."""
        claims = self._user_claims(user_id, now, 3600) | extra
        return jwt.encode(claims, self.legacy_secret, LEGACY_ALGORITHM)

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

    def key_set(self) -> dict[str, Any]:
        """Return the JWKS that Supabase Auth publishes: public keys alone, by their id."""
        jwk = jwt.algorithms.ECAlgorithm.to_jwk(self.public_key(), as_dict=True)
        ours = {"kid": self.key_id, "alg": ALGORITHM, "use": "sig", "key_ops": ["verify"]}
        return {"keys": [jwk | ours]}

    def _user_claims(self, user_id: UUID | str, now: datetime, ttl_s: int) -> dict[str, Any]:
        return {
            "iss": self.issuer,
            "sub": str(user_id),
            "aud": AUDIENCE,
            "role": "authenticated",
            "iat": now,
            "exp": now + timedelta(seconds=ttl_s),
            "app_metadata": {},
            "user_metadata": {},
            "aal": "aal1",
            "session_id": str(uuid4()),
            "is_anonymous": False,
        }

    def _sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.private_pem, ALGORITHM, headers={"kid": self.key_id})
