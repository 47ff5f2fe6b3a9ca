-- Who may do what, and how a refusal looks: SQLSTATE PTnnn (PostgREST answers HTTP nnn), message =
-- stable code, detail = Spanish sentence, hint = the field at fault. Where it tells more than that,
-- detail is a JSON object: the sentence as "detail", and the other members of the answer. Which
-- role may do what: wa.actions_of_role in 10_campaignpro.sql.

-- A foreign campaign and one that does not exist are told apart by nobody but their members; a
-- member whose role does not allow the action is told so.
create function wa.require_may(p_campaign_id uuid, p_action text)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if p_campaign_id is null or p_campaign_id not in (select wa.my_campaigns('read_figures')) then
    perform wa.refuse(404, 'campaign_not_found',
      'No existe esa campaña o no tienes acceso a ella.', 'campaign_id');
  elsif p_campaign_id not in (select wa.my_campaigns(p_action)) then
    perform wa.refuse(403, 'forbidden',
      'Tu rol en la campaña no permite esta acción.', 'campaign_id');
  end if;
end $$;
grant execute on function wa.require_may(uuid, text)
  to authenticated;

-- The job, for a member whose role allows the action.
create function wa.require_job(p_job_id uuid, p_action text)
returns public.communications
language plpgsql stable
set search_path = ''
as $$
declare
  job public.communications;
begin
  select * into job
  from public.communications c
  where c.job_id = p_job_id and c.campaign_id in (select wa.my_campaigns('read_figures'));
  if not found then
    perform wa.refuse(404, 'job_not_found',
      'No existe ese envío o no tienes acceso a él.', 'job_id');
  end if;
  perform wa.require_may(job.campaign_id, p_action);
  return job;
end $$;

create function wa.refuse(
  p_http integer, p_code text, p_detail text, p_field text default '', p_more jsonb default null)
returns void
language plpgsql
set search_path = ''
as $$
begin
  raise exception using
    errcode = 'PT' || p_http,
    message = p_code,
    detail = coalesce((p_more || jsonb_build_object('detail', p_detail))::text, p_detail),
    hint = p_field;
end $$;
grant execute on function wa.refuse(integer, text, text, text, jsonb)
  to authenticated;

-- At most two of a campaign's large calls at once, and eight of all campaigns; the others are told
-- to come back, instead of waiting in connections that everybody shares. Two, so that a request
-- sent twice gets its one answer twice. Eight, so that PostgREST's pool, however many campaigns
-- call, keeps connections for claims, receipts and BAJAs.
create function wa.begin_large_call(p_campaign_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if not wa.take_place(p_campaign_id::text, 2) then
    perform wa.refuse(429, 'busy',
      'La campaña ya tiene dos solicitudes grandes en curso; intenta de nuevo en unos segundos.',
      'campaign_id');
  elsif not wa.take_place('all', 8) then
    perform wa.refuse(429, 'busy',
      'Hay muchas solicitudes grandes en curso; intenta de nuevo en unos segundos.',
      'campaign_id');
  end if;
end $$;
grant execute on function wa.begin_large_call(uuid)
  to authenticated;

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
grant execute on function wa.take_place(text, integer)
  to authenticated;
