"""What an operator may write about a number and a campaign: nothing that leads elsewhere."""

import psycopg
import pytest

from tests.campaign import Campaign


@pytest.fixture
def campaign(database):
    return Campaign.create(database)


@pytest.mark.parametrize("column", ["phone_number_id", "waba_id", "portfolio_id"])
@pytest.mark.parametrize(
    "value",
    ["", "1234", "1" * 21, "waba", "+525512345678", "1/messages", "1?x=1", "12345\n", "١٢٣٤٥٦"],
)
def test_ids_of_meta_are_digits(campaign, column, value):
    with pytest.raises(psycopg.errors.CheckViolation):
        campaign.with_sender(**{column: value})


@pytest.mark.parametrize("value", ["12345", "1" * 20])
def test_ids_of_meta_are_taken(campaign, value):
    campaign.with_sender(phone_number_id=value, waba_id=value, portfolio_id=value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "q" * 101,
        "projects/p/locations/l/queues/q",
        "../q",
        "q/tasks/t",
        "q:pause",
        "q?x=1",
        "q_1",
        "ñ",
        "q\n",
    ],
)
def test_queue_is_one_short_name(campaign, value):
    with pytest.raises(psycopg.errors.CheckViolation):
        campaign.with_sender(queue_name=value)


@pytest.mark.parametrize("value", ["wa-sender-north-1", "Q" * 100])
def test_queue_as_terraform_names_it_is_taken(campaign, value):
    campaign.with_sender(queue_name=value)


def test_campaign_without_a_spending_cap_cannot_be_set_up(campaign):
    campaign.rows("delete from public.wa_campaign_settings")
    with pytest.raises(psycopg.errors.NotNullViolation, match="spending_cap_usd"):
        campaign.rows(
            "insert into public.wa_campaign_settings (campaign_id, display_name)"
            " select id, name from public.campaigns"
        )


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, psycopg.errors.NotNullViolation),
        (-1, psycopg.errors.CheckViolation),
        (float("nan"), psycopg.errors.CheckViolation),
        (float("inf"), psycopg.errors.CheckViolation),
    ],
)
def test_cap_is_a_figure(campaign, value, error):
    with pytest.raises(error):
        campaign.with_settings(spending_cap_usd=value)
    campaign.with_settings(spending_cap_usd=0)
