-- Whether a message may buy or coerce votes (docs/decisions/0021). Judged here alone, because what
-- each voter will read exists only here. What is looked for: content_lexicon.sql. One message or
-- one job: content_messages.sql.
--
-- A text is normalised: letters without accents and disguise, one blank between words. HARMLESS
-- patterns are struck out of it; then each pattern of class BLOCK or WARN is looked for, and a
-- DENIAL around what was found lowers it by one class: a BLOCK that is denounced still asks for a
-- second person, and no denial lets one pass unseen.
-- Each pattern has words without one of which it fits nothing (wa.telling_keys): a text that has
-- none of them meets no regular expression.

create function wa.content_findings(p_text text)
returns table (class text, phrase text, article text, rule text)
language sql stable
set search_path = ''
as $$
  select f.class, f.phrase, f.article, f.rule
  from wa.content_findings_of_texts(array[p_text]) f
  order by f.class, f.starts_at, f.rule;
$$;
comment on function wa.content_findings(text) is
  'What in a text may buy or coerce votes (BLOCK) or needs a second look (WARN).';

-- What the promoter is told.
create function wa.content_sentence(p_class text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case p_class
    when 'BLOCK' then 'Posible compra o coacción del voto.'
    when 'WARN' then 'Requiere segunda aprobación.'
  end;
$$;

-- Of several texts at once: the lexicon is compiled once for all. text_no counts from 1; starts_at
-- and phrase are of the text as it was given.
create function wa.content_findings_of_texts(p_texts text[])
returns table (
  text_no bigint, starts_at integer, class text, phrase text, article text, rule text)
language sql stable
set search_path = ''
as $$
  with rule as materialized (select * from wa.content_expressions()),
  harmless as materialized (select wa.content_expression_of('HARMLESS') as expression),
  judged as materialized (
    select t.ordinality as text_no, t.value, r.plain, r.joined
    from unnest(p_texts) with ordinality t(value), wa.read_text(t.value) r
  ),
  candidate as materialized (
    select distinct j.text_no, k.rule, k.class
    from judged j, string_to_table(j.plain, ' ') word,
      unnest(array[word, left(word, 4) || '*']) as reading
    join (select r.rule, r.class, unnest(r.keys) as key from rule r) k on k.key = reading
    union
    select j.text_no, r.rule, r.class
    from judged j, rule r
    where j.joined
  ),
  struck as materialized (
    select j.text_no, wa.without(j.plain, h.expression) as struck
    from judged j, harmless h
    where j.text_no in (select c.text_no from candidate c)
  ),
  found as materialized (
    select j.*, r.*,
      regexp_instr(s.struck, r.expression, 1, h.nth, 0) as starts,
      regexp_instr(s.struck, r.expression, 1, h.nth, 1) as ends
    from candidate c
    join rule r on r.rule = c.rule and r.class = c.class
    join judged j on j.text_no = c.text_no
    join struck s on s.text_no = c.text_no,
    generate_series(1, regexp_count(s.struck, r.expression)) h(nth)
  )
  select distinct f.text_no, p.starts_at, l.class, p.phrase, f.article, f.rule
  from found f, wa.phrase_of(f.value, f.starts, f.ends) p,
    wa.lowered_class(
      f.class, f.denial, left(f.value, p.starts_at - 1), substr(f.plain, f.ends)) l(class)
  where l.class is not null;
$$;

-- Nobody's word, of the same length, in the place of each harmless phrase.
create function wa.without(p_plain text, p_harmless text)
returns text
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  kept text := p_plain;
  starts integer;
  ends integer;
begin
  loop
    starts := regexp_instr(kept, p_harmless, 1, 1, 0);
    exit when coalesce(starts, 0) = 0;
    ends := regexp_instr(kept, p_harmless, 1, 1, 1);
    kept := overlay(kept placing repeat('_', ends - starts) from starts for ends - starts);
  end loop;
  return kept;
end $$;

-- One class lower if a denial fits around the phrase; null is nothing at all. Of the text before
-- the phrase, as it was typed, only the same sentence counts; after it the next one may deny
-- ("No es cierto").
create function wa.lowered_class(p_class text, p_denial text, p_before text, p_plain_after text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when wa.normalized_text(substring(p_before from '[^.!?\n]*$')) || ' @ ' || ltrim(p_plain_after)
      !~ p_denial then p_class
    when p_class = 'BLOCK' then 'WARN'
  end;
$$;

-- The words of a text that became p_starts to p_ends of the normalised one, as they were typed, but
-- for the marks around them.
create function wa.phrase_of(p_text text, p_starts integer, p_ends integer)
returns table (starts_at integer, phrase text)
language sql immutable parallel safe
set search_path = ''
as $$
  select w.starts, btrim(substr(p_text, w.starts, w.ends - w.starts), ' .,;:!?¡¿"«»()*_~')
  from (
    select
      regexp_instr(p_text, '\S+', 1, wa.word_reaching(p_text, p_starts), 0) as starts,
      regexp_instr(p_text, '\S+', 1, wa.word_reaching(p_text, p_ends - 1), 1) as ends
  ) w;
$$;

-- The first word with which the normalised text is so long.
create function wa.word_reaching(p_text text, p_length integer)
returns integer
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  low integer := 1;
  high integer := greatest(regexp_count(p_text, '\S+'), 1);
  middle integer;
begin
  while low < high loop
    middle := (low + high) / 2;
    if length(wa.normalized_text(left(p_text, regexp_instr(p_text, '\S+', 1, middle, 1) - 1)))
        >= p_length then
      high := middle;
    else
      low := middle + 1;
    end if;
  end loop;
  return low;
end $$;

-- A rule's patterns as one expression over normalised text, and the denials that it heeds.
create function wa.content_expressions()
returns table (
  rule text, class text, article text, expression text, denial text, keys text[])
language sql stable
set search_path = ''
as $$
  select r.rule, r.class, min(r.article), wa.any_of(array_agg(wa.content_expression(r.pattern))),
    coalesce('(?:^| )(?:' || (
      select string_agg(wa.content_expression(d.pattern), '|' order by d.pattern collate "C")
      from wa.content_rules d
      where d.class = 'DENIAL' and d.rule in (r.rule, 'any')
    ) || ')(?: |$)', 'a\Mb'),
    array(
      select distinct k
      from unnest(array_agg(r.pattern)) pattern, wa.telling_keys(pattern) k)
  from wa.content_rules r
  where r.class in ('BLOCK', 'WARN')
  group by r.rule, r.class;
$$;

create function wa.content_expression_of(p_class text)
returns text
language sql stable
set search_path = ''
as $$
  select wa.any_of(array_agg(wa.content_expression(r.pattern)))
  from wa.content_rules r
  where r.class = p_class;
$$;

-- The shortest match of any of them: {1,1}? asks for it.
create function wa.any_of(p_expressions text[])
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select '(?:\m(?:' || coalesce(array_to_string(p_expressions, '|'), 'a\Mb') || ')\M){1,1}?';
$$;

-- A pattern as a regular expression. Between two words the blank may be missing, as it is where
-- somebody wrote every letter apart.
create function wa.content_expression(p_pattern text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select replace(replace(replace(replace(
      regexp_replace(wa.plain_pattern(p_pattern), '([a-z?)>]) (?=[a-z(<])', '\1 ?', 'g'),
      '<votar>', wa.forms_of_votar()),
      '(', '(?:'), '*', '[a-z0-9]*'), '~', '(?: [a-z0-9_]+){0,6} ');
$$;

-- In the letters of a normalised text; ~ for the six words.
create function wa.plain_pattern(p_pattern text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select wa.without_repeats(lower(
    regexp_replace(normalize(replace(p_pattern, ' … ', '~'), nfkd), '[\u0300-\u036f]', '', 'g')
    collate "C"));
$$;

-- Words without one of which a pattern fits nothing; of a word* its first four letters and the *.
-- They are of the word or the brackets that tell most: the longer the shortest of them the better,
-- and none that every campaign writes.
create function wa.telling_keys(p_pattern text)
returns setof text
language sql immutable parallel safe
set search_path = ''
as $$
  with part as (
    select p.hit[1] as part, p.nth
    from regexp_matches(
      regexp_replace(wa.plain_pattern(p_pattern), '\((?:[^()]|\([^()]*\))*\)\?', '', 'g'),
      '(\((?:[^()]|\([^()]*\))*\)|[^ ()~]+)', 'g') with ordinality p(hit, nth)
  ),
  key as (
    select p.part, p.nth, (
        select word
        from regexp_split_to_table(way, '[^a-z<>*]+') word
        order by length(word) desc
        limit 1) as word
    from part p, unnest(string_to_array(p.part, '|')) way
  )
  select distinct case when k.word like '%*' then left(k.word, 4) || '*' else k.word end
  from key k
  where k.nth = (
    select x.nth
    from key x
    group by x.nth, x.part
    order by x.part ~ '<votar>|\m(vota|voto|votar)\M|casilla|^\(te\|', min(length(x.word)) desc,
      x.nth
    limit 1);
$$;

-- The words of four letters or more in patterns of class BLOCK, to be compared by "like".
create function wa.block_words()
returns text[]
language sql stable
set search_path = ''
as $$
  select array_agg(distinct replace(w.hit[1], '*', '%'))
  from wa.content_rules r,
    regexp_matches(
      replace(wa.plain_pattern(r.pattern), '<votar>', wa.forms_of_votar()),
      '[a-z]{4,}\*?', 'g') w(hit)
  where r.class = 'BLOCK';
$$;

-- Written out: a voter's name may be Votante, and no word of a pattern.
create function wa.forms_of_votar()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select '(voto|votos|votar|vota|votas|votan|vote|votes|voten|votaste|votaron|votando|votamos'
    '|votemos|votaras|votaran|votado|votacion)';
$$;
