"""`python -m bench.identity`: what it costs `send` to verify a token, in CPU time of one thread."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import jwt

from devstack.gateway.tokens import DevKeys
from shared.adapters.supabase_auth import SupabaseAuth
from shared.config import IdentitySettings
from shared.errors import Refused
from shared.services.identity import IdentityService
from shared.services.signing_keys import SigningKeys

CALLS = 2000
ROUNDS = 5  # the fastest is nearest to an idle machine


class _Auth(SupabaseAuth):
    """Verifies as ever, and takes every legacy token without a call."""

    def refusal_of(self, _: object) -> str:
        return ""


def _milliseconds(call: Callable[[], None]) -> float:
    def round_of_calls() -> float:
        begun = time.thread_time()
        for _ in range(CALLS):
            call()
        return time.thread_time() - begun

    return min(round_of_calls() for _ in range(ROUNDS)) / CALLS * 1000


def _refused(service: IdentityService[jwt.PyJWK], token: str) -> Callable[[], None]:
    def call() -> None:
        try:
            service.require_user(token)
        except Refused:
            return
        raise AssertionError("it was taken")

    return call


def main() -> None:
    """Print one line for each kind of token."""
    keys, now = DevKeys.generate("http://127.0.0.1:1"), datetime.now(UTC)
    settings = IdentitySettings(
        url=keys.url, publishable_key="sb_publishable_1", issuer=keys.issuer, timeout_seconds=1
    )
    listed = {one["kid"]: jwt.PyJWK(one) for one in keys.key_set()["keys"]}
    service: IdentityService[jwt.PyJWK] = IdentityService(
        _Auth(settings),
        SigningKeys(lambda: listed, time.monotonic),
        keys.issuer,
        lambda: datetime.now(UTC),
        time.monotonic,
    )
    good = keys.mint_user_token(uuid4(), now=now)
    legacy = keys.mint_legacy_user_token(uuid4(), now=now)
    forged = good.rpartition(".")[0] + "." + "A" * 86
    measured = {
        "ES256, good": _milliseconds(lambda: service.require_user(good)),
        "ES256, forged": _milliseconds(_refused(service, forged)),
        "HS256, remembered": _milliseconds(lambda: service.require_user(legacy)),
        "expired": _milliseconds(
            _refused(service, keys.mint_user_token(uuid4(), now=now, ttl_s=-60))
        ),
        "junk": _milliseconds(_refused(service, "junk")),
    }
    for name, milliseconds in measured.items():
        print(f"{name:20} {milliseconds:.3f} ms CPU")


if __name__ == "__main__":
    main()
