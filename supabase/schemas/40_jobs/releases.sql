-- A text that is blocked may be lawful all the same. A second authorised person who has read it may
-- release it, with a reason, for everybody but themselves.

create table wa.content_releases (
  id uuid primary key default gen_random_uuid(),
  campaign_id uuid not null references public.campaigns (id),
  text_hash text not null check (text_hash ~ '^[0-9a-f]{64}$'),
  findings jsonb not null,
  reason text not null check (length(reason) between 1 and 1024),
  released_by uuid not null,
  released_at timestamptz not null default now()
);
comment on table wa.content_releases is
  'Texts that may leave although the lexicon blocks them; nobody changes a row.';
comment on column wa.content_releases.text_hash is
  'wa.text_hash of the whole message: one other word, and it is blocked again.';
comment on column wa.content_releases.findings is
  'What was in it when it was read; whatever else is found in it holds it back again.';
create index content_releases_of_text on wa.content_releases (campaign_id, text_hash);
revoke all on wa.content_releases from public, anon, authenticated, service_role;

create function wa.refuse_release_change()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception 'wa.content_releases is append-only' using errcode = '42501';
end $$;
create trigger refuse_change before update or delete or truncate on wa.content_releases
  for each statement execute function wa.refuse_release_change();

-- POST /content-releases. The text: of a template with a job's values, or of a draft (p_draft as
-- wa_create_template takes it). Returns {release_id, findings}.
create function public.wa_release_content(
  p_campaign_id uuid,
  p_reason text,
  p_template_id uuid default null,
  p_personalization jsonb default '{}',
  p_draft jsonb default null)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  template public.wa_templates;
  params jsonb;
  findings jsonb;
  release wa.content_releases;
begin
  perform wa.require_may(p_campaign_id, 'approve');
  template := wa.text_to_release(p_campaign_id, p_template_id, p_draft);
  params := wa.params_for_nobody(p_personalization, wa.campaign_fields(p_campaign_id));
  findings := wa.findings_in(template, params);
  if not findings @> '[{"class": "BLOCK"}]' then
    perform wa.refuse(409, 'release_not_needed', 'Este texto no está bloqueado.', 'template_id');
  end if;
  insert into wa.content_releases (campaign_id, text_hash, findings, reason, released_by)
  values (
    p_campaign_id, wa.judged_text_hash(template, params), findings, p_reason, auth.uid())
  returning * into release;
  perform wa.audit(p_campaign_id, 'content_released', null, jsonb_build_object(
    'release_id', release.id, 'text_hash', release.text_hash, 'template_id', p_template_id,
    'findings', findings, 'lexicon', wa.keep_content_lexicon(), 'reason', p_reason));
  return jsonb_build_object('release_id', release.id, 'findings', findings);
end $$;
comment on function public.wa_release_content(uuid, text, uuid, jsonb, jsonb) is
  'Lets others of the campaign use exactly this text, which the lexicon blocks.';
revoke all on function public.wa_release_content(uuid, text, uuid, jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_release_content(uuid, text, uuid, jsonb, jsonb)
  to authenticated;

create function wa.text_to_release(p_campaign_id uuid, p_template_id uuid, p_draft jsonb)
returns public.wa_templates
language plpgsql stable
set search_path = ''
as $$
declare
  template public.wa_templates;
begin
  if p_template_id is null then
    return wa.read_draft(p_campaign_id, p_draft);
  end if;
  select * into template
  from public.wa_templates t
  where t.id = p_template_id and t.campaign_id = p_campaign_id and t.deleted_at is null;
  if not found then
    perform wa.refuse(404, 'template_not_found',
      'No existe esa plantilla en esta campaña.', 'template_id');
  end if;
  return template;
end $$;

-- Findings with the release_id of those that somebody else than the caller has read and released,
-- what only warns among them. What is in a voter's value (position) is nobody's text.
create function wa.with_releases(
  p_findings jsonb, p_template public.wa_templates, p_params jsonb)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  hash text;
begin
  if not p_findings @> '[{"class": "BLOCK"}]' then
    return p_findings;
  end if;
  hash := wa.judged_text_hash(p_template, p_params);
  return (
    select jsonb_agg(
      f.value || coalesce((
        select jsonb_build_object('release_id', r.id)
        from wa.content_releases r
        where r.campaign_id = p_template.campaign_id
          and r.text_hash = hash
          and r.released_by <> auth.uid()
          and r.findings @> jsonb_build_array(
            jsonb_build_object('class', f.value -> 'class', 'rule', f.value -> 'rule'))
          and not f.value ? 'position'
        order by r.released_at, r.id
        limit 1), '{}')
      order by f.nth)
    from jsonb_array_elements(p_findings) with ordinality f(value, nth));
end $$;

create function wa.judged_text_hash(p_template public.wa_templates, p_params jsonb)
returns text
language sql immutable
set search_path = ''
as $$
  select encode(sha256(convert_to(
    jsonb_agg(jsonb_build_array(t.field, t.value) order by t.place)::text, 'UTF8')), 'hex')
  from wa.texts_of_message(p_template, p_params) t;
$$;
comment on function wa.judged_text_hash(public.wa_templates, jsonb) is
  'SHA-256 of all that a reader would see of a message.';
