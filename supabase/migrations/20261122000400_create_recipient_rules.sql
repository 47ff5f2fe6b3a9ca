-- Who of an audience can be written to, and with which words. Used alike by the preview (/audience) and by
-- the creation of a job, so that both give the same counts.

-- What somebody put into a number's cell, with one spelling for each sign: spaces and dashes of any kind are ' ' and
-- '-', full-width signs are ASCII's. Line breaks separate two entries (';'), except at the ends. The quotes and the
-- "=" with which spreadsheets mark a number as text are gone.
create function wa.typed_number(p_raw text)
returns text
language sql immutable strict parallel safe
set search_path = ''
as $$
  select regexp_replace(
    translate(
      regexp_replace(p_raw, '^[' || wa.invisible() || ']*=?[''"´`‘’' || wa.invisible() || ']*|[''"´`‘’' || wa.invisible() || ']+$', '', 'g'),
      E'\n\u000b\f\r\u0085\u2028\u2029０１２３４５６７８９＋．／（）\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d',
      ';;;;;;;0123456789+./()-----------'),
    '[' || wa.invisible() || ']+', ' ', 'g');
$$;

-- The signs between digits may go only where they cannot have meant anything else; otherwise null.
-- 551234567.0 is nine digits and a spreadsheet's float, 5512-3456/57 two lines of an old number, (12) at the end an
-- extension: without their signs all three would be a stranger's number.
create function wa.joined_digits(p_raw text)
returns text
language sql immutable strict parallel safe
set search_path = ''
as $$
  -- A single point or comma with nothing but zeros behind it is the end of a float, never a part of the number.
  select case
    -- 5,512,345,678 and 5.512.345.678: thousands.
    when whole ~ '^[0-9]{1,3}(?:(?:,[0-9]{3}){3,4}|(?:\.[0-9]{3}){3,4})$' then translate(whole, '.,', '')
    -- 5.512345678E9, as Java and Excel write it. With fewer decimals than the exponent asks for it may be rounded.
    when whole ~* '^[0-9]\.(?:[0-9]{9}e\+?0?9|[0-9]{11}e\+?11|[0-9]{12}e\+?12)$' then translate(split_part(lower(whole), 'e', 1), '.', '')
    -- Points separate groups if there are several, or behind an area code in parentheses: (55) 1234.5678.
    when whole ~ '\.' and not (whole ~ '\([0-9]{2,3}\) ?[0-9]{3,4}\.[0-9]{4}$'
      or (whole like '%.%.%' and whole ~ '^[+( ]*(?:(?:00|011)?52|0[0-9]{1,2})?(?:[0-9]{1,4}[ ().-]+){2,}[0-9]{2,4}$')) then null
    -- A slash stands behind the area code, and once more before the last four digits: 55/1234/5678.
    when whole ~ '/' and whole !~ '^[^/]*/ ?[0-9]{3,4}[ /-]*[0-9]{2}[ -]*[0-9]{2}$' then null
    -- Parentheses stand around a prefix, an area code or everything, not behind six digits.
    when whole ~ '(?:[0-9][^0-9(]*){6}\(' then null
    else translate(whole, ' -()./', '')
  end
  from regexp_replace(wa.typed_number(p_raw), '^([^.]*)\.0*$|^([^,]*),0*$', '\1\2') whole;
$$;

-- Mexican numbers as people type them -> +52 and ten digits, else null; what could be two things is null.
-- The mobile prefixes 044/045/1 and the trunk prefix 01 were abolished on 2019-08-03 (IFT, Plan Técnico Fundamental
-- de Numeración) but live on in lists, also behind +52. 011 is how the United States dial abroad.
create function wa.normalize_phone(p_raw text)
returns text
language plpgsql immutable strict parallel safe
set search_path = ''
as $$
declare
  compact text := translate(p_raw, ' -', '');
begin
  -- Spaces and dashes may go wherever they stand; nearly every number has no other sign.
  if compact !~ '^\+?[0-9]+$' then
    compact := wa.joined_digits(p_raw);
  end if;
  return '+52' || substring(compact from '^(?:(?:\+|00|011)?52(?:1|01|044|045)?|01|044|045)?([2-9][0-9]{9})$');
end $$;
comment on function wa.normalize_phone(text) is 'E.164 of a Mexican number in any usual notation, or null.';

-- Why wa.normalize_phone gave null. Foreign is what could be dialled: + or 00, a country's code and seven to fifteen
-- digits in all (ITU-T E.164), with the code 1 exactly eleven.
create function wa.phone_problem(p_raw text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when coalesce(typed, '') = '' then 'missing_number'
    when translate(typed, ' -().', '') ~ '^(?:\+|00)(?!52)(?:1[2-9][0-9]{9}|[2-9][0-9]{6,14})$' then 'foreign_number'
    else 'invalid_number' end
  from wa.typed_number(p_raw) typed;
$$;

-- Replaces {{voter.<name>}} and {{campaign.<name>}}; null if one of them has nothing to show. A value that looks
-- like a field stays text. White space is collapsed because Meta refuses line breaks, tabs and runs of spaces in
-- parameters (error 132018).
create function wa.fill(p_pattern text, p_voter jsonb, p_campaign jsonb)
returns text
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  filled text := '';
  rest text := p_pattern;
  hit text[];
  value text;
begin
  loop
    hit := regexp_match(rest, '^(.*?)\{\{\s*(voter|campaign)\.([a-z_]+)\s*\}\}(.*)$');
    exit when hit is null;
    value := case hit[2] when 'voter' then p_voter else p_campaign end ->> hit[3];
    if value is null or value !~ ('[^' || wa.invisible() || ']') then
      return null;
    end if;
    filled := filled || hit[1] || value;
    rest := hit[4];
  end loop;
  filled := filled || rest;
  if filled ~ ('[^' || wa.invisible() || ']') then
    return btrim(regexp_replace(filled, '[' || wa.white_space() || ']+', ' ', 'g'));
  end if;
  return null;
end $$;

create function wa.campaign_fields(p_campaign_id uuid)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object('name', s.display_name, 'candidate', s.candidate, 'office', s.office, 'party_legend', s.party_legend)
  from public.wa_campaign_settings s where s.campaign_id = p_campaign_id;
$$;

-- Who of these people wants no message of a campaign: who said BAJA to one of its numbers and no ALTA since to any of them.
-- Two words to different numbers count as two to the same one do (wa.note_opt_out): only a typed ALTA undoes a typed BAJA,
-- and of two at the same second silence holds. A BAJA binds whoever comes to the number later; an ALTA, said to those who
-- wrote from it then, does not speak for them. One plan for one phone and for 100,000.
create function wa.silent_people(p_campaign_id uuid, p_phones text[])
returns table (phone text, source text, since timestamptz)
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan
as $$
begin
  return query select w.phone, (array_agg(w.source order by w.changed_at desc) filter (where w.opted_out))[1], max(w.changed_at) filter (where w.opted_out)
  from (
    select o.*, o.source in ('reply', 'operator') as own_word, o.changed_at >= n.since as said_to_us
    from public.wa_campaign_numbers n join public.wa_opt_outs o on o.sender_id = n.sender_id and o.phone = any (p_phones)
    where n.campaign_id = p_campaign_id) w
  group by w.phone
  having max(w.changed_at) filter (where w.opted_out and w.own_word)
      >= coalesce(max(w.changed_at) filter (where not w.opted_out and w.said_to_us and w.own_word), '-infinity')
    or max(w.changed_at) filter (where w.opted_out and not w.own_word)
      >= coalesce(max(w.changed_at) filter (where not w.opted_out and w.said_to_us), '-infinity');
end $$;

-- Asked for each message before it leaves, and nearly always of somebody who never said a word: that is two look-ups, and
-- plpgsql keeps their plan.
create function wa.is_opted_out(p_campaign_id uuid, p_phone text)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  if not exists (select from public.wa_campaign_numbers n join public.wa_opt_outs o on o.sender_id = n.sender_id and o.phone = p_phone
      where n.campaign_id = p_campaign_id and o.opted_out) then
    return false;
  end if;
  return exists (select from wa.silent_people(p_campaign_id, array[p_phone]));
end $$;

create function wa.lacks_consent(p_campaign_id uuid, p_phone text)
returns boolean
language sql stable
set search_path = ''
as $$
  select exists (select from public.wa_campaign_settings s where s.campaign_id = p_campaign_id and s.consent_required)
    and not exists (select from public.wa_consents c
      where c.campaign_id = p_campaign_id and c.phone = p_phone and c.revoked_at is null);
$$;

-- Every voter of the audience, each with a phone and parameters or with the reason to be left out.
-- Of voters who share a number, the first who can be written to keeps it.
-- Values without a voter's field are filled in once, and one that is nothing but a field needs no search for
-- placeholders: with 100,000 voters that is most of the time.
create function wa.recipients(p_campaign_id uuid, p_voter_ids uuid[], p_personalization jsonb)
returns table (voter_id uuid, phone text, params jsonb, skip_reason text)
language sql stable
set search_path = ''
as $$
  with campaign as materialized (
    select wa.campaign_fields(p_campaign_id) as fields, s.consent_required
    from public.wa_campaign_settings s where s.campaign_id = p_campaign_id),
  varying as materialized (
    select p.key, p.value, substring(p.value from '^\s*\{\{\s*voter\.([a-z_]+)\s*\}\}\s*$') as only_field
    from jsonb_each_text(p_personalization) p where p.value ~ '\{\{\s*voter\.'),
  fixed as materialized (
    select coalesce(jsonb_object_agg(p.key, wa.fill(p.value, '{}', c.fields)), '{}') as params
    from jsonb_each_text(p_personalization) p, campaign c where p.key not in (select v.key from varying v)),
  voter as materialized (
    select a.voter_id, a.phone as raw, wa.normalize_phone(a.phone) as phone, fixed.params || own.params as params
    from fixed, wa.voters(p_campaign_id, p_voter_ids) a, campaign c,
      lateral (
        select coalesce(jsonb_object_agg(v.key, case when v.only_field is null then wa.fill(v.value, a.fields, c.fields)
          when a.fields ->> v.only_field ~ ('[^' || wa.invisible() || ']')
          then btrim(regexp_replace(a.fields ->> v.only_field, '[' || wa.white_space() || ']+', ' ', 'g')) end), '{}') as params
        from varying v) own),
  judged as (
    select v.*, row_number() over (
        partition by v.phone order by jsonb_path_exists(v.params, '$.* ? (@ == null)'), v.voter_id) as copy
    from voter v)
  select j.voter_id,
    case when j.copy = 1 then j.phone end,
    j.params,
    case
      when j.phone is null then wa.phone_problem(j.raw)
      when j.copy > 1 then 'duplicate_number'
      when o.phone is not null then 'opted_out'
      when (select c.consent_required from campaign c) and agreed.phone is null then 'no_consent'
      when jsonb_path_exists(j.params, '$.* ? (@ == null)') then 'missing_field'
    end
  from judged j
  -- wa.is_opted_out and wa.lacks_consent as joins: a call for each voter takes seconds, and "not in" turns
  -- quadratic as soon as the list outgrows work_mem (300,000 voters: minutes).
  left join wa.silent_people(p_campaign_id, array(select v.phone from voter v)) o on o.phone = j.phone
  left join (select distinct c.phone from public.wa_consents c
    where c.campaign_id = p_campaign_id and c.revoked_at is null) agreed on agreed.phone = j.phone;
$$;
comment on function wa.recipients(uuid, uuid[], jsonb) is 'An audience with its exclusions; nothing is written.';
