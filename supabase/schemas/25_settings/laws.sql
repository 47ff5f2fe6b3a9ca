-- What the settings may not say: elections and senders that the law keeps from paid messages, dates
-- that contradict each other, a campaign without its name.

create function wa.require_served(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  case p_settings ->> 'election_kind'
    when 'federal' then null;
    when 'local' then null;
    when 'judicial' then
      perform wa.refuse(422, 'election_not_served',
        'No se atienden elecciones judiciales: su propaganda va solo en papel y nadie puede pagar '
        'por difundirla (LGIPE, arts. 508, 509 y 522, párr. 3).', 'settings.election_kind');
    else
      perform wa.refuse(422, 'election_not_served',
        'Se atienden elecciones federales (federal) y locales (local); las consultas y la '
        'revocación de mandato no.', 'settings.election_kind');
  end case;
  if p_settings ->> 'run_by' = 'government' then
    perform wa.refuse(422, 'government_not_served',
      'No se atiende a entes públicos: su propaganda se suspende desde el inicio de las campañas '
      'hasta el fin de la jornada (LGIPE, art. 209, párr. 1).', 'settings.run_by');
  elsif p_settings ->> 'run_by' not in ('party', 'coalition', 'independent') then
    perform wa.refuse(422, 'value_invalid',
      'Debe ser party (partido), coalition (coalición) o independent (independiente).',
      'settings.run_by');
  end if;
end $$;

create function wa.require_agreeing_dates(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  first_day date := p_settings ->> 'campaign_start';
  last_day date := p_settings ->> 'campaign_end';
  veda date := (p_settings ->> 'election_date')::date - 3;
begin
  if first_day > last_day then
    perform wa.refuse(422, 'dates_contradict',
      'La campaña termina antes de empezar.', 'settings.campaign_end');
  elsif last_day >= veda then
    perform wa.refuse(422, 'dates_contradict',
      format('La veda empieza el %s, tres días antes de la jornada; el último día de campaña debe '
        'ser anterior (LGIPE, art. 251, párrs. 3 y 4).', to_char(veda, 'DD/MM/YYYY')),
      'settings.campaign_end');
  end if;
end $$;

create function wa.require_identity(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  independent boolean := p_settings ->> 'run_by' = 'independent';
  legend text := p_settings ->> 'party_legend';
begin
  if independent and legend <> wa.independent_legend() then
    perform wa.refuse(422, 'value_invalid',
      format('Una candidatura independiente lleva la leyenda «%s» (LGIPE, art. 394, párr. 1, '
        'inciso j).', wa.independent_legend()), 'settings.party_legend');
  elsif legend is null and not independent then
    perform wa.refuse(422, 'field_missing',
      'Falta el partido o la coalición (LGIPE, art. 246, párr. 1).', 'settings.party_legend');
  end if;
  case num_nonnulls(p_settings ->> 'ine_registration', p_settings ->> 'ine_waiver_reason')
    when 0 then
      perform wa.refuse(422, 'field_missing',
        'Falta el registro ante el INE u OPLE, o la razón de no tenerlo (ine_waiver_reason).',
        'settings.ine_registration');
    when 2 then
      perform wa.refuse(422, 'value_invalid',
        'Quien tiene registro no da una razón de no tenerlo.', 'settings.ine_waiver_reason');
    else null;
  end case;
end $$;

create function wa.independent_legend()
returns text
language sql immutable
set search_path = ''
as $$
  select 'Candidato Independiente';
$$;

create function wa.require_addresses(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if p_settings ->> 'accounting_key' !~ '^[0-9]{1,6}$' then
    perform wa.refuse(422, 'value_invalid',
      'La clave de contabilidad del SIF tiene de 1 a 6 dígitos.', 'settings.accounting_key');
  elsif p_settings ->> 'rnp' !~ '^[A-Za-z0-9-]{1,30}$' then
    perform wa.refuse(422, 'value_invalid',
      'El registro en el RNP lleva solo letras, números y guiones.', 'settings.rnp');
  elsif p_settings ->> 'privacy_notice_url'
      !~ '^https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{1,5})?([/?#]\S*)?$' then
    perform wa.refuse(422, 'value_invalid',
      'Debe ser una dirección https:// completa.', 'settings.privacy_notice_url');
  end if;
end $$;

create function wa.require_hours(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if num_nulls(p_settings ->> 'quiet_from', p_settings ->> 'quiet_until') = 1 then
    perform wa.refuse(422, 'value_invalid',
      'Escribe el inicio y el fin del descanso, o ninguno de los dos.', 'settings.quiet_until');
  elsif (p_settings ->> 'quiet_from')::time = (p_settings ->> 'quiet_until')::time then
    perform wa.refuse(422, 'value_invalid',
      'El descanso no puede empezar y terminar a la misma hora.', 'settings.quiet_until');
  elsif (p_settings ->> 'resend_after_minutes')::numeric < 15 then
    perform wa.refuse(422, 'number_invalid',
      'Deben ser al menos 15 minutos.', 'settings.resend_after_minutes');
  end if;
end $$;
