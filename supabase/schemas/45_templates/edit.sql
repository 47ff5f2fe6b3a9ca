-- PATCH /templates/{id}: the next version of a template. Its name and language stay.

-- p_version: the one that was edited. Answers as wa_create_template; the same edit again changes
-- nothing. What Meta does not know (files, samples, what a quick reply carries) is changed at once.
create function public.wa_edit_template(p_template_id uuid, p_version integer, p_draft jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates := wa.own_template(p_template_id);
  draft public.wa_templates;
  how text;
begin
  if template.deleted_at is not null then
    perform wa.refuse_unknown_template();
  elsif template.name is null then
    perform wa.refuse(409, 'template_not_editable',
      'Esta plantilla la registró soporte y no se edita aquí.', 'template_id');
  end if;
  draft := wa.read_draft(template.campaign_id, p_draft);
  perform wa.require_lawful_draft(draft);
  how := wa.way_of_edit(template, p_version, draft);
  if how = 'done' then
    return wa.template_answer(template);
  elsif how = 'again' then
    perform wa.ask_again(p_template_id, draft);
  elsif how = 'here' then
    perform wa.write_draft(p_template_id, draft);
  else
    update public.wa_templates t
    set change = 'edit',
      change_draft = wa.draft_of(draft) || jsonb_build_object('from_status', t.status),
      updated_at = now()
    where t.id = p_template_id;
  end if;
  select * into template from public.wa_templates t where t.id = p_template_id;
  perform wa.audit_change(template, 'template_edited', '{}');
  return wa.template_answer(template);
end $$;
revoke all on function public.wa_edit_template(uuid, integer, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_edit_template(uuid, integer, jsonb)
  to authenticated;

-- 'done': asked for already, or nothing to do; 'here': nothing for Meta; 'edit': for Meta; 'again':
-- Meta has none yet.
create function wa.way_of_edit(
  p_template public.wa_templates, p_version integer, p_draft public.wa_templates)
returns text
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.require_same_name(p_template, p_draft);
  if wa.is_edited_so(p_template, p_version, wa.draft_of(p_draft)) then
    return 'done';
  elsif p_version is distinct from p_template.version then
    perform wa.refuse(409, 'template_changed',
      'La plantilla cambió mientras la editabas; vuelve a abrirla.', 'version');
  end if;
  perform wa.require_editable(p_template);
  perform wa.require_unused(p_template.id);
  if wa.is_untold(p_template) then
    return 'again';
  elsif p_template.status <> 'rejected'
    and p_template.category = p_draft.category
    and wa.content_of(p_template) = wa.content_of(p_draft)
  then
    return 'here';
  end if;
  perform wa.require_edit_of_approved(p_template, p_draft.category);
  return 'edit';
end $$;

create function wa.require_same_name(p_template public.wa_templates, p_draft public.wa_templates)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if p_draft.name <> p_template.name then
    perform wa.refuse(422, 'value_invalid', 'El nombre de una plantilla no cambia.', 'name');
  elsif p_draft.language <> p_template.language then
    perform wa.refuse(422, 'value_invalid', 'El idioma de una plantilla no cambia.', 'language');
  end if;
end $$;

-- By an edit that is under way, or by one that is over and whose answer was lost. A rejected one
-- may be tried once more as it is.
create function wa.is_edited_so(
  p_template public.wa_templates, p_version integer, p_draft jsonb)
returns boolean
language sql immutable
set search_path = ''
as $$
  select case
    when p_template.change = 'edit'
      then p_version = p_template.version and p_template.change_draft - 'from_status' = p_draft
    when p_template.change is null and p_template.status = 'rejected' then false
    else p_template.version - p_version in (0, 1)
      and p_template.change is distinct from 'delete'
      and wa.draft_of(p_template) = p_draft
  end;
$$;

create function wa.require_editable(p_template public.wa_templates)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if p_template.change is not null then
    perform wa.refuse(409, 'template_not_editable',
      'La plantilla ya tiene un cambio en camino a WhatsApp; espera a que termine.',
      'template_id');
  elsif p_template.status not in ('approved', 'rejected', 'paused') then
    perform wa.refuse(409, 'template_not_editable',
      format('WhatsApp no deja editar una plantilla que está %s.',
        wa.status_in_words(p_template.status)), 'template_id');
  end if;
end $$;

-- Jobs keep what they were created with. Asked under the template's lock, which a new job waits for
-- (wa.require_unchanged_template).
create function wa.require_unused(p_template_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if exists (
      select
      from public.communications c
      where c.template_id = p_template_id and c.status in ('processing', 'paused')) then
    perform wa.refuse(409, 'template_in_use',
      'Hay envíos abiertos con esta plantilla; espera a que terminen o cancélalos.',
      'template_id');
  end if;
end $$;

-- Meta's limits for what it has approved.
create function wa.require_edit_of_approved(p_template public.wa_templates, p_category text)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  edits timestamptz[] := wa.recent_edits(p_template);
  free_at timestamptz := greatest(
    edits[cardinality(edits)] + interval '24 hours',
    edits[cardinality(edits) - 9] + interval '30 days');
begin
  if p_template.status <> 'approved' then
    return;
  elsif p_category <> p_template.category then
    perform wa.refuse(409, 'template_category_fixed',
      'La categoría de una plantilla aprobada no cambia.', 'category');
  elsif free_at > now() then
    perform wa.refuse(409, 'template_edit_too_soon',
      format('WhatsApp admite una edición en 24 horas y diez en 30 días; '
        'podrás editarla desde %s.', wa.local_time(p_template.campaign_id, free_at)),
      'template_id');
  end if;
end $$;

create function wa.recent_edits(p_template public.wa_templates)
returns timestamptz[]
language sql stable
set search_path = ''
as $$
  select array(
    select e
    from unnest(p_template.edited_at) e
    where e > now() - interval '30 days'
    order by e);
$$;

-- Locked; deleted ones, too.
create function wa.own_template(p_template_id uuid)
returns public.wa_templates
language plpgsql
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id and t.campaign_id in (select wa.my_campaigns('read_figures'))
  for no key update;
  if not found then
    perform wa.refuse_unknown_template();
  end if;
  perform wa.require_may(template.campaign_id, 'send');
  return template;
end $$;
