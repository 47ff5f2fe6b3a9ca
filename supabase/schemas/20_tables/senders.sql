-- The numbers that messages leave from. No member reads them (wa_get_sender).

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
    'blocked'  -- -> ok (operator, what ends its last cause, or a probe that Meta accepted)
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
  standing_checked_at timestamptz,
  messaging_limit_known boolean not null default false,
  messaging_limit_at timestamptz,
  health jsonb not null default '{}',
  check ((state = 'blocked') = (blocked_by <> '{}'))
) with (fillfactor = 50); -- next_slot_at changes with every message: leave room on the page
comment on table public.wa_senders is 'A WhatsApp phone number, its pace and its standing.';
comment on column public.wa_senders.phone_number_id is
  'Meta''s id of the number; not the number itself.';
comment on column public.wa_senders.waba_id is
  'Meta''s id of the WhatsApp Business Account that the number belongs to.';
comment on column public.wa_senders.queue_name is
  'The Cloud Tasks queue by its short name: project and location are settings of fan_out '
  '(TASKS_LOCATION).';
comment on column public.wa_senders.portfolio_id is
  'Meta business portfolio: numbers of one portfolio share the daily limit.';
comment on column public.wa_senders.daily_limit is
  'The operator''s own limit of unique recipients per moving 24 h; null = as many as Meta allows.';
comment on column public.wa_senders.messaging_limit is
  'Meta''s limit of unique recipients per moving 24 h, shared by the portfolio; null = '
  'unlimited, if messaging_limit_known.';
comment on column public.wa_senders.messaging_limit_known is
  'Meta has told the limit; until it has for one number of a portfolio, Meta''s smallest counts '
  '(250).';
comment on column public.wa_senders.messaging_limit_at is
  'When Meta told it, by an event or an answer: an older word changes nothing.';
comment on column public.wa_senders.health is
  'Meta''s last word on whether number and account can send: {sender, account: {state, detail, '
  'at}}; asked when a job is created.';
comment on column public.wa_senders.meta_status is
  'The number''s status at Meta, in Meta''s words: CONNECTED, FLAGGED, BANNED …';
comment on column public.wa_senders.throughput is
  'Meta''s level: STANDARD (80 messages per second) or HIGH (1,000). rate_per_second does not '
  'follow by itself.';
comment on column public.wa_senders.standing_checked_at is
  'When the hourly sync last asked Meta for the number''s standing; null = never.';
comment on column public.wa_senders.next_slot_at is
  'When the next message may leave (virtual scheduling).';
comment on column public.wa_senders.blocked_until is
  'While blocked: when one message may try whether Meta takes it again; null = only an operator '
  'or Meta''s event unblocks.';
comment on column public.wa_senders.blocked_by is
  'While blocked: {cause: {since, reason, until}}. Causes: operator, answer, credentials, '
  'outage, status, or the word of Meta''s account event; what ends one leaves the others.';
comment on column public.wa_senders.account_words is
  'Meta''s last word on each subject of its account events: {word: {at, blocked, until}}; an '
  'older one, or the same again, changes nothing.';
comment on column public.wa_senders.cooldown_seconds is
  'Length of the last block; the next one lasts twice as long.';
comment on column public.wa_senders.credential is
  'Name of the access token; what is wrong with a token stops all its senders.';
comment on column public.wa_senders.backoff_seconds is
  'Length of the last pause after a throttling answer; 0 = none since.';
comment on column public.wa_senders.outage_answers is
  'Answers in a row that say, or look like, Meta being out of order, lost ones among them; ten '
  'block the number.';
comment on column public.wa_senders.throttled_until is
  'End of that pause: until then no new slot is handed out.';

alter table public.wa_senders enable row level security;
revoke all on public.wa_senders from public, anon, authenticated, service_role;
