-- What wa.content_findings says of whole messages: of a template, and of every rendering of a job.

-- A template as the voter will read it, from header to buttons. p_params: as wa_send_queue keeps
-- them; a variable without one is read as a word that says
-- nothing.
create function wa.content_findings_of_template(
  p_template public.wa_templates, p_params jsonb default '{}')
returns table (field text, class text, phrase text, article text, rule text)
language sql stable
set search_path = ''
as $$
  select m.field, m.class, m.phrase, m.article, m.rule
  from wa.content_findings_of_messages(p_template, array[p_params]) m
  order by m.class, m.field, m.phrase, m.rule;
$$;
comment on function wa.content_findings_of_template(public.wa_templates, jsonb) is
  'What in a template''s own words may buy or coerce votes, or needs a second look.';

-- What is in every message of a job (no position), and what is in some because of their voters'
-- values (position of the first in the job, and how many).
-- Renderings differ only by voters' values, and a value adds to a BLOCK only if it holds a word of
-- one: a suspect. So the job's own words are judged once, each different word of the voters' values
-- is read once, and the few renderings with a suspect are judged in full. In a voter's
-- value what only warns is a name (Virgen, Iglesias): it is not looked for.
create function wa.content_findings_of_job(p_job public.communications)
returns table (
  field text, class text, phrase text, article text, rule text, "position" integer,
  messages bigint)
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
  personalization jsonb := coalesce(p_job.metadata -> 'personalization', '{}');
  campaign jsonb := wa.campaign_fields(p_job.campaign_id);
begin
  select * into template from public.wa_templates t where t.id = p_job.template_id;
  return query
  with own as materialized (
    select f.*
    from wa.content_findings_of_template(
      template, wa.params_for_nobody(personalization, campaign)) f
  ),
  suspect as materialized (
    select s.*, row_number() over (order by s.first_position) as n
    from wa.suspect_messages(p_job.job_id, template, personalization, campaign) s
  )
  select o.*, null::integer, null::bigint
  from own o
  union all
  select m.field, m.class, m.phrase, m.article, m.rule, min(s.first_position),
    sum(s.messages)::bigint
  from wa.content_findings_of_messages(
    template, array(select s.params from suspect s order by s.n)) m
  join suspect s on s.n = m.message_no
  where m.class = 'BLOCK'
    and (m.field, m.phrase, m.rule) not in (select o.field, o.phrase, o.rule from own o)
  group by m.field, m.class, m.phrase, m.article, m.rule
  order by 2, 6 nulls first, 1, 3;
end $$;
comment on function wa.content_findings_of_job(public.communications) is
  'What in the messages of a job, whose rows exist, may buy or coerce votes, or needs a second '
  'look.';

-- The different sets of values in a job's rows that may add to a BLOCK. The rows are new, so that
-- the planner takes them for a few and would sort them: 100,000 are hashed in half the time.
create function wa.suspect_messages(
  p_job_id uuid, p_template public.wa_templates, p_personalization jsonb, p_campaign jsonb)
returns table (params jsonb, first_position integer, messages bigint)
language plpgsql stable
set search_path = ''
set enable_sort = off
as $$
declare
  item record;
  suspects text[];
  positions integer[] := '{}';
begin
  for item in
    select v.name, v.own_words,
      wa.is_beside_letters(v.name, p_template, p_personalization) as beside
    from wa.varying_values(p_personalization, p_campaign) v
  loop
    suspects := wa.suspect_values(array(
      select distinct q.template_params ->> item.name
      from public.wa_send_queue q
      where q.job_id = p_job_id and q.skip_reason is null), item.own_words, item.beside);
    continue when suspects = '{}';
    positions := positions || array(
      select q.position
      from public.wa_send_queue q
      where q.job_id = p_job_id
        and q.skip_reason is null
        and q.template_params ->> item.name = any (suspects));
  end loop;
  return query
  select q.template_params, min(q.position), count(*)
  from public.wa_send_queue q
  where q.job_id = p_job_id and q.position = any (positions)
  group by q.template_params;
end $$;

-- Names have few words between them, so that each word is read once: a value is a suspect if one of
-- its words is one of a BLOCK's, or if it has three letters that stand alone; p_beside: one such
-- letter, for there are others beside the value.
create function wa.suspect_values(p_values text[], p_own_words text[], p_beside boolean)
returns text[]
language plpgsql stable
set search_path = ''
as $$
declare
  block_words text[] := wa.block_words();
  suspect_words text[];
begin
  suspect_words := array(
    select w.word
    from (
      select distinct word
      from unnest(p_values) v(value), string_to_table(v.value, ' ') word
    ) w
    where w.word <> all (p_own_words)
      and exists (
        select
        from string_to_table(wa.normalized_text(w.word), ' ') x
        where x like any (block_words)));
  return array(
    select v.value
    from unnest(p_values) v(value)
    where ' ' || v.value || ' ' like case when p_beside then '% _ %' else '% _ _ _ %' end
      or (suspect_words <> '{}' and string_to_array(v.value, ' ') && suspect_words));
end $$;

-- The values that differ from voter to voter, and the words around them that do not.
create function wa.varying_values(p_personalization jsonb, p_campaign jsonb)
returns table (name text, own_words text[])
language sql immutable
set search_path = ''
as $$
  select p.key, array(
      select word
      from string_to_table(
        wa.fill(
          regexp_replace(p.value, '\{\{\s*voter\.[a-z_]+\s*\}\}', E'\x01', 'g'), '{}', p_campaign),
        ' ') word
      where strpos(word, E'\x01') = 0)
  from jsonb_each_text(p_personalization) p
  where p.value ~ '\{\{\s*voter\.';
$$;

-- Whether a value touches letters of the template, or of its own pattern, so that it may end a word
-- that they begin, or begin one; marks between the two are read as nothing.
create function wa.is_glued(
  p_name text, p_template public.wa_templates, p_personalization jsonb)
returns boolean
language sql immutable
set search_path = ''
as $$
  select coalesce(bool_or(
    t.value ~ '[a-z0-9][-_*~''’`·•^]*\{\{|\}\}[-_*~''’`·•^]*[a-z0-9]'), false)
  from wa.surroundings(p_name, p_template, p_personalization) t(value);
$$;

-- Whether it stands beside letters that are written apart, as in v o t {{1}}.
create function wa.is_beside_letters(
  p_name text, p_template public.wa_templates, p_personalization jsonb)
returns boolean
language sql immutable
set search_path = ''
as $$
  select coalesce(bool_or(
    t.value ~ '(?:^|[^a-z0-9])[a-z0][^a-z0-9]+[a-z0][^a-z0-9]+\{\{'
      '|\}\}[^a-z0-9]+[a-z0][^a-z0-9]+[a-z0](?:$|[^a-z0-9])'), false)
  from wa.surroundings(p_name, p_template, p_personalization) t(value);
$$;

-- The texts in which a value stands, its pattern among them, in letters without disguise.
create function wa.surroundings(
  p_name text, p_template public.wa_templates, p_personalization jsonb)
returns setof text
language sql immutable
set search_path = ''
as $$
  select lower(translate(
    regexp_replace(
      normalize(t.value, nfkd), '[\u0300-\u036f' || wa.unseen() || ']+', '', 'g'),
    wa.lookalikes(), wa.looked_like()) collate "C")
  from (
    select x.value
    from wa.texts_of_message(p_template, null) x
    where p_name = any (x.names)
    union all
    select p_personalization ->> p_name
  ) t;
$$;

-- The values of a voter of whom nothing is known but that they have a name.
create function wa.params_for_nobody(p_personalization jsonb, p_campaign jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(p.key, wa.fill(p.value, v.fields, p_campaign)), '{}')
  from jsonb_each_text(p_personalization) p, (
    select jsonb_object_agg(f, wa.nobodys_word()) as fields
    from unnest(wa.voter_fields()) f
  ) v;
$$;

-- A word that stands in no pattern.
create function wa.nobodys_word()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select 'nombre';
$$;

-- Several renderings of one template. A phrase may begin in one part and end in the next: it is
-- found where it begins.
create function wa.content_findings_of_messages(
  p_template public.wa_templates, p_params jsonb[])
returns table (
  message_no bigint, field text, class text, phrase text, article text, rule text)
language sql stable
set search_path = ''
as $$
  with part as materialized (
    select m.ordinality as message_no, t.place, t.field, t.value,
      sum(length(t.value) + 1) over (partition by m.ordinality order by t.place)
        - length(t.value) as starts_at
    from unnest(p_params) with ordinality m(params), wa.texts_of_message(p_template, m.params) t
  ),
  message as (
    select p.message_no, string_agg(p.value, E'\n' order by p.place) as value
    from part p
    group by p.message_no
  )
  select f.text_no, (
      select p.field
      from part p
      where p.message_no = f.text_no and p.starts_at <= f.starts_at
      order by p.starts_at desc
      limit 1),
    f.class, f.phrase, f.article, f.rule
  from wa.content_findings_of_texts(
    array(select m.value from message m order by m.message_no)) f;
$$;

-- The parts of a message in the order in which they are read, with a voter's values in them (null:
-- with the variables as they are) and the names of these values.
create function wa.texts_of_message(p_template public.wa_templates, p_params jsonb)
returns table (place bigint, field text, value text, names text[])
language sql immutable
set search_path = ''
as $$
  select row_number() over (order by t.rank, t.nth), t.field,
    case
      when p_params is null then t.value
      else wa.with_params(t.value, t.names, p_params)
    end, t.names
  from (
    select 1 as rank, 0::bigint as nth, 'template.header_text' as field,
      p_template.header_text as value,
      case
        when p_template.parameter_format = 'named' then wa.variables_of(p_template.header_text)
        else '{header}'
      end as names
    union all
    select 2, 0, 'template.header_media.' || m.key, m.value, '{}'
    from jsonb_each_text(case jsonb_typeof(p_template.header_media)
      when 'object' then p_template.header_media
      else '{}'
    end) m
    where m.key in ('name', 'address', 'filename')
    union all
    select 3, 0, 'template.body_text', p_template.body_text, wa.variables_of(p_template.body_text)
    union all
    select 4, 0, 'template.footer_text', p_template.footer_text, '{}'
    union all
    select 5, b.ordinality, 'template.buttons.' || (b.ordinality - 1), b.value ->> w.key,
      array['button.' || (b.ordinality - 1)]
    from jsonb_array_elements(case jsonb_typeof(p_template.buttons)
      when 'array' then p_template.buttons
      else '[]'
    end) with ordinality b, unnest('{text,url}'::text[]) w(key)
  ) t
  where t.value is not null;
$$;

-- The nth variable of a text is given the value of the nth name, or of the only one.
create function wa.with_params(p_text text, p_names text[], p_params jsonb)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  filled text := '';
  rest text := p_text;
  hit text[];
  n integer := 0;
begin
  loop
    hit := regexp_match(rest, '^(.*?)\{\{[^{}]*\}\}(.*)$');
    exit when hit is null or p_names = '{}';
    n := least(n + 1, cardinality(p_names));
    filled := filled || hit[1] || coalesce(p_params ->> p_names[n], wa.nobodys_word());
    rest := hit[2];
  end loop;
  return filled || rest;
end $$;
