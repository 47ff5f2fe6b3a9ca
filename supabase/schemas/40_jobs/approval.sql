-- A job whose content needs a second look waits for a second person: docs/decisions/0021.

-- POST /jobs/{id}/approve: the job goes on, unless something else holds it. Its creator cannot
-- approve it, whatever their role; approving again changes nothing.
create function public.wa_approve_job(p_job_id uuid, p_reason text default null)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
begin
  perform wa.require_job(p_job_id, 'approve');
  select * into job from public.communications c where c.job_id = p_job_id for update;
  perform wa.require_approvable(job);
  if job.approval = 'waiting' then
    update public.communications c
    set approval = 'given',
      status = case when c.paused_by = 'approval' then 'processing' else c.status end,
      status_reason = case when c.paused_by <> 'approval' then c.status_reason end,
      paused_by = nullif(c.paused_by, 'approval')
    where c.job_id = p_job_id
    returning * into job;
    perform wa.audit(job.campaign_id, 'job_approved', p_job_id, jsonb_build_object(
      'findings', job.metadata #> '{summary,findings}',
      'lexicon', job.metadata -> 'lexicon',
      'reason', p_reason));
  end if;
  return wa.job_progress(job);
end $$;
comment on function public.wa_approve_job(uuid, text) is
  'Lets a job leave whose content its creator''s campaign had to look at twice.';
revoke all on function public.wa_approve_job(uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_approve_job(uuid, text)
  to authenticated;

create function wa.require_approvable(p_job public.communications)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if p_job.approval is null then
    perform wa.refuse(409, 'approval_not_needed',
      'Este envío no requiere segunda aprobación.', 'job_id');
  elsif p_job.created_by = auth.uid() then
    perform wa.refuse(403, 'approval_by_creator',
      'Quien creó el envío no puede aprobarlo; pídelo a otra persona autorizada.', 'job_id');
  elsif p_job.approval = 'given' then
    return;
  elsif p_job.status <> 'paused' then
    perform wa.refuse_ended(p_job);
  elsif not wa.keeps_its_text(p_job.template_id, p_job.template_version) then
    perform wa.refuse(409, 'template_changed', wa.reason_of_another_text(), 'job_id');
  end if;
end $$;

-- What was found in the messages of a new job, whose rows exist; refused, if it may buy or coerce
-- votes and nobody else has released it.
create function wa.lawful_findings(p_job public.communications)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
  findings jsonb := (
    select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(f))), '[]')
    from wa.content_findings_of_job(p_job) f);
begin
  select * into template from public.wa_templates t where t.id = p_job.template_id;
  findings := wa.with_releases(findings, template, wa.params_for_nobody(
    coalesce(p_job.metadata -> 'personalization', '{}'), wa.campaign_fields(p_job.campaign_id)));
  perform wa.refuse_blocked(findings);
  return findings;
end $$;

-- The same of one message: a test, or a template that is made or edited ('{}'). Neither waits for
-- anybody: a test goes to the campaign's own people, and what only warns is judged again in a job.
create function wa.lawful_findings_in(p_template public.wa_templates, p_params jsonb)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  findings jsonb := wa.released_findings_in(p_template, p_params);
begin
  perform wa.refuse_blocked(findings);
  return findings;
end $$;

-- In the preview: what every message of such a job would say, without its voters' values.
create function wa.own_findings(
  p_campaign_id uuid, p_template_id uuid, p_personalization jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce((
    select wa.released_findings_in(
      t, wa.params_for_nobody(p_personalization, wa.campaign_fields(p_campaign_id)))
    from public.wa_templates t
    where t.id = p_template_id), '[]');
$$;

create function wa.released_findings_in(p_template public.wa_templates, p_params jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  select wa.with_releases(wa.findings_in(p_template, p_params), p_template, p_params);
$$;

-- [{field, class, phrase, article, rule}].
create function wa.findings_in(p_template public.wa_templates, p_params jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(f)), '[]')
  from wa.content_findings_of_template(p_template, p_params) f;
$$;

create function wa.refuse_blocked(p_findings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  worst jsonb := jsonb_path_query_first(
    p_findings, '$[*] ? (@.class == "BLOCK" && !exists(@.release_id))');
begin
  if worst is not null then
    perform wa.refuse(422, 'content_blocked', wa.finding_in_words(worst), worst ->> 'field',
      jsonb_build_object('findings', p_findings));
  end if;
end $$;

create function wa.finding_in_words(p_finding jsonb)
returns text
language sql immutable
set search_path = ''
as $$
  select format('%s La frase es «%s» (%s).',
    wa.content_sentence(p_finding ->> 'class'), p_finding ->> 'phrase', p_finding ->> 'article');
$$;

-- The job as it begins: what only warns waits for a second person.
create function wa.held_for_approval(p_job public.communications, p_findings jsonb)
returns public.communications
language plpgsql stable
set search_path = ''
as $$
declare
  job public.communications := p_job;
begin
  if p_findings @@ 'exists($[*] ? (@.class == "WARN" && !exists(@.release_id)))' then
    job.approval := 'waiting';
    job.status := 'paused';
    job.status_reason := wa.content_sentence('WARN');
    job.paused_by := 'approval';
  end if;
  return job;
end $$;
