-- The bridge's tables: the three of the product's specification (wa_templates, wa_send_queue,
-- communications) with their columns first, then what sending safely adds.

-- Rejects a zone that Postgres does not know now, rather than at the hour when it matters; and one that it knows but reads
-- otherwise than people do: in POSIX notation and in Etc/GMT±n the sign is inverted ('UTC-6' lies six hours east of
-- Greenwich). What is left are the names of places, as the IANA database has them.
create function wa.zones_are_known(p_zones text[])
returns boolean
language plpgsql immutable
set search_path = ''
as $$
declare
  zone text;
begin
  foreach zone in array p_zones loop
    if zone is null or zone !~ '^(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)(/[A-Z][A-Za-z_-]+){1,2}$' then
      return false;
    end if;
    perform timestamptz '2027-01-01 00:00+00' at time zone zone;
  end loop;
  return cardinality(p_zones) > 0;
exception when invalid_parameter_value then
  return false;
end $$;

create table public.wa_senders (
  id uuid primary key default gen_random_uuid(),
  -- These become parts of addresses at Meta and at Cloud Tasks: nothing in them may lead elsewhere.
  phone_number_id text not null unique check (phone_number_id ~ '^[0-9]{5,20}$'),
  waba_id text not null check (waba_id ~ '^[0-9]{5,20}$'),
  portfolio_id text not null check (portfolio_id ~ '^[0-9]{5,20}$'),
  display_phone_number text,
  queue_name text not null check (queue_name ~ '^[A-Za-z0-9-]{1,100}$'),
  rate_per_second numeric not null default 70 check (rate_per_second between 0.1 and 1000),
  daily_limit integer check (daily_limit > 0),
  state text not null default 'ok' check (state in (
    'ok',      -- -> paused (operator), blocked (Meta's answer or event)
    'paused',  -- -> ok (operator)
    'blocked'  -- -> ok (operator, Meta's event or status, or a probe that Meta accepted)
  )),
  blocked_by jsonb not null default '{}',
  state_reason text,
  state_changed_at timestamptz not null default now(),
  blocked_until timestamptz,
  account_words jsonb not null default '{}',
  cooldown_seconds integer not null default 0,
  credential text not null default 'default',
  next_slot_at timestamptz not null default now(),
  backoff_seconds numeric not null default 0,
  outage_answers integer not null default 0,
  throttled_until timestamptz not null default 'epoch',
  created_at timestamptz not null default now(),
  meta_status text,
  quality text check (quality in ('GREEN', 'YELLOW', 'RED', 'UNKNOWN')),
  throughput text,
  messaging_limit integer check (messaging_limit > 0),
  health_checked_at timestamptz,
  messaging_limit_known boolean not null default false,
  messaging_limit_at timestamptz,
  check ((state = 'blocked') = (blocked_by <> '{}'))
) with (fillfactor = 50); -- next_slot_at changes with every message: leave room on the page
comment on table public.wa_senders is 'A WhatsApp phone number, its pace and its health.';
comment on column public.wa_senders.phone_number_id is 'Meta''s id of the number; not the number itself.';
comment on column public.wa_senders.waba_id is 'Meta''s id of the WhatsApp Business Account that the number belongs to.';
comment on column public.wa_senders.queue_name is 'The Cloud Tasks queue by its short name: project and location are settings of fan_out (TASKS_LOCATION).';
comment on column public.wa_senders.portfolio_id is 'Meta business portfolio: numbers of one portfolio share the daily limit.';
comment on column public.wa_senders.daily_limit is 'The operator''s own limit of unique recipients per moving 24 h; null = as many as Meta allows.';
comment on column public.wa_senders.messaging_limit is 'Meta''s limit of unique recipients per moving 24 h, shared by the portfolio; null = unlimited, if messaging_limit_known.';
comment on column public.wa_senders.messaging_limit_known is 'Meta has told the limit; until it has for one number of a portfolio, Meta''s smallest counts (250).';
comment on column public.wa_senders.messaging_limit_at is 'When Meta told it, by an event or an answer: an older word changes nothing.';
comment on column public.wa_senders.meta_status is 'The number''s status at Meta, in Meta''s words: CONNECTED, FLAGGED, BANNED …';
comment on column public.wa_senders.throughput is 'Meta''s level: STANDARD (80 messages per second) or HIGH (1,000). rate_per_second does not follow by itself.';
comment on column public.wa_senders.health_checked_at is 'When the hourly sync asked Meta for the five columns that only it writes; null = never.';
comment on column public.wa_senders.next_slot_at is 'When the next message may leave (virtual scheduling).';
comment on column public.wa_senders.blocked_until is 'While blocked: when one message may try whether Meta takes it again; null = only an operator or Meta''s event unblocks.';
comment on column public.wa_senders.blocked_by is 'While blocked: {cause: {since, reason, until}}. Causes: operator, answer, credentials, outage, status, or the word of Meta''s account event; what ends one leaves the others.';
comment on column public.wa_senders.account_words is 'Meta''s last word on each subject of its account events: {word: {at, blocked, until}}; an older one, or the same again, changes nothing.';
comment on column public.wa_senders.cooldown_seconds is 'Length of the last block; the next one lasts twice as long.';
comment on column public.wa_senders.credential is 'Name of the access token; what is wrong with a token stops all its senders.';
comment on column public.wa_senders.backoff_seconds is 'Length of the last pause after a throttling answer; 0 = none since.';
comment on column public.wa_senders.outage_answers is 'Answers in a row that say, or look like, Meta being out of order, lost ones among them; ten hold the number.';
comment on column public.wa_senders.throttled_until is 'End of that pause: until then no new slot is handed out.';

create table public.wa_campaign_settings (
  campaign_id uuid primary key references public.campaigns (id),
  sender_id uuid references public.wa_senders (id),
  display_name text not null,
  campaign_start date,
  campaign_end date,
  election_date date,
  zones text[] not null default '{America/Mexico_City}' check (wa.zones_are_known(zones)),
  candidate text,
  office text,
  party_legend text,
  ine_registration text,
  privacy_notice_url text,
  quiet_from time,
  quiet_until time,
  consent_required boolean not null default true,
  spending_cap_usd numeric not null check (spending_cap_usd >= 0 and spending_cap_usd < 'Infinity'),
  price_per_message_usd numeric not null default 0.0397 check (price_per_message_usd >= 0),
  unknown_after interval not null default '15 minutes',
  canary_wait interval not null default '10 minutes',
  canary_max_failed numeric not null default 0.2 check (canary_max_failed between 0 and 1),
  canary_max_opted_out numeric not null default 0.05 check (canary_max_opted_out between 0 and 1),
  resend_after_silence boolean not null default false,
  resend_after interval not null default '1 hour' check (resend_after >= '15 minutes'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (campaign_start <= campaign_end),
  check ((quiet_from is null) = (quiet_until is null))
);
comment on table public.wa_campaign_settings is 'What a campaign may send, when, from which number and in whose name.';
comment on column public.wa_campaign_settings.campaign_start is 'First day of campaign, typed in from the official INE or OPLE calendar.';
comment on column public.wa_campaign_settings.campaign_end is 'Last day of campaign, inclusive.';
comment on column public.wa_campaign_settings.zones is 'IANA zones of the territory; the strictest of them decides.';
comment on column public.wa_campaign_settings.unknown_after is 'Age at which an unknown message is listed for a person to decide.';
comment on column public.wa_campaign_settings.canary_wait is 'Longest wait for the receipts of a canary.';
comment on column public.wa_campaign_settings.canary_max_failed is 'Share of a canary that may fail; canary_max_opted_out: that may ask for BAJA.';
comment on column public.wa_campaign_settings.resend_after_silence is 'Send an unknown message once more after resend_after, if nearly all its neighbours have receipts and it has none.';
comment on column public.wa_campaign_settings.quiet_from is 'No message leaves from this local time to quiet_until; both null = no quiet hours.';
comment on column public.wa_campaign_settings.spending_cap_usd is 'The most that its jobs may cost at Meta, sent and still to be sent. Has no default: whoever sets a campaign up says a figure.';
comment on column public.wa_campaign_settings.price_per_message_usd is 'For the spending cap. Default: Meta''s marketing rate for Mexico from 2026-10-01; check your own rate card.';

create table public.wa_templates (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  meta_template_name text not null check (meta_template_name ~ '^[a-z0-9_]+$' and length(meta_template_name) <= 512),
  meta_template_id text,
  language text not null default 'es_MX',
  category text not null check (category in ('MARKETING', 'UTILITY', 'AUTHENTICATION')),
  status text not null default 'pending' check (status in (
    'pending',  -- -> approved, rejected
    'approved', -- -> paused, disabled, archived; the only status that sends
    'rejected', -- -> pending (edited)
    'paused',   -- -> approved, disabled
    'disabled', -- final
    'archived'  -- -> what it was before (archived_from)
  )),
  header_format text check (header_format in ('TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION')),
  body_text text not null,
  footer_text text,
  buttons jsonb not null default '[]',
  sample_values jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  header_text text,
  header_media jsonb,
  parameter_format text not null default 'positional' check (parameter_format in ('positional', 'named')),
  rejected_reason text,
  status_changed_at timestamptz not null default 'epoch',
  quality text check (quality in ('GREEN', 'YELLOW', 'RED', 'UNKNOWN')),
  archived_from text,
  unique (campaign_id, meta_template_name, language)
);
comment on table public.wa_templates is 'Message templates registered with Meta, per campaign.';
comment on column public.wa_templates.archived_from is 'Status before the archive, to which Meta''s UNARCHIVED brings it back; null = not known, the hourly sync asks.';
comment on column public.wa_templates.header_media is 'Header parameter as Meta takes it, e.g. {"id": "<media id>"}.';

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
    'completed',  -- every eligible message was accepted; -> partial, failed (a late receipt)
    'partial',    -- ended, but some messages failed, were skipped on the way or are unknown; -> completed (a receipt), processing (a late refusal)
    'failed'      -- ended and nothing was sent; -> partial, completed (a receipt), processing (a late refusal)
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
  pending_count integer generated always as (target_count - sent_count - failed_count - skipped_count - unknown_count) stored,
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
  status_reason text,
  paused_by text check (paused_by in (
    'user',
    'template',    -- Meta stopped it; ends when Meta approves it again
    'parameters',  -- one message after another was refused, or failed, for what is in it
    'unexplained', -- the same with a code that says nothing
    'outage',      -- one message after another was accepted and then failed, at Meta's fault
    'canary'
  )),
  unique (campaign_id, idempotency_key)
) with (fillfactor = 50); -- counters change with every message
create index communications_by_campaign on public.communications (campaign_id, started_at desc, job_id desc);
create index communications_sender on public.communications (sender_id, campaign_id);
create index communications_open on public.communications (sender_id) where status in ('processing', 'paused');
comment on table public.communications is 'One row per job: what was asked, how far it is. Counters follow wa_send_queue by trigger.';
comment on column public.communications.target_count is 'Every voter the filters selected = queued + sending + sent + failed + skipped + unknown.';
comment on column public.communications.pending_count is 'Queued and sending: what the other counts leave of the target.';
comment on column public.communications.sent_count is 'Accepted by Meta and not failed since; includes delivered and read.';
comment on column public.communications.held_count is 'Of the sent: accepted, but held back by Meta for a quality assessment.';
comment on column public.communications.refusals_in_a_row is 'Messages in a row that were refused for their parameters, or with a code that explains nothing; five pause the job.';
comment on column public.communications.failed_receipts_in_a_row is 'The same for messages that Meta accepted first, counted since the last receipt of one that went well.';
comment on column public.communications.failed_leases is 'Rounds in a row in which rows were leased and got no task.';
comment on column public.communications.lease_after is 'After such rounds: when the sweep announces the job''s shards again.';
comment on column public.communications.canary_until is 'Last position of the canary: until it has passed, no row behind it gets a task.';
comment on column public.communications.paused_by is 'What paused the job; a pause for its template ends when Meta approves the template again.';
comment on column public.communications.former_sender_ids is 'Numbers that the job was moved away from: who was written to from them may still answer there.';
comment on column public.communications.excluded_count is 'Recipients already skipped when the job was created.';

-- Filled by a trigger wherever a campaign or a job of its comes to a number; a row stays when they leave it.
create table public.wa_campaign_numbers (
  campaign_id uuid not null references public.campaigns (id),
  sender_id uuid not null references public.wa_senders (id),
  since timestamptz not null default now(),
  primary key (campaign_id, sender_id)
);
create index wa_campaign_numbers_sender on public.wa_campaign_numbers (sender_id, campaign_id);
comment on table public.wa_campaign_numbers is 'The numbers from which a campaign writes or ever wrote: what was said to them binds it.';
comment on column public.wa_campaign_numbers.since is 'When the campaign came to the number: an ALTA said there before was not said to it.';

create function wa.note_campaign_number()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  insert into public.wa_campaign_numbers (campaign_id, sender_id)
    select new.campaign_id, new.sender_id where new.sender_id is not null on conflict do nothing;
  return null;
end $$;

create trigger note_campaign_number after insert or update of sender_id on public.wa_campaign_settings
  for each row execute function wa.note_campaign_number();
create trigger note_campaign_number after insert or update of sender_id on public.communications
  for each row execute function wa.note_campaign_number();

create table public.wa_send_queue (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null,
  job_id uuid not null references public.communications (job_id),
  template_id uuid not null,
  recipient_phone text check (recipient_phone ~ '^\+52[2-9][0-9]{9}$'),
  recipient_voter_id uuid not null,
  template_params jsonb not null default '{}',
  status text not null default 'queued' check (status in (
    'queued',  -- -> sending (claim), skipped
    'sending', -- -> sent, failed, unknown, queued (refused for now)
    'sent',    -- accepted by Meta; -> failed (receipt)
    'failed',  -- -> sent (a receipt proves otherwise)
    'skipped', -- never given to Meta, with skip_reason
    'unknown'  -- Meta's answer was lost; -> sent, failed (receipt)
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
    'veda', 'outside_campaign', 'dates_missing', 'expired', 'cancelled'
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
  check ((status = 'skipped') = (skip_reason is not null)),
  check (recipient_phone is not null or status = 'skipped')
) with (fillfactor = 70);
comment on table public.wa_send_queue is 'One row per recipient of a job; the message''s whole life.';
comment on column public.wa_send_queue.recipient_phone is 'E.164; null when the voter has no usable number of their own in this job (skip_reason says why).';
comment on column public.wa_send_queue.scheduled_at is 'Not before this time: the job''s schedule, later the next attempt.';
comment on column public.wa_send_queue.position is 'Row number inside the job, from 1.';
comment on column public.wa_send_queue.task_generation is 'Part of the Cloud Task''s name; a new task for the same message needs a new name.';
comment on column public.wa_send_queue.leased_until is 'A fan-out is creating this row''s task until then.';
comment on column public.wa_send_queue.enqueued_at is 'When the row''s task was created; null = it has none.';
comment on column public.wa_send_queue.meta_user_id is 'Meta''s business-scoped id of the recipient, from receipts: who hides the number behind a username replies under it.';
comment on column public.wa_send_queue.sender_id is 'The number of its last claim; its job may have been moved to another one since.';
comment on column public.wa_send_queue.claim_id is 'Chosen by the claimant, who may ask again with it when the answer was lost.';
comment on column public.wa_send_queue.held_at is 'Accepted, but held back by Meta for a quality assessment; may still fail.';
comment on column public.wa_send_queue.first_receipt_at is 'When the first receipt of any kind was applied: evidence about its neighbours.';
comment on column public.wa_send_queue.retries is 'How often Meta refused it for a passing reason of its own; throttled and blocked attempts do not count.';
comment on column public.wa_send_queue.resends is 'How often an unknown message was sent again, by a person''s decision or after silence.';
comment on column public.wa_send_queue.attempts is 'Claims so far; an outcome must name the attempt it belongs to.';

create unique index wa_send_queue_phone on public.wa_send_queue (job_id, recipient_phone);
create unique index wa_send_queue_position on public.wa_send_queue (job_id, position);
create index wa_send_queue_due on public.wa_send_queue (job_id, position)
  where status = 'queued' and enqueued_at is null;
create index wa_send_queue_enqueued on public.wa_send_queue (job_id, enqueued_at)
  where status = 'queued' and enqueued_at is not null;
create index wa_send_queue_claimed on public.wa_send_queue (claimed_at) where status = 'sending';
-- For the neighbours of an unknown message: cheap to keep, and rows are claimed roughly in the order they lie.
create index wa_send_queue_claimed_at on public.wa_send_queue using brin (claimed_at) with (pages_per_range = 16, autosummarize = on);
create index wa_send_queue_problems on public.wa_send_queue (job_id, status, position)
  where status in ('failed', 'skipped', 'unknown');
create index wa_send_queue_meta_user on public.wa_send_queue (meta_user_id) where meta_user_id is not null;
create index wa_send_queue_meta_message on public.wa_send_queue (meta_message_id)
  where meta_message_id is not null;

create table public.wa_recent_contacts (
  campaign_id uuid not null,
  phone text not null,
  contacted_at timestamptz not null,
  message_id uuid not null,
  primary key (campaign_id, phone)
) with (fillfactor = 80);
create index wa_recent_contacts_message on public.wa_recent_contacts (message_id);
create index wa_recent_contacts_old on public.wa_recent_contacts (contacted_at);
comment on table public.wa_recent_contacts is 'Last message to a voter by campaign: the cap of one per 24 hours.';

-- In both: E.164, and Mexican numbers without the 1 that WhatsApp puts behind 52, as the queue knows them.
create table public.wa_opt_outs (
  sender_id uuid not null references public.wa_senders (id),
  phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$' and phone !~ '^\+521[0-9]{10}$'),
  opted_out boolean not null,
  source text not null check (source in ('reply', 'user_preferences', 'meta_error', 'operator')),
  changed_at timestamptz not null,
  primary key (sender_id, phone)
);
comment on table public.wa_opt_outs is 'BAJA and ALTA: the latest word that each person said to each number, by the time they said it. It binds every campaign of the number (wa.silent_people).';

create table public.wa_unresolved_opt_outs (
  sender_id uuid not null references public.wa_senders (id),
  user_id text,
  context_message_id text,
  opted_out boolean not null,
  source text not null,
  said_at timestamptz not null,
  unique nulls not distinct (user_id, context_message_id, sender_id, said_at, opted_out),
  check (num_nonnulls(user_id, context_message_id) > 0)
);
comment on table public.wa_unresolved_opt_outs is 'BAJA and ALTA of people who hide their number, until a receipt tells whose business-scoped id it is or which message they answered.';

create table public.wa_same_person (
  sender_id uuid not null references public.wa_senders (id),
  former text not null,
  present text not null,
  noted_at timestamptz not null default now(),
  primary key (sender_id, former, present),
  check (former <> present)
);
create index wa_same_person_present on public.wa_same_person (present);
comment on table public.wa_same_person is 'Two names of one person, each a phone (E.164) or one of Meta''s user ids, as events to that number tell: a BAJA under the first holds for the second. Consent does not follow.';

create table public.wa_consents (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$' and phone !~ '^\+521[0-9]{10}$'),
  obtained_at timestamptz not null,
  source text not null,
  notice_version text,
  revoked_at timestamptz
);
create index wa_consents_phone on public.wa_consents (campaign_id, phone) where revoked_at is null;
comment on table public.wa_consents is 'Evidence that a voter agreed to be written to (LFPDPPP arts. 7 and 8).';
