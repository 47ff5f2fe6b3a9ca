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
