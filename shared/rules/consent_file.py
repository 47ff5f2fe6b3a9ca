"""A file of consents: refused as a whole where the law forbids it, else read row by row."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any, Final

from shared.errors import InvalidInput
from shared.rules.consent_columns import ConsentColumns, columns_of, known_titles
from shared.rules.consent_dates import is_month_first, parse_day
from shared.rules.csv_file import DELIMITERS, CsvFile, is_empty, open_csv
from shared.rules.roll_data import ForbiddenColumns

MOST_ROWS: Final = 100_000
# As wa_consents has them; of a phone as it is typed.
LONGEST: Final = MappingProxyType(
    {"phone": 60, "obtained_at": 60, "source": 200, "notice_version": 100, "evidence": 500}
)
_LONGEST_TITLE: Final = 200
_LETTERS: Final = 26


class ConsentFile:
    """A file that may be imported; `rows` counts its rows."""

    def __init__(self, raw: bytes) -> None:
        """Look through the whole file.

        Raises:
            InvalidInput: `roll_data`, `sensitive_data`, `dates_month_first`, `too_many_rows`,
                `file_empty` (422), and what `open_csv`, `CsvFile.rows` and `columns_of` raise.
                A cell is named by its place, never by what it holds.
        """
        self._file = open_csv(raw)
        self._delimiter, self._header, titles = _header(self._file)
        forbidden = ForbiddenColumns(titles)
        _require_lawful_titles(forbidden, titles, self._header)
        self._columns: ConsentColumns = columns_of(titles)
        self._width = len(titles)
        self.rows = self._look_through(forbidden)

    def consents(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """Give the rows behind row `after`, as wa_import_consents takes them.

        A consent {row, phone, obtained_at, source, notice_version, evidence}, or a problem
        {row, code, detail, field}.
        """
        for row, cells in self._filled():
            if row > after:
                yield {"row": row} | self._read(cells)

    def _filled(self) -> Iterator[tuple[int, list[str]]]:
        return (
            (row, cells)
            for row, cells in self._file.rows(self._delimiter)
            if row > self._header and not is_empty(cells)
        )

    def _look_through(self, forbidden: ForbiddenColumns) -> int:
        count = 0
        dates = self._columns.places["obtained_at"]
        for row, cells in self._filled():
            count += 1
            if count > MOST_ROWS:
                raise _too_many_rows()
            place = forbidden.roll_data_in(cells)
            if place is not None:
                raise _roll_data(row, place)
            if dates < len(cells) and is_month_first(cells[dates]):
                raise _month_first(row, dates)
        if not count:
            raise _empty()
        return count

    def _read(self, cells: Sequence[str]) -> dict[str, str]:
        consent = {
            field: " ".join(cells[place].split()) if place < len(cells) else ""
            for field, place in self._columns.places.items()
        }
        if any(cell.strip() for cell in cells[self._width :]):
            detail = "Sobra una celda: un texto con comas va entre comillas."
            return _problem("cell_too_many", detail, "columns")
        if not self._columns.said.is_yes_in(cells):
            return _problem("not_agreed", "La persona no aceptó en esta fila.", "columns")
        if self._columns.said.is_revoked_in(cells):
            detail = "La fila dice que la persona ya no quiere mensajes."
            return _problem("consent_revoked", detail, "columns")
        if problem := _text_problem(consent):
            return problem
        day = parse_day(consent["obtained_at"])
        if day is None:
            detail = "No es una fecha; usa día/mes/año o AAAA-MM-DD."
            return _problem("date_invalid", detail, "obtained_at")
        return consent | {"obtained_at": day}


def _text_problem(consent: dict[str, str]) -> dict[str, str] | None:
    for field, limit in LONGEST.items():
        if len(consent[field]) > limit:
            return _problem("text_too_long", f"A lo más {limit} caracteres.", field)
        if not consent[field] and field != "phone":
            return _problem("field_missing", "Falta este dato.", field)
    return None


def _problem(code: str, detail: str, field: str) -> dict[str, str]:
    return {"code": code, "detail": detail, "field": field}


def _header(file: CsvFile) -> tuple[str, int, list[str]]:
    """Return the delimiter, and the number and titles of the first row that is not empty."""
    found, broken = [], []
    for delimiter in file.named_delimiter or DELIMITERS:
        try:
            found += _first_filled(file, delimiter)
        except InvalidInput as error:  # by another delimiter its quotes may be in order
            broken.append(error)
    if not found:
        raise next(iter(broken), None) or _empty()
    return max(found, key=lambda one: (known_titles(one[2]), len(one[2])))


def _first_filled(file: CsvFile, delimiter: str) -> list[tuple[str, int, list[str]]]:
    for row, cells in file.rows(delimiter):
        if not is_empty(cells):
            return [(delimiter, row, [cell[:_LONGEST_TITLE] for cell in cells])]
    return []


def _require_lawful_titles(forbidden: ForbiddenColumns, titles: Sequence[str], row: int) -> None:
    marked = forbidden.roll_data_in(titles)
    for place in forbidden.roll if marked is None else [marked]:
        raise _roll_data(row, place)
    for place in forbidden.sensitive:
        detail = "Dato sensible: requiere consentimiento expreso por escrito"
        raise _at(row, place, "sensitive_data", f"{detail} (columna {_letters(place)}).")


def _roll_data(row: int, place: int) -> InvalidInput:
    detail = f"No se admiten datos del padrón electoral (celda {_letters(place)}{row})."
    return _at(row, place, "roll_data", detail)


def _month_first(row: int, place: int) -> InvalidInput:
    detail = (
        f"La fecha de la celda {_letters(place)}{row} tiene el mes antes del día, así que ninguna"
        " del archivo es segura; usa día/mes/año o AAAA-MM-DD."
    )
    return _at(row, place, "dates_month_first", detail)


def _at(row: int, place: int, code: str, detail: str) -> InvalidInput:
    refused = InvalidInput(code, detail, f"columns.{place}")
    refused.members = {"row": row, "column": _letters(place)}
    return refused


def _too_many_rows() -> InvalidInput:
    detail = f"A lo más {MOST_ROWS:,} filas por archivo; divídelo."
    return InvalidInput("too_many_rows", detail, "consents")


def _empty() -> InvalidInput:
    return InvalidInput("file_empty", "El archivo no tiene filas.", "consents")


def _letters(place: int) -> str:
    """Return a column's name in a spreadsheet: A, B … Z, AA."""
    before, letter = divmod(place, _LETTERS)
    return (_letters(before - 1) if before else "") + chr(ord("A") + letter)
