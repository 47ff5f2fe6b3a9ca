-- Meta's receipts, in any order and any number of times.

-- p_receipts: [{message_id, meta_message_id, phone_number_id, status: sent|delivered|read|failed,
-- at, error_code, error_message, frees_contact, opts_out, stops, cause, user_id}].
-- phone_number_id: the number that sent the message, says Meta; a receipt counts only for a message
-- that was claimed for that number. stops and cause: of a failure, as wa_record_attempt takes them;
-- a repeated receipt stops nothing again. message_id is our own id, which Meta echoes; without it
-- the message is found by Meta's.
-- Returns {matched, unmatched, changed, resolvable}: resolvable kept wishes wait for
-- wa_resolve_opt_outs.
-- A message only moves forward: read implies delivered, delivered outranks failed, failed outranks
-- sent.
create function public.wa_apply_receipts(p_receipts jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
-- Postgres takes any JSON list for 100 rows and would read a queue of 10,000 whole for one receipt.
set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  folded jsonb;
  returned uuid[];
  changed uuid[];
begin
  folded := wa.fold_receipts(p_receipts);
  perform wa.lock_received(array(select (f ->> 'id')::uuid from jsonb_array_elements(folded) f));
  returned := wa.return_throttled(folded);
  changed := wa.advance_messages(folded, returned);
  perform wa.free_contacts(folded);
  perform wa.opt_out_by_receipts(folded);
  perform wa.stop_by_receipts(folded, changed || returned);
  return jsonb_build_object(
    'matched', jsonb_array_length(folded),
    'changed', cardinality(changed || returned),
    'resolvable', wa.count_resolvable(),
    'unmatched', jsonb_array_length(p_receipts) - wa.count_receipts(folded));
end $$;
revoke all on function public.wa_apply_receipts(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_apply_receipts(jsonb)
  to wa_apply_events;

-- What all receipts of one call say about each message. A failure counts only for the attempt it
-- belongs to: Meta repeats its receipts for days, and the message may wait to go again, or have
-- been claimed again since. Meta's clock has whole seconds. Where a job was moved, its former
-- numbers' receipts count too, but not their failures: a later attempt may have gone well.
create function wa.fold_receipts(p_receipts jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  with told as (
    select m.*,
      m.status = 'failed' and m.sender_id = m.number
        and (m.resends = 0
          or (m.state <> 'queued' and m.at >= date_trunc('second', m.claimed_at))) as failed
    from wa.matched_receipts(p_receipts) m
    where m.attempts > 0 and (m.sender_id = m.number or wa.was_number_of(m.job_id, m.number))),
  folded as (
    select m.id,
      count(*) as receipts,
      max(m.meta_message_id) as meta_message_id,
      max(m.user_id) as user_id,
      min(m.at) filter (where m.status = 'sent') as sent_at,
      min(m.at) filter (where m.status in ('delivered', 'read')) as delivered_at,
      min(m.at) filter (where m.status = 'read') as read_at,
      min(m.at) filter (where m.failed) as failed_at,
      max(m.error_code) filter (where m.failed) as error_code,
      max(m.error_message) filter (where m.failed) as error_message,
      (max(array[m.stops, m.cause]) filter (where m.failed and m.cause is not null))[1] as stops,
      (max(array[m.stops, m.cause]) filter (where m.failed and m.cause is not null))[2] as cause,
      bool_and(coalesce(m.frees_contact, true)) as frees_contact,
      bool_or(m.failed and coalesce(m.opts_out, false)) as opts_out
    from told m
    group by m.id)
  select coalesce(jsonb_agg(to_jsonb(f)), '[]') from folded f;
$$;

-- Each receipt with its message, by our id or else by Meta's.
create function wa.matched_receipts(p_receipts jsonb)
returns table (
  id uuid, state text, resends integer, claimed_at timestamptz, sender_id uuid, attempts integer,
  job_id uuid, number uuid, meta_message_id text, status text, at timestamptz, error_code integer,
  error_message text, frees_contact boolean, opts_out boolean, stops text, cause text, user_id text)
language sql stable
set search_path = ''
as $$
  with receipt as (
    select r.*, s.id as number
    from jsonb_to_recordset(p_receipts) r(
      message_id uuid, meta_message_id text, phone_number_id text, status text, at timestamptz,
      error_code integer, error_message text, frees_contact boolean, opts_out boolean,
      stops text, cause text, user_id text)
    join public.wa_senders s on s.phone_number_id = r.phone_number_id),
  matched as (
    select q as message, r as receipt
    from receipt r
    join public.wa_send_queue q on q.id = r.message_id
    where q.recipient_phone is not null
    union all
    select q, r
    from receipt r
    left join public.wa_send_queue own on own.id = r.message_id
    join public.wa_send_queue q on q.meta_message_id = r.meta_message_id
    where own.id is null)
  select (m.message).id, (m.message).status, (m.message).resends, (m.message).claimed_at,
    (m.message).sender_id, (m.message).attempts, (m.message).job_id, (m.receipt).number,
    (m.receipt).meta_message_id, (m.receipt).status, (m.receipt).at, (m.receipt).error_code,
    (m.receipt).error_message, (m.receipt).frees_contact, (m.receipt).opts_out,
    (m.receipt).stops, (m.receipt).cause, (m.receipt).user_id
  from matched m;
$$;

create function wa.was_number_of(p_job_id uuid, p_sender_id uuid)
returns boolean
language sql stable
set search_path = ''
as $$
  select p_sender_id = any (c.former_sender_ids)
  from public.communications c
  where c.job_id = p_job_id;
$$;

-- In the order of ids, as every bulk change here: two calls with the same messages cannot deadlock.
create function wa.lock_received(p_message_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform
  from public.wa_send_queue q
  where q.id = any (p_message_ids)
  order by q.id
  for update;
  perform
  from public.wa_recent_contacts r
  where r.message_id = any (p_message_ids)
  order by r.campaign_id, r.phone
  for update;
end $$;

-- A failure for the number's pace says that Meta has not sent the message. If no other receipt says
-- that it has, the message may go again, after a minute at first and five times at most: its voter
-- waits for it. Returns those that do.
create function wa.return_throttled(p_folded jsonb)
returns uuid[]
language sql
set search_path = ''
as $$
  with returned as (
    update public.wa_send_queue q
    set status = 'queued',
      enqueued_at = null,
      leased_until = null,
      sent_at = null,
      held_at = null,
      task_generation = q.task_generation + 1,
      resends = q.resends + 1,
      error_code = (f ->> 'error_code')::integer,
      scheduled_at = greatest(
        q.scheduled_at, now() + make_interval(mins => (2 ^ q.resends)::integer))
    from jsonb_array_elements(p_folded) f
    where q.id = (f ->> 'id')::uuid
      and q.status in ('sent', 'unknown') and q.first_receipt_at is null and q.resends < 5
      and f ->> 'cause' = 'throttled' and f ->> 'failed_at' is not null
      and coalesce(f ->> 'sent_at', f ->> 'delivered_at') is null
    returning q.id)
  select coalesce(array_agg(r.id), '{}') from returned r;
$$;

-- Returns the messages that changed.
create function wa.advance_messages(p_folded jsonb, p_returned uuid[])
returns uuid[]
language sql
set search_path = ''
as $$
  with changed as (
    update public.wa_send_queue q
    set status = n.status,
      skip_reason = null,
      sent_at = n.sent_at,
      delivered_at = n.delivered_at,
      read_at = n.read_at,
      meta_message_id = n.meta_message_id,
      meta_user_id = n.meta_user_id,
      enqueued_at = null,
      first_receipt_at = coalesce(q.first_receipt_at, now()),
      error_code = case when n.status = 'failed' then n.error_code end,
      error_message = case when n.status = 'failed' then n.error_message end
    from wa.next_states(p_folded, p_returned) n
    where q.id = n.id
      and (q.first_receipt_at is null
        or (q.status, q.sent_at, q.delivered_at) is distinct from
          (n.status, n.sent_at, n.delivered_at)
        or (q.read_at, q.meta_message_id, q.meta_user_id) is distinct from
          (n.read_at, n.meta_message_id, n.meta_user_id))
    returning q.id)
  select coalesce(array_agg(c.id), '{}') from changed c;
$$;

-- A failed row without Meta's id was refused when it was sent; a receipt proves that it left all
-- the same. A receipt without any time is one that belongs to an earlier attempt.
create function wa.next_states(p_folded jsonb, p_returned uuid[])
returns table (
  id uuid, status text, sent_at timestamptz, delivered_at timestamptz, read_at timestamptz,
  meta_message_id text, meta_user_id text, error_code integer, error_message text)
language sql stable
set search_path = ''
as $$
  select q.id,
    case
      when least(q.delivered_at, f.delivered_at) is not null then 'sent'
      when f.failed_at is not null then 'failed'
      when q.status = 'failed' and q.meta_message_id is not null then 'failed'
      else 'sent' end,
    least(q.sent_at, f.sent_at, f.delivered_at),
    least(q.delivered_at, f.delivered_at),
    least(q.read_at, f.read_at),
    coalesce(q.meta_message_id, f.meta_message_id),
    coalesce(f.user_id, q.meta_user_id),
    coalesce(f.error_code, q.error_code),
    coalesce(f.error_message, q.error_message)
  from jsonb_to_recordset(p_folded) f(
    id uuid, meta_message_id text, sent_at timestamptz, delivered_at timestamptz,
    read_at timestamptz, failed_at timestamptz, error_code integer, error_message text,
    user_id text)
  join public.wa_send_queue q on q.id = f.id
  where f.id <> all (p_returned) and coalesce(f.sent_at, f.delivered_at, f.failed_at) is not null;
$$;

create function wa.free_contacts(p_folded jsonb)
returns void
language sql
set search_path = ''
as $$
  delete from public.wa_recent_contacts r
  using jsonb_array_elements(p_folded) f, public.wa_send_queue q
  where r.message_id = (f ->> 'id')::uuid and q.id = r.message_id
    and q.status = 'failed' and (f ->> 'frees_contact')::boolean;
$$;

create function wa.opt_out_by_receipts(p_folded jsonb)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.set_opt_out(
    q.sender_id, q.recipient_phone, true, 'meta_error', (f ->> 'failed_at')::timestamptz)
  from jsonb_array_elements(p_folded) f
  join public.wa_send_queue q on q.id = (f ->> 'id')::uuid
  where (f ->> 'opts_out')::boolean
  order by q.sender_id, q.recipient_phone;
end $$;

create function wa.count_resolvable()
returns bigint
language sql stable
set search_path = ''
as $$
  select count(*)
  from public.wa_unresolved_opt_outs u
  where wa.person_of(u.sender_id, u.user_id, u.context_message_id) is not null;
$$;

create function wa.count_receipts(p_folded jsonb)
returns bigint
language sql immutable
set search_path = ''
as $$
  select coalesce(sum((f ->> 'receipts')::integer), 0) from jsonb_array_elements(p_folded) f;
$$;

-- What the changed messages' failures stop, in the order in which every bulk change locks jobs. A
-- receipt speaks of its own number: about a token, that other numbers share, only Meta's answers
-- do. What has to come again and again is counted by job, whatever it would stop as an answer.
create function wa.stop_by_receipts(p_folded jsonb, p_changed uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.count_failed_receipts(p_folded, p_changed);
  perform wa.stop(
    q,
    replace(f ->> 'stops', 'credentials', 'sender'),
    replace(f ->> 'cause', 'credentials', 'answer'),
    f ->> 'error_message')
  from jsonb_array_elements(p_folded) f
  join public.wa_send_queue q on q.id = (f ->> 'id')::uuid
  where f ->> 'cause' in ('throttled', 'template', 'answer', 'credentials')
    and q.status in ('failed', 'queued') and q.id = any (p_changed)
  order by q.job_id, q.id;
end $$;

-- A wrong file or value is often told only after Meta has accepted the message. Five such failures
-- behind the job's last good receipt pause it, as five answers of the kind do; so does an outage
-- that Meta tells in this way.
create function wa.count_failed_receipts(p_folded jsonb, p_changed uuid[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  job record;
begin
  for job in
    with counted as (
      update public.communications c
      set failed_receipts_in_a_row = s.failures
        + case when s.good then 0 else c.failed_receipts_in_a_row end
      from wa.streaks(p_folded, p_changed) s
      where c.job_id = s.job_id and (s.failures > 0 or c.failed_receipts_in_a_row > 0)
      returning c.job_id, c.failed_receipts_in_a_row as failures, s.cause, s.reason)
    select *
    from counted c
    where c.failures >= 5 and c.cause is not null
  loop
    perform wa.pause_jobs(array[job.job_id], job.cause, job.reason);
  end loop;
end $$;

-- By job: whether any receipt is good, and the failures behind the last good one.
create function wa.streaks(p_folded jsonb, p_changed uuid[])
returns table (job_id uuid, good boolean, failures bigint, cause text, reason text)
language sql stable
set search_path = ''
as $$
  with told as (
    select q.job_id, f.cause, f.error_message,
      coalesce(f.failed_at, f.sent_at, f.delivered_at) as at,
      f.failed_at is not null as failed,
      max(coalesce(f.sent_at, f.delivered_at)) filter (where f.failed_at is null)
        over (partition by q.job_id) as good_at
    from jsonb_to_recordset(p_folded) f(
      id uuid, cause text, error_message text, failed_at timestamptz, sent_at timestamptz,
      delivered_at timestamptz)
    join public.wa_send_queue q on q.id = f.id
    where q.id = any (p_changed)
      and (f.failed_at is null or f.cause in ('parameters', 'unexplained', 'outage')))
  select t.job_id,
    bool_or(not t.failed),
    count(*) filter (where t.failed and t.at > coalesce(t.good_at, '-infinity')),
    max(t.cause) filter (where t.failed),
    max(t.error_message) filter (where t.failed)
  from told t
  group by t.job_id
  order by t.job_id;
$$;
