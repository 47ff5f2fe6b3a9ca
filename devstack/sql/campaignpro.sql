-- CampaignPro's own tables, reduced to what the bridge reads. In production they exist already, with more
-- columns; the bridge reads them through the functions of its first migration only, and refers to campaigns (id).

create table public.campaigns (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  created_at timestamptz not null default now()
);

create table public.campaign_members (
  campaign_id uuid not null references public.campaigns (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null default 'promoter',
  primary key (campaign_id, user_id)
);
create index campaign_members_user_id on public.campaign_members (user_id);

create table public.voters (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id) on delete cascade,
  full_name text,
  phone text,
  section text,
  sentiment text,
  tags text[] not null default '{}',
  created_at timestamptz not null default now()
);
create index voters_campaign_id on public.voters (campaign_id);

alter table public.campaigns enable row level security;
alter table public.campaign_members enable row level security;
alter table public.voters enable row level security;

create policy "members see their own memberships" on public.campaign_members
  for select to authenticated using (user_id = (select auth.uid()));
create policy "members see their campaigns" on public.campaigns
  for select to authenticated using (id in (select campaign_id from public.campaign_members));
create policy "members see their campaigns' voters" on public.voters
  for select to authenticated using (campaign_id in (select campaign_id from public.campaign_members));
