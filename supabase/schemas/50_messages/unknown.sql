-- Unknown messages: nobody knows whether Meta has them. A receipt settles most; of the others a
-- person decides, with the evidence at hand, or the campaign has decided beforehand.

-- p_resolution: assume_sent | resend, for all unknown messages of the job that are older than the
-- campaign's unknown_after; younger ones may still be settled by a receipt. Returns the job's
-- progress with {resolved, too_fresh}.
create function public.wa_resolve_unknown(p_job_id uuid, p_resolution text)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
  messages uuid[];
begin
  job := wa.require_job(p_job_id, 'approve');
  if p_resolution is null or p_resolution not in ('assume_sent', 'resend') then
    perform wa.refuse(
      422, 'resolution_unknown', 'La decisión debe ser assume_sent o resend.', 'resolution');
  elsif p_resolution = 'resend' and job.status = 'cancelled' then
    perform wa.refuse_ended(job);
  elsif p_resolution = 'resend' then
    perform wa.require_open_window(job.campaign_id, now());
  end if;
  messages := wa.lock_unknown(p_job_id, (
    select s.unknown_after
    from public.wa_campaign_settings s
    where s.campaign_id = job.campaign_id));
  if p_resolution = 'resend' then
    perform wa.send_again(messages);
  else
    update public.wa_send_queue q
    set status = 'sent',
      sent_at = q.claimed_at,
      error_message = null
    where q.id = any (messages);
  end if;
  if cardinality(messages) > 0 then
    perform wa.audit(job.campaign_id, 'unknown_resolved', p_job_id,
      jsonb_build_object('resolution', p_resolution, 'messages', messages));
  end if;
  return public.wa_get_job(p_job_id) || jsonb_build_object(
    'resolved', cardinality(messages),
    'too_fresh', (
      select count(*)
      from public.wa_send_queue q
      where q.job_id = p_job_id and q.status = 'unknown'));
end $$;
revoke all on function public.wa_resolve_unknown(uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_resolve_unknown(uuid, text)
  to authenticated;

create function wa.lock_unknown(p_job_id uuid, p_older_than interval)
returns uuid[]
language sql
set search_path = ''
as $$
  select coalesce(array_agg(u.id), '{}')
  from (
    select q.id
    from public.wa_send_queue q
    where q.job_id = p_job_id and q.status = 'unknown' and q.claimed_at < now() - p_older_than
    order by q.id
    for update) u;
$$;

-- The voter's day stays this message's: its next claim finds its own, another job's is refused.
create function wa.send_again(p_message_ids uuid[])
returns void
language sql
set search_path = ''
as $$
  update public.wa_send_queue q
  set status = 'queued',
    enqueued_at = null,
    leased_until = null,
    error_message = null,
    task_generation = q.task_generation + 1,
    scheduled_at = now(),
    resends = q.resends + 1
  where q.id = any (p_message_ids);
$$;

-- For campaigns that asked for it beforehand: once per message, after the time they set, and only
-- if at least 95 % of twenty or more neighbours have receipts.
create function wa.resend_after_silence(p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  message public.wa_send_queue;
  evidence jsonb;
  sent_again integer := 0;
begin
  for message in
    select q.*
    from public.wa_campaign_settings s
    join public.wa_send_queue q on q.campaign_id = s.campaign_id
    join public.communications c on c.job_id = q.job_id
    where s.resend_after_silence
      and q.status = 'unknown' and q.resends = 0 and q.claimed_at < now() - s.resend_after
      and c.unknown_count > 0 and c.status <> 'cancelled'
      and wa.window_problem(c.campaign_id, now()) is null
    order by q.id
    limit p_limit
    for update of q skip locked
  loop
    evidence := wa.neighbours(message);
    if (evidence ->> 'claimed')::integer >= 20
        and (evidence ->> 'with_receipt')::integer >= 0.95 * (evidence ->> 'claimed')::integer then
      perform wa.send_again(array[message.id]);
      perform wa.audit(message.campaign_id, 'resent_after_silence', message.job_id,
        jsonb_build_object('message', message.id, 'neighbours', evidence));
      sent_again := sent_again + 1;
    end if;
  end loop;
  return sent_again;
end $$;

-- Without the message itself, which is unknown and has no receipt.
create function wa.neighbours(p_message public.wa_send_queue)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object('claimed', e.claimed - 1, 'with_receipt', e.with_receipt)
  from wa.minute_evidence(p_message.sender_id, date_trunc('minute', p_message.claimed_at)) e;
$$;
