-- What Meta does to templates and accounts: jobs and senders stop with them, and go on with them.

-- The latest word about each template of ours, by Meta's time.
create function wa.latest_template_changes(p_changes jsonb)
returns table (id uuid, status text, reason text, at timestamptz, meta_template_id text)
language sql stable
set search_path = ''
as $$
  select distinct on (t.id) t.id, c.status, c.reason, c.at, c.meta_template_id
  from jsonb_to_recordset(p_changes) c(waba_id text, meta_template_id text, name text, language text, status text, reason text, at timestamptz)
  join public.wa_senders s on s.waba_id = c.waba_id
  join public.wa_campaign_settings g on g.sender_id = s.id
  join public.wa_templates t on t.campaign_id = g.campaign_id
    and (t.meta_template_id = c.meta_template_id
      or (t.meta_template_id is null and t.meta_template_name = c.name and t.language = c.language))
  order by t.id, c.at desc;
$$;

-- The latest word counts. A job paused for its template goes on when the template is approved again; one paused by
-- its user does not.
create function wa.apply_template_changes(p_changes jsonb)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  changed uuid[];
begin
  perform from public.communications c where c.status in ('processing', 'paused')
    and c.template_id in (select l.id from wa.latest_template_changes(p_changes) l) order by c.job_id for no key update;
  with updated as (
    update public.wa_templates t set status = l.status, status_changed_at = l.at, updated_at = now(),
      meta_template_id = coalesce(t.meta_template_id, l.meta_template_id),
      rejected_reason = case l.status when 'rejected' then l.reason end
    from wa.latest_template_changes(p_changes) l where t.id = l.id and l.at > t.status_changed_at
    returning t.id)
  select coalesce(array_agg(u.id), '{}') into changed from updated u;
  perform wa.pause_jobs(array(select c.job_id from public.communications c join public.wa_templates t on t.id = c.template_id
    where t.id = any (changed) and t.status <> 'approved'), 'template', 'WhatsApp detuvo la plantilla de este envío.');
  update public.communications c set status = 'processing', status_reason = null, paused_by = null
    from public.wa_templates t
    where t.id = c.template_id and t.id = any (changed) and t.status = 'approved' and c.status = 'paused' and c.paused_by = 'template';
  return cardinality(changed);
end $$;

create function wa.apply_account_changes(p_changes jsonb)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  change record;
  senders uuid[];
  changed integer := 0;
begin
  for change in select * from jsonb_to_recordset(p_changes) c(waba_id text, blocked boolean, reason text, until timestamptz) loop
    senders := array(select s.id from public.wa_senders s where s.waba_id = change.waba_id order by s.id);
    if change.blocked then
      -- Only those for which it is news: Meta repeats its events, and each block doubles the cool-down.
      perform wa.block_senders(array(select s.id from public.wa_senders s where s.id = any (senders)
        and not (s.state = 'blocked' and s.state_reason = change.reason)), change.reason, clock_timestamp());
      update public.wa_senders s set blocked_until = greatest(s.blocked_until, change.until)
        where s.id = any (senders) and s.state = 'blocked';
    else
      perform wa.unblock_senders(senders, clock_timestamp());
    end if;
    changed := changed + cardinality(senders);
  end loop;
  return changed;
end $$;

-- p_templates: [{waba_id, meta_template_id, name, language, status, reason, at}], p_accounts: [{waba_id,
-- blocked, reason, until}]. Returns {templates, accounts}: how many rows changed.
create function public.wa_apply_account_changes(p_templates jsonb, p_accounts jsonb)
returns jsonb
language sql
set search_path = ''
as $$
  select jsonb_build_object('templates', wa.apply_template_changes(p_templates), 'accounts', wa.apply_account_changes(p_accounts));
$$;
