-- Who may do what, enumerated from the catalogue: a new table or function fails here until it is listed.
begin;
select plan(20);

create temporary view our_table as
  select c.oid, c.relname::text as name, c.relrowsecurity from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind in ('r', 'v', 'm', 'p') and c.relname not in ('campaigns', 'campaign_members', 'voters');
create temporary view our_function as
  select p.oid, n.nspname::text as schema, p.proname::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('public', 'wa');
create function pg_temp.privileges(p_role text) returns setof text
language sql as $$
  select t.name || ' ' || string_agg(lower(kind), ',' order by kind)
  from our_table t, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) kind
  where has_table_privilege(p_role, t.oid, kind) group by t.name;
$$;

select is_empty('select name from our_table where not relrowsecurity', 'row level security is on for every table');
select is_empty($$ select pg_temp.privileges('anon') $$, 'visitors have no right on any table');
select is_empty($$ select name from our_function where has_function_privilege('anon', oid, 'execute') $$, 'visitors may run nothing');
select ok(not has_schema_privilege('anon', 'wa', 'usage'), 'visitors cannot look into the internal schema');
select is_empty($$
  select c.relname, r, kind from pg_class c join pg_namespace n on n.oid = c.relnamespace, unnest('{anon,authenticated,service_role,wa_fan_out,wa_dispatch,wa_apply_events,wa_send,wa_templates,wa_sync,wa_sweep}'::text[]) r,
    unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) kind
  where n.nspname = 'wa' and c.relkind in ('r', 'v') and has_table_privilege(r, c.oid, kind) $$,
  'the tables and views of the internal schema are their owner''s alone');
select is_empty($$
  select r, f from unnest('{anon,authenticated,service_role,wa_fan_out,wa_dispatch,wa_apply_events,wa_send,wa_templates,wa_sync,wa_sweep}'::text[]) r, unnest('{wa.audit,wa.audit_key,wa.keyed_hash,wa.person_hash,wa.seal_campaign,wa.forget_audit}'::regproc[]) f
  where has_function_privilege(r, f, 'execute') $$,
  'nobody writes or seals the audit log for its own sake');
select is_empty($$
  select c.relname, r from pg_class c join pg_namespace n on n.oid = c.relnamespace, unnest('{anon,authenticated,service_role,wa_fan_out,wa_dispatch,wa_apply_events,wa_send,wa_templates,wa_sync,wa_sweep}'::text[]) r
  where n.nspname = 'public' and c.relkind = 'S' and has_sequence_privilege(r, c.oid, 'usage, select, update') $$,
  'nobody may move a sequence');
select is_empty($$
  select oid::regprocedure from our_function where exists (
    select from pg_proc p, aclexplode(p.proacl) a where p.oid = our_function.oid and a.grantee = 0) $$,
  'no function is open to every role');

select set_eq($$ select pg_temp.privileges('authenticated') $$, '{
  communications select,wa_audit_log select,wa_campaign_settings select,wa_consents select,
  wa_recent_contacts select,wa_send_queue select,wa_templates select,wa_template_versions select,wa_media select}'::text[],
  'users read tables and never write them');
select set_eq($$ select schema || '.' || name from our_function where has_function_privilege('authenticated', oid, 'execute') $$, '{
  public.wa_preview_audience,public.wa_create_job,public.wa_get_job,public.wa_list_jobs,public.wa_list_recipients,
  public.wa_pause_job,public.wa_resume_job,public.wa_cancel_job,public.wa_move_job,public.wa_resolve_unknown,public.wa_verify_audit,public.wa_begin_audit_export,public.wa_export_audit,public.wa_approve_job,public.wa_release_content,
  public.wa_refuse_veda,public.wa_list_opt_outs,public.wa_list_filter_values,public.wa_get_sender,public.wa_get_settings,public.wa_put_settings,
  public.wa_create_template,public.wa_check_template,public.wa_compose_template,public.wa_get_template,public.wa_list_templates,public.wa_edit_template,
  public.wa_import_consents,public.wa_record_consent,public.wa_revoke_consent,wa.require_voter,wa.record_consent,wa.revoke_consent,
  public.wa_export_person,public.wa_erase_person,public.wa_take_request,
  public.wa_delete_template,public.wa_begin_upload,wa.refuse_unknown_template,wa.template_in_full,
  public.wa_preflight,
  public.wa_list_test_numbers,public.wa_add_test_number,public.wa_remove_test_number,public.wa_test_template,
  wa.my_campaigns,wa.my_role,wa.require_may,wa.refuse,wa.job_progress,wa.minute_evidence,wa.begin_large_call,wa.take_place,wa.filter_names,wa.filter_values,wa.filter_value_counts,wa.filter_label,wa.audience,
  wa.require_known_filters,wa.filters_in_short,wa.job_of_key,wa.preview,wa.create_job,
  wa.waiting_for}'::text[],
  'users run the functions about jobs and templates, and what those need');
select is_empty($$ select pg_temp.privileges('service_role') $$, 'the service key reads and writes no table');
select is_empty($$ select name from our_function where has_function_privilege('service_role', oid, 'execute') $$, 'the service key runs nothing');

create temporary view machine as
  select oid, rolname::text as name from pg_roles where rolname in ('wa_fan_out', 'wa_dispatch', 'wa_apply_events', 'wa_send', 'wa_templates', 'wa_sync', 'wa_sweep');
select is_empty($$ select pg_temp.privileges(m.name) from machine m $$, 'the cloud functions read and write tables by functions alone');
select set_eq($$ select m.name || ': ' || f.schema || '.' || f.name from machine m, our_function f where has_function_privilege(m.name, f.oid, 'execute') $$, '{
  wa_fan_out: public.wa_lease_shard,wa_fan_out: public.wa_mark_enqueued,
  wa_dispatch: public.wa_claim_message,wa_dispatch: public.wa_record_attempt,
  wa_apply_events: public.wa_apply_receipts,wa_apply_events: public.wa_apply_opt_outs,wa_apply_events: public.wa_resolve_opt_outs,
  wa_apply_events: public.wa_apply_account_changes,
  wa_send: public.wa_preflight_targets,wa_send: public.wa_record_health,
  wa_sync: public.wa_list_accounts,wa_sync: public.wa_apply_sync,
  wa_sync: public.wa_claim_change,wa_sync: public.wa_record_change,wa_sync: public.wa_list_open_changes,
  wa_templates: public.wa_claim_change,wa_templates: public.wa_record_change,wa_templates: public.wa_list_open_changes,
  wa_templates: public.wa_claim_upload,wa_templates: public.wa_record_upload,
  wa_sweep: public.wa_sweep,wa_sweep: public.wa_due_shards,wa_sweep: public.wa_resolve_opt_outs,wa_sweep: public.wa_health,wa_sweep: public.wa_audit_messages}'::text[],
  'each cloud function runs what it needs, and nothing internal');
select is_empty($$
  select m.name, r.* from machine m join pg_roles r on r.oid = m.oid
  where r.rolcanlogin or r.rolinherit or r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication
    or exists (select from pg_auth_members a where a.member = m.oid) $$,
  'the roles of the cloud functions can do nothing by themselves');
select set_eq($$
  select m.name from machine m join pg_auth_members a on a.roleid = m.oid
  where a.member = 'authenticator'::regrole $$,
  '{wa_fan_out,wa_dispatch,wa_apply_events,wa_send,wa_templates,wa_sync,wa_sweep}'::text[], 'PostgREST may take all seven on');

select set_eq($$ select p.policyname::text from pg_policies p where p.schemaname = 'public' and p.tablename in (select name from our_table) $$, array[
  'members read their campaigns'' templates', 'members read their campaigns'' template versions', 'members read their campaigns'' media', 'members read their campaigns'' jobs', 'members read their campaigns'' messages',
  'members read their campaigns'' settings', 'members read their campaigns'' consents',
  'members read their campaigns'' audit log', 'members read their campaigns'' recent contacts'], 'these policies and no others');

select fixture.campaign('norte');
select fixture.voters('norte', 1);
select fixture.job('norte', 'k');
select fixture.act_as('wa_sweep');
select throws_ok('update public.wa_audit_log set actor = ''x''', '42501', null, 'the cloud functions cannot rewrite the audit log');
reset role;
select fixture.act_as('authenticated', 'norte member');
select throws_ok('update public.wa_send_queue set status = ''queued''', '42501', null, 'a member cannot write the queue');
select throws_ok($$ select public.wa_claim_message(gen_random_uuid(), gen_random_uuid()) $$, '42501', null, 'a member cannot claim messages');

reset role;
select * from finish();
rollback;
