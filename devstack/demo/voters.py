"""Where the demo's voters come from: made up, or a spreadsheet's export."""

import csv
import io
import random
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from devstack.stack.campaign import VoterRow

NAMES = ("Ana", "José Luis", "María", "Íñigo", "Guadalupe", "Sofía", "Ángel", "Xóchitl", "Raúl")
SURNAMES = ("Hernández", "García", "Peña", "López", "Muñoz", "Ramírez", "Nguyen", "D'Angelo")
SENTIMENTS = ("positive", "neutral", "negative")
TAGS = ("voluntario", "mitin", "vecino")

# How lists really look: most numbers are fine under any of these spellings.
SPELLINGS = (
    "{0} {1} {2}",
    "{0}{1}{2}",
    "({0}) {1}-{2}",
    "+52 {0} {1} {2}",
    "+52 1 {0} {1} {2}",
    "521{0}{1}{2}",
    "044 {0} {1} {2}",
    "01 {0} {1} {2}",
    "0052 {0}-{1}-{2}",
)
JUNK = ("", "   ", "no tiene", "5512-34", "123", "+1 212 555 0148", "+34 612 34 56 78")
JUNK_SHARE, REPEATED_SHARE, NAMELESS_SHARE = 0.06, 0.03, 0.01

COLUMNS = {
    "full_name": {"full name", "name", "nombre", "nombre(s)", "nombre completo"},
    "phone": {
        *("phone", "telefono", "telefono celular", "telefono movil", "tel", "celular", "movil"),
        *("numero", "numero de telefono", "whatsapp"),
    },
    "section": {"section", "seccion", "seccion electoral"},
    "sentiment": {"sentiment", "sentimiento"},
    "tags": {"tags", "etiqueta", "etiquetas"},
}
REQUIRED = {"phone": "teléfono", "full_name": "nombre"}
WITHOUT_SECTION = "s/n"  # for a list that has no such column at all
# A workbook or a PDF is no list: ZIP and PDF signatures.
NOT_TEXT = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")
LONGEST_HEADER = 200


class ListError(Exception):
    """The list cannot be read; the message (es-MX) says why and what to do."""


def made_up_voters(count: int, seed: int) -> list[VoterRow]:
    """Return voters with the numbers of a real list: many spellings, junk, duplicates, blanks."""
    chance = random.Random(seed)
    numbers = chance.sample(range(10_000_000, 99_999_999), count)
    voters: list[VoterRow] = []
    for number in numbers:
        phone = chance.choice(SPELLINGS).format("55", number // 10_000, f"{number % 10_000:04}")
        if chance.random() < JUNK_SHARE:
            phone = chance.choice(JUNK)
        elif voters and chance.random() < REPEATED_SHARE:
            phone = chance.choice(voters).phone
        name = f"{chance.choice(NAMES)} {chance.choice(SURNAMES)}"
        voters.append(
            VoterRow(
                full_name="" if chance.random() < NAMELESS_SHARE else name,
                phone=phone,
                section=str(chance.randrange(1, 60)),
                sentiment=chance.choice(SENTIMENTS),
                tags=chance.sample(TAGS, chance.randrange(len(TAGS))),
            )
        )
    return voters


def read_list(path: Path) -> list[VoterRow]:
    """Read a spreadsheet's export: UTF-8, UTF-16 or Latin-1; commas, semicolons or tabs.

    Raises:
        ListError: there is no such file, it is no list, or it has no column of phones.
    """
    try:
        raw = path.read_bytes()
        if raw.startswith(NOT_TEXT):
            raise ListError(f"{path} no es texto; si es un libro de Excel, guárdalo como CSV.")
        text = _decode(raw)
        rows = list(csv.reader(io.StringIO(text), delimiter=_delimiter(text)))
    except OSError as error:
        reason = "no existe" if isinstance(error, FileNotFoundError) else "no se pudo abrir"
        raise ListError(f"No se puede leer {path}: {reason}.") from None
    except csv.Error as error:
        raise ListError(f"{path} no es una lista CSV: {error}.") from None
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if rows and rows[0][0].lower().startswith("sep="):
        del rows[0]
    if len(rows) < 2:  # noqa: PLR2004 - the header and one voter
        raise ListError(f"{path} no tiene votantes.")
    return list(_voters(rows[0], rows[1:]))


def _decode(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")  # Excel's Latin-1


def _delimiter(text: str) -> str:
    lines = text.lstrip().splitlines() or [""]
    if lines[0].lower().startswith("sep=") and len(lines[0]) > len("sep="):
        return lines[0][len("sep=")]
    return max(";,\t", key=lines[0].count)


def _voters(header: list[str], rows: list[list[str]]) -> Iterator[VoterRow]:
    place = {column: _place(header, names) for column, names in COLUMNS.items()}
    for column, name in REQUIRED.items():
        if place[column] is None:
            found = ascii(", ".join(header))[:LONGEST_HEADER]
            raise ListError(f"Falta la columna «{column}» (o «{name}»). Encabezados: {found}")
    for row in rows:
        cell = {
            column: row[index].strip() if index is not None and index < len(row) else ""
            for column, index in place.items()
        }
        tags = [
            tag.strip() for tag in cell.pop("tags").replace(";", ",").replace("|", ",").split(",")
        ]
        if place["section"] is None:
            cell["section"] = WITHOUT_SECTION
        yield VoterRow(tags=[tag for tag in tags if tag], **cell)


def _place(header: list[str], names: set[str]) -> int | None:
    for index, title in enumerate(header):
        plain = unicodedata.normalize("NFKD", re.sub(r"[-_\s]+", " ", title.strip().lower()))
        if plain.encode("ascii", "ignore").decode() in names:
            return index
    return None
