-- What a template shows is what Meta shows: whatever changes it makes a new version. A job belongs
-- to the version that it was created with and stops when the template shows something else.

-- Meta told what a template shows; null members, and an older word, change nothing. An edit of ours
-- that it shows is accepted. Returns how many jobs stopped; null: it is no news.
create function wa.apply_template_content(p_template_id uuid, p_content jsonb, p_at timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  template public.wa_templates;
  content jsonb;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id
  for no key update;
  content := wa.with_all_buttons(template, p_content);
  if wa.normal_content(content) = '{}' or coalesce(p_at <= template.content_at, true) then
    return null;
  elsif not wa.shows_something_else(template, content) then
    update public.wa_templates t set content_at = p_at where t.id = p_template_id;
    return null;
  end if;
  if template.change = 'edit'
    and not wa.shows_something_else(
      wa.edited(template), wa.with_all_buttons(wa.edited(template), p_content))
  then
    perform wa.audit_change(template, 'template_submitted', '{}');
    return wa.accept_edit(
      template,
      case when template.status_changed_at < p_at then 'pending' else template.status end,
      null,
      greatest(template.status_changed_at, p_at - interval '1 second'),
      p_at);
  end if;
  return wa.adopt_content(template, content, p_at);
end $$;

-- The row that its edit would make of it: Meta replaces a template whole.
create function wa.edited(p_template public.wa_templates)
returns public.wa_templates
language sql immutable
set search_path = ''
as $$
  select jsonb_populate_record(
    p_template, (p_template.change_draft - 'from_status') || '{"unsupported": []}');
$$;

-- Meta's event names only the links and telephones among the buttons (link_buttons): the others
-- stay, and the next listing tells where each stands.
create function wa.with_all_buttons(p_template public.wa_templates, p_content jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select case
    when jsonb_typeof(p_content -> 'link_buttons') is distinct from 'array' then p_content
    else p_content || jsonb_build_object('buttons', (
      with ours as (
        select e.value, e.n, case
          when k.leads then row_number() over (partition by k.leads order by e.n) end as place
        from jsonb_array_elements(p_template.buttons) with ordinality e(value, n),
          lateral (
            select coalesce(upper(e.value ->> 'type'), '') in ('URL', 'PHONE_NUMBER') as leads) k)
      select coalesce(
        jsonb_agg(coalesce(l.value, o.value) order by coalesce(o.n, 1000), l.n), '[]')
      from ours o
      full join jsonb_array_elements(p_content -> 'link_buttons') with ordinality l(value, n)
        on l.n = o.place
      where l.value is not null or o.place is null))
  end;
$$;

-- Our payloads stay where the button is the same; a file for another kind of header does not. What
-- an operator registered is a copy: Meta's first word about it corrects its version, and no job
-- stops, if messages are filled in as before.
create function wa.adopt_content(
  p_template public.wa_templates, p_content jsonb, p_at timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  content jsonb := wa.content_of(p_template) || wa.normal_content(p_content);
  adopted public.wa_templates;
begin
  update public.wa_templates t
  set header_format = content ->> 'header_format',
    header_text = content ->> 'header_text',
    header_media = case
      when t.header_format = content ->> 'header_format' then t.header_media end,
    body_text = content ->> 'body_text',
    footer_text = content ->> 'footer_text',
    parameter_format = content ->> 'parameter_format',
    buttons = case
      when wa.normal_content(p_content) ? 'buttons'
        then wa.with_payloads(p_content -> 'buttons', t.buttons)
      else t.buttons
    end,
    unsupported = array(select jsonb_array_elements_text(content -> 'unsupported')),
    content_at = p_at,
    updated_at = now()
  where t.id = p_template.id
  returning * into adopted;
  if wa.is_unheard(p_template) and wa.filled_in(p_template) = wa.filled_in(adopted) then
    update public.wa_template_versions v
    set content = wa.content_of(adopted)
    where v.template_id = p_template.id and v.version = p_template.version;
  end if;
  return wa.stop_jobs_of_another_text(p_template.id);
end $$;

-- Registered by an operator, and Meta has not said yet what it shows.
create function wa.is_unheard(p_template public.wa_templates)
returns boolean
language sql immutable
set search_path = ''
as $$
  select p_template.name is null and p_template.content_at = 'epoch';
$$;

-- What the values of a job depend on: the body's words, however they are spaced, and every place
-- that a message fills in. The rest Meta adds by itself.
create function wa.filled_in(p_template public.wa_templates)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'body', regexp_replace(
      normalize(p_template.body_text, nfc), '[' || wa.invisible() || ']+', '', 'g'),
    'header', nullif(p_template.header_format, 'TEXT'),
    'header_names', wa.variables_of(p_template.header_text),
    'format', case
      when concat(p_template.body_text, p_template.header_text) ~ '\{\{'
        then p_template.parameter_format end,
    'buttons', (
      select jsonb_agg(jsonb_build_array(b.n, b.kind, b.names) order by b.n)
      from (
        select e.n, upper(e.value ->> 'type') as kind, wa.variables_of(e.value ->> 'url') as names
        from jsonb_array_elements(p_template.buttons)
          with ordinality e(value, n)) b
      where b.kind = 'COPY_CODE' or (b.kind = 'URL' and b.names <> '{}')),
    'unsupported', p_template.unsupported);
$$;

create function wa.with_payloads(p_told jsonb, p_ours jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_strip_nulls(jsonb_build_object(
      'type', upper(b.value ->> 'type'),
      'text', b.value ->> 'text',
      'url', b.value ->> 'url',
      'phone_number', b.value ->> 'phone_number',
      'payload', (
        select o.value ->> 'payload'
        from jsonb_array_elements(wa.list_or_none(p_ours)) with ordinality o(value, n)
        where upper(b.value ->> 'type') = 'QUICK_REPLY'
          and coalesce(
            wa.normal_text(o.value ->> 'text') = wa.normal_text(b.value ->> 'text'), o.n = b.n)
        order by o.n
        limit 1)))
    order by b.n), '[]')
  from jsonb_array_elements(wa.list_or_none(p_told)) with ordinality b(value, n);
$$;

-- Open jobs of another version's text, also those that were paused already: they go on only if the
-- text is again what it was.
create function wa.stop_jobs_of_another_text(p_template_id uuid)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  stopped uuid[];
begin
  select array_agg(c.job_id) into stopped
  from (
    select *
    from public.communications j
    where j.template_id = p_template_id and j.status in ('processing', 'paused')
    order by j.job_id
    for no key update) c
  where c.paused_by is distinct from 'template_changed'
    and not wa.keeps_its_text(c.template_id, c.template_version);
  update public.communications c
  set status = 'paused',
    status_reason = wa.reason_of_another_text(),
    paused_by = 'template_changed'
  where c.job_id = any (stopped);
  return coalesce(cardinality(stopped), 0);
end $$;

create function wa.reason_of_another_text()
returns text
language sql immutable
set search_path = ''
as $$
  select 'La plantilla ya no dice lo mismo que cuando se creó este envío; cancélalo y crea otro.';
$$;

-- A late receipt may open an ended job again, and its template may have been edited since.
create function wa.hold_reopened_job()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if not wa.keeps_its_text(new.template_id, new.template_version) then
    new.status := 'paused';
    new.status_reason := wa.reason_of_another_text();
    new.paused_by := 'template_changed';
  end if;
  return new;
end $$;
create trigger hold_reopened before update of status on public.communications
  for each row when (old.status in ('completed', 'partial', 'failed') and new.status = 'processing')
  execute function wa.hold_reopened_job();

-- A template that is being edited, or is gone, does not.
create function wa.keeps_its_text(p_template_id uuid, p_version integer)
returns boolean
language sql stable
set search_path = ''
as $$
  select exists (
    select
    from public.wa_templates t
    join public.wa_template_versions v on v.template_id = t.id
    where t.id = p_template_id
      and t.deleted_at is null
      and t.change is null
      and v.version = p_version
      and v.content = wa.content_of(t));
$$;

-- What follows from a template's row, whoever changes it.
create function wa.keep_template()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if new.status = 'approved' then
    new.first_approved_at := coalesce(new.first_approved_at, now());
  end if;
  if tg_op = 'INSERT' then
    return new;
  end if;
  if wa.content_of(new) <> wa.content_of(old) then
    new.version := old.version + 1;
  end if;
  if new.change is distinct from old.change then
    new.change_claim := null;
    new.change_claimed_at := null;
    new.change_claims := '{}';
    new.change_draft := case new.change when 'edit' then new.change_draft end;
  end if;
  return new;
end $$;
create trigger keep before insert or update on public.wa_templates
  for each row execute function wa.keep_template();

create function wa.keep_template_version()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  insert into public.wa_template_versions (template_id, campaign_id, version, content)
  values (new.id, new.campaign_id, new.version, wa.content_of(new))
  on conflict do nothing;
  return null;
end $$;
create trigger keep_version after insert or update on public.wa_templates
  for each row execute function wa.keep_template_version();

create function wa.shows_something_else(p_template public.wa_templates, p_content jsonb)
returns boolean
language sql immutable
set search_path = ''
as $$
  select c.present || wa.normal_content(p_content) <> c.present
  from (select wa.content_of(p_template) as present) c;
$$;

create function wa.content_of(p_template public.wa_templates)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select wa.normal_content(jsonb_build_object(
    'header_format', coalesce(
      p_template.header_format, case when btrim(p_template.header_text) <> '' then 'TEXT' end),
    'header_text', p_template.header_text,
    'body_text', p_template.body_text,
    'footer_text', p_template.footer_text,
    'buttons', p_template.buttons,
    'unsupported', p_template.unsupported,
    'parameter_format', p_template.parameter_format));
$$;

-- The members of a content that can stand in a row, in the form in which two are compared. Only a
-- text header has a text.
create function wa.normal_content(p_content jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(m.key, m.value), '{}') || case
    when bool_or(m.key = 'header_format' and m.value is distinct from '"TEXT"')
      then '{"header_text": null}'::jsonb
    else '{}'
  end
  from (
    select e.key, case e.key
      when 'buttons' then wa.normal_buttons(e.value)
      when 'unsupported' then case jsonb_typeof(e.value) when 'array' then e.value end
      when 'header_format' then to_jsonb(upper(e.value #>> '{}'))
      when 'parameter_format' then to_jsonb(lower(e.value #>> '{}'))
      else to_jsonb(wa.normal_text(e.value #>> '{}'))
    end as value
    from jsonb_each(case jsonb_typeof(p_content) when 'object' then p_content else '{}' end) e
  ) m
  where case m.key
    when 'header_format' then coalesce(
      m.value <@ '["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"]', true)
    when 'parameter_format' then coalesce(m.value <@ '["positional", "named"]', false)
    when 'body_text' then m.value is not null
    when 'buttons' then m.value is not null
    when 'unsupported' then m.value is not null
    else m.key in ('header_text', 'footer_text')
  end;
$$;

-- Without payloads and examples; the label of a button that copies a code is Meta's own. Null: no
-- list.
create function wa.normal_buttons(p_buttons jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_strip_nulls(jsonb_build_object(
      'type', b.kind,
      'text', case when b.kind <> 'COPY_CODE' then wa.normal_text(b.value ->> 'text') end,
      'url', case b.kind when 'URL' then wa.normal_text(b.value ->> 'url') end,
      'phone_number', case b.kind
        when 'PHONE_NUMBER' then regexp_replace(b.value ->> 'phone_number', '[^0-9]', '', 'g')
      end))
    order by b.n), '[]')
  from (
    select e.value, upper(e.value ->> 'type') as kind, e.n
    from jsonb_array_elements(wa.list_or_none(p_buttons)) with ordinality e(value, n)) b
  having jsonb_typeof(p_buttons) = 'array';
$$;

create function wa.normal_text(p_text text)
returns text
language sql immutable
set search_path = ''
as $$
  select nullif(
    normalize(btrim(replace(p_text, E'\r\n', E'\n'), E' \t\r\n\u00a0'), nfc), '');
$$;

create function wa.list_or_none(p_value jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select case jsonb_typeof(p_value) when 'array' then p_value else '[]' end;
$$;
