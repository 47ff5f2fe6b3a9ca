"""No campaign's member reads or changes anything of another campaign.

Tables and functions are listed from the catalogue: one that is new fails here until it is
given data (tables) or an expectation (functions).
"""

from contextlib import suppress
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.campaign import Campaign, insert, phone, session

# Every function a signed-in user may run, asked for the other campaign's data: the refusal's code,
# or the harmless answer.
CALLS = {
    "wa_preview_audience": (
        "public.wa_preview_audience('{campaign}', '{{}}')",
        "campaign_not_found",
    ),
    "wa_create_job": (
        "public.wa_create_job('{campaign}', '{template}', '{{}}', '{{}}', 'key')",
        "campaign_not_found",
    ),
    "wa_list_jobs": ("public.wa_list_jobs('{campaign}')", "campaign_not_found"),
    "wa_get_job": ("public.wa_get_job('{job}')", "job_not_found"),
    "wa_list_recipients": ("public.wa_list_recipients('{job}')", "job_not_found"),
    "wa_pause_job": ("public.wa_pause_job('{job}')", "job_not_found"),
    "wa_resume_job": ("public.wa_resume_job('{job}')", "job_not_found"),
    "wa_cancel_job": ("public.wa_cancel_job('{job}')", "job_not_found"),
    "wa_approve_job": ("public.wa_approve_job('{job}')", "job_not_found"),
    "wa_release_content": (
        "public.wa_release_content('{campaign}', 'porque sí', '{template}')",
        "campaign_not_found",
    ),
    "wa_move_job": ("public.wa_move_job('{job}')", "job_not_found"),
    "wa_resolve_unknown": ("public.wa_resolve_unknown('{job}', 'resend')", "job_not_found"),
    "wa_verify_audit": ("public.wa_verify_audit('{campaign}')", "campaign_not_found"),
    "wa_begin_audit_export": (
        "public.wa_begin_audit_export('{campaign}')",
        "campaign_not_found",
    ),
    "wa_export_audit": ("public.wa_export_audit('{campaign}', 0, 9)", "campaign_not_found"),
    "wa_export_person": (
        "public.wa_export_person('{campaign}', '+525510000000')",
        "campaign_not_found",
    ),
    "wa_erase_person": (
        "public.wa_erase_person('{campaign}', '+525510000000')",
        "campaign_not_found",
    ),
    "wa_take_request": ("public.wa_take_request('{campaign}', 'send')", "campaign_not_found"),
    "wa_list_opt_outs": ("public.wa_list_opt_outs('{campaign}')", "campaign_not_found"),
    "wa_refuse_veda": ("public.wa_refuse_veda('{campaign}')", "campaign_not_found"),
    "wa_get_sender": ("public.wa_get_sender('{campaign}')", "campaign_not_found"),
    "wa_list_filter_values": (
        "public.wa_list_filter_values('{campaign}')",
        "campaign_not_found",
    ),
    "wa_get_settings": ("public.wa_get_settings('{campaign}')", "campaign_not_found"),
    "wa_put_settings": ("public.wa_put_settings('{campaign}', '{{}}', 1)", "campaign_not_found"),
    "wa_import_consents": (
        "public.wa_import_consents('{campaign}', 'hash', '[]', true)",
        "campaign_not_found",
    ),
    "wa_record_consent": (
        "public.wa_record_consent('{campaign}', '{voter}', '{{}}')",
        "campaign_not_found",
    ),
    "wa_revoke_consent": (
        "public.wa_revoke_consent('{campaign}', '{voter}')",
        "campaign_not_found",
    ),
    "record_consent": ("wa.record_consent('{campaign}', '{voter}', '{{}}')", "campaign_not_found"),
    "revoke_consent": ("wa.revoke_consent('{campaign}', '{voter}')", "campaign_not_found"),
    "require_voter": ("wa.require_voter('{own}', '{voter}')", "voter_not_found"),
    "wa_create_template": (
        "public.wa_create_template('{campaign}', '{{}}')",
        "campaign_not_found",
    ),
    "wa_compose_template": (
        "public.wa_compose_template('{campaign}', '{{}}')",
        "campaign_not_found",
    ),
    "wa_check_template": ("public.wa_check_template('{campaign}', '{{}}')", "campaign_not_found"),
    "wa_get_template": ("public.wa_get_template('{template}')", "template_not_found"),
    "wa_list_templates": ("public.wa_list_templates('{campaign}')", []),
    "wa_edit_template": (
        "public.wa_edit_template('{template}', 1, '{{}}')",
        "template_not_found",
    ),
    "wa_delete_template": ("public.wa_delete_template('{template}')", "template_not_found"),
    "wa_begin_upload": ("public.wa_begin_upload('{campaign}', '{{}}')", "campaign_not_found"),
    "wa_preflight": (
        "public.wa_preflight('{campaign}', '{template}', 'key')",
        "campaign_not_found",
    ),
    "wa_list_test_numbers": ("public.wa_list_test_numbers('{campaign}')", "campaign_not_found"),
    "wa_add_test_number": (
        "public.wa_add_test_number('{campaign}', '+525510000000', 'Yo')",
        "campaign_not_found",
    ),
    "wa_remove_test_number": (
        "public.wa_remove_test_number('{test_number}')",
        "test_number_not_found",
    ),
    "wa_test_template": (
        "public.wa_test_template('{template}', '+525510000900', '{{}}', 'key')",
        "template_not_found",
    ),
    "require_may": ("wa.require_may('{campaign}', 'read_figures')", "campaign_not_found"),
    "my_campaigns": (
        "(select array_agg(c) from wa.my_campaigns('read_figures') c) = array['{own}'::uuid]",
        True,
    ),
    "my_role": ("wa.my_role('{campaign}')", None),
    # The halves of the calls that select voters: they see whom row level security lets them see.
    "audience": ("(select count(*) from wa.audience('{campaign}', '{{}}'))", 0),
    "filter_values": ("(select count(*) from wa.filter_values('{campaign}', 'section'))", 0),
    "filter_value_counts": (
        "(select count(*) from wa.filter_value_counts('{campaign}', 'section'))",
        0,
    ),
    "filter_label": ("wa.filter_label('section', '12')", "12"),
    "require_known_filters": (
        "wa.require_known_filters('{campaign}', '{{\"section\": [\"12\"]}}')",
        "filter_value_unknown",
    ),
    "job_of_key": ("(wa.job_of_key('{campaign}', 'key', 'hash')).job_id", None),
    "preview": ("wa.preview('{campaign}', '{{}}', null, '{{}}', now())", "campaign_not_found"),
    "create_job": (
        "wa.create_job('{campaign}', '{template}', '{{}}', '{{}}', 'key', now())",
        "campaign_not_found",
    ),
    "begin_large_call": ("wa.begin_large_call('{campaign}')::text", ""),
    "take_place": ("wa.take_place('{campaign}', 1)::text", "true"),
    "filter_names": ("wa.filter_names() @> '{{section}}'", True),
    "filters_in_short": ("wa.filters_in_short('{{}}')", {}),
    # These read nothing: they word a refusal and describe a row that the caller already has.
    "refuse": ("wa.refuse(404, 'worded', 'detail')", "worded"),
    "refuse_unknown_template": ("wa.refuse_unknown_template()", "template_not_found"),
    "job_progress": ("wa.job_progress(null) ->> 'job_id'", None),
    "template_in_full": ("wa.template_in_full(null) ->> 'id'", None),
    # About a job that the caller may not see it says what it says about none.
    "waiting_for": (
        "wa.waiting_for((select c from public.communications c where job_id = '{job}'))",
        None,
    ),
    # Counts among the rows that the caller may see.
    "minute_evidence": (
        "(select e.claimed from wa.minute_evidence('{own}', date_trunc('minute', now())) e)",
        0,
    ),
}


# No grant at all: what belongs to a number or a portfolio is no single campaign's.
NOT_FOR_MEMBERS = {
    "wa_senders",
    "wa_campaign_numbers",
    "wa_portfolio_contacts",
    "wa_opt_outs",
    "wa_unresolved_opt_outs",
    "wa_same_person",
    "wa_test_numbers",
    "wa_consent_imports",
}


@pytest.fixture
def ours(database):
    return Campaign.create(database, "Nuestra").with_voters(1)


@pytest.fixture
def theirs(ours):
    """Another campaign in the same database, with rows in every table and the same job key."""
    return _with_rows_everywhere(Campaign.create(ours.dsn, "Ajena").with_voters(1), ours)


def _with_rows_everywhere(theirs, ours):
    for campaign in (theirs, ours):
        job = campaign.with_consent(phone(0)).create_job(key="same")["job_id"]
        campaign.claim(campaign.messages(job)[0]["id"])
        campaign.with_test_number(phone(900))
        with session(campaign.dsn) as db:
            row = {"phone": phone(9), "source": "reply", "changed_at": datetime.now(UTC)}
            insert(db, "public.wa_opt_outs", sender_id=campaign.sender_id, opted_out=True, **row)
        campaign.as_member(
            "public.wa_import_consents",
            p_campaign_id=campaign.id,
            p_sha256="a" * 64,
            p_rows=Jsonb([]),
            p_is_last=True,
        )
        file = {"kind": "IMAGE", "mime_type": "image/png", "bytes": 9, "sha256": "a" * 64}
        campaign.as_member(
            "public.wa_begin_upload",
            p_campaign_id=campaign.id,
            p_file=file | {"filename": None},
        )
    return theirs


def tables(campaign):
    return [
        row["name"]
        for row in campaign.rows(
            """select c.relname::text as name
                 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm') order by 1"""
        )
    ]


def tables_for_members(campaign):
    return [table for table in tables(campaign) if table not in NOT_FOR_MEMBERS]


def contents(campaign):
    return {
        t: campaign.rows(f"select x::text from public.{t} x order by 1") for t in tables(campaign)
    }


def traces(campaign):
    """What every row of a campaign carries at least one of."""
    return [str(v) for v in (campaign.id, campaign.sender_id, campaign.member)]


def test_member_sees_own_rows_and_no_others_in_every_table(ours, theirs):
    for table in tables_for_members(ours):
        everything = str(ours.rows(f"select x::text from public.{table} x"))
        assert any(trace in everything for trace in traces(theirs)), f"no foreign row in {table}"

        with session(ours.dsn, "authenticated", ours.member) as db:
            seen = str(db.execute(f"select x::text from public.{table} x").fetchall())

        assert any(trace in seen for trace in traces(ours)), table
        assert not any(trace in seen for trace in traces(theirs)), table


def test_table_of_the_machine_is_closed_to_members(ours, theirs):
    for table in NOT_FOR_MEMBERS:
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            session(ours.dsn, "authenticated", ours.member) as db,
        ):
            db.execute(f"select from public.{table}")


def test_member_writes_into_no_table(ours, theirs):
    before = contents(ours)
    for table in tables(ours):
        [column] = ours.rows(
            "select attname::text as name from pg_attribute where attrelid = %s::regclass"
            " and attnum > 0 and attname <> 'id' order by attnum limit 1",
            f"public.{table}",
        )
        for statement in (
            f"delete from public.{table}",
            f'update public.{table} set "{column["name"]}" = null',
            f"insert into public.{table} default values",
        ):
            _try_as(ours, statement)

    assert contents(ours) == before


def _try_as(campaign, statement):
    """Run a statement as the campaign's member; it may find no row or be refused."""
    with (
        suppress(psycopg.errors.InsufficientPrivilege),
        session(campaign.dsn, "authenticated", campaign.member) as db,
    ):
        db.execute(statement)


def test_every_function_for_users_has_an_expectation(ours):
    exposed = ours.rows(
        """select p.proname::text as name
             from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname in ('public', 'wa')
              and has_function_privilege('authenticated', p.oid, 'execute')"""
    )

    assert {row["name"] for row in exposed} == CALLS.keys()


@pytest.mark.parametrize("function", CALLS)
def test_function_gives_nothing_of_another_campaign(ours, theirs, function):
    expression, expected = CALLS[function]
    [job] = theirs.rows(
        "select job_id from public.communications where campaign_id = %s", theirs.id
    )
    [number] = theirs.rows(
        "select id from public.wa_test_numbers where campaign_id = %s", theirs.id
    )
    [voter] = theirs.rows("select id from public.voters where campaign_id = %s", theirs.id)
    names = {
        "voter": voter["id"],
        "test_number": number["id"],
        "campaign": theirs.id,
        "template": theirs.template_id,
        "own": ours.id,
        "job": job["job_id"],
    }
    before = contents(ours)

    assert _answer(ours, f"select {expression.format(**names)} as answer") == expected
    assert contents(ours) == before


def _answer(campaign, query):
    """The answer to the campaign's member, or the code of the refusal."""
    try:
        with session(campaign.dsn, "authenticated", campaign.member) as db:
            return db.execute(query).fetchone()["answer"]
    except psycopg.Error as error:
        return error.diag.message_primary


def test_foreign_template_and_voter_look_as_if_they_did_not_exist(ours, theirs):
    [voter] = ours.rows("select id from public.voters where campaign_id = %s", theirs.id)

    with pytest.raises(psycopg.Error, match="voter_not_found"):
        ours.create_job(filters={"voter_ids": [str(voter["id"])]})
    with pytest.raises(psycopg.Error, match="template_not_found"):
        ours.as_member(
            "public.wa_preview_audience",
            p_campaign_id=ours.id,
            p_filters={},
            p_template_id=theirs.template_id,
        )


def test_visitor_without_a_user_is_nobodys_member(ours, theirs):
    with session(ours.dsn, "authenticated") as db:
        for table in tables_for_members(ours):
            assert (
                db.execute(f"select count(*) as rows from public.{table}").fetchone()["rows"] == 0
            )
