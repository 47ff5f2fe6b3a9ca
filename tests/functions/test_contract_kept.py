"""Every answer that openapi.yaml promises comes: here those that no other test asks for."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from devstack.stack.campaign import FOOTER, PERSONALIZATION
from tests import openapi
from tests.consent_files import ANA, CONSENT, csv_of, with_column
from tests.functions.campaigns import Campaign, voter
from tests.functions.problems import assert_problem
from tests.functions.test_approval import BLOCKS, WARNS
from tests.functions.test_settings import get, put
from tests.functions.test_templates_api import PNG, created, draft, post
from tests.functions.test_when_to_send import UNDATED
from tests.security.test_identity import BAD
from tests.template_form_cases import PLAIN, RULES

HERE = Path(__file__)
NOWHERE = "8f14e45f-ceea-467f-a0e6-11aa22bb33cc"
# What needs an accident in the middle of a call, or comes of the Edge Function, is shown there.
ELSEWHERE = {
    "body_broken": "test_bodies.py",
    "body_too_slow": "security/test_doors.py",
    "bridge_timeout": "edge/messaging_test.ts",
    "bridge_unreachable": "functions/test_edge.py",
    "edge_not_configured": "edge/test_start.py",
    "google_unavailable": "edge/messaging_test.ts",
    "identity_unavailable": "security/test_identity.py",
    "internal_error": "test_http.py",
    "link_not_https": "adapters/test_public_files.py",
    "link_not_public": "adapters/test_public_files.py",
    "link_redirects": "adapters/test_public_files.py",
    "link_too_large": "adapters/test_public_files.py",
    "link_too_slow": "adapters/test_public_files.py",
    "media_content_mismatch": "rules/test_media_files.py",
    "media_empty": "rules/test_media_files.py",
    "media_too_large": "rules/test_media_files.py",
    "media_type_unsupported": "rules/test_media_files.py",
    "origin_not_allowed": "edge/messaging_test.ts",
    "pubsub_unavailable": "adapters/test_pubsub.py",
    "store_unreachable": "terraform/test_deployed.py",
    "template_changed": "database/test_template_changes.py",
    "token_refused": "security/test_machine_roles.py",
    "token_session_ended": "security/test_identity.py",
}


def ask(campaign: Campaign, method: str, path: str, **options):
    known = openapi.path_of(path.split("?", maxsplit=1)[0])
    target = "templates" if known.startswith(("/templates", "/media", "/test")) else "send"
    return campaign.ask(method, path, target=target, **options)


def said(answer, status: int, code: str) -> None:
    assert_problem(answer, status, code)


def without_number(campaign: Campaign) -> Campaign:
    campaign.set(sender_id=None)
    return campaign


def of(campaign: Campaign) -> str:
    return f"campaign_id={campaign.ids.campaign_id}"


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_form_that_meta_refuses_is_told_by_its_code(campaign: Campaign, rule):
    body = {"campaign_id": str(campaign.ids.campaign_id), "dry_run": True}
    # With all that a message must say, so that nothing is added to what is refused.
    answer = post(campaign, PLAIN | {"footer_text": FOOTER} | rule.refused | body)
    assert answer.status_code == 422, answer.text
    codes = {answer.json()["code"], *(each["code"] for each in answer.json().get("errors", ()))}
    assert rule.code in codes


@pytest.mark.parametrize("case", sorted(BAD))
def test_token_that_is_no_users_is_refused_with_its_code(campaign: Campaign, case):
    status, code, make = BAD[case]
    token = make(campaign.stage.stack.secrets.keys)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answer = campaign.stage.call("send", "GET", f"/settings?{of(campaign)}", headers=headers)
    # Who has a legacy token is asked of Supabase Auth, which knows nobody of that name here.
    assert answer.status_code in {status, 401}
    assert answer.json()["code"] in {code, "token_session_ended"}


def test_anonymous_user_is_refused_by_both_entry_points(campaign: Campaign):
    keys = campaign.stage.stack.secrets.keys
    token = keys.mint_user_token(campaign.ids.user_id, now=datetime.now(UTC), is_anonymous=True)
    headers = {"Authorization": f"Bearer {token}"}
    for path in (f"/settings?{of(campaign)}", f"/templates?{of(campaign)}"):
        said(ask(campaign, "GET", path, headers=headers), 403, "user_anonymous")


def test_id_with_a_slash_makes_another_address(campaign: Campaign):
    said(ask(campaign, "GET", "/jobs/a%2Fb"), 404, "path_not_found")


IDS = [
    ("DELETE", "/templates/1", {}),
    ("DELETE", "/voters/1/consent?campaign_id=" + NOWHERE, {}),
    ("GET", "/jobs/1/recipients", {}),
    ("POST", "/consents?campaign_id=1", {"data": csv_of()}),
    ("POST", "/jobs/1/unknown", {"json": {"resolution": "resend"}}),
    ("POST", "/media?campaign_id=1&kind=IMAGE", {"data": PNG}),
]


@pytest.mark.parametrize(("method", "path", "options"), IDS)
def test_what_is_no_id_is_told(campaign: Campaign, method, path, options):
    said(ask(campaign, method, path, **options), 422, "id_invalid")


def test_jobs_behind_one_that_does_not_exist_are_not_listed(campaign: Campaign):
    said(ask(campaign, "GET", f"/jobs?{of(campaign)}&before={NOWHERE}"), 404, "job_not_found")


# Jobs


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"canary": "yes"}, 422, "boolean_expected"),
        ({"filters": {"section": ["99"]}}, 422, "filter_value_unknown"),
    ],
)
def test_field_of_a_job_is_refused(campaign: Campaign, changes, status, code):
    said(campaign.with_voters(1).post_send(campaign.body(**changes)), status, code)


def test_campaign_without_voters_has_nobody_to_send_to(campaign: Campaign):
    said(campaign.post_send(), 422, "audience_empty")


def test_job_dearer_than_the_cap_is_refused(campaign: Campaign):
    campaign.with_voters(1).set(spending_cap_usd=0)
    said(campaign.post_send(), 409, "spending_cap_exceeded")


def test_job_that_the_deadline_would_cut_says_by_how_many(campaign: Campaign):
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    campaign.with_voters(30).set(zones=["Atlantic/Reykjavik"], campaign_end=tomorrow)
    campaign.stage.sql(
        "update public.wa_senders set rate_per_second = 0.1 where phone_number_id = %s",
        campaign.phone_number_id,
    )
    late = datetime.combine(tomorrow + timedelta(days=1), datetime.min.time(), UTC)
    body = campaign.body(scheduled_at=(late - timedelta(seconds=100)).isoformat())
    answer = campaign.post_send(body)
    said(answer, 409, "crosses_deadline")
    assert answer.json()["cut_count"] == 20


def test_two_hundredth_and_first_open_job_is_refused(campaign: Campaign):
    campaign.with_voters(1).hold_tasks().start_job()
    campaign.stage.sql(
        "insert into public.communications (campaign_id, template_id, created_by, sender_id,"
        " idempotency_key, template_version, metadata)"
        " select c.campaign_id, c.template_id, c.created_by, c.sender_id, n::text,"
        " c.template_version, c.metadata from public.communications c, generate_series(1, 199) n"
        " where c.campaign_id = %s",
        campaign.ids.campaign_id,
    )
    said(campaign.post_send(), 409, "too_many_jobs")
    campaign.stage.sql(
        "update public.communications set status = 'cancelled' where campaign_id = %s",
        campaign.ids.campaign_id,
    )


def test_preview_of_what_does_not_exist_is_refused(campaign: Campaign):
    body = campaign.with_voters(1).body(template_id=NOWHERE)
    said(ask(campaign, "POST", "/audience", json=body), 404, "template_not_found")
    body = without_number(campaign).body()
    said(ask(campaign, "POST", "/audience", json=body), 409, "sender_missing")


def test_part_that_no_job_fills_in_is_told(campaign: Campaign):
    statement = "update public.wa_templates set unsupported = '{carousel}' where id = %s"
    campaign.with_voters(1).stage.sql(statement, campaign.ids.template_id)
    said(campaign.post_send(), 409, "template_part_unsupported")


def with_file(campaign: Campaign) -> str:
    """Let the campaign's template show an uploaded image; return the image's id."""
    path = f"/media?{of(campaign)}&kind=IMAGE&filename=a.png"
    image = ask(campaign, "POST", path, data=PNG, headers={"Content-Type": "image/png"}).json()
    campaign.stage.sql(
        "update public.wa_templates set header_format = 'IMAGE',"
        " header_media = jsonb_build_object('id', %s::text) where id = %s",
        image["id"],
        campaign.ids.template_id,
    )
    return str(image["id"])


def forget(campaign: Campaign, image: str) -> None:
    statement = "update public.wa_media set expires_at = now() where meta_media_id = %s"
    campaign.stage.sql(statement, image)


def test_file_that_meta_forgot_is_sent_no_more(campaign: Campaign):
    image = with_file(campaign.with_voters(1).hold_tasks())
    job = campaign.start_job()
    forget(campaign, image)
    said(campaign.post_send(), 409, "template_header_expired")
    # Another number's file, too.
    other = Campaign.create(campaign.stage)
    campaign.set(sender_id=sender_of(other))
    said(job.change("sender"), 409, "template_header_expired")
    said(without_number(campaign) and job.change("sender"), 409, "sender_missing")


def sender_of(campaign: Campaign):
    query = "select sender_id from public.wa_campaign_settings where campaign_id = %s"
    return campaign.stage.sql(query, campaign.ids.campaign_id)[0][0]


def test_job_whose_text_changed_goes_on_for_nobody(campaign: Campaign):
    waiting = campaign.with_voters(1).hold_tasks().start_job(personalization=WARNS)
    paused = campaign.start_job()
    paused.change("pause")
    statement = "update public.wa_templates set footer_text = footer_text || '.' where id = %s"
    campaign.stage.sql(statement, campaign.ids.template_id)
    said(paused.change("resume"), 409, "template_changed")
    other = campaign.as_new_member("admin")
    said(ask(other, "POST", f"/jobs/{waiting.id}/approve"), 409, "template_changed")
    waiting.change("cancel")
    said(ask(other, "POST", f"/jobs/{waiting.id}/approve"), 409, "job_not_open")


def test_unknown_messages_are_not_resolved_by_a_body_that_says_nothing(campaign: Campaign):
    job = campaign.with_voters(1).hold_tasks().start_job()
    path = f"/jobs/{job.id}/unknown"
    said(ask(campaign, "POST", path, json=[]), 422, "object_expected")
    said(ask(campaign, "POST", path, json={"answer": 1}), 422, "field_unknown")
    campaign.set(**UNDATED)
    said(ask(campaign, "POST", path, json={"resolution": "resend"}), 409, "dates_missing")


# Content and settings


def release(campaign: Campaign, **more):
    body = {"campaign_id": str(campaign.ids.campaign_id), "reason": "Es lícito."}
    return ask(campaign, "POST", "/content-releases", json=body | more)


def test_release_of_what_does_not_exist_is_refused(campaign: Campaign):
    said(release(campaign, template_id=NOWHERE), 404, "template_not_found")
    template = str(campaign.ids.template_id)
    blank = {"1": " "}
    answer = release(campaign, template_id=template, personalization=blank)
    said(answer, 422, "personalization_invalid")


URL = {"type": "URL", "text": "Ver"}
DRAFTS = [
    ("boolean_expected", {"dry_run": 7}),
    ("list_expected", {"buttons": "BAJA"}),
    ("template_button_invalid", {"buttons": [URL]}),
    ("value_invalid", {"category": "UTILITY"}),
    ("template_header_invalid", {"header_format": "IMAGE", "header_media": {"id": "x"}}),
    ("template_header_missing", {"header_format": "IMAGE"}),
    ("template_variables_invalid", {"body_text": "Hola {{1}} y {{3}} hoy."}),
    ("media_not_found", {"header_format": "IMAGE", "header_media": {"id": "404"}}),
]


@pytest.mark.parametrize(("code", "changes"), DRAFTS)
def test_draft_to_be_released_is_judged_as_one_to_be_made(campaign: Campaign, code, changes):
    asked = draft(campaign, **changes)
    asked.pop("campaign_id")
    said(release(campaign, template=asked), 422, code)


def test_draft_of_a_campaign_without_a_number_is_not_released(campaign: Campaign):
    asked = draft(without_number(campaign))
    asked.pop("campaign_id")
    said(release(campaign, template=asked), 409, "sender_missing")


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("boolean_expected", {"precandidate": "yes"}),
        ("date_invalid", {"election_date": "6 de junio"}),
        ("dates_contradict", {"campaign_end": "2020-01-01"}),
        ("list_empty", {"territory": []}),
        ("list_expected", {"territory": "Chihuahua"}),
        ("state_unknown", {"territory": [{"state": "Atlantis"}]}),
        ("time_invalid", {"quiet_from": "late"}),
    ],
)
def test_setting_that_cannot_be_is_refused(campaign: Campaign, code, changes):
    said(put(campaign, get(campaign)["version"], **changes), 422, code)


# Consents and privacy

FILES = [
    ("column_repeated", with_column("TELÉFONO 2", "55 1000 0002")),
    ("dates_month_first", csv_of([ANA, (ANA[0], "03/25/2026", *ANA[2:])])),
    ("too_many_rows", csv_of([]) + b"1;1;1;1;1\n" * 100_001),
]


@pytest.mark.parametrize(("code", "file"), FILES, ids=[code for code, _ in FILES])
def test_file_of_consents_is_refused(campaign: Campaign, code, file):
    said(ask(campaign, "POST", f"/consents?{of(campaign)}", data=file), 422, code)


@pytest.mark.parametrize(
    ("phone", "code"),
    [("+14155550100", "foreign_number"), ("12", "invalid_number"), ("", "missing_number")],
)
def test_consent_of_a_number_that_is_none_is_refused(campaign: Campaign, phone, code):
    campaign.add_voters([voter(phone, agreed=False)])
    path = f"/voters/{campaign.voter_ids()[0]}/consent"
    body = CONSENT | {"campaign_id": str(campaign.ids.campaign_id)}
    said(ask(campaign, "PUT", path, json=body), 422, code)
    said(ask(campaign, "DELETE", f"{path}?{of(campaign)}"), 422, code)


def test_person_who_was_erased_agrees_to_nothing(campaign: Campaign):
    campaign.with_voters(1)
    person = {"campaign_id": str(campaign.ids.campaign_id), "phone": campaign.phones[0]}
    assert ask(campaign, "POST", "/privacy/erase", json=person).status_code == 200
    path = f"/voters/{campaign.voter_ids()[0]}/consent"
    body = CONSENT | {"campaign_id": person["campaign_id"]}
    said(ask(campaign, "PUT", path, json=body), 409, "person_erased")
    said(ask(campaign, "DELETE", f"{path}?{of(campaign)}"), 409, "person_erased")
    said(
        ask(campaign, "POST", "/test-numbers", json=person | {"label": "A"}),
        409,
        "test_number_erased",
    )


def test_consent_older_than_the_law_is_refused(campaign: Campaign):
    campaign.with_voters(1)
    body = CONSENT | {"campaign_id": str(campaign.ids.campaign_id), "obtained_at": "2001-01-01"}
    answer = ask(campaign, "PUT", f"/voters/{campaign.voter_ids()[0]}/consent", json=body)
    said(answer, 422, "date_too_old")


def test_erasure_waits_for_large_requests(campaign: Campaign):
    person = {"campaign_id": str(campaign.ids.campaign_id), "phone": "5551998000"}
    place = "select wa.take_place(%s, 2)"
    dsn, mine = campaign.stage.stack.dsn, [str(campaign.ids.campaign_id)]
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as other:
        assert [each.execute(place, mine).fetchone()[0] for each in (one, other)] == [True, True]
        said(ask(campaign, "POST", "/privacy/erase", json=person), 429, "busy")


def test_function_that_postgres_lacks_is_our_mistake(campaign: Campaign):
    away, back = (
        "public.wa_list_templates(uuid) rename to x",
        "public.x(uuid) rename to wa_list_templates",
    )
    campaign.stage.sql(f"alter function {away}")
    try:
        said(ask(campaign, "GET", f"/templates?{of(campaign)}"), 500, "store_failed")
    finally:
        campaign.stage.sql(f"alter function {back}")


# Templates and their files


def test_template_that_cannot_be_changed_so_is_refused(campaign: Campaign):
    template = created(campaign)["template_id"]
    path = f"/templates/{template}"
    sql = "update public.wa_templates set status = 'approved', category = 'UTILITY' where id = %s"
    campaign.stage.sql(sql, template)
    answer = ask(campaign, "PATCH", path, json={"category": "MARKETING"})
    said(answer, 409, "template_category_fixed")
    campaign.set(office=None)
    said(ask(campaign, "PATCH", path, json={"footer_text": "x"}), 409, "identification_missing")
    campaign.set(office="Gubernatura", sender_id=None)
    change = {"footer_text": "x", "category": "MARKETING"}
    said(ask(campaign, "PATCH", path, json=change), 409, "sender_missing")
    said(post(campaign, draft(campaign)), 409, "sender_missing")


def test_two_hundred_and_fiftieth_template_is_the_last(campaign: Campaign):
    campaign.stage.sql(
        "insert into public.wa_templates (campaign_id, meta_template_name, language, category,"
        " body_text) select %s, 'x' || n, 'es_MX', 'MARKETING', 'x' from generate_series(1, 250) n",
        campaign.ids.campaign_id,
    )
    said(post(campaign, draft(campaign)), 409, "too_many_templates")


@pytest.mark.parametrize(("fault", "status"), [("100/2388073", 422), ("server_error_html", 202)])
def test_deletion_that_meta_does_not_take_is_told(campaign: Campaign, fault, status):
    template = created(campaign)["template_id"]
    campaign.stage.simulate("faults", {"operation": "delete", "fault": fault})
    answer = ask(campaign, "DELETE", f"/templates/{template}")
    assert answer.status_code == status, answer.text


def test_file_that_meta_forgot_makes_no_template(campaign: Campaign):
    image = with_file(campaign)
    forget(campaign, image)
    asked = draft(campaign, header_format="IMAGE", header_media={"id": image})
    said(post(campaign, asked), 422, "media_expired")


def test_link_that_leads_nowhere_is_refused(campaign: Campaign):
    link = {"link": "https://no-such-site.example.org/a.png"}
    asked = draft(campaign, header_format="IMAGE", header_media=link)
    said(post(campaign, asked), 422, "link_unreachable")


def upload(campaign: Campaign, data: bytes = PNG, kind: str = "IMAGE", mime: str = "image/png"):
    path = f"/media?{of(campaign)}&kind={kind}&filename=a.png"
    return ask(campaign, "POST", path, data=data, headers={"Content-Type": mime})


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("media_empty", {"data": b""}),
        ("media_too_large", {"data": PNG + b"\0" * 6_000_000}),
        ("media_type_unsupported", {"mime": "image/gif"}),
        ("value_invalid", {"kind": "GIF"}),
    ],
)
def test_file_that_whatsapp_does_not_show_is_refused(campaign: Campaign, code, options):
    said(upload(campaign, **options), 422, code)


def test_file_that_meta_does_not_take_is_told(campaign: Campaign):
    for fault, status, code in (
        ("100/2388073", 422, "media_refused"),
        ("server_error_html", 503, "media_not_uploaded"),
    ):
        campaign.stage.simulate("faults", {"operation": "media", "fault": fault})
        said(upload(campaign), status, code)
    campaign.stage.sql(
        "update public.wa_senders set credential = 'nobodys' where phone_number_id = %s",
        campaign.phone_number_id,
    )
    said(upload(campaign), 503, "credential_missing")
    campaign.stage.sql(
        "insert into public.wa_media (campaign_id, sender_id, kind, mime_type, bytes, sha256,"
        " created_by) select %s, %s, 'IMAGE', 'image/png', 1, repeat('a', 64), %s"
        " from generate_series(1, 200)",
        campaign.ids.campaign_id,
        sender_of(campaign),
        campaign.ids.user_id,
    )
    said(upload(campaign), 409, "too_many_uploads")
    said(upload(without_number(Campaign.create(campaign.stage))), 409, "sender_missing")


# Tests


def test_eleventh_test_number_is_refused(campaign: Campaign):
    for n in range(11):
        body = {"campaign_id": str(campaign.ids.campaign_id), "phone": f"55 5000 01{n:02}"}
        answer = ask(campaign, "POST", "/test-numbers", json=body | {"label": "A"})
    said(answer, 409, "too_many_test_numbers")


def test_test_is_refused_for_what_a_job_is_refused_for(campaign: Campaign):
    number = {"campaign_id": str(campaign.ids.campaign_id), "phone": "55 5000 0200", "label": "A"}
    assert ask(campaign, "POST", "/test-numbers", json=number).status_code == 201
    path = f"/templates/{campaign.ids.template_id}/test"

    def test(**values):
        body = {"phone": number["phone"], "personalization": values}
        return ask(campaign, "POST", path, json=body, headers=key())

    said(test(), 422, "personalization_missing")
    said(test(**PERSONALIZATION, extra="x"), 422, "personalization_unexpected")
    plain = {"1": "Ana", "3": "12"}
    said(test(**plain, **{"2": BLOCKS["2"]}), 422, "content_blocked")
    without_number(campaign)
    said(test(**plain, **{"2": "Ana"}), 409, "sender_missing")
    campaign.set(**UNDATED)
    said(test(**plain, **{"2": "Ana"}), 409, "dates_missing")


# What is shown elsewhere


@pytest.mark.parametrize("code", sorted(ELSEWHERE))
def test_answer_that_needs_an_accident_is_shown_elsewhere(code):
    assert f'"{code}"' in (HERE.parents[1] / ELSEWHERE[code]).read_text()
