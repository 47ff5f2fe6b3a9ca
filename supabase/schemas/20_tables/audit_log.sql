-- Who did what to a job, a rule or a voter's word. docs/decisions/0017 says why entries are sealed
-- later.

create table public.wa_audit_log (
  id bigint generated always as identity primary key,
  campaign_id uuid not null references public.campaigns (id),
  at timestamptz not null,
  actor text not null,
  act text not null,
  job_id uuid,
  details jsonb not null,
  seq bigint check (seq > 0),
  prev_hash bytea,
  hash bytea,
  unique (campaign_id, seq),
  check (num_nulls(seq, prev_hash, hash) in (0, 3))
);
comment on table public.wa_audit_log is
  'Append-only. Sealed by the sweep: numbered and hash-chained per campaign.';
comment on column public.wa_audit_log.actor is
  'Id of the signed-in user, else the role in the caller''s token (the machine), else the '
  'database login (an operator).';
comment on column public.wa_audit_log.details is
  'No personal data in the clear: phones as hashes with a salt of the person (wa.person_hash).';
comment on column public.wa_audit_log.seq is
  'Place in its campaign''s chain, from 1 without gaps; null until the sweep has sealed the entry.';
create index wa_audit_log_unsealed on public.wa_audit_log (campaign_id, id) where seq is null;

create table wa.audit_heads (
  campaign_id uuid primary key,
  seq bigint not null,
  hash bytea not null,
  sealed_at timestamptz not null
);
comment on table wa.audit_heads is
  'The newest sealed entry of each campaign, which the sweep reports to a log outside.';
revoke all on wa.audit_heads from public, anon, authenticated, service_role;

create table wa.audit_days (
  campaign_id uuid not null,
  day date not null,
  seq bigint not null,
  hash bytea not null,
  primary key (campaign_id, day)
);
comment on table wa.audit_days is 'The last sealed entry of each day (UTC) in each campaign.';
revoke all on wa.audit_days from public, anon, authenticated, service_role;

create table wa.audit_roots (
  campaign_id uuid primary key,
  seq bigint not null,
  hash bytea not null,
  forgotten_at timestamptz not null
);
comment on table wa.audit_roots is
  'Where the chain begins whose first entries were kept long enough: the last one that is gone.';
revoke all on wa.audit_roots from public, anon, authenticated, service_role;

create table wa.audited_messages (
  job_id uuid not null,
  position integer not null,
  decided text not null,
  primary key (job_id, position)
);
comment on table wa.audited_messages is
  'What the newest entry says of each message (wa.audit_decisions). Apart from wa_send_queue, so '
  'that no claim and no receipt waits for the log, or finds its row longer.';
revoke all on wa.audited_messages from public, anon, authenticated, service_role;

create table wa.audited_jobs (
  job_id uuid primary key,
  seen text not null,
  seen_at timestamptz not null
);
comment on table wa.audited_jobs is 'How far each job''s messages are in the log.';
comment on column wa.audited_jobs.seen is
  'xmin of the job''s row: its counters move with every decision, so the same one means none.';
revoke all on wa.audited_jobs from public, anon, authenticated, service_role;

create table wa.audit_facts (
  campaign_id uuid not null,
  hash text not null,
  facts text not null,
  used_at timestamptz not null,
  primary key (campaign_id, hash)
);
comment on table wa.audit_facts is
  'What many messages have in common, as it was: wa.message_facts. Their entries name the hash.';
revoke all on wa.audit_facts from public, anon, authenticated, service_role;

create table wa.audit_keys (
  campaign_id uuid primary key,
  key bytea not null
);
comment on table wa.audit_keys is
  'Random key of each campaign''s keyed hashes. Readable by its owner alone; without it the '
  'hashes in the log mean nothing.';
revoke all on wa.audit_keys from public, anon, authenticated, service_role;

alter table public.wa_audit_log enable row level security;
revoke all on public.wa_audit_log from public, anon, authenticated, service_role;
grant select on public.wa_audit_log to authenticated;
create policy "members read their campaigns' audit log" on public.wa_audit_log
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('administer'))));
-- An identity column moves its sequence without anybody's right to it.
revoke all on sequence public.wa_audit_log_id_seq from public, anon, authenticated, service_role;
