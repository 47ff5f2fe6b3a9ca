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
  election_kind text check (election_kind in ('federal', 'local')),
  run_by text check (run_by in ('party', 'coalition', 'independent')),
  precandidate boolean not null default false,
  campaign_start date,
  campaign_end date,
  election_date date,
  territory jsonb check (jsonb_typeof(territory) = 'array'),
  zones text[] not null default '{America/Mexico_City}' check (wa.zones_are_known(zones)),
  candidate text,
  office text,
  party_legend text,
  ine_registration text,
  ine_waiver_reason text,
  ine_waived_by text,
  ine_waived_at timestamptz,
  show_ine_registration boolean not null default false,
  accounting_key text check (accounting_key ~ '^[0-9]{1,6}$'),
  rnp text,
  privacy_notice_url text,
  quiet_from time default '20:00',
  quiet_until time default '09:00',
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
  audit_kept interval not null default '5 years' check (audit_kept >= '3 years'),
  people_kept interval not null default '90 days' check (people_kept >= '35 days'),
  version integer not null default 1,
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
comment on column public.wa_campaign_settings.election_kind is
  'Judicial elections are not served: LGIPE arts. 508, 509 and 522.3.';
comment on column public.wa_campaign_settings.run_by is
  'Whose campaign it is. Government bodies are not served: LGIPE art. 209.1.';
comment on column public.wa_campaign_settings.precandidate is
  'The dates are those of a precampaign, and each message says so: LGIPE arts. 211.3, 227.3.';
comment on column public.wa_campaign_settings.territory is
  '[{state, municipalities}] in the words of wa.zones_of_states; null: the zones were typed in.';
comment on column public.wa_campaign_settings.zones is
  'IANA zones of the territory; the strictest of them decides.';
comment on column public.wa_campaign_settings.ine_waiver_reason is
  'Why there is no ine_registration; ine_waived_by: who said so (as wa_audit_log.actor).';
comment on column public.wa_campaign_settings.show_ine_registration is
  'Whether each message names ine_registration; no article was found that wants it.';
comment on column public.wa_campaign_settings.accounting_key is
  'Clave de contabilidad of INE''s SIF, as the vendor''s invoice names it.';
comment on column public.wa_campaign_settings.rnp is
  'The vendor''s number in INE''s Registro Nacional de Proveedores.';
comment on column public.wa_campaign_settings.version is
  'One more with each change: who saves what another has changed meanwhile is told.';
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
comment on column public.wa_campaign_settings.audit_kept is
  'How long the audit log is kept after the election: LGPP art. 61.1.e asks parties for five years '
  'of accounts; infractions prescribe in three (LGIPE art. 464.2).';
comment on column public.wa_campaign_settings.people_kept is
  'How long after job and campaign names and numbers stay in the job''s rows: Meta reports for 30 '
  'days what became of a message.';
comment on column public.wa_campaign_settings.quiet_from is
  'No message leaves from this local time to quiet_until; both null = no quiet hours.';
comment on column public.wa_campaign_settings.spending_cap_usd is
  'The most that its jobs may cost at Meta, sent and still to be sent. Has no default: whoever '
  'sets a campaign up says a figure.';
comment on column public.wa_campaign_settings.price_per_message_usd is
  'For the spending cap. Default: Meta''s marketing rate for Mexico from 2026-10-01; check your '
  'own rate card.';

create function wa.stamp_settings()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' then
    new.version := old.version + 1;
    new.updated_at := now();
  end if;
  if tg_op = 'INSERT' or new.ine_waiver_reason is distinct from old.ine_waiver_reason then
    new.ine_waived_by := case when new.ine_waiver_reason is not null then wa.who() end;
    new.ine_waived_at := case when new.ine_waiver_reason is not null then now() end;
  end if;
  return new;
end $$;
create trigger stamp before insert or update on public.wa_campaign_settings
  for each row execute function wa.stamp_settings();

alter table public.wa_campaign_settings enable row level security;
revoke all on public.wa_campaign_settings from public, anon, authenticated, service_role;
grant select on public.wa_campaign_settings to authenticated;
create policy "members read their campaigns' settings" on public.wa_campaign_settings
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_figures'))));
