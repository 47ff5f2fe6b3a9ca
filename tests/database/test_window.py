"""wa.send_window and wa.quiet_until against Python's own calendar and time zones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.campaign import insert

MEXICAN_ZONES = [
    "America/Cancun",
    "America/Merida",
    "America/Mexico_City",
    "America/Monterrey",
    "America/Matamoros",
    "America/Chihuahua",
    "America/Ciudad_Juarez",
    "America/Ojinaga",
    "America/Mazatlan",
    "America/Bahia_Banderas",
    "America/Hermosillo",
    "America/Tijuana",
]
zones = st.lists(st.sampled_from(MEXICAN_ZONES), min_size=1, max_size=4, unique=True)
days = st.dates(date(2024, 1, 1), date(2036, 12, 31))
moments = st.timedeltas(timedelta(), timedelta(days=4700)).map(
    lambda since: datetime(2024, 1, 1, tzinfo=UTC) + since
)
minutes = st.times().map(lambda t: t.replace(second=0, microsecond=0))


@pytest.fixture(scope="module")
def connection(postgres, template_database):
    postgres.create_database("bridge_window", template=template_database)
    with psycopg.connect(postgres.dsn("bridge_window"), autocommit=True) as connected:
        insert(connected, "public.campaigns", name="calendar")
        connected.execute(
            "insert into public.wa_campaign_settings (campaign_id, display_name, spending_cap_usd)"
            " select id, name, 0 from public.campaigns"
        )
        yield connected
    postgres.drop_database("bridge_window")


def ask(connection, question, **settings_of_campaign):
    """Set columns of the only campaign, then evaluate a query over its id."""
    assigned = ", ".join(f"{name} = %({name})s" for name in settings_of_campaign)
    connection.execute(f"update public.wa_campaign_settings set {assigned}", settings_of_campaign)
    return connection.execute(question).fetchone()


def midnight(day, zone):
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@given(names=zones, start=days, length=st.integers(0, 90), pause=st.integers(0, 10))
@settings(max_examples=300, deadline=None)
def test_window_is_the_strictest_zones_calendar(connection, names, start, length, pause):
    end = start + timedelta(days=length)
    election = end + timedelta(days=pause)
    veda_starts = min(midnight(election - timedelta(days=3), z) for z in names)

    window = ask(
        connection,
        "select w.* from public.campaigns c, wa.send_window(c.id) w",
        zones=names,
        campaign_start=start,
        campaign_end=end,
        election_date=election,
    )

    assert window == (
        max(midnight(start, z) for z in names),
        min(veda_starts, *(midnight(end + timedelta(days=1), z) for z in names)),
        veda_starts,
        max(midnight(election + timedelta(days=1), z) for z in names),
    )


@given(
    names=zones,
    starts=minutes,
    ends=minutes,
    moment=moments,
)
@settings(max_examples=300, deadline=None)
def test_quiet_hours_hold_while_any_zone_is_quiet(connection, names, starts, ends, moment):
    clocks = [moment.astimezone(ZoneInfo(zone)).time() for zone in names]
    quiet = [starts <= c < ends if starts <= ends else c >= starts or c < ends for c in clocks]

    [until] = ask(
        connection,
        f"select wa.quiet_until(c.id, '{moment.isoformat()}') from public.campaigns c",
        zones=names,
        quiet_from=starts,
        quiet_until=ends,
    )

    assert (until is not None) is any(quiet)
    if until is not None:
        assert until.astimezone(UTC) > moment or not _unambiguous(moment, names)
        assert ends in {
            until.astimezone(ZoneInfo(zone)).time() for zone in names
        } or not _unambiguous(until, names)


@given(names=zones, starts=minutes, ends=minutes, moment=moments)
@settings(max_examples=100, deadline=None)
def test_sending_hours_are_those_in_which_no_zone_is_quiet(connection, names, starts, ends, moment):
    if not all(_unambiguous(moment + timedelta(days=n), names) for n in range(4)):
        return

    [agreed] = ask(
        connection,
        "select bool_and((h @> at) = (wa.quiet_until(c.id, at) is null))"
        f" from public.campaigns c, (select timestamptz '{moment.isoformat()}' as start) m,"
        " generate_series(start, start + interval '71 hours', interval '37 minutes 11 seconds') at,"
        " wa.sending_hours(c.id, start, start + interval '3 days') h",
        zones=names,
        quiet_from=starts,
        quiet_until=ends,
    )

    assert agreed


@pytest.mark.parametrize(
    "zone",
    [
        *("UTC-6", "UTC+6", "UTC", "GMT", "GMT-6", "Etc/GMT+6", "Etc/GMT-6", "Etc/UTC", "Zulu"),
        *("CST6CDT", "EST", "EST5EDT", "MST", "<-06>6", "-06", "-06:00", "+06", "6", "CST"),
        *("posix/America/Mexico_City", "right/America/Mexico_City", "SystemV/CST6", "Factory"),
        *("America/Nowhere", "America/", "America/Mexico City", "Mexico/General", "US/Central"),
        *("", " ", "Hora del centro", "America/Mexico_City ", "America/UTC-6", None),
    ],
)
def test_zone_that_is_no_place_is_refused(connection, zone):
    with pytest.raises(psycopg.errors.CheckViolation):
        ask(connection, "select 1", zones=["America/Mexico_City", zone])


@pytest.mark.parametrize(
    "zone",
    [
        *MEXICAN_ZONES,
        *("America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Europe/Madrid"),
        *("America/North_Dakota/New_Salem", "Pacific/Easter", "Atlantic/Canary"),
    ],
)
def test_zone_of_a_place_is_taken(connection, zone):
    assert ask(connection, "select zones from public.wa_campaign_settings", zones=[zone]) == (
        [zone],
    )


def _unambiguous(moment, names):
    """No zone changes its clock within a day of that moment."""
    near = [moment - timedelta(days=1), moment + timedelta(days=1)]
    return all(len({m.astimezone(ZoneInfo(z)).utcoffset() for m in near}) == 1 for z in names)
