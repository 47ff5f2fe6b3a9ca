-- The audit log: append-only, and tampering shows.
begin;
select plan(17);
select fixture.campaign('norte');
select fixture.campaign('sur');
select wa.audit(fixture.id('norte'), 'first', null, '{"n": 1}');
select wa.audit(fixture.id('sur'), 'other', null, '{}');
select wa.audit(fixture.id('norte'), 'second', fixture.id('job'), '{"n": 2, "text": "ñandú"}');
select wa.audit(fixture.id('norte'), 'third', null, '{"n": 3}');

select is(public.wa_verify_audit(fixture.id('norte')), null, 'an untouched chain is intact');
select is(public.wa_verify_audit(fixture.id('sur')), null, 'each campaign has a chain of its own');
select is(public.wa_verify_audit(fixture.id('nobody')), null, 'no entries, no break');
select is((select actor from public.wa_audit_log where action = 'first'), 'system', 'what nobody signed in for was done by the system');

select throws_ok('update public.wa_audit_log set actor = ''x''', '42501', 'wa_audit_log is append-only', 'entries cannot be changed');
select throws_ok('delete from public.wa_audit_log', '42501', 'wa_audit_log is append-only', 'or deleted');
select throws_ok('truncate public.wa_audit_log', '42501', 'wa_audit_log is append-only', 'or truncated, even by the owner');

-- Someone who can switch the guard off.
create function pg_temp.found_after(p_tampering text) returns text
language plpgsql as $$
declare
  broken bigint;
begin
  alter table public.wa_audit_log disable trigger refuse_change;
  execute p_tampering;
  broken := public.wa_verify_audit(fixture.id('norte'));
  raise exception '%', coalesce((select l.action from public.wa_audit_log l where l.id = broken), 'nothing') using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
select is(pg_temp.found_after(tampering), found, tampering || ': breaks at ' || found) from (values
  ('update public.wa_audit_log set details = ''{"n": 9}'' where action = ''second''', 'second'),
  ('update public.wa_audit_log set at = at + interval ''1 microsecond'' where action = ''second''', 'second'),
  ('update public.wa_audit_log set job_id = null where action = ''second''', 'second'),
  ('update public.wa_audit_log set actor = ''x'' where action = ''third''', 'third'),
  ('delete from public.wa_audit_log where action = ''first''', 'second'),
  ('delete from public.wa_audit_log where action = ''second''', 'third'),
  ('update public.wa_audit_log l set details = ''{"n": 9}'', hash = wa.audit_hash(l.prev_hash, l.campaign_id, l.at, l.actor, l.action, l.job_id, ''{"n": 9}'') where action = ''second''', 'third')) t(tampering, found);

-- What is recorded.
select fixture.voters('norte', 1);
select fixture.job('norte', 'k');
select set_config('request.jwt.claims', jsonb_build_object('sub', fixture.id('norte member'))::text, true);
select public.wa_pause_job(c.job_id), public.wa_resume_job(c.job_id), public.wa_cancel_job(c.job_id) from public.communications c;
select wa.set_opt_out(fixture.id('norte'), fixture.phone(0), true, 'operator', now()), wa.set_opt_out(fixture.id('norte'), fixture.phone(0), false, 'operator', now() + interval '1 second');
select results_eq($$ select action from public.wa_audit_log where campaign_id = fixture.id('norte') and id > (select max(id) from public.wa_audit_log where action = 'third') order by id $$,
  '{job_created,job_paused,job_resumed,job_cancelled,opt_out,opt_in}'::text[], 'every act on a job and every wish of a voter is recorded');
select is((select distinct actor from public.wa_audit_log where action like 'job%'), fixture.id('norte member')::text, 'with who did it');
select is(public.wa_verify_audit(fixture.id('norte')), null, 'and the chain is intact');

select * from finish();
rollback;
