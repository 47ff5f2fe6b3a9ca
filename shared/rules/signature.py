"""Proof that a webhook body comes from Meta."""

import hashlib
import hmac
import re
from collections.abc import Sequence

_HEADER = re.compile(r"sha256=([0-9a-f]{64})")


def has_signature_form(header: str | None) -> bool:
    """Tell whether `header` (X-Hub-Signature-256) could sign anything at all."""
    return _HEADER.fullmatch(header or "") is not None


def signature_is_valid(body: bytes, header: str | None, app_secrets: Sequence[str]) -> bool:
    """Tell whether `header` (X-Hub-Signature-256) signs these bytes with one of the secrets.

    `body` is what arrived, before any parsing: Meta signs its own escaped text (Graph API docs,
    "Validating Payloads"). Several secrets let one be rotated; an empty secret proves nothing.
    """
    match = _HEADER.fullmatch(header or "")
    if match is None:
        return False
    # A list, not a generator: the time taken must not tell which secret matched.
    return any([_signs(secret, body, match[1]) for secret in app_secrets if secret])  # noqa: C419 (see above)


def _signs(secret: str, body: bytes, signature: str) -> bool:
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)
