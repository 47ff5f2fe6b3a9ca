-- What the gateway's tests talk to: every shape of table and function that they need.
create table public.jobs (
  id bigint generated always as identity primary key,
  owner uuid,
  name text not null unique,
  status text not null default 'queued' check (status in ('queued', 'done')),
  payload jsonb,
  tags text[],
  amount numeric,
  created_at timestamptz not null default now()
);
alter table public.jobs enable row level security;
create policy own_jobs on public.jobs to authenticated
  using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
revoke all on public.jobs from anon;

create table public.settings (key text primary key, value text);
create table public.hidden (id int);
revoke all on public.hidden from anon, authenticated, service_role;

create function public.add(a int, b int default 10) returns int
language sql immutable as 'select a + b';
create function public.echo(doc jsonb, list int[], at timestamptz) returns jsonb
language sql as $$ select jsonb_build_object('doc', doc, 'list', list, 'at', at) $$;
create function public.nothing() returns void language sql as '';
create function public.nobody() returns text language sql as 'select null::text';
create function public.pairs(n int) returns table (id int, label text)
language sql as $$ select i, 'p' || i from generate_series(1, n) i $$;
create function public.whoami() returns json language sql stable as $$
  select json_build_object(
    'uid', auth.uid(), 'role', auth.role(), 'user', current_user,
    'jwt', auth.jwt(),
    'timeout', current_setting('statement_timeout'),
    'read_only', current_setting('transaction_read_only'),
    'search_path', current_setting('search_path'))
$$;
create function public.whoami_slowly() returns text language plpgsql volatile as $$
begin
  perform pg_sleep(random() * 0.004);
  return auth.uid() || ' ' || current_user;
end $$;
create function public.add_setting(k text) returns void
language sql volatile as $$ insert into public.settings values (k, 'x') $$;
create function public.sneaky_setting(k text) returns void
language plpgsql stable as $$ begin perform public.add_setting(k); end $$;
create function public.patient() returns text language plpgsql
set statement_timeout = '13s' as $$ begin return current_setting('statement_timeout'); end $$;
create function public.hasty() returns void language plpgsql
set statement_timeout = '60ms' as $$ begin perform pg_sleep(5); end $$;
create function public.fail(code text, detail text default null) returns void
language plpgsql as $$
begin
  insert into public.settings values ('from ' || code, 'x');
  raise exception 'it failed' using errcode = code, detail = coalesce(detail, ''), hint = 'a hint';
end $$;
create function public.secret_number() returns int language sql as 'select 42';
revoke execute on function public.secret_number() from public, anon, authenticated, service_role;
-- As its owner: no API role may end a session of authenticator.
create function public.cut_my_connection() returns void language sql security definer as
$$ select pg_terminate_backend(pg_backend_pid()) $$;
