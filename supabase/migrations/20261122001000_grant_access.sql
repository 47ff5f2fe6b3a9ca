-- Who may read and run what. Hosted Supabase grants new objects in public to anon, authenticated and service_role by
-- default: everything is taken away first, then given by name. Later migrations do the same for their own.

do $$
declare
  object record;
begin
  for object in select c.oid::regclass as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind = 'r' and (c.relname like 'wa\_%' or c.relname = 'communications') loop
    execute format('alter table %s enable row level security', object.name);
    execute format('revoke all on %s from public, anon, authenticated, service_role', object.name);
  end loop;
  -- An identity column moves its sequence without anybody's right to it.
  revoke all on sequence public.wa_audit_log_id_seq from public, anon, authenticated, service_role;
  for object in select p.oid::regprocedure as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'wa' or (n.nspname = 'public' and p.proname like 'wa\_%') loop
    execute format('revoke all on function %s from public, anon, authenticated, service_role', object.name);
  end loop;
end $$;

-- Members read their campaigns' rows.
grant select on public.wa_templates, public.communications, public.wa_send_queue, public.wa_campaign_settings,
  public.wa_consents, public.wa_audit_log, public.wa_recent_contacts to authenticated;

create policy "members read their campaigns' templates" on public.wa_templates for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_figures'))));
create policy "members read their campaigns' jobs" on public.communications for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_figures'))));
create policy "members read their campaigns' messages" on public.wa_send_queue for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_people'))));
create policy "members read their campaigns' settings" on public.wa_campaign_settings for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_figures'))));
create policy "members read their campaigns' consents" on public.wa_consents for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_people'))));
create policy "members read their campaigns' audit log" on public.wa_audit_log for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('administer'))));
create policy "members read their campaigns' recent contacts" on public.wa_recent_contacts for select to authenticated
  using (campaign_id = any (array(select wa.my_campaigns('read_people'))));

grant execute on function wa.my_campaigns(text), wa.require_may(uuid, text), wa.refuse(integer, text, text, text),
  wa.filter_names(), wa.filter_values(uuid, text), wa.audience(uuid, jsonb), wa.require_known_filters(uuid, jsonb), wa.filters_in_short(jsonb),
  wa.begin_large_call(uuid), wa.take_place(text, integer), wa.job_of_key(uuid, text, text), wa.preview(uuid, uuid[], uuid, jsonb), wa.create_job(uuid, uuid, uuid[], jsonb, text, timestamptz),
  wa.job_progress(public.communications), wa.waiting_for(public.communications), wa.minute_evidence(uuid, timestamptz) to authenticated;
grant execute on function
  public.wa_preview_audience(uuid, jsonb, uuid, jsonb),
  public.wa_create_job(uuid, uuid, jsonb, jsonb, text, timestamptz, boolean),
  public.wa_get_job(uuid), public.wa_list_jobs(uuid, uuid, integer),
  public.wa_list_recipients(uuid, text, integer, integer),
  public.wa_pause_job(uuid), public.wa_resume_job(uuid), public.wa_cancel_job(uuid), public.wa_move_job(uuid),
  public.wa_resolve_unknown(uuid, text), public.wa_verify_audit(uuid, bigint, text),
  public.wa_list_opt_outs(uuid, integer, integer), public.wa_get_sender(uuid) to authenticated;

-- Each function in the cloud runs what its entry point calls (shared/adapters/store.py), and reads or writes no table
-- itself: these functions are security definer. None of them decides by who is signed in, and what they call of schema wa
-- runs as their owner, so that the machines need no right there. tests/machines.py has the same list.
grant usage on schema public to wa_fan_out, wa_dispatch, wa_apply_events, wa_sync, wa_sweep;
grant execute on function public.wa_lease_shard(uuid, integer, integer, integer), public.wa_mark_enqueued(jsonb) to wa_fan_out;
grant execute on function
  public.wa_claim_message(uuid, uuid, numeric),
  public.wa_record_outcome(uuid, integer, text, text, integer, text, numeric, boolean, boolean) to wa_dispatch;
grant execute on function
  public.wa_apply_receipts(jsonb), public.wa_apply_opt_outs(jsonb), public.wa_resolve_opt_outs(),
  public.wa_apply_account_changes(jsonb, jsonb) to wa_apply_events;
grant execute on function public.wa_list_accounts(), public.wa_apply_sync(text, timestamptz, jsonb, jsonb) to wa_sync;
grant execute on function
  public.wa_sweep(integer, integer), public.wa_due_shards(integer, integer), public.wa_resolve_opt_outs(), public.wa_health()
  to wa_sweep;
-- The registries (senders, settings, templates, consents) are their owner's: operators work as postgres, in the SQL editor.
-- service_role, whose key the app's own functions may hold, has nothing here.
