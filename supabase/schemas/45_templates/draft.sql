-- What a member asks a template to be. Meta's rules of form are checked before (shared/rules); here
-- is what must hold whoever calls: nothing that no row, and no message, could be made of.

-- The row that a draft would be, for a member who may send.
create function wa.read_draft(p_campaign_id uuid, p_draft jsonb)
returns public.wa_templates
language plpgsql stable
set search_path = ''
as $$
declare
  draft public.wa_templates;
  problem record;
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_draft_form(p_draft);
  draft := jsonb_populate_record(
    null::public.wa_templates, wa.new_template(p_campaign_id) || jsonb_strip_nulls(p_draft));
  draft.meta_template_name := wa.template_prefix(p_campaign_id) || draft.name;
  select * into problem from wa.template_problem(draft);
  if found then
    perform wa.refuse(
      422, problem.code, problem.detail, regexp_replace(problem.field, '^template\.', ''));
  end if;
  perform wa.require_sender(p_campaign_id);
  perform wa.require_media(draft);
  return draft;
end $$;

-- Every column that must have a value. Whatever Meta said of the name before is older.
create function wa.new_template(p_campaign_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select jsonb_build_object(
    'id', gen_random_uuid(),
    'campaign_id', p_campaign_id,
    'status', 'pending',
    'status_changed_at', now() - interval '1 second',
    'content_at', 'epoch',
    'created_at', now(),
    'updated_at', now(),
    'created_by', auth.uid(),
    'change', 'create',
    'change_claims', '[]'::jsonb,
    'edited_at', '[]'::jsonb,
    'version', 1,
    'parameter_format', 'positional',
    'buttons', '[]'::jsonb,
    'sample_values', '{}'::jsonb,
    'unsupported', '[]'::jsonb);
$$;

-- Several campaigns may share an account, in which names are unique.
create function wa.template_prefix(p_campaign_id uuid)
returns text
language sql immutable
set search_path = ''
as $$
  select left(replace(p_campaign_id::text, '-', ''), 12) || '_';
$$;

create function wa.require_draft_form(p_draft jsonb)
returns void
language plpgsql immutable
set search_path = ''
as $$
declare
  problem record;
begin
  perform wa.require_draft_object(p_draft);
  select * into problem
  from (
    select 1 as rank, m.*
    from wa.draft_member_problems(p_draft) m
    union all
    select 2, b.*
    from wa.draft_button_problems(p_draft -> 'buttons') b
    union all
    select 3, v.*
    from wa.draft_value_problems(p_draft) v
  ) p
  order by p.rank, p.field
  limit 1;
  if found then
    perform wa.refuse(422, problem.code, problem.detail, problem.field);
  end if;
end $$;

create function wa.require_draft_object(p_draft jsonb)
returns void
language plpgsql immutable
set search_path = ''
as $$
begin
  if coalesce(jsonb_typeof(p_draft), '') <> 'object' then
    perform wa.refuse(422, 'object_expected', 'La plantilla debe ser un objeto.', 'draft');
  elsif octet_length(p_draft::text) > 20000 then
    perform wa.refuse(422, 'text_too_long', 'La plantilla es demasiado larga.', 'draft');
  end if;
end $$;

create function wa.draft_member_problems(p_draft jsonb)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  with member as (
    select m.*, nullif(p_draft -> m.name, 'null') as value
    from (values
      ('name', 'string', true, '^[a-z0-9_]+$'),
      ('category', 'string', true, '^MARKETING$'),
      ('language', 'string', true, '^[a-z]{2,3}(_[A-Z]{2,3})?$'),
      ('parameter_format', 'string', false, '^(positional|named)$'),
      ('header_format', 'string', false, '^(TEXT|IMAGE|VIDEO|DOCUMENT|LOCATION)$'),
      ('header_text', 'string', false, null),
      ('header_media', 'object', false, null),
      ('body_text', 'string', true, null),
      ('footer_text', 'string', false, null),
      ('buttons', 'array', false, null),
      ('sample_values', 'object', false, null)
    ) m(name, type, required, form))
  select 'field_unknown', 'Ese campo no existe.', k
  from jsonb_object_keys(p_draft) k
  where k not in (select m.name from member m)
  union all
  select 'field_missing', 'Falta este campo.', m.name
  from member m
  where m.required and m.value is null
  union all
  select case m.type
      when 'string' then 'text_expected'
      when 'array' then 'list_expected'
      else 'object_expected'
    end,
    'El valor es de otro tipo.', m.name
  from member m
  where jsonb_typeof(m.value) <> m.type
  union all
  select 'value_invalid', 'Ese valor no se admite aquí.', m.name
  from member m
  where jsonb_typeof(m.value) = 'string' and m.value #>> '{}' !~ m.form
  union all
  select 'text_too_long', 'El nombre puede tener a lo más 499 caracteres.', 'name'
  where length(p_draft ->> 'name') > 499; -- 512 at Meta, with the campaign's prefix
$$;

create function wa.draft_button_problems(p_buttons jsonb)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  with button as (
    select e.value, 'buttons.' || (e.n - 1) as field
    from jsonb_array_elements(wa.list_or_none(p_buttons)) with ordinality e(value, n)),
  member as (
    select m.key, m.value, b.field || '.' || m.key as field
    from button b,
      jsonb_each(case jsonb_typeof(b.value) when 'object' then b.value else '{}' end) m)
  select 'object_expected', 'Un botón debe ser un objeto.', b.field
  from button b
  where jsonb_typeof(b.value) <> 'object'
  union all
  select 'field_unknown', 'Ese campo no existe.', m.field
  from member m
  where m.key not in ('type', 'text', 'url', 'phone_number', 'payload')
  union all
  select 'text_expected', 'El valor debe ser texto.', m.field
  from member m
  where jsonb_typeof(m.value) not in ('string', 'null')
  union all
  select 'value_invalid', 'Ese valor no se admite aquí.', b.field || '.type'
  from button b
  where jsonb_typeof(b.value) = 'object'
    and coalesce(b.value ->> 'type', '') not in ('QUICK_REPLY', 'URL', 'PHONE_NUMBER', 'COPY_CODE');
$$;

-- What stands in header_media itself: wa.media_problems, wa.place_problems.
create function wa.draft_value_problems(p_draft jsonb)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select 'field_unknown', 'Ese campo no existe.', 'header_media.' || k
  from jsonb_object_keys(wa.object_or_none(p_draft -> 'header_media')) k
  where k not in ('id', 'link', 'filename', 'latitude', 'longitude', 'name', 'address')
  union all
  select 'text_expected', 'El valor debe ser texto.', 'sample_values.' || s.key
  from jsonb_each(wa.object_or_none(p_draft -> 'sample_values')) s
  where jsonb_typeof(s.value) <> 'string';
$$;

create function wa.object_or_none(p_value jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select case jsonb_typeof(p_value) when 'object' then p_value else '{}' end;
$$;

-- The draft that would make this row.
create function wa.draft_of(p_template public.wa_templates)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'name', p_template.name,
    'category', p_template.category,
    'language', p_template.language,
    'parameter_format', p_template.parameter_format,
    'header_format', p_template.header_format,
    'header_text', p_template.header_text,
    'header_media', p_template.header_media,
    'body_text', p_template.body_text,
    'footer_text', p_template.footer_text,
    'buttons', p_template.buttons,
    'sample_values', p_template.sample_values);
$$;

create function wa.write_draft(p_template_id uuid, p_draft public.wa_templates)
returns void
language sql
set search_path = ''
as $$
  update public.wa_templates t
  set category = p_draft.category,
    parameter_format = p_draft.parameter_format,
    header_format = p_draft.header_format,
    header_text = p_draft.header_text,
    header_media = p_draft.header_media,
    body_text = p_draft.body_text,
    footer_text = p_draft.footer_text,
    buttons = p_draft.buttons,
    sample_values = p_draft.sample_values,
    unsupported = p_draft.unsupported,
    updated_at = now()
  where t.id = p_template_id;
$$;
