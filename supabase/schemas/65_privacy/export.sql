-- POST /privacy/export: everything that a campaign's records hold about one person.

-- Times are as written. suppressed: whether they asked to be erased; then only what came since is
-- here. Leaves an entry in the audit log, which is read before.
create function public.wa_export_person(
  p_campaign_id uuid, p_phone text default null, p_voter_id uuid default null)
returns jsonb
language plpgsql security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  person wa.person;
  found_data jsonb;
begin
  perform wa.require_may(p_campaign_id, 'administer');
  perform wa.begin_large_call(p_campaign_id);
  person := wa.known_person(wa.find_person(p_campaign_id, p_phone, p_voter_id), p_phone);
  found_data := jsonb_build_object(
    'campaign_id', p_campaign_id,
    'phones', person.phones,
    'user_ids', person.user_ids,
    'suppressed', exists (
      select
      from wa.suppressed_names(p_campaign_id, person.phones || p_voter_id::text) s
      where s.reason = 'erased'),
    'messages', wa.messages_as_told(person),
    'consents', wa.consents_as_told(person),
    'opt_outs', wa.words_as_told(person),
    'test_numbers', (
      select coalesce(jsonb_agg(wa.test_number_in_short(n) order by n.added_at), '[]')
      from public.wa_test_numbers n
      where n.campaign_id = p_campaign_id and n.phone = any (person.phones)),
    'audit', wa.entries_about(person));
  perform wa.audit(p_campaign_id, 'person_exported', null, jsonb_build_object('phone_hmacs', (
    select jsonb_agg(wa.person_hash(p_campaign_id, phone)) from unnest(person.phones) phone)));
  return found_data;
end $$;
comment on function public.wa_export_person(uuid, text, uuid) is
  'A person''s data in a campaign''s records, by phone or by voter.';
revoke all on function public.wa_export_person(uuid, text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_export_person(uuid, text, uuid)
  to authenticated;

-- A phone that only another campaign of a number knows is a stranger's: what was said under it, and
-- which names it has besides, is that campaign's to tell.
create function wa.known_person(p_person wa.person, p_phone text)
returns wa.person
language sql stable
set search_path = ''
as $$
  select case
    when wa.is_known(p_person) then p_person
    else row (p_person.campaign_id, null, array[wa.require_phone(p_phone)], '{}', '{}')::wa.person
  end;
$$;

create function wa.is_known(p_person wa.person)
returns boolean
language sql stable
set search_path = ''
as $$
  select p_person.voter_id is not null
    or exists (
      select from unnest(p_person.phones) phone where wa.knows(p_person.campaign_id, phone));
$$;

create function wa.messages_as_told(p_person wa.person)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'message_id', q.id,
      'job_id', q.job_id,
      'voter_id', q.recipient_voter_id,
      'phone', q.recipient_phone,
      'template', t.meta_template_name,
      'header', wa.rendered(v.content ->> 'header_text', case
        when q.template_params ? 'header'
          then jsonb_build_object('1', q.template_params -> 'header')
        else q.template_params end),
      'body', wa.rendered(v.content ->> 'body_text', q.template_params),
      'footer', v.content ->> 'footer_text',
      'values', q.template_params,
      'status', q.status,
      'skip_reason', q.skip_reason,
      'created_at', q.created_at,
      'claimed_at', q.claimed_at,
      'sent_at', q.sent_at,
      'delivered_at', q.delivered_at,
      'read_at', q.read_at,
      'meta_message_id', q.meta_message_id)
    order by q.created_at, q.id), '[]')
  from public.wa_send_queue q
  join public.communications c on c.job_id = q.job_id
  join public.wa_templates t on t.id = q.template_id
  left join public.wa_template_versions v
    on v.template_id = q.template_id and v.version = c.template_version
  where q.id = any (p_person.messages) and q.erased_at is null;
$$;

-- A text with its variables filled in.
create function wa.rendered(p_text text, p_values jsonb)
returns text
language sql immutable
set search_path = ''
as $$
  select wa.rendered_text(
    regexp_split_to_array(p_text, '\{\{[^{}]*\}\}'), wa.variables_of(p_text), p_values);
$$;

create function wa.consents_as_told(p_person wa.person)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(c) - '{campaign_id,erased_at,person_hash}'::text[]
    order by c.obtained_at), '[]')
  from public.wa_consents c
  where c.campaign_id = p_person.campaign_id and c.phone = any (p_person.phones);
$$;

-- What they said to the numbers from which the campaign writes or wrote.
create function wa.words_as_told(p_person wa.person)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'number', s.display_phone_number,
      'phone', o.phone,
      'opted_out', o.opted_out,
      'source', o.source,
      'said_at', o.changed_at)
    order by o.changed_at), '[]')
  from public.wa_campaign_numbers n
  join public.wa_senders s on s.id = n.sender_id
  join public.wa_opt_outs o on o.sender_id = n.sender_id and o.phone = any (p_person.phones)
  where n.campaign_id = p_person.campaign_id and wa.is_known(p_person);
$$;

-- By the hashes of their phones. A salt that two made at once gives two hashes.
create function wa.entries_about(p_person wa.person)
returns jsonb
language sql
set search_path = ''
as $$
  with own as (
    select wa.salted_hash(p_person.campaign_id, s.salt, phone) as hash
    from unnest(p_person.phones) phone
    join wa.person_salts s on s.campaign_id = p_person.campaign_id
      and s.person = wa.keyed_hash(p_person.campaign_id, phone))
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'seq', l.seq,
      'at', l.at,
      'actor', l.actor,
      'act', l.act,
      'job_id', l.job_id,
      'details', l.details)
    order by l.id), '[]')
  from public.wa_audit_log l
  where l.campaign_id = p_person.campaign_id
    and exists (select from own where position(own.hash in l.details::text) > 0);
$$;
