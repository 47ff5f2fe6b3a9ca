-- POST /consents: a file of consents, some thousand rows a call, each row once.

-- p_rows: [{row, phone, obtained_at, source, notice_version, evidence}], rising by row, the phone
-- as it was typed, obtained_at a day or a time; or [{row, code, detail, field}] for a row that
-- cannot be read. Rows up to the last one that is written are passed over, so that a file may be
-- brought again from its beginning, also by two at once. Without rows: how far the file is; null:
-- not begun.
-- Security definer: members write no table.
create function public.wa_import_consents(
  p_campaign_id uuid, p_sha256 text, p_rows jsonb, p_is_last boolean)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  import public.wa_consent_imports;
begin
  perform wa.require_may(p_campaign_id, 'send');
  if jsonb_typeof(p_rows) is distinct from 'array' or jsonb_array_length(p_rows) > 5000 then
    perform wa.refuse(422, 'too_many_values', 'A lo más 5,000 filas por llamada.', 'consents');
  end if;
  perform wa.begin_large_call(p_campaign_id);
  perform wa.lock_consents(p_campaign_id);
  import := wa.open_import(
    p_campaign_id, p_sha256, p_is_new => p_is_last or jsonb_array_length(p_rows) > 0);
  if import.finished_at is null and jsonb_array_length(p_rows) > 0 then
    import := wa.import_rows(import, p_rows);
  end if;
  if import.finished_at is null and p_is_last then
    import := wa.finish_import(import.id);
  end if;
  if import.id is not null then
    return to_jsonb(import) - '{campaign_id,sha256,created_by,created_at}'::text[];
  end if;
  return null;
end $$;
revoke all on function public.wa_import_consents(uuid, text, jsonb, boolean)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_import_consents(uuid, text, jsonb, boolean)
  to authenticated;

-- One at a time writes a campaign's consents: what an import finds not revoked is not revoked
-- before it commits, and nothing is written twice. An erasure waits, so that it sees them all.
create function wa.lock_consents(p_campaign_id uuid)
returns void
language sql
set search_path = ''
as $$
  select wa.share_people(p_campaign_id);
  select pg_advisory_xact_lock(hashtextextended(format('wa_consents:%s', p_campaign_id), 0));
$$;

create function wa.open_import(p_campaign_id uuid, p_sha256 text, p_is_new boolean)
returns public.wa_consent_imports
language plpgsql
set search_path = ''
as $$
declare
  import public.wa_consent_imports;
begin
  select * into import
  from public.wa_consent_imports i
  where i.campaign_id = p_campaign_id and i.sha256 = p_sha256;
  if not found and p_is_new then
    insert into public.wa_consent_imports (campaign_id, sha256, created_by)
    values (p_campaign_id, p_sha256, auth.uid())
    returning * into import;
    perform wa.audit(p_campaign_id, 'consents_import_begun', null,
      jsonb_build_object('import_id', import.id, 'sha256', p_sha256));
  end if;
  return import;
end $$;

create function wa.import_rows(p_import public.wa_consent_imports, p_rows jsonb)
returns public.wa_consent_imports
language sql
set search_path = ''
as $$
  with judged as materialized (
    select *
    from wa.judged_consents(p_import.campaign_id, p_rows, p_import.last_row)
  ),
  fresh as (
    insert into public.wa_consents (
      campaign_id, phone, obtained_at, source, notice_version, evidence, import_id)
    select distinct on (j.phone, j.obtained_at, j.source)
      p_import.campaign_id, j.phone, j.obtained_at, j.source, j.notice_version, j.evidence,
      p_import.id
    from judged j
    where j.code is null and j.known_id is null
    order by j.phone, j.obtained_at, j.source, j.place
    returning id
  )
  update public.wa_consent_imports i
  set last_row = greatest(i.last_row, c.last_row),
    rows = i.rows + c.rows,
    imported = i.imported + c.imported,
    already_known = i.already_known + c.rows - c.refused - c.imported,
    refused = i.refused + c.refused,
    errors = wa.first_errors(i.errors || c.errors)
  from (
    select max(j.place) as last_row, count(*) as rows, count(j.code) as refused,
      (select count(*) from fresh) as imported,
      coalesce(
        jsonb_agg(
          jsonb_build_object(
            'row', j.place, 'code', j.code, 'detail', j.detail, 'field', j.field)
          order by j.place) filter (where j.code is not null),
        '[]') as errors
    from judged j
  ) c
  where i.id = p_import.id
  returning i.*;
$$;

create function wa.first_errors(p_errors jsonb)
returns jsonb
language sql immutable
set search_path = ''
as $$
  select jsonb_path_query_array(p_errors, '$[0 to 999]');
$$;

create function wa.finish_import(p_import_id uuid)
returns public.wa_consent_imports
language plpgsql
set search_path = ''
as $$
declare
  import public.wa_consent_imports;
begin
  update public.wa_consent_imports i
  set finished_at = clock_timestamp()
  where i.id = p_import_id
  returning * into import;
  perform wa.audit(import.campaign_id, 'consents_imported', null,
    jsonb_build_object(
      'import_id', import.id,
      'sha256', import.sha256,
      'rows', import.rows,
      'imported', import.imported,
      'already_known', import.already_known,
      'refused', import.refused));
  return import;
end $$;
