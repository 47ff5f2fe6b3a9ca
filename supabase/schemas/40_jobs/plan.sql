-- When how many messages of a job will leave.

-- The plan, its end, and whether that is in time: {plan, estimated_end_at, send_before,
-- ends_before_deadline, cut_count, limit_assumed}: how many messages will not leave before the
-- deadline, null where nobody knows; and whether Meta has not told the portfolio's daily limit yet,
-- so that the smallest one counts.
create function wa.job_plan(
  p_campaign_id uuid,
  p_sender public.wa_senders,
  p_messages bigint,
  p_start timestamptz,
  p_canary bigint)
returns jsonb
language sql stable
set search_path = ''
as $$
  select p.plan || jsonb_build_object(
    'send_before', w.closes_at,
    'ends_before_deadline',
      coalesce((p.plan ->> 'estimated_end_at')::timestamptz < w.closes_at, false),
    'limit_assumed', wa.portfolio_limit_is_assumed(p_sender.portfolio_id))
  from wa.send_window(p_campaign_id) w
  right join (select) one on true
  cross join lateral (
    select wa.send_plan(
      p_campaign_id, p_sender, p_messages,
      greatest(p_start, now()), w.closes_at, p_canary) as plan) p;
$$;

-- When how many messages will leave, as far as the campaign may know: {plan: [{day, messages}],
-- estimated_end_at, cut_count}. A canary waits as long as it may, and a minute for the sweep that
-- judges it. estimated_end_at null = nobody knows.
create function wa.send_plan(
  p_campaign_id uuid,
  p_sender public.wa_senders,
  p_messages bigint,
  p_start timestamptz,
  p_closes_at timestamptz,
  p_canary bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  settings public.wa_campaign_settings;
  start timestamptz := wa.earliest_start(p_campaign_id, p_sender, p_start);
  planned record;
  ends_at timestamptz;
begin
  select * into settings from public.wa_campaign_settings s where s.campaign_id = p_campaign_id;
  if p_canary is not null then
    start := wa.sent_by(p_campaign_id, start, p_canary / p_sender.rate_per_second)
      + settings.canary_wait + interval '1 minute';
  end if;
  select coalesce(sum(p.messages), 0) as messages,
    coalesce(max(p.starts_at), start) as last_at,
    coalesce((array_agg(p.messages order by p.starts_at desc))[1], 0) as last_messages,
    coalesce(jsonb_agg(jsonb_build_object(
      'day', (p.starts_at at time zone settings.zones[1])::date,
      'messages', p.messages) order by p.starts_at), '[]') as days
  into planned
  from wa.send_periods(p_campaign_id, p_sender, p_messages, p_start, start) p;
  ends_at := case when planned.messages = p_messages then wa.sent_by(
    p_campaign_id, planned.last_at,
    wa.estimated_seconds(p_campaign_id, p_sender.id, planned.last_messages)) end;
  return jsonb_build_object(
    'plan', planned.days,
    'estimated_end_at', ends_at,
    'cut_count', case
      when ends_at < p_closes_at then 0
      else wa.cut_count(p_campaign_id, p_sender, p_messages, p_start, start, p_closes_at) end);
end $$;

-- How many of a job's messages will not leave before the deadline, when its end is after it; null =
-- nobody knows.
create function wa.cut_count(
  p_campaign_id uuid,
  p_sender public.wa_senders,
  p_messages bigint,
  p_wanted timestamptz,
  p_start timestamptz,
  p_closes_at timestamptz)
returns bigint
language sql stable
set search_path = ''
as $$
  select case when p_start is not null and p_closes_at is not null
    -- Its end is in whole seconds, which may be all that it is late by.
    then greatest(least(1, p_messages), p_messages - coalesce(sum(least(p.messages, greatest(0,
      floor((wa.open_seconds(p_campaign_id, p.starts_at, p_closes_at) - others.seconds)
        * p_sender.rate_per_second)))), 0))::bigint end
  from (select wa.estimated_seconds(p_campaign_id, p_sender.id, 0) as seconds) others
  left join wa.send_periods(p_campaign_id, p_sender, p_messages, p_wanted, p_start) p
    on p.starts_at < p_closes_at
  group by others.seconds;
$$;

-- Periods of 24 hours from p_start on, at most a year of them, and what leaves in each: the first
-- takes what the limit leaves today, the others an equal share of it; none more than the number can
-- carry outside the quiet hours. The campaign's earlier messages leave first. p_wanted: when the
-- job itself wants to begin. No period: nobody knows when the number sends.
create function wa.send_periods(
  p_campaign_id uuid,
  p_sender public.wa_senders,
  p_messages bigint,
  p_wanted timestamptz,
  p_start timestamptz)
returns table (starts_at timestamptz, messages bigint)
language plpgsql stable
set search_path = ''
as $$
declare
  share bigint := wa.portfolio_share(p_sender, p_campaign_id);
  today bigint := case when p_wanted < now() + interval '24 hours'
    then wa.allowance(p_sender.portfolio_id, p_campaign_id, p_campaign_id) else share end;
  ahead bigint := coalesce((
    select l.pending - l.under_way
    from wa.portfolio_load(p_sender.portfolio_id) l
    where l.campaign_id = p_campaign_id), 0);
  remaining bigint := p_messages;
  room bigint;
begin
  for day in 0..365 loop
    exit when remaining = 0 or p_start is null;
    starts_at := p_start + make_interval(days => day);
    room := least(
      floor(p_sender.rate_per_second
        * wa.open_seconds(p_campaign_id, starts_at, starts_at + interval '24 hours')),
      case day when 0 then today else share end);
    messages := least(remaining, greatest(room - ahead, 0));
    ahead := greatest(ahead - room, 0);
    if messages > 0 then
      remaining := remaining - messages;
      return next;
    end if;
  end loop;
end $$;

-- When the campaign's next message can leave that number, if it wants to at p_from; null = nobody
-- knows. Its quiet hours come on top.
create function wa.earliest_start(
  p_campaign_id uuid, p_sender public.wa_senders, p_from timestamptz)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select case
    when p_sender.state = 'paused'
        or (p_sender.state = 'blocked' and p_sender.blocked_until is null)
      then null
    else nullif(greatest(
      p_from,
      now(),
      p_sender.throttled_until,
      case p_sender.state when 'blocked' then p_sender.blocked_until end,
      wa.not_open_until(p_campaign_id)), 'infinity') end;
$$;

-- Messages of other open jobs leave first: their number, as far as the campaign may know it, and
-- this one's, at the sender's rate.
create function wa.estimated_seconds(p_campaign_id uuid, p_sender_id uuid, p_messages bigint)
returns integer
language sql stable
set search_path = ''
as $$
  select ceil((p_messages + coalesce((
      select sum(wa.figure_for(p_campaign_id, w.campaign_id, w.pending))
      from (
        select c.campaign_id, sum(c.pending_count) as pending
        from public.communications c
        where c.sender_id = s.id and c.status = 'processing' and c.scheduled_at <= now()
        group by c.campaign_id) w), 0))
    / s.rate_per_second)::integer
  from public.wa_senders s
  where s.id = p_sender_id;
$$;
