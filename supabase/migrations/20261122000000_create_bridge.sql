-- Made of supabase/schemas by `make migration`: change those, not this. Until the first release it
-- is made anew; from then on `supabase db diff -f <what>` adds a migration for each change.

-- A function may name one that comes further down.
set check_function_bodies = off;

-- 00_privileges.sql

-- The bridge's private schema, and a database role for each function in the cloud that calls as
-- itself (docs/decisions/0016). What each may run is granted beside the function; none reads or
-- writes a table.

create schema wa;
comment on schema wa is 'Internals of the WhatsApp bridge. Not exposed by PostgREST.';
revoke all on schema wa from public;
grant usage on schema wa to authenticated;

-- Roles belong to the whole server: another of its databases may have made them, or be making them
-- now. Their attributes are the defaults (no login, no bypassrls …) and stay unsaid: hosted
-- Supabase's postgres is no superuser and may not name all of them. PostgREST takes on the role
-- that a token names, if it was granted to its own role, authenticator.
do $$
declare
  machine record;
begin
  -- The timeout holds where a function has none of its own. It is shorter than the deployable's
  -- patience (shared/config.py), so that nobody repeats a call whose first try still runs.
  for machine in
    select *
    from (values
      ('wa_fan_out', '8s'),
      ('wa_dispatch', '8s'),
      ('wa_apply_events', '8s'),
      ('wa_send', '2s'),
      ('wa_templates', '8s'),
      ('wa_sync', '8s'),
      ('wa_sweep', '50s')) m (name, timeout)
  loop
    begin
      if to_regrole(machine.name) is null then
        execute format('create role %I nologin noinherit', machine.name);
        execute format('grant %I to authenticator', machine.name);
        execute format('alter role %I set statement_timeout = %L', machine.name, machine.timeout);
      end if;
    exception when duplicate_object or unique_violation then
      -- Made by the other database, with all that belongs to it, while we waited for its commit.
      null;
    end;
  end loop;
end $$;

grant usage on schema public to wa_fan_out, wa_dispatch, wa_apply_events, wa_send, wa_templates,
  wa_sync, wa_sweep;
-- PostgREST reads the settings of roles when it starts, and now.
notify pgrst, 'reload config';

-- 10_campaignpro.sql

-- Everything that knows CampaignPro's own tables and roles: an adopter whose tables look different
-- rewrites these functions. Besides, our tables refer to public.campaigns.

-- What each role may do. read_figures: counts of jobs, templates, settings. read_people: who is in
-- a job, consents, opt-outs. send: preview, send, pause, resume, cancel, move. approve: decide
-- about unknown messages. administer: write the settings, read the audit log. A role that is not
-- listed may do nothing.
create function wa.actions_of_role(p_role text)
returns text[]
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when p_role in ('owner', 'admin') then
      '{read_figures,read_people,send,approve,administer}'::text[]
    when p_role = 'promoter' then '{read_figures,read_people,send}'
    when p_role = 'viewer' then '{read_figures}'
    else '{}'
  end;
$$;
comment on function wa.actions_of_role(text) is
  'Adopters: adapt to your roles; the names of the actions stay.';

-- The one question that every function and policy asks.
-- Security definer, like the next one: membership must be readable inside row level security
-- policies without evaluating the policies of campaign_members for every row.
create function wa.my_campaigns(p_action text)
returns setof uuid
language sql stable security definer
set search_path = ''
as $$
  select m.campaign_id
  from wa.my_memberships() m
  where p_action = any (wa.actions_of_role(m.role));
$$;
comment on function wa.my_campaigns(text) is
  'Campaigns in which the signed-in user may do this.';
grant execute on function wa.my_campaigns(text)
  to authenticated;

create function wa.my_role(p_campaign_id uuid)
returns text
language sql stable security definer
set search_path = ''
as $$
  select m.role from wa.my_memberships() m where m.campaign_id = p_campaign_id;
$$;
comment on function wa.my_role(uuid) is
  'The signed-in user''s role in a campaign; null: none.';
grant execute on function wa.my_role(uuid)
  to authenticated;

-- Who belongs where, for the two functions above alone.
create function wa.my_memberships()
returns table (campaign_id uuid, role text)
language sql stable
set search_path = ''
as $$
  select m.campaign_id, m.role
  from public.campaign_members m
  where m.user_id = (select auth.uid());
$$;
comment on function wa.my_memberships() is
  'The signed-in user''s campaigns and roles. Adopters: adapt to your membership table.';

-- By what an audience may be selected, besides a list of voter_ids.
create function wa.filter_names()
returns text[]
language sql immutable parallel safe
set search_path = ''
as $$
  select '{sentiment,section,tags}'::text[];
$$;
grant execute on function wa.filter_names()
  to authenticated;

-- The values of one of them that voters have, as far as the caller may see these, and how many have
-- each.
create function wa.filter_value_counts(p_campaign_id uuid, p_name text)
returns table (value text, voters bigint)
language sql stable
set search_path = ''
as $$
  select x.value, count(*)
  from public.voters v, lateral (
    select unnest(case p_name
      when 'sentiment' then array[v.sentiment]
      when 'section' then array[v.section]
      when 'tags' then v.tags
    end) as value) x
  where v.campaign_id = p_campaign_id and x.value is not null
  group by x.value;
$$;
grant execute on function wa.filter_value_counts(uuid, text)
  to authenticated;

create function wa.filter_values(p_campaign_id uuid, p_name text)
returns setof text
language sql stable
set search_path = ''
as $$
  select c.value from wa.filter_value_counts(p_campaign_id, p_name) c;
$$;
grant execute on function wa.filter_values(uuid, text)
  to authenticated;

-- What a person reads for a value.
create function wa.filter_label(p_name text, p_value text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when p_name <> 'sentiment' then p_value
    else coalesce(
      '{"positive": "A favor", "leaning": "Inclinado", "neutral": "Indeciso",
        "undecided": "Indeciso", "negative": "En contra"}'::jsonb ->> p_value, p_value)
  end;
$$;
comment on function wa.filter_label(text, text) is
  'The words for a filter''s value. Adopters: adapt to your values.';
grant execute on function wa.filter_label(text, text)
  to authenticated;

-- Which voters. p_filters: {sentiment[], section[], tags[]} are combined with "and", values within
-- one with "or"; a voter_ids list replaces them all. It runs as the signed-in user: nobody writes
-- to voters whom row level security hides from them.
create function wa.audience(p_campaign_id uuid, p_filters jsonb)
returns setof uuid
language sql stable
set search_path = ''
as $$
  select v.id
  from public.voters v
  where v.campaign_id = p_campaign_id
    and case
      when p_filters ? 'voter_ids' then
        v.id in (select x::uuid from jsonb_array_elements_text(p_filters -> 'voter_ids') x)
      else
        (not p_filters ? 'sentiment'
          or v.sentiment in (select jsonb_array_elements_text(p_filters -> 'sentiment')))
        and (not p_filters ? 'section'
          or v.section in (select jsonb_array_elements_text(p_filters -> 'section')))
        and (not p_filters ? 'tags'
          or v.tags && array(select jsonb_array_elements_text(p_filters -> 'tags')))
    end;
$$;
comment on function wa.audience(uuid, jsonb) is
  'Voters of a campaign that match the filters. Adopters: adapt to your voter table.';
grant execute on function wa.audience(uuid, jsonb)
  to authenticated;

-- What {{voter.<name>}} may name in a message: the members of fields below.
create function wa.voter_fields()
returns text[]
language sql immutable parallel safe
set search_path = ''
as $$
  select '{full_name,first_name,section}'::text[];
$$;

-- What a message needs of its voters. Security definer, like the next one: whoever sends messages
-- needs no right to read voters; whom they may write to has been asked in their name.
create function wa.voters(p_campaign_id uuid, p_voter_ids uuid[])
returns table (voter_id uuid, phone text, fields jsonb)
language sql stable security definer
set search_path = ''
as $$
  select v.id, v.phone, jsonb_build_object(
    'full_name', v.full_name,
    'first_name', substring(
      v.full_name from '[^' || wa.invisible() || '][^' || wa.white_space() || ']*'),
    'section', v.section)
  from public.voters v
  where v.id = any (p_voter_ids) and v.campaign_id = p_campaign_id;
$$;
comment on function wa.voters(uuid, uuid[]) is
  'Numbers and fields of voters. Adopters: adapt to your voter table.';

-- No row: the voter is gone. Asked for each message before it leaves, so it must be quick: by the
-- primary key, and in plpgsql, which keeps the plan.
create function wa.current_phone(p_campaign_id uuid, p_voter_id uuid)
returns table (phone text)
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return query
    select v.phone
    from public.voters v
    where v.id = p_voter_id and v.campaign_id = p_campaign_id;
end $$;
comment on function wa.current_phone(uuid, uuid) is
  'A voter''s number as it is now. Adopters: adapt to your voter table.';

-- 20_tables/senders.sql

-- The numbers that messages leave from. No member reads them (wa_get_sender).

create table public.wa_senders (
  id uuid primary key default gen_random_uuid(),
  -- These become parts of addresses at Meta and at Cloud Tasks: nothing in them may lead elsewhere.
  phone_number_id text not null unique check (phone_number_id ~ '^[0-9]{5,20}$'),
  waba_id text not null check (waba_id ~ '^[0-9]{5,20}$'),
  portfolio_id text not null check (portfolio_id ~ '^[0-9]{5,20}$'),
  display_phone_number text,
  queue_name text not null check (queue_name ~ '^[A-Za-z0-9-]{1,100}$'),
  rate_per_second numeric not null default 70 check (rate_per_second between 0.1 and 1000),
  daily_limit integer check (daily_limit > 0),
  state text not null default 'ok' check (state in (
    'ok',      -- -> paused (operator), blocked (Meta's answer or event)
    'paused',  -- -> ok (operator)
    'blocked'  -- -> ok (operator, what ends its last cause, or a probe that Meta accepted)
  )),
  blocked_by jsonb not null default '{}',
  state_reason text,
  state_changed_at timestamptz not null default now(),
  blocked_until timestamptz,
  account_words jsonb not null default '{}',
  cooldown_seconds integer not null default 0,
  credential text not null default 'default',
  next_slot_at timestamptz not null default now(),
  backoff_seconds numeric not null default 0,
  outage_answers integer not null default 0,
  throttled_until timestamptz not null default 'epoch',
  created_at timestamptz not null default now(),
  meta_status text,
  quality text check (quality in ('GREEN', 'YELLOW', 'RED', 'UNKNOWN')),
  throughput text,
  messaging_limit integer check (messaging_limit > 0),
  standing_checked_at timestamptz,
  messaging_limit_known boolean not null default false,
  messaging_limit_at timestamptz,
  health jsonb not null default '{}',
  check ((state = 'blocked') = (blocked_by <> '{}'))
) with (fillfactor = 50); -- next_slot_at changes with every message: leave room on the page
comment on table public.wa_senders is 'A WhatsApp phone number, its pace and its standing.';
comment on column public.wa_senders.phone_number_id is
  'Meta''s id of the number; not the number itself.';
comment on column public.wa_senders.waba_id is
  'Meta''s id of the WhatsApp Business Account that the number belongs to.';
comment on column public.wa_senders.queue_name is
  'The Cloud Tasks queue by its short name: project and location are settings of fan_out '
  '(TASKS_LOCATION).';
comment on column public.wa_senders.portfolio_id is
  'Meta business portfolio: numbers of one portfolio share the daily limit.';
comment on column public.wa_senders.daily_limit is
  'The operator''s own limit of unique recipients per moving 24 h; null = as many as Meta allows.';
comment on column public.wa_senders.messaging_limit is
  'Meta''s limit of unique recipients per moving 24 h, shared by the portfolio; null = '
  'unlimited, if messaging_limit_known.';
comment on column public.wa_senders.messaging_limit_known is
  'Meta has told the limit; until it has for one number of a portfolio, Meta''s smallest counts '
  '(250).';
comment on column public.wa_senders.messaging_limit_at is
  'When Meta told it, by an event or an answer: an older word changes nothing.';
comment on column public.wa_senders.health is
  'Meta''s last word on whether number and account can send: {sender, account: {state, detail, '
  'at}}; asked when a job is created.';
comment on column public.wa_senders.meta_status is
  'The number''s status at Meta, in Meta''s words: CONNECTED, FLAGGED, BANNED …';
comment on column public.wa_senders.throughput is
  'Meta''s level: STANDARD (80 messages per second) or HIGH (1,000). rate_per_second does not '
  'follow by itself.';
comment on column public.wa_senders.standing_checked_at is
  'When the hourly sync last asked Meta for the number''s standing; null = never.';
comment on column public.wa_senders.next_slot_at is
  'When the next message may leave (virtual scheduling).';
comment on column public.wa_senders.blocked_until is
  'While blocked: when one message may try whether Meta takes it again; null = only an operator '
  'or Meta''s event unblocks.';
comment on column public.wa_senders.blocked_by is
  'While blocked: {cause: {since, reason, until}}. Causes: operator, answer, credentials, '
  'outage, status, or the word of Meta''s account event; what ends one leaves the others.';
comment on column public.wa_senders.account_words is
  'Meta''s last word on each subject of its account events: {word: {at, blocked, until}}; an '
  'older one, or the same again, changes nothing.';
comment on column public.wa_senders.cooldown_seconds is
  'Length of the last block; the next one lasts twice as long.';
comment on column public.wa_senders.credential is
  'Name of the access token; what is wrong with a token stops all its senders.';
comment on column public.wa_senders.backoff_seconds is
  'Length of the last pause after a throttling answer; 0 = none since.';
comment on column public.wa_senders.outage_answers is
  'Answers in a row that say, or look like, Meta being out of order, lost ones among them; ten '
  'block the number.';
comment on column public.wa_senders.throttled_until is
  'End of that pause: until then no new slot is handed out.';

alter table public.wa_senders enable row level security;
revoke all on public.wa_senders from public, anon, authenticated, service_role;

-- 20_tables/settings.sql

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

-- 20_tables/templates.sql

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

-- 20_tables/media.sql

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

-- 20_tables/jobs.sql

-- Jobs, as the product specifies the table (its columns first), then what sending safely adds.

create table public.communications (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  job_id uuid not null unique default gen_random_uuid(),
  template_id uuid not null references public.wa_templates (id),
  channel text not null default 'whatsapp' check (channel = 'whatsapp'),
  target_count integer not null default 0,
  sent_count integer not null default 0,
  delivered_count integer not null default 0,
  read_count integer not null default 0,
  failed_count integer not null default 0,
  status text not null default 'processing' check (status in (
    'processing', -- -> paused, cancelled, completed, partial, failed
    'paused',     -- -> processing (resumed), cancelled, completed, partial, failed
    'cancelled',  -- final
    'completed',  -- every eligible message was accepted;
                  -- -> partial, failed, processing (a late receipt)
    'partial',    -- ended, but some messages failed, were skipped on the way or are unknown;
                  -- -> completed (a receipt), processing (a late refusal)
    'failed'      -- ended and nothing was sent;
                  -- -> partial, completed (a receipt), processing (a late refusal)
  )),
  started_at timestamptz not null default now(),
  completed_at timestamptz,
  created_by uuid not null,
  metadata jsonb not null default '{}',
  sender_id uuid not null references public.wa_senders (id),
  former_sender_ids uuid[] not null default '{}',
  idempotency_key text not null check (length(idempotency_key) between 1 and 255),
  scheduled_at timestamptz not null default now(),
  skipped_count integer not null default 0,
  unknown_count integer not null default 0,
  pending_count integer generated always as (
    target_count - sent_count - failed_count - skipped_count - unknown_count) stored,
  held_count integer not null default 0,
  refusals_in_a_row integer not null default 0,
  failed_receipts_in_a_row integer not null default 0,
  failed_leases integer not null default 0,
  lease_after timestamptz not null default 'epoch',
  canary_until integer,
  canary_state text check (canary_state in (
    'running', -- -> passed, failed (sweep)
    'passed',  -- the rest follows
    'failed'   -- the job is paused; -> passed (resumed by its user)
  )),
  excluded_count integer not null default 0,
  skipped_by_reason jsonb not null default '{}',
  is_test boolean not null default false,
  status_reason text,
  paused_by text check (paused_by in (
    'user',
    'template',    -- Meta stopped it; ends when Meta approves it again
    'parameters',  -- one message after another was refused, or failed, for what is in it
    'unexplained', -- the same with a code that says nothing
    'outage',      -- one message after another was accepted and then failed, at Meta's fault
    'canary',
    'template_changed', -- its template is another one now; ends when it is again what it was
    'approval'     -- its content needs a second person; ends when one approves it
  )),
  approval text check (approval in (
    'waiting', -- -> given; until then it cannot be 'processing', whoever resumes it
    'given'
  )),
  template_version integer not null,
  people_forgotten_at timestamptz,
  announced_at timestamptz not null default 'epoch',
  unique (campaign_id, idempotency_key),
  check (status <> 'processing' or approval is distinct from 'waiting')
) with (fillfactor = 50); -- counters change with every message
comment on table public.communications is
  'One row per job: what was asked, how far it is. Counters follow wa_send_queue by trigger.';
comment on column public.communications.target_count is
  'Every voter the filters selected = queued + sending + sent + failed + skipped + unknown.';
comment on column public.communications.pending_count is
  'Queued and sending: what the other counts leave of the target.';
comment on column public.communications.sent_count is
  'Accepted by Meta and not failed since; includes delivered and read.';
comment on column public.communications.held_count is
  'Of the sent: accepted, but held back by Meta for a quality assessment.';
comment on column public.communications.refusals_in_a_row is
  'Messages in a row that were refused for their parameters, or with a code that explains '
  'nothing; five pause the job.';
comment on column public.communications.failed_receipts_in_a_row is
  'The same for messages that Meta accepted first, counted since the last receipt of one that '
  'went well.';
comment on column public.communications.failed_leases is
  'Rounds in a row in which rows were leased and got no task.';
comment on column public.communications.lease_after is
  'After such rounds: when the sweep announces the job''s shards again.';
comment on column public.communications.canary_until is
  'Last position of the canary: until it has passed, no row behind it gets a task.';
comment on column public.communications.paused_by is
  'What paused the job; a pause for its template ends when Meta approves the template again.';
comment on column public.communications.approval is
  'Null: nobody needs to approve it. Another person than its creator has to, or has.';
comment on column public.communications.template_version is
  'The template''s version that the job was created with, and no other''s.';
comment on column public.communications.people_forgotten_at is
  'When the last of its rows lost the person''s name and number (wa.forget_people).';
comment on column public.communications.announced_at is
  'When whoever looks on was last told that the job changed (80_realtime.sql).';
comment on column public.communications.former_sender_ids is
  'Numbers that the job was moved away from: who was written to from them may still answer there.';
comment on column public.communications.is_test is
  'To one of the campaign''s test numbers: outside of its lists and figures.';
comment on column public.communications.excluded_count is
  'Recipients already skipped when the job was created.';
create index communications_by_campaign
  on public.communications (campaign_id, started_at desc, job_id desc);
create index communications_sender on public.communications (sender_id, campaign_id);
create index communications_open on public.communications (sender_id)
  where status in ('processing', 'paused');

alter table public.communications enable row level security;
revoke all on public.communications from public, anon, authenticated, service_role;
grant select on public.communications to authenticated;
create policy "members read their campaigns' jobs" on public.communications
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_figures'))));

-- 20_tables/messages.sql

-- One row for each recipient of a job, as the product specifies the table (its columns first), then
-- what sending safely adds. What status may follow which: docs/glossary.md.

create table public.wa_send_queue (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null,
  job_id uuid not null references public.communications (job_id),
  template_id uuid not null,
  recipient_phone text check (recipient_phone ~ '^\+52[2-9][0-9]{9}$'),
  recipient_voter_id uuid not null,
  template_params jsonb not null default '{}',
  status text not null default 'queued' check (status in (
    'queued',  -- waits for its task or its turn
    'sending', -- claimed: a call to Meta is being made
    'sent',    -- accepted by Meta
    'failed',  -- refused, or reported as failed
    'skipped', -- never given to Meta, with skip_reason
    'unknown'  -- Meta's answer was lost
  )),
  meta_message_id text,
  error_message text,
  scheduled_at timestamptz not null default now(),
  sent_at timestamptz,
  created_at timestamptz not null default now(),
  position integer not null,
  skip_reason text check (skip_reason in (
    'missing_number', 'invalid_number', 'foreign_number', 'duplicate_number', 'missing_field',
    'opted_out', 'no_consent', 'contacted_recently', 'voter_deleted', 'number_changed',
    'veda', 'outside_campaign', 'dates_missing', 'expired', 'cancelled', 'erased'
  )),
  error_code integer,
  attempts integer not null default 0,
  task_generation integer not null default 0,
  leased_until timestamptz,
  enqueued_at timestamptz,
  claimed_at timestamptz,
  claim_id uuid,
  held_at timestamptz,
  first_receipt_at timestamptz,
  retries integer not null default 0,
  resends integer not null default 0,
  sender_id uuid,
  meta_user_id text,
  delivered_at timestamptz,
  read_at timestamptz,
  erased_at timestamptz,
  check ((status = 'skipped') = (skip_reason is not null)),
  check (recipient_phone is not null or status = 'skipped' or erased_at is not null)
) with (fillfactor = 70);
comment on table public.wa_send_queue is
  'One row per recipient of a job; the message''s whole life.';
comment on column public.wa_send_queue.recipient_phone is
  'E.164; null when the voter has no usable number of their own in this job (skip_reason says '
  'why).';
comment on column public.wa_send_queue.erased_at is
  'When what names the person was taken out: they asked for it, or its time was over.';
comment on column public.wa_send_queue.scheduled_at is
  'Not before this time: the job''s schedule, later the next attempt.';
comment on column public.wa_send_queue.position is 'Row number inside the job, from 1.';
comment on column public.wa_send_queue.task_generation is
  'Part of the Cloud Task''s name; a new task for the same message needs a new name.';
comment on column public.wa_send_queue.leased_until is
  'A fan-out is creating this row''s task until then.';
comment on column public.wa_send_queue.enqueued_at is
  'When the row''s task was created; null = it has none.';
comment on column public.wa_send_queue.meta_user_id is
  'Meta''s business-scoped id of the recipient, from receipts: who hides the number behind a '
  'username replies under it.';
comment on column public.wa_send_queue.sender_id is
  'The number of its last claim; its job may have been moved to another one since.';
comment on column public.wa_send_queue.claim_id is
  'Chosen by the claimant, who may ask again with it when the answer was lost.';
comment on column public.wa_send_queue.held_at is
  'Accepted, but held back by Meta for a quality assessment; may still fail.';
comment on column public.wa_send_queue.first_receipt_at is
  'When the first receipt of any kind was applied: evidence about its neighbours.';
comment on column public.wa_send_queue.retries is
  'How often Meta refused it for a passing reason of its own; throttled and blocked attempts do '
  'not count.';
comment on column public.wa_send_queue.resends is
  'How often it went back to the queue after it may have left: an unknown message, by a person''s '
  'decision or after silence, or one that throttling kept at Meta.';
comment on column public.wa_send_queue.attempts is
  'Claims so far; whoever records one must name it.';
create index wa_send_queue_due on public.wa_send_queue (job_id, position)
  where status = 'queued' and enqueued_at is null;
create index wa_send_queue_enqueued on public.wa_send_queue (job_id, enqueued_at)
  where status = 'queued' and enqueued_at is not null;
create index wa_send_queue_claimed on public.wa_send_queue (claimed_at) where status = 'sending';
-- For the neighbours of an unknown message: cheap to keep, and rows are claimed roughly in the
-- order they lie.
create index wa_send_queue_claimed_at on public.wa_send_queue using brin (claimed_at)
  with (pages_per_range = 16, autosummarize = on);
create index wa_send_queue_problems on public.wa_send_queue (job_id, status, position)
  where status in ('failed', 'skipped', 'unknown');
create index wa_send_queue_meta_user on public.wa_send_queue (meta_user_id)
  where meta_user_id is not null;
create index wa_send_queue_meta_message on public.wa_send_queue (meta_message_id)
  where meta_message_id is not null;
create unique index wa_send_queue_phone on public.wa_send_queue (job_id, recipient_phone);
create unique index wa_send_queue_position on public.wa_send_queue (job_id, position);

-- Whatever comes later, a repeated receipt or the answer to a call that was under way, brings
-- nothing back. Meta's message ids hold the phone.
create function wa.keep_erased()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.recipient_phone := null;
  new.template_params := '{}';
  new.meta_message_id := null;
  new.meta_user_id := null;
  new.error_message := null;
  return new;
end $$;
create trigger keep_erased before insert or update on public.wa_send_queue
  for each row when (new.erased_at is not null) execute function wa.keep_erased();

alter table public.wa_send_queue enable row level security;
revoke all on public.wa_send_queue from public, anon, authenticated, service_role;
grant select on public.wa_send_queue to authenticated;
create policy "members read their campaigns' messages" on public.wa_send_queue
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_people'))));

-- 20_tables/test_numbers.sql

-- The campaign's own people, who may be sent tests.

create table public.wa_test_numbers (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  phone text not null check (phone ~ '^\+52[2-9][0-9]{9}$'),
  label text not null check (length(label) between 1 and 60),
  added_by uuid not null,
  added_at timestamptz not null default now(),
  unique (campaign_id, phone)
);
comment on table public.wa_test_numbers is
  'Numbers of the campaign''s own people, at most ten, to which templates may be sent as a test.';
comment on column public.wa_test_numbers.id is
  'Stands in wa_send_queue.recipient_voter_id of a test.';
comment on column public.wa_test_numbers.label is 'Whose it is, as the campaign calls them.';

alter table public.wa_test_numbers enable row level security;
revoke all on public.wa_test_numbers from public, anon, authenticated, service_role;

-- 20_tables/campaign_numbers.sql

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

-- 20_tables/contacts.sql

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

-- 20_tables/opt_outs.sql

-- Who wants silence, and whose other names are known. No member reads these (wa_list_opt_outs).

-- In both: E.164, and Mexican numbers without the 1 that WhatsApp puts behind 52, as the queue
-- knows them.
create table public.wa_opt_outs (
  sender_id uuid not null references public.wa_senders (id),
  phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$' and phone !~ '^\+521[0-9]{10}$'),
  opted_out boolean not null,
  source text not null check (source in ('reply', 'user_preferences', 'meta_error', 'operator')),
  changed_at timestamptz not null,
  primary key (sender_id, phone)
);
comment on table public.wa_opt_outs is
  'BAJA and ALTA: the latest word that each person said to each number, by the time they said '
  'it. It binds every campaign of the number (wa.silent_people).';

create table public.wa_unresolved_opt_outs (
  sender_id uuid not null references public.wa_senders (id),
  user_id text,
  context_message_id text,
  opted_out boolean not null,
  source text not null,
  said_at timestamptz not null,
  unique nulls not distinct (user_id, context_message_id, sender_id, said_at, opted_out),
  check (num_nonnulls(user_id, context_message_id) > 0)
);
comment on table public.wa_unresolved_opt_outs is
  'BAJA and ALTA of people who hide their number, until a receipt tells whose business-scoped id '
  'it is or which message they answered.';

create table public.wa_same_person (
  sender_id uuid not null references public.wa_senders (id),
  former text not null,
  present text not null,
  noted_at timestamptz not null default now(),
  primary key (sender_id, former, present),
  check (former <> present)
);
comment on table public.wa_same_person is
  'Two names of one person, each a phone (E.164) or one of Meta''s user ids, as events to that '
  'number tell: a BAJA under the first holds for the second. Consent does not follow.';
create index wa_same_person_present on public.wa_same_person (present);

alter table public.wa_opt_outs enable row level security;
revoke all on public.wa_opt_outs from public, anon, authenticated, service_role;

alter table public.wa_unresolved_opt_outs enable row level security;
revoke all on public.wa_unresolved_opt_outs from public, anon, authenticated, service_role;

alter table public.wa_same_person enable row level security;
revoke all on public.wa_same_person from public, anon, authenticated, service_role;

-- 20_tables/consents.sql

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

-- 20_tables/audit_log.sql

-- Who did what to a job, a rule or a voter's word. docs/decisions/0017 says why entries are sealed
-- later.

create table public.wa_audit_log (
  id bigint generated always as identity primary key,
  campaign_id uuid not null references public.campaigns (id),
  at timestamptz not null,
  actor text not null,
  act text not null,
  job_id uuid,
  details jsonb not null,
  seq bigint check (seq > 0),
  prev_hash bytea,
  hash bytea,
  unique (campaign_id, seq),
  check (num_nulls(seq, prev_hash, hash) in (0, 3))
);
comment on table public.wa_audit_log is
  'Append-only. Sealed by the sweep: numbered and hash-chained per campaign.';
comment on column public.wa_audit_log.actor is
  'Id of the signed-in user, else the role in the caller''s token (the machine), else the '
  'database login (an operator).';
comment on column public.wa_audit_log.details is
  'No personal data in the clear: phones as hashes with a salt of the person (wa.person_hash).';
comment on column public.wa_audit_log.seq is
  'Place in its campaign''s chain, from 1 without gaps; null until the sweep has sealed the entry.';
create index wa_audit_log_unsealed on public.wa_audit_log (campaign_id, id) where seq is null;

create table wa.audit_heads (
  campaign_id uuid primary key,
  seq bigint not null,
  hash bytea not null,
  sealed_at timestamptz not null
);
comment on table wa.audit_heads is
  'The newest sealed entry of each campaign, which the sweep reports to a log outside.';
revoke all on wa.audit_heads from public, anon, authenticated, service_role;

create table wa.audit_days (
  campaign_id uuid not null,
  day date not null,
  seq bigint not null,
  hash bytea not null,
  primary key (campaign_id, day)
);
comment on table wa.audit_days is 'The last sealed entry of each day (UTC) in each campaign.';
revoke all on wa.audit_days from public, anon, authenticated, service_role;

create table wa.audit_roots (
  campaign_id uuid primary key,
  seq bigint not null,
  hash bytea not null,
  forgotten_at timestamptz not null
);
comment on table wa.audit_roots is
  'Where the chain begins whose first entries were kept long enough: the last one that is gone.';
revoke all on wa.audit_roots from public, anon, authenticated, service_role;

create table wa.audited_messages (
  job_id uuid not null,
  position integer not null,
  decided text not null,
  primary key (job_id, position)
);
comment on table wa.audited_messages is
  'What the newest entry says of each message (wa.audit_decisions). Apart from wa_send_queue, so '
  'that no claim and no receipt waits for the log, or finds its row longer.';
revoke all on wa.audited_messages from public, anon, authenticated, service_role;

create table wa.audited_jobs (
  job_id uuid primary key,
  seen text not null,
  seen_at timestamptz not null
);
comment on table wa.audited_jobs is 'How far each job''s messages are in the log.';
comment on column wa.audited_jobs.seen is
  'xmin of the job''s row: its counters move with every decision, so the same one means none.';
revoke all on wa.audited_jobs from public, anon, authenticated, service_role;

create table wa.audit_facts (
  campaign_id uuid not null,
  hash text not null,
  facts text not null,
  used_at timestamptz not null,
  primary key (campaign_id, hash)
);
comment on table wa.audit_facts is
  'What many messages have in common, as it was: wa.message_facts. Their entries name the hash.';
revoke all on wa.audit_facts from public, anon, authenticated, service_role;

create table wa.audit_keys (
  campaign_id uuid primary key,
  key bytea not null
);
comment on table wa.audit_keys is
  'Random key of each campaign''s keyed hashes. Readable by its owner alone; without it the '
  'hashes in the log mean nothing.';
revoke all on wa.audit_keys from public, anon, authenticated, service_role;

alter table public.wa_audit_log enable row level security;
revoke all on public.wa_audit_log from public, anon, authenticated, service_role;
grant select on public.wa_audit_log to authenticated;
create policy "members read their campaigns' audit log" on public.wa_audit_log
  for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('administer'))));
-- An identity column moves its sequence without anybody's right to it.
revoke all on sequence public.wa_audit_log_id_seq from public, anon, authenticated, service_role;

-- 20_tables/privacy.sql

-- What makes people forgettable: a salt for each person's hashes, and what stays of those who asked
-- to be erased. Why: docs/decisions/0023. Readable by their owner alone.

create table wa.person_salts (
  id bigint generated always as identity primary key,
  campaign_id uuid not null,
  person text not null,
  salt bytea not null
);
comment on table wa.person_salts is
  'Random salt of each person''s hashes in the audit log: once it is destroyed, nobody can tell '
  'whose they are. Two that were made at once both count; the older is used.';
comment on column wa.person_salts.person is 'wa.keyed_hash of the phone.';
create index person_salts_person on wa.person_salts (campaign_id, person, id);
revoke all on wa.person_salts from public, anon, authenticated, service_role;

create table wa.suppression_keys (
  id uuid primary key default gen_random_uuid(),
  scope uuid not null,
  key bytea not null default uuid_send(gen_random_uuid())
    || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
  made_at timestamptz not null default clock_timestamp()
);
comment on table wa.suppression_keys is
  'Random keys of wa.suppressions. New hashes are made with the newest of their scope; the older '
  'ones stay as long as hashes of theirs do.';
comment on column wa.suppression_keys.scope is
  'A campaign that somebody asked to erase them, or a sender to which such a person had said BAJA.';
create index suppression_keys_scope on wa.suppression_keys (scope);
revoke all on wa.suppression_keys from public, anon, authenticated, service_role;

create table wa.suppressions (
  key_id uuid not null references wa.suppression_keys (id),
  hash bytea not null,
  since timestamptz not null default now(),
  primary key (key_id, hash)
);
comment on table wa.suppressions is
  'Who may never be written to again, as keyed hashes of their names: phones, ids of voters and '
  'of the messages they were sent.';
revoke all on wa.suppressions from public, anon, authenticated, service_role;

-- One person as a campaign knows them, for the functions that look for everything of theirs.
-- phones: E.164, also former and later ones that they told a number of the campaign. user_ids: what
-- Meta calls them. messages: their rows in wa_send_queue, with those that never got a phone.
create type wa.person as (
  campaign_id uuid,
  voter_id uuid,
  phones text[],
  user_ids text[],
  messages uuid[]);

-- 20_tables/request_limits.sql

-- How often a user may ask for what is expensive: the limits, and where each user stands.

create table wa.request_limits (
  kind text primary key check (kind in ('audience', 'send', 'import', 'export')),
  burst integer not null check (burst between 1 and 1000000),
  seconds numeric not null check (seconds > 0)
);
comment on table wa.request_limits is
  'What an operator set instead of wa.default_limits: so many requests of that kind at once, and '
  'one more each so many seconds, by user and campaign. Holds from the next request on.';
comment on column wa.request_limits.burst is
  'Generous for a person and too few for a program: whoever clicks fast never meets it.';
comment on column wa.request_limits.seconds is
  'Between requests in the long run: longer than one takes Postgres at its largest.';

create table wa.request_paces (
  user_id uuid not null,
  campaign_id uuid not null references public.campaigns (id),
  kind text not null,
  paid_until timestamptz not null,
  primary key (user_id, campaign_id, kind)
);
comment on table wa.request_paces is
  'Where each user stands with each kind of expensive request (GCRA: its theoretical arrival '
  'time). A row whose time is over says what none says.';

revoke all on wa.request_limits, wa.request_paces from public, anon, authenticated, service_role;

-- 25_settings/fields.sql

-- The fields of wa_put_settings and the form of each. They have the names of their columns, but for
-- minutes, which are intervals there.

-- fallback: what counts where a field is absent; 'null' where it may stay empty, null where it may
-- not be absent. Hours may also be null both: nobody rests.
create function wa.setting_fields()
returns table (name text, form text, fallback jsonb)
language sql immutable
set search_path = ''
as $$
  values
    ('display_name', 'line', null::jsonb),
    ('election_kind', 'line', null),
    ('run_by', 'line', null),
    ('precandidate', 'boolean', 'false'),
    ('campaign_start', 'date', null),
    ('campaign_end', 'date', null),
    ('election_date', 'date', null),
    ('territory', 'list', null),
    ('candidate', 'line', null),
    ('office', 'line', null),
    ('party_legend', 'line', 'null'),
    ('ine_registration', 'line', 'null'),
    ('ine_waiver_reason', 'line', 'null'),
    ('show_ine_registration', 'boolean', 'false'),
    ('accounting_key', 'line', 'null'),
    ('rnp', 'line', 'null'),
    ('privacy_notice_url', 'line', 'null'),
    ('quiet_from', 'time', '"20:00"'),
    ('quiet_until', 'time', '"09:00"'),
    ('consent_required', 'boolean', 'true'),
    ('spending_cap_usd', 'amount', null),
    ('price_per_message_usd', 'amount', '0.0397'),
    ('unknown_after_minutes', 'minutes', '15'),
    ('canary_wait_minutes', 'minutes', '10'),
    ('canary_max_failed', 'share', '0.2'),
    ('canary_max_opted_out', 'share', '0.05'),
    ('resend_after_silence', 'boolean', 'false'),
    ('resend_after_minutes', 'minutes', '60');
$$;

create function wa.with_fallbacks(p_settings jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_object_agg(f.name, coalesce(p_settings -> f.name, f.fallback))
  from wa.setting_fields() f;
$$;

create function wa.require_setting_forms(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  wrong record;
begin
  if jsonb_typeof(p_settings) is distinct from 'object' then
    perform wa.refuse(422, 'object_expected', 'Debe ser un objeto JSON.', 'settings');
  end if;
  select k into wrong
  from jsonb_object_keys(p_settings) k
  where k not in (select f.name from wa.setting_fields() f)
  order by k
  limit 1;
  if found then
    perform wa.refuse(422, 'field_unknown', 'Ese campo no existe.', 'settings.' || wrong.k);
  end if;
  for wrong in
    select f.name, wa.form_problem(f.form, g.value) as problem,
      g.value = 'null' and f.fallback is distinct from 'null' and f.form <> 'time' as is_missing
    from wa.setting_fields() f
    cross join lateral (
      select coalesce(p_settings -> f.name, f.fallback, 'null') as value) g
  loop
    if wrong.is_missing then
      perform wa.refuse(422, 'field_missing', 'Falta este campo.', 'settings.' || wrong.name);
    elsif wrong.problem is not null then
      perform wa.refuse(422, wrong.problem[1], wrong.problem[2], 'settings.' || wrong.name);
    end if;
  end loop;
end $$;

-- {code, sentence} of a value that has not this form; null: it has, or there is none.
create function wa.form_problem(p_form text, p_value jsonb)
returns text[]
language sql immutable
set search_path = ''
as $$
  select array[c.code, c.detail]
  from (
    select p_value #>> '{}' as text, jsonb_typeof(p_value) as type,
      case when jsonb_typeof(p_value) = 'number' then p_value::numeric end as number) v
  cross join lateral (values
    (1, 'boolean', v.type = 'boolean', 'boolean_expected', 'Debe ser true o false.'),
    (2, 'list', v.type = 'array', 'list_expected', 'Debe ser una lista.'),
    (3, 'line', v.type = 'string', 'text_expected', 'Debe ser texto.'),
    (4, 'line', length(v.text) <= 300, 'text_too_long', 'A lo más 300 caracteres.'),
    (5, 'line', v.text !~ '[\u0001-\u001f\u007f-\u009f]', 'text_invalid',
      'Debe ser una sola línea de texto.'),
    (6, 'line', v.text ~ ('[^' || wa.invisible() || ']'), 'text_invalid', 'El texto está vacío.'),
    (7, 'date', v.type = 'string' and v.text ~ '^20\d\d-\d\d-\d\d$'
      and pg_input_is_valid(v.text, 'date'), 'date_invalid',
      'Debe ser una fecha como 2027-06-06.'),
    (8, 'time', v.type = 'string' and v.text ~ '^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$',
      'time_invalid', 'Debe ser una hora como 09:00.'),
    (9, 'amount', v.number between 0 and 100000000, 'number_invalid',
      'Debe ser un número de 0 a 100 millones.'),
    (10, 'share', v.number between 0 and 1, 'number_invalid', 'Debe ser un número de 0 a 1.'),
    (11, 'minutes', v.number between 1 and 10080, 'number_invalid',
      'Debe ser un número de 1 a 10080 minutos.')
  ) c (place, form, fits, code, detail)
  where c.form = p_form and v.type <> 'null' and not coalesce(c.fits, false)
  order by c.place
  limit 1;
$$;

-- 25_settings/get.sql

-- GET /settings: what a campaign says about itself, and what follows from it.

-- settings has the fields that wa_put_settings takes, null where there are none yet. Security
-- definer: members read no sender.
create function public.wa_get_settings(p_campaign_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  s public.wa_campaign_settings;
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  select * into s from public.wa_campaign_settings c where c.campaign_id = p_campaign_id;
  return jsonb_build_object(
    'campaign_id', p_campaign_id,
    'role', wa.my_role(p_campaign_id),
    'may_change', p_campaign_id in (select wa.my_campaigns('administer')),
    'version', s.version,
    'settings', case when s.campaign_id is not null then wa.settings_as_typed(s) end,
    'zones', s.zones,
    'window', (select to_jsonb(w) from wa.send_window(p_campaign_id) w),
    'ine_waiver', case when s.ine_waiver_reason is not null
      then jsonb_build_object('by', s.ine_waived_by, 'at', s.ine_waived_at) end,
    'sender', public.wa_get_sender(p_campaign_id),
    'warnings', case when s.campaign_id is not null then wa.settings_warnings(s) else '[]' end);
end $$;
revoke all on function public.wa_get_settings(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_get_settings(uuid)
  to authenticated;

create function wa.settings_as_typed(p_settings public.wa_campaign_settings)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_object_agg(f.name, case f.form
    when 'minutes' then to_jsonb(trim_scale(extract(epoch from
      (s.said ->> regexp_replace(f.name, '_minutes$', ''))::interval) / 60))
    when 'time' then to_jsonb(regexp_replace(s.said ->> f.name, '^(..:..):00$', '\1'))
    else s.said -> f.name end)
  from wa.setting_fields() f, (select to_jsonb(p_settings) as said) s;
$$;

-- [{code, field, detail}]: what is allowed and still looks wrong.
create function wa.settings_warnings(p_settings public.wa_campaign_settings)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'code', w.code, 'field', 'settings.' || w.field, 'detail', w.detail) order by w.place), '[]')
  from (
    select *
    from wa.date_warnings(p_settings)
    union all
    values
      (11, p_settings.privacy_notice_url is null, 'privacy_notice_missing', 'privacy_notice_url',
        'Falta la liga al aviso de privacidad (LFPDPPP, arts. 15 y 16).'),
      (12, p_settings.rnp is null, 'rnp_missing', 'rnp',
        'Falta el registro del proveedor en el RNP del INE: contratar fuera de él es delito '
        '(LGMDE, art. 7, fracción XXI).'),
      (13, p_settings.quiet_from is null, 'quiet_hours_missing', 'quiet_from',
        'Sin horario de descanso los mensajes salen a cualquier hora.'),
      (14, not p_settings.consent_required, 'consent_not_required', 'consent_required',
        'Se escribe también a quien no tiene un consentimiento registrado (LFPDPPP, arts. 7 y 8).')
  ) w (place, holds, code, field, detail)
  where w.holds;
$$;

create function wa.date_warnings(p_settings public.wa_campaign_settings)
returns table (place integer, holds boolean, code text, field text, detail text)
language sql stable
set search_path = ''
as $$
  select w.*
  from (
    select p_settings.campaign_end - p_settings.campaign_start + 1 as days,
      p_settings.election_kind = 'federal' as is_federal) c
  cross join lateral (values
    (1, p_settings.election_date < current_date, 'election_over', 'election_date',
      'La jornada electoral ya pasó.'),
    (2, extract(dow from p_settings.election_date) <> 0
      or extract(month from p_settings.election_date) <> 6
      or extract(day from p_settings.election_date) > 7, 'election_date_unusual', 'election_date',
      'Las elecciones ordinarias son el primer domingo de junio (LGIPE, arts. 22 y 25): revisa la '
      'fecha en el calendario o en la convocatoria.'),
    (3, not p_settings.precandidate
      and p_settings.campaign_end < p_settings.election_date - 4,
      'campaign_end_unusual', 'campaign_end',
      'Las campañas terminan tres días antes de la jornada (LGIPE, art. 251, párr. 3), y esta '
      'termina antes.'),
    (4, case
        when p_settings.precandidate then c.is_federal and c.days > 40
        when c.is_federal then c.days not in (60, 90)
        else c.days not between 30 and 90 end,
      'campaign_length_unusual', 'campaign_start',
      case
        when p_settings.precandidate
          then 'La precampaña federal dura a lo más 40 días (LGIPE, art. 226, párr. 2).'
        when c.is_federal
          then 'Las campañas federales duran 60 o 90 días (LGIPE, art. 251, párrs. 1 y 2).'
        else 'Las campañas locales duran de 30 a 90 días (Constitución, art. 116, fracción IV, '
          'inciso j).' end)
  ) w (place, holds, code, field, detail);
$$;

-- 25_settings/laws.sql

-- What the settings may not say: elections and senders that the law keeps from paid messages, dates
-- that contradict each other, a campaign without its name.

create function wa.require_served(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  case p_settings ->> 'election_kind'
    when 'federal' then null;
    when 'local' then null;
    when 'judicial' then
      perform wa.refuse(422, 'election_not_served',
        'No se atienden elecciones judiciales: su propaganda va solo en papel y nadie puede pagar '
        'por difundirla (LGIPE, arts. 508, 509 y 522, párr. 3).', 'settings.election_kind');
    else
      perform wa.refuse(422, 'election_not_served',
        'Se atienden elecciones federales (federal) y locales (local); las consultas y la '
        'revocación de mandato no.', 'settings.election_kind');
  end case;
  if p_settings ->> 'run_by' = 'government' then
    perform wa.refuse(422, 'government_not_served',
      'No se atiende a entes públicos: su propaganda se suspende desde el inicio de las campañas '
      'hasta el fin de la jornada (LGIPE, art. 209, párr. 1).', 'settings.run_by');
  elsif p_settings ->> 'run_by' not in ('party', 'coalition', 'independent') then
    perform wa.refuse(422, 'value_invalid',
      'Debe ser party (partido), coalition (coalición) o independent (independiente).',
      'settings.run_by');
  end if;
end $$;

create function wa.require_agreeing_dates(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  first_day date := p_settings ->> 'campaign_start';
  last_day date := p_settings ->> 'campaign_end';
  veda date := (p_settings ->> 'election_date')::date - 3;
begin
  if first_day > last_day then
    perform wa.refuse(422, 'dates_contradict',
      'La campaña termina antes de empezar.', 'settings.campaign_end');
  elsif last_day >= veda then
    perform wa.refuse(422, 'dates_contradict',
      format('La veda empieza el %s, tres días antes de la jornada; el último día de campaña debe '
        'ser anterior (LGIPE, art. 251, párrs. 3 y 4).', to_char(veda, 'DD/MM/YYYY')),
      'settings.campaign_end');
  end if;
end $$;

create function wa.require_identity(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  independent boolean := p_settings ->> 'run_by' = 'independent';
  legend text := p_settings ->> 'party_legend';
begin
  if independent and legend <> wa.independent_legend() then
    perform wa.refuse(422, 'value_invalid',
      format('Una candidatura independiente lleva la leyenda «%s» (LGIPE, art. 394, párr. 1, '
        'inciso j).', wa.independent_legend()), 'settings.party_legend');
  elsif legend is null and not independent then
    perform wa.refuse(422, 'field_missing',
      'Falta el partido o la coalición (LGIPE, art. 246, párr. 1).', 'settings.party_legend');
  end if;
  case num_nonnulls(p_settings ->> 'ine_registration', p_settings ->> 'ine_waiver_reason')
    when 0 then
      perform wa.refuse(422, 'field_missing',
        'Falta el registro ante el INE u OPLE, o la razón de no tenerlo (ine_waiver_reason).',
        'settings.ine_registration');
    when 2 then
      perform wa.refuse(422, 'value_invalid',
        'Quien tiene registro no da una razón de no tenerlo.', 'settings.ine_waiver_reason');
    else null;
  end case;
end $$;

create function wa.independent_legend()
returns text
language sql immutable
set search_path = ''
as $$
  select 'Candidato Independiente';
$$;

create function wa.require_addresses(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if p_settings ->> 'accounting_key' !~ '^[0-9]{1,6}$' then
    perform wa.refuse(422, 'value_invalid',
      'La clave de contabilidad del SIF tiene de 1 a 6 dígitos.', 'settings.accounting_key');
  elsif p_settings ->> 'rnp' !~ '^[A-Za-z0-9-]{1,30}$' then
    perform wa.refuse(422, 'value_invalid',
      'El registro en el RNP lleva solo letras, números y guiones.', 'settings.rnp');
  elsif p_settings ->> 'privacy_notice_url'
      !~ '^https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]{1,5})?([/?#]\S*)?$' then
    perform wa.refuse(422, 'value_invalid',
      'Debe ser una dirección https:// completa.', 'settings.privacy_notice_url');
  end if;
end $$;

create function wa.require_hours(p_settings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if num_nulls(p_settings ->> 'quiet_from', p_settings ->> 'quiet_until') = 1 then
    perform wa.refuse(422, 'value_invalid',
      'Escribe el inicio y el fin del descanso, o ninguno de los dos.', 'settings.quiet_until');
  elsif (p_settings ->> 'quiet_from')::time = (p_settings ->> 'quiet_until')::time then
    perform wa.refuse(422, 'value_invalid',
      'El descanso no puede empezar y terminar a la misma hora.', 'settings.quiet_until');
  elsif (p_settings ->> 'resend_after_minutes')::numeric < 15 then
    perform wa.refuse(422, 'number_invalid',
      'Deben ser al menos 15 minutos.', 'settings.resend_after_minutes');
  end if;
end $$;

-- 25_settings/put.sql

-- PUT /settings: what a campaign says about itself, whole, as its owner or an admin.

-- p_settings has the fields of wa.setting_fields; one that is left out gets its fallback, which is
-- the stricter choice where there is one. p_version: the one that was read before; null: there were
-- none yet. Claims read settings as they are then, so that a change also holds for open jobs.
-- Security definer: members write no table.
create function public.wa_put_settings(
  p_campaign_id uuid, p_settings jsonb, p_version integer default null)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  settings jsonb;
  territory jsonb;
begin
  perform wa.require_may(p_campaign_id, 'administer');
  perform wa.require_setting_forms(p_settings);
  settings := wa.with_fallbacks(p_settings);
  perform wa.require_served(settings);
  perform wa.require_agreeing_dates(settings);
  perform wa.require_identity(settings);
  perform wa.require_addresses(settings);
  perform wa.require_hours(settings);
  territory := wa.read_territory(settings -> 'territory');
  if not wa.write_settings(p_version, jsonb_populate_record(null::public.wa_campaign_settings,
      settings || jsonb_build_object(
        'campaign_id', p_campaign_id,
        'party_legend', case settings ->> 'run_by'
          when 'independent' then wa.independent_legend() else settings ->> 'party_legend' end,
        'territory', territory,
        'zones', wa.zones_of(territory),
        'unknown_after', settings ->> 'unknown_after_minutes' || ' minutes',
        'canary_wait', settings ->> 'canary_wait_minutes' || ' minutes',
        'resend_after', settings ->> 'resend_after_minutes' || ' minutes')))
  then
    perform wa.refuse(409, 'settings_changed',
      'Alguien más cambió la configuración; vuelve a abrirla y repite tus cambios.', 'version');
  end if;
  return public.wa_get_settings(p_campaign_id);
end $$;
revoke all on function public.wa_put_settings(uuid, jsonb, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_put_settings(uuid, jsonb, integer)
  to authenticated;

-- False: somebody else wrote meanwhile, also the first ones. What operators alone set stays.
create function wa.write_settings(p_version integer, p_settings public.wa_campaign_settings)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if p_version is null then
    insert into public.wa_campaign_settings (
      campaign_id, display_name, election_kind, run_by, precandidate, campaign_start, campaign_end,
      election_date, territory, zones, candidate, office, party_legend, ine_registration,
      ine_waiver_reason, accounting_key, rnp, privacy_notice_url, quiet_from, quiet_until,
      consent_required, spending_cap_usd, price_per_message_usd, unknown_after, canary_wait,
      canary_max_failed, canary_max_opted_out, resend_after_silence, resend_after,
      show_ine_registration)
    select campaign_id, display_name, election_kind, run_by, precandidate, campaign_start,
      campaign_end, election_date, territory, zones, candidate, office, party_legend,
      ine_registration, ine_waiver_reason, accounting_key, rnp, privacy_notice_url, quiet_from,
      quiet_until, consent_required, spending_cap_usd, price_per_message_usd, unknown_after,
      canary_wait, canary_max_failed, canary_max_opted_out, resend_after_silence, resend_after,
      show_ine_registration
    from (select (p_settings).*) n
    on conflict (campaign_id) do nothing;
  else
    update public.wa_campaign_settings s
    set (display_name, election_kind, run_by, precandidate, campaign_start, campaign_end,
      election_date, territory, zones, candidate, office, party_legend, ine_registration,
      ine_waiver_reason, accounting_key, rnp, privacy_notice_url, quiet_from, quiet_until,
      consent_required, spending_cap_usd, price_per_message_usd, unknown_after, canary_wait,
      canary_max_failed, canary_max_opted_out, resend_after_silence, resend_after,
      show_ine_registration) = (
      select display_name, election_kind, run_by, precandidate, campaign_start, campaign_end,
        election_date, territory, zones, candidate, office, party_legend, ine_registration,
        ine_waiver_reason, accounting_key, rnp, privacy_notice_url, quiet_from, quiet_until,
        consent_required, spending_cap_usd, price_per_message_usd, unknown_after, canary_wait,
        canary_max_failed, canary_max_opted_out, resend_after_silence, resend_after,
        show_ine_registration
      from (select (p_settings).*) n)
    where s.campaign_id = p_settings.campaign_id and s.version = p_version;
  end if;
  return found;
end $$;

-- 25_settings/territory.sql

-- Where a campaign is, and which hours hold there: Ley de los Husos Horarios (2022) by state and
-- municipality, in the zones of the IANA database.

-- What was typed, in the names of the tables below: [{state, municipalities}], where municipalities
-- null is the whole state. A state of one zone takes any municipality, because none can change it.
create function wa.read_territory(p_territory jsonb)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  places jsonb := '[]';
  place record;
  state text;
begin
  if p_territory = '[]' then
    perform wa.refuse(422, 'list_empty', 'Elige al menos un estado.', 'settings.territory');
  end if;
  for place in
    select e.value, 'settings.territory.' || (e.n - 1) as field
    from jsonb_array_elements(p_territory) with ordinality e(value, n)
  loop
    perform wa.require_place(place.value, place.field);
    state := wa.state_named(place.value ->> 'state');
    if state is null then
      perform wa.refuse(422, 'state_unknown', format('No existe el estado «%s».%s',
        place.value ->> 'state', case when wa.plain(place.value ->> 'state') = 'mexico'
          then ' Escribe «Estado de México», o cada estado si es todo el país.' else '' end),
        place.field || '.state');
    elsif exists (
        select from jsonb_array_elements(places) p where p ->> 'state' = state) then
      perform wa.refuse(422, 'value_invalid',
        format('El estado %s está dos veces.', state), place.field || '.state');
    end if;
    places := places || jsonb_build_object(
      'state', state,
      'municipalities', wa.read_municipalities(
        state, place.value -> 'municipalities', place.field || '.municipalities'));
  end loop;
  return places;
end $$;

create function wa.require_place(p_place jsonb, p_field text)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if jsonb_typeof(p_place) <> 'object' then
    perform wa.refuse(422, 'object_expected', 'Debe ser un objeto JSON.', p_field);
  elsif p_place - '{state,municipalities}'::text[] <> '{}' then
    perform wa.refuse(422, 'field_unknown', 'Ese campo no existe.', p_field);
  elsif jsonb_typeof(p_place -> 'state') is distinct from 'string' then
    perform wa.refuse(422, 'text_expected', 'Debe ser texto.', p_field || '.state');
  end if;
end $$;

create function wa.read_municipalities(p_state text, p_names jsonb, p_field text)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  found_names jsonb := '[]';
  given record;
  name text;
begin
  if coalesce(p_names, 'null') = 'null' then
    return null;
  elsif jsonb_typeof(p_names) <> 'array' then
    perform wa.refuse(422, 'list_expected', 'Debe ser una lista.', p_field);
  elsif p_names = '[]' then
    perform wa.refuse(422, 'list_empty',
      'Elige al menos un municipio, o quita la lista si es todo el estado.', p_field);
  end if;
  for given in
    select e.value, p_field || '.' || (e.n - 1) as field
    from jsonb_array_elements(p_names) with ordinality e(value, n)
  loop
    if given.value = 'null' or wa.form_problem('line', given.value) is not null then
      perform wa.refuse(422, 'text_expected', 'Debe ser texto.', given.field);
    end if;
    name := wa.municipality_named(p_state, given.value #>> '{}');
    if name is null then
      perform wa.refuse(422, 'municipality_unknown',
        format('En %s hay varios husos horarios: elige entre %s y «Resto del estado».',
          p_state, (
            select string_agg(n, ', ' order by n)
            from wa.zones_of_municipalities() z, unnest(z.municipalities) n
            where z.state = p_state)),
        given.field);
    end if;
    found_names := found_names || to_jsonb(name);
  end loop;
  return found_names;
end $$;

-- Null: there is none of that name whose zone is known. «Resto del estado»: whatever is not listed.
create function wa.municipality_named(p_state text, p_name text)
returns text
language sql stable
set search_path = ''
as $$
  select case
    when not exists (select from wa.zones_of_municipalities() z where z.state = p_state)
      then btrim(p_name)
    when wa.plain(p_name) = 'resto del estado' then 'Resto del estado'
    else (
      select n
      from wa.zones_of_municipalities() z, unnest(z.municipalities) n
      where z.state = p_state
        and wa.plain(n) = coalesce(wa.other_names() ->> wa.plain(p_name), wa.plain(p_name))
      limit 1) end;
$$;

create function wa.state_named(p_name text)
returns text
language sql stable
set search_path = ''
as $$
  select s
  from wa.zones_of_states() z, unnest(z.states) s
  where wa.plain(s) = coalesce(wa.other_names() ->> wa.plain(p_name), wa.plain(p_name));
$$;

-- Without what people leave out or add: accents, capitals, signs.
create function wa.plain(p_name text)
returns text
language sql immutable
set search_path = ''
as $$
  select btrim(regexp_replace(
    lower(regexp_replace(normalize(p_name, NFKD), '[\u0300-\u036f.]', '', 'g')),
    '[^a-z0-9]+', ' ', 'g'));
$$;

-- Every zone of a territory that was read, the first state's own first.
create function wa.zones_of(p_territory jsonb)
returns text[]
language sql stable
set search_path = ''
as $$
  select array_agg(z.zone order by z.n, z.zone)
  from (
    select h.zone, min(p.n * 10 + h.rank) as n
    from jsonb_array_elements(p_territory) with ordinality p(place, n)
    cross join lateral (
      select s.zone, 0 as rank, array['Resto del estado'] as municipalities
      from wa.zones_of_states() s
      where p.place ->> 'state' = any (s.states)
      union all
      select m.zone, 1, m.municipalities
      from wa.zones_of_municipalities() m
      where m.state = p.place ->> 'state') h
    where p.place -> 'municipalities' = 'null'
      or p.place -> 'municipalities' ?| h.municipalities
      or not exists (
        select from wa.zones_of_municipalities() m where m.state = p.place ->> 'state')
    group by h.zone) z;
$$;

-- 25_settings/zone_data.sql

-- Postgres' own time zone data say when a veda begins. Mexico gave up its seasonal time in October
-- 2022, the northern border apart; IANA's data know all of that from 2022g on.

-- Zones that this server reads as they were before, or does not know.
create function wa.stale_zones()
returns setof text
language sql stable
set search_path = ''
as $$
  select n.zone
  from wa.known_noons() n
  where case
    when wa.zones_are_known(array[n.zone]) then n.noon at time zone n.zone <> n.at
    else true end;
$$;

-- Noons of zones that changed, as IANA has them.
create function wa.known_noons()
returns table (zone text, noon timestamp, at timestamptz)
language sql immutable
set search_path = ''
as $$
  values
    ('America/Mexico_City', timestamp '2027-07-15 12:00', timestamptz '2027-07-15 18:00+00'),
    ('America/Chihuahua', '2027-01-15 12:00', '2027-01-15 18:00+00'),
    ('America/Chihuahua', '2027-07-15 12:00', '2027-07-15 18:00+00'),
    ('America/Ciudad_Juarez', '2027-01-15 12:00', '2027-01-15 19:00+00'),
    ('America/Ciudad_Juarez', '2027-07-15 12:00', '2027-07-15 18:00+00'),
    ('America/Ojinaga', '2027-01-15 12:00', '2027-01-15 18:00+00'),
    ('America/Ojinaga', '2027-07-15 12:00', '2027-07-15 17:00+00'),
    ('America/Mazatlan', '2027-07-15 12:00', '2027-07-15 19:00+00'),
    ('America/Tijuana', '2027-07-15 12:00', '2027-07-15 19:00+00');
$$;

-- Nothing is installed where vedas would begin an hour too late. Afterwards wa_health watches.
create function wa.require_zone_data()
returns void
language plpgsql
set search_path = ''
as $$
begin
  if exists (select from wa.stale_zones()) then
    raise exception 'the time zone data of this server are older than 2022g: update them first';
  end if;
end $$;
select wa.require_zone_data();

-- 25_settings/zones.sql

-- The zones of Mexico: each state's own, and the municipalities that keep another one's.

create function wa.zones_of_states()
returns table (zone text, states text[])
language sql immutable
set search_path = ''
as $$
  values
    ('America/Cancun', '{Quintana Roo}'::text[]),
    ('America/Merida', '{Campeche,Yucatán}'),
    ('America/Mexico_City', '{Aguascalientes,Chiapas,Ciudad de México,Colima,Estado de México,'
      'Guanajuato,Guerrero,Hidalgo,Jalisco,Michoacán,Morelos,Oaxaca,Puebla,Querétaro,'
      'San Luis Potosí,Tabasco,Tlaxcala,Veracruz,Zacatecas}'),
    ('America/Monterrey', '{Coahuila,Durango,Nuevo León,Tamaulipas}'),
    ('America/Chihuahua', '{Chihuahua}'),
    ('America/Mazatlan', '{Baja California Sur,Nayarit,Sinaloa}'),
    ('America/Hermosillo', '{Sonora}'),
    ('America/Tijuana', '{Baja California}');
$$;

create function wa.zones_of_municipalities()
returns table (state text, zone text, municipalities text[])
language sql immutable
set search_path = ''
as $$
  values
    ('Chihuahua', 'America/Ciudad_Juarez',
      '{Ascensión,Guadalupe,Janos,Juárez,Praxedis G. Guerrero}'::text[]),
    ('Chihuahua', 'America/Ojinaga', '{Coyame del Sotol,Manuel Benavides,Ojinaga}'),
    ('Coahuila', 'America/Matamoros', '{Acuña,Allende,Guerrero,Hidalgo,Jiménez,Morelos,Nava,'
      'Ocampo,Piedras Negras,Villa Unión,Zaragoza}'),
    ('Nayarit', 'America/Bahia_Banderas', '{Bahía de Banderas}'),
    ('Nuevo León', 'America/Matamoros', '{Anáhuac}'),
    ('Tamaulipas', 'America/Matamoros', '{Camargo,Guerrero,Gustavo Díaz Ordaz,Matamoros,Mier,'
      'Miguel Alemán,Nuevo Laredo,Reynosa,Río Bravo,Valle Hermoso}');
$$;

-- As wa.plain leaves them. «México» alone is not among them: it may be the state or the country.
create function wa.other_names()
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'cdmx', 'ciudad de mexico',
    'mexico df', 'ciudad de mexico',
    'distrito federal', 'ciudad de mexico',
    'df', 'ciudad de mexico',
    'edomex', 'estado de mexico',
    'edo mex', 'estado de mexico',
    'edo de mexico', 'estado de mexico',
    'estado libre y soberano de mexico', 'estado de mexico',
    'coahuila de zaragoza', 'coahuila',
    'michoacan de ocampo', 'michoacan',
    'queretaro de arteaga', 'queretaro',
    'veracruz de ignacio de la llave', 'veracruz',
    'veracruz llave', 'veracruz',
    'ciudad acuna', 'acuna',
    'ciudad juarez', 'juarez',
    'coyame', 'coyame del sotol',
    'diaz ordaz', 'gustavo diaz ordaz');
$$;

-- 30_rules/access.sql

-- Who may do what, and how a refusal looks: SQLSTATE PTnnn (PostgREST answers HTTP nnn), message =
-- stable code, detail = Spanish sentence, hint = the field at fault. Where it tells more than that,
-- detail is a JSON object: the sentence as "detail", and the other members of the answer. Which
-- role may do what: wa.actions_of_role in 10_campaignpro.sql.

-- A foreign campaign and one that does not exist are told apart by nobody but their members; a
-- member whose role does not allow the action is told so.
create function wa.require_may(p_campaign_id uuid, p_action text)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if p_campaign_id is null or p_campaign_id not in (select wa.my_campaigns('read_figures')) then
    perform wa.refuse(404, 'campaign_not_found',
      'No existe esa campaña o no tienes acceso a ella.', 'campaign_id');
  elsif p_campaign_id not in (select wa.my_campaigns(p_action)) then
    perform wa.refuse(403, 'forbidden',
      'Tu rol en la campaña no permite esta acción.', 'campaign_id');
  end if;
end $$;
grant execute on function wa.require_may(uuid, text)
  to authenticated;

-- The job, for a member whose role allows the action.
create function wa.require_job(p_job_id uuid, p_action text)
returns public.communications
language plpgsql stable
set search_path = ''
as $$
declare
  job public.communications;
begin
  select * into job
  from public.communications c
  where c.job_id = p_job_id and c.campaign_id in (select wa.my_campaigns('read_figures'));
  if not found then
    perform wa.refuse(404, 'job_not_found',
      'No existe ese envío o no tienes acceso a él.', 'job_id');
  end if;
  perform wa.require_may(job.campaign_id, p_action);
  return job;
end $$;

create function wa.refuse(
  p_http integer, p_code text, p_detail text, p_field text default '', p_more jsonb default null)
returns void
language plpgsql
set search_path = ''
as $$
begin
  raise exception using
    errcode = 'PT' || p_http,
    message = p_code,
    detail = coalesce((p_more || jsonb_build_object('detail', p_detail))::text, p_detail),
    hint = p_field;
end $$;
grant execute on function wa.refuse(integer, text, text, text, jsonb)
  to authenticated;

-- At most two of a campaign's large calls at once, and eight of all campaigns; the others are told
-- to come back, instead of waiting in connections that everybody shares. Two, so that a request
-- sent twice gets its one answer twice. Eight, so that PostgREST's pool, however many campaigns
-- call, keeps connections for claims, receipts and BAJAs.
create function wa.begin_large_call(p_campaign_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if not wa.take_place(p_campaign_id::text, 2) then
    perform wa.refuse(429, 'busy',
      'La campaña ya tiene dos solicitudes grandes en curso; intenta de nuevo en unos segundos.',
      'campaign_id');
  elsif not wa.take_place('all', 8) then
    perform wa.refuse(429, 'busy',
      'Hay muchas solicitudes grandes en curso; intenta de nuevo en unos segundos.',
      'campaign_id');
  end if;
end $$;
grant execute on function wa.begin_large_call(uuid)
  to authenticated;

-- One of so many places, until the transaction ends; false: all are taken.
create function wa.take_place(p_where text, p_places integer)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  for place in 1..p_places loop
    if pg_try_advisory_xact_lock(hashtextextended(format('wa_place:%s:%s', p_where, place), 0)) then
      return true;
    end if;
  end loop;
  return false;
end $$;
grant execute on function wa.take_place(text, integer)
  to authenticated;

-- 30_rules/content.sql

-- Whether a message may buy or coerce votes (docs/decisions/0021). Judged here alone, because what
-- each voter will read exists only here. What is looked for: content_lexicon.sql. One message or
-- one job: content_messages.sql.
--
-- A text is normalised: letters without accents and disguise, one blank between words. HARMLESS
-- patterns are struck out of it; then each pattern of class BLOCK or WARN is looked for, and a
-- DENIAL around what was found lowers it by one class: a BLOCK that is denounced still asks for a
-- second person, and no denial lets one pass unseen.
-- Each pattern has words without one of which it fits nothing (wa.telling_keys): a text that has
-- none of them meets no regular expression.

create function wa.content_findings(p_text text)
returns table (class text, phrase text, article text, rule text)
language sql stable
set search_path = ''
as $$
  select f.class, f.phrase, f.article, f.rule
  from wa.content_findings_of_texts(array[p_text]) f
  order by f.class, f.starts_at, f.rule;
$$;
comment on function wa.content_findings(text) is
  'What in a text may buy or coerce votes (BLOCK) or needs a second look (WARN).';

-- What the promoter is told.
create function wa.content_sentence(p_class text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case p_class
    when 'BLOCK' then 'Posible compra o coacción del voto.'
    when 'WARN' then 'Requiere segunda aprobación.'
  end;
$$;

-- Of several texts at once: the lexicon is compiled once for all. text_no counts from 1; starts_at
-- and phrase are of the text as it was given.
create function wa.content_findings_of_texts(p_texts text[])
returns table (
  text_no bigint, starts_at integer, class text, phrase text, article text, rule text)
language sql stable
set search_path = ''
as $$
  with rule as materialized (select * from wa.content_expressions()),
  harmless as materialized (select wa.content_expression_of('HARMLESS') as expression),
  judged as materialized (
    select t.ordinality as text_no, t.value, r.plain, r.joined
    from unnest(p_texts) with ordinality t(value), wa.read_text(t.value) r
  ),
  candidate as materialized (
    select distinct j.text_no, k.rule, k.class
    from judged j, string_to_table(j.plain, ' ') word,
      unnest(array[word, left(word, 4) || '*']) as reading
    join (select r.rule, r.class, unnest(r.keys) as key from rule r) k on k.key = reading
    union
    select j.text_no, r.rule, r.class
    from judged j, rule r
    where j.joined
  ),
  struck as materialized (
    select j.text_no, wa.without(j.plain, h.expression) as struck
    from judged j, harmless h
    where j.text_no in (select c.text_no from candidate c)
  ),
  found as materialized (
    select j.*, r.*,
      regexp_instr(s.struck, r.expression, 1, h.nth, 0) as starts,
      regexp_instr(s.struck, r.expression, 1, h.nth, 1) as ends
    from candidate c
    join rule r on r.rule = c.rule and r.class = c.class
    join judged j on j.text_no = c.text_no
    join struck s on s.text_no = c.text_no,
    generate_series(1, regexp_count(s.struck, r.expression)) h(nth)
  )
  select distinct f.text_no, p.starts_at, l.class, p.phrase, f.article, f.rule
  from found f, wa.phrase_of(f.value, f.starts, f.ends) p,
    wa.lowered_class(
      f.class, f.denial, left(f.value, p.starts_at - 1), substr(f.plain, f.ends)) l(class)
  where l.class is not null;
$$;

-- Nobody's word, of the same length, in the place of each harmless phrase.
create function wa.without(p_plain text, p_harmless text)
returns text
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  kept text := p_plain;
  starts integer;
  ends integer;
begin
  loop
    starts := regexp_instr(kept, p_harmless, 1, 1, 0);
    exit when coalesce(starts, 0) = 0;
    ends := regexp_instr(kept, p_harmless, 1, 1, 1);
    kept := overlay(kept placing repeat('_', ends - starts) from starts for ends - starts);
  end loop;
  return kept;
end $$;

-- One class lower if a denial fits around the phrase; null is nothing at all. Of the text before
-- the phrase, as it was typed, only the same sentence counts; after it the next one may deny
-- ("No es cierto").
create function wa.lowered_class(p_class text, p_denial text, p_before text, p_plain_after text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when wa.normalized_text(substring(p_before from '[^.!?\n]*$')) || ' @ ' || ltrim(p_plain_after)
      !~ p_denial then p_class
    when p_class = 'BLOCK' then 'WARN'
  end;
$$;

-- The words of a text that became p_starts to p_ends of the normalised one, as they were typed, but
-- for the marks around them.
create function wa.phrase_of(p_text text, p_starts integer, p_ends integer)
returns table (starts_at integer, phrase text)
language sql immutable parallel safe
set search_path = ''
as $$
  select w.starts, btrim(substr(p_text, w.starts, w.ends - w.starts), ' .,;:!?¡¿"«»()*_~')
  from (
    select
      regexp_instr(p_text, '\S+', 1, wa.word_reaching(p_text, p_starts), 0) as starts,
      regexp_instr(p_text, '\S+', 1, wa.word_reaching(p_text, p_ends - 1), 1) as ends
  ) w;
$$;

-- The first word with which the normalised text is so long.
create function wa.word_reaching(p_text text, p_length integer)
returns integer
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  low integer := 1;
  high integer := greatest(regexp_count(p_text, '\S+'), 1);
  middle integer;
begin
  while low < high loop
    middle := (low + high) / 2;
    if length(wa.normalized_text(left(p_text, regexp_instr(p_text, '\S+', 1, middle, 1) - 1)))
        >= p_length then
      high := middle;
    else
      low := middle + 1;
    end if;
  end loop;
  return low;
end $$;

-- A rule's patterns as one expression over normalised text, and the denials that it heeds.
create function wa.content_expressions()
returns table (
  rule text, class text, article text, expression text, denial text, keys text[])
language sql stable
set search_path = ''
as $$
  select r.rule, r.class, min(r.article), wa.any_of(array_agg(wa.content_expression(r.pattern))),
    coalesce('(?:^| )(?:' || (
      select string_agg(wa.content_expression(d.pattern), '|' order by d.pattern collate "C")
      from wa.content_rules d
      where d.class = 'DENIAL' and d.rule in (r.rule, 'any')
    ) || ')(?: |$)', 'a\Mb'),
    array(
      select distinct k
      from unnest(array_agg(r.pattern)) pattern, wa.telling_keys(pattern) k)
  from wa.content_rules r
  where r.class in ('BLOCK', 'WARN')
  group by r.rule, r.class;
$$;

create function wa.content_expression_of(p_class text)
returns text
language sql stable
set search_path = ''
as $$
  select wa.any_of(array_agg(wa.content_expression(r.pattern)))
  from wa.content_rules r
  where r.class = p_class;
$$;

-- The shortest match of any of them: {1,1}? asks for it.
create function wa.any_of(p_expressions text[])
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select '(?:\m(?:' || coalesce(array_to_string(p_expressions, '|'), 'a\Mb') || ')\M){1,1}?';
$$;

-- A pattern as a regular expression. Between two words the blank may be missing, as it is where
-- somebody wrote every letter apart.
create function wa.content_expression(p_pattern text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select replace(replace(replace(replace(
      regexp_replace(wa.plain_pattern(p_pattern), '([a-z?)>]) (?=[a-z(<])', '\1 ?', 'g'),
      '<votar>', wa.forms_of_votar()),
      '(', '(?:'), '*', '[a-z0-9]*'), '~', '(?: [a-z0-9_]+){0,6} ');
$$;

-- In the letters of a normalised text; ~ for the six words.
create function wa.plain_pattern(p_pattern text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select wa.without_repeats(lower(
    regexp_replace(normalize(replace(p_pattern, ' … ', '~'), nfkd), '[\u0300-\u036f]', '', 'g')
    collate "C"));
$$;

-- Words without one of which a pattern fits nothing; of a word* its first four letters and the *.
-- They are of the word or the brackets that tell most: the longer the shortest of them the better,
-- and none that every campaign writes.
create function wa.telling_keys(p_pattern text)
returns setof text
language sql immutable parallel safe
set search_path = ''
as $$
  with part as (
    select p.hit[1] as part, p.nth
    from regexp_matches(
      regexp_replace(wa.plain_pattern(p_pattern), '\((?:[^()]|\([^()]*\))*\)\?', '', 'g'),
      '(\((?:[^()]|\([^()]*\))*\)|[^ ()~]+)', 'g') with ordinality p(hit, nth)
  ),
  key as (
    select p.part, p.nth, (
        select word
        from regexp_split_to_table(way, '[^a-z<>*]+') word
        order by length(word) desc
        limit 1) as word
    from part p, unnest(string_to_array(p.part, '|')) way
  )
  select distinct case when k.word like '%*' then left(k.word, 4) || '*' else k.word end
  from key k
  where k.nth = (
    select x.nth
    from key x
    group by x.nth, x.part
    order by x.part ~ '<votar>|\m(vota|voto|votar)\M|casilla|^\(te\|', min(length(x.word)) desc,
      x.nth
    limit 1);
$$;

-- The words of four letters or more in patterns of class BLOCK, to be compared by "like".
create function wa.block_words()
returns text[]
language sql stable
set search_path = ''
as $$
  select array_agg(distinct replace(w.hit[1], '*', '%'))
  from wa.content_rules r,
    regexp_matches(
      replace(wa.plain_pattern(r.pattern), '<votar>', wa.forms_of_votar()),
      '[a-z]{4,}\*?', 'g') w(hit)
  where r.class = 'BLOCK';
$$;

-- Written out: a voter's name may be Votante, and no word of a pattern.
create function wa.forms_of_votar()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select '(voto|votos|votar|vota|votas|votan|vote|votes|voten|votaste|votaron|votando|votamos'
    '|votemos|votaras|votaran|votado|votacion)';
$$;

-- 30_rules/content_disguises.sql

-- Letters under any disguise. The inside of a [] says characters by their codes, because \w and
-- [[:alpha:]] mean something else under each collation.

create function wa.normalized_text(p_text text)
returns text
language sql immutable strict parallel safe
set search_path = ''
as $$
  select r.plain from wa.read_text(p_text) r;
$$;
comment on function wa.normalized_text(text) is
  'A text as the patterns of the lexicon read it.';

-- Small ASCII letters and digits, one blank between words. Off come: accents and other styles of a
-- letter (Unicode's compatibility forms), letters of other scripts that look like ours, invisible
-- characters, marks inside a word, blanks between single letters, digits for letters, and letters
-- that are repeated. joined: words may have become one.
create function wa.read_text(p_text text, out plain text, out joined boolean)
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  -- The flag ends a word; it spells none.
  t text := lower(normalize(replace(p_text, '🇲🇽', ' '), nfkd) collate "C");
begin
  joined := false;
  if octet_length(t) <> length(t) then
    t := lower(translate(
      regexp_replace(t, '[\u0300-\u036f' || wa.unseen() || ']+', '', 'g'),
      wa.lookalikes(), wa.looked_like()) collate "C");
  end if;
  if t ~ '[a-z0-9][-_*~''’`·•^]+[a-z0-9]' then
    joined := true;
    t := regexp_replace(t, '([a-z0-9])[-_*~''’`·•^]+(?=[a-z0-9])', '\1', 'g');
  end if;
  -- v o t o, v.o.t.o, v 🎁 o 🎁 t 🎁 o; two blanks keep two words apart.
  if t ~ '\m[a-z0][^a-z0-9]+[a-z0][^a-z0-9]+[a-z0]\M' then
    joined := true;
    t := regexp_replace(
      t, '\m([a-z0])(?:[^a-z0-9]|[^a-z0-9]*[^a-z0-9 ][^a-z0-9]*)(?=[a-z0]\M)', '\1', 'g');
  end if;
  if t ~ '[a-z][0-9$@]|[0-9$@][a-z]' then
    t := wa.without_digits_in_words(t);
  end if;
  plain := btrim(regexp_replace(wa.without_repeats(t), '[^a-z0-9]+', ' ', 'g'));
end $$;

-- Two digits and more are a number, and only stand too close: 500pesos, x500.
create function wa.without_digits_in_words(p_text text)
returns text
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  t text := regexp_replace(
    regexp_replace(p_text, '([0-9]{2})(?=[a-z])', '\1 ', 'g'), '([a-z])(?=[0-9]{2})', '\1 ', 'g');
  sign text[];
begin
  foreach sign slice 1 in array
    '{{0,o},{1,i},{3,e},{4,a},{5,s},{7,t},{8,b},{9,g},{$,s},{@,a}}'::text[]
  loop
    t := regexp_replace(
      t, format('(?<=[a-z])[%s]|[%1$s](?=[a-z])', sign[1]), sign[2], 'g');
  end loop;
  return t;
end $$;

-- One of each, but for the pairs that Spanish words have.
create function wa.without_repeats(p_text text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when p_text ~ 'aa|bb|dd|ee|ff|gg|hh|ii|jj|kk|mm|oo|pp|qq|ss|tt|uu|vv|ww|xx|yy|zz'
        '|ccc|lll|nnn|rrr' then
      regexp_replace(
        regexp_replace(p_text, '([abd-kmo-qs-z])\1+', '\1', 'g'), '([clnr])\1\1+', '\1', 'g')
    else p_text
  end;
$$;

-- The inside of [] for Unicode's default ignorable characters.
create function wa.unseen()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select '\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e'
    '\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff';
$$;

-- Of Cyrillic, Greek and phonetic letters those that look like a Latin one, and letters in squares
-- and circles: character by character what wa.looked_like() spells.
create function wa.lookalikes()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select 'авекмнорстухіјѕԁӏԛѵАВЕКМНОРСТУХІЈЅαβεικνορτυχγηΑΒΕΖΗ'
    'ΙΚΜΝΟΡΤΥΧıłøđħɑɡᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘᴛᴜᴠᴡʏᴢꜱ🇦🇧🇨🇩🇪🇫🇬🇭🇮🇯🇰🇱🇲🇳'
    '🇴🇵🇶🇷🇸🇹🇺🇻🇼🇽🇾🇿🅐🅑🅒🅓🅔🅕🅖🅗🅘🅙🅚🅛🅜🅝🅞🅟🅠🅡🅢🅣🅤🅥🅦🅧🅨🅩🅰🅱🅲🅳🅴🅵🅶🅷🅸🅹🅺🅻🅼🅽'
    '🅾🅿🆀🆁🆂🆃🆄🆅🆆🆇🆈🆉';
$$;

create function wa.looked_like()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select 'abekmhopctyxijsdlqvabekmhopctyxijsabeiknoptuxynabezh'
    'ikmnoptyxilodhagabcdeghijklmnoptuvwyzsabcdefghijklmn'
    'opqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmn'
    'opqrstuvwxyz';
$$;

-- 30_rules/content_lexicon.sql

-- What a campaign may not write, and what a second person should read first. Counsel may change it
-- without a deploy: wa.content_amendments adds rows to those below, or takes one of them out.
--
-- A pattern is words in small letters, without accents if you like: (a|b) either, (a )? perhaps,
-- word* any ending, <votar> its forms, … up to six words (not inside brackets).
--   BLOCK, WARN  found. rule: its name in every answer; article: the law behind it
--   HARMLESS     struck out before anything is looked for, so without …
--   DENIAL       with @ where the phrase stands: lowers it by one class; rule: whose phrase, or any

create view wa.shipped_content_rules as
  select *
  from (values
    -- A benefit for the vote, whoever offers it.
    ('exchange', 'BLOCK', 'LGMDE art. 7 fr. VII; LGIPE art. 209.5',
      'a cambio (de|del) (tu |su |tus |sus |los |el |que )?(<votar>|emitir)'),
    ('exchange', 'BLOCK', null,
      '(te|le|les) (pago|pagamos|pagaremos|pagan|deposito|depositamos|depositaremos|regalo'
      '|regalamos|regalaremos|obsequiamos|transferimos|compramos|compro|doy|damos|daremos) … '
      '<votar>'),
    ('exchange', 'BLOCK', null,
      '(te|le|les|lo|la|los|las) (dan|entregamos|mandamos|ofrezco|ofrecemos'
      '|ponemos|apoyamos con|toca|tocan) … (por|x|si) (cada |tu |su |tus |sus |el |nos )?<votar>'),
    ('exchange', 'BLOCK', null,
      '(por|x) (cada |tu |su |tus |sus |el )?<votar> … (te|le|les) (llevas|lleva|toca|tocan|pago'
      '|pagamos|damos|doy|daremos|regalamos|entregamos|depositamos|corresponde)'),
    ('exchange', 'BLOCK', null,
      '(por|x) (cada |tu |su |tus |sus |el )?(voto|votos|votar) … (despensa*|tinaco*|lamina*|vale'
      '|vales|recarga*|monedero*|tarjeta*|cemento|pesos|dinero|efectivo|celular*)'),
    ('exchange', 'BLOCK', null,
      '(dinero|efectivo|recompensa|pesos|despensa*|tinaco*|lamina*|vale|vales|recarga*|monedero*'
      '|tarjeta*|celular*|premio*|regalo*) … (por|x) (emitir )?(tu |su |cada )?(voto|votos|votar)'),
    ('exchange', 'BLOCK', null,
      '(hay|habra|dinero|efectivo|pesos|vale|vales|despensa*|regalo*|recompensa|premio*|gratis) … '
      '(para|por|a) (quien|quienes|los que|todo el que|todos los que|el que) (<votar>)'),
    ('exchange', 'BLOCK', null,
      '(vota|vote|voten|votas|votando) y (gana|gane|ganen|ganate|ganas|participa en)'),
    ('exchange', 'BLOCK', null,
      '(vota|vote|voten|votas|votando|votar) … y (recibe|reciba|reciban|recibes|llevate|llevese'
      '|cobra|te llevas|te ganas|ganate|ganese|obten)'),
    ('exchange', 'BLOCK', null,
      '<votar> … y (te|le|les) (condonamos|condono|condonan|condonaremos|perdonamos|perdonan)'),
    ('exchange', 'BLOCK', null,
      '(vota|vote|voten|votas|votar) … (te|les|le) (pago|pagamos|doy|damos|daremos|regalamos'
      '|depositamos|entregamos|toca)'),
    ('exchange', 'BLOCK', null,
      'si (vota|votas|votan|votes)( por (el|ella|nosotros|mi))? … (regalamos|regalo|pagamos|pago'
      '|depositamos|damos|daremos)'),
    ('exchange', 'BLOCK', null,
      '(compro|compramos|vendeme|vendenos|vendame|vendanos|pago|pagamos) (tu |su |tus |sus |el '
      '|los )?(voto|votos)'),
    ('exchange', 'BLOCK', null,
      '(voto|votos) (te |se )?(lo|los) (pago|pagamos|compro|compramos|paga)'),
    ('exchange', 'BLOCK', null,
      '(apoyo|apoyas|apoyes) en (las urnas|la casilla|la eleccion) … (regalo|regalamos|regalaremos'
      '|pago|pagamos|damos|doy|depositamos)'),
    -- Goods that are being handed out.
    ('handout', 'BLOCK', 'LGIPE art. 209.5',
      '(recoge|recoja|recojan|recoger|recojas|reclama|retira) (tu|su|tus|sus|la|las|el|los|un|una) '
      '(despensa*|tarjeta|tarjetas|tinaco*|apoyo|apoyos|vale|vales|lamina*|monedero*|regalo*'
      '|cemento|recarga*|pollo*)'),
    ('handout', 'BLOCK', null,
      '(ven|vengan|venga|pasa|pase|pasen|acude|acuda) por (tu|su|tus|sus|la|las|el|los|una|un) '
      '(despensa*|tarjeta|tarjetas|tinaco*|apoyo|apoyos|vale|vales|lamina*|monedero*|regalo*)'),
    ('handout', 'BLOCK', null,
      '(despensa*|tarjeta|tarjetas|tinaco*|vale|vales|lamina*|monedero*|regalo*) … (recogerla'
      '|recogerlas|recogerlo|recogerlos|te espera|te esperan)'),
    -- Something is lost for not voting or not coming.
    ('threat', 'BLOCK', 'LGMDE arts. 7 fr. VII y 7 Bis',
      'si no (nos )?(vota|votas|votan|votes|voten|va|vas|van|vienes|vienen|asiste|asistes|asisten'
      '|apoya|apoyas|apoyan|participa|participas|participan|lleva|llevas|llevan|acreditas'
      '|compruebas|sales|salen) … (perdera*|perderas|pierde*|pierdes|quita*|quitamos|quitan|damos '
      'de baja|dan de baja|daremos de baja|corre|corren|corremos|consecuencia*|descuent*'
      '|descontamos|sacamos|cancel*|suspend*|despid*|despedimos|reprob*)'),
    ('threat', 'BLOCK', null,
      '(vota|vote|voten|votas|votan|apoya|apoyanos|apoyas|asiste|asistes|ven) … o (te|le|les|los'
      '|las) (quita*|damos de baja|dan de baja|corre|corremos|corren|saca|sacamos|sacan|cancel*'
      '|descuent*|despid*)'),
    ('threat', 'BLOCK', null,
      '(vota|vote|voten|votas|votan|apoya|apoyanos|apoyas|asiste|asistes) … o (perdera*|pierde*)'),
    ('threat', 'BLOCK', null,
      '(el que|la que|los que|quien|quienes|todo el que) no (<votar>|asist*|apoy*|vaya|vayan|venga'
      '|vengan) … '
      '(pierde*|perdera*|queda* fuera|queda* sin|no (recibe|recibira|reciben|recibiran)'
      '|corre|corren|corremos|descuent*|consecuencia*)'),
    ('threat', 'BLOCK', null,
      '(te|le|les|os) (vamos a quitar|van a quitar|vamos a dar de baja|van a dar de baja) … si '
      '(gana|ganan|pierde|perdemos|no ganamos)'),
    ('threat', 'BLOCK', null,
      '(perdera*|pierde*|te quitamos|te quitan|te damos de baja) … si no (nos )?(<votar>|apoy*'
      '|asist*|vas|van|vienes)'),
    -- Somebody will know how you voted; prove it.
    ('secrecy', 'BLOCK', 'LGMDE art. 7 frs. VII y XVI',
      '(sabremos|sabemos|vamos a saber|podemos saber|podremos saber|manera de saber|forma de saber'
      '|como saber|nos enteraremos|vamos a enterar|vamos a ver|veremos) (por|x) quien (<votar>'
      '|vas a votar)'),
    ('proof', 'BLOCK', 'LGMDE art. 7 fr. VIII',
      '(foto|fotos|fotografia|fotografias|captura|capturas|selfie|video|imagen|evidencia) (de|del'
      '|a|con|al) (tu |su |tus |sus |la |las |el |una )?(boleta*|voto|votos|papeleta*)'),
    ('proof', 'BLOCK', null, '(comprueba|acredita|demuestra|prueba) que (ya )?<votar>'),
    -- Voting cards are collected.
    ('credential', 'BLOCK', 'LGMDE art. 7 fr. V',
      '(foto|fotos|copia|copias|fotocopia|captura|escaneo) (de|a|por los dos lados de) (tu|su|la '
      'credencial|tus|sus) (ine|credencial*)'),
    ('credential', 'BLOCK', null,
      '(entrega|entregue|entreguen|entreganos|entregame|entreguenos|presta|prestanos|prestame'
      '|dejanos|dejame|danos|dame|mandanos|mandame|enviame|envianos|pasame|pasanos) (tu|su|la|tus'
      '|sus) (ine|credencial*|clave de elector)'),
    ('credential', 'BLOCK', null,
      '(compro|compramos|recogemos|juntamos|recolectamos|recojo|guardamos) (tu |su |tus |sus |la '
      '|las )?(ine|ines|credencial*)'),
    -- Voters are driven to the polls.
    ('transport', 'BLOCK', 'LGMDE art. 7 fr. X',
      '(te|le|les|los|las|lo|la) (llevo|llevamos|llevaremos|llevan|trasladamos|acercamos'
      '|recogemos) … (votar|casilla|casillas|urna|urnas)'),
    ('transport', 'BLOCK', null,
      '(paso|pasamos|pasaremos|pasan|vamos) por (ti|usted|ustedes|tu familia)( y (por )?(tu|su) '
      '(familia|gente|casa))? … (votar|casilla'
      '|casillas|urnas)'),
    ('transport', 'BLOCK', null, 'llevart* … (votar|casilla|casillas)'),
    ('transport', 'BLOCK', null,
      '(transporte|transporta*|camion|camiones|combi|combis|taxi|taxis|camioneta*|aventon|autobus*'
      '|uber) … (a|para|hasta|hacia) (ir a |que vayas a |que vayan a |ir )?(votar|la casilla|tu '
      'casilla|las casillas|las urnas)'),

    -- Money beside a vote: whose, only a reader can tell.
    ('money', 'WARN', 'LGMDE art. 7 fr. VII; LGIPE art. 209.5',
      '(voto|votos) … (pesos|varos|efectivo)'),
    ('money', 'WARN', null, '(pesos|varos|efectivo) … (vota|vote|voten|votas|voto|votos)'),

    ('goods', 'WARN', 'LGIPE art. 209.5',
      '(despensa|despensas|tinaco|tinacos|lamina|laminas|cemento|monedero|monederos|regalo|regalos'
      '|obsequio|obsequios|electrodomestico|electrodomesticos|cobija|cobijas)'),
    ('goods', 'WARN', null,
      '(un|el|los|tu|su|tus|sus|unos|con|canjea|reparto de|entrega de) (vale|vales)'),
    ('goods', 'WARN', null, '(vale|vales) (de|por) … (pesos|despensa*|gas|comida)'),
    ('card', 'WARN', 'LGIPE art. 209.5', '(tarjeta|tarjetas)'),
    ('programme', 'WARN', 'LGMDE arts. 7 fr. VII y 7 Bis; LGIPE art. 209.5',
      '(beca|becas|pension|pensiones|programa social|programas sociales)'),
    ('programme', 'WARN', null,
      '(apoyo|apoyos) (economico*|bimestral*|mensual*|social|sociales|del gobierno|de gobierno'
      '|del programa|del bienestar|alimentario*|en efectivo|en especie)'),
    ('programme', 'WARN', null,
      '(programa|programas|secretaria|delegacion|modulo|modulos|banco|servidor|servidores|tarjeta'
      '|servidora|servidoras) (de |del |para el |de la )?bienestar'),
    ('raffle', 'WARN', 'LGIPE art. 209.5',
      '(rifa|rifas|rifamos|rifaremos|sorteo|sorteos|sorteamos|tombola|loteria)'),
    ('poll', 'WARN', 'LGIPE arts. 213 y 251.6; LGMDE art. 7 fr. XV',
      '(encuesta|encuestas|sondeo|sondeos|puntos arriba|puntos de ventaja|puntos adelante|conteo '
      'rapido|intencion de voto|preferencias electorales)'),
    ('religion', 'WARN', 'LGPP art. 25.1.p; LGIPE art. 394.1.h',
      '(dios|diosito|jesucristo|cristo|virgencita|la virgen|virgen (de|del|morena|santisima)'
      '|san judas|santo nino|divino nino|espiritu santo|santisim*|bendicion|bendiciones|bendiga'
      '|milagro|parroquia|parroco|sacerdote|obispo|iglesia|iglesias|catolico|catolica|catolicos'
      '|catolicas|evangelico|evangelicos|biblia|evangelio|oremos|recemos|rezamos|encomend*)'),
    ('crime', 'WARN', 'LGIPE arts. 247.2 y 471.2',
      '(ratero|rateros|ratera|rateras|rata|ratas|corrupto|corruptos|corrupta|corruptas|narco|narcos'
      '|narcot*|narcoc*|narcop*|narcog*|narcoe*|asesino|asesinos|asesina|asesinas|delincuente'
      '|delincuentes|criminal|criminales|ladron|ladrones|ladrona|secuestrador*|robaron|saquearon'
      '|saqueador*|violador|violadores|mafioso|mafiosos|lavado de dinero)'),
    ('insult', 'WARN', 'LGIPE art. 442 Bis',
      '(titere|marioneta|puta|putas|prostituta|zorra|perra|lagartona|marimacha|histerica|mantenida'
      '|gata|vieja (ridicula|loca|chismosa|fea|gorda)|(pinche|esa|pobre) vieja'
      '|a la cocina|a lavar (trastes|platos)|mandad* por su marido|mujercita)'),
    ('suppress', 'WARN', 'LGMDE arts. 7 fr. XVI y 9 fr. V',
      'no (vayas|vaya|vayan|salgas|salga|salgan|acudas) a (votar|las urnas|la casilla|tu casilla)'),
    ('suppress', 'WARN', null,
      '(cancel*|cerr*|suspend*|se cambio|cambio|cambiaron|movieron|reubic*) … (casilla|casillas'
      '|eleccion|elecciones|votacion)'),
    ('suppress', 'WARN', null,
      '(casilla|casillas|eleccion|elecciones|votacion) (no fue abierta|no abre|no abrio|no abrira'
      '|no se instal*|se cancel*|se suspend*|fue cancel*|fue suspend*|cambio de|esta cerrada)'),
    ('suppress', 'WARN', null,
      '(la eleccion|las elecciones) (es|son|sera|seran) (el )?(lunes|martes'
      '|miercoles|jueves|viernes|sabado)'),
    ('suppress', 'WARN', null, '(quedate|quedense) en (tu )?casa'),

    ('harmless', 'HARMLESS', null,
      '(doy|damos) (las |mil |muchas |la |toda la |los |dos |tres |cuatro |cinco |seis |siete '
      '|diez |varias |algunas |mas )?(gracias|bienvenida|informacion|ubicacion|direccion|datos'
      '|razones|motivos|opciones)'),
    ('harmless', 'HARMLESS', null, '(doy|damos) (mi|nuestra) palabra'),
    ('harmless', 'HARMLESS', null, '(doy|damos) a conocer'),
    ('harmless', 'HARMLESS', null, 'regalo (una|esta) (idea|reflexion|frase)'),
    ('harmless', 'HARMLESS', null,
      'y recibe (nuestras propuestas|las propuestas|nuestra informacion|informacion|noticias'
      '|nuestras noticias)'),
    ('harmless', 'HARMLESS', null, 'pierde (mexico|el pais|tu pais|la democracia)'),
    ('harmless', 'HARMLESS', null, 'voto de confianza'),
    ('harmless', 'HARMLESS', null, 'tarjetas? (de presentacion|amarilla|roja)'),
    -- Who says "if they offer you" speaks of others.
    ('harmless', 'HARMLESS', null,
      'si (alguien |un partido )?(te|le|les) (ofrece|ofrecen|ofrecieron|ofrecieran|dan) (dinero'
      '|despensas?|regalos?|algo|efectivo)'),

    ('any', 'DENIAL', null,
      '(denuncia|denuncie|denuncien|denunciar|denuncialo|delito|ilegal|prohibido|prohibida|mentira'
      '|falso|rechaza|rechacemos|nadie|ningun|ninguno|ninguna|combatir|combatamos|evita) … @'),
    ('any', 'DENIAL', null,
      'no (le |te |les |se |lo )?(permitas|permitan|aceptes|acepten|dejes|vendas|vendan|cambies'
      '|entregues|des|den|prestes|mandes|envies|tomes|tome|creas|compartas|recibas|es cierto que'
      '|es verdad que|pueden|puede|condicion*) … @'),
    ('any', 'DENIAL', null,
      '(te|le|les) (dice|dicen|dijo|dijeron|pide|pidan|piden|pidieron|ofrece|ofrecen|ofrecieron'
      '|amenaza|amenazan|exige|exigen|quieren hacer creer) … @'),
    ('any', 'DENIAL', null,
      '@ … (denuncia|denuncialo|denunciala|denuncialos|denuncie|delito|ilegal|no es cierto|mentira'
      '|falso|fisel|fepade|no caigas|no te dejes)'),
    ('programme', 'DENIAL', null,
      '(cuando (gobierne|gobernemos|sea|seamos|gane|ganemos|llegue|lleguemos)|si (gano|ganamos)'
      '|propongo|proponemos|propone|propuesta|propuestas|compromiso|en (mi|nuestro) gobierno'
      '|voy a|vamos a|ampliar|ampliaremos|crear|crearemos|duplicar|habra|impulsar*) … @'),
    ('programme', 'DENIAL', null,
      '@ … (nadie|es tu derecho|es un derecho|son un derecho|son derechos|constitucion|se quedan'
      '|seguiran|gane quien gane)'),
    ('goods', 'DENIAL', null, 'no (es|son) (un |unos )?@'),
    ('religion', 'DENIAL', null,
      '(hola|colonia|col|calle|avenida|av|barrio|fraccionamiento|esquina|parque|escuela|hospital) '
      '@')
  ) shipped (rule, class, article, pattern);
comment on view wa.shipped_content_rules is
  'The lexicon as it is delivered, after the reading of the law in docs/decisions/0021.';

-- Brackets that match, no … inside them or in what is struck out unseen, and @ in a denial alone.
create function wa.is_content_pattern(p_pattern text, p_class text)
returns boolean
language sql immutable
set search_path = ''
as $$
  select p_class = 'OFF'
    or p_pattern ~ '^([a-zñáéíóúü ()|?*@…]|<votar>)+$'
      and p_pattern ~ '^[^ …*?|)].*[^ …(|]$'
      and (p_pattern ~ '@') = (p_class = 'DENIAL')
      and not (p_class = 'HARMLESS' and p_pattern ~ '…')
      and p_pattern !~ '\([^)]*…|…[^ ]|[^ ]…|  |\|\)|\(\||\|\||\(\)'
      and regexp_replace(p_pattern, '\(([^()]|\([^()]*\))*\)', '', 'g') !~ '[()|]';
$$;

create table wa.content_amendments (
  rule text not null check (rule ~ '^[a-z_]+$'),
  class text not null check (class in ('BLOCK', 'WARN', 'HARMLESS', 'DENIAL', 'OFF')),
  article text,
  pattern text not null check (wa.is_content_pattern(pattern, class)),
  note text not null,
  added_at timestamptz not null default now(),
  primary key (rule, pattern)
);
comment on table wa.content_amendments is
  'What counsel adds to the lexicon, or takes out of it: it holds from the next judgement on.';
comment on column wa.content_amendments.class is
  'OFF takes the delivered row of this rule with exactly this pattern out.';
comment on column wa.content_amendments.note is 'Why, and on whose word.';
revoke all on wa.content_amendments from public, anon, authenticated, service_role;

create view wa.content_rules as
  select a.rule, a.class, a.article, a.pattern
  from wa.content_amendments a
  where a.class <> 'OFF'
  union
  select s.rule, s.class, s.article, s.pattern
  from wa.shipped_content_rules s
  where not exists (
    select
    from wa.content_amendments a
    where a.rule = s.rule and a.pattern = s.pattern);
comment on view wa.content_rules is 'The lexicon as it holds now.';
revoke all on wa.shipped_content_rules, wa.content_rules
  from public, anon, authenticated, service_role;

create table wa.content_lexicons (
  version text primary key,
  rules jsonb not null,
  first_used_at timestamptz not null default now()
);
comment on table wa.content_lexicons is
  'Every lexicon that has judged a job, so that what was found, and what was not, can be shown '
  'again.';
revoke all on wa.content_lexicons from public, anon, authenticated, service_role;

-- The version of the lexicon that holds now, kept with all its rows. For whoever writes down what a
-- judgement found.
create function wa.keep_content_lexicon()
returns text
language plpgsql
set search_path = ''
as $$
declare
  lexicon jsonb := wa.content_lexicon();
  hash text := encode(sha256(convert_to(lexicon::text, 'UTF8')), 'hex');
begin
  if not exists (select from wa.content_lexicons l where l.version = hash) then
    insert into wa.content_lexicons (version, rules)
    values (hash, lexicon)
    on conflict do nothing;
  end if;
  return hash;
end $$;
comment on function wa.keep_content_lexicon() is
  'SHA-256 of the lexicon, whose rows it keeps in wa.content_lexicons.';

create function wa.content_lexicon()
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_agg(
    to_jsonb(r) order by r.class collate "C", r.rule collate "C", r.pattern collate "C")
  from wa.content_rules r;
$$;

-- 30_rules/content_messages.sql

-- What wa.content_findings says of whole messages: of a template, and of every rendering of a job.

-- A template as the voter will read it, from header to buttons. p_params: as wa_send_queue keeps
-- them; a variable without one is read as a word that says
-- nothing.
create function wa.content_findings_of_template(
  p_template public.wa_templates, p_params jsonb default '{}')
returns table (field text, class text, phrase text, article text, rule text)
language sql stable
set search_path = ''
as $$
  select m.field, m.class, m.phrase, m.article, m.rule
  from wa.content_findings_of_messages(p_template, array[p_params]) m
  order by m.class, m.field, m.phrase, m.rule;
$$;
comment on function wa.content_findings_of_template(public.wa_templates, jsonb) is
  'What in a template''s own words may buy or coerce votes, or needs a second look.';

-- What is in every message of a job (no position), and what is in some because of their voters'
-- values (position of the first in the job, and how many).
-- Renderings differ only by voters' values, and a value adds to a BLOCK only if it holds a word of
-- one: a suspect. So the job's own words are judged once, each different word of the voters' values
-- is read once, and the few renderings with a suspect are judged in full. In a voter's
-- value what only warns is a name (Virgen, Iglesias): it is not looked for.
create function wa.content_findings_of_job(p_job public.communications)
returns table (
  field text, class text, phrase text, article text, rule text, "position" integer,
  messages bigint)
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
  personalization jsonb := coalesce(p_job.metadata -> 'personalization', '{}');
  campaign jsonb := wa.campaign_fields(p_job.campaign_id);
begin
  select * into template from public.wa_templates t where t.id = p_job.template_id;
  return query
  with own as materialized (
    select f.*
    from wa.content_findings_of_template(
      template, wa.params_for_nobody(personalization, campaign)) f
  ),
  suspect as materialized (
    select s.*, row_number() over (order by s.first_position) as n
    from wa.suspect_messages(p_job.job_id, template, personalization, campaign) s
  )
  select o.*, null::integer, null::bigint
  from own o
  union all
  select m.field, m.class, m.phrase, m.article, m.rule, min(s.first_position),
    sum(s.messages)::bigint
  from wa.content_findings_of_messages(
    template, array(select s.params from suspect s order by s.n)) m
  join suspect s on s.n = m.message_no
  where m.class = 'BLOCK'
    and (m.field, m.phrase, m.rule) not in (select o.field, o.phrase, o.rule from own o)
  group by m.field, m.class, m.phrase, m.article, m.rule
  order by 2, 6 nulls first, 1, 3;
end $$;
comment on function wa.content_findings_of_job(public.communications) is
  'What in the messages of a job, whose rows exist, may buy or coerce votes, or needs a second '
  'look.';

-- The different sets of values in a job's rows that may add to a BLOCK. The rows are new, so that
-- the planner takes them for a few and would sort them: 100,000 are hashed in half the time.
create function wa.suspect_messages(
  p_job_id uuid, p_template public.wa_templates, p_personalization jsonb, p_campaign jsonb)
returns table (params jsonb, first_position integer, messages bigint)
language plpgsql stable
set search_path = ''
set enable_sort = off
as $$
declare
  item record;
  suspects text[];
  positions integer[] := '{}';
begin
  for item in
    select v.name, v.own_words,
      wa.is_beside_letters(v.name, p_template, p_personalization) as beside
    from wa.varying_values(p_personalization, p_campaign) v
  loop
    suspects := wa.suspect_values(array(
      select distinct q.template_params ->> item.name
      from public.wa_send_queue q
      where q.job_id = p_job_id and q.skip_reason is null), item.own_words, item.beside);
    continue when suspects = '{}';
    positions := positions || array(
      select q.position
      from public.wa_send_queue q
      where q.job_id = p_job_id
        and q.skip_reason is null
        and q.template_params ->> item.name = any (suspects));
  end loop;
  return query
  select q.template_params, min(q.position), count(*)
  from public.wa_send_queue q
  where q.job_id = p_job_id and q.position = any (positions)
  group by q.template_params;
end $$;

-- Names have few words between them, so that each word is read once: a value is a suspect if one of
-- its words is one of a BLOCK's, or if it has three letters that stand alone; p_beside: one such
-- letter, for there are others beside the value.
create function wa.suspect_values(p_values text[], p_own_words text[], p_beside boolean)
returns text[]
language plpgsql stable
set search_path = ''
as $$
declare
  block_words text[] := wa.block_words();
  suspect_words text[];
begin
  suspect_words := array(
    select w.word
    from (
      select distinct word
      from unnest(p_values) v(value), string_to_table(v.value, ' ') word
    ) w
    where w.word <> all (p_own_words)
      and exists (
        select
        from string_to_table(wa.normalized_text(w.word), ' ') x
        where x like any (block_words)));
  return array(
    select v.value
    from unnest(p_values) v(value)
    where ' ' || v.value || ' ' like case when p_beside then '% _ %' else '% _ _ _ %' end
      or (suspect_words <> '{}' and string_to_array(v.value, ' ') && suspect_words));
end $$;

-- The values that differ from voter to voter, and the words around them that do not.
create function wa.varying_values(p_personalization jsonb, p_campaign jsonb)
returns table (name text, own_words text[])
language sql immutable
set search_path = ''
as $$
  select p.key, array(
      select word
      from string_to_table(
        wa.fill(
          regexp_replace(p.value, '\{\{\s*voter\.[a-z_]+\s*\}\}', E'\x01', 'g'), '{}', p_campaign),
        ' ') word
      where strpos(word, E'\x01') = 0)
  from jsonb_each_text(p_personalization) p
  where p.value ~ '\{\{\s*voter\.';
$$;

-- Whether a value touches letters of the template, or of its own pattern, so that it may end a word
-- that they begin, or begin one; marks between the two are read as nothing.
create function wa.is_glued(
  p_name text, p_template public.wa_templates, p_personalization jsonb)
returns boolean
language sql immutable
set search_path = ''
as $$
  select coalesce(bool_or(
    t.value ~ '[a-z0-9][-_*~''’`·•^]*\{\{|\}\}[-_*~''’`·•^]*[a-z0-9]'), false)
  from wa.surroundings(p_name, p_template, p_personalization) t(value);
$$;

-- Whether it stands beside letters that are written apart, as in v o t {{1}}.
create function wa.is_beside_letters(
  p_name text, p_template public.wa_templates, p_personalization jsonb)
returns boolean
language sql immutable
set search_path = ''
as $$
  select coalesce(bool_or(
    t.value ~ '(?:^|[^a-z0-9])[a-z0][^a-z0-9]+[a-z0][^a-z0-9]+\{\{'
      '|\}\}[^a-z0-9]+[a-z0][^a-z0-9]+[a-z0](?:$|[^a-z0-9])'), false)
  from wa.surroundings(p_name, p_template, p_personalization) t(value);
$$;

-- The texts in which a value stands, its pattern among them, in letters without disguise.
create function wa.surroundings(
  p_name text, p_template public.wa_templates, p_personalization jsonb)
returns setof text
language sql immutable
set search_path = ''
as $$
  select lower(translate(
    regexp_replace(
      normalize(t.value, nfkd), '[\u0300-\u036f' || wa.unseen() || ']+', '', 'g'),
    wa.lookalikes(), wa.looked_like()) collate "C")
  from (
    select x.value
    from wa.texts_of_message(p_template, null) x
    where p_name = any (x.names)
    union all
    select p_personalization ->> p_name
  ) t;
$$;

-- The values of a voter of whom nothing is known but that they have a name.
create function wa.params_for_nobody(p_personalization jsonb, p_campaign jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(p.key, wa.fill(p.value, v.fields, p_campaign)), '{}')
  from jsonb_each_text(p_personalization) p, (
    select jsonb_object_agg(f, wa.nobodys_word()) as fields
    from unnest(wa.voter_fields()) f
  ) v;
$$;

-- A word that stands in no pattern.
create function wa.nobodys_word()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select 'nombre';
$$;

-- Several renderings of one template. A phrase may begin in one part and end in the next: it is
-- found where it begins.
create function wa.content_findings_of_messages(
  p_template public.wa_templates, p_params jsonb[])
returns table (
  message_no bigint, field text, class text, phrase text, article text, rule text)
language sql stable
set search_path = ''
as $$
  with part as materialized (
    select m.ordinality as message_no, t.place, t.field, t.value,
      sum(length(t.value) + 1) over (partition by m.ordinality order by t.place)
        - length(t.value) as starts_at
    from unnest(p_params) with ordinality m(params), wa.texts_of_message(p_template, m.params) t
  ),
  message as (
    select p.message_no, string_agg(p.value, E'\n' order by p.place) as value
    from part p
    group by p.message_no
  )
  select f.text_no, (
      select p.field
      from part p
      where p.message_no = f.text_no and p.starts_at <= f.starts_at
      order by p.starts_at desc
      limit 1),
    f.class, f.phrase, f.article, f.rule
  from wa.content_findings_of_texts(
    array(select m.value from message m order by m.message_no)) f;
$$;

-- The parts of a message in the order in which they are read, with a voter's values in them (null:
-- with the variables as they are) and the names of these values.
create function wa.texts_of_message(p_template public.wa_templates, p_params jsonb)
returns table (place bigint, field text, value text, names text[])
language sql immutable
set search_path = ''
as $$
  select row_number() over (order by t.rank, t.nth), t.field,
    case
      when p_params is null then t.value
      else wa.with_params(t.value, t.names, p_params)
    end, t.names
  from (
    select 1 as rank, 0::bigint as nth, 'template.header_text' as field,
      p_template.header_text as value,
      case
        when p_template.parameter_format = 'named' then wa.variables_of(p_template.header_text)
        else '{header}'
      end as names
    union all
    select 2, 0, 'template.header_media.' || m.key, m.value, '{}'
    from jsonb_each_text(case jsonb_typeof(p_template.header_media)
      when 'object' then p_template.header_media
      else '{}'
    end) m
    where m.key in ('name', 'address', 'filename')
    union all
    select 3, 0, 'template.body_text', p_template.body_text, wa.variables_of(p_template.body_text)
    union all
    select 4, 0, 'template.footer_text', p_template.footer_text, '{}'
    union all
    select 5, b.ordinality, 'template.buttons.' || (b.ordinality - 1), b.value ->> w.key,
      array['button.' || (b.ordinality - 1)]
    from jsonb_array_elements(case jsonb_typeof(p_template.buttons)
      when 'array' then p_template.buttons
      else '[]'
    end) with ordinality b, unnest('{text,url}'::text[]) w(key)
  ) t
  where t.value is not null;
$$;

-- The nth variable of a text is given the value of the nth name, or of the only one.
create function wa.with_params(p_text text, p_names text[], p_params jsonb)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  filled text := '';
  rest text := p_text;
  hit text[];
  n integer := 0;
begin
  loop
    hit := regexp_match(rest, '^(.*?)\{\{[^{}]*\}\}(.*)$');
    exit when hit is null or p_names = '{}';
    n := least(n + 1, cardinality(p_names));
    filled := filled || hit[1] || coalesce(p_params ->> p_names[n], wa.nobodys_word());
    rest := hit[2];
  end loop;
  return filled || rest;
end $$;

-- 30_rules/daily_limit.sql

-- Meta limits how many different people all numbers of a business portfolio may write to in a
-- moving 24 hours (Cloud API docs, "Messaging limits"). The answer to exceeding it is not
-- documented, so it is never exceeded: a fan-out leases only what the limit still allows. Campaigns
-- that share a portfolio share it fairly.

-- Leases of one portfolio happen one after another, so that two do not take the same allowance.
create function wa.lock_allowance(p_sender public.wa_senders, p_campaign_id uuid)
returns bigint
language plpgsql
set search_path = ''
as $$
begin
  if wa.portfolio_limit(p_sender.portfolio_id) is null then
    return null;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('wa_portfolio:' || p_sender.portfolio_id, 0));
  return wa.allowance(p_sender.portfolio_id, p_campaign_id);
end $$;

-- When the daily limit lets the campaign's next message leave, as far as it may know; null = it
-- lets it now, or some are still on their way. When another campaign wrote, it is told to the hour.
create function wa.limited_until(p_sender public.wa_senders, p_campaign_id uuid)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select min(case
      when r.campaign_id = p_campaign_id then r.contacted_at
      else date_trunc('hour', r.contacted_at) + interval '1 hour'
    end) + interval '24 hours 1 minute'
  from public.wa_portfolio_contacts r
  where r.portfolio_id = p_sender.portfolio_id
    and r.contacted_at > now() - interval '24 hours 1 minute'
    and wa.portfolio_limit(p_sender.portfolio_id) is not null
    and wa.allowance(p_sender.portfolio_id, p_campaign_id, p_campaign_id) = 0
    and not exists (
      select
      from wa.portfolio_load(p_sender.portfolio_id) l
      where l.campaign_id = p_campaign_id and l.under_way > 0
    );
$$;

-- What the daily limit gives each campaign of the portfolio that has something to send.
create function wa.portfolio_share(p_sender public.wa_senders, p_campaign_id uuid)
returns bigint
language sql stable
set search_path = ''
as $$
  select wa.portfolio_limit(p_sender.portfolio_id) / (
    select count(*)
    from (
      select l.campaign_id
      from wa.portfolio_load(p_sender.portfolio_id) l
      where l.pending > 0
      union
      select p_campaign_id
    ) c
  );
$$;

-- How many more messages of a campaign may be put under way now; null = no limit. Max-min fair: a
-- campaign that needs less than its equal share leaves the rest to the others. What others used
-- beyond their share before this campaign came is theirs, so what is really left bounds it too.
-- p_reader: see wa.figure_for; what it is told is never more than a lease gives.
create function wa.allowance(p_portfolio_id text, p_campaign_id uuid, p_reader uuid default null)
returns bigint
language sql stable
set search_path = ''
as $$
  with portfolio as (select wa.portfolio_limit(p_portfolio_id) as daily_limit),
  load as materialized (select * from wa.portfolio_load(p_portfolio_id, p_reader)),
  totals as (
    select coalesce(sum(l.used + l.under_way), 0) as taken,
      coalesce(sum(l.used + l.under_way) filter (where l.campaign_id = p_campaign_id), 0) as own
    from load l
  ),
  need as (
    select p.daily_limit as n
    from portfolio p
    union all
    select l.used + l.pending
    from load l
    where l.campaign_id <> p_campaign_id and l.used + l.pending > 0
  ),
  -- The share that fills the limit if nobody gets more than it needs: the largest of these.
  level as (
    select (p.daily_limit - coalesce(
        sum(d.n) over (order by d.n rows between unbounded preceding and 1 preceding), 0))
      / (count(*) over () - row_number() over (order by d.n) + 1) as share
    from need d, portfolio p
  )
  select case
    when p.daily_limit is not null
      then greatest(0, least(floor(max(l.share)) - t.own, p.daily_limit - t.taken))::bigint
  end
  from portfolio p, totals t, level l
  group by p.daily_limit, t.own, t.taken;
$$;

-- One row for each campaign of the portfolio: people contacted in the last 24 hours, messages on
-- their way (a task or a lease, not claimed yet), messages still to come; a paused job asks for no
-- share. The minute on top of the 24 hours: Meta counts a message when it arrives, which is after
-- its claim. p_reader: see wa.figure_for.
create function wa.portfolio_load(p_portfolio_id text, p_reader uuid default null)
returns table (campaign_id uuid, used bigint, under_way bigint, pending bigint)
language sql stable
set search_path = ''
as $$
  with used as (
    select r.campaign_id, count(*) as n
    from public.wa_portfolio_contacts r
    where r.portfolio_id = p_portfolio_id
      and r.contacted_at > now() - interval '24 hours 1 minute'
    group by r.campaign_id
  ),
  open_job as (
    select c.*
    from public.communications c
    join public.wa_senders s on s.id = c.sender_id
    where s.portfolio_id = p_portfolio_id
      and c.status in ('processing', 'paused')
      and c.scheduled_at < now() + interval '2 minutes'
  ),
  pending as (
    select j.campaign_id, sum(j.pending_count) as n
    from open_job j
    where j.status = 'processing'
    group by j.campaign_id
  ),
  under_way as (
    select j.campaign_id, count(*) as n
    from open_job j
    join public.wa_send_queue q on q.job_id = j.job_id
    where q.status = 'queued' and (q.enqueued_at is not null or q.leased_until > now())
    group by j.campaign_id
  )
  select campaign_id,
    wa.figure_for(p_reader, campaign_id, coalesce(u.n, 0)),
    wa.figure_for(p_reader, campaign_id, coalesce(w.n, 0)),
    wa.figure_for(p_reader, campaign_id, greatest(p.n, w.n, 0)::bigint)
  from used u
  full join pending p using (campaign_id)
  full join under_way w using (campaign_id);
$$;

-- A figure of p_owner's as p_reader may be told it: its own as it is, another's rounded up to one
-- significant digit. p_reader null: nobody is told, the machine asks. Each figure is rounded before
-- it enters a sum. Were only the sum rounded, its steps would lie at figures of the others: by
-- varying one's own list one finds where the answer jumps, and from there theirs to the last
-- message.
create function wa.figure_for(p_reader uuid, p_owner uuid, p_figure bigint)
returns bigint
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when p_figure < 10 or coalesce(p_reader = p_owner, true) then p_figure
    else (ceil(p_figure / 10 ^ (length(p_figure::text) - 1))
      * 10 ^ (length(p_figure::text) - 1))::bigint
  end;
$$;

create function wa.note_portfolio_contact(
  p_sender public.wa_senders, p_campaign_id uuid, p_phone text)
returns void
language sql
set search_path = ''
as $$
  insert into public.wa_portfolio_contacts (portfolio_id, phone, campaign_id, contacted_at)
  select p_sender.portfolio_id, p_phone, p_campaign_id, now()
  where wa.portfolio_limit(p_sender.portfolio_id) is not null
  on conflict (portfolio_id, phone)
  do update set
    campaign_id = excluded.campaign_id,
    contacted_at = excluded.contacted_at;
$$;

-- Null = no limit. It holds for all numbers of the portfolio, also for one whose row does not know
-- it yet. Until Meta has told it for any of them, what a new portfolio has counts ("Messaging
-- limits": 250).
create function wa.portfolio_limit(p_portfolio_id text)
returns bigint
language sql stable
set search_path = ''
as $$
  select least(min(s.daily_limit), case
    when bool_or(s.messaging_limit_known)
      then min(s.messaging_limit) filter (where s.messaging_limit_known)
    else 250
  end)::bigint
  from public.wa_senders s
  where s.portfolio_id = p_portfolio_id;
$$;

create function wa.portfolio_limit_is_assumed(p_portfolio_id text)
returns boolean
language sql stable
set search_path = ''
as $$
  select not exists (
    select
    from public.wa_senders s
    where s.portfolio_id = p_portfolio_id and s.messaging_limit_known
  );
$$;

-- 30_rules/eligibility.sql

-- Who of an audience can be written to, and with which words. Used alike by the preview (/audience)
-- and by the creation of a job, so that both give the same counts.

-- Every voter of the audience, each with a phone and parameters or with the reason to be left out.
-- Of voters who share a number, the first who can be written to keeps it.
create function wa.recipients(p_campaign_id uuid, p_voter_ids uuid[], p_personalization jsonb)
returns table (voter_id uuid, phone text, params jsonb, skip_reason text)
language sql stable
set search_path = ''
as $$
  with voter as materialized (
    select *
    from wa.personalized_voters(p_campaign_id, p_voter_ids, p_personalization)
  ),
  suppressed as materialized (
    select *
    from wa.suppressed_names(p_campaign_id, array(select phone from voter) || p_voter_ids::text[])
  ),
  judged as (
    select v.*, row_number() over (
        partition by v.phone
        order by jsonb_path_exists(v.params, '$.* ? (@ == null)'), v.voter_id) as copy
    from voter v
  )
  select j.voter_id,
    case when j.copy = 1 then j.phone end,
    j.params,
    case
      when 'erased' in (by_phone.reason, by_voter.reason) then 'erased'
      when j.phone is null then wa.phone_problem(j.raw)
      when j.copy > 1 then 'duplicate_number'
      when o.phone is not null or by_phone.reason is not null then 'opted_out'
      when not coalesce(word.agrees, (
        select not s.consent_required
        from public.wa_campaign_settings s
        where s.campaign_id = p_campaign_id
      )) then 'no_consent'
      when jsonb_path_exists(j.params, '$.* ? (@ == null)') then 'missing_field'
    end
  from judged j
  -- wa.is_opted_out and wa.lacks_consent as joins: a call for each voter takes seconds, and "not
  -- in" turns quadratic as soon as the list outgrows work_mem (300,000 voters: minutes).
  left join suppressed by_phone on by_phone.name = j.phone
  left join suppressed by_voter on by_voter.name = j.voter_id::text
  left join wa.silent_people(p_campaign_id, array(select v.phone from voter v)) o
    on o.phone = j.phone
  left join wa.words_of_consent(p_campaign_id) word on word.phone = j.phone;
$$;
comment on function wa.recipients(uuid, uuid[], jsonb) is
  'An audience with its exclusions; nothing is written.';

-- Who ever agreed, and whether it still holds.
create function wa.words_of_consent(p_campaign_id uuid)
returns table (phone text, agrees boolean)
language sql stable
set search_path = ''
as $$
  select c.phone, bool_or(c.revoked_at is null)
  from public.wa_consents c
  where c.campaign_id = p_campaign_id
  group by c.phone;
$$;

-- The voters with their words. Values without a voter's field are filled in once, and one that is
-- nothing but a field needs no search for placeholders: with 100,000 voters that is most of the
-- time.
create function wa.personalized_voters(
  p_campaign_id uuid, p_voter_ids uuid[], p_personalization jsonb)
returns table (voter_id uuid, raw text, phone text, params jsonb)
language sql stable
set search_path = ''
as $$
  with campaign as materialized (
    select wa.campaign_fields(p_campaign_id) as fields
    from public.wa_campaign_settings s
    where s.campaign_id = p_campaign_id
  ),
  varying as materialized (
    select p.key, p.value,
      substring(p.value from '^\s*\{\{\s*voter\.([a-z_]+)\s*\}\}\s*$') as only_field
    from jsonb_each_text(p_personalization) p
    where p.value ~ '\{\{\s*voter\.'
  ),
  fixed as materialized (
    select coalesce(jsonb_object_agg(p.key, wa.fill(p.value, '{}', c.fields)), '{}') as params
    from jsonb_each_text(p_personalization) p, campaign c
    where p.key not in (select v.key from varying v)
  )
  select a.voter_id, a.phone, wa.normalize_phone(a.phone), fixed.params || own.params
  from fixed, wa.voters(p_campaign_id, p_voter_ids) a, campaign c, lateral (
    select coalesce(jsonb_object_agg(v.key, case
        when v.only_field is null then wa.fill(v.value, a.fields, c.fields)
        when a.fields ->> v.only_field ~ ('[^' || wa.invisible() || ']') then btrim(
          regexp_replace(a.fields ->> v.only_field, '[' || wa.white_space() || ']+', ' ', 'g'))
      end), '{}') as params
    from varying v
  ) own;
$$;

-- Asked for each message before it leaves, and nearly always of somebody who never said a word:
-- that is two look-ups, and plpgsql keeps their plan.
create function wa.is_opted_out(p_campaign_id uuid, p_phone text)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  if not exists (
    select
    from public.wa_campaign_numbers n
    join public.wa_opt_outs o on o.sender_id = n.sender_id and o.phone = p_phone
    where n.campaign_id = p_campaign_id and o.opted_out
  ) then
    return false;
  end if;
  return exists (select from wa.silent_people(p_campaign_id, array[p_phone]));
end $$;

-- Who of these people wants no message of a campaign: who said BAJA to one of its numbers and no
-- ALTA since to any of them. Two words to different numbers count as two to the same one do
-- (wa.note_opt_out): only a typed ALTA undoes a typed BAJA, and of two at the same second silence
-- holds. A BAJA binds whoever comes to the number later; an ALTA, said to those who wrote from it
-- then, does not speak for them. One plan for one phone and for 100,000.
create function wa.silent_people(p_campaign_id uuid, p_phones text[])
returns table (phone text, source text, since timestamptz)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select w.phone,
    (array_agg(w.source order by w.changed_at desc) filter (where w.opted_out))[1],
    max(w.changed_at) filter (where w.opted_out)
  from (
    select o.*,
      o.source in ('reply', 'operator') as own_word,
      o.changed_at >= n.since as said_to_us
    from public.wa_campaign_numbers n
    join public.wa_opt_outs o on o.sender_id = n.sender_id and o.phone = any (p_phones)
    where n.campaign_id = p_campaign_id
  ) w
  group by w.phone
  having max(w.changed_at) filter (where w.opted_out and w.own_word)
      >= coalesce(
        max(w.changed_at) filter (where not w.opted_out and w.said_to_us and w.own_word),
        '-infinity')
    or max(w.changed_at) filter (where w.opted_out and not w.own_word)
      >= coalesce(
        max(w.changed_at) filter (where not w.opted_out and w.said_to_us), '-infinity');
end $$;

-- Whoever took a consent back lacks it also where the campaign requires none (LFPDPPP art. 7).
create function wa.lacks_consent(p_campaign_id uuid, p_phone text)
returns boolean
language sql stable
set search_path = ''
as $$
  select not coalesce(
    (
      select bool_or(c.revoked_at is null)
      from public.wa_consents c
      where c.campaign_id = p_campaign_id and c.phone = p_phone),
    not exists (
      select
      from public.wa_campaign_settings s
      where s.campaign_id = p_campaign_id and s.consent_required
    ));
$$;

-- 30_rules/identification.sql

-- Who speaks, and how to make it stop: a campaign's message names its candidate, the office, and
-- the party, the coalition or "Candidato Independiente" (LGIPE, arts. 246.1, 394.1.j), says that a
-- precandidate is one (211.3, 227.3), and offers BAJA. No article was found that wants the number
-- of a registration in a message: it is asked for where the campaign wants it shown.

-- Of a template as a job with these values sends it.
create function wa.missing_from(
  p_template public.wa_templates, p_values jsonb, p_settings public.wa_campaign_settings)
returns table (element text, name text)
language sql stable
set search_path = ''
as $$
  with said as (select wa.text_for_everybody(p_template, p_values) as text)
  select g.*
  from said s, wa.identification_gaps(s.text, p_settings) g
  union all
  select 'opt_out', 'la manera de pedir BAJA'
  from said s
  where not wa.offers_opt_out(s.text, p_template.buttons);
$$;

-- What is not there: {element, name}, the name in Spanish. p_text: as everybody reads it.
create function wa.identification_gaps(p_text text, p_settings public.wa_campaign_settings)
returns table (element text, name text)
language sql immutable
set search_path = ''
as $$
  select e.element, e.name
  from (select wa.read_identity(p_text, p_settings.candidate) as text) t, lateral (values
    (1, 'candidate', 'la candidatura', strpos(lower(t.text), ' @ ') > 0),
    (2, 'precandidate', 'la calidad de precandidato(a)',
      not p_settings.precandidate or lower(t.text) ~ ' pre ?candidat[a-z]+ '),
    (3, 'office', 'el cargo', wa.names_office(lower(t.text), p_settings.office)),
    (4, 'party', case p_settings.party_legend
        when wa.independent_legend() then format('la leyenda «%s»', wa.independent_legend())
        else 'el partido o la coalición' end,
      wa.names_party(t.text, p_settings.party_legend)),
    (5, 'registration', 'el registro ante el INE u OPLE',
      not p_settings.show_ine_registration or p_settings.ine_registration is null
      or strpos(wa.letters_and_digits(p_text), wa.letters_and_digits(p_settings.ine_registration))
        > 0)
  ) e (place, element, name, is_there)
  where not coalesce(e.is_there, false)
  order by e.place;
$$;

-- The text's words, the candidate's name as "@". What a clause denies is not said. Once as it is,
-- and, far enough behind not to go on from there, once without initials and what is in quotation
-- marks: Ana M. López, Luis «El Güero» Pérez.
create function wa.read_identity(p_text text, p_candidate text)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  pair text;
  words text := wa.plain_words(p_text || repeat(E'\nzzz', 9) || E'\n' || regexp_replace(
    regexp_replace(p_text, '[«“"(][^«»“”"()\n]{1,40}[»”")]', '', 'g'),
    '\m[[:upper:]]\.\s', '', 'g'));
begin
  words := regexp_replace(words, ' (no|ni|nunca|jamas|tampoco) (soy|es|eres|somos|son|ser|sere|'
    'sera|fui|fue|era|pertenezco|pertenece|represento|representa) [^.,]*', ' ', 'gi');
  words := wa.telling_words(words);
  foreach pair in array coalesce(wa.name_pairs(p_candidate), '{}') loop
    words := regexp_replace(words, ' ' || pair || ' ', ' @ ', 'gi');
  end loop;
  return words;
end $$;

-- Words without accents and marks, between single spaces; "." for whatever ends a clause.
create function wa.plain_words(p_text text)
returns text
language sql immutable
set search_path = ''
as $$
  select ' ' || btrim(regexp_replace(m.text, '[^A-Za-z0-9.,]+', ' ', 'g')) || ' '
  from (
    select regexp_replace(
      regexp_replace(h.text, '[!?¡¿:;|\n\r–—]+', '.', 'g'), '([.,])', ' \1 ', 'g') as text
    from (
      select regexp_replace(
        regexp_replace(n.text, '\m([A-Za-z])\.(?=[A-Za-z](\.|\M))', '\1', 'g'), -- P.R.I.
        '([a-z])([A-Z])', '\1 \2', 'g') as text -- #LuisPerez
      from (
        select regexp_replace(
          normalize(p_text, nfkd),
          '[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff*_~`]', '', 'g') as text) n) h) m;
$$;

-- Without the words that a name may have or not, and without what ends clauses.
create function wa.telling_words(p_words text)
returns text
language sql immutable
set search_path = ''
as $$
  select regexp_replace(p_words, ' (([.,]|de|del|la|las|los|el|y|e) )+', ' ', 'gi');
$$;

create function wa.letters_and_digits(p_text text)
returns text
language sql immutable
set search_path = ''
as $$
  select regexp_replace(lower(wa.plain_words(p_text)), '[^a-z0-9]', '', 'g');
$$;

-- Two words that name somebody: a given name, or the nickname that was typed in quotation marks,
-- and a surname; or both surnames. A name of four words or more ends in two surnames; of three the
-- second is one unless it is a usual second given name. Longer than two words where they follow.
create function wa.name_pairs(p_name text)
returns text[]
language sql immutable
set search_path = ''
as $$
  with word as (
    select w.word, w.n, count(*) over () as words, is_nickname
    from (values
      (regexp_replace(p_name, '[«“"(][^»”")]*[»”")]', ' ', 'g'), false),
      (array_to_string(regexp_match(p_name, '[«“"(]([^»”")]*)[»”")]'), ' '), true)
    ) s (text, is_nickname), lateral regexp_split_to_table(
      btrim(wa.telling_words(lower(wa.plain_words(s.text)))), ' ') with ordinality w(word, n)
    where w.word <> ''),
  own as (
    select w.word, w.n, count(*) over () as words
    from word w
    where not w.is_nickname)
  select array_agg(p.pair order by p.n)
  from (
    select o.word as pair, 1 as n
    from own o
    where o.words = 1
    union all
    select f.word || ' ' || s.word, s.n
    from own s
    join word f on f.is_nickname or f.n < s.n
    where s.n > greatest(1, s.words - 2 + (s.words = 3 and exists (
      select
      from own g
      where g.n = 2
        and g.word = any ('{maria,jose,luis,carlos,antonio,manuel,angel,jesus,guadalupe,elena,'
          'alberto,eduardo,fernando,isabel,carmen,teresa,rosa,laura,patricia,alejandra,daniel,'
          'miguel,juan,francisco,javier,enrique,alejandro,arturo,andres,pablo,ignacio,rosario}')
      ))::integer)
  ) p;
$$;

-- An office is known by what it is called, in either gender, and by its usual abbreviations; which
-- district or town need not be said. It must stand near the candidate's name or the word
-- candidate: "el gobernador prometió" is somebody else's.
create function wa.names_office(p_words text, p_office text)
returns boolean
language sql immutable
set search_path = ''
as $$
  select p_words ~ format(
    '( @| (pre)?candidat[a-z]*| aspirante| proxim[ao]| abanderad[ao])( [^ ]+){0,8} (%1$s) '
    '| (%1$s)( [^ ]+){0,1} @ ', o.called)
  from (
    select coalesce((
        select k.called
        from wa.known_offices() k
        where w.typed ~ k.typed
        order by k.place
        limit 1),
      nullif(btrim(w.typed), '')) as called
    from (
      select wa.telling_words(lower(wa.plain_words(split_part(p_office, ',', 1)))) as typed) w) o;
$$;

-- A coalition is named by its name or by all of its parties, where they were typed.
create function wa.names_party(p_words text, p_legend text)
returns boolean
language sql immutable
set search_path = ''
as $$
  select case
    when p_legend = wa.independent_legend()
      then lower(p_words) ~ ' (pre ?)?candidat(o|a|e|o a|ura) independiente '
    else wa.names_all_parties(p_words, array[l.name])
      or wa.names_all_parties(p_words, regexp_split_to_array(l.members, l.separator))
      or (wa.are_known_parties(regexp_split_to_array(l.listed, l.separator))
        and wa.names_all_parties(p_words, regexp_split_to_array(l.listed, l.separator))) end
  from (
    select regexp_replace(p_legend, '\(.*\)', '') as name,
      substring(p_legend from '\((.*)\)') as members,
      regexp_replace(
        regexp_replace(p_legend, '\(.*\)', ''), '^\s*coalici[oó]n\s+', '', 'i') as listed,
      '\s*[,;/|+–—-]\s*|\s+[ye]\s+' as separator) l;
$$;

-- Null, as false, where there are none.
create function wa.names_all_parties(p_words text, p_parties text[])
returns boolean
language sql immutable
set search_path = ''
as $$
  select bool_and(case
    when k.acronym is not null
      then strpos(p_words, ' ' || k.acronym || ' ') > 0
        or lower(p_words) ~ (' (' || k.called || ') ')
    when p.typed ~ '^\s*[[:upper:]]+\s*$' then strpos(p_words, p.words) > 0
    else strpos(
      lower(p_words), regexp_replace(lower(p.words), wa.words_before_parties(), ' ')) > 0 end)
  from (
    select u.typed, wa.telling_words(wa.plain_words(u.typed)) as words
    from unnest(p_parties) u (typed)) p
  left join wa.known_parties() k on lower(btrim(p.words)) ~ k.typed;
$$;

create function wa.are_known_parties(p_parties text[])
returns boolean
language sql immutable
set search_path = ''
as $$
  select bool_and(exists (
    select
    from wa.known_parties() k
    where lower(btrim(wa.telling_words(wa.plain_words(u.typed)))) ~ k.typed))
  from unnest(p_parties) u (typed);
$$;

-- "Responde BAJA", or a quick reply that says it. Only words that the bridge acts on
-- (shared/rules/opt_out.py; a test compares): who writes another goes on receiving.
create function wa.offers_opt_out(p_text text, p_buttons jsonb)
returns boolean
language sql immutable
set search_path = ''
as $$
  select lower(wa.plain_words(p_text)) ~ concat(
      '(?<! no) (respond[ea]|respondenos|contest[ae]|contestanos|escrib[ea]|escribenos|mand[ae]'
      '|mandanos|envi[ae]|envianos|teclea|reply|send|text)'
      '( (a|al|con|la|el|palabra|este|mensaje|numero|chat|solo|solamente|simplemente|aqui|por'
      '|whatsapp|texto|with))* (baja|alto|stop|cancelar)'
      '( [.,]| para| si| o| to| cuando| y (no|ya|te|deja[a-z]*)| *$)',
      '| (baja|stop|cancelar) (para|si) [^.]{0,30}(recibir|mensajes|salir) ',
      '| (recibir|mensajes) [^.]{0,30}\. (baja|stop) (\.|$)')
    or exists (
      select
      from jsonb_array_elements(wa.list_or_none(p_buttons)) b,
        lateral (values (b ->> 'text'), (b ->> 'payload')) said (words)
      where upper(b ->> 'type') = 'QUICK_REPLY'
        and btrim(lower(wa.plain_words(said.words)), ' .,') = any (wa.opt_out_labels()));
$$;

-- What a template says to everybody: its texts with the campaign's fields and fixed words in place
-- of the variables, nothing in place of voters' fields, and its buttons' labels.
create function wa.text_for_everybody(p_template public.wa_templates, p_values jsonb)
returns text
language sql stable
set search_path = ''
as $$
  with given as (
    select coalesce(jsonb_object_agg(v.key, coalesce(wa.fill(
        regexp_replace(v.value, '\{\{\s*voter\.[a-z_]+\s*\}\}', '', 'g'),
        '{}', wa.campaign_fields(p_template.campaign_id)), '')), '{}') as values
    from jsonb_each_text(p_values) v)
  select concat_ws(E'\n',
    wa.with_values(p_template.header_text, case p_template.parameter_format
      when 'positional' then jsonb_build_object('1', g.values -> 'header') else g.values end),
    wa.with_values(p_template.body_text, g.values),
    p_template.footer_text,
    (select string_agg(b ->> 'text', E'\n')
      from jsonb_array_elements(p_template.buttons) b))
  from given g;
$$;

create function wa.with_values(p_text text, p_values jsonb)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  filled text := '';
  rest text := p_text;
  hit text[];
begin
  loop
    hit := regexp_match(rest, '^(.*?)\{\{([^{}]*)\}\}(.*)$');
    exit when hit is null;
    filled := filled || hit[1] || coalesce(p_values ->> btrim(hit[2], E' \t\r\n\u00a0'), '');
    rest := hit[3];
  end loop;
  return filled || rest;
end $$;

-- 30_rules/identification_words.sql

-- The words of identification.sql: offices, parties, and how people are told to leave.

create function wa.known_offices()
returns table (place integer, typed text, called text)
language sql immutable
set search_path = ''
as $$
  values
    (1, ' (jef[ae] gobierno|jefatura gobierno) ', 'jef[ae] gobierno|jefatura gobierno'),
    (2, ' (gobernador|gobernadora|gubernatura|gob) ',
      'gobernador(a|as|es)?|gubernatura|gob|al gobierno'),
    (3, ' (diputad|diputacion|dip )', 'diputad[a-z]+|diputacion(es)?|dip'),
    (4, ' (senador|senaduria|sen )', 'senador[a-z]*|senaduria|sen'),
    (5, ' (presiden[a-z]+ municipal|alcald)',
      'presiden[a-z]+ municipal[a-z]*|alcald[a-z]+|(pdt[ae]|pte|pres|presid) (mpal|mun[a-z]*)'),
    (6, '^ presiden[a-z]+ ($|republica|mexico|estados)',
      'presiden[a-z]+(?! (municipal|mpal|colonia|comite|comunidad|consejo|partido))'),
    (7, ' (regidor|regiduria)', 'regidor[a-z]*|regiduria'),
    (8, ' sindic', 'sindic[oa]s?|sindicatura'),
    (9, ' concejal', 'concejal[a-z]*');
$$;

-- The national parties, by INE's register. An acronym is in capitals: pan is bread. "Verde" and
-- "trabajo" alone are words.
create function wa.known_parties()
returns table (acronym text, typed text, called text)
language sql immutable
set search_path = ''
as $$
  values
    ('PAN', '^(pan|(partido )?accion nacional)$', 'accion nacional'),
    ('PRI', '^(pri|(partido )?revolucionario institucional)$', 'revolucionario institucional'),
    ('PRD', '^(prd|(partido )?revolucion democratica)$', 'revolucion democratica'),
    ('PT', '^(pt|(partido )?trabajo)$', 'partido trabajo'),
    ('PVEM', '^(pvem|(partido )?verde( ecologista( mexico)?)?)$', 'partido verde|verde ecologista'),
    ('MC', '^(mc|(partido )?movimiento ciudadano)$', 'movimiento ciudadano'),
    ('MORENA', '^((partido )?morena|movimiento regeneracion nacional)$',
      '(?<! (piel|tez|virgen|mujer|chica|azucar) )morena|movimiento regeneracion nacional');
$$;

-- What may stand before a name that is told without it: "Partido Acción Nacional".
create function wa.words_before_parties()
returns text
language sql immutable
set search_path = ''
as $$
  select '^ (partido( politico)?|coalicion|candidatura comun) (?=[^ ]+ [^ ]+)';
$$;

-- Labels and payloads of quick replies, without accents and marks.
create function wa.opt_out_labels()
returns text[]
language sql immutable
set search_path = ''
as $$
  select '{baja,dar de baja,darme de baja,quiero baja,quiero darme de baja,baja de la lista,alto,'
    'stop,cancelar,cancelar mensajes,cancelar suscripcion,salir,salir de la lista,ya no,'
    'ya no quiero mensajes,ya no recibir mensajes,no quiero mensajes,no quiero mas mensajes,'
    'no recibir mas,no recibir mas mensajes,no mas mensajes,dejar de recibir,'
    'dejar de recibir mensajes,stop promotions}'::text[];
$$;

-- 30_rules/personalization.sql

-- What stands in a message for each voter. The voters' fields: wa.voter_fields in
-- 10_campaignpro.sql.

-- Replaces {{voter.<name>}} and {{campaign.<name>}}; null if one of them has nothing to show. A
-- value that looks like a field stays text. White space is collapsed because Meta refuses line
-- breaks, tabs and runs of spaces in parameters (error 132018).
create function wa.fill(p_pattern text, p_voter jsonb, p_campaign jsonb)
returns text
language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  filled text := '';
  rest text := p_pattern;
  hit text[];
  value text;
begin
  loop
    hit := regexp_match(rest, '^(.*?)\{\{\s*(voter|campaign)\.([a-z_]+)\s*\}\}(.*)$');
    exit when hit is null;
    value := case hit[2] when 'voter' then p_voter else p_campaign end ->> hit[3];
    if value is null or value !~ ('[^' || wa.invisible() || ']') then
      return null;
    end if;
    filled := filled || hit[1] || value;
    rest := hit[4];
  end loop;
  filled := filled || rest;
  if filled ~ ('[^' || wa.invisible() || ']') then
    return btrim(regexp_replace(filled, '[' || wa.white_space() || ']+', ' ', 'g'));
  end if;
  return null;
end $$;

create function wa.campaign_fields(p_campaign_id uuid)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'name', s.display_name,
    'candidate', s.candidate,
    'office', s.office,
    'party_legend', s.party_legend)
  from public.wa_campaign_settings s
  where s.campaign_id = p_campaign_id;
$$;

-- Both are the inside of a regular expression's [], spelled out because \s and [[:space:]] mean
-- something else under each collation. As constants they are folded into the pattern once per
-- query, not once per voter.
create function wa.white_space()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select '\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000';
$$;
comment on function wa.white_space() is
  'The characters that Unicode calls white space, and the four separators of ASCII.';

-- Default ignorable as in DerivedCoreProperties.txt. shared/rules/payloads.py has the same list.
create function wa.invisible()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select wa.white_space()
    || '\u0001-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2'
    '\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164'
    '\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f'
    '\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff';
$$;
comment on function wa.invisible() is
  'White space; control, format, default ignorable and private characters; the blank of braille.';

-- 30_rules/phone.sql

-- What a number in a voter list means.

-- Mexican numbers as people type them -> +52 and ten digits, else null; what could be two things is
-- null. The mobile prefixes 044/045/1 and the trunk prefix 01 were abolished on 2019-08-03 (IFT,
-- Plan Técnico Fundamental de Numeración) but live on in lists, also behind +52. 011 is how the
-- United States dial abroad.
create function wa.normalize_phone(p_raw text)
returns text
language plpgsql immutable strict parallel safe
set search_path = ''
as $$
declare
  compact text := translate(p_raw, ' -', '');
begin
  -- Spaces and dashes may go wherever they stand; nearly every number has no other sign.
  if compact !~ '^\+?[0-9]+$' then
    compact := wa.joined_digits(p_raw);
  end if;
  return '+52' || substring(
    compact from '^(?:(?:\+|00|011)?52(?:1|01|044|045)?|01|044|045)?([2-9][0-9]{9})$');
end $$;
comment on function wa.normalize_phone(text) is
  'E.164 of a Mexican number in any usual notation, or null.';

-- Why wa.normalize_phone gave null. Foreign is what could be dialled: + or 00, a country's code and
-- seven to fifteen digits in all (ITU-T E.164), with the code 1 exactly eleven.
create function wa.phone_problem(p_raw text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when coalesce(typed, '') = '' then 'missing_number'
    when translate(typed, ' -().', '') ~ '^(?:\+|00)(?!52)(?:1[2-9][0-9]{9}|[2-9][0-9]{6,14})$'
      then 'foreign_number'
    else 'invalid_number'
  end
  from wa.typed_number(p_raw) typed;
$$;

-- What somebody put into a number's cell, with one spelling for each sign: spaces and dashes of any
-- kind are ' ' and '-', full-width signs are ASCII's. Line breaks separate two entries (';'),
-- except at the ends. The quotes and the "=" with which spreadsheets mark a number as text are
-- gone.
create function wa.typed_number(p_raw text)
returns text
language sql immutable strict parallel safe
set search_path = ''
as $$
  select regexp_replace(
    translate(
      regexp_replace(
        p_raw,
        '^[' || wa.invisible() || ']*=?[''"´`‘’' || wa.invisible() || ']*'
          '|[''"´`‘’' || wa.invisible() || ']+$',
        '', 'g'),
      E'\n\u000b\f\r\u0085\u2028\u2029０１２３４５６７８９＋．／（）'
        '\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d',
      ';;;;;;;0123456789+./()-----------'),
    '[' || wa.invisible() || ']+', ' ', 'g');
$$;

-- The signs between digits may go only where they cannot have meant anything else; otherwise null.
-- 551234567.0 is nine digits and a spreadsheet's float, 5512-3456/57 two lines of an old number,
-- (12) at the end an extension: without their signs all three would be a stranger's number.
create function wa.joined_digits(p_raw text)
returns text
language sql immutable strict parallel safe
set search_path = ''
as $$
  -- A single point or comma with nothing but zeros behind it is the end of a float, never a part of
  -- the number.
  select case
    -- 5,512,345,678 and 5.512.345.678: thousands.
    when whole ~ '^[0-9]{1,3}(?:(?:,[0-9]{3}){3,4}|(?:\.[0-9]{3}){3,4})$'
      then translate(whole, '.,', '')
    -- 5.512345678E9, as Java and Excel write it. With fewer decimals than the exponent asks for it
    -- may be rounded.
    when whole ~* '^[0-9]\.(?:[0-9]{9}e\+?0?9|[0-9]{11}e\+?11|[0-9]{12}e\+?12)$'
      then translate(split_part(lower(whole), 'e', 1), '.', '')
    -- Points separate groups if there are several, or behind an area code in parentheses:
    -- (55) 1234.5678.
    when whole ~ '\.'
      and not (whole ~ '\([0-9]{2,3}\) ?[0-9]{3,4}\.[0-9]{4}$'
        or (whole like '%.%.%'
          and whole ~ '^[+( ]*(?:(?:00|011)?52|0[0-9]{1,2})?(?:[0-9]{1,4}[ ().-]+){2,}[0-9]{2,4}$'))
      then null
    -- A slash stands behind the area code, and once more before the last four digits: 55/1234/5678.
    when whole ~ '/' and whole !~ '^[^/]*/ ?[0-9]{3,4}[ /-]*[0-9]{2}[ -]*[0-9]{2}$' then null
    -- Parentheses stand around a prefix, an area code or everything, not behind six digits.
    when whole ~ '(?:[0-9][^0-9(]*){6}\(' then null
    else translate(whole, ' -()./', '')
  end
  from regexp_replace(wa.typed_number(p_raw), '^([^.]*)\.0*$|^([^,]*),0*$', '\1\2') whole;
$$;

-- 30_rules/quiet_hours.sql

-- Hours in which nobody is written to, in every zone of the campaign at once.

-- Quiet hours hold in every zone of the campaign at once; they may span midnight. Asking at each
-- end of the quiet hours in turn ends after at most one round per zone.
create function wa.quiet_until(p_campaign_id uuid, p_at timestamptz)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select max(
    (local.day + s.quiet_until + case
      when s.quiet_from > s.quiet_until and local.clock >= s.quiet_from then interval '1 day'
      else interval '0'
    end) at time zone z.name)
  from public.wa_campaign_settings s, unnest(s.zones) z(name), lateral (
    select (p_at at time zone z.name)::date as day, (p_at at time zone z.name)::time as clock
  ) local
  where s.campaign_id = p_campaign_id
    and case
      when s.quiet_from <= s.quiet_until
        then local.clock >= s.quiet_from and local.clock < s.quiet_until
      else local.clock >= s.quiet_from or local.clock < s.quiet_until
    end;
$$;
comment on function wa.quiet_until(uuid, timestamptz) is
  'End of the quiet hours that hold at that time, or null.';

-- When so many seconds of sending are over that begins at p_from; null if not within sixty days.
create function wa.sent_by(p_campaign_id uuid, p_from timestamptz, p_seconds numeric)
returns timestamptz
language sql stable
set search_path = ''
as $$
  with hours as (
    select lower(h) as begins, upper(h) as ends,
      sum(extract(epoch from upper(h) - lower(h))) over (order by lower(h)) as seconds
    from unnest(wa.sending_hours(p_campaign_id, p_from, p_from + interval '60 days')) h
  )
  select min(h.ends - make_interval(secs => (h.seconds - p_seconds)::double precision))
  from hours h
  where h.seconds >= p_seconds;
$$;

create function wa.open_seconds(p_campaign_id uuid, p_from timestamptz, p_to timestamptz)
returns numeric
language sql stable
set search_path = ''
as $$
  select coalesce(sum(extract(epoch from upper(h) - lower(h))), 0)
  from unnest(wa.sending_hours(p_campaign_id, p_from, p_to)) h;
$$;

-- What the quiet hours of all zones leave of a period.
create function wa.sending_hours(p_campaign_id uuid, p_from timestamptz, p_to timestamptz)
returns tstzmultirange
language sql stable
set search_path = ''
as $$
  select tstzmultirange(tstzrange(p_from, p_to)) - coalesce((
    select range_agg(tstzrange(
      (d.day + s.quiet_from) at time zone z.name,
      (d.day + case when s.quiet_from > s.quiet_until then 1 else 0 end + s.quiet_until)
        at time zone z.name))
    from public.wa_campaign_settings s, unnest(s.zones) z(name), lateral (
      select n::date as day
      from generate_series(
        p_from - interval '2 days', p_to + interval '2 days', interval '1 day') n
    ) d
    where s.campaign_id = p_campaign_id and s.quiet_from is not null
  ), '{}');
$$;

-- 30_rules/request_limits.sql

-- How often a user may ask for what is expensive.

-- Takes one request of that kind, or refuses it (429) and says when there will be room. It is a
-- call of its own, before the expensive one: what that one refuses, and takes back, has been
-- paid for all the same. A send whose key is known costs nothing: its answer is there.
-- Security definer: members read and write no paces.
create function public.wa_take_request(
  p_campaign_id uuid, p_kind text, p_idempotency_key text default null)
returns void
language plpgsql security definer
set search_path = ''
as $$
declare
  wait_seconds integer;
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  if not exists (select from wa.default_limits() d where d.kind = p_kind) then
    perform wa.refuse(422, 'value_invalid', 'No hay límite de ese nombre.', 'kind');
  end if;
  if wa.is_repeated(p_campaign_id, p_kind, p_idempotency_key)
    or wa.advance_pace(auth.uid(), p_campaign_id, p_kind) then
    return;
  end if;
  wait_seconds := wa.seconds_to_wait(auth.uid(), p_campaign_id, p_kind);
  perform wa.refuse(429, 'too_many_requests',
    format('Son demasiadas solicitudes seguidas; intenta de nuevo en %s s.', wait_seconds),
    'campaign_id', jsonb_build_object('retry_after_seconds', wait_seconds));
end $$;
comment on function public.wa_take_request(uuid, text, text) is
  'Counts one expensive request of the signed-in user in the campaign, or refuses it with 429.';
revoke all on function public.wa_take_request(uuid, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_take_request(uuid, text, text)
  to authenticated;

create function wa.is_repeated(p_campaign_id uuid, p_kind text, p_idempotency_key text)
returns boolean
language sql stable
set search_path = ''
as $$
  select p_kind = 'send' and exists (
    select
    from public.communications c
    where c.campaign_id = p_campaign_id and c.idempotency_key = p_idempotency_key);
$$;

create function wa.default_limits(
  out kind text, out burst integer, out seconds numeric)
returns setof record
language sql immutable
set search_path = ''
as $$
  values
    ('audience', 60, 2.0), -- asked anew at every change of a filter
    ('send', 30, 10), -- also for tries that are refused; at most 200 jobs are open
    ('import', 20, 30), -- a file of up to 10 MiB; one that was cut off is brought again
    ('export', 20, 30); -- of the audit log, or of one person; each is an entry in the log
$$;

create function wa.limit_of(p_kind text, out burst integer, out seconds numeric)
returns record
language sql stable
set search_path = ''
as $$
  select coalesce(l.burst, d.burst), coalesce(l.seconds, d.seconds)
  from wa.default_limits() d
  left join wa.request_limits l on l.kind = d.kind
  where d.kind = p_kind;
$$;

-- One statement: whoever comes second waits for the row, and counts from what the first one left.
-- The clock is read when the row is there, so that waiting for it is not lost.
create function wa.advance_pace(p_user_id uuid, p_campaign_id uuid, p_kind text)
returns boolean
language sql
set search_path = ''
as $$
  with pace as (
    select make_interval(secs => l.seconds::float8) as gap,
      make_interval(secs => ((l.burst - 1) * l.seconds)::float8) as ahead
    from wa.limit_of(p_kind) l
  ),
  taken as (
    insert into wa.request_paces as p (user_id, campaign_id, kind, paid_until)
    select p_user_id, p_campaign_id, p_kind, clock_timestamp() + i.gap
    from pace i
    on conflict (user_id, campaign_id, kind)
    do update
    set paid_until = greatest(p.paid_until, clock_timestamp())
      + (select i.gap from pace i)
    where p.paid_until <= clock_timestamp() + (select i.ahead from pace i)
    returning 1
  )
  select exists (select from taken);
$$;

-- Whole seconds, rounded up: after them there is room for one.
create function wa.seconds_to_wait(p_user_id uuid, p_campaign_id uuid, p_kind text)
returns integer
language sql volatile
set search_path = ''
as $$
  select greatest(1, ceil(
    extract(epoch from p.paid_until - clock_timestamp()) - (l.burst - 1) * l.seconds))::integer
  from wa.request_paces p
  cross join wa.limit_of(p.kind) l
  where p.user_id = p_user_id and p.campaign_id = p_campaign_id and p.kind = p_kind;
$$;

-- 30_rules/suppressions.sql

-- Who asked to be erased, and may not be written to however they come back into a list.

-- Asked for each message before it leaves: the same as wa.suppressed_names about one person. While
-- nobody ever asked to be erased that is one look-up. Null: nothing is known of them.
create function wa.suppressed_as(p_campaign_id uuid, p_phone text, p_voter_id uuid)
returns text
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_generic_plan
as $$
begin
  if not exists (select from wa.suppression_keys) then
    return null;
  end if;
  return (
    select min(case when k.scope = p_campaign_id then 'erased' else 'opted_out' end)
    from wa.suppression_keys k
    where k.scope = any (p_campaign_id || array(
        select n.sender_id from public.wa_campaign_numbers n where n.campaign_id = p_campaign_id))
      and exists (
        select
        from wa.suppressions s
        where s.key_id = k.id
          and s.hash in (
            wa.suppression_hash(k.key, p_phone),
            wa.suppression_hash(k.key, p_voter_id::text))));
end $$;

-- Those of the names (phones, ids of voters or messages) that are suppressed: erased, where this
-- campaign was asked; opted_out, where the person had said BAJA to a number of its, and another
-- campaign erased the clear words.
create function wa.suppressed_names(p_campaign_id uuid, p_names text[])
returns table (name text, reason text)
language plpgsql stable rows 10
set search_path = ''
as $$
declare
  scopes uuid[] := p_campaign_id || array(
    select n.sender_id from public.wa_campaign_numbers n where n.campaign_id = p_campaign_id);
begin
  if not exists (select from wa.suppression_keys k where k.scope = any (scopes)) then
    return;
  end if;
  return query
  select n.one, case when bool_or(k.scope = p_campaign_id) then 'erased' else 'opted_out' end
  from wa.suppression_keys k
  cross join unnest(p_names) n(one)
  join wa.suppressions s on s.key_id = k.id and s.hash = wa.suppression_hash(k.key, n.one)
  where k.scope = any (scopes)
  group by n.one;
end $$;

-- A list of consents brings nobody back either.
create function wa.leave_out_erased()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if wa.suppressed_as(new.campaign_id, new.phone, null) = 'erased' then
    return null;
  end if;
  return new;
end $$;
create trigger leave_out_erased before insert on public.wa_consents
  for each row execute function wa.leave_out_erased();

-- Whether a campaign of this number erased who has this name.
create function wa.is_erased_at(p_sender_id uuid, p_name text)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return exists (
    select
    from public.wa_campaign_numbers n
    join wa.suppression_keys k on k.scope = n.campaign_id
    join wa.suppressions s on s.key_id = k.id and s.hash = wa.suppression_hash(k.key, p_name)
    where n.sender_id = p_sender_id);
end $$;

-- Whether, besides, no other campaign of the number has anything to do with them. What a number is
-- told belongs to all its campaigns.
create function wa.is_forgotten_at(p_sender_id uuid, p_name text)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return wa.is_erased_at(p_sender_id, p_name) and not wa.is_known_at(p_sender_id, p_name);
end $$;

create function wa.is_known_at(p_sender_id uuid, p_phone text)
returns boolean
language sql stable
set search_path = ''
as $$
  select exists (
    select
    from public.wa_campaign_numbers n
    where n.sender_id = p_sender_id and wa.knows(n.campaign_id, p_phone));
$$;

-- Whether a campaign's own records hold this phone.
create function wa.knows(p_campaign_id uuid, p_phone text)
returns boolean
language sql stable
set search_path = ''
as $$
  select wa.has_recipient(p_campaign_id, p_phone)
    or exists (
      select
      from public.wa_consents c
      where c.campaign_id = p_campaign_id and c.phone = p_phone)
    or exists (
      select
      from public.wa_test_numbers t
      where t.campaign_id = p_campaign_id and t.phone = p_phone);
$$;

create function wa.suppress(p_scope uuid, p_names text[])
returns void
language sql
set search_path = ''
as $$
  insert into wa.suppression_keys (scope)
  select p_scope
  where not exists (select from wa.suppression_keys k where k.scope = p_scope);
  insert into wa.suppressions (key_id, hash)
  select k.id, wa.suppression_hash(k.key, n)
  from wa.newest_suppression_key(p_scope) k
  cross join unnest(p_names) n
  where n is not null
  on conflict do nothing;
$$;

create function wa.newest_suppression_key(p_scope uuid)
returns setof wa.suppression_keys
language sql stable
set search_path = ''
as $$
  select * from wa.suppression_keys k where k.scope = p_scope order by k.made_at desc limit 1;
$$;

create function wa.suppression_hash(p_key bytea, p_name text)
returns bytea
language plpgsql immutable
set search_path = ''
as $$
begin
  return sha256(p_key || sha256(p_key || convert_to(p_name, 'UTF8')));
end $$;

-- Who adds people to a campaign's messages holds this to the end of the transaction; who erases one
-- waits for them and lets nobody add meanwhile: nothing is written that the erasure does not see.
create function wa.share_people(p_campaign_id uuid)
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock_shared(wa.people_lock(p_campaign_id));
$$;

-- For claims, which hold a message that the erasure may want: they come again instead of waiting.
create function wa.share_people_at_once(p_campaign_id uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if not pg_try_advisory_xact_lock_shared(wa.people_lock(p_campaign_id)) then
    raise exception using errcode = 'lock_not_available';
  end if;
end $$;

create function wa.people_lock(p_campaign_id uuid)
returns bigint
language sql immutable
set search_path = ''
as $$
  select hashtextextended('wa_people:' || p_campaign_id, 0);
$$;

-- 30_rules/templates.sql

-- What a template must have before a job may use it. Meta approves a template without its media,
-- place or values: what is missing shows only when a message is sent, once for each voter. So it is
-- found here, before any row exists. The rules are Meta's ("Template fundamentals" and "Components"
-- of the Cloud API's documentation).
--
-- Each function below returns a row for every problem: a stable code, a Spanish sentence, and where
-- in wa_templates.

-- The first problem of a template, or no row if it can be sent.
create function wa.template_problem(p_template public.wa_templates)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select p.code, p.detail, p.field
  from (
    -- Codes need a button of their own. Propaganda as UTILITY Meta makes MARKETING, and may block
    -- the account for it ("Template categorization").
    select 1 as rank, 'template_category_unsupported' as code,
      case p_template.category
        when 'AUTHENTICATION' then 'Las plantillas de autenticación envían códigos de acceso '
          'y no se pueden usar en una campaña.'
        else 'Los mensajes de campaña van en la categoría MARKETING; registra otra ahí.' end
        as detail,
      'template.category' as field
    where p_template.category <> 'MARKETING'
    union all
    select 1, 'template_part_unsupported',
      format('La plantilla tiene una parte que aquí no se puede enviar: «%s».',
        left(p_template.unsupported[1], 40)),
      'template.unsupported'
    where p_template.unsupported <> '{}'
    union all
    select 2, 'template_variables_invalid', 'Falta el texto de la plantilla.', 'template.body_text'
    where coalesce(btrim(p_template.body_text), '') = ''
    union all
    select 3, v.*
    from wa.variable_problems(
      p_template.body_text, p_template.parameter_format, 'template.body_text') v
    union all
    select 4, h.*
    from wa.header_problems(p_template) h
    union all
    select 5, v.*
    from wa.variable_problems(
      p_template.header_text, p_template.parameter_format, 'template.header_text') v
    union all
    select 6, b.*
    from wa.button_problems(p_template.buttons, p_template.parameter_format) b
  ) p
  order by p.rank, p.field, p.detail
  limit 1;
$$;
comment on function wa.template_problem(public.wa_templates) is
  'Why no message of this template could be sent, or no row.';

-- A header without a format is a text's.
create function wa.header_problems(p_template public.wa_templates)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select w.code, w.detail, w.field
  from (
    select coalesce(p_template.header_format, 'TEXT') = 'TEXT' as is_text,
      p_template.header_media as media,
      wa.variables_of(p_template.header_text) as names
  ) h, lateral (values
    (p_template.header_format = 'TEXT' and coalesce(btrim(p_template.header_text), '') = '',
      'template_header_missing',
      'Falta el texto del encabezado de la plantilla.', 'template.header_text'),
    (cardinality(h.names) > 1, 'template_variables_invalid',
      'El encabezado admite una sola variable.', 'template.header_text'),
    (not h.is_text and h.names <> '{}', 'template_header_invalid',
      'El encabezado muestra un archivo o un lugar: no lleva texto con variables.',
      'template.header_text'),
    (h.is_text and h.media is not null, 'template_header_invalid',
      'El encabezado de la plantilla no muestra archivos ni lugares; quita el que está capturado.',
      'template.header_media'),
    (not h.is_text and h.media is null, 'template_header_missing',
      'Falta el archivo o el lugar que muestra el encabezado de la plantilla.',
      'template.header_media')
  ) w(wrong, code, detail, field)
  where w.wrong
  union all
  select m.*
  from wa.media_problems(p_template.header_format, p_template.header_media) m
  where p_template.header_format in ('IMAGE', 'VIDEO', 'DOCUMENT')
    and p_template.header_media is not null
  union all
  select l.*
  from wa.place_problems(p_template.header_media) l
  where p_template.header_format = 'LOCATION' and p_template.header_media is not null;
$$;

-- An uploaded media id or a public link, and nothing that shows as another kind. Meta's kinds: JPEG
-- and PNG images, MP4 and 3GP videos, PDF, Office and text documents. A link that does not tell its
-- kind is taken at its word.
create function wa.media_problems(p_format text, p_media jsonb)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select w.code, w.detail, w.field
  from (
    select nullif(p_media -> 'id', 'null') as id,
      nullif(p_media -> 'link', 'null') as link,
      nullif(p_media -> 'filename', 'null') as filename,
      case p_format
        when 'IMAGE' then 'la imagen'
        when 'VIDEO' then 'el video'
        else 'el documento'
      end as thing,
      wa.unfit_ending(p_format, p_media ->> 'link') as unfit_ending
  ) m, lateral (values
    (m.id is null and m.link is null, 'template_header_missing',
      format('Falta %s del encabezado: captura su id o su enlace.', m.thing),
      'template.header_media'),
    (m.id is not null and m.link is not null, 'template_header_invalid',
      format('Captura el id o el enlace de %s del encabezado, no los dos.', m.thing),
      'template.header_media'),
    (jsonb_typeof(m.id) <> 'string' or (p_media ->> 'id') !~ '^[0-9]+$', 'template_header_invalid',
      'El id del archivo del encabezado debe ser texto y solo dígitos, '
        'como lo da WhatsApp al subir el archivo.',
      'template.header_media.id'),
    (jsonb_typeof(m.link) <> 'string' or (p_media ->> 'link')
        !~* '^https://([a-z0-9-]+\.)+[a-z][a-z0-9-]+(:[0-9]+)?([/?#][]!#-;=?-[_a-z~]*)?$',
      'template_header_invalid',
      'El enlace del encabezado debe ser público y completo, '
        'empezar con https:// y no llevar espacios ni acentos.',
      'template.header_media.link'),
    (m.unfit_ending is not null, 'template_header_invalid',
      format('El encabezado muestra %s y el enlace lleva a un archivo .%s, '
        'que WhatsApp no acepta ahí.', m.thing, m.unfit_ending),
      'template.header_media.link'),
    (m.filename is not null and (p_format <> 'DOCUMENT'
        or jsonb_typeof(m.filename) <> 'string' or btrim(p_media ->> 'filename') = ''),
      'template_header_invalid',
      'El nombre de archivo es un texto y solo lo lleva un documento.',
      'template.header_media.filename')
  ) w(wrong, code, detail, field)
  where w.wrong;
$$;

-- The ending of a link that shows as another kind, or null.
create function wa.unfit_ending(p_format text, p_link text)
returns text
language sql immutable
set search_path = ''
as $$
  select l.ending
  from (
    select lower(substring(p_link from '://[^/?#]+/[^?#]*\.([A-Za-z0-9]+)(?:[?#]|$)')) as ending,
      case p_format
        when 'IMAGE' then '{jpg,jpeg,png}'
        when 'VIDEO' then '{mp4,3gp}'
        else '{pdf,doc,docx,xls,xlsx,ppt,pptx,txt}'
      end::text[] as fit
  ) l
  where l.ending = any (
      '{jpg,jpeg,png,webp,gif,heic,svg,mp4,3gp,mov,avi,webm,mp3,'
      'pdf,doc,docx,xls,xlsx,ppt,pptx,txt}')
    and l.ending <> all (l.fit);
$$;

-- Degrees as numbers or as text, within the globe; name and address with something to read.
create function wa.place_problems(p_place jsonb)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select case
      when coalesce(p_place -> w.key, 'null') = 'null' then 'template_header_missing'
      else 'template_header_invalid'
    end,
    format('El lugar del encabezado necesita %s.', w.what),
    'template.header_media.' || w.key
  from (values
    ('latitude', 90, 'su latitud en grados, de -90 a 90'),
    ('longitude', 180, 'su longitud en grados, de -180 a 180'),
    ('name', null, 'un nombre'),
    ('address', null, 'una dirección')
  ) w(key, degrees, what)
  where not coalesce(case
    when w.degrees is null
      then jsonb_typeof(p_place -> w.key) = 'string' and (p_place ->> w.key) ~ '[[:alnum:]]'
    when jsonb_typeof(p_place -> w.key) in ('string', 'number')
        and (p_place ->> w.key) ~ '^-?[0-9]{1,3}(\.[0-9]+)?$'
      then abs((p_place ->> w.key)::numeric) <= w.degrees
  end, false);
$$;

-- Quick replies, links, telephone numbers and codes to copy. Every other kind wants something that
-- no job has (products, a form) or that nobody here would hear (a call, a form's answers): OTP,
-- CATALOG, MPM, SPM, FLOW, VOICE_CALL.
create function wa.button_problems(p_buttons jsonb, p_format text)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  with button as (
    select e.value,
      'template.buttons.' || (e.ordinality - 1) as field,
      coalesce(upper(e.value ->> 'type'), '') as kind
    from jsonb_array_elements(p_buttons) with ordinality e
  )
  select 'template_button_invalid', 'Un botón de la plantilla está mal registrado.', b.field
  from button b
  where jsonb_typeof(b.value) <> 'object'
  union all
  select 'template_button_unsupported',
    format('La plantilla tiene un botón de tipo «%s»; '
      'aquí solo se envían respuestas rápidas, enlaces, teléfonos y códigos para copiar.',
      left(b.kind, 40)),
    b.field
  from button b
  where jsonb_typeof(b.value) = 'object'
    and b.kind not in ('QUICK_REPLY', 'URL', 'PHONE_NUMBER', 'COPY_CODE')
  union all
  select v.*
  from button b, wa.button_value_problems(b.value, p_format, b.field) v
  where jsonb_typeof(b.value) = 'object';
$$;

-- A link ends in its one variable, {{1}} or, in a named template, a name. A quick reply sends back
-- its payload, or else its label.
create function wa.button_value_problems(p_button jsonb, p_format text, p_field text)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select 'template_button_invalid', w.detail, p_field
  from (
    select upper(p_button ->> 'type') as kind,
      wa.variables_of(p_button ->> 'url') as names,
      coalesce(nullif(nullif(p_button -> 'payload', 'null'), '""'), p_button -> 'text') as answer
  ) b, lateral (values
    (b.kind = 'URL' and (coalesce(jsonb_typeof(p_button -> 'url'), '') <> 'string'
        or btrim(p_button ->> 'url') = ''),
      'Falta el enlace de un botón de la plantilla.'),
    (b.kind = 'URL' and (cardinality(b.names) > 1
        or (cardinality(b.names) = 1 and (p_button ->> 'url') !~ '\}\}$')),
      'El enlace de un botón admite una sola variable, al final.'),
    (b.kind = 'URL' and b.names[1] <> '1' and (p_format = 'positional'
        or b.names[1] !~ '^[a-z0-9_]*[a-z_][a-z0-9_]*$'),
      'La variable del enlace de un botón debe ser {{1}} o, '
        'si la plantilla nombra sus variables, un nombre en minúsculas.'),
    (b.kind = 'QUICK_REPLY' and (coalesce(jsonb_typeof(b.answer), '') <> 'string'
        or btrim(b.answer #>> '{}') = ''),
      'Falta el texto de un botón de respuesta rápida.'),
    (b.kind = 'QUICK_REPLY' and length(b.answer #>> '{}') > 256,
      'La respuesta de un botón puede tener a lo más 256 caracteres.')
  ) w(wrong, detail)
  where w.wrong;
$$;

-- Of the body's or the header's text.
create function wa.variable_problems(p_text text, p_format text, p_field text)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select 'template_variables_invalid', format(w.sentence, left(w.name, 40)), p_field
  from (select wa.variables_of(p_text) as names) v, lateral (values
    ((select n from unnest(v.names) n where n !~ '^[a-z0-9_]+$' limit 1),
      'WhatsApp no acepta la variable {{%s}}: '
        'su nombre lleva solo minúsculas sin acento, números y guion bajo.'),
    ((select n from unnest(v.names) n where p_format = 'positional' and n !~ '^[0-9]+$' limit 1),
      'La plantilla está registrada con variables numeradas, pero su texto trae {{%s}}.'),
    ((select n from unnest(v.names) n where p_format = 'named' and n ~ '^[0-9]+$' limit 1),
      'La plantilla está registrada con variables con nombre, pero su texto trae {{%s}}.'),
    ((select i::text
        from generate_series(1, (select count(distinct n) from unnest(v.names) n)) i
        where p_format = 'positional' and i::text <> all (v.names)
        limit 1),
      'Las variables se numeran desde {{1}} y sin saltos: en el texto falta {{%s}}.')
  ) w(name, sentence)
  where w.name is not null;
$$;

-- The values a template needs: the body's variables by position or name, "header" for a positional
-- header's only variable (Meta numbers it apart from the body's), "button.<index>" for a link that
-- ends in a variable, and for a button's code.
create function wa.template_parameters(p_template_id uuid)
returns setof text
language sql stable
set search_path = ''
as $$
  select distinct v.name
  from public.wa_templates t, unnest(
    wa.variables_of(t.body_text)
      || case when t.parameter_format = 'named' then wa.variables_of(t.header_text) end) v(name)
  where t.id = p_template_id
  union all
  select 'header'
  from public.wa_templates t
  where t.id = p_template_id
    and t.parameter_format = 'positional'
    and wa.variables_of(t.header_text) <> '{}'
  union all
  select 'button.' || (b.ordinality - 1)
  from public.wa_templates t, jsonb_array_elements(t.buttons) with ordinality b
  where t.id = p_template_id
    and (upper(b.value ->> 'type') = 'COPY_CODE'
      or (upper(b.value ->> 'type') = 'URL' and wa.variables_of(b.value ->> 'url') <> '{}'));
$$;

-- The names between double braces, in the order in which they stand.
create function wa.variables_of(p_text text)
returns text[]
language sql immutable parallel safe
set search_path = ''
as $$
  select coalesce(array_agg(btrim(v.hit[1], E' \t\r\n\u00a0') order by v.n), '{}')
  from regexp_matches(p_text, '\{\{([^{}]*)\}\}', 'g') with ordinality v(hit, n);
$$;

-- 30_rules/window.sql

-- When a campaign may send. Times are calendar days of the campaign's own zones, never multiples of
-- 24 h, and the strictest zone decides.
-- Veda: polling day and the three days before it (LGIPE art. 251, párr. 4; state codes for local
-- elections).
-- Campaign: between its official first and last day (LGIPE art. 251, párrs. 1 to 3; earlier acts
-- are infractions under arts. 443.1.e, 445.1.a).

create function wa.window_problem(p_campaign_id uuid, p_at timestamptz)
returns text
language sql stable
set search_path = ''
as $$
  select case
    when w.opens_at is null then 'dates_missing'
    when p_at >= w.veda_starts_at and p_at < w.veda_ends_at then 'veda'
    when p_at < w.opens_at or p_at >= w.closes_at then 'outside_campaign'
  end
  from (select) one left join wa.send_window(p_campaign_id) w on true;
$$;
comment on function wa.window_problem(uuid, timestamptz) is
  'Why nothing may leave at that time, or null.';

-- Until when the window is still shut: its opening, 'infinity' while dates are missing, null once
-- it has opened. What waits for an opening is deferred, not skipped: a task may be early, an
-- operator may be typing.
create function wa.not_open_until(p_campaign_id uuid)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select case when w.opens_at is null then 'infinity' when now() < w.opens_at then w.opens_at end
  from (select) one left join wa.send_window(p_campaign_id) w on true;
$$;

-- The one deadline of everything that waits: never stored, so that corrected dates hold at once,
-- both ways.
create function wa.closes_at(p_campaign_id uuid)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select w.closes_at from wa.send_window(p_campaign_id) w;
$$;
comment on function wa.closes_at(uuid) is
  'Nothing leaves at or after this time. Null: the dates are incomplete.';

create function wa.send_window(p_campaign_id uuid)
returns table (
  opens_at timestamptz, closes_at timestamptz, veda_starts_at timestamptz, veda_ends_at timestamptz)
language sql stable
set search_path = ''
as $$
  select max(s.campaign_start::timestamp at time zone z.name),
    least(
      min((s.campaign_end + 1)::timestamp at time zone z.name),
      min((s.election_date - 3)::timestamp at time zone z.name)),
    min((s.election_date - 3)::timestamp at time zone z.name),
    max((s.election_date + 1)::timestamp at time zone z.name)
  from public.wa_campaign_settings s, unnest(s.zones) z(name)
  where s.campaign_id = p_campaign_id
    and s.campaign_start is not null
    and s.campaign_end is not null
    and s.election_date is not null
  group by s.campaign_id;
$$;
comment on function wa.send_window(uuid) is
  'Sending is allowed in [opens_at, closes_at). No row: the dates are incomplete.';

-- 35_audit/entries.sql

-- What changes the rules, or a voter's word, leaves an entry whoever does it: a function, the
-- machine, an operator by hand. All trigger functions are security definer: who changes a row needs
-- no right to write the log.

create function wa.audit_settings()
returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  campaign uuid := coalesce(new.campaign_id, old.campaign_id);
  changed jsonb := wa.changed_columns(to_jsonb(old), to_jsonb(new));
begin
  if tg_op = 'INSERT' then
    perform wa.audit_key(campaign);
  end if;
  if changed <> '{}' then
    perform wa.audit(campaign,
      'settings_' || case tg_op
        when 'INSERT' then 'made'
        when 'DELETE' then 'deleted'
        else 'changed'
      end,
      null, jsonb_build_object('changed', changed));
  end if;
  return null;
end $$;
create trigger audit after insert or update or delete on public.wa_campaign_settings
  for each row execute function wa.audit_settings();

-- In each campaign that writes from the number. Without what operators note about it, which is
-- nobody else's. Not the columns that the machine writes with every message: a claim never comes
-- here.
create function wa.audit_sender()
returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  perform wa.audit(c.campaign_id, 'sender_changed', null, jsonb_build_object(
    'sender_id', new.id,
    'changed', wa.changed_columns(wa.sender_in_short(old), wa.sender_in_short(new))))
  from (
    select s.campaign_id
    from public.wa_campaign_settings s
    where s.sender_id = new.id
    union
    select j.campaign_id
    from public.communications j
    where j.sender_id = new.id and j.status in ('processing', 'paused')) c;
  return null;
end $$;
create trigger audit
  after update of phone_number_id, waba_id, portfolio_id, credential, rate_per_second,
    daily_limit, messaging_limit, messaging_limit_known, state
  on public.wa_senders
  for each row when (
    (old.phone_number_id, old.waba_id, old.portfolio_id, old.credential, old.rate_per_second,
      old.daily_limit, old.messaging_limit, old.messaging_limit_known, old.state)
    is distinct from
    (new.phone_number_id, new.waba_id, new.portfolio_id, new.credential, new.rate_per_second,
      new.daily_limit, new.messaging_limit, new.messaging_limit_known, new.state))
  execute function wa.audit_sender();

create function wa.sender_in_short(p_sender public.wa_senders)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'phone_number_id', p_sender.phone_number_id,
    'waba_id', p_sender.waba_id,
    'portfolio_id', p_sender.portfolio_id,
    'credential', p_sender.credential,
    'rate_per_second', p_sender.rate_per_second,
    'daily_limit', p_sender.daily_limit,
    'messaging_limit', p_sender.messaging_limit,
    'messaging_limit_known', p_sender.messaging_limit_known,
    'state', p_sender.state);
$$;

-- Every BAJA and ALTA, however it gets into the table, and every one that is taken out of it.
create function wa.audit_opt_out()
returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  if tg_op = 'DELETE'
    or (tg_op = 'UPDATE'
      and (old.sender_id, old.phone) is distinct from (new.sender_id, new.phone))
  then
    perform wa.audit_word('opt_out_deleted', old, jsonb_build_object('opted_out', old.opted_out));
  end if;
  if tg_op = 'INSERT' or (tg_op = 'UPDATE' and old is distinct from new) then
    perform wa.audit_word(case when new.opted_out then 'opt_out' else 'opt_in' end, new, '{}');
  end if;
  return null;
end $$;
create trigger audit after insert or update or delete on public.wa_opt_outs
  for each row execute function wa.audit_opt_out();

-- In each campaign of the number that knows the person.
create function wa.audit_word(p_act text, p_word public.wa_opt_outs, p_details jsonb)
returns void
language sql
set search_path = ''
as $$
  select wa.audit(n.campaign_id, p_act, null, p_details || jsonb_build_object(
    'source', p_word.source,
    'said_at', p_word.changed_at,
    'phone_hmac', wa.person_hash(n.campaign_id, p_word.phone)))
  from public.wa_campaign_numbers n
  where n.sender_id = p_word.sender_id and wa.has_recipient(n.campaign_id, p_word.phone);
$$;

-- Whether one of a campaign's jobs is, or was, to reach this person: others that write to its
-- number are strangers to it. One look-up for each job.
create function wa.has_recipient(p_campaign_id uuid, p_phone text)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return exists (
    select
    from public.communications c
    join public.wa_send_queue q on q.job_id = c.job_id and q.recipient_phone = p_phone
    where c.campaign_id = p_campaign_id);
end $$;

create function wa.audit_consent()
returns trigger
language plpgsql security definer
set search_path = ''
as $$
declare
  deleted boolean := tg_op = 'DELETE';
  changed jsonb := wa.changed_columns(
    wa.consent_in_short(old), case when not deleted then wa.consent_in_short(new) end);
begin
  if changed <> '{}' then
    perform wa.audit(old.campaign_id,
      case
        when deleted then 'consent_deleted'
        when changed - 'revoked_at' = '{}' and old.revoked_at is null then 'consent_revoked'
        else 'consent_changed'
      end,
      null, jsonb_build_object(
        'consent_id', old.id,
        'phone_hmac', wa.person_hash(old.campaign_id, old.phone),
        'changed', changed));
  end if;
  return null;
end $$;
create trigger audit after update or delete on public.wa_consents
  for each row execute function wa.audit_consent();

-- Where it comes from is typed by people, and may name some.
create function wa.consent_in_short(p_consent public.wa_consents)
returns jsonb
language sql
set search_path = ''
as $$
  select jsonb_build_object(
    'campaign_id', p_consent.campaign_id,
    'obtained_at', p_consent.obtained_at,
    'notice_version', p_consent.notice_version,
    'revoked_at', p_consent.revoked_at,
    'phone_hmac', wa.person_hash(p_consent.campaign_id, p_consent.phone),
    'source_hmac', wa.person_text_hash(
      p_consent.campaign_id, p_consent.phone, p_consent.source),
    'evidence_hmac', wa.person_text_hash(
      p_consent.campaign_id, p_consent.phone, p_consent.evidence));
$$;

-- What Meta, or an edit, made of a template. Its texts are long and stand in its versions.
create function wa.audit_template()
returns trigger
language plpgsql security definer
set search_path = ''
as $$
begin
  perform wa.audit(new.campaign_id, 'template_changed', null, jsonb_build_object(
    'template_id', new.id,
    'name', new.meta_template_name,
    'changed', wa.changed_columns(wa.template_in_short(old), wa.template_in_short(new))));
  return null;
end $$;
create trigger audit after update on public.wa_templates
  for each row when (
    (old.status, old.category, old.quality, old.version)
    is distinct from
    (new.status, new.category, new.quality, new.version))
  execute function wa.audit_template();

create function wa.template_in_short(p_template public.wa_templates)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'status', p_template.status,
    'category', p_template.category,
    'quality', p_template.quality,
    'version', p_template.version,
    'content_hash', encode(
      sha256(convert_to(wa.content_of(p_template)::text, 'UTF8')), 'hex'));
$$;

create function wa.audit(p_campaign_id uuid, p_act text, p_job_id uuid, p_details jsonb)
returns void
language sql
set search_path = ''
as $$
  insert into public.wa_audit_log (campaign_id, at, actor, act, job_id, details)
  values (p_campaign_id, clock_timestamp(), wa.who(), p_act, p_job_id, p_details);
$$;

-- The token itself, and no cast: whatever is in it, an entry can be written.
create function wa.who()
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(auth.jwt() ->> 'sub', auth.jwt() ->> 'role', session_user);
$$;

-- {column: [old, new]} of what differs; null for a row that is not there.
create function wa.changed_columns(p_old jsonb, p_new jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(
    jsonb_object_agg(c.name, jsonb_build_array(p_old -> c.name, p_new -> c.name)), '{}')
  from (select distinct jsonb_object_keys(coalesce(p_old, '{}') || coalesce(p_new, '{}')) as name) c
  where coalesce(p_old -> c.name, 'null') <> coalesce(p_new -> c.name, 'null')
    and c.name not in ('created_at', 'updated_at', 'version');
$$;

-- 35_audit/export.sql

-- GET /audit: a part of the log without gaps, page by page, as shared/rules/audit_file.py writes it
-- down. What the hashes are made of leaves as it went into them.

-- What the file is to hold: {campaign_id, exported_at, first_seq, last_seq, prev_hash, head, days}.
-- From the first entry written at p_from or later to the last one before p_to, with all between;
-- null: from the beginning, to the end. The first two are null if there is none. Reading the log is
-- an act of its own, and leaves an entry behind what is read.
create function public.wa_begin_audit_export(
  p_campaign_id uuid, p_from timestamptz default null, p_to timestamptz default null)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  first_seq bigint;
  last_seq bigint;
begin
  perform wa.require_may(p_campaign_id, 'administer');
  select min(l.seq) filter (where coalesce(l.at >= p_from, true)),
      max(l.seq) filter (where coalesce(l.at < p_to, true))
    into first_seq, last_seq
  from public.wa_audit_log l
  where l.campaign_id = p_campaign_id;
  if coalesce(first_seq > last_seq, true) then
    first_seq := null;
    last_seq := null;
  end if;
  perform wa.audit(p_campaign_id, 'audit_exported', null, jsonb_build_object(
    'first_seq', first_seq,
    'last_seq', last_seq));
  return wa.audit_extent(p_campaign_id, first_seq, last_seq);
end $$;
comment on function public.wa_begin_audit_export(uuid, timestamptz, timestamptz) is
  'What part of the audit log an export holds, and the heads that it can be compared with.';
revoke all on function public.wa_begin_audit_export(uuid, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_begin_audit_export(uuid, timestamptz, timestamptz)
  to authenticated;

-- days: the last entry of each day that lies in this part.
create function wa.audit_extent(p_campaign_id uuid, p_first bigint, p_last bigint)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'campaign_id', p_campaign_id,
    'exported_at', wa.utc(now()),
    'first_seq', p_first,
    'last_seq', p_last,
    'prev_hash', (
      select encode(l.prev_hash, 'hex')
      from public.wa_audit_log l
      where l.campaign_id = p_campaign_id and l.seq = p_first),
    'head', (
      select jsonb_build_object('seq', h.seq, 'hash', encode(h.hash, 'hex'))
      from wa.audit_heads h
      where h.campaign_id = p_campaign_id),
    'days', (
      select coalesce(jsonb_agg(
        jsonb_build_object('day', d.day, 'seq', d.seq, 'hash', encode(d.hash, 'hex'))
        order by d.day), '[]')
      from wa.audit_days d
      where d.campaign_id = p_campaign_id and d.seq between p_first and p_last));
$$;

-- {entries, facts}: the entries behind p_after, at most p_limit and none behind p_until, as
-- wa.exported_entries; facts: {hash: text}, those that they name.
create function public.wa_export_audit(
  p_campaign_id uuid, p_after bigint, p_until bigint, p_limit integer default 1000)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'administer');
  return (
    with entry as materialized (
      select *
      from public.wa_audit_log l
      where l.campaign_id = p_campaign_id and l.seq > p_after and l.seq <= p_until
      order by l.seq
      limit least(p_limit, 1000)),
    shared as materialized (
      select f.hash, f.facts, t.literals, t.names
      from wa.audit_facts f, wa.text_frame(f.facts::jsonb -> 'content') t
      where f.campaign_id = p_campaign_id
        and f.hash in (select e.details ->> 'facts' from entry e))
    select jsonb_build_object(
      'entries', (
        select coalesce(jsonb_agg(
          wa.exported_entry(e, s.literals, s.names) order by e.seq), '[]')
        from entry e
        left join shared s on s.hash = e.details ->> 'facts'),
      'facts', (select coalesce(jsonb_object_agg(s.hash, s.facts), '{}') from shared s)));
end $$;
comment on function public.wa_export_audit(uuid, bigint, bigint, integer) is
  'A page of a campaign''s sealed audit log, with what its messages said.';
revoke all on function public.wa_export_audit(uuid, bigint, bigint, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_export_audit(uuid, bigint, bigint, integer)
  to authenticated;

-- {seq, at, actor, act, job_id, details, prev_hash, hash}: details as the text that was hashed. Of
-- a message also {text, salt}, as long as its row can prove what it said, and {delivered_at,
-- read_at}, which Meta reports later and no seal holds.
create function wa.exported_entry(
  p_entry public.wa_audit_log, p_literals text[], p_names text[])
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  message public.wa_send_queue;
  said record;
begin
  -- A forged entry leaves like any other: whoever reads the file finds it.
  if p_entry.act = 'message'
    and p_entry.details ->> 'message_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
  then
    select * into message
    from public.wa_send_queue q
    where q.id = (p_entry.details ->> 'message_id')::uuid
      and q.campaign_id = p_entry.campaign_id;
  end if;
  select s.salt, s.text into said
  from (
    select wa.text_salt(message) as salt,
      wa.rendered_text(p_literals, p_names, message.template_params) as text
    where p_entry.details ? 'text_hash') s
  where wa.text_hash(s.salt, s.text) = p_entry.details ->> 'text_hash';
  return jsonb_build_object(
    'seq', p_entry.seq,
    'at', wa.utc(p_entry.at),
    'actor', p_entry.actor,
    'act', p_entry.act,
    'job_id', p_entry.job_id,
    'details', p_entry.details::text,
    'prev_hash', encode(p_entry.prev_hash, 'hex'),
    'hash', encode(p_entry.hash, 'hex'),
    'text', said.text,
    'salt', said.salt,
    'delivered_at', wa.utc(message.delivered_at),
    'read_at', wa.utc(message.read_at));
end $$;

-- 35_audit/messages.sql

-- What was decided about each message: sent, skipped, failed, unknown. The sweep writes it, out of
-- rows that hold it anyway: no claim writes an entry, and nothing here locks a message or a job.
-- docs/decisions/0022 says why so.

-- Returns how many entries were written; fewer than p_limit: no decision is left. Only one writes
-- at a time, and a second does not wait for it.
create function public.wa_audit_messages(p_limit integer default 10000)
returns integer
language plpgsql security definer
set search_path = ''
as $$
declare
  job record;
  found_here integer;
  written integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('wa_audit_messages', 0)) then
    return 0;
  end if;
  -- Read before its messages: what is decided meanwhile shows in the next one.
  for job in
    select c.job_id, c.xmin::text as seen
    from public.communications c
    left join wa.audited_jobs a on a.job_id = c.job_id
    where a.seen is distinct from c.xmin::text
    order by a.seen_at nulls first, c.job_id
  loop
    found_here := wa.audit_decisions(job.job_id, p_limit - written);
    written := written + found_here;
    exit when written >= p_limit;
    insert into wa.audited_jobs as a (job_id, seen, seen_at)
    values (job.job_id, job.seen, clock_timestamp())
    on conflict (job_id)
    do update set seen = excluded.seen,
      seen_at = excluded.seen_at;
  end loop;
  return written;
end $$;
revoke all on function public.wa_audit_messages(integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_audit_messages(integer)
  to wa_sweep;

-- Of the messages whose newest entry says something else than their row.
create function wa.audit_decisions(p_job_id uuid, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  job public.communications;
  frame record;
  written integer;
begin
  select * into job from public.communications c where c.job_id = p_job_id;
  -- Read before an erasure and hashed behind it, a phone would get another salt, for good.
  perform wa.share_people(job.campaign_id);
  select * into frame
  from public.wa_template_versions v, wa.text_frame(v.content)
  where v.template_id = job.template_id and v.version = job.template_version;
  with decided as (
    select q as message, a.decided as before, d.now
    from public.wa_send_queue q
    -- The same text means that nothing was decided since.
    cross join lateral (
      select concat_ws(' ', q.status, q.attempts, coalesce(q.skip_reason, q.error_code::text))
        as now) d
    left join wa.audited_messages a on a.job_id = q.job_id and a.position = q.position
    where q.job_id = p_job_id
      and q.status not in ('queued', 'sending')
      and a.decided is distinct from d.now
    order by q.position
    limit p_limit),
  noted as (
    insert into wa.audited_messages (job_id, position, decided)
    select p_job_id, (d.message).position, d.now
    from decided d
    on conflict (job_id, position)
    do update set decided = excluded.decided),
  shared as materialized (select wa.note_facts(job) as hash where exists (select from decided)),
  entries as (
    insert into public.wa_audit_log (campaign_id, at, actor, act, job_id, details)
    select job.campaign_id, clock_timestamp(), wa.who(), 'message', p_job_id,
      wa.decision_details(d.message, d.before, s.hash, frame.literals, frame.names)
    from decided d
    cross join shared s
    returning 1)
  select count(*) into written from entries;
  return written;
end $$;

-- Without what is null. text_hash: of a salt of this person's and this message's own, and the text;
-- who is given both can prove the text, and nobody can guess it. Skipped, there was none.
create function wa.decision_details(
  p_message public.wa_send_queue, p_before text, p_facts text, p_literals text[], p_names text[])
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  return jsonb_strip_nulls(jsonb_build_object(
    'message_id', p_message.id,
    'decision', p_message.status,
    'before', split_part(p_before, ' ', 1),
    'reason', p_message.skip_reason,
    'error_code', p_message.error_code,
    'attempts', p_message.attempts,
    'resends', nullif(p_message.resends, 0),
    'provider_hmac', wa.person_text_hash( -- Meta's id holds the number, in base64
      p_message.campaign_id, p_message.recipient_phone, p_message.meta_message_id),
    'sender_id', p_message.sender_id,
    'claimed_at', wa.utc(p_message.claimed_at),
    'sent_at', wa.utc(p_message.sent_at),
    'phone_hmac', wa.person_hash(p_message.campaign_id, p_message.recipient_phone),
    'text_hash', case
      when p_message.attempts > 0
        then wa.text_hash(
          wa.text_salt(p_message),
          wa.rendered_text(p_literals, p_names, p_message.template_params))
    end,
    'facts', p_facts)
    || case
      when p_message.attempts > 0
        then wa.consent_then(
          p_message.campaign_id, p_message.recipient_phone, p_message.claimed_at)
      else '{}'
    end);
end $$;

-- The consent that held, and was on record, when the message was claimed.
create function wa.consent_then(p_campaign_id uuid, p_phone text, p_at timestamptz)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  return coalesce((
    select jsonb_build_object('consent_id', c.id, 'notice_version', c.notice_version)
    from public.wa_consents c
    where c.campaign_id = p_campaign_id
      and c.phone = p_phone
      and c.obtained_at <= p_at
      and c.recorded_at <= p_at
      and coalesce(c.revoked_at > p_at, true)
    order by c.obtained_at desc
    limit 1), '{}');
end $$;

create function wa.text_salt(p_message public.wa_send_queue)
returns text
language plpgsql
set search_path = ''
as $$
begin
  return wa.person_text_hash(
    p_message.campaign_id, p_message.recipient_phone, '/text/' || p_message.id);
end $$;

create function wa.text_hash(p_salt text, p_text text)
returns text
language plpgsql immutable
set search_path = ''
as $$
begin
  return encode(sha256(convert_to(p_salt || p_text, 'UTF8')), 'hex');
end $$;

-- Keeps what a job's messages have in common, once, and returns its hash. The settings are those of
-- now: a change of them makes other facts, and is an entry itself.
create function wa.note_facts(p_job public.communications)
returns text
language sql
set search_path = ''
as $$
  insert into wa.audit_facts as f (campaign_id, hash, facts, used_at)
  select p_job.campaign_id, encode(sha256(convert_to(n.facts, 'UTF8')), 'hex'), n.facts, now()
  from (select wa.message_facts(p_job)::text as facts) n
  on conflict (campaign_id, hash)
  do update set used_at = excluded.used_at
  returning hash;
$$;

create function wa.message_facts(p_job public.communications)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'candidate', s.candidate,
    'office', s.office,
    'party', s.party_legend,
    'run_by', s.run_by,
    'precandidate', s.precandidate,
    'scope', s.election_kind,
    'territory', s.territory,
    'zones', s.zones,
    'ine_registration', s.ine_registration,
    'id_contabilidad', s.accounting_key,
    'rnp', s.rnp,
    'unit_cost', s.price_per_message_usd,
    'currency', 'USD',
    'created_by', p_job.created_by,
    'requested_at', wa.utc(p_job.started_at),
    'is_test', p_job.is_test,
    'template_id', t.id,
    'template_version', p_job.template_version,
    'template_name', t.meta_template_name,
    'language', t.language,
    'category', t.category,
    'content', v.content,
    'media_sha256', (
      select m.sha256
      from public.wa_media m
      where m.campaign_id = p_job.campaign_id and m.meta_media_id = t.header_media ->> 'id'
      limit 1)) || wa.facts_of_judgement(p_job))
  from public.wa_templates t
  left join public.wa_template_versions v
    on v.template_id = t.id and v.version = p_job.template_version
  left join public.wa_campaign_settings s on s.campaign_id = p_job.campaign_id
  where t.id = p_job.template_id;
$$;

-- By which lexicon its words were judged, how, and who approved them.
create function wa.facts_of_judgement(p_job public.communications)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'lexicon', p_job.metadata ->> 'lexicon',
    'lexicon_result', coalesce(p_job.approval, 'clear'),
    'approved_by', case
      when p_job.approval = 'given' then (
        select l.actor
        from public.wa_audit_log l
        where l.campaign_id = p_job.campaign_id
          and l.job_id = p_job.job_id
          and l.act = 'job_approved'
        limit 1)
    end);
$$;

-- A time as every entry and every export writes it, whatever zone the session is in.
create function wa.utc(p_at timestamptz)
returns text
language plpgsql stable
set search_path = ''
as $$
begin
  return to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
end $$;

-- A message that is gone leaves no mark of how it stood.
create function wa.forget_audited()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  delete from wa.audited_messages a
  using gone g
  where a.job_id = g.job_id and a.position = g.position;
  delete from wa.audited_jobs a using gone g where a.job_id = g.job_id;
  return null;
end $$;
create trigger forget_audited after delete on public.wa_send_queue
  referencing old table as gone for each statement execute function wa.forget_audited();

-- 35_audit/people.sql

-- How the log speaks of a person: by a hash that their own salt makes forgettable.

-- The same phone gives the same hash within a campaign until the person is erased.
create function wa.person_hash(p_campaign_id uuid, p_phone text)
returns text
language sql
set search_path = ''
as $$
  select wa.person_text_hash(p_campaign_id, p_phone, p_phone);
$$;
comment on function wa.person_hash(uuid, text) is
  'Hexadecimal; what the audit log says instead of a phone.';

-- Of something that was typed about them.
create function wa.person_text_hash(p_campaign_id uuid, p_phone text, p_text text)
returns text
language sql
set search_path = ''
as $$
  select wa.salted_hash(p_campaign_id, wa.person_salt(p_campaign_id, p_phone), p_text)
  where num_nulls(p_phone, p_text) = 0;
$$;

-- With the campaign's key as well: whoever destroys that unlinks everybody at once.
create function wa.salted_hash(p_campaign_id uuid, p_salt bytea, p_text text)
returns text
language sql
set search_path = ''
as $$
  select encode(sha256(k || sha256(k || convert_to(p_text, 'UTF8'))), 'hex')
  from (select wa.audit_key(p_campaign_id) || p_salt as k) keyed;
$$;

-- Waits for nobody: a BAJA must not wait for a long transaction that writes of the same person.
create function wa.person_salt(p_campaign_id uuid, p_phone text)
returns bytea
language plpgsql
set search_path = ''
as $$
declare
  this_person text := wa.keyed_hash(p_campaign_id, p_phone);
  found_salt bytea := (
    select s.salt
    from wa.person_salts s
    where s.campaign_id = p_campaign_id and s.person = this_person
    order by s.id
    limit 1);
begin
  if found_salt is null then
    insert into wa.person_salts (campaign_id, person, salt)
    values (p_campaign_id, this_person,
      uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
    returning salt into found_salt;
  end if;
  return found_salt;
end $$;

-- 35_audit/protection.sql

-- What nobody may do to the log, and how it speaks of people without naming them.

create function wa.refuse_audit_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'wa_audit_log is append-only' using errcode = '42501';
end $$;

create trigger refuse_emptying before truncate on public.wa_audit_log
  for each statement execute function wa.refuse_audit_change();
create trigger refuse_sealed_entry before insert on public.wa_audit_log
  for each row when (num_nonnulls(new.seq, new.prev_hash, new.hash) > 0)
  execute function wa.refuse_audit_change();
-- The one change that an entry goes through is its seal.
create trigger refuse_change before update on public.wa_audit_log
  for each row when (num_nonnulls(old.seq, old.prev_hash, old.hash) > 0
    or num_nulls(new.seq, new.prev_hash, new.hash) > 0
    or (old.id, old.campaign_id, old.at, old.actor, old.act, old.job_id, old.details)
      is distinct from
      (new.id, new.campaign_id, new.at, new.actor, new.act, new.job_id, new.details))
  execute function wa.refuse_audit_change();

-- What was kept long enough goes: wa.forget_audit, which notes first where the chain begins then.
create function wa.refuse_audit_removal()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if old.seq <= (select r.seq from wa.audit_roots r where r.campaign_id = old.campaign_id) then
    return old;
  end if;
  raise exception 'wa_audit_log is append-only' using errcode = '42501';
end $$;
create trigger refuse_removal before delete on public.wa_audit_log
  for each row execute function wa.refuse_audit_removal();

-- Emptied at once these would leave no entry.
create function wa.refuse_truncation()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception '% is emptied by delete, which leaves entries', tg_table_name
    using errcode = '42501';
end $$;
create trigger refuse_truncation before truncate on public.wa_campaign_settings
  for each statement execute function wa.refuse_truncation();

create trigger refuse_truncation before truncate on public.wa_opt_outs
  for each statement execute function wa.refuse_truncation();

create trigger refuse_truncation before truncate on public.wa_consents
  for each statement execute function wa.refuse_truncation();

-- All phones of Mexico can be tried against a hash without a key within hours.
create function wa.keyed_hash(p_campaign_id uuid, p_text text)
returns text
language plpgsql
set search_path = ''
as $$
declare
  k bytea := case when p_text is not null then wa.audit_key(p_campaign_id) end;
begin
  return encode(sha256(k || sha256(k || convert_to(p_text, 'UTF8'))), 'hex');
end $$;
comment on function wa.keyed_hash(uuid, text) is
  'Hexadecimal; the same text gives the same hash within a campaign and another one in every '
  'other.';

-- Made with the campaign's settings, so that no BAJA waits for another one that makes it.
create function wa.audit_key(p_campaign_id uuid)
returns bytea
language plpgsql
set search_path = ''
as $$
declare
  found_key bytea := (select k.key from wa.audit_keys k where k.campaign_id = p_campaign_id);
begin
  if found_key is null then
    insert into wa.audit_keys (campaign_id, key)
    values (p_campaign_id, uuid_send(gen_random_uuid())
      || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
    on conflict do nothing;
    found_key := (select k.key from wa.audit_keys k where k.campaign_id = p_campaign_id);
  end if;
  return found_key;
end $$;

-- 35_audit/retention.sql

-- The log is kept for wa_campaign_settings.audit_kept after the election (or the campaign, if that
-- is later), and each entry for as long. A campaign without dates keeps all of it.

-- Returns how many entries went.
create function wa.forget_audit(p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  campaign record;
  gone integer := 0;
begin
  for campaign in
    select s.campaign_id, now() - s.audit_kept as before
    from public.wa_campaign_settings s
    where greatest(s.campaign_end, s.election_date) < (now() - s.audit_kept)::date
    order by s.campaign_id
  loop
    exit when gone >= p_limit;
    gone := gone + wa.forget_first_entries(campaign.campaign_id, campaign.before, p_limit - gone);
  end loop;
  return gone;
end $$;

-- The first entries of the chain, as far as all of them are that old. The place and the hash of the
-- last one stay: from there on the rest can be verified.
create function wa.forget_first_entries(
  p_campaign_id uuid, p_before timestamptz, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  last public.wa_audit_log;
  gone integer;
begin
  select (o.entry).* into last
  from (
    select l as entry, bool_and(l.at < p_before) over (order by l.seq) as all_old
    from (
      select *
      from public.wa_audit_log a
      where a.campaign_id = p_campaign_id and a.seq is not null
      order by a.seq
      limit p_limit) l) o
  where o.all_old
  order by (o.entry).seq desc
  limit 1;
  if last.seq is null then
    return 0;
  end if;
  insert into wa.audit_roots (campaign_id, seq, hash, forgotten_at)
  values (p_campaign_id, last.seq, last.hash, now())
  on conflict (campaign_id)
  do update set seq = excluded.seq,
    hash = excluded.hash,
    forgotten_at = excluded.forgotten_at;
  delete from public.wa_audit_log l where l.campaign_id = p_campaign_id and l.seq <= last.seq;
  get diagnostics gone = row_count;
  delete from wa.audit_days d where d.campaign_id = p_campaign_id and d.seq <= last.seq;
  delete from wa.audit_facts f
  where f.campaign_id = p_campaign_id and f.used_at < p_before - interval '1 day';
  return gone;
end $$;

-- 35_audit/seal.sql

-- The sweep seals what was written: entries get their numbers, each with the hash of the one before
-- it, and the newest hash leaves the database, out of reach of whoever owns it.

-- Who waits longest first. Where one campaign's chain cannot be continued, the others' are. Returns
-- {sealed, unsealable, audit_heads: [{campaign_id, seq, hash}]}: how many entries, how many
-- campaigns, and every head that grew in the last hour, because an answer may get lost.
create function wa.seal_audit(p_limit integer default 50000)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  campaign uuid;
  sealed integer := 0;
  unsealable integer := 0;
begin
  for campaign in
    select l.campaign_id
    from public.wa_audit_log l
    where l.seq is null and l.hash is null
    group by l.campaign_id
    order by min(l.id)
  loop
    exit when sealed >= p_limit;
    begin
      sealed := sealed + wa.seal_campaign(campaign, p_limit - sealed);
    exception when others then
      unsealable := unsealable + 1;
    end;
  end loop;
  return jsonb_build_object('sealed', sealed, 'unsealable', unsealable, 'audit_heads', (
    select coalesce(jsonb_agg(
      jsonb_build_object('campaign_id', h.campaign_id, 'seq', h.seq, 'hash', encode(h.hash, 'hex'))
      order by h.campaign_id), '[]')
    from wa.audit_heads h
    where h.sealed_at > now() - interval '1 hour'));
end $$;

-- Goes on behind whatever is numbered, whether it is right or not: what is wrong there,
-- wa.verify_audit finds. An entry that was written earlier and committed later is sealed later.
create function wa.seal_campaign(p_campaign_id uuid, p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  head wa.audit_heads;
  entry public.wa_audit_log;
  ids bigint[] := '{}';
  before bytea[] := '{}';
  hashes bytea[] := '{}';
begin
  if not pg_try_advisory_xact_lock(hashtextextended('wa_audit_log:' || p_campaign_id, 0)) then
    return 0; -- another sweep is at it
  end if;
  head := wa.audit_head(p_campaign_id);
  for entry in
    select *
    from public.wa_audit_log l
    where l.campaign_id = p_campaign_id and num_nonnulls(l.seq, l.prev_hash, l.hash) = 0
    order by l.id
    limit p_limit
  loop
    head.seq := head.seq + 1;
    before := array_append(before, head.hash);
    head.hash := wa.audit_hash(head.hash, head.seq, entry);
    ids := array_append(ids, entry.id);
    hashes := array_append(hashes, head.hash);
  end loop;
  update public.wa_audit_log l
  set seq = head.seq - cardinality(ids) + e.n,
    prev_hash = e.before,
    hash = e.hash
  from unnest(ids, before, hashes) with ordinality e(id, before, hash, n)
  where l.id = e.id;
  perform wa.note_audit_head(p_campaign_id, head.seq, head.hash);
  return cardinality(ids);
end $$;

create function wa.note_audit_head(p_campaign_id uuid, p_seq bigint, p_hash bytea)
returns void
language sql
set search_path = ''
as $$
  insert into wa.audit_heads as h (campaign_id, seq, hash, sealed_at)
  values (p_campaign_id, p_seq, p_hash, clock_timestamp())
  on conflict (campaign_id)
  do update set seq = excluded.seq,
    hash = excluded.hash,
    sealed_at = excluded.sealed_at;
  insert into wa.audit_days as d (campaign_id, day, seq, hash)
  values (p_campaign_id, (clock_timestamp() at time zone 'UTC')::date, p_seq, p_hash)
  on conflict (campaign_id, day)
  do update set seq = excluded.seq,
    hash = excluded.hash;
$$;

create function wa.audit_head(p_campaign_id uuid)
returns wa.audit_heads
language plpgsql
set search_path = ''
as $$
declare
  head wa.audit_heads;
  newest public.wa_audit_log;
begin
  select * into head from wa.audit_heads h where h.campaign_id = p_campaign_id;
  select * into newest
  from public.wa_audit_log l
  where l.campaign_id = p_campaign_id and l.seq is not null
  order by l.seq desc
  limit 1;
  head.seq := greatest(head.seq, newest.seq, 0);
  head.hash := coalesce(head.hash, newest.hash, wa.audit_root(p_campaign_id));
  return head;
end $$;

create function wa.audit_hash(p_prev bytea, p_seq bigint, p_entry public.wa_audit_log)
returns bytea
language plpgsql immutable
set search_path = ''
as $$
begin
  return sha256(p_prev || convert_to(jsonb_build_array(
    p_seq, p_entry.campaign_id, extract(epoch from p_entry.at), p_entry.actor,
    p_entry.act, p_entry.job_id, p_entry.details)::text, 'UTF8'));
end $$;

-- What stands before the first entry.
create function wa.audit_root(p_campaign_id uuid)
returns bytea
language sql immutable
set search_path = ''
as $$
  select sha256(convert_to(p_campaign_id::text, 'UTF8'));
$$;

-- 35_audit/text.sql

-- What a message said, out of its template's version and its values: one line for the header, the
-- body as it is, one for the footer and one for each button.

-- The texts between the variables, and the variables' names as wa_send_queue.template_params has
-- them. A header's number counts apart from the body's; a button's value is named by its index.
create function wa.text_frame(p_content jsonb, out literals text[], out names text[])
language plpgsql immutable
set search_path = ''
as $$
declare
  frame text := concat_ws(E'\n',
    case p_content ->> 'parameter_format'
      when 'positional'
        then regexp_replace(p_content ->> 'header_text', '\{\{[^{}]*\}\}', '{{header}}')
      else p_content ->> 'header_text'
    end,
    p_content ->> 'body_text',
    p_content ->> 'footer_text', (
      select string_agg(wa.button_line(b.value, b.n - 1), E'\n' order by b.n)
      from jsonb_array_elements(wa.list_or_none(p_content -> 'buttons')) with ordinality b(value, n)
    ));
begin
  literals := regexp_split_to_array(frame, '\{\{[^{}]*\}\}');
  names := array(
    select btrim(m[1]) from regexp_matches(frame, '\{\{([^{}]*)\}\}', 'g') m);
end $$;

create function wa.button_line(p_button jsonb, p_index bigint)
returns text
language sql immutable
set search_path = ''
as $$
  select case p_button ->> 'type'
    when 'COPY_CODE' then '[{{button.' || p_index || '}}]'
    else concat('[', p_button ->> 'text', ']', coalesce(
      '(' || regexp_replace(
        p_button ->> 'url', '\{\{[^{}]*\}\}', '{{button.' || p_index || '}}') || ')',
      '(' || (p_button ->> 'phone_number') || ')'))
  end;
$$;

-- Filled in at once: what looks like a variable in a value stays text.
create function wa.rendered_text(p_literals text[], p_names text[], p_params jsonb)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  filled text := p_literals[1];
begin
  for n in 1 .. coalesce(cardinality(p_names), 0) loop
    filled := filled || coalesce(p_params ->> p_names[n], '{{' || p_names[n] || '}}')
      || p_literals[n + 1];
  end loop;
  return filled;
end $$;

-- 35_audit/verify.sql

-- Is a campaign's log as it was written?

-- A large log takes a while: it is one of the campaign's two large calls.
create function public.wa_verify_audit(
  p_campaign_id uuid, p_seq bigint default null, p_hash text default null)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'administer');
  perform wa.begin_large_call(p_campaign_id);
  return wa.verify_audit(p_campaign_id, p_seq, p_hash);
end $$;
comment on function public.wa_verify_audit(uuid, bigint, text) is
  'Whether a campaign''s audit log is as it was sealed; null = no head to compare with.';
revoke all on function public.wa_verify_audit(uuid, bigint, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_verify_audit(uuid, bigint, text)
  to authenticated;

-- Returns {intact, entries, sealed, broken_at, problem}. broken_at is the first place that is
-- wrong, problem how:
--   seq        an entry is missing there, or one too many
--   prev_hash  the entry does not follow from the one before
--   hash       the entry is not what was sealed
--   head       the chain ends before, or goes on behind, the last entry that was sealed
--   anchor     the entry p_seq is not there, or p_hash (hexadecimal) is not its hash
-- Whoever owns the database can make up a chain that is right in itself. Only a head that was
-- reported before, p_seq and p_hash, tells it from the one that was. A chain whose first entries
-- were kept long enough (wa.audit_roots) begins behind them.
create function wa.verify_audit(
  p_campaign_id uuid, p_seq bigint default null, p_hash text default null)
returns jsonb
language sql stable
set search_path = ''
as $$
  with entry as (select * from wa.chained_entries(p_campaign_id)),
  newest as (select e.seq, e.hash from entry e order by e.place desc limit 1),
  broken as (
    select e.place as at, case
      when e.content is null then null -- the root
      when e.seq is distinct from e.place then 'seq'
      when e.prev_hash is distinct from e.expected then 'prev_hash'
      when e.hash is distinct from wa.audit_hash(e.prev_hash, e.seq, e.content) then 'hash'
    end as problem
    from entry e
    union all
    select least(coalesce(h.seq, 0), coalesce(n.seq, 0)) + (h.seq is distinct from n.seq)::integer,
      'head'
    from newest n
    full join (select * from wa.audit_heads a where a.campaign_id = p_campaign_id) h on true
    where (h.seq, h.hash) is distinct from (n.seq, n.hash)
    union all
    select p_seq, 'anchor'
    where num_nonnulls(p_seq, p_hash) > 0 and not exists (
      select
      from entry e
      where e.seq = coalesce(p_seq, e.seq)
        and encode(e.hash, 'hex') = coalesce(lower(p_hash), encode(e.hash, 'hex'))))
  select jsonb_build_object(
    'intact', f.problem is null,
    'sealed', (select count(e.content) from entry e),
    'entries', (select count(*) from public.wa_audit_log l where l.campaign_id = p_campaign_id),
    'broken_at', f.at,
    'problem', f.problem)
  from (select) always
  left join (
    select *
    from broken b
    where b.problem is not null
    order by b.at, b.problem = 'head' limit 1) f on true;
$$;
comment on function wa.verify_audit(uuid, bigint, text) is
  'For operators; members call public.wa_verify_audit.';

-- The sealed entries and, without content, the root of a chain that no longer begins with its first
-- entry. place, expected: what seq and prev_hash have to be.
create function wa.chained_entries(p_campaign_id uuid)
returns table (
  content public.wa_audit_log, seq bigint, prev_hash bytea, hash bytea, place bigint,
  expected bytea)
language sql stable
set search_path = ''
as $$
  with root as (
    select *
    from wa.audit_roots r
    where r.campaign_id = p_campaign_id
  )
  select l, l.seq, l.prev_hash, l.hash,
    row_number() over chain + coalesce(r.seq, 0),
    lag(l.hash, 1, coalesce(r.hash, wa.audit_root(p_campaign_id))) over chain
  from public.wa_audit_log l
  left join root r on true
  where l.campaign_id = p_campaign_id and num_nonnulls(l.seq, l.prev_hash, l.hash) > 0
  window chain as (order by l.seq, l.id)
  union all
  select null, r.seq, null, r.hash, r.seq, null
  from root r;
$$;

-- 38_consents/import.sql

-- POST /consents: a file of consents, some thousand rows a call, each row once.

-- p_rows: [{row, phone, obtained_at, source, notice_version, evidence}], rising by row, the phone
-- as it was typed, obtained_at a day or a time; or [{row, code, detail, field}] for a row that
-- cannot be read. Rows up to the last one that is written are passed over, so that a file may be
-- brought again from its beginning, also by two at once. Without rows: how far the file is; null:
-- not begun.
-- Security definer: members write no table.
create function public.wa_import_consents(
  p_campaign_id uuid, p_sha256 text, p_rows jsonb, p_is_last boolean)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  import public.wa_consent_imports;
begin
  perform wa.require_may(p_campaign_id, 'send');
  if jsonb_typeof(p_rows) is distinct from 'array' or jsonb_array_length(p_rows) > 5000 then
    perform wa.refuse(422, 'too_many_values', 'A lo más 5,000 filas por llamada.', 'consents');
  end if;
  perform wa.begin_large_call(p_campaign_id);
  perform wa.lock_consents(p_campaign_id);
  import := wa.open_import(
    p_campaign_id, p_sha256, p_is_new => p_is_last or jsonb_array_length(p_rows) > 0);
  if import.finished_at is null and jsonb_array_length(p_rows) > 0 then
    import := wa.import_rows(import, p_rows);
  end if;
  if import.finished_at is null and p_is_last then
    import := wa.finish_import(import.id);
  end if;
  if import.id is not null then
    return to_jsonb(import) - '{campaign_id,sha256,created_by,created_at}'::text[];
  end if;
  return null;
end $$;
revoke all on function public.wa_import_consents(uuid, text, jsonb, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_import_consents(uuid, text, jsonb, boolean)
  to authenticated;

-- One at a time writes a campaign's consents: what an import finds not revoked is not revoked
-- before it commits, and nothing is written twice. An erasure waits, so that it sees them all.
create function wa.lock_consents(p_campaign_id uuid)
returns void
language sql
set search_path = ''
as $$
  select wa.share_people(p_campaign_id);
  select pg_advisory_xact_lock(hashtextextended(format('wa_consents:%s', p_campaign_id), 0));
$$;

create function wa.open_import(p_campaign_id uuid, p_sha256 text, p_is_new boolean)
returns public.wa_consent_imports
language plpgsql
set search_path = ''
as $$
declare
  import public.wa_consent_imports;
begin
  select * into import
  from public.wa_consent_imports i
  where i.campaign_id = p_campaign_id and i.sha256 = p_sha256;
  if not found and p_is_new then
    insert into public.wa_consent_imports (campaign_id, sha256, created_by)
    values (p_campaign_id, p_sha256, auth.uid())
    returning * into import;
    perform wa.audit(p_campaign_id, 'consents_import_begun', null,
      jsonb_build_object('import_id', import.id, 'sha256', p_sha256));
  end if;
  return import;
end $$;

create function wa.import_rows(p_import public.wa_consent_imports, p_rows jsonb)
returns public.wa_consent_imports
language sql
set search_path = ''
as $$
  with judged as materialized (
    select *
    from wa.judged_consents(p_import.campaign_id, p_rows, p_import.last_row)
  ),
  fresh as (
    insert into public.wa_consents (
      campaign_id, phone, obtained_at, source, notice_version, evidence, import_id)
    select distinct on (j.phone, j.obtained_at, j.source)
      p_import.campaign_id, j.phone, j.obtained_at, j.source, j.notice_version, j.evidence,
      p_import.id
    from judged j
    where j.code is null and j.known_id is null
    order by j.phone, j.obtained_at, j.source, j.place
    returning id
  )
  update public.wa_consent_imports i
  set last_row = greatest(i.last_row, c.last_row),
    rows = i.rows + c.rows,
    imported = i.imported + c.imported,
    already_known = i.already_known + c.rows - c.refused - c.imported,
    refused = i.refused + c.refused,
    errors = wa.first_errors(i.errors || c.errors)
  from (
    select max(j.place) as last_row, count(*) as rows, count(j.code) as refused,
      (select count(*) from fresh) as imported,
      coalesce(
        jsonb_agg(
          jsonb_build_object(
            'row', j.place, 'code', j.code, 'detail', j.detail, 'field', j.field)
          order by j.place) filter (where j.code is not null),
        '[]') as errors
    from judged j
  ) c
  where i.id = p_import.id
  returning i.*;
$$;

create function wa.first_errors(p_errors jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_path_query_array(p_errors, '$[0 to 999]');
$$;

create function wa.finish_import(p_import_id uuid)
returns public.wa_consent_imports
language plpgsql
set search_path = ''
as $$
declare
  import public.wa_consent_imports;
begin
  update public.wa_consent_imports i
  set finished_at = clock_timestamp()
  where i.id = p_import_id
  returning * into import;
  perform wa.audit(import.campaign_id, 'consents_imported', null,
    jsonb_build_object(
      'import_id', import.id,
      'sha256', import.sha256,
      'rows', import.rows,
      'imported', import.imported,
      'already_known', import.already_known,
      'refused', import.refused));
  return import;
end $$;

-- 38_consents/judge.sql

-- Which consents may be kept.

-- The rows behind p_after, each with its number in one spelling and its time; known_id: the same
-- consent is there already; code, detail and field: why it may not be kept. What has its code
-- already keeps it.
create function wa.judged_consents(p_campaign_id uuid, p_rows jsonb, p_after integer)
returns table (
  place integer, phone text, obtained_at timestamptz, source text, notice_version text,
  evidence text, known_id uuid, code text, detail text, field text)
language sql stable
set search_path = ''
as $$
  with read as materialized (
    select r."row" as place, r.phone as raw, wa.normalize_phone(r.phone) as phone,
      wa.consent_time(r.obtained_at, z.zone) as obtained_at, z.zone, r.source, r.notice_version,
      r.evidence, r.code, r.detail, r.field
    from jsonb_to_recordset(p_rows) r (
      "row" integer, phone text, obtained_at text, source text, notice_version text, evidence text,
      code text, detail text, field text), wa.consent_zone(p_campaign_id) z (zone)
    where r."row" > p_after
  ),
  judged as (
    select r.*, known.id as known_id, coalesce(r.code, case
        when r.phone is null then wa.phone_problem(r.raw)
        when erased.reason = 'erased' then 'person_erased'
        when r.obtained_at is null then 'date_missing'
        when wa.is_after_today(r.obtained_at, r.zone) then 'date_in_the_future'
        when r.obtained_at < '2010-07-06' then 'date_too_old'
        when wa.is_roll_data(concat_ws(' | ', r.source, r.notice_version, r.evidence))
          then 'roll_data'
        when known.revoked_at >= r.obtained_at then 'consent_revoked'
      end) as judgment
    from read r
    left join wa.suppressed_names(p_campaign_id, array(select phone from read)) erased
      on erased.name = r.phone
    cross join lateral (
      select max(c.revoked_at) as revoked_at,
        (array_agg(c.id) filter (
          where (c.obtained_at, c.source) = (r.obtained_at, r.source)))[1] as id
      from public.wa_consents c
      where c.campaign_id = p_campaign_id and c.phone = r.phone) known
  )
  select j.place, j.phone, j.obtained_at, j.source, j.notice_version, j.evidence, j.known_id,
    j.judgment, coalesce(p.detail, j.detail), coalesce(p.field, j.field)
  from judged j
  left join wa.consent_problems() p on p.code = j.judgment;
$$;

create function wa.consent_problems()
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  values
    ('missing_number', 'Falta el teléfono.', 'phone'),
    ('invalid_number', 'No es un número mexicano de diez dígitos completo; si la hoja de cálculo '
      'lo redondeó, dale formato de texto a la columna.', 'phone'),
    ('foreign_number', 'Solo se admiten números mexicanos (+52).', 'phone'),
    ('person_erased', 'Esa persona pidió que se borraran sus datos; ya no se le puede escribir.',
      'phone'),
    ('date_missing', 'Falta la fecha del consentimiento.', 'obtained_at'),
    ('date_in_the_future', 'La fecha del consentimiento está en el futuro.', 'obtained_at'),
    ('date_too_old', 'La fecha es anterior a la primera ley de protección de datos personales '
      '(6 de julio de 2010): entonces no había aviso de privacidad.', 'obtained_at'),
    ('roll_data', 'No se admiten datos del padrón electoral.', 'evidence'),
    ('consent_revoked', 'La persona revocó su consentimiento en esa fecha o después.',
      'obtained_at');
$$;

-- What is typed without a zone is the campaign's own time.
create function wa.consent_zone(p_campaign_id uuid)
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(
    (
      select s.zones[1]
      from public.wa_campaign_settings s
      where s.campaign_id = p_campaign_id),
    'America/Mexico_City');
$$;

-- A day is its first moment, so that whoever takes it back that day has done so later.
create function wa.consent_time(p_text text, p_zone text)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select case
    when p_text ~ 'T.*([Zz]|[+-][0-9:]+)$' then p_text::timestamptz
    else p_text::timestamp at time zone p_zone
  end;
$$;

-- By days: a form's clock may be some hours ahead of the campaign's.
create function wa.is_after_today(p_moment timestamptz, p_zone text)
returns boolean
language sql stable
set search_path = ''
as $$
  select (p_moment at time zone p_zone)::date > (now() at time zone p_zone)::date;
$$;

-- A clave de elector or a CURP anywhere in a text. LGIPE arts. 126.3 and 148.2; the same as
-- shared/rules/roll_data.py, which sees the columns that are not kept, too.
create function wa.is_roll_data(p_text text)
returns boolean
language sql immutable
set search_path = ''
as $$
  select upper(p_text) ~ (
    '(?<![[:alnum:]])'
    '(?:[A-ZÑ&]{6}[ -]?[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[ -]?'
    '(?:0[1-9]|[12][0-9]|3[0-2]|8[78])[ -]?[HMX][ -]?[0-9]{3}'
    '|[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{5}[A-Z0-9][0-9])(?![[:alnum:]])');
$$;

-- 38_consents/voter.sql

-- PUT and DELETE /voters/{id}/consent: one person's word.

-- p_consent: {obtained_at, source, notice_version, evidence}. The same day and source again is the
-- same consent. As the signed-in user: of voters whom they may not see nothing can be said.
create function public.wa_record_consent(p_campaign_id uuid, p_voter_id uuid, p_consent jsonb)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_voter(p_campaign_id, p_voter_id);
  return wa.record_consent(p_campaign_id, p_voter_id, p_consent);
end $$;
revoke all on function public.wa_record_consent(uuid, uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_record_consent(uuid, uuid, jsonb)
  to authenticated;

-- Asking again changes nothing.
create function public.wa_revoke_consent(p_campaign_id uuid, p_voter_id uuid)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_voter(p_campaign_id, p_voter_id);
  return wa.revoke_consent(p_campaign_id, p_voter_id);
end $$;
revoke all on function public.wa_revoke_consent(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_revoke_consent(uuid, uuid)
  to authenticated;

create function wa.require_voter(p_campaign_id uuid, p_voter_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if not exists (
    select
    from wa.audience(
      p_campaign_id, jsonb_build_object('voter_ids', jsonb_build_array(p_voter_id)))
  ) then
    perform wa.refuse(404, 'voter_not_found',
      'No existe esa persona en la campaña o no tienes acceso a ella.', 'voter_id');
  end if;
end $$;
grant execute on function wa.require_voter(uuid, uuid)
  to authenticated;

-- Security definer, like the next one: members write no table.
create function wa.record_consent(p_campaign_id uuid, p_voter_id uuid, p_consent jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  raw text := (select v.phone from wa.current_phone(p_campaign_id, p_voter_id) v);
  judged record;
  recorded uuid;
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.lock_consents(p_campaign_id);
  select * into judged
  from wa.judged_consents(p_campaign_id,
    jsonb_build_array(p_consent || jsonb_build_object('row', 1, 'phone', raw)), 0);
  if judged.code is not null then
    perform wa.refuse(
      case when judged.code in ('consent_revoked', 'person_erased') then 409 else 422 end,
      judged.code, judged.detail, judged.field);
  elsif judged.known_id is null then
    insert into public.wa_consents (
      campaign_id, phone, obtained_at, source, notice_version, evidence)
    values (
      p_campaign_id, judged.phone, judged.obtained_at, judged.source, judged.notice_version,
      judged.evidence)
    returning id into recorded;
    perform wa.audit(p_campaign_id, 'consent_recorded', null, jsonb_build_object(
      'consent_id', recorded,
      'phone_hmac', wa.person_hash(p_campaign_id, judged.phone)));
  end if;
  return jsonb_build_object(
    'voter_id', p_voter_id,
    'consent_id', coalesce(judged.known_id, recorded),
    'obtained_at', judged.obtained_at,
    'already_known', judged.known_id is not null);
end $$;
grant execute on function wa.record_consent(uuid, uuid, jsonb)
  to authenticated;

-- All that the number's owner ever agreed to. Where nothing is recorded the word itself is, so that
-- no list from before brings it in later. Claims ask anew, so that what is queued stays.
create function wa.revoke_consent(p_campaign_id uuid, p_voter_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  raw text := (select v.phone from wa.current_phone(p_campaign_id, p_voter_id) v);
  number text := wa.normalize_phone(raw);
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.lock_consents(p_campaign_id);
  if number is null then
    perform wa.refuse(422, p.code, p.detail, p.field)
    from wa.consent_problems() p
    where p.code = wa.phone_problem(raw);
  elsif wa.suppressed_as(p_campaign_id, number, null) = 'erased' then
    perform wa.refuse(409, p.code, p.detail, p.field)
    from wa.consent_problems() p
    where p.code = 'person_erased';
  end if;
  update public.wa_consents c
  set revoked_at = clock_timestamp()
  where c.campaign_id = p_campaign_id and c.phone = number and c.revoked_at is null;
  if not exists (
    select
    from public.wa_consents c
    where c.campaign_id = p_campaign_id and c.phone = number
  ) then
    insert into public.wa_consents (campaign_id, phone, revoked_at)
    values (p_campaign_id, number, clock_timestamp());
    perform wa.audit(p_campaign_id, 'consent_revoked', null,
      jsonb_build_object('phone_hmac', wa.person_hash(p_campaign_id, number)));
  end if;
  return jsonb_build_object('voter_id', p_voter_id, 'revoked_at', (
    select max(c.revoked_at)
    from public.wa_consents c
    where c.campaign_id = p_campaign_id and c.phone = number));
end $$;
grant execute on function wa.revoke_consent(uuid, uuid)
  to authenticated;

-- 40_jobs/approval.sql

-- A job whose content needs a second look waits for a second person: docs/decisions/0021.

-- POST /jobs/{id}/approve: the job goes on, unless something else holds it. Its creator cannot
-- approve it, whatever their role; approving again changes nothing.
create function public.wa_approve_job(p_job_id uuid, p_reason text default null)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
begin
  perform wa.require_job(p_job_id, 'approve');
  select * into job from public.communications c where c.job_id = p_job_id for update;
  perform wa.require_approvable(job);
  if job.approval = 'waiting' then
    update public.communications c
    set approval = 'given',
      status = case when c.paused_by = 'approval' then 'processing' else c.status end,
      status_reason = case when c.paused_by <> 'approval' then c.status_reason end,
      paused_by = nullif(c.paused_by, 'approval')
    where c.job_id = p_job_id
    returning * into job;
    perform wa.audit(job.campaign_id, 'job_approved', p_job_id, jsonb_build_object(
      'findings', job.metadata #> '{summary,findings}',
      'lexicon', job.metadata -> 'lexicon',
      'reason', p_reason));
  end if;
  return wa.job_progress(job);
end $$;
comment on function public.wa_approve_job(uuid, text) is
  'Lets a job leave whose content its creator''s campaign had to look at twice.';
revoke all on function public.wa_approve_job(uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_approve_job(uuid, text)
  to authenticated;

create function wa.require_approvable(p_job public.communications)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if p_job.approval is null then
    perform wa.refuse(409, 'approval_not_needed',
      'Este envío no requiere segunda aprobación.', 'job_id');
  elsif p_job.created_by = auth.uid() then
    perform wa.refuse(403, 'approval_by_creator',
      'Quien creó el envío no puede aprobarlo; pídelo a otra persona autorizada.', 'job_id');
  elsif p_job.approval = 'given' then
    return;
  elsif p_job.status <> 'paused' then
    perform wa.refuse_ended(p_job);
  elsif not wa.keeps_its_text(p_job.template_id, p_job.template_version) then
    perform wa.refuse(409, 'template_changed', wa.reason_of_another_text(), 'job_id');
  end if;
end $$;

-- What was found in the messages of a new job, whose rows exist; refused, if it may buy or coerce
-- votes and nobody else has released it.
create function wa.lawful_findings(p_job public.communications)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
  findings jsonb := (
    select coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(f))), '[]')
    from wa.content_findings_of_job(p_job) f);
begin
  select * into template from public.wa_templates t where t.id = p_job.template_id;
  findings := wa.with_releases(findings, template, wa.params_for_nobody(
    coalesce(p_job.metadata -> 'personalization', '{}'), wa.campaign_fields(p_job.campaign_id)));
  perform wa.refuse_blocked(findings);
  return findings;
end $$;

-- The same of one message: a test, or a template that is made or edited ('{}'). Neither waits for
-- anybody: a test goes to the campaign's own people, and what only warns is judged again in a job.
create function wa.lawful_findings_in(p_template public.wa_templates, p_params jsonb)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  findings jsonb := wa.released_findings_in(p_template, p_params);
begin
  perform wa.refuse_blocked(findings);
  return findings;
end $$;

-- In the preview: what every message of such a job would say, without its voters' values.
create function wa.own_findings(
  p_campaign_id uuid, p_template_id uuid, p_personalization jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce((
    select wa.released_findings_in(
      t, wa.params_for_nobody(p_personalization, wa.campaign_fields(p_campaign_id)))
    from public.wa_templates t
    where t.id = p_template_id), '[]');
$$;

create function wa.released_findings_in(p_template public.wa_templates, p_params jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  select wa.with_releases(wa.findings_in(p_template, p_params), p_template, p_params);
$$;

-- [{field, class, phrase, article, rule}].
create function wa.findings_in(p_template public.wa_templates, p_params jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(f)), '[]')
  from wa.content_findings_of_template(p_template, p_params) f;
$$;

create function wa.refuse_blocked(p_findings jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  worst jsonb := jsonb_path_query_first(
    p_findings, '$[*] ? (@.class == "BLOCK" && !exists(@.release_id))');
begin
  if worst is not null then
    perform wa.refuse(422, 'content_blocked', wa.finding_in_words(worst), worst ->> 'field',
      jsonb_build_object('findings', p_findings));
  end if;
end $$;

create function wa.finding_in_words(p_finding jsonb)
returns text
language sql immutable
set search_path = ''
as $$
  select format('%s La frase es «%s» (%s).',
    wa.content_sentence(p_finding ->> 'class'), p_finding ->> 'phrase', p_finding ->> 'article');
$$;

-- The job as it begins: what only warns waits for a second person.
create function wa.held_for_approval(p_job public.communications, p_findings jsonb)
returns public.communications
language plpgsql stable
set search_path = ''
as $$
declare
  job public.communications := p_job;
begin
  if p_findings @@ 'exists($[*] ? (@.class == "WARN" && !exists(@.release_id)))' then
    job.approval := 'waiting';
    job.status := 'paused';
    job.status_reason := wa.content_sentence('WARN');
    job.paused_by := 'approval';
  end if;
  return job;
end $$;

-- 40_jobs/canary.sql

-- A canary: the first of a large job's messages go out alone. Only if their receipts look healthy
-- does the rest follow; a wrong list or an unwelcome text then costs a few messages, not a number's
-- reputation.

create function wa.judge_canaries()
returns integer
language sql
set search_path = ''
as $$
  select count(*) filter (where wa.judge_canary(c) <> 'running')::integer
  from (
    select *
    from public.communications j
    where j.status = 'processing' and j.canary_state = 'running'
    order by j.job_id for no key update skip locked) c;
$$;

-- Ready when nine of ten are settled or the campaign's canary_wait is over; then passed, or the job
-- is paused with the figures. Who resumes it has decided that the rest may go.
create function wa.judge_canary(p_job public.communications)
returns text
language plpgsql
set search_path = ''
as $$
declare
  r record;
  s public.wa_campaign_settings;
  bad boolean;
begin
  select * into r from wa.canary_result(p_job);
  select * into s from public.wa_campaign_settings c where c.campaign_id = p_job.campaign_id;
  if r.pending = 0 and wa.extend_canary(p_job, r.attempted) then
    return 'running';
  elsif r.pending > 0
      or (r.settled < 0.9 * r.attempted and r.last_claim > now() - s.canary_wait) then
    return 'running';
  end if;
  bad := r.failed > s.canary_max_failed * r.attempted
    or r.opted_out > s.canary_max_opted_out * r.attempted;
  update public.communications c
  set canary_state = case when bad then 'failed' else 'passed' end
  where c.job_id = p_job.job_id;
  if bad then
    perform wa.pause_jobs(array[p_job.job_id], 'canary', format(
      'Prueba inicial de %s mensajes: %s fallaron y %s personas pidieron BAJA. '
      'Revisa la lista y el texto antes de reanudar.',
      r.attempted, r.failed, r.opted_out));
  end if;
  return case when bad then 'failed' else 'passed' end;
end $$;

-- The next messages stand in for those of the canary that were skipped. False: none were, or there
-- are no more.
create function wa.extend_canary(p_job public.communications, p_attempted bigint)
returns boolean
language sql
set search_path = ''
as $$
  with extended as (
    update public.communications c
    set canary_until = n.position
    from (
      select max(q.position) as position
      from (
        select q.position
        from public.wa_send_queue q
        where q.job_id = p_job.job_id
          and q.status = 'queued'
          and q.position > p_job.canary_until
        order by q.position
        limit (p_job.metadata #>> '{summary,canary_count}')::bigint - p_attempted) q) n
    where c.job_id = p_job.job_id and n.position is not null
    returning 1)
  select exists (select from extended);
$$;

create function wa.canary_result(p_job public.communications)
returns table (
  attempted bigint,
  settled bigint,
  failed bigint,
  opted_out bigint,
  pending bigint,
  last_claim timestamptz)
language sql stable
set search_path = ''
as $$
  select count(*) filter (where q.status in ('sent', 'failed', 'unknown')),
    count(*) filter (where q.delivered_at is not null or q.status = 'failed'),
    count(*) filter (where q.status = 'failed'),
    count(*) filter (where exists (
      select
      from public.wa_opt_outs o
      where o.sender_id = q.sender_id
        and o.phone = q.recipient_phone
        and o.opted_out
        and o.changed_at >= date_trunc('second', q.claimed_at))),
    count(*) filter (where q.status in ('queued', 'sending')),
    max(q.claimed_at)
  from public.wa_send_queue q
  where q.job_id = p_job.job_id and q.position <= p_job.canary_until;
$$;

create function wa.canary_position(p_job public.communications, p_eligible bigint)
returns integer
language sql stable
set search_path = ''
as $$
  select q.position
  from public.wa_send_queue q
  where q.job_id = p_job.job_id
    and q.status = 'queued'
    and wa.canary_size((p_job.metadata ->> 'canary')::boolean, p_eligible) is not null
  order by q.position
  offset greatest(wa.canary_size((p_job.metadata ->> 'canary')::boolean, p_eligible) - 1, 0)
  limit 1;
$$;

-- One in a hundred, at least fifty; by default for jobs of more than 2,000 messages.
create function wa.canary_size(p_wanted boolean, p_eligible bigint)
returns bigint
language sql immutable
set search_path = ''
as $$
  select case
    when coalesce(p_wanted, p_eligible > 2000)
        and p_eligible > greatest(50, ceil(p_eligible / 100.0))
      then greatest(50, ceil(p_eligible / 100.0))::bigint end;
$$;

-- 40_jobs/control.sql

-- Pause, resume, cancel, move to another number.

create function public.wa_pause_job(p_job_id uuid)
returns jsonb
language sql security definer
set search_path = ''
as $$
  select wa.job_progress(wa.change_job(p_job_id, 'paused', '{processing}'));
$$;
revoke all on function public.wa_pause_job(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_pause_job(uuid)
  to authenticated;

create function public.wa_resume_job(p_job_id uuid)
returns jsonb
language sql security definer
set search_path = ''
as $$
  select wa.job_progress(wa.change_job(p_job_id, 'processing', '{paused}'));
$$;
revoke all on function public.wa_resume_job(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_resume_job(uuid)
  to authenticated;

create function public.wa_cancel_job(p_job_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
begin
  perform wa.change_job(p_job_id, 'cancelled', '{processing,paused}');
  return public.wa_get_job(p_job_id);
end $$;
revoke all on function public.wa_cancel_job(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_cancel_job(uuid)
  to authenticated;

-- What still waits leaves from the number that its campaign writes from now; what was claimed from
-- the other one stays that one's. Its tasks are made anew, in the other queue; the old ones, should
-- they ever run, find a row like any other.
create function public.wa_move_job(p_job_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
  present uuid;
begin
  perform wa.require_job(p_job_id, 'send');
  select * into job from public.communications c where c.job_id = p_job_id for update;
  if job.status not in ('processing', 'paused') then
    perform wa.refuse_ended(job);
  end if;
  present := (wa.require_sender(job.campaign_id)).id;
  if job.sender_id <> present then
    perform wa.require_lasting_header(t, now())
    from public.wa_templates t
    where t.id = job.template_id;
    update public.communications c
    set sender_id = present,
      former_sender_ids = array_append(c.former_sender_ids, c.sender_id),
      failed_leases = 0,
      lease_after = 'epoch'
    where c.job_id = p_job_id
    returning * into job;
    with waiting as (
      select q.id
      from public.wa_send_queue q
      where q.job_id = p_job_id
        and q.status = 'queued'
        and num_nonnulls(q.enqueued_at, q.leased_until) > 0
      order by q.id for update skip locked)
    update public.wa_send_queue q
    set enqueued_at = null,
      leased_until = null,
      task_generation = q.task_generation + 1
    from waiting w
    where q.id = w.id;
    perform wa.audit(job.campaign_id, 'job_moved', p_job_id, jsonb_build_object(
      'from', job.former_sender_ids[cardinality(job.former_sender_ids)], 'to', present));
  end if;
  return wa.job_progress(job);
end $$;
revoke all on function public.wa_move_job(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_move_job(uuid)
  to authenticated;

-- One transition of a job by its user. Asking again for the state that holds already changes
-- nothing, but that a user's pause replaces any other: it ends by a user's word alone.
create function wa.change_job(p_job_id uuid, p_to text, p_from text[])
returns public.communications
language plpgsql
set search_path = ''
as $$
declare
  job public.communications;
begin
  perform wa.require_job(p_job_id, 'send');
  select * into job from public.communications c where c.job_id = p_job_id for update;
  if job.status = p_to and (p_to <> 'paused' or job.paused_by = 'user') then
    perform wa.skip_cancelled(p_job_id, 20000); -- what a claim held when it was cancelled first
    return job;
  elsif job.status <> all (p_from) and job.status <> p_to then
    perform wa.refuse_ended(job);
  elsif p_to = 'processing' and not wa.keeps_its_text(job.template_id, job.template_version) then
    perform wa.refuse(409, 'template_changed', wa.reason_of_another_text(), 'job_id');
  elsif p_to = 'processing' and job.approval = 'waiting' then
    perform wa.refuse(409, 'approval_needed',
      'Este envío espera la aprobación de otra persona.', 'job_id');
  end if;
  update public.communications c
  set status = p_to,
    status_reason = null,
    canary_state = case
      when p_to = 'processing' and c.canary_state = 'failed' then 'passed'
      else c.canary_state end,
    paused_by = case p_to when 'paused' then 'user' end,
    refusals_in_a_row = 0,
    failed_receipts_in_a_row = 0,
    failed_leases = 0,
    lease_after = 'epoch',
    completed_at = case when p_to = 'cancelled' then now() end
  where c.job_id = p_job_id
  returning * into job;
  if p_to = 'processing' then
    perform wa.renew_tries(p_job_id);
  end if;
  if p_to = 'cancelled' then
    perform wa.skip_cancelled(p_job_id, 20000); -- the sweep does the rest
  end if;
  perform wa.audit(job.campaign_id,
    'job_' || case p_to when 'processing' then 'resumed' else p_to end, p_job_id, '{}');
  return job;
end $$;

-- Whoever resumes a job gives its messages their tries back: what they were used up by is over.
create function wa.renew_tries(p_job_id uuid)
returns void
language sql
set search_path = ''
as $$
  with tried as (
    select q.id
    from public.wa_send_queue q
    where q.job_id = p_job_id and q.status = 'queued' and q.retries > 0
    order by q.id for update skip locked)
  update public.wa_send_queue q set retries = 0 from tried t where q.id = t.id;
$$;

create function wa.refuse_ended(p_job public.communications)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.refuse(409, 'job_not_open', format('El envío ya no admite esa acción: %s.',
    case p_job.status
      when 'cancelled' then 'está cancelado'
      when 'completed' then 'ya se completó'
      when 'partial' then 'ya terminó'
      when 'failed' then 'terminó sin enviar nada'
      when 'paused' then 'está en pausa'
      else 'está en curso' end), 'job_id');
end $$;

create function wa.skip_cancelled(p_job_id uuid, p_limit integer)
returns integer
language sql
set search_path = ''
as $$
  with left_over as (
    select q.id
    from public.wa_send_queue q
    join public.communications c on c.job_id = q.job_id
    where q.job_id = p_job_id and q.status = 'queued' and c.status = 'cancelled'
    order by q.id
    for update of q skip locked limit p_limit),
  changed as (
    update public.wa_send_queue q
    set status = 'skipped',
      skip_reason = 'cancelled'
    from left_over l
    where q.id = l.id
    returning 1)
  select count(*)::integer from changed;
$$;

-- 40_jobs/counters.sql

-- A job's counters and status follow its rows, whoever changes them.

-- One statement, one update per job: also where one message takes another's place among the sent,
-- because a job's row that is as it was tells the audit log that nothing was decided.
create function wa.count_transitions()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform wa.lock_several_jobs(array(select distinct n.job_id from new_rows n));
  with versions as not materialized (
    select n.*, 1 as sign from new_rows n union all select o.*, -1 from old_rows o),
  delta as (
    select v.job_id,
      coalesce(sum(v.sign) filter (where v.status = 'sent'), 0) as sent,
      coalesce(sum(v.sign) filter (where v.delivered_at is not null), 0) as delivered,
      coalesce(sum(v.sign) filter (where v.read_at is not null), 0) as read,
      coalesce(sum(v.sign) filter (where v.status = 'failed'), 0) as failed,
      coalesce(sum(v.sign) filter (where v.status = 'skipped'), 0) as skipped,
      coalesce(sum(v.sign) filter (where v.status = 'unknown'), 0) as unknown,
      coalesce(sum(v.sign) filter (
        where v.status = 'sent' and v.held_at is not null and v.delivered_at is null), 0) as held,
      coalesce(bit_xor(hashtext(v.id::text)) filter (where v.status = 'sent'), 0) as id
    from versions v
    group by v.job_id)
  update public.communications c
  set sent_count = c.sent_count + d.sent,
    delivered_count = c.delivered_count + d.delivered,
    read_count = c.read_count + d.read,
    failed_count = c.failed_count + d.failed,
    skipped_count = c.skipped_count + d.skipped,
    unknown_count = c.unknown_count + d.unknown,
    held_count = c.held_count + d.held,
    skipped_by_reason = case when d.skipped = 0 then c.skipped_by_reason
      else wa.add_counts(c.skipped_by_reason, (
        select jsonb_object_agg(r.skip_reason, r.n)
        from (
          select v.skip_reason, sum(v.sign) as n
          from versions v
          where v.job_id = c.job_id and v.skip_reason is not null
          group by v.skip_reason) r)) end
  from delta d
  where c.job_id = d.job_id
    and 0 <> any (array[d.sent, d.delivered, d.read, d.failed, d.skipped, d.unknown, d.held, d.id]);
  perform wa.finish_jobs(array(select distinct n.job_id from new_rows n));
  return null;
end $$;
create trigger count_transitions after update on public.wa_send_queue
  referencing old table as old_rows new table as new_rows
  for each statement execute function wa.count_transitions();

-- One job is locked by its counters alone.
create function wa.lock_several_jobs(p_job_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  if cardinality(p_job_ids) > 1 then
    perform wa.lock_jobs(p_job_ids);
  end if;
end $$;

-- In one order: two batches over the same jobs cannot deadlock.
create function wa.lock_jobs(p_job_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform
  from public.communications c
  where c.job_id = any (p_job_ids)
  order by c.job_id for no key update;
end $$;

create function wa.add_counts(p_a jsonb, p_b jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(s.key, s.n), '{}')
  from (
    select key, sum(value::bigint) as n
    from (
      select * from jsonb_each_text(p_a) union all select * from jsonb_each_text(p_b)) both_counts
    group by key
    having sum(value::bigint) <> 0) s;
$$;

create function wa.finish_jobs(p_job_ids uuid[])
returns integer
language sql
set search_path = ''
as $$
  with changed as (
    update public.communications c
    set status = wa.status_by_counts(c),
      completed_at = case
        when wa.status_by_counts(c) <> 'processing' then coalesce(c.completed_at, now()) end
    where c.job_id = any (p_job_ids)
      and c.status <> 'cancelled'
      and c.target_count > 0
      and c.status <> wa.status_by_counts(c)
    returning 1)
  select count(*)::integer from changed;
$$;

-- A job ends with its last pending message. Late receipts may still move an ended job, and a late
-- refusal of a message given up as unknown opens it again.
create function wa.status_by_counts(p_job public.communications)
returns text
language sql immutable
set search_path = ''
as $$
  select case
    when p_job.pending_count > 0
      then case p_job.status when 'paused' then 'paused' else 'processing' end
    when p_job.sent_count = 0 then 'failed'
    when p_job.failed_count + p_job.unknown_count + p_job.skipped_count > p_job.excluded_count
      then 'partial'
    else 'completed' end;
$$;

-- 40_jobs/create.sql

-- POST /send: a job and all its rows, in one transaction, as the signed-in user.

create function public.wa_create_job(
  p_campaign_id uuid,
  p_template_id uuid,
  p_filters jsonb,
  p_personalization jsonb,
  p_idempotency_key text,
  p_scheduled_at timestamptz default null,
  p_canary boolean default null,
  p_accept_cut boolean default false)
returns jsonb
language plpgsql
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  request jsonb := jsonb_build_object(
    'request_hash', md5(jsonb_build_array(
      p_template_id, p_filters, p_personalization, p_scheduled_at, p_canary,
      p_accept_cut)::text),
    'filters', wa.filters_in_short(p_filters),
    'personalization', p_personalization,
    'canary', p_canary,
    'accept_cut', p_accept_cut);
  job public.communications;
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.begin_large_call(p_campaign_id);
  job := wa.job_of_key(p_campaign_id, p_idempotency_key, request ->> 'request_hash');
  if job.job_id is null then
    perform wa.require_known_filters(p_campaign_id, p_filters);
    job := wa.create_job(p_campaign_id, p_template_id,
      array(select wa.audience(p_campaign_id, p_filters)), request,
      p_idempotency_key, greatest(p_scheduled_at, now()));
  end if;
  return job.metadata -> 'summary';
end $$;
comment on function
  public.wa_create_job(uuid, uuid, jsonb, jsonb, text, timestamptz, boolean, boolean) is
  'Creates a job and all its rows, or returns the one that this idempotency key created before.';
revoke all on function
  public.wa_create_job(uuid, uuid, jsonb, jsonb, text, timestamptz, boolean, boolean)
  from public, anon, authenticated, service_role;
grant execute on function
  public.wa_create_job(uuid, uuid, jsonb, jsonb, text, timestamptz, boolean, boolean)
  to authenticated;

create function wa.create_job(
  p_campaign_id uuid,
  p_template_id uuid,
  p_voter_ids uuid[],
  p_request jsonb,
  p_idempotency_key text,
  p_scheduled_at timestamptz)
returns public.communications
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
  version integer := (select t.version from public.wa_templates t where t.id = p_template_id);
begin
  perform wa.share_people(p_campaign_id);
  perform wa.require_sendable(
    p_campaign_id, p_template_id, p_request -> 'personalization', p_scheduled_at);
  perform wa.require_health(p_campaign_id, p_template_id, p_scheduled_at);
  -- A second request with the same key waits here for the first one's commit.
  insert into public.communications (
    campaign_id, template_id, created_by, sender_id,
    idempotency_key, scheduled_at, metadata, template_version)
  values (
    p_campaign_id, p_template_id, auth.uid(), (wa.require_sender(p_campaign_id)).id,
    p_idempotency_key, p_scheduled_at, p_request, version)
  on conflict (campaign_id, idempotency_key) do nothing
  returning * into job;
  if job.job_id is null then
    return wa.job_of_key(p_campaign_id, p_idempotency_key, p_request ->> 'request_hash');
  end if;
  job := wa.fill_job(job, p_voter_ids);
  perform wa.require_unchanged_template(job);
  return job;
end $$;
grant execute on function wa.create_job(uuid, uuid, uuid[], jsonb, text, timestamptz)
  to authenticated;

create function wa.job_of_key(p_campaign_id uuid, p_idempotency_key text, p_request_hash text)
returns public.communications
language plpgsql volatile -- must see what a concurrent request committed a moment ago
set search_path = ''
as $$
declare
  job public.communications;
begin
  select * into job
  from public.communications c
  where c.campaign_id = p_campaign_id and c.idempotency_key = p_idempotency_key;
  if job.metadata ->> 'request_hash' <> p_request_hash then
    perform wa.refuse(409, 'idempotency_key_reused',
      'Esa clave de idempotencia ya se usó con otra solicitud.', 'Idempotency-Key');
  end if;
  return job;
end $$;
grant execute on function wa.job_of_key(uuid, text, text)
  to authenticated;

-- The job keeps how many voter_ids were asked for; who they are is in its rows. A list of 100,000
-- in the job's row would be read again at every claim.
create function wa.filters_in_short(p_filters jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select case
    when p_filters ? 'voter_ids'
      then jsonb_build_object('voter_ids', jsonb_array_length(p_filters -> 'voter_ids'))
    else p_filters end;
$$;
grant execute on function wa.filters_in_short(jsonb)
  to authenticated;

create function wa.fill_job(p_job public.communications, p_voter_ids uuid[])
returns public.communications
language plpgsql
set search_path = ''
as $$
declare
  reasons text[];
  eligible bigint;
  findings jsonb;
  job public.communications;
  summary jsonb;
begin
  select * into reasons, eligible from wa.insert_recipients(p_job, p_voter_ids);
  if eligible = 0 then
    perform wa.refuse(422, 'audience_empty',
      'Ningún votante de esta selección puede recibir el mensaje.', 'filters');
  end if;
  perform wa.require_budget(p_job.campaign_id, eligible);
  findings := wa.lawful_findings(p_job);
  job := wa.held_for_approval(p_job, findings);
  job.canary_state := case
    when wa.canary_size((p_job.metadata ->> 'canary')::boolean, eligible) is not null
      then 'running' end;
  summary := wa.job_summary(job, reasons, eligible) || jsonb_build_object('findings', findings);
  perform wa.require_time(job, summary);
  update public.communications c
  set status = job.status,
    status_reason = job.status_reason,
    paused_by = job.paused_by,
    approval = job.approval,
    target_count = cardinality(reasons),
    canary_until = wa.canary_position(c, eligible),
    canary_state = job.canary_state,
    excluded_count = cardinality(reasons) - eligible,
    skipped_count = cardinality(reasons) - eligible,
    skipped_by_reason = wa.count_reasons(reasons),
    metadata = c.metadata
      || jsonb_build_object('summary', summary, 'lexicon', wa.keep_content_lexicon())
  where c.job_id = p_job.job_id
  returning * into job;
  -- Without what people typed: the hash proves it all the same, as long as there is a key.
  perform wa.audit(job.campaign_id, 'job_created', job.job_id,
    (job.metadata - '{personalization,request_hash}'::text[]) #- '{summary,waiting_for,detail}'
    || jsonb_build_object('metadata_hmac', wa.keyed_hash(job.campaign_id, job.metadata::text)));
  return job;
end $$;

-- A row for each voter of the job. Returns each one's reason to be skipped, null for those who are
-- eligible, and how many those are.
create function wa.insert_recipients(p_job public.communications, p_voter_ids uuid[])
returns table (reasons text[], eligible bigint)
language plpgsql
set search_path = ''
as $$
begin
  return query
  with inserted as (
    insert into public.wa_send_queue (
      campaign_id, job_id, template_id,
      recipient_phone, recipient_voter_id, template_params,
      status, skip_reason, erased_at,
      scheduled_at, position)
    select p_job.campaign_id, p_job.job_id, p_job.template_id,
      r.phone, r.voter_id, r.params,
      case when r.skip_reason is null then 'queued' else 'skipped' end, r.skip_reason,
      case when r.skip_reason = 'erased' then now() end,
      p_job.scheduled_at, row_number() over (order by r.voter_id)
    from wa.recipients(p_job.campaign_id, p_voter_ids, p_job.metadata -> 'personalization') r
    returning skip_reason)
  select array_agg(i.skip_reason), count(*) filter (where i.skip_reason is null)
  from inserted i;
end $$;

-- What POST /send answers.
create function wa.job_summary(p_job public.communications, p_reasons text[], p_eligible bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  sender public.wa_senders;
  canary_count bigint := wa.canary_size((p_job.metadata ->> 'canary')::boolean, p_eligible);
begin
  select * into sender from public.wa_senders s where s.id = p_job.sender_id;
  return jsonb_build_object(
      'job_id', p_job.job_id,
      'target_count', cardinality(p_reasons),
      'estimated_time_seconds',
        wa.estimated_seconds(p_job.campaign_id, p_job.sender_id, p_eligible),
      'status', 'queued',
      'excluded', wa.count_reasons(p_reasons),
      'scheduled_at', p_job.scheduled_at,
      'canary_count', canary_count,
      'waiting_for', wa.waiting_for(p_job),
      'warnings', wa.health_warnings(p_job.campaign_id, p_job.template_id, true))
    || wa.job_plan(p_job.campaign_id, sender, p_eligible, p_job.scheduled_at, canary_count);
end $$;

create function wa.count_reasons(p_reasons text[])
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(r.reason, r.n), '{}')
  from (
    select reason, count(*) as n
    from unnest(p_reasons) reason
    where reason is not null
    group by reason) r;
$$;

-- 40_jobs/plan.sql

-- When how many messages of a job will leave.

-- The plan, its end, and whether that is in time: {plan, estimated_end_at, send_before,
-- ends_before_deadline, cut_count, limit_assumed}: how many messages will not leave before the
-- deadline, null where nobody knows; and whether Meta has not told the portfolio's daily limit yet,
-- so that the smallest one counts.
create function wa.job_plan(
  p_campaign_id uuid,
  p_sender public.wa_senders,
  p_messages bigint,
  p_start timestamptz,
  p_canary bigint)
returns jsonb
language sql stable
set search_path = ''
as $$
  select p.plan || jsonb_build_object(
    'send_before', w.closes_at,
    'ends_before_deadline',
      coalesce((p.plan ->> 'estimated_end_at')::timestamptz < w.closes_at, false),
    'limit_assumed', wa.portfolio_limit_is_assumed(p_sender.portfolio_id))
  from wa.send_window(p_campaign_id) w
  right join (select) one on true
  cross join lateral (
    select wa.send_plan(
      p_campaign_id, p_sender, p_messages,
      greatest(p_start, now()), w.closes_at, p_canary) as plan) p;
$$;

-- When how many messages will leave, as far as the campaign may know: {plan: [{day, messages}],
-- estimated_end_at, cut_count}. A canary waits as long as it may, and a minute for the sweep that
-- judges it. estimated_end_at null = nobody knows.
create function wa.send_plan(
  p_campaign_id uuid,
  p_sender public.wa_senders,
  p_messages bigint,
  p_start timestamptz,
  p_closes_at timestamptz,
  p_canary bigint)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  settings public.wa_campaign_settings;
  start timestamptz := wa.earliest_start(p_campaign_id, p_sender, p_start);
  planned record;
  ends_at timestamptz;
begin
  select * into settings from public.wa_campaign_settings s where s.campaign_id = p_campaign_id;
  if p_canary is not null then
    start := wa.sent_by(p_campaign_id, start, p_canary / p_sender.rate_per_second)
      + settings.canary_wait + interval '1 minute';
  end if;
  select coalesce(sum(p.messages), 0) as messages,
    coalesce(max(p.starts_at), start) as last_at,
    coalesce((array_agg(p.messages order by p.starts_at desc))[1], 0) as last_messages,
    coalesce(jsonb_agg(jsonb_build_object(
      'day', (p.starts_at at time zone settings.zones[1])::date,
      'messages', p.messages) order by p.starts_at), '[]') as days
  into planned
  from wa.send_periods(p_campaign_id, p_sender, p_messages, p_start, start) p;
  ends_at := case when planned.messages = p_messages then wa.sent_by(
    p_campaign_id, planned.last_at,
    wa.estimated_seconds(p_campaign_id, p_sender.id, planned.last_messages)) end;
  return jsonb_build_object(
    'plan', planned.days,
    'estimated_end_at', ends_at,
    'cut_count', case
      when ends_at < p_closes_at then 0
      else wa.cut_count(p_campaign_id, p_sender, p_messages, p_start, start, p_closes_at) end);
end $$;

-- How many of a job's messages will not leave before the deadline, when its end is after it; null =
-- nobody knows.
create function wa.cut_count(
  p_campaign_id uuid,
  p_sender public.wa_senders,
  p_messages bigint,
  p_wanted timestamptz,
  p_start timestamptz,
  p_closes_at timestamptz)
returns bigint
language sql stable
set search_path = ''
as $$
  select case when p_start is not null and p_closes_at is not null
    -- Its end is in whole seconds, which may be all that it is late by.
    then greatest(least(1, p_messages), p_messages - coalesce(sum(least(p.messages, greatest(0,
      floor((wa.open_seconds(p_campaign_id, p.starts_at, p_closes_at) - others.seconds)
        * p_sender.rate_per_second)))), 0))::bigint end
  from (select wa.estimated_seconds(p_campaign_id, p_sender.id, 0) as seconds) others
  left join wa.send_periods(p_campaign_id, p_sender, p_messages, p_wanted, p_start) p
    on p.starts_at < p_closes_at
  group by others.seconds;
$$;

-- Periods of 24 hours from p_start on, at most a year of them, and what leaves in each: the first
-- takes what the limit leaves today, the others an equal share of it; none more than the number can
-- carry outside the quiet hours. The campaign's earlier messages leave first. p_wanted: when the
-- job itself wants to begin. No period: nobody knows when the number sends.
create function wa.send_periods(
  p_campaign_id uuid,
  p_sender public.wa_senders,
  p_messages bigint,
  p_wanted timestamptz,
  p_start timestamptz)
returns table (starts_at timestamptz, messages bigint)
language plpgsql stable
set search_path = ''
as $$
declare
  share bigint := wa.portfolio_share(p_sender, p_campaign_id);
  today bigint := case when p_wanted < now() + interval '24 hours'
    then wa.allowance(p_sender.portfolio_id, p_campaign_id, p_campaign_id) else share end;
  ahead bigint := coalesce((
    select l.pending - l.under_way
    from wa.portfolio_load(p_sender.portfolio_id) l
    where l.campaign_id = p_campaign_id), 0);
  remaining bigint := p_messages;
  room bigint;
begin
  for day in 0..365 loop
    exit when remaining = 0 or p_start is null;
    starts_at := p_start + make_interval(days => day);
    room := least(
      floor(p_sender.rate_per_second
        * wa.open_seconds(p_campaign_id, starts_at, starts_at + interval '24 hours')),
      case day when 0 then today else share end);
    messages := least(remaining, greatest(room - ahead, 0));
    ahead := greatest(ahead - room, 0);
    if messages > 0 then
      remaining := remaining - messages;
      return next;
    end if;
  end loop;
end $$;

-- When the campaign's next message can leave that number, if it wants to at p_from; null = nobody
-- knows. Its quiet hours come on top.
create function wa.earliest_start(
  p_campaign_id uuid, p_sender public.wa_senders, p_from timestamptz)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select case
    when p_sender.state = 'paused'
        or (p_sender.state = 'blocked' and p_sender.blocked_until is null)
      then null
    else nullif(greatest(
      p_from,
      now(),
      p_sender.throttled_until,
      case p_sender.state when 'blocked' then p_sender.blocked_until end,
      wa.not_open_until(p_campaign_id)), 'infinity') end;
$$;

-- Messages of other open jobs leave first: their number, as far as the campaign may know it, and
-- this one's, at the sender's rate.
create function wa.estimated_seconds(p_campaign_id uuid, p_sender_id uuid, p_messages bigint)
returns integer
language sql stable
set search_path = ''
as $$
  select ceil((p_messages + coalesce((
      select sum(wa.figure_for(p_campaign_id, w.campaign_id, w.pending))
      from (
        select c.campaign_id, sum(c.pending_count) as pending
        from public.communications c
        where c.sender_id = s.id and c.status = 'processing' and c.scheduled_at <= now()
        group by c.campaign_id) w), 0))
    / s.rate_per_second)::integer
  from public.wa_senders s
  where s.id = p_sender_id;
$$;

-- 40_jobs/preflight.sql

-- Whether a number, its account and a template can send, as Meta says when it is asked (Cloud API
-- docs, "Messaging health status"), and what that means for a new job (docs/decisions/0020).

-- Whether Meta is to be asked before this job is created: {stale}. Not for a repetition, whose
-- answer stands already, nor about another campaign's template, from which whom to ask follows.
create function public.wa_preflight(
  p_campaign_id uuid, p_template_id uuid, p_idempotency_key text)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  return jsonb_build_object('stale', not exists (
      select
      from public.communications c
      where c.campaign_id = p_campaign_id and c.idempotency_key = p_idempotency_key)
    and exists (
      select
      from public.wa_templates t
      where t.id = p_template_id and t.campaign_id = p_campaign_id)
    and exists (
      select
      from wa.health_of(p_campaign_id, p_template_id) h
      where not h.fresh
        -- Who has just mended it at Meta need not wait until it is forgotten here.
        or (h.state = 'BLOCKED' and h.at < now() - interval '10 seconds')));
end $$;
comment on function public.wa_preflight(uuid, uuid, text) is
  'Whether Meta is to be asked how number and template are before a job is created.';
revoke all on function public.wa_preflight(uuid, uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_preflight(uuid, uuid, text)
  to authenticated;

-- Whom to ask about: {phone_number_id, meta_template_id, credential}; null: the template's campaign
-- has no number. Security definer, like the next one: a machine's role reads and writes no table.
create function public.wa_preflight_targets(p_template_id uuid)
returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'phone_number_id', s.phone_number_id,
    'meta_template_id', t.meta_template_id,
    'credential', s.credential)
  from public.wa_templates t
  join public.wa_campaign_settings c on c.campaign_id = t.campaign_id
  join public.wa_senders s on s.id = c.sender_id
  where t.id = p_template_id;
$$;
revoke all on function public.wa_preflight_targets(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_preflight_targets(uuid)
  to wa_send;

-- p_health: {sender, account, template}, each {state, detail} or absent where Meta did not tell.
-- False: the campaign writes from another number now.
create function public.wa_record_health(
  p_template_id uuid, p_phone_number_id text, p_health jsonb)
returns boolean
language plpgsql security definer
set search_path = ''
as $$
begin
  update public.wa_templates t
  set health = wa.as_of_now(p_health -> 'template')
  where t.id = p_template_id and p_health ? 'template';
  update public.wa_senders s
  set health = s.health || jsonb_strip_nulls(jsonb_build_object(
    'sender', wa.as_of_now(p_health -> 'sender'),
    'account', wa.as_of_now(p_health -> 'account')))
  from public.wa_templates t
  join public.wa_campaign_settings c on c.campaign_id = t.campaign_id
  where t.id = p_template_id
    and s.id = c.sender_id
    and s.phone_number_id = p_phone_number_id;
  return found;
end $$;
revoke all on function public.wa_record_health(uuid, text, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_record_health(uuid, text, jsonb)
  to wa_send;

create function wa.as_of_now(p_health jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  select p_health || jsonb_build_object('at', now());
$$;

-- Nothing is refused for what Meta may have forgotten by the time the first message leaves.
create function wa.require_health(p_campaign_id uuid, p_template_id uuid, p_at timestamptz)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  blocked record;
begin
  select * into blocked
  from wa.health_of(p_campaign_id, p_template_id) h
  where h.fresh and h.state = 'BLOCKED' and p_at <= now() + interval '1 hour'
  order by h.place
  limit 1;
  case blocked.part
    when 'sender' then
      perform wa.refuse(409, 'sender_blocked_at_meta', blocked.detail, 'campaign_id');
    when 'account' then
      perform wa.refuse(409, 'account_blocked_at_meta', blocked.detail, 'campaign_id');
    when 'template' then
      perform wa.refuse(409, 'template_blocked_at_meta', blocked.detail, 'template_id');
    else null;
  end case;
end $$;

-- [{code, detail}]: what limits the messages, or stops them where that is no reason to refuse.
-- p_unknown: whether that nothing is known is told too.
create function wa.health_warnings(p_campaign_id uuid, p_template_id uuid, p_unknown boolean)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(
    jsonb_agg(jsonb_build_object('code', w.code, 'detail', w.detail) order by w.place), '[]')
  from (
    select h.place, h.part || '_' || lower(h.state) || '_at_meta' as code, h.detail
    from wa.health_of(p_campaign_id, p_template_id) h
    where h.fresh and h.state <> 'AVAILABLE'
    union all
    select 4, 'health_unknown', 'Meta no dijo a tiempo si el número y la plantilla pueden enviar.'
    where p_unknown and exists (
      select
      from wa.health_of(p_campaign_id, p_template_id) h
      where not h.fresh)) w;
$$;

-- The last word on each part that a message of this template needs, and whether it is news still.
-- The account has none of its own: it is told with the number, or with the template.
create function wa.health_of(p_campaign_id uuid, p_template_id uuid)
returns table (
  place integer, part text, state text, detail text, at timestamptz, fresh boolean)
language sql stable
set search_path = ''
as $$
  select p.place, p.part, p.health ->> 'state', p.health ->> 'detail', a.at,
    coalesce(a.at > now() - c.health_lasts, false)
  from public.wa_campaign_settings c
  join public.wa_senders s on s.id = c.sender_id
  left join public.wa_templates t on t.id = p_template_id and t.campaign_id = c.campaign_id
  cross join lateral (values
    (1, 'sender', s.health -> 'sender', true),
    (2, 'account', s.health -> 'account', false),
    -- One that Meta has not named yet cannot be asked about.
    (3, 'template', t.health, t.meta_template_id is not null)) p (place, part, health, asked)
  cross join lateral (select (p.health ->> 'at')::timestamptz as at) a
  where c.campaign_id = p_campaign_id and (p.asked or a.at > now() - c.health_lasts);
$$;

-- 40_jobs/preview.sql

-- POST /audience: whom a job would reach, and when; nothing is written.

-- The two calls that select voters are each in two halves. The public one runs as the signed-in
-- user: whom row level security hides from them is not in their audience. The other one is security
-- definer, as all that write jobs are: members may read jobs, but nobody but these functions writes
-- them. It asks for the right again, and takes of p_voter_ids only what is the campaign's.
create function public.wa_preview_audience(
  p_campaign_id uuid,
  p_filters jsonb,
  p_template_id uuid default null,
  p_personalization jsonb default '{}',
  p_scheduled_at timestamptz default null)
returns jsonb
language plpgsql stable
set search_path = ''
set statement_timeout = '30s'
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.begin_large_call(p_campaign_id);
  perform wa.require_known_filters(p_campaign_id, p_filters);
  return wa.preview(p_campaign_id, array(select wa.audience(p_campaign_id, p_filters)),
    p_template_id, p_personalization, greatest(p_scheduled_at, now()));
end $$;
revoke all on function public.wa_preview_audience(uuid, jsonb, uuid, jsonb, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_preview_audience(uuid, jsonb, uuid, jsonb, timestamptz)
  to authenticated;

create function wa.preview(
  p_campaign_id uuid, p_voter_ids uuid[], p_template_id uuid, p_personalization jsonb,
  p_at timestamptz)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  sender public.wa_senders;
  reasons text[];
  eligible bigint;
begin
  perform wa.require_may(p_campaign_id, 'send');
  if p_template_id is not null then
    perform wa.require_lasting_header(wa.require_template(p_campaign_id, p_template_id), p_at);
    perform wa.require_personalization(p_campaign_id, p_template_id, p_personalization);
    perform wa.require_identification(p_template_id, p_personalization);
  end if;
  perform wa.require_open_window(p_campaign_id, p_at);
  sender := wa.require_sender(p_campaign_id);
  select array_agg(r.skip_reason), count(*) filter (where r.skip_reason is null)
  into reasons, eligible
  from wa.recipients(p_campaign_id, p_voter_ids, p_personalization) r;
  return jsonb_build_object(
      'target_count', coalesce(cardinality(reasons), 0),
      'eligible_count', eligible,
      'excluded', wa.count_reasons(reasons),
      'estimated_time_seconds', wa.estimated_seconds(p_campaign_id, sender.id, eligible),
      'warnings', wa.health_warnings(p_campaign_id, p_template_id, false),
      'findings', wa.own_findings(p_campaign_id, p_template_id, p_personalization))
    || wa.job_plan(p_campaign_id, sender, eligible, p_at, wa.canary_size(null, eligible));
end $$;
grant execute on function wa.preview(uuid, uuid[], uuid, jsonb, timestamptz)
  to authenticated;

-- What an audience can be chosen by: of each kind the first thousand values, as many as a filter
-- takes; sections as numbers, the others by use. One JSON list: PostgREST cuts off rows.
create function public.wa_list_filter_values(p_campaign_id uuid)
returns jsonb
language plpgsql stable
set search_path = ''
set statement_timeout = '10s'
as $$
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  return (
    with numbered as (
      select f.name, c.*, row_number() over (
          partition by f.name
          order by
            case when f.name = 'section' and c.value ~ '^[0-9]{1,9}$' then c.value::integer end,
            case when f.name <> 'section' then c.voters end desc,
            c.value) as n
      from unnest(wa.filter_names()) f(name),
        wa.filter_value_counts(p_campaign_id, f.name) c)
    select coalesce(jsonb_agg(jsonb_build_object(
        'kind', case c.name when 'tags' then 'tag' else c.name end,
        'value', c.value,
        'label', wa.filter_label(c.name, c.value),
        'voters', c.voters)
      order by c.name, c.n), '[]')
    from numbered c
    where c.n <= 1000);
end $$;
comment on function public.wa_list_filter_values(uuid) is
  'The sections, sentiments and tags that voters of a campaign have, as far as the caller may see '
  'these, and how many have each.';
revoke all on function public.wa_list_filter_values(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_filter_values(uuid)
  to authenticated;

-- 40_jobs/progress.sql

-- GET /jobs: how far jobs are and what they wait for.

-- Security invoker: row level security decides what the caller sees.
create function public.wa_get_job(p_job_id uuid)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  job public.communications;
begin
  select * into job from public.communications c where c.job_id = p_job_id;
  if not found then
    perform wa.refuse(404, 'job_not_found',
      'No existe ese envío o no tienes acceso a él.', 'job_id');
  end if;
  return wa.job_progress(job);
end $$;
revoke all on function public.wa_get_job(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_get_job(uuid)
  to authenticated;

-- Page by page: those behind job p_before; p_tests: with the tests among them.
create function public.wa_list_jobs(
  p_campaign_id uuid, p_before uuid default null, p_limit integer default 50,
  p_tests boolean default false)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  if p_before is not null and not exists (
      select
      from public.communications b
      where b.job_id = p_before and b.campaign_id = p_campaign_id) then
    perform wa.refuse(404, 'job_not_found',
      'No existe ese envío o no tienes acceso a él.', 'before');
  end if;
  return (
    select coalesce(jsonb_agg(wa.job_progress(j) order by j.started_at desc, j.job_id desc), '[]')
    from (
      select *
      from public.communications c
      where c.campaign_id = p_campaign_id
        and (p_tests or not c.is_test)
        and (p_before is null or (c.started_at, c.job_id) < (
          select b.started_at, b.job_id from public.communications b where b.job_id = p_before))
      order by c.started_at desc, c.job_id desc
      limit least(greatest(p_limit, 1), 100)) j);
end $$;
revoke all on function public.wa_list_jobs(uuid, uuid, integer, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_jobs(uuid, uuid, integer, boolean)
  to authenticated;

create function wa.job_progress(p_job public.communications)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'job_id', p_job.job_id,
    'campaign_id', p_job.campaign_id,
    'template_id', p_job.template_id,
    'is_test', p_job.is_test,
    'status', p_job.status,
    'status_reason', p_job.status_reason,
    'target_count', p_job.target_count,
    'sent_count', p_job.sent_count,
    'delivered_count', p_job.delivered_count,
    'read_count', p_job.read_count,
    'failed_count', p_job.failed_count,
    'skipped_count', p_job.skipped_count,
    'unknown_count', p_job.unknown_count,
    'held_count', p_job.held_count,
    'skipped', p_job.skipped_by_reason,
    'pending_count', p_job.pending_count,
    'progress_pct', round(100.0 * (p_job.target_count - p_job.pending_count)
      / greatest(p_job.target_count, 1), 1),
    'canary_state', p_job.canary_state,
    'waiting_for', case
      when p_job.pending_count > 0
        and (p_job.status = 'processing' or (p_job.status, p_job.approval) = ('paused', 'waiting'))
        then wa.waiting_for(p_job)
    end,
    'approval', p_job.approval,
    'findings', coalesce(p_job.metadata #> '{summary,findings}', '[]'),
    'scheduled_at', p_job.scheduled_at,
    'started_at', p_job.started_at,
    'completed_at', p_job.completed_at);
$$;
grant execute on function wa.job_progress(public.communications)
  to authenticated;

-- Why an open job does not move, if something but its own turn holds it: {reason, detail, until};
-- until null = nobody knows. movable: its campaign writes from another number now, to which
-- wa_move_job can move it.
-- Security definer: the job's number may be one that its members no longer read.
create function wa.waiting_for(p_job public.communications)
returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select case
    when p_job.approval = 'waiting'
      then jsonb_build_object('reason', 'approval', 'until', null)
    when p_job.scheduled_at > now()
      then jsonb_build_object('reason', 'scheduled', 'until', p_job.scheduled_at)
    when s.state in ('paused', 'blocked')
      then jsonb_build_object(
        'reason', 'sender_' || s.state,
        'detail', wa.notice(s),
        'until', s.blocked_until,
        'movable', s.id <> (
          select c.sender_id
          from public.wa_campaign_settings c
          where c.campaign_id = p_job.campaign_id))
    when wa.quiet_until(p_job.campaign_id, now()) is not null
      then jsonb_build_object(
        'reason', 'quiet_hours', 'until', wa.quiet_until(p_job.campaign_id, now()))
    when wa.not_open_until(p_job.campaign_id) is not null
      then jsonb_build_object(
        'reason', 'window_not_open',
        'until', nullif(wa.not_open_until(p_job.campaign_id), 'infinity'))
    when s.throttled_until > now()
      then jsonb_build_object('reason', 'throttled', 'until', s.throttled_until)
    when p_job.failed_leases > 1
      then jsonb_build_object('reason', 'queue_unavailable', 'until', p_job.lease_after)
    when p_job.canary_state = 'running'
      then jsonb_build_object('reason', 'canary', 'until', null)
    else (
      select jsonb_build_object('reason', 'daily_limit', 'until', u)
      from wa.limited_until(s, p_job.campaign_id) u
      where u is not null)
  end
  from public.wa_senders s
  where s.id = p_job.sender_id;
$$;
grant execute on function wa.waiting_for(public.communications)
  to authenticated;

-- 40_jobs/recipients.sql

-- GET /jobs/{id}/recipients, and the evidence about unknown messages.

create function public.wa_list_recipients(
  p_job_id uuid,
  p_status text default null,
  p_after integer default 0,
  p_limit integer default 100)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.require_may((public.wa_get_job(p_job_id) ->> 'campaign_id')::uuid, 'read_people');
  return (
    with page as materialized (
      select q.*
      from public.wa_send_queue q
      where q.job_id = p_job_id
        and q.position > p_after
        and (p_status is null or q.status = p_status)
      order by q.position
      limit least(greatest(p_limit, 1), 1000)),
    -- Once a minute, not once a message: a thousand unknown messages are mostly each other's
    -- neighbours.
    minute as materialized (
      select m.*, e.*
      from (
        select distinct p.sender_id, date_trunc('minute', p.claimed_at) as began
        from page p
        where p.status = 'unknown') m
      cross join lateral wa.minute_evidence(m.sender_id, m.began) e)
    select coalesce(jsonb_agg(jsonb_build_object(
        'position', r.position, 'message_id', r.id,
        'voter_id', r.recipient_voter_id, 'phone', r.recipient_phone,
        'status', r.status, 'skip_reason', r.skip_reason,
        'error_code', r.error_code, 'error_message', r.error_message,
        'sent_at', r.sent_at, 'delivered_at', r.delivered_at, 'read_at', r.read_at)
      || case r.status
        when 'unknown' then jsonb_build_object(
          'claimed_at', r.claimed_at,
          'neighbours', jsonb_build_object(
            'claimed', m.claimed - 1, 'with_receipt', m.with_receipt))
        else '{}' end
      order by r.position), '[]')
    from page r
    left join minute m
      on m.sender_id = r.sender_id and m.began = date_trunc('minute', r.claimed_at));
end $$;
revoke all on function public.wa_list_recipients(uuid, text, integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_recipients(uuid, text, integer, integer)
  to authenticated;

-- Messages claimed for the same number in the same minute, and how many of them have a receipt: if
-- nearly all do and this one has none, Meta probably never had it. Those that Meta refused at once
-- never get one.
create function wa.minute_evidence(p_sender_id uuid, p_minute timestamptz)
returns table (claimed bigint, with_receipt bigint)
language sql stable
set search_path = ''
as $$
  select count(*), count(n.first_receipt_at)
  from public.wa_send_queue n
  where n.claimed_at >= p_minute
    and n.claimed_at < p_minute + interval '1 minute'
    and (n.status in ('sent', 'unknown') or n.first_receipt_at is not null)
    and n.sender_id = p_sender_id;
$$;
grant execute on function wa.minute_evidence(uuid, timestamptz)
  to authenticated;

-- 40_jobs/releases.sql

-- A text that is blocked may be lawful all the same. A second authorised person who has read it may
-- release it, with a reason, for everybody but themselves.

create table wa.content_releases (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  text_hash text not null check (text_hash ~ '^[0-9a-f]{64}$'),
  findings jsonb not null,
  reason text not null check (length(reason) between 1 and 1024),
  released_by uuid not null,
  released_at timestamptz not null default now()
);
comment on table wa.content_releases is
  'Texts that may leave although the lexicon blocks them; nobody changes a row.';
comment on column wa.content_releases.text_hash is
  'wa.text_hash of the whole message: one other word, and it is blocked again.';
comment on column wa.content_releases.findings is
  'What was in it when it was read; whatever else is found in it holds it back again.';
create index content_releases_of_text on wa.content_releases (campaign_id, text_hash);
revoke all on wa.content_releases from public, anon, authenticated, service_role;

create function wa.refuse_release_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'wa.content_releases is append-only' using errcode = '42501';
end $$;
create trigger refuse_change before update or delete or truncate on wa.content_releases
  for each statement execute function wa.refuse_release_change();

-- POST /content-releases. The text: of a template with a job's values, or of a draft (p_draft as
-- wa_create_template takes it). Returns {release_id, findings}.
create function public.wa_release_content(
  p_campaign_id uuid,
  p_reason text,
  p_template_id uuid default null,
  p_personalization jsonb default '{}',
  p_draft jsonb default null)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates;
  params jsonb;
  findings jsonb;
  release wa.content_releases;
begin
  perform wa.require_may(p_campaign_id, 'approve');
  template := wa.text_to_release(p_campaign_id, p_template_id, p_draft);
  params := wa.params_for_nobody(p_personalization, wa.campaign_fields(p_campaign_id));
  findings := wa.findings_in(template, params);
  if not findings @> '[{"class": "BLOCK"}]' then
    perform wa.refuse(409, 'release_not_needed', 'Este texto no está bloqueado.', 'template_id');
  end if;
  insert into wa.content_releases (campaign_id, text_hash, findings, reason, released_by)
  values (
    p_campaign_id, wa.judged_text_hash(template, params), findings, p_reason, auth.uid())
  returning * into release;
  perform wa.audit(p_campaign_id, 'content_released', null, jsonb_build_object(
    'release_id', release.id, 'text_hash', release.text_hash, 'template_id', p_template_id,
    'findings', findings, 'lexicon', wa.keep_content_lexicon(), 'reason', p_reason));
  return jsonb_build_object('release_id', release.id, 'findings', findings);
end $$;
comment on function public.wa_release_content(uuid, text, uuid, jsonb, jsonb) is
  'Lets others of the campaign use exactly this text, which the lexicon blocks.';
revoke all on function public.wa_release_content(uuid, text, uuid, jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_release_content(uuid, text, uuid, jsonb, jsonb)
  to authenticated;

create function wa.text_to_release(p_campaign_id uuid, p_template_id uuid, p_draft jsonb)
returns public.wa_templates
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  if p_template_id is null then
    return wa.read_draft(p_campaign_id, p_draft);
  end if;
  select * into template
  from public.wa_templates t
  where t.id = p_template_id and t.campaign_id = p_campaign_id and t.deleted_at is null;
  if not found then
    perform wa.refuse(404, 'template_not_found',
      'No existe esa plantilla en esta campaña.', 'template_id');
  end if;
  return template;
end $$;

-- Findings with the release_id of those that somebody else than the caller has read and released,
-- what only warns among them. What is in a voter's value (position) is nobody's text.
create function wa.with_releases(
  p_findings jsonb, p_template public.wa_templates, p_params jsonb)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  hash text;
begin
  if not p_findings @> '[{"class": "BLOCK"}]' then
    return p_findings;
  end if;
  hash := wa.judged_text_hash(p_template, p_params);
  return (
    select jsonb_agg(
      f.value || coalesce((
        select jsonb_build_object('release_id', r.id)
        from wa.content_releases r
        where r.campaign_id = p_template.campaign_id
          and r.text_hash = hash
          and r.released_by <> auth.uid()
          and r.findings @> jsonb_build_array(
            jsonb_build_object('class', f.value -> 'class', 'rule', f.value -> 'rule'))
          and not f.value ? 'position'
        order by r.released_at, r.id
        limit 1), '{}')
      order by f.nth)
    from jsonb_array_elements(p_findings) with ordinality f(value, nth));
end $$;

create function wa.judged_text_hash(p_template public.wa_templates, p_params jsonb)
returns text
language sql immutable
set search_path = ''
as $$
  select encode(sha256(convert_to(
    jsonb_agg(jsonb_build_array(t.field, t.value) order by t.place)::text, 'UTF8')), 'hex')
  from wa.texts_of_message(p_template, p_params) t;
$$;
comment on function wa.judged_text_hash(public.wa_templates, jsonb) is
  'SHA-256 of all that a reader would see of a message.';

-- 40_jobs/requirements.sql

-- What a job needs before it is created.

create function wa.require_sendable(
  p_campaign_id uuid, p_template_id uuid, p_personalization jsonb, p_at timestamptz)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_few_jobs(p_campaign_id);
  perform wa.require_lasting_header(wa.require_template(p_campaign_id, p_template_id), p_at);
  perform wa.require_open_window(p_campaign_id, p_at);
  perform wa.require_sender(p_campaign_id);
  perform wa.require_personalization(p_campaign_id, p_template_id, p_personalization);
  perform wa.require_identification(p_template_id, p_personalization);
end $$;

create function wa.require_few_jobs(p_campaign_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if (
      select count(*) >= 200
      from public.communications c
      where c.campaign_id = p_campaign_id
        and c.status in ('processing', 'paused')
        and not c.is_test) then
    perform wa.refuse(409, 'too_many_jobs',
      'La campaña ya tiene 200 envíos abiertos; espera a que terminen o cancela algunos.',
      'campaign_id');
  end if;
end $$;

create function wa.require_template(p_campaign_id uuid, p_template_id uuid)
returns public.wa_templates
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
  problem record;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id and t.campaign_id = p_campaign_id and t.deleted_at is null;
  if not found then
    perform wa.refuse(404, 'template_not_found',
      'No existe esa plantilla en esta campaña.', 'template_id');
  elsif template.status <> 'approved' then
    perform wa.refuse(409, 'template_not_approved',
      format('La plantilla no está aprobada por WhatsApp: está %s.',
        wa.status_in_words(template.status)), 'template_id');
  elsif template.change is not null then
    perform wa.refuse(409, 'template_not_approved',
      'La plantilla tiene un cambio en camino a WhatsApp; espera a que lo apruebe.',
      'template_id');
  end if;
  select * into problem from wa.template_problem(template);
  if found then
    perform wa.refuse(409, problem.code, problem.detail, problem.field);
  end if;
  return template;
end $$;

create function wa.status_in_words(p_status text)
returns text
language sql immutable
set search_path = ''
as $$
  select case p_status
    when 'approved' then 'aprobada'
    when 'pending' then 'en revisión'
    when 'rejected' then 'rechazada'
    when 'paused' then 'en pausa'
    when 'disabled' then 'deshabilitada'
    else 'archivada' end;
$$;

-- Asked at a job's end of creation, when what changes a template has to wait for its commit: what
-- was checked is what holds. Whoever changes it first is seen here.
create function wa.require_unchanged_template(p_job public.communications)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform from public.wa_templates t where t.id = p_job.template_id for share;
  if (wa.require_template(p_job.campaign_id, p_job.template_id)).version
    <> p_job.template_version
  then
    perform wa.refuse(409, 'template_changed',
      'La plantilla cambió mientras se creaba el envío; revísala e intenta de nuevo.',
      'template_id');
  end if;
end $$;

create function wa.require_sender(p_campaign_id uuid)
returns public.wa_senders
language plpgsql stable
set search_path = ''
as $$
declare
  sender public.wa_senders;
begin
  select s.* into sender
  from public.wa_campaign_settings c
  join public.wa_senders s on s.id = c.sender_id
  where c.campaign_id = p_campaign_id;
  if not found then
    perform wa.refuse(409, 'sender_missing',
      'La campaña no tiene un número de WhatsApp asignado.', 'campaign_id');
  end if;
  return sender;
end $$;

create function wa.require_open_window(p_campaign_id uuid, p_at timestamptz)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  zone text := (
    select s.zones[1] from public.wa_campaign_settings s where s.campaign_id = p_campaign_id);
  w record;
begin
  select * into w from wa.send_window(p_campaign_id);
  case wa.window_problem(p_campaign_id, p_at)
    when 'dates_missing' then
      perform wa.refuse(409, 'dates_missing',
        'Captura las fechas del calendario oficial del INE u OPLE.', 'campaign_id');
    when 'veda' then
      perform wa.refuse(403, 'veda',
        format('Veda electoral: envíos suspendidos hasta %s.',
          to_char(w.veda_ends_at at time zone zone, 'DD/MM/YYYY HH24:MI')),
        'scheduled_at', wa.bounds(w.veda_starts_at, w.veda_ends_at));
    when 'outside_campaign' then
      perform wa.refuse(403, 'outside_campaign',
        format('Fuera del periodo oficial de campaña (%s–%s).',
          to_char(w.opens_at at time zone zone, 'DD/MM/YYYY'),
          to_char((w.closes_at - interval '1 second') at time zone zone, 'DD/MM/YYYY')),
        'scheduled_at', wa.bounds(w.opens_at, w.closes_at));
    else null;
  end case;
end $$;

-- The first moment of a period, and the first after it.
create function wa.bounds(p_starts_at timestamptz, p_ends_at timestamptz)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object('bounds', jsonb_build_object(
    'starts_at', p_starts_at, 'ends_at', p_ends_at));
$$;

-- A list that the deadline would cut in two is sent only for whoever asked for that. Where nobody
-- knows when the number will send, nobody knows what will be cut.
create function wa.require_time(p_job public.communications, p_summary jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  zone text := (
    select s.zones[1] from public.wa_campaign_settings s where s.campaign_id = p_job.campaign_id);
  deadline timestamptz := p_summary ->> 'send_before';
begin
  if (p_summary ->> 'cut_count')::bigint > 0
    and not coalesce((p_job.metadata ->> 'accept_cut')::boolean, false)
  then
    perform wa.refuse(409, 'crosses_deadline',
      format('%s mensajes no alcanzan a salir antes del cierre (%s). Reduce la lista o acepta que '
        'se queden sin enviar.',
        p_summary ->> 'cut_count', to_char(deadline at time zone zone, 'DD/MM/YYYY HH24:MI')),
      'accept_cut', jsonb_build_object(
        'cut_count', p_summary -> 'cut_count', 'deadline', p_summary -> 'send_before'));
  end if;
end $$;

-- A misspelt filter must not quietly widen the audience to everybody, nor a misspelt value shrink
-- it.
create function wa.require_known_filters(p_campaign_id uuid, p_filters jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  field text;
  strange text;
begin
  select k into strange
  from jsonb_object_keys(p_filters) k
  where k <> all (wa.filter_names() || '{voter_ids}')
  order by k
  limit 1;
  if found then
    perform wa.refuse(422, 'field_unknown', 'Ese campo no existe.', 'filters.' || strange);
  end if;
  if p_filters ? 'voter_ids' then
    select x into strange
    from jsonb_array_elements_text(p_filters -> 'voter_ids') x
    where x::uuid not in (select wa.audience(p_campaign_id, p_filters))
    limit 1;
    if found then
      perform wa.refuse(422, 'voter_not_found',
        format('No existe el votante %s en esta campaña.', strange), 'filters.voter_ids');
    end if;
    return;
  end if;
  for field in select f from unnest(wa.filter_names()) f where p_filters ? f loop
    select x into strange
    from jsonb_array_elements_text(p_filters -> field) x
    where x not in (select wa.filter_values(p_campaign_id, field))
    limit 1;
    if found then
      perform wa.refuse(422, 'filter_value_unknown',
        format('Ningún votante de la campaña tiene el valor «%s» en este filtro.', strange),
        'filters.' || field);
    end if;
  end loop;
end $$;
grant execute on function wa.require_known_filters(uuid, jsonb)
  to authenticated;

create function wa.require_personalization(
  p_campaign_id uuid, p_template_id uuid, p_personalization jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  wrong text;
begin
  select t into wrong
  from wa.template_parameters(p_template_id) t
  where not coalesce(p_personalization, '{}') ? t
  order by t
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_missing',
      format('Falta el valor de {{%s}} de la plantilla.', wrong), 'personalization.' || wrong);
  end if;
  select k into wrong
  from jsonb_object_keys(p_personalization) k
  where k not in (select wa.template_parameters(p_template_id))
  order by k
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_unexpected',
      format('La plantilla no usa {{%s}}.', wrong), 'personalization.' || wrong);
  end if;
  perform wa.require_values(p_campaign_id, p_personalization);
  perform wa.require_codes(p_template_id, p_personalization);
  perform wa.require_whole_words(p_template_id, p_personalization);
end $$;

-- A voter's value that ends a word of the template would make of each voter a text of its own, to
-- be judged in full.
create function wa.require_whole_words(p_template_id uuid, p_personalization jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  wrong text;
begin
  select v.name into wrong
  from public.wa_templates t, wa.varying_values(p_personalization, '{}') v
  where t.id = p_template_id and wa.is_glued(v.name, t, p_personalization)
  order by v.name
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_invalid',
      format('El dato del votante en {{%s}} está pegado a letras; sepáralo con un espacio.', wrong),
      'personalization.' || wrong);
  end if;
end $$;

-- What the message says with these values: also of templates that were registered before, or by
-- operators. Settings in which nobody is named come first.
create function wa.require_identification(p_template_id uuid, p_values jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
  gaps text[];
  elements text[];
begin
  select * into template from public.wa_templates t where t.id = p_template_id;
  perform wa.require_identity_settings(template.campaign_id);
  select array_agg(m.element), array_agg(m.name) filter (where m.element <> 'opt_out')
  into elements, gaps
  from public.wa_campaign_settings s, wa.missing_from(template, p_values, s) m
  where s.campaign_id = template.campaign_id;
  if gaps is not null then
    perform wa.refuse(409, 'identification_missing',
      format('A la plantilla le falta identificar %s (LGIPE, arts. 211, 246 y 394). Al crearla o '
        'editarla aquí se agrega.', wa.listed_in_words(gaps)),
      'template_id', jsonb_build_object('missing', elements));
  elsif elements is not null then
    perform wa.refuse(409, 'opt_out_missing',
      'La plantilla no dice cómo dejar de recibir mensajes. Al crearla o editarla aquí se agrega '
        '«Responde BAJA».',
      'template_id', jsonb_build_object('missing', elements));
  end if;
end $$;

-- Campaigns that an operator set up may lack what PUT /settings asks for.
create function wa.require_identity_settings(p_campaign_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  lacking record;
begin
  select f.field, f.name into lacking
  from (values (p_campaign_id)) c (id)
  left join public.wa_campaign_settings s on s.campaign_id = c.id
  cross join lateral (values
    (1, 'candidate', 'la candidatura', s.candidate),
    (2, 'office', 'el cargo', s.office),
    (3, 'party_legend', 'el partido o la coalición', s.party_legend)
  ) f (place, field, name, typed)
  where coalesce(f.typed, '') !~ ('[^' || wa.invisible() || ']')
  order by f.place
  limit 1;
  if found then
    perform wa.refuse(409, 'identification_missing',
      format('En la configuración de la campaña falta %s, que cada mensaje debe decir; complétala.',
        lacking.name), 'settings.' || lacking.field);
  end if;
end $$;

create function wa.listed_in_words(p_names text[])
returns text
language sql immutable
set search_path = ''
as $$
  select regexp_replace(array_to_string(p_names, ', '), ', ([^,]*)$', ' y \1');
$$;

-- What a button copies is the same for everybody: letters and digits, as Meta takes it.
create function wa.require_codes(p_template_id uuid, p_personalization jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  wrong text;
begin
  select 'button.' || (b.n - 1) into wrong
  from public.wa_templates t, jsonb_array_elements(t.buttons) with ordinality b(value, n)
  where t.id = p_template_id
    and upper(b.value ->> 'type') = 'COPY_CODE'
    and (p_personalization ->> ('button.' || (b.n - 1))) !~ '^[A-Za-z0-9]{1,15}$'
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_invalid',
      'El código de un botón lleva de 1 a 15 letras sin acento o números, y nada más.',
      'personalization.' || wrong);
  end if;
end $$;

create function wa.require_values(p_campaign_id uuid, p_personalization jsonb)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  wrong text;
begin
  select p.key into wrong
  from jsonb_each_text(p_personalization) p
  where length(p.value) > 1024
  order by p.key
  limit 1;
  if found then
    perform wa.refuse(422, 'text_too_long',
      'A lo más 1024 caracteres.', 'personalization.' || wrong);
  end if;
  -- Whatever remains of "{{" after the known fields are taken out names a field that does not
  -- exist.
  select p.key into wrong
  from jsonb_each_text(p_personalization) p
  where coalesce(p.value, '') !~ ('[^' || wa.invisible() || ']')
    or strpos(regexp_replace(p.value, '\{\{\s*(' || coalesce((
      select string_agg(f, '|')
      from (
        select 'voter\.' || unnest(wa.voter_fields()) as f
        union all
        select 'campaign\.' || jsonb_object_keys(wa.campaign_fields(p_campaign_id))) names),
      '') || ')\s*\}\}', '', 'g'), '{{') > 0
  order by p.key
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_invalid',
      format('El valor de {{%s}} está vacío o nombra un dato que no existe.', wrong),
      'personalization.' || wrong);
  end if;
end $$;

-- Two jobs at once must not pass the cap together: the second waits for the first one's commit.
create function wa.require_budget(p_campaign_id uuid, p_messages bigint)
returns void
language plpgsql
set search_path = ''
as $$
declare
  cap numeric;
  price numeric;
begin
  select s.spending_cap_usd, s.price_per_message_usd into cap, price
  from public.wa_campaign_settings s
  where s.campaign_id = p_campaign_id
  for no key update;
  if (wa.committed_messages(p_campaign_id) + p_messages) * price > cap then
    perform wa.refuse(409, 'spending_cap_exceeded',
      format('El envío rebasa el tope de gasto de la campaña (US$%s).', cap), 'filters');
  end if;
end $$;

-- Messages that a campaign's jobs have cost or will.
create function wa.committed_messages(p_campaign_id uuid)
returns bigint
language sql stable
set search_path = ''
as $$
  select coalesce(sum(c.target_count - c.skipped_count - c.failed_count), 0)::bigint
  from public.communications c
  where c.campaign_id = p_campaign_id and not c.is_test;
$$;

-- 40_jobs/senders.sql

-- What members are told about the number they write from.

-- The number from which a campaign writes, as its members may know it: null if it has none.
create function public.wa_get_sender(p_campaign_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  return (
    select jsonb_build_object(
      'display_phone_number', s.display_phone_number,
      'state', s.state,
      'notice', wa.notice(s),
      'quality', s.quality,
      'throughput', s.throughput,
      'messaging_limit', s.messaging_limit,
      'messaging_limit_known', s.messaging_limit_known)
    from public.wa_campaign_settings c
    join public.wa_senders s on s.id = c.sender_id
    where c.campaign_id = p_campaign_id);
end $$;
comment on function public.wa_get_sender(uuid) is
  'What members may know of the number their campaign writes from; its row, with operators'' '
  'notes, is not theirs.';
revoke all on function public.wa_get_sender(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_get_sender(uuid)
  to authenticated;

-- What members are told of a number that does not work. Why it is paused, and why an operator
-- blocked it, is the operator's own note: others that share the number would read it too. What
-- Meta's answers and events brought about is told in our own words.
create function wa.notice(p_sender public.wa_senders)
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(
    (
      select c.value ->> 'reason'
      from jsonb_each(p_sender.blocked_by) c
      where c.key <> 'operator'
      order by (c.value ->> 'since')::timestamptz desc
      limit 1),
    case p_sender.state
      when 'paused'
        then 'El número está en pausa; los mensajes salen cuando soporte lo reanude.'
      when 'blocked'
        then 'El número está detenido; los mensajes salen cuando vuelva a funcionar.' end);
$$;

-- 40_jobs/tests.sql

-- Tests: a template to one of the campaign's own people, by the way that every message takes
-- (docs/decisions/0020). A test is a job of one row. It is in no list and no figure of the
-- campaign, takes nobody's message of the day and needs no consent; whatever else holds a message
-- back holds a test back too.

create function public.wa_list_test_numbers(p_campaign_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  return (
    select coalesce(jsonb_agg(wa.test_number_in_short(n) order by n.added_at, n.id), '[]')
    from public.wa_test_numbers n
    where n.campaign_id = p_campaign_id);
end $$;
revoke all on function public.wa_list_test_numbers(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_test_numbers(uuid)
  to authenticated;

-- Adding a number again changes its label.
create function public.wa_add_test_number(p_campaign_id uuid, p_phone text, p_label text)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  added public.wa_test_numbers;
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.share_people(p_campaign_id);
  if wa.normalize_phone(p_phone) is null then
    perform wa.refuse(422, 'test_number_invalid',
      'Debe ser un número mexicano de diez dígitos.', 'phone');
  elsif wa.suppressed_as(p_campaign_id, wa.normalize_phone(p_phone), null) = 'erased' then
    perform wa.refuse(409, 'test_number_erased',
      'Esa persona pidió que se borraran sus datos; ya no se le puede escribir.', 'phone');
  end if;
  perform wa.lock_tests(p_campaign_id);
  insert into public.wa_test_numbers (campaign_id, phone, label, added_by)
  values (p_campaign_id, wa.normalize_phone(p_phone), p_label, auth.uid())
  on conflict (campaign_id, phone)
  do update set label = excluded.label
  returning * into added;
  if (select count(*) > 10 from public.wa_test_numbers n where n.campaign_id = p_campaign_id) then
    perform wa.refuse(409, 'too_many_test_numbers',
      'La campaña ya tiene diez números de prueba; quita uno antes.', 'phone');
  end if;
  perform wa.audit(p_campaign_id, 'test_number_added', null, jsonb_build_object(
    'test_number_id', added.id, 'phone_hmac', wa.person_hash(p_campaign_id, added.phone)));
  return wa.test_number_in_short(added);
end $$;
revoke all on function public.wa_add_test_number(uuid, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_add_test_number(uuid, text, text)
  to authenticated;

create function public.wa_remove_test_number(p_test_number_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  number public.wa_test_numbers;
begin
  delete from public.wa_test_numbers n
  where n.id = p_test_number_id and n.campaign_id in (select wa.my_campaigns('read_figures'))
  returning * into number;
  if not found then
    perform wa.refuse(404, 'test_number_not_found',
      'No existe ese número de prueba o no tienes acceso a él.', 'test_number_id');
  end if;
  perform wa.require_may(number.campaign_id, 'send');
  perform wa.audit(number.campaign_id, 'test_number_removed', null, jsonb_build_object(
    'test_number_id', number.id, 'phone_hmac', wa.person_hash(number.campaign_id, number.phone)));
  return wa.test_number_in_short(number);
end $$;
revoke all on function public.wa_remove_test_number(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_remove_test_number(uuid)
  to authenticated;

create function wa.test_number_in_short(p_number public.wa_test_numbers)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_number.id,
    'phone', p_number.phone,
    'label', p_number.label,
    'added_at', p_number.added_at);
$$;

-- One test, or the one that this key asked for before: {job_id, message_id, status}. A value that
-- is not given, or that names a voter's field, is the template's sample.
create function public.wa_test_template(
  p_template_id uuid, p_phone text, p_personalization jsonb, p_idempotency_key text)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates;
  request_hash text;
  job public.communications;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id and t.campaign_id in (select wa.my_campaigns('read_figures'));
  if not found then
    perform wa.refuse(404, 'template_not_found',
      'No existe esa plantilla o no tienes acceso a ella.', 'template_id');
  end if;
  perform wa.require_may(template.campaign_id, 'send');
  perform wa.lock_tests(template.campaign_id);
  request_hash := md5(jsonb_build_array('test', p_template_id,
    wa.keyed_hash(template.campaign_id, p_phone), p_personalization)::text);
  job := wa.job_of_key(template.campaign_id, p_idempotency_key, request_hash);
  if job.job_id is null then
    job := wa.create_test(template, wa.require_test_number(template.campaign_id, p_phone),
      p_personalization, p_idempotency_key, request_hash);
  end if;
  return job.metadata -> 'summary';
end $$;
comment on function public.wa_test_template(uuid, text, jsonb, text) is
  'Sends a template to one of the campaign''s test numbers, as a job that is marked as a test.';
revoke all on function public.wa_test_template(uuid, text, jsonb, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_test_template(uuid, text, jsonb, text)
  to authenticated;

-- Of two at once the second counts what the first one added. Whoever holds it waits for a job at
-- most (its key), and no job waits for it.
create function wa.lock_tests(p_campaign_id uuid)
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock(hashtextextended('wa_tests:' || p_campaign_id, 0));
$$;

create function wa.require_test_number(p_campaign_id uuid, p_phone text)
returns public.wa_test_numbers
language plpgsql stable
set search_path = ''
as $$
declare
  number public.wa_test_numbers;
begin
  select * into number
  from public.wa_test_numbers n
  where n.campaign_id = p_campaign_id and n.phone = wa.normalize_phone(p_phone);
  if not found then
    perform wa.refuse(422, 'test_number_unknown',
      'Ese número no está en la lista de prueba de la campaña.', 'phone');
  elsif wa.is_opted_out(p_campaign_id, number.phone) then
    perform wa.refuse(409, 'test_number_opted_out',
      'Ese número pidió BAJA; tampoco recibe pruebas hasta que pida ALTA.', 'phone');
  end if;
  return number;
end $$;

create function wa.create_test(
  p_template public.wa_templates, p_number public.wa_test_numbers, p_personalization jsonb,
  p_idempotency_key text, p_request_hash text)
returns public.communications
language plpgsql
set search_path = ''
as $$
declare
  campaign uuid := p_template.campaign_id;
  summary jsonb := jsonb_build_object(
    'job_id', gen_random_uuid(), 'message_id', gen_random_uuid(), 'status', 'queued');
  params jsonb;
  findings jsonb;
  job public.communications;
begin
  perform wa.share_people(campaign);
  perform wa.require_few_tests(campaign);
  perform wa.require_lasting_header(wa.require_template(campaign, p_template.id), now());
  perform wa.require_open_window(campaign, now());
  params := wa.test_params(p_template, p_personalization);
  perform wa.require_identification(p_template.id, params);
  findings := wa.lawful_findings_in(p_template, params);
  insert into public.communications (
    job_id, campaign_id, template_id, created_by, sender_id,
    idempotency_key, is_test, target_count, metadata, template_version)
  values (
    (summary ->> 'job_id')::uuid, campaign, p_template.id, auth.uid(),
    (wa.require_sender(campaign)).id,
    p_idempotency_key, true, 1,
    jsonb_build_object('request_hash', p_request_hash, 'summary', summary), p_template.version)
  on conflict (campaign_id, idempotency_key) do nothing
  returning * into job;
  if job.job_id is null then
    return wa.job_of_key(campaign, p_idempotency_key, p_request_hash);
  end if;
  insert into public.wa_send_queue (
    id, campaign_id, job_id, template_id,
    recipient_phone, recipient_voter_id, template_params, position)
  values (
    (summary ->> 'message_id')::uuid, campaign, job.job_id, p_template.id,
    p_number.phone, p_number.id, params, 1);
  perform wa.audit(campaign, 'test_sent', job.job_id, jsonb_build_object(
    'template_id', p_template.id, 'phone_hmac', wa.person_hash(campaign, p_number.phone),
    'findings', findings));
  perform wa.require_unchanged_template(job);
  return job;
end $$;

create function wa.require_few_tests(p_campaign_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if (
      select count(*) >= 20
      from public.communications c
      where c.campaign_id = p_campaign_id
        and c.is_test
        and c.started_at > now() - interval '24 hours') then
    perform wa.refuse(429, 'too_many_tests',
      'La campaña ya mandó 20 pruebas en 24 horas; intenta de nuevo más tarde.', 'template_id');
  end if;
end $$;

-- A test has no voter: where a value needs one, the template's sample stands in its place.
create function wa.test_params(p_template public.wa_templates, p_personalization jsonb)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  fields jsonb := wa.campaign_fields(p_template.campaign_id);
  samples jsonb;
  params jsonb;
  missing text;
begin
  select coalesce(jsonb_object_agg(s.key, s.value), '{}') into samples
  from jsonb_each(p_template.sample_values) s
  where s.key in (select wa.template_parameters(p_template.id));
  perform wa.require_personalization(
    p_template.campaign_id, p_template.id, samples || p_personalization);
  select coalesce(jsonb_object_agg(v.key, coalesce(
      wa.fill(v.value, '{}', fields), wa.fill(samples ->> v.key, '{}', fields))), '{}')
    into params
  from jsonb_each_text(samples || p_personalization) v;
  select p.key into missing
  from jsonb_each_text(params) p
  where p.value is null
  order by p.key
  limit 1;
  if found then
    perform wa.refuse(422, 'personalization_missing',
      format('En una prueba no hay votante: falta el ejemplo de {{%s}} de la plantilla.', missing),
      'personalization.' || missing);
  end if;
  return params;
end $$;

-- 40_jobs/veda.sql

-- The early answer of the app's door (supabase/functions/messaging): in the veda a POST /send goes
-- no further. It saves a way and changes nothing: wa.require_sendable asks again when the job is
-- created, and that answer holds.

create function public.wa_refuse_veda(
  p_campaign_id uuid,
  p_scheduled_at timestamptz default null,
  p_idempotency_key text default null)
returns void
language plpgsql stable security definer -- members may not run the rules about windows
set search_path = ''
as $$
declare
  leaves_at timestamptz := greatest(p_scheduled_at, now());
begin
  perform wa.require_may(p_campaign_id, 'send');
  if wa.window_problem(p_campaign_id, leaves_at) = 'veda'
    -- A job that was created before the veda began: whoever asks again gets its answer.
    and not exists (
      select 1
      from public.communications c
      where c.campaign_id = p_campaign_id and c.idempotency_key = p_idempotency_key) then
    perform wa.require_open_window(p_campaign_id, leaves_at);
  end if;
end $$;
comment on function public.wa_refuse_veda(uuid, timestamptz, text) is
  'Refuses what would leave in the veda, and nothing else; what has its job already is not.';
revoke all on function public.wa_refuse_veda(uuid, timestamptz, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_refuse_veda(uuid, timestamptz, text)
  to authenticated;

-- 45_templates/changes.sql

-- What Meta is to be told of a template, and what it answered. A change is written down before Meta
-- hears of it (create.sql, edit.sql, delete.sql), told by whoever claims it, and over when Meta's
-- answer is known, however it became known:
--
-- change | begun by                             | Meta took it          | Meta refused it
-- create | wa_create_template, or wa_edit_      | id, status, category  | rejected, reason; may be
--        | template where Meta never took one   | as Meta says          | asked for again
-- edit   | wa_edit_template                     | change_draft becomes  | all stays as it was
--        |                                      | the content           |
-- delete | wa_delete_template                   | deleted_at, disabled  | all stays as it was
--
-- claim  | change_claim | until
-- none   | null         | somebody claims it
-- held   | set          | wa_record_change: accepted or refused ends the change, unknown gives the
--        |              | claim back; after two minutes anybody may claim it, and asks Meta first
--
-- A creation that Meta lists or speaks of, and an edit whose content Meta shows, count as accepted,
-- too (note_creation, content.sql). A deletion is accepted only where Meta says so: what a listing
-- leaves out may be on a page that was lost.

-- p_claim_id is the caller's; the same one again gets the same answer. Returns {decision: 'go',
-- kind, again, waba_id, credential, meta_template_id, meta_template_name, language, draft,
-- sample_handle}, where again = an earlier claim may have reached Meta; {decision: 'done', status};
-- or {decision: 'busy'}: another has it, or its campaign has no number.
create function public.wa_claim_change(p_template_id uuid, p_claim_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates;
  sender public.wa_senders;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id
  for no key update;
  select s.* into sender
  from public.wa_campaign_settings c
  join public.wa_senders s on s.id = c.sender_id
  where c.campaign_id = template.campaign_id;
  if template.change is null then
    return jsonb_build_object('decision', 'done', 'status', template.status);
  elsif sender.id is null
    or (template.change_claim <> p_claim_id
      and template.change_claimed_at > clock_timestamp() - interval '2 minutes')
  then
    return jsonb_build_object('decision', 'busy');
  elsif template.change_claim is distinct from p_claim_id then
    update public.wa_templates t
    set change_claim = p_claim_id,
      change_claimed_at = clock_timestamp(),
      change_claims = array_append(t.change_claims, p_claim_id)
    where t.id = p_template_id
    returning * into template;
  end if;
  return wa.change_order(template, sender);
end $$;
revoke all on function public.wa_claim_change(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_claim_change(uuid, uuid)
  to wa_templates, wa_sync;

create function wa.change_order(p_template public.wa_templates, p_sender public.wa_senders)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'decision', 'go',
    'kind', p_template.change,
    'again', p_template.change_claims <> array[p_template.change_claim],
    'waba_id', p_sender.waba_id,
    'credential', p_sender.credential,
    'meta_template_id', p_template.meta_template_id,
    'meta_template_name', p_template.meta_template_name,
    'language', p_template.language,
    'new_category', nullif(d.draft ->> 'category', p_template.category),
    'draft', d.draft,
    'sample_handle', (
      select m.meta_handle
      from public.wa_media m
      where m.campaign_id = p_template.campaign_id
        and m.meta_media_id = d.draft #>> '{header_media,id}'
      order by m.created_at desc
      limit 1))
  from (
    select coalesce(p_template.change_draft - 'from_status', wa.draft_of(p_template)) as draft) d;
$$;

-- p_outcome: accepted, refused or unknown; p_details: {meta_template_id, status, category, reason}.
-- Returns {status, change} as they are then, and a refusal's reason. Whoever lost the claim may
-- still say that Meta took it, for that is so; nothing else.
create function public.wa_record_change(
  p_template_id uuid, p_claim_id uuid, p_outcome text, p_details jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id
  for no key update;
  if p_outcome = 'accepted' and p_claim_id = any (template.change_claims) then
    perform wa.accept_change(template, coalesce(p_details, '{}'));
  elsif p_outcome = 'refused' and p_claim_id = template.change_claim then
    perform wa.refuse_change(template, p_details ->> 'reason');
  elsif p_outcome = 'unknown' then
    update public.wa_templates t
    set change_claim = null
    where t.id = p_template_id and t.change_claim = p_claim_id;
  end if;
  return (
    select jsonb_build_object('status', t.status, 'change', t.change)
      || case p_outcome
        when 'refused' then jsonb_build_object('reason', p_details ->> 'reason')
        else '{}'
      end
    from public.wa_templates t
    where t.id = p_template_id);
end $$;
revoke all on function public.wa_record_change(uuid, uuid, text, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_record_change(uuid, uuid, text, jsonb)
  to wa_templates, wa_sync;

-- The status counts from before Meta was asked: its next word, of the same second, is newer.
create function wa.accept_change(p_template public.wa_templates, p_details jsonb)
returns void
language plpgsql
set search_path = ''
as $$
declare
  told_status text := case
    when p_details ->> 'status' = any ('{pending,approved,rejected,paused,disabled,archived}')
      then p_details ->> 'status'
    else 'pending' end;
  told_category text := case
    when p_details ->> 'category' = any ('{MARKETING,UTILITY,AUTHENTICATION}')
      then p_details ->> 'category' end;
  asked_at timestamptz := greatest(
    p_template.status_changed_at, p_template.change_claimed_at - interval '1 second');
begin
  perform wa.audit_change(p_template, 'template_submitted', '{}');
  case p_template.change
    when 'create' then
      update public.wa_templates t
      set meta_template_id = coalesce(p_details ->> 'meta_template_id', t.meta_template_id),
        status = told_status,
        status_changed_at = asked_at,
        content_at = clock_timestamp(),
        category = coalesce(told_category, t.category),
        change = null,
        updated_at = now()
      where t.id = p_template.id;
    when 'edit' then
      perform wa.accept_edit(
        p_template, told_status, told_category, asked_at, clock_timestamp());
    when 'delete' then
      perform wa.lock_templates(array[p_template.id]);
      update public.wa_templates t
      set deleted_at = now(),
        status = 'disabled',
        status_changed_at = asked_at,
        change = null,
        updated_at = now()
      where t.id = p_template.id;
      perform wa.jobs_follow_templates(array[p_template.id]);
  end case;
end $$;

-- What it was to become it is now. Meta counts the edits of what it had approved. A job that ended
-- before, and was opened again by a late receipt, stops.
create function wa.accept_edit(
  p_template public.wa_templates, p_status text, p_category text, p_status_at timestamptz,
  p_at timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
begin
  perform wa.write_draft(p_template.id, wa.edited(p_template));
  update public.wa_templates t
  set status = p_status,
    status_changed_at = p_status_at,
    content_at = p_at,
    category = coalesce(p_category, t.category),
    rejected_reason = null,
    edited_at = case p_template.change_draft ->> 'from_status'
      when 'approved' then array_append(wa.recent_edits(p_template), now())
      else t.edited_at
    end,
    change = null
  where t.id = p_template.id;
  return wa.stop_jobs_of_another_text(p_template.id);
end $$;

create function wa.refuse_change(p_template public.wa_templates, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.audit_change(
    p_template, 'template_refused', jsonb_build_object('reason', left(p_reason, 500)));
  update public.wa_templates t
  set status = case t.change when 'create' then 'rejected' else t.status end,
    rejected_reason = case t.change when 'create' then p_reason else t.rejected_reason end,
    change = null,
    updated_at = now()
  where t.id = p_template.id;
end $$;

create function wa.audit_change(p_template public.wa_templates, p_act text, p_more jsonb)
returns void
language sql
set search_path = ''
as $$
  select wa.audit(p_template.campaign_id, p_act, null, jsonb_build_object(
    'template_id', p_template.id,
    'name', p_template.meta_template_name,
    'version', p_template.version,
    'kind', p_template.change) || p_more);
$$;

-- Changes of an account's templates that nobody works on, those that have waited longest first.
create function public.wa_list_open_changes(p_waba_id text)
returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select coalesce(
    jsonb_agg(o.id order by o.change_claimed_at nulls first, o.created_at, o.id), '[]')
  from (
    select t.id, t.change_claimed_at, t.created_at
    from public.wa_templates t
    join public.wa_campaign_settings c on c.campaign_id = t.campaign_id
    join public.wa_senders s on s.id = c.sender_id
    where s.waba_id = p_waba_id
      and t.change is not null
      and (t.change_claim is null or t.change_claimed_at <= now() - interval '2 minutes')
    order by t.change_claimed_at nulls first, t.created_at, t.id
    limit 100) o;
$$;
revoke all on function public.wa_list_open_changes(text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_open_changes(text)
  to wa_templates, wa_sync;

-- Meta speaks of a template that it was to create: it has. Not of an earlier one of the name.
create function wa.note_creation(p_template_id uuid, p_meta_template_id text, p_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_templates t
  set meta_template_id = p_meta_template_id,
    change = null,
    updated_at = now()
  where t.id = p_template_id
    and t.change = 'create'
    and p_meta_template_id is not null
    and coalesce(p_at > t.status_changed_at, true);
$$;

-- 45_templates/compose.sql

-- What a template must say and does not is added before it goes to Meta's review
-- (docs/decisions/0025): who speaks, and how to make it stop.

-- {draft, added}: the draft with what was missing, and [{what, field, text}]. Variables count as
-- blank, for a job decides what stands there. A draft that lacks nothing comes back as it is, and
-- so does one without a text, which Meta's rules of form refuse.
create function public.wa_compose_template(p_campaign_id uuid, p_draft jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  settings public.wa_campaign_settings;
  template public.wa_templates;
  gaps text[];
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_draft_object(p_draft);
  perform wa.require_identity_settings(p_campaign_id);
  select * into settings from public.wa_campaign_settings s where s.campaign_id = p_campaign_id;
  template.campaign_id := p_campaign_id;
  template.parameter_format := p_draft ->> 'parameter_format';
  template.header_text := p_draft ->> 'header_text';
  template.body_text := p_draft ->> 'body_text';
  template.footer_text := nullif(btrim(p_draft ->> 'footer_text'), '');
  template.buttons := p_draft -> 'buttons';
  if btrim(coalesce(template.body_text, '')) = '' then
    return jsonb_build_object('draft', p_draft, 'added', '[]'::jsonb);
  end if;
  gaps := array(select m.element from wa.missing_from(template, '{}', settings) m);
  return wa.with_lines(p_draft, template.footer_text is null, wa.legend_of(settings, gaps),
    case when 'opt_out' = any (gaps) then wa.opt_out_line() end);
end $$;
revoke all on function public.wa_compose_template(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_compose_template(uuid, jsonb)
  to authenticated;

create function wa.opt_out_line()
returns text
language sql immutable
set search_path = ''
as $$
  select 'Responde BAJA para dejar de recibir mensajes';
$$;

-- Only what is missing, in the words of the settings; null: nothing is. Gender is not known.
create function wa.legend_of(p_settings public.wa_campaign_settings, p_gaps text[])
returns text
language sql immutable
set search_path = ''
as $$
  select nullif(upper(left(l.line, 1)) || substr(l.line, 2), '')
  from (
    select concat_ws(', ',
      case when 'candidate' = any (p_gaps) then btrim(p_settings.candidate) end,
      case
        when 'office' = any (p_gaps)
          then case when p_settings.precandidate then 'precandidato(a) a ' else 'candidatura a ' end
            || btrim(p_settings.office)
        when 'precandidate' = any (p_gaps) then 'precandidato(a)' end,
      case when 'party' = any (p_gaps) then btrim(p_settings.party_legend) end,
      case when 'registration' = any (p_gaps)
        then 'registro ' || btrim(p_settings.ine_registration) end) as line) l;
$$;

-- Both into the footer, if it is free and Meta's 60 characters are enough; else who speaks into the
-- footer and BAJA behind the text; else the other way round; all behind the text, if there is a
-- footer already.
create function wa.with_lines(p_draft jsonb, p_footer_free boolean, p_legend text, p_opt_out text)
returns jsonb
language sql immutable
set search_path = ''
as $$
  with line as (
    select l.what, l.text, l.place, case
      when not p_footer_free then 'body_text'
      when length(concat_ws('. ', p_legend, p_opt_out)) <= 60 then 'footer_text'
      when (l.what = 'identification') = (length(coalesce(p_legend, '')) between 1 and 60)
        then 'footer_text'
      else 'body_text' end as field
    from (values
      (1, 'identification', p_legend),
      (2, 'opt_out', p_opt_out)
    ) l (place, what, text)
    where l.text is not null),
  added as (
    select l.field, string_agg(l.text, '. ' order by l.place) as text
    from line l
    group by l.field)
  select jsonb_build_object(
    'draft', p_draft || (
      select coalesce(jsonb_object_agg(a.field, case a.field
          when 'body_text' then (p_draft ->> 'body_text') || E'\n\n' || a.text
          else a.text end), '{}')
      from added a),
    'added', (
      select coalesce(jsonb_agg(
          jsonb_build_object('what', l.what, 'field', l.field, 'text', l.text)
          order by l.place), '[]')
      from line l));
$$;

-- 45_templates/content.sql

-- What a template shows is what Meta shows: whatever changes it makes a new version. A job belongs
-- to the version that it was created with and stops when the template shows something else.

-- Meta told what a template shows; null members, and an older word, change nothing. An edit of ours
-- that it shows is accepted. Returns how many jobs stopped; null: it is no news.
create function wa.apply_template_content(p_template_id uuid, p_content jsonb, p_at timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  template public.wa_templates;
  content jsonb;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id
  for no key update;
  content := wa.with_all_buttons(template, p_content);
  if wa.normal_content(content) = '{}' or coalesce(p_at <= template.content_at, true) then
    return null;
  elsif not wa.shows_something_else(template, content) then
    update public.wa_templates t set content_at = p_at where t.id = p_template_id;
    return null;
  end if;
  if template.change = 'edit'
    and not wa.shows_something_else(
      wa.edited(template), wa.with_all_buttons(wa.edited(template), p_content))
  then
    perform wa.audit_change(template, 'template_submitted', '{}');
    return wa.accept_edit(
      template,
      case when template.status_changed_at < p_at then 'pending' else template.status end,
      null,
      greatest(template.status_changed_at, p_at - interval '1 second'),
      p_at);
  end if;
  return wa.adopt_content(template, content, p_at);
end $$;

-- The row that its edit would make of it: Meta replaces a template whole.
create function wa.edited(p_template public.wa_templates)
returns public.wa_templates
language sql immutable
set search_path = ''
as $$
  select jsonb_populate_record(
    p_template, (p_template.change_draft - 'from_status') || '{"unsupported": []}');
$$;

-- Meta's event names only the links and telephones among the buttons (link_buttons): the others
-- stay, and the next listing tells where each stands.
create function wa.with_all_buttons(p_template public.wa_templates, p_content jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select case
    when jsonb_typeof(p_content -> 'link_buttons') is distinct from 'array' then p_content
    else p_content || jsonb_build_object('buttons', (
      with ours as (
        select e.value, e.n, case
          when k.leads then row_number() over (partition by k.leads order by e.n) end as place
        from jsonb_array_elements(p_template.buttons) with ordinality e(value, n),
          lateral (
            select coalesce(upper(e.value ->> 'type'), '') in ('URL', 'PHONE_NUMBER') as leads) k)
      select coalesce(
        jsonb_agg(coalesce(l.value, o.value) order by coalesce(o.n, 1000), l.n), '[]')
      from ours o
      full join jsonb_array_elements(p_content -> 'link_buttons') with ordinality l(value, n)
        on l.n = o.place
      where l.value is not null or o.place is null))
  end;
$$;

-- Our payloads stay where the button is the same; a file for another kind of header does not. What
-- an operator registered is a copy: Meta's first word about it corrects its version, and no job
-- stops, if messages are filled in as before.
create function wa.adopt_content(
  p_template public.wa_templates, p_content jsonb, p_at timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  content jsonb := wa.content_of(p_template) || wa.normal_content(p_content);
  adopted public.wa_templates;
begin
  update public.wa_templates t
  set header_format = content ->> 'header_format',
    header_text = content ->> 'header_text',
    header_media = case
      when t.header_format = content ->> 'header_format' then t.header_media end,
    body_text = content ->> 'body_text',
    footer_text = content ->> 'footer_text',
    parameter_format = content ->> 'parameter_format',
    buttons = case
      when wa.normal_content(p_content) ? 'buttons'
        then wa.with_payloads(p_content -> 'buttons', t.buttons)
      else t.buttons
    end,
    unsupported = array(select jsonb_array_elements_text(content -> 'unsupported')),
    content_at = p_at,
    updated_at = now()
  where t.id = p_template.id
  returning * into adopted;
  if wa.is_unheard(p_template) and wa.filled_in(p_template) = wa.filled_in(adopted) then
    update public.wa_template_versions v
    set content = wa.content_of(adopted)
    where v.template_id = p_template.id and v.version = p_template.version;
  end if;
  return wa.stop_jobs_of_another_text(p_template.id);
end $$;

-- Registered by an operator, and Meta has not said yet what it shows.
create function wa.is_unheard(p_template public.wa_templates)
returns boolean
language sql immutable
set search_path = ''
as $$
  select p_template.name is null and p_template.content_at = 'epoch';
$$;

-- What the values of a job depend on: the body's words, however they are spaced, and every place
-- that a message fills in. The rest Meta adds by itself.
create function wa.filled_in(p_template public.wa_templates)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'body', regexp_replace(
      normalize(p_template.body_text, nfc), '[' || wa.invisible() || ']+', '', 'g'),
    'header', nullif(p_template.header_format, 'TEXT'),
    'header_names', wa.variables_of(p_template.header_text),
    'format', case
      when concat(p_template.body_text, p_template.header_text) ~ '\{\{'
        then p_template.parameter_format end,
    'buttons', (
      select jsonb_agg(jsonb_build_array(b.n, b.kind, b.names) order by b.n)
      from (
        select e.n, upper(e.value ->> 'type') as kind, wa.variables_of(e.value ->> 'url') as names
        from jsonb_array_elements(p_template.buttons)
          with ordinality e(value, n)) b
      where b.kind = 'COPY_CODE' or (b.kind = 'URL' and b.names <> '{}')),
    'unsupported', p_template.unsupported);
$$;

create function wa.with_payloads(p_told jsonb, p_ours jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_strip_nulls(jsonb_build_object(
      'type', upper(b.value ->> 'type'),
      'text', b.value ->> 'text',
      'url', b.value ->> 'url',
      'phone_number', b.value ->> 'phone_number',
      'payload', (
        select o.value ->> 'payload'
        from jsonb_array_elements(wa.list_or_none(p_ours)) with ordinality o(value, n)
        where upper(b.value ->> 'type') = 'QUICK_REPLY'
          and coalesce(
            wa.normal_text(o.value ->> 'text') = wa.normal_text(b.value ->> 'text'), o.n = b.n)
        order by o.n
        limit 1)))
    order by b.n), '[]')
  from jsonb_array_elements(wa.list_or_none(p_told)) with ordinality b(value, n);
$$;

-- Open jobs of another version's text, also those that were paused already: they go on only if the
-- text is again what it was.
create function wa.stop_jobs_of_another_text(p_template_id uuid)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  stopped uuid[];
begin
  select array_agg(c.job_id) into stopped
  from (
    select *
    from public.communications j
    where j.template_id = p_template_id and j.status in ('processing', 'paused')
    order by j.job_id
    for no key update) c
  where c.paused_by is distinct from 'template_changed'
    and not wa.keeps_its_text(c.template_id, c.template_version);
  update public.communications c
  set status = 'paused',
    status_reason = wa.reason_of_another_text(),
    paused_by = 'template_changed'
  where c.job_id = any (stopped);
  return coalesce(cardinality(stopped), 0);
end $$;

create function wa.reason_of_another_text()
returns text
language sql immutable
set search_path = ''
as $$
  select 'La plantilla ya no dice lo mismo que cuando se creó este envío; cancélalo y crea otro.';
$$;

-- A late receipt may open an ended job again, and its template may have been edited since.
create function wa.hold_reopened_job()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if not wa.keeps_its_text(new.template_id, new.template_version) then
    new.status := 'paused';
    new.status_reason := wa.reason_of_another_text();
    new.paused_by := 'template_changed';
  end if;
  return new;
end $$;
create trigger hold_reopened before update of status on public.communications
  for each row when (old.status in ('completed', 'partial', 'failed') and new.status = 'processing')
  execute function wa.hold_reopened_job();

-- A template that is being edited, or is gone, does not.
create function wa.keeps_its_text(p_template_id uuid, p_version integer)
returns boolean
language sql stable
set search_path = ''
as $$
  select exists (
    select
    from public.wa_templates t
    join public.wa_template_versions v on v.template_id = t.id
    where t.id = p_template_id
      and t.deleted_at is null
      and t.change is null
      and v.version = p_version
      and v.content = wa.content_of(t));
$$;

-- What follows from a template's row, whoever changes it.
create function wa.keep_template()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if new.status = 'approved' then
    new.first_approved_at := coalesce(new.first_approved_at, now());
  end if;
  if tg_op = 'INSERT' then
    return new;
  end if;
  if wa.content_of(new) <> wa.content_of(old) then
    new.version := old.version + 1;
  end if;
  if new.change is distinct from old.change then
    new.change_claim := null;
    new.change_claimed_at := null;
    new.change_claims := '{}';
    new.change_draft := case new.change when 'edit' then new.change_draft end;
  end if;
  return new;
end $$;
create trigger keep before insert or update on public.wa_templates
  for each row execute function wa.keep_template();

create function wa.keep_template_version()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  insert into public.wa_template_versions (template_id, campaign_id, version, content)
  values (new.id, new.campaign_id, new.version, wa.content_of(new))
  on conflict do nothing;
  return null;
end $$;
create trigger keep_version after insert or update on public.wa_templates
  for each row execute function wa.keep_template_version();

create function wa.shows_something_else(p_template public.wa_templates, p_content jsonb)
returns boolean
language sql immutable
set search_path = ''
as $$
  select c.present || wa.normal_content(p_content) <> c.present
  from (select wa.content_of(p_template) as present) c;
$$;

create function wa.content_of(p_template public.wa_templates)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select wa.normal_content(jsonb_build_object(
    'header_format', coalesce(
      p_template.header_format, case when btrim(p_template.header_text) <> '' then 'TEXT' end),
    'header_text', p_template.header_text,
    'body_text', p_template.body_text,
    'footer_text', p_template.footer_text,
    'buttons', p_template.buttons,
    'unsupported', p_template.unsupported,
    'parameter_format', p_template.parameter_format));
$$;

-- The members of a content that can stand in a row, in the form in which two are compared. Only a
-- text header has a text.
create function wa.normal_content(p_content jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(m.key, m.value), '{}') || case
    when bool_or(m.key = 'header_format' and m.value is distinct from '"TEXT"')
      then '{"header_text": null}'::jsonb
    else '{}'
  end
  from (
    select e.key, case e.key
      when 'buttons' then wa.normal_buttons(e.value)
      when 'unsupported' then case jsonb_typeof(e.value) when 'array' then e.value end
      when 'header_format' then to_jsonb(upper(e.value #>> '{}'))
      when 'parameter_format' then to_jsonb(lower(e.value #>> '{}'))
      else to_jsonb(wa.normal_text(e.value #>> '{}'))
    end as value
    from jsonb_each(case jsonb_typeof(p_content) when 'object' then p_content else '{}' end) e
  ) m
  where case m.key
    when 'header_format' then coalesce(
      m.value <@ '["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"]', true)
    when 'parameter_format' then coalesce(m.value <@ '["positional", "named"]', false)
    when 'body_text' then m.value is not null
    when 'buttons' then m.value is not null
    when 'unsupported' then m.value is not null
    else m.key in ('header_text', 'footer_text')
  end;
$$;

-- Without payloads and examples; the label of a button that copies a code is Meta's own. Null: no
-- list.
create function wa.normal_buttons(p_buttons jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_strip_nulls(jsonb_build_object(
      'type', b.kind,
      'text', case when b.kind <> 'COPY_CODE' then wa.normal_text(b.value ->> 'text') end,
      'url', case b.kind when 'URL' then wa.normal_text(b.value ->> 'url') end,
      'phone_number', case b.kind
        when 'PHONE_NUMBER' then regexp_replace(b.value ->> 'phone_number', '[^0-9]', '', 'g')
      end))
    order by b.n), '[]')
  from (
    select e.value, upper(e.value ->> 'type') as kind, e.n
    from jsonb_array_elements(wa.list_or_none(p_buttons)) with ordinality e(value, n)) b
  having jsonb_typeof(p_buttons) = 'array';
$$;

create function wa.normal_text(p_text text)
returns text
language sql immutable
set search_path = ''
as $$
  select nullif(
    normalize(btrim(replace(p_text, E'\r\n', E'\n'), E' \t\r\n\u00a0'), nfc), '');
$$;

create function wa.list_or_none(p_value jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select case jsonb_typeof(p_value) when 'array' then p_value else '[]' end;
$$;

-- 45_templates/create.sql

-- A template that a campaign makes: checked here, written down, and told to Meta afterwards
-- (changes.sql).

-- p_draft: {name, category, language, parameter_format, header_format, header_text, header_media,
-- body_text, footer_text, buttons, sample_values}. Returns {template_id, name, meta_template_name,
-- status, change, version, findings, same_text_as}: what needs a second look, and names of the
-- campaign's templates with the same text, which Meta may refuse for it. The same draft again gives
-- the same template; one that Meta refused at once is asked for anew.
create function public.wa_create_template(p_campaign_id uuid, p_draft jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  draft public.wa_templates := wa.read_draft(p_campaign_id, p_draft);
  template public.wa_templates;
  place text;
begin
  perform wa.require_lawful_draft(draft);
  select * into template
  from public.wa_templates t
  where t.campaign_id = p_campaign_id and t.name = draft.name and t.deleted_at is null
  for no key update;
  place := wa.place_of_draft(draft, template);
  if place = 'same' then
    return wa.template_answer(template);
  elsif place = 'again' then
    template := wa.ask_again(template.id, draft);
  else
    insert into public.wa_templates
    values (draft.*)
    on conflict do nothing
    returning * into template;
    if template.id is null then
      return public.wa_create_template(p_campaign_id, p_draft); -- somebody else just made it
    end if;
  end if;
  perform wa.audit_change(template, 'template_created', '{}');
  return wa.template_answer(template);
end $$;
revoke all on function public.wa_create_template(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_create_template(uuid, jsonb)
  to authenticated;

-- Whether it could be created, with the same answer or refusal; template_id is null.
create function public.wa_check_template(p_campaign_id uuid, p_draft jsonb)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  draft public.wa_templates := wa.read_draft(p_campaign_id, p_draft);
  template public.wa_templates;
begin
  perform wa.require_lawful_draft(draft);
  select * into template
  from public.wa_templates t
  where t.campaign_id = p_campaign_id and t.name = draft.name and t.deleted_at is null;
  if wa.place_of_draft(draft, template) <> 'same' then
    template := draft;
  end if;
  return wa.template_answer(template) || '{"template_id": null}';
end $$;
revoke all on function public.wa_check_template(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_check_template(uuid, jsonb)
  to authenticated;

create function wa.require_lawful_draft(p_draft public.wa_templates)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.refuse_blocked(wa.findings_of_draft(p_draft));
end $$;

-- Fields as whoever asks for the template names them.
create function wa.findings_of_draft(p_draft public.wa_templates)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    f || jsonb_build_object('field', regexp_replace(f ->> 'field', '^template\.', ''))), '[]')
  from jsonb_array_elements(wa.released_findings_in(p_draft, '{}')) f;
$$;

-- 'new', 'same' or 'again'; p_present: the campaign's template of that name, if it has one. Meta
-- may have made MARKETING of what was asked for as UTILITY.
create function wa.place_of_draft(p_draft public.wa_templates, p_present public.wa_templates)
returns text
language plpgsql stable
set search_path = ''
as $$
begin
  if p_present.id is null then
    perform wa.require_room(p_draft.campaign_id);
    perform wa.require_free_name(p_draft);
    return 'new';
  elsif wa.is_untold(p_present) then
    return 'again';
  elsif p_present.change is distinct from 'delete'
    and p_present.category in (p_draft.category, 'MARKETING')
    and wa.draft_of(p_present) - 'category' = wa.draft_of(p_draft) - 'category'
  then
    return 'same';
  end if;
  perform wa.refuse(409, 'template_name_taken',
    'La campaña ya tiene una plantilla con ese nombre; edítala o usa otro nombre.', 'name');
end $$;

-- At Meta there is none: it refused it when it was asked, for something that may be mended.
create function wa.is_untold(p_template public.wa_templates)
returns boolean
language sql immutable
set search_path = ''
as $$
  select p_template.status = 'rejected'
    and p_template.meta_template_id is null
    and p_template.change is null;
$$;

-- As many as Meta gives an account that is not verified.
create function wa.require_room(p_campaign_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if (
      select count(*) >= 250
      from public.wa_templates t
      where t.campaign_id = p_campaign_id and t.deleted_at is null) then
    perform wa.refuse(409, 'too_many_templates',
      'La campaña ya tiene 250 plantillas; borra las que no uses.', 'campaign_id');
  end if;
end $$;

-- Meta keeps the name of an approved template for 30 days after it was deleted.
create function wa.require_free_name(p_draft public.wa_templates)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  free_at timestamptz := (
    select max(t.deleted_at) + interval '30 days'
    from public.wa_templates t
    where t.campaign_id = p_draft.campaign_id
      and t.name = p_draft.name
      and t.first_approved_at is not null);
begin
  if free_at > now() then
    perform wa.refuse(409, 'template_name_reserved',
      format('WhatsApp reserva el nombre de una plantilla borrada hasta %s; usa otro.',
        wa.local_time(p_draft.campaign_id, free_at)), 'name');
  elsif exists (
      select
      from public.wa_templates t
      where t.campaign_id = p_draft.campaign_id
        and t.meta_template_name = p_draft.meta_template_name
        and t.language = p_draft.language
        and t.deleted_at is null) then
    perform wa.refuse(409, 'template_name_taken',
      'Soporte ya registró una plantilla con ese nombre; usa otro.', 'name');
  end if;
end $$;

create function wa.ask_again(p_template_id uuid, p_draft public.wa_templates)
returns public.wa_templates
language plpgsql
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  perform wa.write_draft(p_template_id, p_draft);
  update public.wa_templates t
  set language = p_draft.language,
    status = 'pending',
    status_changed_at = p_draft.status_changed_at,
    rejected_reason = null,
    change = 'create'
  where t.id = p_template_id
  returning * into template;
  return template;
end $$;

create function wa.template_answer(p_template public.wa_templates)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'template_id', p_template.id,
    'name', p_template.name,
    'meta_template_name', p_template.meta_template_name,
    'status', p_template.status,
    'change', p_template.change,
    'version', p_template.version,
    'findings', wa.findings_of_draft(case
      when p_template.change_draft is null then p_template
      else wa.edited(p_template)
    end),
    'same_text_as', (
      select coalesce(jsonb_agg(coalesce(t.name, t.meta_template_name) order by t.created_at), '[]')
      from public.wa_templates t
      where t.campaign_id = p_template.campaign_id
        and t.id <> p_template.id
        and t.deleted_at is null
        and wa.normal_text(t.body_text) = wa.normal_text(d.draft ->> 'body_text')
        and wa.normal_text(t.footer_text)
          is not distinct from wa.normal_text(d.draft ->> 'footer_text')))
  from (select coalesce(p_template.change_draft, wa.draft_of(p_template)) as draft) d;
$$;

create function wa.local_time(p_campaign_id uuid, p_at timestamptz)
returns text
language sql stable
set search_path = ''
as $$
  select to_char(p_at at time zone s.zones[1], 'DD/MM/YYYY HH24:MI')
  from public.wa_campaign_settings s
  where s.campaign_id = p_campaign_id;
$$;

-- 45_templates/delete.sql

-- DELETE /templates/{id}.

-- Returns {template_id, meta_template_name, status, change}. Asking again changes nothing. One that
-- Meta never had is gone at once.
create function public.wa_delete_template(p_template_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates := wa.own_template(p_template_id);
begin
  if template.deleted_at is null and template.change is distinct from 'delete' then
    perform wa.require_deletable(template);
    perform wa.require_unused(p_template_id);
    update public.wa_templates t
    set change = case when t.meta_template_id is not null then 'delete' end,
      deleted_at = case when t.meta_template_id is null then now() end,
      status = case when t.meta_template_id is null then 'disabled' else t.status end,
      updated_at = now()
    where t.id = p_template_id
    returning * into template;
    perform wa.audit_change(template, 'template_deleted', '{}');
  end if;
  return jsonb_build_object(
    'template_id', template.id,
    'meta_template_name', template.meta_template_name,
    'status', template.status,
    'change', template.change);
end $$;
revoke all on function public.wa_delete_template(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_delete_template(uuid)
  to authenticated;

create function wa.require_deletable(p_template public.wa_templates)
returns void
language plpgsql immutable
set search_path = ''
as $$
begin
  if p_template.name is null then
    perform wa.refuse(409, 'template_not_deletable',
      'Esta plantilla la registró soporte y no se borra aquí.', 'template_id');
  elsif p_template.status = 'disabled' then
    perform wa.refuse(409, 'template_not_deletable',
      'WhatsApp no deja borrar una plantilla deshabilitada.', 'template_id');
  elsif p_template.change = 'edit' or p_template.change_claims <> '{}' then
    perform wa.refuse(409, 'template_not_deletable',
      'La plantilla tiene un cambio en camino a WhatsApp; intenta de nuevo en unos minutos.',
      'template_id');
  end if;
end $$;

-- 45_templates/draft.sql

-- What a member asks a template to be. Meta's rules of form are checked before (shared/rules); here
-- is what must hold whoever calls: nothing that no row, and no message, could be made of.

-- The row that a draft would be, for a member who may send.
create function wa.read_draft(p_campaign_id uuid, p_draft jsonb)
returns public.wa_templates
language plpgsql stable
set search_path = ''
as $$
declare
  draft public.wa_templates;
  problem record;
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_draft_form(p_draft);
  draft := jsonb_populate_record(
    null::public.wa_templates, wa.new_template(p_campaign_id) || jsonb_strip_nulls(p_draft));
  draft.meta_template_name := wa.template_prefix(p_campaign_id) || draft.name;
  select * into problem from wa.template_problem(draft);
  if found then
    perform wa.refuse(
      422, problem.code, problem.detail, regexp_replace(problem.field, '^template\.', ''));
  end if;
  perform wa.require_sender(p_campaign_id);
  perform wa.require_media(draft);
  return draft;
end $$;

-- Every column that must have a value. Whatever Meta said of the name before is older.
create function wa.new_template(p_campaign_id uuid)
returns jsonb
language sql
set search_path = ''
as $$
  select jsonb_build_object(
    'id', gen_random_uuid(),
    'campaign_id', p_campaign_id,
    'status', 'pending',
    'status_changed_at', now() - interval '1 second',
    'content_at', 'epoch',
    'created_at', now(),
    'updated_at', now(),
    'created_by', auth.uid(),
    'change', 'create',
    'change_claims', '[]'::jsonb,
    'edited_at', '[]'::jsonb,
    'version', 1,
    'parameter_format', 'positional',
    'buttons', '[]'::jsonb,
    'sample_values', '{}'::jsonb,
    'unsupported', '[]'::jsonb);
$$;

-- Several campaigns may share an account, in which names are unique.
create function wa.template_prefix(p_campaign_id uuid)
returns text
language sql immutable
set search_path = ''
as $$
  select left(replace(p_campaign_id::text, '-', ''), 12) || '_';
$$;

create function wa.require_draft_form(p_draft jsonb)
returns void
language plpgsql immutable
set search_path = ''
as $$
declare
  problem record;
begin
  perform wa.require_draft_object(p_draft);
  select * into problem
  from (
    select 1 as rank, m.*
    from wa.draft_member_problems(p_draft) m
    union all
    select 2, b.*
    from wa.draft_button_problems(p_draft -> 'buttons') b
    union all
    select 3, v.*
    from wa.draft_value_problems(p_draft) v
  ) p
  order by p.rank, p.field
  limit 1;
  if found then
    perform wa.refuse(422, problem.code, problem.detail, problem.field);
  end if;
end $$;

create function wa.require_draft_object(p_draft jsonb)
returns void
language plpgsql immutable
set search_path = ''
as $$
begin
  if coalesce(jsonb_typeof(p_draft), '') <> 'object' then
    perform wa.refuse(422, 'object_expected', 'La plantilla debe ser un objeto.', 'draft');
  elsif octet_length(p_draft::text) > 20000 then
    perform wa.refuse(422, 'text_too_long', 'La plantilla es demasiado larga.', 'draft');
  end if;
end $$;

create function wa.draft_member_problems(p_draft jsonb)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  with member as (
    select m.*, nullif(p_draft -> m.name, 'null') as value
    from (values
      ('name', 'string', true, '^[a-z0-9_]+$'),
      ('category', 'string', true, '^MARKETING$'),
      ('language', 'string', true, '^[a-z]{2,3}(_[A-Z]{2,3})?$'),
      ('parameter_format', 'string', false, '^(positional|named)$'),
      ('header_format', 'string', false, '^(TEXT|IMAGE|VIDEO|DOCUMENT|LOCATION)$'),
      ('header_text', 'string', false, null),
      ('header_media', 'object', false, null),
      ('body_text', 'string', true, null),
      ('footer_text', 'string', false, null),
      ('buttons', 'array', false, null),
      ('sample_values', 'object', false, null)
    ) m(name, type, required, form))
  select 'field_unknown', 'Ese campo no existe.', k
  from jsonb_object_keys(p_draft) k
  where k not in (select m.name from member m)
  union all
  select 'field_missing', 'Falta este campo.', m.name
  from member m
  where m.required and m.value is null
  union all
  select case m.type
      when 'string' then 'text_expected'
      when 'array' then 'list_expected'
      else 'object_expected'
    end,
    'El valor es de otro tipo.', m.name
  from member m
  where jsonb_typeof(m.value) <> m.type
  union all
  select 'value_invalid', 'Ese valor no se admite aquí.', m.name
  from member m
  where jsonb_typeof(m.value) = 'string' and m.value #>> '{}' !~ m.form
  union all
  select 'text_too_long', 'El nombre puede tener a lo más 499 caracteres.', 'name'
  where length(p_draft ->> 'name') > 499; -- 512 at Meta, with the campaign's prefix
$$;

create function wa.draft_button_problems(p_buttons jsonb)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  with button as (
    select e.value, 'buttons.' || (e.n - 1) as field
    from jsonb_array_elements(wa.list_or_none(p_buttons)) with ordinality e(value, n)),
  member as (
    select m.key, m.value, b.field || '.' || m.key as field
    from button b,
      jsonb_each(case jsonb_typeof(b.value) when 'object' then b.value else '{}' end) m)
  select 'object_expected', 'Un botón debe ser un objeto.', b.field
  from button b
  where jsonb_typeof(b.value) <> 'object'
  union all
  select 'field_unknown', 'Ese campo no existe.', m.field
  from member m
  where m.key not in ('type', 'text', 'url', 'phone_number', 'payload')
  union all
  select 'text_expected', 'El valor debe ser texto.', m.field
  from member m
  where jsonb_typeof(m.value) not in ('string', 'null')
  union all
  select 'value_invalid', 'Ese valor no se admite aquí.', b.field || '.type'
  from button b
  where jsonb_typeof(b.value) = 'object'
    and coalesce(b.value ->> 'type', '') not in ('QUICK_REPLY', 'URL', 'PHONE_NUMBER', 'COPY_CODE');
$$;

-- What stands in header_media itself: wa.media_problems, wa.place_problems.
create function wa.draft_value_problems(p_draft jsonb)
returns table (code text, detail text, field text)
language sql immutable
set search_path = ''
as $$
  select 'field_unknown', 'Ese campo no existe.', 'header_media.' || k
  from jsonb_object_keys(wa.object_or_none(p_draft -> 'header_media')) k
  where k not in ('id', 'link', 'filename', 'latitude', 'longitude', 'name', 'address')
  union all
  select 'text_expected', 'El valor debe ser texto.', 'sample_values.' || s.key
  from jsonb_each(wa.object_or_none(p_draft -> 'sample_values')) s
  where jsonb_typeof(s.value) <> 'string';
$$;

create function wa.object_or_none(p_value jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select case jsonb_typeof(p_value) when 'object' then p_value else '{}' end;
$$;

-- The draft that would make this row.
create function wa.draft_of(p_template public.wa_templates)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'name', p_template.name,
    'category', p_template.category,
    'language', p_template.language,
    'parameter_format', p_template.parameter_format,
    'header_format', p_template.header_format,
    'header_text', p_template.header_text,
    'header_media', p_template.header_media,
    'body_text', p_template.body_text,
    'footer_text', p_template.footer_text,
    'buttons', p_template.buttons,
    'sample_values', p_template.sample_values);
$$;

create function wa.write_draft(p_template_id uuid, p_draft public.wa_templates)
returns void
language sql
set search_path = ''
as $$
  update public.wa_templates t
  set category = p_draft.category,
    parameter_format = p_draft.parameter_format,
    header_format = p_draft.header_format,
    header_text = p_draft.header_text,
    header_media = p_draft.header_media,
    body_text = p_draft.body_text,
    footer_text = p_draft.footer_text,
    buttons = p_draft.buttons,
    sample_values = p_draft.sample_values,
    unsupported = p_draft.unsupported,
    updated_at = now()
  where t.id = p_template_id;
$$;

-- 45_templates/edit.sql

-- PATCH /templates/{id}: the next version of a template. Its name and language stay.

-- p_version: the one that was edited. Answers as wa_create_template; the same edit again changes
-- nothing. What Meta does not know (files, samples, what a quick reply carries) is changed at once.
create function public.wa_edit_template(p_template_id uuid, p_version integer, p_draft jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates := wa.own_template(p_template_id);
  draft public.wa_templates;
  how text;
begin
  if template.deleted_at is not null then
    perform wa.refuse_unknown_template();
  elsif template.name is null then
    perform wa.refuse(409, 'template_not_editable',
      'Esta plantilla la registró soporte y no se edita aquí.', 'template_id');
  end if;
  draft := wa.read_draft(template.campaign_id, p_draft);
  perform wa.require_lawful_draft(draft);
  how := wa.way_of_edit(template, p_version, draft);
  if how = 'done' then
    return wa.template_answer(template);
  elsif how = 'again' then
    perform wa.ask_again(p_template_id, draft);
  elsif how = 'here' then
    perform wa.write_draft(p_template_id, draft);
  else
    update public.wa_templates t
    set change = 'edit',
      change_draft = wa.draft_of(draft) || jsonb_build_object('from_status', t.status),
      updated_at = now()
    where t.id = p_template_id;
  end if;
  select * into template from public.wa_templates t where t.id = p_template_id;
  perform wa.audit_change(template, 'template_edited', '{}');
  return wa.template_answer(template);
end $$;
revoke all on function public.wa_edit_template(uuid, integer, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_edit_template(uuid, integer, jsonb)
  to authenticated;

-- 'done': asked for already, or nothing to do; 'here': nothing for Meta; 'edit': for Meta; 'again':
-- Meta has none yet.
create function wa.way_of_edit(
  p_template public.wa_templates, p_version integer, p_draft public.wa_templates)
returns text
language plpgsql stable
set search_path = ''
as $$
begin
  perform wa.require_same_name(p_template, p_draft);
  if wa.is_edited_so(p_template, p_version, wa.draft_of(p_draft)) then
    return 'done';
  elsif p_version is distinct from p_template.version then
    perform wa.refuse(409, 'template_changed',
      'La plantilla cambió mientras la editabas; vuelve a abrirla.', 'version');
  end if;
  perform wa.require_editable(p_template);
  perform wa.require_unused(p_template.id);
  if wa.is_untold(p_template) then
    return 'again';
  elsif p_template.status <> 'rejected'
    and p_template.category = p_draft.category
    and wa.content_of(p_template) = wa.content_of(p_draft)
  then
    return 'here';
  end if;
  perform wa.require_edit_of_approved(p_template, p_draft.category);
  return 'edit';
end $$;

create function wa.require_same_name(p_template public.wa_templates, p_draft public.wa_templates)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if p_draft.name <> p_template.name then
    perform wa.refuse(422, 'value_invalid', 'El nombre de una plantilla no cambia.', 'name');
  elsif p_draft.language <> p_template.language then
    perform wa.refuse(422, 'value_invalid', 'El idioma de una plantilla no cambia.', 'language');
  end if;
end $$;

-- By an edit that is under way, or by one that is over and whose answer was lost. A rejected one
-- may be tried once more as it is.
create function wa.is_edited_so(
  p_template public.wa_templates, p_version integer, p_draft jsonb)
returns boolean
language sql immutable
set search_path = ''
as $$
  select case
    when p_template.change = 'edit'
      then p_version = p_template.version and p_template.change_draft - 'from_status' = p_draft
    when p_template.change is null and p_template.status = 'rejected' then false
    else p_template.version - p_version in (0, 1)
      and p_template.change is distinct from 'delete'
      and wa.draft_of(p_template) = p_draft
  end;
$$;

create function wa.require_editable(p_template public.wa_templates)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if p_template.change is not null then
    perform wa.refuse(409, 'template_not_editable',
      'La plantilla ya tiene un cambio en camino a WhatsApp; espera a que termine.',
      'template_id');
  elsif p_template.status not in ('approved', 'rejected', 'paused') then
    perform wa.refuse(409, 'template_not_editable',
      format('WhatsApp no deja editar una plantilla que está %s.',
        wa.status_in_words(p_template.status)), 'template_id');
  end if;
end $$;

-- Jobs keep what they were created with. Asked under the template's lock, which a new job waits for
-- (wa.require_unchanged_template).
create function wa.require_unused(p_template_id uuid)
returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if exists (
      select
      from public.communications c
      where c.template_id = p_template_id and c.status in ('processing', 'paused')) then
    perform wa.refuse(409, 'template_in_use',
      'Hay envíos abiertos con esta plantilla; espera a que terminen o cancélalos.',
      'template_id');
  end if;
end $$;

-- Meta's limits for what it has approved.
create function wa.require_edit_of_approved(p_template public.wa_templates, p_category text)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  edits timestamptz[] := wa.recent_edits(p_template);
  free_at timestamptz := greatest(
    edits[cardinality(edits)] + interval '24 hours',
    edits[cardinality(edits) - 9] + interval '30 days');
begin
  if p_template.status <> 'approved' then
    return;
  elsif p_category <> p_template.category then
    perform wa.refuse(409, 'template_category_fixed',
      'La categoría de una plantilla aprobada no cambia.', 'category');
  elsif free_at > now() then
    perform wa.refuse(409, 'template_edit_too_soon',
      format('WhatsApp admite una edición en 24 horas y diez en 30 días; '
        'podrás editarla desde %s.', wa.local_time(p_template.campaign_id, free_at)),
      'template_id');
  end if;
end $$;

create function wa.recent_edits(p_template public.wa_templates)
returns timestamptz[]
language sql stable
set search_path = ''
as $$
  select array(
    select e
    from unnest(p_template.edited_at) e
    where e > now() - interval '30 days'
    order by e);
$$;

-- Locked; deleted ones, too.
create function wa.own_template(p_template_id uuid)
returns public.wa_templates
language plpgsql
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id and t.campaign_id in (select wa.my_campaigns('read_figures'))
  for no key update;
  if not found then
    perform wa.refuse_unknown_template();
  end if;
  perform wa.require_may(template.campaign_id, 'send');
  return template;
end $$;

-- 45_templates/media.sql

-- Files for the headers of templates: noted before Meta has them, so that what it has is known.

-- p_file: {kind, mime_type, bytes, sha256, filename}. Returns {upload_id}. At most 200 in a day.
create function public.wa_begin_upload(p_campaign_id uuid, p_file jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  upload uuid;
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_file(p_file);
  if (
      select count(*) >= 200
      from public.wa_media m
      where m.campaign_id = p_campaign_id and m.created_at > now() - interval '24 hours') then
    perform wa.refuse(409, 'too_many_uploads',
      'La campaña ya subió 200 archivos en 24 horas; intenta de nuevo mañana.', 'campaign_id');
  end if;
  insert into public.wa_media (
    campaign_id, sender_id, kind, mime_type, bytes,
    sha256, filename, created_by)
  values (
    p_campaign_id, (wa.require_sender(p_campaign_id)).id, p_file ->> 'kind',
    p_file ->> 'mime_type', (p_file ->> 'bytes')::integer,
    p_file ->> 'sha256', p_file ->> 'filename', auth.uid())
  returning id into upload;
  return jsonb_build_object('upload_id', upload);
end $$;
revoke all on function public.wa_begin_upload(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_begin_upload(uuid, jsonb)
  to authenticated;

create function wa.require_file(p_file jsonb)
returns void
language plpgsql immutable
set search_path = ''
as $$
declare
  wrong text;
begin
  select w.field into wrong
  from (values
    ('kind', 'string', '^(IMAGE|VIDEO|DOCUMENT)$'),
    ('mime_type', 'string', '^[a-z0-9.+-]{1,90}/[a-z0-9.+-]{1,90}$'),
    ('bytes', 'number', '^[1-9][0-9]{0,8}$'),
    ('sha256', 'string', '^[0-9a-f]{64}$'),
    ('filename', 'string', '^.{1,240}$')
  ) w(field, type, form)
  where case
    when w.field = 'filename' and coalesce(p_file -> w.field, 'null') = 'null' then false
    when jsonb_typeof(p_file -> w.field) is distinct from w.type then true
    when (p_file ->> w.field) !~ w.form then true
    else w.field = 'bytes' and (p_file ->> w.field)::integer > 104857600 -- Meta's largest document
  end
  limit 1;
  if found then
    perform wa.refuse(422, 'value_invalid', 'El archivo está mal descrito.', wrong);
  end if;
end $$;

-- The number that the file is uploaded for, and the token for it.
create function public.wa_claim_upload(p_upload_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  sender public.wa_senders;
begin
  select s.* into sender
  from public.wa_media m
  join public.wa_senders s on s.id = m.sender_id
  where m.id = p_upload_id;
  if not found then
    perform wa.refuse(404, 'upload_not_found', 'No existe esa carga de archivo.', 'upload_id');
  end if;
  return jsonb_build_object(
    'phone_number_id', sender.phone_number_id, 'credential', sender.credential);
end $$;
revoke all on function public.wa_claim_upload(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_claim_upload(uuid)
  to wa_templates;

-- Returns {id, expires_at}; the first word counts. The 30 days run from before the upload.
create function public.wa_record_upload(
  p_upload_id uuid, p_meta_media_id text, p_meta_handle text)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
begin
  update public.wa_media m
  set meta_media_id = p_meta_media_id,
    meta_handle = p_meta_handle,
    expires_at = m.created_at + interval '30 days'
  where m.id = p_upload_id and m.meta_media_id is null;
  return (
    select jsonb_build_object('id', m.meta_media_id, 'expires_at', m.expires_at)
    from public.wa_media m
    where m.id = p_upload_id);
end $$;
revoke all on function public.wa_record_upload(uuid, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_record_upload(uuid, text, text)
  to wa_templates;

-- A file of the campaign's own, of the kind that the header shows, and still known to Meta. Only
-- the number that it was uploaded for may send it.
create function wa.require_media(p_draft public.wa_templates)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  file public.wa_media;
begin
  if not coalesce(p_draft.header_media ? 'id', false) then
    return;
  end if;
  select * into file
  from public.wa_media m
  where m.campaign_id = p_draft.campaign_id
    and m.sender_id = (wa.require_sender(p_draft.campaign_id)).id
    and m.meta_media_id = p_draft.header_media ->> 'id'
    and m.kind = p_draft.header_format
  order by m.expires_at desc
  limit 1;
  if not found then
    perform wa.refuse(422, 'media_not_found',
      'La campaña no ha subido ese archivo para este tipo de encabezado.', 'header_media.id');
  elsif file.expires_at <= now() then
    perform wa.refuse(422, 'media_expired',
      'WhatsApp ya olvidó ese archivo: los guarda 30 días. Súbelo otra vez.', 'header_media.id');
  end if;
end $$;

-- Meta forgets a file while its template stays approved, and gives it to no other number. One that
-- was not uploaded here is taken at its word.
create function wa.require_lasting_header(p_template public.wa_templates, p_at timestamptz)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  file record;
begin
  select count(*) > 0 as is_ours,
    max(m.expires_at) filter (where m.sender_id = c.sender_id) as ends_at
    into file
  from public.wa_media m
  join public.wa_campaign_settings c on c.campaign_id = m.campaign_id
  where m.campaign_id = p_template.campaign_id
    and m.meta_media_id = p_template.header_media ->> 'id';
  if file.is_ours and file.ends_at is null then
    perform wa.refuse(409, 'template_header_expired',
      'El archivo del encabezado se subió para otro número de WhatsApp; '
        'súbelo otra vez y cámbialo en la plantilla.', 'template.header_media');
  elsif file.ends_at <= greatest(p_at, now()) then
    perform wa.refuse(409, 'template_header_expired',
      'WhatsApp guarda 30 días el archivo del encabezado y ya no lo tendrá al enviar; '
        'súbelo otra vez y cámbialo en la plantilla.', 'template.header_media');
  end if;
end $$;

-- 45_templates/read.sql

-- GET /templates and GET /templates/{id}. Security invoker: row level security decides what the
-- caller sees.

create function public.wa_list_templates(p_campaign_id uuid)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(wa.template_in_full(t) order by t.created_at desc, t.id), '[]')
  from public.wa_templates t
  where t.campaign_id = p_campaign_id and t.deleted_at is null;
$$;
revoke all on function public.wa_list_templates(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_templates(uuid)
  to authenticated;

create function public.wa_get_template(p_template_id uuid)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id and t.deleted_at is null;
  if not found then
    perform wa.refuse_unknown_template();
  end if;
  return wa.template_in_full(template);
end $$;
revoke all on function public.wa_get_template(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_get_template(uuid)
  to authenticated;

create function wa.refuse_unknown_template()
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.refuse(404, 'template_not_found',
    'No existe esa plantilla o no tienes acceso a ella.', 'template_id');
end $$;
grant execute on function wa.refuse_unknown_template()
  to authenticated;

create function wa.template_in_full(p_template public.wa_templates)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_template.id,
    'campaign_id', p_template.campaign_id,
    'name', p_template.name,
    'meta_template_name', p_template.meta_template_name,
    'language', p_template.language,
    'category', p_template.category,
    'status', p_template.status,
    'header_format', p_template.header_format,
    'header_text', p_template.header_text,
    'header_media', p_template.header_media,
    'body_text', p_template.body_text,
    'footer_text', p_template.footer_text,
    'buttons', p_template.buttons,
    'sample_values', p_template.sample_values,
    'parameter_format', p_template.parameter_format,
    'rejected_reason', p_template.rejected_reason,
    'quality', p_template.quality,
    'version', p_template.version,
    'change', p_template.change,
    'updated_at', p_template.updated_at);
$$;
grant execute on function wa.template_in_full(public.wa_templates)
  to authenticated;

-- 50_messages/attempts.sql

-- What became of a message in one attempt, and what that stops (docs/glossary.md).

-- p_details: {cause, meta_message_id, error_code, error_message, skip_reason, retry_after_seconds,
-- frees_contact, opts_out}; each may be absent, and a contact is freed unless it says otherwise.
-- Returns the row's status afterwards. An answer for another attempt, or one that a receipt
-- overtook, only adds the message id.
create function public.wa_record_attempt(
  p_message_id uuid, p_attempt integer, p_fate text, p_stops text default 'nothing',
  p_details jsonb default '{}')
returns text
language plpgsql security definer
set search_path = ''
as $$
declare
  message public.wa_send_queue;
begin
  select * into message from public.wa_send_queue q where q.id = p_message_id for update;
  if not found or message.attempts <> p_attempt or not wa.is_open_to(message.status, p_fate) then
    perform wa.note_meta_message_id(message, p_attempt, p_details ->> 'meta_message_id');
    return message.status;
  end if;
  if p_fate in ('accepted', 'held') then
    perform wa.note_accepted(message, p_fate, p_details ->> 'meta_message_id');
  else
    perform wa.note_not_accepted(message, p_fate, p_details);
  end if;
  if p_stops <> 'nothing' then
    perform wa.stop(message, p_stops, p_details ->> 'cause', p_details ->> 'error_message');
  end if;
  if p_fate = 'failed' and (p_details ->> 'opts_out')::boolean then
    perform wa.set_opt_out(message.sender_id, message.recipient_phone, true, 'meta_error', now());
  end if;
  if p_fate in ('accepted', 'held') then
    return 'sent';
  end if;
  return (select q.status from public.wa_send_queue q where q.id = p_message_id);
end $$;
revoke all on function public.wa_record_attempt(uuid, integer, text, text, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_record_attempt(uuid, integer, text, text, jsonb)
  to wa_dispatch;

-- A late "accepted" settles even a row that was given up since and waits to be sent again.
create function wa.is_open_to(p_status text, p_fate text)
returns boolean
language sql immutable
set search_path = ''
as $$
  select p_status in ('sending', 'unknown')
    or (p_fate in ('accepted', 'held') and p_status in ('queued', 'skipped'));
$$;

create function wa.note_meta_message_id(
  p_message public.wa_send_queue, p_attempt integer, p_meta_message_id text)
returns void
language sql
set search_path = ''
as $$
  update public.wa_send_queue q
  set meta_message_id = p_meta_message_id
  where q.id = p_message.id and q.attempts = p_attempt
    and q.meta_message_id is null and p_meta_message_id is not null;
$$;

-- Meta took the message: its job's parameters and its sender are in order. Writes about them only
-- where that is news.
create function wa.note_accepted(
  p_message public.wa_send_queue, p_fate text, p_meta_message_id text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  update public.wa_send_queue q
  set status = 'sent',
    skip_reason = null,
    sent_at = clock_timestamp(),
    meta_message_id = p_meta_message_id,
    held_at = case p_fate when 'held' then clock_timestamp() end,
    error_code = null,
    error_message = null
  where q.id = p_message.id;
  update public.communications c
  set refusals_in_a_row = 0
  where c.job_id = p_message.job_id and c.refusals_in_a_row > 0;
  update public.wa_senders s
  set outage_answers = 0,
    -- Not by an answer to a message that left before the pause.
    backoff_seconds = case
      when s.throttled_until < p_message.claimed_at then 0
      else s.backoff_seconds end
  where s.id = p_message.sender_id
    and (s.outage_answers > 0
      or (s.backoff_seconds > 0 and s.throttled_until < p_message.claimed_at));
  perform wa.unblock_senders(array[p_message.sender_id], p_message.claimed_at);
end $$;

-- An unknown message may have reached its voter: it keeps the contact.
create function wa.note_not_accepted(p_message public.wa_send_queue, p_fate text, p_details jsonb)
returns void
language plpgsql
set search_path = ''
as $$
declare
  code integer := p_details ->> 'error_code';
  sentence text := p_details ->> 'error_message';
begin
  if p_fate <> 'unknown' and coalesce((p_details ->> 'frees_contact')::boolean, true) then
    perform wa.free_contact(p_message.id);
  end if;
  case p_fate
    when 'failed' then
      update public.wa_send_queue q
      set status = 'failed',
        error_code = code,
        error_message = sentence
      where q.id = p_message.id;
    when 'deferred' then
      perform wa.defer_attempt(p_message.id, code, (p_details ->> 'retry_after_seconds')::numeric);
    when 'returned' then
      update public.wa_send_queue q
      set status = 'queued',
        error_code = code
      where q.id = p_message.id;
    when 'skipped' then
      perform wa.skip(p_message.id, p_details ->> 'skip_reason');
    when 'unknown' then
      update public.wa_send_queue q
      set status = 'unknown',
        error_message = sentence
      where q.id = p_message.id;
  end case;
end $$;

-- With p_retry_after_seconds this was one of the message's tries; without, it waits for what the
-- answer stopped, and no try is used up.
create function wa.defer_attempt(
  p_message_id uuid, p_error_code integer, p_retry_after_seconds numeric)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if p_retry_after_seconds is not null then
    update public.wa_send_queue q
    set retries = q.retries + 1,
      error_code = p_error_code
    where q.id = p_message_id;
  end if;
  perform wa.defer(p_message_id, now() + make_interval(
    secs => coalesce(p_retry_after_seconds, 0)::double precision));
end $$;

-- What an answer, or a failed receipt, stops beside its own message.
create function wa.stop(
  p_message public.wa_send_queue, p_stops text, p_cause text, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  case p_stops
    when 'nothing' then
      null;
    when 'job' then
      perform wa.stop_job(p_message, p_cause, p_reason);
    when 'sender' then
      perform wa.stop_sender(p_message, p_cause, p_reason);
    when 'credentials' then
      perform wa.block_senders(
        wa.senders_of_token(p_message.sender_id), 'credentials', p_reason, p_message.claimed_at);
    when 'everybody' then
      perform wa.count_outage(p_message.sender_id, p_reason, p_message.claimed_at);
  end case;
end $$;

create function wa.stop_job(p_message public.wa_send_queue, p_cause text, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  case p_cause
    when 'template' then
      perform wa.pause_job_of_template(p_message, p_reason);
    when 'parameters', 'unexplained' then
      perform wa.count_refusal(p_message.job_id, p_cause, p_reason);
  end case;
end $$;

create function wa.stop_sender(p_message public.wa_send_queue, p_cause text, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  case p_cause
    when 'throttled' then
      perform wa.push_back(p_message.sender_id);
    when 'answer' then
      perform wa.block_senders(
        array[p_message.sender_id], 'answer', p_reason, p_message.claimed_at);
  end case;
end $$;

create function wa.senders_of_token(p_sender_id uuid)
returns uuid[]
language sql stable
set search_path = ''
as $$
  select array_agg(s.id)
  from public.wa_senders own
  join public.wa_senders s on s.credential = own.credential
  where own.id = p_sender_id;
$$;

-- Meta is out of order, or its answers do not arrive: that is nobody's message. Ten such answers
-- without a message accepted in between block the number, so that the outage uses up neither tries
-- nor, where answers are lost, messages. Probes find the end of it: after a minute at first, every
-- ten minutes at last.
create function wa.count_outage(p_sender_id uuid, p_reason text, p_claimed_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set outage_answers = s.outage_answers + 1
  where s.id = p_sender_id;
  select wa.block_senders(array[s.id], 'outage', p_reason, p_claimed_at, 60, 600)
  from public.wa_senders s
  where s.id = p_sender_id and s.outage_answers >= 10;
$$;

-- The same mistake in one message after another is the job's: five in a row pause it.
create function wa.count_refusal(p_job_id uuid, p_paused_by text, p_reason text)
returns void
language sql
set search_path = ''
as $$
  update public.communications c
  set refusals_in_a_row = c.refusals_in_a_row + 1
  where c.job_id = p_job_id;
  select wa.pause_jobs(array[c.job_id], p_paused_by, p_reason)
  from public.communications c
  where c.job_id = p_job_id and c.refusals_in_a_row >= 5;
$$;

-- Not for what Meta said before it approved the template (again), by its clock of whole seconds:
-- the next attempt tells. The job is locked first, as an approval does: of two that pass each other
-- the second sees the first.
create function wa.pause_job_of_template(p_message public.wa_send_queue, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  approved_since boolean;
begin
  perform from public.communications c where c.job_id = p_message.job_id for no key update;
  select t.status = 'approved' and t.status_changed_at >= date_trunc('second', p_message.claimed_at)
    into approved_since
  from public.wa_templates t
  where t.id = p_message.template_id;
  if approved_since is distinct from true then
    perform wa.pause_jobs(array[p_message.job_id], 'template', p_reason);
  end if;
end $$;

create function wa.pause_jobs(p_job_ids uuid[], p_paused_by text, p_reason text)
returns void
language sql
set search_path = ''
as $$
  update public.communications c
  set status = 'paused',
    status_reason = p_reason,
    paused_by = p_paused_by
  where c.job_id = any (p_job_ids) and c.status = 'processing';
$$;

-- 50_messages/blocks.sql

-- What blocks a number, and what lets it go on.

-- Blocked senders take no claims. After a cool-down, p_shortest_seconds at first and twice as long
-- each time (at most p_longest_seconds), one message at a time may try whether Meta takes it; the
-- first one it accepts unblocks. Answers to attempts older than the sender's present state say
-- nothing about it. A cause that is there already keeps its time, and a block that an operator left
-- without an end keeps having none.
create function wa.block_senders(
  p_sender_ids uuid[], p_cause text, p_reason text, p_claimed_at timestamptz,
  p_shortest_seconds integer default 900, p_longest_seconds integer default 21600)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set state = 'blocked',
    state_reason = p_reason,
    state_changed_at = clock_timestamp(),
    cooldown_seconds = w.cooldown,
    blocked_by = wa.cause_now(p_cause, p_reason) || s.blocked_by,
    blocked_until = case
      when s.state = 'ok' or s.blocked_until is not null then greatest(
        clock_timestamp() + make_interval(secs => w.cooldown), wa.latest_until(s.blocked_by)) end
  from (
    select o.id, wa.next_cooldown(o, p_shortest_seconds, p_longest_seconds) as cooldown
    from public.wa_senders o
    where o.id = any (p_sender_ids)
      and o.state <> 'paused' and o.state_changed_at <= p_claimed_at
    order by o.id
    for no key update) w
  where s.id = w.id;
$$;

create function wa.cause_now(p_cause text, p_reason text)
returns jsonb
language sql volatile
set search_path = ''
as $$
  select jsonb_build_object(
    p_cause, jsonb_build_object('since', clock_timestamp(), 'reason', p_reason));
$$;

create function wa.next_cooldown(
  p_sender public.wa_senders, p_shortest_seconds integer, p_longest_seconds integer)
returns integer
language sql stable
set search_path = ''
as $$
  select case
    when p_sender.state = 'ok' and p_sender.state_changed_at < now() - interval '1 hour'
      then p_shortest_seconds
    else least(greatest(p_sender.cooldown_seconds * 2, p_shortest_seconds), p_longest_seconds) end;
$$;

-- Ends one cause, as of p_at; the sender goes on if it was the last one. What was answered while it
-- stood may have been its doing: if only such answers are left, one message asks at once.
create function wa.end_cause(p_sender_ids uuid[], p_cause text, p_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set blocked_by = w.others,
    state = case w.others when '{}' then 'ok' else s.state end,
    state_reason = wa.latest_reason(w.others),
    state_changed_at = case w.others
      when '{}' then least(p_at, clock_timestamp())
      else s.state_changed_at end,
    blocked_until = case
      when w.others = '{}' then null
      when s.blocked_until > clock_timestamp() and wa.only_answers_since(w.others, w.since)
        then clock_timestamp()
      else s.blocked_until end
  from (
    select o.id,
      o.blocked_by - p_cause as others,
      (o.blocked_by -> p_cause ->> 'since')::timestamptz as since
    from public.wa_senders o
    where o.id = any (p_sender_ids) and o.blocked_by ? p_cause
    order by o.id
    for no key update) w
  where s.id = w.id;
$$;

create function wa.latest_reason(p_blocked_by jsonb)
returns text
language sql stable
set search_path = ''
as $$
  select c.value ->> 'reason'
  from jsonb_each(p_blocked_by) c
  order by (c.value ->> 'since')::timestamptz desc
  limit 1;
$$;

create function wa.only_answers_since(p_blocked_by jsonb, p_since timestamptz)
returns boolean
language sql stable
set search_path = ''
as $$
  select not exists (
    select
    from jsonb_each(p_blocked_by) c
    where c.key <> 'answer' or (c.value ->> 'since')::timestamptz < p_since);
$$;

-- Until when Meta has said that it takes nothing, whatever a cool-down says.
create function wa.latest_until(p_blocked_by jsonb)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select max((c.value ->> 'until')::timestamptz) from jsonb_each(p_blocked_by) c;
$$;

-- Meta has taken a message: whatever it had said before is over.
create function wa.unblock_senders(p_sender_ids uuid[], p_claimed_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set state = 'ok',
    state_reason = null,
    state_changed_at = clock_timestamp(),
    blocked_until = null
  where s.id = any (p_sender_ids) and s.state = 'blocked' and s.state_changed_at <= p_claimed_at;
$$;

create function wa.may_probe(p_sender public.wa_senders)
returns boolean
language sql stable
set search_path = ''
as $$
  select p_sender.state = 'blocked' and coalesce(p_sender.blocked_until <= now(), false);
$$;

-- A probe keeps the next one off for two minutes: long enough for its answer.
create function wa.start_probe(p_sender_id uuid)
returns boolean
language sql
set search_path = ''
as $$
  with probe as (
    update public.wa_senders s
    set blocked_until = clock_timestamp() + interval '2 minutes'
    where s.id = p_sender_id and wa.may_probe(s)
    returning 1)
  select exists (select from probe);
$$;

-- Whoever lets a sender go on, an operator by hand too, ends all that blocked it; a block that
-- names no cause is an operator's.
create function wa.settle_causes()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.blocked_by := case new.state
    when 'blocked' then jsonb_build_object('operator', jsonb_build_object(
      'since', new.state_changed_at, 'reason', new.state_reason))
    else '{}' end;
  return new;
end $$;
create trigger settle_causes before insert or update of state on public.wa_senders
  for each row when (new.state <> 'blocked' or new.blocked_by = '{}')
  execute function wa.settle_causes();

-- 50_messages/claim.sql

-- May a message leave, and when?

-- Asked with the message whose task has come; answered, as message_id, for that one or for another
-- of its number. After "send" is answered that one is committed as "sending": whatever happens to
-- the caller, no other claim will send it. A caller that lost the answer asks again with its
-- p_claim_id, and says so (p_again).
-- Answers: send | skipped | deferred | returned | done | message_unknown.
create function public.wa_claim_message(
  p_message_id uuid, p_claim_id uuid, p_max_wait_seconds numeric default 10,
  p_again boolean default false)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  message public.wa_send_queue;
  job public.communications;
  sender public.wa_senders;
  turn uuid;
begin
  select * into message from public.wa_send_queue q where q.id = p_message_id for update;
  select * into job from public.communications c where c.job_id = message.job_id;
  if message.id is null then
    return jsonb_build_object('message_id', p_message_id, 'decision', 'message_unknown');
  elsif p_again then
    select q.id into turn
    from public.wa_send_queue q
    where q.status = 'sending' and q.claim_id = p_claim_id;
  end if;
  if turn is null and not (message.status = 'sending' and message.claim_id = p_claim_id) then
    turn := wa.turn_of_another(message, job);
  end if;
  if turn is not null then
    select * into message from public.wa_send_queue q where q.id = turn for update;
    select * into job from public.communications c where c.job_id = message.job_id;
  end if;
  select * into sender
  from public.wa_senders s
  where s.id = case message.status when 'sending' then message.sender_id else job.sender_id end;
  return jsonb_build_object('message_id', message.id)
    || wa.claim(message, job, sender, p_claim_id, p_max_wait_seconds);
end $$;
revoke all on function public.wa_claim_message(uuid, uuid, numeric, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_claim_message(uuid, uuid, numeric, boolean)
  to wa_dispatch;

create function wa.claim(
  p_message public.wa_send_queue, p_job public.communications, p_sender public.wa_senders,
  p_claim_id uuid, p_max_wait_seconds numeric)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  message public.wa_send_queue := p_message;
  closed text := wa.window_problem(p_message.campaign_id, now());
  reason text;
  deferred_until timestamptz;
  slot timestamptz;
begin
  if message.status = 'sending' and message.claim_id = p_claim_id
    and message.erased_at is null
  then
    return wa.sending_order(message, p_sender, wa.take_slot(p_sender.id, 1000));
  elsif message.status <> 'queued' then
    return jsonb_build_object('decision', 'done', 'status', message.status);
  end if;
  select v.phone, v.reason into message.recipient_phone, reason
  from wa.follow_voter(message, p_job.is_test) v;
  reason := coalesce(reason, wa.reason_to_skip(message, p_job, closed));
  if reason is not null then
    return wa.answer_skipped(message.id, reason);
  end if;
  deferred_until := wa.deferred_until(message, p_job, p_sender, closed);
  if deferred_until is not null then
    return wa.answer_deferred(message.id, deferred_until);
  elsif not p_job.is_test
    and not wa.take_contact(message.campaign_id, message.recipient_phone, message.id)
  then
    return wa.decline_contact(message);
  elsif p_sender.state = 'blocked' and not wa.start_probe(p_sender.id) then
    perform wa.free_contact(message.id);
    return wa.answer_deferred(message.id, message.scheduled_at);
  end if;
  slot := wa.take_slot(p_sender.id, p_max_wait_seconds);
  if slot is null then
    perform wa.free_contact(message.id);
    return jsonb_build_object(
      'decision', 'returned', 'retry_after_seconds', wa.seconds_to_slot(p_sender.id));
  end if;
  return wa.start_sending(message, p_sender, p_claim_id, slot);
end $$;

-- p_closed: why the send window is shut now, if it is.
create function wa.reason_to_skip(
  p_message public.wa_send_queue, p_job public.communications, p_closed text)
returns text
language sql stable
set search_path = ''
as $$
  select case
    when p_job.status = 'cancelled' then 'cancelled'
    when p_closed = 'veda'
      or (p_closed is not null and wa.not_open_until(p_message.campaign_id) is null) then p_closed
    when wa.is_opted_out(p_message.campaign_id, p_message.recipient_phone) then 'opted_out'
    when p_job.is_test then null
    when wa.lacks_consent(p_message.campaign_id, p_message.recipient_phone) then 'no_consent'
  end;
$$;

-- A message goes to the number that its voter has now: a list may be corrected after the job was
-- created. A test goes to a number that is on the campaign's list now. Returns the number, or the
-- reason why nobody can be written to any more.
create function wa.follow_voter(
  p_message public.wa_send_queue, p_is_test boolean, out phone text, out reason text)
language plpgsql
set search_path = ''
as $$
declare
  raw text;
begin
  if p_message.erased_at is not null then
    reason := 'erased';
    return;
  elsif p_is_test then
    select n.phone into raw
    from public.wa_test_numbers n
    where n.id = p_message.recipient_voter_id;
  else
    select v.phone into raw
    from wa.current_phone(p_message.campaign_id, p_message.recipient_voter_id) v;
  end if;
  if not found then
    reason := 'voter_deleted';
    return;
  end if;
  -- Written in one of the two usual ways it need not be read again.
  phone := case
    when raw in (p_message.recipient_phone, right(p_message.recipient_phone, 10))
      then p_message.recipient_phone
    else wa.normalize_phone(raw)
  end;
  if phone is null then
    reason := wa.phone_problem(raw);
  elsif phone <> p_message.recipient_phone then
    reason := wa.move_to_phone(p_message, phone);
  else
    reason := wa.suppressed_as(p_message.campaign_id, phone, p_message.recipient_voter_id);
  end if;
end $$;

-- What may have reached the number that was wrong does not follow: a second attempt is somebody
-- else's then. Returns why the message cannot go to the new number, if so.
create function wa.move_to_phone(p_message public.wa_send_queue, p_phone text)
returns text
language plpgsql
set search_path = ''
as $$
declare
  reason text;
begin
  if p_message.resends > 0 then
    return 'number_changed';
  end if;
  perform wa.share_people_at_once(p_message.campaign_id);
  reason := wa.suppressed_as(p_message.campaign_id, p_phone, p_message.recipient_voter_id);
  if reason is null then
    begin
      update public.wa_send_queue q
      set recipient_phone = p_phone
      where q.id = p_message.id;
    exception when unique_violation then
      reason := 'duplicate_number';
    end;
  end if;
  return reason;
end $$;

-- Until when a message has to wait for something but its slot; null = it need not. Where a daily
-- limit holds, a message leaves only if its lease or its task counts as under way: a task whose
-- fan-out died before it could mark it does not.
create function wa.deferred_until(
  p_message public.wa_send_queue, p_job public.communications, p_sender public.wa_senders,
  p_closed text)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select coalesce(
    wa.quiet_until(p_message.campaign_id, now()),
    -- Not to the opening itself where that is far: the dates may be corrected before.
    case
      when p_closed is not null
        then least(wa.not_open_until(p_message.campaign_id), now() + interval '5 minutes')
    end,
    case
      when p_job.status = 'paused'
        or not (p_sender.state = 'ok' or wa.may_probe(p_sender))
        or p_message.scheduled_at > now() + interval '5 seconds'
        or (p_message.enqueued_at is null
          and coalesce(p_message.leased_until, '-infinity') < now()
          and wa.portfolio_limit(p_sender.portfolio_id) is not null)
        then p_message.scheduled_at
    end);
$$;

create function wa.answer_skipped(p_message_id uuid, p_reason text)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform wa.skip(p_message_id, p_reason);
  return jsonb_build_object('decision', 'skipped', 'reason', p_reason);
end $$;

create function wa.answer_deferred(p_message_id uuid, p_not_before timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
begin
  perform wa.defer(p_message_id, p_not_before);
  return jsonb_build_object('decision', 'deferred');
end $$;

-- When the voter's day is nearly over the message waits for its end; else another was today's.
create function wa.decline_contact(p_message public.wa_send_queue)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  free_at timestamptz := (
    select r.contacted_at + interval '24 hours'
    from public.wa_recent_contacts r
    where r.campaign_id = p_message.campaign_id and r.phone = p_message.recipient_phone);
begin
  if free_at < least(now() + interval '2 hours', wa.closes_at(p_message.campaign_id)) then
    return wa.answer_deferred(p_message.id, free_at);
  end if;
  return wa.answer_skipped(p_message.id, 'contacted_recently');
end $$;

create function wa.start_sending(
  p_message public.wa_send_queue, p_sender public.wa_senders, p_claim_id uuid, p_slot timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  message public.wa_send_queue;
begin
  perform wa.note_portfolio_contact(p_sender, p_message.campaign_id, p_message.recipient_phone);
  update public.wa_send_queue q
  set status = 'sending',
    claimed_at = now(),
    claim_id = p_claim_id,
    attempts = q.attempts + 1,
    sender_id = p_sender.id,
    leased_until = null
  where q.id = p_message.id
  returning * into message;
  return wa.sending_order(message, p_sender, p_slot);
end $$;

-- Everything the caller needs for its one call to Meta, and how long to wait for the slot first.
create function wa.sending_order(
  p_message public.wa_send_queue, p_sender public.wa_senders, p_slot timestamptz)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  select * into template from public.wa_templates t where t.id = p_message.template_id;
  return jsonb_build_object(
    'decision', 'send',
    'attempt', p_message.attempts,
    'retries', p_message.retries,
    'wait_seconds', greatest(0, extract(epoch from p_slot - clock_timestamp())),
    -- At nearly the same pace: a process that was held up must not pour out what waited in it.
    'gap_seconds', 0.97 / p_sender.rate_per_second,
    -- Should somebody be typing the dates just now, it is over.
    'seconds_left',
      coalesce(extract(epoch from wa.closes_at(p_message.campaign_id) - clock_timestamp()), 0),
    'phone_number_id', p_sender.phone_number_id,
    'credential', p_sender.credential,
    'to', p_message.recipient_phone,
    'params', p_message.template_params,
    'template', jsonb_build_object(
      'name', template.meta_template_name,
      'language', template.language,
      'parameter_format', template.parameter_format,
      'header_format', template.header_format,
      'header_text', template.header_text,
      'header_media', template.header_media,
      'body_text', template.body_text,
      'buttons', template.buttons));
end $$;

-- 50_messages/lease.sql

-- Fan-out: rows that need a task.
-- Lock order everywhere: message, contact, job (its counters), sender, kept wish, opt-out. Whoever
-- starts with the job (cancel) or comes back for more messages (sweep) passes over messages that
-- others hold.

-- Rows of a shard that need a task and that no other fan-out holds, as many as the portfolio's
-- daily limit leaves; none when the job's time is over (the sweep skips them) or something holds it
-- back. Replays find nothing left to do; a fan-out that dies gives its rows back when the lease
-- ends.
create function public.wa_lease_shard(
  p_job_id uuid, p_from integer, p_to integer, p_lease_seconds integer default 120)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
  sender public.wa_senders;
  allowed bigint;
  tasks jsonb;
  again boolean;
begin
  select * into job
  from public.communications c
  where c.job_id = p_job_id
    and c.status = 'processing'
    and wa.window_problem(c.campaign_id, now()) is null;
  select * into sender
  from public.wa_senders s
  where s.id = job.sender_id and (s.state = 'ok' or (p_from = p_to and wa.may_probe(s)));
  allowed := case when sender.id is null then 0 else wa.lock_allowance(sender, job.campaign_id) end;
  select * into tasks, again from wa.lease_rows(job, p_from, p_to, allowed, p_lease_seconds);
  if again then
    perform wa.count_failed_lease(p_job_id);
  end if;
  return jsonb_build_object('queue_name', sender.queue_name, 'tasks', tasks);
end $$;
revoke all on function public.wa_lease_shard(uuid, integer, integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_lease_shard(uuid, integer, integer, integer)
  to wa_fan_out;

-- p_tasks: [{message_id, generation}]. A task may have run, and its row been put back, before its
-- fan-out comes to mark it: then the generation has moved on and the row still needs another task.
-- One that is being sent just now is marked too: if Meta cannot be reached its task comes back, and
-- a row that does not say so would lose its turn to another.
create function public.wa_mark_enqueued(p_tasks jsonb)
returns integer
language sql security definer
set search_path = ''
as $$
  with marked as (
    update public.wa_send_queue q
    set enqueued_at = clock_timestamp(),
      leased_until = null
    from jsonb_to_recordset(p_tasks) t(message_id uuid, generation integer)
    where q.id = t.message_id
      and q.task_generation = t.generation
      and q.status in ('queued', 'sending')
      and q.enqueued_at is null
    returning q.job_id),
  works as (
    update public.communications c
    set failed_leases = 0,
      lease_after = 'epoch'
    where c.job_id in (select m.job_id from marked m) and c.failed_leases > 0)
  select count(*)::integer from marked;
$$;
revoke all on function public.wa_mark_enqueued(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_mark_enqueued(jsonb)
  to wa_fan_out;

-- again: an earlier lease of some of the rows has ended.
create function wa.lease_rows(
  p_job public.communications,
  p_from integer,
  p_to integer,
  p_allowed bigint,
  p_lease_seconds integer)
returns table (tasks jsonb, again boolean)
language plpgsql
set search_path = ''
as $$
begin
  return query
  with free as (
    select q.id, q.leased_until is not null as again
    from public.wa_send_queue q
    where q.job_id = p_job.job_id
      and q.position between p_from and p_to
      and (p_job.canary_state is distinct from 'running' or q.position <= p_job.canary_until)
      and q.status = 'queued'
      and q.enqueued_at is null
      and coalesce(q.leased_until, '-infinity') < now()
      and q.scheduled_at < now() + interval '2 minutes'
    order by q.position
    limit p_allowed for update skip locked),
  leased as (
    update public.wa_send_queue q
    set leased_until = now() + make_interval(secs => p_lease_seconds)
    from free
    where q.id = free.id
    returning q.position, q.id, q.task_generation, q.scheduled_at, free.again)
  select
    coalesce(jsonb_agg(jsonb_build_object(
      'message_id', l.id, 'generation', l.task_generation, 'scheduled_at', l.scheduled_at)
      order by l.position), '[]'),
    bool_or(l.again)
  from leased l;
end $$;

-- The rows of an earlier lease got no tasks: the queue may be gone, or full. The third time and on
-- the job is announced less and less often, at last every 16 minutes, so that it keeps no fan-out
-- from the others. Once a round, not once a shard.
create function wa.count_failed_lease(p_job_id uuid)
returns void
language sql
set search_path = ''
as $$
  update public.communications c
  set failed_leases = c.failed_leases + 1,
    lease_after = now() + power(2, least(c.failed_leases, 4)) * interval '1 minute'
  where c.job_id = p_job_id and c.lease_after < now();
$$;

-- 50_messages/pace.sql

-- A number's slots. Which of its campaigns gets the next one: turns.sql.

-- The sender's next evenly spaced slot (virtual scheduling, the GCRA of ITU-T I.371): a late
-- arrival may catch up at most 50 ms, so that no second holds more than 1.05 times the rate. Null:
-- it is too far away.
create function wa.take_slot(p_sender_id uuid, p_max_wait_seconds numeric)
returns timestamptz
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set next_slot_at = greatest(s.next_slot_at, clock_timestamp() - interval '50 ms')
    + make_interval(secs => 1 / s.rate_per_second)
  where s.id = p_sender_id
    and s.next_slot_at
      <= clock_timestamp() + make_interval(secs => p_max_wait_seconds::double precision)
  returning s.next_slot_at - make_interval(secs => 1 / s.rate_per_second);
$$;

create function wa.seconds_to_slot(p_sender_id uuid)
returns numeric
language sql stable
set search_path = ''
as $$
  select greatest(1, ceil(extract(epoch from s.next_slot_at - clock_timestamp())))
  from public.wa_senders s
  where s.id = p_sender_id;
$$;

-- Throttled: no new slot for a while, twice as long each time, at most a minute. The answers to
-- messages that were already under way when the pause began do not lengthen it.
create function wa.push_back(p_sender_id uuid)
returns void
language sql
set search_path = ''
as $$
  update public.wa_senders s
  set backoff_seconds = p.pause,
    throttled_until = clock_timestamp() + make_interval(secs => p.pause::double precision),
    next_slot_at = greatest(
      s.next_slot_at, clock_timestamp() + make_interval(secs => p.pause::double precision))
  from (
    select o.id, least(greatest(o.backoff_seconds * 2, 1), 60) as pause
    from public.wa_senders o
    where o.id = p_sender_id
    for no key update) p
  where s.id = p.id and s.throttled_until < clock_timestamp();
$$;

-- 50_messages/rows.sql

-- What happens to a message's row, and to the day's contact, in more than one place.

create function wa.skip(p_message_id uuid, p_reason text)
returns void
language sql
set search_path = ''
as $$
  update public.wa_send_queue q
  set status = 'skipped',
    skip_reason = p_reason,
    erased_at = coalesce(q.erased_at, case when p_reason = 'erased' then now() end)
  where q.id = p_message_id;
$$;

-- The message stays queued but has no task any more; the sweep gives it one when it is due and
-- nothing holds it back.
create function wa.defer(p_message_id uuid, p_not_before timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_send_queue q
  set status = 'queued',
    enqueued_at = null,
    leased_until = null,
    task_generation = q.task_generation + 1,
    scheduled_at = greatest(q.scheduled_at, p_not_before)
  where q.id = p_message_id;
$$;

-- Once per voter and campaign in 24 h, decided by one upsert: of two claims for one phone the
-- second finds the first one's row. A message that comes back after a retry may find its own.
create function wa.take_contact(p_campaign_id uuid, p_phone text, p_message_id uuid)
returns boolean
language sql
set search_path = ''
as $$
  with taken as (
    insert into public.wa_recent_contacts as r (campaign_id, phone, contacted_at, message_id)
    values (p_campaign_id, p_phone, now(), p_message_id)
    on conflict (campaign_id, phone)
    do update set contacted_at = excluded.contacted_at,
      message_id = excluded.message_id
    where r.contacted_at <= now() - interval '24 hours' or r.message_id = excluded.message_id
    returning 1)
  select exists (select from taken);
$$;

create function wa.free_contact(p_message_id uuid)
returns void
language sql
set search_path = ''
as $$
  delete from public.wa_recent_contacts r where r.message_id = p_message_id;
$$;

-- 50_messages/turns.sql

-- Whose turn a task is, where campaigns share a number (docs/decisions/0019).

-- A task is a turn of its number, not of its message: the tasks of a large list stand in the queue
-- before those of a small one that came later, so campaigns that share the number draw lots for
-- each. The message that lost its turn gets the one that the other has then left. So does whoever
-- comes behind a cancelled list. Returns that other message, or null.
create function wa.turn_of_another(p_message public.wa_send_queue, p_job public.communications)
returns uuid
language plpgsql
set search_path = ''
as $$
begin
  if p_message.status = 'queued'
    and p_message.enqueued_at is null
    and p_message.leased_until > now()
  then
    -- Its fan-out has not marked it yet: nobody could give it a turn back.
    return null;
  elsif p_message.status <> 'queued' or p_message.enqueued_at is null then
    return wa.draw_turn(p_job.sender_id, null);
  elsif exists (
      select
      from public.communications c
      join public.wa_senders s on s.id = c.sender_id
      where c.sender_id = p_job.sender_id
        and c.status = 'processing'
        and c.campaign_id <> p_job.campaign_id
        and s.state = 'ok')
  then
    return wa.draw_turn(p_job.sender_id, p_job.campaign_id);
  end if;
  return null;
end $$;

-- One of a number's messages that has a task and is due: of the first campaign, in an order drawn
-- by lot, that has one, and of its earliest job. Null: the lot fell on p_own, or there is none that
-- nobody holds. Without p_own the task has no message of its own left; where nobody else wants it,
-- it serves one of a paused job, so that this one has no task any more and gets another when it is
-- resumed.
create function wa.draw_turn(p_sender_id uuid, p_own uuid)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  job record;
  turn uuid;
begin
  for job in
    with lot as materialized (
      select c.campaign_id, random() as place
      from public.communications c
      where c.sender_id = p_sender_id and c.status in ('processing', 'paused')
      group by c.campaign_id)
    select c.job_id, c.campaign_id
    from lot l
    join public.communications c on c.campaign_id = l.campaign_id
    where c.sender_id = p_sender_id
      and c.pending_count > 0
      and (c.status = 'processing' or (c.status = 'paused' and p_own is null))
    order by c.status = 'paused', l.place, c.scheduled_at, c.job_id
  loop
    exit when job.campaign_id = p_own;
    select q.id into turn
    from public.wa_send_queue q
    where q.job_id = job.job_id
      and q.status = 'queued'
      and q.enqueued_at is not null
      and q.scheduled_at <= now()
    order by q.enqueued_at
    limit 1 for update skip locked;
    exit when turn is not null;
  end loop;
  return turn;
end $$;

-- 50_messages/unknown.sql

-- Unknown messages: nobody knows whether Meta has them. A receipt settles most; of the others a
-- person decides, with the evidence at hand, or the campaign has decided beforehand.

-- p_resolution: assume_sent | resend, for all unknown messages of the job that are older than the
-- campaign's unknown_after; younger ones may still be settled by a receipt. Returns the job's
-- progress with {resolved, too_fresh}.
create function public.wa_resolve_unknown(p_job_id uuid, p_resolution text)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  job public.communications;
  messages uuid[];
begin
  job := wa.require_job(p_job_id, 'approve');
  if p_resolution is null or p_resolution not in ('assume_sent', 'resend') then
    perform wa.refuse(
      422, 'resolution_unknown', 'La decisión debe ser assume_sent o resend.', 'resolution');
  elsif p_resolution = 'resend' and job.status = 'cancelled' then
    perform wa.refuse_ended(job);
  elsif p_resolution = 'resend' then
    perform wa.require_open_window(job.campaign_id, now());
  end if;
  messages := wa.lock_unknown(p_job_id, (
    select s.unknown_after
    from public.wa_campaign_settings s
    where s.campaign_id = job.campaign_id));
  if p_resolution = 'resend' then
    perform wa.send_again(messages);
  else
    update public.wa_send_queue q
    set status = 'sent',
      sent_at = q.claimed_at,
      error_message = null
    where q.id = any (messages);
  end if;
  if cardinality(messages) > 0 then
    perform wa.audit(job.campaign_id, 'unknown_resolved', p_job_id,
      jsonb_build_object('resolution', p_resolution, 'messages', messages));
  end if;
  return public.wa_get_job(p_job_id) || jsonb_build_object(
    'resolved', cardinality(messages),
    'too_fresh', (
      select count(*)
      from public.wa_send_queue q
      where q.job_id = p_job_id and q.status = 'unknown'));
end $$;
revoke all on function public.wa_resolve_unknown(uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_resolve_unknown(uuid, text)
  to authenticated;

create function wa.lock_unknown(p_job_id uuid, p_older_than interval)
returns uuid[]
language sql
set search_path = ''
as $$
  select coalesce(array_agg(u.id), '{}')
  from (
    select q.id
    from public.wa_send_queue q
    where q.job_id = p_job_id and q.status = 'unknown' and q.claimed_at < now() - p_older_than
    order by q.id
    for update) u;
$$;

-- The voter's day stays this message's: its next claim finds its own, another job's is refused.
create function wa.send_again(p_message_ids uuid[])
returns void
language sql
set search_path = ''
as $$
  update public.wa_send_queue q
  set status = 'queued',
    enqueued_at = null,
    leased_until = null,
    error_message = null,
    task_generation = q.task_generation + 1,
    scheduled_at = now(),
    resends = q.resends + 1
  where q.id = any (p_message_ids);
$$;

-- For campaigns that asked for it beforehand: once per message, after the time they set, and only
-- if at least 95 % of twenty or more neighbours have receipts.
create function wa.resend_after_silence(p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  message public.wa_send_queue;
  evidence jsonb;
  sent_again integer := 0;
begin
  for message in
    select q.*
    from public.wa_campaign_settings s
    join public.wa_send_queue q on q.campaign_id = s.campaign_id
    join public.communications c on c.job_id = q.job_id
    where s.resend_after_silence
      and q.status = 'unknown' and q.resends = 0 and q.claimed_at < now() - s.resend_after
      and c.unknown_count > 0 and c.status <> 'cancelled'
      and wa.window_problem(c.campaign_id, now()) is null
    order by q.id
    limit p_limit
    for update of q skip locked
  loop
    evidence := wa.neighbours(message);
    if (evidence ->> 'claimed')::integer >= 20
        and (evidence ->> 'with_receipt')::integer >= 0.95 * (evidence ->> 'claimed')::integer then
      perform wa.send_again(array[message.id]);
      perform wa.audit(message.campaign_id, 'resent_after_silence', message.job_id,
        jsonb_build_object('message', message.id, 'neighbours', evidence));
      sent_again := sent_again + 1;
    end if;
  end loop;
  return sent_again;
end $$;

-- Without the message itself, which is unknown and has no receipt.
create function wa.neighbours(p_message public.wa_send_queue)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object('claimed', e.claimed - 1, 'with_receipt', e.with_receipt)
  from wa.minute_evidence(p_message.sender_id, date_trunc('minute', p_message.claimed_at)) e;
$$;

-- 60_events/accounts.sql

-- What Meta does to accounts and numbers: they stop, and go on.

-- p_templates: [{waba_id, meta_template_id, name, language, status, reason, category, quality,
-- deleted, at}], where null changes nothing; p_accounts: [{waba_id, meta_event, blocked, reason,
-- until, limit_known, messaging_limit, at}]. Returns {templates, jobs_paused, accounts}: how many
-- rows changed; and {unknown_templates, unknown_accounts}: the positions (from 0) of the changes
-- that were about none of ours.
create function public.wa_apply_account_changes(p_templates jsonb, p_accounts jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  templates jsonb := wa.apply_template_changes(p_templates);
  accounts jsonb := wa.apply_account_changes(p_accounts);
begin
  return templates || jsonb_build_object(
    'accounts', accounts -> 'accounts',
    'unknown_accounts', accounts -> 'unknown',
    'unknown_templates', array(
      select n
      from generate_series(0, jsonb_array_length(p_templates) - 1) n
      where n + 1 not in (select m.n from wa.matching_templates(p_templates) m)));
end $$;
revoke all on function public.wa_apply_account_changes(jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_apply_account_changes(jsonb, jsonb)
  to wa_apply_events;

-- Returns {accounts, unknown}: how many senders the changes were about, and which changes (from 0)
-- were about none. Each change ends only what the same word of Meta's began; one whose time is over
-- does nothing.
create function wa.apply_account_changes(p_changes jsonb)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  change record;
  senders uuid[];
  changed integer := 0;
  unknown bigint[] := '{}';
begin
  perform from public.wa_senders s
  where s.waba_id in (select c ->> 'waba_id' from jsonb_array_elements(p_changes) c)
  order by s.id for no key update;
  for change in
    select *
    from
      rows from (jsonb_to_recordset(p_changes) as (
        waba_id text, meta_event text, blocked boolean, reason text, until timestamptz,
        limit_known boolean, messaging_limit integer, at timestamptz))
      with ordinality c(
        waba_id, meta_event, blocked, reason, until, limit_known, messaging_limit, at, n)
    order by date_trunc('second', c.at), c.blocked, c.until nulls last, c.n
  loop
    senders := array(
      select s.id from public.wa_senders s where s.waba_id = change.waba_id order by s.id);
    changed := changed + cardinality(senders);
    if senders = '{}' then
      unknown := unknown || (change.n - 1);
    elsif change.limit_known then
      perform wa.note_messaging_limit(change.waba_id, change.messaging_limit, change.at);
    elsif change.at is not null and coalesce(change.until > now(), true) then
      senders := wa.note_account_word(
        senders, change.meta_event, change.blocked, change.until, change.at);
      if change.blocked then
        perform wa.block_account(
          senders, change.meta_event, change.reason, change.until, change.at);
      else
        perform wa.end_cause(senders, change.meta_event, change.at);
      end if;
    end if;
  end loop;
  return jsonb_build_object('accounts', changed, 'unknown', unknown);
end $$;

-- Whoever let a number go on after Meta had said this, an operator or a message that Meta took,
-- knew more. A number that is blocked already is blocked for this, too, and its cool-down stays as
-- it is.
create function wa.block_account(
  p_senders uuid[], p_word text, p_reason text, p_until timestamptz, p_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  select wa.block_senders(
    array(
      select s.id
      from public.wa_senders s
      where s.id = any (p_senders)
        and s.state = 'ok'
        and date_trunc('second', s.state_changed_at) <= p_at),
    p_word, p_reason, clock_timestamp());
  update public.wa_senders s
  set state_reason = p_reason,
    blocked_by = s.blocked_by || jsonb_build_object(
      p_word, jsonb_build_object('since', p_at, 'reason', p_reason, 'until', p_until)),
    blocked_until = case
      when s.blocked_until is not null then greatest(s.blocked_until, p_until)
    end
  where s.id = any (p_senders) and s.state = 'blocked';
$$;

-- Returns the numbers for which this is news. Events come late, again and in any order: what counts
-- is when Meta said it, in whole seconds, and of two words of one second the one that stops, or
-- stops for longer.
create function wa.note_account_word(
  p_senders uuid[], p_word text, p_blocked boolean, p_until timestamptz, p_at timestamptz)
returns uuid[]
language sql
set search_path = ''
as $$
  with noted as (
    update public.wa_senders s
    set account_words = s.account_words || jsonb_build_object(
      p_word, jsonb_build_object('at', p_at, 'blocked', p_blocked, 'until', p_until))
    from (
      select o.id, o.account_words -> p_word as last
      from public.wa_senders o
      where o.id = any (p_senders)
      order by o.id for no key update) w
    where s.id = w.id
      and (w.last is null
        or (date_trunc('second', p_at), p_blocked, coalesce(p_until, 'infinity'))
          > (date_trunc('second', (w.last ->> 'at')::timestamptz),
            (w.last ->> 'blocked')::boolean,
            coalesce((w.last ->> 'until')::timestamptz, 'infinity')))
    returning s.id)
  select coalesce(array_agg(n.id), '{}') from noted n;
$$;

-- Meta's limit is the portfolio's: it holds for all its numbers at once. Of two words of one second
-- the lower holds.
create function wa.note_messaging_limit(p_waba_id text, p_limit integer, p_at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  portfolios text[] := array(
    select s.portfolio_id from public.wa_senders s where s.waba_id = p_waba_id);
begin
  perform from public.wa_senders s
  where s.portfolio_id = any (portfolios)
  order by s.id for no key update;
  update public.wa_senders s
  set messaging_limit = p_limit,
    messaging_limit_known = true,
    messaging_limit_at = p_at
  where s.portfolio_id = any (portfolios)
    and (s.messaging_limit_at is null
      or (date_trunc('second', p_at), -coalesce(p_limit, 2147483647))
        > (date_trunc('second', s.messaging_limit_at), -coalesce(s.messaging_limit, 2147483647)));
end $$;

-- 60_events/opt_outs.sql

-- BAJA and ALTA, by the number to which they were said.

-- p_intents: wishes [{phone_number_id, phone, user_id, context_message_id, opted_out, source:
-- reply|user_preferences, at}], and names of one person [{phone_number_id, former, present}].
-- Returns {changed, unresolved}; unresolved are wishes of people or for numbers that we do not
-- know. Those of people are kept for wa_resolve_opt_outs. With names also resolvable: how many kept
-- wishes wait for it now.
create function public.wa_apply_opt_outs(p_intents jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  unresolved bigint;
  changed bigint;
  resolvable bigint;
begin
  perform wa.note_same_person(p_intents);
  insert into public.wa_unresolved_opt_outs
    (sender_id, user_id, context_message_id, opted_out, source, said_at)
  select w.sender_id, w.user_id, w.context_message_id, w.opted_out, w.source, w.said_at
  from wa.wishes(p_intents) w
  where w.whose is null
    and w.sender_id is not null
    and num_nonnulls(w.user_id, w.context_message_id) > 0
  order by w.user_id, w.context_message_id, w.sender_id, w.said_at, w.opted_out
  on conflict do nothing;
  select count(*) into unresolved
  from wa.wishes(p_intents) w
  where w.whose is null or w.sender_id is null;
  select count(*) filter (
    where wa.set_opt_out(w.sender_id, w.whose, w.opted_out, w.source, w.said_at)) into changed
  from (
    select v.sender_id, v.whose, v.opted_out, v.source, v.said_at
    from wa.wishes(p_intents) v
    where v.whose is not null and v.sender_id is not null
    union all
    select o.sender_id, o.phone, true, o.source, o.said_at
    from wa.inherited_opt_outs(p_intents) o
    order by sender_id, whose, said_at
  ) w;
  if p_intents @? '$[*].former' then
    select count(*) into resolvable
    from public.wa_unresolved_opt_outs u
    where wa.person_of(u.sender_id, u.user_id, u.context_message_id) is not null;
  end if;
  return jsonb_strip_nulls(jsonb_build_object(
    'changed', changed, 'unresolved', unresolved, 'resolvable', resolvable));
end $$;
revoke all on function public.wa_apply_opt_outs(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_apply_opt_outs(jsonb)
  to wa_apply_events;

-- Once a receipt has told under which id a person hides, what they said before holds from when they
-- said it. A transaction of its own, for the receipts hold messages and jobs. An ALTA of whom only
-- a former name is known is dropped. Returns how many wishes it was.
create function public.wa_resolve_opt_outs()
returns integer
language plpgsql security definer
set search_path = ''
set statement_timeout = '10s'
as $$
declare
  wish record;
  resolved integer := 0;
begin
  for wish in
    with known as (
      select u.ctid as place,
        wa.person_of(u.sender_id, u.user_id, u.context_message_id) as whose
      from public.wa_unresolved_opt_outs u
      where wa.person_of(u.sender_id, u.user_id, u.context_message_id) is not null
      for update of u skip locked
    ),
    taken as (
      delete from public.wa_unresolved_opt_outs u
      using known k
      where u.ctid = k.place
      returning u.*, k.whose
    )
    select *
    from taken t
    order by t.sender_id, t.whose, t.said_at
  loop
    if wish.opted_out or wish.whose = wa.person_with_id(wish.user_id) then
      perform wa.set_opt_out(wish.sender_id, wish.whose, wish.opted_out, wish.source, wish.said_at);
      resolved := resolved + 1;
    end if;
  end loop;
  return resolved;
end $$;
revoke all on function public.wa_resolve_opt_outs()
  from public, anon, authenticated, service_role;
grant execute on function public.wa_resolve_opt_outs()
  to wa_apply_events, wa_sweep;

-- The silent among the people of a campaign's own jobs, the latest first: [{phone, source, since}].
-- Whoever else said BAJA to a number that several campaigns share is nothing to it.
create function public.wa_list_opt_outs(
  p_campaign_id uuid, p_limit integer default 100, p_offset integer default 0)
returns jsonb
language plpgsql stable security definer
set search_path = ''
set statement_timeout = '10s'
as $$
begin
  perform wa.require_may(p_campaign_id, 'read_people');
  perform wa.begin_large_call(p_campaign_id);
  return (
    select coalesce(jsonb_agg(to_jsonb(p) order by p.since desc, p.phone), '[]')
    from (
      select s.phone, s.source, s.since
      from wa.silent_people(p_campaign_id, array(
        select o.phone
        from public.wa_campaign_numbers n
        join public.wa_opt_outs o on o.sender_id = n.sender_id
        where n.campaign_id = p_campaign_id
          and o.opted_out
          and exists (
            select
            from public.communications c
            join public.wa_send_queue q on q.job_id = c.job_id
            where c.campaign_id = p_campaign_id and q.recipient_phone = o.phone
          )
      )) s
      order by s.since desc, s.phone
      limit least(greatest(p_limit, 1), 1000)
      offset greatest(p_offset, 0)
    ) p
  );
end $$;
comment on function public.wa_list_opt_outs(uuid, integer, integer) is
  'BAJAs that bind a campaign, of people that its jobs have addressed.';
revoke all on function public.wa_list_opt_outs(uuid, integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_opt_outs(uuid, integer, integer)
  to authenticated;

-- Every wish with the number to which it was said; sender_id is null for one that we do not know.
-- Who is known by a former name or by the message they answer may ask for silence; that they may
-- undo it, neither proves.
create function wa.wishes(p_intents jsonb)
returns table (
  sender_id uuid, whose text, user_id text, context_message_id text,
  opted_out boolean, source text, said_at timestamptz)
language sql stable
set search_path = ''
as $$
  select s.id,
    coalesce(i.phone, case
      when i.opted_out then wa.person_of(s.id, i.user_id, q.answered)
      else wa.person_with_id(i.user_id)
    end),
    i.user_id, q.answered, i.opted_out, i.source, i.at
  from jsonb_to_recordset(p_intents) i(
    phone_number_id text, phone text, user_id text, context_message_id text,
    opted_out boolean, source text, at timestamptz)
  left join public.wa_senders s on s.phone_number_id = i.phone_number_id
  cross join lateral (
    select case
      when i.opted_out and not wa.is_erased_at(s.id, i.context_message_id)
        then i.context_message_id
    end as answered) q
  where i.opted_out is not null;
$$;

-- What was said under a person's former names, to the number that is told now or to one beside it,
-- for the phones they got since.
create function wa.inherited_opt_outs(p_intents jsonb)
returns table (sender_id uuid, phone text, source text, said_at timestamptz)
language sql stable
set search_path = ''
as $$
  select distinct o.sender_id, l, o.source, o.changed_at
  from jsonb_to_recordset(p_intents) i(phone_number_id text, former text)
  join public.wa_senders s on s.phone_number_id = i.phone_number_id
  cross join lateral wa.numbers_beside(s.id) n
  cross join lateral (
    select wa.former_names(i.former)
    union
    select wa.person_of(s.id, i.former, null)
  ) f(name)
  join public.wa_opt_outs o on o.sender_id = n and o.phone = f.name and o.opted_out
  cross join lateral wa.later_phones(o.sender_id, o.phone) l;
$$;

-- A wish for silence follows the person to the phones they got since; a wish for messages does not.
-- Returns whether anything changed.
create function wa.set_opt_out(
  p_sender_id uuid, p_phone text, p_opted_out boolean, p_source text, p_at timestamptz)
returns boolean
language sql
set search_path = ''
as $$
  select bool_or(wa.note_opt_out(p_sender_id, phone, p_opted_out, p_source, p_at))
  from (
    select p_phone as phone
    union all
    select l
    from wa.later_phones(p_sender_id, p_phone) l
    where p_opted_out
    order by phone
  ) phones;
$$;

-- The later word holds; of two at the same second, the one that asks for silence. WhatsApp's own
-- "resume" undoes only what was said in WhatsApp's own settings: a typed BAJA is undone by a typed
-- ALTA alone, even if a BAJA in the settings came after it, and also if the typed one is applied
-- last, as one that Meta repeats, or of somebody who hid their number.
create function wa.note_opt_out(
  p_sender_id uuid, p_phone text, p_opted_out boolean, p_source text, p_at timestamptz)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  changed boolean := wa.note_word_of_forgotten(
    p_sender_id, p_phone, p_opted_out, p_source, p_at);
begin
  if changed is not null then
    return changed;
  end if;
  insert into public.wa_opt_outs as o (sender_id, phone, opted_out, source, changed_at)
  values (p_sender_id, p_phone, p_opted_out, p_source, p_at)
  on conflict (sender_id, phone)
  do update set
    opted_out = excluded.opted_out,
    changed_at = case
      when o.opted_out and excluded.opted_out then greatest(o.changed_at, excluded.changed_at)
      else excluded.changed_at
    end,
    source = case
      when o.opted_out and excluded.opted_out and o.source in ('reply', 'operator') then o.source
      else excluded.source
    end
  where case
    when o.source in ('user_preferences', 'meta_error') and excluded.source in ('reply', 'operator')
      then excluded.opted_out or excluded.changed_at > o.changed_at
    else (excluded.changed_at > o.changed_at
        or (excluded.changed_at = o.changed_at and excluded.opted_out and not o.opted_out))
      and (excluded.opted_out or excluded.source in ('reply', 'operator')
        or o.source in ('user_preferences', 'meta_error'))
    end
  returning true into changed;
  return coalesce(changed, false);
end $$;

-- A word of somebody whom the number's campaigns have forgotten is kept without their phone, and
-- Meta's repetition of an old one brings that back to no table. A typed ALTA undoes the BAJA, not
-- the erasure. Returns as wa.note_opt_out does; null: they are not forgotten.
create function wa.note_word_of_forgotten(
  p_sender_id uuid, p_phone text, p_opted_out boolean, p_source text, p_at timestamptz)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if p_phone is null then
    return false; -- the message it was about is erased
  elsif not p_opted_out and p_source in ('reply', 'operator') then
    delete from wa.suppressions s
    using wa.suppression_keys k
    where k.scope = p_sender_id
      and s.key_id = k.id
      and s.hash = wa.suppression_hash(k.key, p_phone)
      and s.since < p_at;
    if found then
      return null;
    end if;
  end if;
  if wa.is_silent_at(p_sender_id, p_phone) then
    return false;
  elsif not wa.is_forgotten_at(p_sender_id, p_phone) then
    return null;
  elsif p_opted_out then
    perform wa.suppress(p_sender_id, array[p_phone]);
  end if;
  return p_opted_out;
end $$;

-- Whether a BAJA to this number is kept as a hash.
create function wa.is_silent_at(p_sender_id uuid, p_phone text)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return exists (
    select
    from wa.suppression_keys k
    join wa.suppressions s on s.key_id = k.id and s.hash = wa.suppression_hash(k.key, p_phone)
    where k.scope = p_sender_id);
end $$;

-- 60_events/people.sql

-- Who it is that writes: people change their numbers and hide them.

-- A former user id whose phone is known stands for that phone, too.
create function wa.note_same_person(p_intents jsonb)
returns void
language sql
set search_path = ''
as $$
  insert into public.wa_same_person (sender_id, former, present)
  select distinct s.id, name, i.present
  from jsonb_to_recordset(p_intents) i(phone_number_id text, former text, present text)
  join public.wa_senders s on s.phone_number_id = i.phone_number_id
  cross join lateral (values (i.former), (wa.person_of(s.id, i.former, null))) f(name)
  where name <> i.present
    and not wa.is_forgotten_at(s.id, name) and not wa.is_forgotten_at(s.id, i.present)
  order by 1, 2, 3
  on conflict do nothing;
$$;

-- People with a username may write without a phone: then the last message that Meta reported under
-- one of their user ids, a phone they had, or else the message they answer, if it came from the
-- number they write to, tells whose wish it is. A message whose job was moved may have come from
-- the one before.
create function wa.person_of(p_sender_id uuid, p_user_id text, p_context_message_id text)
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(
    (select q.recipient_phone
      from public.wa_send_queue q
      where q.meta_user_id = any (array(select wa.former_names(p_user_id)))
      order by q.sent_at desc nulls last
      limit 1),
    (select n from wa.former_names(p_user_id) n where n like '+%' limit 1),
    (select q.recipient_phone
      from public.wa_send_queue q
      join public.communications c on c.job_id = q.job_id
      where q.meta_message_id = p_context_message_id
        and p_sender_id = any (q.sender_id || c.former_sender_ids)
      limit 1));
$$;

-- Whom Meta reported under just this id, last. A former name may have passed to somebody else, so a
-- wish for messages counts for this person alone.
create function wa.person_with_id(p_user_id text)
returns text
language sql stable
set search_path = ''
as $$
  select q.recipient_phone
  from public.wa_send_queue q
  where q.meta_user_id = p_user_id
  order by q.sent_at desc nulls last
  limit 1;
$$;

-- This name and those the person had before.
create function wa.former_names(p_name text)
returns setof text
language sql stable
set search_path = ''
as $$
  with recursive name as (
    select p_name as n
    union
    select p.former
    from name
    join public.wa_same_person p on p.present = name.n
  )
  select n
  from name
  where n is not null;
$$;

-- The phones that a person got after this one. They may have told another number of the same
-- campaign: there, too, they want it to be silent.
create function wa.later_phones(p_sender_id uuid, p_phone text)
returns setof text
language sql stable
set search_path = ''
as $$
  with recursive name as (
    select p_phone as n
    union
    select p.present
    from wa.numbers_beside(p_sender_id) told
    cross join name
    join public.wa_same_person p on p.sender_id = told and p.former = name.n
  )
  select n
  from name
  where n like '+%' and n <> p_phone;
$$;

-- The number and those from which its campaigns write, too.
create function wa.numbers_beside(p_sender_id uuid)
returns setof uuid
language sql stable rows 2
set search_path = ''
as $$
  select p_sender_id
  union
  select m.sender_id
  from public.wa_campaign_numbers n
  join public.wa_campaign_numbers m on m.campaign_id = n.campaign_id
  where n.sender_id = p_sender_id;
$$;

-- 60_events/receipts.sql

-- Meta's receipts, in any order and any number of times.

-- p_receipts: [{message_id, meta_message_id, phone_number_id, status: sent|delivered|read|failed,
-- at, error_code, error_message, frees_contact, opts_out, stops, cause, user_id}].
-- phone_number_id: the number that sent the message, says Meta; a receipt counts only for a message
-- that was claimed for that number. stops and cause: of a failure, as wa_record_attempt takes them;
-- a repeated receipt stops nothing again. message_id is our own id, which Meta echoes; without it
-- the message is found by Meta's.
-- Returns {matched, unmatched, changed, resolvable}: resolvable kept wishes wait for
-- wa_resolve_opt_outs.
-- A message only moves forward: read implies delivered, delivered outranks failed, failed outranks
-- sent.
create function public.wa_apply_receipts(p_receipts jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
-- Postgres takes any JSON list for 100 rows and would read a queue of 10,000 whole for one receipt.
set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  folded jsonb;
  returned uuid[];
  changed uuid[];
begin
  folded := wa.fold_receipts(p_receipts);
  perform wa.lock_received(array(select (f ->> 'id')::uuid from jsonb_array_elements(folded) f));
  returned := wa.return_throttled(folded);
  changed := wa.advance_messages(folded, returned);
  perform wa.free_contacts(folded);
  perform wa.opt_out_by_receipts(folded);
  perform wa.stop_by_receipts(folded, changed || returned);
  return jsonb_build_object(
    'matched', jsonb_array_length(folded),
    'changed', cardinality(changed || returned),
    'resolvable', wa.count_resolvable(),
    'unmatched', jsonb_array_length(p_receipts) - wa.count_receipts(folded));
end $$;
revoke all on function public.wa_apply_receipts(jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_apply_receipts(jsonb)
  to wa_apply_events;

-- What all receipts of one call say about each message. A failure counts only for the attempt it
-- belongs to: Meta repeats its receipts for days, and the message may wait to go again, or have
-- been claimed again since. Meta's clock has whole seconds. Where a job was moved, its former
-- numbers' receipts count too, but not their failures: a later attempt may have gone well.
create function wa.fold_receipts(p_receipts jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  with told as (
    select m.*,
      m.status = 'failed' and m.sender_id = m.number
        and (m.resends = 0
          or (m.state <> 'queued' and m.at >= date_trunc('second', m.claimed_at))) as failed
    from wa.matched_receipts(p_receipts) m
    where m.attempts > 0 and (m.sender_id = m.number or wa.was_number_of(m.job_id, m.number))),
  folded as (
    select m.id,
      count(*) as receipts,
      max(m.meta_message_id) as meta_message_id,
      max(m.user_id) as user_id,
      min(m.at) filter (where m.status = 'sent') as sent_at,
      min(m.at) filter (where m.status in ('delivered', 'read')) as delivered_at,
      min(m.at) filter (where m.status = 'read') as read_at,
      min(m.at) filter (where m.failed) as failed_at,
      max(m.error_code) filter (where m.failed) as error_code,
      max(m.error_message) filter (where m.failed) as error_message,
      (max(array[m.stops, m.cause]) filter (where m.failed and m.cause is not null))[1] as stops,
      (max(array[m.stops, m.cause]) filter (where m.failed and m.cause is not null))[2] as cause,
      bool_and(coalesce(m.frees_contact, true)) as frees_contact,
      bool_or(m.failed and coalesce(m.opts_out, false)) as opts_out
    from told m
    group by m.id)
  select coalesce(jsonb_agg(to_jsonb(f)), '[]') from folded f;
$$;

-- Each receipt with its message, by our id or else by Meta's.
create function wa.matched_receipts(p_receipts jsonb)
returns table (
  id uuid, state text, resends integer, claimed_at timestamptz, sender_id uuid, attempts integer,
  job_id uuid, number uuid, meta_message_id text, status text, at timestamptz, error_code integer,
  error_message text, frees_contact boolean, opts_out boolean, stops text, cause text, user_id text)
language sql stable
set search_path = ''
as $$
  with receipt as (
    select r.*, s.id as number
    from jsonb_to_recordset(p_receipts) r(
      message_id uuid, meta_message_id text, phone_number_id text, status text, at timestamptz,
      error_code integer, error_message text, frees_contact boolean, opts_out boolean,
      stops text, cause text, user_id text)
    join public.wa_senders s on s.phone_number_id = r.phone_number_id),
  matched as (
    select q as message, r as receipt
    from receipt r
    join public.wa_send_queue q on q.id = r.message_id
    where q.recipient_phone is not null
    union all
    select q, r
    from receipt r
    left join public.wa_send_queue own on own.id = r.message_id
    join public.wa_send_queue q on q.meta_message_id = r.meta_message_id
    where own.id is null)
  select (m.message).id, (m.message).status, (m.message).resends, (m.message).claimed_at,
    (m.message).sender_id, (m.message).attempts, (m.message).job_id, (m.receipt).number,
    (m.receipt).meta_message_id, (m.receipt).status, (m.receipt).at, (m.receipt).error_code,
    (m.receipt).error_message, (m.receipt).frees_contact, (m.receipt).opts_out,
    (m.receipt).stops, (m.receipt).cause, (m.receipt).user_id
  from matched m;
$$;

create function wa.was_number_of(p_job_id uuid, p_sender_id uuid)
returns boolean
language sql stable
set search_path = ''
as $$
  select p_sender_id = any (c.former_sender_ids)
  from public.communications c
  where c.job_id = p_job_id;
$$;

-- In the order of ids, as every bulk change here: two calls with the same messages cannot deadlock.
create function wa.lock_received(p_message_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform
  from public.wa_send_queue q
  where q.id = any (p_message_ids)
  order by q.id
  for update;
  perform
  from public.wa_recent_contacts r
  where r.message_id = any (p_message_ids)
  order by r.campaign_id, r.phone
  for update;
end $$;

-- A failure for the number's pace says that Meta has not sent the message. If no other receipt says
-- that it has, the message may go again, after a minute at first and five times at most: its voter
-- waits for it. Returns those that do.
create function wa.return_throttled(p_folded jsonb)
returns uuid[]
language sql
set search_path = ''
as $$
  with returned as (
    update public.wa_send_queue q
    set status = 'queued',
      enqueued_at = null,
      leased_until = null,
      sent_at = null,
      held_at = null,
      task_generation = q.task_generation + 1,
      resends = q.resends + 1,
      error_code = (f ->> 'error_code')::integer,
      scheduled_at = greatest(
        q.scheduled_at, now() + make_interval(mins => (2 ^ q.resends)::integer))
    from jsonb_array_elements(p_folded) f
    where q.id = (f ->> 'id')::uuid
      and q.status in ('sent', 'unknown') and q.first_receipt_at is null and q.resends < 5
      and f ->> 'cause' = 'throttled' and f ->> 'failed_at' is not null
      and coalesce(f ->> 'sent_at', f ->> 'delivered_at') is null
    returning q.id)
  select coalesce(array_agg(r.id), '{}') from returned r;
$$;

-- Returns the messages that changed.
create function wa.advance_messages(p_folded jsonb, p_returned uuid[])
returns uuid[]
language sql
set search_path = ''
as $$
  with changed as (
    update public.wa_send_queue q
    set status = n.status,
      skip_reason = null,
      sent_at = n.sent_at,
      delivered_at = n.delivered_at,
      read_at = n.read_at,
      meta_message_id = n.meta_message_id,
      meta_user_id = n.meta_user_id,
      enqueued_at = null,
      first_receipt_at = coalesce(q.first_receipt_at, now()),
      error_code = case when n.status = 'failed' then n.error_code end,
      error_message = case when n.status = 'failed' then n.error_message end
    from wa.next_states(p_folded, p_returned) n
    where q.id = n.id
      and (q.first_receipt_at is null
        or (q.status, q.sent_at, q.delivered_at) is distinct from
          (n.status, n.sent_at, n.delivered_at)
        or (q.read_at, q.meta_message_id, q.meta_user_id) is distinct from
          (n.read_at, n.meta_message_id, n.meta_user_id))
    returning q.id)
  select coalesce(array_agg(c.id), '{}') from changed c;
$$;

-- A failed row without Meta's id was refused when it was sent; a receipt proves that it left all
-- the same. A receipt without any time is one that belongs to an earlier attempt.
create function wa.next_states(p_folded jsonb, p_returned uuid[])
returns table (
  id uuid, status text, sent_at timestamptz, delivered_at timestamptz, read_at timestamptz,
  meta_message_id text, meta_user_id text, error_code integer, error_message text)
language sql stable
set search_path = ''
as $$
  select q.id,
    case
      when least(q.delivered_at, f.delivered_at) is not null then 'sent'
      when f.failed_at is not null then 'failed'
      when q.status = 'failed' and q.meta_message_id is not null then 'failed'
      else 'sent' end,
    least(q.sent_at, f.sent_at, f.delivered_at),
    least(q.delivered_at, f.delivered_at),
    least(q.read_at, f.read_at),
    coalesce(q.meta_message_id, f.meta_message_id),
    coalesce(f.user_id, q.meta_user_id),
    coalesce(f.error_code, q.error_code),
    coalesce(f.error_message, q.error_message)
  from jsonb_to_recordset(p_folded) f(
    id uuid, meta_message_id text, sent_at timestamptz, delivered_at timestamptz,
    read_at timestamptz, failed_at timestamptz, error_code integer, error_message text,
    user_id text)
  join public.wa_send_queue q on q.id = f.id
  where f.id <> all (p_returned) and coalesce(f.sent_at, f.delivered_at, f.failed_at) is not null;
$$;

create function wa.free_contacts(p_folded jsonb)
returns void
language sql
set search_path = ''
as $$
  delete from public.wa_recent_contacts r
  using jsonb_array_elements(p_folded) f, public.wa_send_queue q
  where r.message_id = (f ->> 'id')::uuid and q.id = r.message_id
    and q.status = 'failed' and (f ->> 'frees_contact')::boolean;
$$;

create function wa.opt_out_by_receipts(p_folded jsonb)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.set_opt_out(
    q.sender_id, q.recipient_phone, true, 'meta_error', (f ->> 'failed_at')::timestamptz)
  from jsonb_array_elements(p_folded) f
  join public.wa_send_queue q on q.id = (f ->> 'id')::uuid
  where (f ->> 'opts_out')::boolean
  order by q.sender_id, q.recipient_phone;
end $$;

create function wa.count_resolvable()
returns bigint
language sql stable
set search_path = ''
as $$
  select count(*)
  from public.wa_unresolved_opt_outs u
  where wa.person_of(u.sender_id, u.user_id, u.context_message_id) is not null;
$$;

create function wa.count_receipts(p_folded jsonb)
returns bigint
language sql immutable
set search_path = ''
as $$
  select coalesce(sum((f ->> 'receipts')::integer), 0) from jsonb_array_elements(p_folded) f;
$$;

-- What the changed messages' failures stop, in the order in which every bulk change locks jobs. A
-- receipt speaks of its own number: about a token, that other numbers share, only Meta's answers
-- do. What has to come again and again is counted by job, whatever it would stop as an answer.
create function wa.stop_by_receipts(p_folded jsonb, p_changed uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.count_failed_receipts(p_folded, p_changed);
  perform wa.stop(
    q,
    replace(f ->> 'stops', 'credentials', 'sender'),
    replace(f ->> 'cause', 'credentials', 'answer'),
    f ->> 'error_message')
  from jsonb_array_elements(p_folded) f
  join public.wa_send_queue q on q.id = (f ->> 'id')::uuid
  where f ->> 'cause' in ('throttled', 'template', 'answer', 'credentials')
    and q.status in ('failed', 'queued') and q.id = any (p_changed)
  order by q.job_id, q.id;
end $$;

-- A wrong file or value is often told only after Meta has accepted the message. Five such failures
-- behind the job's last good receipt pause it, as five answers of the kind do; so does an outage
-- that Meta tells in this way.
create function wa.count_failed_receipts(p_folded jsonb, p_changed uuid[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  job record;
begin
  for job in
    with counted as (
      update public.communications c
      set failed_receipts_in_a_row = s.failures
        + case when s.good then 0 else c.failed_receipts_in_a_row end
      from wa.streaks(p_folded, p_changed) s
      where c.job_id = s.job_id and (s.failures > 0 or c.failed_receipts_in_a_row > 0)
      returning c.job_id, c.failed_receipts_in_a_row as failures, s.cause, s.reason)
    select *
    from counted c
    where c.failures >= 5 and c.cause is not null
  loop
    perform wa.pause_jobs(array[job.job_id], job.cause, job.reason);
  end loop;
end $$;

-- By job: whether any receipt is good, and the failures behind the last good one.
create function wa.streaks(p_folded jsonb, p_changed uuid[])
returns table (job_id uuid, good boolean, failures bigint, cause text, reason text)
language sql stable
set search_path = ''
as $$
  with told as (
    select q.job_id, f.cause, f.error_message,
      coalesce(f.failed_at, f.sent_at, f.delivered_at) as at,
      f.failed_at is not null as failed,
      max(coalesce(f.sent_at, f.delivered_at)) filter (where f.failed_at is null)
        over (partition by q.job_id) as good_at
    from jsonb_to_recordset(p_folded) f(
      id uuid, cause text, error_message text, failed_at timestamptz, sent_at timestamptz,
      delivered_at timestamptz)
    join public.wa_send_queue q on q.id = f.id
    where q.id = any (p_changed)
      and (f.failed_at is null or f.cause in ('parameters', 'unexplained', 'outage')))
  select t.job_id,
    bool_or(not t.failed),
    count(*) filter (where t.failed and t.at > coalesce(t.good_at, '-infinity')),
    max(t.cause) filter (where t.failed),
    max(t.error_message) filter (where t.failed)
  from told t
  group by t.job_id
  order by t.job_id;
$$;

-- 60_events/templates.sql

-- What Meta does to templates: jobs stop with them, and go on with them.

-- The latest word counts. A job paused for its template goes on when the template is approved
-- again; one paused by its user, or because the template shows something else now, does not. The
-- templates are locked before their jobs: who creates a job holds its template at the end
-- (wa.require_unchanged_template), so that none is overlooked. Returns {templates, jobs_paused}:
-- how many changed their status or content, and how many jobs stopped for it.
create function wa.apply_template_changes(p_changes jsonb)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  change record;
  changed uuid[] := '{}';
  stopped integer;
  jobs_stopped integer := 0;
begin
  perform wa.lock_templates(array(select m.id from wa.matching_templates(p_changes) m));
  for change in
    select *
    from wa.matching_templates(p_changes) m
    order by date_trunc('second', m.at), wa.strictness(m.status), m.n
  loop
    perform wa.note_creation(change.id, change.meta_template_id, change.at);
    update public.wa_templates t
    set category = coalesce(change.category, t.category),
      quality = coalesce(change.quality, t.quality),
      updated_at = now()
    where t.id = change.id and num_nonnulls(change.category, change.quality) > 0;
    if wa.change_status(
      change.id, change.meta_template_id, change.status, change.reason, change.at)
    then
      changed := changed || change.id;
    end if;
    stopped := wa.apply_template_content(change.id, change.content, change.at);
    if stopped is not null then
      changed := changed || change.id;
      jobs_stopped := jobs_stopped + stopped;
    end if;
  end loop;
  return jsonb_build_object(
    'templates', (select count(distinct id) from unnest(changed) id),
    'jobs_paused', jobs_stopped + wa.jobs_follow_templates(changed));
end $$;

-- With their open jobs, in the order in which others lock those.
create function wa.lock_templates(p_template_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform
  from public.wa_templates t
  where t.id = any (p_template_ids)
  order by t.id for no key update;
  perform
  from public.communications c
  where c.status in ('processing', 'paused') and c.template_id = any (p_template_ids)
  order by c.job_id for no key update;
end $$;

-- Returns how many jobs stopped.
create function wa.jobs_follow_templates(p_changed uuid[])
returns integer
language plpgsql
set search_path = ''
as $$
declare
  stopped uuid[] := array(
    select c.job_id
    from public.communications c
    join public.wa_templates t on t.id = c.template_id
    where t.id = any (p_changed) and t.status <> 'approved' and c.status = 'processing');
begin
  perform wa.pause_jobs(stopped, 'template', 'WhatsApp detuvo la plantilla de este envío.');
  update public.communications c
  set status = 'processing',
    status_reason = null,
    paused_by = null
  from public.wa_templates t
  where t.id = c.template_id
    and t.id = any (p_changed)
    and t.status = 'approved'
    and c.status = 'paused'
    and c.paused_by = 'template';
  return cardinality(stopped);
end $$;

-- Returns whether it was news. 'restored' is out of the archive, to what it was before; if that is
-- not known, the hourly sync asks.
create function wa.change_status(
  p_template_id uuid, p_meta_template_id text, p_status text, p_reason text, p_at timestamptz)
returns boolean
language sql
set search_path = ''
as $$
  with changed as (
    update public.wa_templates t
    set status = n.status,
      status_changed_at = p_at,
      updated_at = now(),
      meta_template_id = coalesce(p_meta_template_id, t.meta_template_id),
      archived_from = case when n.status = 'archived' then
        case when t.status = 'archived' then t.archived_from else t.status end
      end,
      rejected_reason = case
        when p_status in ('archived', 'restored') then t.rejected_reason
        when n.status = 'rejected' then p_reason
      end
    from (
      select case
        when p_status <> 'restored' then p_status
        when o.status = 'archived' then coalesce(o.archived_from, o.status)
        else o.status
      end as status
      from public.wa_templates o
      where o.id = p_template_id) n
    where t.id = p_template_id
      and p_status is not null
      and (date_trunc('second', p_at), wa.strictness(p_status))
        > (date_trunc('second', t.status_changed_at), wa.strictness(t.status))
    returning t.id)
  select exists (select from changed);
$$;

-- Changes with the templates of ours that they are about, by Meta's id or else by name and
-- language, as a message names them: one that was deleted and made again has another id. The end of
-- another id is not the end of ours, nor of one that Meta has yet to make.
create function wa.matching_templates(p_changes jsonb)
returns table (
  n bigint, id uuid, meta_template_id text, status text, category text, quality text, reason text,
  at timestamptz, content jsonb)
language sql stable
set search_path = ''
as $$
  select distinct c.n, t.id, c.meta_template_id, c.status, c.category, c.quality, c.reason, c.at,
    c.content
  from
    rows from (jsonb_to_recordset(p_changes) as (
      waba_id text, meta_template_id text, name text, language text, status text,
      category text, quality text, deleted boolean, reason text, at timestamptz, content jsonb))
    with ordinality c(
      waba_id, meta_template_id, name, language, status,
      category, quality, deleted, reason, at, content, n)
  join public.wa_senders s on s.waba_id = c.waba_id
  join public.wa_campaign_settings g on g.sender_id = s.id
  join public.wa_templates t on t.campaign_id = g.campaign_id
    and t.deleted_at is null
    and (t.meta_template_id = c.meta_template_id
      or (t.meta_template_name = c.name
        and t.language = c.language
        and (not coalesce(c.deleted, false)
          or (t.name is null and t.meta_template_id is null)
          or (t.meta_template_id is not null and c.meta_template_id is null))));
$$;

-- Of two words of one second the stricter holds: Meta's clock has whole seconds, and its webhooks
-- come in any order.
create function wa.strictness(p_status text)
returns integer
language sql immutable
set search_path = ''
as $$
  select coalesce(array_position(
    array['approved', 'pending', 'archived', 'paused', 'rejected', 'disabled'], p_status), 0);
$$;

-- 65_privacy/erase.sql

-- POST /privacy/erase: nothing that names the person stays, and nobody writes to them again.

-- Returns {erasure_id, erased_at, messages, consents, test_numbers, words}: how many rows of each
-- lost them. Asked again it finds nothing more. What is under way at Meta cannot be called back;
-- its answer is noted without the person. CampaignPro's own voters are not ours to erase.
create function public.wa_erase_person(
  p_campaign_id uuid, p_phone text default null, p_voter_id uuid default null)
returns jsonb
language plpgsql security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  person wa.person;
  erased jsonb;
begin
  perform wa.require_may(p_campaign_id, 'administer');
  perform wa.begin_large_call(p_campaign_id);
  perform pg_advisory_xact_lock(wa.people_lock(p_campaign_id));
  person := wa.find_person(p_campaign_id, p_phone, p_voter_id);
  perform wa.suppress(p_campaign_id, wa.names_to_suppress(person));
  erased := jsonb_build_object(
    'erasure_id', gen_random_uuid(),
    'erased_at', now(),
    'messages', wa.erase_messages(person),
    'consents', wa.erase_consents(person),
    'test_numbers', wa.erase_test_numbers(person),
    'words', wa.erase_words(person));
  delete from wa.person_salts s
  where s.campaign_id = p_campaign_id
    and s.person in (select wa.keyed_hash(p_campaign_id, n) from unnest(person.phones) n);
  perform wa.audit(p_campaign_id, 'person_erased', null, erased || jsonb_build_object(
    'asked_by', case when p_voter_id is null then 'phone' else 'voter_id' end));
  return erased;
end $$;
comment on function public.wa_erase_person(uuid, text, uuid) is
  'Takes a person out of a campaign''s records (LFPDPPP arts. 24 and 25); by phone or by voter.';
revoke all on function public.wa_erase_person(uuid, text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_erase_person(uuid, text, uuid)
  to authenticated;

-- Meta's ids of their messages as well: whoever quotes one brings back the phone that is in it.
create function wa.names_to_suppress(p_person wa.person)
returns text[]
language sql stable
set search_path = ''
as $$
  select p_person.phones || p_person.voter_id::text || array(
    select q.meta_message_id
    from public.wa_send_queue q
    where q.id = any (p_person.messages) and q.meta_message_id is not null);
$$;

-- Locks in the order of every bulk change: messages by id, then contacts, then jobs.
create function wa.erase_messages(p_person wa.person)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  erased integer;
begin
  perform
  from public.wa_send_queue q
  where q.id = any (p_person.messages)
  order by q.id
  for update;
  perform wa.erase_contacts(p_person);
  perform wa.lock_jobs(array(
    select distinct q.job_id from public.wa_send_queue q where q.id = any (p_person.messages)));
  update public.wa_send_queue q
  set erased_at = now(),
    status = case q.status when 'queued' then 'skipped' else q.status end,
    skip_reason = case q.status when 'queued' then 'erased' else q.skip_reason end
  where q.id = any (p_person.messages) and q.erased_at is null;
  get diagnostics erased = row_count;
  -- Of a test it is a hash of the phone.
  update public.communications c
  set metadata = c.metadata || '{"request_hash": "erased"}'
  where c.is_test
    and c.job_id in (
      select q.job_id from public.wa_send_queue q where q.id = any (p_person.messages));
  return erased;
end $$;

-- The proof that they had agreed stays, blocked until claims about it have lapsed. Its source is
-- typed by people, and may name some.
create function wa.erase_consents(p_person wa.person)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  erased integer;
begin
  update public.wa_consents c
  set phone = null,
    source = null,
    evidence = null,
    person_hash = encode(wa.suppression_hash(k.key, c.phone), 'hex'),
    erased_at = now()
  from wa.newest_suppression_key(p_person.campaign_id) k
  where c.campaign_id = p_person.campaign_id and c.phone = any (p_person.phones);
  get diagnostics erased = row_count;
  return erased;
end $$;

create function wa.erase_test_numbers(p_person wa.person)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  erased integer;
begin
  delete from public.wa_test_numbers n
  where n.campaign_id = p_person.campaign_id and n.phone = any (p_person.phones);
  get diagnostics erased = row_count;
  return erased;
end $$;

-- Who counts against Meta's daily limit still does, under another name.
create function wa.erase_contacts(p_person wa.person)
returns void
language sql
set search_path = ''
as $$
  delete from public.wa_recent_contacts r
  where r.campaign_id = p_person.campaign_id and r.phone = any (p_person.phones);
  update public.wa_portfolio_contacts r
  set phone = 'erased:' || gen_random_uuid()
  where r.campaign_id = p_person.campaign_id and r.phone = any (p_person.phones);
$$;

-- What they said to the campaign's numbers, and their other names there. Where another campaign of
-- a number knows them, its words stay: they belong to the number. Where none does, a BAJA stays as
-- a hash, which binds whoever comes to the number.
create function wa.erase_words(p_person wa.person)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  forgetting uuid[] := array(
    select n.sender_id
    from public.wa_campaign_numbers n
    where n.campaign_id = p_person.campaign_id
      and not exists (
        select from unnest(p_person.phones) phone where wa.is_known_at(n.sender_id, phone)));
  names text[] := p_person.phones || p_person.user_ids;
  words bigint;
  silent uuid[];
begin
  delete from public.wa_same_person p
  where p.sender_id = any (forgetting) and (p.former = any (names) or p.present = any (names));
  with word as (
    delete from public.wa_opt_outs o
    where o.sender_id = any (forgetting) and o.phone = any (p_person.phones)
    returning o.sender_id, o.opted_out),
  unresolved as (
    delete from public.wa_unresolved_opt_outs u
    where u.sender_id = any (forgetting)
      and (u.user_id = any (names) or wa.is_erased_at(u.sender_id, u.context_message_id))
    returning u.sender_id, u.opted_out)
  select count(*), array_agg(distinct w.sender_id) filter (where w.opted_out) into words, silent
  from (select * from word union all select * from unresolved) w;
  perform wa.suppress(s, p_person.phones) from unnest(silent) s;
  return words;
end $$;

-- 65_privacy/export.sql

-- POST /privacy/export: everything that a campaign's records hold about one person.

-- Times are as written. suppressed: whether they asked to be erased; then only what came since is
-- here. Leaves an entry in the audit log, which is read before.
create function public.wa_export_person(
  p_campaign_id uuid, p_phone text default null, p_voter_id uuid default null)
returns jsonb
language plpgsql security definer
set search_path = ''
set statement_timeout = '60s'
as $$
declare
  person wa.person;
  found_data jsonb;
begin
  perform wa.require_may(p_campaign_id, 'administer');
  perform wa.begin_large_call(p_campaign_id);
  person := wa.known_person(wa.find_person(p_campaign_id, p_phone, p_voter_id), p_phone);
  found_data := jsonb_build_object(
    'campaign_id', p_campaign_id,
    'phones', person.phones,
    'user_ids', person.user_ids,
    'suppressed', exists (
      select
      from wa.suppressed_names(p_campaign_id, person.phones || p_voter_id::text) s
      where s.reason = 'erased'),
    'messages', wa.messages_as_told(person),
    'consents', wa.consents_as_told(person),
    'opt_outs', wa.words_as_told(person),
    'test_numbers', (
      select coalesce(jsonb_agg(wa.test_number_in_short(n) order by n.added_at), '[]')
      from public.wa_test_numbers n
      where n.campaign_id = p_campaign_id and n.phone = any (person.phones)),
    'audit', wa.entries_about(person));
  perform wa.audit(p_campaign_id, 'person_exported', null, jsonb_build_object('phone_hmacs', (
    select jsonb_agg(wa.person_hash(p_campaign_id, phone)) from unnest(person.phones) phone)));
  return found_data;
end $$;
comment on function public.wa_export_person(uuid, text, uuid) is
  'A person''s data in a campaign''s records, by phone or by voter.';
revoke all on function public.wa_export_person(uuid, text, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_export_person(uuid, text, uuid)
  to authenticated;

-- A phone that only another campaign of a number knows is a stranger's: what was said under it, and
-- which names it has besides, is that campaign's to tell.
create function wa.known_person(p_person wa.person, p_phone text)
returns wa.person
language sql stable
set search_path = ''
as $$
  select case
    when wa.is_known(p_person) then p_person
    else row (p_person.campaign_id, null, array[wa.require_phone(p_phone)], '{}', '{}')::wa.person
  end;
$$;

create function wa.is_known(p_person wa.person)
returns boolean
language sql stable
set search_path = ''
as $$
  select p_person.voter_id is not null
    or exists (
      select from unnest(p_person.phones) phone where wa.knows(p_person.campaign_id, phone));
$$;

create function wa.messages_as_told(p_person wa.person)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'message_id', q.id,
      'job_id', q.job_id,
      'voter_id', q.recipient_voter_id,
      'phone', q.recipient_phone,
      'template', t.meta_template_name,
      'header', wa.rendered(v.content ->> 'header_text', case
        when q.template_params ? 'header'
          then jsonb_build_object('1', q.template_params -> 'header')
        else q.template_params end),
      'body', wa.rendered(v.content ->> 'body_text', q.template_params),
      'footer', v.content ->> 'footer_text',
      'values', q.template_params,
      'status', q.status,
      'skip_reason', q.skip_reason,
      'created_at', q.created_at,
      'claimed_at', q.claimed_at,
      'sent_at', q.sent_at,
      'delivered_at', q.delivered_at,
      'read_at', q.read_at,
      'meta_message_id', q.meta_message_id)
    order by q.created_at, q.id), '[]')
  from public.wa_send_queue q
  join public.communications c on c.job_id = q.job_id
  join public.wa_templates t on t.id = q.template_id
  left join public.wa_template_versions v
    on v.template_id = q.template_id and v.version = c.template_version
  where q.id = any (p_person.messages) and q.erased_at is null;
$$;

-- A text with its variables filled in.
create function wa.rendered(p_text text, p_values jsonb)
returns text
language sql immutable
set search_path = ''
as $$
  select wa.rendered_text(
    regexp_split_to_array(p_text, '\{\{[^{}]*\}\}'), wa.variables_of(p_text), p_values);
$$;

create function wa.consents_as_told(p_person wa.person)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(c) - '{campaign_id,erased_at,person_hash}'::text[]
    order by c.obtained_at), '[]')
  from public.wa_consents c
  where c.campaign_id = p_person.campaign_id and c.phone = any (p_person.phones);
$$;

-- What they said to the numbers from which the campaign writes or wrote.
create function wa.words_as_told(p_person wa.person)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'number', s.display_phone_number,
      'phone', o.phone,
      'opted_out', o.opted_out,
      'source', o.source,
      'said_at', o.changed_at)
    order by o.changed_at), '[]')
  from public.wa_campaign_numbers n
  join public.wa_senders s on s.id = n.sender_id
  join public.wa_opt_outs o on o.sender_id = n.sender_id and o.phone = any (p_person.phones)
  where n.campaign_id = p_person.campaign_id and wa.is_known(p_person);
$$;

-- By the hashes of their phones. A salt that two made at once gives two hashes.
create function wa.entries_about(p_person wa.person)
returns jsonb
language sql
set search_path = ''
as $$
  with own as (
    select wa.salted_hash(p_person.campaign_id, s.salt, phone) as hash
    from unnest(p_person.phones) phone
    join wa.person_salts s on s.campaign_id = p_person.campaign_id
      and s.person = wa.keyed_hash(p_person.campaign_id, phone))
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'seq', l.seq,
      'at', l.at,
      'actor', l.actor,
      'act', l.act,
      'job_id', l.job_id,
      'details', l.details)
    order by l.id), '[]')
  from public.wa_audit_log l
  where l.campaign_id = p_person.campaign_id
    and exists (select from own where position(own.hash in l.details::text) > 0);
$$;

-- 65_privacy/person.sql

-- Who somebody is: the names under which a campaign knows them.

create function wa.find_person(p_campaign_id uuid, p_phone text, p_voter_id uuid)
returns wa.person
language plpgsql stable
set search_path = ''
as $$
declare
  person wa.person := row (p_campaign_id, p_voter_id, '{}', '{}', '{}');
  names text[];
begin
  person.phones := case
    when p_voter_id is null then array[wa.require_phone(p_phone)]
    else wa.phones_of_voter(p_campaign_id, p_voter_id) end;
  person.messages := wa.messages_of(person);
  names := wa.linked_names(p_campaign_id, person.phones || array(
    select q.meta_user_id
    from public.wa_send_queue q
    where q.id = any (person.messages) and q.meta_user_id is not null));
  person.phones := array(select n from unnest(names) n where n like '+%');
  person.user_ids := array(select n from unnest(names) n where n not like '+%');
  person.messages := wa.messages_of(person);
  return person;
end $$;

-- Abroad there are people, too, who wrote to a number.
create function wa.require_phone(p_phone text)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  phone text := coalesce(wa.normalize_phone(p_phone),
    substring(translate(p_phone, ' -().', '') from '^\+(?!52)[1-9][0-9]{6,14}$'));
begin
  if phone is null then
    perform wa.refuse(422, 'phone_invalid',
      'No es un número de teléfono: usa diez dígitos, o + y el código del país.', 'phone');
  end if;
  return phone;
end $$;

-- The voter's number as it is now, and those to which messages for them went.
create function wa.phones_of_voter(p_campaign_id uuid, p_voter_id uuid)
returns text[]
language plpgsql stable
set search_path = ''
as $$
declare
  known boolean;
  phones text[];
begin
  select count(*) > 0, array_agg(distinct x.phone) filter (where x.phone is not null)
    into known, phones
  from (
    select wa.normalize_phone(v.phone) as phone
    from wa.voters(p_campaign_id, array[p_voter_id]) v
    union all
    select q.recipient_phone
    from public.wa_send_queue q
    where q.campaign_id = p_campaign_id and q.recipient_voter_id = p_voter_id) x;
  if not known then
    perform wa.refuse(422, 'voter_not_found', 'La campaña no tiene a ese votante.', 'voter_id');
  end if;
  return coalesce(phones, '{}');
end $$;

-- By phone: one look-up for each job. Whoever else of a list had the same phone was left out
-- without it (duplicate_number): their rows name them all the same.
create function wa.messages_of(p_person wa.person)
returns uuid[]
language sql stable
set search_path = ''
as $$
  with addressed as (
    select q.id, q.job_id, q.recipient_voter_id
    from public.communications c
    join public.wa_send_queue q on q.job_id = c.job_id and q.recipient_phone = any (p_person.phones)
    where c.campaign_id = p_person.campaign_id),
  sharing as (
    select a.recipient_voter_id as voter_id
    from addressed a
    union
    select v.voter_id
    from wa.voters(p_person.campaign_id, array(
      select q.recipient_voter_id
      from public.wa_send_queue q
      where q.job_id in (select a.job_id from addressed a)
        and q.status = 'skipped'
        and q.skip_reason = 'duplicate_number')) v
    where wa.normalize_phone(v.phone) = any (p_person.phones))
  select array(
    select a.id
    from addressed a
    union
    select q.id
    from public.wa_send_queue q
    where q.campaign_id = p_person.campaign_id
      and (q.recipient_voter_id = p_person.voter_id
        or (q.recipient_phone is null
          and q.recipient_voter_id in (select s.voter_id from sharing s)))
    order by 1);
$$;

-- All names that are linked to these, in either direction, at any of the campaign's numbers.
create function wa.linked_names(p_campaign_id uuid, p_names text[])
returns text[]
language sql stable
set search_path = ''
as $$
  with recursive link as (
    select p.former, p.present
    from public.wa_campaign_numbers n
    join public.wa_same_person p on p.sender_id = n.sender_id
    where n.campaign_id = p_campaign_id),
  name as (
    select n
    from unnest(p_names) n
    union
    select case l.former when name.n then l.present else l.former end
    from name
    join link l on name.n in (l.former, l.present))
  select array(select n from name order by n);
$$;

-- 70_rounds/due_shards.sql

-- Which rows need a fan-out.

-- Shards with due rows that have no task and no living fan-out. A shard announced twice does no
-- harm: its second lease finds nothing. Campaigns take turns, whatever many jobs one of them has.
-- Not more than the daily limit leaves. Of a blocked sender whose cool-down is over only one row,
-- as a probe.
create function public.wa_due_shards(p_shard_size integer default 500, p_limit integer default 200)
returns table (job_id uuid, from_position integer, to_position integer)
language sql stable security definer
set search_path = ''
set statement_timeout = '30s'
as $$
  with open_job as materialized (
    select c.job_id, c.sender_id, c.campaign_id, s.state = 'ok' as ok,
      case c.canary_state when 'running' then c.canary_until end as canary_until,
      case when s.state = 'ok' then wa.allowance(s.portfolio_id, c.campaign_id) end as allowed
    from public.communications c
    join public.wa_senders s on s.id = c.sender_id
    where c.status = 'processing' and (s.state = 'ok' or wa.may_probe(s))
      and c.scheduled_at < now() + interval '1 minute' and c.lease_after < now()
      and wa.window_problem(c.campaign_id, now()) is null),
  due as not materialized (
    select j.*, q.position, q.scheduled_at, (q.position - 1) / p_shard_size as number
    from open_job j
    join public.wa_send_queue q on q.job_id = j.job_id
    where q.status = 'queued' and q.enqueued_at is null
      and (j.canary_until is null or q.position <= j.canary_until)
      and coalesce(q.leased_until, '-infinity') < now()
      and q.scheduled_at < now() + interval '1 minute'),
  shard as (
    select d.job_id, d.number, d.allowed, min(d.scheduled_at) as due_at,
      row_number() over (
        partition by d.campaign_id order by min(d.scheduled_at), d.job_id, d.number) as turn,
      sum(count(*)) over (
        partition by d.sender_id, d.campaign_id
        order by min(d.scheduled_at), d.job_id, d.number) - count(*) as rows_before
    from due d
    where d.ok
    group by d.sender_id, d.campaign_id, d.job_id, d.allowed, d.number)
  (select h.job_id, h.number * p_shard_size + 1, (h.number + 1) * p_shard_size
  from shard h
  where h.allowed is null or h.rows_before < h.allowed
  order by h.turn, h.due_at, 1, 2
  limit p_limit)
  union all
  (select distinct on (d.sender_id) d.job_id, d.position, d.position
  from due d
  where not d.ok
  order by d.sender_id, d.scheduled_at, d.position);
$$;
revoke all on function public.wa_due_shards(integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_due_shards(integer, integer)
  to wa_sweep;

-- 70_rounds/forget.sql

-- What has served its purpose; docs/privacy.md has the table.

-- A BAJA of somebody unknown is kept as long as the evidence: without it they would be written to
-- again. Its opposite may be said once more. Passes over rows that others hold.
create function wa.forget(p_limit integer)
returns integer
language sql
set search_path = ''
as $$
  with contact as (
    select r.ctid as place
    from public.wa_recent_contacts r
    where r.contacted_at < now() - interval '2 days'
    order by r.contacted_at
    limit p_limit for update skip locked),
  portfolio_contact as (
    select r.ctid as place
    from public.wa_portfolio_contacts r
    where r.contacted_at < now() - interval '25 hours'
    limit p_limit for update skip locked),
  wish as (
    select u.ctid as place
    from public.wa_unresolved_opt_outs u
    where u.said_at
      < now() - case when u.opted_out then interval '5 years' else interval '31 days' end
    limit p_limit for update skip locked),
  name as (
    select p.ctid as place
    from public.wa_same_person p
    where p.noted_at < now() - interval '13 months'
    limit p_limit for update skip locked),
  gone as (
    delete from public.wa_recent_contacts r using contact c where r.ctid = c.place returning 1),
  gone_too as (
    delete from public.wa_portfolio_contacts r
    using portfolio_contact c
    where r.ctid = c.place
    returning 1),
  unheard as (
    delete from public.wa_unresolved_opt_outs u using wish w where u.ctid = w.place returning 1),
  unlinked as (
    delete from public.wa_same_person p using name n where p.ctid = n.place returning 1)
  select ((select count(*) from gone) + (select count(*) from gone_too)
    + (select count(*) from unheard) + (select count(*) from unlinked))::integer
    + wa.forget_people(p_limit) + wa.forget_campaigns() + wa.forget_paces(p_limit);
$$;

create function wa.forget_paces(p_limit integer)
returns integer
language sql
set search_path = ''
as $$
  with rested as (
    select p.ctid as place
    from wa.request_paces p
    where p.paid_until < now() - interval '1 day'
    limit p_limit for update skip locked),
  gone as (
    delete from wa.request_paces p using rested r where p.ctid = r.place returning 1)
  select count(*)::integer
  from gone;
$$;

-- 70_rounds/health.sql

-- What alerts watch: the state of everything in seven figures, of all campaigns together and
-- nobody's in particular.

-- Returns {blocked_senders, paused_jobs, stale_unknown, stale_opt_outs, stale_zones, limit_share,
-- spend_share}: senders that Meta holds back; jobs that stand still though their campaign did
-- nothing for it and need not approve them; messages unknown for longer than their campaign's
-- unknown_after; wishes of people of whom no receipt has told within an hour who they are; zones
-- that Postgres reads as they once were; how much of its daily limit the portfolio nearest to it
-- has used, and how much of its spending cap the campaign nearest to it (0 to 1 and above, 0 where
-- nothing is limited).
create function public.wa_health()
returns jsonb
language sql stable security definer
set search_path = ''
set statement_timeout = '10s'
as $$
  select jsonb_build_object(
    'blocked_senders', (select count(*) from public.wa_senders s where s.state = 'blocked'),
    'paused_jobs', (
      select count(*)
      from public.communications c
      where c.status = 'paused'
        and c.paused_by not in ('user', 'approval')),
    'stale_unknown', (
      select count(*)
      from public.communications c
      join public.wa_campaign_settings s on s.campaign_id = c.campaign_id
      join public.wa_send_queue q on q.job_id = c.job_id
      where c.unknown_count > 0
        and q.status = 'unknown' and q.claimed_at < now() - s.unknown_after),
    'stale_opt_outs', (
      select count(*)
      from public.wa_unresolved_opt_outs u
      where u.said_at < now() - interval '1 hour'),
    'stale_zones', (select count(*) from wa.stale_zones()),
    'limit_share', (
      select coalesce(round(max(l.used / nullif(p.daily_limit, 0)), 3), 0)
      from (
        select distinct s.portfolio_id, wa.portfolio_limit(s.portfolio_id)::numeric as daily_limit
        from public.wa_senders s) p
      cross join lateral (select sum(used) as used from wa.portfolio_load(p.portfolio_id)) l),
    'spend_share', (
      select coalesce(round(max(wa.committed_messages(s.campaign_id) * s.price_per_message_usd
        / nullif(s.spending_cap_usd, 0)), 3), 0)
      from public.wa_campaign_settings s));
$$;
revoke all on function public.wa_health()
  from public, anon, authenticated, service_role;
grant execute on function public.wa_health()
  to wa_sweep;

-- 70_rounds/people.sql

-- Names and numbers whose time is over: docs/privacy.md has the periods.

-- Takes them out of the rows of at most one job a round, p_limit of them, once job and campaign
-- have been over for people_kept: until then somebody who hides their number may still say BAJA,
-- and the authority may ask. Passes over rows that others hold.
create function wa.forget_people(p_limit integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  job uuid := (
    select c.job_id
    from public.communications c
    join public.wa_campaign_settings s on s.campaign_id = c.campaign_id
    where c.people_forgotten_at is null
      and c.status not in ('processing', 'paused')
      and c.pending_count = 0
      and greatest(c.completed_at, wa.over_at(s)) < now() - s.people_kept
    order by c.completed_at
    limit 1);
  forgotten integer;
begin
  with message as (
    select q.id
    from public.wa_send_queue q
    where q.job_id = job and q.erased_at is null
    order by q.id
    limit p_limit for update skip locked)
  update public.wa_send_queue q
  set erased_at = now()
  from message m
  where q.id = m.id;
  get diagnostics forgotten = row_count;
  update public.communications c
  set people_forgotten_at = now()
  where c.job_id = job
    and not exists (
      select from public.wa_send_queue q where q.job_id = job and q.erased_at is null);
  return forgotten;
end $$;

-- Of campaigns: test numbers as long as names in jobs; consents, and the salts without which the
-- log's hashes say nothing, as long as the log itself.
create function wa.forget_campaigns()
returns integer
language sql
set search_path = ''
as $$
  with number as (
    delete from public.wa_test_numbers n
    using public.wa_campaign_settings s
    where s.campaign_id = n.campaign_id and wa.over_at(s) < now() - s.people_kept
    returning 1),
  consent as (
    delete from public.wa_consents c
    using public.wa_campaign_settings s
    where s.campaign_id = c.campaign_id and wa.over_at(s) < now() - interval '5 years'
    returning 1),
  salt as (
    delete from wa.person_salts p
    using public.wa_campaign_settings s
    where s.campaign_id = p.campaign_id and wa.over_at(s) < now() - interval '5 years'
    returning 1)
  select ((select count(*) from number) + (select count(*) from consent)
    + (select count(*) from salt))::integer;
$$;

-- When nothing more can leave; null: its dates are incomplete.
create function wa.over_at(p_settings public.wa_campaign_settings)
returns timestamptz
language sql stable
set search_path = ''
as $$
  select greatest(p_settings.campaign_end, p_settings.election_date);
$$;

-- 70_rounds/sweep.sql

-- What happens every minute: what died is settled, what is due gets a task, what is over is closed.

-- Returns {sealed, unsealable, audit_heads} of wa.seal_audit and {stale_claims, lost_tasks,
-- expired, cancelled, resent, canaries, forgotten}: how many rows each step changed. The log first,
-- before anybody can wait for a lock of this round; contacts last, because claims want them.
create function public.wa_sweep(
  p_stale_after_seconds integer default 300, p_lost_after_seconds integer default 900)
returns jsonb
language plpgsql security definer
set search_path = ''
set statement_timeout = '50s'
as $$
declare
  log jsonb := wa.seal_audit();
  stale integer;
  lost integer;
  expired integer;
  cancelled integer;
begin
  perform wa.lock_jobs_to_sweep(make_interval(secs => p_stale_after_seconds));
  stale := wa.give_up_stale_claims(make_interval(secs => p_stale_after_seconds));
  lost := wa.release_lost_tasks(make_interval(secs => p_lost_after_seconds));
  select sum(wa.skip_expired(c.job_id, 20000)) into expired
  from public.communications c
  where c.status in ('processing', 'paused') and wa.closes_at(c.campaign_id) <= now();
  select sum(wa.skip_cancelled(c.job_id, 20000)) into cancelled
  from public.communications c
  where c.status = 'cancelled' and c.pending_count > 0;
  return log || jsonb_build_object(
    'stale_claims', stale,
    'lost_tasks', lost,
    'expired', coalesce(expired, 0),
    'cancelled', coalesce(cancelled, 0),
    'resent', wa.resend_after_silence(100),
    'canaries', wa.judge_canaries(),
    'forgotten', wa.forget(5000) + wa.forget_audit(5000));
end $$;
revoke all on function public.wa_sweep(integer, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_sweep(integer, integer)
  to wa_sweep;

-- The jobs whose counters a sweep will change, in the order in which receipts lock them too.
create function wa.lock_jobs_to_sweep(p_stale_after interval)
returns void
language sql
set search_path = ''
as $$
  select
  from public.communications c
  where c.job_id in (
      select q.job_id
      from public.wa_send_queue q
      where q.status = 'sending' and q.claimed_at < now() - p_stale_after)
    or (c.status in ('processing', 'paused') and wa.closes_at(c.campaign_id) <= now())
    or (c.unknown_count > 0 and c.campaign_id in (
      select s.campaign_id from public.wa_campaign_settings s where s.resend_after_silence))
    or (c.status = 'cancelled' and c.pending_count > 0)
  order by c.job_id
  for no key update;
$$;

-- A claim whose process died: nobody knows whether Meta has the message; it is never resent here.
create function wa.give_up_stale_claims(p_stale_after interval)
returns integer
language sql
set search_path = ''
as $$
  with stale as (
    select q.id
    from public.wa_send_queue q
    where q.status = 'sending' and q.claimed_at < now() - p_stale_after
    order by q.id
    for update skip locked limit 5000),
  changed as (
    update public.wa_send_queue q
    set status = 'unknown',
      error_message = 'Se detuvo el proceso que enviaba el mensaje; no se sabe si salió.'
    from stale
    where q.id = stale.id
    returning 1)
  select count(*)::integer from changed;
$$;

-- A task that should have run by now is taken for lost: its row may get another one. A task may
-- wait as long as the sender needs for everything that is enqueued; if the sender has not claimed
-- for a while, the queue is empty or stands still, and new tasks do no harm.
create function wa.release_lost_tasks(p_lost_after interval)
returns integer
language sql
set search_path = ''
as $$
  with backlog as (
    select s.id as sender_id,
      now() - p_lost_after - make_interval(secs => case
        when s.next_slot_at < now() - p_lost_after then 0
        else count(*) / s.rate_per_second end::double precision) as lost_before
    from public.wa_send_queue q
    join public.communications c on c.job_id = q.job_id
    join public.wa_senders s on s.id = c.sender_id
    where q.status = 'queued' and q.enqueued_at is not null
      and (s.state = 'ok' or wa.may_probe(s))
    group by s.id)
  select coalesce(
    sum(wa.release_tasks(c.job_id, b.lost_before, now() - p_lost_after)), 0)::integer
  from backlog b
  join public.communications c on c.sender_id = b.sender_id
  where c.pending_count > 0;
$$;

-- Job by job: a statement that changes rows of several jobs locks all of them, in an order that
-- the jobs which this sweep has locked before would break.
create function wa.release_tasks(
  p_job_id uuid, p_enqueued_before timestamptz, p_due_before timestamptz)
returns integer
language sql
set search_path = ''
as $$
  with lost as (
    select q.id
    from public.wa_send_queue q
    where q.job_id = p_job_id and q.status = 'queued'
      and q.enqueued_at < p_enqueued_before and q.scheduled_at < p_due_before
    order by q.id
    for update skip locked limit 5000),
  changed as (
    update public.wa_send_queue q
    set enqueued_at = null,
      leased_until = null,
      task_generation = q.task_generation + 1
    from lost
    where q.id = lost.id
    returning 1)
  select count(*)::integer from changed;
$$;

create function wa.skip_expired(p_job_id uuid, p_limit integer)
returns integer
language sql
set search_path = ''
as $$
  with expired as (
    select q.id, wa.window_problem(q.campaign_id, now()) as reason
    from public.wa_send_queue q
    where q.job_id = p_job_id and q.status = 'queued' and wa.closes_at(q.campaign_id) <= now()
    order by q.id
    for update skip locked limit p_limit),
  changed as (
    update public.wa_send_queue q
    set status = 'skipped',
      skip_reason = e.reason
    from expired e
    where q.id = e.id
    returning 1)
  select count(*)::integer from changed;
$$;

-- 70_rounds/sync.sql

-- What Meta answers when asked, each hour: webhooks may be lost, and some things they never tell.

-- [{waba_id, credential, phone_number_ids}]: every account that has a sender here, once for each
-- access token in use.
create function public.wa_list_accounts()
returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(a) order by a.waba_id, a.credential), '[]')
  from (
    select s.waba_id, s.credential,
      jsonb_agg(s.phone_number_id order by s.phone_number_id) as phone_number_ids
    from public.wa_senders s
    group by s.waba_id, s.credential) a;
$$;
revoke all on function public.wa_list_accounts()
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_accounts()
  to wa_sync;

-- One account's answers. p_at: when the first of the questions was asked. p_templates:
-- [{meta_template_id, name, language, status, category, quality, reason}]; p_senders:
-- [{phone_number_id, meta_status, blocks, quality, throughput, limit_known, messaging_limit}]. Null
-- members (but of a known limit) change nothing. Returns {templates, unknown, senders}: how many
-- changed, and how many templates are none of ours.
create function public.wa_apply_sync(
  p_waba_id text, p_at timestamptz, p_templates jsonb, p_senders jsonb)
returns jsonb
language sql security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'templates', wa.apply_template_listing(p_waba_id, p_at, p_templates),
    'unknown', (select count(*) from jsonb_array_elements(p_templates))
      - (
        select count(distinct (r.name, r.language))
        from wa.registered_templates(p_waba_id, p_templates) r),
    'senders', wa.apply_standings(p_at, p_senders));
$$;
revoke all on function public.wa_apply_sync(text, timestamptz, jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_apply_sync(text, timestamptz, jsonb, jsonb)
  to wa_sync;

-- A status goes the way of Meta's events, and only if it differs: jobs stop and go on with a
-- change, and a status that an event reported after p_at is newer than this listing. An approved
-- template whose job is paused for it is news too: both events may have been lost, and one more
-- refused message an hour is the price. So goes what a template shows, and one that Meta was to
-- create and has. What else differs is noted. Returns how many templates changed.
create function wa.apply_template_listing(p_waba_id text, p_at timestamptz, p_templates jsonb)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  noted uuid[];
  news jsonb;
begin
  perform wa.lock_templates(array(
    select l.id from wa.registered_templates(p_waba_id, p_templates) l));
  with noted as (
    update public.wa_templates t
    set meta_template_id = l.meta_template_id,
      category = coalesce(l.category, t.category),
      quality = coalesce(l.quality, t.quality),
      updated_at = now()
    from wa.registered_templates(p_waba_id, p_templates) l
    where t.id = l.id
      and t.change is distinct from 'create'
      and (t.meta_template_id, t.category, t.quality) is distinct from (
        l.meta_template_id, coalesce(l.category, t.category), coalesce(l.quality, t.quality))
    returning t.id)
  select coalesce(array_agg(n.id), '{}') into noted from noted n;
  news := wa.news_of_listing(p_waba_id, p_at, p_templates);
  perform wa.apply_template_changes(news);
  perform wa.note_first_content(p_waba_id, p_at, p_templates);
  return (
    select count(distinct c.id)
    from (
      select unnest(noted) as id
      union all
      select (n ->> 'id')::uuid
      from jsonb_array_elements(news) n) c);
end $$;

-- What an operator registered shows what Meta shows: from now on each difference is a change.
create function wa.note_first_content(p_waba_id text, p_at timestamptz, p_templates jsonb)
returns void
language sql
set search_path = ''
as $$
  update public.wa_templates t
  set content_at = p_at
  from wa.registered_templates(p_waba_id, p_templates) l
  where t.id = l.id and wa.is_unheard(t) and jsonb_typeof(l.content) = 'object';
$$;

-- As wa.apply_template_changes takes them, with what is no news left out. With a content goes the
-- status: what Meta shows already, it may have reviewed already.
create function wa.news_of_listing(p_waba_id text, p_at timestamptz, p_templates jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(l) || jsonb_build_object(
    'waba_id', p_waba_id,
    'at', p_at,
    'status', case
      when is_new.status or (is_new.content and t.status_changed_at < p_at) then l.status end,
    'content', case when is_new.content then l.content end)), '[]')
  from wa.registered_templates(p_waba_id, p_templates) l
  join public.wa_templates t on t.id = l.id
  cross join lateral (
    select t.status_changed_at < p_at
        and (l.status <> t.status or t.change = 'create' or (l.status = 'approved' and exists (
          select
          from public.communications c
          where c.template_id = t.id and c.status = 'paused' and c.paused_by = 'template')))
        as status,
      t.content_at < p_at and wa.shows_something_else(t, l.content) as content) is_new
  where is_new.status or is_new.content;
$$;

-- Ours among the listed templates: [{id, and the members of the listing}]. Found by name and
-- language, as a message names them; of a template that was deleted and made again, only the id is
-- another one. Disabled it may be an earlier one of a name that Meta is asked for anew.
create function wa.registered_templates(p_waba_id text, p_templates jsonb)
returns table (
  id uuid, meta_template_id text, name text, language text, status text, category text,
  quality text, reason text, content jsonb)
language sql stable
set search_path = ''
as $$
  select distinct on (t.id) t.id, l.*
  from jsonb_to_recordset(p_templates) l(
    meta_template_id text, name text, language text, status text, category text,
    quality text, reason text, content jsonb)
  join public.wa_templates t on t.meta_template_name = l.name and t.language = l.language
  join public.wa_campaign_settings g on g.campaign_id = t.campaign_id
  join public.wa_senders s on s.id = g.sender_id and s.waba_id = p_waba_id
  where t.deleted_at is null
    and not (t.name is not null and t.meta_template_id is null
      and l.status is not distinct from 'disabled')
  order by t.id;
$$;

-- What was asked before a sender's present state began says nothing about it. Returns the senders
-- about which anything changed.
create function wa.apply_standings(p_at timestamptz, p_senders jsonb)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  sender record;
  changed integer := 0;
begin
  for sender in
    select s.id, s as before, h.blocks, n.*, l.news as limit_news,
      (s.meta_status, s.quality, s.throughput, s.messaging_limit, s.messaging_limit_known)
        is distinct from (n.meta_status, n.quality, n.throughput, n.messaging_limit,
          n.messaging_limit_known) as differs
    from jsonb_to_recordset(p_senders) h(
      phone_number_id text, meta_status text, blocks boolean, quality text, throughput text,
      limit_known boolean, messaging_limit integer)
    join public.wa_senders s on s.phone_number_id = h.phone_number_id
    cross join lateral (
      select h.limit_known and coalesce(s.messaging_limit_at <= p_at, true) as news) l
    cross join lateral (
      select coalesce(h.meta_status, s.meta_status) as meta_status,
        coalesce(h.quality, s.quality) as quality,
        coalesce(h.throughput, s.throughput) as throughput,
        case when l.news then h.messaging_limit else s.messaging_limit end as messaging_limit,
        s.messaging_limit_known or coalesce(h.limit_known, false) as messaging_limit_known) n
    where s.state_changed_at <= p_at and coalesce(s.standing_checked_at <= p_at, true)
    order by s.id
    for no key update of s
  loop
    update public.wa_senders s
    set meta_status = sender.meta_status,
      quality = sender.quality,
      throughput = sender.throughput,
      messaging_limit = sender.messaging_limit,
      messaging_limit_known = sender.messaging_limit_known,
      messaging_limit_at = case when sender.limit_news then p_at else s.messaging_limit_at end,
      standing_checked_at = p_at
    where s.id = sender.id;
    perform wa.follow_sender_status(sender.before, sender.meta_status, sender.blocks, p_at);
    changed := changed + sender.differs::integer;
  end loop;
  return changed;
end $$;

-- A status that blocks the number does so once, when it is news: from then on Meta's answers to
-- probes count for more than its label (a flagged number may still send). CONNECTED releases only
-- what such a status blocked.
create function wa.follow_sender_status(
  p_before public.wa_senders, p_meta_status text, p_blocks boolean, p_at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if p_before.state = 'ok' and p_blocks and p_meta_status is distinct from p_before.meta_status then
    perform wa.block_senders(
      array[p_before.id], 'status', wa.reason_of_status(p_meta_status), p_at);
  elsif p_meta_status = 'CONNECTED' then
    perform wa.end_cause(array[p_before.id], 'status', p_at);
  end if;
end $$;

create function wa.reason_of_status(p_meta_status text)
returns text
language sql immutable
set search_path = ''
as $$
  select 'WhatsApp reporta este número como ' || p_meta_status || '.';
$$;

-- 80_realtime.sql

-- Jobs tell whoever looks on that they changed: Supabase Realtime, Broadcast from the database.
-- Where the schema realtime is absent nothing is told, and screens ask.

-- At most one announcement a second for each job (docs/decisions/0031). Everything else that
-- changes the row costs what the comparison below costs: no function runs, no row is written
-- besides.
create function wa.mark_announcement()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.announced_at := clock_timestamp();
  return new;
end $$;
create trigger mark_announcement before update on public.communications
  for each row when (
    old.announced_at < clock_timestamp() - interval '1 second'
    and (new.status, new.approval, new.canary_state, new.sender_id, new.target_count,
      new.sent_count, new.delivered_count, new.read_count, new.failed_count, new.skipped_count,
      new.unknown_count, new.held_count)
    is distinct from
    (old.status, old.approval, old.canary_state, old.sender_id, old.target_count,
      old.sent_count, old.delivered_count, old.read_count, old.failed_count, old.skipped_count,
      old.unknown_count, old.held_count))
  execute function wa.mark_announcement();

-- An announcement is no reason not to send: whatever fails here, and whoever holds realtime's table
-- for longer, costs the announcement alone.
create function wa.announce_job()
returns trigger
language plpgsql
set search_path = ''
set lock_timeout = '100ms'
as $$
begin
  if to_regprocedure('realtime.send(jsonb, text, text, boolean)') is not null then
    perform realtime.send(
      wa.job_in_short(new), 'job_changed', 'messaging:' || new.campaign_id, true);
  end if;
  return null;
exception when others then
  raise warning 'job % was not announced: %', new.job_id, sqlerrm;
  return null;
end $$;
create trigger announce after update on public.communications
  for each row when (new.announced_at <> old.announced_at)
  execute function wa.announce_job();

-- Realtime keeps it for three days, and the channel is open to every role that may read figures:
-- nothing of a person, and no words.
create function wa.job_in_short(p_job public.communications)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'job_id', p_job.job_id,
    'status', p_job.status,
    'target_count', p_job.target_count,
    'sent_count', p_job.sent_count,
    'delivered_count', p_job.delivered_count,
    'read_count', p_job.read_count,
    'failed_count', p_job.failed_count,
    'skipped_count', p_job.skipped_count,
    'unknown_count', p_job.unknown_count,
    'held_count', p_job.held_count,
    'pending_count', p_job.pending_count);
$$;

-- Who may join a campaign's channel. Realtime asks when they join, by reading a row of the channel
-- in their name. To be called again where Realtime came after this migration. False: it is not
-- there, or its table is not ours to protect.
create function wa.open_channels()
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if to_regclass('realtime.messages') is null then
    return false;
  end if;
  drop policy if exists "members hear of their campaigns' jobs" on realtime.messages;
  create policy "members hear of their campaigns' jobs" on realtime.messages
    for select to authenticated
    using (
      extension = 'broadcast'
      and topic = (select realtime.topic())
      and topic = any (array(select 'messaging:' || c from wa.my_campaigns('read_figures') c)));
  return true;
exception when insufficient_privilege then
  raise warning 'nobody may join the channels of jobs: %', sqlerrm;
  return false;
end $$;

do $$
begin
  perform wa.open_channels();
end $$;

-- 90_closing.sql

-- Postgres lets everybody run a new function. In schema wa only those may to whom it is granted
-- beside the function. (Hosted Supabase grants new objects in public, too; these are taken away
-- beside the object.)
revoke execute on all functions in schema wa from public;
