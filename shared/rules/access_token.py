"""What can be said of an access token without the key that signed it."""

import base64
import json
import re
from datetime import datetime, timedelta
from typing import Any, Final

from shared.errors import Refused

# PostgREST's clock decides, and allows for 30 seconds:
# https://docs.postgrest.org/en/stable/references/auth.html#jwt-claims-validation
CLOCK_TOLERANCE: Final = timedelta(minutes=1)
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+")


def problem_of(token: str, role: str, now: datetime) -> str:
    """Say what makes this unfit as the token of a machine with that database role, or nothing.

    Like `require_form`, without the signature. A user's name in it would stand in the audit log.
    """
    claims = _claims(token)
    if claims is None:
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


def require_form(token: str, now: datetime) -> None:
    """Refuse what no signature could make valid, before any more of its request is looked at.

    A JWT is two JSON objects and a signature in base64url (RFC 7515, section 7.1). Whether the
    signature is good, and whose it is, PostgREST says.

    Raises:
        Refused: `jwt_invalid`, or `jwt_expired` (401).
    """
    claims = _claims(token)
    expires = (claims or {}).get("exp", now.timestamp())
    if claims is None or not isinstance(expires, int | float):
        raise Refused("jwt_invalid", "La sesión no es válida.", "Authorization", 401)
    if expires < (now - CLOCK_TOLERANCE).timestamp():
        raise Refused("jwt_expired", "La sesión expiró; vuelve a iniciarla.", "Authorization", 401)


def _claims(token: str) -> dict[str, Any] | None:
    parts = _COMPACT.fullmatch(token)
    header, claims = (_object(part) for part in parts.groups()) if parts else (None, None)
    return None if header is None else claims


def _object(part: str) -> dict[str, Any] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
