"""A small list on a number that another campaign's large list keeps busy, through Cloud Tasks."""

from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually


def test_small_list_does_not_wait_behind_a_large_one(campaign: Campaign):
    large = campaign.with_voters(400).hold_tasks().start_job()
    eventually(large.enqueued)
    neighbour = Campaign.create(campaign.stage).with_voters(10)
    campaign.stage.sql(
        "update public.wa_campaign_settings set sender_id ="
        " (select id from public.wa_senders where phone_number_id = %s) where campaign_id = %s",
        campaign.phone_number_id,
        neighbour.ids.campaign_id,
    )
    small = neighbour.start_job()
    eventually(small.enqueued)
    campaign.release_tasks()
    assert small.ended()["sent_count"] == 10
    assert large.ended()["sent_count"] == 400
    [[ahead]] = campaign.stage.sql(
        "select count(*) from public.wa_send_queue q where q.job_id = %s and q.claimed_at <"
        " (select max(claimed_at) from public.wa_send_queue where job_id = %s)",
        large.id,
        small.id,
    )
    assert ahead < 100  # all 400 before; ten of ten lots come later once in some trillion times
    phones = campaign.phones + neighbour.phones
    assert {len(campaign.stage.meta.sent_to(phone)) for phone in phones} == {1}
