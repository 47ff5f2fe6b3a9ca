-- Meta limits how many different people all numbers of a business portfolio may write to in a
-- moving 24 hours (Cloud API docs, "Messaging limits"). The answer to exceeding it is not
-- documented, so it is never exceeded: a fan-out leases only what the limit still allows. Campaigns
-- that share a portfolio share it fairly.

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

-- When the daily limit lets the campaign's next message leave, as far as it may know; null = it
-- lets it now, or some are still on their way. When another campaign wrote, it is told to the hour.
create function wa.limited_until(p_sender public.wa_senders, p_campaign_id uuid)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select min(case
      when r.campaign_id = p_campaign_id then r.contacted_at
      else date_trunc('hour', r.contacted_at) + interval '1 hour'
    end) + interval '24 hours 1 minute'
  from public.wa_portfolio_contacts r
  where r.portfolio_id = p_sender.portfolio_id
    and r.contacted_at > now() - interval '24 hours 1 minute'
    and wa.portfolio_limit(p_sender.portfolio_id) is not null
    and wa.allowance(p_sender.portfolio_id, p_campaign_id, p_campaign_id) = 0
    and not exists (
      select
      from wa.portfolio_load(p_sender.portfolio_id) l
      where l.campaign_id = p_campaign_id and l.under_way > 0
    );
$$;

-- What the daily limit gives each campaign of the portfolio that has something to send.
create function wa.portfolio_share(p_sender public.wa_senders, p_campaign_id uuid)
returns bigint
language sql stable
set search_path = ''
as $$
  select wa.portfolio_limit(p_sender.portfolio_id) / (
    select count(*)
    from (
      select l.campaign_id
      from wa.portfolio_load(p_sender.portfolio_id) l
      where l.pending > 0
      union
      select p_campaign_id
    ) c
  );
$$;

-- How many more messages of a campaign may be put under way now; null = no limit. Max-min fair: a
-- campaign that needs less than its equal share leaves the rest to the others. What others used
-- beyond their share before this campaign came is theirs, so what is really left bounds it too.
-- p_reader: see wa.figure_for; what it is told is never more than a lease gives.
create function wa.allowance(p_portfolio_id text, p_campaign_id uuid, p_reader uuid default null)
returns bigint
language sql stable
set search_path = ''
as $$
  with portfolio as (select wa.portfolio_limit(p_portfolio_id) as daily_limit),
  load as materialized (select * from wa.portfolio_load(p_portfolio_id, p_reader)),
  totals as (
    select coalesce(sum(l.used + l.under_way), 0) as taken,
      coalesce(sum(l.used + l.under_way) filter (where l.campaign_id = p_campaign_id), 0) as own
    from load l
  ),
  need as (
    select p.daily_limit as n
    from portfolio p
    union all
    select l.used + l.pending
    from load l
    where l.campaign_id <> p_campaign_id and l.used + l.pending > 0
  ),
  -- The share that fills the limit if nobody gets more than it needs: the largest of these.
  level as (
    select (p.daily_limit - coalesce(
        sum(d.n) over (order by d.n rows between unbounded preceding and 1 preceding), 0))
      / (count(*) over () - row_number() over (order by d.n) + 1) as share
    from need d, portfolio p
  )
  select case
    when p.daily_limit is not null
      then greatest(0, least(floor(max(l.share)) - t.own, p.daily_limit - t.taken))::bigint
  end
  from portfolio p, totals t, level l
  group by p.daily_limit, t.own, t.taken;
$$;

-- One row for each campaign of the portfolio: people contacted in the last 24 hours, messages on
-- their way (a task or a lease, not claimed yet), messages still to come; a paused job asks for no
-- share. The minute on top of the 24 hours: Meta counts a message when it arrives, which is after
-- its claim. p_reader: see wa.figure_for.
create function wa.portfolio_load(p_portfolio_id text, p_reader uuid default null)
returns table (campaign_id uuid, used bigint, under_way bigint, pending bigint)
language sql stable
set search_path = ''
as $$
  with used as (
    select r.campaign_id, count(*) as n
    from public.wa_portfolio_contacts r
    where r.portfolio_id = p_portfolio_id
      and r.contacted_at > now() - interval '24 hours 1 minute'
    group by r.campaign_id
  ),
  open_job as (
    select c.*
    from public.communications c
    join public.wa_senders s on s.id = c.sender_id
    where s.portfolio_id = p_portfolio_id
      and c.status in ('processing', 'paused')
      and c.scheduled_at < now() + interval '2 minutes'
  ),
  pending as (
    select j.campaign_id, sum(j.pending_count) as n
    from open_job j
    where j.status = 'processing'
    group by j.campaign_id
  ),
  under_way as (
    select j.campaign_id, count(*) as n
    from open_job j
    join public.wa_send_queue q on q.job_id = j.job_id
    where q.status = 'queued' and (q.enqueued_at is not null or q.leased_until > now())
    group by j.campaign_id
  )
  select campaign_id,
    wa.figure_for(p_reader, campaign_id, coalesce(u.n, 0)),
    wa.figure_for(p_reader, campaign_id, coalesce(w.n, 0)),
    wa.figure_for(p_reader, campaign_id, greatest(p.n, w.n, 0)::bigint)
  from used u
  full join pending p using (campaign_id)
  full join under_way w using (campaign_id);
$$;

-- A figure of p_owner's as p_reader may be told it: its own as it is, another's rounded up to one
-- significant digit. p_reader null: nobody is told, the machine asks. Each figure is rounded before
-- it enters a sum. Were only the sum rounded, its steps would lie at figures of the others: by
-- varying one's own list one finds where the answer jumps, and from there theirs to the last
-- message.
create function wa.figure_for(p_reader uuid, p_owner uuid, p_figure bigint)
returns bigint
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when p_figure < 10 or coalesce(p_reader = p_owner, true) then p_figure
    else (ceil(p_figure / 10 ^ (length(p_figure::text) - 1))
      * 10 ^ (length(p_figure::text) - 1))::bigint
  end;
$$;

create function wa.note_portfolio_contact(
  p_sender public.wa_senders, p_campaign_id uuid, p_phone text)
returns void
language sql
set search_path = ''
as $$
  insert into public.wa_portfolio_contacts (portfolio_id, phone, campaign_id, contacted_at)
  select p_sender.portfolio_id, p_phone, p_campaign_id, now()
  where wa.portfolio_limit(p_sender.portfolio_id) is not null
  on conflict (portfolio_id, phone)
  do update set
    campaign_id = excluded.campaign_id,
    contacted_at = excluded.contacted_at;
$$;

-- Null = no limit. It holds for all numbers of the portfolio, also for one whose row does not know
-- it yet. Until Meta has told it for any of them, what a new portfolio has counts ("Messaging
-- limits": 250).
create function wa.portfolio_limit(p_portfolio_id text)
returns bigint
language sql stable
set search_path = ''
as $$
  select least(min(s.daily_limit), case
    when bool_or(s.messaging_limit_known)
      then min(s.messaging_limit) filter (where s.messaging_limit_known)
    else 250
  end)::bigint
  from public.wa_senders s
  where s.portfolio_id = p_portfolio_id;
$$;

create function wa.portfolio_limit_is_assumed(p_portfolio_id text)
returns boolean
language sql stable
set search_path = ''
as $$
  select not exists (
    select
    from public.wa_senders s
    where s.portfolio_id = p_portfolio_id and s.messaging_limit_known
  );
$$;
