-- The life of a template that is made here: written down, told to Meta once, settled however its answer becomes known;
-- and what becomes of jobs when the template shows something else.
begin;
select plan(87);
select fixture.campaign('norte');
select fixture.campaign('sur');
select fixture.voters('norte', 2);

create function pg_temp.draft(p_more jsonb default '{}') returns jsonb
language sql as $$
  select '{"name": "visita", "category": "MARKETING", "language": "es_MX", "body_text": "Hola {{1}}, te esperamos.",
    "footer_text": "Ana Ruiz, gubernatura, Partido Demo. Responde BAJA", "sample_values": {"1": "Ana"}}' || p_more $$;
-- What a member is answered: the answer's members, or the refusal.
create function pg_temp.asked(p_call text, p_members text[] default '{status,change,version}', p_user text default 'norte member') returns text
language plpgsql as $$
declare
  answer jsonb;
  detail text;
  field text;
begin
  perform fixture.act_as('authenticated', p_user);
  execute 'select public.' || p_call into answer;
  perform fixture.act_as('postgres');
  return (select string_agg(coalesce(answer ->> m, '-'), ' ') from unnest(p_members) m);
exception when others then
  get stacked diagnostics field = pg_exception_hint, detail = pg_exception_detail;
  perform fixture.act_as('postgres');
  return concat_ws(' ', sqlstate, sqlerrm, field) || case when detail like '%.' then '' else ' without a sentence' end;
end $$;
create function pg_temp.create(p_more jsonb default '{}', p_members text[] default '{status,change,version}') returns text
language sql as $$ select pg_temp.asked(format('wa_create_template(fixture.id(''norte''), %L)', pg_temp.draft(p_more)), p_members) $$;
create function pg_temp.template(p_name text default 'visita') returns public.wa_templates
language sql as $$ select t from public.wa_templates t where t.name = p_name order by t.created_at desc, t.deleted_at nulls first limit 1 $$;
create function pg_temp.state(p_name text default 'visita') returns text
language sql as $$ select concat_ws(' ', t.status, coalesce(t.change, '-'), t.version) from pg_temp.template(p_name) t $$;
create function pg_temp.edit(p_more jsonb, p_version integer default null) returns text
language sql as $$
  select pg_temp.asked(format('wa_edit_template(%L, %s, %L)', (pg_temp.template()).id, coalesce(p_version, (pg_temp.template()).version), pg_temp.draft(p_more))) $$;
create function pg_temp.remove(p_name text default 'visita') returns text
language sql as $$ select pg_temp.asked(format('wa_delete_template(%L)', (pg_temp.template(p_name)).id), '{status,change}') $$;
create function pg_temp.claim(p_claim text, p_members text[] default '{decision,kind,again}') returns text
language sql as $$
  select string_agg(coalesce(a ->> m, '-'), ' ') from public.wa_claim_change((pg_temp.template()).id, fixture.id(p_claim)) a, unnest(p_members) m $$;
create function pg_temp.record(p_claim text, p_outcome text, p_details jsonb default '{}') returns text
language sql as $$
  select concat_ws(' ', a ->> 'status', coalesce(a ->> 'change', '-'), a ->> 'reason')
  from public.wa_record_change((pg_temp.template()).id, fixture.id(p_claim), p_outcome, p_details) a $$;
create function pg_temp.acts() returns text
language sql as $$
  with gone as (select act from public.wa_audit_log where act like 'template%' and campaign_id = fixture.id('norte') and job_id is null order by id)
  select string_agg(act, ' ') from gone $$;
-- What Meta tells, as an event or in its listing.
create function pg_temp.event(p_told jsonb, p_at interval default '1 minute') returns jsonb
language sql as $$
  select public.wa_apply_account_changes(jsonb_build_array(jsonb_build_object(
    'waba_id', fixture.meta_id('account'), 'language', 'es_MX', 'at', clock_timestamp() + p_at) || p_told), '[]') $$;
create function pg_temp.listing(p_told jsonb, p_at interval default '1 minute') returns jsonb
language sql as $$
  select public.wa_apply_sync(fixture.meta_id('account'), clock_timestamp() + p_at, jsonb_build_array(jsonb_build_object('language', 'es_MX') || p_told), '[]') $$;
create function pg_temp.named(p_more jsonb) returns jsonb
language sql as $$ select jsonb_build_object('name', wa.template_prefix(fixture.id('norte')) || 'visita') || p_more $$;

-- Creating.
select is(pg_temp.asked(format('wa_check_template(fixture.id(''norte''), %L)', pg_temp.draft()), '{template_id,meta_template_name,status,change,version}'),
  format('- %svisita pending create 1', wa.template_prefix(fixture.id('norte'))), 'a dry run answers as the creation will');
select is_empty('select from public.wa_templates where name is not null', 'and writes nothing');
select is(pg_temp.create(), 'pending create 1', 'a template is written down before Meta hears of it');
select is((select count(*)::integer from public.wa_template_versions v join public.wa_templates t on t.id = v.template_id where t.name = 'visita'), 1, 'with its first version');
select is(pg_temp.create(), 'pending create 1', 'the same draft again is the same template');
select is((select count(*)::integer from public.wa_templates where name = 'visita'), 1, 'and no other');
select is(pg_temp.create('{"body_text": "Otra cosa {{1}}, adiós."}'), 'PT409 template_name_taken name', 'another draft of the name is refused');
select is(pg_temp.asked(format('wa_create_template(fixture.id(''sur''), %L)', pg_temp.draft()), '{status,change}', 'sur member'), 'pending create', 'another campaign may use the name');
select isnt((select meta_template_name from public.wa_templates where campaign_id = fixture.id('sur') and name = 'visita'), (pg_temp.template()).meta_template_name, 'and Meta knows it by another one');
delete from public.wa_template_versions where campaign_id = fixture.id('sur');
delete from public.wa_templates where campaign_id = fixture.id('sur');
select is(pg_temp.create('{"name": "visita2"}', '{same_text_as}'), '["visita"]', 'a text that the campaign has already is pointed out');

-- What no row could be made of.
select is(pg_temp.asked(format('wa_create_template(fixture.id(''norte''), %L)', '[]'), '{status}'), 'PT422 object_expected draft', 'a draft that is no object is refused');
select is((select array_agg(r order by n) from (values
    (1, '{"id": "7b0bd5ad-2e22-4b58-9f4e-0aa52fbd7be2"}'), (2, '{"status": "approved"}'), (3, '{"name": null}'), (4, '{"name": "Visita"}'),
    (5, '{"category": "AUTHENTICATION"}'), (6, '{"body_text": 7}'), (7, '{"buttons": {}}'), (8, '{"buttons": [7]}'),
    (9, '{"buttons": [{"type": "FLOW", "text": "a"}]}'), (10, '{"buttons": [{"type": "URL", "text": "a", "url": 7}]}'), (11, '{"buttons": [{"type": "URL", "text": "a"}]}'),
    (12, '{"sample_values": {"1": {}}}'), (13, '{"header_format": "IMAGE"}'), (14, '{"header_format": "IMAGE", "header_media": {"id": "77"}}'),
    (15, '{"header_media": "x"}'), (16, '{"body_text": "Hola {{1}} y {{3}}"}'), (17, '{"language": "spanish please"}'), (18, '{"header_format": "GIF"}')
  ) c (n, more), pg_temp.create(more::jsonb || '{"name_": 1}'::jsonb - 'name_') r), '{
  PT422 field_unknown id,PT422 field_unknown status,PT422 field_missing name,PT422 value_invalid name,
  PT422 value_invalid category,PT422 text_expected body_text,PT422 list_expected buttons,PT422 object_expected buttons.0,
  PT422 value_invalid buttons.0.type,PT422 text_expected buttons.0.url,PT422 template_button_invalid buttons.0,
  PT422 text_expected sample_values.1,PT422 template_header_missing header_media,PT422 media_not_found header_media.id,
  PT422 object_expected header_media,PT422 template_variables_invalid body_text,PT422 value_invalid language,PT422 value_invalid header_format}'::text[],
  'nonsense is refused with its field');
select is(pg_temp.create(jsonb_build_object('name', repeat('a', 500))), 'PT422 text_too_long name', 'with the prefix a name is not too long for Meta');
select is(pg_temp.create(jsonb_build_object('name', 'larga', 'body_text', repeat('a', 20000))), 'PT422 text_too_long draft', 'nor is a draft larger than a row should be');
update public.wa_campaign_settings set sender_id = null where campaign_id = fixture.id('norte');
select is(pg_temp.create('{"name": "otra"}'), 'PT409 sender_missing campaign_id', 'without a number there is no account to create it in');
update public.wa_campaign_settings set sender_id = fixture.id('norte sender') where campaign_id = fixture.id('norte');

-- Telling Meta.
select is(pg_temp.claim('a'), 'go create false', 'the first claim tells Meta');
select is(pg_temp.claim('a'), 'go create false', 'one that lost the answer asks again');
select is(pg_temp.claim('b'), 'busy - -', 'another one waits');
select is((select a -> 'draft' ->> 'body_text' from public.wa_claim_change((pg_temp.template()).id, fixture.id('a')) a), 'Hola {{1}}, te esperamos.', 'a claim has all that Meta needs');
select is(pg_temp.record('a', 'unknown'), 'pending create', 'a lost answer leaves the change open');
select is(public.wa_list_open_changes(fixture.meta_id('account')) ->> 1, (pg_temp.template()).id::text, 'it is found again, behind what nobody has told yet');
select is(pg_temp.claim('b'), 'go create true', 'and the next claim asks Meta first');
select is(pg_temp.claim('b'), 'go create true', 'also if it asks again');
select is(public.wa_list_open_changes(fixture.meta_id('account')), jsonb_build_array((pg_temp.template('visita2')).id), 'what somebody works on is not listed');
update public.wa_templates set change_claimed_at = now() - interval '2 minutes' where name = 'visita';
select is(pg_temp.claim('c'), 'go create true', 'two minutes later it is somebody else''s');
select is(pg_temp.record('b', 'refused'), 'pending create', 'whoever lost the claim does not end the change');
select is(pg_temp.record('x', 'accepted', '{"meta_template_id": "1"}'), 'pending create', 'nor does who never had it');
select is(pg_temp.record('c', 'refused', '{"reason": "Falta un ejemplo."}'), 'rejected - Falta un ejemplo.', 'a refusal ends it, with its reason');
select is((pg_temp.template()).rejected_reason, 'Falta un ejemplo.', 'which is kept');
select is(pg_temp.create('{"body_text": "Hola {{1}}, ¿vienes el sábado?"}'), 'pending create 2', 'what Meta refused at once is asked for again, mended');
select is(pg_temp.claim('d'), 'go create false', 'and is new to Meta');
select is(pg_temp.record('d', 'accepted', '{"meta_template_id": "71", "status": "pending", "category": "UTILITY"}'), 'pending -', 'acceptance ends the change');
select is((select row(t.meta_template_id, t.category)::text from pg_temp.template() t), '(71,UTILITY)', 'with Meta''s id and category');
select is(pg_temp.record('d', 'accepted', '{"meta_template_id": "72"}'), 'pending -', 'the same word again changes nothing');
select is(pg_temp.claim('d'), 'done - -', 'and nothing is left to tell');
select is(pg_temp.acts(), 'template_created template_created template_refused template_changed template_changed template_changed template_created template_submitted template_changed',
  'all of it is in the log');
select is(pg_temp.event(pg_temp.named('{"meta_template_id": "71", "status": "approved"}'), '0 s') ->> 'templates', '1', 'Meta''s approval of the same second counts');
select is(pg_temp.state(), 'approved - 2', 'and lets it send');

-- Editing.
select is(pg_temp.edit('{"body_text": "Hola"}', 1), 'PT409 template_changed version', 'an edit of another version is refused');
select is(pg_temp.edit('{"name": "otra"}'), 'PT422 value_invalid name', 'a name stays');
select is(pg_temp.edit('{"category": "MARKETING", "body_text": "Hola"}'), 'PT409 template_category_fixed category', 'so does the category of what is approved');
update public.wa_templates set category = 'MARKETING' where name = 'visita'; -- what Meta made UTILITY sends nothing
select is(pg_temp.edit('{"body_text": "Hola {{1}}, ¿vienes el sábado?", "sample_values": {"1": "Luis"}}'), 'approved - 2', 'a sample is changed here alone');
select is((pg_temp.template()).sample_values, '{"1": "Luis"}', 'at once');
select is(pg_temp.edit('{"body_text": "Hola, {{1}}. Adiós."}'), 'approved edit 2', 'another text is for Meta');
select is(pg_temp.edit('{"body_text": "Hola, {{1}}. Adiós."}'), 'approved edit 2', 'the same edit again changes nothing');
select is(pg_temp.edit('{"body_text": "Hola, {{1}}. ¡Adiós!"}'), 'PT409 template_not_editable template_id', 'another one waits for it');
select is((pg_temp.template()).body_text, 'Hola {{1}}, ¿vienes el sábado?', 'until Meta takes it the old text stays');
select is(pg_temp.asked(format('wa_create_job(fixture.id(''norte''), %L, ''{}'', ''{"1": "a"}'', ''k'')', (pg_temp.template()).id)), 'PT409 template_not_approved template_id', 'and no job begins with it');
select is(pg_temp.remove(), 'PT409 template_not_deletable template_id', 'nor is it deleted meanwhile');
select is(pg_temp.claim('e', '{decision,kind,meta_template_id}'), 'go edit 71', 'the edit is claimed');
select is(pg_temp.record('e', 'refused', '{"reason": "No."}'), 'approved - No.', 'a refused edit leaves all as it was, and says why');
select is(pg_temp.edit('{"body_text": "Hola, {{1}}. Adiós."}'), 'approved edit 2', 'it may be tried again');
select is(pg_temp.claim('f'), 'go edit false', 'as if for the first time');
select is(pg_temp.record('f', 'accepted'), 'pending -', 'an accepted edit is reviewed');
select is(pg_temp.state(), 'pending - 3', 'it is the next version');
select is(pg_temp.edit('{"body_text": "Hola, {{1}}. Adiós."}', 2), 'pending - 3', 'who lost the answer is told so');
select is(pg_temp.edit('{"body_text": "Hola"}'), 'PT409 template_not_editable template_id', 'what is in review is not edited');
select pg_temp.event(pg_temp.named('{"meta_template_id": "71", "status": "approved"}'), '2 minutes');
select is(pg_temp.edit('{"body_text": "Hola {{1}} y nada más."}'), 'PT409 template_edit_too_soon template_id', 'Meta takes one edit a day');
update public.wa_templates set edited_at = array(select now() - n * interval '2 days' from generate_series(1, 10) n) where name = 'visita';
select is(pg_temp.edit('{"body_text": "Hola {{1}} y nada más."}'), 'PT409 template_edit_too_soon template_id', 'and ten in 30 days');
update public.wa_templates set edited_at = edited_at[1:9] where name = 'visita';
select is(pg_temp.edit('{"body_text": "Hola {{1}} y nada más."}'), 'approved edit 3', 'the tenth is taken');
select is(pg_temp.claim('g'), 'go edit false', 'it is claimed');
select is(pg_temp.listing(pg_temp.named('{"meta_template_id": "71", "status": "approved", "content": {"body_text": "Hola {{1}} y nada más."}}'), '3 minutes') ->> 'templates', '1', 'a listing that shows it');
select is(pg_temp.state(), 'approved - 4', 'counts as its acceptance');
select is((select cardinality(t.edited_at) from pg_temp.template() t), 10, 'and as one of Meta''s ten');
select is(pg_temp.record('g', 'refused'), 'approved -', 'whoever says otherwise later is late');
select is(pg_temp.asked(format('wa_edit_template(%L, 1, %L)', fixture.id('norte template'), pg_temp.draft())), 'PT409 template_not_editable template_id', 'what an operator registered is an operator''s');

-- Deleting, and names.
select is(pg_temp.remove(), 'approved delete', 'a deletion waits for Meta');
select is(pg_temp.remove(), 'approved delete', 'asked for again it is the same one');
select is(pg_temp.create('{"body_text": "Hola {{1}} y nada más."}'), 'PT409 template_name_taken name', 'its name is not free yet');
select pg_temp.listing('{"name": "otra", "meta_template_id": "9", "status": "approved"}', '4 minutes');
select is(pg_temp.state(), 'approved delete 4', 'a listing without it proves nothing');
select is(pg_temp.claim('h'), 'go delete false', 'it is claimed');
select is(pg_temp.record('h', 'accepted'), 'disabled -', 'and gone when Meta says so');
select is(pg_temp.remove(), 'disabled -', 'deleted twice it is deleted once');
select is(pg_temp.asked(format('wa_get_template(%L)', (pg_temp.template()).id)), 'PT404 template_not_found template_id', 'nobody is shown it any more');
select is(pg_temp.create(), 'PT409 template_name_reserved name', 'Meta keeps its name for 30 days');
update public.wa_templates set deleted_at = now() - interval '30 days' where name = 'visita';
select is(pg_temp.create(), 'pending create 1', 'then it is free');
select pg_temp.event(pg_temp.named('{"meta_template_id": "71", "status": "disabled", "deleted": true}'), '5 minutes');
select pg_temp.listing(pg_temp.named('{"meta_template_id": "71", "status": "disabled"}'), '5 minutes');
select is(pg_temp.state(), 'pending create 1', 'what Meta says of the old one''s end is not about the new one');
select pg_temp.event(pg_temp.named('{"meta_template_id": "70", "status": "rejected"}'), '-1 minute');
select is(pg_temp.state(), 'pending create 1', 'nor is what it said before');
select is(pg_temp.remove(), 'disabled -', 'what Meta never heard of is deleted at once');
select is(pg_temp.create(), 'pending create 1', 'and leaves its name');
select pg_temp.claim('i');
select is(pg_temp.remove(), 'PT409 template_not_deletable template_id', 'what Meta may have heard of is not');
select is(pg_temp.event(pg_temp.named('{"meta_template_id": "73", "status": "approved"}'), '6 minutes') ->> 'templates', '1', 'Meta''s word of a template that it was to create');
select is(pg_temp.state(), 'approved - 1', 'counts as its creation');
select is((pg_temp.template()).meta_template_id, '73', 'with its id');
select is(pg_temp.record('i', 'refused', '{"reason": "El nombre ya existe."}'), 'approved - El nombre ya existe.', 'and no later word undoes it');

select fixture.act_as('authenticated', 'sur member');
select is(public.wa_list_templates(fixture.id('norte')), '[]', 'a foreign campaign has no templates');
select fixture.act_as('authenticated', 'norte member');
select is((select array_agg(t ->> 'name' order by t ->> 'name') from jsonb_array_elements(public.wa_list_templates(fixture.id('norte'))) t), '{visita,visita2,null}', 'one''s own has them all, without what was deleted');
reset role;

select * from finish();
rollback;
