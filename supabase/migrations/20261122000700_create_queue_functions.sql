-- The queue's machine side: lease a shard, claim a message, record what Meta answered.
-- Lock order everywhere: message, contact, job (its counters), sender, kept wish, opt-out. Whoever
-- starts with the job (cancel) or comes back for more messages (sweep) passes over messages that others hold.

-- Counters follow the rows, whoever changes them: one statement, one update per job.
create function wa.add_counts(p_a jsonb, p_b jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(s.key, s.n), '{}') from (
    select key, sum(value::bigint) as n from (
      select * from jsonb_each_text(p_a) union all select * from jsonb_each_text(p_b)) both_counts
    group by key having sum(value::bigint) <> 0) s;
$$;

create function wa.count_transitions()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  -- In one order: two batches over the same jobs cannot deadlock.
  if (select count(distinct n.job_id) > 1 from new_rows n) then
    perform from public.communications c where c.job_id in (select n.job_id from new_rows n) order by c.job_id for no key update;
  end if;
  with delta as (
    select v.job_id,
      coalesce(sum(v.sign) filter (where v.status = 'sent'), 0) as sent,
      coalesce(sum(v.sign) filter (where v.delivered_at is not null), 0) as delivered,
      coalesce(sum(v.sign) filter (where v.read_at is not null), 0) as read,
      coalesce(sum(v.sign) filter (where v.status = 'failed'), 0) as failed,
      coalesce(sum(v.sign) filter (where v.status = 'skipped'), 0) as skipped,
      coalesce(sum(v.sign) filter (where v.status = 'unknown'), 0) as unknown,
      coalesce(sum(v.sign) filter (where v.status = 'sent' and v.held_at is not null and v.delivered_at is null), 0) as held
    from (select n.*, 1 as sign from new_rows n union all select o.*, -1 from old_rows o) v
    group by v.job_id)
  update public.communications c set
    sent_count = c.sent_count + d.sent,
    delivered_count = c.delivered_count + d.delivered,
    read_count = c.read_count + d.read,
    failed_count = c.failed_count + d.failed,
    skipped_count = c.skipped_count + d.skipped,
    unknown_count = c.unknown_count + d.unknown,
    held_count = c.held_count + d.held,
    skipped_by_reason = case when d.skipped = 0 then c.skipped_by_reason
      else wa.add_counts(c.skipped_by_reason, (
        select jsonb_object_agg(r.skip_reason, r.n) from (
          select v.skip_reason, sum(v.sign) as n from (
            select n.job_id, n.skip_reason, 1 as sign from new_rows n union all select o.job_id, o.skip_reason, -1 from old_rows o) v
          where v.job_id = c.job_id and v.skip_reason is not null group by v.skip_reason) r)) end
  from delta d
  where c.job_id = d.job_id
    and (d.sent, d.delivered, d.read, d.failed, d.skipped, d.unknown, d.held) <> (0, 0, 0, 0, 0, 0, 0);
  perform wa.finish_jobs(array(select distinct n.job_id from new_rows n));
  return null;
end $$;

create trigger count_transitions after update on public.wa_send_queue
  referencing old table as old_rows new table as new_rows
  for each statement execute function wa.count_transitions();

-- A job ends with its last pending message. Late receipts may still move an ended job, and a late refusal of a
-- message given up as unknown opens it again.
create function wa.status_by_counts(p_job public.communications)
returns text
language sql immutable
set search_path = ''
as $$
  select case
    when p_job.pending_count > 0
      then case p_job.status when 'paused' then 'paused' else 'processing' end
    when p_job.sent_count = 0 then 'failed'
    when p_job.failed_count + p_job.unknown_count + p_job.skipped_count > p_job.excluded_count then 'partial'
    else 'completed' end;
$$;

create function wa.finish_jobs(p_job_ids uuid[])
returns integer
language sql
set search_path = ''
as $$
  with changed as (
    update public.communications c
    set status = wa.status_by_counts(c),
      completed_at = case when wa.status_by_counts(c) <> 'processing' then coalesce(c.completed_at, now()) end
    where c.job_id = any (p_job_ids) and c.status <> 'cancelled' and c.target_count > 0 and c.status <> wa.status_by_counts(c)
    returning 1)
  select count(*)::integer from changed;
$$;

-- Rows of a shard that need a task and that no other fan-out holds, as many as the portfolio's daily limit
-- leaves; none when the job's time is over (the sweep skips them) or something holds it back. Replays find
-- nothing left to do; a fan-out that dies gives its rows back when the lease ends.
create function public.wa_lease_shard(p_job_id uuid, p_from integer, p_to integer, p_lease_seconds integer default 120)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
  sender public.wa_senders;
  allowed bigint;
  tasks jsonb;
  again boolean;
begin
  select * into job from public.communications c where c.job_id = p_job_id and c.status = 'processing'
    and wa.window_problem(c.campaign_id, now()) is null;
  select * into sender from public.wa_senders s where s.id = job.sender_id and (s.state = 'ok' or (p_from = p_to and wa.may_probe(s)));
  allowed := case when sender.id is null then 0 else wa.lock_allowance(sender, job.campaign_id) end;
  with free as (
    select q.id, q.leased_until is not null as again from public.wa_send_queue q
    where q.job_id = p_job_id and q.position between p_from and p_to
      and (job.canary_state is distinct from 'running' or q.position <= job.canary_until)
      and q.status = 'queued' and q.enqueued_at is null and coalesce(q.leased_until, '-infinity') < now()
      and q.scheduled_at < now() + interval '2 minutes'
    order by q.position limit allowed for update skip locked),
  leased as (
    update public.wa_send_queue q set leased_until = now() + make_interval(secs => p_lease_seconds)
    from free where q.id = free.id
    returning q.position, q.id, q.task_generation, q.scheduled_at, free.again)
  select coalesce(jsonb_agg(jsonb_build_object('message_id', l.id, 'generation', l.task_generation,
    'scheduled_at', l.scheduled_at) order by l.position), '[]'), bool_or(l.again) into tasks, again from leased l;
  if again then
    perform wa.count_failed_lease(p_job_id);
  end if;
  return jsonb_build_object('queue_name', sender.queue_name, 'tasks', tasks);
end $$;

-- The rows of an earlier lease got no tasks: the queue may be gone, or full. The third time and on the job is announced less
-- and less often, at last every 16 minutes, so that it keeps no fan-out from the others. Once a round, not once a shard.
create function wa.count_failed_lease(p_job_id uuid)
returns void
language sql
set search_path = ''
as $$
  update public.communications c
  set failed_leases = c.failed_leases + 1, lease_after = now() + least(power(2, c.failed_leases), 16) * interval '1 minute'
  where c.job_id = p_job_id and c.lease_after < now();
$$;

-- p_tasks: [{message_id, generation}]. A task may have run, and its row been put back, before its fan-out comes
-- to mark it: then the generation has moved on and the row still needs another task.
create function public.wa_mark_enqueued(p_tasks jsonb)
returns integer
language sql security definer
set search_path = ''
as $$
  with marked as (
    update public.wa_send_queue q set enqueued_at = clock_timestamp(), leased_until = null
    from jsonb_to_recordset(p_tasks) t(message_id uuid, generation integer)
    where q.id = t.message_id and q.task_generation = t.generation and q.status = 'queued' and q.enqueued_at is null
    returning q.job_id),
  works as (
    update public.communications c set failed_leases = 0, lease_after = 'epoch'
    where c.job_id in (select m.job_id from marked m) and c.failed_leases > 0)
  select count(*)::integer from marked;
$$;

create function wa.skip(p_message_id uuid, p_reason text)
returns void
language sql
set search_path = ''
as $$
  update public.wa_send_queue q set status = 'skipped', skip_reason = p_reason where q.id = p_message_id;
$$;

-- The message stays queued but has no task any more; the sweep gives it one when it is due and nothing
-- holds it back.
create function wa.put_back(p_message_id uuid, p_not_before timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_send_queue q set status = 'queued', enqueued_at = null, leased_until = null,
    task_generation = q.task_generation + 1, scheduled_at = greatest(q.scheduled_at, p_not_before)
  where q.id = p_message_id;
$$;

-- Once per voter and campaign in 24 h, decided by one upsert: of two claims for one phone the second finds
-- the first one's row. A message that comes back after a retry may find its own.
create function wa.take_contact(p_campaign_id uuid, p_phone text, p_message_id uuid)
returns boolean
language sql
set search_path = ''
as $$
  with taken as (
    insert into public.wa_recent_contacts as r (campaign_id, phone, contacted_at, message_id)
    values (p_campaign_id, p_phone, now(), p_message_id)
    on conflict (campaign_id, phone) do update set contacted_at = excluded.contacted_at, message_id = excluded.message_id
      where r.contacted_at <= now() - interval '24 hours' or r.message_id = excluded.message_id
    returning 1)
  select exists (select from taken);
$$;

-- The sender's next evenly spaced slot (virtual scheduling, the GCRA of ITU-T I.371): a late arrival may
-- catch up at most 50 ms, so that no second holds more than 1.05 times the rate. Null: it is too far away.
create function wa.take_slot(p_sender_id uuid, p_max_wait_seconds numeric)
returns timestamptz
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set next_slot_at = greatest(s.next_slot_at, clock_timestamp() - interval '50 ms') + make_interval(secs => 1 / s.rate_per_second)
  where s.id = p_sender_id and s.next_slot_at <= clock_timestamp() + make_interval(secs => p_max_wait_seconds::double precision)
  returning s.next_slot_at - make_interval(secs => 1 / s.rate_per_second);
$$;

-- p_closed: why the send window is shut now, if it is.
create function wa.reason_to_skip(p_message public.wa_send_queue, p_job public.communications, p_closed text)
returns text
language sql stable
set search_path = ''
as $$
  select case
    when p_job.status = 'cancelled' then 'cancelled'
    when p_closed = 'veda' or (p_closed is not null and wa.not_open_until(p_message.campaign_id) is null) then p_closed
    when wa.is_opted_out(p_message.campaign_id, p_message.recipient_phone) then 'opted_out'
    when wa.lacks_consent(p_message.campaign_id, p_message.recipient_phone) then 'no_consent' end;
$$;

-- A message goes to the number that its voter has now: a list may be corrected after the job was created. Returns that
-- number, or the reason why nobody can be written to any more. What may have reached the number that was wrong does not
-- follow: a second attempt is somebody else's then.
create function wa.follow_voter(p_message public.wa_send_queue, out phone text, out reason text)
language plpgsql
set search_path = ''
as $$
declare
  raw text;
begin
  select v.phone into raw from wa.current_phone(p_message.campaign_id, p_message.recipient_voter_id) v;
  if not found then
    reason := 'voter_deleted';
    return;
  end if;
  -- Written in one of the two usual ways it need not be read again.
  phone := case when raw in (p_message.recipient_phone, right(p_message.recipient_phone, 10)) then p_message.recipient_phone
    else wa.normalize_phone(raw) end;
  if phone is null then
    reason := wa.phone_problem(raw);
  elsif phone <> p_message.recipient_phone and p_message.resends > 0 then
    reason := 'number_changed';
  elsif phone <> p_message.recipient_phone then
    begin
      update public.wa_send_queue q set recipient_phone = follow_voter.phone where q.id = p_message.id;
    exception when unique_violation then
      reason := 'duplicate_number';
    end;
  end if;
end $$;

create function wa.answer_skipped(p_message_id uuid, p_reason text)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform wa.skip(p_message_id, p_reason);
  return jsonb_build_object('decision', 'skipped', 'reason', p_reason);
end $$;

create function wa.answer_held(p_message_id uuid, p_not_before timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform wa.put_back(p_message_id, p_not_before);
  return jsonb_build_object('decision', 'held');
end $$;

-- One of a number's messages that has a task and is due: of the first campaign, in an order drawn by lot, that has one, and
-- of its earliest job. Null: the lot fell on p_own, or there is none that nobody holds.
create function wa.draw_turn(p_sender_id uuid, p_own uuid)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  job record;
  turn uuid;
begin
  for job in
    with lot as materialized (
      select c.campaign_id, random() as place from public.communications c
      where c.sender_id = p_sender_id and c.status = 'processing' and c.pending_count > 0 group by c.campaign_id)
    select c.job_id, c.campaign_id from lot l join public.communications c on c.campaign_id = l.campaign_id
    where c.sender_id = p_sender_id and c.status = 'processing' and c.pending_count > 0
    order by l.place, c.scheduled_at, c.job_id
  loop
    exit when job.campaign_id = p_own;
    select q.id into turn from public.wa_send_queue q
      where q.job_id = job.job_id and q.status = 'queued' and q.enqueued_at is not null and q.scheduled_at <= now()
      order by q.enqueued_at limit 1 for update skip locked;
    exit when turn is not null;
  end loop;
  return turn;
end $$;

-- A task is a turn of its number, not of its message: the tasks of a large list stand in the queue before those of a small
-- one that came later, so campaigns that share the number draw lots for each. The message that lost its turn gets the one
-- that the other has then left. So does whoever comes behind a cancelled list. Returns that other message, or null.
create function wa.turn_of_another(p_message public.wa_send_queue, p_job public.communications, p_claim_id uuid)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  has_turn boolean := p_message.status = 'queued' and (p_message.enqueued_at is not null or p_message.leased_until > now());
  turn uuid;
begin
  if p_message.claim_id = p_claim_id then
    -- Asked again, after the answer was lost.
    return (select q.id from public.wa_send_queue q where q.status = 'sending' and q.claim_id = p_claim_id and q.id <> p_message.id);
  elsif has_turn and not exists (select from public.communications c
      where c.sender_id = p_job.sender_id and c.status = 'processing' and c.campaign_id <> p_job.campaign_id) then
    return null;
  end if;
  turn := wa.draw_turn(p_job.sender_id, case when has_turn then p_job.campaign_id end);
  if turn is not null and p_message.status = 'queued' then
    update public.wa_send_queue q set claim_id = p_claim_id where q.id = p_message.id;
  end if;
  return turn;
end $$;

-- May a message leave, and when? Asked with the message whose task has come; answered, as message_id, for that one or for
-- another of its number. After "send" is answered that one is committed as "sending": whatever happens to the caller, no
-- other claim will send it. A caller that lost the answer asks again with its p_claim_id.
-- Answers: send | skipped | held | slow_down | done | message_unknown.
create function public.wa_claim_message(p_message_id uuid, p_claim_id uuid, p_max_wait_seconds numeric default 10)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  message public.wa_send_queue;
  job public.communications;
  sender public.wa_senders;
  turn uuid;
begin
  select * into message from public.wa_send_queue q where q.id = p_message_id for update;
  select * into job from public.communications c where c.job_id = message.job_id;
  select * into sender from public.wa_senders s where s.id = case message.status when 'sending' then message.sender_id else job.sender_id end;
  if message.id is null then
    return jsonb_build_object('message_id', p_message_id, 'decision', 'message_unknown');
  elsif sender.state = 'ok' and not (message.status = 'sending' and message.claim_id = p_claim_id) then
    turn := wa.turn_of_another(message, job, p_claim_id);
  end if;
  if turn is not null then
    select * into message from public.wa_send_queue q where q.id = turn for update;
    select * into job from public.communications c where c.job_id = message.job_id;
    select * into sender from public.wa_senders s where s.id = case message.status when 'sending' then message.sender_id else job.sender_id end;
  end if;
  return jsonb_build_object('message_id', message.id) || wa.claim(message, job, sender, p_claim_id, p_max_wait_seconds);
end $$;

create function wa.claim(p_message public.wa_send_queue, p_job public.communications, p_sender public.wa_senders, p_claim_id uuid,
  p_max_wait_seconds numeric)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  message public.wa_send_queue := p_message;
  closed text := wa.window_problem(p_message.campaign_id, now());
  reason text;
  held_until timestamptz;
  slot timestamptz;
begin
  if message.status = 'sending' and message.claim_id = p_claim_id then
    return wa.sending_order(message, p_sender, wa.take_slot(p_sender.id, 1000));
  elsif message.status <> 'queued' then
    return jsonb_build_object('decision', 'done', 'status', message.status);
  end if;
  select v.phone, v.reason into message.recipient_phone, reason from wa.follow_voter(message) v;
  reason := coalesce(reason, wa.reason_to_skip(message, p_job, closed));
  if reason is not null then
    return wa.answer_skipped(message.id, reason);
  end if;
  held_until := wa.hold_until(message, p_job, p_sender, closed);
  if held_until is not null then
    return wa.answer_held(message.id, held_until);
  elsif not wa.take_contact(message.campaign_id, message.recipient_phone, message.id) then
    return wa.decline_contact(message);
  elsif p_sender.state = 'blocked' and not wa.start_probe(p_sender.id) then
    perform wa.free_contact(message.id);
    return wa.answer_held(message.id, message.scheduled_at);
  end if;
  slot := wa.take_slot(p_sender.id, p_max_wait_seconds);
  if slot is null then
    perform wa.free_contact(message.id);
    return jsonb_build_object('decision', 'slow_down', 'retry_after_seconds', wa.seconds_to_slot(p_sender.id));
  end if;
  return wa.start_sending(message, p_sender, p_claim_id, slot);
end $$;

create function wa.seconds_to_slot(p_sender_id uuid)
returns numeric
language sql stable
set search_path = ''
as $$
  select greatest(1, ceil(extract(epoch from s.next_slot_at - clock_timestamp()))) from public.wa_senders s where s.id = p_sender_id;
$$;

-- When the voter's day is nearly over the message waits for its end; else another message was today's.
create function wa.decline_contact(p_message public.wa_send_queue)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  free_at timestamptz := (select r.contacted_at + interval '24 hours' from public.wa_recent_contacts r
    where r.campaign_id = p_message.campaign_id and r.phone = p_message.recipient_phone);
begin
  if free_at < least(now() + interval '2 hours', wa.closes_at(p_message.campaign_id)) then
    return wa.answer_held(p_message.id, free_at);
  end if;
  return wa.answer_skipped(p_message.id, 'contacted_recently');
end $$;

create function wa.start_sending(p_message public.wa_send_queue, p_sender public.wa_senders, p_claim_id uuid, p_slot timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  message public.wa_send_queue;
begin
  perform wa.note_portfolio_contact(p_sender, p_message.campaign_id, p_message.recipient_phone);
  update public.wa_send_queue q set status = 'sending', claimed_at = now(), claim_id = p_claim_id, attempts = q.attempts + 1,
    sender_id = p_sender.id, leased_until = null where q.id = p_message.id returning * into message;
  return wa.sending_order(message, p_sender, p_slot);
end $$;

-- Everything the caller needs for its one call to Meta, and how long to wait for the slot first.
create function wa.sending_order(p_message public.wa_send_queue, p_sender public.wa_senders, p_slot timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  select * into template from public.wa_templates t where t.id = p_message.template_id;
  return jsonb_build_object('decision', 'send', 'attempt', p_message.attempts, 'retries', p_message.retries,
    'wait_seconds', greatest(0, extract(epoch from p_slot - clock_timestamp())),
    -- At nearly the same pace: a process that was held up must not pour out what waited in it.
    'gap_seconds', 0.97 / p_sender.rate_per_second,
    -- Should somebody be typing the dates just now, it is over.
    'seconds_left', coalesce(extract(epoch from wa.closes_at(p_message.campaign_id) - clock_timestamp()), 0),
    'phone_number_id', p_sender.phone_number_id, 'credential', p_sender.credential, 'to', p_message.recipient_phone, 'params', p_message.template_params,
    'template', jsonb_build_object('name', template.meta_template_name, 'language', template.language,
      'parameter_format', template.parameter_format, 'header_format', template.header_format, 'header_text', template.header_text,
      'header_media', template.header_media, 'body_text', template.body_text, 'buttons', template.buttons));
end $$;

create function wa.free_contact(p_message_id uuid)
returns void
language sql
set search_path = ''
as $$
  delete from public.wa_recent_contacts r where r.message_id = p_message_id;
$$;

-- Throttled: no new slot for a while, twice as long each time, at most a minute. The answers to messages that
-- were already under way when the pause began do not lengthen it.
create function wa.push_back(p_sender_id uuid)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set backoff_seconds = p.pause, throttled_until = clock_timestamp() + make_interval(secs => p.pause::double precision),
    next_slot_at = greatest(s.next_slot_at, clock_timestamp() + make_interval(secs => p.pause::double precision))
  from (select o.id, least(greatest(o.backoff_seconds * 2, 1), 60) as pause from public.wa_senders o where o.id = p_sender_id for no key update) p
  where s.id = p.id and s.throttled_until < clock_timestamp();
$$;

-- Whoever lets a sender go on, an operator by hand too, ends all that held it; a block that names no cause is an
-- operator's.
create function wa.settle_causes()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.blocked_by := case new.state when 'blocked' then
    jsonb_build_object('operator', jsonb_build_object('since', new.state_changed_at, 'reason', new.state_reason)) else '{}' end;
  return new;
end $$;

create trigger settle_causes before insert or update of state on public.wa_senders
  for each row when (new.state <> 'blocked' or new.blocked_by = '{}') execute function wa.settle_causes();

-- Until when Meta has said that it takes nothing, whatever a cool-down says.
create function wa.latest_until(p_blocked_by jsonb)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select max((c.value ->> 'until')::timestamptz) from jsonb_each(p_blocked_by) c;
$$;

-- Blocked senders take no claims. After a cool-down, 15 minutes at first and twice as long each time (at most
-- 6 hours), one message at a time may try whether Meta takes it; the first one it accepts unblocks. Answers to
-- attempts older than the sender's present state say nothing about it. A cause that is there already keeps its time,
-- and a block that an operator left without an end keeps having none.
create function wa.block_senders(p_sender_ids uuid[], p_cause text, p_reason text, p_claimed_at timestamptz,
  p_shortest_seconds integer default 900, p_longest_seconds integer default 21600)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set state = 'blocked', state_reason = p_reason, state_changed_at = clock_timestamp(), cooldown_seconds = w.cooldown,
    blocked_by = jsonb_build_object(p_cause, jsonb_build_object('since', clock_timestamp(), 'reason', p_reason)) || s.blocked_by,
    blocked_until = case when s.state = 'ok' or s.blocked_until is not null
      then greatest(clock_timestamp() + make_interval(secs => w.cooldown), wa.latest_until(s.blocked_by)) end
  from (
    select o.id, case when o.state = 'ok' and o.state_changed_at < now() - interval '1 hour' then p_shortest_seconds
      else least(greatest(o.cooldown_seconds * 2, p_shortest_seconds), p_longest_seconds) end as cooldown
    from public.wa_senders o
    where o.id = any (p_sender_ids) and o.state <> 'paused' and o.state_changed_at <= p_claimed_at
    order by o.id for no key update) w
  where s.id = w.id;
$$;

-- Ends one cause, as of p_at; the sender goes on if it was the last one. What was answered while it stood may have been
-- its doing: if only such answers are left, one message asks at once.
create function wa.end_cause(p_sender_ids uuid[], p_cause text, p_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set blocked_by = w.others,
    state = case w.others when '{}' then 'ok' else s.state end,
    state_reason = (select c.value ->> 'reason' from jsonb_each(w.others) c order by (c.value ->> 'since')::timestamptz desc limit 1),
    state_changed_at = case w.others when '{}' then least(p_at, clock_timestamp()) else s.state_changed_at end,
    blocked_until = case when w.others = '{}' then null
      when s.blocked_until > clock_timestamp() and not exists (select from jsonb_each(w.others) c
        where c.key <> 'answer' or (c.value ->> 'since')::timestamptz < w.since) then clock_timestamp()
      else s.blocked_until end
  from (
    select o.id, o.blocked_by - p_cause as others, (o.blocked_by -> p_cause ->> 'since')::timestamptz as since
    from public.wa_senders o where o.id = any (p_sender_ids) and o.blocked_by ? p_cause order by o.id for no key update) w
  where s.id = w.id;
$$;

-- Meta has taken a message: whatever it had said before is over.
create function wa.unblock_senders(p_sender_ids uuid[], p_claimed_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set state = 'ok', state_reason = null, state_changed_at = clock_timestamp(), blocked_until = null
  where s.id = any (p_sender_ids) and s.state = 'blocked' and s.state_changed_at <= p_claimed_at;
$$;

create function wa.may_probe(p_sender public.wa_senders)
returns boolean
language sql stable
set search_path = ''
as $$
  select p_sender.state = 'blocked' and coalesce(p_sender.blocked_until <= now(), false);
$$;

-- A probe holds off the next one for two minutes: long enough for its answer.
create function wa.start_probe(p_sender_id uuid)
returns boolean
language sql
set search_path = ''
as $$
  with probe as (
    update public.wa_senders s set blocked_until = clock_timestamp() + interval '2 minutes'
    where s.id = p_sender_id and wa.may_probe(s) returning 1)
  select exists (select from probe);
$$;

-- Until when a message has to wait for something but its slot; null = it need not. Where a daily limit holds, a
-- message leaves only if its lease or its task counts as under way: a task whose fan-out died before it could
-- mark it does not.
create function wa.hold_until(p_message public.wa_send_queue, p_job public.communications, p_sender public.wa_senders, p_closed text)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select coalesce(
    wa.quiet_until(p_message.campaign_id, now()),
    -- Not to the opening itself where that is far: the dates may be corrected before.
    case when p_closed is not null then least(wa.not_open_until(p_message.campaign_id), now() + interval '5 minutes') end,
    case when p_job.status = 'paused' or not (p_sender.state = 'ok' or wa.may_probe(p_sender))
      or p_message.scheduled_at > now() + interval '5 seconds'
      or (p_message.enqueued_at is null and coalesce(p_message.leased_until, '-infinity') < now()
        and wa.portfolio_limit(p_sender.portfolio_id) is not null)
      then p_message.scheduled_at end);
$$;

create function wa.pause_jobs(p_job_ids uuid[], p_paused_by text, p_reason text)
returns void
language sql
set search_path = ''
as $$
  update public.communications c set status = 'paused', status_reason = p_reason, paused_by = p_paused_by
  where c.job_id = any (p_job_ids) and c.status = 'processing';
$$;

-- Not for what Meta said before it approved the template (again), by its clock of whole seconds: the next attempt
-- tells. The job is locked first, as an approval does: of two that pass each other the second sees the first.
create function wa.pause_job_of_template(p_message public.wa_send_queue, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform from public.communications c where c.job_id = p_message.job_id for no key update;
  if not exists (select from public.wa_templates t where t.id = p_message.template_id and t.status = 'approved'
      and t.status_changed_at >= date_trunc('second', p_message.claimed_at)) then
    perform wa.pause_jobs(array[p_message.job_id], 'template', p_reason);
  end if;
end $$;

-- Meta is out of order, or its answers do not arrive: that is nobody's message. Ten such answers without a message
-- accepted in between hold the number, so that the outage uses up neither tries nor, where answers are lost, messages.
-- Probes find the end of it: after a minute at first, every ten minutes at last.
create function wa.count_outage(p_sender_id uuid, p_reason text, p_claimed_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s set outage_answers = s.outage_answers + 1 where s.id = p_sender_id;
  select wa.block_senders(array(select s.id from public.wa_senders s where s.id = p_sender_id and s.outage_answers >= 10),
    'outage', p_reason, p_claimed_at, 60, 600);
$$;

-- The same mistake in one message after another is the job's: five in a row pause it.
create function wa.count_refusal(p_job_id uuid, p_paused_by text, p_reason text)
returns void
language sql
set search_path = ''
as $$
  update public.communications c set refusals_in_a_row = c.refusals_in_a_row + 1 where c.job_id = p_job_id;
  select wa.pause_jobs(array(select c.job_id from public.communications c
    where c.job_id = p_job_id and c.refusals_in_a_row >= 5), p_paused_by, p_reason);
$$;

-- What Meta answered to one attempt. p_outcome:
--   accepted | held      -> sent
--   failed               -> failed
--   fix_parameters       -> failed; five in a row pause the job
--   retry                -> queued again, due after p_retry_after_seconds
--   outage               -> the same; ten in a row of the number's, lost answers among them, hold the number
--   unexplained          -> the same; five in a row pause the job
--   slow_down            -> queued again with its task; the sender's next slot moves back
--   pause_job            -> queued again; the job waits until its template is approved again, or for its user
--   block_sender         -> queued again; the number waits for its cool-down
--   block_credentials    -> queued again; all numbers of its access token wait
--   skipped              -> skipped (p_error_message is the reason): it was claimed, but never given to Meta
--   unknown              -> unknown: never sent again by the machine
-- Returns the row's status afterwards. An answer for another attempt, or one that a receipt overtook, only
-- adds the message id. A late "accepted" settles even a row that was given up since and waits to be sent again.
create function public.wa_record_outcome(p_message_id uuid, p_attempt integer, p_outcome text, p_meta_message_id text default null,
  p_error_code integer default null, p_error_message text default null, p_retry_after_seconds numeric default 60,
  p_frees_contact boolean default true, p_opts_out boolean default false)
returns text
language plpgsql security definer
set search_path = ''
as $$
declare
  message public.wa_send_queue;
begin
  select * into message from public.wa_send_queue q where q.id = p_message_id for update;
  if not found or message.attempts <> p_attempt
      or not (message.status in ('sending', 'unknown') or (p_outcome in ('accepted', 'held') and message.status in ('queued', 'skipped'))) then
    update public.wa_send_queue q set meta_message_id = p_meta_message_id
      where q.id = p_message_id and q.attempts = p_attempt and q.meta_message_id is null and p_meta_message_id is not null;
    return message.status;
  end if;
  if p_outcome in ('accepted', 'held') then
    update public.wa_send_queue q set status = 'sent', skip_reason = null, sent_at = clock_timestamp(), meta_message_id = p_meta_message_id,
      held_at = case p_outcome when 'held' then clock_timestamp() end, error_code = null, error_message = null
      where q.id = p_message_id;
    perform wa.record_health(message);
  elsif p_outcome = 'unknown' then
    update public.wa_send_queue q set status = 'unknown', error_message = p_error_message where q.id = p_message_id;
    perform wa.count_outage(message.sender_id, p_error_message, message.claimed_at);
  else
    perform wa.record_refusal(message, p_outcome, p_error_code, p_error_message, p_retry_after_seconds, p_frees_contact);
    if p_opts_out then
      perform wa.set_opt_out(message.sender_id, message.recipient_phone, true, 'meta_error', now());
    end if;
  end if;
  return (select q.status from public.wa_send_queue q where q.id = p_message_id);
end $$;

-- Meta took a message: its job's parameters and its sender are in order. Writes only where that is news.
create function wa.record_health(p_message public.wa_send_queue)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.communications c set refusals_in_a_row = 0 where c.job_id = p_message.job_id and c.refusals_in_a_row > 0;
  update public.wa_senders s set outage_answers = 0,
      -- Not by an answer to a message that left before the pause.
      backoff_seconds = case when s.throttled_until < p_message.claimed_at then 0 else s.backoff_seconds end
    where s.id = p_message.sender_id and (s.outage_answers > 0 or (s.backoff_seconds > 0 and s.throttled_until < p_message.claimed_at));
  perform wa.unblock_senders(array[p_message.sender_id], p_message.claimed_at);
end $$;

create function wa.record_refusal(p_message public.wa_send_queue, p_outcome text, p_error_code integer,
  p_error_message text, p_retry_after_seconds numeric, p_frees_contact boolean)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if p_frees_contact then
    perform wa.free_contact(p_message.id);
  end if;
  case p_outcome
    when 'failed', 'fix_parameters' then
      update public.wa_send_queue q set status = 'failed', error_code = p_error_code, error_message = p_error_message where q.id = p_message.id;
    when 'skipped' then
      perform wa.skip(p_message.id, p_error_message);
    when 'slow_down' then
      update public.wa_send_queue q set status = 'queued', error_code = p_error_code where q.id = p_message.id;
    when 'retry', 'outage', 'unexplained' then
      update public.wa_send_queue q set retries = q.retries + 1, error_code = p_error_code where q.id = p_message.id;
      perform wa.put_back(p_message.id, now() + make_interval(secs => p_retry_after_seconds::double precision));
    when 'pause_job', 'block_sender', 'block_credentials' then
      perform wa.put_back(p_message.id, now());
  end case;
  perform wa.record_scope(p_message, p_outcome, p_error_message);
end $$;

-- What a refusal says about more than its own message.
create function wa.record_scope(p_message public.wa_send_queue, p_outcome text, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  case p_outcome
    when 'slow_down' then
      perform wa.push_back(p_message.sender_id);
    when 'outage' then
      perform wa.count_outage(p_message.sender_id, p_reason, p_message.claimed_at);
    when 'fix_parameters' then
      perform wa.count_refusal(p_message.job_id, 'parameters', p_reason);
    when 'unexplained' then
      perform wa.count_refusal(p_message.job_id, 'unexplained', p_reason);
    when 'pause_job' then
      perform wa.pause_job_of_template(p_message, p_reason);
    when 'block_sender' then
      perform wa.block_senders(array[p_message.sender_id], 'answer', p_reason, p_message.claimed_at);
    when 'block_credentials' then
      perform wa.block_senders(array(select s.id from public.wa_senders s
        where s.credential = (select own.credential from public.wa_senders own where own.id = p_message.sender_id)),
        'credentials', p_reason, p_message.claimed_at);
    else null;
  end case;
end $$;
