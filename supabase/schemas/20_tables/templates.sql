-- Message templates, as the product specifies the table (its columns first), then what Meta says of
-- them, then how a template that was made here came about. The life of a change: 45_templates/.

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
  buttons jsonb not null default '[]' check (jsonb_typeof(buttons) = 'array'),
  sample_values jsonb not null default '{}' check (jsonb_typeof(sample_values) = 'object'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  header_text text,
  header_media jsonb check (jsonb_typeof(header_media) = 'object'),
  parameter_format text not null default 'positional'
    check (parameter_format in ('positional', 'named')),
  rejected_reason text,
  status_changed_at timestamptz not null default 'epoch',
  quality text check (quality in ('GREEN', 'YELLOW', 'RED', 'UNKNOWN')),
  archived_from text,
  health jsonb,
  name text check (name ~ '^[a-z0-9_]+$' and length(name) <= 499),
  version integer not null default 1,
  content_at timestamptz not null default 'epoch',
  unsupported text[] not null default '{}',
  change text check (change in ('create', 'edit', 'delete')),
  change_draft jsonb,
  change_claim uuid,
  change_claimed_at timestamptz,
  change_claims uuid[] not null default '{}',
  edited_at timestamptz[] not null default '{}',
  first_approved_at timestamptz,
  deleted_at timestamptz,
  created_by uuid,
  check ((change_draft is not null) = (change is not distinct from 'edit')),
  check (deleted_at is null or change is null)
);
comment on table public.wa_templates is 'Message templates registered with Meta, per campaign.';
comment on column public.wa_templates.archived_from is
  'Status before the archive, to which Meta''s UNARCHIVED brings it back; null = not known, the '
  'hourly sync asks.';
comment on column public.wa_templates.name is
  'The campaign''s own name for it, which Meta knows with wa.template_prefix; null = registered by '
  'an operator, who made it at Meta.';
comment on column public.wa_templates.version is
  'Grows whenever what Meta shows of it changes; every one is in wa_template_versions.';
comment on column public.wa_templates.content_at is
  'When Meta told, or took, what it shows of it: an older word changes nothing.';
comment on column public.wa_templates.unsupported is
  'Parts that Meta shows of it and that no job can fill in, in Meta''s words: CAROUSEL …';
comment on column public.wa_templates.change is
  'What Meta does not know yet, or what we do not know yet of Meta''s answer; null = nothing.';
comment on column public.wa_templates.change_draft is
  'Of an edit: what the template becomes when Meta takes it, and from_status, what it was before.';
comment on column public.wa_templates.change_claim is
  'Who tells Meta now: wa_claim_change.';
comment on column public.wa_templates.change_claims is
  'Everybody who was to tell Meta of this change: any of them may have.';
comment on column public.wa_templates.edited_at is
  'When Meta took edits of it while it was approved, of the last 30 days.';
comment on column public.wa_templates.deleted_at is
  'The row stays for its jobs, hidden; the name of one that was ever approved is Meta''s for 30 '
  'days.';
comment on column public.wa_templates.health is
  'Meta''s last word on whether it can be sent: {state, detail, at}; asked when a job is created.';
comment on column public.wa_templates.header_media is
  'Header parameter as Meta takes it, e.g. {"id": "<media id>"}.';

create unique index wa_templates_name on public.wa_templates (campaign_id, name)
  where deleted_at is null;
create unique index wa_templates_at_meta
  on public.wa_templates (campaign_id, meta_template_name, language)
  where deleted_at is null;

alter table public.wa_templates enable row level security;
revoke all on public.wa_templates from public, anon, authenticated, service_role;
grant select on public.wa_templates to authenticated;
create policy "members read their campaigns' templates" on public.wa_templates
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_figures'))));

create table public.wa_template_versions (
  template_id uuid not null references public.wa_templates (id),
  campaign_id uuid not null references public.campaigns (id),
  version integer not null,
  content jsonb not null,
  since timestamptz not null default now(),
  primary key (template_id, version)
);
comment on table public.wa_template_versions is
  'What each version of a template shows: a job belongs to the one that it was created with.';
comment on column public.wa_template_versions.content is
  'As wa.content_of gives it: texts trimmed, without payloads, examples and media.';

alter table public.wa_template_versions enable row level security;
revoke all on public.wa_template_versions from public, anon, authenticated, service_role;
grant select on public.wa_template_versions to authenticated;
create policy "members read their campaigns' template versions" on public.wa_template_versions
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_figures'))));
