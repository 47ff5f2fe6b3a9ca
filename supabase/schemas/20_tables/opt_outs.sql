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
