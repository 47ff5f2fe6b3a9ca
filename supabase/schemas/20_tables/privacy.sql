-- What makes people forgettable: a salt for each person's hashes, and what stays of those who asked
-- to be erased. Why: docs/decisions/0023. Readable by their owner alone.

create table wa.person_salts (
  id bigint generated always as identity primary key,
  campaign_id uuid not null,
  person text not null,
  salt bytea not null
);
comment on table wa.person_salts is
  'Random salt of each person''s hashes in the audit log: once it is destroyed, nobody can tell '
  'whose they are. Two that were made at once both count; the older is used.';
comment on column wa.person_salts.person is 'wa.keyed_hash of the phone.';
create index person_salts_person on wa.person_salts (campaign_id, person, id);
revoke all on wa.person_salts from public, anon, authenticated, service_role;

create table wa.suppression_keys (
  id uuid primary key default gen_random_uuid(),
  scope uuid not null,
  key bytea not null default uuid_send(gen_random_uuid())
    || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
  made_at timestamptz not null default clock_timestamp()
);
comment on table wa.suppression_keys is
  'Random keys of wa.suppressions. New hashes are made with the newest of their scope; the older '
  'ones stay as long as hashes of theirs do.';
comment on column wa.suppression_keys.scope is
  'A campaign that somebody asked to erase them, or a sender to which such a person had said BAJA.';
create index suppression_keys_scope on wa.suppression_keys (scope);
revoke all on wa.suppression_keys from public, anon, authenticated, service_role;

create table wa.suppressions (
  key_id uuid not null references wa.suppression_keys (id),
  hash bytea not null,
  since timestamptz not null default now(),
  primary key (key_id, hash)
);
comment on table wa.suppressions is
  'Who may never be written to again, as keyed hashes of their names: phones, ids of voters and '
  'of the messages they were sent.';
revoke all on wa.suppressions from public, anon, authenticated, service_role;

-- One person as a campaign knows them, for the functions that look for everything of theirs.
-- phones: E.164, also former and later ones that they told a number of the campaign. user_ids: what
-- Meta calls them. messages: their rows in wa_send_queue, with those that never got a phone.
create type wa.person as (
  campaign_id uuid,
  voter_id uuid,
  phones text[],
  user_ids text[],
  messages uuid[]);
