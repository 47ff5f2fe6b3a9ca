-- What blocks a number, and what lets it go on.

-- Blocked senders take no claims. After a cool-down, p_shortest_seconds at first and twice as long
-- each time (at most p_longest_seconds), one message at a time may try whether Meta takes it; the
-- first one it accepts unblocks. Answers to attempts older than the sender's present state say
-- nothing about it. A cause that is there already keeps its time, and a block that an operator left
-- without an end keeps having none.
create function wa.block_senders(
  p_sender_ids uuid[], p_cause text, p_reason text, p_claimed_at timestamptz,
  p_shortest_seconds integer default 900, p_longest_seconds integer default 21600)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set state = 'blocked',
    state_reason = p_reason,
    state_changed_at = clock_timestamp(),
    cooldown_seconds = w.cooldown,
    blocked_by = wa.cause_now(p_cause, p_reason) || s.blocked_by,
    blocked_until = case
      when s.state = 'ok' or s.blocked_until is not null then greatest(
        clock_timestamp() + make_interval(secs => w.cooldown), wa.latest_until(s.blocked_by)) end
  from (
    select o.id, wa.next_cooldown(o, p_shortest_seconds, p_longest_seconds) as cooldown
    from public.wa_senders o
    where o.id = any (p_sender_ids)
      and o.state <> 'paused' and o.state_changed_at <= p_claimed_at
    order by o.id
    for no key update) w
  where s.id = w.id;
$$;

create function wa.cause_now(p_cause text, p_reason text)
returns jsonb
language sql volatile
set search_path = ''
as $$
  select jsonb_build_object(
    p_cause, jsonb_build_object('since', clock_timestamp(), 'reason', p_reason));
$$;

create function wa.next_cooldown(
  p_sender public.wa_senders, p_shortest_seconds integer, p_longest_seconds integer)
returns integer
language sql stable
set search_path = ''
as $$
  select case
    when p_sender.state = 'ok' and p_sender.state_changed_at < now() - interval '1 hour'
      then p_shortest_seconds
    else least(greatest(p_sender.cooldown_seconds * 2, p_shortest_seconds), p_longest_seconds) end;
$$;

-- Ends one cause, as of p_at; the sender goes on if it was the last one. What was answered while it
-- stood may have been its doing: if only such answers are left, one message asks at once.
create function wa.end_cause(p_sender_ids uuid[], p_cause text, p_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set blocked_by = w.others,
    state = case w.others when '{}' then 'ok' else s.state end,
    state_reason = wa.latest_reason(w.others),
    state_changed_at = case w.others
      when '{}' then least(p_at, clock_timestamp())
      else s.state_changed_at end,
    blocked_until = case
      when w.others = '{}' then null
      when s.blocked_until > clock_timestamp() and wa.only_answers_since(w.others, w.since)
        then clock_timestamp()
      else s.blocked_until end
  from (
    select o.id,
      o.blocked_by - p_cause as others,
      (o.blocked_by -> p_cause ->> 'since')::timestamptz as since
    from public.wa_senders o
    where o.id = any (p_sender_ids) and o.blocked_by ? p_cause
    order by o.id
    for no key update) w
  where s.id = w.id;
$$;

create function wa.latest_reason(p_blocked_by jsonb)
returns text
language sql stable
set search_path = ''
as $$
  select c.value ->> 'reason'
  from jsonb_each(p_blocked_by) c
  order by (c.value ->> 'since')::timestamptz desc
  limit 1;
$$;

create function wa.only_answers_since(p_blocked_by jsonb, p_since timestamptz)
returns boolean
language sql stable
set search_path = ''
as $$
  select not exists (
    select
    from jsonb_each(p_blocked_by) c
    where c.key <> 'answer' or (c.value ->> 'since')::timestamptz < p_since);
$$;

-- Until when Meta has said that it takes nothing, whatever a cool-down says.
create function wa.latest_until(p_blocked_by jsonb)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select max((c.value ->> 'until')::timestamptz) from jsonb_each(p_blocked_by) c;
$$;

-- Meta has taken a message: whatever it had said before is over.
create function wa.unblock_senders(p_sender_ids uuid[], p_claimed_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set state = 'ok',
    state_reason = null,
    state_changed_at = clock_timestamp(),
    blocked_until = null
  where s.id = any (p_sender_ids) and s.state = 'blocked' and s.state_changed_at <= p_claimed_at;
$$;

create function wa.may_probe(p_sender public.wa_senders)
returns boolean
language sql stable
set search_path = ''
as $$
  select p_sender.state = 'blocked' and coalesce(p_sender.blocked_until <= now(), false);
$$;

-- A probe keeps the next one off for two minutes: long enough for its answer.
create function wa.start_probe(p_sender_id uuid)
returns boolean
language sql
set search_path = ''
as $$
  with probe as (
    update public.wa_senders s
    set blocked_until = clock_timestamp() + interval '2 minutes'
    where s.id = p_sender_id and wa.may_probe(s)
    returning 1)
  select exists (select from probe);
$$;

-- Whoever lets a sender go on, an operator by hand too, ends all that blocked it; a block that
-- names no cause is an operator's.
create function wa.settle_causes()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.blocked_by := case new.state
    when 'blocked' then jsonb_build_object('operator', jsonb_build_object(
      'since', new.state_changed_at, 'reason', new.state_reason))
    else '{}' end;
  return new;
end $$;
create trigger settle_causes before insert or update of state on public.wa_senders
  for each row when (new.state <> 'blocked' or new.blocked_by = '{}')
  execute function wa.settle_causes();
