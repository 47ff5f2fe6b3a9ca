-- Hours in which nobody is written to, in every zone of the campaign at once.

-- Quiet hours hold in every zone of the campaign at once; they may span midnight. Asking at each
-- end of the quiet hours in turn ends after at most one round per zone.
create function wa.quiet_until(p_campaign_id uuid, p_at timestamptz)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select max(
    (local.day + s.quiet_until + case
      when s.quiet_from > s.quiet_until and local.clock >= s.quiet_from then interval '1 day'
      else interval '0'
    end) at time zone z.name)
  from public.wa_campaign_settings s, unnest(s.zones) z(name), lateral (
    select (p_at at time zone z.name)::date as day, (p_at at time zone z.name)::time as clock
  ) local
  where s.campaign_id = p_campaign_id
    and case
      when s.quiet_from <= s.quiet_until
        then local.clock >= s.quiet_from and local.clock < s.quiet_until
      else local.clock >= s.quiet_from or local.clock < s.quiet_until
    end;
$$;
comment on function wa.quiet_until(uuid, timestamptz) is
  'End of the quiet hours that hold at that time, or null.';

-- When so many seconds of sending are over that begins at p_from; null if not within sixty days.
create function wa.sent_by(p_campaign_id uuid, p_from timestamptz, p_seconds numeric)
returns timestamptz
language sql stable
set search_path = ''
as $$
  with hours as (
    select lower(h) as begins, upper(h) as ends,
      sum(extract(epoch from upper(h) - lower(h))) over (order by lower(h)) as seconds
    from unnest(wa.sending_hours(p_campaign_id, p_from, p_from + interval '60 days')) h
  )
  select min(h.ends - make_interval(secs => (h.seconds - p_seconds)::double precision))
  from hours h
  where h.seconds >= p_seconds;
$$;

create function wa.open_seconds(p_campaign_id uuid, p_from timestamptz, p_to timestamptz)
returns numeric
language sql stable
set search_path = ''
as $$
  select coalesce(sum(extract(epoch from upper(h) - lower(h))), 0)
  from unnest(wa.sending_hours(p_campaign_id, p_from, p_to)) h;
$$;

-- What the quiet hours of all zones leave of a period.
create function wa.sending_hours(p_campaign_id uuid, p_from timestamptz, p_to timestamptz)
returns tstzmultirange
language sql stable
set search_path = ''
as $$
  select tstzmultirange(tstzrange(p_from, p_to)) - coalesce((
    select range_agg(tstzrange(
      (d.day + s.quiet_from) at time zone z.name,
      (d.day + case when s.quiet_from > s.quiet_until then 1 else 0 end + s.quiet_until)
        at time zone z.name))
    from public.wa_campaign_settings s, unnest(s.zones) z(name), lateral (
      select n::date as day
      from generate_series(
        p_from - interval '2 days', p_to + interval '2 days', interval '1 day') n
    ) d
    where s.campaign_id = p_campaign_id and s.quiet_from is not null
  ), '{}');
$$;
