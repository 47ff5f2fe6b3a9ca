"""A template is made once, told to Meta once, and no message leaves with another's text."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from devstack.stack.campaign import FOOTER
from tests.campaign import WABA, Campaign, call, phone
from tests.campaign_queue import age, deliver_all
from tests.database.template_makers import (
    META_ID,
    approve,
    claiming,
    creating,
    deleting,
    draft,
    editing,
    recording,
    run,
    sending,
    take,
    telling,
    template,
)
from tests.database.transactions import miscounted, overlap

MEMBERS = ("authenticated", "authenticated")
MEMBER_AND_SERVICE = ("authenticated", "postgres")
SERVICE_AND_MEMBER = ("postgres", "authenticated")  # whose own functions ask for the member, too
OTHER = {"body_text": "Hola {{1}}, ya no te esperamos."}
SAME = {"body_text": draft()["body_text"]}


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(3)


def send(campaign, **values):
    return run(campaign, sending(campaign, **values), role="authenticated")["job_id"]


def state(campaign, job):
    row = campaign.job(job)
    return row["status"], row["paused_by"]


def resume(campaign, job):
    return campaign.as_member("public.wa_resume_job", p_job_id=job)["status"]


# Who comes first.
def test_two_requests_for_one_template_make_one(campaign):
    first, second = overlap(campaign, creating(campaign), creating(campaign), roles=MEMBERS)
    assert first == second
    assert campaign.rows("select count(*) as n from public.wa_templates where name = 'visita'") == [
        {"n": 1}
    ]


def test_two_templates_of_one_name_are_not_made_at_once(campaign):
    with pytest.raises(psycopg.Error, match="template_name_taken"):
        overlap(campaign, creating(campaign), creating(campaign, **OTHER), roles=MEMBERS)
    assert template(campaign)["body_text"] == draft()["body_text"]


def test_two_machines_claim_one_change_and_one_tells_meta(campaign):
    run(campaign, creating(campaign), role="authenticated")
    first, second = overlap(campaign, claiming(campaign, uuid4()), claiming(campaign, uuid4()))
    assert (first["decision"], second) == ("go", {"decision": "busy"})


@pytest.mark.parametrize("outcome", ["refused", "unknown"])
def test_word_of_one_that_lost_its_claim_is_not_the_last(campaign, outcome):
    run(campaign, creating(campaign), role="authenticated")
    early, late = uuid4(), uuid4()
    run(campaign, claiming(campaign, early))
    campaign.rows("update public.wa_templates set change_claimed_at = now() - interval '3 minutes'")
    assert run(campaign, claiming(campaign, late))["again"]
    overlap(
        campaign,
        recording(campaign, early, outcome, reason="El nombre ya existe."),
        recording(campaign, late, "accepted", meta_template_id="7", status="pending"),
    )
    row = template(campaign)
    assert (row["status"], row["change"], row["meta_template_id"]) == ("pending", None, "7")


def test_acceptance_of_one_that_lost_its_claim_counts(campaign):
    run(campaign, creating(campaign), role="authenticated")
    early, late = uuid4(), uuid4()
    run(campaign, claiming(campaign, early))
    campaign.rows("update public.wa_templates set change_claimed_at = now() - interval '3 minutes'")
    run(campaign, claiming(campaign, late))
    overlap(
        campaign,
        recording(campaign, early, "accepted", meta_template_id="7", status="pending"),
        recording(campaign, late, "refused", reason="El nombre ya existe."),
    )
    row = template(campaign)
    assert (row["status"], row["meta_template_id"], row["rejected_reason"]) == (
        "pending",
        "7",
        None,
    )


# What changes a template, with whom it waits for and what that is told.
CHANGES = {
    "edit": (lambda campaign: editing(campaign, **OTHER), "template_not_approved", "in_use"),
    "deletion": (deleting, "template_not_approved", "in_use"),
    "Meta's other text": (
        lambda campaign: telling(campaign, content=OTHER),
        "template_changed",
        "template_changed",
    ),
    "Meta's pause": (
        lambda campaign: telling(campaign, status="paused"),
        "template_not_approved",
        "template",
    ),
}


@pytest.mark.parametrize(("change", "refusal", "_"), CHANGES.values(), ids=CHANGES)
def test_job_that_waited_for_a_change_of_its_template_is_not_made(campaign, change, refusal, _):
    approve(campaign)
    with pytest.raises(psycopg.Error, match=refusal):
        overlap(campaign, change(campaign), sending(campaign), roles=SERVICE_AND_MEMBER)
    assert campaign.rows("select from public.communications") == []


@pytest.mark.parametrize(("change", "_", "outcome"), CHANGES.values(), ids=CHANGES)
def test_change_that_waited_for_a_job_of_its_template_finds_it(campaign, change, _, outcome):
    approve(campaign)
    both = (sending(campaign), change(campaign))
    if outcome == "in_use":
        with pytest.raises(psycopg.Error, match="template_in_use"):
            overlap(campaign, *both, roles=MEMBERS)
        assert template(campaign)["change"] is None
    else:
        overlap(campaign, *both, roles=MEMBER_AND_SERVICE)
        [job] = campaign.rows("select status, paused_by from public.communications")
        assert job == {"status": "paused", "paused_by": outcome}


# Jobs of a template that shows something else.
@pytest.mark.parametrize("paused", [False, True])
def test_open_jobs_stop_when_meta_shows_another_text(campaign, paused):
    approve(campaign)
    job = send(campaign)
    if paused:
        campaign.as_member("public.wa_pause_job", p_job_id=job)
    told = run(campaign, telling(campaign, content=OTHER))
    assert (told["templates"], told["jobs_paused"]) == (1, 1)
    assert state(campaign, job) == ("paused", "template_changed")
    assert campaign.job(job)["status_reason"].endswith("cancélalo y crea otro.")
    row = template(campaign)
    assert (row["body_text"], row["version"]) == (OTHER["body_text"], 2)


def test_stopped_job_goes_on_only_with_the_text_that_it_was_made_with(campaign):
    approve(campaign)
    job = send(campaign)
    run(campaign, telling(campaign, 1, content=OTHER))
    with pytest.raises(psycopg.Error, match="template_changed"):
        resume(campaign, job)
    run(campaign, telling(campaign, 2, status="paused"))
    run(campaign, telling(campaign, 3, status="approved"))
    assert state(campaign, job) == ("paused", "template_changed")
    campaign.as_member("public.wa_pause_job", p_job_id=job)  # makes it the user's pause
    with pytest.raises(psycopg.Error, match="template_changed"):
        resume(campaign, job)
    run(campaign, telling(campaign, 4, content=SAME))
    assert template(campaign)["version"] == 3
    assert resume(campaign, job) == "processing"
    assert send(campaign) != job


def test_stopped_job_can_be_cancelled_and_another_one_sent(campaign):
    approve(campaign)
    job = send(campaign)
    run(campaign, telling(campaign, content=OTHER))
    assert campaign.as_member("public.wa_cancel_job", p_job_id=job)["status"] == "cancelled"
    assert campaign.job(send(campaign))["template_version"] == 2


def test_older_word_about_a_text_that_comes_late_changes_nothing(campaign):
    approve(campaign)
    run(campaign, telling(campaign, 2, content=OTHER))
    run(campaign, telling(campaign, 1, content=SAME))
    assert template(campaign)["body_text"] == OTHER["body_text"]


def test_listing_that_was_asked_for_before_an_edit_does_not_undo_it(campaign):
    approve(campaign)
    run(campaign, editing(campaign, **OTHER), role="authenticated")
    take(campaign)
    run(campaign, telling(campaign, -1, content=SAME))
    assert template(campaign)["body_text"] == OTHER["body_text"]


@pytest.mark.parametrize(
    "content",
    [
        None,
        {},
        [],
        "x",
        {"body_text": None},
        {"body_text": "  Hola {{1}}, te esperamos.\r\n"},
        {"header_format": None, "header_text": None, "footer_text": FOOTER, "buttons": []},
        {"header_format": "UNKNOWN", "parameter_format": "MIXED", "buttons": {}},
        {"parameter_format": "POSITIONAL", "unsupported": [], "strange": 7},
    ],
)
def test_what_says_nothing_else_than_we_know_stops_nothing(campaign, content):
    approve(campaign)
    job = send(campaign)
    run(campaign, telling(campaign, content=content))
    assert state(campaign, job) == ("processing", None)
    assert template(campaign)["version"] == 1


REPLY = {"type": "QUICK_REPLY", "text": "BAJA", "payload": "BAJA_1"}
LINK = {"type": "URL", "text": "Ver", "url": "https://example.mx/{{1}}"}
CALL = {"type": "PHONE_NUMBER", "text": "Llamar", "phone_number": "+52 55 1234 5678"}
CODE = {"type": "COPY_CODE"}


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        ({"link_buttons": [LINK, CALL]}, False),
        ({"link_buttons": [LINK, CALL | {"phone_number": "525512345678"}]}, False),
        ({"link_buttons": [LINK | {"url": "https://otro.mx/{{1}}"}, CALL]}, True),
        ({"link_buttons": [LINK]}, True),
        ({"buttons": [{"type": "quick_reply", "text": "BAJA"}, LINK, CALL, CODE]}, False),
        ({"buttons": [REPLY, LINK, CALL, CODE | {"text": "Copy offer code"}]}, False),
        ({"buttons": [REPLY | {"text": "Salir"}, LINK, CALL, CODE]}, True),
        ({"buttons": [REPLY, CALL, LINK, CODE]}, True),
        ({"unsupported": ["CAROUSEL"]}, True),
    ],
)
def test_buttons_are_compared_without_what_is_ours_alone(campaign, content, changes):
    approve(campaign, buttons=[REPLY, LINK, CALL, CODE])
    job = send(campaign, **{"button.1": "x", "button.3": "VOTA2027"})
    run(campaign, telling(campaign, content=content))
    assert (state(campaign, job)[0] == "paused") is changes
    kept = [button.get("payload") for button in template(campaign)["buttons"]]
    assert kept[0] == (None if "Salir" in str(content) else "BAJA_1")


def test_links_that_meta_changed_stand_where_ours_stood(campaign):
    approve(campaign, buttons=[REPLY, LINK, CALL, CODE])
    other = LINK | {"url": "https://otro.mx"}
    run(campaign, telling(campaign, content={"link_buttons": [other, CALL, LINK]}))
    assert template(campaign)["buttons"] == [REPLY, other, CALL, CODE, LINK]


def test_template_with_a_part_that_no_job_can_fill_in_sends_nothing(campaign):
    approve(campaign)
    run(campaign, telling(campaign, 1, content={"unsupported": ["CAROUSEL"]}))
    with pytest.raises(psycopg.Error, match="template_part_unsupported"):
        send(campaign)
    run(campaign, telling(campaign, 2, content={"unsupported": []}))
    send(campaign)


def lose_all(campaign, job):
    """Lose Meta's answer to each of its messages, and let a day pass."""
    deliver_all(campaign, job, 1, 2, 3, answer="unknown")
    age(campaign, "1 day")
    assert campaign.job(job)["status"] == "failed"


def test_job_that_is_opened_again_after_an_edit_stops(campaign):
    """A message that was given up as unknown is sent again, weeks later."""
    approve(campaign)
    job = send(campaign)
    lose_all(campaign, job)
    run(campaign, editing(campaign, **OTHER), role="authenticated")
    take(campaign, status="approved")
    campaign.as_member("public.wa_resolve_unknown", p_job_id=job, p_resolution="resend")
    assert state(campaign, job) == ("paused", "template_changed")
    assert not miscounted(campaign)


def test_job_that_is_opened_again_with_its_text_goes_on(campaign):
    approve(campaign)
    job = send(campaign)
    lose_all(campaign, job)
    campaign.as_member("public.wa_resolve_unknown", p_job_id=job, p_resolution="resend")
    assert state(campaign, job) == ("processing", None)


def test_ended_job_leaves_its_template_to_be_edited(campaign):
    approve(campaign)
    job = send(campaign)
    deliver_all(campaign, job, 1, 2, 3)
    assert campaign.job(job)["status"] == "completed"
    run(campaign, editing(campaign, **OTHER), role="authenticated")
    assert template(campaign)["change"] == "edit"


def test_edit_that_an_event_shows_is_ours_though_it_names_links_alone(campaign):
    approve(campaign, buttons=[REPLY, LINK])
    after = OTHER | {"buttons": [REPLY | {"text": "Salir"}, LINK | {"url": "https://otro.mx"}]}
    run(campaign, editing(campaign, **after), role="authenticated")
    told = {"body_text": OTHER["body_text"], "link_buttons": after["buttons"][1:]}
    run(campaign, telling(campaign, content=told))
    row = template(campaign)
    assert (row["change"], row["status"], row["buttons"]) == (None, "pending", after["buttons"])


def test_listing_that_shows_another_text_stops_its_jobs_once(campaign):
    approve(campaign)
    job = send(campaign)
    assert listing(campaign, content=SAME)["templates"] == 0
    assert listing(campaign, content=OTHER)["templates"] == 1
    assert state(campaign, job) == ("paused", "template_changed")
    assert listing(campaign, content=OTHER)["templates"] == 0
    assert template(campaign)["version"] == 2


def listing(campaign, **members):
    row = template(campaign)
    told = {"meta_template_id": META_ID, "name": row["meta_template_name"], "language": "es_MX"}
    told |= {"status": "approved", "category": "MARKETING"} | members
    return campaign.as_service(
        "public.wa_apply_sync",
        p_waba_id=WABA,
        p_at=datetime.now(UTC) + timedelta(minutes=1),
        p_templates=[told],
        p_senders=Jsonb([]),
    )


def test_test_belongs_to_the_version_that_it_shows(campaign):
    approve(campaign)
    run(campaign, telling(campaign, content=OTHER))
    number = {"p_campaign_id": campaign.id, "p_phone": phone(0), "p_label": "Ana"}
    campaign.as_member("public.wa_add_test_number", **number)
    made = campaign.as_member(
        "public.wa_test_template",
        p_template_id=template(campaign)["id"],
        p_phone=phone(0),
        p_personalization={"1": "Ana"},
        p_idempotency_key="a",
    )
    assert campaign.job(made["job_id"])["template_version"] == 2


# Whose template it is.
def test_event_about_another_campaign_s_template_of_the_name_is_not_ours(campaign):
    other = Campaign.create(campaign.dsn)
    approve(campaign)
    approve(other)
    other.rows(
        "update public.wa_templates set meta_template_id = '72' where campaign_id = %s", other.id
    )
    named = {"meta_template_id": None, "name": template(campaign)["meta_template_name"]}
    run(campaign, telling(campaign, status="paused", language="es_MX", **named))
    assert [template(c)["status"] for c in (campaign, other)] == ["paused", "approved"]


def test_template_that_meta_lists_before_its_answer_came_is_the_one(campaign):
    run(campaign, creating(campaign), role="authenticated")
    claim = uuid4()
    run(campaign, claiming(campaign, claim))
    listing(campaign, status="pending", category="UTILITY")
    row = template(campaign)
    assert (row["meta_template_id"], row["category"], row["change"]) == (META_ID, "UTILITY", None)
    late = recording(campaign, claim, "refused", reason="El nombre ya existe.")
    assert run(campaign, late)["status"] == "pending"


# Files and codes.
FILE = {"kind": "IMAGE", "mime_type": "image/png", "bytes": 9, "sha256": "a" * 64, "filename": None}


def upload(campaign, media_id):
    asked = {"p_campaign_id": campaign.id, "p_file": FILE}
    upload_id = campaign.as_member("public.wa_begin_upload", **asked)["upload_id"]
    told = campaign.as_service("public.wa_claim_upload", p_upload_id=upload_id)
    assert told == {"phone_number_id": campaign.phone_number_id, "credential": "default"}
    return campaign.as_service(
        "public.wa_record_upload",
        p_upload_id=upload_id,
        p_meta_media_id=media_id,
        p_meta_handle=f"4::{media_id}",
    )


def test_uploaded_file_becomes_a_header_and_its_sample(campaign):
    assert upload(campaign, "77")["id"] == "77"
    image = {"header_format": "IMAGE", "header_media": {"id": "77"}}
    run(campaign, creating(campaign, **image), role="authenticated")
    order = run(campaign, claiming(campaign, uuid4()))
    assert (order["sample_handle"], order["draft"]["header_media"]) == ("4::77", {"id": "77"})


def test_file_of_another_campaign_or_kind_is_none(campaign):
    upload(Campaign.create(campaign.dsn), "77")
    upload(campaign, "78")
    for header in (("IMAGE", "77"), ("VIDEO", "78")):
        kind, media_id = header
        shown = {"header_format": kind, "header_media": {"id": media_id}}
        with pytest.raises(psycopg.Error, match="media_not_found"):
            run(campaign, creating(campaign, **shown), role="authenticated")


def test_file_that_meta_forgets_before_the_job_is_refused(campaign):
    upload(campaign, "77")
    approve(campaign, header_format="IMAGE", header_media={"id": "77"})
    send(campaign)
    campaign.rows("update public.wa_media set expires_at = now() - interval '1 second'")
    for refused in (
        sending(campaign),
        creating(campaign, name="otra", header_format="IMAGE", header_media={"id": "77"}),
    ):
        with pytest.raises(psycopg.Error, match=r"template_header_expired|media_expired"):
            run(campaign, refused, role="authenticated")


def test_file_that_was_uploaded_for_another_number_is_refused(campaign):
    upload(campaign, "77")
    approve(campaign, header_format="IMAGE", header_media={"id": "77"})
    job = send(campaign)
    campaign.with_settings(sender_id=Campaign.create(campaign.dsn).sender_id)
    again = {"name": "otra", "header_format": "IMAGE", "header_media": {"id": "77"}}
    for refused, code in (
        (sending(campaign), "template_header_expired"),
        (creating(campaign, **again), "media_not_found"),
        (moving(job), "template_header_expired"),
    ):
        with pytest.raises(psycopg.Error, match=code):
            run(campaign, refused, role="authenticated")
    assert campaign.job(job)["sender_id"] == campaign.sender_id


def moving(job):
    return lambda db: call(db, "public.wa_move_job", p_job_id=job)


@pytest.mark.parametrize(
    "file",
    [
        {},
        [],
        "x",
        FILE | {"bytes": 10**9},
        FILE | {"bytes": 1.5},
        FILE | {"bytes": "9"},
        FILE | {"sha256": "x"},
        FILE | {"filename": ""},
        FILE | {"kind": "GIF"},
        FILE | {"mime_type": None},
    ],
)
def test_file_that_no_row_could_be_made_of_is_refused(campaign, file):
    described = {"p_campaign_id": campaign.id, "p_file": Jsonb(file)}
    with pytest.raises(psycopg.Error, match="value_invalid"):
        campaign.as_member("public.wa_begin_upload", **described)


@pytest.mark.parametrize(
    "code", ["", "VOTA 27", "Ñ", "a" * 16, "{{voter.section}}", "{{campaign.name}}"]
)
def test_code_that_meta_would_not_take_is_refused(campaign, code):
    approve(campaign, buttons=[CODE])
    with pytest.raises(psycopg.Error, match="personalization_invalid"):
        send(campaign, **{"button.0": code})


def test_code_of_a_button_is_asked_for(campaign):
    approve(campaign, buttons=[CODE])
    with pytest.raises(psycopg.Error, match="personalization_missing"):
        send(campaign)
    job = send(campaign, **{"button.0": "VOTA2027"})
    assert {m["template_params"]["button.0"] for m in campaign.messages(job)} == {"VOTA2027"}
