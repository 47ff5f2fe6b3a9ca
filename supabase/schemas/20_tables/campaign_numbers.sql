-- Which campaign is bound by what people say to which number.

-- Filled by a trigger wherever a campaign or a job of its comes to a number; a row stays when they
-- leave it.
create table public.wa_campaign_numbers (
  campaign_id uuid not null references public.campaigns (id),
  sender_id uuid not null references public.wa_senders (id),
  since timestamptz not null default now(),
  primary key (campaign_id, sender_id)
);
comment on table public.wa_campaign_numbers is
  'The numbers from which a campaign writes or ever wrote: what was said to them binds it.';
comment on column public.wa_campaign_numbers.since is
  'When the campaign came to the number: an ALTA said there before was not said to it.';
create index wa_campaign_numbers_sender on public.wa_campaign_numbers (sender_id, campaign_id);

create function wa.note_campaign_number()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  insert into public.wa_campaign_numbers (campaign_id, sender_id)
  select new.campaign_id, new.sender_id
  where new.sender_id is not null
  on conflict do nothing;
  return null;
end $$;
create trigger note_campaign_number
  after insert or update of sender_id on public.wa_campaign_settings
  for each row execute function wa.note_campaign_number();

create trigger note_campaign_number
  after insert or update of sender_id on public.communications
  for each row execute function wa.note_campaign_number();

alter table public.wa_campaign_numbers enable row level security;
revoke all on public.wa_campaign_numbers from public, anon, authenticated, service_role;
