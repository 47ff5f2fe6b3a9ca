-- Who it is that writes: people change their numbers and hide them.

-- A former user id whose phone is known stands for that phone, too.
create function wa.note_same_person(p_intents jsonb)
returns void
language sql
set search_path = ''
as $$
  insert into public.wa_same_person (sender_id, former, present)
  select distinct s.id, name, i.present
  from jsonb_to_recordset(p_intents) i(phone_number_id text, former text, present text)
  join public.wa_senders s on s.phone_number_id = i.phone_number_id
  cross join lateral (values (i.former), (wa.person_of(s.id, i.former, null))) f(name)
  where name <> i.present
    and not wa.is_forgotten_at(s.id, name) and not wa.is_forgotten_at(s.id, i.present)
  order by 1, 2, 3
  on conflict do nothing;
$$;

-- People with a username may write without a phone: then the last message that Meta reported under
-- one of their user ids, a phone they had, or else the message they answer, if it came from the
-- number they write to, tells whose wish it is. A message whose job was moved may have come from
-- the one before.
create function wa.person_of(p_sender_id uuid, p_user_id text, p_context_message_id text)
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(
    (select q.recipient_phone
      from public.wa_send_queue q
      where q.meta_user_id = any (array(select wa.former_names(p_user_id)))
      order by q.sent_at desc nulls last
      limit 1),
    (select n from wa.former_names(p_user_id) n where n like '+%' limit 1),
    (select q.recipient_phone
      from public.wa_send_queue q
      join public.communications c on c.job_id = q.job_id
      where q.meta_message_id = p_context_message_id
        and p_sender_id = any (q.sender_id || c.former_sender_ids)
      limit 1));
$$;

-- Whom Meta reported under just this id, last. A former name may have passed to somebody else, so a
-- wish for messages counts for this person alone.
create function wa.person_with_id(p_user_id text)
returns text
language sql stable
set search_path = ''
as $$
  select q.recipient_phone
  from public.wa_send_queue q
  where q.meta_user_id = p_user_id
  order by q.sent_at desc nulls last
  limit 1;
$$;

-- This name and those the person had before.
create function wa.former_names(p_name text)
returns setof text
language sql stable
set search_path = ''
as $$
  with recursive name as (
    select p_name as n
    union
    select p.former
    from name
    join public.wa_same_person p on p.present = name.n
  )
  select n
  from name
  where n is not null;
$$;

-- The phones that a person got after this one. They may have told another number of the same
-- campaign: there, too, they want it to be silent.
create function wa.later_phones(p_sender_id uuid, p_phone text)
returns setof text
language sql stable
set search_path = ''
as $$
  with recursive name as (
    select p_phone as n
    union
    select p.present
    from wa.numbers_beside(p_sender_id) told
    cross join name
    join public.wa_same_person p on p.sender_id = told and p.former = name.n
  )
  select n
  from name
  where n like '+%' and n <> p_phone;
$$;

-- The number and those from which its campaigns write, too.
create function wa.numbers_beside(p_sender_id uuid)
returns setof uuid
language sql stable rows 2
set search_path = ''
as $$
  select p_sender_id
  union
  select m.sender_id
  from public.wa_campaign_numbers n
  join public.wa_campaign_numbers m on m.campaign_id = n.campaign_id
  where n.sender_id = p_sender_id;
$$;
