-- PUT and DELETE /voters/{id}/consent: one person's word.

-- p_consent: {obtained_at, source, notice_version, evidence}. The same day and source again is the
-- same consent. As the signed-in user: of voters whom they may not see nothing can be said.
create function public.wa_record_consent(p_campaign_id uuid, p_voter_id uuid, p_consent jsonb)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_voter(p_campaign_id, p_voter_id);
  return wa.record_consent(p_campaign_id, p_voter_id, p_consent);
end $$;
revoke all on function public.wa_record_consent(uuid, uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_record_consent(uuid, uuid, jsonb)
  to authenticated;

-- Asking again changes nothing.
create function public.wa_revoke_consent(p_campaign_id uuid, p_voter_id uuid)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_voter(p_campaign_id, p_voter_id);
  return wa.revoke_consent(p_campaign_id, p_voter_id);
end $$;
revoke all on function public.wa_revoke_consent(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_revoke_consent(uuid, uuid)
  to authenticated;

create function wa.require_voter(p_campaign_id uuid, p_voter_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if not exists (
    select
    from wa.audience(
      p_campaign_id, jsonb_build_object('voter_ids', jsonb_build_array(p_voter_id)))
  ) then
    perform wa.refuse(404, 'voter_not_found',
      'No existe esa persona en la campaña o no tienes acceso a ella.', 'voter_id');
  end if;
end $$;
grant execute on function wa.require_voter(uuid, uuid)
  to authenticated;

-- Security definer, like the next one: members write no table.
create function wa.record_consent(p_campaign_id uuid, p_voter_id uuid, p_consent jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  raw text := (select v.phone from wa.current_phone(p_campaign_id, p_voter_id) v);
  judged record;
  recorded uuid;
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.lock_consents(p_campaign_id);
  select * into judged
  from wa.judged_consents(p_campaign_id,
    jsonb_build_array(p_consent || jsonb_build_object('row', 1, 'phone', raw)), 0);
  if judged.code is not null then
    perform wa.refuse(
      case when judged.code in ('consent_revoked', 'person_erased') then 409 else 422 end,
      judged.code, judged.detail, judged.field);
  elsif judged.known_id is null then
    insert into public.wa_consents (
      campaign_id, phone, obtained_at, source, notice_version, evidence)
    values (
      p_campaign_id, judged.phone, judged.obtained_at, judged.source, judged.notice_version,
      judged.evidence)
    returning id into recorded;
    perform wa.audit(p_campaign_id, 'consent_recorded', null, jsonb_build_object(
      'consent_id', recorded,
      'phone_hmac', wa.person_hash(p_campaign_id, judged.phone)));
  end if;
  return jsonb_build_object(
    'voter_id', p_voter_id,
    'consent_id', coalesce(judged.known_id, recorded),
    'obtained_at', judged.obtained_at,
    'already_known', judged.known_id is not null);
end $$;
grant execute on function wa.record_consent(uuid, uuid, jsonb)
  to authenticated;

-- All that the number's owner ever agreed to. Where nothing is recorded the word itself is, so that
-- no list from before brings it in later. Claims ask anew, so that what is queued stays.
create function wa.revoke_consent(p_campaign_id uuid, p_voter_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  raw text := (select v.phone from wa.current_phone(p_campaign_id, p_voter_id) v);
  number text := wa.normalize_phone(raw);
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.lock_consents(p_campaign_id);
  if number is null then
    perform wa.refuse(422, p.code, p.detail, p.field)
    from wa.consent_problems() p
    where p.code = wa.phone_problem(raw);
  elsif wa.suppressed_as(p_campaign_id, number, null) = 'erased' then
    perform wa.refuse(409, p.code, p.detail, p.field)
    from wa.consent_problems() p
    where p.code = 'person_erased';
  end if;
  update public.wa_consents c
  set revoked_at = clock_timestamp()
  where c.campaign_id = p_campaign_id and c.phone = number and c.revoked_at is null;
  if not exists (
    select
    from public.wa_consents c
    where c.campaign_id = p_campaign_id and c.phone = number
  ) then
    insert into public.wa_consents (campaign_id, phone, revoked_at)
    values (p_campaign_id, number, clock_timestamp());
    perform wa.audit(p_campaign_id, 'consent_revoked', null,
      jsonb_build_object('phone_hmac', wa.person_hash(p_campaign_id, number)));
  end if;
  return jsonb_build_object('voter_id', p_voter_id, 'revoked_at', (
    select max(c.revoked_at)
    from public.wa_consents c
    where c.campaign_id = p_campaign_id and c.phone = number));
end $$;
grant execute on function wa.revoke_consent(uuid, uuid)
  to authenticated;
