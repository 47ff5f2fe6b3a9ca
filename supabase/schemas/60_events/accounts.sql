-- What Meta does to accounts and numbers: they stop, and go on.

-- p_templates: [{waba_id, meta_template_id, name, language, status, reason, category, quality,
-- deleted, at}], where null changes nothing; p_accounts: [{waba_id, meta_event, blocked, reason,
-- until, limit_known, messaging_limit, at}]. Returns {templates, jobs_paused, accounts}: how many
-- rows changed; and {unknown_templates, unknown_accounts}: the positions (from 0) of the changes
-- that were about none of ours.
create function public.wa_apply_account_changes(p_templates jsonb, p_accounts jsonb)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  templates jsonb := wa.apply_template_changes(p_templates);
  accounts jsonb := wa.apply_account_changes(p_accounts);
begin
  return templates || jsonb_build_object(
    'accounts', accounts -> 'accounts',
    'unknown_accounts', accounts -> 'unknown',
    'unknown_templates', array(
      select n
      from generate_series(0, jsonb_array_length(p_templates) - 1) n
      where n + 1 not in (select m.n from wa.matching_templates(p_templates) m)));
end $$;
revoke all on function public.wa_apply_account_changes(jsonb, jsonb)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_apply_account_changes(jsonb, jsonb)
  to wa_apply_events;

-- Returns {accounts, unknown}: how many senders the changes were about, and which changes (from 0)
-- were about none. Each change ends only what the same word of Meta's began; one whose time is over
-- does nothing.
create function wa.apply_account_changes(p_changes jsonb)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  change record;
  senders uuid[];
  changed integer := 0;
  unknown bigint[] := '{}';
begin
  perform from public.wa_senders s
  where s.waba_id in (select c ->> 'waba_id' from jsonb_array_elements(p_changes) c)
  order by s.id for no key update;
  for change in
    select *
    from
      rows from (jsonb_to_recordset(p_changes) as (
        waba_id text, meta_event text, blocked boolean, reason text, until timestamptz,
        limit_known boolean, messaging_limit integer, at timestamptz))
      with ordinality c(
        waba_id, meta_event, blocked, reason, until, limit_known, messaging_limit, at, n)
    order by date_trunc('second', c.at), c.blocked, c.until nulls last, c.n
  loop
    senders := array(
      select s.id from public.wa_senders s where s.waba_id = change.waba_id order by s.id);
    changed := changed + cardinality(senders);
    if senders = '{}' then
      unknown := unknown || (change.n - 1);
    elsif change.limit_known then
      perform wa.note_messaging_limit(change.waba_id, change.messaging_limit, change.at);
    elsif change.at is not null and coalesce(change.until > now(), true) then
      senders := wa.note_account_word(
        senders, change.meta_event, change.blocked, change.until, change.at);
      if change.blocked then
        perform wa.block_account(
          senders, change.meta_event, change.reason, change.until, change.at);
      else
        perform wa.end_cause(senders, change.meta_event, change.at);
      end if;
    end if;
  end loop;
  return jsonb_build_object('accounts', changed, 'unknown', unknown);
end $$;

-- Whoever let a number go on after Meta had said this, an operator or a message that Meta took,
-- knew more. A number that is blocked already is blocked for this, too, and its cool-down stays as
-- it is.
create function wa.block_account(
  p_senders uuid[], p_word text, p_reason text, p_until timestamptz, p_at timestamptz)
returns void
language sql
set search_path = ''
as $$
  select wa.block_senders(
    array(
      select s.id
      from public.wa_senders s
      where s.id = any (p_senders)
        and s.state = 'ok'
        and date_trunc('second', s.state_changed_at) <= p_at),
    p_word, p_reason, clock_timestamp());
  update public.wa_senders s
  set state_reason = p_reason,
    blocked_by = s.blocked_by || jsonb_build_object(
      p_word, jsonb_build_object('since', p_at, 'reason', p_reason, 'until', p_until)),
    blocked_until = case
      when s.blocked_until is not null then greatest(s.blocked_until, p_until)
    end
  where s.id = any (p_senders) and s.state = 'blocked';
$$;

-- Returns the numbers for which this is news. Events come late, again and in any order: what counts
-- is when Meta said it, in whole seconds, and of two words of one second the one that stops, or
-- stops for longer.
create function wa.note_account_word(
  p_senders uuid[], p_word text, p_blocked boolean, p_until timestamptz, p_at timestamptz)
returns uuid[]
language sql
set search_path = ''
as $$
  with noted as (
    update public.wa_senders s
    set account_words = s.account_words || jsonb_build_object(
      p_word, jsonb_build_object('at', p_at, 'blocked', p_blocked, 'until', p_until))
    from (
      select o.id, o.account_words -> p_word as last
      from public.wa_senders o
      where o.id = any (p_senders)
      order by o.id for no key update) w
    where s.id = w.id
      and (w.last is null
        or (date_trunc('second', p_at), p_blocked, coalesce(p_until, 'infinity'))
          > (date_trunc('second', (w.last ->> 'at')::timestamptz),
            (w.last ->> 'blocked')::boolean,
            coalesce((w.last ->> 'until')::timestamptz, 'infinity')))
    returning s.id)
  select coalesce(array_agg(n.id), '{}') from noted n;
$$;

-- Meta's limit is the portfolio's: it holds for all its numbers at once. Of two words of one second
-- the lower holds.
create function wa.note_messaging_limit(p_waba_id text, p_limit integer, p_at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  portfolios text[] := array(
    select s.portfolio_id from public.wa_senders s where s.waba_id = p_waba_id);
begin
  perform from public.wa_senders s
  where s.portfolio_id = any (portfolios)
  order by s.id for no key update;
  update public.wa_senders s
  set messaging_limit = p_limit,
    messaging_limit_known = true,
    messaging_limit_at = p_at
  where s.portfolio_id = any (portfolios)
    and (s.messaging_limit_at is null
      or (date_trunc('second', p_at), -coalesce(p_limit, 2147483647))
        > (date_trunc('second', s.messaging_limit_at), -coalesce(s.messaging_limit, 2147483647)));
end $$;
