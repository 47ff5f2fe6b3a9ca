-- Everything that knows CampaignPro's own tables and roles: an adopter whose tables look different
-- rewrites these functions. Besides, our tables refer to public.campaigns.

-- What each role may do. read_figures: counts of jobs, templates, settings. read_people: who is in
-- a job, consents, opt-outs. send: preview, send, pause, resume, cancel, move. approve: decide
-- about unknown messages. administer: write the settings, read the audit log. A role that is not
-- listed may do nothing.
create function wa.actions_of_role(p_role text)
returns text[]
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when p_role in ('owner', 'admin') then
      '{read_figures,read_people,send,approve,administer}'::text[]
    when p_role = 'promoter' then '{read_figures,read_people,send}'
    when p_role = 'viewer' then '{read_figures}'
    else '{}'
  end;
$$;
comment on function wa.actions_of_role(text) is
  'Adopters: adapt to your roles; the names of the actions stay.';

-- The one question that every function and policy asks.
-- Security definer, like the next one: membership must be readable inside row level security
-- policies without evaluating the policies of campaign_members for every row.
create function wa.my_campaigns(p_action text)
returns setof uuid
language sql stable security definer
set search_path = ''
as $$
  select m.campaign_id
  from wa.my_memberships() m
  where p_action = any (wa.actions_of_role(m.role));
$$;
comment on function wa.my_campaigns(text) is
  'Campaigns in which the signed-in user may do this.';
grant execute on function wa.my_campaigns(text)
  to authenticated;

create function wa.my_role(p_campaign_id uuid)
returns text
language sql stable security definer
set search_path = ''
as $$
  select m.role from wa.my_memberships() m where m.campaign_id = p_campaign_id;
$$;
comment on function wa.my_role(uuid) is
  'The signed-in user''s role in a campaign; null: none.';
grant execute on function wa.my_role(uuid)
  to authenticated;

-- Who belongs where, for the two functions above alone.
create function wa.my_memberships()
returns table (campaign_id uuid, role text)
language sql stable
set search_path = ''
as $$
  select m.campaign_id, m.role
  from public.campaign_members m
  where m.user_id = (select auth.uid());
$$;
comment on function wa.my_memberships() is
  'The signed-in user''s campaigns and roles. Adopters: adapt to your membership table.';

-- By what an audience may be selected, besides a list of voter_ids.
create function wa.filter_names()
returns text[]
language sql immutable parallel safe
set search_path = ''
as $$
  select '{sentiment,section,tags}'::text[];
$$;
grant execute on function wa.filter_names()
  to authenticated;

-- The values of one of them that voters have, as far as the caller may see these, and how many have
-- each.
create function wa.filter_value_counts(p_campaign_id uuid, p_name text)
returns table (value text, voters bigint)
language sql stable
set search_path = ''
as $$
  select x.value, count(*)
  from public.voters v, lateral (
    select unnest(case p_name
      when 'sentiment' then array[v.sentiment]
      when 'section' then array[v.section]
      when 'tags' then v.tags
    end) as value) x
  where v.campaign_id = p_campaign_id and x.value is not null
  group by x.value;
$$;
grant execute on function wa.filter_value_counts(uuid, text)
  to authenticated;

create function wa.filter_values(p_campaign_id uuid, p_name text)
returns setof text
language sql stable
set search_path = ''
as $$
  select c.value from wa.filter_value_counts(p_campaign_id, p_name) c;
$$;
grant execute on function wa.filter_values(uuid, text)
  to authenticated;

-- What a person reads for a value.
create function wa.filter_label(p_name text, p_value text)
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select case
    when p_name <> 'sentiment' then p_value
    else coalesce(
      '{"positive": "A favor", "leaning": "Inclinado", "neutral": "Indeciso",
        "undecided": "Indeciso", "negative": "En contra"}'::jsonb ->> p_value, p_value)
  end;
$$;
comment on function wa.filter_label(text, text) is
  'The words for a filter''s value. Adopters: adapt to your values.';
grant execute on function wa.filter_label(text, text)
  to authenticated;

-- Which voters. p_filters: {sentiment[], section[], tags[]} are combined with "and", values within
-- one with "or"; a voter_ids list replaces them all. It runs as the signed-in user: nobody writes
-- to voters whom row level security hides from them.
create function wa.audience(p_campaign_id uuid, p_filters jsonb)
returns setof uuid
language sql stable
set search_path = ''
as $$
  select v.id
  from public.voters v
  where v.campaign_id = p_campaign_id
    and case
      when p_filters ? 'voter_ids' then
        v.id in (select x::uuid from jsonb_array_elements_text(p_filters -> 'voter_ids') x)
      else
        (not p_filters ? 'sentiment'
          or v.sentiment in (select jsonb_array_elements_text(p_filters -> 'sentiment')))
        and (not p_filters ? 'section'
          or v.section in (select jsonb_array_elements_text(p_filters -> 'section')))
        and (not p_filters ? 'tags'
          or v.tags && array(select jsonb_array_elements_text(p_filters -> 'tags')))
    end;
$$;
comment on function wa.audience(uuid, jsonb) is
  'Voters of a campaign that match the filters. Adopters: adapt to your voter table.';
grant execute on function wa.audience(uuid, jsonb)
  to authenticated;

-- What {{voter.<name>}} may name in a message: the members of fields below.
create function wa.voter_fields()
returns text[]
language sql immutable parallel safe
set search_path = ''
as $$
  select '{full_name,first_name,section}'::text[];
$$;

-- What a message needs of its voters. Security definer, like the next one: whoever sends messages
-- needs no right to read voters; whom they may write to has been asked in their name.
create function wa.voters(p_campaign_id uuid, p_voter_ids uuid[])
returns table (voter_id uuid, phone text, fields jsonb)
language sql stable security definer
set search_path = ''
as $$
  select v.id, v.phone, jsonb_build_object(
    'full_name', v.full_name,
    'first_name', substring(
      v.full_name from '[^' || wa.invisible() || '][^' || wa.white_space() || ']*'),
    'section', v.section)
  from public.voters v
  where v.id = any (p_voter_ids) and v.campaign_id = p_campaign_id;
$$;
comment on function wa.voters(uuid, uuid[]) is
  'Numbers and fields of voters. Adopters: adapt to your voter table.';

-- No row: the voter is gone. Asked for each message before it leaves, so it must be quick: by the
-- primary key, and in plpgsql, which keeps the plan.
create function wa.current_phone(p_campaign_id uuid, p_voter_id uuid)
returns table (phone text)
language plpgsql stable security definer
set search_path = ''
as $$
begin
  return query
    select v.phone
    from public.voters v
    where v.id = p_voter_id and v.campaign_id = p_campaign_id;
end $$;
comment on function wa.current_phone(uuid, uuid) is
  'A voter''s number as it is now. Adopters: adapt to your voter table.';
