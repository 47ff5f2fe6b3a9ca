"""A campaign goes out, end to end."""

from tests.functions.campaigns import Campaign, voter
from tests.functions.polling import eventually

ELIGIBLE = 60


def test_every_eligible_voter_gets_exactly_one_message_in_their_name(campaign: Campaign):
    campaign.with_voters(ELIGIBLE)
    taken = campaign.phones[0]
    campaign.add_voters(
        [
            voter(""),
            voter("no tiene"),
            voter("+1 212 555 0148"),
            voter(f"044 {taken[3:]}"),
            voter("55 1999 9999", full_name=""),
        ]
    )
    job = campaign.start_job()
    assert job.summary["status"] == "queued"
    assert job.summary["target_count"] == ELIGIBLE + 5
    excluded = {
        "missing_number": 1,
        "invalid_number": 1,
        "foreign_number": 1,
        "duplicate_number": 1,
        "missing_field": 1,
    }
    assert job.summary["excluded"] == excluded

    job.ended()
    done = eventually(lambda: job.now()["read_count"] == ELIGIBLE and job.accounted())
    assert done["status"] == "completed"
    assert done["sent_count"] == done["delivered_count"] == ELIGIBLE
    assert done["skipped"] == excluded
    assert done["progress_pct"] == 100
    meta = campaign.stage.meta
    for phone in campaign.phones:
        expected = [[f"Ana{phone[-4:]}", "Ana Demo 2027", "12"]]
        assert meta.sent_to(phone) == expected, phone


def test_failure_of_one_recipient_leaves_the_others_alone(campaign: Campaign):
    campaign.with_voters(5)
    unreachable = campaign.phones[2]
    campaign.stage.simulate(
        "config", {"receipts": {"failed_by_last_digits": {unreachable[-8:]: "131026"}}}
    )
    job = campaign.start_job()
    job.ended()
    done = eventually(lambda: job.now()["failed_count"] == 1 and job.accounted())
    assert done["status"] == "partial"
    assert done["sent_count"] == 4
    [failed] = campaign.ask("GET", f"/jobs/{job.id}/recipients?status=failed").json()["recipients"]
    assert failed["phone"] == unreachable
    assert failed["error_code"] == 131026


def test_filters_choose_the_audience(campaign: Campaign):
    campaign.with_voters(2)
    campaign.add_voters([voter("55 1888 0001", sentiment="negative", section="7", tags=[])])
    count = lambda filters: campaign.ask(  # noqa: E731 - the same question, three times
        "POST", "/audience", json=campaign.body(filters=filters)
    ).json()["target_count"]
    assert count({"sentiment": ["negative"]}) == 1
    assert count({"tags": ["mitin"], "section": ["12"]}) == 2
    assert count({"voter_ids": campaign.voter_ids()[:2], "sentiment": ["negative"]}) == 2


def test_pages_of_recipients_and_jobs_leave_nobody_out(campaign: Campaign):
    campaign.with_voters(5)
    jobs = [campaign.hold_tasks().start_job().id for _ in range(3)]
    seen, cursor = [], 0
    while cursor is not None:
        page = campaign.ask("GET", f"/jobs/{jobs[0]}/recipients?limit=2&cursor={cursor}").json()
        seen += [recipient["phone"] for recipient in page["recipients"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(campaign.phones)

    listed, before = [], None
    while before is not None or not listed:
        params = {"campaign_id": str(campaign.ids.campaign_id), "limit": 2, "before": before}
        page = campaign.ask("GET", "/jobs", params=params).json()
        listed += [job["job_id"] for job in page["jobs"]]
        before = page["next_before"]
    assert listed == jobs[::-1]


def test_templates_of_the_campaign_are_listed(campaign: Campaign):
    answer = campaign.ask(
        "GET", f"/templates?campaign_id={campaign.ids.campaign_id}", target="templates"
    )
    assert [t["id"] for t in answer.json()["templates"]] == [str(campaign.ids.template_id)]
