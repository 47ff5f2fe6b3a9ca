"""The file that GET /audit gives: what stands in its cells, and how a line is written and read.

Every record is one line, in both formats, and ends with the SHA-256 of the line before and its own
bytes: a changed byte is found where it is. That proves nothing against somebody who makes all of
them anew; the entries' own chain does, which begins in the database.
"""

import csv
import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

# What was sealed; what proves the text; what Meta reported later, and no seal holds; and the rest,
# which follows from the details and from the facts that they name (`cells_of`).
SEALED: Final = ("record", "seq", "campaign_id", "at", "actor", "act", "job_id", "details")
SEALS: Final = ("prev_hash", "hash")
TEXT: Final = ("rendered_text", "text_salt")
REPORTED: Final = ("delivered_at", "read_at")
OF_DETAILS: Final = MappingProxyType(
    {
        "message_id": "message_id",
        "provider_hmac": "provider_hmac",
        "status": "decision",
        "reason": "reason",
        "error_code": "error_code",
        "attempts": "attempts",
        "recipient_hmac": "phone_hmac",
        "consent_id": "consent_id",
        "notice_version": "notice_version",
        "dispatched_at": "claimed_at",
        "accepted_at": "sent_at",
    }
)
OF_FACTS: Final = (
    *("candidate", "office", "party", "scope", "territory", "id_contabilidad", "rnp"),
    *("template_id", "template_version", "media_sha256", "created_by", "approved_by"),
    *("lexicon_result", "requested_at", "unit_cost", "currency", "zones"),
)
CHECKED: Final = ("veda_check_at", "veda_check_result", "opt_out_at")
SHOWN: Final = (*SEALED, *OF_DETAILS, *OF_FACTS, *CHECKED, *TEXT, *REPORTED, *SEALS)
COLUMNS: Final = (*SHOWN, "line_sha256")
BOM: Final = b"\xef\xbb\xbf"
HEADERS: Final = MappingProxyType({"csv": BOM + f"{','.join(COLUMNS)}\r\n".encode(), "jsonl": b""})
FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - Excel takes the wide ones, too


def facts_cells(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return what the columns say of all messages with these facts."""
    cells = {name: _cell(facts.get(name)) for name in OF_FACTS}
    return {column: cell for column, cell in cells.items() if cell}


def cells_of(act: str, details: Mapping[str, Any], shared: Mapping[str, str]) -> dict[str, str]:
    """Return what the columns say of an entry, by its details and the `facts_cells` they name."""
    if act == "opt_out":
        cells = {"opt_out_at": _cell(details.get("said_at"))}
    elif act == "message":
        cells = {column: _cell(details.get(name)) for column, name in OF_DETAILS.items()}
        cells |= _veda_check(details)
    else:
        cells = {}
    own = {column: cell for column, cell in cells.items() if cell}
    return {**own, **shared} if act == "message" else own


def _veda_check(details: Mapping[str, Any]) -> dict[str, str]:
    """Return when the window was asked for, and what it was: who claims finds it open."""
    if details.get("reason") in {"veda", "outside_campaign", "dates_missing"}:
        return {"veda_check_result": _cell(details["reason"])}
    if details.get("claimed_at"):
        return {"veda_check_at": _cell(details["claimed_at"]), "veda_check_result": "open"}
    return {}


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def first_digest(form: str) -> bytes:
    """Return what the first line is chained to; `form`: csv or jsonl."""
    return hashlib.sha256(HEADERS[form]).digest()


def write_line(form: str, cells: Mapping[str, str], before: bytes) -> tuple[bytes, bytes]:
    """Return a record's line, and its digest, to which the next is chained (`before`)."""
    body = _csv_body(cells) if form == "csv" else json.dumps(cells, ensure_ascii=False).encode()
    digest = hashlib.sha256(before + body).digest()
    return _closed(form, body, digest), digest


def read_line(form: str, line: bytes, before: bytes) -> tuple[dict[str, str], bytes]:
    """Return a line's cells and its digest, if it follows from `before`.

    Raises:
        ValueError: it does not, or is no line of such a file.
    """
    added = len(_closed(form, b"", hashlib.sha256().digest()))
    body = line[:-added] + (b"" if form == "csv" else b"}")
    digest = hashlib.sha256(before + body).digest()
    if line != _closed(form, body, digest):
        raise ValueError("the line is not as it was written")
    return (_csv_cells(body) if form == "csv" else json.loads(body)), digest


def _closed(form: str, body: bytes, digest: bytes) -> bytes:
    if form == "csv":
        return body + f",{digest.hex()}\r\n".encode()
    return body[:-1] + f', "line_sha256": "{digest.hex()}"}}\n'.encode()


def _csv_body(cells: Mapping[str, str]) -> bytes:
    row = [_quoted(cells[column]) if column in cells else "" for column in SHOWN]
    return ",".join(row).encode()


def _quoted(value: str) -> str:
    """Return a cell on one line; behind an apostrophe if it may be taken for a formula.

    One that begins with an apostrophe gets another. See
    https://owasp.org/www-community/attacks/CSV_Injection.
    """
    if value.isalnum():
        return value
    flat = value
    if "\\" in value or "\n" in value or "\r" in value:
        flat = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    if value.lstrip().startswith(FORMULA) or value.startswith(("'", *FORMULA)):
        flat = f"'{flat}"
    return '"{}"'.format(flat.replace('"', '""')) if "," in flat or '"' in flat else flat


def _csv_cells(body: bytes) -> dict[str, str]:
    try:
        [row] = csv.reader([body.decode()], strict=True)
    except csv.Error as error:
        raise ValueError("no line of a CSV file") from error
    if len(row) != len(SHOWN):
        raise ValueError("a cell is missing, or one too many")
    return {column: _as_it_was(cell) for column, cell in zip(SHOWN, row, strict=True) if cell}


def _as_it_was(cell: str) -> str:
    flat = cell.removeprefix("'")
    if "\\" not in flat:
        return flat
    parts = flat.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\r", "\r") for part in parts)
