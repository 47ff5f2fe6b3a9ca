-- Files that were given to Meta, for the headers of templates.

create table public.wa_media (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  sender_id uuid not null references public.wa_senders (id),
  kind text not null check (kind in ('IMAGE', 'VIDEO', 'DOCUMENT')),
  mime_type text not null check (length(mime_type) between 1 and 200),
  bytes integer not null check (bytes between 1 and 104857600),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  filename text check (length(filename) between 1 and 240),
  meta_media_id text check (meta_media_id ~ '^[0-9]{1,40}$'),
  meta_handle text check (length(meta_handle) between 1 and 4096),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz
);
comment on table public.wa_media is 'Files uploaded to Meta. Their bytes are kept nowhere here.';
comment on column public.wa_media.meta_media_id is
  'What a message carries; null = its upload has not ended, or never will.';
comment on column public.wa_media.meta_handle is
  'What a template''s sample carries, when Meta is asked to approve it.';
comment on column public.wa_media.expires_at is
  'When Meta forgets the media id: 30 days after the upload.';
create index wa_media_at_meta on public.wa_media (campaign_id, meta_media_id);

alter table public.wa_media enable row level security;
revoke all on public.wa_media from public, anon, authenticated, service_role;
grant select on public.wa_media to authenticated;
create policy "members read their campaigns' media" on public.wa_media
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_figures'))));
