-- What nobody may do to the log, and how it speaks of people without naming them.

create function wa.refuse_audit_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'wa_audit_log is append-only' using errcode = '42501';
end $$;

create trigger refuse_emptying before truncate on public.wa_audit_log
  for each statement execute function wa.refuse_audit_change();
create trigger refuse_sealed_entry before insert on public.wa_audit_log
  for each row when (num_nonnulls(new.seq, new.prev_hash, new.hash) > 0)
  execute function wa.refuse_audit_change();
-- The one change that an entry goes through is its seal.
create trigger refuse_change before update on public.wa_audit_log
  for each row when (num_nonnulls(old.seq, old.prev_hash, old.hash) > 0
    or num_nulls(new.seq, new.prev_hash, new.hash) > 0
    or (old.id, old.campaign_id, old.at, old.actor, old.act, old.job_id, old.details)
      is distinct from
      (new.id, new.campaign_id, new.at, new.actor, new.act, new.job_id, new.details))
  execute function wa.refuse_audit_change();

-- What was kept long enough goes: wa.forget_audit, which notes first where the chain begins then.
create function wa.refuse_audit_removal()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if old.seq <= (select r.seq from wa.audit_roots r where r.campaign_id = old.campaign_id) then
    return old;
  end if;
  raise exception 'wa_audit_log is append-only' using errcode = '42501';
end $$;
create trigger refuse_removal before delete on public.wa_audit_log
  for each row execute function wa.refuse_audit_removal();

-- Emptied at once these would leave no entry.
create function wa.refuse_truncation()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception '% is emptied by delete, which leaves entries', tg_table_name
    using errcode = '42501';
end $$;
create trigger refuse_truncation before truncate on public.wa_campaign_settings
  for each statement execute function wa.refuse_truncation();

create trigger refuse_truncation before truncate on public.wa_opt_outs
  for each statement execute function wa.refuse_truncation();

create trigger refuse_truncation before truncate on public.wa_consents
  for each statement execute function wa.refuse_truncation();

-- All phones of Mexico can be tried against a hash without a key within hours.
create function wa.keyed_hash(p_campaign_id uuid, p_text text)
returns text
language plpgsql
set search_path = ''
as $$
declare
  k bytea := case when p_text is not null then wa.audit_key(p_campaign_id) end;
begin
  return encode(sha256(k || sha256(k || convert_to(p_text, 'UTF8'))), 'hex');
end $$;
comment on function wa.keyed_hash(uuid, text) is
  'Hexadecimal; the same text gives the same hash within a campaign and another one in every '
  'other.';

-- Made with the campaign's settings, so that no BAJA waits for another one that makes it.
create function wa.audit_key(p_campaign_id uuid)
returns bytea
language plpgsql
set search_path = ''
as $$
declare
  found_key bytea := (select k.key from wa.audit_keys k where k.campaign_id = p_campaign_id);
begin
  if found_key is null then
    insert into wa.audit_keys (campaign_id, key)
    values (p_campaign_id, uuid_send(gen_random_uuid())
      || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
    on conflict do nothing;
    found_key := (select k.key from wa.audit_keys k where k.campaign_id = p_campaign_id);
  end if;
  return found_key;
end $$;
