-- Who speaks, and how to make it stop: a campaign's message names its candidate, the office, and
-- the party, the coalition or "Candidato Independiente" (LGIPE, arts. 246.1, 394.1.j), says that a
-- precandidate is one (211.3, 227.3), and offers BAJA. No article was found that wants the number
-- of a registration in a message: it is asked for where the campaign wants it shown.

-- Of a template as a job with these values sends it.
create function wa.missing_from(
  p_template public.wa_templates, p_values jsonb, p_settings public.wa_campaign_settings)
returns table (element text, name text)
language sql stable
set search_path = ''
as $$
  with said as (select wa.text_for_everybody(p_template, p_values) as text)
  select g.*
  from said s, wa.identification_gaps(s.text, p_settings) g
  union all
  select 'opt_out', 'la manera de pedir BAJA'
  from said s
  where not wa.offers_opt_out(s.text, p_template.buttons);
$$;

-- What is not there: {element, name}, the name in Spanish. p_text: as everybody reads it.
create function wa.identification_gaps(p_text text, p_settings public.wa_campaign_settings)
returns table (element text, name text)
language sql immutable
set search_path = ''
as $$
  select e.element, e.name
  from (select wa.read_identity(p_text, p_settings.candidate) as text) t, lateral (values
    (1, 'candidate', 'la candidatura', strpos(lower(t.text), ' @ ') > 0),
    (2, 'precandidate', 'la calidad de precandidato(a)',
      not p_settings.precandidate or lower(t.text) ~ ' pre ?candidat[a-z]+ '),
    (3, 'office', 'el cargo', wa.names_office(lower(t.text), p_settings.office)),
    (4, 'party', case p_settings.party_legend
        when wa.independent_legend() then format('la leyenda «%s»', wa.independent_legend())
        else 'el partido o la coalición' end,
      wa.names_party(t.text, p_settings.party_legend)),
    (5, 'registration', 'el registro ante el INE u OPLE',
      not p_settings.show_ine_registration or p_settings.ine_registration is null
      or strpos(wa.letters_and_digits(p_text), wa.letters_and_digits(p_settings.ine_registration))
        > 0)
  ) e (place, element, name, is_there)
  where not coalesce(e.is_there, false)
  order by e.place;
$$;

-- The text's words, the candidate's name as "@". What a clause denies is not said. Once as it is,
-- and, far enough behind not to go on from there, once without initials and what is in quotation
-- marks: Ana M. López, Luis «El Güero» Pérez.
create function wa.read_identity(p_text text, p_candidate text)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  pair text;
  words text := wa.plain_words(p_text || repeat(E'\nzzz', 9) || E'\n' || regexp_replace(
    regexp_replace(p_text, '[«“"(][^«»“”"()\n]{1,40}[»”")]', '', 'g'),
    '\m[[:upper:]]\.\s', '', 'g'));
begin
  words := regexp_replace(words, ' (no|ni|nunca|jamas|tampoco) (soy|es|eres|somos|son|ser|sere|'
    'sera|fui|fue|era|pertenezco|pertenece|represento|representa) [^.,]*', ' ', 'gi');
  words := wa.telling_words(words);
  foreach pair in array coalesce(wa.name_pairs(p_candidate), '{}') loop
    words := regexp_replace(words, ' ' || pair || ' ', ' @ ', 'gi');
  end loop;
  return words;
end $$;

-- Words without accents and marks, between single spaces; "." for whatever ends a clause.
create function wa.plain_words(p_text text)
returns text
language sql immutable
set search_path = ''
as $$
  select ' ' || btrim(regexp_replace(m.text, '[^A-Za-z0-9.,]+', ' ', 'g')) || ' '
  from (
    select regexp_replace(
      regexp_replace(h.text, '[!?¡¿:;|\n\r–—]+', '.', 'g'), '([.,])', ' \1 ', 'g') as text
    from (
      select regexp_replace(
        regexp_replace(n.text, '\m([A-Za-z])\.(?=[A-Za-z](\.|\M))', '\1', 'g'), -- P.R.I.
        '([a-z])([A-Z])', '\1 \2', 'g') as text -- #LuisPerez
      from (
        select regexp_replace(
          normalize(p_text, nfkd),
          '[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff*_~`]', '', 'g') as text) n) h) m;
$$;

-- Without the words that a name may have or not, and without what ends clauses.
create function wa.telling_words(p_words text)
returns text
language sql immutable
set search_path = ''
as $$
  select regexp_replace(p_words, ' (([.,]|de|del|la|las|los|el|y|e) )+', ' ', 'gi');
$$;

create function wa.letters_and_digits(p_text text)
returns text
language sql immutable
set search_path = ''
as $$
  select regexp_replace(lower(wa.plain_words(p_text)), '[^a-z0-9]', '', 'g');
$$;

-- Two words that name somebody: a given name, or the nickname that was typed in quotation marks,
-- and a surname; or both surnames. A name of four words or more ends in two surnames; of three the
-- second is one unless it is a usual second given name. Longer than two words where they follow.
create function wa.name_pairs(p_name text)
returns text[]
language sql immutable
set search_path = ''
as $$
  with word as (
    select w.word, w.n, count(*) over () as words, is_nickname
    from (values
      (regexp_replace(p_name, '[«“"(][^»”")]*[»”")]', ' ', 'g'), false),
      (array_to_string(regexp_match(p_name, '[«“"(]([^»”")]*)[»”")]'), ' '), true)
    ) s (text, is_nickname), lateral regexp_split_to_table(
      btrim(wa.telling_words(lower(wa.plain_words(s.text)))), ' ') with ordinality w(word, n)
    where w.word <> ''),
  own as (
    select w.word, w.n, count(*) over () as words
    from word w
    where not w.is_nickname)
  select array_agg(p.pair order by p.n)
  from (
    select o.word as pair, 1 as n
    from own o
    where o.words = 1
    union all
    select f.word || ' ' || s.word, s.n
    from own s
    join word f on f.is_nickname or f.n < s.n
    where s.n > greatest(1, s.words - 2 + (s.words = 3 and exists (
      select
      from own g
      where g.n = 2
        and g.word = any ('{maria,jose,luis,carlos,antonio,manuel,angel,jesus,guadalupe,elena,'
          'alberto,eduardo,fernando,isabel,carmen,teresa,rosa,laura,patricia,alejandra,daniel,'
          'miguel,juan,francisco,javier,enrique,alejandro,arturo,andres,pablo,ignacio,rosario}')
      ))::integer)
  ) p;
$$;

-- An office is known by what it is called, in either gender, and by its usual abbreviations; which
-- district or town need not be said. It must stand near the candidate's name or the word
-- candidate: "el gobernador prometió" is somebody else's.
create function wa.names_office(p_words text, p_office text)
returns boolean
language sql immutable
set search_path = ''
as $$
  select p_words ~ format(
    '( @| (pre)?candidat[a-z]*| aspirante| proxim[ao]| abanderad[ao])( [^ ]+){0,8} (%1$s) '
    '| (%1$s)( [^ ]+){0,1} @ ', o.called)
  from (
    select coalesce((
        select k.called
        from wa.known_offices() k
        where w.typed ~ k.typed
        order by k.place
        limit 1),
      nullif(btrim(w.typed), '')) as called
    from (
      select wa.telling_words(lower(wa.plain_words(split_part(p_office, ',', 1)))) as typed) w) o;
$$;

-- A coalition is named by its name or by all of its parties, where they were typed.
create function wa.names_party(p_words text, p_legend text)
returns boolean
language sql immutable
set search_path = ''
as $$
  select case
    when p_legend = wa.independent_legend()
      then lower(p_words) ~ ' (pre ?)?candidat(o|a|e|o a|ura) independiente '
    else wa.names_all_parties(p_words, array[l.name])
      or wa.names_all_parties(p_words, regexp_split_to_array(l.members, l.separator))
      or (wa.are_known_parties(regexp_split_to_array(l.listed, l.separator))
        and wa.names_all_parties(p_words, regexp_split_to_array(l.listed, l.separator))) end
  from (
    select regexp_replace(p_legend, '\(.*\)', '') as name,
      substring(p_legend from '\((.*)\)') as members,
      regexp_replace(
        regexp_replace(p_legend, '\(.*\)', ''), '^\s*coalici[oó]n\s+', '', 'i') as listed,
      '\s*[,;/|+–—-]\s*|\s+[ye]\s+' as separator) l;
$$;

-- Null, as false, where there are none.
create function wa.names_all_parties(p_words text, p_parties text[])
returns boolean
language sql immutable
set search_path = ''
as $$
  select bool_and(case
    when k.acronym is not null
      then strpos(p_words, ' ' || k.acronym || ' ') > 0
        or lower(p_words) ~ (' (' || k.called || ') ')
    when p.typed ~ '^\s*[[:upper:]]+\s*$' then strpos(p_words, p.words) > 0
    else strpos(
      lower(p_words), regexp_replace(lower(p.words), wa.words_before_parties(), ' ')) > 0 end)
  from (
    select u.typed, wa.telling_words(wa.plain_words(u.typed)) as words
    from unnest(p_parties) u (typed)) p
  left join wa.known_parties() k on lower(btrim(p.words)) ~ k.typed;
$$;

create function wa.are_known_parties(p_parties text[])
returns boolean
language sql immutable
set search_path = ''
as $$
  select bool_and(exists (
    select
    from wa.known_parties() k
    where lower(btrim(wa.telling_words(wa.plain_words(u.typed)))) ~ k.typed))
  from unnest(p_parties) u (typed);
$$;

-- "Responde BAJA", or a quick reply that says it. Only words that the bridge acts on
-- (shared/rules/opt_out.py; a test compares): who writes another goes on receiving.
create function wa.offers_opt_out(p_text text, p_buttons jsonb)
returns boolean
language sql immutable
set search_path = ''
as $$
  select lower(wa.plain_words(p_text)) ~ concat(
      '(?<! no) (respond[ea]|respondenos|contest[ae]|contestanos|escrib[ea]|escribenos|mand[ae]'
      '|mandanos|envi[ae]|envianos|teclea|reply|send|text)'
      '( (a|al|con|la|el|palabra|este|mensaje|numero|chat|solo|solamente|simplemente|aqui|por'
      '|whatsapp|texto|with))* (baja|alto|stop|cancelar)'
      '( [.,]| para| si| o| to| cuando| y (no|ya|te|deja[a-z]*)| *$)',
      '| (baja|stop|cancelar) (para|si) [^.]{0,30}(recibir|mensajes|salir) ',
      '| (recibir|mensajes) [^.]{0,30}\. (baja|stop) (\.|$)')
    or exists (
      select
      from jsonb_array_elements(wa.list_or_none(p_buttons)) b,
        lateral (values (b ->> 'text'), (b ->> 'payload')) said (words)
      where upper(b ->> 'type') = 'QUICK_REPLY'
        and btrim(lower(wa.plain_words(said.words)), ' .,') = any (wa.opt_out_labels()));
$$;

-- What a template says to everybody: its texts with the campaign's fields and fixed words in place
-- of the variables, nothing in place of voters' fields, and its buttons' labels.
create function wa.text_for_everybody(p_template public.wa_templates, p_values jsonb)
returns text
language sql stable
set search_path = ''
as $$
  with given as (
    select coalesce(jsonb_object_agg(v.key, coalesce(wa.fill(
        regexp_replace(v.value, '\{\{\s*voter\.[a-z_]+\s*\}\}', '', 'g'),
        '{}', wa.campaign_fields(p_template.campaign_id)), '')), '{}') as values
    from jsonb_each_text(p_values) v)
  select concat_ws(E'\n',
    wa.with_values(p_template.header_text, case p_template.parameter_format
      when 'positional' then jsonb_build_object('1', g.values -> 'header') else g.values end),
    wa.with_values(p_template.body_text, g.values),
    p_template.footer_text,
    (select string_agg(b ->> 'text', E'\n')
      from jsonb_array_elements(p_template.buttons) b))
  from given g;
$$;

create function wa.with_values(p_text text, p_values jsonb)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  filled text := '';
  rest text := p_text;
  hit text[];
begin
  loop
    hit := regexp_match(rest, '^(.*?)\{\{([^{}]*)\}\}(.*)$');
    exit when hit is null;
    filled := filled || hit[1] || coalesce(p_values ->> btrim(hit[2], E' \t\r\n\u00a0'), '');
    rest := hit[3];
  end loop;
  return filled || rest;
end $$;
