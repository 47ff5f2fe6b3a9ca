-- Jobs tell whoever looks on that they changed: Supabase Realtime, Broadcast from the database.
-- Where the schema realtime is absent nothing is told, and screens ask.

-- At most one announcement a second for each job (docs/decisions/0031). Everything else that
-- changes the row costs what the comparison below costs: no function runs, no row is written
-- besides.
create function wa.mark_announcement()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.announced_at := clock_timestamp();
  return new;
end $$;
create trigger mark_announcement before update on public.communications
  for each row when (
    old.announced_at < clock_timestamp() - interval '1 second'
    and (new.status, new.approval, new.canary_state, new.sender_id, new.target_count,
      new.sent_count, new.delivered_count, new.read_count, new.failed_count, new.skipped_count,
      new.unknown_count, new.held_count)
    is distinct from
    (old.status, old.approval, old.canary_state, old.sender_id, old.target_count,
      old.sent_count, old.delivered_count, old.read_count, old.failed_count, old.skipped_count,
      old.unknown_count, old.held_count))
  execute function wa.mark_announcement();

-- An announcement is no reason not to send: whatever fails here, and whoever holds realtime's table
-- for longer, costs the announcement alone.
create function wa.announce_job()
returns trigger
language plpgsql
set search_path = ''
set lock_timeout = '100ms'
as $$
begin
  if to_regprocedure('realtime.send(jsonb, text, text, boolean)') is not null then
    perform realtime.send(
      wa.job_in_short(new), 'job_changed', 'messaging:' || new.campaign_id, true);
  end if;
  return null;
exception when others then
  raise warning 'job % was not announced: %', new.job_id, sqlerrm;
  return null;
end $$;
create trigger announce after update on public.communications
  for each row when (new.announced_at <> old.announced_at)
  execute function wa.announce_job();

-- Realtime keeps it for three days, and the channel is open to every role that may read figures:
-- nothing of a person, and no words.
create function wa.job_in_short(p_job public.communications)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'job_id', p_job.job_id,
    'status', p_job.status,
    'target_count', p_job.target_count,
    'sent_count', p_job.sent_count,
    'delivered_count', p_job.delivered_count,
    'read_count', p_job.read_count,
    'failed_count', p_job.failed_count,
    'skipped_count', p_job.skipped_count,
    'unknown_count', p_job.unknown_count,
    'held_count', p_job.held_count,
    'pending_count', p_job.pending_count);
$$;

-- Who may join a campaign's channel. Realtime asks when they join, by reading a row of the channel
-- in their name. To be called again where Realtime came after this migration. False: it is not
-- there, or its table is not ours to protect.
create function wa.open_channels()
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if to_regclass('realtime.messages') is null then
    return false;
  end if;
  drop policy if exists "members hear of their campaigns' jobs" on realtime.messages;
  create policy "members hear of their campaigns' jobs" on realtime.messages
    for select to authenticated
    using (
      extension = 'broadcast'
      and topic = (select realtime.topic())
      and topic = any (array(select 'messaging:' || c from wa.my_campaigns('read_figures') c)));
  return true;
exception when insufficient_privilege then
  raise warning 'nobody may join the channels of jobs: %', sqlerrm;
  return false;
end $$;

do $$
begin
  perform wa.open_channels();
end $$;
