-- The early answer of the app's door (supabase/functions/messaging): in the veda a POST /send goes
-- no further. It saves a way and changes nothing: wa.require_sendable asks again when the job is
-- created, and that answer holds.

create function public.wa_refuse_veda(
  p_campaign_id uuid,
  p_scheduled_at timestamptz default null,
  p_idempotency_key text default null)
returns void
language plpgsql stable security definer -- members may not run the rules about windows
set search_path = ''
as $$
declare
  leaves_at timestamptz := greatest(p_scheduled_at, now());
begin
  perform wa.require_may(p_campaign_id, 'send');
  if wa.window_problem(p_campaign_id, leaves_at) = 'veda'
    -- A job that was created before the veda began: whoever asks again gets its answer.
    and not exists (
      select 1
      from public.communications c
      where c.campaign_id = p_campaign_id and c.idempotency_key = p_idempotency_key) then
    perform wa.require_open_window(p_campaign_id, leaves_at);
  end if;
end $$;
comment on function public.wa_refuse_veda(uuid, timestamptz, text) is
  'Refuses what would leave in the veda, and nothing else; what has its job already is not.';
revoke all on function public.wa_refuse_veda(uuid, timestamptz, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_refuse_veda(uuid, timestamptz, text)
  to authenticated;
