-- What members are told about the number they write from.

-- The number from which a campaign writes, as its members may know it: null if it has none.
create function public.wa_get_sender(p_campaign_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  return (
    select jsonb_build_object(
      'display_phone_number', s.display_phone_number,
      'state', s.state,
      'notice', wa.notice(s),
      'quality', s.quality,
      'throughput', s.throughput,
      'messaging_limit', s.messaging_limit,
      'messaging_limit_known', s.messaging_limit_known)
    from public.wa_campaign_settings c
    join public.wa_senders s on s.id = c.sender_id
    where c.campaign_id = p_campaign_id);
end $$;
comment on function public.wa_get_sender(uuid) is
  'What members may know of the number their campaign writes from; its row, with operators'' '
  'notes, is not theirs.';
revoke all on function public.wa_get_sender(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_get_sender(uuid)
  to authenticated;

-- What members are told of a number that does not work. Why it is paused, and why an operator
-- blocked it, is the operator's own note: others that share the number would read it too. What
-- Meta's answers and events brought about is told in our own words.
create function wa.notice(p_sender public.wa_senders)
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(
    (
      select c.value ->> 'reason'
      from jsonb_each(p_sender.blocked_by) c
      where c.key <> 'operator'
      order by (c.value ->> 'since')::timestamptz desc
      limit 1),
    case p_sender.state
      when 'paused'
        then 'El número está en pausa; los mensajes salen cuando soporte lo reanude.'
      when 'blocked'
        then 'El número está detenido; los mensajes salen cuando vuelva a funcionar.' end);
$$;
