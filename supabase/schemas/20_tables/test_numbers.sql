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
