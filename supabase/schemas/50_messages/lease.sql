-- Fan-out: rows that need a task.
-- Lock order everywhere: message, contact, job (its counters), sender, kept wish, opt-out. Whoever
-- starts with the job (cancel) or comes back for more messages (sweep) passes over messages that
-- others hold.

-- Rows of a shard that need a task and that no other fan-out holds, as many as the portfolio's
-- daily limit leaves; none when the job's time is over (the sweep skips them) or something holds it
-- back. Replays find nothing left to do; a fan-out that dies gives its rows back when the lease
-- ends.
create function public.wa_lease_shard(
  p_job_id uuid, p_from integer, p_to integer, p_lease_seconds integer default 120)
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
  select * into job
  from public.communications c
  where c.job_id = p_job_id
    and c.status = 'processing'
    and wa.window_problem(c.campaign_id, now()) is null;
  select * into sender
  from public.wa_senders s
  where s.id = job.sender_id and (s.state = 'ok' or (p_from = p_to and wa.may_probe(s)));
  allowed := case when sender.id is null then 0 else wa.lock_allowance(sender, job.campaign_id) end;
  select * into tasks, again from wa.lease_rows(job, p_from, p_to, allowed, p_lease_seconds);
  if again then
    perform wa.count_failed_lease(p_job_id);
  end if;
  return jsonb_build_object('queue_name', sender.queue_name, 'tasks', tasks);
end $$;
revoke all on function public.wa_lease_shard(uuid, integer, integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_lease_shard(uuid, integer, integer, integer)
  to wa_fan_out;

-- p_tasks: [{message_id, generation}]. A task may have run, and its row been put back, before its
-- fan-out comes to mark it: then the generation has moved on and the row still needs another task.
-- One that is being sent just now is marked too: if Meta cannot be reached its task comes back, and
-- a row that does not say so would lose its turn to another.
create function public.wa_mark_enqueued(p_tasks jsonb)
returns integer
language sql security definer
set search_path = ''
as $$
  with marked as (
    update public.wa_send_queue q
    set enqueued_at = clock_timestamp(),
      leased_until = null
    from jsonb_to_recordset(p_tasks) t(message_id uuid, generation integer)
    where q.id = t.message_id
      and q.task_generation = t.generation
      and q.status in ('queued', 'sending')
      and q.enqueued_at is null
    returning q.job_id),
  works as (
    update public.communications c
    set failed_leases = 0,
      lease_after = 'epoch'
    where c.job_id in (select m.job_id from marked m) and c.failed_leases > 0)
  select count(*)::integer from marked;
$$;
revoke all on function public.wa_mark_enqueued(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_mark_enqueued(jsonb)
  to wa_fan_out;

-- again: an earlier lease of some of the rows has ended.
create function wa.lease_rows(
  p_job public.communications,
  p_from integer,
  p_to integer,
  p_allowed bigint,
  p_lease_seconds integer)
returns table (tasks jsonb, again boolean)
language plpgsql
set search_path = ''
as $$
begin
  return query
  with free as (
    select q.id, q.leased_until is not null as again
    from public.wa_send_queue q
    where q.job_id = p_job.job_id
      and q.position between p_from and p_to
      and (p_job.canary_state is distinct from 'running' or q.position <= p_job.canary_until)
      and q.status = 'queued'
      and q.enqueued_at is null
      and coalesce(q.leased_until, '-infinity') < now()
      and q.scheduled_at < now() + interval '2 minutes'
    order by q.position
    limit p_allowed for update skip locked),
  leased as (
    update public.wa_send_queue q
    set leased_until = now() + make_interval(secs => p_lease_seconds)
    from free
    where q.id = free.id
    returning q.position, q.id, q.task_generation, q.scheduled_at, free.again)
  select
    coalesce(jsonb_agg(jsonb_build_object(
      'message_id', l.id, 'generation', l.task_generation, 'scheduled_at', l.scheduled_at)
      order by l.position), '[]'),
    bool_or(l.again)
  from leased l;
end $$;

-- The rows of an earlier lease got no tasks: the queue may be gone, or full. The third time and on
-- the job is announced less and less often, at last every 16 minutes, so that it keeps no fan-out
-- from the others. Once a round, not once a shard.
create function wa.count_failed_lease(p_job_id uuid)
returns void
language sql
set search_path = ''
as $$
  update public.communications c
  set failed_leases = c.failed_leases + 1,
    lease_after = now() + power(2, least(c.failed_leases, 4)) * interval '1 minute'
  where c.job_id = p_job_id and c.lease_after < now();
$$;
