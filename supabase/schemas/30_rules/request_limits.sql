-- How often a user may ask for what is expensive.

-- Takes one request of that kind, or refuses it (429) and says when there will be room. It is a
-- call of its own, before the expensive one: what that one refuses, and takes back, has been
-- paid for all the same. A send whose key is known costs nothing: its answer is there.
-- Security definer: members read and write no paces.
create function public.wa_take_request(
  p_campaign_id uuid, p_kind text, p_idempotency_key text default null)
returns void
language plpgsql security definer
set search_path = ''
as $$
declare
  wait_seconds integer;
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  if not exists (select from wa.default_limits() d where d.kind = p_kind) then
    perform wa.refuse(422, 'value_invalid', 'No hay límite de ese nombre.', 'kind');
  end if;
  if wa.is_repeated(p_campaign_id, p_kind, p_idempotency_key)
    or wa.advance_pace(auth.uid(), p_campaign_id, p_kind) then
    return;
  end if;
  wait_seconds := wa.seconds_to_wait(auth.uid(), p_campaign_id, p_kind);
  perform wa.refuse(429, 'too_many_requests',
    format('Son demasiadas solicitudes seguidas; intenta de nuevo en %s s.', wait_seconds),
    'campaign_id', jsonb_build_object('retry_after_seconds', wait_seconds));
end $$;
comment on function public.wa_take_request(uuid, text, text) is
  'Counts one expensive request of the signed-in user in the campaign, or refuses it with 429.';
revoke all on function public.wa_take_request(uuid, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_take_request(uuid, text, text)
  to authenticated;

create function wa.is_repeated(p_campaign_id uuid, p_kind text, p_idempotency_key text)
returns boolean
language sql stable
set search_path = ''
as $$
  select p_kind = 'send' and exists (
    select
    from public.communications c
    where c.campaign_id = p_campaign_id and c.idempotency_key = p_idempotency_key);
$$;

create function wa.default_limits(
  out kind text, out burst integer, out seconds numeric)
returns setof record
language sql immutable
set search_path = ''
as $$
  values
    ('audience', 60, 2.0), -- asked anew at every change of a filter
    ('send', 30, 10), -- also for tries that are refused; at most 200 jobs are open
    ('import', 20, 30), -- a file of up to 10 MiB; one that was cut off is brought again
    ('export', 20, 30); -- of the audit log, or of one person; each is an entry in the log
$$;

create function wa.limit_of(p_kind text, out burst integer, out seconds numeric)
returns record
language sql stable
set search_path = ''
as $$
  select coalesce(l.burst, d.burst), coalesce(l.seconds, d.seconds)
  from wa.default_limits() d
  left join wa.request_limits l on l.kind = d.kind
  where d.kind = p_kind;
$$;

-- One statement: whoever comes second waits for the row, and counts from what the first one left.
-- The clock is read when the row is there, so that waiting for it is not lost.
create function wa.advance_pace(p_user_id uuid, p_campaign_id uuid, p_kind text)
returns boolean
language sql
set search_path = ''
as $$
  with pace as (
    select make_interval(secs => l.seconds::float8) as gap,
      make_interval(secs => ((l.burst - 1) * l.seconds)::float8) as ahead
    from wa.limit_of(p_kind) l
  ),
  taken as (
    insert into wa.request_paces as p (user_id, campaign_id, kind, paid_until)
    select p_user_id, p_campaign_id, p_kind, clock_timestamp() + i.gap
    from pace i
    on conflict (user_id, campaign_id, kind)
    do update
    set paid_until = greatest(p.paid_until, clock_timestamp())
      + (select i.gap from pace i)
    where p.paid_until <= clock_timestamp() + (select i.ahead from pace i)
    returning 1
  )
  select exists (select from taken);
$$;

-- Whole seconds, rounded up: after them there is room for one.
create function wa.seconds_to_wait(p_user_id uuid, p_campaign_id uuid, p_kind text)
returns integer
language sql volatile
set search_path = ''
as $$
  select greatest(1, ceil(
    extract(epoch from p.paid_until - clock_timestamp()) - (l.burst - 1) * l.seconds))::integer
  from wa.request_paces p
  cross join wa.limit_of(p.kind) l
  where p.user_id = p_user_id and p.campaign_id = p_campaign_id and p.kind = p_kind;
$$;
