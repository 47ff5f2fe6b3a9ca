"""Meta's limit of people per moving day is shared by a portfolio's campaigns and never passed."""

import random
from datetime import timedelta

import pytest

from tests.campaign import PORTFOLIO, Campaign, call, session
from tests.campaign_queue import age, deliver, deliver_all, due, lease, message, sweep
from tests.database.transactions import overlap

LIMIT = 10
A_DAY = timedelta(hours=24)


def limited(dsn, voters, first=0, limit=LIMIT):
    return Campaign.create(dsn).with_voters(voters, first).with_sender(daily_limit=limit)


def leasing(job, first=1, last=500):
    shard = {"p_job_id": job, "p_from": first, "p_to": last}
    return lambda db: call(db, "public.wa_lease_shard", **shard)["tasks"]


def counted(campaign):
    [row] = campaign.rows(
        "select sum(used)::integer as people from wa.portfolio_load(%s)", PORTFOLIO
    )
    return row["people"]


def test_limit_is_leased_once_in_a_moving_day(database):
    campaign = limited(database, 25)
    job = campaign.create_job()["job_id"]

    today = lease(campaign, job)
    assert (len(today), lease(campaign, job)) == (LIMIT, [])
    for each in today:
        deliver(campaign, each)
    assert lease(campaign, job) == []

    age(campaign, "24 hours")
    assert lease(campaign, job) == []  # the last of them reached Meta some seconds later
    age(campaign, "2 minutes")
    assert len(lease(campaign, job)) == LIMIT


def test_day_moves_with_every_message(database):
    campaign = limited(database, 25)
    job = campaign.create_job()["job_id"]
    leased = lease(campaign, job)
    for each in leased[:4]:
        deliver(campaign, each)
    age(campaign, "12 hours")
    for each in leased[4:]:
        deliver(campaign, each)

    age(campaign, "12 hours 2 minutes")

    assert len(lease(campaign, job)) == 4


@pytest.mark.parametrize("word", ["failed", "unknown", "deferred", "skipped"])
def test_message_given_to_meta_counts_whatever_became_of_it(database, word):
    campaign = limited(database, 25)
    job = campaign.create_job()["job_id"]
    for each in lease(campaign, job):
        deliver(campaign, each, word, retry_after_seconds=0, error_message="expired")

    assert lease(campaign, job) == []


@pytest.mark.parametrize(
    ("voters", "shares"),
    [([20, 20], [5, 5]), ([2, 20], [2, 8]), ([20, 3], [7, 3]), ([1, 20, 20], [1, 4, 4])],
)
def test_campaigns_share_fairly_and_leave_what_they_do_not_need(database, voters, shares):
    campaigns = [limited(database, count, 100 * n) for n, count in enumerate(voters)]
    jobs = [campaign.create_job()["job_id"] for campaign in campaigns]

    leased = [len(lease(c, job)) for c, job in zip(campaigns, jobs, strict=True)]

    assert leased == shares


def test_newcomer_gets_its_share_when_the_others_day_has_passed(database):
    first, newcomer = limited(database, 30), limited(database, 20, 100)
    job = first.create_job()["job_id"]
    for each in lease(first, job):
        deliver(first, each)
    theirs = newcomer.create_job()["job_id"]
    assert lease(newcomer, theirs) == []

    age(first, "24 hours 2 minutes")

    assert (len(lease(first, job)), len(lease(newcomer, theirs))) == (5, 5)


def test_two_fan_outs_at_once_do_not_pass_the_limit_together(database):
    campaign = limited(database, 25)
    job = campaign.create_job()["job_id"]

    first, second = overlap(campaign, leasing(job, 1, 7), leasing(job, 8, 25))

    assert (len(first), len(second)) == (7, 3)


def test_fan_outs_of_two_campaigns_at_once_do_not_pass_the_limit_together(database):
    one, other = limited(database, 2), limited(database, 20, 100)
    jobs = [campaign.create_job()["job_id"] for campaign in (one, other)]
    newcomer = limited(database, 20, 200)
    third = newcomer.create_job()["job_id"]

    first, second = overlap(one, leasing(jobs[1]), leasing(third))

    assert (len(first), len(second)) == (4, 4)


def test_person_of_two_campaigns_counts_once(database):
    one, other = limited(database, 1), limited(database, 20)
    jobs = [campaign.create_job()["job_id"] for campaign in (one, other)]
    deliver(one, *lease(one, jobs[0]))
    assert counted(one) == 1

    for each in lease(other, jobs[1]):
        deliver(other, each)

    assert counted(one) <= LIMIT
    people = one.rows("select distinct phone from public.wa_recent_contacts")
    assert counted(one) == len(people)


def test_without_a_limit_nothing_is_kept_and_nobody_waits(database):
    campaign = limited(database, 25, limit=None)
    job = campaign.create_job()["job_id"]

    first, second = overlap(campaign, leasing(job, 1, 7), leasing(job, 8, 25), blocks=False)
    deliver(campaign, campaign.messages(job)[0]["id"])

    assert (len(first), len(second)) == (7, 18)
    assert campaign.rows("select from public.wa_portfolio_contacts") == []


def test_lowest_limit_of_a_portfolio_holds_for_all_its_numbers(database):
    limited(database, 0)
    unaware = limited(database, 25, limit=None)
    job = unaware.create_job()["job_id"]

    for each in lease(unaware, job):
        deliver(unaware, each)

    assert counted(unaware) == LIMIT
    assert lease(unaware, job) == []


def test_task_that_was_never_marked_waits_for_a_new_lease(database):
    campaign = limited(database, 25)
    job = campaign.create_job()["job_id"]
    with session(database, "wa_fan_out") as db:
        orphans = leasing(job)(db)
    campaign.rows("update public.wa_send_queue set leased_until = now() - interval '1 second'")
    again = lease(campaign, job, 11, 25)
    assert len(again) == LIMIT

    deliver_all(campaign, job, *range(11, 21))
    assert campaign.claim(orphans[0]["message_id"]) == {
        "message_id": orphans[0]["message_id"],
        "decision": "deferred",
    }

    row = message(campaign, orphans[0]["message_id"])
    assert (row["attempts"], row["task_generation"]) == (0, 1)


def test_no_more_is_announced_than_the_limit_leaves(database):
    campaign = limited(database, 25)
    jobs = [campaign.create_job()["job_id"] for _ in range(2)]
    assert len(due(campaign, 2)) == LIMIT / 2

    for job in jobs:
        lease(campaign, job, 1, 5)

    assert due(campaign, 2) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_no_moving_day_holds_more_people_than_the_limit(database, seed):
    generator = random.Random(seed)
    campaigns = [limited(database, 25), limited(database, 25, 15)]
    work = [(c, c.create_job()["job_id"]) for c in campaigns for _ in range(2)]
    clock, reached, waiting = timedelta(), [], []
    for _ in range(30):
        campaign, job = generator.choice(work)
        waiting += [(campaign, each) for each in lease(campaign, job)]
        generator.shuffle(waiting)
        for campaign, each in waiting[:3]:
            order = campaign.claim(each)
            if order["decision"] == "send":
                reached.append((clock, order["to"]))
                word = generator.choice(["accepted", "failed", "deferred", "unknown", "throttled"])
                campaign.record(each, word, order["attempt"], retry_after_seconds=0)
        del waiting[:3]
        passed = timedelta(minutes=generator.choice([1, 30, 600]))
        age(campaign, f"{passed.total_seconds()} seconds")
        clock += passed
        sweep(campaign)

    busiest = max(len(people_in_the_day_before(end, reached)) for end, _ in reached)
    assert LIMIT / 2 < busiest <= LIMIT


def people_in_the_day_before(end, reached):
    return {number for moment, number in reached if end - A_DAY < moment <= end}
