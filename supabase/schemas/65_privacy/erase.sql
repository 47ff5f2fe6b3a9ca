-- POST /privacy/erase: nothing that names the person stays, and nobody writes to them again.

-- Returns {erasure_id, erased_at, messages, consents, test_numbers, words}: how many rows of each
-- lost them. Asked again it finds nothing more. What is under way at Meta cannot be called back;
-- its answer is noted without the person. CampaignPro's own voters are not ours to erase.
create function public.wa_erase_person(
  p_campaign_id uuid, p_phone text default null, p_voter_id uuid default null)
returns jsonb
language plpgsql security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  person wa.person;
  erased jsonb;
begin
  perform wa.require_may(p_campaign_id, 'administer');
  perform wa.begin_large_call(p_campaign_id);
  perform pg_advisory_xact_lock(wa.people_lock(p_campaign_id));
  person := wa.find_person(p_campaign_id, p_phone, p_voter_id);
  perform wa.suppress(p_campaign_id, wa.names_to_suppress(person));
  erased := jsonb_build_object(
    'erasure_id', gen_random_uuid(),
    'erased_at', now(),
    'messages', wa.erase_messages(person),
    'consents', wa.erase_consents(person),
    'test_numbers', wa.erase_test_numbers(person),
    'words', wa.erase_words(person));
  delete from wa.person_salts s
  where s.campaign_id = p_campaign_id
    and s.person in (select wa.keyed_hash(p_campaign_id, n) from unnest(person.phones) n);
  perform wa.audit(p_campaign_id, 'person_erased', null, erased || jsonb_build_object(
    'asked_by', case when p_voter_id is null then 'phone' else 'voter_id' end));
  return erased;
end $$;
comment on function public.wa_erase_person(uuid, text, uuid) is
  'Takes a person out of a campaign''s records (LFPDPPP arts. 24 and 25); by phone or by voter.';
revoke all on function public.wa_erase_person(uuid, text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_erase_person(uuid, text, uuid)
  to authenticated;

-- Meta's ids of their messages as well: whoever quotes one brings back the phone that is in it.
create function wa.names_to_suppress(p_person wa.person)
returns text[]
language sql stable
set search_path = ''
as $$
  select p_person.phones || p_person.voter_id::text || array(
    select q.meta_message_id
    from public.wa_send_queue q
    where q.id = any (p_person.messages) and q.meta_message_id is not null);
$$;

-- Locks in the order of every bulk change: messages by id, then contacts, then jobs.
create function wa.erase_messages(p_person wa.person)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  erased integer;
begin
  perform
  from public.wa_send_queue q
  where q.id = any (p_person.messages)
  order by q.id
  for update;
  perform wa.erase_contacts(p_person);
  perform wa.lock_jobs(array(
    select distinct q.job_id from public.wa_send_queue q where q.id = any (p_person.messages)));
  update public.wa_send_queue q
  set erased_at = now(),
    status = case q.status when 'queued' then 'skipped' else q.status end,
    skip_reason = case q.status when 'queued' then 'erased' else q.skip_reason end
  where q.id = any (p_person.messages) and q.erased_at is null;
  get diagnostics erased = row_count;
  -- Of a test it is a hash of the phone.
  update public.communications c
  set metadata = c.metadata || '{"request_hash": "erased"}'
  where c.is_test
    and c.job_id in (
      select q.job_id from public.wa_send_queue q where q.id = any (p_person.messages));
  return erased;
end $$;

-- The proof that they had agreed stays, blocked until claims about it have lapsed. Its source is
-- typed by people, and may name some.
create function wa.erase_consents(p_person wa.person)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  erased integer;
begin
  update public.wa_consents c
  set phone = null,
    source = null,
    evidence = null,
    person_hash = encode(wa.suppression_hash(k.key, c.phone), 'hex'),
    erased_at = now()
  from wa.newest_suppression_key(p_person.campaign_id) k
  where c.campaign_id = p_person.campaign_id and c.phone = any (p_person.phones);
  get diagnostics erased = row_count;
  return erased;
end $$;

create function wa.erase_test_numbers(p_person wa.person)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  erased integer;
begin
  delete from public.wa_test_numbers n
  where n.campaign_id = p_person.campaign_id and n.phone = any (p_person.phones);
  get diagnostics erased = row_count;
  return erased;
end $$;

-- Who counts against Meta's daily limit still does, under another name.
create function wa.erase_contacts(p_person wa.person)
returns void
language sql
set search_path = ''
as $$
  delete from public.wa_recent_contacts r
  where r.campaign_id = p_person.campaign_id and r.phone = any (p_person.phones);
  update public.wa_portfolio_contacts r
  set phone = 'erased:' || gen_random_uuid()
  where r.campaign_id = p_person.campaign_id and r.phone = any (p_person.phones);
$$;

-- What they said to the campaign's numbers, and their other names there. Where another campaign of
-- a number knows them, its words stay: they belong to the number. Where none does, a BAJA stays as
-- a hash, which binds whoever comes to the number.
create function wa.erase_words(p_person wa.person)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  forgetting uuid[] := array(
    select n.sender_id
    from public.wa_campaign_numbers n
    where n.campaign_id = p_person.campaign_id
      and not exists (
        select from unnest(p_person.phones) phone where wa.is_known_at(n.sender_id, phone)));
  names text[] := p_person.phones || p_person.user_ids;
  words bigint;
  silent uuid[];
begin
  delete from public.wa_same_person p
  where p.sender_id = any (forgetting) and (p.former = any (names) or p.present = any (names));
  with word as (
    delete from public.wa_opt_outs o
    where o.sender_id = any (forgetting) and o.phone = any (p_person.phones)
    returning o.sender_id, o.opted_out),
  unresolved as (
    delete from public.wa_unresolved_opt_outs u
    where u.sender_id = any (forgetting)
      and (u.user_id = any (names) or wa.is_erased_at(u.sender_id, u.context_message_id))
    returning u.sender_id, u.opted_out)
  select count(*), array_agg(distinct w.sender_id) filter (where w.opted_out) into words, silent
  from (select * from word union all select * from unresolved) w;
  perform wa.suppress(s, p_person.phones) from unnest(silent) s;
  return words;
end $$;
