"""Campaigns and jobs on the running stack, in the words of the tests."""

import itertools
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import grpc
import psycopg
import requests
from google.cloud.tasks_v2 import CloudTasksClient
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

from devstack.stack.campaign import (
    PERSONALIZATION,
    CampaignIds,
    VoterRow,
    add_voters,
    create_campaign,
)
from devstack.stack.deployment import LOCATION, PROJECT
from devstack.stack.topology import create_queue
from tests.functions.polling import eventually
from tests.functions.stage import Stage

RATE = 300
ENDED = {"completed", "partial", "failed", "cancelled"}

_numbers = itertools.count(10_000_000)
_senders = itertools.count(300_000_000_000_001)


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """One campaign and what its promoter does."""

    stage: Stage
    ids: CampaignIds
    phone_number_id: str
    queue: str
    phones: list[str] = field(default_factory=list)

    @classmethod
    def create(cls, stage: Stage) -> "Campaign":
        """Create a campaign with a member, and with a number and queue of its own."""
        number, queue = str(next(_senders)), f"wa-test-{uuid4().hex}"
        create_queue(stage.stack.at, queue, RATE)
        with psycopg.connect(stage.stack.dsn, autocommit=True) as connection:
            sender = {"phone_number_id": number, "queue_name": queue, "rate_per_second": RATE}
            ids = create_campaign(connection, sender=sender)
        return cls(stage=stage, ids=ids, phone_number_id=number, queue=queue)

    @property
    def token(self) -> str:
        """An access token of the campaign's promoter."""
        keys = self.stage.stack.secrets.keys
        return keys.mint_user_token(self.ids.user_id, now=datetime.now(UTC))

    def with_voters(self, count: int) -> "Campaign":
        """Add voters who can all be written to; `phones` holds their numbers (E.164)."""
        fresh = [f"+5255{next(_numbers)}" for _ in range(count)]
        self.add_voters([voter(phone) for phone in fresh])
        self.phones.extend(fresh)
        return self

    def add_voters(self, rows: Sequence[VoterRow]) -> None:
        """Add voters as a list gives them."""
        with psycopg.connect(self.stage.stack.dsn, autocommit=True) as connection:
            add_voters(connection, self.ids.campaign_id, rows)

    def voter_ids(self) -> list[str]:
        """Return the ids of the campaign's voters."""
        query = "select id::text from public.voters where campaign_id = %s order by id"
        return [row[0] for row in self.stage.sql(query, self.ids.campaign_id)]

    def set(self, **columns: object) -> None:
        """Change the campaign's settings."""
        assigned = ", ".join(f"{name} = %s" for name in columns)
        statement = f"update public.wa_campaign_settings set {assigned} where campaign_id = %s"
        self.stage.sql(statement, *columns.values(), self.ids.campaign_id)

    def set_sender(self, state: str) -> None:
        """Let the campaign's number send (ok), or hold it (paused, blocked)."""
        statement = "update public.wa_senders set state = %s where phone_number_id = %s"
        self.stage.sql(statement, state, self.phone_number_id)

    def body(self, **changes: Any) -> dict[str, Any]:
        """Return a proper POST /send body; a change to None leaves the field out."""
        body = {
            "campaign_id": str(self.ids.campaign_id),
            "template_id": str(self.ids.template_id),
            "filters": {},
            "personalization": PERSONALIZATION,
        } | changes
        return {name: value for name, value in body.items() if value is not None}

    def ask(
        self,
        method: str,
        path: str,
        *,
        target: str = "send",
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> requests.Response:
        """Call the API as the promoter."""
        given = {"Authorization": f"Bearer {self.token}"} | dict(headers or {})
        return self.stage.call(target, method, path, headers=given, **options)

    def post_send(self, body: object = None, *, key: str | None = None) -> requests.Response:
        """POST /send, with a fresh idempotency key unless one is given."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        return self.ask("POST", "/send", json=body or self.body(), headers=headers)

    def start_job(self, **changes: Any) -> "Job":
        """Send to the campaign's voters."""
        response = self.post_send(self.body(**changes))
        assert response.status_code == 202, response.text
        return Job(campaign=self, id=response.json()["job_id"], summary=response.json())

    def as_new_member(self, role: str) -> "Campaign":
        """Return the campaign as somebody else of that role calls the API."""
        user = uuid4()
        email = f"{user}@example.org"
        self.stage.sql("insert into auth.users (id, email) values (%s, %s)", user, email)
        self.stage.sql(
            "insert into public.campaign_members (campaign_id, user_id, role) values (%s, %s, %s)",
            self.ids.campaign_id,
            user,
            role,
        )
        return replace(self, ids=replace(self.ids, user_id=user))

    def hold_tasks(self) -> "Campaign":
        """Let tasks be created, but not delivered."""
        self._queue("pause_queue")
        return self

    def release_tasks(self) -> None:
        """Deliver the tasks that were held."""
        self._queue("resume_queue")

    def voter_writes(self, phone: str, text: str, **more: object) -> None:
        """Let a voter act in WhatsApp: kind text (default), button, stop, resume."""
        order = {"from": phone, "phone_number_id": self.phone_number_id, "kind": "text"}
        self.stage.simulate("inbound", order | {"text": text} | more)

    def has_opted_out(self, phone: str) -> bool:
        """Tell whether the ledger says that this number wants silence."""
        query = "select wa.is_opted_out(%s, %s)"
        return self.stage.sql(query, self.ids.campaign_id, phone) == [(True,)]

    def _queue(self, action: str) -> None:
        address = f"127.0.0.1:{self.stage.stack.at.tasks}"
        with closing(grpc.insecure_channel(address)) as channel:
            client = CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
            getattr(client, action)(name=client.queue_path(PROJECT, LOCATION, self.queue))


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as its promoter and the database see it."""

    campaign: Campaign
    id: str
    summary: dict[str, Any]

    def now(self) -> dict[str, Any]:
        """Return the job's progress."""
        response = self.campaign.ask("GET", f"/jobs/{self.id}")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def change(self, action: str) -> requests.Response:
        """Pause, resume or cancel."""
        return self.campaign.ask("POST", f"/jobs/{self.id}/{action}")

    def ended(self, within: float = 30) -> dict[str, Any]:
        """Wait for the job's end, check that it adds up, and return it."""
        eventually(lambda: self.now()["status"] in ENDED, within=within)
        return self.accounted()

    def accounted(self) -> dict[str, Any]:
        """Return the progress, having counted its rows: none is lost, none is counted twice."""
        job = self.now()
        parts = ("pending", "sent", "failed", "skipped", "unknown")
        assert sum(job[f"{part}_count"] for part in parts) == job["target_count"], job
        assert sum(job["skipped"].values()) == job["skipped_count"], job
        assert sum(self.statuses().values()) == job["target_count"], job
        return job

    def statuses(self) -> dict[str, int]:
        """Count the job's rows by status."""
        query = (
            "select status, count(*) from public.wa_send_queue where job_id = %s group by status"
        )
        return dict(self.campaign.stage.sql(query, self.id))

    def message_ids(self) -> list[UUID]:
        """Return the ids of the messages that were not excluded, by position."""
        query = (
            "select id from public.wa_send_queue"
            " where job_id = %s and skip_reason is null order by position"
        )
        return [row[0] for row in self.campaign.stage.sql(query, self.id)]

    def enqueued(self) -> bool:
        """Tell whether every queued message has its task."""
        query = (
            "select bool_and(enqueued_at is not null) from public.wa_send_queue"
            " where job_id = %s and status = 'queued'"
        )
        return bool(self.campaign.stage.sql(query, self.id)[0][0])


def voter(phone: str, **columns: Any) -> VoterRow:
    """Return a voter of section 12 named after the number's last digits."""
    row = {"full_name": f"Ana{phone[-4:]} Peña", "section": "12", "sentiment": "positive"}
    return VoterRow(**(row | {"phone": phone, "tags": ["mitin"]} | columns))
