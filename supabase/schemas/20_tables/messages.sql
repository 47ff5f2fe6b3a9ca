-- One row for each recipient of a job, as the product specifies the table (its columns first), then
-- what sending safely adds. What status may follow which: docs/glossary.md.

create table public.wa_send_queue (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null,
  job_id uuid not null references public.communications (job_id),
  template_id uuid not null,
  recipient_phone text check (recipient_phone ~ '^\+52[2-9][0-9]{9}$'),
  recipient_voter_id uuid not null,
  template_params jsonb not null default '{}',
  status text not null default 'queued' check (status in (
    'queued',  -- waits for its task or its turn
    'sending', -- claimed: a call to Meta is being made
    'sent',    -- accepted by Meta
    'failed',  -- refused, or reported as failed
    'skipped', -- never given to Meta, with skip_reason
    'unknown'  -- Meta's answer was lost
  )),
  meta_message_id text,
  error_message text,
  scheduled_at timestamptz not null default now(),
  sent_at timestamptz,
  created_at timestamptz not null default now(),
  position integer not null,
  skip_reason text check (skip_reason in (
    'missing_number', 'invalid_number', 'foreign_number', 'duplicate_number', 'missing_field',
    'opted_out', 'no_consent', 'contacted_recently', 'voter_deleted', 'number_changed',
    'veda', 'outside_campaign', 'dates_missing', 'expired', 'cancelled', 'erased'
  )),
  error_code integer,
  attempts integer not null default 0,
  task_generation integer not null default 0,
  leased_until timestamptz,
  enqueued_at timestamptz,
  claimed_at timestamptz,
  claim_id uuid,
  held_at timestamptz,
  first_receipt_at timestamptz,
  retries integer not null default 0,
  resends integer not null default 0,
  sender_id uuid,
  meta_user_id text,
  delivered_at timestamptz,
  read_at timestamptz,
  erased_at timestamptz,
  check ((status = 'skipped') = (skip_reason is not null)),
  check (recipient_phone is not null or status = 'skipped' or erased_at is not null)
) with (fillfactor = 70);
comment on table public.wa_send_queue is
  'One row per recipient of a job; the message''s whole life.';
comment on column public.wa_send_queue.recipient_phone is
  'E.164; null when the voter has no usable number of their own in this job (skip_reason says '
  'why).';
comment on column public.wa_send_queue.erased_at is
  'When what names the person was taken out: they asked for it, or its time was over.';
comment on column public.wa_send_queue.scheduled_at is
  'Not before this time: the job''s schedule, later the next attempt.';
comment on column public.wa_send_queue.position is 'Row number inside the job, from 1.';
comment on column public.wa_send_queue.task_generation is
  'Part of the Cloud Task''s name; a new task for the same message needs a new name.';
comment on column public.wa_send_queue.leased_until is
  'A fan-out is creating this row''s task until then.';
comment on column public.wa_send_queue.enqueued_at is
  'When the row''s task was created; null = it has none.';
comment on column public.wa_send_queue.meta_user_id is
  'Meta''s business-scoped id of the recipient, from receipts: who hides the number behind a '
  'username replies under it.';
comment on column public.wa_send_queue.sender_id is
  'The number of its last claim; its job may have been moved to another one since.';
comment on column public.wa_send_queue.claim_id is
  'Chosen by the claimant, who may ask again with it when the answer was lost.';
comment on column public.wa_send_queue.held_at is
  'Accepted, but held back by Meta for a quality assessment; may still fail.';
comment on column public.wa_send_queue.first_receipt_at is
  'When the first receipt of any kind was applied: evidence about its neighbours.';
comment on column public.wa_send_queue.retries is
  'How often Meta refused it for a passing reason of its own; throttled and blocked attempts do '
  'not count.';
comment on column public.wa_send_queue.resends is
  'How often it went back to the queue after it may have left: an unknown message, by a person''s '
  'decision or after silence, or one that throttling kept at Meta.';
comment on column public.wa_send_queue.attempts is
  'Claims so far; whoever records one must name it.';
create index wa_send_queue_due on public.wa_send_queue (job_id, position)
  where status = 'queued' and enqueued_at is null;
create index wa_send_queue_enqueued on public.wa_send_queue (job_id, enqueued_at)
  where status = 'queued' and enqueued_at is not null;
create index wa_send_queue_claimed on public.wa_send_queue (claimed_at) where status = 'sending';
-- For the neighbours of an unknown message: cheap to keep, and rows are claimed roughly in the
-- order they lie.
create index wa_send_queue_claimed_at on public.wa_send_queue using brin (claimed_at)
  with (pages_per_range = 16, autosummarize = on);
create index wa_send_queue_problems on public.wa_send_queue (job_id, status, position)
  where status in ('failed', 'skipped', 'unknown');
create index wa_send_queue_meta_user on public.wa_send_queue (meta_user_id)
  where meta_user_id is not null;
create index wa_send_queue_meta_message on public.wa_send_queue (meta_message_id)
  where meta_message_id is not null;
create unique index wa_send_queue_phone on public.wa_send_queue (job_id, recipient_phone);
create unique index wa_send_queue_position on public.wa_send_queue (job_id, position);

-- Whatever comes later, a repeated receipt or the answer to a call that was under way, brings
-- nothing back. Meta's message ids hold the phone.
create function wa.keep_erased()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.recipient_phone := null;
  new.template_params := '{}';
  new.meta_message_id := null;
  new.meta_user_id := null;
  new.error_message := null;
  return new;
end $$;
create trigger keep_erased before insert or update on public.wa_send_queue
  for each row when (new.erased_at is not null) execute function wa.keep_erased();

alter table public.wa_send_queue enable row level security;
revoke all on public.wa_send_queue from public, anon, authenticated, service_role;
grant select on public.wa_send_queue to authenticated;
create policy "members read their campaigns' messages" on public.wa_send_queue
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_people'))));
