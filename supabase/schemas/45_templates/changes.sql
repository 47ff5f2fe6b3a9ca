-- What Meta is to be told of a template, and what it answered. A change is written down before Meta
-- hears of it (create.sql, edit.sql, delete.sql), told by whoever claims it, and over when Meta's
-- answer is known, however it became known:
--
-- change | begun by                             | Meta took it          | Meta refused it
-- create | wa_create_template, or wa_edit_      | id, status, category  | rejected, reason; may be
--        | template where Meta never took one   | as Meta says          | asked for again
-- edit   | wa_edit_template                     | change_draft becomes  | all stays as it was
--        |                                      | the content           |
-- delete | wa_delete_template                   | deleted_at, disabled  | all stays as it was
--
-- claim  | change_claim | until
-- none   | null         | somebody claims it
-- held   | set          | wa_record_change: accepted or refused ends the change, unknown gives the
--        |              | claim back; after two minutes anybody may claim it, and asks Meta first
--
-- A creation that Meta lists or speaks of, and an edit whose content Meta shows, count as accepted,
-- too (note_creation, content.sql). A deletion is accepted only where Meta says so: what a listing
-- leaves out may be on a page that was lost.

-- p_claim_id is the caller's; the same one again gets the same answer. Returns {decision: 'go',
-- kind, again, waba_id, credential, meta_template_id, meta_template_name, language, draft,
-- sample_handle}, where again = an earlier claim may have reached Meta; {decision: 'done', status};
-- or {decision: 'busy'}: another has it, or its campaign has no number.
create function public.wa_claim_change(p_template_id uuid, p_claim_id uuid)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates;
  sender public.wa_senders;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id
  for no key update;
  select s.* into sender
  from public.wa_campaign_settings c
  join public.wa_senders s on s.id = c.sender_id
  where c.campaign_id = template.campaign_id;
  if template.change is null then
    return jsonb_build_object('decision', 'done', 'status', template.status);
  elsif sender.id is null
    or (template.change_claim <> p_claim_id
      and template.change_claimed_at > clock_timestamp() - interval '2 minutes')
  then
    return jsonb_build_object('decision', 'busy');
  elsif template.change_claim is distinct from p_claim_id then
    update public.wa_templates t
    set change_claim = p_claim_id,
      change_claimed_at = clock_timestamp(),
      change_claims = array_append(t.change_claims, p_claim_id)
    where t.id = p_template_id
    returning * into template;
  end if;
  return wa.change_order(template, sender);
end $$;
revoke all on function public.wa_claim_change(uuid, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_claim_change(uuid, uuid)
  to wa_templates, wa_sync;

create function wa.change_order(p_template public.wa_templates, p_sender public.wa_senders)
returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'decision', 'go',
    'kind', p_template.change,
    'again', p_template.change_claims <> array[p_template.change_claim],
    'waba_id', p_sender.waba_id,
    'credential', p_sender.credential,
    'meta_template_id', p_template.meta_template_id,
    'meta_template_name', p_template.meta_template_name,
    'language', p_template.language,
    'new_category', nullif(d.draft ->> 'category', p_template.category),
    'draft', d.draft,
    'sample_handle', (
      select m.meta_handle
      from public.wa_media m
      where m.campaign_id = p_template.campaign_id
        and m.meta_media_id = d.draft #>> '{header_media,id}'
      order by m.created_at desc
      limit 1))
  from (
    select coalesce(p_template.change_draft - 'from_status', wa.draft_of(p_template)) as draft) d;
$$;

-- p_outcome: accepted, refused or unknown; p_details: {meta_template_id, status, category, reason}.
-- Returns {status, change} as they are then, and a refusal's reason. Whoever lost the claim may
-- still say that Meta took it, for that is so; nothing else.
create function public.wa_record_change(
  p_template_id uuid, p_claim_id uuid, p_outcome text, p_details jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  select * into template
  from public.wa_templates t
  where t.id = p_template_id
  for no key update;
  if p_outcome = 'accepted' and p_claim_id = any (template.change_claims) then
    perform wa.accept_change(template, coalesce(p_details, '{}'));
  elsif p_outcome = 'refused' and p_claim_id = template.change_claim then
    perform wa.refuse_change(template, p_details ->> 'reason');
  elsif p_outcome = 'unknown' then
    update public.wa_templates t
    set change_claim = null
    where t.id = p_template_id and t.change_claim = p_claim_id;
  end if;
  return (
    select jsonb_build_object('status', t.status, 'change', t.change)
      || case p_outcome
        when 'refused' then jsonb_build_object('reason', p_details ->> 'reason')
        else '{}'
      end
    from public.wa_templates t
    where t.id = p_template_id);
end $$;
revoke all on function public.wa_record_change(uuid, uuid, text, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_record_change(uuid, uuid, text, jsonb)
  to wa_templates, wa_sync;

-- The status counts from before Meta was asked: its next word, of the same second, is newer.
create function wa.accept_change(p_template public.wa_templates, p_details jsonb)
returns void
language plpgsql
set search_path = ''
as $$
declare
  told_status text := case
    when p_details ->> 'status' = any ('{pending,approved,rejected,paused,disabled,archived}')
      then p_details ->> 'status'
    else 'pending' end;
  told_category text := case
    when p_details ->> 'category' = any ('{MARKETING,UTILITY,AUTHENTICATION}')
      then p_details ->> 'category' end;
  asked_at timestamptz := greatest(
    p_template.status_changed_at, p_template.change_claimed_at - interval '1 second');
begin
  perform wa.audit_change(p_template, 'template_submitted', '{}');
  case p_template.change
    when 'create' then
      update public.wa_templates t
      set meta_template_id = coalesce(p_details ->> 'meta_template_id', t.meta_template_id),
        status = told_status,
        status_changed_at = asked_at,
        content_at = clock_timestamp(),
        category = coalesce(told_category, t.category),
        change = null,
        updated_at = now()
      where t.id = p_template.id;
    when 'edit' then
      perform wa.accept_edit(
        p_template, told_status, told_category, asked_at, clock_timestamp());
    when 'delete' then
      perform wa.lock_templates(array[p_template.id]);
      update public.wa_templates t
      set deleted_at = now(),
        status = 'disabled',
        status_changed_at = asked_at,
        change = null,
        updated_at = now()
      where t.id = p_template.id;
      perform wa.jobs_follow_templates(array[p_template.id]);
  end case;
end $$;

-- What it was to become it is now. Meta counts the edits of what it had approved. A job that ended
-- before, and was opened again by a late receipt, stops.
create function wa.accept_edit(
  p_template public.wa_templates, p_status text, p_category text, p_status_at timestamptz,
  p_at timestamptz)
returns integer
language plpgsql
set search_path = ''
as $$
begin
  perform wa.write_draft(p_template.id, wa.edited(p_template));
  update public.wa_templates t
  set status = p_status,
    status_changed_at = p_status_at,
    content_at = p_at,
    category = coalesce(p_category, t.category),
    rejected_reason = null,
    edited_at = case p_template.change_draft ->> 'from_status'
      when 'approved' then array_append(wa.recent_edits(p_template), now())
      else t.edited_at
    end,
    change = null
  where t.id = p_template.id;
  return wa.stop_jobs_of_another_text(p_template.id);
end $$;

create function wa.refuse_change(p_template public.wa_templates, p_reason text)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform wa.audit_change(
    p_template, 'template_refused', jsonb_build_object('reason', left(p_reason, 500)));
  update public.wa_templates t
  set status = case t.change when 'create' then 'rejected' else t.status end,
    rejected_reason = case t.change when 'create' then p_reason else t.rejected_reason end,
    change = null,
    updated_at = now()
  where t.id = p_template.id;
end $$;

create function wa.audit_change(p_template public.wa_templates, p_act text, p_more jsonb)
returns void
language sql
set search_path = ''
as $$
  select wa.audit(p_template.campaign_id, p_act, null, jsonb_build_object(
    'template_id', p_template.id,
    'name', p_template.meta_template_name,
    'version', p_template.version,
    'kind', p_template.change) || p_more);
$$;

-- Changes of an account's templates that nobody works on, those that have waited longest first.
create function public.wa_list_open_changes(p_waba_id text)
returns jsonb
language sql stable security definer
set search_path = ''
as $$
  select coalesce(
    jsonb_agg(o.id order by o.change_claimed_at nulls first, o.created_at, o.id), '[]')
  from (
    select t.id, t.change_claimed_at, t.created_at
    from public.wa_templates t
    join public.wa_campaign_settings c on c.campaign_id = t.campaign_id
    join public.wa_senders s on s.id = c.sender_id
    where s.waba_id = p_waba_id
      and t.change is not null
      and (t.change_claim is null or t.change_claimed_at <= now() - interval '2 minutes')
    order by t.change_claimed_at nulls first, t.created_at, t.id
    limit 100) o;
$$;
revoke all on function public.wa_list_open_changes(text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_open_changes(text)
  to wa_templates, wa_sync;

-- Meta speaks of a template that it was to create: it has. Not of an earlier one of the name.
create function wa.note_creation(p_template_id uuid, p_meta_template_id text, p_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  update public.wa_templates t
  set meta_template_id = p_meta_template_id,
    change = null,
    updated_at = now()
  where t.id = p_template_id
    and t.change = 'create'
    and p_meta_template_id is not null
    and coalesce(p_at > t.status_changed_at, true);
$$;
