-- What Meta answered to one attempt, and what that stops.

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
revoke all on function public.wa_record_outcome(uuid, integer, text, text, integer, text, numeric, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_record_outcome(uuid, integer, text, text, integer, text, numeric, boolean, boolean)
  to wa_dispatch;

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

create function wa.pause_jobs(p_job_ids uuid[], p_paused_by text, p_reason text)
returns void
language sql
set search_path = ''
as $$
  update public.communications c set status = 'paused', status_reason = p_reason, paused_by = p_paused_by
  where c.job_id = any (p_job_ids) and c.status = 'processing';
$$;
