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
