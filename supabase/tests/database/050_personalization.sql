-- Values of template parameters: what {{voter.x}} and {{campaign.x}} become.
begin;
select plan(64);

create function pg_temp.filled(p_pattern text, p_name text) returns text
language sql as $$
  select wa.fill(p_pattern, jsonb_build_object('first_name', p_name, 'section', '0042'), '{"name": "Norte", "office": null}');
$$;
select is(pg_temp.filled(pattern, name), expected, sentence) from (values
  ('{{voter.first_name}}', 'Ana', 'Ana', 'a field alone'),
  ('Hola {{ voter.first_name }}, vota {{campaign.name}}', 'Ana', 'Hola Ana, vota Norte', 'fields in a sentence, with inner blanks'),
  ('{{voter.first_name}} y {{voter.first_name}}', 'Ana', 'Ana y Ana', 'a field twice'),
  ('{{voter.section}}{{voter.first_name}}', 'Ana', '0042Ana', 'fields without a gap keep leading zeros'),
  ('{{voter.first_name}}', null, null, 'a field without a value fills nothing'),
  ('{{voter.first_name}}', '', null, 'an empty field fills nothing'),
  ('{{voter.first_name}}', E' \t', null, 'a blank field fills nothing'),
  ('{{voter.first_name}}', E'\u00a0', null, 'a no-break space is no value'),
  ('{{voter.first_name}}', E'\u200b', null, 'a zero width space is no value'),
  ('{{voter.first_name}}', E'\ufeff', null, 'a byte order mark is no value'),
  ('{{voter.first_name}}', E'\u3000\u2009', null, 'wide and thin spaces are no value'),
  ('{{voter.first_name}}', E'\u2800', null, 'the blank of braille is no value'),
  ('{{voter.first_name}}', E'\u00ad', null, 'a soft hyphen is no value'),
  ('{{voter.first_name}}', E'\u202a\u202c', null, 'direction marks are no value'),
  ('{{voter.first_name}}', E'\u3164', null, 'a Hangul filler is no value'),
  ('{{voter.first_name}}', E'\U000e0041\U000e007f', null, 'tags are no value'),
  ('Hola {{voter.first_name}}', E'\r\n\u2028', null, 'line breaks are no value, in a sentence either'),
  (E'\u00a0', 'Ana', null, 'a fixed value of nothing but a no-break space is none'),
  (E'\u200b{{voter.first_name}}', 'Ana', E'\u200bAna', 'an invisible character beside a value is left alone'),
  ('{{voter.first_name}}', '-', '-', 'a dash is a value'),
  ('{{voter.first_name}}', E'❤\ufe0f', E'❤\ufe0f', 'an emoji is a value'),
  ('{{voter.first_name}}', E'Ana\u00a0María\u2028de\u3000la\u202fLuz', 'Ana María de la Luz', 'white space of every kind is collapsed'),
  ('{{voter.first_name}} {{campaign.office}}', 'Ana', null, 'one missing field is enough'),
  ('{{voter.unknown}}', 'Ana', null, 'a field nobody has'),
  ('{{voter.first_name}}', E'Ana\n María\t\tde   la Luz ', 'Ana María de la Luz', 'white space is collapsed'),
  ('{{voter.first_name}}', 'A\1\\&na', 'A\1\\&na', 'backslashes stay as they are'),
  ('{{voter.first_name}}', '$1 .* [a-z]+ (x|y)? ^', '$1 .* [a-z]+ (x|y)? ^', 'regular expressions stay as they are'),
  ('{{voter.first_name}}', '%s {} ''; drop table x --', '%s {} ''; drop table x --', 'quotes and formats stay as they are'),
  ('{{voter.first_name}} {{voter.section}}', '{{voter.section}}', '{{voter.section}} 0042', 'a value is never taken for a pattern'),
  ('{{campaign.name}} {{voter.first_name}}', '{{campaign.name}}', 'Norte {{campaign.name}}', 'not for an earlier one either'),
  ('{{{voter.first_name}}}', 'Ana', '{Ana}', 'a third brace is text'),
  ('{voter.first_name}', 'Ana', '{voter.first_name}', 'one brace is text')
) t(pattern, name, expected, sentence);

select fixture.campaign('norte');
select fixture.campaign('sur');
select fixture.voters('norte', 1);
select lives_ok($$ select wa.require_personalization(fixture.id('norte'), fixture.id('norte template'), '{"1": "{{voter.first_name}}", "2": "{{ campaign.candidate }}"}') $$,
  'every parameter has a value and every field exists');
create function pg_temp.refusal(p_personalization text) returns text
language plpgsql as $$
declare
  field text;
begin
  perform wa.require_personalization(fixture.id('norte'), fixture.id('norte template'), p_personalization::jsonb);
  return 'accepted';
exception when sqlstate 'PT422' then
  get stacked diagnostics field = pg_exception_hint;
  return sqlerrm || ' ' || field;
end $$;
select is(pg_temp.refusal(given), refusal, format('%s: %s', coalesce(given, 'null'), refusal)) from (values
  ('{}', 'personalization_missing personalization.1'),
  (null, 'personalization_missing personalization.1'),
  ('{"1": "x"}', 'personalization_missing personalization.2'),
  ('{"1": "x", "2": "y", "3": "z"}', 'personalization_unexpected personalization.3'),
  ('{"1": "x", "2": " "}', 'personalization_invalid personalization.2'),
  ('{"1": "x", "2": null}', 'personalization_invalid personalization.2'),
  ('{"1": "{{voter.curp}}", "2": "y"}', 'personalization_invalid personalization.1'),
  ('{"1": "{{first_name}}", "2": "y"}', 'personalization_invalid personalization.1'),
  ('{"1": "{{voter.first_name", "2": "y"}', 'personalization_invalid personalization.1'),
  ('{"1": "{{voter.first_name}} {{", "2": "y"}', 'personalization_invalid personalization.1'),
  ('{"1": "{{campaign.budget}}", "2": "y"}', 'personalization_invalid personalization.1'),
  ('{"1": "texto", "2": "{ llave }"}', 'accepted')) t(given, refusal);

select is((select params from wa.recipients(fixture.id('norte'), array(select wa.audience(fixture.id('norte'), '{}')), E'{"1": "Hola\\n\\n  amiga ", "2": "{{voter.full_name}}"}')),
  '{"1": "Hola amiga", "2": "Votante 0"}', 'white space is collapsed in fixed values too');

-- First names: up to the first white space of any kind.
select fixture.campaign('centro');
create function pg_temp.first_name(p_full_name text) returns text
language sql as $$
  update public.voters v set full_name = p_full_name where v.id = fixture.id('centro voter 0');
  select a.fields ->> 'first_name' from wa.voters(fixture.id('centro'), array(select wa.audience(fixture.id('centro'), '{}'))) a;
$$;
select fixture.voters('centro', 1);
select is(pg_temp.first_name(given), expected, sentence) from (values
  ('Ana Muñoz', 'Ana', 'a space'),
  (E'Ana\tMuñoz', 'Ana', 'a tab'),
  (E'Ana\u00a0Muñoz', 'Ana', 'a no-break space'),
  (E'Ana\r\nMuñoz', 'Ana', 'a line break'),
  (E'Ana\u202fMuñoz', 'Ana', 'a narrow no-break space'),
  (E' \u00a0\tAna Muñoz', 'Ana', 'spaces in front are no name'),
  (E'\ufeffAna Muñoz', 'Ana', 'nor is a byte order mark'),
  (E'\u200b \u2800Ana Muñoz', 'Ana', 'nor are invisible characters'),
  ('José-Luis O''Higgins', 'José-Luis', 'dashes belong to a name'),
  ('Ñ', 'Ñ', 'one letter'),
  (E'\u00a0\u200b', null, 'nothing that could be seen'),
  ('', null, 'an empty name'),
  (null, null, 'no name')) t(given, expected, sentence);

-- What a template asks for.
create function pg_temp.asked(p_body text, p_format text, p_header text, p_buttons jsonb) returns text[]
language sql as $$
  update public.wa_templates t set body_text = p_body, parameter_format = p_format, header_text = p_header, buttons = p_buttons
    where t.id = fixture.id('sur template');
  select coalesce(array_agg(p order by p), '{}') from wa.template_parameters(fixture.id('sur template')) p;
$$;
select is(pg_temp.asked(body, format, header, buttons::jsonb), wanted::text[], sentence) from (values
  ('Hola', 'positional', null, '[]', '{}', 'no variable'),
  ('{{1}} {{2}} {{1}}', 'positional', null, '[]', '{1,2}', 'body variables, each once'),
  ('{{name}} {{ day }}', 'named', 'Para {{name}} en {{town}}', '[]', '{day,name,town}', 'named variables of body and header'),
  ('{{1}}', 'positional', 'Aviso {{1}}', '[]', '{1,header}', 'a positional header counts by itself'),
  ('Hola', 'positional', null, '[{"type": "QUICK_REPLY"}, {"type": "URL", "url": "https://x.mx/{{1}}"}, {"type": "URL", "url": "https://x.mx"}]',
    '{button.1}', 'a link that ends in a variable')
) t(body, format, header, buttons, wanted, sentence);

select * from finish();
rollback;
