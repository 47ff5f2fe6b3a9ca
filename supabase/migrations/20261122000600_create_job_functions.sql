-- Jobs as their users see them: preview, create, read, pause, resume, cancel. Each runs as the signed-in
-- user. Refusals: SQLSTATE PTnnn (PostgREST answers HTTP nnn), message = stable code, detail = Spanish
-- sentence, hint = the field at fault.

create function wa.refuse(p_http integer, p_code text, p_detail text, p_field text default '')
returns void
language plpgsql
set search_path = ''
as $$
begin
  raise exception using errcode = 'PT' || p_http, message = p_code, detail = p_detail, hint = p_field;
end $$;

-- A foreign campaign and one that does not exist are told apart by nobody but their members; a member whose role does not
-- allow the action is told so.
create function wa.require_may(p_campaign_id uuid, p_action text)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if p_campaign_id is null or p_campaign_id not in (select wa.my_campaigns('read_figures')) then
    perform wa.refuse(404, 'campaign_not_found', 'No existe esa campaña o no tienes acceso a ella.', 'campaign_id');
  elsif p_campaign_id not in (select wa.my_campaigns(p_action)) then
    perform wa.refuse(403, 'forbidden', 'Tu rol en la campaña no permite esta acción.', 'campaign_id');
  end if;
end $$;

-- The job, for a member whose role allows the action.
create function wa.require_job(p_job_id uuid, p_action text)
returns public.communications
language plpgsql stable
set search_path = ''
as $$
declare
  job public.communications;
begin
  select * into job from public.communications c
    where c.job_id = p_job_id and c.campaign_id in (select wa.my_campaigns('read_figures'));
  if not found then
    perform wa.refuse(404, 'job_not_found', 'No existe ese envío o no tienes acceso a él.', 'job_id');
  end if;
  perform wa.require_may(job.campaign_id, p_action);
  return job;
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
  select * into template from public.wa_templates t where t.id = p_template_id and t.campaign_id = p_campaign_id;
  if not found then
    perform wa.refuse(404, 'template_not_found', 'No existe esa plantilla en esta campaña.', 'template_id');
  elsif template.status <> 'approved' then
    perform wa.refuse(409, 'template_not_approved',
      format('La plantilla no está aprobada por WhatsApp: está %s.', case template.status when 'pending' then 'en revisión'
        when 'rejected' then 'rechazada' when 'paused' then 'en pausa' when 'disabled' then 'deshabilitada' else 'archivada' end), 'template_id');
  end if;
  select * into problem from wa.template_problem(template);
  if found then
    perform wa.refuse(409, problem.code, problem.detail, problem.field);
  end if;
  return template;
end $$;

create function wa.require_sender(p_campaign_id uuid)
returns public.wa_senders
language plpgsql stable
set search_path = ''
as $$
declare
  sender public.wa_senders;
begin
  select s.* into sender from public.wa_campaign_settings c join public.wa_senders s on s.id = c.sender_id
    where c.campaign_id = p_campaign_id;
  if not found then
    perform wa.refuse(409, 'sender_missing', 'La campaña no tiene un número de WhatsApp asignado.', 'campaign_id');
  end if;
  return sender;
end $$;

create function wa.require_open_window(p_campaign_id uuid, p_at timestamptz)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  zone text := (select s.zones[1] from public.wa_campaign_settings s where s.campaign_id = p_campaign_id);
  w record;
begin
  select * into w from wa.send_window(p_campaign_id);
  case wa.window_problem(p_campaign_id, p_at)
    when 'dates_missing' then
      perform wa.refuse(409, 'dates_missing', 'Captura las fechas del calendario oficial del INE u OPLE.', 'campaign_id');
    when 'veda' then
      perform wa.refuse(409, 'veda', format('Veda electoral: envíos suspendidos hasta %s.',
        to_char(w.veda_ends_at at time zone zone, 'DD/MM/YYYY HH24:MI')), 'scheduled_at');
    when 'outside_campaign' then
      perform wa.refuse(409, 'outside_campaign', format('Fuera del periodo oficial de campaña (%s–%s).',
        to_char(w.opens_at at time zone zone, 'DD/MM/YYYY'),
        to_char((w.closes_at - interval '1 second') at time zone zone, 'DD/MM/YYYY')), 'scheduled_at');
    else null;
  end case;
end $$;

-- A misspelt filter must not quietly widen the audience to everybody, nor a misspelt value shrink it.
create function wa.require_known_filters(p_campaign_id uuid, p_filters jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  field text;
  strange text;
begin
  select k into strange from jsonb_object_keys(p_filters) k where k <> all (wa.filter_names() || '{voter_ids}') order by k limit 1;
  if found then
    perform wa.refuse(422, 'field_unknown', 'Ese campo no existe.', 'filters.' || strange);
  end if;
  if p_filters ? 'voter_ids' then
    select x into strange from jsonb_array_elements_text(p_filters -> 'voter_ids') x
      where x::uuid not in (select wa.audience(p_campaign_id, p_filters)) limit 1;
    if found then
      perform wa.refuse(422, 'voter_not_found', format('No existe el votante %s en esta campaña.', strange), 'filters.voter_ids');
    end if;
    return;
  end if;
  for field in select f from unnest(wa.filter_names()) f where p_filters ? f loop
    select x into strange from jsonb_array_elements_text(p_filters -> field) x
      where x not in (select wa.filter_values(p_campaign_id, field)) limit 1;
    if found then
      perform wa.refuse(422, 'filter_value_unknown',
        format('Ningún votante de la campaña tiene el valor «%s» en este filtro.', strange), 'filters.' || field);
    end if;
  end loop;
end $$;

create function wa.require_personalization(p_campaign_id uuid, p_template_id uuid, p_personalization jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  wrong text;
begin
  select t into wrong from wa.template_parameters(p_template_id) t where not coalesce(p_personalization, '{}') ? t order by t limit 1;
  if found then
    perform wa.refuse(422, 'personalization_missing', format('Falta el valor de {{%s}} de la plantilla.', wrong), 'personalization.' || wrong);
  end if;
  select k into wrong from jsonb_object_keys(p_personalization) k where k not in (select wa.template_parameters(p_template_id)) order by k limit 1;
  if found then
    perform wa.refuse(422, 'personalization_unexpected', format('La plantilla no usa {{%s}}.', wrong), 'personalization.' || wrong);
  end if;
  select p.key into wrong from jsonb_each_text(p_personalization) p where length(p.value) > 1024 order by p.key limit 1;
  if found then
    perform wa.refuse(422, 'text_too_long', 'A lo más 1024 caracteres.', 'personalization.' || wrong);
  end if;
  -- Whatever remains of "{{" after the known fields are taken out names a field that does not exist.
  select p.key into wrong from jsonb_each_text(p_personalization) p
    where coalesce(p.value, '') !~ ('[^' || wa.invisible() || ']') or strpos(regexp_replace(p.value, '\{\{\s*(' || coalesce((
      select string_agg(f, '|') from (
        select 'voter\.' || unnest(wa.voter_fields()) as f
        union all select 'campaign\.' || jsonb_object_keys(wa.campaign_fields(p_campaign_id))) names), '') || ')\s*\}\}', '', 'g'), '{{') > 0
    order by p.key limit 1;
  if found then
    perform wa.refuse(422, 'personalization_invalid', format('El valor de {{%s}} está vacío o nombra un dato que no existe.', wrong), 'personalization.' || wrong);
  end if;
end $$;

-- Messages of other open jobs leave first: their number, as far as the campaign may know it, and this one's, at the
-- sender's rate.
create function wa.estimated_seconds(p_campaign_id uuid, p_sender_id uuid, p_messages bigint)
returns integer
language sql stable
set search_path = ''
as $$
  select ceil((p_messages + coalesce((
      select sum(wa.figure_for(p_campaign_id, w.campaign_id, w.pending)) from (
        select c.campaign_id, sum(c.pending_count) as pending from public.communications c
        where c.sender_id = s.id and c.status = 'processing' and c.scheduled_at <= now() group by c.campaign_id) w), 0))
    / s.rate_per_second)::integer
  from public.wa_senders s where s.id = p_sender_id;
$$;

-- Messages that a campaign's jobs have cost or will.
create function wa.committed_messages(p_campaign_id uuid)
returns bigint
language sql stable
set search_path = ''
as $$
  select coalesce(sum(c.target_count - c.skipped_count - c.failed_count), 0)::bigint
  from public.communications c where c.campaign_id = p_campaign_id;
$$;

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
    from public.wa_campaign_settings s where s.campaign_id = p_campaign_id for no key update;
  if (wa.committed_messages(p_campaign_id) + p_messages) * price > cap then
    perform wa.refuse(409, 'spending_cap_exceeded',
      format('El envío rebasa el tope de gasto de la campaña (US$%s).', cap), 'filters');
  end if;
end $$;

create function wa.count_reasons(p_reasons text[])
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(r.reason, r.n), '{}') from (
    select reason, count(*) as n from unnest(p_reasons) reason where reason is not null group by reason) r;
$$;

-- One of so many places, until the transaction ends; false: all are taken.
create function wa.take_place(p_where text, p_places integer)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  for place in 1..p_places loop
    if pg_try_advisory_xact_lock(hashtextextended(format('wa_place:%s:%s', p_where, place), 0)) then
      return true;
    end if;
  end loop;
  return false;
end $$;

-- At most two of a campaign's large calls at once, and eight of all campaigns; the others are told to come back, instead of
-- waiting in connections that everybody shares. Two, so that a request sent twice gets its one answer twice. Eight, so that
-- PostgREST's pool, however many campaigns call, keeps connections for claims, receipts and BAJAs.
create function wa.begin_large_call(p_campaign_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if not wa.take_place(p_campaign_id::text, 2) then
    perform wa.refuse(429, 'busy', 'La campaña ya tiene dos solicitudes grandes en curso; intenta de nuevo en unos segundos.', 'campaign_id');
  elsif not wa.take_place('all', 8) then
    perform wa.refuse(429, 'busy', 'Hay muchas solicitudes grandes en curso; intenta de nuevo en unos segundos.', 'campaign_id');
  end if;
end $$;

create function wa.require_few_jobs(p_campaign_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if (select count(*) >= 200 from public.communications c where c.campaign_id = p_campaign_id and c.status in ('processing', 'paused')) then
    perform wa.refuse(409, 'too_many_jobs', 'La campaña ya tiene 200 envíos abiertos; espera a que terminen o cancela algunos.', 'campaign_id');
  end if;
end $$;

create function wa.require_sendable(p_campaign_id uuid, p_template_id uuid, p_personalization jsonb, p_at timestamptz)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_few_jobs(p_campaign_id);
  perform wa.require_template(p_campaign_id, p_template_id);
  perform wa.require_open_window(p_campaign_id, p_at);
  perform wa.require_sender(p_campaign_id);
  perform wa.require_personalization(p_campaign_id, p_template_id, p_personalization);
end $$;

-- The two calls that select voters are each in two halves. The public one runs as the signed-in user: whom row level
-- security hides from them is not in their audience. The other one is security definer, as all that write jobs are: members
-- may read jobs, but nobody but these functions writes them. It asks for the right again, and takes of p_voter_ids only
-- what is the campaign's.
create function public.wa_preview_audience(p_campaign_id uuid, p_filters jsonb, p_template_id uuid default null,
  p_personalization jsonb default '{}')
returns jsonb
language plpgsql stable
set search_path = '' set statement_timeout = '30s'
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.begin_large_call(p_campaign_id);
  perform wa.require_known_filters(p_campaign_id, p_filters);
  return wa.preview(p_campaign_id, array(select wa.audience(p_campaign_id, p_filters)), p_template_id, p_personalization);
end $$;

create function wa.preview(p_campaign_id uuid, p_voter_ids uuid[], p_template_id uuid, p_personalization jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  sender public.wa_senders;
  reasons text[];
  eligible bigint;
begin
  perform wa.require_may(p_campaign_id, 'send');
  if p_template_id is not null then
    perform wa.require_template(p_campaign_id, p_template_id);
    perform wa.require_personalization(p_campaign_id, p_template_id, p_personalization);
  end if;
  sender := wa.require_sender(p_campaign_id);
  select array_agg(r.skip_reason), count(*) filter (where r.skip_reason is null) into reasons, eligible
    from wa.recipients(p_campaign_id, p_voter_ids, p_personalization) r;
  return jsonb_build_object('target_count', coalesce(cardinality(reasons), 0), 'eligible_count', eligible,
    'excluded', wa.count_reasons(reasons), 'estimated_time_seconds', wa.estimated_seconds(p_campaign_id, sender.id, eligible))
    || wa.job_plan(p_campaign_id, sender, eligible, now(), wa.canary_size(null, eligible));
end $$;

create function public.wa_create_job(p_campaign_id uuid, p_template_id uuid, p_filters jsonb, p_personalization jsonb,
  p_idempotency_key text, p_scheduled_at timestamptz default null, p_canary boolean default null)
returns jsonb
language plpgsql
set search_path = '' set statement_timeout = '60s'
as $$
declare
  request jsonb := jsonb_build_object(
    'request_hash', md5(jsonb_build_array(p_template_id, p_filters, p_personalization, p_scheduled_at, p_canary)::text),
    'filters', wa.filters_in_short(p_filters), 'personalization', p_personalization, 'canary', p_canary);
  job public.communications;
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.begin_large_call(p_campaign_id);
  job := wa.job_of_key(p_campaign_id, p_idempotency_key, request ->> 'request_hash');
  if job.job_id is null then
    perform wa.require_known_filters(p_campaign_id, p_filters);
    job := wa.create_job(p_campaign_id, p_template_id, array(select wa.audience(p_campaign_id, p_filters)), request,
      p_idempotency_key, greatest(p_scheduled_at, now()));
  end if;
  return job.metadata -> 'receipt';
end $$;
comment on function public.wa_create_job(uuid, uuid, jsonb, jsonb, text, timestamptz, boolean) is
  'Creates a job and all its rows, or returns the one that this idempotency key created before.';

create function wa.create_job(p_campaign_id uuid, p_template_id uuid, p_voter_ids uuid[], p_request jsonb, p_idempotency_key text,
  p_scheduled_at timestamptz)
returns public.communications
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
begin
  perform wa.require_sendable(p_campaign_id, p_template_id, p_request -> 'personalization', p_scheduled_at);
  -- A second request with the same key waits here for the first one's commit.
  insert into public.communications (campaign_id, template_id, created_by, sender_id, idempotency_key, scheduled_at, metadata)
  values (p_campaign_id, p_template_id, auth.uid(), (wa.require_sender(p_campaign_id)).id, p_idempotency_key, p_scheduled_at, p_request)
  on conflict (campaign_id, idempotency_key) do nothing
  returning * into job;
  if job.job_id is null then
    return wa.job_of_key(p_campaign_id, p_idempotency_key, p_request ->> 'request_hash');
  end if;
  return wa.fill_job(job, p_voter_ids);
end $$;

create function wa.job_of_key(p_campaign_id uuid, p_idempotency_key text, p_request_hash text)
returns public.communications
language plpgsql volatile -- must see what a concurrent request committed a moment ago
set search_path = ''
as $$
declare
  job public.communications;
begin
  select * into job from public.communications c
    where c.campaign_id = p_campaign_id and c.idempotency_key = p_idempotency_key;
  if job.metadata ->> 'request_hash' <> p_request_hash then
    perform wa.refuse(409, 'idempotency_key_reused', 'Esa clave de idempotencia ya se usó con otra solicitud.', 'Idempotency-Key');
  end if;
  return job;
end $$;

-- The job keeps how many voter_ids were asked for; who they are is in its rows. A list of 100,000 in the job's
-- row would be read again at every claim.
create function wa.filters_in_short(p_filters jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select case when p_filters ? 'voter_ids' then jsonb_build_object('voter_ids', jsonb_array_length(p_filters -> 'voter_ids')) else p_filters end;
$$;

create function wa.fill_job(p_job public.communications, p_voter_ids uuid[])
returns public.communications
language plpgsql
set search_path = ''
as $$
declare
  reasons text[];
  eligible bigint;
  job public.communications := p_job;
  sender public.wa_senders;
  canary_count bigint;
  waits jsonb;
begin
  with inserted as (
    insert into public.wa_send_queue (campaign_id, job_id, template_id, recipient_phone, recipient_voter_id, template_params,
      status, skip_reason, scheduled_at, position)
    select p_job.campaign_id, p_job.job_id, p_job.template_id, r.phone, r.voter_id, r.params,
      case when r.skip_reason is null then 'queued' else 'skipped' end, r.skip_reason, p_job.scheduled_at,
      row_number() over (order by r.voter_id)
    from wa.recipients(p_job.campaign_id, p_voter_ids, p_job.metadata -> 'personalization') r
    returning skip_reason)
  select array_agg(i.skip_reason), count(*) filter (where i.skip_reason is null) into reasons, eligible from inserted i;
  if eligible = 0 then
    perform wa.refuse(422, 'audience_empty', 'Ningún votante de esta selección puede recibir el mensaje.', 'filters');
  end if;
  perform wa.require_budget(p_job.campaign_id, eligible);
  select * into sender from public.wa_senders s where s.id = p_job.sender_id;
  canary_count := wa.canary_size((p_job.metadata ->> 'canary')::boolean, eligible);
  job.canary_state := case when canary_count is not null then 'running' end;
  waits := wa.waiting_for(job);
  update public.communications c set target_count = cardinality(reasons), canary_until = wa.canary_position(c, eligible),
    canary_state = job.canary_state, excluded_count = cardinality(reasons) - eligible,
    skipped_count = cardinality(reasons) - eligible, skipped_by_reason = wa.count_reasons(reasons),
    metadata = c.metadata || jsonb_build_object('receipt', jsonb_build_object(
      'job_id', c.job_id, 'target_count', cardinality(reasons), 'estimated_time_seconds', wa.estimated_seconds(c.campaign_id, c.sender_id, eligible), 'status', 'queued',
      'excluded', wa.count_reasons(reasons), 'scheduled_at', c.scheduled_at, 'canary_count', canary_count, 'waiting_for', waits)
      || wa.job_plan(c.campaign_id, sender, eligible, c.scheduled_at, canary_count))
  where c.job_id = p_job.job_id returning * into job;
  -- Without what people typed: the hash proves it all the same, as long as there is a key.
  perform wa.audit(job.campaign_id, 'job_created', job.job_id, (job.metadata - '{personalization,request_hash}'::text[])
    #- '{receipt,waiting_for,detail}' || jsonb_build_object('metadata_hmac', wa.keyed_hash(job.campaign_id, job.metadata::text)));
  return job;
end $$;

-- The plan, its end, and whether that is in time: {plan, estimated_end_at, send_before, ends_before_deadline,
-- limit_assumed}: whether Meta has not told the portfolio's daily limit yet, so that the smallest one counts.
create function wa.job_plan(p_campaign_id uuid, p_sender public.wa_senders, p_messages bigint, p_start timestamptz, p_canary bigint)
returns jsonb
language sql stable
set search_path = ''
as $$
  select p.plan || jsonb_build_object('send_before', w.closes_at,
    'ends_before_deadline', coalesce((p.plan ->> 'estimated_end_at')::timestamptz < w.closes_at, false),
    'limit_assumed', wa.portfolio_limit_is_assumed(p_sender.portfolio_id))
  from (select wa.send_plan(p_campaign_id, p_sender, p_messages, greatest(p_start, now()), p_canary) as plan) p
    left join wa.send_window(p_campaign_id) w on true;
$$;

create function wa.canary_position(p_job public.communications, p_eligible bigint)
returns integer
language sql stable
set search_path = ''
as $$
  select q.position from public.wa_send_queue q
  where q.job_id = p_job.job_id and q.status = 'queued'
    and wa.canary_size((p_job.metadata ->> 'canary')::boolean, p_eligible) is not null
  order by q.position offset greatest(wa.canary_size((p_job.metadata ->> 'canary')::boolean, p_eligible) - 1, 0) limit 1;
$$;

-- What members are told of a number that does not work. Why it is paused, and why an operator blocked it, is the
-- operator's own note: others that share the number would read it too. What Meta's answers and events brought about is
-- told in our own words.
create function wa.notice(p_sender public.wa_senders)
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(
    (select c.value ->> 'reason' from jsonb_each(p_sender.blocked_by) c where c.key <> 'operator'
      order by (c.value ->> 'since')::timestamptz desc limit 1),
    case p_sender.state when 'paused' then 'El número está en pausa; los mensajes salen cuando soporte lo reanude.'
      when 'blocked' then 'El número está detenido; los mensajes salen cuando vuelva a funcionar.' end);
$$;

-- The number from which a campaign writes, as its members may know it: null if it has none.
create function public.wa_get_sender(p_campaign_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  return (select jsonb_build_object('display_phone_number', s.display_phone_number, 'state', s.state, 'notice', wa.notice(s),
      'quality', s.quality, 'throughput', s.throughput, 'messaging_limit', s.messaging_limit, 'messaging_limit_known', s.messaging_limit_known)
    from public.wa_campaign_settings c join public.wa_senders s on s.id = c.sender_id where c.campaign_id = p_campaign_id);
end $$;
comment on function public.wa_get_sender(uuid) is 'What members may know of the number their campaign writes from; its row, with operators'' notes, is not theirs.';

-- Why an open job does not move, if something but its own turn holds it: {reason, detail, until}; until null = nobody
-- knows. movable: its campaign writes from another number now, to which wa_move_job can move it.
-- Security definer: the job's number may be one that its members no longer read.
create function wa.waiting_for(p_job public.communications)
returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select case
    when p_job.scheduled_at > now() then jsonb_build_object('reason', 'scheduled', 'until', p_job.scheduled_at)
    when s.state in ('paused', 'blocked') then jsonb_build_object('reason', 'sender_' || s.state, 'detail', wa.notice(s),
      'until', s.blocked_until, 'movable', s.id <> (select c.sender_id from public.wa_campaign_settings c where c.campaign_id = p_job.campaign_id))
    when wa.quiet_until(p_job.campaign_id, now()) is not null
      then jsonb_build_object('reason', 'quiet_hours', 'until', wa.quiet_until(p_job.campaign_id, now()))
    when wa.not_open_until(p_job.campaign_id) is not null
      then jsonb_build_object('reason', 'window_not_open', 'until', nullif(wa.not_open_until(p_job.campaign_id), 'infinity'))
    when s.throttled_until > now() then jsonb_build_object('reason', 'throttled', 'until', s.throttled_until)
    when p_job.failed_leases > 1 then jsonb_build_object('reason', 'queue_unavailable', 'until', p_job.lease_after)
    when p_job.canary_state = 'running' then jsonb_build_object('reason', 'canary', 'until', null)
    else (select jsonb_build_object('reason', 'daily_limit', 'until', u) from wa.limited_until(s, p_job.campaign_id) u where u is not null)
  end
  from public.wa_senders s where s.id = p_job.sender_id;
$$;

create function wa.job_progress(p_job public.communications)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object('job_id', p_job.job_id, 'campaign_id', p_job.campaign_id, 'template_id', p_job.template_id,
    'status', p_job.status, 'status_reason', p_job.status_reason, 'target_count', p_job.target_count, 'sent_count', p_job.sent_count,
    'delivered_count', p_job.delivered_count, 'read_count', p_job.read_count, 'failed_count', p_job.failed_count,
    'skipped_count', p_job.skipped_count, 'unknown_count', p_job.unknown_count, 'held_count', p_job.held_count, 'skipped', p_job.skipped_by_reason,
    'pending_count', p_job.pending_count,
    'progress_pct', round(100.0 * (p_job.target_count - p_job.pending_count) / greatest(p_job.target_count, 1), 1),
    'canary_state', p_job.canary_state,
    'waiting_for', case when p_job.status = 'processing' and p_job.pending_count > 0 then wa.waiting_for(p_job) end,
    'scheduled_at', p_job.scheduled_at, 'started_at', p_job.started_at, 'completed_at', p_job.completed_at);
$$;

-- Security invoker: row level security decides what the caller sees.
create function public.wa_get_job(p_job_id uuid)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  job public.communications;
begin
  select * into job from public.communications c where c.job_id = p_job_id;
  if not found then
    perform wa.refuse(404, 'job_not_found', 'No existe ese envío o no tienes acceso a él.', 'job_id');
  end if;
  return wa.job_progress(job);
end $$;

-- Page by page: those behind job p_before.
create function public.wa_list_jobs(p_campaign_id uuid, p_before uuid default null, p_limit integer default 50)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  if p_before is not null and not exists (select from public.communications b where b.job_id = p_before and b.campaign_id = p_campaign_id) then
    perform wa.refuse(404, 'job_not_found', 'No existe ese envío o no tienes acceso a él.', 'before');
  end if;
  return (select coalesce(jsonb_agg(wa.job_progress(j) order by j.started_at desc, j.job_id desc), '[]') from (
    select * from public.communications c
    where c.campaign_id = p_campaign_id and (p_before is null or (c.started_at, c.job_id) < (
      select b.started_at, b.job_id from public.communications b where b.job_id = p_before))
    order by c.started_at desc, c.job_id desc limit least(greatest(p_limit, 1), 100)) j);
end $$;

create function public.wa_list_recipients(p_job_id uuid, p_status text default null, p_after integer default 0, p_limit integer default 100)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.require_may((public.wa_get_job(p_job_id) ->> 'campaign_id')::uuid, 'read_people');
  return (
    with page as materialized (
      select q.* from public.wa_send_queue q
      where q.job_id = p_job_id and q.position > p_after and (p_status is null or q.status = p_status)
      order by q.position limit least(greatest(p_limit, 1), 1000)),
    -- Once a minute, not once a message: a thousand unknown messages are mostly each other's neighbours.
    minute as materialized (
      select m.*, e.* from (select distinct p.sender_id, date_trunc('minute', p.claimed_at) as began from page p where p.status = 'unknown') m
      cross join lateral wa.minute_evidence(m.sender_id, m.began) e)
    select coalesce(jsonb_agg(jsonb_build_object('position', r.position, 'message_id', r.id, 'voter_id', r.recipient_voter_id,
        'phone', r.recipient_phone, 'status', r.status, 'skip_reason', r.skip_reason, 'error_code', r.error_code,
        'error_message', r.error_message, 'sent_at', r.sent_at, 'delivered_at', r.delivered_at, 'read_at', r.read_at)
          || case r.status when 'unknown' then jsonb_build_object('claimed_at', r.claimed_at,
            'neighbours', jsonb_build_object('claimed', m.claimed - 1, 'with_receipt', m.with_receipt)) else '{}' end
        order by r.position), '[]')
    from page r left join minute m on m.sender_id = r.sender_id and m.began = date_trunc('minute', r.claimed_at));
end $$;

create function wa.refuse_ended(p_job public.communications)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.refuse(409, 'job_not_open', format('El envío ya no admite esa acción: %s.', case p_job.status
    when 'cancelled' then 'está cancelado'
    when 'completed' then 'ya se completó'
    when 'partial' then 'ya terminó'
    when 'failed' then 'terminó sin enviar nada'
    when 'paused' then 'está en pausa'
    else 'está en curso' end), 'job_id');
end $$;

-- One transition of a job by its user. Asking again for the state that holds already changes nothing, but that
-- a user's pause replaces any other: it ends by a user's word alone.
create function wa.change_job(p_job_id uuid, p_to text, p_from text[])
returns public.communications
language plpgsql
set search_path = ''
as $$
declare
  job public.communications;
begin
  perform wa.require_job(p_job_id, 'send');
  select * into job from public.communications c where c.job_id = p_job_id for update;
  if job.status = p_to and (p_to <> 'paused' or job.paused_by = 'user') then
    perform wa.skip_cancelled(p_job_id, 20000); -- what a claim held when it was cancelled first
    return job;
  elsif job.status <> all (p_from) and job.status <> p_to then
    perform wa.refuse_ended(job);
  end if;
  update public.communications c set status = p_to, status_reason = null,
      canary_state = case when p_to = 'processing' and c.canary_state = 'failed' then 'passed' else c.canary_state end,
      paused_by = case p_to when 'paused' then 'user' end, refusals_in_a_row = 0, failed_receipts_in_a_row = 0,
      completed_at = case when p_to = 'cancelled' then now() end
    where c.job_id = p_job_id returning * into job;
  if p_to = 'processing' then
    perform wa.renew_tries(p_job_id);
  end if;
  if p_to = 'cancelled' then
    perform wa.skip_cancelled(p_job_id, 20000); -- the sweep does the rest
  end if;
  perform wa.audit(job.campaign_id, 'job_' || case p_to when 'processing' then 'resumed' else p_to end, p_job_id, '{}');
  return job;
end $$;

-- Whoever resumes a job gives its messages their tries back: what they were used up by is over.
create function wa.renew_tries(p_job_id uuid)
returns void
language sql
set search_path = ''
as $$
  with tried as (
    select q.id from public.wa_send_queue q
    where q.job_id = p_job_id and q.status = 'queued' and q.retries > 0 order by q.id for update skip locked)
  update public.wa_send_queue q set retries = 0 from tried t where q.id = t.id;
$$;

create function public.wa_pause_job(p_job_id uuid)
returns jsonb
language sql security definer
set search_path = ''
as $$
  select wa.job_progress(wa.change_job(p_job_id, 'paused', '{processing}'));
$$;

create function public.wa_resume_job(p_job_id uuid)
returns jsonb
language sql security definer
set search_path = ''
as $$
  select wa.job_progress(wa.change_job(p_job_id, 'processing', '{paused}'));
$$;

create function public.wa_cancel_job(p_job_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
begin
  perform wa.change_job(p_job_id, 'cancelled', '{processing,paused}');
  return public.wa_get_job(p_job_id);
end $$;

-- What still waits leaves from the number that its campaign writes from now; what was claimed from the other one stays
-- that one's. Its tasks are made anew, in the other queue; the old ones, should they ever run, find a row like any other.
create function public.wa_move_job(p_job_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
  present uuid;
begin
  perform wa.require_job(p_job_id, 'send');
  select * into job from public.communications c where c.job_id = p_job_id for update;
  if job.status not in ('processing', 'paused') then
    perform wa.refuse_ended(job);
  end if;
  present := (wa.require_sender(job.campaign_id)).id;
  if job.sender_id <> present then
    update public.communications c set sender_id = present, former_sender_ids = array_append(c.former_sender_ids, c.sender_id)
      where c.job_id = p_job_id returning * into job;
    with waiting as (
      select q.id from public.wa_send_queue q where q.job_id = p_job_id and q.status = 'queued'
        and num_nonnulls(q.enqueued_at, q.leased_until) > 0 order by q.id for update skip locked)
    update public.wa_send_queue q set enqueued_at = null, leased_until = null, task_generation = q.task_generation + 1
      from waiting w where q.id = w.id;
    perform wa.audit(job.campaign_id, 'job_moved', p_job_id,
      jsonb_build_object('from', job.former_sender_ids[cardinality(job.former_sender_ids)], 'to', present));
  end if;
  return wa.job_progress(job);
end $$;
