-- What a job needs before it is created.

create function wa.require_sendable(
  p_campaign_id uuid, p_template_id uuid, p_personalization jsonb, p_at timestamptz)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_few_jobs(p_campaign_id);
  perform wa.require_lasting_header(wa.require_template(p_campaign_id, p_template_id), p_at);
  perform wa.require_open_window(p_campaign_id, p_at);
  perform wa.require_sender(p_campaign_id);
  perform wa.require_personalization(p_campaign_id, p_template_id, p_personalization);
  perform wa.require_identification(p_template_id, p_personalization);
end $$;

create function wa.require_few_jobs(p_campaign_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if (
      select count(*) >= 200
      from public.communications c
      where c.campaign_id = p_campaign_id
        and c.status in ('processing', 'paused')
        and not c.is_test) then
    perform wa.refuse(409, 'too_many_jobs',
      'La campaña ya tiene 200 envíos abiertos; espera a que terminen o cancela algunos.',
      'campaign_id');
  end if;
end $$;

create function wa.require_template(p_campaign_id uuid, p_template_id uuid)
returns public.wa_templates
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
  problem record;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id and t.campaign_id = p_campaign_id and t.deleted_at is null;
  if not found then
    perform wa.refuse(404, 'template_not_found',
      'No existe esa plantilla en esta campaña.', 'template_id');
  elsif template.status <> 'approved' then
    perform wa.refuse(409, 'template_not_approved',
      format('La plantilla no está aprobada por WhatsApp: está %s.',
        wa.status_in_words(template.status)), 'template_id');
  elsif template.change is not null then
    perform wa.refuse(409, 'template_not_approved',
      'La plantilla tiene un cambio en camino a WhatsApp; espera a que lo apruebe.',
      'template_id');
  end if;
  select * into problem from wa.template_problem(template);
  if found then
    perform wa.refuse(409, problem.code, problem.detail, problem.field);
  end if;
  return template;
end $$;

create function wa.status_in_words(p_status text)
returns text
language sql immutable
set search_path = ''
as $$
  select case p_status
    when 'approved' then 'aprobada'
    when 'pending' then 'en revisión'
    when 'rejected' then 'rechazada'
    when 'paused' then 'en pausa'
    when 'disabled' then 'deshabilitada'
    else 'archivada' end;
$$;

-- Asked at a job's end of creation, when what changes a template has to wait for its commit: what
-- was checked is what holds. Whoever changes it first is seen here.
create function wa.require_unchanged_template(p_job public.communications)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform from public.wa_templates t where t.id = p_job.template_id for share;
  if (wa.require_template(p_job.campaign_id, p_job.template_id)).version
    <> p_job.template_version
  then
    perform wa.refuse(409, 'template_changed',
      'La plantilla cambió mientras se creaba el envío; revísala e intenta de nuevo.',
      'template_id');
  end if;
end $$;

create function wa.require_sender(p_campaign_id uuid)
returns public.wa_senders
language plpgsql stable
set search_path = ''
as $$
declare
  sender public.wa_senders;
begin
  select s.* into sender
  from public.wa_campaign_settings c
  join public.wa_senders s on s.id = c.sender_id
  where c.campaign_id = p_campaign_id;
  if not found then
    perform wa.refuse(409, 'sender_missing',
      'La campaña no tiene un número de WhatsApp asignado.', 'campaign_id');
  end if;
  return sender;
end $$;

create function wa.require_open_window(p_campaign_id uuid, p_at timestamptz)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  zone text := (
    select s.zones[1] from public.wa_campaign_settings s where s.campaign_id = p_campaign_id);
  w record;
begin
  select * into w from wa.send_window(p_campaign_id);
  case wa.window_problem(p_campaign_id, p_at)
    when 'dates_missing' then
      perform wa.refuse(409, 'dates_missing',
        'Captura las fechas del calendario oficial del INE u OPLE.', 'campaign_id');
    when 'veda' then
      perform wa.refuse(403, 'veda',
        format('Veda electoral: envíos suspendidos hasta %s.',
          to_char(w.veda_ends_at at time zone zone, 'DD/MM/YYYY HH24:MI')),
        'scheduled_at', wa.bounds(w.veda_starts_at, w.veda_ends_at));
    when 'outside_campaign' then
      perform wa.refuse(403, 'outside_campaign',
        format('Fuera del periodo oficial de campaña (%s–%s).',
          to_char(w.opens_at at time zone zone, 'DD/MM/YYYY'),
          to_char((w.closes_at - interval '1 second') at time zone zone, 'DD/MM/YYYY')),
        'scheduled_at', wa.bounds(w.opens_at, w.closes_at));
    else null;
  end case;
end $$;

-- The first moment of a period, and the first after it.
create function wa.bounds(p_starts_at timestamptz, p_ends_at timestamptz)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object('bounds', jsonb_build_object(
    'starts_at', p_starts_at, 'ends_at', p_ends_at));
$$;

-- A list that the deadline would cut in two is sent only for whoever asked for that. Where nobody
-- knows when the number will send, nobody knows what will be cut.
create function wa.require_time(p_job public.communications, p_summary jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  zone text := (
    select s.zones[1] from public.wa_campaign_settings s where s.campaign_id = p_job.campaign_id);
  deadline timestamptz := p_summary ->> 'send_before';
begin
  if (p_summary ->> 'cut_count')::bigint > 0
    and not coalesce((p_job.metadata ->> 'accept_cut')::boolean, false)
  then
    perform wa.refuse(409, 'crosses_deadline',
      format('%s mensajes no alcanzan a salir antes del cierre (%s). Reduce la lista o acepta que '
        'se queden sin enviar.',
        p_summary ->> 'cut_count', to_char(deadline at time zone zone, 'DD/MM/YYYY HH24:MI')),
      'accept_cut', jsonb_build_object(
        'cut_count', p_summary -> 'cut_count', 'deadline', p_summary -> 'send_before'));
  end if;
end $$;

-- A misspelt filter must not quietly widen the audience to everybody, nor a misspelt value shrink
-- it.
create function wa.require_known_filters(p_campaign_id uuid, p_filters jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  field text;
  strange text;
begin
  select k into strange
  from jsonb_object_keys(p_filters) k
  where k <> all (wa.filter_names() || '{voter_ids}')
  order by k
  limit 1;
  if found then
    perform wa.refuse(422, 'field_unknown', 'Ese campo no existe.', 'filters.' || strange);
  end if;
  if p_filters ? 'voter_ids' then
    select x into strange
    from jsonb_array_elements_text(p_filters -> 'voter_ids') x
    where x::uuid not in (select wa.audience(p_campaign_id, p_filters))
    limit 1;
    if found then
      perform wa.refuse(422, 'voter_not_found',
        format('No existe el votante %s en esta campaña.', strange), 'filters.voter_ids');
    end if;
    return;
  end if;
  for field in select f from unnest(wa.filter_names()) f where p_filters ? f loop
    select x into strange
    from jsonb_array_elements_text(p_filters -> field) x
    where x not in (select wa.filter_values(p_campaign_id, field))
    limit 1;
    if found then
      perform wa.refuse(422, 'filter_value_unknown',
        format('Ningún votante de la campaña tiene el valor «%s» en este filtro.', strange),
        'filters.' || field);
    end if;
  end loop;
end $$;
grant execute on function wa.require_known_filters(uuid, jsonb)
  to authenticated;

create function wa.require_personalization(
  p_campaign_id uuid, p_template_id uuid, p_personalization jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  wrong text;
begin
  select t into wrong
  from wa.template_parameters(p_template_id) t
  where not coalesce(p_personalization, '{}') ? t
  order by t
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_missing',
      format('Falta el valor de {{%s}} de la plantilla.', wrong), 'personalization.' || wrong);
  end if;
  select k into wrong
  from jsonb_object_keys(p_personalization) k
  where k not in (select wa.template_parameters(p_template_id))
  order by k
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_unexpected',
      format('La plantilla no usa {{%s}}.', wrong), 'personalization.' || wrong);
  end if;
  perform wa.require_values(p_campaign_id, p_personalization);
  perform wa.require_codes(p_template_id, p_personalization);
  perform wa.require_whole_words(p_template_id, p_personalization);
end $$;

-- A voter's value that ends a word of the template would make of each voter a text of its own, to
-- be judged in full.
create function wa.require_whole_words(p_template_id uuid, p_personalization jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  wrong text;
begin
  select v.name into wrong
  from public.wa_templates t, wa.varying_values(p_personalization, '{}') v
  where t.id = p_template_id and wa.is_glued(v.name, t, p_personalization)
  order by v.name
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_invalid',
      format('El dato del votante en {{%s}} está pegado a letras; sepáralo con un espacio.', wrong),
      'personalization.' || wrong);
  end if;
end $$;

-- What the message says with these values: also of templates that were registered before, or by
-- operators. Settings in which nobody is named come first.
create function wa.require_identification(p_template_id uuid, p_values jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
  gaps text[];
  elements text[];
begin
  select * into template from public.wa_templates t where t.id = p_template_id;
  perform wa.require_identity_settings(template.campaign_id);
  select array_agg(m.element), array_agg(m.name) filter (where m.element <> 'opt_out')
  into elements, gaps
  from public.wa_campaign_settings s, wa.missing_from(template, p_values, s) m
  where s.campaign_id = template.campaign_id;
  if gaps is not null then
    perform wa.refuse(409, 'identification_missing',
      format('A la plantilla le falta identificar %s (LGIPE, arts. 211, 246 y 394). Al crearla o '
        'editarla aquí se agrega.', wa.listed_in_words(gaps)),
      'template_id', jsonb_build_object('missing', elements));
  elsif elements is not null then
    perform wa.refuse(409, 'opt_out_missing',
      'La plantilla no dice cómo dejar de recibir mensajes. Al crearla o editarla aquí se agrega '
        '«Responde BAJA».',
      'template_id', jsonb_build_object('missing', elements));
  end if;
end $$;

-- Campaigns that an operator set up may lack what PUT /settings asks for.
create function wa.require_identity_settings(p_campaign_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  lacking record;
begin
  select f.field, f.name into lacking
  from (values (p_campaign_id)) c (id)
  left join public.wa_campaign_settings s on s.campaign_id = c.id
  cross join lateral (values
    (1, 'candidate', 'la candidatura', s.candidate),
    (2, 'office', 'el cargo', s.office),
    (3, 'party_legend', 'el partido o la coalición', s.party_legend)
  ) f (place, field, name, typed)
  where coalesce(f.typed, '') !~ ('[^' || wa.invisible() || ']')
  order by f.place
  limit 1;
  if found then
    perform wa.refuse(409, 'identification_missing',
      format('En la configuración de la campaña falta %s, que cada mensaje debe decir; complétala.',
        lacking.name), 'settings.' || lacking.field);
  end if;
end $$;

create function wa.listed_in_words(p_names text[])
returns text
language sql immutable
set search_path = ''
as $$
  select regexp_replace(array_to_string(p_names, ', '), ', ([^,]*)$', ' y \1');
$$;

-- What a button copies is the same for everybody: letters and digits, as Meta takes it.
create function wa.require_codes(p_template_id uuid, p_personalization jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  wrong text;
begin
  select 'button.' || (b.n - 1) into wrong
  from public.wa_templates t, jsonb_array_elements(t.buttons) with ordinality b(value, n)
  where t.id = p_template_id
    and upper(b.value ->> 'type') = 'COPY_CODE'
    and (p_personalization ->> ('button.' || (b.n - 1))) !~ '^[A-Za-z0-9]{1,15}$'
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_invalid',
      'El código de un botón lleva de 1 a 15 letras sin acento o números, y nada más.',
      'personalization.' || wrong);
  end if;
end $$;

create function wa.require_values(p_campaign_id uuid, p_personalization jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  wrong text;
begin
  select p.key into wrong
  from jsonb_each_text(p_personalization) p
  where length(p.value) > 1024
  order by p.key
  limit 1;
  if found then
    perform wa.refuse(422, 'text_too_long',
      'A lo más 1024 caracteres.', 'personalization.' || wrong);
  end if;
  -- Whatever remains of "{{" after the known fields are taken out names a field that does not
  -- exist.
  select p.key into wrong
  from jsonb_each_text(p_personalization) p
  where coalesce(p.value, '') !~ ('[^' || wa.invisible() || ']')
    or strpos(regexp_replace(p.value, '\{\{\s*(' || coalesce((
      select string_agg(f, '|')
      from (
        select 'voter\.' || unnest(wa.voter_fields()) as f
        union all
        select 'campaign\.' || jsonb_object_keys(wa.campaign_fields(p_campaign_id))) names),
      '') || ')\s*\}\}', '', 'g'), '{{') > 0
  order by p.key
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_invalid',
      format('El valor de {{%s}} está vacío o nombra un dato que no existe.', wrong),
      'personalization.' || wrong);
  end if;
end $$;

-- Two jobs at once must not pass the cap together: the second waits for the first one's commit.
create function wa.require_budget(p_campaign_id uuid, p_messages bigint)
returns void
language plpgsql
set search_path = ''
as $$
declare
  cap numeric;
  price numeric;
begin
  select s.spending_cap_usd, s.price_per_message_usd into cap, price
  from public.wa_campaign_settings s
  where s.campaign_id = p_campaign_id
  for no key update;
  if (wa.committed_messages(p_campaign_id) + p_messages) * price > cap then
    perform wa.refuse(409, 'spending_cap_exceeded',
      format('El envío rebasa el tope de gasto de la campaña (US$%s).', cap), 'filters');
  end if;
end $$;

-- Messages that a campaign's jobs have cost or will.
create function wa.committed_messages(p_campaign_id uuid)
returns bigint
language sql stable
set search_path = ''
as $$
  select coalesce(sum(c.target_count - c.skipped_count - c.failed_count), 0)::bigint
  from public.communications c
  where c.campaign_id = p_campaign_id and not c.is_test;
$$;
