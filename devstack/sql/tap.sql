-- The functions of pgTAP (https://pgtap.org) that supabase/tests/database calls, with its signatures, its
-- verdicts and its output: `supabase test db` runs the same files with pgTAP itself.
-- The plan and the failures are settings of the transaction, so that any role may test; no number occurs twice.

create function extensions.plan(integer) returns text
language plpgsql strict as $$
begin
  create temporary sequence tap_number;
  grant all on sequence tap_number to public;
  perform set_config('tap.planned', $1::text, true), set_config('tap.failed', '0', true);
  return '1..' || $1;
exception when duplicate_table then
  raise exception 'You tried to plan twice!';
end $$;

create function extensions.finish() returns setof text
language plpgsql as $$
declare
  planned integer := current_setting('tap.planned');
  failed integer := current_setting('tap.failed');
  ran integer := (select case when is_called then last_value else 0 end from pg_temp.tap_number);
begin
  if ran = 0 then
    raise exception '# No tests run!';
  elsif ran <> planned then
    return next format('# Looks like you planned %s test%s but ran %s', planned, case when planned <> 1 then 's' end, ran);
  elsif failed > 0 then
    return next format('# Looks like you failed %s test%s of %s', failed, case when failed <> 1 then 's' end, planned);
  end if;
end $$;

-- p_why is said of a failure only. Every line but the first begins with a #.
create function extensions.tap_line(p_passed boolean, p_description text, p_why text) returns text
language plpgsql as $$
declare
  number bigint;
  said text := nullif(p_description, '');
begin
  if coalesce(current_setting('tap.planned', true), '') = '' then
    raise exception 'You tried to run a test without a plan! Gotta have a plan';
  end if;
  number := nextval('pg_temp.tap_number');
  if p_passed then
    return regexp_replace(concat_ws(' - ', 'ok ' || number, said), '\r?\n|\r', E'\n# ', 'g');
  end if;
  perform set_config('tap.failed', (current_setting('tap.failed')::integer + 1)::text, true);
  return regexp_replace(concat_ws(E'\n', concat_ws(' - ', 'not ok ' || number, said),
    'Failed test ' || number || coalesce(': "' || said || '"', ''), p_why), '\r?\n|\r', E'\n# ', 'g');
end $$;

create function extensions.ok(boolean, text default null) returns text
language sql as $$ select extensions.tap_line($1, $2, case when $1 is null then '    (test result was NULL)' end) $$;

create function extensions.is(anyelement, anyelement, text default null) returns text
language sql as $$
  select extensions.tap_line($1 is not distinct from $2, $3,
    format(E'        have: %s\n        want: %s', coalesce($1::text, 'NULL'), coalesce($2::text, 'NULL')))
$$;

create function extensions.isnt(anyelement, anyelement, text default null) returns text
language sql as $$
  select extensions.tap_line($1 is distinct from $2, $3,
    format(E'        have: %s\n        want: anything else', coalesce($1::text, 'NULL')))
$$;

create function extensions.cmp_ok(anyelement, text, anyelement, text default null) returns text
language plpgsql as $$
declare
  holds boolean;
begin
  execute format('select $1 %s $2', $2) using $1, $3 into holds;
  return extensions.tap_line(coalesce(holds, false), $4, format(E'    %L\n        %s\n    %L', $1, $2, $3));
end $$;

create function extensions.is_empty(text, text default null) returns text
language plpgsql as $$
declare
  found_rows text;
begin
  execute format(E'with have as materialized (%s\n) select string_agg(coalesce(h::text, ''''), e''\\n        '') from have h', $1) into found_rows;
  return extensions.tap_line(found_rows is null, $2, E'    Unexpected records:\n        ' || found_rows);
end $$;

create function extensions.set_eq(text, text, text default null) returns text
language plpgsql as $$
declare
  difference text;
begin
  execute format(E'with tap_have as materialized (%s\n), tap_want as materialized (%s\n), difference as (
      select ''    Extra records:'' as what, t::text as record from (table tap_have except table tap_want) t union all
      select ''    Missing records:'', t::text from (table tap_want except table tap_have) t)
    select string_agg(line, e''\\n'') from (
      select concat_ws(e''\\n        '', what, string_agg(record, e''\\n        '')) as line from difference group by what) t', $1, $2)
    into difference;
  return extensions.tap_line(difference is null, $3, difference);
exception when datatype_mismatch or syntax_error then
  return extensions.tap_line(false, $3, E'    Columns differ between queries:\n        ' || sqlerrm);
end $$;

-- Row by row, in the order of the queries.
create function extensions.results_eq(text, text, text default null) returns text
language plpgsql as $$
declare
  difference text;
begin
  execute format(E'with tap_have as materialized (%s\n), tap_want as materialized (%s\n)
    select format(e''    Results differ beginning at row %%s:\\n        have: %%s\\n        want: %%s'',
      n, coalesce(h.t::text, ''NULL''), coalesce(w.t::text, ''NULL''))
    from (select row_number() over () as n, true as found, t from tap_have t) h
    full join (select row_number() over () as n, true as found, t from tap_want t) w using (n)
    where h.found is distinct from w.found or h.t is distinct from w.t order by n limit 1', $1, $2) into difference;
  return extensions.tap_line(difference is null, $3, difference);
exception when datatype_mismatch then
  return extensions.tap_line(false, $3, E'    Number of columns or their types differ between the queries:\n        ' || sqlerrm);
end $$;

create function extensions.set_eq(text, anyarray, text default null) returns text
language sql as $$ select extensions.set_eq($1, format('select unnest(%L::%s)', $2, pg_typeof($2)), $3) $$;

create function extensions.results_eq(text, anyarray, text default null) returns text
language sql as $$ select extensions.results_eq($1, format('select unnest(%L::%s)', $2, pg_typeof($2)), $3) $$;

-- (statement, errcode or null, message or null, description)
create function extensions.throws_ok(text, character(5), text, text) returns text
language plpgsql as $$
declare
  said text := coalesce($4, 'threw ' || $2 || ': ' || $3, 'threw ' || $2, 'threw ' || $3, 'threw an exception');
  wanted text := E'\n      wanted: ' || coalesce($2, 'an exception');
begin
  execute $1;
  return extensions.tap_line(false, said, '      caught: no exception' || wanted);
exception when others or assert_failure then
  return extensions.tap_line(($2 is null or sqlstate = $2) and ($3 is null or sqlerrm = $3), said,
    '      caught: ' || sqlstate || ': ' || sqlerrm || wanted || coalesce(': ' || $3, ''));
end $$;

-- (statement, errcode, message) if the second is five bytes long, else (statement, message, description)
create function extensions.throws_ok(text, text, text default null) returns text
language sql as $$
  select case when octet_length($2) = 5 then extensions.throws_ok($1, $2::character(5), $3, null)
    else extensions.throws_ok($1, null, $2, $3) end
$$;

create function extensions.lives_ok(text, text default null) returns text
language plpgsql as $$
begin
  execute $1;
  return extensions.ok(true, $2);
exception when others or assert_failure then
  return extensions.tap_line(false, $2, '    died: ' || sqlstate || ': ' || sqlerrm);
end $$;

create function extensions.has_schema(name) returns text
language sql as $$
  select extensions.ok(to_regnamespace(quote_ident($1)) is not null, 'Schema ' || quote_ident($1) || ' should exist')
$$;

create function extensions.tables_are(name, name[], text) returns text
language sql as $$
  select extensions.set_eq(format('select relname from pg_class where relnamespace = to_regnamespace(%L) and relkind in (''r'', ''p'')',
    quote_ident($1)), $2, $3)
$$;

create function extensions.columns_are(name, name, name[], text) returns text
language sql as $$
  select extensions.set_eq(format('select attname from pg_attribute where attrelid = to_regclass(%L) and attnum > 0 and not attisdropped',
    format('%I.%I', $1, $2)), $3, $4)
$$;

create function extensions.index_is_unique(name, name, name, text) returns text
language sql as $$
  select extensions.ok(exists (select from pg_index i where i.indisunique
    and i.indrelid = to_regclass(format('%I.%I', $1, $2)) and i.indexrelid = to_regclass(format('%I.%I', $1, $3))), $4)
$$;

-- By a constraint on exactly these columns in this order; an index alone does not count.
create function extensions.col_is_unique(name, name, name[], text) returns text
language sql as $$
  select extensions.ok($3 in (
    select array(select a.attname from unnest(c.conkey) with ordinality k(number, place)
      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number order by k.place)
    from pg_constraint c where c.conrelid = to_regclass(format('%I.%I', $1, $2)) and c.contype = 'u'), $4)
$$;
