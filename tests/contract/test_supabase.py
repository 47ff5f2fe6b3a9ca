"""What we rely on in Supabase, through our adapters and its own client; see conftest.py."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from postgrest.exceptions import APIError
from supabase_auth.errors import AuthApiError

from shared.adapters.health_store import HealthStore
from shared.adapters.postgrest import Postgrest
from shared.adapters.template_test_store import TemplateTestStore
from shared.errors import InvalidInput, Refused, Unavailable
from shared.fates import Fate
from shared.messages import AttemptRecord, Decision, Shard
from shared.rules.health import Health
from shared.rules.inputs import AudienceRequest, SendRequest
from shared.rules.template_test_inputs import NewTestNumber, TemplateTest
from tests.campaign import PERSONALIZATION, phone
from tests.campaign_queue import sender
from tests.contract.conftest import Project, Promoter

NOBODY = str(uuid4())
ARGUMENTS = {
    "wa_claim_message": {"p_message_id": NOBODY, "p_claim_id": NOBODY},
    "wa_verify_audit": {"p_campaign_id": NOBODY},
    "wa_get_job": {"p_job_id": NOBODY},
}


def request_of(promoter: Promoter, **changes) -> SendRequest:
    audience = {
        "campaign_id": promoter.campaign.id,
        "template_id": promoter.campaign.template_id,
        "filters": {},
        "personalization": PERSONALIZATION,
        "scheduled_at": None,
    }
    asked = {"canary": None, "accept_cut": False, "idempotency_key": str(uuid4())}
    asked |= {name: changes.pop(name) for name in list(changes) if name in asked}
    return SendRequest(audience=AudienceRequest(**(audience | changes)), **asked)


def test_wrong_password_signs_nobody_in(project: Project, promoter: Promoter):
    client = project.client(project.settings.publishable_key)
    with pytest.raises(AuthApiError) as caught:
        client.auth.sign_in_with_password({"email": promoter.email, "password": "otra"})
    assert caught.value.code == "invalid_credentials"


def test_signed_in_user_is_known_in_sql(promoter: Promoter, jobs):
    summary = jobs.create_job(promoter.token, request_of(promoter))
    [row] = promoter.campaign.rows(
        "select created_by from public.communications where job_id = %s", summary["job_id"]
    )
    assert row["created_by"] == promoter.id


def test_job_keeps_its_values_on_the_way_in_and_out(promoter: Promoter, jobs):
    at = datetime.now(UTC) + timedelta(days=2, microseconds=7)
    voters = [
        str(row["id"])
        for row in promoter.campaign.rows(
            "select id from public.voters where campaign_id = %s limit 2", promoter.campaign.id
        )
    ]
    words = {"1": "{{voter.first_name}}", "2": "Ñandú \"'\\ 😀 {x}"}
    request = request_of(
        promoter, filters={"voter_ids": voters}, personalization=words, scheduled_at=at
    )
    summary = jobs.create_job(promoter.token, request)
    assert datetime.fromisoformat(summary["scheduled_at"]) == at
    assert summary["target_count"] == 2
    assert jobs.create_job(promoter.token, request) == summary
    job_id = UUID(summary["job_id"])
    assert jobs.get_job(promoter.token, job_id)["pending_count"] == 2
    recipients = jobs.list_recipients(promoter.token, job_id, "queued", 0, 10)
    assert {recipient["voter_id"] for recipient in recipients} == set(voters)
    assert [job["job_id"] for job in jobs.list_jobs(promoter.token, promoter.campaign.id, None, 5)]
    params = promoter.campaign.messages(job_id)[0]["template_params"]
    assert params["2"] == words["2"]


def test_health_is_asked_for_told_and_news(promoter: Promoter, postgrest: Postgrest):
    campaign, health = promoter.campaign, HealthStore(postgrest, postgrest)
    request, template_id = request_of(promoter), campaign.template_id
    assert health.is_stale(promoter.token, request)
    targets = health.targets(template_id)
    assert targets.phone_number_id == campaign.phone_number_id
    health.record(template_id, targets.phone_number_id, {"sender": Health(state="AVAILABLE")})
    assert not health.is_stale(promoter.token, request)
    assert health.targets(uuid4()) is None


def test_test_numbers_come_and_go(promoter: Promoter, postgrest: Postgrest):
    tests, campaign = TemplateTestStore(postgrest), promoter.campaign
    number = NewTestNumber(campaign_id=campaign.id, phone="55 1000 0900", label="Ñandú")
    added = tests.add_number(promoter.token, number)
    assert tests.list_numbers(promoter.token, campaign.id) == [added]
    values = {"1": "a", "2": "b"}
    request = TemplateTest(phone="5510000900", personalization=values, idempotency_key="test")
    made = tests.test_template(promoter.token, campaign.template_id, request)
    assert tests.test_template(promoter.token, campaign.template_id, request) == made
    assert tests.remove_number(promoter.token, UUID(added["id"])) == added


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"campaign_id": uuid4()}, (404, "campaign_not_found", "campaign_id")),
        ({"template_id": uuid4()}, (404, "template_not_found", "template_id")),
        ({"filters": {"tags": ["no hay"]}}, (422, "filter_value_unknown", "filters.tags")),
        (
            {"scheduled_at": datetime(2099, 1, 1, tzinfo=UTC)},
            (403, "outside_campaign", "scheduled_at"),
        ),
    ],
)
def test_refusal_of_a_rule_keeps_code_detail_and_field(promoter: Promoter, jobs, changes, refusal):
    with pytest.raises(Refused) as caught:
        jobs.create_job(promoter.token, request_of(promoter, **changes))
    told = caught.value
    assert (told.status, told.code, told.field) == refusal
    assert told.detail.endswith(".")
    assert set(told.members) == ({"bounds"} if told.code == "outside_campaign" else set())


def test_refusal_reaches_other_clients_in_postgrests_own_shape(promoter: Promoter):
    with pytest.raises(APIError) as caught:
        promoter.client.rpc("wa_get_job", {"p_job_id": str(uuid4())}).execute()
    error = caught.value
    assert (error.code, error.message, error.hint) == ("PT404", "job_not_found", "job_id")
    assert error.details == "No existe ese envío o no tienes acceso a él."


def test_member_reads_their_campaign_and_no_other(
    promoter: Promoter, stranger: Promoter, templates
):
    own = promoter.campaign.id
    assert [t["id"] for t in templates.list_templates(promoter.token, own)] == [
        str(promoter.campaign.template_id)
    ]
    assert templates.list_templates(stranger.token, own) == []
    for table in ("wa_templates", "wa_campaign_settings"):
        rows = promoter.client.table(table).select("campaign_id").execute().data
        assert {row["campaign_id"] for row in rows} == {str(own)}


@pytest.mark.parametrize(
    "table", ["communications", "wa_send_queue", "wa_templates", "wa_consents"]
)
def test_member_writes_no_table(promoter: Promoter, table):
    query = promoter.client.table(table)
    mine = {"id": str(promoter.campaign.id)}
    for write in (query.insert(mine), query.update(mine).match(mine), query.delete().match(mine)):
        with pytest.raises(APIError) as caught:
            write.execute()
        # The stand-in serves no writes at all; that nobody is granted one, tests/security shows.
        assert caught.value.code in {"42501", "PGRST117"}


def test_publishable_key_alone_opens_nothing(project: Project):
    nobody = project.client(project.settings.publishable_key)
    for call in (
        nobody.rpc("wa_get_job", {"p_job_id": str(uuid4())}),
        nobody.rpc("wa_sweep"),
        nobody.table("wa_templates").select("id"),
    ):
        with pytest.raises(APIError) as caught:
            call.execute()
        assert caught.value.code == "42501"


def test_user_calls_no_function_of_the_machinery(promoter: Promoter, postgrest):
    with pytest.raises(Refused) as caught:
        postgrest.call_as(promoter.token, "wa_sweep", {})
    assert (caught.value.status, caught.value.code) == (403, "forbidden")


@pytest.mark.parametrize("forgery", ["claims", "signature", "unsigned", "words"])
def test_forged_token_opens_nothing(promoter: Promoter, templates, forgery):
    with pytest.raises(Refused) as caught:
        templates.list_templates(_forged(promoter.token, forgery), promoter.campaign.id)
    assert (caught.value.status, caught.value.code) == (401, "token_signature_invalid")


def test_connection_keeps_nobodys_identity(
    promoter: Promoter, stranger: Promoter, templates, queue
):
    for one, other in ((promoter, stranger), (stranger, promoter)) * 3:
        assert templates.list_templates(one.token, one.campaign.id)
        assert templates.list_templates(one.token, other.campaign.id) == []
        queue.due_shards()


def test_message_lives_through_the_queues_functions(promoter: Promoter, jobs, queue):
    job = UUID(jobs.create_job(promoter.token, request_of(promoter))["job_id"])
    queue_name, tasks = queue.lease_shard(Shard(job_id=job, from_position=1, to_position=500))
    assert queue_name.startswith("queue-")
    assert queue.mark_enqueued(tasks) == len(tasks) == 3
    assert queue.lease_shard(Shard(job_id=job, from_position=1, to_position=500))[1] == []

    first, second, third = (task.message_id for task in tasks)
    claim = queue.claim_message(first, uuid4())
    assert (claim.decision, claim.order.attempt) == (Decision.SEND, 1)
    assert claim.order.to in {phone(n) for n in range(3)}
    assert claim.order.params["2"] == "Ana Gobernadora"
    assert isinstance(claim.order.wait_seconds, int | float)
    accepted = AttemptRecord(fate=Fate.ACCEPTED, meta_message_id="wamid.1")
    assert queue.record_attempt(first, 1, accepted) == "sent"
    claim = queue.claim_message(first, uuid4())  # a second task of it serves another
    assert (claim.decision, claim.message_id in {second, third}) == (Decision.SEND, True)
    second, third = sorted((second, third), key=lambda each: each != claim.message_id)

    later = AttemptRecord(fate=Fate.DEFERRED, error_code=131000, retry_after_seconds=2.5)
    assert queue.record_attempt(second, 1, later) == "queued"
    queue.claim_message(third, uuid4())
    receipt = {"message_id": str(third), "meta_message_id": "wamid.3", "status": "read"}
    receipt |= {"phone_number_id": sender(promoter.campaign)["phone_number_id"]}
    receipt |= {"at": datetime.now(UTC).isoformat(), "error_code": None}
    counts = {"matched": 1, "unmatched": 0, "changed": 1, "resolvable": 0}
    assert queue.apply_receipts([receipt, receipt]) == counts
    assert jobs.get_job(promoter.token, job)["read_count"] == 1


def test_empty_lists_and_nothing_keep_their_shape(postgrest, queue):
    assert queue.mark_enqueued([]) == 0
    counts = {"matched": 0, "unmatched": 0, "changed": 0, "resolvable": 0}
    assert queue.apply_receipts([]) == counts
    assert queue.resolve_opt_outs() == 0
    assert set(queue.health().values()) == {0}
    record = {"p_message_id": str(uuid4()), "p_attempt": 1, "p_fate": "failed"}
    assert postgrest.call("wa_record_attempt", record) is None


def test_unreadable_argument_is_the_callers_fault(postgrest):
    with pytest.raises(InvalidInput) as caught:
        postgrest.call("wa_lease_shard", {"p_job_id": "x", "p_from": 1, "p_to": 2})
    assert caught.value.code == "value_invalid"


def test_functions_own_timeout_holds_for_the_call(project: Project, postgrest):
    """Else a large job would be cut off by the role's eight seconds, whatever the function says."""
    project.run(
        "create or replace function public.wa_contract_nap() returns void language sql"
        " set statement_timeout = '200ms' as $$ select pg_sleep(3) $$;"
        "create or replace function public.wa_contract_nothing() returns void language sql"
        " as $$ select null::void $$"
    )
    try:
        assert _once_noticed(lambda: postgrest.call("wa_contract_nothing", {})) in (None, [])
        with pytest.raises(Unavailable):
            postgrest.call("wa_contract_nap", {})
    finally:
        project.run("drop function public.wa_contract_nap(), public.wa_contract_nothing()")


@pytest.mark.parametrize(
    "function", ["wa_claim_message", "wa_sweep", "wa_health", "wa_verify_audit", "wa_get_job"]
)
def test_service_key_runs_none_of_our_functions(project: Project, function):
    with pytest.raises(APIError) as caught:
        project.client(project.secret_key).rpc(function, ARGUMENTS.get(function, {})).execute()
    assert caught.value.code == "42501"


def test_machine_runs_no_function_of_another_or_of_a_member(project: Project, postgrest):
    for function, role in (("wa_sweep", "wa_dispatch"), ("wa_get_job", "wa_sweep")):
        with pytest.raises(Refused) as caught:
            postgrest.call_as(project.tokens[role], function, ARGUMENTS.get(function, {}))
        assert (caught.value.status, caught.value.code) == (403, "forbidden")


def test_key_of_another_project_opens_nothing(project: Project):
    client = project.client("sb_publishable_of_another_project")
    with pytest.raises(APIError):
        client.table("wa_templates").select("id").execute()


def _once_noticed(call):
    """PostgREST takes a moment to learn of a new function."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return call()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _forged(token: str, forgery: str) -> str:
    header, claims, signature = token.split(".")
    if forgery == "claims":
        other = json.loads(_decoded(claims)) | {"sub": str(uuid4())}
        return f"{header}.{_encoded(other)}.{signature}"
    if forgery == "signature":
        return f"{header}.{claims}.{signature[::-1]}"
    if forgery == "unsigned":
        return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{claims}."
    return "nada"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
