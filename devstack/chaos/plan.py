"""What a chaos run injects and when, decided by its seed before anything starts."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from devstack.stack.deployment import Conditions

CREDENTIALS = ("first", "second")
# Codes that concern one recipient, one pair or one attempt; the rare 131048 stops the number.
CODES = (
    *("131026", "131049", "131056", "131008", "131016"),
    *("131000", "131047", "130472", "131021", "131030"),
)
SHARES = {
    "timeout_after_acceptance": 0.01,
    "timeout_before": 0.01,
    "server_error_json": 0.005,
    "server_error_html": 0.005,
    "server_error_empty": 0.005,
    "server_error_after_acceptance": 0.005,
    "reset_after_acceptance": 0.002,
    "without_message_id": 0.002,
    "held_for_quality_assessment": 0.005,
    "131048": 0.0005,
} | dict.fromkeys(CODES, 0.005)
# Seconds stand for hours: what is late here by forty seconds is late there by a day or two.
META = {
    "messages_per_second": 80,
    "faults": {"shares": SHARES, "burst_every_s": 30.0, "burst_for_s": 1.5},
    "receipts": {
        "sent_after": {"median_s": 0.3, "sigma": 0.5},
        "delivered_after": {"median_s": 0.7, "sigma": 0.5},
        "read_after": {"median_s": 2.0, "sigma": 0.6},
        "failed": {"131026": 0.01, "131049": 0.005},
        "repeated": 0.1,
        "late": 0.03,
        # Of these nothing is heard before the sweep has given up their claims, if abandoned.
        "late_messages": 0.3,
        "late_by_s": 40.0,
        "shuffled": True,
    },
}
CONDITIONS = Conditions(
    credentials=CREDENTIALS,
    duplicate_share=0.05,
    reorder_share=0.05,
    settings={
        "dispatch": {"WORKERS": "2", "META_READ_TIMEOUT_SECONDS": "2"},
        "sweep": {"STALE_CLAIM_SECONDS": "20", "LOST_TASK_SECONDS": "30"},
    },
)
SWEEP_SECONDS = 3.0
CANARY_WAIT = "15 seconds"


class Deed(StrEnum):
    """What happens once in a run, by the words of its journal."""

    PAUSE_JOB = "job paused"
    RESUME_JOB = "job resumed"
    CANCEL_JOB = "job cancelled"
    EXPIRE_TOKEN = "access token expired"  # noqa: S105 - a sentence
    RESTORE_TOKEN = "access token restored"  # noqa: S105 - a sentence
    PAUSE_TEMPLATE = "template paused by Meta"
    APPROVE_TEMPLATE = "template approved again"
    RESTART_POSTGRES = "Postgres restarted"
    CRASH_POSTGRES = "Postgres crashed and started"
    SAY_BAJA = "voters replied BAJA"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A deed, due when `share` of the job's messages (without a job: of all) are settled.

    `then` follows `after_s` seconds later.
    """

    deed: Deed
    share: float
    job: str = ""
    then: Deed | None = None
    after_s: float = 0.0


class Victim(StrEnum):
    """What SIGKILL hits."""

    WORKER = "one worker of dispatch"
    DISPATCH = "dispatch"
    APPLY_EVENTS = "apply_events"


@dataclass(frozen=True, kw_only=True)
class Kill:
    """SIGKILL to one victim, `after_s` seconds after the one before."""

    after_s: float
    victim: Victim


def rate_for(recipients: int) -> float:
    """Return each number's rate in messages per second: Meta's usual, or less for a short run.

    The faults need the better part of a minute to happen.
    """
    return min(70.0, max(10.0, recipients / 100))


def make_steps(seed: int) -> list[Step]:
    """Return the deeds of a run; the seed shifts each of them a little."""
    chance = Random(seed)

    def near(share: float) -> float:
        return share + chance.uniform(-0.04, 0.04)

    return [
        Step(deed=Deed.SAY_BAJA, share=near(0.06)),
        Step(deed=Deed.PAUSE_TEMPLATE, share=near(0.14), then=Deed.APPROVE_TEMPLATE, after_s=5),
        Step(deed=Deed.RESTART_POSTGRES, share=near(0.24)),
        Step(deed=Deed.PAUSE_JOB, share=near(0.3), job="A2", then=Deed.RESUME_JOB, after_s=8),
        Step(deed=Deed.EXPIRE_TOKEN, share=near(0.38), then=Deed.RESTORE_TOKEN, after_s=6),
        Step(deed=Deed.SAY_BAJA, share=near(0.46)),
        Step(deed=Deed.CRASH_POSTGRES, share=near(0.56)),
        Step(deed=Deed.CANCEL_JOB, share=near(0.5), job="B2"),
    ]


def make_kills(seed: int) -> Iterator[Kill]:
    """Yield the kills of a run, without end."""
    chance = Random(seed)
    while True:
        [victim] = chance.choices(list(Victim), weights=(5, 1, 3))
        yield Kill(after_s=chance.uniform(2, 6), victim=victim)
