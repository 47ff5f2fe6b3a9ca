-- What happens every minute: what died is settled, what is due gets a task, what is over is closed.

-- A claim whose process died: nobody knows whether Meta has the message, so it is never sent again here.
create function wa.give_up_stale_claims(p_stale_after interval)
returns integer
language sql
set search_path = ''
as $$
  with stale as (
    select q.id from public.wa_send_queue q where q.status = 'sending' and q.claimed_at < now() - p_stale_after
    order by q.id for update skip locked limit 5000),
  changed as (
    update public.wa_send_queue q set status = 'unknown', error_message = 'Se detuvo el proceso que enviaba el mensaje; no se sabe si salió.'
    from stale where q.id = stale.id returning 1)
  select count(*)::integer from changed;
$$;

-- A task that should have run by now is taken for lost: its row may get another one. A task may wait as
-- long as the sender needs for everything that is enqueued; if the sender has not claimed for a while, the
-- queue is empty or stands still, and new tasks do no harm.
create function wa.release_lost_tasks(p_lost_after interval)
returns integer
language sql
set search_path = ''
as $$
  with backlog as (
    select s.id as sender_id, s.next_slot_at < now() - p_lost_after as idle,
      p_lost_after + make_interval(secs => count(*)::double precision / s.rate_per_second::double precision) as patience
    from public.wa_send_queue q join public.communications c on c.job_id = q.job_id join public.wa_senders s on s.id = c.sender_id
    where q.status = 'queued' and q.enqueued_at is not null and (s.state = 'ok' or wa.may_probe(s))
    group by s.id),
  lost as (
    select q.id from public.wa_send_queue q join public.communications c on c.job_id = q.job_id join backlog b on b.sender_id = c.sender_id
    where q.status = 'queued' and q.enqueued_at < now() - p_lost_after and q.scheduled_at < now() - p_lost_after
      and (b.idle or q.enqueued_at < now() - b.patience)
    order by q.id for update of q skip locked limit 5000),
  changed as (
    update public.wa_send_queue q set enqueued_at = null, leased_until = null, task_generation = q.task_generation + 1
    from lost where q.id = lost.id returning 1)
  select count(*)::integer from changed;
$$;

create function wa.skip_expired(p_job_id uuid, p_limit integer)
returns integer
language sql
set search_path = ''
as $$
  with expired as (
    select q.id, wa.window_problem(q.campaign_id, now()) as reason from public.wa_send_queue q
    where q.job_id = p_job_id and q.status = 'queued' and wa.closes_at(q.campaign_id) <= now()
    order by q.id for update skip locked limit p_limit),
  changed as (
    update public.wa_send_queue q set status = 'skipped', skip_reason = e.reason from expired e where q.id = e.id returning 1)
  select count(*)::integer from changed;
$$;

create function wa.skip_cancelled(p_job_id uuid, p_limit integer)
returns integer
language sql
set search_path = ''
as $$
  with left_over as (
    select q.id from public.wa_send_queue q join public.communications c on c.job_id = q.job_id
    where q.job_id = p_job_id and q.status = 'queued' and c.status = 'cancelled'
    order by q.id for update of q skip locked limit p_limit),
  changed as (
    update public.wa_send_queue q set status = 'skipped', skip_reason = 'cancelled' from left_over l where q.id = l.id returning 1)
  select count(*)::integer from changed;
$$;

-- The jobs whose counters a sweep will change, in the order in which receipts lock them too.
create function wa.lock_jobs_to_sweep(p_stale_after interval)
returns void
language sql
set search_path = ''
as $$
  select from public.communications c
  where c.job_id in (select q.job_id from public.wa_send_queue q where q.status = 'sending' and q.claimed_at < now() - p_stale_after)
    or (c.status in ('processing', 'paused') and wa.closes_at(c.campaign_id) <= now())
    or (c.unknown_count > 0 and c.campaign_id in (select s.campaign_id from public.wa_campaign_settings s where s.resend_after_silence))
    or (c.status = 'cancelled' and c.pending_count > 0)
  order by c.job_id for no key update;
$$;

-- What has served its purpose; docs/security.md has the table. A BAJA of somebody unknown is kept as long as the evidence:
-- without it they would be written to again. Its opposite may be said once more. Passes over rows that others hold. Security
-- definer: nothing else deletes these.
create function wa.forget(p_limit integer)
returns integer
language sql security definer
set search_path = ''
as $$
  with contact as (
    select r.ctid as place from public.wa_recent_contacts r where r.contacted_at < now() - interval '2 days'
    order by r.contacted_at limit p_limit for update skip locked),
  portfolio_contact as (
    select r.ctid as place from public.wa_portfolio_contacts r where r.contacted_at < now() - interval '25 hours'
    limit p_limit for update skip locked),
  wish as (
    select u.ctid as place from public.wa_unresolved_opt_outs u
    where u.said_at < now() - case when u.opted_out then interval '5 years' else interval '31 days' end
    limit p_limit for update skip locked),
  name as (
    select p.ctid as place from public.wa_same_person p where p.noted_at < now() - interval '13 months' limit p_limit for update skip locked),
  gone as (
    delete from public.wa_recent_contacts r using contact c where r.ctid = c.place returning 1),
  gone_too as (
    delete from public.wa_portfolio_contacts r using portfolio_contact c where r.ctid = c.place returning 1),
  unheard as (
    delete from public.wa_unresolved_opt_outs u using wish w where u.ctid = w.place returning 1),
  unlinked as (
    delete from public.wa_same_person p using name n where p.ctid = n.place returning 1)
  select ((select count(*) from gone) + (select count(*) from gone_too) + (select count(*) from unheard) + (select count(*) from unlinked))::integer;
$$;

-- Returns {sealed, unsealable, audit_heads} of wa.seal_audit and {stale_claims, lost_tasks, expired, cancelled, resent,
-- canaries, forgotten}: how many rows each step changed. The log first, before anybody can wait for a lock of this round;
-- contacts last, because claims want them.
create function public.wa_sweep(p_stale_after_seconds integer default 300, p_lost_after_seconds integer default 900)
returns jsonb
language plpgsql security definer
set search_path = '' set statement_timeout = '50s'
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
    from public.communications c where c.status in ('processing', 'paused') and wa.closes_at(c.campaign_id) <= now();
  select sum(wa.skip_cancelled(c.job_id, 20000)) into cancelled
    from public.communications c where c.status = 'cancelled'
      and c.pending_count > 0;
  return log || jsonb_build_object('stale_claims', stale, 'lost_tasks', lost, 'expired', coalesce(expired, 0), 'cancelled', coalesce(cancelled, 0),
    'resent', wa.resend_after_silence(100), 'canaries', wa.judge_canaries(), 'forgotten', wa.forget(5000));
end $$;

-- Shards with due rows that have no task and no living fan-out. A shard announced twice does no harm: its
-- second lease finds nothing. Campaigns take turns, whatever many jobs one of them has. Not more than the daily limit leaves.
-- Of a blocked sender whose cool-down is over only one row, as a probe.
create function public.wa_due_shards(p_shard_size integer default 500, p_limit integer default 200)
returns table (job_id uuid, from_position integer, to_position integer)
language sql stable security definer
set search_path = '' set statement_timeout = '30s'
as $$
  with open_job as materialized (
    select c.job_id, c.sender_id, c.campaign_id, s.state = 'ok' as ok, case c.canary_state when 'running' then c.canary_until end as canary_until,
      case when s.state = 'ok' then wa.allowance(s.portfolio_id, c.campaign_id) end as allowed
    from public.communications c join public.wa_senders s on s.id = c.sender_id
    where c.status = 'processing' and (s.state = 'ok' or wa.may_probe(s))
      and c.scheduled_at < now() + interval '1 minute' and c.lease_after < now() and wa.window_problem(c.campaign_id, now()) is null),
  due as not materialized (
    select j.*, q.position, q.scheduled_at
    from open_job j join public.wa_send_queue q on q.job_id = j.job_id
    where q.status = 'queued' and q.enqueued_at is null and (j.canary_until is null or q.position <= j.canary_until)
      and coalesce(q.leased_until, '-infinity') < now() and q.scheduled_at < now() + interval '1 minute'),
  shard as (
    select d.job_id, (d.position - 1) / p_shard_size as number, min(d.scheduled_at) as due_at, d.allowed,
      row_number() over (partition by d.campaign_id order by min(d.scheduled_at), d.job_id, (d.position - 1) / p_shard_size) as turn,
      sum(count(*)) over (partition by d.sender_id, d.campaign_id order by min(d.scheduled_at), d.job_id, (d.position - 1) / p_shard_size) - count(*) as rows_before
    from due d where d.ok group by d.sender_id, d.campaign_id, d.job_id, d.allowed, (d.position - 1) / p_shard_size)
  (select h.job_id, h.number * p_shard_size + 1, (h.number + 1) * p_shard_size
  from shard h where h.allowed is null or h.rows_before < h.allowed
  order by h.turn, h.due_at, 1, 2
  limit p_limit)
  union all
  (select distinct on (d.sender_id) d.job_id, d.position, d.position
  from due d where not d.ok
  order by d.sender_id, d.scheduled_at, d.position);
$$;
