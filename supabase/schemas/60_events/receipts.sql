-- Meta's receipts, in any order and any number of times.

-- p_receipts: [{message_id, meta_message_id, phone_number_id, status: sent|delivered|read|failed, at, error_code,
-- error_message, frees_contact, opts_out, scope, user_id}]. phone_number_id: the number that sent the message, says Meta;
-- a receipt counts only for a message that was claimed for that number. scope: what the failure says about more than its
-- message, in the words of wa_record_outcome, or null; a repeated receipt says nothing again. message_id is our own id,
-- which Meta echoes; without it the message is found by Meta's.
-- Returns {matched, unmatched, changed, resolvable}: resolvable kept wishes wait for wa_resolve_opt_outs.
-- A message only moves forward: read implies delivered, delivered outranks failed, failed outranks sent.
create function public.wa_apply_receipts(p_receipts jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
-- Postgres takes any JSON list for 100 rows and would read a queue of 10,000 whole for a single receipt.
set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  folded jsonb;
  returned uuid[];
  changed uuid[];
begin
  folded := wa.fold_receipts(p_receipts);
  -- In the order of ids, as every bulk change here: two calls with the same messages cannot deadlock.
  perform from public.wa_send_queue q where q.id = any (array(select (f ->> 'id')::uuid from jsonb_array_elements(folded) f)) order by q.id for update;
  perform from public.wa_recent_contacts r where r.message_id = any (array(select (f ->> 'id')::uuid from jsonb_array_elements(folded) f))
    order by r.campaign_id, r.phone for update;
  returned := wa.return_throttled(folded);
  changed := wa.advance_messages(folded, returned);
  delete from public.wa_recent_contacts r using jsonb_array_elements(folded) f, public.wa_send_queue q
    where r.message_id = (f ->> 'id')::uuid and q.id = r.message_id and q.status = 'failed' and (f ->> 'frees_contact')::boolean;
  perform wa.set_opt_out(q.sender_id, q.recipient_phone, true, 'meta_error', (f ->> 'failed_at')::timestamptz)
    from jsonb_array_elements(folded) f join public.wa_send_queue q on q.id = (f ->> 'id')::uuid
    where (f ->> 'opts_out')::boolean order by q.sender_id, q.recipient_phone;
  perform wa.record_receipt_scopes(folded, changed || returned);
  return jsonb_build_object('matched', jsonb_array_length(folded), 'changed', cardinality(changed || returned),
    'resolvable', (select count(*) from public.wa_unresolved_opt_outs u where wa.person_of(u.sender_id, u.user_id, u.context_message_id) is not null),
    'unmatched', (select count(*) from jsonb_array_elements(p_receipts)) - coalesce((select sum((f ->> 'receipts')::integer) from jsonb_array_elements(folded) f), 0));
end $$;
revoke all on function public.wa_apply_receipts(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_apply_receipts(jsonb)
  to wa_apply_events;

-- What all receipts of one call say about each message. A failure counts only for the attempt it belongs to: Meta repeats
-- its receipts for days, and the message may wait to go again, or have been claimed again since. Meta's clock has whole
-- seconds. Where a job was moved, its former numbers' receipts count too, but not their failures: a later attempt may
-- have gone well.
create function wa.fold_receipts(p_receipts jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  with receipt as (
    select r.*, s.id as number from jsonb_to_recordset(p_receipts) r(message_id uuid, meta_message_id text, phone_number_id text, status text,
      at timestamptz, error_code integer, error_message text, frees_contact boolean, opts_out boolean, scope text, user_id text)
    join public.wa_senders s on s.phone_number_id = r.phone_number_id),
  matched as (
    select q.id, q.status as state, q.resends, q.claimed_at, q.sender_id, q.attempts, q.job_id, r.* from receipt r
      join public.wa_send_queue q on q.id = r.message_id
    where q.recipient_phone is not null
    union all
    select q.id, q.status as state, q.resends, q.claimed_at, q.sender_id, q.attempts, q.job_id, r.* from receipt r
      left join public.wa_send_queue own on own.id = r.message_id
      join public.wa_send_queue q on q.meta_message_id = r.meta_message_id
    where own.id is null),
  told as (
    select m.*, m.status = 'failed' and m.sender_id = m.number
        and (m.resends = 0 or (m.state <> 'queued' and m.at >= date_trunc('second', m.claimed_at))) as failed
    from matched m
    where m.attempts > 0 and (m.sender_id = m.number
      or exists (select from public.communications c where c.job_id = m.job_id and m.number = any (c.former_sender_ids))))
  select coalesce(jsonb_agg(to_jsonb(f)), '[]') from (
    select m.id, count(*) as receipts, max(m.meta_message_id) as meta_message_id, max(m.user_id) as user_id,
      min(m.at) filter (where m.status = 'sent') as sent_at,
      min(m.at) filter (where m.status in ('delivered', 'read')) as delivered_at,
      min(m.at) filter (where m.status = 'read') as read_at,
      min(m.at) filter (where m.failed) as failed_at,
      max(m.error_code) filter (where m.failed) as error_code,
      max(m.error_message) filter (where m.failed) as error_message,
      max(m.scope) filter (where m.failed) as scope,
      bool_and(coalesce(m.frees_contact, true)) as frees_contact, bool_or(m.failed and coalesce(m.opts_out, false)) as opts_out
    from told m group by m.id) f;
$$;

-- A failure for the number's pace says that Meta has not sent the message. If no other receipt says that it has, the
-- message may go again, after a minute at first and five times at most: its voter waits for it. Returns those that do.
create function wa.return_throttled(p_folded jsonb)
returns uuid[]
language sql
set search_path = ''
as $$
  with returned as (
    update public.wa_send_queue q set status = 'queued', enqueued_at = null, leased_until = null, sent_at = null, held_at = null,
      task_generation = q.task_generation + 1, resends = q.resends + 1, error_code = (f ->> 'error_code')::integer,
      scheduled_at = greatest(q.scheduled_at, now() + make_interval(mins => (2 ^ q.resends)::integer))
    from jsonb_array_elements(p_folded) f
    where q.id = (f ->> 'id')::uuid and q.status in ('sent', 'unknown') and q.first_receipt_at is null and q.resends < 5
      and f ->> 'scope' = 'slow_down' and f ->> 'failed_at' is not null and coalesce(f ->> 'sent_at', f ->> 'delivered_at') is null
    returning q.id)
  select coalesce(array_agg(r.id), '{}') from returned r;
$$;

-- Returns the messages that changed. A failed row without Meta's id was refused when it was sent; a receipt proves
-- that it left all the same. A receipt without any time is one that belongs to an earlier attempt.
create function wa.advance_messages(p_folded jsonb, p_returned uuid[])
returns uuid[]
language sql
set search_path = ''
as $$
  with f as (
    select * from jsonb_to_recordset(p_folded) r(id uuid, meta_message_id text, sent_at timestamptz, delivered_at timestamptz,
      read_at timestamptz, failed_at timestamptz, error_code integer, error_message text, user_id text)
    where r.id <> all (p_returned) and coalesce(r.sent_at, r.delivered_at, r.failed_at) is not null),
  next as (
    select q.id, case
        when least(q.delivered_at, f.delivered_at) is not null then 'sent'
        when f.failed_at is not null then 'failed'
        when q.status = 'failed' and q.meta_message_id is not null then 'failed'
        else 'sent' end as status,
      least(q.sent_at, f.sent_at, f.delivered_at) as sent_at, least(q.delivered_at, f.delivered_at) as delivered_at,
      least(q.read_at, f.read_at) as read_at, coalesce(q.meta_message_id, f.meta_message_id) as meta_message_id,
      coalesce(f.user_id, q.meta_user_id) as meta_user_id,
      coalesce(f.error_code, q.error_code) as error_code, coalesce(f.error_message, q.error_message) as error_message
    from f join public.wa_send_queue q on q.id = f.id),
  changed as (
    update public.wa_send_queue q set status = n.status, skip_reason = null, sent_at = n.sent_at, delivered_at = n.delivered_at,
      read_at = n.read_at, meta_message_id = n.meta_message_id, meta_user_id = n.meta_user_id, enqueued_at = null,
      first_receipt_at = coalesce(q.first_receipt_at, now()),
      error_code = case when n.status = 'failed' then n.error_code end,
      error_message = case when n.status = 'failed' then n.error_message end
    from next n
    where q.id = n.id and (q.first_receipt_at is null or (q.status, q.sent_at, q.delivered_at, q.read_at, q.meta_message_id, q.meta_user_id)
      is distinct from (n.status, n.sent_at, n.delivered_at, n.read_at, n.meta_message_id, n.meta_user_id))
    returning q.id)
  select coalesce(array_agg(c.id), '{}') from changed c;
$$;

-- What the changed messages' failures say about their jobs and senders, in the order in which every bulk change locks jobs.
-- A receipt speaks of its own number: about a token, that other numbers share, only Meta's answers do.
create function wa.record_receipt_scopes(p_folded jsonb, p_changed uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.count_failed_receipts(p_folded, p_changed);
  perform wa.record_scope(q, replace(f ->> 'scope', 'block_credentials', 'block_sender'), f ->> 'error_message')
    from jsonb_array_elements(p_folded) f join public.wa_send_queue q on q.id = (f ->> 'id')::uuid
    where f ->> 'scope' in ('slow_down', 'pause_job', 'block_sender', 'block_credentials')
      and q.status in ('failed', 'queued') and q.id = any (p_changed) order by q.job_id, q.id;
end $$;

-- A wrong file or value is often told only after Meta has accepted the message. Five such failures behind the job's last
-- good receipt pause it, as five answers of the kind do; so does an outage that Meta tells in this way.
create function wa.count_failed_receipts(p_folded jsonb, p_changed uuid[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  job record;
begin
  for job in
    with told as (
      select q.job_id, f.scope, f.error_message, coalesce(f.failed_at, f.sent_at, f.delivered_at) as at, f.failed_at is not null as failed,
        max(coalesce(f.sent_at, f.delivered_at)) filter (where f.failed_at is null) over (partition by q.job_id) as good_at
      from jsonb_to_recordset(p_folded) f(id uuid, scope text, error_message text, failed_at timestamptz, sent_at timestamptz, delivered_at timestamptz)
      join public.wa_send_queue q on q.id = f.id
      where q.id = any (p_changed) and (f.failed_at is null or f.scope in ('fix_parameters', 'unexplained', 'outage'))),
    streak as (
      select t.job_id, bool_or(not t.failed) as good, count(*) filter (where t.failed and t.at > coalesce(t.good_at, '-infinity')) as failures,
        max(t.scope) filter (where t.failed) as scope, max(t.error_message) filter (where t.failed) as reason
      from told t group by t.job_id order by t.job_id),
    counted as (
      update public.communications c set failed_receipts_in_a_row = s.failures + case when s.good then 0 else c.failed_receipts_in_a_row end
      from streak s where c.job_id = s.job_id and (s.failures > 0 or c.failed_receipts_in_a_row > 0)
      returning c.job_id, c.failed_receipts_in_a_row as failures, s.scope, s.reason)
    select * from counted c where c.failures >= 5 and c.scope is not null
  loop
    perform wa.pause_jobs(array[job.job_id], case job.scope when 'fix_parameters' then 'parameters' else job.scope end, job.reason);
  end loop;
end $$;
