"""An administrator downloads the log of a campaign, and whoever gets the file can check it."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually
from tests.functions.problems import assert_problem

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sent(campaign: Campaign):
    """A campaign that has written to three people."""
    job = campaign.with_voters(3).start_job()
    job.ended()
    eventually(lambda: job.now()["delivered_count"] == 3)
    campaign.set(candidate="=Ana Ruiz", office="Alcaldesa")
    for _ in range(2):  # one writes the entries, the next one seals them
        campaign.stage.sweep()
    return campaign


def download(campaign: Campaign, **asked: str):
    params = {"campaign_id": str(campaign.ids.campaign_id)} | asked
    answer = campaign.ask("GET", "/audit", params=params)
    assert answer.status_code == 200, answer.text
    return answer


def check(tmp_path, raw: bytes, *options: str):
    path = tmp_path / "bitacora"
    path.write_bytes(raw)
    command = [sys.executable, "-m", "shared.audit", "verify", str(path), *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout


def messages(raw: bytes):
    records = [json.loads(line) for line in raw.splitlines()]
    return [record for record in records if record.get("act") == "message"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_file_verifies_without_a_database_and_one_changed_byte_is_found(
    sent: Campaign, tmp_path, form
):
    raw = download(sent, format=form).content
    status, said = check(tmp_path, raw)
    assert (status, "3 con el texto que salió" in said) == (0, True), said
    lines = raw.splitlines(keepends=True)
    n = next(n for n, line in enumerate(lines) if b"Hola " in line)
    place = len(b"".join(lines[:n])) + lines[n].index(b"2")
    broken = raw[:place] + b"7" + raw[place + 1 :]
    status, said = check(tmp_path, broken)
    assert (status, f"renglón {n + 1}," in said) == (1, True), said
    assert check(tmp_path, raw[: -len(lines[-1])])[0] == 1
    assert check(tmp_path, b"")[0] == 1


def test_each_message_is_there_with_what_it_said(sent: Campaign):
    answer = download(sent, format="jsonl")
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    assert "attachment" in answer.headers["Content-Disposition"]
    found = messages(answer.content)
    assert len(found) == 3
    for one in found:
        assert one["rendered_text"].startswith("Hola ")
        assert "{{" not in one["rendered_text"]
        assert (one["candidate"], one["veda_check_result"]) == ("=Ana Ruiz", "open")
        assert len(one["provider_hmac"]) == 64
        assert one["delivered_at"]
    for phone in sent.phones:
        assert phone not in answer.text


def test_csv_opens_in_a_spreadsheet_and_starts_no_formula(sent: Campaign):
    answer = download(sent)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert {row["candidate"] for row in rows if row["act"] == "message"} == {"'=Ana Ruiz"}
    for row in rows:
        assert not any(cell.startswith(tuple("=+-@\t\r")) for cell in row.values())


def test_part_of_the_log_verifies_and_an_outside_head_is_compared(sent: Campaign, tmp_path):
    [(at,)] = sent.stage.sql(
        "select min(at) from public.wa_audit_log where campaign_id = %s and act = 'message'",
        sent.ids.campaign_id,
    )
    raw = download(sent, **{"format": "jsonl", "from": at.isoformat()}).content
    [first, *_] = messages(raw)
    assert int(first["seq"]) > 1
    head = f"{first['seq']}:{first['hash']}"
    assert check(tmp_path, raw, "--head", head)[0] == 0
    assert check(tmp_path, raw, "--head", f"{first['seq']}:{'0' * 64}")[0] == 1
    assert check(tmp_path, raw, "--head", f"1:{'0' * 64}")[0] == 2
    nothing = download(sent, format="jsonl", to="2020-01-01T00:00:00Z").content
    assert check(tmp_path, nothing)[0] == 0


def test_reading_the_log_is_an_entry(sent: Campaign):
    download(sent)
    [(actor,)] = sent.stage.sql(
        "select actor from public.wa_audit_log where campaign_id = %s and act = 'audit_exported'",
        sent.ids.campaign_id,
    )
    assert actor == str(sent.ids.user_id)


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        ({"format": "xls"}, "value_invalid", "format"),
        ({"from": "ayer"}, "time_invalid", "from"),
        ({"to": "2027-05-01"}, "time_invalid", "to"),
        ({"campaign_id": "1"}, "id_invalid", "campaign_id"),
    ],
)
def test_what_cannot_be_asked_for_is_named(campaign: Campaign, asked, code, field):
    params = {"campaign_id": str(campaign.ids.campaign_id)} | asked
    assert_problem(campaign.ask("GET", "/audit", params=params), 422, code, field)
