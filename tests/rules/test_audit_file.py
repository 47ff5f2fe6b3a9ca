"""A file of the audit log holds what was sealed, harms no spreadsheet, and shows every change."""

import csv
import hashlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.audit_chain import Entry, hash_of, root_of
from shared.rules.audit_check import BrokenFileError, verify_lines
from shared.rules.audit_file import BOM, COLUMNS, HEADERS, first_digest, read_line, write_line
from tests.audit_files import CAMPAIGN, file_of, lines_of, sealed

FORMS = ["csv", "jsonl"]
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)
rows = st.dictionaries(st.sampled_from(COLUMNS[:-1]), texts, min_size=1)


@given(st.sampled_from(FORMS), rows)
def test_line_holds_whatever_a_cell_says(form, cells):
    start = first_digest(form)
    line, digest = write_line(form, cells, start)
    assert line.count(b"\n") == 1
    assert read_line(form, line, start) == (cells, digest)


@given(texts)
def test_no_cell_starts_a_formula(text):
    line, _ = write_line("csv", dict.fromkeys(COLUMNS[:-1], text), b"")
    [row] = csv.reader(io.StringIO(line.decode(), newline=""), strict=True)
    assert len(row) == len(COLUMNS)
    for cell in row[:-1]:
        assert not cell.lstrip().startswith(tuple("=+-@\t\r＝＋－＠"))  # noqa: RUF001
        assert "\n" not in cell


@pytest.mark.parametrize("text", ["=1+1", "+52", "-1", "@a", "\t=1", "\r=1", "\n=1", " =1", "'=1"])
def test_formula_is_text_in_a_spreadsheet_and_whole_for_the_check(text):
    line, digest = write_line("csv", {"rendered_text": text}, b"")
    assert b"'" in line
    assert read_line("csv", line, b"") == ({"rendered_text": text}, digest)


def test_csv_begins_as_excel_wants_it():
    assert HEADERS["csv"].startswith(BOM + b"record,seq,")


def test_hash_is_of_what_postgres_hashed():
    """As wa.audit_hash made it of an entry with letters, numbers and quotes."""
    details = '{"n": 2, "text": "ñandú \\"x\\""}'
    entry = Entry(
        seq=1,
        campaign_id=CAMPAIGN,
        at="2027-05-01T12:00:00.000100Z",
        actor="a",
        act="noted",
        job_id="",
        details=details,
        prev_hash=root_of(CAMPAIGN),
        hash="",
    )
    text = f'[1, "{CAMPAIGN}", 1809172800.000100, "a", "noted", null, {details}]'
    root = bytes.fromhex(root_of(CAMPAIGN))
    assert hash_of(entry) == hashlib.sha256(root + text.encode()).hexdigest()


@pytest.mark.parametrize("form", FORMS)
def test_file_as_it_was_written_is_intact(form):
    found = verify_lines(lines_of(file_of(form)), form)
    assert (found.entries, found.first_seq, found.last_seq, found.texts) == (5, 1, 5, 2)


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
def test_one_changed_byte_is_found_at_its_line(form, data):
    whole = file_of(form)
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    changed = whole[:place] + bytes([other]) + whole[place + 1 :]
    with pytest.raises(BrokenFileError) as caught:
        verify_lines(lines_of(changed), form)
    assert caught.value.line == whole[:place].count(b"\n") + 1


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
def test_file_that_was_cut_short_is_not_intact(form, data):
    whole = file_of(form)
    left = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(BrokenFileError):
        verify_lines(lines_of(left), form)


@pytest.mark.parametrize("form", FORMS)
def test_what_comes_behind_the_end_is_found(form):
    whole = file_of(form)
    with pytest.raises(BrokenFileError, match="después"):
        verify_lines(lines_of(whole + lines_of(whole)[-1]), form)


# Somebody who makes the digests of all lines anew; the chain of the log they cannot.
def altered(form, alter):
    """Write the file again after `alter` had its records."""
    return file_of(form, alter)


def set_cell(seq, column, value):
    def alter(records):
        [record] = [r for r in records if r.get("seq") == str(seq)]
        record[column] = value
        return records

    return alter


def without(seq):
    return lambda records: [r for r in records if r.get("seq") != str(seq)]


def twice(records):
    return [r for record in records for r in ([record] * (2 if record.get("seq") == "3" else 1))]


def without_facts(records):
    return [r for r in records if r["record"] != "facts"]


def shorter(records):
    """Without the last entry, and an end that says so."""
    kept = [r for r in records if r.get("seq") != "5"]
    end = {"entries": 4, "last_hash": next(r["hash"] for r in kept if r.get("seq") == "4")}
    return [*kept[:-1], kept[-1] | {"details": json.dumps(end)}]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("alter", "seq"),
    [
        (set_cell(2, "actor", "nobody"), 2),
        (set_cell(2, "at", "2027-05-01T12:00:02.000001Z"), 2),
        (set_cell(3, "details", '{"message_id": "x"}'), 3),
        (set_cell(3, "status", "skipped"), 3),
        (set_cell(3, "candidate", "Otra"), 3),
        (set_cell(3, "rendered_text", "Hola Eufemia"), 3),
        (set_cell(3, "text_salt", "0" * 64), 3),
        (set_cell(4, "campaign_id", CAMPAIGN.replace("1", "2")), 4),
        (set_cell(4, "prev_hash", "0" * 64), 4),
        (set_cell(4, "hash", "0" * 64), 4),
        (set_cell(4, "opt_out_at", "2027"), 4),
        (set_cell(1, "prev_hash", "0" * 64), 1),
        (without(2), 2),
        (without(5), 6 - 1),
        (twice, 4),
        (without_facts, 3),
        (shorter, 5),
    ],
)
def test_forgery_with_new_digests_is_found_at_its_entry(form, alter, seq):
    with pytest.raises(BrokenFileError) as caught:
        verify_lines(lines_of(altered(form, alter)), form)
    assert caught.value.seq == seq


def test_chain_that_was_made_anew_is_found_by_a_head_that_was_kept():
    kept = sealed()[-1].hash
    forged = file_of("jsonl", actor="somebody")
    assert verify_lines(lines_of(forged), "jsonl").entries == 5
    with pytest.raises(BrokenFileError) as caught:
        verify_lines(lines_of(forged), "jsonl", {5: kept})
    assert caught.value.seq == 5
    assert verify_lines(lines_of(file_of("jsonl")), "jsonl", {5: kept.upper()}).entries == 5
