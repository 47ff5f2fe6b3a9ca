-- Who agreed to be written to.

create table public.wa_consents (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$' and phone !~ '^\+521[0-9]{10}$'),
  obtained_at timestamptz not null,
  source text not null,
  notice_version text,
  revoked_at timestamptz
);
comment on table public.wa_consents is
  'Evidence that a voter agreed to be written to (LFPDPPP arts. 7 and 8).';
create index wa_consents_phone on public.wa_consents (campaign_id, phone) where revoked_at is null;

alter table public.wa_consents enable row level security;
revoke all on public.wa_consents from public, anon, authenticated, service_role;
grant select on public.wa_consents to authenticated;
create policy "members read their campaigns' consents" on public.wa_consents
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_people'))));
