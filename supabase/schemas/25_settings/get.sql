-- GET /settings: what a campaign says about itself, and what follows from it.

-- settings has the fields that wa_put_settings takes, null where there are none yet. Security
-- definer: members read no sender.
create function public.wa_get_settings(p_campaign_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  s public.wa_campaign_settings;
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  select * into s from public.wa_campaign_settings c where c.campaign_id = p_campaign_id;
  return jsonb_build_object(
    'campaign_id', p_campaign_id,
    'role', wa.my_role(p_campaign_id),
    'may_change', p_campaign_id in (select wa.my_campaigns('administer')),
    'version', s.version,
    'settings', case when s.campaign_id is not null then wa.settings_as_typed(s) end,
    'zones', s.zones,
    'window', (select to_jsonb(w) from wa.send_window(p_campaign_id) w),
    'ine_waiver', case when s.ine_waiver_reason is not null
      then jsonb_build_object('by', s.ine_waived_by, 'at', s.ine_waived_at) end,
    'sender', public.wa_get_sender(p_campaign_id),
    'warnings', case when s.campaign_id is not null then wa.settings_warnings(s) else '[]' end);
end $$;
revoke all on function public.wa_get_settings(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_get_settings(uuid)
  to authenticated;

create function wa.settings_as_typed(p_settings public.wa_campaign_settings)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_object_agg(f.name, case f.form
    when 'minutes' then to_jsonb(trim_scale(extract(epoch from
      (s.said ->> regexp_replace(f.name, '_minutes$', ''))::interval) / 60))
    when 'time' then to_jsonb(regexp_replace(s.said ->> f.name, '^(..:..):00$', '\1'))
    else s.said -> f.name end)
  from wa.setting_fields() f, (select to_jsonb(p_settings) as said) s;
$$;

-- [{code, field, detail}]: what is allowed and still looks wrong.
create function wa.settings_warnings(p_settings public.wa_campaign_settings)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'code', w.code, 'field', 'settings.' || w.field, 'detail', w.detail) order by w.place), '[]')
  from (
    select *
    from wa.date_warnings(p_settings)
    union all
    values
      (11, p_settings.privacy_notice_url is null, 'privacy_notice_missing', 'privacy_notice_url',
        'Falta la liga al aviso de privacidad (LFPDPPP, arts. 15 y 16).'),
      (12, p_settings.rnp is null, 'rnp_missing', 'rnp',
        'Falta el registro del proveedor en el RNP del INE: contratar fuera de él es delito '
        '(LGMDE, art. 7, fracción XXI).'),
      (13, p_settings.quiet_from is null, 'quiet_hours_missing', 'quiet_from',
        'Sin horario de descanso los mensajes salen a cualquier hora.'),
      (14, not p_settings.consent_required, 'consent_not_required', 'consent_required',
        'Se escribe también a quien no tiene un consentimiento registrado (LFPDPPP, arts. 7 y 8).')
  ) w (place, holds, code, field, detail)
  where w.holds;
$$;

create function wa.date_warnings(p_settings public.wa_campaign_settings)
returns table (place integer, holds boolean, code text, field text, detail text)
language sql stable
set search_path = ''
as $$
  select w.*
  from (
    select p_settings.campaign_end - p_settings.campaign_start + 1 as days,
      p_settings.election_kind = 'federal' as is_federal) c
  cross join lateral (values
    (1, p_settings.election_date < current_date, 'election_over', 'election_date',
      'La jornada electoral ya pasó.'),
    (2, extract(dow from p_settings.election_date) <> 0
      or extract(month from p_settings.election_date) <> 6
      or extract(day from p_settings.election_date) > 7, 'election_date_unusual', 'election_date',
      'Las elecciones ordinarias son el primer domingo de junio (LGIPE, arts. 22 y 25): revisa la '
      'fecha en el calendario o en la convocatoria.'),
    (3, not p_settings.precandidate
      and p_settings.campaign_end < p_settings.election_date - 4,
      'campaign_end_unusual', 'campaign_end',
      'Las campañas terminan tres días antes de la jornada (LGIPE, art. 251, párr. 3), y esta '
      'termina antes.'),
    (4, case
        when p_settings.precandidate then c.is_federal and c.days > 40
        when c.is_federal then c.days not in (60, 90)
        else c.days not between 30 and 90 end,
      'campaign_length_unusual', 'campaign_start',
      case
        when p_settings.precandidate
          then 'La precampaña federal dura a lo más 40 días (LGIPE, art. 226, párr. 2).'
        when c.is_federal
          then 'Las campañas federales duran 60 o 90 días (LGIPE, art. 251, párrs. 1 y 2).'
        else 'Las campañas locales duran de 30 a 90 días (Constitución, art. 116, fracción IV, '
          'inciso j).' end)
  ) w (place, holds, code, field, detail);
$$;
