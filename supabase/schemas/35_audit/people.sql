-- How the log speaks of a person: by a hash that their own salt makes forgettable.

-- The same phone gives the same hash within a campaign until the person is erased.
create function wa.person_hash(p_campaign_id uuid, p_phone text)
returns text
language sql
set search_path = ''
as $$
  select wa.person_text_hash(p_campaign_id, p_phone, p_phone);
$$;
comment on function wa.person_hash(uuid, text) is
  'Hexadecimal; what the audit log says instead of a phone.';

-- Of something that was typed about them.
create function wa.person_text_hash(p_campaign_id uuid, p_phone text, p_text text)
returns text
language sql
set search_path = ''
as $$
  select wa.salted_hash(p_campaign_id, wa.person_salt(p_campaign_id, p_phone), p_text)
  where num_nulls(p_phone, p_text) = 0;
$$;

-- With the campaign's key as well: whoever destroys that unlinks everybody at once.
create function wa.salted_hash(p_campaign_id uuid, p_salt bytea, p_text text)
returns text
language sql
set search_path = ''
as $$
  select encode(sha256(k || sha256(k || convert_to(p_text, 'UTF8'))), 'hex')
  from (select wa.audit_key(p_campaign_id) || p_salt as k) keyed;
$$;

-- Waits for nobody: a BAJA must not wait for a long transaction that writes of the same person.
create function wa.person_salt(p_campaign_id uuid, p_phone text)
returns bytea
language plpgsql
set search_path = ''
as $$
declare
  this_person text := wa.keyed_hash(p_campaign_id, p_phone);
  found_salt bytea := (
    select s.salt
    from wa.person_salts s
    where s.campaign_id = p_campaign_id and s.person = this_person
    order by s.id
    limit 1);
begin
  if found_salt is null then
    insert into wa.person_salts (campaign_id, person, salt)
    values (p_campaign_id, this_person,
      uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
    returning salt into found_salt;
  end if;
  return found_salt;
end $$;
