-- The bridge's private schema, which characters can be seen, and the functions that know CampaignPro's own tables:
-- wa.my_campaigns, wa.filter_names with wa.audience, and wa.current_phone. An adopter whose tables look different rewrites
-- these. Two more things follow from theirs: the references to public.campaigns in the tables' migration, and, for other
-- filters than these three, the values that wa.require_known_filters compares.

create schema wa;
comment on schema wa is 'Internals of the WhatsApp bridge. Not exposed by PostgREST.';
revoke all on schema wa from public;
grant usage on schema wa to authenticated, service_role;

-- Security definer: membership must be readable inside row level security policies without
-- evaluating the policies of campaign_members for every row.
create function wa.my_campaigns()
returns setof uuid
language sql stable security definer
set search_path = ''
as $$
  select m.campaign_id from public.campaign_members m where m.user_id = (select auth.uid());
$$;
comment on function wa.my_campaigns() is 'Campaigns of the signed-in user. Adopters: adapt to your membership table.';

-- Both are the inside of a regular expression's [], spelled out because \s and [[:space:]] mean something else under
-- each collation. As constants they are folded into the pattern once per query, not once per voter.
create function wa.white_space()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select '\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000';
$$;
comment on function wa.white_space() is 'The characters that Unicode calls white space, and the four separators of ASCII.';

create function wa.invisible()
returns text
language sql immutable parallel safe
set search_path = ''
as $$
  select wa.white_space() || '\u0001-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2'
    '\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufe00-\ufe0f'
    '\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
    '\U000e0000-\U0010ffff';
$$;
comment on function wa.invisible() is 'White space, control and format characters, what Unicode calls default ignorable (DerivedCoreProperties.txt), private use, and the blank of braille. shared/rules/payloads.py has the same list.';

-- By what an audience may be selected, besides a list of voter_ids.
create function wa.filter_names()
returns text[]
language sql immutable parallel safe
set search_path = ''
as $$
  select '{sentiment,section,tags}'::text[];
$$;

-- p_filters: {sentiment[], section[], tags[]} are combined with "and", values within one with "or";
-- a voter_ids list replaces them all. fields: what {{voter.<name>}} may name in a message.
create function wa.audience(p_campaign_id uuid, p_filters jsonb)
returns table (voter_id uuid, phone text, sentiment text, section text, tags text[], fields jsonb)
language sql stable
set search_path = ''
as $$
  select v.id, v.phone, v.sentiment, v.section, v.tags,
    jsonb_build_object(
      'full_name', v.full_name,
      'first_name', substring(v.full_name from '[^' || wa.invisible() || '][^' || wa.white_space() || ']*'),
      'section', v.section)
  from public.voters v
  where v.campaign_id = p_campaign_id
    and case when p_filters ? 'voter_ids'
      then v.id in (select x::uuid from jsonb_array_elements_text(p_filters -> 'voter_ids') x)
      else (not p_filters ? 'sentiment'
          or v.sentiment in (select jsonb_array_elements_text(p_filters -> 'sentiment')))
        and (not p_filters ? 'section'
          or v.section in (select jsonb_array_elements_text(p_filters -> 'section')))
        and (not p_filters ? 'tags'
          or v.tags && array(select jsonb_array_elements_text(p_filters -> 'tags')))
      end;
$$;
comment on function wa.audience(uuid, jsonb) is 'Voters of a campaign that match the filters. Adopters: adapt to your voter table.';

-- No row: the voter is gone. Asked for each message before it leaves, so it must be quick: by the primary key.
-- Security definer: whoever sends the messages needs no right to read voters.
create function wa.current_phone(p_campaign_id uuid, p_voter_id uuid)
returns table (phone text)
language sql stable security definer
set search_path = ''
as $$
  select v.phone from public.voters v where v.id = p_voter_id and v.campaign_id = p_campaign_id;
$$;
comment on function wa.current_phone(uuid, uuid) is 'A voter''s number as it is now. Adopters: adapt to your voter table.';
