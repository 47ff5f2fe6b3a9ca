-- What was decided about each message: sent, skipped, failed, unknown. The sweep writes it, out of
-- rows that hold it anyway: no claim writes an entry, and nothing here locks a message or a job.
-- docs/decisions/0022 says why so.

-- Returns how many entries were written; fewer than p_limit: no decision is left. Only one writes
-- at a time, and a second does not wait for it.
create function public.wa_audit_messages(p_limit integer default 10000)
returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  job record;
  found_here integer;
  written integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('wa_audit_messages', 0)) then
    return 0;
  end if;
  -- Read before its messages: what is decided meanwhile shows in the next one.
  for job in
    select c.job_id, c.xmin::text as seen
    from public.communications c
    left join wa.audited_jobs a on a.job_id = c.job_id
    where a.seen is distinct from c.xmin::text
    order by a.seen_at nulls first, c.job_id
  loop
    found_here := wa.audit_decisions(job.job_id, p_limit - written);
    written := written + found_here;
    exit when written >= p_limit;
    insert into wa.audited_jobs as a (job_id, seen, seen_at)
    values (job.job_id, job.seen, clock_timestamp())
    on conflict (job_id)
    do update set seen = excluded.seen,
      seen_at = excluded.seen_at;
  end loop;
  return written;
end $$;
revoke all on function public.wa_audit_messages(integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_audit_messages(integer)
  to wa_sweep;

-- Of the messages whose newest entry says something else than their row.
create function wa.audit_decisions(p_job_id uuid, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  job public.communications;
  frame record;
  written integer;
begin
  select * into job from public.communications c where c.job_id = p_job_id;
  -- Read before an erasure and hashed behind it, a phone would get another salt, for good.
  perform wa.share_people(job.campaign_id);
  select * into frame
  from public.wa_template_versions v, wa.text_frame(v.content)
  where v.template_id = job.template_id and v.version = job.template_version;
  with decided as (
    select q as message, a.decided as before, d.now
    from public.wa_send_queue q
    -- The same text means that nothing was decided since.
    cross join lateral (
      select concat_ws(' ', q.status, q.attempts, coalesce(q.skip_reason, q.error_code::text))
        as now) d
    left join wa.audited_messages a on a.job_id = q.job_id and a.position = q.position
    where q.job_id = p_job_id
      and q.status not in ('queued', 'sending')
      and a.decided is distinct from d.now
    order by q.position
    limit p_limit),
  noted as (
    insert into wa.audited_messages (job_id, position, decided)
    select p_job_id, (d.message).position, d.now
    from decided d
    on conflict (job_id, position)
    do update set decided = excluded.decided),
  shared as materialized (select wa.note_facts(job) as hash where exists (select from decided)),
  entries as (
    insert into public.wa_audit_log (campaign_id, at, actor, act, job_id, details)
    select job.campaign_id, clock_timestamp(), wa.who(), 'message', p_job_id,
      wa.decision_details(d.message, d.before, s.hash, frame.literals, frame.names)
    from decided d
    cross join shared s
    returning 1)
  select count(*) into written from entries;
  return written;
end $$;

-- Without what is null. text_hash: of a salt of this person's and this message's own, and the text;
-- who is given both can prove the text, and nobody can guess it. Skipped, there was none.
create function wa.decision_details(
  p_message public.wa_send_queue, p_before text, p_facts text, p_literals text[], p_names text[])
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  return jsonb_strip_nulls(jsonb_build_object(
    'message_id', p_message.id,
    'decision', p_message.status,
    'before', split_part(p_before, ' ', 1),
    'reason', p_message.skip_reason,
    'error_code', p_message.error_code,
    'attempts', p_message.attempts,
    'resends', nullif(p_message.resends, 0),
    'provider_hmac', wa.person_text_hash( -- Meta's id holds the number, in base64
      p_message.campaign_id, p_message.recipient_phone, p_message.meta_message_id),
    'sender_id', p_message.sender_id,
    'claimed_at', wa.utc(p_message.claimed_at),
    'sent_at', wa.utc(p_message.sent_at),
    'phone_hmac', wa.person_hash(p_message.campaign_id, p_message.recipient_phone),
    'text_hash', case
      when p_message.attempts > 0
        then wa.text_hash(
          wa.text_salt(p_message),
          wa.rendered_text(p_literals, p_names, p_message.template_params))
    end,
    'facts', p_facts)
    || case
      when p_message.attempts > 0
        then wa.consent_then(
          p_message.campaign_id, p_message.recipient_phone, p_message.claimed_at)
      else '{}'
    end);
end $$;

-- The consent that held, and was on record, when the message was claimed.
create function wa.consent_then(p_campaign_id uuid, p_phone text, p_at timestamptz)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  return coalesce((
    select jsonb_build_object('consent_id', c.id, 'notice_version', c.notice_version)
    from public.wa_consents c
    where c.campaign_id = p_campaign_id
      and c.phone = p_phone
      and c.obtained_at <= p_at
      and c.recorded_at <= p_at
      and coalesce(c.revoked_at > p_at, true)
    order by c.obtained_at desc
    limit 1), '{}');
end $$;

create function wa.text_salt(p_message public.wa_send_queue)
returns text
language plpgsql
set search_path = ''
as $$
begin
  return wa.person_text_hash(
    p_message.campaign_id, p_message.recipient_phone, '/text/' || p_message.id);
end $$;

create function wa.text_hash(p_salt text, p_text text)
returns text
language plpgsql immutable
set search_path = ''
as $$
begin
  return encode(sha256(convert_to(p_salt || p_text, 'UTF8')), 'hex');
end $$;

-- Keeps what a job's messages have in common, once, and returns its hash. The settings are those of
-- now: a change of them makes other facts, and is an entry itself.
create function wa.note_facts(p_job public.communications)
returns text
language sql
set search_path = ''
as $$
  insert into wa.audit_facts as f (campaign_id, hash, facts, used_at)
  select p_job.campaign_id, encode(sha256(convert_to(n.facts, 'UTF8')), 'hex'), n.facts, now()
  from (select wa.message_facts(p_job)::text as facts) n
  on conflict (campaign_id, hash)
  do update set used_at = excluded.used_at
  returning hash;
$$;

create function wa.message_facts(p_job public.communications)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'candidate', s.candidate,
    'office', s.office,
    'party', s.party_legend,
    'run_by', s.run_by,
    'precandidate', s.precandidate,
    'scope', s.election_kind,
    'territory', s.territory,
    'zones', s.zones,
    'ine_registration', s.ine_registration,
    'id_contabilidad', s.accounting_key,
    'rnp', s.rnp,
    'unit_cost', s.price_per_message_usd,
    'currency', 'USD',
    'created_by', p_job.created_by,
    'requested_at', wa.utc(p_job.started_at),
    'is_test', p_job.is_test,
    'template_id', t.id,
    'template_version', p_job.template_version,
    'template_name', t.meta_template_name,
    'language', t.language,
    'category', t.category,
    'content', v.content,
    'media_sha256', (
      select m.sha256
      from public.wa_media m
      where m.campaign_id = p_job.campaign_id and m.meta_media_id = t.header_media ->> 'id'
      limit 1)) || wa.facts_of_judgement(p_job))
  from public.wa_templates t
  left join public.wa_template_versions v
    on v.template_id = t.id and v.version = p_job.template_version
  left join public.wa_campaign_settings s on s.campaign_id = p_job.campaign_id
  where t.id = p_job.template_id;
$$;

-- By which lexicon its words were judged, how, and who approved them.
create function wa.facts_of_judgement(p_job public.communications)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'lexicon', p_job.metadata ->> 'lexicon',
    'lexicon_result', coalesce(p_job.approval, 'clear'),
    'approved_by', case
      when p_job.approval = 'given' then (
        select l.actor
        from public.wa_audit_log l
        where l.campaign_id = p_job.campaign_id
          and l.job_id = p_job.job_id
          and l.act = 'job_approved'
        limit 1)
    end);
$$;

-- A time as every entry and every export writes it, whatever zone the session is in.
create function wa.utc(p_at timestamptz)
returns text
language plpgsql stable
set search_path = ''
as $$
begin
  return to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
end $$;

-- A message that is gone leaves no mark of how it stood.
create function wa.forget_audited()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  delete from wa.audited_messages a
  using gone g
  where a.job_id = g.job_id and a.position = g.position;
  delete from wa.audited_jobs a using gone g where a.job_id = g.job_id;
  return null;
end $$;
create trigger forget_audited after delete on public.wa_send_queue
  referencing old table as gone for each statement execute function wa.forget_audited();
