-- Letters under any disguise. The inside of a [] says characters by their codes, because \w and
-- [[:alpha:]] mean something else under each collation.

create function wa.normalized_text(p_text text)
returns text
language sql immutable strict parallel safe
set search_path = ''
as $$
  select r.plain from wa.read_text(p_text) r;
$$;
comment on function wa.normalized_text(text) is
  'A text as the patterns of the lexicon read it.';

-- Small ASCII letters and digits, one blank between words. Off come: accents and other styles of a
-- letter (Unicode's compatibility forms), letters of other scripts that look like ours, invisible
-- characters, marks inside a word, blanks between single letters, digits for letters, and letters
-- that are repeated. joined: words may have become one.
create function wa.read_text(p_text text, out plain text, out joined boolean)
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  -- The flag ends a word; it spells none.
  t text := lower(normalize(replace(p_text, '🇲🇽', ' '), nfkd) collate "C");
begin
  joined := false;
  if octet_length(t) <> length(t) then
    t := lower(translate(
      regexp_replace(t, '[\u0300-\u036f' || wa.unseen() || ']+', '', 'g'),
      wa.lookalikes(), wa.looked_like()) collate "C");
  end if;
  if t ~ '[a-z0-9][-_*~''’`·•^]+[a-z0-9]' then
    joined := true;
    t := regexp_replace(t, '([a-z0-9])[-_*~''’`·•^]+(?=[a-z0-9])', '\1', 'g');
  end if;
  -- v o t o, v.o.t.o, v 🎁 o 🎁 t 🎁 o; two blanks keep two words apart.
  if t ~ '\m[a-z0][^a-z0-9]+[a-z0][^a-z0-9]+[a-z0]\M' then
    joined := true;
    t := regexp_replace(
      t, '\m([a-z0])(?:[^a-z0-9]|[^a-z0-9]*[^a-z0-9 ][^a-z0-9]*)(?=[a-z0]\M)', '\1', 'g');
  end if;
  if t ~ '[a-z][0-9$@]|[0-9$@][a-z]' then
    t := wa.without_digits_in_words(t);
  end if;
  plain := btrim(regexp_replace(wa.without_repeats(t), '[^a-z0-9]+', ' ', 'g'));
end $$;

-- Two digits and more are a number, and only stand too close: 500pesos, x500.
create function wa.without_digits_in_words(p_text text)
returns text
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  t text := regexp_replace(
    regexp_replace(p_text, '([0-9]{2})(?=[a-z])', '\1 ', 'g'), '([a-z])(?=[0-9]{2})', '\1 ', 'g');
  sign text[];
begin
  foreach sign slice 1 in array
    '{{0,o},{1,i},{3,e},{4,a},{5,s},{7,t},{8,b},{9,g},{$,s},{@,a}}'::text[]
  loop
    t := regexp_replace(
      t, format('(?<=[a-z])[%s]|[%1$s](?=[a-z])', sign[1]), sign[2], 'g');
  end loop;
  return t;
end $$;

-- One of each, but for the pairs that Spanish words have.
create function wa.without_repeats(p_text text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when p_text ~ 'aa|bb|dd|ee|ff|gg|hh|ii|jj|kk|mm|oo|pp|qq|ss|tt|uu|vv|ww|xx|yy|zz'
        '|ccc|lll|nnn|rrr' then
      regexp_replace(
        regexp_replace(p_text, '([abd-kmo-qs-z])\1+', '\1', 'g'), '([clnr])\1\1+', '\1', 'g')
    else p_text
  end;
$$;

-- The inside of [] for Unicode's default ignorable characters.
create function wa.unseen()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select '\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e'
    '\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff';
$$;

-- Of Cyrillic, Greek and phonetic letters those that look like a Latin one, and letters in squares
-- and circles: character by character what wa.looked_like() spells.
create function wa.lookalikes()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select 'авекмнорстухіјѕԁӏԛѵАВЕКМНОРСТУХІЈЅαβεικνορτυχγηΑΒΕΖΗ'
    'ΙΚΜΝΟΡΤΥΧıłøđħɑɡᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘᴛᴜᴠᴡʏᴢꜱ🇦🇧🇨🇩🇪🇫🇬🇭🇮🇯🇰🇱🇲🇳'
    '🇴🇵🇶🇷🇸🇹🇺🇻🇼🇽🇾🇿🅐🅑🅒🅓🅔🅕🅖🅗🅘🅙🅚🅛🅜🅝🅞🅟🅠🅡🅢🅣🅤🅥🅦🅧🅨🅩🅰🅱🅲🅳🅴🅵🅶🅷🅸🅹🅺🅻🅼🅽'
    '🅾🅿🆀🆁🆂🆃🆄🆅🆆🆇🆈🆉';
$$;

create function wa.looked_like()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select 'abekmhopctyxijsdlqvabekmhopctyxijsabeiknoptuxynabezh'
    'ikmnoptyxilodhagabcdeghijklmnoptuvwyzsabcdefghijklmn'
    'opqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmn'
    'opqrstuvwxyz';
$$;
