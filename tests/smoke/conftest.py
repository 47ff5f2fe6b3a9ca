"""A deployed system: the whole stack, whose Edge Function knows which pages may call it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
import requests

from devstack.stack.deployment import Conditions
from devstack.stack.edge import start_edge
from devstack.stack.stack import Stack
from smoke.calls import Caller
from smoke.run import Line, run
from smoke.settings import read_settings
from tests.functions.campaigns import Campaign
from tests.functions.stage import Stage
from tests.functions.wiretap import Wiretap

ORIGIN = "https://app.example.org"
PASSWORD = "Contraseña 1"
OF_EDGE = {"ALLOWED_ORIGINS": ORIGIN}
SAMPLES = '{"1": "Ana", "2": "la campaña", "3": "12"}'


@dataclass(kw_only=True)
class Operator:
    """Somebody who tries the system as a member of a campaign."""

    campaign: Campaign
    email: str
    env: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.campaign.stage.stack.at.supabase_url

    def tries(self, clock: Callable[[], float], **changes: str) -> dict[str, Line]:
        """Make all checks; return them by name."""
        settings = read_settings(self.url, self.env | changes)
        return {line.check: line for line in run(Caller(settings=settings, clock=clock))}

    def jobs(self) -> int:
        query = "select count(*) from public.communications where campaign_id = %s"
        return self.campaign.stage.sql(query, self.campaign.ids.campaign_id)[0][0]


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    conditions = Conditions(settings={"edge": OF_EDGE})
    with Stack(sweep_seconds=3600, conditions=conditions) as stack:
        stage = Stage(stack=stack, meta=Wiretap())
        stage.prepare()
        yield stage
        stage.meta.hang_up()


@pytest.fixture
def operator(stage: Stage) -> Operator:
    """The owner of a campaign that may send now."""
    return as_member(Campaign.create(stage), "owner")


def as_member(campaign: Campaign, role: str) -> Operator:
    stage = campaign.stage
    at, keys = stage.stack.at, stage.stack.secrets.keys
    email = f"{uuid4()}@example.org"
    user = requests.post(
        f"{at.supabase_url}/auth/v1/admin/users",
        json={"email": email, "password": PASSWORD},
        headers={"apikey": keys.secret, "Authorization": f"Bearer {keys.secret}"},
        timeout=10,
    ).json()
    stage.sql(
        "insert into public.campaign_members (campaign_id, user_id, role) values (%s, %s, %s)",
        *(campaign.ids.campaign_id, user["id"], role),
    )
    stage.sql(
        "update public.wa_templates set sample_values = %s::jsonb where id = %s",
        *(SAMPLES, campaign.ids.template_id),
    )
    env = {
        "PUBLISHABLE_KEY": keys.publishable,
        "EMAIL": email,
        "PASSWORD": PASSWORD,
        "CAMPAIGN": str(campaign.ids.campaign_id),
        "FOREIGN_CAMPAIGN": str(Campaign.create(stage).ids.campaign_id),
        "ORIGIN": ORIGIN,
        "SEND_URL": at.door_url("send"),
        "TEMPLATES_URL": at.door_url("templates"),
    }
    return Operator(campaign=campaign, email=email, env=env)


@contextmanager
def edge_with(stage: Stage, changes: Mapping[str, str]) -> Iterator[None]:
    """Let the Edge Function run with other secrets for a while."""
    _restart_edge(stage, OF_EDGE | dict(changes))
    try:
        yield
    finally:
        _restart_edge(stage, OF_EDGE)


def _restart_edge(stage: Stage, settings: Mapping[str, str]) -> None:
    stack = stage.stack
    for name in ("edge", "iam"):
        stack.processes.kill(name)
    start_edge(stack.processes, stack.at, stack.secrets, stack.folder, settings)
