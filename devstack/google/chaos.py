"""The disorder that at-least-once, unordered delivery permits, in seeded doses."""

import random
from dataclasses import dataclass, field

LATEST = 1.0
"""Seconds by which an extra or overtaken delivery is late, at most."""


@dataclass(frozen=True, kw_only=True)
class Chaos:
    """Which share of deliveries is repeated, and which arrives late (both 0 to 1)."""

    duplicate_share: float = 0.0
    reorder_share: float = 0.0
    rng: random.Random = field(default_factory=lambda: random.Random(0))

    def delays(self) -> list[float]:
        """Return the delay in seconds of each copy of one delivery: one entry, or two."""
        first = self.rng.uniform(0, LATEST) if self._happens(self.reorder_share) else 0.0
        if self._happens(self.duplicate_share):
            return [first, self.rng.uniform(0, LATEST)]
        return [first]

    def _happens(self, share: float) -> bool:
        return self.rng.random() < share
