"""A campaign's messages on their way, as the cloud functions and time move them."""

from typing import Any
from uuid import UUID

from tests.attempts import ANSWERS, stopping
from tests.campaign import Campaign, phone


def lease(campaign: Campaign, job: str, first: int = 1, last: int = 500) -> list[UUID]:
    """Lease a shard and mark its tasks as created, as a fan-out does; return the messages."""
    leased = campaign.as_service("public.wa_lease_shard", p_job_id=job, p_from=first, p_to=last)
    if leased["tasks"]:
        campaign.as_service("public.wa_mark_enqueued", p_tasks=leased["tasks"])
    return [UUID(task["message_id"]) for task in leased["tasks"]]


def deliver(campaign: Campaign, message: UUID, answer: str = "accepted", **details: Any) -> str:
    """Claim a message and record what Meta answered; return its status afterwards."""
    order = campaign.claim(message)
    assert order["decision"] == "send", order
    return campaign.record(message, answer, order["attempt"], **details)


def deliver_all(campaign: Campaign, job: str, *positions: int, answer: str = "accepted") -> None:
    """Deliver the messages at these positions of the job, all with the same answer."""
    chosen = (job, list(positions))
    rows = "from public.wa_send_queue q where q.job_id = %s and q.position = any (%s)"
    claimed = campaign.rows(
        f"select public.wa_claim_message(q.id, gen_random_uuid()) ->> 'decision' as said {rows}",
        *chosen,
    )
    assert [row["said"] for row in claimed] == ["send"] * len(positions)
    campaign.rows(
        "select public.wa_record_attempt(q.id, q.attempts, %s, %s,"
        f" jsonb_build_object('cause', %s::text, 'meta_message_id', 'wamid.' || q.id)) {rows}",
        *ANSWERS[answer],
        *chosen,
    )


def message_to(campaign: Campaign, job: str, n: int) -> UUID:
    """Return the job's message to the n-th test number."""
    [found] = [m["id"] for m in campaign.messages(job) if m["recipient_phone"] == phone(n)]
    return found


def message(campaign: Campaign, message_id: UUID) -> dict[str, Any]:
    """Return one row of wa_send_queue."""
    return campaign.rows("select * from public.wa_send_queue where id = %s", message_id)[0]


def sender(campaign: Campaign) -> dict[str, Any]:
    """Return the campaign's row of wa_senders."""
    return campaign.rows("select * from public.wa_senders where id = %s", campaign.sender_id)[0]


def receive(campaign: Campaign, message_id: UUID, status: str, **more: Any) -> dict[str, int]:
    """Apply one receipt and return wa_apply_receipts' counts."""
    receipts = [receipt(campaign, message_id, status, **more)]
    return campaign.as_service("public.wa_apply_receipts", p_receipts=receipts)


def receipt(
    campaign: Campaign, message_id: UUID, status: str, cause: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return one receipt of the campaign's number as wa_apply_receipts takes it."""
    stops = stopping(cause) if status == "failed" else {}
    return (
        stops
        | {
            "phone_number_id": sender(campaign)["phone_number_id"],
            "message_id": str(message_id),
            "meta_message_id": f"wamid.{message_id}",
            "status": status,
            "at": "2027-05-01T12:00:00Z",
        }
        | more
    )


def claim_all(campaign: Campaign) -> None:
    """Let every message look as if it had been claimed once, for the number of its job."""
    campaign.rows(
        "update public.wa_send_queue q set attempts = 1, sender_id = c.sender_id"
        " from public.communications c where c.job_id = q.job_id"
    )


def sweep(campaign: Campaign, stale_after_seconds: int = 300) -> dict[str, int]:
    """Do the round of the minute."""
    return campaign.as_service("public.wa_sweep", p_stale_after_seconds=stale_after_seconds)


def due(campaign: Campaign, shard_size: int = 500) -> list[tuple[int, int]]:
    """Return the ranges of positions that the sweep would announce."""
    shards = campaign.rows(
        "select * from public.wa_due_shards(%s) order by job_id, from_position", shard_size
    )
    return [(shard["from_position"], shard["to_position"]) for shard in shards]


def age(campaign: Campaign, interval: str) -> None:
    """Let that much time pass for everything that was claimed, and for everybody contacted."""
    for table, column in (
        ("wa_send_queue", "claimed_at"),
        ("wa_recent_contacts", "contacted_at"),
        ("wa_portfolio_contacts", "contacted_at"),
    ):
        campaign.rows(f"update public.{table} set {column} = {column} - %s::interval", interval)
