-- What happens every minute: what died is settled, what is due gets a task, what is over is closed.

-- Returns {sealed, unsealable, audit_heads} of wa.seal_audit and {stale_claims, lost_tasks,
-- expired, cancelled, resent, canaries, forgotten}: how many rows each step changed. The log first,
-- before anybody can wait for a lock of this round; contacts last, because claims want them.
create function public.wa_sweep(
  p_stale_after_seconds integer default 300, p_lost_after_seconds integer default 900)
returns jsonb
language plpgsql security definer
set search_path = ''
set statement_timeout = '50s'
as $$
declare
  log jsonb := wa.seal_audit();
  stale integer;
  lost integer;
  expired integer;
  cancelled integer;
begin
  perform wa.lock_jobs_to_sweep(make_interval(secs => p_stale_after_seconds));
  stale := wa.give_up_stale_claims(make_interval(secs => p_stale_after_seconds));
  lost := wa.release_lost_tasks(make_interval(secs => p_lost_after_seconds));
  select sum(wa.skip_expired(c.job_id, 20000)) into expired
  from public.communications c
  where c.status in ('processing', 'paused') and wa.closes_at(c.campaign_id) <= now();
  select sum(wa.skip_cancelled(c.job_id, 20000)) into cancelled
  from public.communications c
  where c.status = 'cancelled' and c.pending_count > 0;
  return log || jsonb_build_object(
    'stale_claims', stale,
    'lost_tasks', lost,
    'expired', coalesce(expired, 0),
    'cancelled', coalesce(cancelled, 0),
    'resent', wa.resend_after_silence(100),
    'canaries', wa.judge_canaries(),
    'forgotten', wa.forget(5000) + wa.forget_audit(5000));
end $$;
revoke all on function public.wa_sweep(integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_sweep(integer, integer)
  to wa_sweep;

-- The jobs whose counters a sweep will change, in the order in which receipts lock them too.
create function wa.lock_jobs_to_sweep(p_stale_after interval)
returns void
language sql
set search_path = ''
as $$
  select
  from public.communications c
  where c.job_id in (
      select q.job_id
      from public.wa_send_queue q
      where q.status = 'sending' and q.claimed_at < now() - p_stale_after)
    or (c.status in ('processing', 'paused') and wa.closes_at(c.campaign_id) <= now())
    or (c.unknown_count > 0 and c.campaign_id in (
      select s.campaign_id from public.wa_campaign_settings s where s.resend_after_silence))
    or (c.status = 'cancelled' and c.pending_count > 0)
  order by c.job_id
  for no key update;
$$;

-- A claim whose process died: nobody knows whether Meta has the message; it is never resent here.
create function wa.give_up_stale_claims(p_stale_after interval)
returns integer
language sql
set search_path = ''
as $$
  with stale as (
    select q.id
    from public.wa_send_queue q
    where q.status = 'sending' and q.claimed_at < now() - p_stale_after
    order by q.id
    for update skip locked limit 5000),
  changed as (
    update public.wa_send_queue q
    set status = 'unknown',
      error_message = 'Se detuvo el proceso que enviaba el mensaje; no se sabe si salió.'
    from stale
    where q.id = stale.id
    returning 1)
  select count(*)::integer from changed;
$$;

-- A task that should have run by now is taken for lost: its row may get another one. A task may
-- wait as long as the sender needs for everything that is enqueued; if the sender has not claimed
-- for a while, the queue is empty or stands still, and new tasks do no harm.
create function wa.release_lost_tasks(p_lost_after interval)
returns integer
language sql
set search_path = ''
as $$
  with backlog as (
    select s.id as sender_id,
      now() - p_lost_after - make_interval(secs => case
        when s.next_slot_at < now() - p_lost_after then 0
        else count(*) / s.rate_per_second end::double precision) as lost_before
    from public.wa_send_queue q
    join public.communications c on c.job_id = q.job_id
    join public.wa_senders s on s.id = c.sender_id
    where q.status = 'queued' and q.enqueued_at is not null
      and (s.state = 'ok' or wa.may_probe(s))
    group by s.id)
  select coalesce(
    sum(wa.release_tasks(c.job_id, b.lost_before, now() - p_lost_after)), 0)::integer
  from backlog b
  join public.communications c on c.sender_id = b.sender_id
  where c.pending_count > 0;
$$;

-- Job by job: a statement that changes rows of several jobs locks all of them, in an order that
-- the jobs which this sweep has locked before would break.
create function wa.release_tasks(
  p_job_id uuid, p_enqueued_before timestamptz, p_due_before timestamptz)
returns integer
language sql
set search_path = ''
as $$
  with lost as (
    select q.id
    from public.wa_send_queue q
    where q.job_id = p_job_id and q.status = 'queued'
      and q.enqueued_at < p_enqueued_before and q.scheduled_at < p_due_before
    order by q.id
    for update skip locked limit 5000),
  changed as (
    update public.wa_send_queue q
    set enqueued_at = null,
      leased_until = null,
      task_generation = q.task_generation + 1
    from lost
    where q.id = lost.id
    returning 1)
  select count(*)::integer from changed;
$$;

create function wa.skip_expired(p_job_id uuid, p_limit integer)
returns integer
language sql
set search_path = ''
as $$
  with expired as (
    select q.id, wa.window_problem(q.campaign_id, now()) as reason
    from public.wa_send_queue q
    where q.job_id = p_job_id and q.status = 'queued' and wa.closes_at(q.campaign_id) <= now()
    order by q.id
    for update skip locked limit p_limit),
  changed as (
    update public.wa_send_queue q
    set status = 'skipped',
      skip_reason = e.reason
    from expired e
    where q.id = e.id
    returning 1)
  select count(*)::integer from changed;
$$;
