-- GET /templates and GET /templates/{id}. Security invoker: row level security decides what the
-- caller sees.

create function public.wa_list_templates(p_campaign_id uuid)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(wa.template_in_full(t) order by t.created_at desc, t.id), '[]')
  from public.wa_templates t
  where t.campaign_id = p_campaign_id and t.deleted_at is null;
$$;
revoke all on function public.wa_list_templates(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_templates(uuid)
  to authenticated;

create function public.wa_get_template(p_template_id uuid)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id and t.deleted_at is null;
  if not found then
    perform wa.refuse_unknown_template();
  end if;
  return wa.template_in_full(template);
end $$;
revoke all on function public.wa_get_template(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_get_template(uuid)
  to authenticated;

create function wa.refuse_unknown_template()
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.refuse(404, 'template_not_found',
    'No existe esa plantilla o no tienes acceso a ella.', 'template_id');
end $$;
grant execute on function wa.refuse_unknown_template()
  to authenticated;

create function wa.template_in_full(p_template public.wa_templates)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_template.id,
    'campaign_id', p_template.campaign_id,
    'name', p_template.name,
    'meta_template_name', p_template.meta_template_name,
    'language', p_template.language,
    'category', p_template.category,
    'status', p_template.status,
    'header_format', p_template.header_format,
    'header_text', p_template.header_text,
    'header_media', p_template.header_media,
    'body_text', p_template.body_text,
    'footer_text', p_template.footer_text,
    'buttons', p_template.buttons,
    'sample_values', p_template.sample_values,
    'parameter_format', p_template.parameter_format,
    'rejected_reason', p_template.rejected_reason,
    'quality', p_template.quality,
    'version', p_template.version,
    'change', p_template.change,
    'updated_at', p_template.updated_at);
$$;
grant execute on function wa.template_in_full(public.wa_templates)
  to authenticated;
