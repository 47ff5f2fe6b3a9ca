-- When how many messages leave: the plan that a job's summary shows, and the size of its canary.
begin;
select plan(25);
select fixture.campaign('norte');
select fixture.campaign('sur');
select fixture.voters('norte', 15);
select fixture.voters('sur', 20, 100);

create function pg_temp.plan(p_messages bigint, p_start timestamptz default now(), p_canary bigint default null) returns jsonb
language sql as $$
  select wa.job_plan(fixture.id('norte'), s, p_messages, p_start, p_canary) from public.wa_senders s where s.id = fixture.id('norte sender');
$$;
-- "1: 10, 2: 5" = ten messages on the day after the start, five on the next.
create function pg_temp.days(p_plan jsonb, p_start timestamptz default now()) returns text
language sql as $$
  select string_agg(format('%s: %s', (d ->> 'day')::date - (p_start at time zone 'America/Mexico_City')::date, d ->> 'messages'), ', ' order by n)
  from jsonb_array_elements(p_plan -> 'plan') with ordinality t(d, n);
$$;
create function pg_temp.planned(p_change text, p_messages bigint, p_start timestamptz default now()) returns text
language plpgsql as $$
declare
  answer text;
begin
  execute p_change;
  raise exception '%', coalesce(pg_temp.days(pg_temp.plan(p_messages, p_start), p_start), 'nothing') using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
create function pg_temp.contacted(p_campaign text, p_count integer) returns void
language sql as $$
  insert into public.wa_portfolio_contacts select fixture.meta_id('portfolio'), fixture.phone(1000 + n), fixture.id(p_campaign), now() from generate_series(1, p_count) n;
$$;

-- Days.
select is(pg_temp.planned(change, messages), expected, format('%s messages after %s: %s', messages, change, expected)) from (values
  ('select 1', 5000000, '0: 5000000'),
  ('select 1', 0, 'nothing'),
  ('update public.wa_senders set rate_per_second = 0.1', 20000, '0: 8640, 1: 8640, 2: 2720'),
  ('update public.wa_senders set daily_limit = 10', 10, '0: 10'),
  ('update public.wa_senders set daily_limit = 10', 11, '0: 10, 1: 1'),
  ('update public.wa_senders set daily_limit = 10', 25, '0: 10, 1: 10, 2: 5'),
  ('update public.wa_senders set daily_limit = 10000, rate_per_second = 0.1', 10000, '0: 8640, 1: 1360'),
  ('update public.wa_senders set daily_limit = 10; select pg_temp.contacted(''norte'', 4)', 25, '0: 6, 1: 10, 2: 9'),
  ('update public.wa_senders set daily_limit = 10; select pg_temp.contacted(''sur'', 10)', 15, '1: 10, 2: 5'),
  ('update public.wa_senders set daily_limit = 10 where id = fixture.id(''sur sender'')', 25, '0: 10, 1: 10, 2: 5'),
  ('update public.wa_senders set daily_limit = 10; select fixture.job(''sur'', ''k'')', 15, '0: 5, 1: 5, 2: 5'),
  ('update public.wa_senders set daily_limit = 10; select fixture.job(''norte'', ''k'')', 25, '1: 5, 2: 10, 3: 10')) t(change, messages, expected);
select is(pg_temp.planned('update public.wa_senders set daily_limit = 10; select pg_temp.contacted(''norte'', 10)', 15, now() + interval '25 hours'), '0: 10, 1: 5',
  'what was sent today does not bind a job of the day after tomorrow');

-- The plan as a whole.
update public.wa_senders set daily_limit = 7;
create temporary table long as select pg_temp.plan(100) as plan;
select is((select sum((d ->> 'messages')::integer) from jsonb_array_elements(plan -> 'plan') d), 100::bigint, 'the days add up to the messages') from long;
select is((select max((d ->> 'messages')::integer) from jsonb_array_elements(plan -> 'plan') d), 7, 'none exceeds the limit') from long;
select ok((select bool_and(following is null or following > day) from (
  select d ->> 'day' as day, lead(d ->> 'day') over (order by n) as following from jsonb_array_elements(plan -> 'plan') with ordinality t(d, n)) t), 'days ascend') from long;
select is((plan ->> 'estimated_end_at')::timestamptz, now() + interval '14 days 1 second', 'the end is in the last day, after as long as its messages take') from long;
select is(plan -> 'ends_before_deadline', 'true', 'two weeks are in time') from long;
select is((plan ->> 'send_before')::timestamptz, (select closes_at from wa.send_window(fixture.id('norte'))), 'the deadline is the end of the window') from long;
select is(pg_temp.plan(7 * 35) -> 'ends_before_deadline', 'true', 'five weeks are in time');
select is(pg_temp.plan(7 * 40) -> 'ends_before_deadline', 'false', 'forty days are not');
select is(pg_temp.plan(7 * 400) -> 'estimated_end_at', 'null', 'what a year cannot carry has no end');
select is(pg_temp.plan(7 * 400) -> 'ends_before_deadline', 'false', 'and is not in time');
select is(pg_temp.days(fixture.summary_of_job('norte', 'planned')), '0: 7, 1: 7, 2: 1', 'the summary of a job carries its plan');

-- Canaries.
select results_eq($$ select n, wa.canary_size(wanted, n) from (values (null, 2000::bigint), (null, 2001), (null, 5000), (null, 5001), (null, 100000),
    (true, 50), (true, 51), (false, 100000)) t(wanted, n) $$,
  $$ values (2000::bigint, null::bigint), (2001, 50), (5000, 50), (5001, 51), (100000, 1000), (50, null), (51, 50), (100000, null) $$,
  'a canary is one in a hundred and at least fifty, of more than 2,000 or as wanted, and never everybody');

select * from finish();
rollback;
