-- What a number in a voter list means.

-- Mexican numbers as people type them -> +52 and ten digits, else null; what could be two things is
-- null. The mobile prefixes 044/045/1 and the trunk prefix 01 were abolished on 2019-08-03 (IFT,
-- Plan Técnico Fundamental de Numeración) but live on in lists, also behind +52. 011 is how the
-- United States dial abroad.
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
  return '+52' || substring(
    compact from '^(?:(?:\+|00|011)?52(?:1|01|044|045)?|01|044|045)?([2-9][0-9]{9})$');
end $$;
comment on function wa.normalize_phone(text) is
  'E.164 of a Mexican number in any usual notation, or null.';

-- Why wa.normalize_phone gave null. Foreign is what could be dialled: + or 00, a country's code and
-- seven to fifteen digits in all (ITU-T E.164), with the code 1 exactly eleven.
create function wa.phone_problem(p_raw text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when coalesce(typed, '') = '' then 'missing_number'
    when translate(typed, ' -().', '') ~ '^(?:\+|00)(?!52)(?:1[2-9][0-9]{9}|[2-9][0-9]{6,14})$'
      then 'foreign_number'
    else 'invalid_number'
  end
  from wa.typed_number(p_raw) typed;
$$;

-- What somebody put into a number's cell, with one spelling for each sign: spaces and dashes of any
-- kind are ' ' and '-', full-width signs are ASCII's. Line breaks separate two entries (';'),
-- except at the ends. The quotes and the "=" with which spreadsheets mark a number as text are
-- gone.
create function wa.typed_number(p_raw text)
returns text
language sql immutable strict parallel safe
set search_path = ''
as $$
  select regexp_replace(
    translate(
      regexp_replace(
        p_raw,
        '^[' || wa.invisible() || ']*=?[''"´`‘’' || wa.invisible() || ']*'
          '|[''"´`‘’' || wa.invisible() || ']+$',
        '', 'g'),
      E'\n\u000b\f\r\u0085\u2028\u2029０１２３４５６７８９＋．／（）'
        '\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d',
      ';;;;;;;0123456789+./()-----------'),
    '[' || wa.invisible() || ']+', ' ', 'g');
$$;

-- The signs between digits may go only where they cannot have meant anything else; otherwise null.
-- 551234567.0 is nine digits and a spreadsheet's float, 5512-3456/57 two lines of an old number,
-- (12) at the end an extension: without their signs all three would be a stranger's number.
create function wa.joined_digits(p_raw text)
returns text
language sql immutable strict parallel safe
set search_path = ''
as $$
  -- A single point or comma with nothing but zeros behind it is the end of a float, never a part of
  -- the number.
  select case
    -- 5,512,345,678 and 5.512.345.678: thousands.
    when whole ~ '^[0-9]{1,3}(?:(?:,[0-9]{3}){3,4}|(?:\.[0-9]{3}){3,4})$'
      then translate(whole, '.,', '')
    -- 5.512345678E9, as Java and Excel write it. With fewer decimals than the exponent asks for it
    -- may be rounded.
    when whole ~* '^[0-9]\.(?:[0-9]{9}e\+?0?9|[0-9]{11}e\+?11|[0-9]{12}e\+?12)$'
      then translate(split_part(lower(whole), 'e', 1), '.', '')
    -- Points separate groups if there are several, or behind an area code in parentheses:
    -- (55) 1234.5678.
    when whole ~ '\.'
      and not (whole ~ '\([0-9]{2,3}\) ?[0-9]{3,4}\.[0-9]{4}$'
        or (whole like '%.%.%'
          and whole ~ '^[+( ]*(?:(?:00|011)?52|0[0-9]{1,2})?(?:[0-9]{1,4}[ ().-]+){2,}[0-9]{2,4}$'))
      then null
    -- A slash stands behind the area code, and once more before the last four digits: 55/1234/5678.
    when whole ~ '/' and whole !~ '^[^/]*/ ?[0-9]{3,4}[ /-]*[0-9]{2}[ -]*[0-9]{2}$' then null
    -- Parentheses stand around a prefix, an area code or everything, not behind six digits.
    when whole ~ '(?:[0-9][^0-9(]*){6}\(' then null
    else translate(whole, ' -()./', '')
  end
  from regexp_replace(wa.typed_number(p_raw), '^([^.]*)\.0*$|^([^,]*),0*$', '\1\2') whole;
$$;
