-- The fields of wa_put_settings and the form of each. They have the names of their columns, but for
-- minutes, which are intervals there.

-- fallback: what counts where a field is absent; 'null' where it may stay empty, null where it may
-- not be absent. Hours may also be null both: nobody rests.
create function wa.setting_fields()
returns table (name text, form text, fallback jsonb)
language sql immutable
set search_path = ''
as $$
  values
    ('display_name', 'line', null::jsonb),
    ('election_kind', 'line', null),
    ('run_by', 'line', null),
    ('precandidate', 'boolean', 'false'),
    ('campaign_start', 'date', null),
    ('campaign_end', 'date', null),
    ('election_date', 'date', null),
    ('territory', 'list', null),
    ('candidate', 'line', null),
    ('office', 'line', null),
    ('party_legend', 'line', 'null'),
    ('ine_registration', 'line', 'null'),
    ('ine_waiver_reason', 'line', 'null'),
    ('show_ine_registration', 'boolean', 'false'),
    ('accounting_key', 'line', 'null'),
    ('rnp', 'line', 'null'),
    ('privacy_notice_url', 'line', 'null'),
    ('quiet_from', 'time', '"20:00"'),
    ('quiet_until', 'time', '"09:00"'),
    ('consent_required', 'boolean', 'true'),
    ('spending_cap_usd', 'amount', null),
    ('price_per_message_usd', 'amount', '0.0397'),
    ('unknown_after_minutes', 'minutes', '15'),
    ('canary_wait_minutes', 'minutes', '10'),
    ('canary_max_failed', 'share', '0.2'),
    ('canary_max_opted_out', 'share', '0.05'),
    ('resend_after_silence', 'boolean', 'false'),
    ('resend_after_minutes', 'minutes', '60');
$$;

create function wa.with_fallbacks(p_settings jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_object_agg(f.name, coalesce(p_settings -> f.name, f.fallback))
  from wa.setting_fields() f;
$$;

create function wa.require_setting_forms(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  wrong record;
begin
  if jsonb_typeof(p_settings) is distinct from 'object' then
    perform wa.refuse(422, 'object_expected', 'Debe ser un objeto JSON.', 'settings');
  end if;
  select k into wrong
  from jsonb_object_keys(p_settings) k
  where k not in (select f.name from wa.setting_fields() f)
  order by k
  limit 1;
  if found then
    perform wa.refuse(422, 'field_unknown', 'Ese campo no existe.', 'settings.' || wrong.k);
  end if;
  for wrong in
    select f.name, wa.form_problem(f.form, g.value) as problem,
      g.value = 'null' and f.fallback is distinct from 'null' and f.form <> 'time' as is_missing
    from wa.setting_fields() f
    cross join lateral (
      select coalesce(p_settings -> f.name, f.fallback, 'null') as value) g
  loop
    if wrong.is_missing then
      perform wa.refuse(422, 'field_missing', 'Falta este campo.', 'settings.' || wrong.name);
    elsif wrong.problem is not null then
      perform wa.refuse(422, wrong.problem[1], wrong.problem[2], 'settings.' || wrong.name);
    end if;
  end loop;
end $$;

-- {code, sentence} of a value that has not this form; null: it has, or there is none.
create function wa.form_problem(p_form text, p_value jsonb)
returns text[]
language sql immutable
set search_path = ''
as $$
  select array[c.code, c.detail]
  from (
    select p_value #>> '{}' as text, jsonb_typeof(p_value) as type,
      case when jsonb_typeof(p_value) = 'number' then p_value::numeric end as number) v
  cross join lateral (values
    (1, 'boolean', v.type = 'boolean', 'boolean_expected', 'Debe ser true o false.'),
    (2, 'list', v.type = 'array', 'list_expected', 'Debe ser una lista.'),
    (3, 'line', v.type = 'string', 'text_expected', 'Debe ser texto.'),
    (4, 'line', length(v.text) <= 300, 'text_too_long', 'A lo más 300 caracteres.'),
    (5, 'line', v.text !~ '[\u0001-\u001f\u007f-\u009f]', 'text_invalid',
      'Debe ser una sola línea de texto.'),
    (6, 'line', v.text ~ ('[^' || wa.invisible() || ']'), 'text_invalid', 'El texto está vacío.'),
    (7, 'date', v.type = 'string' and v.text ~ '^20\d\d-\d\d-\d\d$'
      and pg_input_is_valid(v.text, 'date'), 'date_invalid',
      'Debe ser una fecha como 2027-06-06.'),
    (8, 'time', v.type = 'string' and v.text ~ '^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$',
      'time_invalid', 'Debe ser una hora como 09:00.'),
    (9, 'amount', v.number between 0 and 100000000, 'number_invalid',
      'Debe ser un número de 0 a 100 millones.'),
    (10, 'share', v.number between 0 and 1, 'number_invalid', 'Debe ser un número de 0 a 1.'),
    (11, 'minutes', v.number between 1 and 10080, 'number_invalid',
      'Debe ser un número de 1 a 10080 minutos.')
  ) c (place, form, fits, code, detail)
  where c.form = p_form and v.type <> 'null' and not coalesce(c.fits, false)
  order by c.place
  limit 1;
$$;
