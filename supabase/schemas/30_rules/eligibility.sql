-- Who of an audience can be written to, and with which words. Used alike by the preview (/audience)
-- and by the creation of a job, so that both give the same counts.

-- Every voter of the audience, each with a phone and parameters or with the reason to be left out.
-- Of voters who share a number, the first who can be written to keeps it.
create function wa.recipients(p_campaign_id uuid, p_voter_ids uuid[], p_personalization jsonb)
returns table (voter_id uuid, phone text, params jsonb, skip_reason text)
language sql stable
set search_path = ''
as $$
  with voter as materialized (
    select *
    from wa.personalized_voters(p_campaign_id, p_voter_ids, p_personalization)
  ),
  suppressed as materialized (
    select *
    from wa.suppressed_names(p_campaign_id, array(select phone from voter) || p_voter_ids::text[])
  ),
  judged as (
    select v.*, row_number() over (
        partition by v.phone
        order by jsonb_path_exists(v.params, '$.* ? (@ == null)'), v.voter_id) as copy
    from voter v
  )
  select j.voter_id,
    case when j.copy = 1 then j.phone end,
    j.params,
    case
      when 'erased' in (by_phone.reason, by_voter.reason) then 'erased'
      when j.phone is null then wa.phone_problem(j.raw)
      when j.copy > 1 then 'duplicate_number'
      when o.phone is not null or by_phone.reason is not null then 'opted_out'
      when not coalesce(word.agrees, (
        select not s.consent_required
        from public.wa_campaign_settings s
        where s.campaign_id = p_campaign_id
      )) then 'no_consent'
      when jsonb_path_exists(j.params, '$.* ? (@ == null)') then 'missing_field'
    end
  from judged j
  -- wa.is_opted_out and wa.lacks_consent as joins: a call for each voter takes seconds, and "not
  -- in" turns quadratic as soon as the list outgrows work_mem (300,000 voters: minutes).
  left join suppressed by_phone on by_phone.name = j.phone
  left join suppressed by_voter on by_voter.name = j.voter_id::text
  left join wa.silent_people(p_campaign_id, array(select v.phone from voter v)) o
    on o.phone = j.phone
  left join wa.words_of_consent(p_campaign_id) word on word.phone = j.phone;
$$;
comment on function wa.recipients(uuid, uuid[], jsonb) is
  'An audience with its exclusions; nothing is written.';

-- Who ever agreed, and whether it still holds.
create function wa.words_of_consent(p_campaign_id uuid)
returns table (phone text, agrees boolean)
language sql stable
set search_path = ''
as $$
  select c.phone, bool_or(c.revoked_at is null)
  from public.wa_consents c
  where c.campaign_id = p_campaign_id
  group by c.phone;
$$;

-- The voters with their words. Values without a voter's field are filled in once, and one that is
-- nothing but a field needs no search for placeholders: with 100,000 voters that is most of the
-- time.
create function wa.personalized_voters(
  p_campaign_id uuid, p_voter_ids uuid[], p_personalization jsonb)
returns table (voter_id uuid, raw text, phone text, params jsonb)
language sql stable
set search_path = ''
as $$
  with campaign as materialized (
    select wa.campaign_fields(p_campaign_id) as fields
    from public.wa_campaign_settings s
    where s.campaign_id = p_campaign_id
  ),
  varying as materialized (
    select p.key, p.value,
      substring(p.value from '^\s*\{\{\s*voter\.([a-z_]+)\s*\}\}\s*$') as only_field
    from jsonb_each_text(p_personalization) p
    where p.value ~ '\{\{\s*voter\.'
  ),
  fixed as materialized (
    select coalesce(jsonb_object_agg(p.key, wa.fill(p.value, '{}', c.fields)), '{}') as params
    from jsonb_each_text(p_personalization) p, campaign c
    where p.key not in (select v.key from varying v)
  )
  select a.voter_id, a.phone, wa.normalize_phone(a.phone), fixed.params || own.params
  from fixed, wa.voters(p_campaign_id, p_voter_ids) a, campaign c, lateral (
    select coalesce(jsonb_object_agg(v.key, case
        when v.only_field is null then wa.fill(v.value, a.fields, c.fields)
        when a.fields ->> v.only_field ~ ('[^' || wa.invisible() || ']') then btrim(
          regexp_replace(a.fields ->> v.only_field, '[' || wa.white_space() || ']+', ' ', 'g'))
      end), '{}') as params
    from varying v
  ) own;
$$;

-- Asked for each message before it leaves, and nearly always of somebody who never said a word:
-- that is two look-ups, and plpgsql keeps their plan.
create function wa.is_opted_out(p_campaign_id uuid, p_phone text)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  if not exists (
    select
    from public.wa_campaign_numbers n
    join public.wa_opt_outs o on o.sender_id = n.sender_id and o.phone = p_phone
    where n.campaign_id = p_campaign_id and o.opted_out
  ) then
    return false;
  end if;
  return exists (select from wa.silent_people(p_campaign_id, array[p_phone]));
end $$;

-- Who of these people wants no message of a campaign: who said BAJA to one of its numbers and no
-- ALTA since to any of them. Two words to different numbers count as two to the same one do
-- (wa.note_opt_out): only a typed ALTA undoes a typed BAJA, and of two at the same second silence
-- holds. A BAJA binds whoever comes to the number later; an ALTA, said to those who wrote from it
-- then, does not speak for them. One plan for one phone and for 100,000.
create function wa.silent_people(p_campaign_id uuid, p_phones text[])
returns table (phone text, source text, since timestamptz)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select w.phone,
    (array_agg(w.source order by w.changed_at desc) filter (where w.opted_out))[1],
    max(w.changed_at) filter (where w.opted_out)
  from (
    select o.*,
      o.source in ('reply', 'operator') as own_word,
      o.changed_at >= n.since as said_to_us
    from public.wa_campaign_numbers n
    join public.wa_opt_outs o on o.sender_id = n.sender_id and o.phone = any (p_phones)
    where n.campaign_id = p_campaign_id
  ) w
  group by w.phone
  having max(w.changed_at) filter (where w.opted_out and w.own_word)
      >= coalesce(
        max(w.changed_at) filter (where not w.opted_out and w.said_to_us and w.own_word),
        '-infinity')
    or max(w.changed_at) filter (where w.opted_out and not w.own_word)
      >= coalesce(
        max(w.changed_at) filter (where not w.opted_out and w.said_to_us), '-infinity');
end $$;

-- Whoever took a consent back lacks it also where the campaign requires none (LFPDPPP art. 7).
create function wa.lacks_consent(p_campaign_id uuid, p_phone text)
returns boolean
language sql stable
set search_path = ''
as $$
  select not coalesce(
    (
      select bool_or(c.revoked_at is null)
      from public.wa_consents c
      where c.campaign_id = p_campaign_id and c.phone = p_phone),
    not exists (
      select
      from public.wa_campaign_settings s
      where s.campaign_id = p_campaign_id and s.consent_required
    ));
$$;
