-- POST /send: a job and all its rows, in one transaction, as the signed-in user.

create function public.wa_create_job(
  p_campaign_id uuid,
  p_template_id uuid,
  p_filters jsonb,
  p_personalization jsonb,
  p_idempotency_key text,
  p_scheduled_at timestamptz default null,
  p_canary boolean default null,
  p_accept_cut boolean default false)
returns jsonb
language plpgsql
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  request jsonb := jsonb_build_object(
    'request_hash', md5(jsonb_build_array(
      p_template_id, p_filters, p_personalization, p_scheduled_at, p_canary,
      p_accept_cut)::text),
    'filters', wa.filters_in_short(p_filters),
    'personalization', p_personalization,
    'canary', p_canary,
    'accept_cut', p_accept_cut);
  job public.communications;
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.begin_large_call(p_campaign_id);
  job := wa.job_of_key(p_campaign_id, p_idempotency_key, request ->> 'request_hash');
  if job.job_id is null then
    perform wa.require_known_filters(p_campaign_id, p_filters);
    job := wa.create_job(p_campaign_id, p_template_id,
      array(select wa.audience(p_campaign_id, p_filters)), request,
      p_idempotency_key, greatest(p_scheduled_at, now()));
  end if;
  return job.metadata -> 'summary';
end $$;
comment on function
  public.wa_create_job(uuid, uuid, jsonb, jsonb, text, timestamptz, boolean, boolean) is
  'Creates a job and all its rows, or returns the one that this idempotency key created before.';
revoke all on function
  public.wa_create_job(uuid, uuid, jsonb, jsonb, text, timestamptz, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function
  public.wa_create_job(uuid, uuid, jsonb, jsonb, text, timestamptz, boolean, boolean)
  to authenticated;

create function wa.create_job(
  p_campaign_id uuid,
  p_template_id uuid,
  p_voter_ids uuid[],
  p_request jsonb,
  p_idempotency_key text,
  p_scheduled_at timestamptz)
returns public.communications
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
  version integer := (select t.version from public.wa_templates t where t.id = p_template_id);
begin
  perform wa.share_people(p_campaign_id);
  perform wa.require_sendable(
    p_campaign_id, p_template_id, p_request -> 'personalization', p_scheduled_at);
  perform wa.require_health(p_campaign_id, p_template_id, p_scheduled_at);
  -- A second request with the same key waits here for the first one's commit.
  insert into public.communications (
    campaign_id, template_id, created_by, sender_id,
    idempotency_key, scheduled_at, metadata, template_version)
  values (
    p_campaign_id, p_template_id, auth.uid(), (wa.require_sender(p_campaign_id)).id,
    p_idempotency_key, p_scheduled_at, p_request, version)
  on conflict (campaign_id, idempotency_key) do nothing
  returning * into job;
  if job.job_id is null then
    return wa.job_of_key(p_campaign_id, p_idempotency_key, p_request ->> 'request_hash');
  end if;
  job := wa.fill_job(job, p_voter_ids);
  perform wa.require_unchanged_template(job);
  return job;
end $$;
grant execute on function wa.create_job(uuid, uuid, uuid[], jsonb, text, timestamptz)
  to authenticated;

create function wa.job_of_key(p_campaign_id uuid, p_idempotency_key text, p_request_hash text)
returns public.communications
language plpgsql volatile -- must see what a concurrent request committed a moment ago
set search_path = ''
as $$
declare
  job public.communications;
begin
  select * into job
  from public.communications c
  where c.campaign_id = p_campaign_id and c.idempotency_key = p_idempotency_key;
  if job.metadata ->> 'request_hash' <> p_request_hash then
    perform wa.refuse(409, 'idempotency_key_reused',
      'Esa clave de idempotencia ya se usó con otra solicitud.', 'Idempotency-Key');
  end if;
  return job;
end $$;
grant execute on function wa.job_of_key(uuid, text, text)
  to authenticated;

-- The job keeps how many voter_ids were asked for; who they are is in its rows. A list of 100,000
-- in the job's row would be read again at every claim.
create function wa.filters_in_short(p_filters jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select case
    when p_filters ? 'voter_ids'
      then jsonb_build_object('voter_ids', jsonb_array_length(p_filters -> 'voter_ids'))
    else p_filters end;
$$;
grant execute on function wa.filters_in_short(jsonb)
  to authenticated;

create function wa.fill_job(p_job public.communications, p_voter_ids uuid[])
returns public.communications
language plpgsql
set search_path = ''
as $$
declare
  reasons text[];
  eligible bigint;
  findings jsonb;
  job public.communications;
  summary jsonb;
begin
  select * into reasons, eligible from wa.insert_recipients(p_job, p_voter_ids);
  if eligible = 0 then
    perform wa.refuse(422, 'audience_empty',
      'Ningún votante de esta selección puede recibir el mensaje.', 'filters');
  end if;
  perform wa.require_budget(p_job.campaign_id, eligible);
  findings := wa.lawful_findings(p_job);
  job := wa.held_for_approval(p_job, findings);
  job.canary_state := case
    when wa.canary_size((p_job.metadata ->> 'canary')::boolean, eligible) is not null
      then 'running' end;
  summary := wa.job_summary(job, reasons, eligible) || jsonb_build_object('findings', findings);
  perform wa.require_time(job, summary);
  update public.communications c
  set status = job.status,
    status_reason = job.status_reason,
    paused_by = job.paused_by,
    approval = job.approval,
    target_count = cardinality(reasons),
    canary_until = wa.canary_position(c, eligible),
    canary_state = job.canary_state,
    excluded_count = cardinality(reasons) - eligible,
    skipped_count = cardinality(reasons) - eligible,
    skipped_by_reason = wa.count_reasons(reasons),
    metadata = c.metadata
      || jsonb_build_object('summary', summary, 'lexicon', wa.keep_content_lexicon())
  where c.job_id = p_job.job_id
  returning * into job;
  -- Without what people typed: the hash proves it all the same, as long as there is a key.
  perform wa.audit(job.campaign_id, 'job_created', job.job_id,
    (job.metadata - '{personalization,request_hash}'::text[]) #- '{summary,waiting_for,detail}'
    || jsonb_build_object('metadata_hmac', wa.keyed_hash(job.campaign_id, job.metadata::text)));
  return job;
end $$;

-- A row for each voter of the job. Returns each one's reason to be skipped, null for those who are
-- eligible, and how many those are.
create function wa.insert_recipients(p_job public.communications, p_voter_ids uuid[])
returns table (reasons text[], eligible bigint)
language plpgsql
set search_path = ''
as $$
begin
  return query
  with inserted as (
    insert into public.wa_send_queue (
      campaign_id, job_id, template_id,
      recipient_phone, recipient_voter_id, template_params,
      status, skip_reason, erased_at,
      scheduled_at, position)
    select p_job.campaign_id, p_job.job_id, p_job.template_id,
      r.phone, r.voter_id, r.params,
      case when r.skip_reason is null then 'queued' else 'skipped' end, r.skip_reason,
      case when r.skip_reason = 'erased' then now() end,
      p_job.scheduled_at, row_number() over (order by r.voter_id)
    from wa.recipients(p_job.campaign_id, p_voter_ids, p_job.metadata -> 'personalization') r
    returning skip_reason)
  select array_agg(i.skip_reason), count(*) filter (where i.skip_reason is null)
  from inserted i;
end $$;

-- What POST /send answers.
create function wa.job_summary(p_job public.communications, p_reasons text[], p_eligible bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  sender public.wa_senders;
  canary_count bigint := wa.canary_size((p_job.metadata ->> 'canary')::boolean, p_eligible);
begin
  select * into sender from public.wa_senders s where s.id = p_job.sender_id;
  return jsonb_build_object(
      'job_id', p_job.job_id,
      'target_count', cardinality(p_reasons),
      'estimated_time_seconds',
        wa.estimated_seconds(p_job.campaign_id, p_job.sender_id, p_eligible),
      'status', 'queued',
      'excluded', wa.count_reasons(p_reasons),
      'scheduled_at', p_job.scheduled_at,
      'canary_count', canary_count,
      'waiting_for', wa.waiting_for(p_job),
      'warnings', wa.health_warnings(p_job.campaign_id, p_job.template_id, true))
    || wa.job_plan(p_job.campaign_id, sender, p_eligible, p_job.scheduled_at, canary_count);
end $$;

create function wa.count_reasons(p_reasons text[])
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(r.reason, r.n), '{}')
  from (
    select reason, count(*) as n
    from unnest(p_reasons) reason
    where reason is not null
    group by reason) r;
$$;
