"""The SQL that docs/operations.md gives to operators does what it says."""

import re
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.rules.events import FIELDS
from tests.campaign import PORTFOLIO, Campaign, phone
from tests.campaign_queue import deliver, due, lease, message_to, receive, sender, sweep
from tests.database.transactions import miscounted

GUIDE = (Path(__file__).parents[2] / "docs/operations.md").read_text()
BLOCKS = [textwrap.dedent(sql) for sql in re.findall(r"```sql\n(.*?)```", GUIDE, re.DOTALL)]


def block(words):
    [found] = [sql for sql in BLOCKS if words in sql]
    return found


@pytest.fixture
def campaign(database):
    made = Campaign.create(database).with_voters(3).with_sender(phone_number_id="106540352242922")
    return made.with_settings(display_name="Ana Gobernadora")


@pytest.mark.parametrize("sql", BLOCKS, ids=lambda sql: sql.split("\n")[0][:60])
def test_statement_runs(campaign, sql):
    campaign.rows(sql)


def test_pause_of_a_number_holds_its_messages_until_it_goes_on(campaign):
    job = campaign.create_job()["job_id"]
    campaign.rows(block("'Revisión', state_changed_at"))
    assert campaign.claim(message_to(campaign, job, 0))["decision"] == "deferred"
    campaign.rows(block("state_reason = 'Revisión';"))
    assert campaign.claim(message_to(campaign, job, 0))["decision"] == "send"


@pytest.mark.parametrize(("state", "reason"), [("blocked", "Meta."), ("paused", "Otra revisión.")])
def test_pausing_and_going_on_release_nobody_elses_hold(campaign, state, reason):
    campaign.with_sender(state=state, state_reason=reason)
    campaign.rows(block("'Revisión', state_changed_at"))
    campaign.rows(block("state_reason = 'Revisión';"))
    assert (sender(campaign)["state"], sender(campaign)["state_reason"]) == (state, reason)


def test_baja_noted_by_hand_holds(campaign):
    campaign.with_voters(1, first=2_345_678)
    assert phone(2_345_678) == "+525512345678"
    campaign.rows(block("wa.set_opt_out"))
    assert campaign.create_job()["excluded"] == {"opted_out": 1}


@pytest.fixture
def restored(campaign):
    """One message had been sent at the point in time, two were still to be sent."""
    campaign.with_sender(daily_limit=100)
    campaign.with_settings(resend_after_silence=True)
    job = campaign.create_job()["job_id"]
    lease(campaign, job)
    deliver(campaign, message_to(campaign, job, 0))
    point = datetime.now(UTC) - timedelta(hours=3)
    campaign.rows(block("'restored'").replace("2027-05-01 12:00+00", point.isoformat()))
    return job


def test_receipts_settle_what_a_restored_queue_forgot(campaign, restored):
    receive(campaign, message_to(campaign, restored, 1), "delivered")
    statuses = [message["status"] for message in campaign.messages(restored)]
    assert sorted(statuses) == ["sent", "sent", "unknown"]
    assert not miscounted(campaign)


def test_restored_queue_sends_nothing_by_itself(campaign, restored):
    campaign.rows(block("'Restauración';"))
    assert sender(campaign)["state"] == "ok"
    assert campaign.claim(message_to(campaign, restored, 2))["decision"] == "done"
    assert sweep(campaign)["resent"] == 0
    assert due(campaign) == []


def test_whoever_may_have_been_written_to_is_left_alone_for_a_day(campaign, restored):
    campaign.rows(block("'Restauración';"))
    again = campaign.create_job()["job_id"]
    lease(campaign, again)
    said = [campaign.claim(message["id"]) for message in campaign.messages(again)]
    assert [answer.get("reason") for answer in said] == ["contacted_recently"] * 3
    [load] = campaign.rows("select * from wa.portfolio_load(%s)", PORTFOLIO)
    assert load["used"] == 3


def test_person_may_decide_to_send_a_restored_message(campaign, restored):
    campaign.rows(block("'Restauración';"))
    campaign.as_member("public.wa_resolve_unknown", p_job_id=restored, p_resolution="resend")
    lease(campaign, restored)
    assert campaign.claim(message_to(campaign, restored, 2))["decision"] == "send"


def test_guide_subscribes_to_every_field_that_is_read():
    subscribed = re.search(r"subscribe to (.*?);", GUIDE)
    assert set(FIELDS) == set(re.findall(r"`([a-z_]+)`", subscribed[1]))
