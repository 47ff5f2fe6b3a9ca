"""docs/webhooks.md says what Meta's events do; the real payloads say whether that is so."""

import json
import re
from pathlib import Path

import pytest

from shared.rules.account_events import ACCOUNT_FIELDS
from shared.rules.events import FIELDS, parse_events

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/webhooks.md").read_text()
CASES = {
    f"{path.stem}-{name}": case["body"]
    for path in sorted((ROOT / "tests/payloads/kinds").glob("*.json"))
    for name, case in json.loads(path.read_text()).items()
}
TOLD = {name: body for name, body in CASES.items() if parse_events(body).remarks}
EFFECTS = {"blocks", "releases", "limit", "status", "quality", "category", "content"}


def rows():
    """Yield the second table's rows: field, Meta's words, what changes, whether it alerts."""
    for line in PAGE.split("## Accounts, numbers and templates")[1].splitlines():
        field, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"`[a-z_]+`", field):
            words, changes, alerts = cells
            told = set(re.findall(r"[a-z]+", changes.split(",")[0]))
            assert told <= EFFECTS
            yield field.strip("`"), re.findall(r"`([A-Z_*]+)`", words), told, alerts[:3] == "yes"


ROWS = list(rows())


def fit(words, said):
    """Tell how well the closest of a row's words fits what Meta said; 0 is not at all."""
    patterns = {word: re.escape(word).replace(r"\*", ".*") for word in words}
    return max(len(word) if re.fullmatch(patterns[word], said) else 0 for word in words)


def row_of(remark):
    """Return the closest row; of two that are as close, the one that is right about the alert."""
    rows_of_field = [row for row in ROWS if row[0] == remark.field]
    return max(
        rows_of_field, key=lambda row: (fit(row[1], remark.meta_event), row[3] == remark.alerts)
    )


def changes_of(events):
    """Return what changes, in the table's words."""
    found = set()
    for change in events.templates:
        found |= {
            name for name in ("status", "quality", "category", "content") if getattr(change, name)
        }
    for change in events.accounts:
        if change.limit_known:
            found.add("limit")
        else:
            found.add("blocks" if change.blocked else "releases")
    return found


@pytest.mark.parametrize("body", TOLD.values(), ids=TOLD)
def test_event_does_what_the_table_says(body):
    events = parse_events(body)
    found = [row_of(remark) for remark in events.remarks]
    assert [row[3] for row in found] == [remark.alerts for remark in events.remarks]
    assert changes_of(events) <= set().union(*(row[2] for row in found))


def test_every_row_has_real_payloads_that_do_all_of_it():
    done = {}
    for body in TOLD.values():
        events = parse_events(body)
        for remark in events.remarks:
            key = ROWS.index(row_of(remark))
            done[key] = done.get(key, set()) | changes_of(events)
    assert set(done) == set(range(len(ROWS)))
    assert all(row[2] <= done[key] for key, row in enumerate(ROWS))


def test_every_field_that_is_read_is_on_the_page():
    assert {row[0] for row in ROWS} == set(ACCOUNT_FIELDS)
    first = PAGE.split("## Messages and people")[1].split("##")[0]
    others = re.findall(r"^\| `([a-z_]+)` \|", first, re.MULTILINE)
    assert {*others, *ACCOUNT_FIELDS} == set(FIELDS)
