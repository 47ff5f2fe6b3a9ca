-- What stands in a message for each voter. The voters' fields: wa.voter_fields in
-- 10_campaignpro.sql.

-- Replaces {{voter.<name>}} and {{campaign.<name>}}; null if one of them has nothing to show. A
-- value that looks like a field stays text. White space is collapsed because Meta refuses line
-- breaks, tabs and runs of spaces in parameters (error 132018).
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
  select jsonb_build_object(
    'name', s.display_name,
    'candidate', s.candidate,
    'office', s.office,
    'party_legend', s.party_legend)
  from public.wa_campaign_settings s
  where s.campaign_id = p_campaign_id;
$$;

-- Both are the inside of a regular expression's [], spelled out because \s and [[:space:]] mean
-- something else under each collation. As constants they are folded into the pattern once per
-- query, not once per voter.
create function wa.white_space()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select '\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000';
$$;
comment on function wa.white_space() is
  'The characters that Unicode calls white space, and the four separators of ASCII.';

-- Default ignorable as in DerivedCoreProperties.txt. shared/rules/payloads.py has the same list.
create function wa.invisible()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select wa.white_space()
    || '\u0001-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2'
    '\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164'
    '\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f'
    '\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff';
$$;
comment on function wa.invisible() is
  'White space; control, format, default ignorable and private characters; the blank of braille.';
