-- What changes the rules, or a voter's word, leaves an entry whoever does it: a function, the
-- machine, an operator by hand. All trigger functions are security definer: who changes a row needs
-- no right to write the log.

create function wa.audit_settings()
returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  campaign uuid := coalesce(new.campaign_id, old.campaign_id);
  changed jsonb := wa.changed_columns(to_jsonb(old), to_jsonb(new));
begin
  if tg_op = 'INSERT' then
    perform wa.audit_key(campaign);
  end if;
  if changed <> '{}' then
    perform wa.audit(campaign,
      'settings_' || case tg_op
        when 'INSERT' then 'made'
        when 'DELETE' then 'deleted'
        else 'changed'
      end,
      null, jsonb_build_object('changed', changed));
  end if;
  return null;
end $$;
create trigger audit after insert or update or delete on public.wa_campaign_settings
  for each row execute function wa.audit_settings();

-- In each campaign that writes from the number. Without what operators note about it, which is
-- nobody else's. Not the columns that the machine writes with every message: a claim never comes
-- here.
create function wa.audit_sender()
returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  perform wa.audit(c.campaign_id, 'sender_changed', null, jsonb_build_object(
    'sender_id', new.id,
    'changed', wa.changed_columns(wa.sender_in_short(old), wa.sender_in_short(new))))
  from (
    select s.campaign_id
    from public.wa_campaign_settings s
    where s.sender_id = new.id
    union
    select j.campaign_id
    from public.communications j
    where j.sender_id = new.id and j.status in ('processing', 'paused')) c;
  return null;
end $$;
create trigger audit
  after update of phone_number_id, waba_id, portfolio_id, credential, rate_per_second,
    daily_limit, messaging_limit, messaging_limit_known, state
  on public.wa_senders
  for each row when (
    (old.phone_number_id, old.waba_id, old.portfolio_id, old.credential, old.rate_per_second,
      old.daily_limit, old.messaging_limit, old.messaging_limit_known, old.state)
    is distinct from
    (new.phone_number_id, new.waba_id, new.portfolio_id, new.credential, new.rate_per_second,
      new.daily_limit, new.messaging_limit, new.messaging_limit_known, new.state))
  execute function wa.audit_sender();

create function wa.sender_in_short(p_sender public.wa_senders)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'phone_number_id', p_sender.phone_number_id,
    'waba_id', p_sender.waba_id,
    'portfolio_id', p_sender.portfolio_id,
    'credential', p_sender.credential,
    'rate_per_second', p_sender.rate_per_second,
    'daily_limit', p_sender.daily_limit,
    'messaging_limit', p_sender.messaging_limit,
    'messaging_limit_known', p_sender.messaging_limit_known,
    'state', p_sender.state);
$$;

-- Every BAJA and ALTA, however it gets into the table, and every one that is taken out of it.
create function wa.audit_opt_out()
returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  if tg_op = 'DELETE'
    or (tg_op = 'UPDATE'
      and (old.sender_id, old.phone) is distinct from (new.sender_id, new.phone))
  then
    perform wa.audit_word('opt_out_deleted', old, jsonb_build_object('opted_out', old.opted_out));
  end if;
  if tg_op = 'INSERT' or (tg_op = 'UPDATE' and old is distinct from new) then
    perform wa.audit_word(case when new.opted_out then 'opt_out' else 'opt_in' end, new, '{}');
  end if;
  return null;
end $$;
create trigger audit after insert or update or delete on public.wa_opt_outs
  for each row execute function wa.audit_opt_out();

-- In each campaign of the number that knows the person.
create function wa.audit_word(p_act text, p_word public.wa_opt_outs, p_details jsonb)
returns void
language sql
set search_path = ''
as $$
  select wa.audit(n.campaign_id, p_act, null, p_details || jsonb_build_object(
    'source', p_word.source,
    'said_at', p_word.changed_at,
    'phone_hmac', wa.person_hash(n.campaign_id, p_word.phone)))
  from public.wa_campaign_numbers n
  where n.sender_id = p_word.sender_id and wa.has_recipient(n.campaign_id, p_word.phone);
$$;

-- Whether one of a campaign's jobs is, or was, to reach this person: others that write to its
-- number are strangers to it. One look-up for each job.
create function wa.has_recipient(p_campaign_id uuid, p_phone text)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return exists (
    select
    from public.communications c
    join public.wa_send_queue q on q.job_id = c.job_id and q.recipient_phone = p_phone
    where c.campaign_id = p_campaign_id);
end $$;

create function wa.audit_consent()
returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  deleted boolean := tg_op = 'DELETE';
  changed jsonb := wa.changed_columns(
    wa.consent_in_short(old), case when not deleted then wa.consent_in_short(new) end);
begin
  if changed <> '{}' then
    perform wa.audit(old.campaign_id,
      case
        when deleted then 'consent_deleted'
        when changed - 'revoked_at' = '{}' and old.revoked_at is null then 'consent_revoked'
        else 'consent_changed'
      end,
      null, jsonb_build_object(
        'consent_id', old.id,
        'phone_hmac', wa.person_hash(old.campaign_id, old.phone),
        'changed', changed));
  end if;
  return null;
end $$;
create trigger audit after update or delete on public.wa_consents
  for each row execute function wa.audit_consent();

-- Where it comes from is typed by people, and may name some.
create function wa.consent_in_short(p_consent public.wa_consents)
returns jsonb
language sql
set search_path = ''
as $$
  select jsonb_build_object(
    'campaign_id', p_consent.campaign_id,
    'obtained_at', p_consent.obtained_at,
    'notice_version', p_consent.notice_version,
    'revoked_at', p_consent.revoked_at,
    'phone_hmac', wa.person_hash(p_consent.campaign_id, p_consent.phone),
    'source_hmac', wa.person_text_hash(
      p_consent.campaign_id, p_consent.phone, p_consent.source),
    'evidence_hmac', wa.person_text_hash(
      p_consent.campaign_id, p_consent.phone, p_consent.evidence));
$$;

-- What Meta, or an edit, made of a template. Its texts are long and stand in its versions.
create function wa.audit_template()
returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  perform wa.audit(new.campaign_id, 'template_changed', null, jsonb_build_object(
    'template_id', new.id,
    'name', new.meta_template_name,
    'changed', wa.changed_columns(wa.template_in_short(old), wa.template_in_short(new))));
  return null;
end $$;
create trigger audit after update on public.wa_templates
  for each row when (
    (old.status, old.category, old.quality, old.version)
    is distinct from
    (new.status, new.category, new.quality, new.version))
  execute function wa.audit_template();

create function wa.template_in_short(p_template public.wa_templates)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'status', p_template.status,
    'category', p_template.category,
    'quality', p_template.quality,
    'version', p_template.version,
    'content_hash', encode(
      sha256(convert_to(wa.content_of(p_template)::text, 'UTF8')), 'hex'));
$$;

create function wa.audit(p_campaign_id uuid, p_act text, p_job_id uuid, p_details jsonb)
returns void
language sql
set search_path = ''
as $$
  insert into public.wa_audit_log (campaign_id, at, actor, act, job_id, details)
  values (p_campaign_id, clock_timestamp(), wa.who(), p_act, p_job_id, p_details);
$$;

-- The token itself, and no cast: whatever is in it, an entry can be written.
create function wa.who()
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(auth.jwt() ->> 'sub', auth.jwt() ->> 'role', session_user);
$$;

-- {column: [old, new]} of what differs; null for a row that is not there.
create function wa.changed_columns(p_old jsonb, p_new jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(
    jsonb_object_agg(c.name, jsonb_build_array(p_old -> c.name, p_new -> c.name)), '{}')
  from (select distinct jsonb_object_keys(coalesce(p_old, '{}') || coalesce(p_new, '{}')) as name) c
  where coalesce(p_old -> c.name, 'null') <> coalesce(p_new -> c.name, 'null')
    and c.name not in ('created_at', 'updated_at', 'version');
$$;
