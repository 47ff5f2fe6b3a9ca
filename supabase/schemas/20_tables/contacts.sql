-- Who was written to lately: by campaign, for the cap of one message in 24 hours; by portfolio, for
-- Meta's daily limit.

create table public.wa_recent_contacts (
  campaign_id uuid not null,
  phone text not null,
  contacted_at timestamptz not null,
  message_id uuid not null,
  primary key (campaign_id, phone)
) with (fillfactor = 80);
comment on table public.wa_recent_contacts is
  'Last message to a voter by campaign: the cap of one per 24 hours.';
create index wa_recent_contacts_message on public.wa_recent_contacts (message_id);
create index wa_recent_contacts_old on public.wa_recent_contacts (contacted_at);

create table public.wa_portfolio_contacts (
  portfolio_id text not null,
  phone text not null,
  campaign_id uuid not null references public.campaigns (id),
  contacted_at timestamptz not null,
  primary key (portfolio_id, phone)
) with (fillfactor = 80);
comment on table public.wa_portfolio_contacts is
  'Last claim for each phone by portfolio: who counts against the daily limit. A refused message '
  'counts too.';
create index wa_portfolio_contacts_recent
  on public.wa_portfolio_contacts (portfolio_id, contacted_at);
create index wa_portfolio_contacts_campaign on public.wa_portfolio_contacts (campaign_id);

alter table public.wa_recent_contacts enable row level security;
revoke all on public.wa_recent_contacts from public, anon, authenticated, service_role;
grant select on public.wa_recent_contacts to authenticated;
create policy "members read their campaigns' recent contacts" on public.wa_recent_contacts
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_people'))));

alter table public.wa_portfolio_contacts enable row level security;
revoke all on public.wa_portfolio_contacts from public, anon, authenticated, service_role;
