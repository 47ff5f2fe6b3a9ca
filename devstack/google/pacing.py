"""When a queue may dispatch and when a failed attempt returns: pure rules, time passed in."""

from dataclasses import dataclass

HALVING_INTERVAL = 1.0
"""Seconds within which many throttling answers count as one."""
SLOWEST_SHARE = 1 / 64
RECOVERY_PER_SUCCESS = 0.01
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Seconds between attempts.

    They start at `minimum`, double `doublings` times, then grow by that last step, up to
    `maximum` (Cloud Tasks reference, RetryConfig.max_doublings).
    """

    minimum: float
    maximum: float
    doublings: int

    def delay(self, failures: int) -> float:
        """Return the wait in seconds after so many failed attempts (1 or more)."""
        doubled = min(failures - 1, self.doublings)
        linear = max(1, failures - self.doublings)
        # Beyond 2**60 every wait is the maximum, and the power would overflow a float.
        return min(self.maximum, self.minimum * 2.0 ** min(doubled, 60) * linear)


class Pace:
    """A token bucket that slows down as a whole when the target says so.

    A throttling answer halves rate and burst and may pause the queue; each success gives a
    little back. Google describes the effect (Cloud Tasks docs, HttpRequest) but not the curve.
    """

    def __init__(self, *, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._share = 1.0
        self._tokens, self._filled_at = burst, now
        self._paused_until = self._halved_at = float("-inf")

    def retune(self, *, rate: float, burst: float, now: float) -> None:
        """Change the limits; tokens already earned are kept up to the new burst."""
        self._refill(now)
        self._rate, self._burst = rate, burst

    def wait(self, now: float) -> float:
        """Return the seconds until a dispatch is allowed; 0 when it is allowed now."""
        self._refill(now)
        missing = 1 - self._tokens
        earned_in = 0.0 if missing < _ROUNDING else missing / (self._rate * self._share)
        return max(0.0, earned_in, self._paused_until - now)

    def take(self, now: float) -> None:
        """Spend one token."""
        self._refill(now)
        self._tokens -= 1

    def throttled(self, now: float, pause: float) -> None:
        """Slow down after a 429 or 503, and stand still for `pause` seconds (Retry-After)."""
        self._paused_until = max(self._paused_until, now + pause)
        if now - self._halved_at < HALVING_INTERVAL:
            return
        self._refill(now)
        self._halved_at = now
        self._share = max(SLOWEST_SHARE, self._share / 2)

    def succeeded(self, now: float) -> None:
        """Recover a little of the full rate."""
        self._refill(now)
        self._share = min(1.0, self._share + RECOVERY_PER_SUCCESS)

    @property
    def _capacity(self) -> float:
        return max(1.0, self._burst * self._share)

    def _refill(self, now: float) -> None:
        earned = max(0.0, now - self._filled_at) * self._rate * self._share
        self._tokens = min(self._capacity, self._tokens + earned)
        self._filled_at = now


class Tombstones:
    """Names of finished tasks, refused until `ttl` seconds have passed.

    At most `limit` names are kept, the oldest going first: Google, too, promises no more than
    best effort ("up to 24 hours", Cloud Tasks docs, quotas).
    """

    def __init__(self, *, ttl: float, limit: int) -> None:
        self._ttl, self._limit = ttl, limit
        self._expiry: dict[str, float] = {}

    def bury(self, name: str, now: float) -> None:
        """Reserve a name from now on."""
        self._expiry.pop(name, None)
        self._expiry[name] = now + self._ttl
        if len(self._expiry) > self._limit:
            del self._expiry[next(iter(self._expiry))]

    def holds(self, name: str, now: float) -> bool:
        """Tell whether the name is still reserved."""
        return self._expiry.get(name, now) > now
