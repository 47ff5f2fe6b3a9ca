"""Lists as programs export them and as people leave them: whom they name, and what is dropped."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from devstack.demo.screen import show_list
from devstack.demo.spreadsheet import ListError
from devstack.demo.voter_list import read_voter_list

ANA, LUIS, EVA = (
    ("Ana Muñoz", "5512345678"),
    ("Luis Peña", "5587654321"),
    ("Eva Ruiz", "5511112222"),
)
BOTH = [ANA, LUIS]


def contents(raw):
    voters = read_voter_list(raw if isinstance(raw, bytes) else raw.encode()).voters
    return [(voter.full_name, voter.phone) for voter in voters]


GOOGLE = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Nickname,Organization Name,Birthday,"
    "Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,"
    "Phone 2 - Label,Phone 2 - Value\n"
    'Ana,,Muñoz,,,,,"Vecina, de la\ncalle 5",* myContacts,,,Home,5550001111,Mobile,5512345678\n'
    "Luis,,Peña,,,,,,* myContacts ::: Norte,* ,l@example.org,Mobile,5587654321,,\n"
)
OLD_GOOGLE = (
    "Name,Given Name,Family Name,Group Membership,Phone 1 - Type,Phone 1 - Value\n"
    "Ana Muñoz,Ana,Muñoz,* myContacts,Mobile,5512345678\n"
    ",Luis,Peña,* myContacts,Mobile,5587654321\n"
)
OUTLOOK = (
    '"First Name","Last Name","Business Phone","Home Phone","Mobile Phone","Other Phone"\r\n'
    '"Ana","Muñoz","5550001111","5550002222","5512345678",""\r\n'
    '"Luis","Peña","","","","5587654321"\r\n'
)
INE = (
    "CONS;CLAVE;APELLIDO PATERNO;APELLIDO MATERNO;NOMBRE;CALLE;NÚMERO;SECCIÓN;TELÉFONO\r\n"
    "1;MZ01;;Muñoz;Ana;5 de Mayo;12;0123;5512345678\r\n"
    "2;PE01;Peña;;Luis;Juárez;5510;0124;5587654321\r\n"
)
ROWS = "Ana Muñoz;5512345678\nLuis Peña;5587654321\n"

# Name of the case, the file, and how many of its rows are no voters.
READ = {
    "Excel in Mexico, CSV UTF-8": (f"\ufeffNombre,Teléfono\r\n{ROWS}".replace(";", ","), 1),
    "Excel in Mexico, CSV": (f"Nombre;Teléfono\r\n{ROWS}".encode("cp1252"), 1),
    "Excel for Mac, CSV (Macintosh)": (
        f"Nombre;Teléfono\n{ROWS}".replace("\n", "\r").encode("mac-roman"),
        1,
    ),
    "Excel, Unicode text": (f"Nombre\tTeléfono\r\n{ROWS}".replace(";", "\t").encode("utf-16"), 1),
    "UTF-16 without its mark": (f"Nombre;Telefono\r\n{ROWS}".encode("utf-16-le"), 1),
    "UTF-16, the other way round": (f"Nombre;Telefono\r\n{ROWS}".encode("utf-16-be"), 1),
    "UTF-32": (f"Nombre;Teléfono\r\n{ROWS}".encode("utf-32"), 1),
    "Google Sheets": (f"Nombre,Teléfono\r\n{ROWS}".replace(";", ",").rstrip("\n"), 1),
    "LibreOffice, every text quoted": (
        '"Nombre";"Teléfono"\n"Ana Muñoz";5512345678\n"Luis Peña";5587654321\n',
        1,
    ),
    "Numbers, its table's title first": (f"Tabla 1;\nNombre;Teléfono\n{ROWS}", 2),
    "Google Contacts": (GOOGLE, 1),
    "Google Contacts before 2023": (OLD_GOOGLE, 1),
    "Outlook": (OUTLOOK, 1),
    "the electoral list's columns": (INE.encode("cp1252"), 1),
    "a WhatsApp group": (
        (
            "Country Code,Phone Number,Saved Name,Is Admin\n"
            "52,5512345678,Ana Muñoz,No\n52,5587654321,Luis Peña,No\n"
        ),
        1,
    ),
    "pipes": (f"Nombre|Teléfono\n{ROWS}".replace(";", "|"), 1),
    "Excel's separator line": (f"sep=|\nNombre|Teléfono\n{ROWS}".replace(";", "|"), 2),
    "UTF-8 and Windows-1252 pasted together": (
        "Nombre;Teléfono\nAna Muñoz;5512345678\n".encode()
        + "Luis Peña;5587654321\n".encode("cp1252"),
        1,
    ),
    "NUL bytes": (f"Nombre;Teléfono\n{ROWS}".replace("5", "5\x00"), 1),
    "two marks": (f"\ufeff\ufeffNombre;Teléfono\n{ROWS}", 1),
    "CR alone": (f"Nombre;Telefono\n{ROWS}".replace("\n", "\r"), 1),
    "CR twice": (f"Nombre;Teléfono\n{ROWS}".replace("\n", "\r\r\n"), 4),
    "a title and a blank row above the header": (
        f"LISTA DE VOTANTES, TELÉFONOS Y NOMBRES 2027;\n;\nNombre;Teléfono\n{ROWS}",
        3,
    ),
    "a total": (f"Nombre;Teléfono\n{ROWS}TOTAL;2\n", 2),
    "a total, blank rows around it": (f"Nombre;Teléfono\n{ROWS};\nTotal de registros: 2;\n;\n", 4),
    "two exports, one behind the other": (
        "Nombre;Teléfono\nAna Muñoz;5512345678\nNombre;Teléfono\nLuis Peña;5587654321\n",
        2,
    ),
    "line breaks in the header": (
        'Nombre;"Teléfono\n(celular)"\nAna Muñoz;5512345678\nLuis Peña;5587654321\n',
        1,
    ),
    "ragged rows": (
        "Nombre;Teléfono;Sección\nAna Muñoz;5512345678\nLuis Peña;5587654321;12;x;;y\n",
        1,
    ),
    "a house number beside the phone": (
        (
            "Nombre;Calle;Número;Teléfono\nAna Muñoz;Mayo;5510002000;5512345678\n"
            "Luis Peña;Mayo;12;5587654321\n"
        ),
        1,
    ),
    "a row number beside the mobile phone": (
        "No.;Nombre;Celular\n1;Ana Muñoz;5512345678\n2;Luis Peña;5587654321\n",
        1,
    ),
    "mobile and landline": (
        "Nombre;Teléfono fijo;Celular\nAna Muñoz;5550001111;5512345678\nLuis Peña;5587654321;\n",
        1,
    ),
    "a second mobile before the first": (
        "Nombre;Celular alterno;Celular\nAna Muñoz;5550001111;5512345678\nLuis Peña;5587654321;\n",
        1,
    ),
    "a voter sorted above the header": (
        "Ana Muñoz;5512345678\nNombre;Teléfono\nLuis Peña;5587654321\n",
        1,
    ),
    "a mobile that is «no tiene» or 0": (
        "Nombre;Celular;Teléfono\nAna Muñoz;no tiene;5512345678\nLuis Peña;0;5587654321\n",
        1,
    ),
    "whether they have WhatsApp": (
        "Nombre;WhatsApp;Tel.\nAna Muñoz;Sí;5512345678\nLuis Peña;No;5587654321\n",
        1,
    ),
    "area code and company beside the phone": (
        (
            "Nombre;Lada;Compañía celular;Tel.;Tipo de teléfono\n"
            "Ana Muñoz;55;Telcel;5512345678;Cel\nLuis Peña;55;AT&T;5587654321;Cel\n"
        ),
        1,
    ),
    "somebody else's phone": (
        (
            "Nombre;Tel. promotor;Tel. de emergencia;Tel\n"
            "Ana Muñoz;5550001111;5550001111;5512345678\n"
            "Luis Peña;5550001111;5550001111;5587654321\n"
        ),
        1,
    ),
    "the same title twice": (
        "Nombre;Teléfono;Teléfono\nAna Muñoz;5512345678;5550001111\nLuis Peña;;5587654321\n",
        1,
    ),
    "only a number, and it is the phone": (f"Nombre;Número\n{ROWS}", 1),
    "a row number and a contact number": (
        "Nombre;Num;Número de contacto\nAna Muñoz;1;5512345678\nLuis Peña;2;5587654321\n",
        1,
    ),
    "names in pieces": (
        "Nombre(s);A. Paterno;A. Materno;Cel\nAna;;Muñoz;5512345678\nLuis;Peña;;5587654321\n",
        1,
    ),
    "name and family name": (
        "Name,Last Name,Phone\nAna,Muñoz,5512345678\nLuis,Peña,5587654321\n",
        1,
    ),
    "titles without spaces": (
        (
            "ApellidoPaterno,NombreCompleto,TelefonoCelular\nM,Ana Muñoz,5512345678\n"
            "P,Luis Peña,5587654321\n"
        ),
        1,
    ),
    "names and family names in one": (f"Nombre(s) y Apellido(s);Número telefónico\n{ROWS}", 1),
    "for men and women": (f"Nombre del ciudadano(a);Tel\n{ROWS}", 1),
    "whether they voted": (
        "Votante;Nombre;Tel\nSí;Ana Muñoz;5512345678\nNo;Luis Peña;5587654321\n",
        1,
    ),
}


@pytest.mark.parametrize("case", READ)
def test_everybody_is_read_with_the_right_number(case):
    content, no_voters = READ[case]
    raw = content if isinstance(content, bytes) else content.encode()
    voters = read_voter_list(raw)

    assert [(voter.full_name, voter.phone) for voter in voters.voters] == BOTH
    assert sum(voters.dropped.values()) == no_voters
    assert voters.rows == len(voters.voters) + no_voters


@pytest.mark.parametrize(
    "title",
    [
        *(
            "Tel.",
            "Tel",
            "TELÉFONO",
            "Cel",
            "Cel.",
            "Núm. de celular",
            "No. Celular",
            "N° de teléfono",
        ),
        *(
            "Teléfono (WhatsApp)",
            "WhatsApp",
            "Whats",
            "Teléfono 1",
            "tel_2",
            "Número telefónico (cel)",
        ),
        *("Móvil", "Teléfono móvil", "Celular (10 dígitos)", "phone", "Mobile", "Phone 1 - Value"),
        *(
            "numero_de_telefono",
            "phoneNumber",
            "Teléfono\r\ncelular",
            "\u00a0Tel\u00a0",
            "Tel/Cel",
            "número",
        ),
    ],
)
def test_title_names_the_phone(title):
    out = io.StringIO()
    csv.writer(out).writerows([["Nombre", title], ANA, LUIS])

    assert contents(out.getvalue()) == BOTH


@pytest.mark.parametrize(
    "title",
    [
        *(
            "Lada",
            "Tipo de teléfono",
            "Fecha de llamada al celular",
            "¿Tiene WhatsApp?",
            "Compañía celular",
        ),
        *(
            "Nombre y teléfono",
            "Teléfono de emergencia",
            "Número exterior",
            "Número de casa",
            "Correo",
        ),
        *("Phone 1 - Label", "Modelo de celular", "Teléfono del promotor", "CURP", "Extensión"),
    ],
)
def test_title_does_not_name_the_phone(title):
    with pytest.raises(ListError, match="Falta la columna «phone»"):
        contents(f"Nombre,{title}\nAna,5512345678\n")


@pytest.mark.parametrize("numbers", [("12", "5"), ("5512345678", "5", "7"), ("", "S/N")])
def test_number_of_a_house_is_no_phone(numbers):
    rows = "".join(f"Ana;{number}\n" for number in numbers)
    with pytest.raises(ListError, match="no lo parece"):
        contents(f"Nombre;Número\n{rows}")


# Nobody between two quotes may vanish. None: either reading might be meant, and the line is named.
STRAY_QUOTES = {
    "opened and never closed": (
        '"Ana Muñoz;5512345678\nLuis Peña;5587654321\nEva Ruiz;5511112222',
        True,
    ),
    "never closed, others in order": (
        '"Ana Muñoz;5512345678\n"Luis Peña";5587654321\n"Eva Ruiz";5511112222',
        True,
    ),
    "closed lines below": (
        '"Ana Muñoz;5512345678\nLuis Peña;5587654321"\nEva Ruiz;5511112222',
        None,
    ),
    "closed lines below, cells in order": (
        'Ana Muñoz;5512345678;"\nLuis Peña;5587654321;"\nEva Ruiz;5511112222',
        None,
    ),
    "opened in the last line": (
        'Ana Muñoz;5512345678\nLuis Peña;5587654321\n"Eva Ruiz;5511112222',
        True,
    ),
    "at a phone": ('Ana Muñoz;"5512345678\nLuis Peña;5587654321\nEva Ruiz;5511112222', True),
    "text behind a quote": (
        '"Ana" Muñoz;5512345678\nLuis Peña;5587654321\nEva Ruiz;5511112222',
        True,
    ),
    "a nickname": (
        'Ana Muñoz;5512345678\nLuis Peña;5587654321;"\nEva Ruiz;5511112222;"la ""güera"""',
        True,
    ),
    "in order": ('"Ana Muñoz";"5512345678"\n"Luis Peña";5587654321\nEva Ruiz;"5511112222"', False),
    "inside a name": (
        'Ana Muñoz;5512345678;Ana "la güera\nLuis Peña;5587654321\nEva Ruiz;5511112222',
        False,
    ),
}


@pytest.mark.parametrize("case", STRAY_QUOTES)
def test_stray_quotes_swallow_nobody(case):
    content, mended = STRAY_QUOTES[case]
    raw = f"Nombre;Teléfono;Nota\n{content}\n".encode()
    if mended is None:
        with pytest.raises(ListError, match="línea 2: unas comillas"):
            read_voter_list(raw)
        return
    voters = read_voter_list(raw)

    assert [(voter.full_name, voter.phone) for voter in voters.voters] == [ANA, LUIS, EVA]
    assert bool(voters.mended) is mended


def test_cell_may_hold_lines_as_long_as_they_are_no_rows():
    rows = '"Ana\nMuñoz";5512345678;"Calle 5\nCol. Centro; CDMX"\nLuis Peña;5587654321;"a\n\nb"\n'

    assert contents(f"Nombre;Teléfono;Nota\n{rows}") == [("Ana\nMuñoz", "5512345678"), LUIS]


def test_voter_without_a_number_is_kept_for_the_bridge_to_count():
    assert contents("Nombre;Tel\nAna;\n;5512345678\nTotoal;3\n") == [
        ("Ana", ""),
        ("", "5512345678"),
        ("Totoal", "3"),
    ]


def test_somebody_called_total_is_kept():
    assert contents("Nombre;Tel\nTotal Ruiz;5512345678\n") == [("Total Ruiz", "5512345678")]


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00" * 50,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"BEGIN:VCARD\nFN:Ana\nTEL:5512345678\nEND:VCARD\n",
        b'{"nombre": "Ana", "telefono": "5512345678"}\n',
        b"<html><table><tr><td>Nombre</td><td>Tel</td></tr></table></html>\n",
        b"5512345678\n5587654321\n",
        b"Nombre\nAna\n",
        b"Tel\n5512345678\n",
        b"\r\r\r",
        b'""\n""\n',
        b'Nombre;"Tel\nAna;5512345678"\nLuis;5587654321\n',  # a voter inside the header's quotes
    ],
)
def test_what_is_no_list_is_told(raw):
    with pytest.raises(ListError):
        read_voter_list(raw)


@given(
    st.binary(max_size=300)
    | st.text(alphabet='nombre,tel;\t"\n\r55\x00ñ\ufeff ', max_size=200).map(str.encode)
)
def test_any_file_gives_voters_or_a_reason(raw):
    for content in (raw, b"Nombre;Tel\n" + raw, '"Nombre","Teléfono"\r'.encode("cp1252") + raw):
        try:
            voters = read_voter_list(content)
        except ListError:
            continue
        assert voters.rows == len(voters.voters) + sum(voters.dropped.values())
        assert voters.voters


cells = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
without_breaks = cells.map(lambda cell: re.sub(r'[\r\n"]', "", cell))


@given(
    st.lists(st.lists(without_breaks, max_size=4), min_size=1, max_size=8),
    st.sampled_from(";,\t|"),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_every_line_without_quotes_is_a_row(table, delimiter, ending):
    lines = [delimiter.join(["Nombre", "Tel"]), *(delimiter.join(row) for row in table), "Ana"]
    voters = read_voter_list((ending.join(lines) + ending).encode())

    assert voters.rows == len(lines)


@given(
    st.lists(
        st.tuples(cells, st.from_regex(r"[0-9]{0,13}", fullmatch=True), cells),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(";,\t|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_every_row_that_a_program_wrote_is_read(table, delimiter, quoting):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting)
    writer.writerows([("Nombre", "Tel", "Nota"), *table, ("Ana", "5512345678", "")])
    try:
        voters = read_voter_list(out.getvalue().encode())
    except ListError as doubtful:
        if "unas comillas" not in str(doubtful):  # a cell may look like a row by itself
            raise
        return

    assert voters.rows == len(table) + 2
    assert voters.voters[-1].phone == "5512345678"


def test_person_is_told_which_columns_were_taken_and_what_became_of_each_row():
    out = io.StringIO()
    rows = "Lista [bold]2027[/bold]\nNombre;Celular;Tel.;Sección\n;;;\n"
    rows += 'Ana;5512345678;;12\n"Luis;5587654321;;12\nTotal;2\n'
    show_list(Console(file=out, width=60), read_voter_list(rows.encode()))

    assert out.getvalue().splitlines() == [
        "Columna de teléfono: «Celular», «Tel.»",
        "Columna de nombre: «Nombre»",
        "Columna de sección: «Sección»",
        "Columna de sentimiento: no hay",
        "Columna de etiquetas: no hay",
        (
            "Filas del archivo: 6 = 2 votantes + 4 descartadas (1 antes del encabezado,"
            " 1 el encabezado, 1 vacías, 1 de totales)"
        ),
        "Comillas sin pareja, leídas como texto, en línea 5",
    ]


def test_title_is_shown_as_it_is_written():
    out = io.StringIO()
    rows = "Nombre;[red]Tel[/red] \x1b[31m\nAna;5512345678\n"
    show_list(Console(file=out, width=60), read_voter_list(rows.encode()))

    assert out.getvalue().startswith("Columna de teléfono: «[red]Tel[/red]  [31m»")
