"""The project's public keys, fetched seldom: Supabase's own cache of them lives ten minutes."""

import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from shared.errors import Unavailable

Key = TypeVar("Key")

# Seconds. Supabase lists a key before it signs with it, so that nobody has to be faster:
# https://supabase.com/docs/guides/auth/signing-keys
FRESH = 600
USABLE = 3600  # how long known keys serve while no newer ones can be had
FLOOR = 30  # between fetches for unknown ids: junk must not become calls to Supabase
FLOOR_AFTER_FAILURE = 2


class SigningKeys(Generic[Key]):
    """A cache of keys by their id, for all threads; one fetches, the others wait for it."""

    def __init__(
        self, fetch: Callable[[], Mapping[str, Key]], monotonic: Callable[[], float]
    ) -> None:
        """Keep what `fetch` returns.

        Args:
            fetch: Returns all keys, or raises Unavailable.
            monotonic: A clock in seconds that never goes back.
        """
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._keys: Mapping[str, Key] = {}
        self._fetched_at: float | None = None
        self._failed_at: float | None = None

    def find(self, key_id: str) -> Key | None:
        """Return the key of that id; None if the project has none. Raises Unavailable."""
        with self._lock:
            self._refresh(FRESH)
            if key_id not in self._keys:
                self._refresh(FLOOR)
            return self._keys.get(key_id)

    def knows(self, key_id: str) -> bool:
        """Tell whether the project lists such a key, without asking again. Raises Unavailable."""
        with self._lock:
            self._refresh(FRESH)
            return key_id in self._keys

    def _refresh(self, age: float) -> None:
        now = self._monotonic()
        if self._is_within(self._fetched_at, age, now):
            return
        if not self._is_within(self._failed_at, FLOOR_AFTER_FAILURE, now):
            try:
                self._keys = self._fetch()
            except Unavailable:
                self._failed_at = self._monotonic()
            else:
                self._fetched_at, self._failed_at = now, None
        if not self._is_within(self._fetched_at, USABLE, now):
            raise Unavailable("identity_unavailable")

    @staticmethod
    def _is_within(since: float | None, seconds: float, now: float) -> bool:
        return since is not None and now - since < seconds
