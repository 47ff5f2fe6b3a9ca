-- GET /jobs: how far jobs are and what they wait for.

-- Security invoker: row level security decides what the caller sees.
create function public.wa_get_job(p_job_id uuid)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  job public.communications;
begin
  select * into job from public.communications c where c.job_id = p_job_id;
  if not found then
    perform wa.refuse(404, 'job_not_found',
      'No existe ese envío o no tienes acceso a él.', 'job_id');
  end if;
  return wa.job_progress(job);
end $$;
revoke all on function public.wa_get_job(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_get_job(uuid)
  to authenticated;

-- Page by page: those behind job p_before; p_tests: with the tests among them.
create function public.wa_list_jobs(
  p_campaign_id uuid, p_before uuid default null, p_limit integer default 50,
  p_tests boolean default false)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  if p_before is not null and not exists (
      select
      from public.communications b
      where b.job_id = p_before and b.campaign_id = p_campaign_id) then
    perform wa.refuse(404, 'job_not_found',
      'No existe ese envío o no tienes acceso a él.', 'before');
  end if;
  return (
    select coalesce(jsonb_agg(wa.job_progress(j) order by j.started_at desc, j.job_id desc), '[]')
    from (
      select *
      from public.communications c
      where c.campaign_id = p_campaign_id
        and (p_tests or not c.is_test)
        and (p_before is null or (c.started_at, c.job_id) < (
          select b.started_at, b.job_id from public.communications b where b.job_id = p_before))
      order by c.started_at desc, c.job_id desc
      limit least(greatest(p_limit, 1), 100)) j);
end $$;
revoke all on function public.wa_list_jobs(uuid, uuid, integer, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_jobs(uuid, uuid, integer, boolean)
  to authenticated;

create function wa.job_progress(p_job public.communications)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'job_id', p_job.job_id,
    'campaign_id', p_job.campaign_id,
    'template_id', p_job.template_id,
    'is_test', p_job.is_test,
    'status', p_job.status,
    'status_reason', p_job.status_reason,
    'target_count', p_job.target_count,
    'sent_count', p_job.sent_count,
    'delivered_count', p_job.delivered_count,
    'read_count', p_job.read_count,
    'failed_count', p_job.failed_count,
    'skipped_count', p_job.skipped_count,
    'unknown_count', p_job.unknown_count,
    'held_count', p_job.held_count,
    'skipped', p_job.skipped_by_reason,
    'pending_count', p_job.pending_count,
    'progress_pct', round(100.0 * (p_job.target_count - p_job.pending_count)
      / greatest(p_job.target_count, 1), 1),
    'canary_state', p_job.canary_state,
    'waiting_for', case
      when p_job.pending_count > 0
        and (p_job.status = 'processing' or (p_job.status, p_job.approval) = ('paused', 'waiting'))
        then wa.waiting_for(p_job)
    end,
    'approval', p_job.approval,
    'findings', coalesce(p_job.metadata #> '{summary,findings}', '[]'),
    'scheduled_at', p_job.scheduled_at,
    'started_at', p_job.started_at,
    'completed_at', p_job.completed_at);
$$;
grant execute on function wa.job_progress(public.communications)
  to authenticated;

-- Why an open job does not move, if something but its own turn holds it: {reason, detail, until};
-- until null = nobody knows. movable: its campaign writes from another number now, to which
-- wa_move_job can move it.
-- Security definer: the job's number may be one that its members no longer read.
create function wa.waiting_for(p_job public.communications)
returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select case
    when p_job.approval = 'waiting'
      then jsonb_build_object('reason', 'approval', 'until', null)
    when p_job.scheduled_at > now()
      then jsonb_build_object('reason', 'scheduled', 'until', p_job.scheduled_at)
    when s.state in ('paused', 'blocked')
      then jsonb_build_object(
        'reason', 'sender_' || s.state,
        'detail', wa.notice(s),
        'until', s.blocked_until,
        'movable', s.id <> (
          select c.sender_id
          from public.wa_campaign_settings c
          where c.campaign_id = p_job.campaign_id))
    when wa.quiet_until(p_job.campaign_id, now()) is not null
      then jsonb_build_object(
        'reason', 'quiet_hours', 'until', wa.quiet_until(p_job.campaign_id, now()))
    when wa.not_open_until(p_job.campaign_id) is not null
      then jsonb_build_object(
        'reason', 'window_not_open',
        'until', nullif(wa.not_open_until(p_job.campaign_id), 'infinity'))
    when s.throttled_until > now()
      then jsonb_build_object('reason', 'throttled', 'until', s.throttled_until)
    when p_job.failed_leases > 1
      then jsonb_build_object('reason', 'queue_unavailable', 'until', p_job.lease_after)
    when p_job.canary_state = 'running'
      then jsonb_build_object('reason', 'canary', 'until', null)
    else (
      select jsonb_build_object('reason', 'daily_limit', 'until', u)
      from wa.limited_until(s, p_job.campaign_id) u
      where u is not null)
  end
  from public.wa_senders s
  where s.id = p_job.sender_id;
$$;
grant execute on function wa.waiting_for(public.communications)
  to authenticated;
