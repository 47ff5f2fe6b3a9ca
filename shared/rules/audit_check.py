"""Is a file of GET /audit as it was written, and its log as it was sealed? Without any database."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.rules.audit_chain import Entry, hash_of, root_of
from shared.rules.audit_file import (
    HEADERS,
    REPORTED,
    SEALED,
    SEALS,
    TEXT,
    cells_of,
    facts_cells,
    first_digest,
    read_line,
)

LONGEST_LINE = 1024 * 1024
ELSEWHERE = {*SEALED, *SEALS, *TEXT, *REPORTED}  # columns that do not follow from the details


class BrokenFileError(Exception):
    """The file is not what it was; `problem` is Spanish, `seq` the first entry that is wrong."""

    def __init__(self, line: int, seq: int | None, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.seq = seq
        self.problem = problem


@dataclass(kw_only=True)
class Verified:
    """What was read so far; at the end, what the file holds. Grows with jobs, not with messages."""

    form: str
    campaign_id: str = ""
    first_seq: int | None = None
    last_seq: int | None = None
    head: str = ""
    entries: int = 0
    texts: int = 0
    facts: dict[str, Mapping[str, str]] = field(default_factory=dict)
    heads: Mapping[int, str] = field(default_factory=dict)
    anchors: dict[int, str] = field(default_factory=dict)
    next_seq: int | None = None
    ended: bool = False


def verify_lines(
    lines: Iterable[bytes], form: str, heads: Mapping[int, str] | None = None
) -> Verified:
    """Read a whole file; `lines` as it has them, with their ends and a CSV's header.

    `heads`: hashes by place that were kept elsewhere; those within the file must be the entries'.

    Raises:
        BrokenFileError: naming the first line and entry that is wrong.
    """
    kept = {seq: digest.lower() for seq, digest in (heads or {}).items()}
    state = Verified(form=form, heads=kept)
    digest, number = first_digest(form), 0
    for number, line in enumerate(lines, start=1):
        if number == 1 and HEADERS[form]:
            _require(line == HEADERS[form], 1, None, "el encabezado no es el de una bitácora")
            continue
        _require(not state.ended, number, None, "hay renglones después del final")
        try:
            cells, digest = read_line(form, line, digest)
            _read_record(state, cells, number)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            problem = "el renglón no es como se escribió"
            raise BrokenFileError(number, state.next_seq, problem) from None
    _require(state.ended, number + 1, state.next_seq, "el archivo está incompleto")
    return state


def _require(fine: bool, line: int, seq: int | None, problem: str) -> None:  # noqa: FBT001
    if not fine:
        raise BrokenFileError(line, seq, problem)


def _read_record(state: Verified, cells: dict[str, str], line: int) -> None:
    kind = cells["record"]
    if kind == "start":
        _require(not state.campaign_id, line, state.next_seq, "el archivo empieza dos veces")
        _start(state, json.loads(cells["details"]))
    elif kind == "facts":
        found = hashlib.sha256(cells["details"].encode()).hexdigest()
        _require(found == cells["hash"], line, state.next_seq, "los datos comunes no son esos")
        state.facts[found] = facts_cells(json.loads(cells["details"]))
    elif kind == "entry":
        _read_entry(state, cells, line)
    elif kind == "end":
        _end(state, json.loads(cells["details"]), line)
    else:
        raise ValueError(kind)


def _start(state: Verified, extent: Mapping[str, Any]) -> None:
    state.campaign_id = extent["campaign_id"]
    state.first_seq = state.next_seq = extent["first_seq"]
    state.last_seq = extent["last_seq"]
    state.head = extent["prev_hash"] or ""
    told = [*extent["days"], extent["head"]] if extent["head"] else extent["days"]
    state.anchors = {head["seq"]: head["hash"] for head in told} | dict(state.heads)


def _read_entry(state: Verified, cells: dict[str, str], line: int) -> None:
    seq = state.next_seq
    entry = Entry(
        seq=int(cells["seq"]),
        campaign_id=cells["campaign_id"],
        job_id=cells.get("job_id", ""),
        **{name: cells[name] for name in ("at", "actor", "act", "details", *SEALS)},
    )
    _require(entry.seq == seq, line, seq, "falta un registro o sobra uno")
    _require(entry.campaign_id == state.campaign_id, line, seq, "el registro es de otra campaña")
    before = root_of(entry.campaign_id) if seq == 1 else state.head
    _require(entry.prev_hash == before, line, seq, "el registro no sigue del anterior")
    _require(entry.hash == hash_of(entry), line, seq, "el registro no es el que se selló")
    kept = state.anchors.pop(entry.seq, entry.hash)
    _require(entry.hash == kept, line, seq, "el sello no es el que se guardó")
    _require_cells(state, entry, cells, line)
    state.head = entry.hash
    state.entries += 1
    state.next_seq = entry.seq + 1


def _require_cells(state: Verified, entry: Entry, cells: dict[str, str], line: int) -> None:
    """Hold the columns to what was sealed, and the text to its hash."""
    details = json.loads(entry.details)
    named = details.get("facts") if entry.act == "message" else None
    _require(
        named is None or named in state.facts, line, entry.seq, "faltan los datos del registro"
    )
    expected = cells_of(entry.act, details, state.facts[named] if named else {})
    shown = {column: cell for column, cell in cells.items() if column not in ELSEWHERE}
    _require(shown == expected, line, entry.seq, "una columna no dice lo que se selló")
    if "rendered_text" in cells:
        said = hashlib.sha256((cells["text_salt"] + cells["rendered_text"]).encode()).hexdigest()
        _require(said == details.get("text_hash"), line, entry.seq, "el texto no es el que salió")
        state.texts += 1


def _end(state: Verified, told: Mapping[str, Any], line: int) -> None:
    is_whole = (
        bool(state.campaign_id)
        and told["entries"] == state.entries
        and (not state.entries or told["last_hash"] == state.head)
        and (state.last_seq is None or state.next_seq == state.last_seq + 1)
    )
    _require(is_whole, line, state.next_seq, "faltan registros antes del final")
    state.ended = True
