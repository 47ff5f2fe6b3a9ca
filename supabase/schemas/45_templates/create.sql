-- A template that a campaign makes: checked here, written down, and told to Meta afterwards
-- (changes.sql).

-- p_draft: {name, category, language, parameter_format, header_format, header_text, header_media,
-- body_text, footer_text, buttons, sample_values}. Returns {template_id, name, meta_template_name,
-- status, change, version, findings, same_text_as}: what needs a second look, and names of the
-- campaign's templates with the same text, which Meta may refuse for it. The same draft again gives
-- the same template; one that Meta refused at once is asked for anew.
create function public.wa_create_template(p_campaign_id uuid, p_draft jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  draft public.wa_templates := wa.read_draft(p_campaign_id, p_draft);
  template public.wa_templates;
  place text;
begin
  perform wa.require_lawful_draft(draft);
  select * into template
  from public.wa_templates t
  where t.campaign_id = p_campaign_id and t.name = draft.name and t.deleted_at is null
  for no key update;
  place := wa.place_of_draft(draft, template);
  if place = 'same' then
    return wa.template_answer(template);
  elsif place = 'again' then
    template := wa.ask_again(template.id, draft);
  else
    insert into public.wa_templates
    values (draft.*)
    on conflict do nothing
    returning * into template;
    if template.id is null then
      return public.wa_create_template(p_campaign_id, p_draft); -- somebody else just made it
    end if;
  end if;
  perform wa.audit_change(template, 'template_created', '{}');
  return wa.template_answer(template);
end $$;
revoke all on function public.wa_create_template(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_create_template(uuid, jsonb)
  to authenticated;

-- Whether it could be created, with the same answer or refusal; template_id is null.
create function public.wa_check_template(p_campaign_id uuid, p_draft jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  draft public.wa_templates := wa.read_draft(p_campaign_id, p_draft);
  template public.wa_templates;
begin
  perform wa.require_lawful_draft(draft);
  select * into template
  from public.wa_templates t
  where t.campaign_id = p_campaign_id and t.name = draft.name and t.deleted_at is null;
  if wa.place_of_draft(draft, template) <> 'same' then
    template := draft;
  end if;
  return wa.template_answer(template) || '{"template_id": null}';
end $$;
revoke all on function public.wa_check_template(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_check_template(uuid, jsonb)
  to authenticated;

create function wa.require_lawful_draft(p_draft public.wa_templates)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.refuse_blocked(wa.findings_of_draft(p_draft));
end $$;

-- Fields as whoever asks for the template names them.
create function wa.findings_of_draft(p_draft public.wa_templates)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    f || jsonb_build_object('field', regexp_replace(f ->> 'field', '^template\.', ''))), '[]')
  from jsonb_array_elements(wa.released_findings_in(p_draft, '{}')) f;
$$;

-- 'new', 'same' or 'again'; p_present: the campaign's template of that name, if it has one. Meta
-- may have made MARKETING of what was asked for as UTILITY.
create function wa.place_of_draft(p_draft public.wa_templates, p_present public.wa_templates)
returns text
language plpgsql stable
set search_path = ''
as $$
begin
  if p_present.id is null then
    perform wa.require_room(p_draft.campaign_id);
    perform wa.require_free_name(p_draft);
    return 'new';
  elsif wa.is_untold(p_present) then
    return 'again';
  elsif p_present.change is distinct from 'delete'
    and p_present.category in (p_draft.category, 'MARKETING')
    and wa.draft_of(p_present) - 'category' = wa.draft_of(p_draft) - 'category'
  then
    return 'same';
  end if;
  perform wa.refuse(409, 'template_name_taken',
    'La campaña ya tiene una plantilla con ese nombre; edítala o usa otro nombre.', 'name');
end $$;

-- At Meta there is none: it refused it when it was asked, for something that may be mended.
create function wa.is_untold(p_template public.wa_templates)
returns boolean
language sql immutable
set search_path = ''
as $$
  select p_template.status = 'rejected'
    and p_template.meta_template_id is null
    and p_template.change is null;
$$;

-- As many as Meta gives an account that is not verified.
create function wa.require_room(p_campaign_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if (
      select count(*) >= 250
      from public.wa_templates t
      where t.campaign_id = p_campaign_id and t.deleted_at is null) then
    perform wa.refuse(409, 'too_many_templates',
      'La campaña ya tiene 250 plantillas; borra las que no uses.', 'campaign_id');
  end if;
end $$;

-- Meta keeps the name of an approved template for 30 days after it was deleted.
create function wa.require_free_name(p_draft public.wa_templates)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  free_at timestamptz := (
    select max(t.deleted_at) + interval '30 days'
    from public.wa_templates t
    where t.campaign_id = p_draft.campaign_id
      and t.name = p_draft.name
      and t.first_approved_at is not null);
begin
  if free_at > now() then
    perform wa.refuse(409, 'template_name_reserved',
      format('WhatsApp reserva el nombre de una plantilla borrada hasta %s; usa otro.',
        wa.local_time(p_draft.campaign_id, free_at)), 'name');
  elsif exists (
      select
      from public.wa_templates t
      where t.campaign_id = p_draft.campaign_id
        and t.meta_template_name = p_draft.meta_template_name
        and t.language = p_draft.language
        and t.deleted_at is null) then
    perform wa.refuse(409, 'template_name_taken',
      'Soporte ya registró una plantilla con ese nombre; usa otro.', 'name');
  end if;
end $$;

create function wa.ask_again(p_template_id uuid, p_draft public.wa_templates)
returns public.wa_templates
language plpgsql
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  perform wa.write_draft(p_template_id, p_draft);
  update public.wa_templates t
  set language = p_draft.language,
    status = 'pending',
    status_changed_at = p_draft.status_changed_at,
    rejected_reason = null,
    change = 'create'
  where t.id = p_template_id
  returning * into template;
  return template;
end $$;

create function wa.template_answer(p_template public.wa_templates)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'template_id', p_template.id,
    'name', p_template.name,
    'meta_template_name', p_template.meta_template_name,
    'status', p_template.status,
    'change', p_template.change,
    'version', p_template.version,
    'findings', wa.findings_of_draft(case
      when p_template.change_draft is null then p_template
      else wa.edited(p_template)
    end),
    'same_text_as', (
      select coalesce(jsonb_agg(coalesce(t.name, t.meta_template_name) order by t.created_at), '[]')
      from public.wa_templates t
      where t.campaign_id = p_template.campaign_id
        and t.id <> p_template.id
        and t.deleted_at is null
        and wa.normal_text(t.body_text) = wa.normal_text(d.draft ->> 'body_text')
        and wa.normal_text(t.footer_text)
          is not distinct from wa.normal_text(d.draft ->> 'footer_text')))
  from (select coalesce(p_template.change_draft, wa.draft_of(p_template)) as draft) d;
$$;

create function wa.local_time(p_campaign_id uuid, p_at timestamptz)
returns text
language sql stable
set search_path = ''
as $$
  select to_char(p_at at time zone s.zones[1], 'DD/MM/YYYY HH24:MI')
  from public.wa_campaign_settings s
  where s.campaign_id = p_campaign_id;
$$;
