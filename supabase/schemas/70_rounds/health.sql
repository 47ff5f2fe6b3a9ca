-- What alerts watch: the state of everything in seven figures, of all campaigns together and
-- nobody's in particular.

-- Returns {blocked_senders, paused_jobs, stale_unknown, stale_opt_outs, stale_zones, limit_share,
-- spend_share}: senders that Meta holds back; jobs that stand still though their campaign did
-- nothing for it and need not approve them; messages unknown for longer than their campaign's
-- unknown_after; wishes of people of whom no receipt has told within an hour who they are; zones
-- that Postgres reads as they once were; how much of its daily limit the portfolio nearest to it
-- has used, and how much of its spending cap the campaign nearest to it (0 to 1 and above, 0 where
-- nothing is limited).
create function public.wa_health()
returns jsonb
language sql stable security definer
set search_path = ''
set statement_timeout = '10s'
as $$
  select jsonb_build_object(
    'blocked_senders', (select count(*) from public.wa_senders s where s.state = 'blocked'),
    'paused_jobs', (
      select count(*)
      from public.communications c
      where c.status = 'paused'
        and c.paused_by not in ('user', 'approval')),
    'stale_unknown', (
      select count(*)
      from public.communications c
      join public.wa_campaign_settings s on s.campaign_id = c.campaign_id
      join public.wa_send_queue q on q.job_id = c.job_id
      where c.unknown_count > 0
        and q.status = 'unknown' and q.claimed_at < now() - s.unknown_after),
    'stale_opt_outs', (
      select count(*)
      from public.wa_unresolved_opt_outs u
      where u.said_at < now() - interval '1 hour'),
    'stale_zones', (select count(*) from wa.stale_zones()),
    'limit_share', (
      select coalesce(round(max(l.used / nullif(p.daily_limit, 0)), 3), 0)
      from (
        select distinct s.portfolio_id, wa.portfolio_limit(s.portfolio_id)::numeric as daily_limit
        from public.wa_senders s) p
      cross join lateral (select sum(used) as used from wa.portfolio_load(p.portfolio_id)) l),
    'spend_share', (
      select coalesce(round(max(wa.committed_messages(s.campaign_id) * s.price_per_message_usd
        / nullif(s.spending_cap_usd, 0)), 3), 0)
      from public.wa_campaign_settings s));
$$;
revoke all on function public.wa_health()
  from public, anon, authenticated, service_role;
grant execute on function public.wa_health()
  to wa_sweep;
