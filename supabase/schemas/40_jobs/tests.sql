-- Tests: a template to one of the campaign's own people, by the way that every message takes
-- (docs/decisions/0020). A test is a job of one row. It is in no list and no figure of the
-- campaign, takes nobody's message of the day and needs no consent; whatever else holds a message
-- back holds a test back too.

create function public.wa_list_test_numbers(p_campaign_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  return (
    select coalesce(jsonb_agg(wa.test_number_in_short(n) order by n.added_at, n.id), '[]')
    from public.wa_test_numbers n
    where n.campaign_id = p_campaign_id);
end $$;
revoke all on function public.wa_list_test_numbers(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_test_numbers(uuid)
  to authenticated;

-- Adding a number again changes its label.
create function public.wa_add_test_number(p_campaign_id uuid, p_phone text, p_label text)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  added public.wa_test_numbers;
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.share_people(p_campaign_id);
  if wa.normalize_phone(p_phone) is null then
    perform wa.refuse(422, 'test_number_invalid',
      'Debe ser un número mexicano de diez dígitos.', 'phone');
  elsif wa.suppressed_as(p_campaign_id, wa.normalize_phone(p_phone), null) = 'erased' then
    perform wa.refuse(409, 'test_number_erased',
      'Esa persona pidió que se borraran sus datos; ya no se le puede escribir.', 'phone');
  end if;
  perform wa.lock_tests(p_campaign_id);
  insert into public.wa_test_numbers (campaign_id, phone, label, added_by)
  values (p_campaign_id, wa.normalize_phone(p_phone), p_label, auth.uid())
  on conflict (campaign_id, phone)
  do update set label = excluded.label
  returning * into added;
  if (select count(*) > 10 from public.wa_test_numbers n where n.campaign_id = p_campaign_id) then
    perform wa.refuse(409, 'too_many_test_numbers',
      'La campaña ya tiene diez números de prueba; quita uno antes.', 'phone');
  end if;
  perform wa.audit(p_campaign_id, 'test_number_added', null, jsonb_build_object(
    'test_number_id', added.id, 'phone_hmac', wa.person_hash(p_campaign_id, added.phone)));
  return wa.test_number_in_short(added);
end $$;
revoke all on function public.wa_add_test_number(uuid, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_add_test_number(uuid, text, text)
  to authenticated;

create function public.wa_remove_test_number(p_test_number_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  number public.wa_test_numbers;
begin
  delete from public.wa_test_numbers n
  where n.id = p_test_number_id and n.campaign_id in (select wa.my_campaigns('read_figures'))
  returning * into number;
  if not found then
    perform wa.refuse(404, 'test_number_not_found',
      'No existe ese número de prueba o no tienes acceso a él.', 'test_number_id');
  end if;
  perform wa.require_may(number.campaign_id, 'send');
  perform wa.audit(number.campaign_id, 'test_number_removed', null, jsonb_build_object(
    'test_number_id', number.id, 'phone_hmac', wa.person_hash(number.campaign_id, number.phone)));
  return wa.test_number_in_short(number);
end $$;
revoke all on function public.wa_remove_test_number(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_remove_test_number(uuid)
  to authenticated;

create function wa.test_number_in_short(p_number public.wa_test_numbers)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_number.id,
    'phone', p_number.phone,
    'label', p_number.label,
    'added_at', p_number.added_at);
$$;

-- One test, or the one that this key asked for before: {job_id, message_id, status}. A value that
-- is not given, or that names a voter's field, is the template's sample.
create function public.wa_test_template(
  p_template_id uuid, p_phone text, p_personalization jsonb, p_idempotency_key text)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates;
  request_hash text;
  job public.communications;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id and t.campaign_id in (select wa.my_campaigns('read_figures'));
  if not found then
    perform wa.refuse(404, 'template_not_found',
      'No existe esa plantilla o no tienes acceso a ella.', 'template_id');
  end if;
  perform wa.require_may(template.campaign_id, 'send');
  perform wa.lock_tests(template.campaign_id);
  request_hash := md5(jsonb_build_array('test', p_template_id,
    wa.keyed_hash(template.campaign_id, p_phone), p_personalization)::text);
  job := wa.job_of_key(template.campaign_id, p_idempotency_key, request_hash);
  if job.job_id is null then
    job := wa.create_test(template, wa.require_test_number(template.campaign_id, p_phone),
      p_personalization, p_idempotency_key, request_hash);
  end if;
  return job.metadata -> 'summary';
end $$;
comment on function public.wa_test_template(uuid, text, jsonb, text) is
  'Sends a template to one of the campaign''s test numbers, as a job that is marked as a test.';
revoke all on function public.wa_test_template(uuid, text, jsonb, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_test_template(uuid, text, jsonb, text)
  to authenticated;

-- Of two at once the second counts what the first one added. Whoever holds it waits for a job at
-- most (its key), and no job waits for it.
create function wa.lock_tests(p_campaign_id uuid)
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('wa_tests:' || p_campaign_id, 0));
$$;

create function wa.require_test_number(p_campaign_id uuid, p_phone text)
returns public.wa_test_numbers
language plpgsql stable
set search_path = ''
as $$
declare
  number public.wa_test_numbers;
begin
  select * into number
  from public.wa_test_numbers n
  where n.campaign_id = p_campaign_id and n.phone = wa.normalize_phone(p_phone);
  if not found then
    perform wa.refuse(422, 'test_number_unknown',
      'Ese número no está en la lista de prueba de la campaña.', 'phone');
  elsif wa.is_opted_out(p_campaign_id, number.phone) then
    perform wa.refuse(409, 'test_number_opted_out',
      'Ese número pidió BAJA; tampoco recibe pruebas hasta que pida ALTA.', 'phone');
  end if;
  return number;
end $$;

create function wa.create_test(
  p_template public.wa_templates, p_number public.wa_test_numbers, p_personalization jsonb,
  p_idempotency_key text, p_request_hash text)
returns public.communications
language plpgsql
set search_path = ''
as $$
declare
  campaign uuid := p_template.campaign_id;
  summary jsonb := jsonb_build_object(
    'job_id', gen_random_uuid(), 'message_id', gen_random_uuid(), 'status', 'queued');
  params jsonb;
  findings jsonb;
  job public.communications;
begin
  perform wa.share_people(campaign);
  perform wa.require_few_tests(campaign);
  perform wa.require_lasting_header(wa.require_template(campaign, p_template.id), now());
  perform wa.require_open_window(campaign, now());
  params := wa.test_params(p_template, p_personalization);
  perform wa.require_identification(p_template.id, params);
  findings := wa.lawful_findings_in(p_template, params);
  insert into public.communications (
    job_id, campaign_id, template_id, created_by, sender_id,
    idempotency_key, is_test, target_count, metadata, template_version)
  values (
    (summary ->> 'job_id')::uuid, campaign, p_template.id, auth.uid(),
    (wa.require_sender(campaign)).id,
    p_idempotency_key, true, 1,
    jsonb_build_object('request_hash', p_request_hash, 'summary', summary), p_template.version)
  on conflict (campaign_id, idempotency_key) do nothing
  returning * into job;
  if job.job_id is null then
    return wa.job_of_key(campaign, p_idempotency_key, p_request_hash);
  end if;
  insert into public.wa_send_queue (
    id, campaign_id, job_id, template_id,
    recipient_phone, recipient_voter_id, template_params, position)
  values (
    (summary ->> 'message_id')::uuid, campaign, job.job_id, p_template.id,
    p_number.phone, p_number.id, params, 1);
  perform wa.audit(campaign, 'test_sent', job.job_id, jsonb_build_object(
    'template_id', p_template.id, 'phone_hmac', wa.person_hash(campaign, p_number.phone),
    'findings', findings));
  perform wa.require_unchanged_template(job);
  return job;
end $$;

create function wa.require_few_tests(p_campaign_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if (
      select count(*) >= 20
      from public.communications c
      where c.campaign_id = p_campaign_id
        and c.is_test
        and c.started_at > now() - interval '24 hours') then
    perform wa.refuse(429, 'too_many_tests',
      'La campaña ya mandó 20 pruebas en 24 horas; intenta de nuevo más tarde.', 'template_id');
  end if;
end $$;

-- A test has no voter: where a value needs one, the template's sample stands in its place.
create function wa.test_params(p_template public.wa_templates, p_personalization jsonb)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  fields jsonb := wa.campaign_fields(p_template.campaign_id);
  samples jsonb;
  params jsonb;
  missing text;
begin
  select coalesce(jsonb_object_agg(s.key, s.value), '{}') into samples
  from jsonb_each(p_template.sample_values) s
  where s.key in (select wa.template_parameters(p_template.id));
  perform wa.require_personalization(
    p_template.campaign_id, p_template.id, samples || p_personalization);
  select coalesce(jsonb_object_agg(v.key, coalesce(
      wa.fill(v.value, '{}', fields), wa.fill(samples ->> v.key, '{}', fields))), '{}')
    into params
  from jsonb_each_text(samples || p_personalization) v;
  select p.key into missing
  from jsonb_each_text(params) p
  where p.value is null
  order by p.key
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_missing',
      format('En una prueba no hay votante: falta el ejemplo de {{%s}} de la plantilla.', missing),
      'personalization.' || missing);
  end if;
  return params;
end $$;
