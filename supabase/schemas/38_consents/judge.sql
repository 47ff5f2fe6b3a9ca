-- Which consents may be kept.

-- The rows behind p_after, each with its number in one spelling and its time; known_id: the same
-- consent is there already; code, detail and field: why it may not be kept. What has its code
-- already keeps it.
create function wa.judged_consents(p_campaign_id uuid, p_rows jsonb, p_after integer)
returns table (
  place integer, phone text, obtained_at timestamptz, source text, notice_version text,
  evidence text, known_id uuid, code text, detail text, field text)
language sql stable
set search_path = ''
as $$
  with read as materialized (
    select r."row" as place, r.phone as raw, wa.normalize_phone(r.phone) as phone,
      wa.consent_time(r.obtained_at, z.zone) as obtained_at, z.zone, r.source, r.notice_version,
      r.evidence, r.code, r.detail, r.field
    from jsonb_to_recordset(p_rows) r (
      "row" integer, phone text, obtained_at text, source text, notice_version text, evidence text,
      code text, detail text, field text), wa.consent_zone(p_campaign_id) z (zone)
    where r."row" > p_after
  ),
  judged as (
    select r.*, known.id as known_id, coalesce(r.code, case
        when r.phone is null then wa.phone_problem(r.raw)
        when erased.reason = 'erased' then 'person_erased'
        when r.obtained_at is null then 'date_missing'
        when wa.is_after_today(r.obtained_at, r.zone) then 'date_in_the_future'
        when r.obtained_at < '2010-07-06' then 'date_too_old'
        when wa.is_roll_data(concat_ws(' | ', r.source, r.notice_version, r.evidence))
          then 'roll_data'
        when known.revoked_at >= r.obtained_at then 'consent_revoked'
      end) as judgment
    from read r
    left join wa.suppressed_names(p_campaign_id, array(select phone from read)) erased
      on erased.name = r.phone
    cross join lateral (
      select max(c.revoked_at) as revoked_at,
        (array_agg(c.id) filter (
          where (c.obtained_at, c.source) = (r.obtained_at, r.source)))[1] as id
      from public.wa_consents c
      where c.campaign_id = p_campaign_id and c.phone = r.phone) known
  )
  select j.place, j.phone, j.obtained_at, j.source, j.notice_version, j.evidence, j.known_id,
    j.judgment, coalesce(p.detail, j.detail), coalesce(p.field, j.field)
  from judged j
  left join wa.consent_problems() p on p.code = j.judgment;
$$;

create function wa.consent_problems()
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  values
    ('missing_number', 'Falta el teléfono.', 'phone'),
    ('invalid_number', 'No es un número mexicano de diez dígitos completo; si la hoja de cálculo '
      'lo redondeó, dale formato de texto a la columna.', 'phone'),
    ('foreign_number', 'Solo se admiten números mexicanos (+52).', 'phone'),
    ('person_erased', 'Esa persona pidió que se borraran sus datos; ya no se le puede escribir.',
      'phone'),
    ('date_missing', 'Falta la fecha del consentimiento.', 'obtained_at'),
    ('date_in_the_future', 'La fecha del consentimiento está en el futuro.', 'obtained_at'),
    ('date_too_old', 'La fecha es anterior a la primera ley de protección de datos personales '
      '(6 de julio de 2010): entonces no había aviso de privacidad.', 'obtained_at'),
    ('roll_data', 'No se admiten datos del padrón electoral.', 'evidence'),
    ('consent_revoked', 'La persona revocó su consentimiento en esa fecha o después.',
      'obtained_at');
$$;

-- What is typed without a zone is the campaign's own time.
create function wa.consent_zone(p_campaign_id uuid)
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(
    (
      select s.zones[1]
      from public.wa_campaign_settings s
      where s.campaign_id = p_campaign_id),
    'America/Mexico_City');
$$;

-- A day is its first moment, so that whoever takes it back that day has done so later.
create function wa.consent_time(p_text text, p_zone text)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select case
    when p_text ~ 'T.*([Zz]|[+-][0-9:]+)$' then p_text::timestamptz
    else p_text::timestamp at time zone p_zone
  end;
$$;

-- By days: a form's clock may be some hours ahead of the campaign's.
create function wa.is_after_today(p_moment timestamptz, p_zone text)
returns boolean
language sql stable
set search_path = ''
as $$
  select (p_moment at time zone p_zone)::date > (now() at time zone p_zone)::date;
$$;

-- A clave de elector or a CURP anywhere in a text. LGIPE arts. 126.3 and 148.2; the same as
-- shared/rules/roll_data.py, which sees the columns that are not kept, too.
create function wa.is_roll_data(p_text text)
returns boolean
language sql immutable
set search_path = ''
as $$
  select upper(p_text) ~ (
    '(?<![[:alnum:]])'
    '(?:[A-ZÑ&]{6}[ -]?[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[ -]?'
    '(?:0[1-9]|[12][0-9]|3[0-2]|8[78])[ -]?[HMX][ -]?[0-9]{3}'
    '|[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{5}[A-Z0-9][0-9])(?![[:alnum:]])');
$$;
