"""Campaigns and jobs made straight in the database."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import psycopg

from devstack.stack.campaign import (
    PERSONALIZATION,
    CampaignIds,
    VoterRow,
    add_voters,
    create_campaign,
    sender_at,
)

AS_USER = (
    "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true)"
)
MESSAGES = "select id::text from public.wa_send_queue where job_id = %s order by position"
# Without a canary: it would hold nearly all rows back.
CREATE_JOB = "select public.wa_create_job(%s, %s, %s, %s, %s, null, false) ->> 'job_id'"


def load_campaign(
    connection: psycopg.Connection[Any], voters: int, rate: float, section_size: int = 500
) -> CampaignIds:
    """Create a campaign; its voters live in sections "0", "1"… of `section_size` each."""
    campaign = create_campaign(connection, sender=sender_at(rate))
    add_voters(
        connection, campaign.campaign_id, [_voter(n, n // section_size) for n in range(voters)]
    )
    return campaign


def create_job(
    connection: psycopg.Connection[Any],
    campaign: CampaignIds,
    filters: Mapping[str, Sequence[str]],
) -> str:
    """Create a job as the campaign's member and return its id; nobody announces it."""
    values = (
        campaign.campaign_id,
        campaign.template_id,
        json.dumps(filters),
        json.dumps(PERSONALIZATION),
        str(uuid4()),
    )
    claims = json.dumps({"sub": str(campaign.user_id), "role": "authenticated"})
    with connection.transaction():
        connection.execute(AS_USER, (claims,))
        row = connection.execute(CREATE_JOB, values).fetchone()
    if row is None:
        raise LookupError("the function always returns a row")
    return str(row[0])


def message_ids(connection: psycopg.Connection[Any], job_id: str) -> list[str]:
    """Return the job's messages in order."""
    rows = connection.execute(MESSAGES, (job_id,)).fetchall()
    return [row[0] for row in rows]


def _voter(number: int, section: int) -> VoterRow:
    return VoterRow(
        full_name=f"Votante {number}",
        phone=f"+5255{10_000_000 + number}",
        section=str(section),
        sentiment="neutral",
        tags=(),
    )
