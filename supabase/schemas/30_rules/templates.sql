-- What a template must have before a job may use it. Meta approves a template without its media,
-- place or values: what is missing shows only when a message is sent, once for each voter. So it is
-- found here, before any row exists. The rules are Meta's ("Template fundamentals" and "Components"
-- of the Cloud API's documentation).
--
-- Each function below returns a row for every problem: a stable code, a Spanish sentence, and where
-- in wa_templates.

-- The first problem of a template, or no row if it can be sent.
create function wa.template_problem(p_template public.wa_templates)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select p.code, p.detail, p.field
  from (
    -- Codes need a button of their own. Propaganda as UTILITY Meta makes MARKETING, and may block
    -- the account for it ("Template categorization").
    select 1 as rank, 'template_category_unsupported' as code,
      case p_template.category
        when 'AUTHENTICATION' then 'Las plantillas de autenticación envían códigos de acceso '
          'y no se pueden usar en una campaña.'
        else 'Los mensajes de campaña van en la categoría MARKETING; registra otra ahí.' end
        as detail,
      'template.category' as field
    where p_template.category <> 'MARKETING'
    union all
    select 1, 'template_part_unsupported',
      format('La plantilla tiene una parte que aquí no se puede enviar: «%s».',
        left(p_template.unsupported[1], 40)),
      'template.unsupported'
    where p_template.unsupported <> '{}'
    union all
    select 2, 'template_variables_invalid', 'Falta el texto de la plantilla.', 'template.body_text'
    where coalesce(btrim(p_template.body_text), '') = ''
    union all
    select 3, v.*
    from wa.variable_problems(
      p_template.body_text, p_template.parameter_format, 'template.body_text') v
    union all
    select 4, h.*
    from wa.header_problems(p_template) h
    union all
    select 5, v.*
    from wa.variable_problems(
      p_template.header_text, p_template.parameter_format, 'template.header_text') v
    union all
    select 6, b.*
    from wa.button_problems(p_template.buttons, p_template.parameter_format) b
  ) p
  order by p.rank, p.field, p.detail
  limit 1;
$$;
comment on function wa.template_problem(public.wa_templates) is
  'Why no message of this template could be sent, or no row.';

-- A header without a format is a text's.
create function wa.header_problems(p_template public.wa_templates)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select w.code, w.detail, w.field
  from (
    select coalesce(p_template.header_format, 'TEXT') = 'TEXT' as is_text,
      p_template.header_media as media,
      wa.variables_of(p_template.header_text) as names
  ) h, lateral (values
    (p_template.header_format = 'TEXT' and coalesce(btrim(p_template.header_text), '') = '',
      'template_header_missing',
      'Falta el texto del encabezado de la plantilla.', 'template.header_text'),
    (cardinality(h.names) > 1, 'template_variables_invalid',
      'El encabezado admite una sola variable.', 'template.header_text'),
    (not h.is_text and h.names <> '{}', 'template_header_invalid',
      'El encabezado muestra un archivo o un lugar: no lleva texto con variables.',
      'template.header_text'),
    (h.is_text and h.media is not null, 'template_header_invalid',
      'El encabezado de la plantilla no muestra archivos ni lugares; quita el que está capturado.',
      'template.header_media'),
    (not h.is_text and h.media is null, 'template_header_missing',
      'Falta el archivo o el lugar que muestra el encabezado de la plantilla.',
      'template.header_media')
  ) w(wrong, code, detail, field)
  where w.wrong
  union all
  select m.*
  from wa.media_problems(p_template.header_format, p_template.header_media) m
  where p_template.header_format in ('IMAGE', 'VIDEO', 'DOCUMENT')
    and p_template.header_media is not null
  union all
  select l.*
  from wa.place_problems(p_template.header_media) l
  where p_template.header_format = 'LOCATION' and p_template.header_media is not null;
$$;

-- An uploaded media id or a public link, and nothing that shows as another kind. Meta's kinds: JPEG
-- and PNG images, MP4 and 3GP videos, PDF, Office and text documents. A link that does not tell its
-- kind is taken at its word.
create function wa.media_problems(p_format text, p_media jsonb)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select w.code, w.detail, w.field
  from (
    select nullif(p_media -> 'id', 'null') as id,
      nullif(p_media -> 'link', 'null') as link,
      nullif(p_media -> 'filename', 'null') as filename,
      case p_format
        when 'IMAGE' then 'la imagen'
        when 'VIDEO' then 'el video'
        else 'el documento'
      end as thing,
      wa.unfit_ending(p_format, p_media ->> 'link') as unfit_ending
  ) m, lateral (values
    (m.id is null and m.link is null, 'template_header_missing',
      format('Falta %s del encabezado: captura su id o su enlace.', m.thing),
      'template.header_media'),
    (m.id is not null and m.link is not null, 'template_header_invalid',
      format('Captura el id o el enlace de %s del encabezado, no los dos.', m.thing),
      'template.header_media'),
    (jsonb_typeof(m.id) <> 'string' or (p_media ->> 'id') !~ '^[0-9]+$', 'template_header_invalid',
      'El id del archivo del encabezado debe ser texto y solo dígitos, '
        'como lo da WhatsApp al subir el archivo.',
      'template.header_media.id'),
    (jsonb_typeof(m.link) <> 'string' or (p_media ->> 'link')
        !~* '^https://([a-z0-9-]+\.)+[a-z][a-z0-9-]+(:[0-9]+)?([/?#][]!#-;=?-[_a-z~]*)?$',
      'template_header_invalid',
      'El enlace del encabezado debe ser público y completo, '
        'empezar con https:// y no llevar espacios ni acentos.',
      'template.header_media.link'),
    (m.unfit_ending is not null, 'template_header_invalid',
      format('El encabezado muestra %s y el enlace lleva a un archivo .%s, '
        'que WhatsApp no acepta ahí.', m.thing, m.unfit_ending),
      'template.header_media.link'),
    (m.filename is not null and (p_format <> 'DOCUMENT'
        or jsonb_typeof(m.filename) <> 'string' or btrim(p_media ->> 'filename') = ''),
      'template_header_invalid',
      'El nombre de archivo es un texto y solo lo lleva un documento.',
      'template.header_media.filename')
  ) w(wrong, code, detail, field)
  where w.wrong;
$$;

-- The ending of a link that shows as another kind, or null.
create function wa.unfit_ending(p_format text, p_link text)
returns text
language sql immutable
set search_path = ''
as $$
  select l.ending
  from (
    select lower(substring(p_link from '://[^/?#]+/[^?#]*\.([A-Za-z0-9]+)(?:[?#]|$)')) as ending,
      case p_format
        when 'IMAGE' then '{jpg,jpeg,png}'
        when 'VIDEO' then '{mp4,3gp}'
        else '{pdf,doc,docx,xls,xlsx,ppt,pptx,txt}'
      end::text[] as fit
  ) l
  where l.ending = any (
      '{jpg,jpeg,png,webp,gif,heic,svg,mp4,3gp,mov,avi,webm,mp3,'
      'pdf,doc,docx,xls,xlsx,ppt,pptx,txt}')
    and l.ending <> all (l.fit);
$$;

-- Degrees as numbers or as text, within the globe; name and address with something to read.
create function wa.place_problems(p_place jsonb)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select case
      when coalesce(p_place -> w.key, 'null') = 'null' then 'template_header_missing'
      else 'template_header_invalid'
    end,
    format('El lugar del encabezado necesita %s.', w.what),
    'template.header_media.' || w.key
  from (values
    ('latitude', 90, 'su latitud en grados, de -90 a 90'),
    ('longitude', 180, 'su longitud en grados, de -180 a 180'),
    ('name', null, 'un nombre'),
    ('address', null, 'una dirección')
  ) w(key, degrees, what)
  where not coalesce(case
    when w.degrees is null
      then jsonb_typeof(p_place -> w.key) = 'string' and (p_place ->> w.key) ~ '[[:alnum:]]'
    when jsonb_typeof(p_place -> w.key) in ('string', 'number')
        and (p_place ->> w.key) ~ '^-?[0-9]{1,3}(\.[0-9]+)?$'
      then abs((p_place ->> w.key)::numeric) <= w.degrees
  end, false);
$$;

-- Quick replies, links, telephone numbers and codes to copy. Every other kind wants something that
-- no job has (products, a form) or that nobody here would hear (a call, a form's answers): OTP,
-- CATALOG, MPM, SPM, FLOW, VOICE_CALL.
create function wa.button_problems(p_buttons jsonb, p_format text)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  with button as (
    select e.value,
      'template.buttons.' || (e.ordinality - 1) as field,
      coalesce(upper(e.value ->> 'type'), '') as kind
    from jsonb_array_elements(p_buttons) with ordinality e
  )
  select 'template_button_invalid', 'Un botón de la plantilla está mal registrado.', b.field
  from button b
  where jsonb_typeof(b.value) <> 'object'
  union all
  select 'template_button_unsupported',
    format('La plantilla tiene un botón de tipo «%s»; '
      'aquí solo se envían respuestas rápidas, enlaces, teléfonos y códigos para copiar.',
      left(b.kind, 40)),
    b.field
  from button b
  where jsonb_typeof(b.value) = 'object'
    and b.kind not in ('QUICK_REPLY', 'URL', 'PHONE_NUMBER', 'COPY_CODE')
  union all
  select v.*
  from button b, wa.button_value_problems(b.value, p_format, b.field) v
  where jsonb_typeof(b.value) = 'object';
$$;

-- A link ends in its one variable, {{1}} or, in a named template, a name. A quick reply sends back
-- its payload, or else its label.
create function wa.button_value_problems(p_button jsonb, p_format text, p_field text)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select 'template_button_invalid', w.detail, p_field
  from (
    select upper(p_button ->> 'type') as kind,
      wa.variables_of(p_button ->> 'url') as names,
      coalesce(nullif(nullif(p_button -> 'payload', 'null'), '""'), p_button -> 'text') as answer
  ) b, lateral (values
    (b.kind = 'URL' and (coalesce(jsonb_typeof(p_button -> 'url'), '') <> 'string'
        or btrim(p_button ->> 'url') = ''),
      'Falta el enlace de un botón de la plantilla.'),
    (b.kind = 'URL' and (cardinality(b.names) > 1
        or (cardinality(b.names) = 1 and (p_button ->> 'url') !~ '\}\}$')),
      'El enlace de un botón admite una sola variable, al final.'),
    (b.kind = 'URL' and b.names[1] <> '1' and (p_format = 'positional'
        or b.names[1] !~ '^[a-z0-9_]*[a-z_][a-z0-9_]*$'),
      'La variable del enlace de un botón debe ser {{1}} o, '
        'si la plantilla nombra sus variables, un nombre en minúsculas.'),
    (b.kind = 'QUICK_REPLY' and (coalesce(jsonb_typeof(b.answer), '') <> 'string'
        or btrim(b.answer #>> '{}') = ''),
      'Falta el texto de un botón de respuesta rápida.'),
    (b.kind = 'QUICK_REPLY' and length(b.answer #>> '{}') > 256,
      'La respuesta de un botón puede tener a lo más 256 caracteres.')
  ) w(wrong, detail)
  where w.wrong;
$$;

-- Of the body's or the header's text.
create function wa.variable_problems(p_text text, p_format text, p_field text)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select 'template_variables_invalid', format(w.sentence, left(w.name, 40)), p_field
  from (select wa.variables_of(p_text) as names) v, lateral (values
    ((select n from unnest(v.names) n where n !~ '^[a-z0-9_]+$' limit 1),
      'WhatsApp no acepta la variable {{%s}}: '
        'su nombre lleva solo minúsculas sin acento, números y guion bajo.'),
    ((select n from unnest(v.names) n where p_format = 'positional' and n !~ '^[0-9]+$' limit 1),
      'La plantilla está registrada con variables numeradas, pero su texto trae {{%s}}.'),
    ((select n from unnest(v.names) n where p_format = 'named' and n ~ '^[0-9]+$' limit 1),
      'La plantilla está registrada con variables con nombre, pero su texto trae {{%s}}.'),
    ((select i::text
        from generate_series(1, (select count(distinct n) from unnest(v.names) n)) i
        where p_format = 'positional' and i::text <> all (v.names)
        limit 1),
      'Las variables se numeran desde {{1}} y sin saltos: en el texto falta {{%s}}.')
  ) w(name, sentence)
  where w.name is not null;
$$;

-- The values a template needs: the body's variables by position or name, "header" for a positional
-- header's only variable (Meta numbers it apart from the body's), "button.<index>" for a link that
-- ends in a variable, and for a button's code.
create function wa.template_parameters(p_template_id uuid)
returns setof text
language sql stable
set search_path = ''
as $$
  select distinct v.name
  from public.wa_templates t, unnest(
    wa.variables_of(t.body_text)
      || case when t.parameter_format = 'named' then wa.variables_of(t.header_text) end) v(name)
  where t.id = p_template_id
  union all
  select 'header'
  from public.wa_templates t
  where t.id = p_template_id
    and t.parameter_format = 'positional'
    and wa.variables_of(t.header_text) <> '{}'
  union all
  select 'button.' || (b.ordinality - 1)
  from public.wa_templates t, jsonb_array_elements(t.buttons) with ordinality b
  where t.id = p_template_id
    and (upper(b.value ->> 'type') = 'COPY_CODE'
      or (upper(b.value ->> 'type') = 'URL' and wa.variables_of(b.value ->> 'url') <> '{}'));
$$;

-- The names between double braces, in the order in which they stand.
create function wa.variables_of(p_text text)
returns text[]
language sql immutable parallel safe
set search_path = ''
as $$
  select coalesce(array_agg(btrim(v.hit[1], E' \t\r\n\u00a0') order by v.n), '{}')
  from regexp_matches(p_text, '\{\{([^{}]*)\}\}', 'g') with ordinality v(hit, n);
$$;
