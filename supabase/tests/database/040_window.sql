-- When a campaign may send: the calendar of its own zones, veda, quiet hours.
begin;
select plan(41);

create function pg_temp.calendar(p_zones text, p_start date, p_end date, p_election date) returns text
language sql as $$
  insert into public.campaigns (id, name) values (fixture.id('calendar'), 'calendar') on conflict do nothing;
  insert into public.wa_campaign_settings as s (campaign_id, display_name, zones, campaign_start, campaign_end, election_date, spending_cap_usd)
  values (fixture.id('calendar'), 'calendar', p_zones::text[], p_start, p_end, p_election, 0)
  on conflict (campaign_id) do update set zones = excluded.zones, campaign_start = excluded.campaign_start,
    campaign_end = excluded.campaign_end, election_date = excluded.election_date;
  select concat_ws(' ', p_election, p_zones);
$$;
create function pg_temp.window_of_calendar() returns text
language sql as $$
  select concat_ws(' ', to_char(veda_starts_at at time zone 'UTC', 'MM-DD HH24:MI'), '->', to_char(veda_ends_at at time zone 'UTC', 'MM-DD HH24:MI'))
  from wa.send_window(fixture.id('calendar'));
$$;
create function pg_temp.problem(p_at timestamptz) returns text
language sql as $$ select wa.window_problem(fixture.id('calendar'), p_at) $$;

select is(wa.window_problem(fixture.id('nobody'), now()), 'dates_missing', 'a campaign without settings has no dates');

-- Veda of real elections, in UTC (IANA tzdata 2025b).
select pg_temp.calendar('{America/Cancun,America/Merida,America/Mexico_City,America/Monterrey,America/Matamoros,America/Chihuahua,America/Ciudad_Juarez,America/Ojinaga,America/Mazatlan,America/Bahia_Banderas,America/Hermosillo,America/Tijuana}',
  '2027-04-04', '2027-06-02', '2027-06-06');
select is(pg_temp.window_of_calendar(), '06-03 05:00 -> 06-07 07:00', 'federal 2027: from Cancún''s Thursday to Tijuana''s Monday');
select is((select opens_at from wa.send_window(fixture.id('calendar'))), '2027-04-04 07:00+00', 'federal 2027 opens when every zone has begun its first day');
select is((select closes_at from wa.send_window(fixture.id('calendar'))), '2027-06-03 05:00+00', 'federal 2027 closes with the first zone''s last day');
select pg_temp.calendar('{America/Mexico_City}', '2027-04-04', '2027-06-02', '2027-06-06');
select is(pg_temp.window_of_calendar(), '06-03 06:00 -> 06-07 06:00', 'Mexico City 2027');
select pg_temp.calendar('{America/Chihuahua,America/Ciudad_Juarez,America/Ojinaga}', '2027-04-04', '2027-06-02', '2027-06-06');
select is(pg_temp.window_of_calendar(), '06-03 05:00 -> 06-07 06:00', 'Chihuahua 2027: Ojinaga''s summer time begins it, Chihuahua ends it');
select pg_temp.calendar('{America/Tijuana}', '2027-10-05', '2027-12-01', '2027-12-05');
select is(pg_temp.window_of_calendar(), '12-02 08:00 -> 12-06 08:00', 'Baja California, extraordinary election in winter');
select pg_temp.calendar('{America/Tijuana}', '2027-10-05', '2027-11-03', '2027-11-07');
select is(pg_temp.window_of_calendar(), '11-04 07:00 -> 11-08 08:00', 'a veda over the end of summer time is an hour longer than 96');

-- Its edges.
select pg_temp.calendar('{America/Mexico_City}', '2027-04-04', '2027-05-31', '2027-06-06');
select is(pg_temp.problem(at::timestamptz), problem, format('%s: %s', at, coalesce(problem, 'open'))) from (values
  ('2027-04-04 05:59:59+00', 'outside_campaign'), ('2027-04-04 06:00:00+00', null), ('2027-05-01 00:00:00+00', null),
  ('2027-06-01 05:59:59.999+00', null), ('2027-06-01 06:00:00+00', 'outside_campaign'),
  ('2027-06-03 05:59:59+00', 'outside_campaign'), ('2027-06-03 06:00:00+00', 'veda'), ('2027-06-06 18:00:00+00', 'veda'),
  ('2027-06-07 05:59:59+00', 'veda'), ('2027-06-07 06:00:00+00', 'outside_campaign')) t(at, problem);
select pg_temp.calendar('{America/Mexico_City}', '2027-04-04', '2027-06-30', '2027-06-06');
select is((select closes_at from wa.send_window(fixture.id('calendar'))), '2027-06-03 06:00+00', 'a campaign typed in past the veda still closes with it');
select is(pg_temp.problem('2027-06-10 12:00+00'), 'outside_campaign', 'nothing leaves after the election, whatever the campaign''s last day');

-- Any missing date closes everything.
select pg_temp.calendar('{America/Mexico_City}', null, '2027-06-02', '2027-06-06');
select is(pg_temp.problem('2027-05-01 12:00+00'), 'dates_missing', 'without a first day nothing leaves');
select pg_temp.calendar('{America/Mexico_City}', '2027-04-04', null, '2027-06-06');
select is(pg_temp.problem('2027-05-01 12:00+00'), 'dates_missing', 'without a last day nothing leaves');
select pg_temp.calendar('{America/Mexico_City}', '2027-04-04', '2027-06-02', null);
select is(pg_temp.problem('2027-05-01 12:00+00'), 'dates_missing', 'without an election day nothing leaves');
select throws_ok($$ select pg_temp.calendar('{}', '2027-04-04', '2027-06-02', '2027-06-06') $$, '23514', null, 'a campaign has at least one zone');

-- Quiet hours, local time of every zone; Mexico City is at -6, Tijuana at -8 (in winter) or -7.
create function pg_temp.quiet(p_zones text, p_from time, p_until time, p_at timestamptz) returns text
language sql as $$
  select pg_temp.calendar(p_zones, '2027-01-01', '2027-06-02', '2027-06-06');
  update public.wa_campaign_settings s set quiet_from = p_from, quiet_until = p_until where s.campaign_id = fixture.id('calendar');
  select to_char(wa.quiet_until(fixture.id('calendar'), p_at) at time zone 'UTC', 'DD HH24:MI');
$$;
select is(pg_temp.quiet(zones, starts::time, ends::time, ('2027-02-' || at || '+00')::timestamptz), until, sentence) from (values
  ('{America/Mexico_City}', '20:00', '09:00', '10 14:59', '10 15:00', 'morning of quiet hours over midnight'),
  ('{America/Mexico_City}', '20:00', '09:00', '10 15:00', null, 'quiet hours end at their last minute'),
  ('{America/Mexico_City}', '20:00', '09:00', '11 01:59', null, 'the minute before quiet hours over midnight'),
  ('{America/Mexico_City}', '20:00', '09:00', '11 02:00', '11 15:00', 'evening of quiet hours over midnight'),
  ('{America/Mexico_City}', '20:00', '09:00', '11 06:00', '11 15:00', 'midnight itself'),
  ('{America/Mexico_City}', '13:00', '15:00', '10 18:59', null, 'before a siesta'),
  ('{America/Mexico_City}', '13:00', '15:00', '10 19:00', '10 21:00', 'in a siesta'),
  ('{America/Mexico_City}', '13:00', '15:00', '10 21:00', null, 'after a siesta'),
  ('{America/Mexico_City}', '13:00', '13:00', '10 19:00', null, 'quiet hours of no length never hold'),
  ('{America/Mexico_City}', null, null, '10 19:00', null, 'no quiet hours'),
  ('{America/Mexico_City,America/Tijuana}', '20:00', '09:00', '10 15:30', '10 17:00', 'Tijuana still sleeps'),
  ('{America/Mexico_City,America/Tijuana}', '20:00', '09:00', '11 02:30', '11 15:00', 'Mexico City already sleeps'),
  ('{America/Mexico_City,America/Tijuana}', '20:00', '09:00', '11 06:30', '11 17:00', 'both sleep: the last to wake decides')
) t(zones, starts, ends, at, until, sentence);

select throws_ok($$ select pg_temp.quiet('{America/Mexico_City}', '20:00', null, now()) $$, '23514', null, 'quiet hours have both ends or none');
select is(pg_temp.quiet('{America/Mexico_City}', '00:00', '24:00', '2027-02-10 12:00+00'), '11 06:00', 'a whole quiet day ends at midnight');
select is((select wa.quiet_until(fixture.id('nobody'), now())), null, 'an unknown campaign has no quiet hours');
select is(pg_temp.quiet('{America/Tijuana}', '01:00', '02:30', '2027-03-14 09:30+00'), '14 10:30', 'an end that summer time leaps over is taken as standard time');

select * from finish();
rollback;
