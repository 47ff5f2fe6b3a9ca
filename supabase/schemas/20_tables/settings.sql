-- What each campaign may send, when, from which number and in whose name.

-- Rejects a zone that Postgres does not know now, rather than at the hour when it matters; and one
-- that it knows but reads otherwise than people do: in POSIX notation and in Etc/GMT±n the sign is
-- inverted ('UTC-6' lies six hours east of Greenwich). What is left are the names of places, as the
-- IANA database has them.
create function wa.zones_are_known(p_zones text[])
returns boolean
language plpgsql immutable
set search_path = ''
as $$
declare
  zone text;
begin
  foreach zone in array p_zones loop
    if zone is null
      or zone !~ '^(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)'
        '(/[A-Z][A-Za-z_-]+){1,2}$'
    then
      return false;
    end if;
    perform timestamptz '2027-01-01 00:00+00' at time zone zone;
  end loop;
  return cardinality(p_zones) > 0;
exception when invalid_parameter_value then
  return false;
end $$;

create table public.wa_campaign_settings (
  campaign_id uuid primary key references public.campaigns (id),
  sender_id uuid references public.wa_senders (id),
  display_name text not null,
  campaign_start date,
  campaign_end date,
  election_date date,
  zones text[] not null default '{America/Mexico_City}' check (wa.zones_are_known(zones)),
  candidate text,
  office text,
  party_legend text,
  ine_registration text,
  privacy_notice_url text,
  quiet_from time,
  quiet_until time,
  consent_required boolean not null default true,
  spending_cap_usd numeric not null check (spending_cap_usd >= 0 and spending_cap_usd < 'Infinity'),
  price_per_message_usd numeric not null default 0.0397 check (price_per_message_usd >= 0),
  unknown_after interval not null default '15 minutes',
  canary_wait interval not null default '10 minutes',
  canary_max_failed numeric not null default 0.2 check (canary_max_failed between 0 and 1),
  canary_max_opted_out numeric not null default 0.05 check (canary_max_opted_out between 0 and 1),
  resend_after_silence boolean not null default false,
  resend_after interval not null default '1 hour' check (resend_after >= '15 minutes'),
  health_lasts interval not null default '10 minutes' check (health_lasts > '0'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (campaign_start <= campaign_end),
  check ((quiet_from is null) = (quiet_until is null))
);
comment on table public.wa_campaign_settings is
  'What a campaign may send, when, from which number and in whose name.';
comment on column public.wa_campaign_settings.campaign_start is
  'First day of campaign, typed in from the official INE or OPLE calendar.';
comment on column public.wa_campaign_settings.campaign_end is 'Last day of campaign, inclusive.';
comment on column public.wa_campaign_settings.zones is
  'IANA zones of the territory; the strictest of them decides.';
comment on column public.wa_campaign_settings.unknown_after is
  'Age at which an unknown message is listed for a person to decide.';
comment on column public.wa_campaign_settings.canary_wait is
  'Longest wait for the receipts of a canary.';
comment on column public.wa_campaign_settings.canary_max_failed is
  'Share of a canary that may fail; canary_max_opted_out: that may ask for BAJA.';
comment on column public.wa_campaign_settings.resend_after_silence is
  'Send an unknown message once more after resend_after, if nearly all its neighbours have '
  'receipts and it has none.';
comment on column public.wa_campaign_settings.health_lasts is
  'How long Meta''s word on whether number and template can send counts for new jobs.';
comment on column public.wa_campaign_settings.quiet_from is
  'No message leaves from this local time to quiet_until; both null = no quiet hours.';
comment on column public.wa_campaign_settings.spending_cap_usd is
  'The most that its jobs may cost at Meta, sent and still to be sent. Has no default: whoever '
  'sets a campaign up says a figure.';
comment on column public.wa_campaign_settings.price_per_message_usd is
  'For the spending cap. Default: Meta''s marketing rate for Mexico from 2026-10-01; check your '
  'own rate card.';

alter table public.wa_campaign_settings enable row level security;
revoke all on public.wa_campaign_settings from public, anon, authenticated, service_role;
grant select on public.wa_campaign_settings to authenticated;
create policy "members read their campaigns' settings" on public.wa_campaign_settings
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_figures'))));
