-- What Meta tells us afterwards: receipts, in any order and any number of times, and voters' wishes.

-- p_receipts: [{message_id, meta_message_id, phone_number_id, status: sent|delivered|read|failed, at, error_code,
-- error_message, frees_contact, opts_out, scope, user_id}]. phone_number_id: the number that sent the message, says Meta;
-- a receipt counts only for a message that was claimed for that number. scope: what the failure says about more than its
-- message, in the words of wa_record_outcome, or null; a repeated receipt says nothing again. message_id is our own id,
-- which Meta echoes; without it the message is found by Meta's.
-- Returns {matched, unmatched, changed, resolvable}: resolvable kept wishes wait for wa_resolve_opt_outs.
-- A message only moves forward: read implies delivered, delivered outranks failed, failed outranks sent.
create function public.wa_apply_receipts(p_receipts jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
-- Postgres takes any JSON list for 100 rows and would read a queue of 10,000 whole for a single receipt.
set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  folded jsonb;
  returned uuid[];
  changed uuid[];
begin
  folded := wa.fold_receipts(p_receipts);
  -- In the order of ids, as every bulk change here: two calls with the same messages cannot deadlock.
  perform from public.wa_send_queue q where q.id = any (array(select (f ->> 'id')::uuid from jsonb_array_elements(folded) f)) order by q.id for update;
  perform from public.wa_recent_contacts r where r.message_id = any (array(select (f ->> 'id')::uuid from jsonb_array_elements(folded) f))
    order by r.campaign_id, r.phone for update;
  returned := wa.return_throttled(folded);
  changed := wa.advance_messages(folded, returned);
  delete from public.wa_recent_contacts r using jsonb_array_elements(folded) f, public.wa_send_queue q
    where r.message_id = (f ->> 'id')::uuid and q.id = r.message_id and q.status = 'failed' and (f ->> 'frees_contact')::boolean;
  perform wa.set_opt_out(q.sender_id, q.recipient_phone, true, 'meta_error', (f ->> 'failed_at')::timestamptz)
    from jsonb_array_elements(folded) f join public.wa_send_queue q on q.id = (f ->> 'id')::uuid
    where (f ->> 'opts_out')::boolean order by q.sender_id, q.recipient_phone;
  perform wa.record_receipt_scopes(folded, changed || returned);
  return jsonb_build_object('matched', jsonb_array_length(folded), 'changed', cardinality(changed || returned),
    'resolvable', (select count(*) from public.wa_unresolved_opt_outs u where wa.person_of(u.sender_id, u.user_id, u.context_message_id) is not null),
    'unmatched', (select count(*) from jsonb_array_elements(p_receipts)) - coalesce((select sum((f ->> 'receipts')::integer) from jsonb_array_elements(folded) f), 0));
end $$;

-- What all receipts of one call say about each message. A failure counts only for the attempt it belongs to: Meta repeats
-- its receipts for days, and the message may wait to go again, or have been claimed again since. Meta's clock has whole
-- seconds. Where a job was moved, its former numbers' receipts count too, but not their failures: a later attempt may
-- have gone well.
create function wa.fold_receipts(p_receipts jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  with receipt as (
    select r.*, s.id as number from jsonb_to_recordset(p_receipts) r(message_id uuid, meta_message_id text, phone_number_id text, status text,
      at timestamptz, error_code integer, error_message text, frees_contact boolean, opts_out boolean, scope text, user_id text)
    join public.wa_senders s on s.phone_number_id = r.phone_number_id),
  matched as (
    select q.id, q.status as state, q.resends, q.claimed_at, q.sender_id, q.attempts, q.job_id, r.* from receipt r
      join public.wa_send_queue q on q.id = r.message_id
    where q.recipient_phone is not null
    union all
    select q.id, q.status as state, q.resends, q.claimed_at, q.sender_id, q.attempts, q.job_id, r.* from receipt r
      left join public.wa_send_queue own on own.id = r.message_id
      join public.wa_send_queue q on q.meta_message_id = r.meta_message_id
    where own.id is null),
  told as (
    select m.*, m.status = 'failed' and m.sender_id = m.number
        and (m.resends = 0 or (m.state <> 'queued' and m.at >= date_trunc('second', m.claimed_at))) as failed
    from matched m
    where m.attempts > 0 and (m.sender_id = m.number
      or exists (select from public.communications c where c.job_id = m.job_id and m.number = any (c.former_sender_ids))))
  select coalesce(jsonb_agg(to_jsonb(f)), '[]') from (
    select m.id, count(*) as receipts, max(m.meta_message_id) as meta_message_id, max(m.user_id) as user_id,
      min(m.at) filter (where m.status = 'sent') as sent_at,
      min(m.at) filter (where m.status in ('delivered', 'read')) as delivered_at,
      min(m.at) filter (where m.status = 'read') as read_at,
      min(m.at) filter (where m.failed) as failed_at,
      max(m.error_code) filter (where m.failed) as error_code,
      max(m.error_message) filter (where m.failed) as error_message,
      max(m.scope) filter (where m.failed) as scope,
      bool_and(coalesce(m.frees_contact, true)) as frees_contact, bool_or(m.failed and coalesce(m.opts_out, false)) as opts_out
    from told m group by m.id) f;
$$;

-- A failure for the number's pace says that Meta has not sent the message. If no other receipt says that it has, the
-- message may go again, after a minute at first and five times at most: its voter waits for it. Returns those that do.
create function wa.return_throttled(p_folded jsonb)
returns uuid[]
language sql
set search_path = ''
as $$
  with returned as (
    update public.wa_send_queue q set status = 'queued', enqueued_at = null, leased_until = null, sent_at = null, held_at = null,
      task_generation = q.task_generation + 1, resends = q.resends + 1, error_code = (f ->> 'error_code')::integer,
      scheduled_at = greatest(q.scheduled_at, now() + make_interval(mins => (2 ^ q.resends)::integer))
    from jsonb_array_elements(p_folded) f
    where q.id = (f ->> 'id')::uuid and q.status in ('sent', 'unknown') and q.first_receipt_at is null and q.resends < 5
      and f ->> 'scope' = 'slow_down' and f ->> 'failed_at' is not null and coalesce(f ->> 'sent_at', f ->> 'delivered_at') is null
    returning q.id)
  select coalesce(array_agg(r.id), '{}') from returned r;
$$;

-- Returns the messages that changed. A failed row without Meta's id was refused when it was sent; a receipt proves
-- that it left all the same. A receipt without any time is one that belongs to an earlier attempt.
create function wa.advance_messages(p_folded jsonb, p_returned uuid[])
returns uuid[]
language sql
set search_path = ''
as $$
  with f as (
    select * from jsonb_to_recordset(p_folded) r(id uuid, meta_message_id text, sent_at timestamptz, delivered_at timestamptz,
      read_at timestamptz, failed_at timestamptz, error_code integer, error_message text, user_id text)
    where r.id <> all (p_returned) and coalesce(r.sent_at, r.delivered_at, r.failed_at) is not null),
  next as (
    select q.id, case
        when least(q.delivered_at, f.delivered_at) is not null then 'sent'
        when f.failed_at is not null then 'failed'
        when q.status = 'failed' and q.meta_message_id is not null then 'failed'
        else 'sent' end as status,
      least(q.sent_at, f.sent_at, f.delivered_at) as sent_at, least(q.delivered_at, f.delivered_at) as delivered_at,
      least(q.read_at, f.read_at) as read_at, coalesce(q.meta_message_id, f.meta_message_id) as meta_message_id,
      coalesce(f.user_id, q.meta_user_id) as meta_user_id,
      coalesce(f.error_code, q.error_code) as error_code, coalesce(f.error_message, q.error_message) as error_message
    from f join public.wa_send_queue q on q.id = f.id),
  changed as (
    update public.wa_send_queue q set status = n.status, skip_reason = null, sent_at = n.sent_at, delivered_at = n.delivered_at,
      read_at = n.read_at, meta_message_id = n.meta_message_id, meta_user_id = n.meta_user_id, enqueued_at = null,
      first_receipt_at = coalesce(q.first_receipt_at, now()),
      error_code = case when n.status = 'failed' then n.error_code end,
      error_message = case when n.status = 'failed' then n.error_message end
    from next n
    where q.id = n.id and (q.first_receipt_at is null or (q.status, q.sent_at, q.delivered_at, q.read_at, q.meta_message_id, q.meta_user_id)
      is distinct from (n.status, n.sent_at, n.delivered_at, n.read_at, n.meta_message_id, n.meta_user_id))
    returning q.id)
  select coalesce(array_agg(c.id), '{}') from changed c;
$$;

-- What the changed messages' failures say about their jobs and senders, in the order in which every bulk change locks jobs.
-- A receipt speaks of its own number: about a token, that other numbers share, only Meta's answers do.
create function wa.record_receipt_scopes(p_folded jsonb, p_changed uuid[])
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.count_failed_receipts(p_folded, p_changed);
  perform wa.record_scope(q, replace(f ->> 'scope', 'block_credentials', 'block_sender'), f ->> 'error_message')
    from jsonb_array_elements(p_folded) f join public.wa_send_queue q on q.id = (f ->> 'id')::uuid
    where f ->> 'scope' in ('slow_down', 'pause_job', 'block_sender', 'block_credentials')
      and q.status in ('failed', 'queued') and q.id = any (p_changed) order by q.job_id, q.id;
end $$;

-- A wrong file or value is often told only after Meta has accepted the message. Five such failures behind the job's last
-- good receipt pause it, as five answers of the kind do; so does an outage that Meta tells in this way.
create function wa.count_failed_receipts(p_folded jsonb, p_changed uuid[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  job record;
begin
  for job in
    with told as (
      select q.job_id, f.scope, f.error_message, coalesce(f.failed_at, f.sent_at, f.delivered_at) as at, f.failed_at is not null as failed,
        max(coalesce(f.sent_at, f.delivered_at)) filter (where f.failed_at is null) over (partition by q.job_id) as good_at
      from jsonb_to_recordset(p_folded) f(id uuid, scope text, error_message text, failed_at timestamptz, sent_at timestamptz, delivered_at timestamptz)
      join public.wa_send_queue q on q.id = f.id
      where q.id = any (p_changed) and (f.failed_at is null or f.scope in ('fix_parameters', 'unexplained', 'outage'))),
    streak as (
      select t.job_id, bool_or(not t.failed) as good, count(*) filter (where t.failed and t.at > coalesce(t.good_at, '-infinity')) as failures,
        max(t.scope) filter (where t.failed) as scope, max(t.error_message) filter (where t.failed) as reason
      from told t group by t.job_id order by t.job_id),
    counted as (
      update public.communications c set failed_receipts_in_a_row = s.failures + case when s.good then 0 else c.failed_receipts_in_a_row end
      from streak s where c.job_id = s.job_id and (s.failures > 0 or c.failed_receipts_in_a_row > 0)
      returning c.job_id, c.failed_receipts_in_a_row as failures, s.scope, s.reason)
    select * from counted c where c.failures >= 5 and c.scope is not null
  loop
    perform wa.pause_jobs(array[job.job_id], case job.scope when 'fix_parameters' then 'parameters' else job.scope end, job.reason);
  end loop;
end $$;

-- The later word holds; of two at the same second, the one that asks for silence. WhatsApp's own "resume"
-- undoes only what was said in WhatsApp's own settings: a typed BAJA is undone by a typed ALTA alone, even
-- if a BAJA in the settings came after it.
create function wa.note_opt_out(p_sender_id uuid, p_phone text, p_opted_out boolean, p_source text, p_at timestamptz)
returns boolean
language plpgsql
set search_path = ''
as $$
declare
  changed boolean;
begin
  insert into public.wa_opt_outs as o (sender_id, phone, opted_out, source, changed_at)
  values (p_sender_id, p_phone, p_opted_out, p_source, p_at)
  on conflict (sender_id, phone) do update
    set opted_out = excluded.opted_out, changed_at = excluded.changed_at,
      source = case when o.opted_out and excluded.opted_out and o.source in ('reply', 'operator') then o.source else excluded.source end
    where (excluded.changed_at > o.changed_at or (excluded.changed_at = o.changed_at and excluded.opted_out and not o.opted_out))
      and (excluded.opted_out or excluded.source in ('reply', 'operator') or o.source in ('user_preferences', 'meta_error'))
  returning true into changed;
  return coalesce(changed, false);
end $$;

-- The number and those from which its campaigns write, too.
create function wa.numbers_beside(p_sender_id uuid)
returns setof uuid
language sql stable rows 2
set search_path = ''
as $$
  select p_sender_id
  union select m.sender_id from public.wa_campaign_numbers n join public.wa_campaign_numbers m on m.campaign_id = n.campaign_id
    where n.sender_id = p_sender_id;
$$;

-- The phones that a person got after this one. They may have told another number of the same campaign: there, too, they
-- want it to be silent.
create function wa.later_phones(p_sender_id uuid, p_phone text)
returns setof text
language sql stable
set search_path = ''
as $$
  with recursive name as (
    select p_phone as n
    union
    select p.present from wa.numbers_beside(p_sender_id) told cross join name
      join public.wa_same_person p on p.sender_id = told and p.former = name.n)
  select n from name where n like '+%' and n <> p_phone;
$$;

-- A wish for silence follows the person to the phones they got since; a wish for messages does not. Returns whether
-- anything changed.
create function wa.set_opt_out(p_sender_id uuid, p_phone text, p_opted_out boolean, p_source text, p_at timestamptz)
returns boolean
language sql
set search_path = ''
as $$
  select bool_or(wa.note_opt_out(p_sender_id, phone, p_opted_out, p_source, p_at)) from (
    select p_phone as phone
    union all select l from wa.later_phones(p_sender_id, p_phone) l where p_opted_out
    order by phone) phones;
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
    select p.former from name join public.wa_same_person p on p.present = name.n)
  select n from name where n is not null;
$$;

-- People with a username may write without a phone: then the last message that Meta reported under one of their user
-- ids, a phone they had, or else the message they answer, if it came from the number they write to, tells whose wish it
-- is. A message whose job was moved may have come from the one before.
create function wa.person_of(p_sender_id uuid, p_user_id text, p_context_message_id text)
returns text
language sql stable
set search_path = ''
as $$
  select coalesce(
    (select q.recipient_phone from public.wa_send_queue q where q.meta_user_id = any (array(select wa.former_names(p_user_id)))
      order by q.sent_at desc nulls last limit 1),
    (select n from wa.former_names(p_user_id) n where n like '+%' limit 1),
    (select q.recipient_phone from public.wa_send_queue q join public.communications c on c.job_id = q.job_id
      where q.meta_message_id = p_context_message_id and p_sender_id = any (q.sender_id || c.former_sender_ids) limit 1));
$$;

-- Whom Meta reported under just this id, last. A former name may have passed to somebody else, so a wish for messages
-- counts for this person alone.
create function wa.person_with_id(p_user_id text)
returns text
language sql stable
set search_path = ''
as $$
  select q.recipient_phone from public.wa_send_queue q where q.meta_user_id = p_user_id order by q.sent_at desc nulls last limit 1;
$$;

-- Every wish with the number to which it was said; sender_id is null for one that we do not know. Who is known by a former
-- name or by the message they answer may ask for silence; that they may undo it, neither proves.
create function wa.wishes(p_intents jsonb)
returns table (sender_id uuid, whose text, user_id text, context_message_id text, opted_out boolean, source text, said_at timestamptz)
language sql stable
set search_path = ''
as $$
  select s.id, coalesce(i.phone, case when i.opted_out then wa.person_of(s.id, i.user_id, q.answered) else wa.person_with_id(i.user_id) end),
    i.user_id, q.answered, i.opted_out, i.source, i.at
  from jsonb_to_recordset(p_intents) i(phone_number_id text, phone text, user_id text, context_message_id text,
    opted_out boolean, source text, at timestamptz)
  cross join lateral (select case when i.opted_out then i.context_message_id end as answered) q
  left join public.wa_senders s on s.phone_number_id = i.phone_number_id
  where i.opted_out is not null;
$$;

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
  where name <> i.present order by 1, 2, 3
  on conflict do nothing;
$$;

-- What was said under a person's former names, to the number that is told now or to one beside it, for the phones they got
-- since.
create function wa.inherited_opt_outs(p_intents jsonb)
returns table (sender_id uuid, phone text, source text, said_at timestamptz)
language sql stable
set search_path = ''
as $$
  select distinct o.sender_id, l, o.source, o.changed_at
  from jsonb_to_recordset(p_intents) i(phone_number_id text, former text)
  join public.wa_senders s on s.phone_number_id = i.phone_number_id
  cross join lateral wa.numbers_beside(s.id) n
  cross join lateral (select wa.former_names(i.former) union select wa.person_of(s.id, i.former, null)) f(name)
  join public.wa_opt_outs o on o.sender_id = n and o.phone = f.name and o.opted_out
  cross join lateral wa.later_phones(o.sender_id, o.phone) l;
$$;

-- p_intents: wishes [{phone_number_id, phone, user_id, context_message_id, opted_out, source: reply|user_preferences,
-- at}], and names of one person [{phone_number_id, former, present}]. Returns {changed, unresolved}; unresolved are
-- wishes of people or for numbers that we do not know. Those of people are kept for wa_resolve_opt_outs. With names
-- also resolvable: how many kept wishes wait for it now.
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
  insert into public.wa_unresolved_opt_outs (sender_id, user_id, context_message_id, opted_out, source, said_at)
    select w.sender_id, w.user_id, w.context_message_id, w.opted_out, w.source, w.said_at from wa.wishes(p_intents) w
    where w.whose is null and w.sender_id is not null and num_nonnulls(w.user_id, w.context_message_id) > 0
    order by w.user_id, w.context_message_id, w.sender_id, w.said_at, w.opted_out on conflict do nothing;
  select count(*) into unresolved from wa.wishes(p_intents) w where w.whose is null or w.sender_id is null;
  select count(*) filter (where wa.set_opt_out(w.sender_id, w.whose, w.opted_out, w.source, w.said_at)) into changed
    from (select v.sender_id, v.whose, v.opted_out, v.source, v.said_at from wa.wishes(p_intents) v
      where v.whose is not null and v.sender_id is not null
      union all select o.sender_id, o.phone, true, o.source, o.said_at from wa.inherited_opt_outs(p_intents) o
      order by sender_id, whose, said_at) w;
  if p_intents @? '$[*].former' then
    select count(*) into resolvable from public.wa_unresolved_opt_outs u where wa.person_of(u.sender_id, u.user_id, u.context_message_id) is not null;
  end if;
  return jsonb_strip_nulls(jsonb_build_object('changed', changed, 'unresolved', unresolved, 'resolvable', resolvable));
end $$;

-- Once a receipt has told under which id a person hides, what they said before holds from when they said it. A
-- transaction of its own, for the receipts hold messages and jobs. An ALTA of whom only a former name is known is dropped. Returns how many wishes it was.
create function public.wa_resolve_opt_outs()
returns integer
language plpgsql security definer
set search_path = '' set statement_timeout = '10s'
as $$
declare
  wish record;
  resolved integer := 0;
begin
  for wish in
    with known as (
      select u.ctid as place, wa.person_of(u.sender_id, u.user_id, u.context_message_id) as whose from public.wa_unresolved_opt_outs u
      where wa.person_of(u.sender_id, u.user_id, u.context_message_id) is not null for update of u skip locked),
    taken as (
      delete from public.wa_unresolved_opt_outs u using known k where u.ctid = k.place returning u.*, k.whose)
    select * from taken t order by t.sender_id, t.whose, t.said_at
  loop
    if wish.opted_out or wish.whose = wa.person_with_id(wish.user_id) then
      perform wa.set_opt_out(wish.sender_id, wish.whose, wish.opted_out, wish.source, wish.said_at);
      resolved := resolved + 1;
    end if;
  end loop;
  return resolved;
end $$;

-- The silent among the people of a campaign's own jobs, the latest first: [{phone, source, since}]. Whoever else said BAJA to a
-- number that several campaigns share is nothing to it.
create function public.wa_list_opt_outs(p_campaign_id uuid, p_limit integer default 100, p_offset integer default 0)
returns jsonb
language plpgsql stable security definer
set search_path = '' set statement_timeout = '10s'
as $$
begin
  perform wa.require_may(p_campaign_id, 'read_people');
  return (select coalesce(jsonb_agg(to_jsonb(p) order by p.since desc, p.phone), '[]') from (
    select s.phone, s.source, s.since from wa.silent_people(p_campaign_id, array(
      select o.phone from public.wa_campaign_numbers n join public.wa_opt_outs o on o.sender_id = n.sender_id
      where n.campaign_id = p_campaign_id and o.opted_out and exists (
        select from public.communications c join public.wa_send_queue q on q.job_id = c.job_id
        where c.campaign_id = p_campaign_id and q.recipient_phone = o.phone))) s
    order by s.since desc, s.phone limit least(greatest(p_limit, 1), 1000) offset greatest(p_offset, 0)) p);
end $$;
comment on function public.wa_list_opt_outs(uuid, integer, integer) is 'BAJAs that bind a campaign, of people that its jobs have addressed.';
