-- What a template must say and does not is added before it goes to Meta's review
-- (docs/decisions/0025): who speaks, and how to make it stop.

-- {draft, added}: the draft with what was missing, and [{what, field, text}]. Variables count as
-- blank, for a job decides what stands there. A draft that lacks nothing comes back as it is, and
-- so does one without a text, which Meta's rules of form refuse.
create function public.wa_compose_template(p_campaign_id uuid, p_draft jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  settings public.wa_campaign_settings;
  template public.wa_templates;
  gaps text[];
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_draft_object(p_draft);
  perform wa.require_identity_settings(p_campaign_id);
  select * into settings from public.wa_campaign_settings s where s.campaign_id = p_campaign_id;
  template.campaign_id := p_campaign_id;
  template.parameter_format := p_draft ->> 'parameter_format';
  template.header_text := p_draft ->> 'header_text';
  template.body_text := p_draft ->> 'body_text';
  template.footer_text := nullif(btrim(p_draft ->> 'footer_text'), '');
  template.buttons := p_draft -> 'buttons';
  if btrim(coalesce(template.body_text, '')) = '' then
    return jsonb_build_object('draft', p_draft, 'added', '[]'::jsonb);
  end if;
  gaps := array(select m.element from wa.missing_from(template, '{}', settings) m);
  return wa.with_lines(p_draft, template.footer_text is null, wa.legend_of(settings, gaps),
    case when 'opt_out' = any (gaps) then wa.opt_out_line() end);
end $$;
revoke all on function public.wa_compose_template(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_compose_template(uuid, jsonb)
  to authenticated;

create function wa.opt_out_line()
returns text
language sql immutable
set search_path = ''
as $$
  select 'Responde BAJA para dejar de recibir mensajes';
$$;

-- Only what is missing, in the words of the settings; null: nothing is. Gender is not known.
create function wa.legend_of(p_settings public.wa_campaign_settings, p_gaps text[])
returns text
language sql immutable
set search_path = ''
as $$
  select nullif(upper(left(l.line, 1)) || substr(l.line, 2), '')
  from (
    select concat_ws(', ',
      case when 'candidate' = any (p_gaps) then btrim(p_settings.candidate) end,
      case
        when 'office' = any (p_gaps)
          then case when p_settings.precandidate then 'precandidato(a) a ' else 'candidatura a ' end
            || btrim(p_settings.office)
        when 'precandidate' = any (p_gaps) then 'precandidato(a)' end,
      case when 'party' = any (p_gaps) then btrim(p_settings.party_legend) end,
      case when 'registration' = any (p_gaps)
        then 'registro ' || btrim(p_settings.ine_registration) end) as line) l;
$$;

-- Both into the footer, if it is free and Meta's 60 characters are enough; else who speaks into the
-- footer and BAJA behind the text; else the other way round; all behind the text, if there is a
-- footer already.
create function wa.with_lines(p_draft jsonb, p_footer_free boolean, p_legend text, p_opt_out text)
returns jsonb
language sql immutable
set search_path = ''
as $$
  with line as (
    select l.what, l.text, l.place, case
      when not p_footer_free then 'body_text'
      when length(concat_ws('. ', p_legend, p_opt_out)) <= 60 then 'footer_text'
      when (l.what = 'identification') = (length(coalesce(p_legend, '')) between 1 and 60)
        then 'footer_text'
      else 'body_text' end as field
    from (values
      (1, 'identification', p_legend),
      (2, 'opt_out', p_opt_out)
    ) l (place, what, text)
    where l.text is not null),
  added as (
    select l.field, string_agg(l.text, '. ' order by l.place) as text
    from line l
    group by l.field)
  select jsonb_build_object(
    'draft', p_draft || (
      select coalesce(jsonb_object_agg(a.field, case a.field
          when 'body_text' then (p_draft ->> 'body_text') || E'\n\n' || a.text
          else a.text end), '{}')
      from added a),
    'added', (
      select coalesce(jsonb_agg(
          jsonb_build_object('what', l.what, 'field', l.field, 'text', l.text)
          order by l.place), '[]')
      from line l));
$$;
