"""What POST /send and /audience say about days, and what a daily limit lets out."""

from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually


def limit(campaign: Campaign, people: int) -> None:
    """Give the campaign's number a portfolio of its own with this limit."""
    campaign.stage.sql(
        "update public.wa_senders set daily_limit = %s, portfolio_id = phone_number_id"
        " where phone_number_id = %s",
        people,
        campaign.phone_number_id,
    )


def test_job_beyond_the_daily_limit_says_its_days_and_sends_no_more(campaign: Campaign):
    limit(campaign.with_voters(7), 3)
    preview = campaign.ask("POST", "/audience", json=campaign.body()).json()

    job = campaign.start_job()

    assert [day["messages"] for day in job.summary["plan"]] == [3, 3, 1]
    assert preview["plan"] == job.summary["plan"]
    assert job.summary["ends_before_deadline"] is True
    eventually(lambda: job.now()["sent_count"] == 3)
    assert campaign.stage.sweep()["shards"] == 0
    assert job.accounted()["pending_count"] == 4


def test_canary_goes_out_alone_and_the_rest_follows_its_receipts(campaign: Campaign):
    campaign.with_voters(60)
    job = campaign.start_job(canary=True)
    assert job.summary["canary_count"] == 50
    eventually(lambda: job.now()["delivered_count"] == 50)
    assert (job.now()["canary_state"], job.now()["pending_count"]) == ("running", 10)

    campaign.stage.sweep()

    assert job.ended()["sent_count"] == 60
