"""Who is nobody gets nothing; who belongs to one campaign gets nothing of another."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest

from devstack.gateway.tokens import DevKeys
from shared.routes import (
    send_routes,
    settings_routes,
    template_routes,
    template_test_routes,
)
from shared.routes_approval import approval_routes
from shared.routes_audit import audit_routes
from shared.routes_consents import consent_routes
from shared.routes_privacy import privacy_routes
from shared.services.approval import ApprovalService
from shared.services.audit import AuditService
from shared.services.consents import ConsentService
from shared.services.privacy import PrivacyService
from shared.services.send import SendService
from shared.services.settings import SettingsService
from shared.services.template_tests import TemplateTestService
from shared.services.templates import TemplateService
from tests.consent_files import CONSENT, csv_of
from tests.functions.campaigns import Campaign, Job
from tests.functions.problems import assert_problem
from tests.functions.test_templates_api import PNG, draft


def _routes():
    """Return every route that promoters may call; no work is done for them."""
    send = [
        *send_routes(SendService(None, None, None, None, None), None),
        *settings_routes(SettingsService(None, None)),
        *consent_routes(ConsentService(None, None)),
        *audit_routes(AuditService(None, None)),
        *privacy_routes(PrivacyService(None, None)),
        *approval_routes(ApprovalService(None, None)),
    ]
    tests = template_test_routes(TemplateTestService(None, None, None))
    templates = [*template_routes(TemplateService(None, None, None), None), *tests]
    for target, routes in (("send", send), ("templates", templates)):
        for method, path, _ in routes:
            yield target, method, path


# How each route is asked for something of another campaign, and what answers that nothing is there.
TEST_NUMBER = "55 5199 9000"
CAMPAIGN_MISSING, JOB_MISSING = (404, "campaign_not_found"), (404, "job_not_found")
TEMPLATE_MISSING = (404, "template_not_found")
ANSWERS = {
    ("send", "POST", "/send"): CAMPAIGN_MISSING,
    ("send", "POST", "/audience"): CAMPAIGN_MISSING,
    ("send", "GET", "/jobs"): CAMPAIGN_MISSING,
    ("send", "GET", "/jobs/<job_id>"): JOB_MISSING,
    ("send", "GET", "/jobs/<job_id>/recipients"): JOB_MISSING,
    ("send", "POST", "/jobs/<job_id>/pause"): JOB_MISSING,
    ("send", "POST", "/jobs/<job_id>/resume"): JOB_MISSING,
    ("send", "POST", "/jobs/<job_id>/cancel"): JOB_MISSING,
    ("send", "POST", "/jobs/<job_id>/sender"): JOB_MISSING,
    ("send", "POST", "/jobs/<job_id>/unknown"): JOB_MISSING,
    ("send", "POST", "/jobs/<job_id>/approve"): JOB_MISSING,
    ("send", "POST", "/content-releases"): CAMPAIGN_MISSING,
    ("send", "GET", "/settings"): CAMPAIGN_MISSING,
    ("send", "PUT", "/settings"): CAMPAIGN_MISSING,
    ("send", "POST", "/consents"): CAMPAIGN_MISSING,
    ("send", "PUT", "/voters/<voter_id>/consent"): CAMPAIGN_MISSING,
    ("send", "DELETE", "/voters/<voter_id>/consent"): CAMPAIGN_MISSING,
    ("send", "GET", "/audit"): CAMPAIGN_MISSING,
    ("send", "POST", "/privacy/export"): CAMPAIGN_MISSING,
    ("send", "POST", "/privacy/erase"): CAMPAIGN_MISSING,
    ("templates", "GET", "/templates"): (200, None),
    ("templates", "POST", "/templates"): CAMPAIGN_MISSING,
    ("templates", "GET", "/templates/<template_id>"): TEMPLATE_MISSING,
    ("templates", "PATCH", "/templates/<template_id>"): TEMPLATE_MISSING,
    ("templates", "DELETE", "/templates/<template_id>"): TEMPLATE_MISSING,
    ("templates", "POST", "/media"): CAMPAIGN_MISSING,
    ("templates", "POST", "/templates/<template_id>/test"): TEMPLATE_MISSING,
    ("templates", "GET", "/test-numbers"): CAMPAIGN_MISSING,
    ("templates", "POST", "/test-numbers"): CAMPAIGN_MISSING,
    ("templates", "DELETE", "/test-numbers/<test_number_id>"): (404, "test_number_not_found"),
}
ALLOWED = {200, 201, 202, 409, 422}  # done, or refused for what was asked, not for who asked
# Who may use each route, besides owners and admins, who may use all.
OPEN_TO = {
    ("send", "POST", "/send"): {"promoter"},
    ("send", "POST", "/audience"): {"promoter"},
    ("send", "GET", "/jobs"): {"promoter", "viewer"},
    ("send", "GET", "/jobs/<job_id>"): {"promoter", "viewer"},
    ("send", "GET", "/jobs/<job_id>/recipients"): {"promoter"},
    ("send", "POST", "/jobs/<job_id>/pause"): {"promoter"},
    ("send", "POST", "/jobs/<job_id>/resume"): {"promoter"},
    ("send", "POST", "/jobs/<job_id>/cancel"): {"promoter"},
    ("send", "POST", "/jobs/<job_id>/sender"): {"promoter"},
    ("send", "POST", "/jobs/<job_id>/unknown"): set(),
    ("send", "POST", "/jobs/<job_id>/approve"): set(),
    ("send", "POST", "/content-releases"): set(),
    ("send", "GET", "/settings"): {"promoter", "viewer"},
    ("send", "PUT", "/settings"): set(),
    ("send", "POST", "/consents"): {"promoter"},
    ("send", "PUT", "/voters/<voter_id>/consent"): {"promoter"},
    ("send", "DELETE", "/voters/<voter_id>/consent"): {"promoter"},
    ("send", "GET", "/audit"): set(),
    ("send", "POST", "/privacy/export"): set(),
    ("send", "POST", "/privacy/erase"): set(),
    ("templates", "GET", "/templates"): {"promoter", "viewer"},
    ("templates", "POST", "/templates"): {"promoter"},
    ("templates", "GET", "/templates/<template_id>"): {"promoter", "viewer"},
    ("templates", "PATCH", "/templates/<template_id>"): {"promoter"},
    ("templates", "DELETE", "/templates/<template_id>"): {"promoter"},
    ("templates", "POST", "/media"): {"promoter"},
    ("templates", "POST", "/templates/<template_id>/test"): {"promoter"},
    ("templates", "GET", "/test-numbers"): {"promoter"},
    ("templates", "POST", "/test-numbers"): {"promoter"},
    ("templates", "DELETE", "/test-numbers/<test_number_id>"): {"promoter"},
}


FORGERIES = {
    "none": "token_algorithm_refused",
    "other key": "token_key_unknown",
    "audience": "token_audience_wrong",
    "expired": "token_expired",
    "issuer": "token_issuer_wrong",
    "role": "token_role_wrong",
}


@pytest.fixture(scope="module")
def job(stage) -> Job:
    """A job of somebody else's campaign, still to be sent."""
    return Campaign.create(stage).with_voters(2).hold_tasks().start_job()


@pytest.fixture(scope="module")
def stranger(stage) -> Campaign:
    return Campaign.create(stage).with_voters(1)


def _ask(asking: Campaign, route, job: Job, **headers: str):
    target, method, path = route
    campaign = job.campaign
    added = campaign.ask("POST", "/test-numbers", target="templates", json=_test_number(campaign))
    ids = {
        "<job_id>": job.id,
        "<template_id>": str(campaign.ids.template_id),
        "<test_number_id>": added.json()["id"],
        "<voter_id>": campaign.voter_ids()[0],
    }
    for name, value in ids.items():
        path = path.replace(name, value)
    asked = {"headers": {"Idempotency-Key": str(uuid4())} | headers}
    if method in ("GET", "DELETE") or path in ("/media", "/consents"):
        asked["params"] = {"campaign_id": str(campaign.ids.campaign_id), "kind": "IMAGE"}
    if path == "/media":
        asked |= {"data": PNG}
        asked["headers"] |= {"Content-Type": "image/png"}
    elif path == "/consents":
        asked["data"] = csv_of()
    elif method in ("POST", "PUT", "PATCH"):
        asked["json"] = _body(method, path, campaign)
    return asking.ask(method, path, target=target, **asked)


def _body(method: str, path: str, campaign: Campaign):
    if method == "PATCH":
        return {"footer_text": "Ana", "sample_values": {"1": "a", "2": "b", "3": "c"}}
    if path == "/settings" or path.endswith("/consent") or path.startswith("/privacy/"):
        fields = CONSENT if path.endswith("/consent") else {"version": 0, "settings": {}}
        fields = {"phone": "5551998000"} if path.startswith("/privacy/") else fields
        return {"campaign_id": str(campaign.ids.campaign_id)} | fields
    if path == "/templates":
        return draft(campaign)
    if path.endswith("/test"):
        return {"phone": TEST_NUMBER, "personalization": {"1": "a", "2": "b", "3": "c"}}
    if path.endswith(("/content-releases", "/approve", "/test-numbers")):
        return _small_body(path, campaign)
    return {"resolution": "resend"} if path.endswith("/unknown") else campaign.body()


def _small_body(path: str, campaign: Campaign):
    ids = campaign.ids
    text = {"campaign_id": str(ids.campaign_id), "template_id": str(ids.template_id)}
    reason = {"reason": "Es una cita."}
    bodies = {"/test-numbers": _test_number(campaign), "/content-releases": text | reason}
    return bodies.get(path, reason)


def _test_number(campaign: Campaign):
    return {
        "campaign_id": str(campaign.ids.campaign_id),
        "phone": TEST_NUMBER,
        "label": "Casa Peña",
    }


def test_every_route_is_covered_here():
    assert set(_routes()) == set(ANSWERS) == set(OPEN_TO)


@pytest.mark.parametrize("route", ANSWERS, ids=" ".join)
def test_member_of_another_campaign_gets_nothing(stranger: Campaign, job: Job, route):
    before = job.now()
    answer = _ask(stranger, route, job)
    status, code = ANSWERS[route]
    if code:
        assert_problem(answer, status, code)
    else:
        assert (answer.status_code, answer.json()) == (status, {"templates": []})
    for secret in (*job.campaign.phones, str(job.campaign.ids.template_id), "Peña"):
        assert secret not in answer.text
    assert job.now() == before


@pytest.mark.parametrize("route", ANSWERS, ids=" ".join)
def test_member_gets_what_a_stranger_does_not(job: Job, route):
    """The counterpart: the refusals above are about who asks, not about what is asked."""
    answer = _ask(job.campaign, route, job)
    assert answer.status_code in ALLOWED, answer.text


@pytest.mark.parametrize("role", ["owner", "admin", "promoter", "viewer"])
@pytest.mark.parametrize("route", ANSWERS, ids=" ".join)
def test_role_may_use_the_routes_that_are_its_own(job: Job, route, role):
    answer = _ask(job.campaign.as_new_member(role), route, job)
    if role in OPEN_TO[route] | {"owner", "admin"}:
        assert answer.status_code in ALLOWED, answer.text
    else:
        assert_problem(answer, 403, "forbidden", "campaign_id")


@pytest.mark.parametrize("route", ANSWERS, ids=" ".join)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_or_stale_token_opens_nothing(job: Job, route, forgery):
    answer = _ask(job.campaign, route, job, Authorization=f"Bearer {_forged(job, forgery)}")
    assert_problem(answer, 401, FORGERIES[forgery], "Authorization")


def test_template_of_another_campaign_is_refused(stranger: Campaign, job: Job):
    body = stranger.body(template_id=str(job.campaign.ids.template_id))
    assert_problem(stranger.post_send(body), 404, "template_not_found", "template_id")


def test_voters_of_another_campaign_are_refused(stranger: Campaign, job: Job):
    body = stranger.body(filters={"voter_ids": job.campaign.voter_ids()})
    assert_problem(stranger.post_send(body), 422, "voter_not_found", "filters.voter_ids")


def _forged(job: Job, forgery: str) -> str:
    keys, user, now = job.campaign.stage.stack.secrets.keys, job.campaign.ids.user_id, _now()
    if forgery == "none":
        claims = jwt.decode(job.campaign.token, options={"verify_signature": False})
        return jwt.encode(claims, "", algorithm="none")
    if forgery == "other key":
        return DevKeys.generate(keys.url).mint_user_token(user, now=now)
    changed = {
        "audience": {"aud": "anon"},
        "expired": {"exp": now - timedelta(seconds=1)},
        "issuer": {"iss": "https://example.org/auth/v1"},
        "role": {"role": "anon"},
    }
    return keys.mint_user_token(user, now=now, **changed[forgery])


def _now() -> datetime:
    return datetime.now(UTC)
