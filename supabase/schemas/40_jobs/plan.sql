-- When how many messages of a job will leave.

-- The plan, its end, and whether that is in time: {plan, estimated_end_at, send_before,
-- ends_before_deadline, limit_assumed}: whether Meta has not told the portfolio's daily limit yet,
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
  from (
    select wa.send_plan(
      p_campaign_id, p_sender, p_messages, greatest(p_start, now()), p_canary) as plan) p
  left join wa.send_window(p_campaign_id) w on true;
$$;

-- When how many messages will leave, as far as the campaign may know: {plan: [{day, messages}],
-- estimated_end_at}, a period of 24 hours each, named by the local date on which it begins. The
-- first takes what the limit leaves today, the others an equal share of it; none more than the
-- number can carry outside the quiet hours. The campaign's earlier messages leave first. A canary
-- waits as long as it may, and a minute for the sweep that judges it. estimated_end_at null =
-- nobody knows.
create function wa.send_plan(
  p_campaign_id uuid,
  p_sender public.wa_senders,
  p_messages bigint,
  p_start timestamptz,
  p_canary bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  settings public.wa_campaign_settings;
  start timestamptz := wa.earliest_start(p_campaign_id, p_sender, p_start);
  share bigint := wa.portfolio_share(p_sender, p_campaign_id);
  today bigint := case when p_start < now() + interval '24 hours'
    then wa.allowance(p_sender.portfolio_id, p_campaign_id, p_campaign_id) else share end;
  ahead bigint := coalesce((
    select l.pending - l.under_way
    from wa.portfolio_load(p_sender.portfolio_id) l
    where l.campaign_id = p_campaign_id), 0);
  remaining bigint := p_messages;
  messages bigint := 0;
  room bigint;
  period timestamptz;
  plan jsonb := '[]';
begin
  select * into settings from public.wa_campaign_settings s where s.campaign_id = p_campaign_id;
  if p_canary is not null then
    start := wa.sent_by(p_campaign_id, start, p_canary / p_sender.rate_per_second)
      + settings.canary_wait + interval '1 minute';
  end if;
  period := start;
  for day in 0..365 loop
    exit when remaining = 0 or start is null;
    period := start + make_interval(days => day);
    room := least(
      floor(p_sender.rate_per_second
        * wa.open_seconds(p_campaign_id, period, period + interval '24 hours')),
      case day when 0 then today else share end);
    messages := least(remaining, greatest(room - ahead, 0));
    ahead := greatest(ahead - room, 0);
    if messages > 0 then
      plan := plan || jsonb_build_object(
        'day', (period at time zone settings.zones[1])::date, 'messages', messages);
      remaining := remaining - messages;
    end if;
  end loop;
  return jsonb_build_object('plan', plan, 'estimated_end_at', case when remaining = 0
    then wa.sent_by(
      p_campaign_id, period, wa.estimated_seconds(p_campaign_id, p_sender.id, messages)) end);
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
