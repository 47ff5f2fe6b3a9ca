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


def require_form(token: str, now: datetime) -> None:
    """Refuse what no signature could make valid, before any more of its request is looked at.

    A JWT is two JSON objects and a signature in base64url (RFC 7515, section 7.1). Whether the
    signature is good, and whose it is, PostgREST says.

    Raises:
        Refused: `jwt_invalid`, or `jwt_expired` (401).
    """
    parts = _COMPACT.fullmatch(token)
    header, claims = (_object(part) for part in parts.groups()) if parts else (None, None)
    expires = (claims or {}).get("exp", now.timestamp())
    if header is None or claims is None or not isinstance(expires, int | float):
        raise Refused("jwt_invalid", "La sesión no es válida.", "Authorization", 401)
    if expires < (now - CLOCK_TOLERANCE).timestamp():
        raise Refused("jwt_expired", "La sesión expiró; vuelve a iniciarla.", "Authorization", 401)


def _object(part: str) -> dict[str, Any] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
