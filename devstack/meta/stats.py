"""What the simulator has seen, for assertions and benchmarks."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from devstack.meta.receipts import Message, Receipt


@dataclass(kw_only=True, slots=True)
class Call:
    """One readable send that arrived `at` (epoch seconds), and what became of it.

    `result` is "accepted", a Fault or an error code; `answered` turns true when the answer leaves:
    a caller that gave up or died before has not heard it.
    """

    at: float
    opaque: str | None
    phone_number_id: str
    wa_id: str
    result: str
    accepted: bool
    answered: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """A change of a template that was accepted `at` (epoch seconds): create, edit or delete."""

    at: float
    change: str
    waba_id: str
    template_id: str
    name: str
    language: str


class Stats:
    """Counts since the start or the last reset; accept times are those of the requests' arrival."""

    def __init__(self) -> None:
        self.accept_times: list[float] = []
        self.calls: list[Call] = []
        self.submissions: list[Submission] = []
        self.refused: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()
        self.webhook_calls = 0
        self.webhook_failures = 0
        self._receipts: Counter[str] = Counter()
        self._wamids: defaultdict[str, list[str]] = defaultdict(list)
        self._recipients: Counter[tuple[str, str]] = Counter()

    def accepted(self, message: Message, template: str, now: float) -> None:
        """Count a message accepted."""
        self.accept_times.append(now)
        if message.opaque is not None:
            self._wamids[message.opaque].append(message.wamid)
        self._recipients[template, message.wa_id] += 1

    def reported(self, receipt: Receipt) -> None:
        """Count a receipt handed to the webhook; repeats count apart."""
        self._receipts["repeated" if receipt.repeated else receipt.status] += 1

    def wamids(self, opaque: str) -> list[str]:
        """Ids of the messages accepted with this biz_opaque_callback_data."""
        return list(self._wamids.get(opaque, ()))

    def summary(self, pending: int) -> dict[str, Any]:
        """The answer of GET /_sim/stats; `pending` updates are not yet acknowledged.

        Duplicates count acceptances beyond the first: of the same biz_opaque_callback_data, and
        of the same template by the same recipient.
        """
        times = sorted(self.accept_times)
        return {
            "accepted": len(times),
            "refused": {str(code): count for code, count in self.refused.items()},
            "faults": dict(self.faults),
            "distinct_opaque": len(self._wamids),
            "duplicates_by_opaque": sum(len(wamids) - 1 for wamids in self._wamids.values()),
            "duplicates_by_recipient": sum(count - 1 for count in self._recipients.values()),
            "first_accepted_at": times[0] if times else None,
            "last_accepted_at": times[-1] if times else None,
            "max_in_one_second": max_in_one_second(times),
            "sustained_rate": sustained_rate(times),
            "receipts": {status: self._receipts[status] for status in _RECEIPTS},
            "webhook_calls": self.webhook_calls,
            "webhook_failures": self.webhook_failures,
            "receipts_pending": pending,
        }


_RECEIPTS = ("sent", "delivered", "read", "failed", "repeated")


def max_in_one_second(times: list[float]) -> int:
    """Most of the sorted `times` that any half-open second [t, t + 1) holds."""
    most = first = 0
    for last, time in enumerate(times):
        while time - times[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def sustained_rate(times: list[float]) -> float | None:
    """Messages per second from the first to the last of the sorted `times`, if they differ."""
    if not times or times[0] == times[-1]:
        return None
    return (len(times) - 1) / (times[-1] - times[0])
