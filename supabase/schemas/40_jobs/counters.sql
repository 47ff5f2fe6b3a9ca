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
