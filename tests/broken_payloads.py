"""Meta's payloads, and each of them broken in every place: what Meta may send one day."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "payloads"
REAL: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))
} | {
    f"{path.stem}-{name}": case["body"]
    for path in sorted(FOLDER.glob("kinds/*.json"))
    for name, case in json.loads(path.read_text()).items()
}
JUNK: dict[str, object] = {
    "is null": None,
    "is a number": 7,
    "is true": True,
    "is a small word": "hologram",
    "is a large word": "ASTROLOGY",
    "is a list": ["hologram"],
    "is an object": {"hologram": 1},
    "is empty": [],
    "is endless": "x" * 5000,
    "is what Postgres cannot store": "a\x00\ud83d",
}
Place = tuple[str | int, ...]


def broken(payload: dict[str, Any]) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    """Yield the payload's first entry with one thing wrong: where, what, and the entry."""
    [entry, *_] = payload["entry"]
    for place in _places(entry):
        for what in ("is absent", "has a stranger", *JUNK):
            one = copy.deepcopy(entry)
            if _break(one, place, what):
                yield place, what, one


def every_way(payloads: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return entries broken in every way that differs, by a sentence that says how."""
    ways = {}
    for payload in payloads.values():
        field = str(payload["entry"][0]["changes"][0].get("field"))
        for place, what, entry in broken(payload):
            where = ".".join("*" if isinstance(key, int) else key for key in place)
            ways.setdefault(f"{field}: {where} {what}", entry)
    return ways


def _places(node: object, above: Place = ()) -> Iterator[Place]:
    keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield (*above, key)
        yield from _places(node[key], (*above, key))


def _break(entry: Any, place: Place, what: str) -> bool:
    """Break the entry in place; False where that is not possible."""
    *above, last = place
    parent = entry
    for key in above:
        parent = parent[key]
    if what == "is absent":
        del parent[last]
    elif what == "has a stranger":
        if not isinstance(parent[last], dict):
            return False
        parent[last]["astrology"] = JUNK
    else:
        parent[last] = JUNK[what]
    return True
