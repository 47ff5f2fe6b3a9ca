"""What was done to the stack, and when."""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something that was done `at` an epoch second."""

    at: float
    what: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A time in which answers to dispatch could get lost."""

    began: float
    ended: float
    why: str


@dataclass(frozen=True, kw_only=True)
class Baja:
    """A voter of a campaign ("A", "B") who asked for silence.

    `seen_at`: when the database had it for certain; None until then.
    """

    campaign: str
    phone: str = field(repr=False)
    seen_at: float | None = None


@dataclass(kw_only=True)
class Journal:
    """Written by the director and the killer; read when all is over.

    `pauses` holds the times by job at which its user's pause was confirmed and its resumption
    asked for, `cancelled_at` those at which a cancellation was confirmed.
    """

    started: float = field(default_factory=time.time)
    entries: list[Entry] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    bajas: list[Baja] = field(default_factory=list)
    pauses: dict[str, tuple[float, float]] = field(default_factory=dict)
    cancelled_at: dict[str, float] = field(default_factory=dict)

    def note(self, what: str, detail: str = "") -> float:
        """Write an entry and return its time."""
        entry = Entry(at=time.time(), what=what, detail=detail)
        self.entries.append(entry)
        return entry.at

    def note_outage(self, began: float, why: str) -> None:
        """Write down an outage that ends now."""
        self.outages.append(Outage(began=began, ended=time.time(), why=why))

    def add_baja(self, campaign: str, phone: str) -> None:
        """Note that a voter asked for silence, once however often."""
        if all((baja.campaign, baja.phone) != (campaign, phone) for baja in self.bajas):
            self.bajas.append(Baja(campaign=campaign, phone=phone))
