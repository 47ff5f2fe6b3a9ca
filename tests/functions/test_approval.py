"""A message that needs a second look leaves when a second person has looked, and not before."""

import pytest

from devstack.stack.campaign import PERSONALIZATION
from tests.functions.campaigns import Campaign, Job
from tests.functions.problems import assert_problem
from tests.functions.test_templates_api import draft

WARNS = PERSONALIZATION | {"2": "la gran rifa"}
BLOCKS = PERSONALIZATION | {"2": "recoge tu despensa"}


@pytest.fixture
def waiting(campaign: Campaign) -> Job:
    return campaign.with_voters(4).start_job(personalization=WARNS)


def as_other(job: Job, role: str, path: str, **options):
    return job.campaign.as_new_member(role).ask("POST", f"/jobs/{job.id}/{path}", **options)


def test_nothing_leaves_before_a_second_person_approves(waiting: Job):
    campaign = waiting.campaign
    for message in waiting.message_ids():
        campaign.stage.deliver_task(message)
    campaign.stage.sweep()
    job = waiting.accounted()
    assert (job["pending_count"], job["approval"]) == (4, "waiting")
    assert job["waiting_for"] == waiting.summary["waiting_for"]
    assert job["waiting_for"]["reason"] == "approval"
    assert [found["phrase"] for found in waiting.summary["findings"]] == ["rifa"]
    assert not any(campaign.stage.meta.sent_to(phone) for phone in campaign.phones)

    answer = as_other(waiting, "admin", "approve", json={"reason": "Rifa con permiso."})
    assert (answer.status_code, answer.json()["status"]) == (200, "processing")
    assert waiting.ended()["sent_count"] == 4
    assert {len(campaign.stage.meta.sent_to(phone)) for phone in campaign.phones} == {1}


def test_creator_cannot_approve_their_own_job(waiting: Job):
    assert_problem(waiting.change("approve"), 403, "approval_by_creator", "job_id")
    assert_problem(waiting.change("resume"), 409, "approval_needed", "job_id")
    assert waiting.now()["approval"] == "waiting"


@pytest.mark.parametrize("role", ["promoter", "viewer"])
def test_role_that_may_not_approve_is_refused(waiting: Job, role):
    assert_problem(as_other(waiting, role, "approve"), 403, "forbidden", "campaign_id")


def test_second_person_may_leave_out_the_reason(waiting: Job):
    assert as_other(waiting, "owner", "approve").json()["approval"] == "given"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ("[]", "object_expected", ""),
        ('{"why": "x"}', "field_unknown", "why"),
        ('{"reason": 3}', "text_expected", "reason"),
        ("{", "malformed_json", ""),
    ],
)
def test_reason_that_cannot_be_read_is_refused(campaign: Campaign, body, code, field):
    path = f"/jobs/{campaign.ids.campaign_id}/approve"
    answer = campaign.ask("POST", path, data=body)
    assert_problem(answer, 400 if code == "malformed_json" else 422, code, field)


def test_blocked_job_says_phrase_article_and_field(campaign: Campaign):
    answer = campaign.with_voters(1).post_send(campaign.body(personalization=BLOCKS))
    assert_problem(answer, 422, "content_blocked", "template.body_text")
    assert "«recoge tu despensa»" in answer.json()["detail"]
    assert answer.json()["findings"][0]["article"] == "LGIPE art. 209.5"


def test_blocked_text_leaves_once_somebody_else_has_released_it(campaign: Campaign):
    campaign.with_voters(2)
    text = {
        "campaign_id": str(campaign.ids.campaign_id),
        "template_id": str(campaign.ids.template_id),
        "personalization": BLOCKS,
        "reason": "Cita de la denuncia.",
    }
    other = campaign.as_new_member("admin")
    released = other.ask("POST", "/content-releases", json=text)
    assert released.status_code == 201, released.text

    body = campaign.body(personalization=BLOCKS)
    assert_problem(other.post_send(body), 422, "content_blocked", "template.body_text")
    job = campaign.start_job(personalization=BLOCKS)
    assert job.summary["findings"][0]["release_id"] == released.json()["release_id"]
    assert job.ended()["sent_count"] == 2


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"reason": None}, "text_expected", "reason"),
        ({"reason": " "}, "field_missing", "reason"),
        ({"campaign_id": None}, "field_missing", "campaign_id"),
        ({"template_id": "x"}, "id_invalid", "template_id"),
        ({"template": []}, "object_expected", "template"),
        ({"personalization": 3}, "object_expected", "personalization"),
    ],
)
def test_release_that_cannot_be_read_is_refused(campaign: Campaign, change, code, field):
    text = {
        "campaign_id": str(campaign.ids.campaign_id),
        "template_id": str(campaign.ids.template_id),
        "reason": "Cita.",
    }
    answer = campaign.ask("POST", "/content-releases", json=text | change)
    assert_problem(answer, 422, code, field)


def test_blocked_template_is_made_once_somebody_else_has_released_it(campaign: Campaign):
    offer = draft(campaign, body_text="Recoge tu despensa.", sample_values={})
    answer = campaign.ask("POST", "/templates", target="templates", json=offer)
    assert_problem(answer, 422, "content_blocked", "body_text")

    text = {name: value for name, value in offer.items() if name != "campaign_id"}
    release = {"campaign_id": offer["campaign_id"], "template": text, "reason": "Cita."}
    other = campaign.as_new_member("owner")
    assert other.ask("POST", "/content-releases", json=release).status_code == 201
    made = campaign.ask("POST", "/templates", target="templates", json=offer)
    assert made.status_code == 201, made.text


def test_template_that_needs_a_second_look_says_so(campaign: Campaign):
    raffle = draft(campaign, body_text="Ven a la gran rifa.", sample_values={})
    made = campaign.ask("POST", "/templates", target="templates", json=raffle)
    assert made.status_code == 201, made.text
    assert {
        "code": "content_warning",
        "detail": (
            "Los envíos con esta plantilla requieren segunda aprobación por la frase"
            " «rifa» (LGIPE art. 209.5)."
        ),
        "field": "body_text",
    } in made.json()["warnings"]
