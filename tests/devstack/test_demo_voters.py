"""Lists as spreadsheets export them."""

import pytest

from devstack.demo.voters import ListError, made_up_voters, read_list
from devstack.stack.campaign import VoterRow

ANA = VoterRow(
    full_name="Ana Muñoz",
    phone="55 1234 5678",
    section="12",
    sentiment="positive",
    tags=["mitin", "vecino"],
)
COLUMNS = "full_name;phone;section;sentiment;tags\n"
ROW = "Ana Muñoz;55 1234 5678;12;positive;mitin|vecino\n"


@pytest.fixture
def voters_of(tmp_path):
    def read(content: str | bytes, encoding: str = "utf-8"):
        path = tmp_path / "lista.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read_list(path)

    return read


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_encodings_are_told_apart(voters_of, encoding):
    mark = "\ufeff" if encoding in {"utf-16-le", "utf-16-be"} else ""
    assert voters_of(mark + COLUMNS + ROW, encoding) == [ANA]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_delimiters_and_line_endings_are_told_apart(voters_of, delimiter, ending):
    text = (COLUMNS + ROW).replace(";", delimiter).replace("\n", ending)
    assert voters_of(text) == [ANA]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n'])
def test_excels_separator_line_is_no_voter(voters_of, line, mark):
    assert voters_of(mark + line + COLUMNS + ROW) == [ANA]


@pytest.mark.parametrize(
    "header",
    [
        "Nombre;Teléfono;Sección;Sentimiento;Etiquetas",
        "NOMBRE COMPLETO;CELULAR;SECCION;SENTIMIENTO;ETIQUETAS",
        " nombre ; tel ;sección;sentiment;tags",
        "nombre_completo;móvil;section;sentimiento;etiquetas",
    ],
)
def test_headers_may_be_spanish(voters_of, header):
    assert voters_of(f"{header}\n{ROW}") == [ANA]


def test_columns_may_come_in_any_order_and_number(voters_of):
    [voter] = voters_of("edad,phone,nota,nombre\n31,5512345678,x,Ana\n")
    assert voter == VoterRow(
        full_name="Ana", phone="5512345678", section="s/n", sentiment="", tags=[]
    )


def test_workbook_is_no_list(tmp_path):
    workbook = tmp_path / "lista.xlsx"
    workbook.write_bytes(b"PK\x03\x04\x14\x00\x06\x00")
    with pytest.raises(ListError, match="guárdalo como CSV"):
        read_list(workbook)


def test_quoted_cells_may_hold_delimiters_and_line_breaks(voters_of):
    rows = voters_of('full_name,phone,tags\n"Muñoz, Ana",5512345678,"mitin, vecino"\n')
    assert (rows[0].full_name, rows[0].tags) == ("Muñoz, Ana", ["mitin", "vecino"])
    rows = voters_of('full_name,phone\n"Ana\nMuñoz",5512345678\nLuis,5512345679\n')
    assert [row.phone for row in rows] == ["5512345678", "5512345679"]


def test_blank_lines_and_short_rows_are_borne(voters_of):
    rows = voters_of(f"\n{COLUMNS}\n;;;;\n{ROW}Luis;5512345679\n\n")
    assert rows[0] == ANA
    assert (rows[1].full_name, rows[1].phone, rows[1].tags) == ("Luis", "5512345679", [])
    assert len(rows) == 2


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n", "sep=;\n", COLUMNS, "sep=;\n" + COLUMNS])
def test_list_without_voters_is_told(voters_of, content):
    with pytest.raises(ListError, match="no tiene votantes"):
        voters_of(content)


def test_list_without_phones_is_told_with_its_headers(voters_of):
    with pytest.raises(ListError, match=r"Falta la columna «phone».*nombre, correo"):
        voters_of("nombre,correo\nAna,ana@example.org\n")


def test_missing_file_is_told(tmp_path):
    with pytest.raises(ListError, match="No se puede leer"):
        read_list(tmp_path / "nada.csv")


@pytest.mark.parametrize(
    "content", [b"\xff\xfea", b"PK\x03\x04\x00\x00", b'a,phone\n"' + b"x" * 200_000]
)
def test_file_that_is_no_list_is_told(voters_of, content):
    with pytest.raises(ListError):
        voters_of(content)


def test_made_up_voters_are_the_same_for_a_seed():
    assert made_up_voters(50, seed=1) == made_up_voters(50, seed=1)
    assert made_up_voters(50, seed=1) != made_up_voters(50, seed=2)


def test_some_made_up_voters_never_agreed():
    voters = made_up_voters(1000, seed=1)
    assert 10 < sum(not voter.agreed for voter in voters) < 100


def test_made_up_voters_are_as_messy_as_a_real_list():
    phones = [voter.phone for voter in made_up_voters(2000, seed=1)]
    assert len(set(phones)) < len(phones)
    assert any(not phone.strip() for phone in phones)
    assert any(phone.startswith("+1") for phone in phones)
    assert sum(len(phone) >= 10 for phone in phones) > 1700
