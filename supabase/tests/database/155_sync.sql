-- What Meta answers when it is asked: templates and numbers follow, the newer word counts, operators decide.
begin;
select plan(36);
select fixture.campaign('norte');
select fixture.voters('norte', 3);
select fixture.job('norte', 'k');
update public.wa_senders set state_changed_at = now() - interval '1 day';
create function pg_temp.sync(p_at interval, p_template jsonb default null, p_sender jsonb default null, p_waba text default fixture.meta_id('account')) returns jsonb
language sql as $$
  select public.wa_apply_sync(p_waba, now() + p_at,
    case when p_template is not null then jsonb_build_array(
      '{"meta_template_id": "7", "name": "saludo", "language": "es_MX", "status": "approved", "category": "MARKETING", "quality": null, "reason": null}' || p_template) end,
    case when p_sender is not null then jsonb_build_array(jsonb_build_object('phone_number_id', fixture.meta_id('norte number')) || '{"blocks": false, "limit_known": false}' || p_sender) else '[]' end) $$;
create function pg_temp.job() returns text language sql as $$
  select concat_ws(' ', c.status, c.paused_by, c.status_reason is not null) from public.communications c $$;
create function pg_temp.number() returns text language sql as $$ select concat_ws(': ', s.state, s.state_reason) from public.wa_senders s $$;

select is(public.wa_list_accounts(), jsonb_build_array(jsonb_build_object('waba_id', fixture.meta_id('account'), 'credential', 'default',
  'phone_number_ids', array[fixture.meta_id('norte number')])), 'accounts are listed with the numbers to ask about');
update public.wa_senders set standing_checked_at = null;

-- Templates.
select is(pg_temp.sync('-9 min', '{"quality": "GREEN"}'), '{"templates": 1, "unknown": 0, "senders": 0}', 'what differs is noted');
select is((select concat_ws(' ', meta_template_id, quality, status, status_changed_at) from public.wa_templates),
  (select concat_ws(' ', '7', 'GREEN', 'approved', 'epoch'::timestamptz)), 'id and quality, and the status is as old as it was');
select is(pg_temp.sync('-9 min', '{}'), '{"templates": 0, "unknown": 0, "senders": 0}', 'the same again changes nothing');
select is(pg_temp.sync('-8 min', '{"status": "paused"}'), '{"templates": 1, "unknown": 0, "senders": 0}', 'a paused template is news');
select is(pg_temp.job(), 'paused template t', 'its job waits, with the reason');
select is(pg_temp.sync('-7 min', '{"status": null, "category": "UTILITY", "quality": "RED"}') ->> 'templates', '1', 'a word we do not know tells nothing about the status');
select is((select concat_ws(' ', status, category, quality) from public.wa_templates), 'paused UTILITY RED', 'but the rest of the answer holds');
select pg_temp.sync('-6 min', '{}');
select is(pg_temp.job(), 'processing f', 'approved again, its job goes on');
select is((select category || ' ' || quality from public.wa_templates), 'MARKETING RED', 'a quality that Meta does not tell stays as it was');
select pg_temp.sync('-5 min', '{"status": "rejected", "reason": "TAG_CONTENT_MISMATCH"}');
select is((select status || ' ' || rejected_reason from public.wa_templates), 'rejected TAG_CONTENT_MISMATCH', 'a rejection comes with its reason');
select is(pg_temp.sync('-5 min', '{}') ->> 'templates', '0', 'a listing no newer than what we know is too late');
select public.wa_apply_account_changes(jsonb_build_array(jsonb_build_object('waba_id', fixture.meta_id('account'), 'meta_template_id', '7', 'status', 'approved', 'at', now())), '[]');
select is(pg_temp.sync('-1 min', '{"status": "paused"}') ->> 'templates', '0', 'an event reported after the question was asked is newer than the answer');
select is((select status from public.wa_templates) || ' ' || pg_temp.job(), 'approved processing f', 'and holds');
update public.communications set status = 'paused', paused_by = 'user';
select pg_temp.sync('1 min', '{"status": "paused"}');
select pg_temp.sync('2 min', '{}');
select is(pg_temp.job(), 'paused user f', 'a job paused by its user waits for its user');
select is(pg_temp.sync('3 min', '{"name": "otra"}'), '{"templates": 0, "unknown": 1, "senders": 0}', 'a template that is not in the registry is counted, not created');
select is(pg_temp.sync('3 min', '{"status": "paused"}', p_waba => 'another account'), '{"templates": 0, "unknown": 1, "senders": 0}', 'another account''s template of the same name is not ours');
select is(pg_temp.sync('4 min', '{"meta_template_id": "8", "status": "paused"}') ->> 'templates', '1', 'a template that was made again has another id');
select is((select meta_template_id || ' ' || status from public.wa_templates), '8 paused', 'and is the one that counts');

-- Numbers.
select is(pg_temp.sync('1 min', null, '{"meta_status": "CONNECTED", "quality": "GREEN", "throughput": "STANDARD", "limit_known": true, "messaging_limit": 2000}'),
  '{"templates": 0, "unknown": 0, "senders": 1}', 'standing is noted');
select is((select concat_ws(' ', meta_status, quality, throughput, messaging_limit, standing_checked_at = now() + interval '1 min') from public.wa_senders),
  'CONNECTED GREEN STANDARD 2000 t', 'in full, with the time of the question');
select is(wa.portfolio_limit(fixture.meta_id('portfolio')), 2000::bigint, 'Meta''s limit holds');
update public.wa_senders set daily_limit = 500;
select is(wa.portfolio_limit(fixture.meta_id('portfolio')), 500::bigint, 'and the operator''s, if it is lower');
select is(pg_temp.sync('2 min', null, '{}') ->> 'senders', '0', 'what Meta does not tell stays as it was');
select is(pg_temp.sync('3 min', null, '{"limit_known": true}') ->> 'senders', '1', 'no limit at Meta is an answer, too');
select is(wa.portfolio_limit(fixture.meta_id('portfolio')), 500::bigint, 'which leaves the operator''s');
select pg_temp.sync('1 min', null, '{"meta_status": "BANNED", "blocks": true}');
select is(pg_temp.number(), 'ok', 'an answer older than the last one is too late');

-- block_senders takes the time from the clock, now() is the transaction's.
create function pg_temp.age() returns void language sql as $$ update public.wa_senders set state_changed_at = now() - interval '1 day', standing_checked_at = null $$;
select pg_temp.age();
select pg_temp.sync('0 s', null, '{"meta_status": "BANNED", "blocks": true}');
select is(pg_temp.number(), 'blocked: WhatsApp reporta este número como BANNED.', 'a banned number stops, with the reason');
update public.wa_senders set state = 'ok', state_reason = null;
select pg_temp.age();
select pg_temp.sync('0 s', null, '{"meta_status": "BANNED", "blocks": true}');
select is(pg_temp.number(), 'ok', 'once: whoever released it since knew more than the label says');
select pg_temp.sync('1 s', null, '{"meta_status": "FLAGGED", "blocks": true}');
select is(pg_temp.number(), 'blocked: WhatsApp reporta este número como FLAGGED.', 'another status is news');
select pg_temp.age();
select pg_temp.sync('-1 s', null, '{}');
select is(pg_temp.number(), 'blocked: WhatsApp reporta este número como FLAGGED.', 'and holds until Meta says otherwise');
select pg_temp.age();
select pg_temp.sync('0 s', null, '{"meta_status": "CONNECTED"}');
select is(pg_temp.number(), 'ok', 'a connected number that its status had stopped goes on');
update public.wa_senders set state = 'blocked', state_reason = 'Problema de pago';
select pg_temp.sync('5 s', null, '{"meta_status": "FLAGGED", "blocks": true}');
select pg_temp.sync('6 s', null, '{"meta_status": "CONNECTED"}');
select is(pg_temp.number(), 'blocked: Problema de pago', 'one that something else stopped waits for its probe, and keeps its reason');
update public.wa_senders set state = 'paused', state_reason = 'Vacaciones';
select pg_temp.sync('7 s', null, '{"meta_status": "RESTRICTED", "blocks": true}');
select is(pg_temp.number(), 'paused: Vacaciones', 'one that its operator paused stays with its operator');
select pg_temp.sync('8 s', null, '{"meta_status": "CONNECTED"}');
select is(pg_temp.number(), 'paused: Vacaciones', 'also when Meta has nothing against it');
update public.wa_senders set state = 'ok', state_reason = null, state_changed_at = now() + interval '1 hour';
select is(pg_temp.sync('10 s', null, '{"meta_status": "BANNED", "blocks": true}') ->> 'senders', '0', 'what was asked before a number''s present state says nothing about it');
select * from finish();
rollback;
