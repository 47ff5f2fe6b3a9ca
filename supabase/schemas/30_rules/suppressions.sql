-- Who asked to be erased, and may not be written to however they come back into a list.

-- Asked for each message before it leaves: the same as wa.suppressed_names about one person. While
-- nobody ever asked to be erased that is one look-up. Null: nothing is known of them.
create function wa.suppressed_as(p_campaign_id uuid, p_phone text, p_voter_id uuid)
returns text
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  if not exists (select from wa.suppression_keys) then
    return null;
  end if;
  return (
    select min(case when k.scope = p_campaign_id then 'erased' else 'opted_out' end)
    from wa.suppression_keys k
    where k.scope = any (p_campaign_id || array(
        select n.sender_id from public.wa_campaign_numbers n where n.campaign_id = p_campaign_id))
      and exists (
        select
        from wa.suppressions s
        where s.key_id = k.id
          and s.hash in (
            wa.suppression_hash(k.key, p_phone),
            wa.suppression_hash(k.key, p_voter_id::text))));
end $$;

-- Those of the names (phones, ids of voters or messages) that are suppressed: erased, where this
-- campaign was asked; opted_out, where the person had said BAJA to a number of its, and another
-- campaign erased the clear words.
create function wa.suppressed_names(p_campaign_id uuid, p_names text[])
returns table (name text, reason text)
language plpgsql stable rows 10
set search_path = ''
as $$
declare
  scopes uuid[] := p_campaign_id || array(
    select n.sender_id from public.wa_campaign_numbers n where n.campaign_id = p_campaign_id);
begin
  if not exists (select from wa.suppression_keys k where k.scope = any (scopes)) then
    return;
  end if;
  return query
  select n.one, case when bool_or(k.scope = p_campaign_id) then 'erased' else 'opted_out' end
  from wa.suppression_keys k
  cross join unnest(p_names) n(one)
  join wa.suppressions s on s.key_id = k.id and s.hash = wa.suppression_hash(k.key, n.one)
  where k.scope = any (scopes)
  group by n.one;
end $$;

-- A list of consents brings nobody back either.
create function wa.leave_out_erased()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if wa.suppressed_as(new.campaign_id, new.phone, null) = 'erased' then
    return null;
  end if;
  return new;
end $$;
create trigger leave_out_erased before insert on public.wa_consents
  for each row execute function wa.leave_out_erased();

-- Whether a campaign of this number erased who has this name.
create function wa.is_erased_at(p_sender_id uuid, p_name text)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return exists (
    select
    from public.wa_campaign_numbers n
    join wa.suppression_keys k on k.scope = n.campaign_id
    join wa.suppressions s on s.key_id = k.id and s.hash = wa.suppression_hash(k.key, p_name)
    where n.sender_id = p_sender_id);
end $$;

-- Whether, besides, no other campaign of the number has anything to do with them. What a number is
-- told belongs to all its campaigns.
create function wa.is_forgotten_at(p_sender_id uuid, p_name text)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return wa.is_erased_at(p_sender_id, p_name) and not wa.is_known_at(p_sender_id, p_name);
end $$;

create function wa.is_known_at(p_sender_id uuid, p_phone text)
returns boolean
language sql stable
set search_path = ''
as $$
  select exists (
    select
    from public.wa_campaign_numbers n
    where n.sender_id = p_sender_id and wa.knows(n.campaign_id, p_phone));
$$;

-- Whether a campaign's own records hold this phone.
create function wa.knows(p_campaign_id uuid, p_phone text)
returns boolean
language sql stable
set search_path = ''
as $$
  select wa.has_recipient(p_campaign_id, p_phone)
    or exists (
      select
      from public.wa_consents c
      where c.campaign_id = p_campaign_id and c.phone = p_phone)
    or exists (
      select
      from public.wa_test_numbers t
      where t.campaign_id = p_campaign_id and t.phone = p_phone);
$$;

create function wa.suppress(p_scope uuid, p_names text[])
returns void
language sql
set search_path = ''
as $$
  insert into wa.suppression_keys (scope)
  select p_scope
  where not exists (select from wa.suppression_keys k where k.scope = p_scope);
  insert into wa.suppressions (key_id, hash)
  select k.id, wa.suppression_hash(k.key, n)
  from wa.newest_suppression_key(p_scope) k
  cross join unnest(p_names) n
  where n is not null
  on conflict do nothing;
$$;

create function wa.newest_suppression_key(p_scope uuid)
returns setof wa.suppression_keys
language sql stable
set search_path = ''
as $$
  select * from wa.suppression_keys k where k.scope = p_scope order by k.made_at desc limit 1;
$$;

create function wa.suppression_hash(p_key bytea, p_name text)
returns bytea
language plpgsql immutable
set search_path = ''
as $$
begin
  return sha256(p_key || sha256(p_key || convert_to(p_name, 'UTF8')));
end $$;

-- Who adds people to a campaign's messages holds this to the end of the transaction; who erases one
-- waits for them and lets nobody add meanwhile: nothing is written that the erasure does not see.
create function wa.share_people(p_campaign_id uuid)
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock_shared(wa.people_lock(p_campaign_id));
$$;

-- For claims, which hold a message that the erasure may want: they come again instead of waiting.
create function wa.share_people_at_once(p_campaign_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if not pg_try_advisory_xact_lock_shared(wa.people_lock(p_campaign_id)) then
    raise exception using errcode = 'lock_not_available';
  end if;
end $$;

create function wa.people_lock(p_campaign_id uuid)
returns bigint
language sql immutable
set search_path = ''
as $$
  select hashtextextended('wa_people:' || p_campaign_id, 0);
$$;
