"""What whoever steals a key of the cloud can do with it: what its one function does, and no more.

Roles, functions and tables are listed from the catalogue. tests/machines.py says who may run what.
"""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import requests

from devstack.background import in_background
from devstack.gateway import DevKeys, serve_gateway
from devstack.ports import free_port
from devstack.stack.deployment import DEPLOYABLES
from shared import config
from shared.adapters.postgrest import Postgrest
from shared.config import SupabaseSettings
from shared.environment import Environment
from shared.errors import BridgeError, ConfigError, Malfunction, Refused
from tests.campaign import Campaign, insert, phone, session
from tests.campaign_queue import deliver, message, message_to, sender
from tests.machines import MAY_RUN, unsigned_token

ROOT = Path(__file__).parents[2]
ROLES_FILE = ROOT / "supabase/schemas/00_privileges.sql"
MACHINES = {deployable.target: deployable for deployable in DEPLOYABLES if deployable.has_token}
KEYS = [*MAY_RUN, "service_role", "anon"]  # every key there is, but for a user's
OURS = "(c.relname like 'wa\\_%%' or c.relname = 'communications')"

each_machine = pytest.mark.parametrize("target", MACHINES)
each_key = pytest.mark.parametrize("role", KEYS)


@pytest.fixture
def campaign(database):
    """A campaign with a sent message, one that waits, an opt-out and an audit log."""
    made = Campaign.create(database).with_voters(3).with_opt_out(phone(2))
    job = made.create_job()["job_id"]
    deliver(made, message_to(made, job, 0))
    return made


def state(campaign):
    """Return all rows of all our tables."""
    [row] = campaign.rows(
        f"""select array_agg(c.oid::regclass::text order by c.relname) as names from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and {OURS}"""
    )
    return {
        name: campaign.rows(f"select * from {name} t order by t::text") for name in row["names"]
    }


def refused(campaign, role, statement, *values):
    """Tell whether Postgres keeps this role from a statement, for want of a right."""
    try:
        with session(campaign.dsn, role) as db:
            db.execute(statement, values)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


# The catalogue.
def test_each_role_runs_its_own_list_and_nothing_else(campaign):
    runs = campaign.rows(
        """select r.role, coalesce(array_agg(p.oid::regproc::text) filter (
             where has_function_privilege(r.role, p.oid, 'execute')), '{}') as functions
           from unnest(%s::text[]) r (role), pg_proc p
           where p.pronamespace in ('public'::regnamespace, 'wa'::regnamespace)
           group by r.role""",
        KEYS,
    )
    assert {row["role"]: set(row["functions"]) for row in runs} == {
        role: MAY_RUN.get(role, set()) for role in KEYS
    }


def test_no_role_has_a_right_on_a_table_a_sequence_or_the_internal_schema(campaign):
    rights = campaign.rows(
        """select r.role, c.relname from unnest(%s::text[]) r (role), pg_class c
           where c.relnamespace in ('public'::regnamespace, 'wa'::regnamespace)
             and (c.relkind in ('r', 'v', 'm', 'p') and c.relname not in
                   ('campaigns', 'campaign_members', 'voters')
                 and has_table_privilege(r.role, c.oid,
                   'select, insert, update, delete, truncate, references, trigger')
               or c.relkind = 'S'
                 and has_sequence_privilege(r.role, c.oid, 'usage, select, update'))
           union all
           select r.role, 'wa' from unnest(%s::text[]) r (role)
           where has_schema_privilege(r.role, 'wa', 'usage, create')
             or has_schema_privilege(r.role, 'public', 'create')""",
        KEYS,
        KEYS,
    )
    assert rights == []


def test_no_machine_reads_campaignpro_s_own_tables(campaign):
    tables = ("campaigns", "campaign_members", "voters")
    for role in MAY_RUN:
        for table in tables:
            assert refused(campaign, role, f"select from public.{table}"), (role, table)


def test_roles_are_nobody_by_themselves_and_taken_on_by_postgrest_alone(campaign):
    roles = campaign.rows(
        """select r.rolname as name,
             r.rolcanlogin or r.rolinherit or r.rolsuper or r.rolbypassrls or r.rolcreaterole
               or r.rolcreatedb or r.rolreplication as able,
             array(select a.roleid::regrole::text from pg_auth_members a
                   where a.member = r.oid) as is_also,
             array(select a.member::regrole::text from pg_auth_members a
                   where a.roleid = r.oid) as taken_on_by
           from pg_roles r where r.rolname like 'wa\\_%%' order by 1"""
    )
    assert {role.pop("name") for role in roles} == MAY_RUN.keys()
    assert all(
        role == {"able": False, "is_also": [], "taken_on_by": ["authenticator"]} for role in roles
    )


def test_every_deployable_that_calls_as_itself_has_a_role_and_every_role_one(campaign):
    assert {machine.role for machine in MACHINES.values()} == MAY_RUN.keys()
    without_token = {
        target
        for target, readers in config.READERS.items()
        if "SUPABASE_TOKEN" not in missing(readers)
    }
    assert without_token == {"webhook"}


def missing(readers):
    environment = Environment({})
    for read in readers:
        read(environment)
    with pytest.raises(ConfigError) as caught:
        environment.raise_problems()
    return str(caught.value)


@each_machine
def test_database_gives_up_before_the_deployable_does(campaign, target):
    [row] = campaign.rows(
        """select extract(epoch from split_part(s, '=', 2)::interval)::float as seconds
           from pg_db_role_setting d, unnest(d.setconfig) s
           where d.setrole = %s::regrole and d.setdatabase = 0 and s like 'statement_timeout=%%'""",
        MACHINES[target].role,
    )
    assert 0 < row["seconds"] < settings_of(target).timeout_seconds


def settings_of(target):
    return config.supabase_of(target)(
        Environment(
            {
                "SUPABASE_URL": "https://proyecto.supabase.co",
                "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_1",
                "SUPABASE_TOKEN": unsigned_token(f"wa_{target}"),
            }
        )
    )


# Hosted Supabase's `postgres` may create roles and is no superuser.
def test_roles_are_made_by_somebody_who_is_no_superuser_and_may_be_made_again(campaign):
    [block] = re.findall(r"^do \$\$.*?^end \$\$;", ROLES_FILE.read_text(), re.DOTALL | re.MULTILINE)
    script = re.sub(r"\bwa_(?=\w)", "try_", block)
    with psycopg.connect(campaign.dsn) as connection:
        connection.execute("create role hosted_postgres createrole; set role hosted_postgres")
        connection.execute(script)
        connection.execute(script)
        [made] = connection.execute(
            """select count(*) from pg_roles r join pg_auth_members a on a.roleid = r.oid
               where r.rolname like 'try\\_%' and a.member = 'authenticator'::regrole"""
        ).fetchone()
        connection.rollback()
    assert made == len(MAY_RUN)


# The attacks.
ATTACKS = {
    "sent messages are queued again": "update public.wa_send_queue set status = 'queued',"
    " claim_id = null, enqueued_at = null where status = 'sent'",
    "opt-outs are deleted": "delete from public.wa_opt_outs",
    "opt-outs are turned round": "update public.wa_opt_outs set opted_out = false",
    "opt-outs are noted by the internal function": "select wa.set_opt_out(sender_id,"
    " '+525510000002', false, 'operator', now()) from public.wa_campaign_settings",
    "a campaign forgets its numbers, and what was said to them": "delete from"
    " public.wa_campaign_numbers",
    "an audit entry is made up": "insert into public.wa_audit_log (campaign_id, at, actor, act,"
    " details) select id, now(), 'x', 'x', '{}' from public.campaigns",
    "an audit entry is made up by the internal function": "select wa.audit(gen_random_uuid(),"
    " 'x', null, '{}')",
    "the audit log is emptied": "truncate public.wa_audit_log",
    "a contact of today is forgotten": "delete from public.wa_recent_contacts",
    "a number is released": "update public.wa_senders set state = 'ok'",
    "a campaign's dates are moved": "update public.wa_campaign_settings set election_date = null",
    "a job is created": "insert into public.communications default values",
    "numbers are read": "select recipient_phone from public.wa_send_queue",
    "rules are rewritten": "create or replace function public.wa_health() returns jsonb"
    " language sql as 'select null::jsonb'",
    "a right is taken": "grant wa_dispatch to service_role",
}


@each_key
def test_attacks_with_a_stolen_key_are_refused_and_change_nothing(campaign, role):
    before = state(campaign)
    for attack, statement in ATTACKS.items():
        assert refused(campaign, role, statement), attack
    assert state(campaign) == before


def test_attacks_would_do_harm_if_they_were_let_in(campaign):
    """What the owner may do, or the test above could pass for a reason of its own."""
    for attack in ("sent messages are queued again", "opt-outs are deleted", "numbers are read"):
        with session(campaign.dsn) as db:
            assert db.execute(ATTACKS[attack]).rowcount > 0, attack


@pytest.mark.parametrize("word", ["deferred", "throttled", "skipped", "accepted"])
def test_dispatch_s_own_functions_do_not_send_a_sent_message_again(campaign, word):
    [sent] = campaign.rows("select id from public.wa_send_queue where status = 'sent'")
    campaign.record(sent["id"], word)
    assert campaign.claim(sent["id"])["decision"] == "done"
    assert message(campaign, sent["id"])["status"] == "sent"


# Through PostgREST, as the deployed functions call.
class Door:
    """The gateway in front of a campaign's database, its keys, and callers who hold them."""

    def __init__(self, keys):
        self.keys = keys
        self._callers = []

    def with_token(self, token):
        settings = SupabaseSettings(
            url=self.keys.url,
            publishable_key=self.keys.publishable,
            token=token,
            timeout_seconds=20,
        )
        self._callers.append(Postgrest(settings))
        return self._callers[-1]

    def as_machine(self, role):
        return self.with_token(self.token(role))

    def token(self, role):
        return self.keys.mint_role_token(role, now=datetime.now(UTC))

    def close(self):
        for caller in self._callers:
            caller._http().close()


@pytest.fixture
def door(campaign):
    port = free_port()
    keys = DevKeys.generate(f"http://127.0.0.1:{port}")
    login = campaign.dsn.replace("//postgres@", "//authenticator@")
    with in_background(serve_gateway(login, keys, port)):
        door = Door(keys)
        yield door
        door.close()


def arguments_of(campaign, function):
    """Return arguments by name, all null, as the catalogue lists them."""
    [row] = campaign.rows(
        "select proargnames as names, pronargs as n from pg_proc where oid = %s::regproc",
        f"public.{function}",
    )
    return dict.fromkeys((row["names"] or [])[: row["n"]])


def is_refused(postgrest, campaign, function):
    """Tell whether the door is shut; what the function makes of nulls is its own affair."""
    try:
        postgrest.call(function, arguments_of(campaign, function), pauses=())
    except BridgeError as error:
        return error.code == "token_refused"
    return False


def public_functions(campaign):
    rows = campaign.rows(
        """select p.proname as name from pg_proc p
           where p.pronamespace = 'public'::regnamespace and p.proname like 'wa\\_%%'"""
    )
    return {row["name"] for row in rows}


def test_token_opens_its_own_functions_and_no_other_s_nor_members_ones(campaign, door):
    for role, functions in MAY_RUN.items():
        postgrest = door.as_machine(role)
        open_to_it = {
            name for name in public_functions(campaign) if not is_refused(postgrest, campaign, name)
        }
        assert open_to_it == functions, role


def test_service_key_and_publishable_key_open_no_function(campaign, door):
    for key in (door.keys.secret, door.keys.publishable, door.token("service_role")):
        postgrest = door.with_token(key)
        assert all(is_refused(postgrest, campaign, name) for name in public_functions(campaign))


def test_user_s_token_opens_no_function_of_the_machines(campaign, door):
    token = door.keys.mint_user_token(campaign.member, now=datetime.now(UTC))
    postgrest = door.with_token("")
    for function in set().union(*MAY_RUN.values()):
        with pytest.raises(Refused) as caught:
            postgrest.call_as(token, function, arguments_of(campaign, function))
        assert (caught.value.status, caught.value.code) == (403, "forbidden"), function


def test_machine_s_token_reads_no_table(campaign, door):
    for role in MAY_RUN:
        headers = {
            "apikey": door.keys.publishable,
            "Authorization": f"Bearer {door.token(role)}",
        }
        for table in ("wa_send_queue", "wa_opt_outs", "wa_templates", "voters"):
            url = f"{door.keys.url}/rest/v1/{table}"
            answer = requests.get(url, params={"select": "*"}, headers=headers, timeout=10)
            assert answer.status_code == 403, (role, table)


def test_token_that_is_no_longer_taken_is_our_fault_and_nobody_s_session(campaign, door):
    """Task and event come again after a 500; a 401 would speak of a user who is not there."""
    forged = DevKeys.generate(door.keys.url)
    ended = door.keys.mint_role_token("wa_sweep", now=datetime(2020, 1, 1, tzinfo=UTC), days=1)
    for token in (forged.mint_role_token("wa_sweep", now=datetime.now(UTC)), ended):
        with pytest.raises(Malfunction) as caught:
            door.with_token(token).call("wa_health", {})
        assert (caught.value.code, caught.value.status) == ("token_refused", 500)


def test_audit_log_names_the_machine_that_did_it(campaign, door):
    with session(campaign.dsn) as db:
        row = {"contacted_at": datetime.now(UTC), "message_id": uuid4()}
        insert(db, "public.wa_recent_contacts", campaign_id=campaign.id, phone=phone(7), **row)
    intent = {"phone_number_id": sender(campaign)["phone_number_id"], "phone": phone(1)}
    intent |= {"opted_out": True, "source": "reply", "at": datetime.now(UTC).isoformat()}
    door.as_machine("wa_apply_events").call("wa_apply_opt_outs", {"p_intents": [intent]})
    [last] = campaign.rows("select actor, act from public.wa_audit_log order by id desc limit 1")
    assert last["actor"] == "wa_apply_events"
    assert "opt" in last["act"]


# At the start.
@each_machine
def test_deployable_does_not_start_with_the_token_of_another(target, tmp_path):
    other = next(role for role in MAY_RUN if role != f"wa_{target}")
    for token in (unsigned_token(other), unsigned_token("service_role"), "sb_secret_1"):
        output = failed_start(target, token, tmp_path)
        assert "SUPABASE_TOKEN must " in output
        assert token not in output


def failed_start(target, token, tmp_path):
    """Start an entry point as functions-framework does; return what it said before it ended."""
    environment = {
        "DISPATCH_URL": "https://dispatch.example.run.app",
        "FUNCTION_TARGET": target,
        "GOOGLE_CLOUD_PROJECT": "campaignpro",
        "META_ACCESS_TOKEN": "EAA1",
        "META_APP_ID": "1234567890",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_1",
        "SUPABASE_TOKEN": token,
        "SUPABASE_URL": "https://proyecto.supabase.co",
        "TASKS_LOCATION": "us-central1",
        "TASKS_SERVICE_ACCOUNT": "tasks@campaignpro.iam.gserviceaccount.com",
    }
    source = f"functions/{MACHINES[target].folder}/main.py"
    command = [sys.executable, "-m", "functions_framework", "--source", source, "--target", target]
    done = subprocess.run(
        [*command, "--port", str(free_port())],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    return done.stdout + done.stderr
