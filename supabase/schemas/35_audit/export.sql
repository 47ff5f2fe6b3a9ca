-- GET /audit: a part of the log without gaps, page by page, as shared/rules/audit_file.py writes it
-- down. What the hashes are made of leaves as it went into them.

-- What the file is to hold: {campaign_id, exported_at, first_seq, last_seq, prev_hash, head, days}.
-- From the first entry written at p_from or later to the last one before p_to, with all between;
-- null: from the beginning, to the end. The first two are null if there is none. Reading the log is
-- an act of its own, and leaves an entry behind what is read.
create function public.wa_begin_audit_export(
  p_campaign_id uuid, p_from timestamptz default null, p_to timestamptz default null)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  first_seq bigint;
  last_seq bigint;
begin
  perform wa.require_may(p_campaign_id, 'administer');
  select min(l.seq) filter (where coalesce(l.at >= p_from, true)),
      max(l.seq) filter (where coalesce(l.at < p_to, true))
    into first_seq, last_seq
  from public.wa_audit_log l
  where l.campaign_id = p_campaign_id;
  if coalesce(first_seq > last_seq, true) then
    first_seq := null;
    last_seq := null;
  end if;
  perform wa.audit(p_campaign_id, 'audit_exported', null, jsonb_build_object(
    'first_seq', first_seq,
    'last_seq', last_seq));
  return wa.audit_extent(p_campaign_id, first_seq, last_seq);
end $$;
comment on function public.wa_begin_audit_export(uuid, timestamptz, timestamptz) is
  'What part of the audit log an export holds, and the heads that it can be compared with.';
revoke all on function public.wa_begin_audit_export(uuid, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_begin_audit_export(uuid, timestamptz, timestamptz)
  to authenticated;

-- days: the last entry of each day that lies in this part.
create function wa.audit_extent(p_campaign_id uuid, p_first bigint, p_last bigint)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'campaign_id', p_campaign_id,
    'exported_at', wa.utc(now()),
    'first_seq', p_first,
    'last_seq', p_last,
    'prev_hash', (
      select encode(l.prev_hash, 'hex')
      from public.wa_audit_log l
      where l.campaign_id = p_campaign_id and l.seq = p_first),
    'head', (
      select jsonb_build_object('seq', h.seq, 'hash', encode(h.hash, 'hex'))
      from wa.audit_heads h
      where h.campaign_id = p_campaign_id),
    'days', (
      select coalesce(jsonb_agg(
        jsonb_build_object('day', d.day, 'seq', d.seq, 'hash', encode(d.hash, 'hex'))
        order by d.day), '[]')
      from wa.audit_days d
      where d.campaign_id = p_campaign_id and d.seq between p_first and p_last));
$$;

-- {entries, facts}: the entries behind p_after, at most p_limit and none behind p_until, as
-- wa.exported_entries; facts: {hash: text}, those that they name.
create function public.wa_export_audit(
  p_campaign_id uuid, p_after bigint, p_until bigint, p_limit integer default 1000)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'administer');
  return (
    with entry as materialized (
      select *
      from public.wa_audit_log l
      where l.campaign_id = p_campaign_id and l.seq > p_after and l.seq <= p_until
      order by l.seq
      limit least(p_limit, 1000)),
    shared as materialized (
      select f.hash, f.facts, t.literals, t.names
      from wa.audit_facts f, wa.text_frame(f.facts::jsonb -> 'content') t
      where f.campaign_id = p_campaign_id
        and f.hash in (select e.details ->> 'facts' from entry e))
    select jsonb_build_object(
      'entries', (
        select coalesce(jsonb_agg(
          wa.exported_entry(e, s.literals, s.names) order by e.seq), '[]')
        from entry e
        left join shared s on s.hash = e.details ->> 'facts'),
      'facts', (select coalesce(jsonb_object_agg(s.hash, s.facts), '{}') from shared s)));
end $$;
comment on function public.wa_export_audit(uuid, bigint, bigint, integer) is
  'A page of a campaign''s sealed audit log, with what its messages said.';
revoke all on function public.wa_export_audit(uuid, bigint, bigint, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_export_audit(uuid, bigint, bigint, integer)
  to authenticated;

-- {seq, at, actor, act, job_id, details, prev_hash, hash}: details as the text that was hashed. Of
-- a message also {text, salt}, as long as its row can prove what it said, and {delivered_at,
-- read_at}, which Meta reports later and no seal holds.
create function wa.exported_entry(
  p_entry public.wa_audit_log, p_literals text[], p_names text[])
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  message public.wa_send_queue;
  said record;
begin
  -- A forged entry leaves like any other: whoever reads the file finds it.
  if p_entry.act = 'message'
    and p_entry.details ->> 'message_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
  then
    select * into message
    from public.wa_send_queue q
    where q.id = (p_entry.details ->> 'message_id')::uuid
      and q.campaign_id = p_entry.campaign_id;
  end if;
  select s.salt, s.text into said
  from (
    select wa.text_salt(message) as salt,
      wa.rendered_text(p_literals, p_names, message.template_params) as text
    where p_entry.details ? 'text_hash') s
  where wa.text_hash(s.salt, s.text) = p_entry.details ->> 'text_hash';
  return jsonb_build_object(
    'seq', p_entry.seq,
    'at', wa.utc(p_entry.at),
    'actor', p_entry.actor,
    'act', p_entry.act,
    'job_id', p_entry.job_id,
    'details', p_entry.details::text,
    'prev_hash', encode(p_entry.prev_hash, 'hex'),
    'hash', encode(p_entry.hash, 'hex'),
    'text', said.text,
    'salt', said.salt,
    'delivered_at', wa.utc(message.delivered_at),
    'read_at', wa.utc(message.read_at));
end $$;
