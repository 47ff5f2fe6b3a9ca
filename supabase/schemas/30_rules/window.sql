-- When a campaign may send. Times are calendar days of the campaign's own zones, never multiples of
-- 24 h, and the strictest zone decides.
-- Veda: polling day and the three days before it (LGIPE art. 251, párr. 4; state codes for local
-- elections).
-- Campaign: between its official first and last day (LGIPE art. 251, párrs. 1 to 3; earlier acts
-- are infractions under arts. 443.1.e, 445.1.a).

create function wa.window_problem(p_campaign_id uuid, p_at timestamptz)
returns text
language sql stable
set search_path = ''
as $$
  select case
    when w.opens_at is null then 'dates_missing'
    when p_at >= w.veda_starts_at and p_at < w.veda_ends_at then 'veda'
    when p_at < w.opens_at or p_at >= w.closes_at then 'outside_campaign'
  end
  from (select) one left join wa.send_window(p_campaign_id) w on true;
$$;
comment on function wa.window_problem(uuid, timestamptz) is
  'Why nothing may leave at that time, or null.';

-- Until when the window is still shut: its opening, 'infinity' while dates are missing, null once
-- it has opened. What waits for an opening is deferred, not skipped: a task may be early, an
-- operator may be typing.
create function wa.not_open_until(p_campaign_id uuid)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select case when w.opens_at is null then 'infinity' when now() < w.opens_at then w.opens_at end
  from (select) one left join wa.send_window(p_campaign_id) w on true;
$$;

-- The one deadline of everything that waits: never stored, so that corrected dates hold at once,
-- both ways.
create function wa.closes_at(p_campaign_id uuid)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select w.closes_at from wa.send_window(p_campaign_id) w;
$$;
comment on function wa.closes_at(uuid) is
  'Nothing leaves at or after this time. Null: the dates are incomplete.';

create function wa.send_window(p_campaign_id uuid)
returns table (
  opens_at timestamptz, closes_at timestamptz, veda_starts_at timestamptz, veda_ends_at timestamptz)
language sql stable
set search_path = ''
as $$
  select max(s.campaign_start::timestamp at time zone z.name),
    least(
      min((s.campaign_end + 1)::timestamp at time zone z.name),
      min((s.election_date - 3)::timestamp at time zone z.name)),
    min((s.election_date - 3)::timestamp at time zone z.name),
    max((s.election_date + 1)::timestamp at time zone z.name)
  from public.wa_campaign_settings s, unnest(s.zones) z(name)
  where s.campaign_id = p_campaign_id
    and s.campaign_start is not null
    and s.campaign_end is not null
    and s.election_date is not null
  group by s.campaign_id;
$$;
comment on function wa.send_window(uuid) is
  'Sending is allowed in [opens_at, closes_at). No row: the dates are incomplete.';
