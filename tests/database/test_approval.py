"""What may buy votes is not created; what needs a second look waits for a second person."""

import json
from uuid import uuid4

import psycopg
import pytest

from tests.campaign import Campaign, call, insert, phone, session
from tests.database.transactions import overlap

PLAIN = {"1": "{{voter.first_name}}", "2": "{{campaign.name}}"}
WARNS = {"1": "{{voter.first_name}}", "2": "la gran rifa"}
BLOCKS = {"1": "{{voter.first_name}}", "2": "recoge tu despensa"}
OFFER = {
    "name": "oferta",
    "category": "MARKETING",
    "language": "es_MX",
    "body_text": "Denunciamos a quien diga: ven y recoge tu despensa.",
}


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(3)


def somebody_else(campaign, role="admin"):
    user = uuid4()
    with session(campaign.dsn) as db:
        insert(db, "auth.users", id=user, email=f"{user}@example.org")
        row = {"campaign_id": campaign.id, "user_id": user, "role": role}
        insert(db, "public.campaign_members", **row)
    return user


def as_user(campaign, user, function, **arguments):
    """The answer, or the code of the refusal."""
    try:
        with session(campaign.dsn, "authenticated", user) as db:
            return call(db, function, **arguments)
    except psycopg.Error as refusal:
        return refusal.diag.message_primary


def approve(campaign, user, job, reason=None):
    return as_user(campaign, user, "public.wa_approve_job", p_job_id=job, p_reason=reason)


def release(campaign, user, **what):
    return as_user(
        campaign,
        user,
        "public.wa_release_content",
        p_campaign_id=campaign.id,
        p_reason="Es una cita.",
        **what,
    )


def created(campaign, personalization, user=None):
    """The job's id, or the code of the refusal."""
    try:
        return campaign.create_job(personalization=personalization, user=user)["job_id"]
    except psycopg.Error as refusal:
        return refusal.diag.message_primary


def entries(campaign, act):
    return campaign.rows(
        "select actor, job_id::text, details from public.wa_audit_log where act = %s", act
    )


def leased(campaign, job):
    arguments = {"p_job_id": job, "p_from": 1, "p_to": 500}
    return campaign.as_service("public.wa_lease_shard", **arguments)["tasks"]


# Jobs


def test_what_may_buy_votes_is_refused_and_nothing_is_written(campaign):
    with pytest.raises(psycopg.Error) as refusal:
        campaign.create_job(personalization=BLOCKS)

    said = refusal.value.diag
    answer = json.loads(said.message_detail)
    assert (said.sqlstate, said.message_primary) == ("PT422", "content_blocked")
    assert said.message_hint == "template.body_text"
    assert "«recoge tu despensa»" in answer["detail"]
    assert "209.5" in answer["detail"]
    assert answer["findings"][0]["rule"] == "handout"
    for table in ("communications", "wa_send_queue"):
        assert campaign.rows(f"select from public.{table}") == []


def test_harmless_job_waits_for_nobody(campaign):
    summary = campaign.create_job(personalization=PLAIN)

    job = campaign.job(summary["job_id"])
    assert (job["status"], job["approval"], summary["findings"]) == ("processing", None, [])
    assert approve(campaign, somebody_else(campaign), job["job_id"]) == "approval_not_needed"


def test_job_that_needs_a_second_look_waits(campaign):
    summary = campaign.create_job(personalization=WARNS)
    job = campaign.as_member("public.wa_get_job", p_job_id=summary["job_id"])

    assert [(f["class"], f["phrase"]) for f in summary["findings"]] == [("WARN", "rifa")]
    assert summary["waiting_for"]["reason"] == job["waiting_for"]["reason"] == "approval"
    assert (job["status"], job["status_reason"]) == ("paused", "Requiere segunda aprobación.")
    assert (job["approval"], job["findings"]) == ("waiting", summary["findings"])
    [entry] = entries(campaign, "job_created")
    [lexicon] = campaign.rows("select version from wa.content_lexicons")
    assert entry["details"]["lexicon"] == lexicon["version"]
    assert entry["details"]["summary"]["findings"] == summary["findings"]


def test_nothing_leaves_before_somebody_else_approves(campaign):
    job = created(campaign, WARNS)
    message = campaign.messages(job)[0]["id"]
    assert leased(campaign, job) == []
    assert campaign.rows("select from public.wa_due_shards()") == []
    assert campaign.claim(message)["decision"] != "send"

    assert (
        approve(campaign, somebody_else(campaign), job, "Rifa autorizada.")["approval"] == "given"
    )
    assert len(leased(campaign, job)) == 3
    assert campaign.claim(message)["decision"] == "send"
    [entry] = entries(campaign, "job_approved")
    assert entry["details"]["reason"] == "Rifa autorizada."
    assert [f["phrase"] for f in entry["details"]["findings"]] == ["rifa"]


@pytest.mark.parametrize("role", ["promoter", "viewer"])
def test_role_that_may_not_approve_is_refused(campaign, role):
    job = created(campaign, WARNS)

    assert approve(campaign, somebody_else(campaign, role), job) == "forbidden"
    assert campaign.job(job)["approval"] == "waiting"


def test_creator_cannot_approve_their_own_job_whatever_their_role(campaign):
    for role in ("owner", "admin"):
        creator = somebody_else(campaign, role)
        job = created(campaign, WARNS, creator)
        assert approve(campaign, creator, job) == "approval_by_creator"
        assert campaign.job(job)["status"] == "paused"


def test_no_other_way_leads_around_the_approval(campaign):
    job, other = created(campaign, WARNS), somebody_else(campaign)
    for action in ("wa_resume_job", "wa_pause_job", "wa_resume_job", "wa_move_job"):
        for user in (campaign.member, other):
            as_user(campaign, user, f"public.{action}", p_job_id=job)
    said = as_user(campaign, other, "public.wa_resume_job", p_job_id=job)

    assert (said, leased(campaign, job)) == ("approval_needed", [])
    with pytest.raises(psycopg.errors.CheckViolation):
        campaign.rows("update public.communications set status = 'processing'")


def test_pause_of_its_user_outlives_the_approval(campaign):
    job, other = created(campaign, WARNS), somebody_else(campaign)
    campaign.as_member("public.wa_pause_job", p_job_id=job)

    assert approve(campaign, other, job)["status"] == "paused"
    assert as_user(campaign, other, "public.wa_resume_job", p_job_id=job)["status"] == "processing"


def test_approval_does_not_outlive_the_text(campaign):
    job = created(campaign, WARNS)
    campaign.with_template(body_text="Hola {{1}}, hoy {{2}}")

    assert approve(campaign, somebody_else(campaign), job) == "template_changed"


def test_cancelled_job_is_not_approved(campaign):
    job = created(campaign, WARNS)
    campaign.as_member("public.wa_cancel_job", p_job_id=job)

    assert approve(campaign, somebody_else(campaign), job) == "job_not_open"


def approving(job):
    return lambda db: call(db, "public.wa_approve_job", p_job_id=job)


def test_two_who_approve_at_once_are_one_approval(campaign):
    job = created(campaign, WARNS, somebody_else(campaign))

    answers = overlap(
        campaign, approving(job), approving(job), roles=("authenticated", "authenticated")
    )

    assert [answer["status"] for answer in answers] == ["processing", "processing"]
    assert len(entries(campaign, "job_approved")) == 1


def test_of_approval_and_cancel_at_once_cancel_stays(campaign):
    roles = ("authenticated", "authenticated")
    first, second = (created(campaign, WARNS, somebody_else(campaign)) for _ in range(2))

    overlap(
        campaign,
        approving(first),
        lambda db: call(db, "public.wa_cancel_job", p_job_id=first),
        roles=roles,
    )
    with pytest.raises(psycopg.Error, match="job_not_open"):
        overlap(
            campaign,
            lambda db: call(db, "public.wa_cancel_job", p_job_id=second),
            approving(second),
            roles=roles,
        )
    assert [campaign.job(job)["status"] for job in (first, second)] == ["cancelled"] * 2


def test_waiting_job_raises_no_alarm(campaign):
    created(campaign, WARNS)

    assert campaign.as_service("public.wa_health")["paused_jobs"] == 0


def test_same_key_finds_the_job_that_waits(campaign):
    first, again = (campaign.create_job(personalization=WARNS, key="same") for _ in range(2))

    assert first == again


def test_preview_tells_what_will_be_found(campaign):
    preview = campaign.as_member(
        "public.wa_preview_audience",
        p_campaign_id=campaign.id,
        p_filters={},
        p_template_id=campaign.template_id,
        p_personalization=BLOCKS,
    )

    assert [finding["class"] for finding in preview["findings"]] == ["BLOCK", "WARN"]


# Templates and tests


def made(campaign, user=None, **changes):
    return as_user(
        campaign,
        user or campaign.member,
        "public.wa_create_template",
        p_campaign_id=campaign.id,
        p_draft=OFFER | changes,
    )


def test_template_that_may_buy_votes_is_not_made(campaign):
    with pytest.raises(psycopg.Error, match="content_blocked") as refusal:
        campaign.as_member(
            "public.wa_create_template",
            p_campaign_id=campaign.id,
            p_draft=OFFER
            | {
                "body_text": "Hola.",
                "buttons": [
                    {"type": "QUICK_REPLY", "text": "Vendo mi voto"},
                    {"type": "QUICK_REPLY", "text": "Compro tu voto"},
                ],
            },
        )
    assert refusal.value.diag.message_hint == "buttons.1"


def test_template_that_needs_a_second_look_is_made_and_says_so(campaign):
    answer = made(campaign, body_text="Ven a la rifa.")

    assert [(f["class"], f["field"]) for f in answer["findings"]] == [("WARN", "body_text")]


def test_edit_that_may_buy_votes_is_refused(campaign):
    template = made(campaign, body_text="Ven a la plaza.")["template_id"]
    edit = {"p_template_id": template, "p_version": 1, "p_draft": OFFER}
    campaign.rows("update public.wa_templates set change = null, status = 'approved'")
    offer = edit | {"p_draft": OFFER | {"body_text": "Recoge tu despensa."}}

    assert as_user(campaign, campaign.member, "public.wa_edit_template", **offer) == (
        "content_blocked"
    )


@pytest.mark.parametrize(
    ("values", "code"), [(WARNS | {"1": "Ana"}, None), (BLOCKS | {"1": "Ana"}, "content_blocked")]
)
def test_test_is_held_back_by_what_blocks_alone(campaign, values, code):
    campaign.with_test_number(phone(900))
    said = as_user(
        campaign,
        campaign.member,
        "public.wa_test_template",
        p_template_id=campaign.template_id,
        p_phone=phone(900),
        p_personalization=values,
        p_idempotency_key="k",
    )

    if code:
        assert said == code
    else:
        [entry] = entries(campaign, "test_sent")
        assert [f["phrase"] for f in entry["details"]["findings"]] == ["rifa"]


# Releases


def test_released_text_leaves_for_others_than_who_released_it(campaign):
    other = somebody_else(campaign)
    answer = release(campaign, other, p_template_id=campaign.template_id, p_personalization=BLOCKS)

    assert created(campaign, BLOCKS, other) == "content_blocked"
    job = campaign.job(created(campaign, BLOCKS))
    assert job["status"] == "processing"
    found = job["metadata"]["summary"]["findings"]
    assert [one["release_id"] for one in found] == [answer["release_id"]] * 2
    [entry] = entries(campaign, "content_released")
    assert (entry["details"]["release_id"], entry["details"]["reason"]) == (
        answer["release_id"],
        "Es una cita.",
    )


def test_other_text_than_the_released_one_stays_blocked(campaign):
    release(
        campaign,
        somebody_else(campaign),
        p_template_id=campaign.template_id,
        p_personalization=BLOCKS,
    )

    for other in ("recoge tu despensa hoy", "Recoge tu despensa", "recoge tu tinaco"):
        assert created(campaign, BLOCKS | {"2": other}) == "content_blocked"


def test_release_ends_where_another_rule_begins(campaign):
    release(
        campaign,
        somebody_else(campaign),
        p_template_id=campaign.template_id,
        p_personalization=BLOCKS,
    )
    campaign.rows(
        "insert into wa.content_amendments (rule, class, article, pattern, note)"
        " values ('pantry', 'BLOCK', 'LGIPE art. 209.5', 'tu despensa', 'prueba')"
    )

    assert created(campaign, BLOCKS) == "content_blocked"


def test_release_is_of_one_campaign(campaign):
    neighbour = Campaign.create(campaign.dsn).with_voters(1)
    release(
        neighbour,
        somebody_else(neighbour),
        p_template_id=neighbour.template_id,
        p_personalization=BLOCKS,
    )

    assert created(campaign, BLOCKS) == "content_blocked"


def test_voters_value_is_not_released_with_the_text(campaign):
    campaign.add_voter(full_name="Ana. Compro tu voto", phone=phone(9))
    whole = {"1": "{{voter.full_name}}", "2": "recoge tu despensa"}
    release(
        campaign,
        somebody_else(campaign),
        p_template_id=campaign.template_id,
        p_personalization=whole,
    )

    assert created(campaign, whole) == "content_blocked"


def test_released_draft_may_be_made_by_others(campaign):
    offer = OFFER | {"body_text": "Recoge tu despensa."}
    other = somebody_else(campaign)
    assert made(campaign, **offer) == "content_blocked"
    release(campaign, other, p_draft=offer)

    assert made(campaign, other, **offer) == "content_blocked"
    assert all("release_id" in found for found in made(campaign, **offer)["findings"])


def test_text_that_nothing_blocks_needs_no_release(campaign):
    said = release(campaign, somebody_else(campaign), p_template_id=campaign.template_id)

    assert said == "release_not_needed"


@pytest.mark.parametrize("role", ["promoter", "viewer"])
def test_role_that_may_not_approve_releases_nothing(campaign, role):
    user = somebody_else(campaign, role)
    said = release(campaign, user, p_template_id=campaign.template_id, p_personalization=BLOCKS)

    assert (said, campaign.rows("select from wa.content_releases")) == ("forbidden", [])


@pytest.mark.parametrize(
    "change",
    [
        "delete from wa.content_releases",
        "update wa.content_releases set reason = 'otra'",
        "truncate wa.content_releases",
    ],
)
def test_release_is_never_changed(campaign, change):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        campaign.rows(change)
