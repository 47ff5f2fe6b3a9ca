-- Creating a job: what it makes, what refuses it, and that asking twice makes one.
begin;
select plan(42);
select fixture.campaign('norte');
select fixture.campaign('sur');
select fixture.voters('norte', 5);
select fixture.voters('sur', 2, 100);
insert into public.voters (campaign_id, full_name, phone, sentiment, section, tags) values
  (fixture.id('norte'), 'Sin número', null, 'positive', '0001', '{joven}');

-- What it makes.
create temporary table made as select fixture.summary_of_job('norte', 'first') as summary;
select is(summary - '{job_id,scheduled_at,estimated_end_at,send_before,warnings}'::text[],
  jsonb_build_object('target_count', 6, 'estimated_time_seconds', 1, 'status', 'queued', 'excluded', '{"missing_number": 1}'::jsonb, 'canary_count', null, 'cut_count', 0, 'waiting_for', null, 'findings', '[]'::jsonb, 'limit_assumed', false,
    'plan', jsonb_build_array(jsonb_build_object('day', (now() at time zone 'America/Mexico_City')::date, 'messages', 5)), 'ends_before_deadline', true),
  'the summary says how many, how long, and who is left out') from made;
select is((summary ->> 'send_before')::timestamptz, (select closes_at from wa.send_window(fixture.id('norte'))), 'nothing leaves after the window closes') from made;
select results_eq($$ select status, skip_reason, count(*) from public.wa_send_queue where job_id = (select (summary ->> 'job_id')::uuid from made) group by 1, 2 order by 1 $$,
  $$ values ('queued', null, 5::bigint), ('skipped', 'missing_number', 1) $$, 'every voter has a row: to be sent, or skipped with the reason');
select set_eq($$ select position from public.wa_send_queue where job_id = (select (summary ->> 'job_id')::uuid from made) $$, 'values (1), (2), (3), (4), (5), (6)', 'positions count from one without gaps');
select is(q.template_params, '{"1": "Votante", "2": "norte"}', 'a message carries its own words')
  from public.wa_send_queue q where q.id = fixture.message('norte', 'first', 3);
select is_empty('select * from fixture.miscounted()', 'a new job is counted');

-- Asking twice.
select is(fixture.summary_of_job('norte', 'first'), summary, 'the same key gives the same summary') from made;
select is((select count(*) from public.communications), 1::bigint, 'and makes no second job');
select isnt(fixture.summary_of_job('sur', 'first') ->> 'job_id', summary ->> 'job_id', 'another campaign may use the same key') from made;

create function pg_temp.refusal(p_key text, p_filters jsonb default '{}', p_user text default null, p_at timestamptz default null) returns text
language plpgsql as $$
declare
  field text;
begin
  perform fixture.summary_of_job('norte', p_key, p_filters, p_scheduled_at => p_at, p_user => p_user);
  raise exception 'accepted';
exception when others then
  get stacked diagnostics field = pg_exception_hint;
  perform set_config('request.jwt.claims', '', true);
  return concat_ws(' ', sqlstate, sqlerrm, nullif(field, ''));
end $$;
create temporary table before as select (select count(*) from public.communications) as jobs, (select count(*) from public.wa_send_queue) as messages;

select is(pg_temp.refusal('first', '{"tags": ["joven"]}'), 'PT409 idempotency_key_reused Idempotency-Key', 'a key of another request is refused');
select is(pg_temp.refusal('k', p_user => 'sur member'), 'PT404 campaign_not_found campaign_id', 'another campaign''s member is refused as if there were no campaign');
select is(pg_temp.refusal('k', p_user => 'nobody'), 'PT404 campaign_not_found campaign_id', 'a stranger is refused');
select is(pg_temp.refusal('k', filters::jsonb), refusal, filters || ': ' || refusal) from (values
  ('{"sentimiento": ["positive"]}', 'PT422 field_unknown filters.sentimiento'),
  ('{"sentiment": ["positve"]}', 'PT422 filter_value_unknown filters.sentiment'),
  ('{"section": ["0001", "9999"]}', 'PT422 filter_value_unknown filters.section'),
  ('{"tags": ["vecina"]}', 'PT422 filter_value_unknown filters.tags'),
  ('{"voter_ids": ["00000000-0000-4000-8000-000000000000"]}', 'PT422 voter_not_found filters.voter_ids'),
  ('{"tags": ["joven"]}', 'PT422 audience_empty filters'),
  ('{"voter_ids": []}', 'PT422 audience_empty filters')) t(filters, refusal);
select is(pg_temp.refusal('k', jsonb_build_object('voter_ids', jsonb_build_array(fixture.id('sur voter 100')))), 'PT422 voter_not_found filters.voter_ids',
  'another campaign''s voter is refused as if there were none');
select is(pg_temp.refusal('k', p_at => now() + interval '90 days'), 'PT403 outside_campaign scheduled_at', 'a time after the campaign is refused');
select is(pg_temp.refusal('k', p_at => now() + interval '38 days'), 'PT403 veda scheduled_at', 'a time in the veda is refused');
select is(pg_temp.refusal('', '{}'), '23514 new row for relation "communications" violates check constraint "communications_idempotency_key_check"', 'an empty key is refused');

-- One thing at a time is wrong with the campaign, then put right.
create function pg_temp.refusal_when(p_table text, p_key_column text, p_change text) returns text
language plpgsql as $$
declare
  refusal text;
begin
  execute format('update public.%I set %s where %I = any (array[fixture.id(''norte''), fixture.id(''norte sender''), fixture.id(''norte template'')])', p_table, p_change, p_key_column);
  refusal := pg_temp.refusal('k');
  raise exception '%', refusal using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
select is(pg_temp.refusal_when(tab, col, change), refusal, change || ': ' || refusal) from (values
  ('wa_campaign_settings', 'campaign_id', 'election_date = null', 'PT409 dates_missing campaign_id'),
  ('wa_campaign_settings', 'campaign_id', 'election_date = current_date', 'PT403 veda scheduled_at'),
  ('wa_campaign_settings', 'campaign_id', 'campaign_start = current_date + 2', 'PT403 outside_campaign scheduled_at'),
  ('wa_campaign_settings', 'campaign_id', 'campaign_end = current_date - 2', 'PT403 outside_campaign scheduled_at'),
  ('wa_campaign_settings', 'campaign_id', 'sender_id = null', 'PT409 sender_missing campaign_id'),
  ('wa_campaign_settings', 'campaign_id', 'spending_cap_usd = 0.3969, price_per_message_usd = 0.0397', 'PT409 spending_cap_exceeded filters'),
  ('wa_campaign_settings', 'campaign_id', 'spending_cap_usd = 0.3970, price_per_message_usd = 0.0397', 'P0001 accepted'),
  ('wa_campaign_settings', 'campaign_id', 'consent_required = true', 'PT422 audience_empty filters'),
  ('wa_senders', 'id', $$health = jsonb_build_object('sender', jsonb_build_object('state', 'BLOCKED', 'detail', 'x', 'at', now()))$$, 'PT409 sender_blocked_at_meta campaign_id'),
  ('wa_senders', 'id', $$health = jsonb_build_object('account', jsonb_build_object('state', 'BLOCKED', 'detail', 'x', 'at', now()))$$, 'PT409 account_blocked_at_meta campaign_id'),
  ('wa_templates', 'id', $$health = jsonb_build_object('state', 'BLOCKED', 'detail', 'x', 'at', now())$$, 'PT409 template_blocked_at_meta template_id'),
  ('wa_templates', 'id', 'status = ''pending''', 'PT409 template_not_approved template_id'),
  ('wa_templates', 'id', 'status = ''rejected''', 'PT409 template_not_approved template_id'),
  ('wa_templates', 'id', 'status = ''paused''', 'PT409 template_not_approved template_id'),
  ('wa_templates', 'id', 'status = ''disabled''', 'PT409 template_not_approved template_id'),
  ('wa_templates', 'id', 'status = ''archived''', 'PT409 template_not_approved template_id'),
  ('wa_templates', 'id', 'campaign_id = fixture.id(''sur''), meta_template_name = ''otra''', 'PT404 template_not_found template_id')) t(tab, col, change, refusal);

-- A time that is past means now.
update public.wa_campaign_settings set election_date = current_date where campaign_id = fixture.id('norte');
select is(pg_temp.refusal('k', p_at => now() - interval '10 days'), 'PT403 veda scheduled_at', 'yesterday''s schedule does not lead around today''s veda');

select results_eq('select (select count(*) from public.communications), (select count(*) from public.wa_send_queue)', $$ select jobs, messages from before $$,
  'a refusal leaves nothing behind');

select * from finish();
rollback;
