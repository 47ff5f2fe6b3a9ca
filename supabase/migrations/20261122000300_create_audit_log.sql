-- Who did what to a job, a rule or a voter's choice. To write an entry is one plain insert: nobody who creates a job or says
-- BAJA waits for the log or fails by it. The sweep seals what was written: entries get their numbers, each with the hash of
-- the one before it, and the newest hash leaves the database, out of reach of whoever owns it.

create table public.wa_audit_log (
  id bigint generated always as identity primary key,
  campaign_id uuid not null references public.campaigns (id),
  at timestamptz not null,
  actor text not null,
  action text not null,
  job_id uuid,
  details jsonb not null,
  seq bigint check (seq > 0),
  prev_hash bytea,
  hash bytea,
  unique (campaign_id, seq),
  check (num_nulls(seq, prev_hash, hash) in (0, 3))
);
create index wa_audit_log_unsealed on public.wa_audit_log (campaign_id, id) where seq is null;
comment on table public.wa_audit_log is 'Append-only. Sealed by the sweep: numbered and hash-chained per campaign.';
comment on column public.wa_audit_log.actor is 'Id of the signed-in user, else the role in the caller''s token (the machine), else the database login (an operator).';
comment on column public.wa_audit_log.details is 'No personal data in the clear: phones and typed texts as keyed hashes (wa.keyed_hash).';
comment on column public.wa_audit_log.seq is 'Place in its campaign''s chain, from 1 without gaps; null until the sweep has sealed the entry.';

create table wa.audit_heads (
  campaign_id uuid primary key,
  seq bigint not null,
  hash bytea not null,
  sealed_at timestamptz not null
);
comment on table wa.audit_heads is 'The newest sealed entry of each campaign, which the sweep reports to a log outside.';
revoke all on wa.audit_heads from public, anon, authenticated, service_role;

-- The token itself, and no cast: whatever is in it, an entry can be written.
create function wa.who()
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(auth.jwt() ->> 'sub', auth.jwt() ->> 'role', session_user);
$$;

create function wa.audit(p_campaign_id uuid, p_action text, p_job_id uuid, p_details jsonb)
returns void
language sql
set search_path = ''
as $$
  insert into public.wa_audit_log (campaign_id, at, actor, action, job_id, details)
  values (p_campaign_id, clock_timestamp(), wa.who(), p_action, p_job_id, p_details);
$$;

create function wa.refuse_audit_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'wa_audit_log is append-only' using errcode = '42501';
end $$;

create trigger refuse_removal before delete or truncate on public.wa_audit_log
  for each statement execute function wa.refuse_audit_change();
create trigger refuse_sealed_entry before insert on public.wa_audit_log
  for each row when (num_nonnulls(new.seq, new.prev_hash, new.hash) > 0) execute function wa.refuse_audit_change();
-- The one change that an entry goes through is its seal.
create trigger refuse_change before update on public.wa_audit_log for each row
  when (num_nonnulls(old.seq, old.prev_hash, old.hash) > 0 or num_nulls(new.seq, new.prev_hash, new.hash) > 0
    or (old.id, old.campaign_id, old.at, old.actor, old.action, old.job_id, old.details)
      is distinct from (new.id, new.campaign_id, new.at, new.actor, new.action, new.job_id, new.details))
  execute function wa.refuse_audit_change();

create function wa.audit_hash(p_prev bytea, p_seq bigint, p_entry public.wa_audit_log)
returns bytea
language sql immutable
set search_path = ''
as $$
  select sha256(p_prev || convert_to(jsonb_build_array(p_seq, p_entry.campaign_id, extract(epoch from p_entry.at), p_entry.actor,
    p_entry.action, p_entry.job_id, p_entry.details)::text, 'UTF8'));
$$;

-- What stands before the first entry.
create function wa.audit_root(p_campaign_id uuid)
returns bytea
language sql immutable
set search_path = ''
as $$
  select sha256(convert_to(p_campaign_id::text, 'UTF8'));
$$;

-- Goes on behind whatever is numbered, whether it is right or not: what is wrong there, wa.verify_audit finds. An entry that
-- was written earlier and committed later is sealed later.
create function wa.seal_campaign(p_campaign_id uuid, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  head wa.audit_heads;
  newest public.wa_audit_log;
  entry public.wa_audit_log;
  ids bigint[] := '{}';
  hashes bytea[] := '{}';
begin
  if not pg_try_advisory_xact_lock(hashtextextended('wa_audit_log:' || p_campaign_id, 0)) then
    return 0; -- another sweep is at it
  end if;
  select * into head from wa.audit_heads h where h.campaign_id = p_campaign_id;
  select * into newest from public.wa_audit_log l where l.campaign_id = p_campaign_id and l.seq is not null order by l.seq desc limit 1;
  head.seq := greatest(head.seq, newest.seq, 0);
  head.hash := coalesce(head.hash, newest.hash, wa.audit_root(p_campaign_id));
  hashes[0] := head.hash;
  for entry in select * from public.wa_audit_log l where l.campaign_id = p_campaign_id and num_nonnulls(l.seq, l.prev_hash, l.hash) = 0
      order by l.id limit p_limit loop
    head.seq := head.seq + 1;
    head.hash := wa.audit_hash(head.hash, head.seq, entry);
    ids := array_append(ids, entry.id);
    hashes := array_append(hashes, head.hash);
  end loop;
  update public.wa_audit_log l set seq = head.seq - cardinality(ids) + e.n, prev_hash = hashes[e.n - 1], hash = hashes[e.n]
    from unnest(ids) with ordinality e(id, n) where l.id = e.id;
  insert into wa.audit_heads as h (campaign_id, seq, hash, sealed_at) values (p_campaign_id, head.seq, head.hash, clock_timestamp())
    on conflict (campaign_id) do update set seq = excluded.seq, hash = excluded.hash, sealed_at = excluded.sealed_at;
  return cardinality(ids);
end $$;

-- Who waits longest first. Where one campaign's chain cannot be continued, the others' are. Returns {sealed, unsealable,
-- audit_heads: [{campaign_id, seq, hash}]}: how many entries, how many campaigns, and every head that grew in the last hour,
-- because an answer may get lost. Security definer: the log is changed by nothing else.
create function wa.seal_audit(p_limit integer default 20000)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  campaign uuid;
  sealed integer := 0;
  unsealable integer := 0;
begin
  for campaign in select l.campaign_id from public.wa_audit_log l where l.seq is null and l.hash is null
      group by l.campaign_id order by min(l.id) loop
    exit when sealed >= p_limit;
    begin
      sealed := sealed + wa.seal_campaign(campaign, p_limit - sealed);
    exception when others then
      unsealable := unsealable + 1;
    end;
  end loop;
  return jsonb_build_object('sealed', sealed, 'unsealable', unsealable, 'audit_heads', (
    select coalesce(jsonb_agg(jsonb_build_object('campaign_id', h.campaign_id, 'seq', h.seq, 'hash', encode(h.hash, 'hex'))
      order by h.campaign_id), '[]')
    from wa.audit_heads h where h.sealed_at > now() - interval '1 hour'));
end $$;

-- Returns {intact, entries, sealed, broken_at, problem}. broken_at is the first place that is wrong, problem how:
--   seq        an entry is missing there, or one too many
--   prev_hash  the entry does not follow from the one before
--   hash       the entry is not what was sealed
--   head       the chain ends before, or goes on behind, the last entry that was sealed
--   anchor     the entry p_seq is not there, or p_hash (hexadecimal) is not its hash
-- Whoever owns the database can make up a chain that is right in itself. Only a head that was reported before, p_seq and
-- p_hash, tells it from the one that was.
create function wa.verify_audit(p_campaign_id uuid, p_seq bigint default null, p_hash text default null)
returns jsonb
language sql stable
set search_path = ''
as $$
  with entry as (
    select l as content, l.seq, l.prev_hash, l.hash, row_number() over chain as place,
      lag(l.hash, 1, wa.audit_root(p_campaign_id)) over chain as expected
    from public.wa_audit_log l where l.campaign_id = p_campaign_id and num_nonnulls(l.seq, l.prev_hash, l.hash) > 0
    window chain as (order by l.seq, l.id)),
  newest as (
    select e.seq, e.hash from entry e order by e.place desc limit 1),
  broken as (
    select e.place as at, case when e.seq is distinct from e.place then 'seq' when e.prev_hash is distinct from e.expected then 'prev_hash'
      when e.hash is distinct from wa.audit_hash(e.prev_hash, e.seq, e.content) then 'hash' end as problem
    from entry e
    union all
    select least(coalesce(h.seq, 0), coalesce(n.seq, 0)) + (h.seq is distinct from n.seq)::integer, 'head'
      from newest n full join (select * from wa.audit_heads a where a.campaign_id = p_campaign_id) h on true
      where (h.seq, h.hash) is distinct from (n.seq, n.hash)
    union all
    select p_seq, 'anchor' where num_nonnulls(p_seq, p_hash) > 0 and not exists (select from entry e
      where e.seq = coalesce(p_seq, e.seq) and encode(e.hash, 'hex') = coalesce(lower(p_hash), encode(e.hash, 'hex'))))
  select jsonb_build_object('intact', f.problem is null, 'sealed', (select count(*) from entry),
    'entries', (select count(*) from public.wa_audit_log l where l.campaign_id = p_campaign_id),
    'broken_at', f.at, 'problem', f.problem)
  from (select) always left join (select * from broken b where b.problem is not null order by b.at, b.problem = 'head' limit 1) f on true;
$$;
comment on function wa.verify_audit(uuid, bigint, text) is 'For operators; members call public.wa_verify_audit.';

-- A large log takes a while: it is one of the campaign's two large calls.
create function public.wa_verify_audit(p_campaign_id uuid, p_seq bigint default null, p_hash text default null)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'administer');
  perform wa.begin_large_call(p_campaign_id);
  return wa.verify_audit(p_campaign_id, p_seq, p_hash);
end $$;
comment on function public.wa_verify_audit(uuid, bigint, text) is 'Whether a campaign''s audit log is as it was sealed; null = no head to compare with.';
