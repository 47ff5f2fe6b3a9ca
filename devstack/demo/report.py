"""Whether the counts add up, and everything else worth telling about a run."""

from dataclasses import asdict, dataclass
from typing import Any

import psycopg


@dataclass(frozen=True, kw_only=True)
class Report:
    """One run in numbers; times in seconds, rates in messages per second as Meta saw them."""

    target: int
    sent: int
    delivered: int
    read: int
    failed: int
    skipped: dict[str, int]
    unknown: int
    duplicates_at_meta: int
    accepted_at_meta: int
    wall_s: float
    rate_sustained: float
    rate_max_1s: int
    phases: dict[str, float]
    problems: list[str]

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return asdict(self)


def make_report(
    job: dict[str, Any], meta: dict[str, Any], rows: dict[str, int], phases: dict[str, float]
) -> Report:
    """Compare what the job says, what its rows say and what Meta says."""
    duplicates = meta["duplicates_by_opaque"] + meta["duplicates_by_recipient"]
    return Report(
        target=job["target_count"],
        sent=job["sent_count"],
        delivered=job["delivered_count"],
        read=job["read_count"],
        failed=job["failed_count"],
        skipped=job["skipped"],
        unknown=job["unknown_count"],
        duplicates_at_meta=duplicates,
        accepted_at_meta=meta["accepted"],
        wall_s=round(sum(phases.values()), 2),
        rate_sustained=round(meta["sustained_rate"] or 0, 2),
        rate_max_1s=meta["max_in_one_second"],
        phases={name: round(seconds, 2) for name, seconds in phases.items()},
        problems=_problems(job, meta, rows, duplicates),
    )


def count_rows(connection: psycopg.Connection, job_id: str) -> dict[str, int]:
    """Count a job's rows by status, those Meta accepted, and all."""
    counts = connection.execute(
        "select status, count(*) from public.wa_send_queue where job_id = %s group by status",
        (job_id,),
    ).fetchall()
    accepted = connection.execute(
        "select count(meta_message_id) from public.wa_send_queue where job_id = %s",
        (job_id,),
    ).fetchone()
    by_status = {str(status): int(count) for status, count in counts}
    total = sum(by_status.values())
    return by_status | {"total": total, "accepted": int(accepted[0]) if accepted else 0}


def _problems(
    job: dict[str, Any], meta: dict[str, Any], rows: dict[str, int], duplicates: int
) -> list[str]:
    ended = job["sent_count"] + job["failed_count"] + job["skipped_count"] + job["unknown_count"]
    checks = {
        f"destinatarios {job['target_count']} ≠ resultados {ended}": job["target_count"] == ended,
        f"filas {rows['total']} ≠ destinatarios {job['target_count']}": rows["total"]
        == job["target_count"],
        "motivos de omisión ≠ omitidos": sum(job["skipped"].values()) == job["skipped_count"],
        f"{duplicates} mensajes duplicados en Meta": duplicates == 0,
        f"Meta aceptó {meta['accepted']}, la base sabe de {rows['accepted']}": meta["accepted"]
        == rows["accepted"],
    } | {
        f"contador {status} {job[f'{status}_count']} ≠ filas {rows.get(status, 0)}": job[
            f"{status}_count"
        ]
        == rows.get(status, 0)
        for status in ("sent", "failed", "skipped", "unknown")
    }
    return [problem for problem, holds in checks.items() if not holds]
