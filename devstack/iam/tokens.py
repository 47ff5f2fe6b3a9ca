"""Google's token endpoint: an ID token for whoever signs with a service account's key.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest, with
`target_audience` as in https://cloud.google.com/run/docs/authenticating/service-to-service.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ISSUER = "https://accounts.google.com"
ALGORITHM = "RS256"
TTL_SECONDS = 3600
LONGEST_ASSERTION_SECONDS = 3600


def new_key() -> rsa.RSAPrivateKey:
    """Return a fresh key, as Google makes them for service accounts and for itself."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def pem_of(key: rsa.RSAPrivateKey) -> str:
    """Return a key as the file of a service account's key holds it."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def service_account(token_url: str) -> dict[str, str]:
    """Return a new key of a service account, as `gcloud iam service-accounts keys create` does."""
    return {
        "type": "service_account",
        "client_email": "wa-invoker-edge@campaignpro-local.iam.gserviceaccount.com",
        "private_key_id": "1",
        "private_key": pem_of(new_key()),
        "token_uri": token_url,
    }


@dataclass(frozen=True, kw_only=True)
class TokenEndpoint:
    """Knows one service account; its own signing key lasts as long as it runs."""

    account: dict[str, str] = field(repr=False)
    key: rsa.RSAPrivateKey = field(default_factory=new_key, repr=False)

    async def answer(self, request: web.Request) -> web.Response:
        """Exchange an assertion for an ID token; 400 `invalid_grant` if it is not the account's."""
        form = await request.post()
        try:
            claims = self._claims(str(form.get("assertion", "")))
        except jwt.PyJWTError as error:
            return _refusal(f"Invalid JWT: {type(error).__name__}")
        lasts = claims["exp"] - claims["iat"]
        if form.get("grant_type") != GRANT or not 0 < lasts <= LONGEST_ASSERTION_SECONDS:
            return _refusal("Invalid JWT: it lasts too long, or is another grant's")
        return web.json_response({"id_token": self._id_token(claims)})

    def accepts(self, token: str, audience: str) -> bool:
        """Tell whether a token is ours, in time, for this function and of this account."""
        try:
            claims = jwt.decode(
                token,
                self.key.public_key(),
                [ALGORITHM],
                audience=audience,
                issuer=ISSUER,
                options={"require": ["exp", "email"]},
            )
        except jwt.PyJWTError:
            return False
        return bool(claims["email"] == self.account["client_email"])

    def _claims(self, assertion: str) -> dict[str, Any]:
        email, url = self.account["client_email"], self.account["token_uri"]
        key = serialization.load_pem_private_key(self.account["private_key"].encode(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise jwt.InvalidKeyError
        claims = jwt.decode(
            assertion,
            key.public_key(),
            [ALGORITHM],
            audience=url,
            issuer=email,
            options={"require": ["exp", "iat", "target_audience"]},
        )
        return dict(claims)

    def _id_token(self, asked: dict[str, Any]) -> str:
        claims = {
            "iss": ISSUER,
            "aud": asked["target_audience"],
            "sub": "100000000000000000000",
            "email": asked["iss"],
            "email_verified": True,
            "iat": asked["iat"],
            "exp": asked["iat"] + TTL_SECONDS,
        }
        return jwt.encode(claims, self.key, ALGORITHM, headers={"kid": "1"})


def _refusal(words: str) -> web.Response:
    body = {"error": "invalid_grant", "error_description": words}
    return web.json_response(text=json.dumps(body), status=400)
