-- Who of an audience can be written to, and with which words. Used alike by the preview (/audience) and by
-- the creation of a job, so that both give the same counts.

-- Mexican numbers as people type them -> +52 and ten digits, else null. The mobile prefixes 044/045/1 were
-- abolished on 2019-08-03 (IFT, Plan Técnico Fundamental de Numeración) but live on in lists.
create function wa.normalize_phone(p_raw text)
returns text
language plpgsql immutable strict parallel safe
set search_path = ''
as $$
declare
  -- No break space, digits and usual punctuation only: letters mean that this is not (just) a number.
  compact text := translate(p_raw, E' \t\u00a0-().\u2010\u2011\u2013/', '');
begin
  return '+52' || substring(compact from
    '^(?:(?:\+|00)?52(?:1(?=[0-9]{10}$))?|01|044|045)?([2-9][0-9]{9})$');
end $$;
comment on function wa.normalize_phone(text) is 'E.164 of a Mexican number in any usual notation, or null.';

create function wa.phone_problem(p_raw text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when coalesce(btrim(p_raw, E' \t\n\u00a0'), '') = '' then 'missing_number'
    when p_raw ~ '^[[:space:]]*(\+|00)' and p_raw !~ '^[[:space:]]*(\+|00)[[:space:]]*52'
      and length(regexp_replace(p_raw, '[^0-9]', '', 'g')) between 8 and 17 then 'foreign_number'
    else 'invalid_number' end;
$$;

-- Replaces {{voter.<name>}} and {{campaign.<name>}}; null if one of them has no value. A value that looks like
-- a field stays text. Whitespace is collapsed because Meta refuses line breaks, tabs and runs of spaces in
-- parameters (error 132018).
create function wa.fill(p_pattern text, p_voter jsonb, p_campaign jsonb)
returns text
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  between text[] := regexp_split_to_array(p_pattern, '\{\{\s*(?:voter|campaign)\.[a-z_]+\s*\}\}');
  filled text := between[1];
  used integer := 1;
  hit text[];
  value text;
begin
  for hit in select regexp_matches(p_pattern, '\{\{\s*(voter|campaign)\.([a-z_]+)\s*\}\}', 'g') loop
    value := case hit[1] when 'voter' then p_voter else p_campaign end ->> hit[2];
    if coalesce(btrim(value), '') = '' then
      return null;
    end if;
    used := used + 1;
    filled := filled || value || between[used];
  end loop;
  return nullif(btrim(regexp_replace(filled, '\s+', ' ', 'g')), '');
end $$;

create function wa.campaign_fields(p_campaign_id uuid)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object('name', s.display_name, 'candidate', s.candidate, 'office', s.office, 'party_legend', s.party_legend)
  from public.wa_campaign_settings s where s.campaign_id = p_campaign_id;
$$;

create function wa.is_opted_out(p_campaign_id uuid, p_phone text)
returns boolean
language sql stable
set search_path = ''
as $$
  select exists (select from public.wa_opt_outs o
    where o.campaign_id = p_campaign_id and o.phone = p_phone and o.opted_out);
$$;

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
create function wa.recipients(p_campaign_id uuid, p_filters jsonb, p_personalization jsonb)
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
    from fixed, wa.audience(p_campaign_id, p_filters) a, campaign c,
      lateral (
        select coalesce(jsonb_object_agg(v.key, case when v.only_field is null then wa.fill(v.value, a.fields, c.fields)
          else nullif(btrim(regexp_replace(a.fields ->> v.only_field, '\s+', ' ', 'g')), '') end), '{}') as params
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
  left join public.wa_opt_outs o on o.campaign_id = p_campaign_id and o.phone = j.phone and o.opted_out
  left join (select distinct c.phone from public.wa_consents c
    where c.campaign_id = p_campaign_id and c.revoked_at is null) agreed on agreed.phone = j.phone;
$$;
comment on function wa.recipients(uuid, jsonb, jsonb) is 'The audience with its exclusions; nothing is written.';
