"""Lists of consents as promoters bring them in, and people who take theirs back."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.bodies import LARGEST_CSV
from shared.services.consents import ROWS_AT_ONCE
from tests.consent_files import ANA, CONSENT, TITLES, csv_of, with_column
from tests.functions.campaigns import Campaign, voter
from tests.functions.polling import eventually
from tests.functions.problems import assert_problem

PHONES = ("55 1777 0001", "55 1777 0002", "55 1777 0003")


@pytest.fixture
def silent(campaign: Campaign) -> Campaign:
    """A campaign of three voters, none of whom agreed yet."""
    campaign.add_voters([voter(phone) for phone in PHONES])
    campaign.stage.sql(
        "delete from public.wa_consents where campaign_id = %s", campaign.ids.campaign_id
    )
    return campaign


def post(campaign: Campaign, raw: bytes):
    path = f"/consents?campaign_id={campaign.ids.campaign_id}"
    return campaign.ask("POST", path, data=raw, headers={"Content-Type": "text/csv"})


def imported(campaign: Campaign, raw: bytes):
    answer = post(campaign, raw)
    assert answer.status_code == 200, answer.text
    return answer.json()


def consents(campaign: Campaign) -> int:
    query = "select count(*) from public.wa_consents where campaign_id = %s"
    return int(campaign.stage.sql(query, campaign.ids.campaign_id)[0][0])


def list_of(*phones: str, **changes: str) -> bytes:
    return csv_of([(phone, *ANA[1:]) for phone in phones])


def many(count: int) -> bytes:
    rows = (f"55 {30_000_000 + n};{';'.join(ANA[1:])}\n" for n in range(count))
    return (";".join(TITLES) + "\n" + "".join(rows)).encode()


def test_who_is_in_the_list_is_written_to_and_who_is_not_is_told(silent: Campaign):
    answer = imported(silent, list_of(PHONES[0], PHONES[1], "5512-34"))
    assert (answer["rows"], answer["imported"], answer["already_known"]) == (3, 2, 0)
    [error] = answer["errors"]
    assert (error["row"], error["code"], error["field"]) == (4, "invalid_number", "phone")
    job = silent.start_job()
    assert job.summary["excluded"] == {"no_consent": 1}
    assert job.ended()["sent_count"] == 2


def test_same_file_again_is_answered_as_the_first_time(silent: Campaign):
    first = imported(silent, list_of(*PHONES))
    assert imported(silent, list_of(*PHONES)) == first
    assert (first["imported"], consents(silent)) == (3, 3)


def test_two_who_bring_a_file_at_once_get_one_answer(silent: Campaign):
    raw = many(2 * ROWS_AT_ONCE + 1)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: imported(silent, raw), range(2))
    assert one == other
    assert one["imported"] == consents(silent) == 2 * ROWS_AT_ONCE + 1


def test_file_whose_process_died_is_continued(silent: Campaign):
    """Its first rows are written; whatever became of them is not done again."""
    raw = many(ROWS_AT_ONCE)
    first = imported(silent, raw)
    silent.stage.sql(
        "update public.wa_consent_imports set finished_at = null where id = %s", first["import_id"]
    )
    assert imported(silent, raw) == first
    assert consents(silent) == ROWS_AT_ONCE


@pytest.mark.parametrize(
    ("title", "code"),
    [("Clave de elector", "roll_data"), ("Partido", "sensitive_data")],
)
def test_forbidden_file_leaves_nothing(silent: Campaign, title, code):
    refused = post(silent, with_column(title, *["x"] * 3))
    assert_problem(refused, 422, code, "columns.5")
    assert (refused.json()["row"], refused.json()["column"]) == (1, "F")
    assert consents(silent) == 0


def test_data_of_the_roll_in_the_last_row_leave_nothing_of_the_others(silent: Campaign):
    raw = with_column("Nota", *[""] * (ROWS_AT_ONCE + 1), "GRPRAN85031209M100")
    refused = post(silent, raw)
    assert_problem(refused, 422, "roll_data", "columns.5")
    assert "GRPRAN" not in refused.text
    query = "select count(*) from public.wa_consent_imports where campaign_id = %s"
    assert silent.stage.sql(query, silent.ids.campaign_id) == [(0,)]
    assert consents(silent) == 0


def test_file_larger_than_is_taken_is_refused(silent: Campaign):
    assert_problem(post(silent, b"x" * (LARGEST_CSV + 1)), 413, "body_too_large")


@pytest.mark.parametrize(
    "raw", [b"", b"PK\x03\x04", b"\xff\xfe\x00", b'"', b";;;", b"\x00", b"a,b\n1"]
)
def test_file_that_is_none_is_a_problem_of_the_caller(silent: Campaign, raw):
    assert post(silent, raw).status_code == 422


def test_consent_that_is_taken_back_stops_what_is_queued(campaign: Campaign):
    job = campaign.with_voters(2).hold_tasks().start_job()
    eventually(job.enqueued)
    [voter_id, _] = campaign.voter_ids()
    path = f"/voters/{voter_id}/consent"
    taken = campaign.ask("DELETE", f"{path}?campaign_id={campaign.ids.campaign_id}")
    assert taken.status_code == 200, taken.text
    campaign.release_tasks()
    ended = job.ended()
    assert (ended["sent_count"], ended["skipped"]) == (1, {"no_consent": 1})


def test_one_person_who_agrees_is_written_to(silent: Campaign):
    voter_id = silent.voter_ids()[0]
    body = CONSENT | {"campaign_id": str(silent.ids.campaign_id), "obtained_at": "15/03/2026"}
    answer = silent.ask("PUT", f"/voters/{voter_id}/consent", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["obtained_at"].startswith("2026-03-15")
    assert silent.start_job().summary["excluded"] == {"no_consent": 2}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"obtained_at": "hoy"}, "date_invalid", "obtained_at"),
        ({"obtained_at": "2999-01-01"}, "date_in_the_future", "obtained_at"),
        ({"source": " "}, "field_missing", "source"),
        ({"evidence": None}, "field_missing", "evidence"),
        ({"evidence": "a" * 501}, "text_too_long", "evidence"),
        ({"evidence": "GRPRAN85031209M100"}, "roll_data", "evidence"),
        ({"phone": "5512345678"}, "field_unknown", "phone"),
    ],
)
def test_consent_that_cannot_be_kept_is_refused(silent: Campaign, changes, code, field):
    body = CONSENT | {"campaign_id": str(silent.ids.campaign_id)} | changes
    path = f"/voters/{silent.voter_ids()[0]}/consent"
    assert_problem(silent.ask("PUT", path, json=body), 422, code, field)
    assert consents(silent) == 0


def test_voter_of_another_campaign_is_nobody(silent: Campaign, other_campaign: Campaign):
    path = f"/voters/{silent.voter_ids()[0]}/consent"
    body = CONSENT | {"campaign_id": str(other_campaign.ids.campaign_id)}
    answer = other_campaign.ask("PUT", path, json=body)
    assert_problem(answer, 404, "voter_not_found", "voter_id")


def test_twenty_thousand_rows_come_in_with_one_call(silent: Campaign):
    answer = imported(silent, many(20_000))
    assert (answer["imported"], answer["errors_total"]) == (20_000, 0)
