-- Is a campaign's log as it was written?

-- A large log takes a while: it is one of the campaign's two large calls.
create function public.wa_verify_audit(
  p_campaign_id uuid, p_seq bigint default null, p_hash text default null)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'administer');
  perform wa.begin_large_call(p_campaign_id);
  return wa.verify_audit(p_campaign_id, p_seq, p_hash);
end $$;
comment on function public.wa_verify_audit(uuid, bigint, text) is
  'Whether a campaign''s audit log is as it was sealed; null = no head to compare with.';
revoke all on function public.wa_verify_audit(uuid, bigint, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_verify_audit(uuid, bigint, text)
  to authenticated;

-- Returns {intact, entries, sealed, broken_at, problem}. broken_at is the first place that is
-- wrong, problem how:
--   seq        an entry is missing there, or one too many
--   prev_hash  the entry does not follow from the one before
--   hash       the entry is not what was sealed
--   head       the chain ends before, or goes on behind, the last entry that was sealed
--   anchor     the entry p_seq is not there, or p_hash (hexadecimal) is not its hash
-- Whoever owns the database can make up a chain that is right in itself. Only a head that was
-- reported before, p_seq and p_hash, tells it from the one that was. A chain whose first entries
-- were kept long enough (wa.audit_roots) begins behind them.
create function wa.verify_audit(
  p_campaign_id uuid, p_seq bigint default null, p_hash text default null)
returns jsonb
language sql stable
set search_path = ''
as $$
  with entry as (select * from wa.chained_entries(p_campaign_id)),
  newest as (select e.seq, e.hash from entry e order by e.place desc limit 1),
  broken as (
    select e.place as at, case
      when e.content is null then null -- the root
      when e.seq is distinct from e.place then 'seq'
      when e.prev_hash is distinct from e.expected then 'prev_hash'
      when e.hash is distinct from wa.audit_hash(e.prev_hash, e.seq, e.content) then 'hash'
    end as problem
    from entry e
    union all
    select least(coalesce(h.seq, 0), coalesce(n.seq, 0)) + (h.seq is distinct from n.seq)::integer,
      'head'
    from newest n
    full join (select * from wa.audit_heads a where a.campaign_id = p_campaign_id) h on true
    where (h.seq, h.hash) is distinct from (n.seq, n.hash)
    union all
    select p_seq, 'anchor'
    where num_nonnulls(p_seq, p_hash) > 0 and not exists (
      select
      from entry e
      where e.seq = coalesce(p_seq, e.seq)
        and encode(e.hash, 'hex') = coalesce(lower(p_hash), encode(e.hash, 'hex'))))
  select jsonb_build_object(
    'intact', f.problem is null,
    'sealed', (select count(e.content) from entry e),
    'entries', (select count(*) from public.wa_audit_log l where l.campaign_id = p_campaign_id),
    'broken_at', f.at,
    'problem', f.problem)
  from (select) always
  left join (
    select *
    from broken b
    where b.problem is not null
    order by b.at, b.problem = 'head' limit 1) f on true;
$$;
comment on function wa.verify_audit(uuid, bigint, text) is
  'For operators; members call public.wa_verify_audit.';

-- The sealed entries and, without content, the root of a chain that no longer begins with its first
-- entry. place, expected: what seq and prev_hash have to be.
create function wa.chained_entries(p_campaign_id uuid)
returns table (
  content public.wa_audit_log, seq bigint, prev_hash bytea, hash bytea, place bigint,
  expected bytea)
language sql stable
set search_path = ''
as $$
  with root as (
    select *
    from wa.audit_roots r
    where r.campaign_id = p_campaign_id
  )
  select l, l.seq, l.prev_hash, l.hash,
    row_number() over chain + coalesce(r.seq, 0),
    lag(l.hash, 1, coalesce(r.hash, wa.audit_root(p_campaign_id))) over chain
  from public.wa_audit_log l
  left join root r on true
  where l.campaign_id = p_campaign_id and num_nonnulls(l.seq, l.prev_hash, l.hash) > 0
  window chain as (order by l.seq, l.id)
  union all
  select null, r.seq, null, r.hash, r.seq, null
  from root r;
$$;
