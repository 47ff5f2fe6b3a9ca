"""How much each row measures."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Amounts of a full run, which takes about eight minutes on two cores."""

    runs: int = 3
    paced_voters: int = 2_000
    seed_messages: int = 200
    dispatched_per_run: int = 2_500
    job_rows: int = 100_000
    enqueued_rows: int = 20_000
    edge_calls: int = 10  # POST /send is limited: 30 at once
    edge_starts: int = 5
    webhook_calls_per_run: int = 2_500
    receipts_per_run: int = 20_000
    queued_rows: int = 5_000
    opt_outs: int = 20
    progress_reads: int = 200
    imports: int = 11
    starts: int = 5
    scale_rows: tuple[int, ...] = (1_000, 10_000, 100_000)
    scale_rounds: int = 5
    scale_messages: int = 500
    claims_per_run: int = 1_000
    ten_numbers_seconds: int = 4


# Enough to see that every row still works; too little to believe its figures.
QUICK = Sizes(
    runs=1,
    paced_voters=150,
    seed_messages=50,
    dispatched_per_run=400,
    job_rows=3_000,
    enqueued_rows=1_000,
    edge_calls=9,
    edge_starts=3,
    webhook_calls_per_run=400,
    receipts_per_run=2_000,
    queued_rows=2_000,
    opt_outs=3,
    progress_reads=20,
    imports=3,
    starts=1,
    scale_rows=(500, 2_000),
    scale_rounds=2,
    scale_messages=50,
    claims_per_run=100,
    ten_numbers_seconds=1,
)
