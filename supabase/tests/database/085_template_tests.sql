-- Tests: to whom, how they are kept apart, and that the way is every message's.
begin;
select plan(9);
select fixture.campaign('norte');
select fixture.voters('norte', 1);

create function pg_temp.tried(p_phone text, p_key text) returns text
language plpgsql as $$
begin
  perform set_config('request.jwt.claims', jsonb_build_object('sub', fixture.id('norte member'))::text, true);
  return public.wa_test_template(fixture.id('norte template'), p_phone, '{"1": "{{campaign.candidate}}", "2": "b"}', p_key) ->> 'status';
exception when others then
  return sqlstate || ' ' || sqlerrm;
end $$;

select is(pg_temp.tried('5510000000', 'a'), 'PT422 test_number_unknown', 'a voter of the list is nobody to try templates on');
select set_config('request.jwt.claims', jsonb_build_object('sub', fixture.id('norte member'))::text, true);
select is(public.wa_add_test_number(fixture.id('norte'), '55 1000 0900', 'Beto') ->> 'phone', fixture.phone(900), 'a number is kept as one that can be dialled');
select is(pg_temp.tried('5510000900', 'a'), 'queued', 'one of the campaign''s own may be written to');
select results_eq($$ select c.is_test, c.target_count, c.pending_count, c.canary_state, q.recipient_phone, q.template_params ->> '1'
  from public.communications c join public.wa_send_queue q on q.job_id = c.job_id $$,
  $$ values (true, 1, 1, null::text, fixture.phone(900), 'Ana Ruiz') $$, 'a test is a job of one message with its words');
select is(public.wa_list_jobs(fixture.id('norte')), '[]', 'it is in no list');
select is(wa.committed_messages(fixture.id('norte')), 0::bigint, 'and costs nothing of the budget');
select is(fixture.claim(q.id), 'send', 'it is claimed as any message') from public.wa_send_queue q;
select is_empty('select from public.wa_recent_contacts', 'and is nobody''s message of the day');
select is_empty('select * from fixture.miscounted()', 'its job is counted');

select * from finish();
rollback;
