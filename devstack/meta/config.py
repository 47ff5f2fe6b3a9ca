"""How a simulated Meta behaves; every value can be changed while it runs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from devstack.meta.faults import check_faults, check_shares

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, kw_only=True, slots=True)
class Delay:
    """A log-normal delay in seconds; with `sigma` 0 it is always `median_s`."""

    median_s: float
    sigma: float = 0.0

    def draw(self, random: Random) -> float:
        """One delay in seconds."""
        if not self.sigma:
            return self.median_s
        return self.median_s * math.exp(random.gauss(0, self.sigma))


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultPlan:
    """Which sends fail. Keys of `shares` and values of `by_last_digits` name a Fault or a code.

    During a burst (the last `burst_for_s` of every `burst_every_s` seconds) all answer 130429.
    `token_expired` means every access token, `expired_token` that one.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    by_last_digits: Mapping[str, str] = field(default_factory=dict)
    token_expired: bool = False
    expired_token: str = field(default="", repr=False)
    burst_every_s: float = 0.0
    burst_for_s: float = 0.0

    def __post_init__(self) -> None:
        check_faults(self.shares)
        check_faults(self.by_last_digits.values())
        check_shares(self.shares)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptPlan:
    """What becomes of accepted messages. `delivered` is a share of the sent, `read` of those.

    `failed` maps codes to shares and `failed_by_last_digits` numbers to codes. A `late` receipt
    keeps its timestamp and arrives `late_by_s` after it; of a share `late_messages` all do.
    """

    sent_after: Delay = field(default_factory=lambda: Delay(median_s=0.3, sigma=0.5))
    delivered_after: Delay = field(default_factory=lambda: Delay(median_s=0.8, sigma=0.6))
    read_after: Delay = field(default_factory=lambda: Delay(median_s=5.0, sigma=1.0))
    delivered: float = 0.95
    read: float = 0.6
    failed: Mapping[str, float] = field(default_factory=dict)
    failed_by_last_digits: Mapping[str, str] = field(default_factory=dict)
    repeated: float = 0.0
    late: float = 0.0
    late_messages: float = 0.0
    late_by_s: float = 10.0
    shuffled: bool = False

    def __post_init__(self) -> None:
        check_shares(self.failed)
        codes = (*self.failed, *self.failed_by_last_digits.values())
        if not all(code.isdecimal() for code in codes):
            raise ValueError("receipts fail with error codes")
        shares = (self.delivered, self.read, self.repeated, self.late)
        for share in (*shares, self.late_messages):
            check_shares({"": share})


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookPlan:
    """How updates are grouped into POSTs, and retried: after backoff_s, then twice as long..."""

    flush_interval_s: float = 0.2
    max_updates: int = 1000
    timeout_s: float = 10.0
    attempts: int = 8
    backoff_s: float = 0.5

    def __post_init__(self) -> None:
        if min(self.max_updates, self.attempts) < 1 or self.flush_interval_s <= 0:
            raise ValueError("max_updates, attempts and flush_interval_s must be positive")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewPlan:
    """How templates that were created or edited fare, and when.

    `rejected` maps reasons (INVALID_FORMAT, TAG_CONTENT_MISMATCH...) to shares and
    `rejected_by_suffix` ends of names to reasons. A UTILITY template whose name ends with
    `made_marketing` is approved as MARKETING.
    """

    after: Delay = field(default_factory=lambda: Delay(median_s=0.5))
    rejected: Mapping[str, float] = field(default_factory=dict)
    rejected_by_suffix: Mapping[str, str] = field(
        default_factory=lambda: {"_rechazo": "INVALID_FORMAT"}
    )
    made_marketing: str = "_promo"

    def __post_init__(self) -> None:
        check_shares(self.rejected)


@dataclass(frozen=True, kw_only=True, slots=True)
class MetaConfig:
    """WhatsApp Business Accounts; a number belongs to `waba_id` unless it is said to be another's.

    `access_token` may hold several, separated by commas. Without `webhook_url` nothing is
    reported. `messages_per_second` 0 means no limit.
    """

    app_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    webhook_url: str = ""
    port: int
    seed: int = 1
    waba_id: str = "102290129340398"
    latency: Delay = field(default_factory=lambda: Delay(median_s=0.12, sigma=0.35))
    messages_per_second: int = 80
    webhook_concurrency: int = 8
    faults: FaultPlan = field(default_factory=FaultPlan)
    receipts: ReceiptPlan = field(default_factory=ReceiptPlan)
    webhooks: WebhookPlan = field(default_factory=WebhookPlan)
    reviews: ReviewPlan = field(default_factory=ReviewPlan)


_FIXED = frozenset({"port", "webhook_concurrency"})
_Config = TypeVar("_Config", bound="DataclassInstance")


def merged(config: _Config, patch: Mapping[str, Any]) -> _Config:
    """`config` with the members of `patch` (JSON) replaced, nested plans member by member.

    Raises:
        ValueError: a name is unknown or fixed, or a value is out of range.
        TypeError: a value has the wrong type.
    """
    known = {f.name for f in fields(config)} - _FIXED
    if unknown := set(patch) - known:
        raise ValueError(f"cannot set {', '.join(sorted(unknown))}")
    changes = {name: _merged_value(getattr(config, name), value) for name, value in patch.items()}
    return replace(config, **changes)


def _merged_value(current: Any, value: Any) -> Any:
    if isinstance(value, dict) and not isinstance(current, dict):
        return merged(current, value)
    if isinstance(current, float) and type(value) is int:
        return float(value)
    if type(value) is not type(current):
        raise TypeError(f"expected {type(current).__name__}, got {type(value).__name__}")
    return value
