-- What happens to a message's row, and to the day's contact, in more than one place.

create function wa.skip(p_message_id uuid, p_reason text)
returns void
language sql
set search_path = ''
as $$
  update public.wa_send_queue q
  set status = 'skipped',
    skip_reason = p_reason,
    erased_at = coalesce(q.erased_at, case when p_reason = 'erased' then now() end)
  where q.id = p_message_id;
$$;

-- The message stays queued but has no task any more; the sweep gives it one when it is due and
-- nothing holds it back.
create function wa.defer(p_message_id uuid, p_not_before timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_send_queue q
  set status = 'queued',
    enqueued_at = null,
    leased_until = null,
    task_generation = q.task_generation + 1,
    scheduled_at = greatest(q.scheduled_at, p_not_before)
  where q.id = p_message_id;
$$;

-- Once per voter and campaign in 24 h, decided by one upsert: of two claims for one phone the
-- second finds the first one's row. A message that comes back after a retry may find its own.
create function wa.take_contact(p_campaign_id uuid, p_phone text, p_message_id uuid)
returns boolean
language sql
set search_path = ''
as $$
  with taken as (
    insert into public.wa_recent_contacts as r (campaign_id, phone, contacted_at, message_id)
    values (p_campaign_id, p_phone, now(), p_message_id)
    on conflict (campaign_id, phone)
    do update set contacted_at = excluded.contacted_at,
      message_id = excluded.message_id
    where r.contacted_at <= now() - interval '24 hours' or r.message_id = excluded.message_id
    returning 1)
  select exists (select from taken);
$$;

create function wa.free_contact(p_message_id uuid)
returns void
language sql
set search_path = ''
as $$
  delete from public.wa_recent_contacts r where r.message_id = p_message_id;
$$;
