"""Files of consents: what is read from them, and which are refused as a whole."""

import pytest

from shared.errors import InvalidInput
from shared.rules.consent_dates import is_month_first, parse_day
from shared.rules.consent_file import MOST_ROWS, ConsentFile
from tests.consent_files import (
    AGREED,
    ANA,
    AS_EXPORTED,
    DATES,
    NO_DATES,
    NO_QUESTIONS,
    NO_ROLL_DATA,
    NOT_AGREED,
    NOT_SENSITIVE,
    NOT_SILENT,
    PLAIN,
    QUESTIONS,
    READ,
    ROLL_DATA,
    SENSITIVE,
    SILENT,
    TITLES,
    csv_of,
    with_column,
)


def rows_of(raw: bytes):
    return list(ConsentFile(raw).consents())


def refusal_of(raw: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        ConsentFile(raw)
    return refused.value


@pytest.mark.parametrize("name", AS_EXPORTED)
def test_export_is_read_whatever_wrote_it(name):
    assert rows_of(AS_EXPORTED[name]) == [READ]


def test_rows_have_the_numbers_of_the_spreadsheet():
    raw = PLAIN.encode() + b"\r\n" + PLAIN.splitlines()[1].encode()
    assert [row["row"] for row in rows_of(raw)] == [2, 4]
    [read] = rows_of(b"\r\n" + PLAIN.encode())
    assert read == READ | {"row": 3}


def test_file_is_read_on_from_where_it_stopped():
    file = ConsentFile(csv_of([ANA] * 4))
    assert (file.rows, [row["row"] for row in file.consents(after=3)]) == (4, [4, 5])


def test_cell_of_several_lines_is_one_cell():
    [read] = rows_of(csv_of([(*ANA[:2], "Plaza; puesto 3\nde 10 a 12", *ANA[3:])]))
    assert read["source"] == "Plaza; puesto 3 de 10 a 12"


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ('55 1000 0001;15/03/2026;"Plaza;marzo 2026;folio 1\r\n', 2),
        ('55 1000 0001;15/03/2026;"Plaza;marzo;1\n55 1000 0002;15/03/2026;Plaza";marzo;2\n', 2),
        (f'{";".join(ANA)}\r\n55 1000 0002;15/03/2026;"El Güero" Pérez;marzo;folio\r\n', 3),
        ("x" * 200_000, 2),
    ],
    ids=["unclosed", "two rows in one", "text behind", "no end"],
)
def test_row_whose_end_cannot_be_told_refuses_the_file(rows, row):
    refused = refusal_of((";".join(TITLES) + "\r\n" + rows).encode())
    assert (refused.code, refused.members) == ("quotes_broken", {"row": row})


@pytest.mark.parametrize(
    "raw", [b"PK\x03\x04\x14", b"%PDF-1.7", b"\xd0\xcf\x11\xe0", b"a\x00b\x00"]
)
def test_what_is_no_text_is_no_file(raw):
    assert refusal_of(raw).code == "file_not_csv"


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"\xef\xbb\xbf", PLAIN.splitlines()[0].encode()])
def test_file_without_rows_is_refused(raw):
    assert refusal_of(raw).code == "file_empty"


def test_file_of_more_rows_than_are_taken_is_refused():
    row = ";".join(ANA) + "\n"
    raw = (";".join(TITLES) + "\n" + row * MOST_ROWS).encode()
    assert ConsentFile(raw).rows == MOST_ROWS
    assert refusal_of(raw + row.encode()).code == "too_many_rows"


@pytest.mark.parametrize("missing", range(len(TITLES)))
def test_missing_column_is_named(missing):
    titles = [title for place, title in enumerate(TITLES) if place != missing]
    refused = refusal_of(csv_of([ANA[:4]], titles=titles))
    assert refused.code == "column_missing"
    assert (
        refused.field == ("phone", "obtained_at", "source", "notice_version", "evidence")[missing]
    )


def test_two_columns_of_one_name_are_not_chosen_from():
    refused = refusal_of(with_column("TELÉFONO 2", "55 1000 0002"))
    assert (refused.code, refused.field) == ("column_repeated", "phone")


@pytest.mark.parametrize("title", ["Celular", "WhatsApp", "Número de celular"])
def test_mobile_number_is_taken_before_a_telephone(title):
    [read] = rows_of(with_column(title, "55 1000 0009"))
    assert read["phone"] == "55 1000 0009"


def test_file_without_titles_names_nothing_of_its_first_row():
    refused = refusal_of(";".join(ANA).encode())
    assert refused.code == "column_missing"
    assert not any(cell in refused.detail for cell in ANA)


@pytest.mark.parametrize("written", DATES)
def test_date_is_read_as_it_is_written(written):
    assert parse_day(written) == DATES[written]
    assert parse_day(f" {written.upper()} ") == DATES[written]
    assert not is_month_first(written)


@pytest.mark.parametrize("written", NO_DATES)
def test_what_is_no_date_is_an_error_of_its_row(written):
    [error, read] = rows_of(csv_of([(ANA[0], written, *ANA[2:]), ANA]))
    assert (error["row"], error["code"], error["field"]) == (2, "date_invalid", "obtained_at")
    assert read == READ | {"row": 3}


@pytest.mark.parametrize("written", ["03/25/2026", "3-25-26", "12/31/2026 10:00"])
def test_date_with_its_month_in_front_makes_all_dates_doubtful(written):
    refused = refusal_of(csv_of([ANA, (ANA[0], written, *ANA[2:])]))
    assert (refused.code, refused.members) == ("dates_month_first", {"row": 3, "column": "B"})


@pytest.mark.parametrize(
    ("place", "field"), [(1, "obtained_at"), (2, "source"), (3, "notice_version"), (4, "evidence")]
)
def test_empty_cell_is_an_error_of_its_row(place, field):
    [error] = rows_of(csv_of([[*ANA[:place], " ", *ANA[place + 1 :]]]))
    assert (error["code"], error["field"]) == ("field_missing", field)


def test_text_that_is_too_long_is_an_error_of_its_row():
    [error] = rows_of(csv_of([(*ANA[:2], "a" * 201, *ANA[3:])]))
    assert (error["code"], error["field"]) == ("text_too_long", "source")


@pytest.mark.parametrize("answer", AGREED)
def test_who_said_yes_agreed(answer):
    assert rows_of(with_column("¿Aceptas recibir mensajes?", answer)) == [READ]


@pytest.mark.parametrize("answer", NOT_AGREED)
def test_who_did_not_say_yes_did_not_agree(answer):
    [error] = rows_of(with_column("Autoriza", answer))
    assert error["code"] == "not_agreed"


@pytest.mark.parametrize("title", QUESTIONS)
def test_no_under_any_such_title_is_no_consent(title):
    [error, yes] = rows_of(with_column(title, "No", "Sí"))
    assert (error["code"], yes["phone"]) == ("not_agreed", ANA[0])


@pytest.mark.parametrize(("title", "value"), SILENT)
def test_who_took_it_back_in_the_list_did_not_agree(title, value):
    [error] = rows_of(with_column(title, value))
    assert (error["code"], error["field"]) == ("consent_revoked", "columns")


@pytest.mark.parametrize(("title", "value"), NOT_SILENT)
def test_who_did_not_take_it_back_agreed(title, value):
    assert rows_of(with_column(title, value)) == [READ]


def test_comma_without_quotes_shifts_no_cell_into_the_evidence():
    shifted = PLAIN.replace(";", ",").replace("Módulo en", "Módulo 3, en")
    [error] = rows_of(shifted.encode())
    assert error["code"] == "cell_too_many"


@pytest.mark.parametrize("title", NO_QUESTIONS)
def test_column_about_consents_is_no_answer(title):
    assert rows_of(with_column(title, "formulario")) == [READ]


@pytest.mark.parametrize(("title", "value"), ROLL_DATA)
def test_data_of_the_roll_refuse_the_file(title, value):
    refused = refusal_of(with_column(title, "", value))
    assert refused.code == "roll_data"
    assert (refused.field, refused.members["column"]) == ("columns.5", "F")
    assert not value or value not in refused.detail


@pytest.mark.parametrize(("title", "value"), NO_ROLL_DATA)
def test_what_only_looks_like_the_roll_refuses_nothing(title, value):
    raw = with_column(title, "", value)
    assert [row.get("code") for row in rows_of(raw)] == [None, None]


@pytest.mark.parametrize("number", ["0123456789012", "012345678901"])
def test_number_that_begins_with_its_rows_section_is_an_ocr(number):
    def raw(section):
        return csv_of([(*ANA, section, number)], titles=(*TITLES, "Sección", "Nota"))

    assert refusal_of(raw("123")).members == {"row": 2, "column": "G"}
    assert rows_of(raw("124")) == [READ]
    assert rows_of(raw("")) == [READ]


def test_phone_that_begins_with_its_rows_section_is_no_ocr():
    raw = csv_of([("525510000001", *ANA[1:], "5255")], titles=(*TITLES, "Sección"))
    assert rows_of(raw) == [READ | {"phone": "525510000001"}]


def test_data_of_the_roll_behind_the_last_title_refuse_the_file():
    raw = csv_of([(*ANA, "GRPRAN85031209M100")])
    assert refusal_of(raw).code == "roll_data"


def test_roll_without_titles_is_refused_for_what_it_is():
    assert refusal_of(b"GRPRAN85031209M100,Ana,5510000001\n").code == "roll_data"


@pytest.mark.parametrize("title", SENSITIVE)
def test_sensitive_column_refuses_the_file(title):
    refused = refusal_of(with_column(title, ""))
    assert refused.code == "sensitive_data"
    assert refused.detail == (
        "Dato sensible: requiere consentimiento expreso por escrito (columna F)."
    )


@pytest.mark.parametrize("title", NOT_SENSITIVE)
def test_what_only_sounds_sensitive_refuses_nothing(title):
    assert rows_of(with_column(title, "x")) == [READ]
