-- May this message leave? Every answer of a claim, and that a claimed message is never given out again.
begin;
select plan(41);
select fixture.campaign('norte');
select fixture.voters('norte', 20);
select fixture.job('norte', 'k');

-- Once.
create temporary table first_claim as
  select public.wa_claim_message(fixture.message('norte', 'k', 0), fixture.id('claimant')) as answer;
select is(answer - '{message_id,wait_seconds,gap_seconds,seconds_left,template}'::text[],
  jsonb_build_object('phone_number_id', fixture.meta_id('norte number')) || '{"decision": "send", "attempt": 1, "retries": 0, "credential": "default", "to": "+525510000000", "params": {"1": "Votante", "2": "norte"}}',
  'the claimant learns number, recipient and words') from first_claim;
select is(answer #>> '{template,name}', 'saludo', 'and the template') from first_claim;
select is((answer ->> 'wait_seconds')::numeric, 0::numeric, 'an idle sender lets it leave at once') from first_claim;
select is(fixture.status(fixture.message('norte', 'k', 0)), 'sending', 'a claimed message is being sent');
select is(fixture.claim(fixture.message('norte', 'k', 0)), 'done: sending', 'a second claimant gets nothing');
select is(public.wa_claim_message(fixture.message('norte', 'k', 0), fixture.id('claimant')) - '{wait_seconds,seconds_left}'::text[],
  answer - '{wait_seconds,seconds_left}'::text[], 'the claimant who lost the answer gets the same one again') from first_claim;
select is((select attempts from public.wa_send_queue where id = fixture.message('norte', 'k', 0)), 1, 'and that is still the first attempt');
select is(fixture.claim(fixture.id('no message')), 'message_unknown', 'a message that does not exist');

create function pg_temp.claim_in(p_status text) returns text
language plpgsql as $$
declare
  message uuid := fixture.message('norte', 'k', 1);
begin
  update public.wa_send_queue set status = p_status, skip_reason = case p_status when 'skipped' then 'cancelled' end where id = message;
  raise exception '%', fixture.claim(message) || ', then ' || fixture.status(message) using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
select is(pg_temp.claim_in(status), expected, format('a %s message: %s', status, expected)) from (values
  ('queued', 'send, then sending'), ('sending', 'done: sending, then sending'), ('sent', 'done: sent, then sent'),
  ('failed', 'done: failed, then failed'), ('skipped', 'done: skipped, then skipped: cancelled'), ('unknown', 'done: unknown, then unknown')) t(status, expected);

-- Who must not receive, and what must wait. Each change is undone afterwards.
create function pg_temp.claim_when(p_change text) returns text
language plpgsql as $$
declare
  message uuid := fixture.message('norte', 'k', 2);
  answer text;
begin
  execute p_change;
  answer := fixture.claim(message);
  raise exception '%', answer || ', then ' || (
    select concat_ws(' ', fixture.status(q.id), case when q.enqueued_at is null then 'without task' else 'with task' end, q.task_generation)
    from public.wa_send_queue q where q.id = message) using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
update public.wa_send_queue set enqueued_at = now() where id = fixture.message('norte', 'k', 2);
select is(pg_temp.claim_when('update public.' || change), expected, change || ': ' || expected) from (values
  ('communications set status = ''cancelled''', 'skipped: cancelled, then skipped: cancelled with task 0'),
  ('wa_campaign_settings set election_date = current_date', 'skipped: veda, then skipped: veda with task 0'),
  ('wa_campaign_settings set campaign_end = current_date - 2', 'skipped: outside_campaign, then skipped: outside_campaign with task 0'),
  ('wa_campaign_settings set election_date = null', 'deferred, then queued without task 1'),
  ('voters set phone = null where id = fixture.id(''norte voter 2'')', 'skipped: missing_number, then skipped: missing_number with task 0'),
  ('voters set phone = fixture.phone(3) where id = fixture.id(''norte voter 2'')', 'skipped: duplicate_number, then skipped: duplicate_number with task 0'),
  ('voters set phone = ''55 9999 0000'' where id = fixture.id(''norte voter 2'')', 'send, then sending with task 0'),
  ('voters set campaign_id = fixture.campaign(''otra'') where id = fixture.id(''norte voter 2'')', 'skipped: voter_deleted, then skipped: voter_deleted with task 0'),
  ('wa_campaign_settings set consent_required = true', 'skipped: no_consent, then skipped: no_consent with task 0'),
  ('communications set status = ''paused''', 'deferred, then queued without task 1'),
  ('wa_senders set state = ''paused''', 'deferred, then queued without task 1'),
  ('wa_senders set state = ''blocked''', 'deferred, then queued without task 1'),
  ('wa_campaign_settings set quiet_from = ''00:00'', quiet_until = ''24:00''', 'deferred, then queued without task 1'),
  ('wa_send_queue set scheduled_at = now() + interval ''1 hour''', 'deferred, then queued without task 1'),
  ('wa_send_queue set scheduled_at = now() + interval ''4 seconds''', 'send, then sending with task 0'),
  ('wa_senders set next_slot_at = clock_timestamp() + interval ''12 seconds''', 'returned, then queued with task 0'),
  ('wa_senders set next_slot_at = clock_timestamp() + interval ''8 seconds''', 'send, then sending with task 0')) t(change, expected);
select is(pg_temp.claim_when(format('insert into public.wa_opt_outs values (%L, %L, true, ''reply'', now())', fixture.id('norte sender'), fixture.phone(2))),
  'skipped: opted_out, then skipped: opted_out with task 0', 'a BAJA after the job was created holds');
select is(pg_temp.claim_when('update public.wa_campaign_settings set quiet_from = ''00:00'', quiet_until = ''24:00''; update public.communications set status = ''cancelled'''),
  'skipped: cancelled, then skipped: cancelled with task 0', 'what must not leave is skipped even where it would wait');

update public.wa_send_queue set enqueued_at = null where id = fixture.message('norte', 'k', 2);

-- Once in 24 hours.
select fixture.job('norte', 'again');
select is(fixture.claim(fixture.message('norte', 'again', 0)), 'skipped: contacted_recently', 'another job''s message to the same voter is skipped');
update public.wa_recent_contacts set contacted_at = now() - interval '24 hours' + interval '1 second';
select is(fixture.claim(fixture.message('norte', 'again', 0)), 'done: skipped', 'a skipped message stays so');
select fixture.job('norte', 'next day');
select is(fixture.claim(fixture.message('norte', 'next day', 0)), 'deferred', 'a second before the day is over it waits for its end');
update public.wa_recent_contacts set contacted_at = now() - interval '24 hours';
select fixture.job('norte', 'day after');
select is(fixture.claim(fixture.message('norte', 'day after', 0)), 'send', 'after 24 hours the voter may be written to');
select fixture.campaign('sur');
select fixture.voters('sur', 1);
select fixture.job('sur', 'k');
select is(fixture.claim(fixture.message('sur', 'k', 0)), 'send', 'another campaign''s messages do not count');
select is_empty('select * from fixture.miscounted()', 'counters equal rows');

-- Slots.
create temporary table slot as
  select n, (public.wa_claim_message(fixture.message('norte', 'k', n), gen_random_uuid()) ->> 'wait_seconds')::numeric as wait from generate_series(3, 18) n;
select cmp_ok(max(wait), '>', 0::numeric, 'claims in a row wait for their slots') from slot;
update public.wa_senders set rate_per_second = 0.1, next_slot_at = clock_timestamp() + interval '5 seconds' where id = fixture.id('norte sender');
select fixture.claim(fixture.message('norte', 'k', 19));
select is((select round(extract(epoch from next_slot_at - clock_timestamp()))::integer from public.wa_senders where id = fixture.id('norte sender')), 15,
  'a sender of 0.1 messages a second is free ten seconds later');

select * from finish();
rollback;
