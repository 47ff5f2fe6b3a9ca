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
