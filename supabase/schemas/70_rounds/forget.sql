-- What has served its purpose; docs/privacy.md has the table.

-- A BAJA of somebody unknown is kept as long as the evidence: without it they would be written to
-- again. Its opposite may be said once more. Passes over rows that others hold.
create function wa.forget(p_limit integer)
returns integer
language sql
set search_path = ''
as $$
  with contact as (
    select r.ctid as place
    from public.wa_recent_contacts r
    where r.contacted_at < now() - interval '2 days'
    order by r.contacted_at
    limit p_limit for update skip locked),
  portfolio_contact as (
    select r.ctid as place
    from public.wa_portfolio_contacts r
    where r.contacted_at < now() - interval '25 hours'
    limit p_limit for update skip locked),
  wish as (
    select u.ctid as place
    from public.wa_unresolved_opt_outs u
    where u.said_at
      < now() - case when u.opted_out then interval '5 years' else interval '31 days' end
    limit p_limit for update skip locked),
  name as (
    select p.ctid as place
    from public.wa_same_person p
    where p.noted_at < now() - interval '13 months'
    limit p_limit for update skip locked),
  gone as (
    delete from public.wa_recent_contacts r using contact c where r.ctid = c.place returning 1),
  gone_too as (
    delete from public.wa_portfolio_contacts r
    using portfolio_contact c
    where r.ctid = c.place
    returning 1),
  unheard as (
    delete from public.wa_unresolved_opt_outs u using wish w where u.ctid = w.place returning 1),
  unlinked as (
    delete from public.wa_same_person p using name n where p.ctid = n.place returning 1)
  select ((select count(*) from gone) + (select count(*) from gone_too)
    + (select count(*) from unheard) + (select count(*) from unlinked))::integer
    + wa.forget_people(p_limit) + wa.forget_campaigns() + wa.forget_paces(p_limit);
$$;

create function wa.forget_paces(p_limit integer)
returns integer
language sql
set search_path = ''
as $$
  with rested as (
    select p.ctid as place
    from wa.request_paces p
    where p.paid_until < now() - interval '1 day'
    limit p_limit for update skip locked),
  gone as (
    delete from wa.request_paces p using rested r where p.ctid = r.place returning 1)
  select count(*)::integer
  from gone;
$$;
