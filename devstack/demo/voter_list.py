"""The voters of a list, and what became of each of its rows."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from devstack.demo.columns import Columns, columns_of, is_mobile
from devstack.demo.spreadsheet import ListError, Row, digits_in, lines_of, rows_of
from devstack.stack.campaign import VoterRow
from shared.rules.payloads import has_something_to_show

_DELIMITERS = ";,\t|"
# Excel's own first line that names the delimiter.
_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=([^\w\s"]|\t)"?[;,]*', re.IGNORECASE)
_HEADER_WITHIN = 20  # rows
_TOTAL = re.compile(r"\W*(gran\s+|sub)?total(es)?\b|\W*suma\b", re.IGNORECASE)
_SHORTEST_NUMBER, _NUMBER = 7, 10
_WITHOUT_SECTION = "s/n"  # for a list that has no such column at all
_LONGEST_HEADER = 200


@dataclass(frozen=True, kw_only=True)
class VoterList:
    """What a list gave: a voter for each row but those counted in `dropped`, by reason (es-MX).

    `columns` are the titles taken, by what they are; `mended` the lines with quotes that had no
    partner.
    """

    voters: list[VoterRow]
    columns: Mapping[str, Sequence[str]]
    dropped: Mapping[str, int]
    mended: Sequence[int]

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return len(self.voters) + sum(self.dropped.values())


def read_voter_list(raw: bytes) -> VoterList:
    """Read a spreadsheet's export, its delimiter and its header row found by trial.

    Raises:
        ListError: it is no list, has no column of phones or names, or its quotes can be read in
            two ways.
    """
    lines = lines_of(raw)
    separator = _SEPARATOR_LINE.fullmatch(lines[0].strip(" ")) if lines else None
    first = 1 if separator else 0
    delimiter, header, columns = _best_header(
        lines, separator[1] if separator else _DELIMITERS, first
    )
    rows = list(rows_of(lines, delimiter, at=first))
    dropped = Counter({"«sep=»": first})
    kept = _without_what_is_no_voter(rows, header, columns, dropped)
    if not kept:
        raise ListError("no tiene votantes.")
    columns = _convincing(columns, kept)
    return VoterList(
        voters=[_voter(row.cells, columns) for row in kept],
        columns=_titles(columns),
        dropped=+dropped,
        mended=[row.line for row in rows if row.mended],
    )


def _best_header(lines: Sequence[str], delimiters: str, first: int) -> tuple[str, int, Columns]:
    """Return the delimiter, the header's place among the rows, and the columns it names."""
    found = [
        (delimiter, place, columns_of([cell.strip() for cell in row.cells]))
        for delimiter in delimiters
        for place, row in enumerate(islice(rows_of(lines, delimiter, at=first), _HEADER_WITHIN))
        if _is_visible(row)
    ]
    usable = [one for one in found if _is_header(one[2])]
    if not usable:
        raise _no_header(found)
    return max(usable, key=_likelihood)


def _is_header(columns: Columns) -> bool:
    # A title with a number in it has swallowed a voter: its quotes are not in order.
    swallowed = any(digits_in(title) >= _NUMBER for title in columns.titles)
    return bool(columns.phone and columns.name) and not swallowed


def _likelihood(found: tuple[str, int, Columns]) -> tuple[int, int]:
    return found[2].count, len(found[2].titles)


def _no_header(found: Sequence[tuple[str, int, Columns]]) -> ListError:
    if len({place for _, place, _ in found}) <= 1:
        return ListError("no tiene votantes.")
    columns = max(found, key=_likelihood)[2]
    missing = "«phone» (o «teléfono»)" if columns.name else "«full_name» (o «nombre»)"
    titles = ascii(", ".join(columns.titles))[:_LONGEST_HEADER]
    return ListError(f"Falta la columna {missing}. Encabezados: {titles}")


def _without_what_is_no_voter(
    rows: Sequence[Row], header: int, columns: Columns, dropped: Counter[str]
) -> list[Row]:
    """Return the voters' rows; count the others by reason."""
    kept: list[Row] = []
    for place, row in enumerate(rows):
        if reason := _reason_to_drop(row, place - header, columns):
            dropped[reason] += 1
        elif row.doubtful:
            raise ListError(
                f"línea {row.line}: unas comillas abarcan varias filas con teléfono."
                " Ciérralas o bórralas y vuelve a intentarlo."
            )
        else:
            kept.append(row)
    if kept and _is_total(kept[-1].cells, columns):
        dropped["de totales"] += 1
        del kept[-1]
    return kept


def _reason_to_drop(row: Row, behind_header: int, columns: Columns) -> str | None:
    if not _is_visible(row):
        return "vacías"
    if behind_header < 0 and digits_in(_phone(row.cells, columns)) < _NUMBER:
        return "antes del encabezado"  # a title; a voter may have been sorted up there
    if [cell.strip() for cell in row.cells] == columns.titles:
        return "repiten el encabezado" if behind_header else "el encabezado"
    return None


def _convincing(columns: Columns, rows: Sequence[Row]) -> Columns:
    """Keep columns called «número» only if most of what they hold is long enough for a phone."""
    if not columns.is_guess:
        return columns
    phones = [
        place
        for place in columns.phone
        if (filled := [cell for row in rows if (cell := _cell(row.cells, place))])
        and 2 * sum(digits_in(cell) >= _NUMBER for cell in filled) > len(filled)
    ]
    if not phones:
        titles = ascii([columns.titles[place] for place in columns.phone])[:_LONGEST_HEADER]
        raise ListError(f"Falta la columna «phone» (o «teléfono»); {titles} no lo parece.")
    return replace(columns, phone=phones)


def _voter(cells: Sequence[str], columns: Columns) -> VoterRow:
    section = columns.others["section"]
    tags = re.split(r"[,;|]|:::", _first(cells, columns.others["tags"]))
    return VoterRow(
        full_name=_name(cells, columns),
        phone=_phone(cells, columns),
        section=_first(cells, section) if section else _WITHOUT_SECTION,
        sentiment=_first(cells, columns.others["sentiment"]),
        tags=[tag.strip() for tag in tags if tag.strip()],
    )


def _name(cells: Sequence[str], columns: Columns) -> str:
    parts = [_first(cells, part) for part in columns.name_parts]
    return _first(cells, columns.whole_name) or " ".join(part for part in parts if part)


def _phone(cells: Sequence[str], columns: Columns) -> str:
    """Return the mobile number, else the next that has any digit but 0, else what is there."""
    said_mobile = [
        place
        for place in columns.phone
        if place in columns.kind_of and is_mobile(_cell(cells, columns.kind_of[place]))
    ]
    in_order = [*said_mobile, *columns.phone]
    filled = [place for place in in_order if re.search(r"[^\D0]", _cell(cells, place))]
    return _first(cells, filled or in_order)


def _first(cells: Sequence[str], places: Sequence[int]) -> str:
    """Return the first of these cells that shows anything, or an empty text."""
    shown = (_cell(cells, place) for place in places)
    return next((cell for cell in shown if has_something_to_show(cell)), "")


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip() if place < len(cells) else ""


def _is_visible(row: Row) -> bool:
    return any(has_something_to_show(cell) for cell in row.cells)


def _is_total(cells: Sequence[str], columns: Columns) -> bool:
    first = next(cell for cell in cells if has_something_to_show(cell))
    return bool(_TOTAL.match(first)) and digits_in(_phone(cells, columns)) < _SHORTEST_NUMBER


def _titles(columns: Columns) -> dict[str, list[str]]:
    places = {
        "teléfono": columns.phone,
        "nombre": columns.name,
        "sección": columns.others["section"],
        "sentimiento": columns.others["sentiment"],
        "etiquetas": columns.others["tags"],
    }
    return {what: [columns.titles[place] for place in found] for what, found in places.items()}
