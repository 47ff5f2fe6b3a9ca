-- DELETE /templates/{id}.

-- Returns {template_id, meta_template_name, status, change}. Asking again changes nothing. One that
-- Meta never had is gone at once.
create function public.wa_delete_template(p_template_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates := wa.own_template(p_template_id);
begin
  if template.deleted_at is null and template.change is distinct from 'delete' then
    perform wa.require_deletable(template);
    perform wa.require_unused(p_template_id);
    update public.wa_templates t
    set change = case when t.meta_template_id is not null then 'delete' end,
      deleted_at = case when t.meta_template_id is null then now() end,
      status = case when t.meta_template_id is null then 'disabled' else t.status end,
      updated_at = now()
    where t.id = p_template_id
    returning * into template;
    perform wa.audit_change(template, 'template_deleted', '{}');
  end if;
  return jsonb_build_object(
    'template_id', template.id,
    'meta_template_name', template.meta_template_name,
    'status', template.status,
    'change', template.change);
end $$;
revoke all on function public.wa_delete_template(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_delete_template(uuid)
  to authenticated;

create function wa.require_deletable(p_template public.wa_templates)
returns void
language plpgsql immutable
set search_path = ''
as $$
begin
  if p_template.name is null then
    perform wa.refuse(409, 'template_not_deletable',
      'Esta plantilla la registró soporte y no se borra aquí.', 'template_id');
  elsif p_template.status = 'disabled' then
    perform wa.refuse(409, 'template_not_deletable',
      'WhatsApp no deja borrar una plantilla deshabilitada.', 'template_id');
  elsif p_template.change = 'edit' or p_template.change_claims <> '{}' then
    perform wa.refuse(409, 'template_not_deletable',
      'La plantilla tiene un cambio en camino a WhatsApp; intenta de nuevo en unos minutos.',
      'template_id');
  end if;
end $$;
