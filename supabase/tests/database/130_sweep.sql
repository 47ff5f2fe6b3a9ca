-- What happens every minute: leases, lost tasks, stale claims, expiry, leftovers of cancelled jobs.
begin;
select plan(40);
select fixture.campaign('norte');
select fixture.voters('norte', 6);
select fixture.job('norte', 'k');
create function pg_temp.job_id() returns uuid language sql as $$ select c.job_id from public.communications c where c.idempotency_key = 'k' $$;
create function pg_temp.leased(p_from integer default 1, p_to integer default 500) returns text
language sql as $$
  select concat_ws(' ', a ->> 'queue_name', jsonb_array_length(a -> 'tasks')) from public.wa_lease_shard(pg_temp.job_id(), p_from, p_to) a;
$$;
create function pg_temp.when_changed(p_change text, p_question text) returns text
language plpgsql as $$
declare
  answer text;
begin
  execute 'update public.' || p_change;
  execute 'select ' || p_question into answer;
  raise exception '%', coalesce(answer, 'null') using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
create function pg_temp.due() returns text
language sql as $$ select coalesce(string_agg(format('%s-%s', from_position, to_position), ' ' order by from_position), 'nothing') from public.wa_due_shards(2) $$;

-- Due shards and leases.
select is(pg_temp.due(), '1-2 3-4 5-6', 'every shard with waiting rows is due');
select is(pg_temp.when_changed(change, 'pg_temp.due()') || '; ' || pg_temp.when_changed(change, 'pg_temp.leased()'), expected, change || ': ' || expected) from (values
  ('wa_send_queue set enqueued_at = now() where position > 2', '1-2; norte-queue 2'),
  ('wa_send_queue set status = ''sent'' where position < 5', '5-6; norte-queue 2'),
  ('wa_send_queue set leased_until = now() + interval ''1 second'' where position = 1', '1-2 3-4 5-6; norte-queue 5'),
  ('wa_send_queue set leased_until = now() - interval ''1 second''', '1-2 3-4 5-6; norte-queue 6'),
  ('wa_send_queue set scheduled_at = now() + interval ''1 hour'' where position < 6', '5-6; norte-queue 1'),
  ('communications set status = ''paused''', 'nothing; 0'),
  ('communications set status = ''cancelled''', 'nothing; 0'),
  ('wa_campaign_settings set campaign_end = current_date - 2', 'nothing; 0'),
  ('wa_senders set state = ''blocked''', 'nothing; 0')) t(change, expected);
select is(pg_temp.leased(1, 4), 'norte-queue 4', 'a lease takes the rows of its shard');
select is(pg_temp.leased(1, 4), 'norte-queue 0', 'the same shard again: nothing left to do');
select is(pg_temp.due(), '5-6', 'leased rows are not due');
select is(pg_temp.leased(), 'norte-queue 2', 'an overlapping shard gets the rest');
select is(public.wa_mark_enqueued((select jsonb_agg(jsonb_build_object('message_id', id, 'generation', task_generation - 1)) from public.wa_send_queue)), 0,
  'a task of an earlier generation is not marked: the row was put back since');
select is(public.wa_mark_enqueued((select jsonb_agg(jsonb_build_object('message_id', id, 'generation', task_generation)) from public.wa_send_queue)), 6, 'created tasks are marked');
select is(public.wa_mark_enqueued((select jsonb_agg(jsonb_build_object('message_id', id, 'generation', task_generation)) from public.wa_send_queue)), 0, 'marking again changes nothing');
select is(pg_temp.due(), 'nothing', 'rows with a task are not due');

-- Sweeping. {stale_claims, lost_tasks, expired, cancelled} as a list.
create function pg_temp.sweep() returns text
language sql as $$
  select concat_ws(' ', a ->> 'stale_claims', a ->> 'lost_tasks', a ->> 'expired', a ->> 'cancelled') from public.wa_sweep(300, 900) a;
$$;
select is(pg_temp.sweep(), '0 0 0 0', 'a healthy queue is left alone');
select is(pg_temp.when_changed(change, 'pg_temp.sweep()'), expected, change || ': ' || expected) from (values
  ('wa_send_queue set status = ''sending'', claimed_at = now() - interval ''300 seconds''', '0 0 0 0'),
  ('wa_send_queue set status = ''sending'', claimed_at = now() - interval ''301 seconds''', '6 0 0 0'),
  ('wa_send_queue set enqueued_at = now() - interval ''15 minutes'', scheduled_at = now() - interval ''1 hour''', '0 0 0 0'),
  ('wa_send_queue set enqueued_at = now() - interval ''16 minutes'', scheduled_at = now() - interval ''1 hour''', '0 6 0 0'),
  ('wa_send_queue set enqueued_at = now() - interval ''16 minutes''', '0 0 0 0'),
  ('wa_senders set state = ''blocked''; update public.wa_send_queue set enqueued_at = now() - interval ''1 day'', scheduled_at = now() - interval ''1 day''', '0 0 0 0'),
  ('wa_campaign_settings set campaign_end = current_date - 2', '0 0 6 0'),
  ('wa_campaign_settings set election_date = current_date + 2', '0 0 6 0'),
  ('wa_campaign_settings set campaign_start = current_date + 2', '0 0 0 0'),
  ('wa_campaign_settings set campaign_end = null', '0 0 0 0'),
  ('wa_campaign_settings set campaign_end = current_date - 2; update public.communications set status = ''paused''', '0 0 6 0'),
  ('communications set status = ''cancelled''', '0 0 0 6')) t(change, expected);
select is(pg_temp.when_changed('wa_senders set next_slot_at = now(), rate_per_second = 0.1; update public.wa_send_queue set enqueued_at = now() - interval ''951 seconds'', scheduled_at = now() - interval ''1 hour''',
  'pg_temp.sweep()'), '0 0 0 0', 'tasks of a busy sender get as long as the sender needs for all of them');
select is(pg_temp.when_changed('wa_senders set next_slot_at = now(), rate_per_second = 0.1; update public.wa_send_queue set enqueued_at = now() - interval ''961 seconds'', scheduled_at = now() - interval ''1 hour''',
  'pg_temp.sweep()'), '0 6 0 0', 'and no longer');

-- What each step leaves.
update public.wa_send_queue set status = 'sending', attempts = 1, claimed_at = now() - interval '1 hour' where position = 1;
select fixture.claim(q.id) from public.wa_send_queue q where q.position between 2 and 6;
select public.wa_record_attempt(q.id, 1, 'accepted', p_details => '{"meta_message_id": "wamid"}') from public.wa_send_queue q where q.position between 2 and 6;
select is(pg_temp.sweep(), '1 0 0 0', 'a claim whose process died is settled');
select is((select status from public.wa_send_queue where position = 1), 'unknown', 'as unknown: it is never sent again by itself');
select is((select status from public.communications), 'partial', 'its job ends');
select is(public.wa_record_attempt((select id from public.wa_send_queue where position = 1), 1, 'deferred', p_details => '{"retry_after_seconds": 0}'), 'queued', 'a process that was only slow brings a refusal after all');
select is((select status || coalesce(completed_at::text, '') from public.communications), 'processing', 'then the job is open again');
select is(pg_temp.due(), '1-2', 'and the message is due');
select is_empty('select * from fixture.miscounted()', 'counters equal rows');

select * from finish();
rollback;
