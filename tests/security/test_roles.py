"""Who may do what: every role, every function that users may call, every table they may read.

Functions and tables are listed from the catalogue: a new one fails here until it has an action.
"""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from tests.campaign import Campaign, insert, phone, session
from tests.campaign_queue import message_to
from tests.consent_files import CONSENT

ROLES = {
    "owner": {"read_figures", "read_people", "send", "approve", "administer"},
    "admin": {"read_figures", "read_people", "send", "approve", "administer"},
    "promoter": {"read_figures", "read_people", "send"},
    "viewer": {"read_figures"},
    "intern": set(),  # a role that nobody has defined
}
SETTINGS = {
    "display_name": "Ana",
    "election_kind": "local",
    "run_by": "independent",
    "campaign_start": "2027-04-04",
    "campaign_end": "2027-06-02",
    "election_date": "2027-06-06",
    "territory": [{"state": "Sonora"}],
    "candidate": "Ana Ruiz",
    "office": "Presidenta municipal",
    "ine_registration": "1",
    "spending_cap_usd": 100,
}
# The action that each function asks for, and a call that does it; None: whoever asks is answered
# with what row level security shows them.
FUNCTIONS = {
    "wa_preview_audience": ("send", "'{campaign}', '{{}}'"),
    "wa_create_job": (
        "send",
        "'{campaign}', '{template}', '{{}}', '{{\"1\": \"a\", \"2\": \"b\"}}', '{key}'",
    ),
    "wa_list_jobs": ("read_figures", "'{campaign}'"),
    "wa_get_job": ("read_figures", "'{job}'"),
    "wa_list_recipients": ("read_people", "'{job}'"),
    "wa_list_opt_outs": ("read_people", "'{campaign}'"),
    "wa_refuse_veda": ("send", "'{campaign}'"),
    "wa_get_sender": ("read_figures", "'{campaign}'"),
    "wa_list_filter_values": ("read_figures", "'{campaign}'"),
    "wa_get_settings": ("read_figures", "'{campaign}'"),
    "wa_preflight": ("send", "'{campaign}', '{template}', '{key}'"),
    "wa_list_test_numbers": ("send", "'{campaign}'"),
    "wa_add_test_number": ("send", "'{campaign}', '55 1000 0900', 'Yo'"),
    "wa_test_template": (
        "send",
        "'{template}', '+525510000901', '{{\"1\": \"a\", \"2\": \"b\"}}', '{key}'",
    ),
    "wa_remove_test_number": ("send", "'{test_number}'"),
    "wa_pause_job": ("send", "'{job}'"),
    "wa_resume_job": ("send", "'{job}'"),
    "wa_move_job": ("send", "'{job}'"),
    "wa_resolve_unknown": ("approve", "'{job}', 'assume_sent'"),
    "wa_approve_job": ("approve", "'{waiting}'"),
    "wa_release_content": ("approve", "'{campaign}', 'Es una cita.', null, '{{}}', '{offer}'"),
    "wa_cancel_job": ("send", "'{job}'"),
    "wa_take_request": ("read_figures", "'{campaign}', 'send'"),
    "wa_verify_audit": ("administer", "'{campaign}'"),
    "wa_compose_template": ("send", "'{campaign}', '{draft}'"),
    "wa_begin_audit_export": ("administer", "'{campaign}'"),
    "wa_export_audit": ("administer", "'{campaign}', 0, 9"),
    "wa_check_template": ("send", "'{campaign}', '{draft}'"),
    "wa_create_template": ("send", "'{campaign}', '{draft}'"),
    "wa_get_template": ("read_figures", "'{own}'"),
    "wa_list_templates": (None, "'{campaign}'"),
    "wa_edit_template": ("send", "'{own}', 1, '{draft}'"),
    "wa_delete_template": ("send", "'{own}'"),
    "wa_begin_upload": ("send", "'{campaign}', '{file}'"),
    "wa_import_consents": ("send", "'{campaign}', '{hash}', '[]', true"),
    "wa_record_consent": ("send", "'{campaign}', '{voter}', '{consent}'"),
    "wa_revoke_consent": ("send", "'{campaign}', '{voter}'"),
    "wa_export_person": ("administer", "'{campaign}', '55 1000 0950'"),
    "wa_erase_person": ("administer", "'{campaign}', '55 1000 0950'"),
    # Last: its campaign has not begun.
    "wa_put_settings": ("administer", "'{campaign}', '{settings}', {version}"),
}
DRAFT = {
    "name": "invitacion",
    "category": "MARKETING",
    "language": "es_MX",
    "body_text": "Te esperamos el sábado.",
}
WARNS = {"1": "a", "2": "la rifa"}  # a job that waits for approval
OFFER = DRAFT | {"name": "oferta", "body_text": "Recoge tu despensa."}
FILE = {"kind": "IMAGE", "mime_type": "image/png", "bytes": 9, "sha256": "a" * 64}
TABLES = {
    "communications": "read_figures",
    "wa_templates": "read_figures",
    "wa_template_versions": "read_figures",
    "wa_media": "read_figures",
    "wa_campaign_settings": "read_figures",
    "wa_send_queue": "read_people",
    "wa_consents": "read_people",
    "wa_recent_contacts": "read_people",
    "wa_audit_log": "administer",
}


@pytest.fixture
def campaign(database):
    """A campaign with something in every table."""
    made = Campaign.create(database).with_voters(3)
    made.with_consent(phone(0)).with_opt_out(phone(2)).with_test_number(phone(901))
    job = made.create_job()["job_id"]
    made.claim(message_to(made, job, 0))
    made.as_member("public.wa_begin_upload", p_campaign_id=made.id, p_file=FILE)
    made.create_job(personalization=WARNS)
    _with_refused_template(made)
    return made


def _with_refused_template(made):
    """Meta refused it when it was asked: it may be asked for again, edited and deleted."""
    asked = made.as_member("public.wa_create_template", p_campaign_id=made.id, p_draft=DRAFT)
    one = {"p_template_id": asked["template_id"], "p_claim_id": uuid4()}
    made.as_service("public.wa_claim_change", **one)
    made.as_service("public.wa_record_change", **one, p_outcome="refused", p_details={})


def member(campaign, role):
    """Return a new member of the campaign with that role."""
    user = uuid4()
    with session(campaign.dsn) as db:
        insert(db, "auth.users", id=user, email=f"{user}@example.org")
        row = {"campaign_id": campaign.id, "user_id": user, "role": role}
        insert(db, "public.campaign_members", **row)
    return user


def answer(campaign, user, function, arguments):
    """Call as that user; return "done", or the refusal's code."""
    jobs = "select job_id from public.communications where approval is"
    [job] = campaign.rows(f"{jobs} null limit 1")
    [waiting] = campaign.rows(f"{jobs} not null")
    [row] = campaign.rows("select version from public.wa_campaign_settings")
    names = {"campaign": campaign.id, "template": campaign.template_id, "key": uuid4()}
    names |= {"settings": json.dumps(SETTINGS), "version": row["version"]}
    [own] = campaign.rows("select id from public.wa_templates where name is not null")
    names |= {"own": own["id"], "draft": json.dumps(DRAFT), "file": json.dumps(FILE)}
    [number] = campaign.rows("select id from public.wa_test_numbers limit 1")
    names |= {"test_number": number["id"], "offer": json.dumps(OFFER)}
    [voter] = campaign.rows("select id from public.voters order by id limit 1")
    names |= {"voter": voter["id"], "consent": json.dumps(CONSENT), "hash": "a" * 64}
    names |= {"waiting": waiting["job_id"]}
    call = f"select public.{function}({arguments.format(job=job['job_id'], **names)})"
    try:
        with session(campaign.dsn, "authenticated", user) as db:
            db.execute(call)
    except psycopg.Error as refusal:
        return refusal.diag.message_primary
    return "done"


def allowed(role, action):
    return action is None or action in ROLES[role]


@pytest.mark.parametrize("role", ROLES)
def test_role_may_call_what_its_actions_allow(campaign, role):
    user = member(campaign, role)
    nothing = {"campaign_not_found", "job_not_found", "template_not_found"}
    nothing |= {"test_number_not_found"}
    for function, (action, arguments) in FUNCTIONS.items():
        said = answer(campaign, user, function, arguments)
        if allowed(role, action):
            assert said == "done", function
        else:
            assert said in ({"forbidden"} if allowed(role, "read_figures") else nothing), function


@pytest.mark.parametrize("role", ROLES)
def test_role_reads_the_tables_that_its_actions_allow(campaign, role):
    user = member(campaign, role)
    for table, action in TABLES.items():
        with session(campaign.dsn, "authenticated", user) as db:
            [row] = db.execute(f"select count(*) as n from public.{table}").fetchall()
        assert (row["n"] > 0) is allowed(role, action), table


@pytest.mark.parametrize("role", ROLES)
def test_no_role_writes_a_table(campaign, role):
    user = member(campaign, role)
    for table in TABLES:
        for statement in (
            f"delete from public.{table}",
            f"insert into public.{table} default values",
        ):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                session(campaign.dsn, "authenticated", user) as db,
            ):
                db.execute(statement)


def test_every_function_and_table_of_users_has_an_action(campaign):
    functions = campaign.rows(
        """select p.proname as name from pg_proc p
           where p.pronamespace = 'public'::regnamespace and p.proname like 'wa\\_%%'
             and has_function_privilege('authenticated', p.oid, 'execute')"""
    )
    assert {row["name"] for row in functions} == FUNCTIONS.keys()
    tables = campaign.rows(
        """select c.relname as name from pg_class c
           where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
             and (c.relname like 'wa\\_%%' or c.relname = 'communications')
             and has_table_privilege('authenticated', c.oid, 'select')"""
    )
    assert {row["name"] for row in tables} == TABLES.keys()


def test_refused_action_changes_nothing(campaign):
    viewer = member(campaign, "viewer")
    tables = ("communications", "wa_campaign_settings")
    before = [campaign.rows(f"select * from public.{table}") for table in tables]
    for function, (action, arguments) in FUNCTIONS.items():
        if not allowed("viewer", action):
            answer(campaign, viewer, function, arguments)
    assert [campaign.rows(f"select * from public.{table}") for table in tables] == before


@pytest.mark.parametrize("role", ROLES)
def test_role_is_told_to_whoever_has_it(campaign, role):
    with session(campaign.dsn, "authenticated", member(campaign, role)) as db:
        row = db.execute("select wa.my_role(%s) as role", (campaign.id,)).fetchone()
    assert row["role"] == role


# Voters whom row level security hides from a member.
def see_section(campaign, user, section):
    """Let this member see one section's voters only, as an adopter's own policies might."""
    campaign.rows(
        'drop policy if exists "members see their campaigns\' voters" on public.voters;'
        "create policy sections on public.voters for select to authenticated"
        f" using (auth.uid() <> '{user}' or section = '{section}')"
    )


@pytest.fixture
def scoped(campaign):
    """A promoter who sees two of the campaign's five voters."""
    campaign.with_voters(2, first=100, section="0200")
    promoter = member(campaign, "promoter")
    see_section(campaign, promoter, "0200")
    return promoter


def test_audience_ends_where_the_sight_of_the_sender_does(campaign, scoped):
    preview = {"p_campaign_id": campaign.id, "p_filters": psycopg.types.json.Jsonb({})}
    with session(campaign.dsn, "authenticated", scoped) as db:
        seen = db.execute(
            "select public.wa_preview_audience(%(p_campaign_id)s, %(p_filters)s) as answer", preview
        ).fetchone()["answer"]
    assert seen["target_count"] == 2
    summary = campaign.create_job(user=scoped)
    assert summary["target_count"] == 2
    reached = {row["recipient_phone"] for row in campaign.messages(summary["job_id"])}
    assert reached == {phone(100), phone(101)}


@pytest.mark.parametrize("filters", [{"section": ["0100"]}, {"voter_ids": None}])
def test_hidden_voters_cannot_be_named_either(campaign, scoped, filters):
    campaign.with_voters(1, first=200, section="0100")
    [hidden] = campaign.rows("select id from public.voters where section = '0100'")
    asked = {"voter_ids": [str(hidden["id"])]} if "voter_ids" in filters else filters
    with pytest.raises(psycopg.Error) as refusal:
        campaign.create_job(filters=asked, user=scoped)
    assert refusal.value.diag.message_primary in {"filter_value_unknown", "voter_not_found"}


def test_owner_still_reaches_everybody(campaign, scoped):
    campaign.rows("update public.wa_recent_contacts set contacted_at = %s", _yesterday())
    assert campaign.create_job()["target_count"] == 5


def _yesterday():
    return datetime.now(UTC) - timedelta(days=2)
