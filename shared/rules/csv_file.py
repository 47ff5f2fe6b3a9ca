"""A spreadsheet's export, read row by row: it is never there as a whole but for its bytes."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from typing import Final

from shared.errors import InvalidInput

DELIMITERS: Final = ";,\t|"
# ZIP (also a workbook of Excel, Numbers or LibreOffice), PDF and Excel's format of 1997.
_NOT_TEXT: Final = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_SEPARATOR_LINE: Final = re.compile(r'"?sep=([;,\t|])"?\s*', re.IGNORECASE)
_PIECE: Final = 64 * 1024
_LONGEST_LINE: Final = 64 * 1024
_LINE_BREAK: Final = re.compile(r"[\r\n]")
_PHONE: Final = re.compile(r"(?:\d\D{0,3}){9}\d")


@dataclass(frozen=True, kw_only=True)
class CsvFile:
    """An export whose encoding is known. Its rows are numbered as a spreadsheet does, from 1."""

    raw: bytes
    encoding: str
    named_delimiter: str | None  # by Excel's own first line, which is no row of the sheet

    def rows(self, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """Give the number and cells of each row, also of empty ones.

        Raises:
            InvalidInput: `quotes_broken` (422): where a row ends cannot be told; `row` says which.
        """
        reader = csv.reader(self._lines(), delimiter=delimiter, strict=True)
        row = 0
        while True:
            row += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                raise broken_quotes(row) from None
            # A cell of several lines with a row's delimiters and a number has taken other rows in.
            if any(
                delimiter in cell and _LINE_BREAK.search(cell) and _PHONE.search(cell)
                for cell in cells
            ):
                raise broken_quotes(row)
            yield row, cells

    def _lines(self) -> Iterator[str]:
        lines = TextIOWrapper(
            BytesIO(self.raw), encoding=self.encoding, errors="replace", newline=""
        )
        if self.named_delimiter:
            lines.readline(_LONGEST_LINE)
        while line := lines.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE:
                raise csv.Error("a line without end")
            yield line


def open_csv(raw: bytes) -> CsvFile:
    """Return the export in UTF-8, UTF-16 or Windows-1252.

    Raises:
        InvalidInput: `file_not_csv` (422): a workbook, or no text.
    """
    encoding = _encoding(raw)
    if encoding is None:
        raise InvalidInput(
            "file_not_csv", "No es un archivo CSV; guárdalo como «CSV UTF-8».", "consents"
        )
    first = TextIOWrapper(BytesIO(raw[:_PIECE]), encoding=encoding, errors="replace").readline()
    named = _SEPARATOR_LINE.fullmatch(first)
    return CsvFile(raw=raw, encoding=encoding, named_delimiter=named[1] if named else None)


def broken_quotes(row: int) -> InvalidInput:
    """Return the refusal of a file in which a row's quotes are not in order."""
    refused = InvalidInput(
        "quotes_broken",
        f"En la fila {row} unas comillas no están en orden; ciérralas o bórralas.",
        "consents",
    )
    refused.members = {"row": row}
    return refused


def is_empty(cells: Sequence[str]) -> bool:
    """Tell whether nothing stands in a row."""
    return not any(cell.strip() for cell in cells)


def _encoding(raw: bytes) -> str | None:
    if raw.startswith(_NOT_TEXT):
        return None
    if raw.startswith(_WIDE_MARKS):
        return "utf-16"
    if b"\x00" in raw:
        return None
    pieces = TextIOWrapper(BytesIO(raw), encoding="utf-8-sig")
    try:
        while pieces.read(_PIECE):
            pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"
