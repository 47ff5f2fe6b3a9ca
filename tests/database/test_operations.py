"""The SQL that docs/operations.md gives to operators does what it says."""

import re
import textwrap
from pathlib import Path

import pytest

from tests.campaign import Campaign, phone
from tests.campaign_queue import deliver, due, lease, message_to, receive, sender
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


def test_pause_of_a_number_holds_its_messages(campaign):
    job = campaign.create_job()["job_id"]
    campaign.rows(block("state = 'paused'"))
    assert sender(campaign)["state"] == "paused"
    assert campaign.claim(message_to(campaign, job, 0))["decision"] == "held"


def test_baja_noted_by_hand_holds(campaign):
    campaign.with_voters(1, first=2_345_678)
    assert phone(2_345_678) == "+525512345678"
    campaign.rows(block("wa.set_opt_out"))
    assert campaign.create_job()["excluded"] == {"opted_out": 1}


def test_restored_queue_sends_nothing_again_and_receipts_settle_it(campaign):
    job = campaign.create_job()["job_id"]
    lease(campaign, job)
    deliver(campaign, message_to(campaign, job, 0))

    campaign.rows(block("'restored'"))

    sent_since = message_to(campaign, job, 1)
    receive(campaign, sent_since, "delivered")
    assert [m["status"] for m in campaign.messages(job)].count("sent") == 2
    assert campaign.job(job)["unknown_count"] == 1
    assert campaign.claim(message_to(campaign, job, 2))["decision"] == "done"
    assert due(campaign) == []
    assert not miscounted(campaign)
