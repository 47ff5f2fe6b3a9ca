"""The audit log's hash chain, as wa.audit_hash and wa.audit_root seal it (35_audit/seal.sql)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One sealed entry. `details` is Postgres' own text of it, which is what was hashed.

    `at`: UTC as `2027-05-01T12:00:00.000000Z`; `prev_hash` and `hash`: hexadecimal.
    """

    seq: int
    campaign_id: str
    at: str
    actor: str
    act: str
    job_id: str  # empty: it is about no job
    details: str
    prev_hash: str
    hash: str


def root_of(campaign_id: str) -> str:
    """Return what stands before a campaign's first entry."""
    return hashlib.sha256(str(UUID(campaign_id)).encode()).hexdigest()


def hash_of(entry: Entry) -> str:
    """Return the hash that the entry must have, behind the one that it names.

    Raises:
        ValueError, TypeError: no entry could be so: not a time, not hexadecimal.
    """
    values = [
        str(entry.seq),
        json.dumps(entry.campaign_id),
        _epoch(entry.at),
        json.dumps(entry.actor, ensure_ascii=False),
        json.dumps(entry.act, ensure_ascii=False),
        json.dumps(entry.job_id) if entry.job_id else "null",
        entry.details,
    ]
    sealed = bytes.fromhex(entry.prev_hash) + f"[{', '.join(values)}]".encode()
    return hashlib.sha256(sealed).hexdigest()


def _epoch(at: str) -> str:
    """Return a time as Postgres' extract(epoch …) writes it: seconds and six decimals."""
    seconds, micros = divmod((datetime.fromisoformat(at) - EPOCH) // MICROSECOND, 1_000_000)
    return f"{seconds}.{micros:06}"
