-- BAJA and ALTA: the latest word holds, and the voter's own word outranks WhatsApp's switches.
begin;
select plan(27);
select fixture.campaign('norte');
select fixture.campaign('sur');
select fixture.campaign('este');
update public.wa_campaign_settings set sender_id = fixture.id('norte sender') where campaign_id = fixture.id('sur');
select fixture.voters('norte', 2);
select fixture.job('norte', 'k');

-- "reply- 1, user_preferences+ 2": BAJA in a reply at second 1, then "resume" in the settings at second 2.
create function pg_temp.after(p_words text) returns text
language plpgsql as $$
begin
  perform wa.set_opt_out(fixture.id('norte sender'), fixture.phone(0), split_part(w, ' ', 1) like '%-', rtrim(split_part(w, ' ', 1), '+-'),
    timestamptz '2027-05-01 12:00+00' + make_interval(secs => split_part(w, ' ', 2)::integer)) from unnest(string_to_array(p_words, ', ')) w;
  raise exception '%', case when wa.is_opted_out(fixture.id('norte'), fixture.phone(0)) then 'out' else 'in' end
    || (select ', ' || count(*) from public.wa_audit_log where act like 'opt\_%') using errcode = 'XX999';
exception when sqlstate 'XX999' then
  return sqlerrm;
end $$;
select is(pg_temp.after(words), expected, format('%s: %s', words, expected)) from (values
  ('reply- 1', 'out, 1'), ('reply+ 1', 'in, 1'),
  ('reply- 1, reply- 1', 'out, 1'), ('reply- 1, reply+ 2', 'in, 2'), ('reply+ 2, reply- 1', 'in, 1'),
  ('reply+ 1, reply- 1', 'out, 2'), ('reply- 1, reply+ 1', 'out, 1'),
  ('user_preferences- 1, user_preferences+ 2', 'in, 2'), ('meta_error- 1, user_preferences+ 2', 'in, 2'),
  ('reply- 1, user_preferences+ 2', 'out, 1'), ('operator- 1, user_preferences+ 2', 'out, 1'),
  ('operator- 1, reply+ 2', 'in, 2'), ('user_preferences- 1, reply+ 2', 'in, 2'),
  ('reply- 1, user_preferences- 2, user_preferences+ 3', 'out, 2'), ('reply- 1, meta_error- 2, user_preferences+ 3', 'out, 2'),
  ('user_preferences- 1, reply- 2, user_preferences+ 3', 'out, 2'), ('reply- 1, user_preferences- 2, reply+ 3', 'in, 3')) t(words, expected);
-- The same word from a weaker source is worth remembering (an entry each), but it never weakens the first. 'sur', to which
-- the voter is a stranger, has no entry.

-- Whose wish it is.
update public.wa_send_queue set meta_user_id = 'MX.7', meta_message_id = 'wamid.7', sender_id = fixture.id('norte sender') where id = fixture.message('norte', 'k', 1);
create function pg_temp.apply(p_more jsonb) returns text
language sql as $$
  select format('changed %s, unresolved %s', a ->> 'changed', a ->> 'unresolved')
  from public.wa_apply_opt_outs(jsonb_build_array(jsonb_build_object('phone_number_id', fixture.meta_id('norte number')) || '{"opted_out": true, "source": "reply", "at": "2027-05-01T12:00:00Z"}' || p_more)) a;
$$;
select is(pg_temp.apply('{"phone": "+525510000000"}'), 'changed 1, unresolved 0', 'a wish counts once, for its number');
select set_eq($$ select c from unnest(array[fixture.id('norte'), fixture.id('sur'), fixture.id('este')]) c where wa.is_opted_out(c, '+525510000000') $$,
  array[fixture.id('norte'), fixture.id('sur')], 'and so for every campaign that writes from it, and for no other');
select is(pg_temp.apply('{"phone": "+525510000000"}'), 'changed 0, unresolved 0', 'a repeated wish changes nothing');
select is(pg_temp.apply('{"user_id": "MX.7"}'), 'changed 1, unresolved 0', 'without a number, Meta''s id of the voter tells whose wish it is');
select is(pg_temp.apply('{"context_message_id": "wamid.7", "opted_out": false, "at": "2027-05-01T12:00:01Z"}'), 'changed 0, unresolved 1', 'a quotation alone lets nobody in again');
select is(pg_temp.apply('{"user_id": "MX.7", "opted_out": false, "at": "2027-05-01T12:00:02Z"}'), 'changed 1, unresolved 0', 'the same word under their own id does');
select is(pg_temp.apply('{"context_message_id": "wamid.7", "at": "2027-05-01T12:00:03Z"}'), 'changed 1, unresolved 0', 'for silence the message they answer is enough');
select is(pg_temp.apply('{"user_id": "MX.8"}'), 'changed 0, unresolved 1', 'a wish of nobody we know is counted');
select is(pg_temp.apply('{"phone": "+525510000000", "phone_number_id": "unknown"}'), 'changed 0, unresolved 1', 'a wish that reached a number we do not know is counted');
select is_empty($$ select details from public.wa_audit_log where details::text like '%5510000000%' $$, 'the audit log never names the number');

select * from finish();
rollback;
