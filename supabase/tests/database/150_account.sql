-- What Meta does to templates and accounts stops jobs and senders, and lets them go on.
begin;
select plan(14);
select fixture.campaign('norte');
select fixture.voters('norte', 3);
select fixture.job('norte', 'k');
create function pg_temp.template_change(p_status text, p_at timestamptz, p_waba text default null, p_name text default null) returns jsonb
language sql as $$
  select public.wa_apply_account_changes(jsonb_build_array(jsonb_build_object(
    'waba_id', coalesce(p_waba, (select s.waba_id from public.wa_senders s)), 'meta_template_id', null,
    'name', coalesce(p_name, (select t.meta_template_name from public.wa_templates t)), 'language', 'es_MX',
    'status', p_status, 'reason', 'NONE', 'at', p_at)), '[]') $$;
create function pg_temp.account_change(p_blocked boolean, p_at interval, p_until timestamptz default null) returns jsonb
language sql as $$
  select public.wa_apply_account_changes('[]', jsonb_build_array(jsonb_build_object(
    'waba_id', (select s.waba_id from public.wa_senders s), 'meta_event', 'DISABLED_UPDATE', 'blocked', p_blocked, 'reason', 'R', 'until', p_until, 'at', now() + p_at))) $$;
create function pg_temp.job() returns text language sql as $$
  select concat_ws(' ', c.status, c.paused_by, c.status_reason is not null) from public.communications c $$;

select pg_temp.template_change('paused', now(), p_waba => 'another account');
select is((select status from public.wa_templates), 'approved', 'another account''s template of the same name is not ours');
select pg_temp.template_change('paused', now(), p_name => 'another_template');
select is((select status from public.wa_templates), 'approved', 'another template changes nothing');
select pg_temp.template_change('paused', now());
select is((select status from public.wa_templates), 'paused', 'a paused template is noted');
select is(pg_temp.job(), 'paused template t', 'its job waits, with the reason');
select pg_temp.template_change('approved', now() - interval '1 minute');
select is(pg_temp.job(), 'paused template t', 'an older event that comes late changes nothing');
select pg_temp.template_change('approved', now() + interval '1 minute');
select is((select status from public.wa_templates), 'approved', 'an approved template may send again');
select is(pg_temp.job(), 'processing f', 'and its job goes on by itself');

update public.communications set status = 'paused', paused_by = 'user';
select pg_temp.template_change('paused', now() + interval '2 minutes');
select pg_temp.template_change('approved', now() + interval '3 minutes');
select is(pg_temp.job(), 'paused user f', 'a job paused by its user waits for its user');

select pg_temp.account_change(true, '0 s', now() + interval '3 days');
select is((select state || ' ' || state_reason from public.wa_senders), 'blocked R', 'a restricted account''s numbers stop');
select ok((select blocked_until >= now() + interval '3 days' from public.wa_senders), 'until Meta''s date, if that is later than our cool-down');
select pg_temp.account_change(false, '-1 s');
select is((select state from public.wa_senders), 'blocked', 'an older word changes nothing');
select pg_temp.account_change(false, '1 s');
select is((select state from public.wa_senders), 'ok', 'a reinstated account''s numbers go on');
update public.wa_senders set state = 'paused';
select pg_temp.account_change(true, '2 s');
select is((select state from public.wa_senders), 'paused', 'a number paused by its operator stays with its operator');
select pg_temp.account_change(false, '3 s');
select is((select state from public.wa_senders), 'paused', 'also when Meta releases the account');
select * from finish();
rollback;
