-- What Meta answered: every outcome, from every state.
begin;
select plan(44);
select fixture.campaign('norte');
select fixture.voters('norte', 3);
select fixture.job('norte', 'k');

-- Claims voter 0's message, records one outcome, tells what became of message, contact, job and sender, and undoes it.
create function pg_temp.after(p_outcome text, p_prepare text default 'select 1', p_frees boolean default true, p_opts_out boolean default false, p_attempt integer default 1) returns text
language plpgsql as $$
declare
  message uuid := fixture.message('norte', 'k', 0);
  result text;
begin
  update public.wa_send_queue set enqueued_at = now() where id = message;
  perform fixture.claim(message);
  execute p_prepare;
  result := public.wa_record_outcome(message, p_attempt, p_outcome, 'wamid.1', 131000, 'expired', 60, p_frees, p_opts_out);
  raise exception '%', (select concat_ws(', ', q.status, q.skip_reason,
      case when q.status <> result then 'but said ' || result end,
      case when q.meta_message_id is not null then 'with id' end,
      case when q.error_code is not null then 'error ' || q.error_code end,
      case when q.enqueued_at is not null then 'task' else 'no task' end,
      case when exists (select from public.wa_recent_contacts r where r.message_id = q.id) then 'contacted' end,
      case when q.scheduled_at > now() then 'later' end,
      'job ' || c.status || coalesce(': ' || c.status_reason, ''), 'sender ' || s.state || coalesce(': ' || s.state_reason, ''),
      case when s.backoff_seconds > 0 then 'slower' end,
      case when wa.is_opted_out(q.campaign_id, q.recipient_phone) then 'opted out' end,
      case when exists (select from fixture.miscounted()) then 'MISCOUNTED' end)
    from public.wa_send_queue q join public.communications c on c.job_id = q.job_id join public.wa_senders s on s.id = c.sender_id
    where q.id = message) using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
select is(pg_temp.after(outcome), expected, outcome || ': ' || expected) from (values
  ('accepted', 'sent, with id, task, contacted, job processing, sender ok'),
  ('held', 'sent, with id, task, contacted, job processing, sender ok'),
  ('failed', 'failed, error 131000, task, job processing, sender ok'),
  ('retry', 'queued, error 131000, no task, later, job processing, sender ok'),
  ('outage', 'queued, error 131000, no task, later, job processing, sender ok'),
  ('unexplained', 'queued, error 131000, no task, later, job processing, sender ok'),
  ('slow_down', 'queued, error 131000, task, job processing, sender ok, slower'),
  ('pause_job', 'queued, no task, job paused: expired, sender ok'),
  ('block_sender', 'queued, no task, job processing, sender blocked: expired'),
  ('skipped', 'skipped, expired, task, job processing, sender ok'),
  ('unknown', 'unknown, task, contacted, job processing, sender ok')) t(outcome, expected);
select is(pg_temp.after('failed', p_frees => false), 'failed, error 131000, task, contacted, job processing, sender ok', 'a refusal that reached the voter keeps the day''s slot');
select is(pg_temp.after('failed', p_opts_out => true), 'failed, error 131000, task, job processing, sender ok, opted out', 'Meta''s word that the voter wants no more is a BAJA');
select is(pg_temp.after('accepted', p_opts_out => true), 'sent, with id, task, contacted, job processing, sender ok', 'an accepted message opts nobody out');
select throws_ok($$ select public.wa_record_outcome(id, 1, 'maybe') from (select fixture.message('norte', 'k', 1) as id, fixture.claim(fixture.message('norte', 'k', 1))) t $$,
  '20000', null, 'an outcome nobody defined is an error');

-- From every state. A row that is settled keeps its state; only a missing id is added.
-- That Meta has it settles what was given up.
select is(pg_temp.after(outcome, format('update public.wa_send_queue set status = %L, skip_reason = %L where status = ''sending''', state, case state when 'skipped' then 'expired' end)),
  expected, format('%s for a %s message: %s', outcome, state, expected)) from (values
  ('unknown', 'accepted', 'sent, with id, task, contacted, job processing, sender ok'),
  ('unknown', 'failed', 'failed, error 131000, task, job processing, sender ok'),
  ('unknown', 'unknown', 'unknown, task, contacted, job processing, sender ok'),
  ('unknown', 'retry', 'queued, error 131000, no task, later, job processing, sender ok'),
  ('unknown', 'outage', 'queued, error 131000, no task, later, job processing, sender ok'),
  ('sent', 'unexplained', 'sent, with id, task, contacted, job processing, sender ok'),
  ('sent', 'accepted', 'sent, with id, task, contacted, job processing, sender ok'),
  ('sent', 'failed', 'sent, with id, task, contacted, job processing, sender ok'),
  ('sent', 'retry', 'sent, with id, task, contacted, job processing, sender ok'),
  ('sent', 'unknown', 'sent, with id, task, contacted, job processing, sender ok'),
  ('failed', 'accepted', 'failed, with id, task, contacted, job processing, sender ok'),
  ('failed', 'retry', 'failed, with id, task, contacted, job processing, sender ok'),
  ('queued', 'accepted', 'sent, with id, task, contacted, job processing, sender ok'),
  ('skipped', 'failed', 'skipped, expired, with id, task, contacted, job processing, sender ok'),
  ('skipped', 'accepted', 'sent, with id, task, contacted, job processing, sender ok')) t(state, outcome, expected);
select is(pg_temp.after('accepted', p_attempt => 2), 'sending, task, contacted, job processing, sender ok', 'an answer for an attempt that never was changes nothing');
select is(pg_temp.after('failed', p_attempt => 0), 'sending, task, contacted, job processing, sender ok', 'an answer for an earlier attempt changes nothing');
select is(public.wa_record_outcome(fixture.id('no message'), 1, 'accepted'), null, 'an answer for no message is no error');
select is(pg_temp.after('pause_job', 'update public.communications set status = ''cancelled'''), 'queued, no task, job cancelled, sender ok', 'a cancelled job is not paused');
select is(pg_temp.after('block_sender', 'update public.wa_senders set state = ''paused'''), 'queued, no task, job processing, sender paused', 'the operator''s pause outlives Meta''s block');

-- Retry and send again.
select fixture.claim(fixture.message('norte', 'k', 0));
select public.wa_record_outcome(fixture.message('norte', 'k', 0), 1, 'retry', p_retry_after_seconds => 0, p_frees_contact => false);
select is(fixture.claim(fixture.message('norte', 'k', 0)), 'send', 'a message put back never counts as its own earlier contact');
select is(public.wa_record_outcome(fixture.message('norte', 'k', 0), 1, 'accepted', 'late'), 'sending', 'a late answer to the first attempt does not settle the second');
select is(public.wa_record_outcome(fixture.message('norte', 'k', 0), 2, 'accepted', 'wamid.2'), 'sent', 'the answer to the second does');

-- The end of a job.
create function pg_temp.ended(p_outcomes text[]) returns text
language plpgsql as $$
begin
  perform fixture.job('norte', 'end');
  delete from public.wa_recent_contacts;
  for n in 0..2 loop
    perform fixture.claim(fixture.message('norte', 'end', n));
    perform public.wa_record_outcome(fixture.message('norte', 'end', n), 1, p_outcomes[n + 1], 'wamid', null, 'expired');
  end loop;
  raise exception '%', (select c.status || case when c.completed_at is null then '' else ' with its time' end from public.communications c where c.idempotency_key = 'end') using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
select is(pg_temp.ended(outcomes::text[]), expected, outcomes || ': ' || expected) from (values
  ('{accepted,held,accepted}', 'completed with its time'),
  ('{accepted,failed,accepted}', 'partial with its time'),
  ('{accepted,unknown,accepted}', 'partial with its time'),
  ('{accepted,skipped,accepted}', 'partial with its time'),
  ('{failed,failed,failed}', 'failed with its time'),
  ('{accepted,accepted,retry}', 'processing')) t(outcomes, expected);

select * from finish();
rollback;
