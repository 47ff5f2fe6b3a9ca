"""The books of a run: nothing twice, nothing lost, nothing after a no. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from devstack.chaos.evidence import Counters, Evidence, Row
from devstack.meta.stats import Call

# From its claim until its record a message waits at most ten seconds for its slot, two for Meta,
# and a few for the database; a busy machine adds to that.
LONGEST_ATTEMPT_S = 30.0
# A claim that was on its way to the database is committed after its process has died.
LATEST_COMMIT_S = 5.0
# Answers that leave open what became of the message.
UNCLEAR = {
    "timeout_before": "Meta's answer timed out; it had not accepted",
    "server_error_html": "5xx without a meaning; Meta had not accepted",
    "server_error_empty": "5xx without a meaning; Meta had not accepted",
}
UNEXPLAINED = "unexplained"


@dataclass(frozen=True, kw_only=True)
class Account:
    """One job's books; `unknown` counts by explanation, `last_after_s` is for a stopped job.

    `last_after_s`: seconds from the confirmed cancellation or pause to its last message at Meta.
    """

    job: str
    counters: Counters
    accepted: int
    duplicates: int
    unknown: dict[str, int] = field(default_factory=dict)
    last_after_s: float | None = None


class Accounts:
    """Keeps the books from the evidence."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._rows = {row.message_id: row for row in evidence.rows}
        self._accepted: dict[str, list[Call]] = {}
        self._last_call: dict[str, Call] = {}
        for call in sorted(evidence.calls, key=lambda call: call.at):
            opaque = call.opaque or ""
            self._last_call[opaque] = call
            if call.accepted:
                self._accepted.setdefault(opaque, []).append(call)

    def by_job(self) -> list[Account]:
        """Return the books of each job."""
        return [self._account(job) for job in sorted(self._evidence.counters)]

    def problems(self) -> list[str]:
        """Return a sentence for everything that is not as it must be."""
        return [
            *self._wrong_counters(),
            *self._sent_twice(),
            *self._lost(),
            *self._unexplained(),
            *self._sent_after_a_no(),
            *(f"{mistake} ({n} times)" for mistake, n in Counter(self._evidence.mistakes).items()),
        ]

    def _account(self, job: str) -> Account:
        rows = self._rows_of(job)
        unknown = Counter(self._explain(row) for row in rows if row.status == "unknown")
        return Account(
            job=job,
            counters=self._evidence.counters[job],
            accepted=sum(row.message_id in self._accepted for row in rows),
            duplicates=sum(max(0, len(self._accepted.get(row.message_id, ())) - 1) for row in rows),
            unknown=dict(unknown),
            last_after_s=self._last_after(job),
        )

    def _rows_of(self, job: str) -> list[Row]:
        return [row for row in self._evidence.rows if row.job == job]

    def _wrong_counters(self) -> Iterator[str]:
        for job, counters in self._evidence.counters.items():
            rows = self._rows_of(job)
            statuses = Counter(row.status for row in rows)
            reasons = Counter(row.skip_reason for row in rows if row.skip_reason)
            pairs = {
                "target": (counters.target, len(rows)),
                "delivered": (counters.delivered, sum(row.delivered for row in rows)),
                "read": (counters.read, sum(row.read for row in rows)),
                "skipped by reason": (dict(counters.skipped_by_reason), dict(reasons)),
            } | {
                status: (getattr(counters, status), statuses[status])
                for status in ("sent", "failed", "skipped", "unknown")
            }
            for name, (counted, real) in pairs.items():
                if counted != real:
                    yield f"{job}: the counter {name} says {counted}, the rows {real}"

    def _sent_twice(self) -> Iterator[str]:
        by_message = sum(len(calls) > 1 for calls in self._accepted.values())
        if by_message:
            yield f"{by_message} messages were accepted by Meta more than once"
        # Whoever Meta could not reach may be written to again; everybody else may not.
        reached = Counter(
            (self._rows[opaque].job[0], call.wa_id)
            for opaque, calls in self._accepted.items()
            if opaque in self._rows and self._rows[opaque].status != "failed"
            for call in calls
        )
        twice = sum(count > 1 for count in reached.values())
        if twice:
            yield f"{twice} voters got more than one message of their campaign"

    def _lost(self) -> Iterator[str]:
        unfinished = Counter(
            (row.job, row.status)
            for row in self._evidence.rows
            if row.status in ("queued", "sending")
        )
        for (job, status), count in sorted(unfinished.items()):
            yield f"{job}: {count} messages are still {status}"
        strange = sum(opaque not in self._rows for opaque in self._accepted)
        if strange:
            yield f"Meta accepted {strange} messages that no row knows"
        yield from self._untold()

    def _untold(self) -> Iterator[str]:
        """Compare what Meta accepted and reported with what the rows say."""
        sent = {row.message_id for row in self._evidence.rows if row.status == "sent"}
        never = len(sent - self._accepted.keys())
        if never:
            yield f"{never} messages count as sent that Meta never accepted"
        rows = [self._rows[opaque] for opaque in self._accepted if opaque in self._rows]
        states = Counter(row.status for row in rows if row.status in ("queued", "skipped"))
        for status, count in sorted(states.items()):
            yield f"Meta accepted {count} messages that are {status}"
        told = {
            "delivered": sum(row.delivered for row in rows),
            "read": sum(row.read for row in rows),
            "failed": sum(row.status == "failed" for row in rows),
        }
        for name, known in told.items():
            if known != self._evidence.receipts[name]:
                yield f"Meta reported {self._evidence.receipts[name]} {name}, the rows say {known}"

    def _unexplained(self) -> Iterator[str]:
        for row in self._evidence.rows:
            if row.status == "unknown" and self._explain(row) == UNEXPLAINED:
                call = self._last_call.get(row.message_id)
                own = call if call and call.at >= (row.claimed_at or 0) else None
                heard = f"{own.result}, answered: {own.answered}" if own else "no call"
                claimed = (row.claimed_at or 0) - self._evidence.started
                yield (
                    f"{row.job}: {row.message_id}, claimed after {claimed:.1f} s,"
                    f" is unknown without a cause (Meta: {heard}; recorded: {row.reason})"
                )

    def _explain(self, row: Row) -> str:
        """Return why nobody can know what became of the message."""
        call = self._last_call.get(row.message_id)
        if row.message_id in self._accepted or row.claimed_at is None:
            return UNEXPLAINED  # by now its receipt must have settled it
        if call and call.at >= row.claimed_at:
            if call.result in UNCLEAR:
                return UNCLEAR[call.result]
            if not call.answered:
                return "the caller gave up or died before Meta's refusal came"
        return self._explain_abandoned(row, call) if row.abandoned else UNEXPLAINED

    def _explain_abandoned(self, row: Row, call: Call | None) -> str:
        """Return the first outage that can have ended the attempt before it was recorded."""
        claimed_at = row.claimed_at or 0
        for outage in sorted(self._evidence.outages, key=lambda outage: outage.began):
            if outage.began - LONGEST_ATTEMPT_S < claimed_at < outage.ended + LATEST_COMMIT_S:
                refused = call is not None and call.at >= claimed_at
                when = "before Meta's refusal was recorded" if refused else "before the call"
                return f"{outage.why} {when}"
        return UNEXPLAINED

    def _sent_after_a_no(self) -> Iterator[str]:
        silent = {(b.campaign, b.phone): b.seen_at for b in self._evidence.bajas}
        ignored = sum(seen_at is None for seen_at in silent.values())
        if ignored:
            yield f"{ignored} voters said BAJA and were not heard"
        for row in self._evidence.rows:
            claimed_at = row.claimed_at or 0
            seen_at = silent.get((row.job[0], row.phone or ""))
            if seen_at and claimed_at > seen_at:
                yield f"{row.job}: {row.message_id} left {claimed_at - seen_at:.1f} s after a BAJA"
            if claimed_at > self._evidence.cancelled_at.get(row.job, claimed_at):
                yield f"{row.job}: {row.message_id} left after the job was cancelled"
            began, ended = self._evidence.pauses.get(row.job, (claimed_at, claimed_at))
            if began < claimed_at < ended:
                yield f"{row.job}: {row.message_id} left while the job was paused"

    def _last_after(self, job: str) -> float | None:
        pauses, cancelled_at = self._evidence.pauses, self._evidence.cancelled_at
        if job not in pauses and job not in cancelled_at:
            return None
        began, ended = pauses.get(job) or (cancelled_at[job], float("inf"))
        after = [
            call.at - began
            for row in self._rows_of(job)
            for call in self._accepted.get(row.message_id, ())
            if began <= call.at < ended
        ]
        return max(after, default=0.0)
