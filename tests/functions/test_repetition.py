"""Whatever is repeated, at once or later, changes nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from devstack.stack.campaign import PERSONALIZATION
from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually


def test_repeated_request_gets_the_same_job(campaign: Campaign):
    campaign.with_voters(3)
    answers = [campaign.post_send(key="enviar-1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert len(_jobs(campaign)) == 1


def test_simultaneous_requests_make_one_job(campaign: Campaign):
    campaign.with_voters(3)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: campaign.post_send(key="enviar-1"), range(6)))
    # Two at once wait for each other; the others are told when to ask again, and then get the same.
    assert {answer.status_code for answer in answers} <= {202, 429}
    assert all(int(a.headers["Retry-After"]) > 0 for a in answers if a.status_code == 429)
    answers.append(campaign.post_send(key="enviar-1"))
    assert len({answer.text for answer in answers if answer.status_code == 202}) == 1
    assert len(_jobs(campaign)) == 1
    eventually(lambda: _jobs(campaign)[0]["status"] == "completed")
    assert [len(campaign.stage.meta.sent_to(phone)) for phone in campaign.phones] == [1, 1, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"filters": {"section": ["12"]}},
        {"personalization": PERSONALIZATION | {"3": "12"}},
        {"scheduled_at": "2099-01-01T00:00:00Z"},
    ],
)
def test_key_of_another_request_is_refused(campaign: Campaign, change):
    campaign.with_voters(2)
    campaign.post_send(key="enviar-1")
    answer = campaign.post_send(campaign.body(**change), key="enviar-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert len(_jobs(campaign)) == 1


def test_key_belongs_to_its_campaign(campaign: Campaign, other_campaign: Campaign):
    first = campaign.with_voters(1).post_send(key="enviar-1").json()
    second = other_campaign.with_voters(1).post_send(key="enviar-1").json()
    assert first["job_id"] != second["job_id"]


@pytest.mark.parametrize("at_once", [False, True])
def test_repeated_shard_makes_each_task_once(campaign: Campaign, at_once):
    job = campaign.with_voters(20).hold_tasks().start_job()
    eventually(job.enqueued)
    campaign.stage.sql(
        "update public.wa_send_queue set enqueued_at = null, leased_until = null where job_id = %s",
        job.id,
    )
    shard = {"job_id": job.id, "from_position": 1, "to_position": 500}
    answers = _three_times(lambda: campaign.stage.push("fan_out", shard), at_once=at_once)
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["created"] for answer in answers) == 20
    campaign.release_tasks()
    assert job.ended()["sent_count"] == 20
    assert {len(campaign.stage.meta.sent_to(phone)) for phone in campaign.phones} == {1}


def said(body):
    return body.get("fate") or body["decision"]


@pytest.mark.parametrize("at_once", [False, True])
def test_repeated_task_sends_one_message(campaign: Campaign, at_once):
    job = campaign.with_voters(1).hold_tasks().start_job()
    [message] = job.message_ids()
    answers = _three_times(lambda: campaign.stage.deliver_task(message), at_once=at_once)
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(said(answer.json()) for answer in answers) == ["accepted", "done", "done"]
    campaign.release_tasks()
    assert job.ended()["sent_count"] == 1
    assert len(campaign.stage.meta.sent_to(campaign.phones[0])) == 1


def test_simultaneous_sweeps_announce_without_doubling(campaign: Campaign):
    campaign.set_sender("paused")
    job = campaign.with_voters(10).start_job()
    campaign.set_sender("ok")
    _three_times(campaign.stage.sweep, at_once=True)
    assert job.ended()["sent_count"] == 10
    assert {len(campaign.stage.meta.sent_to(phone)) for phone in campaign.phones} == {1}


def _jobs(campaign: Campaign):
    params = {"campaign_id": str(campaign.ids.campaign_id)}
    return campaign.ask("GET", "/jobs", params=params).json()["jobs"]


def _three_times(act, *, at_once):
    if not at_once:
        return [act() for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        return [future.result() for future in [pool.submit(act) for _ in range(3)]]
