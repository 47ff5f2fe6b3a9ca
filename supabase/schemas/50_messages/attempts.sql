-- What became of a message in one attempt, and what that stops (docs/glossary.md).

-- p_details: {cause, meta_message_id, error_code, error_message, skip_reason, retry_after_seconds,
-- frees_contact, opts_out}; each may be absent, and a contact is freed unless it says otherwise.
-- Returns the row's status afterwards. An answer for another attempt, or one that a receipt
-- overtook, only adds the message id.
create function public.wa_record_attempt(
  p_message_id uuid, p_attempt integer, p_fate text, p_stops text default 'nothing',
  p_details jsonb default '{}')
returns text
language plpgsql security definer
set search_path = ''
as $$
declare
  message public.wa_send_queue;
begin
  select * into message from public.wa_send_queue q where q.id = p_message_id for update;
  if not found or message.attempts <> p_attempt or not wa.is_open_to(message.status, p_fate) then
    perform wa.note_meta_message_id(message, p_attempt, p_details ->> 'meta_message_id');
    return message.status;
  end if;
  if p_fate in ('accepted', 'held') then
    perform wa.note_accepted(message, p_fate, p_details ->> 'meta_message_id');
  else
    perform wa.note_not_accepted(message, p_fate, p_details);
  end if;
  if p_stops <> 'nothing' then
    perform wa.stop(message, p_stops, p_details ->> 'cause', p_details ->> 'error_message');
  end if;
  if p_fate = 'failed' and (p_details ->> 'opts_out')::boolean then
    perform wa.set_opt_out(message.sender_id, message.recipient_phone, true, 'meta_error', now());
  end if;
  if p_fate in ('accepted', 'held') then
    return 'sent';
  end if;
  return (select q.status from public.wa_send_queue q where q.id = p_message_id);
end $$;
revoke all on function public.wa_record_attempt(uuid, integer, text, text, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_record_attempt(uuid, integer, text, text, jsonb)
  to wa_dispatch;

-- A late "accepted" settles even a row that was given up since and waits to be sent again.
create function wa.is_open_to(p_status text, p_fate text)
returns boolean
language sql immutable
set search_path = ''
as $$
  select p_status in ('sending', 'unknown')
    or (p_fate in ('accepted', 'held') and p_status in ('queued', 'skipped'));
$$;

create function wa.note_meta_message_id(
  p_message public.wa_send_queue, p_attempt integer, p_meta_message_id text)
returns void
language sql
set search_path = ''
as $$
  update public.wa_send_queue q
  set meta_message_id = p_meta_message_id
  where q.id = p_message.id and q.attempts = p_attempt
    and q.meta_message_id is null and p_meta_message_id is not null;
$$;

-- Meta took the message: its job's parameters and its sender are in order. Writes about them only
-- where that is news.
create function wa.note_accepted(
  p_message public.wa_send_queue, p_fate text, p_meta_message_id text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.wa_send_queue q
  set status = 'sent',
    skip_reason = null,
    sent_at = clock_timestamp(),
    meta_message_id = p_meta_message_id,
    held_at = case p_fate when 'held' then clock_timestamp() end,
    error_code = null,
    error_message = null
  where q.id = p_message.id;
  update public.communications c
  set refusals_in_a_row = 0
  where c.job_id = p_message.job_id and c.refusals_in_a_row > 0;
  update public.wa_senders s
  set outage_answers = 0,
    -- Not by an answer to a message that left before the pause.
    backoff_seconds = case
      when s.throttled_until < p_message.claimed_at then 0
      else s.backoff_seconds end
  where s.id = p_message.sender_id
    and (s.outage_answers > 0
      or (s.backoff_seconds > 0 and s.throttled_until < p_message.claimed_at));
  perform wa.unblock_senders(array[p_message.sender_id], p_message.claimed_at);
end $$;

-- An unknown message may have reached its voter: it keeps the contact.
create function wa.note_not_accepted(p_message public.wa_send_queue, p_fate text, p_details jsonb)
returns void
language plpgsql
set search_path = ''
as $$
declare
  code integer := p_details ->> 'error_code';
  sentence text := p_details ->> 'error_message';
begin
  if p_fate <> 'unknown' and coalesce((p_details ->> 'frees_contact')::boolean, true) then
    perform wa.free_contact(p_message.id);
  end if;
  case p_fate
    when 'failed' then
      update public.wa_send_queue q
      set status = 'failed',
        error_code = code,
        error_message = sentence
      where q.id = p_message.id;
    when 'deferred' then
      perform wa.defer_attempt(p_message.id, code, (p_details ->> 'retry_after_seconds')::numeric);
    when 'returned' then
      update public.wa_send_queue q
      set status = 'queued',
        error_code = code
      where q.id = p_message.id;
    when 'skipped' then
      perform wa.skip(p_message.id, p_details ->> 'skip_reason');
    when 'unknown' then
      update public.wa_send_queue q
      set status = 'unknown',
        error_message = sentence
      where q.id = p_message.id;
  end case;
end $$;

-- With p_retry_after_seconds this was one of the message's tries; without, it waits for what the
-- answer stopped, and no try is used up.
create function wa.defer_attempt(
  p_message_id uuid, p_error_code integer, p_retry_after_seconds numeric)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if p_retry_after_seconds is not null then
    update public.wa_send_queue q
    set retries = q.retries + 1,
      error_code = p_error_code
    where q.id = p_message_id;
  end if;
  perform wa.defer(p_message_id, now() + make_interval(
    secs => coalesce(p_retry_after_seconds, 0)::double precision));
end $$;

-- What an answer, or a failed receipt, stops beside its own message.
create function wa.stop(
  p_message public.wa_send_queue, p_stops text, p_cause text, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  case p_stops
    when 'nothing' then
      null;
    when 'job' then
      perform wa.stop_job(p_message, p_cause, p_reason);
    when 'sender' then
      perform wa.stop_sender(p_message, p_cause, p_reason);
    when 'credentials' then
      perform wa.block_senders(
        wa.senders_of_token(p_message.sender_id), 'credentials', p_reason, p_message.claimed_at);
    when 'everybody' then
      perform wa.count_outage(p_message.sender_id, p_reason, p_message.claimed_at);
  end case;
end $$;

create function wa.stop_job(p_message public.wa_send_queue, p_cause text, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  case p_cause
    when 'template' then
      perform wa.pause_job_of_template(p_message, p_reason);
    when 'parameters', 'unexplained' then
      perform wa.count_refusal(p_message.job_id, p_cause, p_reason);
  end case;
end $$;

create function wa.stop_sender(p_message public.wa_send_queue, p_cause text, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  case p_cause
    when 'throttled' then
      perform wa.push_back(p_message.sender_id);
    when 'answer' then
      perform wa.block_senders(
        array[p_message.sender_id], 'answer', p_reason, p_message.claimed_at);
  end case;
end $$;

create function wa.senders_of_token(p_sender_id uuid)
returns uuid[]
language sql stable
set search_path = ''
as $$
  select array_agg(s.id)
  from public.wa_senders own
  join public.wa_senders s on s.credential = own.credential
  where own.id = p_sender_id;
$$;

-- Meta is out of order, or its answers do not arrive: that is nobody's message. Ten such answers
-- without a message accepted in between block the number, so that the outage uses up neither tries
-- nor, where answers are lost, messages. Probes find the end of it: after a minute at first, every
-- ten minutes at last.
create function wa.count_outage(p_sender_id uuid, p_reason text, p_claimed_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set outage_answers = s.outage_answers + 1
  where s.id = p_sender_id;
  select wa.block_senders(array[s.id], 'outage', p_reason, p_claimed_at, 60, 600)
  from public.wa_senders s
  where s.id = p_sender_id and s.outage_answers >= 10;
$$;

-- The same mistake in one message after another is the job's: five in a row pause it.
create function wa.count_refusal(p_job_id uuid, p_paused_by text, p_reason text)
returns void
language sql
set search_path = ''
as $$
  update public.communications c
  set refusals_in_a_row = c.refusals_in_a_row + 1
  where c.job_id = p_job_id;
  select wa.pause_jobs(array[c.job_id], p_paused_by, p_reason)
  from public.communications c
  where c.job_id = p_job_id and c.refusals_in_a_row >= 5;
$$;

-- Not for what Meta said before it approved the template (again), by its clock of whole seconds:
-- the next attempt tells. The job is locked first, as an approval does: of two that pass each other
-- the second sees the first.
create function wa.pause_job_of_template(p_message public.wa_send_queue, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  approved_since boolean;
begin
  perform from public.communications c where c.job_id = p_message.job_id for no key update;
  select t.status = 'approved' and t.status_changed_at >= date_trunc('second', p_message.claimed_at)
    into approved_since
  from public.wa_templates t
  where t.id = p_message.template_id;
  if approved_since is distinct from true then
    perform wa.pause_jobs(array[p_message.job_id], 'template', p_reason);
  end if;
end $$;

create function wa.pause_jobs(p_job_ids uuid[], p_paused_by text, p_reason text)
returns void
language sql
set search_path = ''
as $$
  update public.communications c
  set status = 'paused',
    status_reason = p_reason,
    paused_by = p_paused_by
  where c.job_id = any (p_job_ids) and c.status = 'processing';
$$;
