"""Who asks: a user's token is verified before anything is done for it."""

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from shared.errors import Unavailable
from shared.rules.user_token import (
    SHARED_SECRET,
    UserToken,
    read_user_token,
    refused_token,
    require_known_person,
)
from shared.services.signing_keys import SigningKeys

Key = TypeVar("Key")
Key_contra = TypeVar("Key_contra", contravariant=True)

REMEMBERED_SECONDS = 60  # a session that was ended opens nothing longer than that
MOST_REMEMBERED = 1024
MOST_QUESTIONS = 3  # at once: a slow Auth must not hold every thread
PATIENCE = 1.0  # seconds to wait for one of them


class Auth(Protocol[Key_contra]):
    """What SupabaseAuth (shared.adapters.supabase_auth) does with keys of its own kind."""

    def is_signed(self, token: UserToken, key: Key_contra) -> bool:
        """Tell whether the token is signed with that key."""

    def refusal_of(self, token: UserToken) -> str:
        """Return the code with which Auth refuses the token, or nothing."""


class IdentityService(Generic[Key]):
    """Admits users whose token this project signed, for this project, for now."""

    def __init__(
        self,
        auth: Auth[Key],
        keys: SigningKeys[Key],
        issuer: str,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._auth = auth
        self._keys = keys
        self._issuer = issuer
        self._clock = clock
        self._monotonic = monotonic
        self._questions = threading.BoundedSemaphore(MOST_QUESTIONS)
        self._remembered: dict[bytes, tuple[str, float]] = {}

    def require_user(self, text: str) -> None:
        """Refuse whoever this token does not prove to be a user of the project.

        Raises:
            Refused: 401 with the code of what is wrong with it; `user_anonymous` (403).
            Unavailable: `identity_unavailable`: neither keys nor Auth could be asked.
        """
        token = read_user_token(text, self._issuer, self._clock())
        if token.algorithm == SHARED_SECRET:
            self._require_word_of_auth(token)
        else:
            self._require_signature(token)
        require_known_person(token)

    def _require_signature(self, token: UserToken) -> None:
        key = self._keys.find(token.key_id) if token.key_id else None
        if key is None:
            raise refused_token("token_key_unknown")
        if not self._auth.is_signed(token, key):
            raise refused_token("token_signature_invalid")

    def _require_word_of_auth(self, token: UserToken) -> None:
        # The id of a key pair: somebody signed with a public key as if it were a secret.
        if token.key_id and self._keys.knows(token.key_id):
            raise refused_token("token_algorithm_refused")
        digest = hashlib.sha256(token.text.encode()).digest()
        refusal = self._recall(digest)
        if refusal is None:
            refusal = self._ask(token, digest)
        if refusal:
            raise refused_token(refusal)

    def _ask(self, token: UserToken, digest: bytes) -> str:
        if not self._questions.acquire(timeout=PATIENCE):
            raise Unavailable("identity_unavailable")
        try:
            refusal = self._recall(digest)  # another thread may have asked in the meantime
            if refusal is None:
                refusal = self._auth.refusal_of(token)
                if len(self._remembered) >= MOST_REMEMBERED:
                    self._remembered.clear()
                self._remembered[digest] = (refusal, self._monotonic() + REMEMBERED_SECONDS)
        finally:
            self._questions.release()
        return refusal

    def _recall(self, digest: bytes) -> str | None:
        refusal, until = self._remembered.get(digest, ("", 0.0))
        return refusal if self._monotonic() < until else None
