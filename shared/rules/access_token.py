"""What can be said of an access token without the key that signed it."""

import base64
import json
import re
from datetime import datetime, timedelta
from typing import Any, Final

GOOGLE: Final = ("https://accounts.google.com", "accounts.google.com")
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*")


def problem_of(token: str, role: str, now: datetime) -> str:
    """Say what makes this unfit as the token of a machine with that database role, or nothing.

    Whether it is signed well, PostgREST says. A user's name in it would stand in the audit log.
    """
    claims = _claims(token)
    if claims is None or token.endswith("."):
        return "must be a JWT, three base64url parts"
    if claims.get("role") != role:
        return f"must name the role {role}"
    if "sub" in claims:
        return "must name no user (sub)"
    expires = claims.get("exp")
    if not isinstance(expires, int | float):
        return "must say when it ends (exp)"
    return "has expired" if expires <= now.timestamp() else ""


def ends_within(token: str, time: timedelta, now: datetime) -> bool:
    """Tell whether a token says that it ends so soon."""
    expires = (_claims(token) or {}).get("exp")
    return isinstance(expires, int | float) and expires <= (now + time).timestamp()


def is_of_google(token: str) -> bool:
    """Tell whether this may be the ID token with which Google's services call (OpenID Connect).

    Cloud Run has verified it, and passes it on without its signature:
    https://cloud.google.com/run/docs/authenticating/service-to-service
    """
    return (_claims(token) or {}).get("iss") in GOOGLE


def header_and_claims(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return both objects of a JWT, which is these and a signature in base64url (RFC 7515, 7.1).

    Without a signature it is one, too, and `none` its algorithm (RFC 7518, 3.6).
    """
    parts = _COMPACT.fullmatch(token)
    header, claims = (_object(part) for part in parts.groups()) if parts else (None, None)
    return None if header is None or claims is None else (header, claims)


def _claims(token: str) -> dict[str, Any] | None:
    read = header_and_claims(token)
    return read and read[1]


def _object(part: str) -> dict[str, Any] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
