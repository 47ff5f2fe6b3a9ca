-- Pause, resume, cancel and read: from every state, by members only.
begin;
select plan(42);
select fixture.campaign('norte');
select fixture.campaign('sur');
select fixture.voters('norte', 3);
select fixture.job('norte', 'k');

create function pg_temp.job_id() returns uuid language sql as $$
  select c.job_id from public.communications c where c.idempotency_key = 'k' $$;
create function pg_temp.attempt(p_from text, p_action text) returns text
language plpgsql as $$
declare
  answer jsonb;
begin
  perform set_config('request.jwt.claims', jsonb_build_object('sub', fixture.id('norte member'))::text, true);
  update public.communications set status = p_from, paused_by = case p_from when 'paused' then 'user' end where idempotency_key = 'k';
  execute format('select public.wa_%s_job($1)', p_action) into answer using pg_temp.job_id();
  raise exception '%', (select c.status from public.communications c where c.idempotency_key = 'k') || ', skipped ' || (answer ->> 'skipped_count')
    || ', audited ' || (select count(*) from public.wa_audit_log l where l.act like 'job\_%' and l.act <> 'job_created') using errcode = 'XX999';
exception when sqlstate 'XX999' or sqlstate 'PT409' then
  return sqlerrm;
end $$;
select is(pg_temp.attempt(state, action), expected, format('%s a %s job: %s', action, state, expected)) from (values
  ('processing', 'pause', 'paused, skipped 0, audited 1'),
  ('paused', 'pause', 'paused, skipped 0, audited 0'),
  ('cancelled', 'pause', 'job_not_open'), ('completed', 'pause', 'job_not_open'),
  ('partial', 'pause', 'job_not_open'), ('failed', 'pause', 'job_not_open'),
  ('processing', 'resume', 'processing, skipped 0, audited 0'),
  ('paused', 'resume', 'processing, skipped 0, audited 1'),
  ('cancelled', 'resume', 'job_not_open'), ('completed', 'resume', 'job_not_open'),
  ('partial', 'resume', 'job_not_open'), ('failed', 'resume', 'job_not_open'),
  ('processing', 'cancel', 'cancelled, skipped 3, audited 1'),
  ('paused', 'cancel', 'cancelled, skipped 3, audited 1'),
  ('cancelled', 'cancel', 'cancelled, skipped 3, audited 0'),
  ('completed', 'cancel', 'job_not_open'), ('partial', 'cancel', 'job_not_open'), ('failed', 'cancel', 'job_not_open')) t(state, action, expected);

-- Members only, everywhere.
create function pg_temp.answer_to(p_user text, p_call text) returns text
language plpgsql as $$
declare
  answer jsonb;
begin
  perform fixture.act_as('authenticated', p_user);
  execute 'select ' || p_call into answer;
  reset role;
  return case jsonb_typeof(answer) when 'array' then 'list' else coalesce(answer ->> 'status', 'answered') end;
exception when others then
  reset role;
  return concat_ws(' ', sqlstate, sqlerrm);
end $$;
create temporary table exposed (call text, refusal text);
insert into exposed
select replace(replace(call, '#', quote_literal(pg_temp.job_id())), '@', quote_literal(fixture.id('norte'))), refusal from (values
  ('public.wa_preview_audience(@, ''{}'')', 'PT404 campaign_not_found'),
  ('public.wa_list_jobs(@)', 'PT404 campaign_not_found'),
  ('public.wa_get_job(#)', 'PT404 job_not_found'),
  ('public.wa_list_recipients(#)', 'PT404 job_not_found'),
  ('public.wa_pause_job(#)', 'PT404 job_not_found'),
  ('public.wa_resume_job(#)', 'PT404 job_not_found'),
  ('public.wa_cancel_job(#)', 'PT404 job_not_found')) t(call, refusal);
select is(pg_temp.answer_to('sur member', call), refusal, 'another campaign''s member: ' || left(call, 26)) from exposed;
select is(pg_temp.answer_to('nobody', call), refusal, 'a stranger: ' || left(call, 26)) from exposed;
select is(pg_temp.answer_to('sur member', replace(call, pg_temp.job_id()::text, fixture.id('none')::text)), refusal, 'a job that does not exist looks the same: ' || left(call, 26))
  from exposed where call like '%job%(%' and call not like '%list_jobs%';
select is(pg_temp.answer_to('norte member', 'public.wa_list_jobs(null)'), 'PT404 campaign_not_found', 'no campaign is nobody''s');
select is(fixture.status(fixture.message('norte', 'k', 0)), 'queued', 'none of them changed anything');

-- Reading.
select is(pg_temp.answer_to('norte member', call), expected, 'a member: ' || left(call, 26))
  from exposed join (values (1, 'answered'), (2, 'list'), (3, 'processing'), (4, 'list')) e(n, expected)
  on call like '%' || (array['preview', 'list_jobs', 'get_job', 'list_recip'])[n] || '%';

select * from finish();
rollback;
