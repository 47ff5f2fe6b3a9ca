"""Names of states and municipalities, and the zones whose calendar holds there."""

import psycopg
import pytest
from psycopg.types.json import Jsonb

STATES = {
    "America/Cancun": "Quintana Roo",
    "America/Merida": "Campeche, Yucatán",
    "America/Mexico_City": (
        "Aguascalientes, Ciudad de México, Chiapas, Colima, Guanajuato, Guerrero, Hidalgo,"
        " Jalisco, Estado de México, Michoacán, Morelos, Oaxaca, Puebla, Querétaro,"
        " San Luis Potosí, Tabasco, Tlaxcala, Veracruz, Zacatecas"
    ),
    "America/Monterrey": "Durango",
    "America/Monterrey,America/Matamoros": "Coahuila, Nuevo León, Tamaulipas",
    "America/Chihuahua,America/Ciudad_Juarez,America/Ojinaga": "Chihuahua",
    "America/Mazatlan,America/Bahia_Banderas": "Nayarit",
    "America/Mazatlan": "Baja California Sur, Sinaloa",
    "America/Hermosillo": "Sonora",
    "America/Tijuana": "Baja California",
}
REST = "Resto del estado"


@pytest.fixture(scope="module")
def connection(postgres, template_database):
    postgres.create_database("bridge_territory", template=template_database)
    with psycopg.connect(postgres.dsn("bridge_territory"), autocommit=True) as connected:
        yield connected
    postgres.drop_database("bridge_territory")


def read(connection, *places):
    """Return the territory as it was understood, and its zones."""
    query = "select t, wa.zones_of(t) from wa.read_territory(%s) t"
    return connection.execute(query, (Jsonb(places),)).fetchone()


def place(state, *municipalities):
    return {"state": state} | ({"municipalities": list(municipalities)} if municipalities else {})


def refusal(connection, *places):
    with pytest.raises(psycopg.Error) as refused:
        read(connection, *places)
    told = refused.value.diag
    return told.message_primary, told.message_hint.removeprefix("settings.territory")


EACH = [(state, zones.split(",")) for zones, names in STATES.items() for state in names.split(", ")]


def test_there_are_thirty_two_states():
    assert len(EACH) == 32


@pytest.mark.parametrize(("state", "zones"), EACH)
def test_whole_state_has_all_its_zones(connection, state, zones):
    territory, found = read(connection, place(state))
    assert territory == [{"state": state, "municipalities": None}]
    assert found == zones


def test_whole_country_has_twelve_zones_and_the_first_state_s_first(connection):
    _, found = read(connection, *(place(state) for state, _ in reversed(EACH)))
    assert (len(found), found[0]) == (12, "America/Tijuana")


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("cdmx", "Ciudad de México"),
        ("  Ciudad de Mexico ", "Ciudad de México"),
        ("CIUDAD DE ME\u0301XICO", "Ciudad de México"),
        ("D.F.", "Ciudad de México"),
        ("Edomex", "Estado de México"),
        ("Edo. Méx.", "Estado de México"),
        ("estado de mexico", "Estado de México"),
        ("Veracruz de Ignacio de la Llave", "Veracruz"),
        ("MICHOACÁN DE OCAMPO", "Michoacán"),
        ("Coahuila de Zaragoza", "Coahuila"),
        ("nuevo leon", "Nuevo León"),
        ("San  Luis-Potosi", "San Luis Potosí"),
    ],
)
def test_state_has_other_names(connection, typed, state):
    assert read(connection, place(typed))[0][0]["state"] == state


@pytest.mark.parametrize("typed", ["México", "mexico", "Baja", "Chihuaha", "", "Texas", "💥"])
def test_name_that_is_none_or_two_is_refused(connection, typed):
    assert refusal(connection, place("Jalisco"), place(typed)) == ("state_unknown", ".1.state")


def test_country_or_state_is_asked_back(connection):
    with pytest.raises(psycopg.Error) as refused:
        read(connection, place("México"))
    assert "Estado de México" in refused.value.diag.message_detail


@pytest.mark.parametrize(
    ("state", "municipalities", "names", "zones"),
    [
        ("Chihuahua", ["ciudad juarez"], ["Juárez"], ["America/Ciudad_Juarez"]),
        ("Chihuahua", ["Praxedis G Guerrero"], None, ["America/Ciudad_Juarez"]),
        ("Chihuahua", ["OJINAGA", "Coyame"], ["Ojinaga", "Coyame del Sotol"], ["America/Ojinaga"]),
        ("Chihuahua", ["resto del estado"], [REST], ["America/Chihuahua"]),
        ("Chihuahua", [REST, "Janos"], None, ["America/Chihuahua", "America/Ciudad_Juarez"]),
        ("Coahuila", ["Acuña", "Guerrero"], None, ["America/Matamoros"]),
        ("Tamaulipas", ["Díaz Ordaz"], ["Gustavo Díaz Ordaz"], ["America/Matamoros"]),
        ("Nuevo León", ["Anáhuac"], None, ["America/Matamoros"]),
        ("Nayarit", ["Bahia de Banderas"], ["Bahía de Banderas"], ["America/Bahia_Banderas"]),
        (
            "Jalisco",
            ["Guadalajara", "Zapopan"],
            ["Guadalajara", "Zapopan"],
            ["America/Mexico_City"],
        ),
    ],
)
def test_municipalities_decide_where_a_state_has_several_zones(
    connection, state, municipalities, names, zones
):
    territory, found = read(connection, place(state, *municipalities))
    assert found == zones
    if names:
        assert territory[0]["municipalities"] == names


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("Chihuahua", "Jaurez"),
        ("Chihuahua", "Delicias"),
        ("Nuevo León", "Juárez"),
        ("Coahuila", "Saltillo"),
        ("Tamaulipas", "Anáhuac"),
        ("Nayarit", "Tepic"),
    ],
)
def test_municipality_whose_zone_is_not_known_is_refused_with_those_that_are(
    connection, state, name
):
    """A misspelt border town must not quietly get the hours of the rest."""
    with pytest.raises(psycopg.Error) as refused:
        read(connection, place(state, REST, name))
    told = refused.value.diag
    assert told.message_primary == "municipality_unknown"
    assert told.message_hint == "settings.territory.0.municipalities.1"
    assert "«Resto del estado»" in told.message_detail


@pytest.mark.parametrize(
    ("places", "code", "field"),
    [
        ([], "list_empty", ""),
        (["Jalisco"], "object_expected", ".0"),
        ([{}], "text_expected", ".0.state"),
        ([{"state": None}], "text_expected", ".0.state"),
        ([{"state": "Jalisco", "zone": "x"}], "field_unknown", ".0"),
        ([{"state": "Jalisco"}, {"state": "JALISCO"}], "value_invalid", ".1.state"),
        ([{"state": "Sonora", "municipalities": []}], "list_empty", ".0.municipalities"),
        ([{"state": "Sonora", "municipalities": "x"}], "list_expected", ".0.municipalities"),
        ([{"state": "Sonora", "municipalities": [1]}], "text_expected", ".0.municipalities.0"),
        ([{"state": "Sonora", "municipalities": [None]}], "text_expected", ".0.municipalities.0"),
        ([{"state": "Sonora", "municipalities": [" "]}], "text_expected", ".0.municipalities.0"),
    ],
)
def test_territory_of_another_form_is_refused(connection, places, code, field):
    assert refusal(connection, *places) == (code, field)


# The zone data of the server.
def test_this_server_knows_the_zones_as_they_are(connection):
    assert connection.execute("select wa.stale_zones()").fetchall() == []


OLD = """
    create or replace function wa.known_noons()
    returns table (zone text, noon timestamp, at timestamptz) language sql as $$
      values
        ('America/Chihuahua', timestamp '2027-07-15 12:00', timestamptz '2027-07-15 19:00+00'),
        ('America/Ciudad_Juarez_2', '2027-01-15 12:00', '2027-01-15 19:00+00'),
        ('America/Ojinaga', '2027-07-15 12:00', '2027-07-15 17:00+00');
    $$
"""


def test_server_with_old_zone_data_is_refused_and_watched(connection):
    """A server that differs from what is expected is one whose data are other ones."""
    with connection.transaction(force_rollback=True):
        connection.execute(OLD)
        stale = connection.execute("select wa.stale_zones()").fetchall()
        assert stale == [("America/Chihuahua",), ("America/Ciudad_Juarez_2",)]
        [health] = connection.execute("select public.wa_health()").fetchone()
        assert health["stale_zones"] == 2
        with pytest.raises(psycopg.errors.RaiseException, match="older than 2022g"):
            connection.execute("select wa.require_zone_data()")
