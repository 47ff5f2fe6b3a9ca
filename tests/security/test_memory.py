"""As many of the largest bodies as an instance takes at once fit the memory that it is given.

docs/security.md has the arithmetic; the first tests measure what it reckons with.
"""

import json
import re
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest

from devstack.stack.deployment import DEPLOYABLES
from shared.adapters import whatsapp, whatsapp_accounts, whatsapp_health
from shared.bodies import LARGEST_BODY, LARGEST_CSV, MIB, SMALL_BODY
from shared.errors import InvalidInput
from shared.http import as_it_is, parse_json
from shared.rules.consent_file import ConsentFile
from shared.rules.inputs import parse_audience
from tests.consent_files import TITLES
from tests.security.callers import Doors
from tests.terraform.configuration import ROOT, deployables, module

RESTING = 150 * MIB  # a server and its worker that have answered
WORKING = MIB  # what gunicorn reads ahead of one body
COPIES = 5  # of one body on its way: received, read, and to Postgres or Pub/Sub
VALUE = 32  # a JSON value in memory, by the size of its text
# Who keeps the whole value of each body while it works, and how large that may be.
KEPT = {"apply_events": LARGEST_BODY["webhook"], "dispatch": SMALL_BODY, "fan_out": SMALL_BODY}
# Who is also sent files that are read row by row, and never a value in memory.
FILES = {"send": LARGEST_CSV}
# What Meta may answer, which is there twice while it is put together.
ANSWER = {
    "dispatch": whatsapp.LARGEST_ANSWER,
    "send": 2 * whatsapp_health.LARGEST_ANSWER,  # about number and template, at once
    "sync": whatsapp_accounts.LARGEST_ANSWER,
    "templates": whatsapp_accounts.LARGEST_ANSWER,
}
UNITS = {"Ki": 1024, "Mi": MIB, "Gi": 1024 * MIB}


def filled(piece: str) -> bytes:
    return ("[" + ",".join([piece] * (MIB // (len(piece.encode()) + 1))) + "]").encode()


@pytest.mark.parametrize(
    "raw",
    [
        *map(filled, ("[]", "{}", '{"":0}', '{"a":[]}', "[[]]")),
        *map(filled, ('"ab"', '"ñé"', '"中"', "1e9", "257")),
        json.dumps("😀" + "a" * MIB, ensure_ascii=False).encode(),
        json.dumps({str(number): number for number in range(80_000)}).encode(),
    ],
    ids=lambda raw: ascii(raw[:8]),
)
def test_json_takes_no_more_memory_than_is_reckoned_with(raw):
    assert peak_of(lambda: parse_json(raw, as_it_is)) <= VALUE * len(raw)


def test_largest_request_takes_no_more_memory_than_is_reckoned_with():
    ids = [str(UUID(int=number)) for number in range(100_000)]
    asked = {"campaign_id": ids[0], "filters": {"voter_ids": ids}}
    raw = json.dumps(asked, indent=4).encode()
    assert len(raw) <= LARGEST_BODY["send"]
    now = datetime.now(UTC)
    kept = kept_of(lambda: parse_json(raw, lambda body: parse_audience(body, now)))
    assert kept <= (COPIES - 2) * len(raw)


@pytest.mark.parametrize(
    "row",
    [
        b"5510000001;15/03/2026;a;b;c\n",
        ("5510000001;15/03/2026;" + "ñ" * 99 + ";😀;c\n").encode(),
        b"x;" * 30_000 + b"\n",
        b"\n",
    ],
    ids=["short", "wide", "many cells", "empty"],
)
@pytest.mark.parametrize("quote", [b"", b'"'], ids=["as it is", "unclosed"])
def test_file_of_consents_takes_no_more_memory_than_is_reckoned_with(row, quote):
    titles = (";".join(TITLES) + "\n").encode()
    raw = (titles + quote + row * (MIB // len(row)))[:MIB]

    def read():
        with suppress(InvalidInput):
            for _ in ConsentFile(raw).consents():
                pass

    assert peak_of(read) <= (COPIES - 1) * len(raw)  # the body is one of them


def peak_of(work) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def kept_of(work) -> int:
    tracemalloc.start()
    try:
        kept = work()
        assert kept
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def concurrency(row) -> int:
    """Return a function's concurrency; of dispatch it is a variable's default."""
    if str(row["concurrency"]).isdigit():
        return int(row["concurrency"])
    return int(re.search(r"concurrency\D+(\d+)", str(module().kind("variable")["dispatch"]))[1])


def memory(row) -> int:
    """Return the bytes of memory that a function has, the module's default where it names none."""
    default = (ROOT / "terraform/modules/function/variables.tf").read_text()
    text = row.get("memory") or re.search(r'memory += optional\(string, "(\w+)"\)', default)[1]
    return int(text[:-2]) * UNITS[text[-2:]]


@pytest.mark.parametrize("entry_point", deployables())
def test_largest_bodies_at_once_fit_the_memory(entry_point):
    row, largest = deployables()[entry_point], LARGEST_BODY.get(entry_point, SMALL_BODY)
    answer = ANSWER.get(entry_point, 0)
    body = max(largest, FILES.get(entry_point, 0))
    each = WORKING + COPIES * body + VALUE * KEPT.get(entry_point, 0) + 2 * answer
    one_value = VALUE * (answer if entry_point in KEPT else max(largest, answer))
    assert RESTING + concurrency(row) * each + one_value <= memory(row)


@pytest.mark.parametrize("entry_point", [deployable.target for deployable in DEPLOYABLES])
def test_no_entry_point_has_held_more_than_it_has(doors: Doors, entry_point):
    """After all the attacks before this; the threads are those of the local stack."""
    assert doors.peak_mib(entry_point) * MIB <= memory(deployables()[entry_point])


def test_resting_memory_is_no_more_than_is_reckoned_with(doors: Doors):
    idle = ("sync", "sweep", "templates", "fan_out")
    assert max(doors.peak_mib(entry_point) for entry_point in idle) * MIB <= RESTING
