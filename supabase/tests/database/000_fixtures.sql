-- What the other files build on: campaigns that may send now, and questions they all ask. Committed.
-- A builder of its own beside devstack/stack/campaign.py: `supabase test db` runs these files without Python.
begin;
select plan(1);

create schema fixture;
grant usage on schema fixture to public;

create function fixture.id(p_name text) returns uuid
language sql immutable as $$ select md5(p_name)::uuid $$;

create function fixture.phone(p_n integer) returns text
language sql immutable as $$ select '+5255' || (10000000 + p_n) $$;

create function fixture.act_as(p_role text, p_user text default null) returns void
language plpgsql as $$
begin
  perform set_config('request.jwt.claims',
    case when p_user is null then '' else jsonb_build_object('sub', fixture.id(p_user), 'role', p_role)::text end, true);
  perform set_config('role', p_role, true);
end $$;

-- Meta's ids are digits.
create function fixture.meta_id(p_name text) returns text
language sql immutable as $$ select translate(left(md5(p_name), 15), 'abcdef', '012345') $$;

create function fixture.campaign(p_name text) returns uuid
language plpgsql as $$
declare
  campaign uuid := fixture.id(p_name);
begin
  insert into public.campaigns (id, name) values (campaign, p_name);
  insert into auth.users (id, email) values (fixture.id(p_name || ' member'), p_name || '@example.org');
  insert into public.campaign_members (campaign_id, user_id, role) values (campaign, fixture.id(p_name || ' member'), 'owner');
  insert into public.wa_senders (id, phone_number_id, waba_id, portfolio_id, queue_name, next_slot_at, messaging_limit_known)
    values (fixture.id(p_name || ' sender'), fixture.meta_id(p_name || ' number'), fixture.meta_id('account'), fixture.meta_id('portfolio'), p_name || '-queue', now() - interval '1 hour', true);
  insert into public.wa_campaign_settings (campaign_id, sender_id, display_name, candidate, office, party_legend, campaign_start, campaign_end, election_date, consent_required, spending_cap_usd, quiet_from, quiet_until)
    values (campaign, fixture.id(p_name || ' sender'), p_name, 'Ana Ruiz', 'Gubernatura', 'Partido Demo', current_date - 30, current_date + 36, current_date + 40, false, 1000000, null, null);
  insert into public.wa_templates (id, campaign_id, meta_template_name, category, status, body_text, footer_text)
    values (fixture.id(p_name || ' template'), campaign, 'saludo', 'MARKETING', 'approved', 'Hola {{1}}, somos {{2}}', 'Ana Ruiz, gubernatura, Partido Demo. Responde BAJA');
  return campaign;
end $$;

create function fixture.voters(p_campaign text, p_count integer, p_first integer default 0) returns void
language sql as $$
  insert into public.voters (id, campaign_id, full_name, phone)
  select fixture.id(p_campaign || ' voter ' || n), fixture.id(p_campaign), 'Votante ' || n, fixture.phone(n)
  from generate_series(p_first, p_first + p_count - 1) n;
$$;

-- As its member; needs no role because the function is security definer.
create function fixture.summary_of_job(p_campaign text, p_key text, p_filters jsonb default '{}',
  p_personalization jsonb default '{"1": "{{voter.first_name}}", "2": "{{campaign.name}}"}',
  p_scheduled_at timestamptz default null, p_user text default null) returns jsonb
language plpgsql as $$
declare
  summary jsonb;
begin
  perform set_config('request.jwt.claims', jsonb_build_object('sub', fixture.id(coalesce(p_user, p_campaign || ' member')))::text, true);
  summary := public.wa_create_job(fixture.id(p_campaign), fixture.id(p_campaign || ' template'), p_filters, p_personalization, p_key, p_scheduled_at);
  perform set_config('request.jwt.claims', '', true);
  return summary;
end $$;

create function fixture.job(p_campaign text, p_key text) returns uuid
language sql as $$ select (fixture.summary_of_job(p_campaign, p_key) ->> 'job_id')::uuid $$;

-- The message of a voter in the campaign's job with that key.
create function fixture.message(p_campaign text, p_key text, p_voter integer) returns uuid
language sql as $$
  select q.id from public.wa_send_queue q join public.communications c on c.job_id = q.job_id
  where c.campaign_id = fixture.id(p_campaign) and c.idempotency_key = p_key
    and q.recipient_voter_id = fixture.id(p_campaign || ' voter ' || p_voter);
$$;

create function fixture.claim(p_message uuid) returns text
language sql as $$
  select concat_ws(': ', a ->> 'decision', a ->> 'reason', a ->> 'status')
  from public.wa_claim_message(p_message, gen_random_uuid()) a;
$$;

create function fixture.status(p_message uuid) returns text
language sql as $$
  select concat_ws(': ', q.status, q.skip_reason) from public.wa_send_queue q where q.id = p_message;
$$;

-- Jobs whose counters differ from their rows: must always be empty.
create function fixture.miscounted()
returns table (job_id uuid, counted jsonb, stored jsonb)
language sql as $$
  select * from (
    select c.job_id,
      jsonb_build_array(count(q.*), count(*) filter (where q.status = 'sent'), count(q.delivered_at), count(q.read_at),
        count(*) filter (where q.status = 'failed'), count(*) filter (where q.status = 'skipped'),
        count(*) filter (where q.status = 'unknown'),
        count(*) filter (where q.status = 'sent' and q.held_at is not null and q.delivered_at is null),
        wa.count_reasons(array_agg(q.skip_reason))) as counted,
      jsonb_build_array(c.target_count, c.sent_count, c.delivered_count, c.read_count, c.failed_count, c.skipped_count,
        c.unknown_count, c.held_count, c.skipped_by_reason) as stored
    from public.communications c left join public.wa_send_queue q on q.job_id = c.job_id
    group by c.id) t
  where t.counted <> t.stored;
$$;

select has_schema('fixture');
select * from finish();
commit;
