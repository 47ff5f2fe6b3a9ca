-- Names and numbers whose time is over: docs/privacy.md has the periods.

-- Takes them out of the rows of at most one job a round, p_limit of them, once job and campaign
-- have been over for people_kept: until then somebody who hides their number may still say BAJA,
-- and the authority may ask. Passes over rows that others hold.
create function wa.forget_people(p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  job uuid := (
    select c.job_id
    from public.communications c
    join public.wa_campaign_settings s on s.campaign_id = c.campaign_id
    where c.people_forgotten_at is null
      and c.status not in ('processing', 'paused')
      and c.pending_count = 0
      and greatest(c.completed_at, wa.over_at(s)) < now() - s.people_kept
    order by c.completed_at
    limit 1);
  forgotten integer;
begin
  with message as (
    select q.id
    from public.wa_send_queue q
    where q.job_id = job and q.erased_at is null
    order by q.id
    limit p_limit for update skip locked)
  update public.wa_send_queue q
  set erased_at = now()
  from message m
  where q.id = m.id;
  get diagnostics forgotten = row_count;
  update public.communications c
  set people_forgotten_at = now()
  where c.job_id = job
    and not exists (
      select from public.wa_send_queue q where q.job_id = job and q.erased_at is null);
  return forgotten;
end $$;

-- Of campaigns: test numbers as long as names in jobs; consents, and the salts without which the
-- log's hashes say nothing, as long as the log itself.
create function wa.forget_campaigns()
returns integer
language sql
set search_path = ''
as $$
  with number as (
    delete from public.wa_test_numbers n
    using public.wa_campaign_settings s
    where s.campaign_id = n.campaign_id and wa.over_at(s) < now() - s.people_kept
    returning 1),
  consent as (
    delete from public.wa_consents c
    using public.wa_campaign_settings s
    where s.campaign_id = c.campaign_id and wa.over_at(s) < now() - interval '5 years'
    returning 1),
  salt as (
    delete from wa.person_salts p
    using public.wa_campaign_settings s
    where s.campaign_id = p.campaign_id and wa.over_at(s) < now() - interval '5 years'
    returning 1)
  select ((select count(*) from number) + (select count(*) from consent)
    + (select count(*) from salt))::integer;
$$;

-- When nothing more can leave; null: its dates are incomplete.
create function wa.over_at(p_settings public.wa_campaign_settings)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select greatest(p_settings.campaign_end, p_settings.election_date);
$$;
