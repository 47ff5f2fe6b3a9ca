-- A canary: the first of a large job's messages go out alone. Only if their receipts look healthy
-- does the rest follow; a wrong list or an unwelcome text then costs a few messages, not a number's
-- reputation.

create function wa.judge_canaries()
returns integer
language sql
set search_path = ''
as $$
  select count(*) filter (where wa.judge_canary(c) <> 'running')::integer
  from (
    select *
    from public.communications j
    where j.status = 'processing' and j.canary_state = 'running'
    order by j.job_id for no key update skip locked) c;
$$;

-- Ready when nine of ten are settled or the campaign's canary_wait is over; then passed, or the job
-- is paused with the figures. Who resumes it has decided that the rest may go.
create function wa.judge_canary(p_job public.communications)
returns text
language plpgsql
set search_path = ''
as $$
declare
  r record;
  s public.wa_campaign_settings;
  bad boolean;
begin
  select * into r from wa.canary_result(p_job);
  select * into s from public.wa_campaign_settings c where c.campaign_id = p_job.campaign_id;
  if r.pending = 0 and wa.extend_canary(p_job, r.attempted) then
    return 'running';
  elsif r.pending > 0
      or (r.settled < 0.9 * r.attempted and r.last_claim > now() - s.canary_wait) then
    return 'running';
  end if;
  bad := r.failed > s.canary_max_failed * r.attempted
    or r.opted_out > s.canary_max_opted_out * r.attempted;
  update public.communications c
  set canary_state = case when bad then 'failed' else 'passed' end
  where c.job_id = p_job.job_id;
  if bad then
    perform wa.pause_jobs(array[p_job.job_id], 'canary', format(
      'Prueba inicial de %s mensajes: %s fallaron y %s personas pidieron BAJA. '
      'Revisa la lista y el texto antes de reanudar.',
      r.attempted, r.failed, r.opted_out));
  end if;
  return case when bad then 'failed' else 'passed' end;
end $$;

-- The next messages stand in for those of the canary that were skipped. False: none were, or there
-- are no more.
create function wa.extend_canary(p_job public.communications, p_attempted bigint)
returns boolean
language sql
set search_path = ''
as $$
  with extended as (
    update public.communications c
    set canary_until = n.position
    from (
      select max(q.position) as position
      from (
        select q.position
        from public.wa_send_queue q
        where q.job_id = p_job.job_id
          and q.status = 'queued'
          and q.position > p_job.canary_until
        order by q.position
        limit (p_job.metadata #>> '{summary,canary_count}')::bigint - p_attempted) q) n
    where c.job_id = p_job.job_id and n.position is not null
    returning 1)
  select exists (select from extended);
$$;

create function wa.canary_result(p_job public.communications)
returns table (
  attempted bigint,
  settled bigint,
  failed bigint,
  opted_out bigint,
  pending bigint,
  last_claim timestamptz)
language sql stable
set search_path = ''
as $$
  select count(*) filter (where q.status in ('sent', 'failed', 'unknown')),
    count(*) filter (where q.delivered_at is not null or q.status = 'failed'),
    count(*) filter (where q.status = 'failed'),
    count(*) filter (where exists (
      select
      from public.wa_opt_outs o
      where o.sender_id = q.sender_id
        and o.phone = q.recipient_phone
        and o.opted_out
        and o.changed_at >= date_trunc('second', q.claimed_at))),
    count(*) filter (where q.status in ('queued', 'sending')),
    max(q.claimed_at)
  from public.wa_send_queue q
  where q.job_id = p_job.job_id and q.position <= p_job.canary_until;
$$;

create function wa.canary_position(p_job public.communications, p_eligible bigint)
returns integer
language sql stable
set search_path = ''
as $$
  select q.position
  from public.wa_send_queue q
  where q.job_id = p_job.job_id
    and q.status = 'queued'
    and wa.canary_size((p_job.metadata ->> 'canary')::boolean, p_eligible) is not null
  order by q.position
  offset greatest(wa.canary_size((p_job.metadata ->> 'canary')::boolean, p_eligible) - 1, 0)
  limit 1;
$$;

-- One in a hundred, at least fifty; by default for jobs of more than 2,000 messages.
create function wa.canary_size(p_wanted boolean, p_eligible bigint)
returns bigint
language sql immutable
set search_path = ''
as $$
  select case
    when coalesce(p_wanted, p_eligible > 2000)
        and p_eligible > greatest(50, ceil(p_eligible / 100.0))
      then greatest(50, ceil(p_eligible / 100.0))::bigint end;
$$;
