-- POST /audience: whom a job would reach, and when; nothing is written.

-- The two calls that select voters are each in two halves. The public one runs as the signed-in
-- user: whom row level security hides from them is not in their audience. The other one is security
-- definer, as all that write jobs are: members may read jobs, but nobody but these functions writes
-- them. It asks for the right again, and takes of p_voter_ids only what is the campaign's.
create function public.wa_preview_audience(
  p_campaign_id uuid,
  p_filters jsonb,
  p_template_id uuid default null,
  p_personalization jsonb default '{}',
  p_scheduled_at timestamptz default null)
returns jsonb
language plpgsql stable
set search_path = ''
set statement_timeout = '30s'
as $$
begin
  perform wa.require_may(p_campaign_id, 'send');
  perform wa.begin_large_call(p_campaign_id);
  perform wa.require_known_filters(p_campaign_id, p_filters);
  return wa.preview(p_campaign_id, array(select wa.audience(p_campaign_id, p_filters)),
    p_template_id, p_personalization, greatest(p_scheduled_at, now()));
end $$;
revoke all on function public.wa_preview_audience(uuid, jsonb, uuid, jsonb, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_preview_audience(uuid, jsonb, uuid, jsonb, timestamptz)
  to authenticated;

create function wa.preview(
  p_campaign_id uuid, p_voter_ids uuid[], p_template_id uuid, p_personalization jsonb,
  p_at timestamptz)
returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  sender public.wa_senders;
  reasons text[];
  eligible bigint;
begin
  perform wa.require_may(p_campaign_id, 'send');
  if p_template_id is not null then
    perform wa.require_lasting_header(wa.require_template(p_campaign_id, p_template_id), p_at);
    perform wa.require_personalization(p_campaign_id, p_template_id, p_personalization);
    perform wa.require_identification(p_template_id, p_personalization);
  end if;
  perform wa.require_open_window(p_campaign_id, p_at);
  sender := wa.require_sender(p_campaign_id);
  select array_agg(r.skip_reason), count(*) filter (where r.skip_reason is null)
  into reasons, eligible
  from wa.recipients(p_campaign_id, p_voter_ids, p_personalization) r;
  return jsonb_build_object(
      'target_count', coalesce(cardinality(reasons), 0),
      'eligible_count', eligible,
      'excluded', wa.count_reasons(reasons),
      'estimated_time_seconds', wa.estimated_seconds(p_campaign_id, sender.id, eligible),
      'warnings', wa.health_warnings(p_campaign_id, p_template_id, false),
      'findings', wa.own_findings(p_campaign_id, p_template_id, p_personalization))
    || wa.job_plan(p_campaign_id, sender, eligible, p_at, wa.canary_size(null, eligible));
end $$;
grant execute on function wa.preview(uuid, uuid[], uuid, jsonb, timestamptz)
  to authenticated;

-- What an audience can be chosen by: of each kind the first thousand values, as many as a filter
-- takes; sections as numbers, the others by use. One JSON list: PostgREST cuts off rows.
create function public.wa_list_filter_values(p_campaign_id uuid)
returns jsonb
language plpgsql stable
set search_path = ''
set statement_timeout = '10s'
as $$
begin
  perform wa.require_may(p_campaign_id, 'read_figures');
  return (
    with numbered as (
      select f.name, c.*, row_number() over (
          partition by f.name
          order by
            case when f.name = 'section' and c.value ~ '^[0-9]{1,9}$' then c.value::integer end,
            case when f.name <> 'section' then c.voters end desc,
            c.value) as n
      from unnest(wa.filter_names()) f(name),
        wa.filter_value_counts(p_campaign_id, f.name) c)
    select coalesce(jsonb_agg(jsonb_build_object(
        'kind', case c.name when 'tags' then 'tag' else c.name end,
        'value', c.value,
        'label', wa.filter_label(c.name, c.value),
        'voters', c.voters)
      order by c.name, c.n), '[]')
    from numbered c
    where c.n <= 1000);
end $$;
comment on function public.wa_list_filter_values(uuid) is
  'The sections, sentiments and tags that voters of a campaign have, as far as the caller may see '
  'these, and how many have each.';
revoke all on function public.wa_list_filter_values(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_list_filter_values(uuid)
  to authenticated;
