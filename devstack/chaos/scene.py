"""Two campaigns with a number each, and four jobs that all start at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import requests

from devstack.chaos.plan import CANARY_WAIT, CREDENTIALS, META, rate_for
from devstack.demo.opening import TOKEN_SECONDS, tell_meta
from devstack.demo.voters import made_up_voters
from devstack.stack.campaign import (
    META_TEMPLATE,
    PERSONALIZATION,
    PHONE_NUMBER_ID,
    CampaignIds,
    VoterRow,
    add_voters,
    create_campaign,
)
from devstack.stack.deployment import QUEUE
from devstack.stack.stack import Stack
from devstack.stack.topology import create_queue

SECTIONS = 10
ANSWER_SECONDS = 60
# The jobs of a campaign share one section: nobody in it may be written to twice.
JOBS = {
    "A1": range(1, 7),
    "A2": range(6, 11),
    "B1": range(1, 7),
    "B2": range(6, 11),
    "C1": range(1, 4),
}
# C writes from A's number, and takes turns with it.
NUMBERS = {"A": PHONE_NUMBER_ID, "B": "206540352242922", "C": PHONE_NUMBER_ID}
QUEUES = {"A": QUEUE, "B": "wa-sender-second"}
OWN_NUMBER_OF_C = "306540352242922"  # from which it does not write
FIND_SENDER = "select id from public.wa_senders where phone_number_id = %s"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job as its user knows it; `headers` carry the user's token."""

    name: str
    job_id: str
    campaign_id: UUID
    phone_number_id: str
    headers: dict[str, str] = field(repr=False)


class Scene:
    """The campaigns on a running stack, and the calls their users make."""

    def __init__(self, stack: Stack, recipients: int, seed: int) -> None:
        """Create the campaigns with their voters; `recipients` is about the sum of all jobs."""
        self.stack = stack
        rate = rate_for(recipients)
        each = recipients * SECTIONS // sum(len(sections) for sections in JOBS.values())
        create_queue(stack.at, QUEUES["B"], rate)
        tell_meta(stack, "templates", META_TEMPLATE)
        tell_meta(stack, "config", META)
        with self.database() as connection:
            self._campaigns = {
                name: _open(connection, name, _voters(each, seed * 10 + index), rate)
                for index, name in enumerate(NUMBERS)
            }

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        """Connect as the superuser, for one look."""
        with psycopg.connect(self.stack.dsn, autocommit=True, connect_timeout=5) as connection:
            yield connection

    def start_jobs(self) -> dict[str, Job]:
        """POST every job twice, as an impatient user does; return them by name."""
        return {name: self._start_job(name, sections) for name, sections in JOBS.items()}

    def _start_job(self, name: str, sections: range) -> Job:
        ids = self._campaigns[name[0]]
        token = self.stack.secrets.keys.mint_user_token(
            ids.user_id, now=datetime.now(UTC), ttl_s=TOKEN_SECONDS
        )
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
        body = {
            "campaign_id": str(ids.campaign_id),
            "template_id": str(ids.template_id),
            "filters": {"section": [str(section) for section in sections]},
            "personalization": PERSONALIZATION,
        }
        first, second = (self.call("POST", "/send", headers, body)["job_id"] for _ in range(2))
        if first != second:
            raise RuntimeError("one idempotency key created two jobs")
        return Job(
            name=name,
            job_id=first,
            campaign_id=ids.campaign_id,
            phone_number_id=NUMBERS[name[0]],
            headers=headers,
        )

    def change(self, job: Job, action: str) -> None:
        """Let the job's user pause, resume or cancel it."""
        self.call("POST", f"/jobs/{job.job_id}/{action}", job.headers)

    def call(
        self, method: str, path: str, headers: dict[str, str], body: object = None
    ) -> dict[str, Any]:
        """Call the API as a user who tries again for a minute while it is unavailable.

        Raises:
            requests.HTTPError: it refused, or was unavailable for a minute.
        """
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            url = self.stack.at.url("send") + path
            response = requests.request(method, url, json=body, headers=headers, timeout=120)
            if response.status_code < 500 or time.monotonic() > deadline:  # noqa: PLR2004 - HTTP
                response.raise_for_status()
                return dict(response.json())
            time.sleep(0.5)

    def ask_meta(self, what: str) -> Any:
        """Return what the simulated Meta knows: `stats` or `calls`."""
        return requests.get(f"{self.stack.at.meta_url}/_sim/{what}", timeout=60).json()


def _open(
    connection: psycopg.Connection, name: str, voters: list[VoterRow], rate: float
) -> CampaignIds:
    settings: dict[str, object] = {"canary_wait": CANARY_WAIT}
    if name in QUEUES:
        sender: dict[str, object] = {
            "phone_number_id": NUMBERS[name],
            "queue_name": QUEUES[name],
            "rate_per_second": rate,
            "credential": CREDENTIALS[list(QUEUES).index(name)],
        }
    else:
        sender = {"phone_number_id": OWN_NUMBER_OF_C, "queue_name": QUEUE}
        [settings["sender_id"]] = connection.execute(FIND_SENDER, (NUMBERS[name],)).fetchone() or ()
    ids = create_campaign(connection, sender=sender, settings=settings)
    add_voters(connection, ids.campaign_id, voters)
    return ids


def _voters(count: int, seed: int) -> list[VoterRow]:
    return [
        replace(voter, section=str(index % SECTIONS + 1))
        for index, voter in enumerate(made_up_voters(count, seed))
    ]
