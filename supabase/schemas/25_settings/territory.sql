-- Where a campaign is, and which hours hold there: Ley de los Husos Horarios (2022) by state and
-- municipality, in the zones of the IANA database.

-- What was typed, in the names of the tables below: [{state, municipalities}], where municipalities
-- null is the whole state. A state of one zone takes any municipality, because none can change it.
create function wa.read_territory(p_territory jsonb)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  places jsonb := '[]';
  place record;
  state text;
begin
  if p_territory = '[]' then
    perform wa.refuse(422, 'list_empty', 'Elige al menos un estado.', 'settings.territory');
  end if;
  for place in
    select e.value, 'settings.territory.' || (e.n - 1) as field
    from jsonb_array_elements(p_territory) with ordinality e(value, n)
  loop
    perform wa.require_place(place.value, place.field);
    state := wa.state_named(place.value ->> 'state');
    if state is null then
      perform wa.refuse(422, 'state_unknown', format('No existe el estado «%s».%s',
        place.value ->> 'state', case when wa.plain(place.value ->> 'state') = 'mexico'
          then ' Escribe «Estado de México», o cada estado si es todo el país.' else '' end),
        place.field || '.state');
    elsif exists (
        select from jsonb_array_elements(places) p where p ->> 'state' = state) then
      perform wa.refuse(422, 'value_invalid',
        format('El estado %s está dos veces.', state), place.field || '.state');
    end if;
    places := places || jsonb_build_object(
      'state', state,
      'municipalities', wa.read_municipalities(
        state, place.value -> 'municipalities', place.field || '.municipalities'));
  end loop;
  return places;
end $$;

create function wa.require_place(p_place jsonb, p_field text)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if jsonb_typeof(p_place) <> 'object' then
    perform wa.refuse(422, 'object_expected', 'Debe ser un objeto JSON.', p_field);
  elsif p_place - '{state,municipalities}'::text[] <> '{}' then
    perform wa.refuse(422, 'field_unknown', 'Ese campo no existe.', p_field);
  elsif jsonb_typeof(p_place -> 'state') is distinct from 'string' then
    perform wa.refuse(422, 'text_expected', 'Debe ser texto.', p_field || '.state');
  end if;
end $$;

create function wa.read_municipalities(p_state text, p_names jsonb, p_field text)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  found_names jsonb := '[]';
  given record;
  name text;
begin
  if coalesce(p_names, 'null') = 'null' then
    return null;
  elsif jsonb_typeof(p_names) <> 'array' then
    perform wa.refuse(422, 'list_expected', 'Debe ser una lista.', p_field);
  elsif p_names = '[]' then
    perform wa.refuse(422, 'list_empty',
      'Elige al menos un municipio, o quita la lista si es todo el estado.', p_field);
  end if;
  for given in
    select e.value, p_field || '.' || (e.n - 1) as field
    from jsonb_array_elements(p_names) with ordinality e(value, n)
  loop
    if given.value = 'null' or wa.form_problem('line', given.value) is not null then
      perform wa.refuse(422, 'text_expected', 'Debe ser texto.', given.field);
    end if;
    name := wa.municipality_named(p_state, given.value #>> '{}');
    if name is null then
      perform wa.refuse(422, 'municipality_unknown',
        format('En %s hay varios husos horarios: elige entre %s y «Resto del estado».',
          p_state, (
            select string_agg(n, ', ' order by n)
            from wa.zones_of_municipalities() z, unnest(z.municipalities) n
            where z.state = p_state)),
        given.field);
    end if;
    found_names := found_names || to_jsonb(name);
  end loop;
  return found_names;
end $$;

-- Null: there is none of that name whose zone is known. «Resto del estado»: whatever is not listed.
create function wa.municipality_named(p_state text, p_name text)
returns text
language sql stable
set search_path = ''
as $$
  select case
    when not exists (select from wa.zones_of_municipalities() z where z.state = p_state)
      then btrim(p_name)
    when wa.plain(p_name) = 'resto del estado' then 'Resto del estado'
    else (
      select n
      from wa.zones_of_municipalities() z, unnest(z.municipalities) n
      where z.state = p_state
        and wa.plain(n) = coalesce(wa.other_names() ->> wa.plain(p_name), wa.plain(p_name))
      limit 1) end;
$$;

create function wa.state_named(p_name text)
returns text
language sql stable
set search_path = ''
as $$
  select s
  from wa.zones_of_states() z, unnest(z.states) s
  where wa.plain(s) = coalesce(wa.other_names() ->> wa.plain(p_name), wa.plain(p_name));
$$;

-- Without what people leave out or add: accents, capitals, signs.
create function wa.plain(p_name text)
returns text
language sql immutable
set search_path = ''
as $$
  select btrim(regexp_replace(
    lower(regexp_replace(normalize(p_name, NFKD), '[\u0300-\u036f.]', '', 'g')),
    '[^a-z0-9]+', ' ', 'g'));
$$;

-- Every zone of a territory that was read, the first state's own first.
create function wa.zones_of(p_territory jsonb)
returns text[]
language sql stable
set search_path = ''
as $$
  select array_agg(z.zone order by z.n, z.zone)
  from (
    select h.zone, min(p.n * 10 + h.rank) as n
    from jsonb_array_elements(p_territory) with ordinality p(place, n)
    cross join lateral (
      select s.zone, 0 as rank, array['Resto del estado'] as municipalities
      from wa.zones_of_states() s
      where p.place ->> 'state' = any (s.states)
      union all
      select m.zone, 1, m.municipalities
      from wa.zones_of_municipalities() m
      where m.state = p.place ->> 'state') h
    where p.place -> 'municipalities' = 'null'
      or p.place -> 'municipalities' ?| h.municipalities
      or not exists (
        select from wa.zones_of_municipalities() m where m.state = p.place ->> 'state')
    group by h.zone) z;
$$;
