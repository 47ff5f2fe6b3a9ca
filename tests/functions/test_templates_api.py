"""A template from idea to approval, over HTTP, with Meta's answers lost where it hurts most."""

import base64
from uuid import uuid4

import pytest
import requests

from devstack.stack.campaign import FOOTER
from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually
from tests.functions.problems import assert_problem

BODY = "Hola {{1}}, nos vemos el sábado en {{2}}. Responde BAJA para no recibir más."
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@pytest.fixture(autouse=True)
def quick_review(stage):
    stage.simulate("config", {"reviews": {"after": {"median_s": 0.3, "sigma": 0.0}}})


@pytest.fixture
def slow_review(stage, quick_review):
    stage.simulate("config", {"reviews": {"after": {"median_s": 3600.0, "sigma": 0.0}}})


def draft(campaign: Campaign, **changes) -> dict:
    fields = {
        "campaign_id": str(campaign.ids.campaign_id),
        "name": f"invitacion_{uuid4().hex[:8]}",
        "category": "MARKETING",
        "body_text": BODY,
        "footer_text": FOOTER,
        "buttons": [{"type": "QUICK_REPLY", "text": "BAJA"}],
        "sample_values": {"1": "María", "2": "la plaza"},
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def post(campaign: Campaign, body: dict) -> requests.Response:
    return campaign.ask("POST", "/templates", target="templates", json=body)


def created(campaign: Campaign, **changes) -> dict:
    answer = post(campaign, draft(campaign, **changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def shown(campaign: Campaign, template_id: str) -> dict:
    answer = campaign.ask("GET", f"/templates/{template_id}", target="templates")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def reaches(campaign: Campaign, template_id: str, status: str) -> dict:
    def look():
        template = shown(campaign, template_id)
        return template if template["status"] == status else None

    return eventually(look)


def at_meta(campaign: Campaign, name: str) -> list[dict]:
    """Return the templates of this name that the simulated Meta took from us, dead or alive."""
    answer = requests.get(f"{campaign.stage.stack.at.meta_url}/_sim/submissions", timeout=10)
    return [one for one in answer.json() if one["name"].endswith(f"_{name}")]


def rows(campaign: Campaign, name: str) -> list[tuple]:
    query = (
        "select meta_template_id is not null, status, change from public.wa_templates"
        " where campaign_id = %s and name = %s and deleted_at is null"
    )
    return campaign.stage.sql(query, campaign.ids.campaign_id, name)


def test_template_goes_to_review_and_is_approved(campaign):
    body = draft(campaign)
    answer = post(campaign, body).json()
    assert answer["meta_status"] == "pending"
    assert answer["change"] is None
    assert answer["composed"]["preview"]["body"].startswith("Hola María, nos vemos el sábado")
    prefix = str(campaign.ids.campaign_id).replace("-", "")[:12]
    assert answer["meta_template_name"] == f"{prefix}_{body['name']}"
    template = reaches(campaign, answer["template_id"], "approved")
    assert template["name"] == body["name"]
    assert len(at_meta(campaign, body["name"])) == 1


def test_approved_template_sends(campaign):
    template_id = created(campaign)["template_id"]
    reaches(campaign, template_id, "approved")
    values = {"1": "{{voter.first_name}}", "2": "el parque"}
    job = campaign.with_voters(2).start_job(template_id=template_id, personalization=values)
    assert job.ended()["status"] == "completed"


def test_rejected_template_shows_why(campaign):
    template_id = created(campaign, name=f"x{uuid4().hex[:8]}_rechazo")["template_id"]
    template = reaches(campaign, template_id, "rejected")
    assert template["rejected_reason"] == "INVALID_FORMAT"
    assert template["rejected_notice"].endswith(".")


def test_dry_run_writes_nothing_and_tells_meta_nothing(campaign, untouched):
    body = draft(campaign, dry_run=True)
    answer = post(campaign, body)
    assert answer.status_code == 200
    assert answer.json()["composed"]["body_text"] == BODY
    assert at_meta(campaign, body["name"]) == []


def test_who_speaks_and_how_to_make_it_stop_is_added_and_shown_before_the_review(campaign):
    bare = {"body_text": "Hola {{1}}, nos vemos en {{2}} hoy.", "footer_text": None, "buttons": []}
    legend = "Ana Demo, candidatura a Gubernatura, Partido Demo"
    way_out = "Responde BAJA para dejar de recibir mensajes"
    body = draft(campaign, **bare)
    shown_before = post(campaign, body | {"dry_run": True}).json()["composed"]
    assert shown_before["body_text"] == f"Hola {{{{1}}}}, nos vemos en {{{{2}}}} hoy.\n\n{way_out}"
    assert shown_before["footer_text"] == legend
    assert shown_before["added"] == [
        {"what": "identification", "field": "footer_text", "text": legend},
        {"what": "opt_out", "field": "body_text", "text": way_out},
    ]
    first, second = post(campaign, body).json(), post(campaign, body).json()
    assert first["composed"] == second["composed"] == shown_before
    assert first["template_id"] == second["template_id"]
    assert len(at_meta(campaign, body["name"])) == 1
    template = reaches(campaign, first["template_id"], "approved")
    assert template["footer_text"] == legend
    values = {"1": "{{voter.first_name}}", "2": "el parque"}
    job = campaign.with_voters(1).start_job(template_id=template["id"], personalization=values)
    assert job.ended()["status"] == "completed"


def test_edit_that_takes_the_legend_away_gets_it_back(campaign):
    made = created(campaign)
    reaches(campaign, made["template_id"], "approved")
    path = f"/templates/{made['template_id']}"
    changes = {"footer_text": "¡Vamos!", "dry_run": True}
    answer = campaign.ask("PATCH", path, target="templates", json=changes)
    assert answer.status_code == 200, answer.text
    composed = answer.json()["composed"]
    legend = "Ana Demo, candidatura a Gubernatura, Partido Demo"
    assert (composed["footer_text"], composed["body_text"]) == ("¡Vamos!", f"{BODY}\n\n{legend}")


def test_text_too_long_for_its_legend_is_told_what_was_added(campaign, untouched):
    long = "Hola {{1}}, nos vemos en {{2}} hoy. " + "x" * 960
    answer = post(campaign, draft(campaign, body_text=long, footer_text="Equipo", buttons=[]))
    assert_problem(answer, 422, "body_too_long", "body_text")
    assert "Ana Demo" in answer.json()["detail"]


def test_campaign_content_is_never_utility(campaign, untouched):
    answer = post(campaign, draft(campaign, category="UTILITY"))
    assert_problem(answer, 422, "category_unsupported", "category")


def test_settings_that_name_nobody_are_completed_first(campaign):
    campaign.set(office=None)
    answer = post(campaign, draft(campaign))
    assert_problem(answer, 409, "identification_missing", "settings.office")


@pytest.mark.parametrize(
    ("footer", "code", "missing"),
    [
        ("Responde BAJA", "identification_missing", ["candidate", "office", "party"]),
        ("Ana Demo, gubernatura, Partido Demo", "opt_out_missing", ["opt_out"]),
    ],
)
def test_template_of_before_sends_nothing_until_it_says_so(
    campaign, untouched, footer, code, missing
):
    campaign.with_voters(1)
    campaign.stage.sql(
        "update public.wa_templates set body_text = 'Te esperamos.', footer_text = %s"
        " where id = %s",
        footer,
        campaign.ids.template_id,
    )
    body = campaign.body(personalization={})
    asked = {name: body[name] for name in ("campaign_id", "template_id", "filters")}
    test = {"phone": campaign.phones[0]}
    campaign.stage.sql(
        "insert into public.wa_test_numbers (campaign_id, phone, label, added_by)"
        " values (%s, %s, 'Yo', %s)",
        *(campaign.ids.campaign_id, campaign.phones[0], campaign.ids.user_id),
    )
    path = f"/templates/{campaign.ids.template_id}/test"
    for answer in (
        campaign.post_send(body),
        campaign.ask("POST", "/audience", json=asked),
        campaign.ask(
            "POST", path, target="templates", json=test, headers={"Idempotency-Key": str(uuid4())}
        ),
    ):
        assert_problem(answer, 409, code, "template_id")
        assert answer.json()["missing"] == missing
    campaign.stage.sql(
        "delete from public.wa_test_numbers where campaign_id = %s", campaign.ids.campaign_id
    )


def test_every_problem_of_the_form_is_told_at_once_and_nothing_leaves(campaign, untouched):
    body = draft(campaign, body_text="{{1}} hola {{3}}", footer_text="x" * 61)
    answer = post(campaign, body)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == problem["errors"][0]["code"]
    assert {error["field"] for error in problem["errors"]} >= {"body_text", "footer_text"}
    assert at_meta(campaign, body["name"]) == []


def test_same_template_again_is_the_same_one(campaign):
    body = draft(campaign)
    first, second = post(campaign, body), post(campaign, body)
    assert first.json()["template_id"] == second.json()["template_id"]
    assert len(at_meta(campaign, body["name"])) == 1
    assert_problem(post(campaign, body | {"footer_text": "Otro pie"}), 409, "template_name_taken")


@pytest.mark.parametrize("fault", ["reset_after_acceptance", "server_error_after_acceptance"])
def test_answer_lost_after_acceptance_leaves_one_template_and_one_row(campaign, fault):
    campaign.stage.simulate("faults", {"operation": "create", "fault": fault})
    body = draft(campaign)
    answer = post(campaign, body)
    assert answer.status_code == 201, answer.text
    reaches(campaign, answer.json()["template_id"], "approved")
    assert len(at_meta(campaign, body["name"])) == 1
    assert rows(campaign, body["name"]) == [(True, "approved", None)]


def test_what_nobody_can_find_out_at_once_is_carried_on_by_the_hourly_round(campaign, slow_review):
    """Meta took it, the answer was lost, and so was every answer to the question after it."""
    stage, body = campaign.stage, draft(campaign)
    stage.simulate("faults", {"operation": "create", "fault": "reset_after_acceptance"})
    stage.simulate("faults", {"operation": "list", "fault": "server_error_html", "times": 6})
    answer = post(campaign, body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["change"] == "create"
    stage.simulate("reset", {})
    stage.sql(
        "update public.wa_templates"
        " set change_claimed_at = change_claimed_at - interval '3 minutes' where id = %s",
        answer.json()["template_id"],
    )
    assert stage.call("sync", "POST").status_code == 200
    assert rows(campaign, body["name"]) == [(True, "pending", None)]


def test_template_that_never_reached_meta_is_told_again(campaign, slow_review):
    stage, body = campaign.stage, draft(campaign)
    stage.simulate("faults", {"operation": "create", "fault": "server_error_html"})
    answer = post(campaign, body)
    assert answer.status_code == 202, answer.text
    assert at_meta(campaign, body["name"]) == []
    assert post(campaign, body).status_code == 201
    assert len(at_meta(campaign, body["name"])) == 1
    assert rows(campaign, body["name"]) == [(True, "pending", None)]


def test_refusal_is_told_and_the_corrected_template_takes_its_place(campaign, slow_review):
    stage, body = campaign.stage, draft(campaign)
    stage.simulate("faults", {"operation": "create", "fault": "100/2388073"})
    answer = post(campaign, body)
    assert_problem(answer, 422, "template_refused")
    [(has_id, status, change)] = rows(campaign, body["name"])
    assert (has_id, status, change) == (False, "rejected", None)
    assert post(campaign, body | {"body_text": BODY + " Gracias."}).status_code == 201
    assert rows(campaign, body["name"]) == [(True, "pending", None)]


def test_meta_throttling_is_no_refusal(campaign, slow_review):
    stage, body = campaign.stage, draft(campaign)
    stage.simulate("faults", {"operation": "create", "fault": "80007"})
    assert post(campaign, body).status_code == 202
    assert post(campaign, body).status_code == 201
    assert len(at_meta(campaign, body["name"])) == 1


def test_edit_is_reviewed_anew_and_only_once_a_day(campaign):
    template_id = created(campaign)["template_id"]
    reaches(campaign, template_id, "approved")
    # Meta's clock has whole seconds: two words of one second are told apart by strictness alone.
    reviews = {"after": {"median_s": 1.1, "sigma": 0.0}}
    campaign.stage.simulate("config", {"reviews": reviews})

    def edit(text: str) -> requests.Response:
        changes = {"body_text": text}
        return campaign.ask("PATCH", f"/templates/{template_id}", target="templates", json=changes)

    answer = edit(BODY + " ¡Gracias!")
    assert answer.status_code == 200, answer.text
    assert answer.json()["meta_status"] == "pending"
    template = reaches(campaign, template_id, "approved")
    assert (template["version"], template["body_text"]) == (2, BODY + " ¡Gracias!")
    assert_problem(edit(BODY), 409, "template_edit_too_soon")


def test_edit_of_a_template_in_use_is_refused(campaign):
    template_id = created(campaign)["template_id"]
    reaches(campaign, template_id, "approved")
    values = {"1": "Ana", "2": "el parque"}
    campaign.with_voters(1).hold_tasks().start_job(template_id=template_id, personalization=values)
    path = f"/templates/{template_id}"
    changes = {"body_text": f"{BODY} ¡Gracias!"}
    answer = campaign.ask("PATCH", path, target="templates", json=changes)
    assert_problem(answer, 409, "template_in_use")
    assert_problem(campaign.ask("DELETE", path, target="templates"), 409, "template_in_use")


def test_deleted_template_is_gone_and_its_name_stays_taken(campaign):
    body = draft(campaign)
    template_id = post(campaign, body).json()["template_id"]
    reaches(campaign, template_id, "approved")
    path = f"/templates/{template_id}"
    for _ in range(2):
        answer = campaign.ask("DELETE", path, target="templates")
        assert answer.status_code == 200, answer.text
    listed = campaign.ask(
        "GET",
        "/templates",
        target="templates",
        params={"campaign_id": str(campaign.ids.campaign_id)},
    )
    assert template_id not in {one["id"] for one in listed.json()["templates"]}
    assert_problem(post(campaign, body), 409, "template_name_reserved")


def test_uploaded_image_is_shown_as_a_sample_and_sent(campaign):
    query = {"campaign_id": str(campaign.ids.campaign_id), "kind": "IMAGE", "filename": "a.png"}
    uploaded = campaign.ask(
        "POST",
        "/media",
        target="templates",
        params=query,
        data=PNG,
        headers={"Content-Type": "image/png"},
    )
    assert uploaded.status_code == 201, uploaded.text
    media = {"id": uploaded.json()["id"]}
    template_id = created(campaign, header_format="IMAGE", header_media=media)["template_id"]
    reaches(campaign, template_id, "approved")
    values = {"1": "Ana", "2": "el parque"}
    job = campaign.with_voters(1).start_job(template_id=template_id, personalization=values)
    assert job.ended()["status"] == "completed"


def test_file_that_is_not_what_it_says_is_refused(campaign, untouched):
    query = {"campaign_id": str(campaign.ids.campaign_id), "kind": "IMAGE", "filename": "a.jpg"}
    answer = campaign.ask(
        "POST",
        "/media",
        target="templates",
        params=query,
        data=b"<html>no encontrado</html>",
        headers={"Content-Type": "image/jpeg"},
    )
    assert_problem(answer, 422, "media_content_mismatch", "file")


@pytest.mark.parametrize(
    "link", ["https://127.0.0.1/a.png", "https://localhost/a.png", "http://example.org/a.png"]
)
def test_header_link_must_be_public(campaign, untouched, link):
    body = draft(campaign, header_format="IMAGE", header_media={"link": link})
    answer = post(campaign, body)
    assert answer.status_code == 422
    assert answer.json()["field"] == "header_media.link"


def test_members_of_another_campaign_see_and_change_nothing(campaign, other_campaign):
    template_id = created(campaign)["template_id"]
    path = f"/templates/{template_id}"
    for method in ("GET", "PATCH", "DELETE"):
        options = {"json": {"footer_text": "x"}} if method == "PATCH" else {}
        answer = other_campaign.ask(method, path, target="templates", **options)
        assert_problem(answer, 404, "template_not_found")
    body = draft(campaign)
    assert_problem(post(other_campaign, body), 404, "campaign_not_found")
