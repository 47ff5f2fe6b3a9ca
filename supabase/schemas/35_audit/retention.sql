-- The log is kept for wa_campaign_settings.audit_kept after the election (or the campaign, if that
-- is later), and each entry for as long. A campaign without dates keeps all of it.

-- Returns how many entries went.
create function wa.forget_audit(p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  campaign record;
  gone integer := 0;
begin
  for campaign in
    select s.campaign_id, now() - s.audit_kept as before
    from public.wa_campaign_settings s
    where greatest(s.campaign_end, s.election_date) < (now() - s.audit_kept)::date
    order by s.campaign_id
  loop
    exit when gone >= p_limit;
    gone := gone + wa.forget_first_entries(campaign.campaign_id, campaign.before, p_limit - gone);
  end loop;
  return gone;
end $$;

-- The first entries of the chain, as far as all of them are that old. The place and the hash of the
-- last one stay: from there on the rest can be verified.
create function wa.forget_first_entries(
  p_campaign_id uuid, p_before timestamptz, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  last public.wa_audit_log;
  gone integer;
begin
  select (o.entry).* into last
  from (
    select l as entry, bool_and(l.at < p_before) over (order by l.seq) as all_old
    from (
      select *
      from public.wa_audit_log a
      where a.campaign_id = p_campaign_id and a.seq is not null
      order by a.seq
      limit p_limit) l) o
  where o.all_old
  order by (o.entry).seq desc
  limit 1;
  if last.seq is null then
    return 0;
  end if;
  insert into wa.audit_roots (campaign_id, seq, hash, forgotten_at)
  values (p_campaign_id, last.seq, last.hash, now())
  on conflict (campaign_id)
  do update set seq = excluded.seq,
    hash = excluded.hash,
    forgotten_at = excluded.forgotten_at;
  delete from public.wa_audit_log l where l.campaign_id = p_campaign_id and l.seq <= last.seq;
  get diagnostics gone = row_count;
  delete from wa.audit_days d where d.campaign_id = p_campaign_id and d.seq <= last.seq;
  delete from wa.audit_facts f
  where f.campaign_id = p_campaign_id and f.used_at < p_before - interval '1 day';
  return gone;
end $$;
