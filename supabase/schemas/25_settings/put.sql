-- PUT /settings: what a campaign says about itself, whole, as its owner or an admin.

-- p_settings has the fields of wa.setting_fields; one that is left out gets its fallback, which is
-- the stricter choice where there is one. p_version: the one that was read before; null: there were
-- none yet. Claims read settings as they are then, so that a change also holds for open jobs.
-- Security definer: members write no table.
create function public.wa_put_settings(
  p_campaign_id uuid, p_settings jsonb, p_version integer default null)
returns jsonb
language plpgsql security definer
set search_path = ''
as $$
declare
  settings jsonb;
  territory jsonb;
begin
  perform wa.require_may(p_campaign_id, 'administer');
  perform wa.require_setting_forms(p_settings);
  settings := wa.with_fallbacks(p_settings);
  perform wa.require_served(settings);
  perform wa.require_agreeing_dates(settings);
  perform wa.require_identity(settings);
  perform wa.require_addresses(settings);
  perform wa.require_hours(settings);
  territory := wa.read_territory(settings -> 'territory');
  if not wa.write_settings(p_version, jsonb_populate_record(null::public.wa_campaign_settings,
      settings || jsonb_build_object(
        'campaign_id', p_campaign_id,
        'party_legend', case settings ->> 'run_by'
          when 'independent' then wa.independent_legend() else settings ->> 'party_legend' end,
        'territory', territory,
        'zones', wa.zones_of(territory),
        'unknown_after', settings ->> 'unknown_after_minutes' || ' minutes',
        'canary_wait', settings ->> 'canary_wait_minutes' || ' minutes',
        'resend_after', settings ->> 'resend_after_minutes' || ' minutes')))
  then
    perform wa.refuse(409, 'settings_changed',
      'Alguien más cambió la configuración; vuelve a abrirla y repite tus cambios.', 'version');
  end if;
  return public.wa_get_settings(p_campaign_id);
end $$;
revoke all on function public.wa_put_settings(uuid, jsonb, integer)
  from public, anon, authenticated, service_role;
grant execute on function public.wa_put_settings(uuid, jsonb, integer)
  to authenticated;

-- False: somebody else wrote meanwhile, also the first ones. What operators alone set stays.
create function wa.write_settings(p_version integer, p_settings public.wa_campaign_settings)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if p_version is null then
    insert into public.wa_campaign_settings (
      campaign_id, display_name, election_kind, run_by, precandidate, campaign_start, campaign_end,
      election_date, territory, zones, candidate, office, party_legend, ine_registration,
      ine_waiver_reason, accounting_key, rnp, privacy_notice_url, quiet_from, quiet_until,
      consent_required, spending_cap_usd, price_per_message_usd, unknown_after, canary_wait,
      canary_max_failed, canary_max_opted_out, resend_after_silence, resend_after,
      show_ine_registration)
    select campaign_id, display_name, election_kind, run_by, precandidate, campaign_start,
      campaign_end, election_date, territory, zones, candidate, office, party_legend,
      ine_registration, ine_waiver_reason, accounting_key, rnp, privacy_notice_url, quiet_from,
      quiet_until, consent_required, spending_cap_usd, price_per_message_usd, unknown_after,
      canary_wait, canary_max_failed, canary_max_opted_out, resend_after_silence, resend_after,
      show_ine_registration
    from (select (p_settings).*) n
    on conflict (campaign_id) do nothing;
  else
    update public.wa_campaign_settings s
    set (display_name, election_kind, run_by, precandidate, campaign_start, campaign_end,
      election_date, territory, zones, candidate, office, party_legend, ine_registration,
      ine_waiver_reason, accounting_key, rnp, privacy_notice_url, quiet_from, quiet_until,
      consent_required, spending_cap_usd, price_per_message_usd, unknown_after, canary_wait,
      canary_max_failed, canary_max_opted_out, resend_after_silence, resend_after,
      show_ine_registration) = (
      select display_name, election_kind, run_by, precandidate, campaign_start, campaign_end,
        election_date, territory, zones, candidate, office, party_legend, ine_registration,
        ine_waiver_reason, accounting_key, rnp, privacy_notice_url, quiet_from, quiet_until,
        consent_required, spending_cap_usd, price_per_message_usd, unknown_after, canary_wait,
        canary_max_failed, canary_max_opted_out, resend_after_silence, resend_after,
        show_ine_registration
      from (select (p_settings).*) n)
    where s.campaign_id = p_settings.campaign_id and s.version = p_version;
  end if;
  return found;
end $$;
