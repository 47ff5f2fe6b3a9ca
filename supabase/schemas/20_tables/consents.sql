-- Who agreed to be written to, by which list we learned it, and who took it back.

create table public.wa_consent_imports (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  last_row integer not null default 1,
  rows integer not null default 0,
  imported integer not null default 0,
  already_known integer not null default 0,
  refused integer not null default 0,
  errors jsonb not null default '[]',
  created_by uuid not null,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  unique (campaign_id, sha256)
);
comment on table public.wa_consent_imports is
  'A file of consents: how far it is written, and what became of its rows.';
comment on column public.wa_consent_imports.last_row is
  'The last row of the file that is written; the header is row 1.';
comment on column public.wa_consent_imports.errors is
  'The first thousand: [{row, code, detail, field}], never what stands in the row.';
comment on column public.wa_consent_imports.finished_at is
  'null: whoever brought the file did not come to its end; the same file goes on from last_row.';

create table public.wa_consents (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  phone text check (phone ~ '^\+[1-9][0-9]{6,14}$' and phone !~ '^\+521[0-9]{10}$'),
  obtained_at timestamptz,
  source text check (length(source) between 1 and 200),
  notice_version text check (length(notice_version) between 1 and 100),
  revoked_at timestamptz,
  evidence text check (length(evidence) between 1 and 500),
  import_id uuid references public.wa_consent_imports (id),
  recorded_at timestamptz not null default now(),
  erased_at timestamptz,
  person_hash text,
  check ((phone is null) = (erased_at is not null)),
  check (
    num_nulls(obtained_at, source) = 0 or revoked_at is not null or erased_at is not null)
);
comment on table public.wa_consents is
  'Evidence that a voter agreed to be written to (LFPDPPP arts. 7 and 8), and took it back.';
comment on column public.wa_consents.obtained_at is
  'null: somebody took back what we have no record of.';
comment on column public.wa_consents.notice_version is
  'The privacy notice that the voter had been shown (LFPDPPP arts. 15 to 17).';
comment on column public.wa_consents.evidence is
  'Where the proof is: a folio, a link, a recording.';
comment on column public.wa_consents.erased_at is
  'When the person asked to be erased: the proof stays, blocked, under their hash.';
comment on column public.wa_consents.person_hash is
  'Of an erased person''s phone, as in wa.suppressions: who knows the phone can prove the consent.';
-- The revoked ones too: none of them comes back with a list of its time.
create index wa_consents_phone on public.wa_consents (campaign_id, phone);

alter table public.wa_consent_imports enable row level security;
revoke all on public.wa_consent_imports from public, anon, authenticated, service_role;

alter table public.wa_consents enable row level security;
revoke all on public.wa_consents from public, anon, authenticated, service_role;
grant select on public.wa_consents to authenticated;
create policy "members read their campaigns' consents" on public.wa_consents
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_people'))));
