-- What Meta answers when asked, each hour: webhooks may be lost, and some things they never tell.

-- [{waba_id, credential, phone_number_ids}]: every account that has a sender here, once for each
-- access token in use.
create function public.wa_list_accounts()
returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(a) order by a.waba_id, a.credential), '[]')
  from (
    select s.waba_id, s.credential,
      jsonb_agg(s.phone_number_id order by s.phone_number_id) as phone_number_ids
    from public.wa_senders s
    group by s.waba_id, s.credential) a;
$$;
revoke all on function public.wa_list_accounts()
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_accounts()
  to wa_sync;

-- One account's answers. p_at: when the first of the questions was asked. p_templates:
-- [{meta_template_id, name, language, status, category, quality, reason}]; p_senders:
-- [{phone_number_id, meta_status, blocks, quality, throughput, limit_known, messaging_limit}]. Null
-- members (but of a known limit) change nothing. Returns {templates, unknown, senders}: how many
-- changed, and how many templates are none of ours.
create function public.wa_apply_sync(
  p_waba_id text, p_at timestamptz, p_templates jsonb, p_senders jsonb)
returns jsonb
language sql security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'templates', wa.apply_template_listing(p_waba_id, p_at, p_templates),
    'unknown', (select count(*) from jsonb_array_elements(p_templates))
      - (
        select count(distinct (r.name, r.language))
        from wa.registered_templates(p_waba_id, p_templates) r),
    'senders', wa.apply_standings(p_at, p_senders));
$$;
revoke all on function public.wa_apply_sync(text, timestamptz, jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_apply_sync(text, timestamptz, jsonb, jsonb)
  to wa_sync;

-- A status goes the way of Meta's events, and only if it differs: jobs stop and go on with a
-- change, and a status that an event reported after p_at is newer than this listing. An approved
-- template whose job is paused for it is news too: both events may have been lost, and one more
-- refused message an hour is the price. So goes what a template shows, and one that Meta was to
-- create and has. What else differs is noted. Returns how many templates changed.
create function wa.apply_template_listing(p_waba_id text, p_at timestamptz, p_templates jsonb)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  noted uuid[];
  news jsonb;
begin
  perform wa.lock_templates(array(
    select l.id from wa.registered_templates(p_waba_id, p_templates) l));
  with noted as (
    update public.wa_templates t
    set meta_template_id = l.meta_template_id,
      category = coalesce(l.category, t.category),
      quality = coalesce(l.quality, t.quality),
      updated_at = now()
    from wa.registered_templates(p_waba_id, p_templates) l
    where t.id = l.id
      and t.change is distinct from 'create'
      and (t.meta_template_id, t.category, t.quality) is distinct from (
        l.meta_template_id, coalesce(l.category, t.category), coalesce(l.quality, t.quality))
    returning t.id)
  select coalesce(array_agg(n.id), '{}') into noted from noted n;
  news := wa.news_of_listing(p_waba_id, p_at, p_templates);
  perform wa.apply_template_changes(news);
  perform wa.note_first_content(p_waba_id, p_at, p_templates);
  return (
    select count(distinct c.id)
    from (
      select unnest(noted) as id
      union all
      select (n ->> 'id')::uuid
      from jsonb_array_elements(news) n) c);
end $$;

-- What an operator registered shows what Meta shows: from now on each difference is a change.
create function wa.note_first_content(p_waba_id text, p_at timestamptz, p_templates jsonb)
returns void
language sql
set search_path = ''
as $$
  update public.wa_templates t
  set content_at = p_at
  from wa.registered_templates(p_waba_id, p_templates) l
  where t.id = l.id and wa.is_unheard(t) and jsonb_typeof(l.content) = 'object';
$$;

-- As wa.apply_template_changes takes them, with what is no news left out. With a content goes the
-- status: what Meta shows already, it may have reviewed already.
create function wa.news_of_listing(p_waba_id text, p_at timestamptz, p_templates jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(l) || jsonb_build_object(
    'waba_id', p_waba_id,
    'at', p_at,
    'status', case
      when is_new.status or (is_new.content and t.status_changed_at < p_at) then l.status end,
    'content', case when is_new.content then l.content end)), '[]')
  from wa.registered_templates(p_waba_id, p_templates) l
  join public.wa_templates t on t.id = l.id
  cross join lateral (
    select t.status_changed_at < p_at
        and (l.status <> t.status or t.change = 'create' or (l.status = 'approved' and exists (
          select
          from public.communications c
          where c.template_id = t.id and c.status = 'paused' and c.paused_by = 'template')))
        as status,
      t.content_at < p_at and wa.shows_something_else(t, l.content) as content) is_new
  where is_new.status or is_new.content;
$$;

-- Ours among the listed templates: [{id, and the members of the listing}]. Found by name and
-- language, as a message names them; of a template that was deleted and made again, only the id is
-- another one. Disabled it may be an earlier one of a name that Meta is asked for anew.
create function wa.registered_templates(p_waba_id text, p_templates jsonb)
returns table (
  id uuid, meta_template_id text, name text, language text, status text, category text,
  quality text, reason text, content jsonb)
language sql stable
set search_path = ''
as $$
  select distinct on (t.id) t.id, l.*
  from jsonb_to_recordset(p_templates) l(
    meta_template_id text, name text, language text, status text, category text,
    quality text, reason text, content jsonb)
  join public.wa_templates t on t.meta_template_name = l.name and t.language = l.language
  join public.wa_campaign_settings g on g.campaign_id = t.campaign_id
  join public.wa_senders s on s.id = g.sender_id and s.waba_id = p_waba_id
  where t.deleted_at is null
    and not (t.name is not null and t.meta_template_id is null
      and l.status is not distinct from 'disabled')
  order by t.id;
$$;

-- What was asked before a sender's present state began says nothing about it. Returns the senders
-- about which anything changed.
create function wa.apply_standings(p_at timestamptz, p_senders jsonb)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  sender record;
  changed integer := 0;
begin
  for sender in
    select s.id, s as before, h.blocks, n.*, l.news as limit_news,
      (s.meta_status, s.quality, s.throughput, s.messaging_limit, s.messaging_limit_known)
        is distinct from (n.meta_status, n.quality, n.throughput, n.messaging_limit,
          n.messaging_limit_known) as differs
    from jsonb_to_recordset(p_senders) h(
      phone_number_id text, meta_status text, blocks boolean, quality text, throughput text,
      limit_known boolean, messaging_limit integer)
    join public.wa_senders s on s.phone_number_id = h.phone_number_id
    cross join lateral (
      select h.limit_known and coalesce(s.messaging_limit_at <= p_at, true) as news) l
    cross join lateral (
      select coalesce(h.meta_status, s.meta_status) as meta_status,
        coalesce(h.quality, s.quality) as quality,
        coalesce(h.throughput, s.throughput) as throughput,
        case when l.news then h.messaging_limit else s.messaging_limit end as messaging_limit,
        s.messaging_limit_known or coalesce(h.limit_known, false) as messaging_limit_known) n
    where s.state_changed_at <= p_at and coalesce(s.standing_checked_at <= p_at, true)
    order by s.id
    for no key update of s
  loop
    update public.wa_senders s
    set meta_status = sender.meta_status,
      quality = sender.quality,
      throughput = sender.throughput,
      messaging_limit = sender.messaging_limit,
      messaging_limit_known = sender.messaging_limit_known,
      messaging_limit_at = case when sender.limit_news then p_at else s.messaging_limit_at end,
      standing_checked_at = p_at
    where s.id = sender.id;
    perform wa.follow_sender_status(sender.before, sender.meta_status, sender.blocks, p_at);
    changed := changed + sender.differs::integer;
  end loop;
  return changed;
end $$;

-- A status that blocks the number does so once, when it is news: from then on Meta's answers to
-- probes count for more than its label (a flagged number may still send). CONNECTED releases only
-- what such a status blocked.
create function wa.follow_sender_status(
  p_before public.wa_senders, p_meta_status text, p_blocks boolean, p_at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if p_before.state = 'ok' and p_blocks and p_meta_status is distinct from p_before.meta_status then
    perform wa.block_senders(
      array[p_before.id], 'status', wa.reason_of_status(p_meta_status), p_at);
  elsif p_meta_status = 'CONNECTED' then
    perform wa.end_cause(array[p_before.id], 'status', p_at);
  end if;
end $$;

create function wa.reason_of_status(p_meta_status text)
returns text
language sql immutable
set search_path = ''
as $$
  select 'WhatsApp reporta este número como ' || p_meta_status || '.';
$$;
