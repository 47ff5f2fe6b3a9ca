-- The sweep seals what was written: entries get their numbers, each with the hash of the one before
-- it, and the newest hash leaves the database, out of reach of whoever owns it.

-- Who waits longest first. Where one campaign's chain cannot be continued, the others' are. Returns
-- {sealed, unsealable, audit_heads: [{campaign_id, seq, hash}]}: how many entries, how many
-- campaigns, and every head that grew in the last hour, because an answer may get lost.
create function wa.seal_audit(p_limit integer default 50000)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  campaign uuid;
  sealed integer := 0;
  unsealable integer := 0;
begin
  for campaign in
    select l.campaign_id
    from public.wa_audit_log l
    where l.seq is null and l.hash is null
    group by l.campaign_id
    order by min(l.id)
  loop
    exit when sealed >= p_limit;
    begin
      sealed := sealed + wa.seal_campaign(campaign, p_limit - sealed);
    exception when others then
      unsealable := unsealable + 1;
    end;
  end loop;
  return jsonb_build_object('sealed', sealed, 'unsealable', unsealable, 'audit_heads', (
    select coalesce(jsonb_agg(
      jsonb_build_object('campaign_id', h.campaign_id, 'seq', h.seq, 'hash', encode(h.hash, 'hex'))
      order by h.campaign_id), '[]')
    from wa.audit_heads h
    where h.sealed_at > now() - interval '1 hour'));
end $$;

-- Goes on behind whatever is numbered, whether it is right or not: what is wrong there,
-- wa.verify_audit finds. An entry that was written earlier and committed later is sealed later.
create function wa.seal_campaign(p_campaign_id uuid, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  head wa.audit_heads;
  entry public.wa_audit_log;
  ids bigint[] := '{}';
  before bytea[] := '{}';
  hashes bytea[] := '{}';
begin
  if not pg_try_advisory_xact_lock(hashtextextended('wa_audit_log:' || p_campaign_id, 0)) then
    return 0; -- another sweep is at it
  end if;
  head := wa.audit_head(p_campaign_id);
  for entry in
    select *
    from public.wa_audit_log l
    where l.campaign_id = p_campaign_id and num_nonnulls(l.seq, l.prev_hash, l.hash) = 0
    order by l.id
    limit p_limit
  loop
    head.seq := head.seq + 1;
    before := array_append(before, head.hash);
    head.hash := wa.audit_hash(head.hash, head.seq, entry);
    ids := array_append(ids, entry.id);
    hashes := array_append(hashes, head.hash);
  end loop;
  update public.wa_audit_log l
  set seq = head.seq - cardinality(ids) + e.n,
    prev_hash = e.before,
    hash = e.hash
  from unnest(ids, before, hashes) with ordinality e(id, before, hash, n)
  where l.id = e.id;
  perform wa.note_audit_head(p_campaign_id, head.seq, head.hash);
  return cardinality(ids);
end $$;

create function wa.note_audit_head(p_campaign_id uuid, p_seq bigint, p_hash bytea)
returns void
language sql
set search_path = ''
as $$
  insert into wa.audit_heads as h (campaign_id, seq, hash, sealed_at)
  values (p_campaign_id, p_seq, p_hash, clock_timestamp())
  on conflict (campaign_id)
  do update set seq = excluded.seq,
    hash = excluded.hash,
    sealed_at = excluded.sealed_at;
  insert into wa.audit_days as d (campaign_id, day, seq, hash)
  values (p_campaign_id, (clock_timestamp() at time zone 'UTC')::date, p_seq, p_hash)
  on conflict (campaign_id, day)
  do update set seq = excluded.seq,
    hash = excluded.hash;
$$;

create function wa.audit_head(p_campaign_id uuid)
returns wa.audit_heads
language plpgsql
set search_path = ''
as $$
declare
  head wa.audit_heads;
  newest public.wa_audit_log;
begin
  select * into head from wa.audit_heads h where h.campaign_id = p_campaign_id;
  select * into newest
  from public.wa_audit_log l
  where l.campaign_id = p_campaign_id and l.seq is not null
  order by l.seq desc
  limit 1;
  head.seq := greatest(head.seq, newest.seq, 0);
  head.hash := coalesce(head.hash, newest.hash, wa.audit_root(p_campaign_id));
  return head;
end $$;

create function wa.audit_hash(p_prev bytea, p_seq bigint, p_entry public.wa_audit_log)
returns bytea
language plpgsql immutable
set search_path = ''
as $$
begin
  return sha256(p_prev || convert_to(jsonb_build_array(
    p_seq, p_entry.campaign_id, extract(epoch from p_entry.at), p_entry.actor,
    p_entry.act, p_entry.job_id, p_entry.details)::text, 'UTF8'));
end $$;

-- What stands before the first entry.
create function wa.audit_root(p_campaign_id uuid)
returns bytea
language sql immutable
set search_path = ''
as $$
  select sha256(convert_to(p_campaign_id::text, 'UTF8'));
$$;
