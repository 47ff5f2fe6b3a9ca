-- Which rows need a fan-out.

-- Shards with due rows that have no task and no living fan-out. A shard announced twice does no
-- harm: its second lease finds nothing. Campaigns take turns, whatever many jobs one of them has.
-- Not more than the daily limit leaves. Of a blocked sender whose cool-down is over only one row,
-- as a probe.
create function public.wa_due_shards(p_shard_size integer default 500, p_limit integer default 200)
returns table (job_id uuid, from_position integer, to_position integer)
language sql stable security definer
set search_path = ''
set statement_timeout = '30s'
as $$
  with open_job as materialized (
    select c.job_id, c.sender_id, c.campaign_id, s.state = 'ok' as ok,
      case c.canary_state when 'running' then c.canary_until end as canary_until,
      case when s.state = 'ok' then wa.allowance(s.portfolio_id, c.campaign_id) end as allowed
    from public.communications c
    join public.wa_senders s on s.id = c.sender_id
    where c.status = 'processing' and (s.state = 'ok' or wa.may_probe(s))
      and c.scheduled_at < now() + interval '1 minute' and c.lease_after < now()
      and wa.window_problem(c.campaign_id, now()) is null),
  due as not materialized (
    select j.*, q.position, q.scheduled_at, (q.position - 1) / p_shard_size as number
    from open_job j
    join public.wa_send_queue q on q.job_id = j.job_id
    where q.status = 'queued' and q.enqueued_at is null
      and (j.canary_until is null or q.position <= j.canary_until)
      and coalesce(q.leased_until, '-infinity') < now()
      and q.scheduled_at < now() + interval '1 minute'),
  shard as (
    select d.job_id, d.number, d.allowed, min(d.scheduled_at) as due_at,
      row_number() over (
        partition by d.campaign_id order by min(d.scheduled_at), d.job_id, d.number) as turn,
      sum(count(*)) over (
        partition by d.sender_id, d.campaign_id
        order by min(d.scheduled_at), d.job_id, d.number) - count(*) as rows_before
    from due d
    where d.ok
    group by d.sender_id, d.campaign_id, d.job_id, d.allowed, d.number)
  (select h.job_id, h.number * p_shard_size + 1, (h.number + 1) * p_shard_size
  from shard h
  where h.allowed is null or h.rows_before < h.allowed
  order by h.turn, h.due_at, 1, 2
  limit p_limit)
  union all
  (select distinct on (d.sender_id) d.job_id, d.position, d.position
  from due d
  where not d.ok
  order by d.sender_id, d.scheduled_at, d.position);
$$;
revoke all on function public.wa_due_shards(integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_due_shards(integer, integer)
  to wa_sweep;
