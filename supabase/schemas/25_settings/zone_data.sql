-- Postgres' own time zone data say when a veda begins. Mexico gave up its seasonal time in October
-- 2022, the northern border apart; IANA's data know all of that from 2022g on.

-- Zones that this server reads as they were before, or does not know.
create function wa.stale_zones()
returns setof text
language sql stable
set search_path = ''
as $$
  select n.zone
  from wa.known_noons() n
  where case
    when wa.zones_are_known(array[n.zone]) then n.noon at time zone n.zone <> n.at
    else true end;
$$;

-- Noons of zones that changed, as IANA has them.
create function wa.known_noons()
returns table (zone text, noon timestamp, at timestamptz)
language sql immutable
set search_path = ''
as $$
  values
    ('America/Mexico_City', timestamp '2027-07-15 12:00', timestamptz '2027-07-15 18:00+00'),
    ('America/Chihuahua', '2027-01-15 12:00', '2027-01-15 18:00+00'),
    ('America/Chihuahua', '2027-07-15 12:00', '2027-07-15 18:00+00'),
    ('America/Ciudad_Juarez', '2027-01-15 12:00', '2027-01-15 19:00+00'),
    ('America/Ciudad_Juarez', '2027-07-15 12:00', '2027-07-15 18:00+00'),
    ('America/Ojinaga', '2027-01-15 12:00', '2027-01-15 18:00+00'),
    ('America/Ojinaga', '2027-07-15 12:00', '2027-07-15 17:00+00'),
    ('America/Mazatlan', '2027-07-15 12:00', '2027-07-15 19:00+00'),
    ('America/Tijuana', '2027-07-15 12:00', '2027-07-15 19:00+00');
$$;

-- Nothing is installed where vedas would begin an hour too late. Afterwards wa_health watches.
create function wa.require_zone_data()
returns void
language plpgsql
set search_path = ''
as $$
begin
  if exists (select from wa.stale_zones()) then
    raise exception 'the time zone data of this server are older than 2022g: update them first';
  end if;
end $$;
select wa.require_zone_data();
