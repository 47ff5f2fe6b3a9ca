-- What Meta answered: every fate with all that it may stop, from every state.
begin;
select plan(50);
select fixture.campaign('norte');
select fixture.voters('norte', 3);
select fixture.job('norte', 'k');

-- Records "fate" or "fate stops cause"; the tries that count come back in a minute.
create function pg_temp.record(p_message uuid, p_attempt integer, p_answer text, p_more jsonb default '{}') returns text
language sql as $$
  select public.wa_record_attempt(p_message, p_attempt, split_part(p_answer, ' ', 1), coalesce(nullif(split_part(p_answer, ' ', 2), ''), 'nothing'),
    jsonb_build_object('cause', nullif(split_part(p_answer, ' ', 3), ''), 'meta_message_id', 'wamid.1', 'error_code', 131000, 'error_message', 'expired',
      'skip_reason', 'expired', 'retry_after_seconds', case when p_answer in ('deferred', 'deferred everybody outage', 'deferred job unexplained') then 60 end) || p_more);
$$;

-- Claims voter 0's message, records one answer, tells what became of message, contact, job and sender, and undoes it.
create function pg_temp.after(p_answer text, p_prepare text default 'select 1', p_more jsonb default '{}', p_attempt integer default 1) returns text
language plpgsql as $$
declare
  message uuid := fixture.message('norte', 'k', 0);
  result text;
begin
  update public.wa_send_queue set enqueued_at = now() where id = message;
  perform fixture.claim(message);
  execute p_prepare;
  result := pg_temp.record(message, p_attempt, p_answer, p_more);
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
select is(pg_temp.after(answer), expected, answer || ': ' || expected) from (values
  ('accepted', 'sent, with id, task, contacted, job processing, sender ok'),
  ('held', 'sent, with id, task, contacted, job processing, sender ok'),
  ('failed', 'failed, error 131000, task, job processing, sender ok'),
  ('deferred', 'queued, error 131000, no task, later, job processing, sender ok'),
  ('deferred everybody outage', 'queued, error 131000, no task, later, job processing, sender ok'),
  ('deferred job unexplained', 'queued, error 131000, no task, later, job processing, sender ok'),
  ('returned sender throttled', 'queued, error 131000, task, job processing, sender ok, slower'),
  ('failed job parameters', 'failed, error 131000, task, job processing, sender ok'),
  ('deferred job template', 'queued, no task, job paused: expired, sender ok'),
  ('deferred sender answer', 'queued, no task, job processing, sender blocked: expired'),
  ('deferred credentials credentials', 'queued, no task, job processing, sender blocked: expired'),
  ('skipped', 'skipped, expired, task, job processing, sender ok'),
  ('unknown everybody outage', 'unknown, task, contacted, job processing, sender ok')) t(answer, expected);
select is(pg_temp.after('failed', p_more => '{"frees_contact": false}'), 'failed, error 131000, task, contacted, job processing, sender ok', 'a refusal that reached the voter keeps the day''s slot');
select is(pg_temp.after('failed', p_more => '{"opts_out": true}'), 'failed, error 131000, task, job processing, sender ok, opted out', 'Meta''s word that the voter wants no more is a BAJA');
select is(pg_temp.after('accepted', p_more => '{"opts_out": true}'), 'sent, with id, task, contacted, job processing, sender ok', 'an accepted message opts nobody out');
select fixture.claim(fixture.message('norte', 'k', 1));
select throws_ok(format('select pg_temp.record(%L, 1, %L)', fixture.message('norte', 'k', 1), answer), '20000', null, answer || ' is nothing that anybody defined') from (values
  ('maybe'), ('deferred weather'), ('deferred job'), ('deferred job throttled'), ('deferred sender template')) t(answer);

-- From every state. A row that is settled keeps its state; only a missing id is added.
-- That Meta has it settles what was given up.
select is(pg_temp.after(answer, format('update public.wa_send_queue set status = %L, skip_reason = %L where status = ''sending''', state, case state when 'skipped' then 'expired' end)),
  expected, format('%s for a %s message: %s', answer, state, expected)) from (values
  ('unknown', 'accepted', 'sent, with id, task, contacted, job processing, sender ok'),
  ('unknown', 'failed', 'failed, error 131000, task, job processing, sender ok'),
  ('unknown', 'unknown', 'unknown, task, contacted, job processing, sender ok'),
  ('unknown', 'deferred', 'queued, error 131000, no task, later, job processing, sender ok'),
  ('unknown', 'deferred everybody outage', 'queued, error 131000, no task, later, job processing, sender ok'),
  ('sent', 'deferred job unexplained', 'sent, with id, task, contacted, job processing, sender ok'),
  ('sent', 'accepted', 'sent, with id, task, contacted, job processing, sender ok'),
  ('sent', 'failed', 'sent, with id, task, contacted, job processing, sender ok'),
  ('sent', 'deferred', 'sent, with id, task, contacted, job processing, sender ok'),
  ('sent', 'unknown', 'sent, with id, task, contacted, job processing, sender ok'),
  ('failed', 'accepted', 'failed, with id, task, contacted, job processing, sender ok'),
  ('failed', 'deferred', 'failed, with id, task, contacted, job processing, sender ok'),
  ('queued', 'accepted', 'sent, with id, task, contacted, job processing, sender ok'),
  ('skipped', 'failed', 'skipped, expired, with id, task, contacted, job processing, sender ok'),
  ('skipped', 'accepted', 'sent, with id, task, contacted, job processing, sender ok')) t(state, answer, expected);
select is(pg_temp.after('accepted', p_attempt => 2), 'sending, task, contacted, job processing, sender ok', 'an answer for an attempt that never was changes nothing');
select is(pg_temp.after('failed', p_attempt => 0), 'sending, task, contacted, job processing, sender ok', 'an answer for an earlier attempt changes nothing');
select is(pg_temp.record(fixture.id('no message'), 1, 'accepted'), null, 'an answer for no message is no error');
select is(pg_temp.after('deferred job template', 'update public.communications set status = ''cancelled'''), 'queued, no task, job cancelled, sender ok', 'a cancelled job is not paused');
select is(pg_temp.after('deferred sender answer', 'update public.wa_senders set state = ''paused'''), 'queued, no task, job processing, sender paused', 'the operator''s pause outlives Meta''s block');

-- Retry and send again.
select fixture.claim(fixture.message('norte', 'k', 0));
select pg_temp.record(fixture.message('norte', 'k', 0), 1, 'deferred', '{"retry_after_seconds": 0, "frees_contact": false}');
select is(fixture.claim(fixture.message('norte', 'k', 0)), 'send', 'a message put back never counts as its own earlier contact');
select is(pg_temp.record(fixture.message('norte', 'k', 0), 1, 'accepted', '{"meta_message_id": "late"}'), 'sending', 'a late answer to the first attempt does not settle the second');
select is(pg_temp.record(fixture.message('norte', 'k', 0), 2, 'accepted', '{"meta_message_id": "wamid.2"}'), 'sent', 'the answer to the second does');

-- The end of a job.
create function pg_temp.ended(p_answers text[]) returns text
language plpgsql as $$
begin
  perform fixture.job('norte', 'end');
  delete from public.wa_recent_contacts;
  for n in 0..2 loop
    perform fixture.claim(fixture.message('norte', 'end', n));
    perform pg_temp.record(fixture.message('norte', 'end', n), 1, p_answers[n + 1]);
  end loop;
  raise exception '%', (select c.status || case when c.completed_at is null then '' else ' with its time' end from public.communications c where c.idempotency_key = 'end') using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
select is(pg_temp.ended(answers::text[]), expected, answers || ': ' || expected) from (values
  ('{accepted,held,accepted}', 'completed with its time'),
  ('{accepted,failed,accepted}', 'partial with its time'),
  ('{accepted,unknown,accepted}', 'partial with its time'),
  ('{accepted,skipped,accepted}', 'partial with its time'),
  ('{failed,failed,failed}', 'failed with its time'),
  ('{accepted,accepted,deferred}', 'processing')) t(answers, expected);

select * from finish();
rollback;
