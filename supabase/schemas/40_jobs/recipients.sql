-- GET /jobs/{id}/recipients, and the evidence about unknown messages.

create function public.wa_list_recipients(
  p_job_id uuid,
  p_status text default null,
  p_after integer default 0,
  p_limit integer default 100)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.require_may((public.wa_get_job(p_job_id) ->> 'campaign_id')::uuid, 'read_people');
  return (
    with page as materialized (
      select q.*
      from public.wa_send_queue q
      where q.job_id = p_job_id
        and q.position > p_after
        and (p_status is null or q.status = p_status)
      order by q.position
      limit least(greatest(p_limit, 1), 1000)),
    -- Once a minute, not once a message: a thousand unknown messages are mostly each other's
    -- neighbours.
    minute as materialized (
      select m.*, e.*
      from (
        select distinct p.sender_id, date_trunc('minute', p.claimed_at) as began
        from page p
        where p.status = 'unknown') m
      cross join lateral wa.minute_evidence(m.sender_id, m.began) e)
    select coalesce(jsonb_agg(jsonb_build_object(
        'position', r.position, 'message_id', r.id,
        'voter_id', r.recipient_voter_id, 'phone', r.recipient_phone,
        'status', r.status, 'skip_reason', r.skip_reason,
        'error_code', r.error_code, 'error_message', r.error_message,
        'sent_at', r.sent_at, 'delivered_at', r.delivered_at, 'read_at', r.read_at)
      || case r.status
        when 'unknown' then jsonb_build_object(
          'claimed_at', r.claimed_at,
          'neighbours', jsonb_build_object(
            'claimed', m.claimed - 1, 'with_receipt', m.with_receipt))
        else '{}' end
      order by r.position), '[]')
    from page r
    left join minute m
      on m.sender_id = r.sender_id and m.began = date_trunc('minute', r.claimed_at));
end $$;
revoke all on function public.wa_list_recipients(uuid, text, integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_recipients(uuid, text, integer, integer)
  to authenticated;

-- Messages claimed for the same number in the same minute, and how many of them have a receipt: if
-- nearly all do and this one has none, Meta probably never had it. Those that Meta refused at once
-- never get one.
create function wa.minute_evidence(p_sender_id uuid, p_minute timestamptz)
returns table (claimed bigint, with_receipt bigint)
language sql stable
set search_path = ''
as $$
  select count(*), count(n.first_receipt_at)
  from public.wa_send_queue n
  where n.claimed_at >= p_minute
    and n.claimed_at < p_minute + interval '1 minute'
    and (n.status in ('sent', 'unknown') or n.first_receipt_at is not null)
    and n.sender_id = p_sender_id;
$$;
grant execute on function wa.minute_evidence(uuid, timestamptz)
  to authenticated;
