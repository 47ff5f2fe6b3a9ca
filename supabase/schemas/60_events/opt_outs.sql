-- BAJA and ALTA, by the number to which they were said.

-- p_intents: wishes [{phone_number_id, phone, user_id, context_message_id, opted_out, source:
-- reply|user_preferences, at}], and names of one person [{phone_number_id, former, present}].
-- Returns {changed, unresolved}; unresolved are wishes of people or for numbers that we do not
-- know. Those of people are kept for wa_resolve_opt_outs. With names also resolvable: how many kept
-- wishes wait for it now.
create function public.wa_apply_opt_outs(p_intents jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  unresolved bigint;
  changed bigint;
  resolvable bigint;
begin
  perform wa.note_same_person(p_intents);
  insert into public.wa_unresolved_opt_outs
    (sender_id, user_id, context_message_id, opted_out, source, said_at)
  select w.sender_id, w.user_id, w.context_message_id, w.opted_out, w.source, w.said_at
  from wa.wishes(p_intents) w
  where w.whose is null
    and w.sender_id is not null
    and num_nonnulls(w.user_id, w.context_message_id) > 0
  order by w.user_id, w.context_message_id, w.sender_id, w.said_at, w.opted_out
  on conflict do nothing;
  select count(*) into unresolved
  from wa.wishes(p_intents) w
  where w.whose is null or w.sender_id is null;
  select count(*) filter (
    where wa.set_opt_out(w.sender_id, w.whose, w.opted_out, w.source, w.said_at)) into changed
  from (
    select v.sender_id, v.whose, v.opted_out, v.source, v.said_at
    from wa.wishes(p_intents) v
    where v.whose is not null and v.sender_id is not null
    union all
    select o.sender_id, o.phone, true, o.source, o.said_at
    from wa.inherited_opt_outs(p_intents) o
    order by sender_id, whose, said_at
  ) w;
  if p_intents @? '$[*].former' then
    select count(*) into resolvable
    from public.wa_unresolved_opt_outs u
    where wa.person_of(u.sender_id, u.user_id, u.context_message_id) is not null;
  end if;
  return jsonb_strip_nulls(jsonb_build_object(
    'changed', changed, 'unresolved', unresolved, 'resolvable', resolvable));
end $$;
revoke all on function public.wa_apply_opt_outs(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_apply_opt_outs(jsonb)
  to wa_apply_events;

-- Once a receipt has told under which id a person hides, what they said before holds from when they
-- said it. A transaction of its own, for the receipts hold messages and jobs. An ALTA of whom only
-- a former name is known is dropped. Returns how many wishes it was.
create function public.wa_resolve_opt_outs()
returns integer
language plpgsql security definer
set search_path = ''
set statement_timeout = '10s'
as $$
declare
  wish record;
  resolved integer := 0;
begin
  for wish in
    with known as (
      select u.ctid as place,
        wa.person_of(u.sender_id, u.user_id, u.context_message_id) as whose
      from public.wa_unresolved_opt_outs u
      where wa.person_of(u.sender_id, u.user_id, u.context_message_id) is not null
      for update of u skip locked
    ),
    taken as (
      delete from public.wa_unresolved_opt_outs u
      using known k
      where u.ctid = k.place
      returning u.*, k.whose
    )
    select *
    from taken t
    order by t.sender_id, t.whose, t.said_at
  loop
    if wish.opted_out or wish.whose = wa.person_with_id(wish.user_id) then
      perform wa.set_opt_out(wish.sender_id, wish.whose, wish.opted_out, wish.source, wish.said_at);
      resolved := resolved + 1;
    end if;
  end loop;
  return resolved;
end $$;
revoke all on function public.wa_resolve_opt_outs()
  from public, anon, authenticated, service_role;
grant execute on function public.wa_resolve_opt_outs()
  to wa_apply_events, wa_sweep;

-- The silent among the people of a campaign's own jobs, the latest first: [{phone, source, since}].
-- Whoever else said BAJA to a number that several campaigns share is nothing to it.
create function public.wa_list_opt_outs(
  p_campaign_id uuid, p_limit integer default 100, p_offset integer default 0)
returns jsonb
language plpgsql stable security definer
set search_path = ''
set statement_timeout = '10s'
as $$
begin
  perform wa.require_may(p_campaign_id, 'read_people');
  perform wa.begin_large_call(p_campaign_id);
  return (
    select coalesce(jsonb_agg(to_jsonb(p) order by p.since desc, p.phone), '[]')
    from (
      select s.phone, s.source, s.since
      from wa.silent_people(p_campaign_id, array(
        select o.phone
        from public.wa_campaign_numbers n
        join public.wa_opt_outs o on o.sender_id = n.sender_id
        where n.campaign_id = p_campaign_id
          and o.opted_out
          and exists (
            select
            from public.communications c
            join public.wa_send_queue q on q.job_id = c.job_id
            where c.campaign_id = p_campaign_id and q.recipient_phone = o.phone
          )
      )) s
      order by s.since desc, s.phone
      limit least(greatest(p_limit, 1), 1000)
      offset greatest(p_offset, 0)
    ) p
  );
end $$;
comment on function public.wa_list_opt_outs(uuid, integer, integer) is
  'BAJAs that bind a campaign, of people that its jobs have addressed.';
revoke all on function public.wa_list_opt_outs(uuid, integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_opt_outs(uuid, integer, integer)
  to authenticated;

-- Every wish with the number to which it was said; sender_id is null for one that we do not know.
-- Who is known by a former name or by the message they answer may ask for silence; that they may
-- undo it, neither proves.
create function wa.wishes(p_intents jsonb)
returns table (
  sender_id uuid, whose text, user_id text, context_message_id text,
  opted_out boolean, source text, said_at timestamptz)
language sql stable
set search_path = ''
as $$
  select s.id,
    coalesce(i.phone, case
      when i.opted_out then wa.person_of(s.id, i.user_id, q.answered)
      else wa.person_with_id(i.user_id)
    end),
    i.user_id, q.answered, i.opted_out, i.source, i.at
  from jsonb_to_recordset(p_intents) i(
    phone_number_id text, phone text, user_id text, context_message_id text,
    opted_out boolean, source text, at timestamptz)
  left join public.wa_senders s on s.phone_number_id = i.phone_number_id
  cross join lateral (
    select case
      when i.opted_out and not wa.is_erased_at(s.id, i.context_message_id)
        then i.context_message_id
    end as answered) q
  where i.opted_out is not null;
$$;

-- What was said under a person's former names, to the number that is told now or to one beside it,
-- for the phones they got since.
create function wa.inherited_opt_outs(p_intents jsonb)
returns table (sender_id uuid, phone text, source text, said_at timestamptz)
language sql stable
set search_path = ''
as $$
  select distinct o.sender_id, l, o.source, o.changed_at
  from jsonb_to_recordset(p_intents) i(phone_number_id text, former text)
  join public.wa_senders s on s.phone_number_id = i.phone_number_id
  cross join lateral wa.numbers_beside(s.id) n
  cross join lateral (
    select wa.former_names(i.former)
    union
    select wa.person_of(s.id, i.former, null)
  ) f(name)
  join public.wa_opt_outs o on o.sender_id = n and o.phone = f.name and o.opted_out
  cross join lateral wa.later_phones(o.sender_id, o.phone) l;
$$;

-- A wish for silence follows the person to the phones they got since; a wish for messages does not.
-- Returns whether anything changed.
create function wa.set_opt_out(
  p_sender_id uuid, p_phone text, p_opted_out boolean, p_source text, p_at timestamptz)
returns boolean
language sql
set search_path = ''
as $$
  select bool_or(wa.note_opt_out(p_sender_id, phone, p_opted_out, p_source, p_at))
  from (
    select p_phone as phone
    union all
    select l
    from wa.later_phones(p_sender_id, p_phone) l
    where p_opted_out
    order by phone
  ) phones;
$$;

-- The later word holds; of two at the same second, the one that asks for silence. WhatsApp's own
-- "resume" undoes only what was said in WhatsApp's own settings: a typed BAJA is undone by a typed
-- ALTA alone, even if a BAJA in the settings came after it, and also if the typed one is applied
-- last, as one that Meta repeats, or of somebody who hid their number.
create function wa.note_opt_out(
  p_sender_id uuid, p_phone text, p_opted_out boolean, p_source text, p_at timestamptz)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  changed boolean := wa.note_word_of_forgotten(
    p_sender_id, p_phone, p_opted_out, p_source, p_at);
begin
  if changed is not null then
    return changed;
  end if;
  insert into public.wa_opt_outs as o (sender_id, phone, opted_out, source, changed_at)
  values (p_sender_id, p_phone, p_opted_out, p_source, p_at)
  on conflict (sender_id, phone)
  do update set
    opted_out = excluded.opted_out,
    changed_at = case
      when o.opted_out and excluded.opted_out then greatest(o.changed_at, excluded.changed_at)
      else excluded.changed_at
    end,
    source = case
      when o.opted_out and excluded.opted_out and o.source in ('reply', 'operator') then o.source
      else excluded.source
    end
  where case
    when o.source in ('user_preferences', 'meta_error') and excluded.source in ('reply', 'operator')
      then excluded.opted_out or excluded.changed_at > o.changed_at
    else (excluded.changed_at > o.changed_at
        or (excluded.changed_at = o.changed_at and excluded.opted_out and not o.opted_out))
      and (excluded.opted_out or excluded.source in ('reply', 'operator')
        or o.source in ('user_preferences', 'meta_error'))
    end
  returning true into changed;
  return coalesce(changed, false);
end $$;

-- A word of somebody whom the number's campaigns have forgotten is kept without their phone, and
-- Meta's repetition of an old one brings that back to no table. A typed ALTA undoes the BAJA, not
-- the erasure. Returns as wa.note_opt_out does; null: they are not forgotten.
create function wa.note_word_of_forgotten(
  p_sender_id uuid, p_phone text, p_opted_out boolean, p_source text, p_at timestamptz)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if p_phone is null then
    return false; -- the message it was about is erased
  elsif not p_opted_out and p_source in ('reply', 'operator') then
    delete from wa.suppressions s
    using wa.suppression_keys k
    where k.scope = p_sender_id
      and s.key_id = k.id
      and s.hash = wa.suppression_hash(k.key, p_phone)
      and s.since < p_at;
    if found then
      return null;
    end if;
  end if;
  if wa.is_silent_at(p_sender_id, p_phone) then
    return false;
  elsif not wa.is_forgotten_at(p_sender_id, p_phone) then
    return null;
  elsif p_opted_out then
    perform wa.suppress(p_sender_id, array[p_phone]);
  end if;
  return p_opted_out;
end $$;

-- Whether a BAJA to this number is kept as a hash.
create function wa.is_silent_at(p_sender_id uuid, p_phone text)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return exists (
    select
    from wa.suppression_keys k
    join wa.suppressions s on s.key_id = k.id and s.hash = wa.suppression_hash(k.key, p_phone)
    where k.scope = p_sender_id);
end $$;
