-- A number's slots. Which of its campaigns gets the next one: turns.sql.

-- The sender's next evenly spaced slot (virtual scheduling, the GCRA of ITU-T I.371): a late
-- arrival may catch up at most 50 ms, so that no second holds more than 1.05 times the rate. Null:
-- it is too far away.
create function wa.take_slot(p_sender_id uuid, p_max_wait_seconds numeric)
returns timestamptz
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set next_slot_at = greatest(s.next_slot_at, clock_timestamp() - interval '50 ms')
    + make_interval(secs => 1 / s.rate_per_second)
  where s.id = p_sender_id
    and s.next_slot_at
      <= clock_timestamp() + make_interval(secs => p_max_wait_seconds::double precision)
  returning s.next_slot_at - make_interval(secs => 1 / s.rate_per_second);
$$;

create function wa.seconds_to_slot(p_sender_id uuid)
returns numeric
language sql stable
set search_path = ''
as $$
  select greatest(1, ceil(extract(epoch from s.next_slot_at - clock_timestamp())))
  from public.wa_senders s
  where s.id = p_sender_id;
$$;

-- Throttled: no new slot for a while, twice as long each time, at most a minute. The answers to
-- messages that were already under way when the pause began do not lengthen it.
create function wa.push_back(p_sender_id uuid)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set backoff_seconds = p.pause,
    throttled_until = clock_timestamp() + make_interval(secs => p.pause::double precision),
    next_slot_at = greatest(
      s.next_slot_at, clock_timestamp() + make_interval(secs => p.pause::double precision))
  from (
    select o.id, least(greatest(o.backoff_seconds * 2, 1), 60) as pause
    from public.wa_senders o
    where o.id = p_sender_id
    for no key update) p
  where s.id = p.id and s.throttled_until < clock_timestamp();
$$;
