-- Whether a number, its account and a template can send, as Meta says when it is asked (Cloud API
-- docs, "Messaging health status"), and what that means for a new job (docs/decisions/0020).

-- Whether Meta is to be asked before this job is created: {stale}. Not for a repetition, whose
-- answer stands already, nor about another campaign's template, from which whom to ask follows.
create function public.wa_preflight(
  p_campaign_id uuid, p_template_id uuid, p_idempotency_key text)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  return jsonb_build_object('stale', not exists (
      select
      from public.communications c
      where c.campaign_id = p_campaign_id and c.idempotency_key = p_idempotency_key)
    and exists (
      select
      from public.wa_templates t
      where t.id = p_template_id and t.campaign_id = p_campaign_id)
    and exists (
      select
      from wa.health_of(p_campaign_id, p_template_id) h
      where not h.fresh
        -- Who has just mended it at Meta need not wait until it is forgotten here.
        or (h.state = 'BLOCKED' and h.at < now() - interval '10 seconds')));
end $$;
comment on function public.wa_preflight(uuid, uuid, text) is
  'Whether Meta is to be asked how number and template are before a job is created.';
revoke all on function public.wa_preflight(uuid, uuid, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_preflight(uuid, uuid, text)
  to authenticated;

-- Whom to ask about: {phone_number_id, meta_template_id, credential}; null: the template's campaign
-- has no number. Security definer, like the next one: a machine's role reads and writes no table.
create function public.wa_preflight_targets(p_template_id uuid)
returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'phone_number_id', s.phone_number_id,
    'meta_template_id', t.meta_template_id,
    'credential', s.credential)
  from public.wa_templates t
  join public.wa_campaign_settings c on c.campaign_id = t.campaign_id
  join public.wa_senders s on s.id = c.sender_id
  where t.id = p_template_id;
$$;
revoke all on function public.wa_preflight_targets(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_preflight_targets(uuid)
  to wa_send;

-- p_health: {sender, account, template}, each {state, detail} or absent where Meta did not tell.
-- False: the campaign writes from another number now.
create function public.wa_record_health(
  p_template_id uuid, p_phone_number_id text, p_health jsonb)
returns boolean
language plpgsql security definer
set search_path = ''
as $$
begin
  update public.wa_templates t
  set health = wa.as_of_now(p_health -> 'template')
  where t.id = p_template_id and p_health ? 'template';
  update public.wa_senders s
  set health = s.health || jsonb_strip_nulls(jsonb_build_object(
    'sender', wa.as_of_now(p_health -> 'sender'),
    'account', wa.as_of_now(p_health -> 'account')))
  from public.wa_templates t
  join public.wa_campaign_settings c on c.campaign_id = t.campaign_id
  where t.id = p_template_id
    and s.id = c.sender_id
    and s.phone_number_id = p_phone_number_id;
  return found;
end $$;
revoke all on function public.wa_record_health(uuid, text, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_record_health(uuid, text, jsonb)
  to wa_send;

create function wa.as_of_now(p_health jsonb)
returns jsonb
language sql stable
set search_path = ''
as $$
  select p_health || jsonb_build_object('at', now());
$$;

-- Nothing is refused for what Meta may have forgotten by the time the first message leaves.
create function wa.require_health(p_campaign_id uuid, p_template_id uuid, p_at timestamptz)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  blocked record;
begin
  select * into blocked
  from wa.health_of(p_campaign_id, p_template_id) h
  where h.fresh and h.state = 'BLOCKED' and p_at <= now() + interval '1 hour'
  order by h.place
  limit 1;
  case blocked.part
    when 'sender' then
      perform wa.refuse(409, 'sender_blocked_at_meta', blocked.detail, 'campaign_id');
    when 'account' then
      perform wa.refuse(409, 'account_blocked_at_meta', blocked.detail, 'campaign_id');
    when 'template' then
      perform wa.refuse(409, 'template_blocked_at_meta', blocked.detail, 'template_id');
    else null;
  end case;
end $$;

-- [{code, detail}]: what limits the messages, or stops them where that is no reason to refuse.
-- p_unknown: whether that nothing is known is told too.
create function wa.health_warnings(p_campaign_id uuid, p_template_id uuid, p_unknown boolean)
returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(
    jsonb_agg(jsonb_build_object('code', w.code, 'detail', w.detail) order by w.place), '[]')
  from (
    select h.place, h.part || '_' || lower(h.state) || '_at_meta' as code, h.detail
    from wa.health_of(p_campaign_id, p_template_id) h
    where h.fresh and h.state <> 'AVAILABLE'
    union all
    select 4, 'health_unknown', 'Meta no dijo a tiempo si el número y la plantilla pueden enviar.'
    where p_unknown and exists (
      select
      from wa.health_of(p_campaign_id, p_template_id) h
      where not h.fresh)) w;
$$;

-- The last word on each part that a message of this template needs, and whether it is news still.
-- The account has none of its own: it is told with the number, or with the template.
create function wa.health_of(p_campaign_id uuid, p_template_id uuid)
returns table (
  place integer, part text, state text, detail text, at timestamptz, fresh boolean)
language sql stable
set search_path = ''
as $$
  select p.place, p.part, p.health ->> 'state', p.health ->> 'detail', a.at,
    coalesce(a.at > now() - c.health_lasts, false)
  from public.wa_campaign_settings c
  join public.wa_senders s on s.id = c.sender_id
  left join public.wa_templates t on t.id = p_template_id and t.campaign_id = c.campaign_id
  cross join lateral (values
    (1, 'sender', s.health -> 'sender', true),
    (2, 'account', s.health -> 'account', false),
    -- One that Meta has not named yet cannot be asked about.
    (3, 'template', t.health, t.meta_template_id is not null)) p (place, part, health, asked)
  cross join lateral (select (p.health ->> 'at')::timestamptz as at) a
  where c.campaign_id = p_campaign_id and (p.asked or a.at > now() - c.health_lasts);
$$;
