-- Pause, resume, cancel, move to another number.

create function public.wa_pause_job(p_job_id uuid)
returns jsonb
language sql security definer
set search_path = ''
as $$
  select wa.job_progress(wa.change_job(p_job_id, 'paused', '{processing}'));
$$;
revoke all on function public.wa_pause_job(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_pause_job(uuid)
  to authenticated;

create function public.wa_resume_job(p_job_id uuid)
returns jsonb
language sql security definer
set search_path = ''
as $$
  select wa.job_progress(wa.change_job(p_job_id, 'processing', '{paused}'));
$$;
revoke all on function public.wa_resume_job(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_resume_job(uuid)
  to authenticated;

create function public.wa_cancel_job(p_job_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
begin
  perform wa.change_job(p_job_id, 'cancelled', '{processing,paused}');
  return public.wa_get_job(p_job_id);
end $$;
revoke all on function public.wa_cancel_job(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_cancel_job(uuid)
  to authenticated;

-- What still waits leaves from the number that its campaign writes from now; what was claimed from
-- the other one stays that one's. Its tasks are made anew, in the other queue; the old ones, should
-- they ever run, find a row like any other.
create function public.wa_move_job(p_job_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
  present uuid;
begin
  perform wa.require_job(p_job_id, 'send');
  select * into job from public.communications c where c.job_id = p_job_id for update;
  if job.status not in ('processing', 'paused') then
    perform wa.refuse_ended(job);
  end if;
  present := (wa.require_sender(job.campaign_id)).id;
  if job.sender_id <> present then
    perform wa.require_lasting_header(t, now())
    from public.wa_templates t
    where t.id = job.template_id;
    update public.communications c
    set sender_id = present,
      former_sender_ids = array_append(c.former_sender_ids, c.sender_id),
      failed_leases = 0,
      lease_after = 'epoch'
    where c.job_id = p_job_id
    returning * into job;
    with waiting as (
      select q.id
      from public.wa_send_queue q
      where q.job_id = p_job_id
        and q.status = 'queued'
        and num_nonnulls(q.enqueued_at, q.leased_until) > 0
      order by q.id for update skip locked)
    update public.wa_send_queue q
    set enqueued_at = null,
      leased_until = null,
      task_generation = q.task_generation + 1
    from waiting w
    where q.id = w.id;
    perform wa.audit(job.campaign_id, 'job_moved', p_job_id, jsonb_build_object(
      'from', job.former_sender_ids[cardinality(job.former_sender_ids)], 'to', present));
  end if;
  return wa.job_progress(job);
end $$;
revoke all on function public.wa_move_job(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_move_job(uuid)
  to authenticated;

-- One transition of a job by its user. Asking again for the state that holds already changes
-- nothing, but that a user's pause replaces any other: it ends by a user's word alone.
create function wa.change_job(p_job_id uuid, p_to text, p_from text[])
returns public.communications
language plpgsql
set search_path = ''
as $$
declare
  job public.communications;
begin
  perform wa.require_job(p_job_id, 'send');
  select * into job from public.communications c where c.job_id = p_job_id for update;
  if job.status = p_to and (p_to <> 'paused' or job.paused_by = 'user') then
    perform wa.skip_cancelled(p_job_id, 20000); -- what a claim held when it was cancelled first
    return job;
  elsif job.status <> all (p_from) and job.status <> p_to then
    perform wa.refuse_ended(job);
  elsif p_to = 'processing' and not wa.keeps_its_text(job.template_id, job.template_version) then
    perform wa.refuse(409, 'template_changed', wa.reason_of_another_text(), 'job_id');
  elsif p_to = 'processing' and job.approval = 'waiting' then
    perform wa.refuse(409, 'approval_needed',
      'Este envío espera la aprobación de otra persona.', 'job_id');
  end if;
  update public.communications c
  set status = p_to,
    status_reason = null,
    canary_state = case
      when p_to = 'processing' and c.canary_state = 'failed' then 'passed'
      else c.canary_state end,
    paused_by = case p_to when 'paused' then 'user' end,
    refusals_in_a_row = 0,
    failed_receipts_in_a_row = 0,
    failed_leases = 0,
    lease_after = 'epoch',
    completed_at = case when p_to = 'cancelled' then now() end
  where c.job_id = p_job_id
  returning * into job;
  if p_to = 'processing' then
    perform wa.renew_tries(p_job_id);
  end if;
  if p_to = 'cancelled' then
    perform wa.skip_cancelled(p_job_id, 20000); -- the sweep does the rest
  end if;
  perform wa.audit(job.campaign_id,
    'job_' || case p_to when 'processing' then 'resumed' else p_to end, p_job_id, '{}');
  return job;
end $$;

-- Whoever resumes a job gives its messages their tries back: what they were used up by is over.
create function wa.renew_tries(p_job_id uuid)
returns void
language sql
set search_path = ''
as $$
  with tried as (
    select q.id
    from public.wa_send_queue q
    where q.job_id = p_job_id and q.status = 'queued' and q.retries > 0
    order by q.id for update skip locked)
  update public.wa_send_queue q set retries = 0 from tried t where q.id = t.id;
$$;

create function wa.refuse_ended(p_job public.communications)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.refuse(409, 'job_not_open', format('El envío ya no admite esa acción: %s.',
    case p_job.status
      when 'cancelled' then 'está cancelado'
      when 'completed' then 'ya se completó'
      when 'partial' then 'ya terminó'
      when 'failed' then 'terminó sin enviar nada'
      when 'paused' then 'está en pausa'
      else 'está en curso' end), 'job_id');
end $$;

create function wa.skip_cancelled(p_job_id uuid, p_limit integer)
returns integer
language sql
set search_path = ''
as $$
  with left_over as (
    select q.id
    from public.wa_send_queue q
    join public.communications c on c.job_id = q.job_id
    where q.job_id = p_job_id and q.status = 'queued' and c.status = 'cancelled'
    order by q.id
    for update of q skip locked limit p_limit),
  changed as (
    update public.wa_send_queue q
    set status = 'skipped',
      skip_reason = 'cancelled'
    from left_over l
    where q.id = l.id
    returning 1)
  select count(*)::integer from changed;
$$;
