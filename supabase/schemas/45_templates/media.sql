-- Files for the headers of templates: noted before Meta has them, so that what it has is known.

-- p_file: {kind, mime_type, bytes, sha256, filename}. Returns {upload_id}. At most 200 in a day.
create function public.wa_begin_upload(p_campaign_id uuid, p_file jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  upload uuid;
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.require_file(p_file);
  if (
      select count(*) >= 200
      from public.wa_media m
      where m.campaign_id = p_campaign_id and m.created_at > now() - interval '24 hours') then
    perform wa.refuse(409, 'too_many_uploads',
      'La campaña ya subió 200 archivos en 24 horas; intenta de nuevo mañana.', 'campaign_id');
  end if;
  insert into public.wa_media (
    campaign_id, sender_id, kind, mime_type, bytes,
    sha256, filename, created_by)
  values (
    p_campaign_id, (wa.require_sender(p_campaign_id)).id, p_file ->> 'kind',
    p_file ->> 'mime_type', (p_file ->> 'bytes')::integer,
    p_file ->> 'sha256', p_file ->> 'filename', auth.uid())
  returning id into upload;
  return jsonb_build_object('upload_id', upload);
end $$;
revoke all on function public.wa_begin_upload(uuid, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_begin_upload(uuid, jsonb)
  to authenticated;

create function wa.require_file(p_file jsonb)
returns void
language plpgsql immutable
set search_path = ''
as $$
declare
  wrong text;
begin
  select w.field into wrong
  from (values
    ('kind', 'string', '^(IMAGE|VIDEO|DOCUMENT)$'),
    ('mime_type', 'string', '^[a-z0-9.+-]{1,90}/[a-z0-9.+-]{1,90}$'),
    ('bytes', 'number', '^[1-9][0-9]{0,8}$'),
    ('sha256', 'string', '^[0-9a-f]{64}$'),
    ('filename', 'string', '^.{1,240}$')
  ) w(field, type, form)
  where case
    when w.field = 'filename' and coalesce(p_file -> w.field, 'null') = 'null' then false
    when jsonb_typeof(p_file -> w.field) is distinct from w.type then true
    when (p_file ->> w.field) !~ w.form then true
    else w.field = 'bytes' and (p_file ->> w.field)::integer > 104857600 -- Meta's largest document
  end
  limit 1;
  if found then
    perform wa.refuse(422, 'value_invalid', 'El archivo está mal descrito.', wrong);
  end if;
end $$;

-- The number that the file is uploaded for, and the token for it.
create function public.wa_claim_upload(p_upload_id uuid)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  sender public.wa_senders;
begin
  select s.* into sender
  from public.wa_media m
  join public.wa_senders s on s.id = m.sender_id
  where m.id = p_upload_id;
  if not found then
    perform wa.refuse(404, 'upload_not_found', 'No existe esa carga de archivo.', 'upload_id');
  end if;
  return jsonb_build_object(
    'phone_number_id', sender.phone_number_id, 'credential', sender.credential);
end $$;
revoke all on function public.wa_claim_upload(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_claim_upload(uuid)
  to wa_templates;

-- Returns {id, expires_at}; the first word counts. The 30 days run from before the upload.
create function public.wa_record_upload(
  p_upload_id uuid, p_meta_media_id text, p_meta_handle text)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
begin
  update public.wa_media m
  set meta_media_id = p_meta_media_id,
    meta_handle = p_meta_handle,
    expires_at = m.created_at + interval '30 days'
  where m.id = p_upload_id and m.meta_media_id is null;
  return (
    select jsonb_build_object('id', m.meta_media_id, 'expires_at', m.expires_at)
    from public.wa_media m
    where m.id = p_upload_id);
end $$;
revoke all on function public.wa_record_upload(uuid, text, text)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_record_upload(uuid, text, text)
  to wa_templates;

-- A file of the campaign's own, of the kind that the header shows, and still known to Meta. Only
-- the number that it was uploaded for may send it.
create function wa.require_media(p_draft public.wa_templates)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  file public.wa_media;
begin
  if not coalesce(p_draft.header_media ? 'id', false) then
    return;
  end if;
  select * into file
  from public.wa_media m
  where m.campaign_id = p_draft.campaign_id
    and m.sender_id = (wa.require_sender(p_draft.campaign_id)).id
    and m.meta_media_id = p_draft.header_media ->> 'id'
    and m.kind = p_draft.header_format
  order by m.expires_at desc
  limit 1;
  if not found then
    perform wa.refuse(422, 'media_not_found',
      'La campaña no ha subido ese archivo para este tipo de encabezado.', 'header_media.id');
  elsif file.expires_at <= now() then
    perform wa.refuse(422, 'media_expired',
      'WhatsApp ya olvidó ese archivo: los guarda 30 días. Súbelo otra vez.', 'header_media.id');
  end if;
end $$;

-- Meta forgets a file while its template stays approved, and gives it to no other number. One that
-- was not uploaded here is taken at its word.
create function wa.require_lasting_header(p_template public.wa_templates, p_at timestamptz)
returns void
language plpgsql stable
set search_path = ''
as $$
declare
  file record;
begin
  select count(*) > 0 as is_ours,
    max(m.expires_at) filter (where m.sender_id = c.sender_id) as ends_at
    into file
  from public.wa_media m
  join public.wa_campaign_settings c on c.campaign_id = m.campaign_id
  where m.campaign_id = p_template.campaign_id
    and m.meta_media_id = p_template.header_media ->> 'id';
  if file.is_ours and file.ends_at is null then
    perform wa.refuse(409, 'template_header_expired',
      'El archivo del encabezado se subió para otro número de WhatsApp; '
        'súbelo otra vez y cámbialo en la plantilla.', 'template.header_media');
  elsif file.ends_at <= greatest(p_at, now()) then
    perform wa.refuse(409, 'template_header_expired',
      'WhatsApp guarda 30 días el archivo del encabezado y ya no lo tendrá al enviar; '
        'súbelo otra vez y cámbialo en la plantilla.', 'template.header_media');
  end if;
end $$;
