"""A spreadsheet's export as rows of cells, whichever program wrote it and whoever edited it since.

No line is lost to another's quotes: a cell may hold line breaks only if its quotes are in order
and it swallows no second number. Otherwise each line is a row of its own.
"""

import contextlib
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# ZIP (also a workbook of Excel, Numbers or LibreOffice), PDF and Excel's format of 1997.
_NOT_TEXT = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_MOST_LINES = 50  # of one row: beyond, the quotes are taken for unclosed
_NUMBER_DIGITS = 10
_MOSTLY = 0.8


class ListError(Exception):
    """The list cannot be read; the message (es-MX) says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row; `line` counts the file's lines from 1.

    `mended`: quotes without a partner were taken for text. `doubtful`: a cell that is formally in
    order holds what looks like another row.
    """

    line: int
    cells: list[str]
    mended: bool = False
    doubtful: bool = False


def lines_of(raw: bytes) -> list[str]:
    """Return the lines of a text in UTF-8, UTF-16, UTF-32, Windows-1252 or Mac Roman.

    Raises:
        ListError: the file is a workbook or a PDF.
    """
    if raw.startswith(_NOT_TEXT):
        raise ListError("no es texto; si es un libro de Excel, guárdalo como CSV.")
    text = _decode(raw).replace("\x00", "").removeprefix("\ufeff")
    lines = _LINE_BREAK.split(text)
    return lines if lines[-1] else lines[:-1]


def rows_of(lines: Sequence[str], delimiter: str, *, at: int = 0) -> Iterator[Row]:
    """Give the rows from line `at` (from 0) on; a row takes several lines if its quotes say so."""
    while at < len(lines):
        row, used = _row(lines, at, delimiter)
        yield row
        at += used


def digits_in(cell: str) -> int:
    """Count the digits of a cell, of any script."""
    return sum(character.isdigit() for character in cell)


def _decode(raw: bytes) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    if wide := _wide_without_mark(raw):
        return raw.decode(wide, errors="replace")
    # Excel for Mac ends lines with CR alone and writes Mac Roman, if asked for «CSV (Macintosh)».
    one_byte = "mac-roman" if b"\n" not in raw and b"\r" in raw else "cp1252"
    return "".join(_decode_line(line, one_byte) for line in raw.splitlines(keepends=True))


def _wide_without_mark(raw: bytes) -> str | None:
    """Tell UTF-16 by the zeros that every other byte of a Latin text is."""
    even, odd, half = raw[::2].count(0), raw[1::2].count(0), len(raw) // 2
    if odd > _MOSTLY * half and even < half - _MOSTLY * half:
        return "utf-16-le"
    if even > _MOSTLY * half and odd < half - _MOSTLY * half:
        return "utf-16-be"
    return None


def _decode_line(line: bytes, one_byte: str) -> str:
    # Line by line, because lists of different origin are pasted together.
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(one_byte, errors="replace")


def _row(lines: Sequence[str], at: int, delimiter: str) -> tuple[Row, int]:
    """Return the row that begins at a line, and how many lines it takes."""
    line = lines[at]
    if '"' not in line:
        return Row(line=at + 1, cells=line.split(delimiter)), 1
    following = (f"{line}\n" for line in lines[at : at + _MOST_LINES])
    reader = csv.reader(following, delimiter=delimiter, strict=True)
    try:
        cells = next(reader)
    except csv.Error:  # no closing quote, or text behind one
        return Row(line=at + 1, cells=_without_quotes(line, delimiter), mended=True), 1
    used = reader.line_num
    several = used > 1 and sum(_has_number(one, delimiter) for one in lines[at : at + used]) > 1
    return Row(line=at + 1, cells=cells, doubtful=several), used


def _without_quotes(line: str, delimiter: str) -> list[str]:
    """Read a line with stray quotes: «"El Güero" Pérez;55…» in pairs, others as text."""
    if line.count('"') % 2 == 0:
        with contextlib.suppress(csv.Error):  # a cell longer than the module allows
            return next(csv.reader([line], delimiter=delimiter))
    return [cell.strip().strip('"') for cell in line.split(delimiter)]


def _has_number(line: str, delimiter: str) -> bool:
    cells = line.split(delimiter)
    return len(cells) > 1 and any(digits_in(cell) >= _NUMBER_DIGITS for cell in cells)
