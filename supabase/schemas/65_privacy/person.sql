-- Who somebody is: the names under which a campaign knows them.

create function wa.find_person(p_campaign_id uuid, p_phone text, p_voter_id uuid)
returns wa.person
language plpgsql stable
set search_path = ''
as $$
declare
  person wa.person := row (p_campaign_id, p_voter_id, '{}', '{}', '{}');
  names text[];
begin
  person.phones := case
    when p_voter_id is null then array[wa.require_phone(p_phone)]
    else wa.phones_of_voter(p_campaign_id, p_voter_id) end;
  person.messages := wa.messages_of(person);
  names := wa.linked_names(p_campaign_id, person.phones || array(
    select q.meta_user_id
    from public.wa_send_queue q
    where q.id = any (person.messages) and q.meta_user_id is not null));
  person.phones := array(select n from unnest(names) n where n like '+%');
  person.user_ids := array(select n from unnest(names) n where n not like '+%');
  person.messages := wa.messages_of(person);
  return person;
end $$;

-- Abroad there are people, too, who wrote to a number.
create function wa.require_phone(p_phone text)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  phone text := coalesce(wa.normalize_phone(p_phone),
    substring(translate(p_phone, ' -().', '') from '^\+(?!52)[1-9][0-9]{6,14}$'));
begin
  if phone is null then
    perform wa.refuse(422, 'phone_invalid',
      'No es un número de teléfono: usa diez dígitos, o + y el código del país.', 'phone');
  end if;
  return phone;
end $$;

-- The voter's number as it is now, and those to which messages for them went.
create function wa.phones_of_voter(p_campaign_id uuid, p_voter_id uuid)
returns text[]
language plpgsql stable
set search_path = ''
as $$
declare
  known boolean;
  phones text[];
begin
  select count(*) > 0, array_agg(distinct x.phone) filter (where x.phone is not null)
    into known, phones
  from (
    select wa.normalize_phone(v.phone) as phone
    from wa.voters(p_campaign_id, array[p_voter_id]) v
    union all
    select q.recipient_phone
    from public.wa_send_queue q
    where q.campaign_id = p_campaign_id and q.recipient_voter_id = p_voter_id) x;
  if not known then
    perform wa.refuse(422, 'voter_not_found', 'La campaña no tiene a ese votante.', 'voter_id');
  end if;
  return coalesce(phones, '{}');
end $$;

-- By phone: one look-up for each job. Whoever else of a list had the same phone was left out
-- without it (duplicate_number): their rows name them all the same.
create function wa.messages_of(p_person wa.person)
returns uuid[]
language sql stable
set search_path = ''
as $$
  with addressed as (
    select q.id, q.job_id, q.recipient_voter_id
    from public.communications c
    join public.wa_send_queue q on q.job_id = c.job_id and q.recipient_phone = any (p_person.phones)
    where c.campaign_id = p_person.campaign_id),
  sharing as (
    select a.recipient_voter_id as voter_id
    from addressed a
    union
    select v.voter_id
    from wa.voters(p_person.campaign_id, array(
      select q.recipient_voter_id
      from public.wa_send_queue q
      where q.job_id in (select a.job_id from addressed a)
        and q.status = 'skipped'
        and q.skip_reason = 'duplicate_number')) v
    where wa.normalize_phone(v.phone) = any (p_person.phones))
  select array(
    select a.id
    from addressed a
    union
    select q.id
    from public.wa_send_queue q
    where q.campaign_id = p_person.campaign_id
      and (q.recipient_voter_id = p_person.voter_id
        or (q.recipient_phone is null
          and q.recipient_voter_id in (select s.voter_id from sharing s)))
    order by 1);
$$;

-- All names that are linked to these, in either direction, at any of the campaign's numbers.
create function wa.linked_names(p_campaign_id uuid, p_names text[])
returns text[]
language sql stable
set search_path = ''
as $$
  with recursive link as (
    select p.former, p.present
    from public.wa_campaign_numbers n
    join public.wa_same_person p on p.sender_id = n.sender_id
    where n.campaign_id = p_campaign_id),
  name as (
    select n
    from unnest(p_names) n
    union
    select case l.former when name.n then l.present else l.former end
    from name
    join link l on name.n in (l.former, l.present))
  select array(select n from name order by n);
$$;
