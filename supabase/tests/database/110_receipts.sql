-- Receipts come in any order, any number of times, and always end alike.
begin;
select plan(34);
select fixture.campaign('norte');
select fixture.campaign('sur');
select fixture.voters('norte', 3);
select fixture.voters('sur', 1);
select fixture.job('norte', 'k');
select fixture.job('sur', 'k');

create function pg_temp.receipt(p_status text, p_second integer, p_message uuid, p_more jsonb default '{}') returns jsonb
language sql as $$
  select jsonb_build_object('message_id', p_message, 'phone_number_id', coalesce((select s.phone_number_id from public.wa_send_queue q
      join public.wa_senders s on s.id = q.sender_id where q.id = p_message), fixture.meta_id('norte number')), 'meta_message_id', 'wamid.0', 'status', p_status,
    'at', timestamptz '2027-05-01 12:00:00+00' + make_interval(secs => p_second)) || case p_status when 'failed' then '{"error_code": 131026}'::jsonb else '{}' end || p_more;
$$;
create function pg_temp.seconds(p_at timestamptz) returns integer
language sql as $$ select extract(epoch from p_at - timestamptz '2027-05-01 12:00:00+00')::integer $$;

-- Applies receipts ("delivered 3, read 4"), one call each or all in one, to a message in a state.
create function pg_temp.after(p_receipts text, p_state text default 'sent', p_batch boolean default false) returns text
language plpgsql as $$
declare
  message uuid := fixture.message('norte', 'k', 0);
  batch jsonb;
begin
  update public.wa_send_queue set status = p_state, attempts = 1, sender_id = fixture.id('norte sender'), skip_reason = case p_state when 'skipped' then 'expired' end,
    meta_message_id = case when p_state in ('sent', 'failed with id') then 'wamid.0' end where id = message;
  select jsonb_agg(pg_temp.receipt(split_part(r, ' ', 1), split_part(r, ' ', 2)::integer, message) order by n) into batch
    from unnest(string_to_array(p_receipts, ', ')) with ordinality t(r, n);
  if p_batch then
    perform public.wa_apply_receipts(batch);
  else
    perform public.wa_apply_receipts(jsonb_build_array(r)) from jsonb_array_elements(batch) r;
  end if;
  raise exception '%', (select concat_ws(', ', q.status, 'sent ' || pg_temp.seconds(q.sent_at), 'delivered ' || pg_temp.seconds(q.delivered_at),
      'read ' || pg_temp.seconds(q.read_at), 'error ' || q.error_code, case when exists (select from fixture.miscounted()) then 'MISCOUNTED' end)
    from public.wa_send_queue q where q.id = message) using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
select is(pg_temp.after(receipts), expected, format('%s: %s', receipts, expected)) from (values
  ('sent 1', 'sent, sent 1'),
  ('delivered 2', 'sent, sent 2, delivered 2'),
  ('read 3', 'sent, sent 3, delivered 3, read 3'),
  ('failed 4', 'failed, error 131026'),
  ('sent 1, failed 4', 'failed, sent 1, error 131026'),
  ('failed 4, sent 1', 'failed, sent 1, error 131026'),
  ('failed 4, delivered 2', 'sent, sent 2, delivered 2'),
  ('delivered 2, failed 4', 'sent, sent 2, delivered 2')) t(receipts, expected);

-- Every order of the usual four, each said twice, in calls of their own or in one.
create temporary table shuffled as
  select string_agg(r, ', ' order by n) as receipts from (
    select a.r || ', ' || b.r || ', ' || c.r || ', ' || d.r || ', ' || a.r || ', ' || c.r as r, 1 as n, a.r || b.r || c.r as k
    from unnest('{sent 1,delivered 2,read 3,failed 4}'::text[]) a(r), unnest('{sent 1,delivered 2,read 3,failed 4}'::text[]) b(r),
      unnest('{sent 1,delivered 2,read 3,failed 4}'::text[]) c(r), unnest('{sent 1,delivered 2,read 3,failed 4}'::text[]) d(r)
    where array_length(array(select distinct x from unnest(array[a.r, b.r, c.r, d.r]) x), 1) = 4) p group by k;
select is((select count(*) from shuffled), 24::bigint, 'all orders of four receipts');
select results_eq('select distinct pg_temp.after(receipts) from shuffled', $$ values ('sent, sent 1, delivered 2, read 3') $$, 'every order ends alike');
select results_eq('select distinct pg_temp.after(receipts, ''sent'', true) from shuffled', $$ values ('sent, sent 1, delivered 2, read 3') $$, 'in one batch too');
select results_eq('select distinct pg_temp.after(receipts, ''unknown'') from shuffled', $$ values ('sent, sent 1, delivered 2, read 3') $$, 'and for a message whose answer was lost');
select results_eq($$ select distinct pg_temp.after(receipts, state) from unnest('{"sent 1, failed 4, sent 1","failed 4, sent 1, failed 4","failed 4, failed 4, sent 1"}'::text[]) receipts,
  unnest('{sending,sent,unknown,failed}'::text[]) state $$, $$ values ('failed, sent 1, error 131026') $$, 'without a delivery every order ends failed');

-- From every state.
select is(pg_temp.after(receipts, state), expected, format('%s for a %s message: %s', receipts, state, expected)) from (values
  ('sending', 'sent 1', 'sent, sent 1'), ('unknown', 'sent 1', 'sent, sent 1'), ('unknown', 'failed 4', 'failed, error 131026'),
  ('failed', 'sent 1', 'sent, sent 1'), ('failed', 'read 3', 'sent, sent 3, delivered 3, read 3'), ('queued', 'delivered 2', 'sent, sent 2, delivered 2'),
  ('skipped', 'sent 1', 'sent, sent 1')) t(state, receipts, expected);

-- Repeats, strangers, ids.
update public.wa_send_queue set attempts = 1, sender_id = fixture.id('norte sender') where id = fixture.message('norte', 'k', 1);
create temporary table once as select public.wa_apply_receipts(jsonb_build_array(pg_temp.receipt('delivered', 2, fixture.message('norte', 'k', 1)))) as answer;
select is(answer, '{"matched": 1, "unmatched": 0, "changed": 1, "resolvable": 0}', 'a receipt changes its message') from once;
create temporary table after_once as select q.*, q.xmin as version from public.wa_send_queue q where q.id = fixture.message('norte', 'k', 1);
select is(public.wa_apply_receipts(jsonb_build_array(pg_temp.receipt('delivered', 2, fixture.message('norte', 'k', 1)))), '{"matched": 1, "unmatched": 0, "changed": 0, "resolvable": 0}', 'a repeated receipt changes nothing');
select is(public.wa_apply_receipts('[]'), '{"matched": 0, "unmatched": 0, "changed": 0, "resolvable": 0}', 'no receipts, no change');
select is(public.wa_apply_receipts(jsonb_build_array(pg_temp.receipt('read', 3, fixture.id('stranger'), '{"meta_message_id": "wamid.strange"}'))), '{"matched": 0, "unmatched": 1, "changed": 0, "resolvable": 0}', 'a receipt for somebody else''s message is counted');
select is(public.wa_apply_receipts(jsonb_build_array(pg_temp.receipt('read', 3, null))), '{"matched": 1, "unmatched": 0, "changed": 1, "resolvable": 0}', 'without our id Meta''s finds the message');
select is((select read_at is not null from public.wa_send_queue where id = fixture.message('norte', 'k', 1)), true, 'and settles it');

-- Two campaigns in one batch, and what a failure gives back.
select is(fixture.claim(fixture.message('norte', 'k', 2)) || ' ' || fixture.claim(fixture.message('sur', 'k', 0)), 'send send', 'two campaigns write');
select public.wa_apply_receipts(jsonb_build_array(
  pg_temp.receipt('failed', 4, fixture.message('norte', 'k', 2), '{"meta_message_id": "wamid.n", "frees_contact": true, "user_id": "MX.1"}'),
  pg_temp.receipt('failed', 4, fixture.message('sur', 'k', 0), '{"meta_message_id": "wamid.s", "frees_contact": false, "opts_out": true}')));
select set_eq('select phone from public.wa_recent_contacts', array[fixture.phone(0)], 'a failure gives the day''s slot back where Meta says that nothing arrived');
select ok(wa.is_opted_out(fixture.id('sur'), fixture.phone(0)), 'Meta''s word that the voter wants no more is a BAJA');
select ok(not wa.is_opted_out(fixture.id('norte'), fixture.phone(0)), 'at that number only');
select is((select meta_user_id from public.wa_send_queue where id = fixture.message('norte', 'k', 2)), 'MX.1', 'Meta''s id of the voter is kept for replies');
select is((select status from public.communications where campaign_id = fixture.id('sur')), 'failed', 'a job whose only message failed has failed');
select public.wa_apply_receipts(jsonb_build_array(pg_temp.receipt('read', 5, fixture.message('sur', 'k', 0), '{"meta_message_id": "wamid.s"}')));
select is((select status from public.communications where campaign_id = fixture.id('sur')), 'completed', 'a late receipt still moves an ended job');
select is_empty('select * from fixture.miscounted()', 'counters equal rows');

select * from finish();
rollback;
