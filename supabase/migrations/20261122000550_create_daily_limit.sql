-- Meta limits how many different people all numbers of a business portfolio may write to in a moving 24 hours
-- (Cloud API docs, "Messaging limits"). The answer to exceeding it is not documented, so it is never exceeded:
-- a fan-out leases only what the limit still allows. Campaigns that share a portfolio share it fairly.

create table public.wa_portfolio_contacts (
  portfolio_id text not null,
  phone text not null,
  campaign_id uuid not null references public.campaigns (id),
  contacted_at timestamptz not null,
  primary key (portfolio_id, phone)
) with (fillfactor = 80);
create index wa_portfolio_contacts_recent on public.wa_portfolio_contacts (portfolio_id, contacted_at);
create index wa_portfolio_contacts_campaign on public.wa_portfolio_contacts (campaign_id);
comment on table public.wa_portfolio_contacts is 'Last claim for each phone by portfolio: who counts against the daily limit. A refused message counts too.';

-- Null = no limit. It holds for all numbers of the portfolio, also for one whose row does not know it yet.
create function wa.portfolio_limit(p_portfolio_id text)
returns bigint
language sql stable
set search_path = ''
as $$
  select min(least(s.daily_limit, s.messaging_limit))::bigint from public.wa_senders s where s.portfolio_id = p_portfolio_id;
$$;

create function wa.note_portfolio_contact(p_sender public.wa_senders, p_campaign_id uuid, p_phone text)
returns void
language sql
set search_path = ''
as $$
  insert into public.wa_portfolio_contacts (portfolio_id, phone, campaign_id, contacted_at)
  select p_sender.portfolio_id, p_phone, p_campaign_id, now() where wa.portfolio_limit(p_sender.portfolio_id) is not null
  on conflict (portfolio_id, phone) do update set campaign_id = excluded.campaign_id, contacted_at = excluded.contacted_at;
$$;

-- One row for each campaign of the portfolio: people contacted in the last 24 hours, messages on their way (a
-- task or a lease, not claimed yet), messages still to come; a paused job asks for no share. The minute on top of
-- the 24 hours: Meta counts a message when it arrives, which is after its claim.
create function wa.portfolio_load(p_portfolio_id text)
returns table (campaign_id uuid, used bigint, under_way bigint, pending bigint)
language sql stable
set search_path = ''
as $$
  with used as (
    select r.campaign_id, count(*) as n from public.wa_portfolio_contacts r
    where r.portfolio_id = p_portfolio_id and r.contacted_at > now() - interval '24 hours 1 minute' group by r.campaign_id),
  open_job as (
    select c.* from public.communications c join public.wa_senders s on s.id = c.sender_id
    where s.portfolio_id = p_portfolio_id and c.status in ('processing', 'paused') and c.scheduled_at < now() + interval '2 minutes'),
  pending as (
    select j.campaign_id, sum(j.pending_count) as n
    from open_job j where j.status = 'processing' group by j.campaign_id),
  under_way as (
    select j.campaign_id, count(*) as n from open_job j join public.wa_send_queue q on q.job_id = j.job_id
    where q.status = 'queued' and (q.enqueued_at is not null or q.leased_until > now()) group by j.campaign_id)
  select campaign_id, coalesce(u.n, 0), coalesce(w.n, 0), greatest(p.n, w.n, 0)
  from used u full join pending p using (campaign_id) full join under_way w using (campaign_id);
$$;

-- How many more messages of a campaign may be put under way now; null = no limit. Max-min fair: a campaign that
-- needs less than its equal share leaves the rest to the others. What others used beyond their share before
-- this campaign came is theirs, so what is really left bounds it too.
create function wa.allowance(p_portfolio_id text, p_campaign_id uuid)
returns bigint
language sql stable
set search_path = ''
as $$
  with portfolio as (
    select wa.portfolio_limit(p_portfolio_id) as daily_limit),
  load as materialized (
    select * from wa.portfolio_load(p_portfolio_id)),
  totals as (
    select coalesce(sum(l.used + l.under_way), 0) as taken,
      coalesce(sum(l.used + l.under_way) filter (where l.campaign_id = p_campaign_id), 0) as own
    from load l),
  need as (
    select p.daily_limit as n from portfolio p
    union all select l.used + l.pending from load l where l.campaign_id <> p_campaign_id and l.used + l.pending > 0),
  -- The share that fills the limit if nobody gets more than it needs: the largest of these.
  level as (
    select (p.daily_limit - coalesce(sum(d.n) over (order by d.n rows between unbounded preceding and 1 preceding), 0))
      / (count(*) over () - row_number() over (order by d.n) + 1) as share
    from need d, portfolio p)
  select case when p.daily_limit is not null
    then greatest(0, least(floor(max(l.share)) - t.own, p.daily_limit - t.taken))::bigint end
  from portfolio p, totals t, level l group by p.daily_limit, t.own, t.taken;
$$;

-- Leases of one portfolio happen one after another, so that two do not take the same allowance.
create function wa.lock_allowance(p_sender public.wa_senders, p_campaign_id uuid)
returns bigint
language plpgsql
set search_path = ''
as $$
begin
  if wa.portfolio_limit(p_sender.portfolio_id) is null then
    return null;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('wa_portfolio:' || p_sender.portfolio_id, 0));
  return wa.allowance(p_sender.portfolio_id, p_campaign_id);
end $$;

-- When how many messages will leave: [{day, messages}], a period of 24 hours each, named by the local date on
-- which it begins. The first takes what the limit leaves today, the others an equal share of it; none more than
-- the number can carry. The campaign's earlier messages leave first.
create function wa.send_plan(p_campaign_id uuid, p_sender public.wa_senders, p_messages bigint, p_start timestamptz)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  zone text := (select s.zones[1] from public.wa_campaign_settings s where s.campaign_id = p_campaign_id);
  per_day bigint := floor(p_sender.rate_per_second * 86400);
  share bigint;
  today bigint;
  remaining bigint := p_messages;
  plan jsonb := '[]';
  period_start timestamptz := p_start;
  messages bigint := 0;
  ahead bigint := coalesce((select l.pending - l.under_way from wa.portfolio_load(p_sender.portfolio_id) l where l.campaign_id = p_campaign_id), 0);
  room bigint;
begin
  share := wa.portfolio_limit(p_sender.portfolio_id)
    / (select count(*) from (select l.campaign_id from wa.portfolio_load(p_sender.portfolio_id) l where l.pending > 0 union select p_campaign_id) c);
  today := case when p_start < now() + interval '24 hours' then wa.allowance(p_sender.portfolio_id, p_campaign_id) else share end;
  for day in 0..365 loop
    room := least(per_day, case day when 0 then today else share end);
    messages := least(remaining, greatest(room - ahead, 0));
    ahead := greatest(ahead - room, 0);
    if messages > 0 then
      period_start := p_start + make_interval(days => day);
      plan := plan || jsonb_build_object('day', (period_start at time zone zone)::date, 'messages', messages);
      remaining := remaining - messages;
    end if;
    exit when remaining = 0;
  end loop;
  return jsonb_build_object('plan', plan, 'estimated_end_at', case when remaining = 0 then period_start
    + make_interval(secs => wa.estimated_seconds(p_sender.id, least(messages, p_messages))) end);
end $$;
