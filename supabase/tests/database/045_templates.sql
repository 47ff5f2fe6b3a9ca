-- A template that cannot be sent is refused where a member asks, and nothing is left behind. Which templates those
-- are: tests/template_cases.py.
begin;
select plan(26);
select fixture.campaign('norte');
select fixture.voters('norte', 2);

create function pg_temp.register(p_change text) returns void
language plpgsql as $$
begin
  execute 'update public.wa_templates set ' || p_change || ' where id = fixture.id(''norte template'')';
end $$;
create function pg_temp.asked(p_question text) returns text
language plpgsql as $$
declare
  answer jsonb;
  detail text;
  field text;
begin
  perform fixture.act_as('authenticated', 'norte member');
  execute 'select ' || p_question into answer;
  perform fixture.act_as('postgres');
  return 'accepted';
exception when others then
  get stacked diagnostics field = pg_exception_hint, detail = pg_exception_detail;
  perform fixture.act_as('postgres');
  return concat_ws(' ', sqlstate, sqlerrm, field) || case when detail ~ '\.("|$)' then '' else ' without a sentence' end;
end $$;
create function pg_temp.send(p_personalization text) returns text
language sql as $$
  select pg_temp.asked(format('public.wa_create_job(fixture.id(''norte''), fixture.id(''norte template''), ''{}'', %L, gen_random_uuid()::text)', p_personalization));
$$;
create function pg_temp.preview(p_personalization text) returns text
language sql as $$
  select pg_temp.asked(format('public.wa_preview_audience(fixture.id(''norte''), ''{}'', fixture.id(''norte template''), %L)', p_personalization));
$$;

select pg_temp.register($$ body_text = 'Hola {{1}}', header_format = 'IMAGE' $$);
select is(pg_temp.send('{"1": "a"}'), 'PT409 template_header_missing template.header_media', 'an image without media makes no job');
select is(pg_temp.preview('{"1": "a"}'), 'PT409 template_header_missing template.header_media', 'and has no preview');
select is(pg_temp.asked($$ public.wa_preview_audience(fixture.id('norte'), '{}') $$), 'accepted', 'a preview without a template needs none');
select pg_temp.register($$ header_media = '{"id": 77}' $$);
select is(pg_temp.send('{"1": "a"}'), 'PT409 template_header_invalid template.header_media.id', 'an id that is a number is refused');
select throws_ok($$ select pg_temp.register($r$ header_media = 'null' $r$) $$, '23514', null, 'a JSON null is no media');
select throws_ok($$ select pg_temp.register($r$ header_media = '"1339522734477770"' $r$) $$, '23514', null, 'nor is an id without its name');
select throws_ok($$ select pg_temp.register($r$ buttons = '{"type": "URL"}' $r$) $$, '23514', null, 'a button is no list of buttons');
select throws_ok($$ select pg_temp.register($r$ buttons = 'null' $r$) $$, '23514', null, 'and nor is a JSON null');
select throws_ok($$ select pg_temp.register($r$ sample_values = '["Ana"]' $r$) $$, '23514', null, 'samples have the names of what they stand for');
select pg_temp.register($$ header_media = null, header_format = null, buttons = '[{"type": "CATALOG"}]' $$);
select is(pg_temp.send('{"1": "a"}'), 'PT409 template_button_unsupported template.buttons.0', 'a catalogue is no button of ours');
select is(pg_temp.preview('{"1": "a"}'), 'PT409 template_button_unsupported template.buttons.0', 'in the preview neither');
select pg_temp.register($$ buttons = '[]', body_text = 'Hola {{1}} y {{3}}' $$);
select is(pg_temp.send('{"1": "a", "3": "b"}'), 'PT409 template_variables_invalid template.body_text', 'a gap is refused, whatever the values are');
select pg_temp.register($$ status = 'paused' $$);
select is(pg_temp.send('{"1": "a"}'), 'PT409 template_not_approved template_id', 'what Meta has not approved is told first');
select pg_temp.register($$ status = 'approved', category = 'AUTHENTICATION' $$);
select is(pg_temp.send('{"1": "a"}'), 'PT409 template_category_unsupported template.category', 'a template for codes is refused');
select pg_temp.register($$ category = 'UTILITY' $$);
select is(pg_temp.send('{"1": "a"}'), 'PT409 template_category_unsupported template.category', 'and so is propaganda in another category');
select pg_temp.register($$ category = 'MARKETING', body_text = 'Hola {{1}}, te esperamos.', footer_text = 'Responde BAJA' $$);
select is(pg_temp.send('{"1": "a"}'), 'PT409 identification_missing template_id', 'one that does not say who speaks');
select pg_temp.register($$ footer_text = 'Ana Ruiz, gubernatura, Partido Demo' $$);
select is(pg_temp.send('{"1": "a"}'), 'PT409 opt_out_missing template_id', 'or how to make it stop');
select is(pg_temp.preview('{"1": "a"}'), 'PT409 opt_out_missing template_id', 'also where it is asked for a preview');
update public.wa_campaign_settings set office = ' ' where campaign_id = fixture.id('norte');
select is(pg_temp.send('{"1": "a"}'), 'PT409 identification_missing settings.office', 'and settings that name no office');
update public.wa_campaign_settings set office = 'Gubernatura' where campaign_id = fixture.id('norte');
select pg_temp.register($$ footer_text = 'Ana Ruiz, gubernatura, Partido Demo. Responde BAJA' $$);
select is_empty('select from public.communications', 'a refusal leaves no job');
select is_empty('select from public.wa_send_queue', 'and no message');

-- Values belong to the template's variables, wherever those are.
select pg_temp.register($$ category = 'MARKETING', body_text = '{{nombre}} y {{nombre}}', parameter_format = 'named', header_format = 'TEXT',
  header_text = 'Para {{nombre}}', buttons = '[{"type": "url", "text": "Ver", "url": "https://example.mx/{{ruta}}"}]' $$);
select is(pg_temp.send('{"nombre": "a"}'), 'PT422 personalization_missing personalization.button.0', 'a link in small letters asks for its value');
select is(pg_temp.send('{"nombre": "a", "button.0": "b", "header": "c"}'), 'PT422 personalization_unexpected personalization.header', 'a named header has no value of its own');
select is(pg_temp.send('{"nombre": "a", "button.0": "b"}'), 'accepted', 'one name in header and body takes one value');
select pg_temp.register($$ body_text = 'Te esperamos', header_format = 'LOCATION', header_text = null, buttons = '[]',
  header_media = '{"latitude": 19.432608, "longitude": -99.133209, "name": "Zócalo", "address": "Centro"}' $$);
select is(pg_temp.preview('{}'), 'accepted', 'a place can be previewed');
select is(pg_temp.send('{}'), 'accepted', 'and sent');

select * from finish();
rollback;
