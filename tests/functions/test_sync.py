"""Every hour Meta is asked what its webhooks may have missed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from devstack.stack.campaign import META_TEMPLATE
from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually
from tests.functions.problems import assert_problem
from tests.functions.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A campaign whose template and account at Meta are its own."""

    campaign: Campaign
    template: str

    @classmethod
    def create(cls, campaign: Campaign, **columns: str) -> "Registered":
        """Give the campaign a template of its own, and its number these columns."""
        made = cls(campaign=campaign, template=f"t_{uuid4().hex}")
        made.at_meta(status="APPROVED")
        made.change("wa_templates", "meta_template_name = %s", made.template)
        # Nothing about the number changed while Meta is asked.
        made.change("wa_senders", "state_changed_at = now() - interval '1 hour'")
        for name, value in columns.items():
            made.change("wa_senders", f"{name} = %s", value)
        return made

    def at_meta(self, **members: str) -> None:
        """Change the template at Meta; no webhook tells."""
        self.campaign.stage.simulate("templates", META_TEMPLATE | {"name": self.template} | members)

    def number_at_meta(self, **members: str) -> None:
        """Change how the number is doing at Meta."""
        order = {"id": self.campaign.phone_number_id} | members
        self.campaign.stage.simulate("numbers", order)

    def change(self, table: str, assignment: str, *values: object) -> None:
        """Change the row of the template or the number."""
        key, value = {
            "wa_templates": ("id", self.campaign.ids.template_id),
            "wa_senders": ("phone_number_id", self.campaign.phone_number_id),
        }[table]
        statement = f"update public.{table} set {assignment} where {key} = %s"
        self.campaign.stage.sql(statement, *values, value)

    def sender(self, *columns: str) -> tuple:
        """Return columns of the number's row."""
        query = f"select {', '.join(columns)} from public.wa_senders where phone_number_id = %s"
        return self.campaign.stage.sql(query, self.campaign.phone_number_id)[0]

    def status(self) -> str:
        """Return the template's status in the registry."""
        return self._registry("status")

    def meta_id(self) -> str:
        """Return the template's id at Meta, as the registry has it."""
        return self._registry("meta_template_id")

    def _registry(self, column: str) -> str:
        query = f"select {column} from public.wa_templates where id = %s"
        return self.campaign.stage.sql(query, self.campaign.ids.template_id)[0][0]


def account(place: int) -> str:
    """Return the id of an account of nobody else's; lower places are asked first."""
    return f"100{place}{uuid4().int % 10**10:010d}"


def sync(stage: Stage, status: int = 200) -> dict[str, int]:
    answer = stage.call("sync", "POST")
    assert answer.status_code == status, answer.text
    return dict(answer.json())


@pytest.fixture
def refused_token(stage: Stage) -> Iterator[str]:
    """Return the name of a credential whose token Meta does not take."""
    token = stage.stack.secrets.access_tokens["other"]
    stage.simulate("config", {"faults": {"expired_token": token}})
    yield "other"
    stage.simulate("config", {"faults": {"expired_token": ""}})


@pytest.fixture
def no_token_works(stage: Stage) -> Iterator[None]:
    stage.simulate("config", {"faults": {"token_expired": True}})
    yield
    stage.simulate("config", {"faults": {"token_expired": False}})


def test_job_waits_for_its_template_and_goes_on_though_no_webhook_told(campaign: Campaign):
    ours = Registered.create(campaign.with_voters(2).hold_tasks())
    job = campaign.start_job()
    eventually(job.enqueued)
    ours.at_meta(status="PAUSED")

    changed = sync(campaign.stage)

    assert changed["templates_changed"] >= 1
    assert job.accounted()["status"] == "paused"
    assert job.now()["status_reason"]
    [listed] = campaign.ask(
        "GET", f"/templates?campaign_id={campaign.ids.campaign_id}", target="templates"
    ).json()["templates"]
    assert listed["status"] == "paused"

    ours.at_meta(status="APPROVED", quality="GREEN")
    # Of two words of one second the stricter holds; the next second's round tells.
    eventually(lambda: sync(campaign.stage) and ours.status() == "approved")
    campaign.release_tasks()
    campaign.stage.sweep()
    assert job.ended()["sent_count"] == 2


def test_event_of_the_same_second_counts_for_more_than_the_answer(campaign: Campaign):
    ours = Registered.create(campaign)
    ours.at_meta(status="PAUSED")
    second = int(time.time())
    sync(campaign.stage)
    assert ours.status() == "paused"

    event = {"event": "APPROVED", "message_template_name": ours.template}
    event |= {"message_template_id": ours.meta_id(), "message_template_language": "es_MX"}
    change = {"field": "message_template_status_update", "value": event}
    entry = {"id": ours.sender("waba_id")[0], "time": second, "changes": [change]}
    assert campaign.stage.push("apply_events", {"entry": [entry]}).status_code == 200

    assert ours.status() == "approved"


def test_second_round_finds_nothing_new(campaign: Campaign):
    Registered.create(campaign)
    # Of numbers that other tests have just changed, Meta's answers would only count next time.
    campaign.stage.sql(
        "update public.wa_senders set state_changed_at = state_changed_at - interval '1 minute'"
    )
    sync(campaign.stage)
    # Of its own alone: other tests leave jobs behind that each round tries anew.
    query = "select t::text from public.wa_templates t where campaign_id = %s"
    before = campaign.stage.sql(query, campaign.ids.campaign_id)

    again = sync(campaign.stage)

    assert campaign.stage.sql(query, campaign.ids.campaign_id) == before
    assert again["senders_changed"] == 0


def test_templates_of_others_at_meta_are_counted_and_not_registered(campaign: Campaign, untouched):
    stage = campaign.stage
    sync(stage)
    before = sync(stage)["templates_unknown"]
    accounts = stage.sql("select count(distinct (waba_id, credential)) from public.wa_senders")
    stage.simulate("templates", META_TEMPLATE | {"name": f"t_{uuid4().hex}"})

    answer = sync(stage)

    assert answer["accounts"] == accounts[0][0]
    assert answer["templates_unknown"] > before


def test_refused_token_leaves_other_accounts_synced(
    stage: Stage, campaign: Campaign, other_campaign: Campaign, refused_token: str
):
    before = sync(stage)["failures"]
    # The accounts are asked in this order.
    refused = Registered.create(campaign, waba_id=account(1), credential=refused_token)
    missing = Registered.create(Campaign.create(stage), waba_id=account(2), credential="nobody's")
    working = Registered.create(other_campaign, waba_id=account(3))
    for one in (refused, missing, working):
        one.at_meta(status="PAUSED")
        one.number_at_meta(quality_rating="YELLOW")

    answer = sync(stage)

    assert answer["failures"] == before + 3  # two questions were refused, one had no token
    assert [one.status() for one in (refused, missing, working)] == [
        "approved",
        "approved",
        "paused",
    ]
    assert [one.sender("quality") for one in (refused, missing, working)] == [
        (None,),
        (None,),
        ("YELLOW",),
    ]
    assert [one.sender("state") for one in (refused, working)] == [("ok",), ("ok",)]


@pytest.mark.usefixtures("no_token_works")
def test_round_in_vain_is_to_be_repeated(campaign: Campaign):
    answer = sync(campaign.stage, status=503)
    assert answer["failures"] >= 2
    assert (answer["templates_changed"], answer["senders_changed"]) == (0, 0)


def test_number_that_meta_banned_takes_no_claims_and_is_released_with_its_ban(campaign: Campaign):
    ours = Registered.create(campaign.with_voters(1).hold_tasks())
    job = campaign.start_job()
    eventually(job.enqueued)
    ours.number_at_meta(status="BANNED", messaging_limit="TIER_250")

    sync(campaign.stage)

    assert ours.sender("state", "meta_status", "messaging_limit") == ("blocked", "BANNED", 250)
    assert "BANNED" in ours.sender("state_reason")[0]
    [message] = job.message_ids()
    assert campaign.stage.deliver_task(message).json()["decision"] == "deferred"

    ours.number_at_meta()
    ours.change("wa_senders", "state_changed_at = now() - interval '1 hour'")
    sync(campaign.stage)
    assert ours.sender("state", "messaging_limit") == ("ok", None)
    campaign.release_tasks()
    campaign.stage.sweep()
    assert job.ended()["sent_count"] == 1


def test_round_says_in_its_log_what_it_did(stage: Stage, campaign: Campaign, refused_token: str):
    ours = account(1)
    Registered.create(campaign, waba_id=ours, credential=refused_token)
    answer = sync(stage)
    lines = (stage.stack.folder / "sync.log").read_text().splitlines()
    told = [line for line in lines if '"sync"' in line]
    assert answer["failures"] >= 2
    assert f'"failures": {answer["failures"]}' in told[-1]
    assert any(f'"waba_id": "{ours}"' in line and '"error_code": 190' in line for line in told)


def test_outage_of_the_database_is_to_be_repeated(stage: Stage, campaign: Campaign):
    stage.stack.postgres.halt()
    try:
        assert_problem(stage.call("sync", "POST"), 503, "store_unavailable")
    finally:
        stage.stack.postgres.restart()
