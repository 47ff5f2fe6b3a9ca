-- The audit log: append-only, sealed by the sweep, and tampering shows.
begin;
select plan(33);
select fixture.campaign('norte');
select fixture.campaign('sur');
create temporary table before_these as select max(id) as id from public.wa_audit_log;
select wa.seal_audit();
select wa.audit(fixture.id('norte'), 'first', null, '{"n": 1}');
select wa.audit(fixture.id('sur'), 'other', null, '{}');
select wa.audit(fixture.id('norte'), 'second', fixture.id('job'), '{"n": 2, "text": "ñandú"}');
select wa.audit(fixture.id('norte'), 'third', null, '{"n": 3}');

select results_eq($$ select seq from public.wa_audit_log where id > (select id from before_these) $$, '{null,null,null,null}'::bigint[], 'an entry is written without a place');
select is(wa.seal_audit() - 'audit_heads', '{"sealed": 4, "unsealable": 0}', 'and gets one by the sweep');
select results_eq($$ select act, seq from public.wa_audit_log where campaign_id = fixture.id('norte') order by id $$,
  $$ values ('settings_made', 1::bigint), ('first', 2), ('second', 3), ('third', 4) $$, 'in the order of writing');
select is(wa.seal_audit() - 'audit_heads', '{"sealed": 0, "unsealable": 0}', 'once');
select is(wa.verify_audit(fixture.id('norte')), '{"intact": true, "entries": 4, "sealed": 4, "broken_at": null, "problem": null}', 'an untouched chain is intact');
select is(wa.verify_audit(fixture.id('sur')) -> 'intact', 'true', 'each campaign has a chain of its own');
select is(wa.verify_audit(fixture.id('nobody')), '{"intact": true, "entries": 0, "sealed": 0, "broken_at": null, "problem": null}', 'no entries, no break');
select is((select actor from public.wa_audit_log where act = 'first'), session_user::text, 'what nobody signed in for was done by the login');

select throws_ok('update public.wa_audit_log set actor = ''x''', '42501', 'wa_audit_log is append-only', 'entries cannot be changed');
select throws_ok('update public.wa_audit_log set seq = seq + 100', '42501', 'wa_audit_log is append-only', 'or sealed twice');
select throws_ok('delete from public.wa_audit_log', '42501', 'wa_audit_log is append-only', 'or deleted');
select throws_ok('truncate public.wa_audit_log', '42501', 'wa_audit_log is append-only', 'or truncated, even by the owner');
select throws_ok($$ insert into public.wa_audit_log (campaign_id, at, actor, act, details, seq, prev_hash, hash)
  values (fixture.id('norte'), now(), 'x', 'x', '{}', 9, '', '') $$, '42501', 'wa_audit_log is append-only', 'or written with a seal');
select wa.audit(fixture.id('norte'), 'fourth', null, '{}');
select throws_ok('update public.wa_audit_log set actor = ''x'', seq = 5, prev_hash = '''', hash = '''' where act = ''fourth''', '42501', 'wa_audit_log is append-only', 'or changed while they are sealed');
select is(wa.verify_audit(fixture.id('norte')) - '{intact,broken_at,problem}'::text[], '{"entries": 5, "sealed": 4}', 'what waits for its seal is counted apart');

-- Someone who can switch the guards off.
create function pg_temp.found_after(p_tampering text) returns text
language plpgsql as $$
declare
  found_there jsonb;
begin
  alter table public.wa_audit_log disable trigger user;
  execute p_tampering;
  found_there := wa.verify_audit(fixture.id('norte'));
  raise exception '%', concat_ws(' ', found_there ->> 'problem', found_there ->> 'broken_at') using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
select is(pg_temp.found_after(tampering), found, tampering || ': ' || found) from (values
  ('update public.wa_audit_log set details = ''{"n": 9}'' where act = ''second''', 'hash 3'),
  ('update public.wa_audit_log set at = at + interval ''1 microsecond'' where act = ''second''', 'hash 3'),
  ('update public.wa_audit_log set job_id = null where act = ''second''', 'hash 3'),
  ('update public.wa_audit_log set actor = ''x'' where act = ''third''', 'hash 4'),
  ('delete from public.wa_audit_log where act = ''first''', 'seq 2'),
  ('delete from public.wa_audit_log where act = ''second''', 'seq 3'),
  ('delete from public.wa_audit_log where act = ''third''', 'head 4'),
  ('delete from public.wa_audit_log', 'head 1'),
  ('delete from wa.audit_heads', 'head 1'),
  ('insert into public.wa_audit_log (campaign_id, at, actor, act, details, seq, prev_hash, hash) values (fixture.id(''norte''), now(), '''', '''', ''{}'', 9, '''', '''')', 'seq 5'),
  ('update public.wa_audit_log l set details = ''{"n": 9}'', hash = wa.audit_hash(l.prev_hash, l.seq, jsonb_populate_record(l, ''{"details": {"n": 9}}'')) where act = ''second''', 'prev_hash 4')) t(tampering, found);

-- What is recorded.
select fixture.voters('norte', 1);
select fixture.job('norte', 'k');
select set_config('request.jwt.claims', jsonb_build_object('sub', fixture.id('norte member'))::text, true);
select public.wa_pause_job(c.job_id), public.wa_resume_job(c.job_id), public.wa_cancel_job(c.job_id) from public.communications c;
select wa.set_opt_out(fixture.id('norte sender'), fixture.phone(0), true, 'operator', now()), wa.set_opt_out(fixture.id('norte sender'), fixture.phone(0), false, 'operator', now() + interval '1 second');
select results_eq($$ select act from public.wa_audit_log where campaign_id = fixture.id('norte') and id > (select max(id) from public.wa_audit_log where act = 'fourth') order by id $$,
  '{job_created,job_paused,job_resumed,job_cancelled,opt_out,opt_in}'::text[], 'every act on a job and every wish of a voter is recorded');
select is((select distinct actor from public.wa_audit_log where act like 'job%'), fixture.id('norte member')::text, 'with who did it');
select set_config('request.jwt.claims', '{"role": "service_role"}', true);
select wa.audit(fixture.id('norte'), 'by machine', null, '{}');
select is((select actor from public.wa_audit_log where act = 'by machine'), 'service_role', 'the machine is told from an operator');
select wa.seal_audit();
select is(wa.verify_audit(fixture.id('norte')) - '{entries,sealed}'::text[], '{"intact": true, "broken_at": null, "problem": null}', 'and the chain is intact');
select is(wa.seal_audit() #>> '{audit_heads,0,hash}', (select encode(hash, 'hex') from wa.audit_heads order by campaign_id limit 1), 'its head is told again, as an answer may get lost');
select is(wa.verify_audit(fixture.id('norte'), h.seq, encode(h.hash, 'hex')) -> 'intact', 'true', 'and fits the chain') from wa.audit_heads h where h.campaign_id = fixture.id('norte');
select is(wa.verify_audit(fixture.id('norte'), 2, repeat('0', 64)) - '{entries,sealed}'::text[], '{"intact": false, "broken_at": 2, "problem": "anchor"}', 'as another one does not');

select * from finish();
rollback;
