-- Message templates, as the product specifies the table (its columns first), then what Meta says of
-- them.

create table public.wa_templates (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  meta_template_name text not null
    check (meta_template_name ~ '^[a-z0-9_]+$' and length(meta_template_name) <= 512),
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
  parameter_format text not null default 'positional'
    check (parameter_format in ('positional', 'named')),
  rejected_reason text,
  status_changed_at timestamptz not null default 'epoch',
  quality text check (quality in ('GREEN', 'YELLOW', 'RED', 'UNKNOWN')),
  archived_from text,
  unique (campaign_id, meta_template_name, language)
);
comment on table public.wa_templates is 'Message templates registered with Meta, per campaign.';
comment on column public.wa_templates.archived_from is
  'Status before the archive, to which Meta''s UNARCHIVED brings it back; null = not known, the '
  'hourly sync asks.';
comment on column public.wa_templates.header_media is
  'Header parameter as Meta takes it, e.g. {"id": "<media id>"}.';

alter table public.wa_templates enable row level security;
revoke all on public.wa_templates from public, anon, authenticated, service_role;
grant select on public.wa_templates to authenticated;
create policy "members read their campaigns' templates" on public.wa_templates
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_figures'))));
