"""Transactions that overlap on purpose."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.campaign import Campaign, session

WAIT_SECONDS = 10


def overlap(  # noqa: PLR0913 - each names one thing about the overlap
    campaign: Campaign,
    first: Callable[[Any], Any],
    second: Callable[[Any], Any],
    *,
    roles: tuple[str, str] = ("postgres", "postgres"),
    then: Callable[[Any], Any] = lambda _connection: None,
    blocks: bool = True,
) -> tuple[Any, Any]:
    """Run `second` while `first` is done but not committed; return what both answered.

    `blocks` says whether the second must wait for the first one's commit; it is observed in
    pg_stat_activity, not assumed. `then` runs in the first transaction while the second waits.
    """
    with ThreadPoolExecutor(1) as pool:
        with session(campaign.dsn, roles[0], campaign.member) as early:
            answer = first(early)
            late = session(campaign.dsn, roles[1], campaign.member)
            connection = late.__enter__()
            pending = pool.submit(_finish, late, connection, second)
            assert _is_blocked(campaign, connection.info.backend_pid, pending) is blocks
            then(early)
        return answer, pending.result(WAIT_SECONDS)


def _finish(context: Any, connection: Any, work: Callable[[Any], Any]) -> Any:
    try:
        answer = work(connection)
    except BaseException as error:
        if not context.__exit__(type(error), error, error.__traceback__):
            raise
    else:
        context.__exit__(None, None, None)
        return answer


def _is_blocked(campaign: Campaign, pid: int, pending: Any) -> bool:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if pending.done():
            return False
        [row] = campaign.rows(
            "select count(*) as waiting from pg_stat_activity"
            " where pid = %s and wait_event_type = 'Lock'",
            pid,
        )
        if row["waiting"]:
            return True
        time.sleep(0.005)
    raise TimeoutError("the second transaction neither ended nor waited for a lock")


def miscounted(campaign: Campaign) -> list[dict[str, Any]]:
    """Return the jobs whose counters differ from their rows; must always be empty."""
    return campaign.rows(
        """select c.job_id from public.communications c
             left join public.wa_send_queue q on q.job_id = c.job_id
           group by c.id
           having (c.target_count, c.sent_count, c.delivered_count, c.read_count, c.failed_count,
                   c.skipped_count, c.unknown_count, c.held_count, c.skipped_by_reason)
             is distinct from (count(q.*), count(*) filter (where q.status = 'sent'),
                   count(q.delivered_at), count(q.read_at),
                   count(*) filter (where q.status = 'failed'),
                   count(*) filter (where q.status = 'skipped'),
                   count(*) filter (where q.status = 'unknown'),
                   count(*) filter (where q.status = 'sent' and q.held_at is not null
                     and q.delivered_at is null),
                   wa.count_reasons(array_agg(q.skip_reason)))"""
    )
