-- Who did what to a job or a voter's choice, in an order nobody can change unnoticed: each entry carries
-- the hash of the one before it in its campaign.

create table public.wa_audit_log (
  id bigint generated always as identity primary key,
  campaign_id uuid not null references public.campaigns (id),
  at timestamptz not null,
  actor text not null,
  action text not null,
  job_id uuid,
  details jsonb not null,
  prev_hash bytea not null,
  hash bytea not null,
  unique (campaign_id, prev_hash)
);
create index wa_audit_log_campaign on public.wa_audit_log (campaign_id, id desc);
comment on table public.wa_audit_log is 'Append-only, hash-chained per campaign. The unique previous hash forbids forks.';

create function wa.audit_hash(p_prev bytea, p_campaign_id uuid, p_at timestamptz, p_actor text, p_action text, p_job_id uuid, p_details jsonb)
returns bytea
language sql immutable
set search_path = ''
as $$
  select sha256(p_prev || convert_to(jsonb_build_array(
    p_campaign_id, extract(epoch from p_at), p_actor, p_action, p_job_id, p_details)::text, 'UTF8'));
$$;

-- One writer per campaign at a time: the chain has no forks.
create function wa.lock_audit(p_campaign_id uuid)
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('wa_audit_log:' || p_campaign_id, 0));
$$;

create function wa.audit(p_campaign_id uuid, p_action text, p_job_id uuid, p_details jsonb)
returns void
language plpgsql
set search_path = ''
as $$
declare
  previous bytea;
  moment timestamptz := clock_timestamp();
  who text := coalesce(auth.uid()::text, 'system');
begin
  perform wa.lock_audit(p_campaign_id);
  select l.hash into previous from public.wa_audit_log l
    where l.campaign_id = p_campaign_id order by l.id desc limit 1;
  previous := coalesce(previous, sha256(convert_to(p_campaign_id::text, 'UTF8')));
  insert into public.wa_audit_log (campaign_id, at, actor, action, job_id, details, prev_hash, hash)
  values (p_campaign_id, moment, who, p_action, p_job_id, p_details, previous,
    wa.audit_hash(previous, p_campaign_id, moment, who, p_action, p_job_id, p_details));
end $$;

create function wa.refuse_audit_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'wa_audit_log is append-only' using errcode = '42501';
end $$;

create trigger refuse_change before update or delete or truncate on public.wa_audit_log
  for each statement execute function wa.refuse_audit_change();

-- First entry of a campaign whose hash does not follow from its content and predecessor; null = intact.
create function public.wa_verify_audit(p_campaign_id uuid)
returns bigint
language sql stable
set search_path = ''
as $$
  select min(l.id) from (
    select a.*, lag(a.hash, 1, sha256(convert_to(p_campaign_id::text, 'UTF8'))) over (order by a.id) as expected_prev
    from public.wa_audit_log a where a.campaign_id = p_campaign_id
  ) l
  where l.prev_hash <> l.expected_prev
    or l.hash <> wa.audit_hash(l.prev_hash, l.campaign_id, l.at, l.actor, l.action, l.job_id, l.details);
$$;
