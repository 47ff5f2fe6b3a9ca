"""`python -m shared.audit verify FILE`: is this file of GET /audit as it was written and sealed?

Ends with 0 (intact), 1 (broken), 2 (no such file, or asked wrongly). Speaks Spanish, to whoever was
given the file; needs nothing but Python and this folder's rules.
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from shared.rules.audit_check import LONGEST_LINE, BrokenFileError, Verified, verify_lines

INTACT, BROKEN, UNREADABLE = 0, 1, 2


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks and return the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m shared.audit")
    verify = parser.add_subparsers(required=True, metavar="verify").add_parser("verify")
    verify.add_argument("file", type=Path, metavar="FILE", help="archivo .csv o .jsonl")
    verify.add_argument(
        "--head",
        action="append",
        default=[],
        type=_head,
        metavar="SEQ:HASH",
        help="sello guardado en otro lugar, para comparar; se puede repetir",
    )
    asked = parser.parse_args(arguments)
    csv.field_size_limit(LONGEST_LINE)
    try:
        with asked.file.open("rb") as file:
            return _verify(file, dict(asked.head))
    except OSError as error:
        return _say(f"No se puede leer el archivo: {error.strerror}.", UNREADABLE)


def _verify(file: BinaryIO, heads: dict[int, str]) -> int:
    form = "jsonl" if file.peek(1)[:1] == b"{" else "csv"  # type: ignore[attr-defined]
    try:
        found = verify_lines(_lines(file), form, heads)
    except BrokenFileError as broken:
        entry = f", registro {broken.seq}" if broken.seq is not None else ""
        return _say(f"ALTERADO en el renglón {broken.line}{entry}: {broken.problem}.", BROKEN)
    outside = [seq for seq in heads if not _holds(found, seq)]
    if outside:
        return _say(f"El registro {outside[0]} no está en este archivo.", UNREADABLE)
    return _say(_sentence(found), INTACT)


def _holds(found: Verified, seq: int) -> bool:
    return (found.first_seq or 0) <= seq <= (found.last_seq or -1)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the file's lines; what is too long for one of ours comes in pieces, which are none."""
    while line := file.readline(LONGEST_LINE):
        yield line


def _sentence(found: Verified) -> str:
    if not found.entries:
        return f"Íntegro: la campaña {found.campaign_id} no tiene registros en esas fechas."
    return (
        f"Íntegro: {found.entries} registros de la campaña {found.campaign_id},"
        f" del {found.first_seq} al {found.last_seq}; {found.texts} con el texto que salió.\n"
        f"Último sello: {found.last_seq}:{found.head}"
    )


def _head(text: str) -> tuple[int, str]:
    seq, _, digest = text.partition(":")
    return int(seq), digest


def _say(sentence: str, status: int) -> int:
    sys.stdout.write(sentence + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
