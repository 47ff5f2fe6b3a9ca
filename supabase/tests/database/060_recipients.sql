-- Who of an audience is written to, who is not, and why.
begin;
select plan(32);
select fixture.campaign('norte');
select fixture.campaign('sur');
select fixture.voters('sur', 3, 100);

insert into public.voters (id, campaign_id, full_name, phone, sentiment, section, tags)
select fixture.id('norte voter ' || v.n), fixture.id('norte'), v.name, v.phone, v.sentiment, v.section, v.tags::text[] from (values
  (1, 'Ana', '5510000001', 'positive', '0001', '{joven,vecina}'),
  (2, 'Beto', '+52 55 1000 0002', 'positive', '0002', '{}'),
  (3, 'Carla', null, 'negative', '0001', '{joven}'),
  (4, 'Dani', ' ', null, null, '{}'),
  (5, 'Eva', '+34 600 000 000', null, null, '{}'),
  (6, 'Fito', '123', null, null, '{}'),
  (7, null, '5510000007', null, null, '{}'),
  (8, 'Gil', '5510000008', null, null, '{}')) v(n, name, phone, sentiment, section, tags);
insert into public.wa_opt_outs (sender_id, phone, opted_out, source, changed_at)
values (fixture.id('norte sender'), '+525510000008', true, 'reply', now()), (fixture.id('norte sender'), '+525510000002', false, 'reply', now()),
  (fixture.id('sur sender'), '+525510000001', true, 'reply', now());

create function pg_temp.became(p_voter integer) returns text
language sql as $$
  select coalesce(r.skip_reason, 'writes to ' || r.phone)
  from wa.recipients(fixture.id('norte'), array(select wa.audience(fixture.id('norte'), '{}')), '{"1": "{{voter.first_name}}"}') r where r.voter_id = fixture.id('norte voter ' || p_voter);
$$;
select is(pg_temp.became(n), expected, sentence) from (values
  (1, 'writes to +525510000001', 'a voter with a number; a BAJA to another number does not count'),
  (2, 'writes to +525510000002', 'a voter who said ALTA'),
  (3, 'missing_number', 'no number'),
  (4, 'missing_number', 'a blank number'),
  (5, 'foreign_number', 'a number abroad'),
  (6, 'invalid_number', 'too short a number'),
  (7, 'missing_field', 'no name to greet'),
  (8, 'opted_out', 'a voter who said BAJA')) t(n, expected, sentence);
select is((select count(*) from wa.recipients(fixture.id('norte'), array(select wa.audience(fixture.id('norte'), '{}')), '{}')), 8::bigint, 'every voter of the campaign is listed, nobody of another');

-- One number, several voters: one message.
insert into public.voters (id, campaign_id, full_name, phone) values
  (fixture.id('norte voter 9'), fixture.id('norte'), 'Hugo', '(55) 1000-0007'),
  (fixture.id('norte voter 10'), fixture.id('norte'), null, '525510000007');
select is(pg_temp.became(9), 'writes to +525510000007', 'of voters who share a number, one with all fields keeps it');
select is(pg_temp.became(7), 'duplicate_number', 'the voter who lacks a field gives way');
select is(pg_temp.became(10), 'duplicate_number', 'and so does everybody else');
select is_empty($$
  select r.phone from wa.recipients(fixture.id('norte'), array(select wa.audience(fixture.id('norte'), '{}')), '{}') r where r.phone is not null group by r.phone having count(*) > 1 $$,
  'no number occurs twice, written to or not');

-- A name that nobody would see is none, however it got into the list.
insert into public.voters (id, campaign_id, full_name, phone)
select fixture.id('norte voter ' || v.n), fixture.id('norte'), v.name, v.phone from (values
  (11, E'\u00a0\u200b', '5510000011'), (12, 'Iris', '55 1000 0011'), (13, E'\u2800', '5510000013'),
  (14, E'\ufeffJuan\u00a0Ruiz', '5510000014'), (15, 'Karla', '510000015.0'), (16, 'Luis', '5510000016.0'), (17, 'Mara', '0000000000')) v(n, name, phone);
select is(pg_temp.became(n), expected, sentence) from (values
  (11, 'duplicate_number', 'a voter with an invisible name gives way'),
  (12, 'writes to +525510000011', 'to the voter who has one'),
  (13, 'missing_field', 'an invisible name alone is no name to greet'),
  (14, 'writes to +525510000014', 'invisible characters before a name are not the name'),
  (15, 'invalid_number', 'nine digits and a spreadsheet''s float are no number'),
  (16, 'writes to +525510000016', 'ten digits and a spreadsheet''s float are one'),
  (17, 'invalid_number', 'zeros are no number abroad')) t(n, expected, sentence);
select is((select params from wa.recipients(fixture.id('norte'), array(select wa.audience(fixture.id('norte'), '{}')), '{"1": "{{voter.first_name}}", "2": "{{voter.full_name}}", "3": "Hola {{voter.full_name}}"}')
    where voter_id = fixture.id('norte voter ' || n)), expected::jsonb, sentence) from (values
  (13, '{"1": null, "2": null, "3": null}', 'no parameter is made of what cannot be seen'),
  (14, E'{"1": "Juan", "2": "\ufeffJuan Ruiz", "3": "Hola \ufeffJuan Ruiz"}', 'white space is collapsed in fields alone and in sentences')) t(n, expected, sentence);
select is((select params from wa.recipients(fixture.id('norte'), array(select wa.audience(fixture.id('norte'), '{}')), E'{"1": "\u00a0"}') limit 1), '{"1": null}', 'nor of a fixed value that cannot be seen');

-- Consent.
update public.wa_campaign_settings set consent_required = true where campaign_id = fixture.id('norte');
insert into public.wa_consents (campaign_id, phone, obtained_at, source, revoked_at) values
  (fixture.id('norte'), '+525510000001', now(), 'form', null), (fixture.id('norte'), '+525510000002', now(), 'form', now()),
  (fixture.id('sur'), '+525510000007', now(), 'form', null);
select is(pg_temp.became(n), expected, sentence) from (values
  (1, 'writes to +525510000001', 'a voter with recorded consent'),
  (2, 'no_consent', 'revoked consent is none'),
  (9, 'no_consent', 'another campaign''s consent is none'),
  (8, 'opted_out', 'BAJA is named before missing consent')) t(n, expected, sentence);

-- Filters.
create function pg_temp.selected(p_filters jsonb) returns text
language sql as $$
  select string_agg(n::text, ',' order by n) from generate_series(1, 17) n
  where fixture.id('norte voter ' || n) in (select wa.audience(fixture.id('norte'), p_filters));
$$;
select is(pg_temp.selected(filters::jsonb), expected, format('%s selects %s', filters, coalesce(expected, 'nobody'))) from (values
  ('{"sentiment": ["positive", "negative"]}', '1,2,3'),
  ('{"sentiment": ["positive"], "section": ["0001"]}', '1'),
  ('{"tags": ["joven", "vecina"], "section": ["0001"]}', '1,3'),
  ('{"tags": []}', null)) t(filters, expected);
select is(pg_temp.selected(jsonb_build_object('voter_ids', jsonb_build_array(fixture.id('norte voter 2'), fixture.id('sur voter 100')))), '2',
  'a list of voters reaches nobody of another campaign');

select * from finish();
rollback;
