-- May a message leave, and when?

-- Asked with the message whose task has come; answered, as message_id, for that one or for another
-- of its number. After "send" is answered that one is committed as "sending": whatever happens to
-- the caller, no other claim will send it. A caller that lost the answer asks again with its
-- p_claim_id, and says so (p_again).
-- Answers: send | skipped | deferred | returned | done | message_unknown.
create function public.wa_claim_message(
  p_message_id uuid, p_claim_id uuid, p_max_wait_seconds numeric default 10,
  p_again boolean default false)
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
  if message.id is null then
    return jsonb_build_object('message_id', p_message_id, 'decision', 'message_unknown');
  elsif p_again then
    select q.id into turn
    from public.wa_send_queue q
    where q.status = 'sending' and q.claim_id = p_claim_id;
  end if;
  if turn is null and not (message.status = 'sending' and message.claim_id = p_claim_id) then
    turn := wa.turn_of_another(message, job);
  end if;
  if turn is not null then
    select * into message from public.wa_send_queue q where q.id = turn for update;
    select * into job from public.communications c where c.job_id = message.job_id;
  end if;
  select * into sender
  from public.wa_senders s
  where s.id = case message.status when 'sending' then message.sender_id else job.sender_id end;
  return jsonb_build_object('message_id', message.id)
    || wa.claim(message, job, sender, p_claim_id, p_max_wait_seconds);
end $$;
revoke all on function public.wa_claim_message(uuid, uuid, numeric, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_claim_message(uuid, uuid, numeric, boolean)
  to wa_dispatch;

create function wa.claim(
  p_message public.wa_send_queue, p_job public.communications, p_sender public.wa_senders,
  p_claim_id uuid, p_max_wait_seconds numeric)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  message public.wa_send_queue := p_message;
  closed text := wa.window_problem(p_message.campaign_id, now());
  reason text;
  deferred_until timestamptz;
  slot timestamptz;
begin
  if message.status = 'sending' and message.claim_id = p_claim_id
    and message.erased_at is null
  then
    return wa.sending_order(message, p_sender, wa.take_slot(p_sender.id, 1000));
  elsif message.status <> 'queued' then
    return jsonb_build_object('decision', 'done', 'status', message.status);
  end if;
  select v.phone, v.reason into message.recipient_phone, reason
  from wa.follow_voter(message, p_job.is_test) v;
  reason := coalesce(reason, wa.reason_to_skip(message, p_job, closed));
  if reason is not null then
    return wa.answer_skipped(message.id, reason);
  end if;
  deferred_until := wa.deferred_until(message, p_job, p_sender, closed);
  if deferred_until is not null then
    return wa.answer_deferred(message.id, deferred_until);
  elsif not p_job.is_test
    and not wa.take_contact(message.campaign_id, message.recipient_phone, message.id)
  then
    return wa.decline_contact(message);
  elsif p_sender.state = 'blocked' and not wa.start_probe(p_sender.id) then
    perform wa.free_contact(message.id);
    return wa.answer_deferred(message.id, message.scheduled_at);
  end if;
  slot := wa.take_slot(p_sender.id, p_max_wait_seconds);
  if slot is null then
    perform wa.free_contact(message.id);
    return jsonb_build_object(
      'decision', 'returned', 'retry_after_seconds', wa.seconds_to_slot(p_sender.id));
  end if;
  return wa.start_sending(message, p_sender, p_claim_id, slot);
end $$;

-- p_closed: why the send window is shut now, if it is.
create function wa.reason_to_skip(
  p_message public.wa_send_queue, p_job public.communications, p_closed text)
returns text
language sql stable
set search_path = ''
as $$
  select case
    when p_job.status = 'cancelled' then 'cancelled'
    when p_closed = 'veda'
      or (p_closed is not null and wa.not_open_until(p_message.campaign_id) is null) then p_closed
    when wa.is_opted_out(p_message.campaign_id, p_message.recipient_phone) then 'opted_out'
    when p_job.is_test then null
    when wa.lacks_consent(p_message.campaign_id, p_message.recipient_phone) then 'no_consent'
  end;
$$;

-- A message goes to the number that its voter has now: a list may be corrected after the job was
-- created. A test goes to a number that is on the campaign's list now. Returns the number, or the
-- reason why nobody can be written to any more.
create function wa.follow_voter(
  p_message public.wa_send_queue, p_is_test boolean, out phone text, out reason text)
language plpgsql
set search_path = ''
as $$
declare
  raw text;
begin
  if p_message.erased_at is not null then
    reason := 'erased';
    return;
  elsif p_is_test then
    select n.phone into raw
    from public.wa_test_numbers n
    where n.id = p_message.recipient_voter_id;
  else
    select v.phone into raw
    from wa.current_phone(p_message.campaign_id, p_message.recipient_voter_id) v;
  end if;
  if not found then
    reason := 'voter_deleted';
    return;
  end if;
  -- Written in one of the two usual ways it need not be read again.
  phone := case
    when raw in (p_message.recipient_phone, right(p_message.recipient_phone, 10))
      then p_message.recipient_phone
    else wa.normalize_phone(raw)
  end;
  if phone is null then
    reason := wa.phone_problem(raw);
  elsif phone <> p_message.recipient_phone then
    reason := wa.move_to_phone(p_message, phone);
  else
    reason := wa.suppressed_as(p_message.campaign_id, phone, p_message.recipient_voter_id);
  end if;
end $$;

-- What may have reached the number that was wrong does not follow: a second attempt is somebody
-- else's then. Returns why the message cannot go to the new number, if so.
create function wa.move_to_phone(p_message public.wa_send_queue, p_phone text)
returns text
language plpgsql
set search_path = ''
as $$
declare
  reason text;
begin
  if p_message.resends > 0 then
    return 'number_changed';
  end if;
  perform wa.share_people_at_once(p_message.campaign_id);
  reason := wa.suppressed_as(p_message.campaign_id, p_phone, p_message.recipient_voter_id);
  if reason is null then
    begin
      update public.wa_send_queue q
      set recipient_phone = p_phone
      where q.id = p_message.id;
    exception when unique_violation then
      reason := 'duplicate_number';
    end;
  end if;
  return reason;
end $$;

-- Until when a message has to wait for something but its slot; null = it need not. Where a daily
-- limit holds, a message leaves only if its lease or its task counts as under way: a task whose
-- fan-out died before it could mark it does not.
create function wa.deferred_until(
  p_message public.wa_send_queue, p_job public.communications, p_sender public.wa_senders,
  p_closed text)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select coalesce(
    wa.quiet_until(p_message.campaign_id, now()),
    -- Not to the opening itself where that is far: the dates may be corrected before.
    case
      when p_closed is not null
        then least(wa.not_open_until(p_message.campaign_id), now() + interval '5 minutes')
    end,
    case
      when p_job.status = 'paused'
        or not (p_sender.state = 'ok' or wa.may_probe(p_sender))
        or p_message.scheduled_at > now() + interval '5 seconds'
        or (p_message.enqueued_at is null
          and coalesce(p_message.leased_until, '-infinity') < now()
          and wa.portfolio_limit(p_sender.portfolio_id) is not null)
        then p_message.scheduled_at
    end);
$$;

create function wa.answer_skipped(p_message_id uuid, p_reason text)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform wa.skip(p_message_id, p_reason);
  return jsonb_build_object('decision', 'skipped', 'reason', p_reason);
end $$;

create function wa.answer_deferred(p_message_id uuid, p_not_before timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform wa.defer(p_message_id, p_not_before);
  return jsonb_build_object('decision', 'deferred');
end $$;

-- When the voter's day is nearly over the message waits for its end; else another was today's.
create function wa.decline_contact(p_message public.wa_send_queue)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  free_at timestamptz := (
    select r.contacted_at + interval '24 hours'
    from public.wa_recent_contacts r
    where r.campaign_id = p_message.campaign_id and r.phone = p_message.recipient_phone);
begin
  if free_at < least(now() + interval '2 hours', wa.closes_at(p_message.campaign_id)) then
    return wa.answer_deferred(p_message.id, free_at);
  end if;
  return wa.answer_skipped(p_message.id, 'contacted_recently');
end $$;

create function wa.start_sending(
  p_message public.wa_send_queue, p_sender public.wa_senders, p_claim_id uuid, p_slot timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  message public.wa_send_queue;
begin
  perform wa.note_portfolio_contact(p_sender, p_message.campaign_id, p_message.recipient_phone);
  update public.wa_send_queue q
  set status = 'sending',
    claimed_at = now(),
    claim_id = p_claim_id,
    attempts = q.attempts + 1,
    sender_id = p_sender.id,
    leased_until = null
  where q.id = p_message.id
  returning * into message;
  return wa.sending_order(message, p_sender, p_slot);
end $$;

-- Everything the caller needs for its one call to Meta, and how long to wait for the slot first.
create function wa.sending_order(
  p_message public.wa_send_queue, p_sender public.wa_senders, p_slot timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  select * into template from public.wa_templates t where t.id = p_message.template_id;
  return jsonb_build_object(
    'decision', 'send',
    'attempt', p_message.attempts,
    'retries', p_message.retries,
    'wait_seconds', greatest(0, extract(epoch from p_slot - clock_timestamp())),
    -- At nearly the same pace: a process that was held up must not pour out what waited in it.
    'gap_seconds', 0.97 / p_sender.rate_per_second,
    -- Should somebody be typing the dates just now, it is over.
    'seconds_left',
      coalesce(extract(epoch from wa.closes_at(p_message.campaign_id) - clock_timestamp()), 0),
    'phone_number_id', p_sender.phone_number_id,
    'credential', p_sender.credential,
    'to', p_message.recipient_phone,
    'params', p_message.template_params,
    'template', jsonb_build_object(
      'name', template.meta_template_name,
      'language', template.language,
      'parameter_format', template.parameter_format,
      'header_format', template.header_format,
      'header_text', template.header_text,
      'header_media', template.header_media,
      'body_text', template.body_text,
      'buttons', template.buttons));
end $$;
