"""A campaign on a running stack, ready to be measured."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

import psycopg
import requests

from bench.jobs import create_job, load_campaign, message_ids
from devstack.stack.campaign import META_TEMPLATE, PERSONALIZATION, CampaignIds
from devstack.stack.stack import Stack

# The sweep would give tasks to rows that a benchmark keeps for itself.
NEVER_SECONDS = 86_400.0
# What Cloud Tasks allows one queue (its docs, "Quotas and limits").
FASTEST_QUEUE = 500


class Scene:
    """One campaign whose voters can all be written to, on a stack of its own."""

    def __init__(
        self, stack: Stack, connection: psycopg.Connection[Any], campaign: CampaignIds
    ) -> None:
        self.stack = stack
        self.connection = connection
        self.campaign = campaign
        token = stack.secrets.keys.mint_user_token(
            campaign.user_id, now=datetime.now(UTC), ttl_s=86_400
        )
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token}"

    @classmethod
    @contextmanager
    def open(
        cls, *, rate: float, voters: int, sweep_seconds: float = NEVER_SECONDS
    ) -> Iterator[Self]:
        """Start a stack with one campaign; `rate` is its sender's, in messages per second."""
        with (
            Stack(rate=min(rate, FASTEST_QUEUE), sweep_seconds=sweep_seconds) as stack,
            psycopg.connect(stack.dsn, autocommit=True) as connection,
        ):
            scene = cls(stack, connection, load_campaign(connection, voters, rate))
            scene.tell_meta("templates", META_TEMPLATE)
            yield scene
            scene.session.close()

    def send(self, **filters: Sequence[str]) -> str:
        """POST /send for the voters that match, and return the job's id."""
        order = {
            "campaign_id": str(self.campaign.campaign_id),
            "template_id": str(self.campaign.template_id),
            "filters": filters,
            "personalization": PERSONALIZATION,
            "canary": False,  # it would hold nearly all rows back until its receipts are in
        }
        url = f"{self.stack.at.url('send')}/send"
        answer = self.session.post(
            url, json=order, headers={"Idempotency-Key": str(uuid4())}, timeout=120
        )
        answer.raise_for_status()
        return str(answer.json()["job_id"])

    def progress(self, job_id: str) -> dict[str, Any]:
        """GET /jobs/{id}."""
        answer = self.session.get(f"{self.stack.at.url('send')}/jobs/{job_id}", timeout=60)
        answer.raise_for_status()
        return dict(answer.json())

    def unannounced_job(self, **filters: Sequence[str]) -> str:
        """Create a job past the API, so that no fan-out gives its rows tasks."""
        return create_job(self.connection, self.campaign, filters)

    def message_ids(self, job_id: str) -> list[str]:
        """Return the job's messages in order."""
        return message_ids(self.connection, job_id)

    def count(self, query: str, *values: object) -> int:
        """Return the only number of a query's only row."""
        row = self.connection.execute(query, values).fetchone()
        return int(row[0]) if row else 0

    def tell_meta(self, what: str, value: object) -> None:
        """POST /_sim/<what> at the simulated Meta."""
        url = f"{self.stack.at.meta_url}/_sim/{what}"
        requests.post(url, json=value, timeout=10).raise_for_status()

    def ask_meta(self, what: str) -> Any:
        """GET /_sim/<what> from the simulated Meta."""
        return requests.get(f"{self.stack.at.meta_url}/_sim/{what}", timeout=30).json()
