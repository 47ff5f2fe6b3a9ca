-- Jobs, as the product specifies the table (its columns first), then what sending safely adds.

create table public.communications (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  job_id uuid not null unique default gen_random_uuid(),
  template_id uuid not null references public.wa_templates (id),
  channel text not null default 'whatsapp' check (channel = 'whatsapp'),
  target_count integer not null default 0,
  sent_count integer not null default 0,
  delivered_count integer not null default 0,
  read_count integer not null default 0,
  failed_count integer not null default 0,
  status text not null default 'processing' check (status in (
    'processing', -- -> paused, cancelled, completed, partial, failed
    'paused',     -- -> processing (resumed), cancelled, completed, partial, failed
    'cancelled',  -- final
    'completed',  -- every eligible message was accepted;
                  -- -> partial, failed, processing (a late receipt)
    'partial',    -- ended, but some messages failed, were skipped on the way or are unknown;
                  -- -> completed (a receipt), processing (a late refusal)
    'failed'      -- ended and nothing was sent;
                  -- -> partial, completed (a receipt), processing (a late refusal)
  )),
  started_at timestamptz not null default now(),
  completed_at timestamptz,
  created_by uuid not null,
  metadata jsonb not null default '{}',
  sender_id uuid not null references public.wa_senders (id),
  former_sender_ids uuid[] not null default '{}',
  idempotency_key text not null check (length(idempotency_key) between 1 and 255),
  scheduled_at timestamptz not null default now(),
  skipped_count integer not null default 0,
  unknown_count integer not null default 0,
  pending_count integer generated always as (
    target_count - sent_count - failed_count - skipped_count - unknown_count) stored,
  held_count integer not null default 0,
  refusals_in_a_row integer not null default 0,
  failed_receipts_in_a_row integer not null default 0,
  failed_leases integer not null default 0,
  lease_after timestamptz not null default 'epoch',
  canary_until integer,
  canary_state text check (canary_state in (
    'running', -- -> passed, failed (sweep)
    'passed',  -- the rest follows
    'failed'   -- the job is paused; -> passed (resumed by its user)
  )),
  excluded_count integer not null default 0,
  skipped_by_reason jsonb not null default '{}',
  is_test boolean not null default false,
  status_reason text,
  paused_by text check (paused_by in (
    'user',
    'template',    -- Meta stopped it; ends when Meta approves it again
    'parameters',  -- one message after another was refused, or failed, for what is in it
    'unexplained', -- the same with a code that says nothing
    'outage',      -- one message after another was accepted and then failed, at Meta's fault
    'canary',
    'template_changed', -- its template is another one now; ends when it is again what it was
    'approval'     -- its content needs a second person; ends when one approves it
  )),
  approval text check (approval in (
    'waiting', -- -> given; until then it cannot be 'processing', whoever resumes it
    'given'
  )),
  template_version integer not null,
  people_forgotten_at timestamptz,
  announced_at timestamptz not null default 'epoch',
  unique (campaign_id, idempotency_key),
  check (status <> 'processing' or approval is distinct from 'waiting')
) with (fillfactor = 50); -- counters change with every message
comment on table public.communications is
  'One row per job: what was asked, how far it is. Counters follow wa_send_queue by trigger.';
comment on column public.communications.target_count is
  'Every voter the filters selected = queued + sending + sent + failed + skipped + unknown.';
comment on column public.communications.pending_count is
  'Queued and sending: what the other counts leave of the target.';
comment on column public.communications.sent_count is
  'Accepted by Meta and not failed since; includes delivered and read.';
comment on column public.communications.held_count is
  'Of the sent: accepted, but held back by Meta for a quality assessment.';
comment on column public.communications.refusals_in_a_row is
  'Messages in a row that were refused for their parameters, or with a code that explains '
  'nothing; five pause the job.';
comment on column public.communications.failed_receipts_in_a_row is
  'The same for messages that Meta accepted first, counted since the last receipt of one that '
  'went well.';
comment on column public.communications.failed_leases is
  'Rounds in a row in which rows were leased and got no task.';
comment on column public.communications.lease_after is
  'After such rounds: when the sweep announces the job''s shards again.';
comment on column public.communications.canary_until is
  'Last position of the canary: until it has passed, no row behind it gets a task.';
comment on column public.communications.paused_by is
  'What paused the job; a pause for its template ends when Meta approves the template again.';
comment on column public.communications.approval is
  'Null: nobody needs to approve it. Another person than its creator has to, or has.';
comment on column public.communications.template_version is
  'The template''s version that the job was created with, and no other''s.';
comment on column public.communications.people_forgotten_at is
  'When the last of its rows lost the person''s name and number (wa.forget_people).';
comment on column public.communications.announced_at is
  'When whoever looks on was last told that the job changed (80_realtime.sql).';
comment on column public.communications.former_sender_ids is
  'Numbers that the job was moved away from: who was written to from them may still answer there.';
comment on column public.communications.is_test is
  'To one of the campaign''s test numbers: outside of its lists and figures.';
comment on column public.communications.excluded_count is
  'Recipients already skipped when the job was created.';
create index communications_by_campaign
  on public.communications (campaign_id, started_at desc, job_id desc);
create index communications_sender on public.communications (sender_id, campaign_id);
create index communications_open on public.communications (sender_id)
  where status in ('processing', 'paused');

alter table public.communications enable row level security;
revoke all on public.communications from public, anon, authenticated, service_role;
grant select on public.communications to authenticated;
create policy "members read their campaigns' jobs" on public.communications
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_figures'))));
