"""What happens to an accepted message, and the heap of updates waiting for their time."""

import heapq
import itertools
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Any

from devstack.meta.config import ReceiptPlan
from devstack.meta.faults import by_last_digits, pick
from devstack.meta.validation import deliverable

UNDELIVERABLE = 131026
HELD_S = 5.0
"""Seconds by which a message held for quality assessment is late; Meta names no number."""


class ReceiptStatus(StrEnum):
    """Statuses WhatsApp reports; a message that failed reports nothing else."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """An accepted message. `category` is the one it is billed as."""

    wamid: str
    phone_number_id: str
    wa_id: str
    opaque: str | None
    category: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """One status of one message; `at` (epoch seconds) is its timestamp, not its arrival."""

    message: Message
    status: ReceiptStatus
    at: float
    code: int = 0
    repeated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Any other change: webhook field and value, as Meta sends them; `waba_id` "" is the usual."""

    field: str
    value: dict[str, Any]
    at: float
    waba_id: str = ""


Update = Receipt | Event
Due = tuple[float, Receipt]


def plan_receipts(
    message: Message, plan: ReceiptPlan, random: Random, now: float, *, held: bool = False
) -> list[Due]:
    """Receipts of a message accepted at `now`, each with the epoch second it is due."""
    at = now + plan.sent_after.draw(random) + (HELD_S if held else 0)
    if code := _failure(message, plan, random):
        statuses = [Receipt(message=message, status=ReceiptStatus.FAILED, at=at, code=code)]
    else:
        statuses = _successes(message, plan, random, at)
    late = plan.late_messages > 0 and random.random() < plan.late_messages
    share = 1.0 if late else plan.late
    arrivals = [(_arrival(receipt, share, plan, random), receipt) for receipt in statuses]
    return arrivals + _repeats(arrivals, plan, random)


def _failure(message: Message, plan: ReceiptPlan, random: Random) -> int:
    if not deliverable(message.wa_id):
        return UNDELIVERABLE
    chosen = by_last_digits(plan.failed_by_last_digits, message.wa_id)
    return int(chosen or pick(plan.failed, random) or 0)


def _successes(message: Message, plan: ReceiptPlan, random: Random, at: float) -> list[Receipt]:
    receipts = [Receipt(message=message, status=ReceiptStatus.SENT, at=at)]
    if random.random() >= plan.delivered:
        return receipts
    at += plan.delivered_after.draw(random)
    receipts.append(Receipt(message=message, status=ReceiptStatus.DELIVERED, at=at))
    if random.random() < plan.read:
        at += plan.read_after.draw(random)
        receipts.append(Receipt(message=message, status=ReceiptStatus.READ, at=at))
    return receipts


def _arrival(receipt: Receipt, share: float, plan: ReceiptPlan, random: Random) -> float:
    late = share > 0 and random.random() < share
    return receipt.at + (plan.late_by_s if late else 0)


def _repeats(arrivals: list[Due], plan: ReceiptPlan, random: Random) -> list[Due]:
    return [
        (due + plan.delivered_after.draw(random), replace(receipt, repeated=True))
        for due, receipt in arrivals
        if plan.repeated and random.random() < plan.repeated
    ]


class Schedule:
    """Updates ordered by the time they are due."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Update]] = []
        self._order = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due: float, update: Update) -> None:
        """Keep `update` until the epoch second `due`."""
        heapq.heappush(self._heap, (due, next(self._order), update))

    def take_due(self, now: float) -> list[Update]:
        """Remove and return what is due at `now`, earliest first."""
        taken = []
        while self._heap and self._heap[0][0] <= now:
            taken.append(heapq.heappop(self._heap)[2])
        return taken
