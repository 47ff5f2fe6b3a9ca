"""Consents: a file is imported once, whoever brings it; what was taken back stays so."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from shared.rules.roll_data import has_roll_mark
from tests.campaign import Campaign, call, phone
from tests.consent_files import CONSENT, NO_ROLL_DATA, READ, ROLL_DATA
from tests.database.transactions import overlap

HASH = "a" * 64
MEMBERS = ("authenticated", "authenticated")
TODAY = datetime.now(UTC).date()


@pytest.fixture
def campaign(database):
    """A campaign that requires consents."""
    return Campaign.create(database).with_voters(3).with_settings(consent_required=True)


def row(number, **changes):
    """A row of a file: the consent of the voter in that place."""
    return READ | {"row": number + 2, "phone": phone(number)} | changes


def importing(campaign, rows, *, sha256=HASH, is_last=True):
    arguments = {"p_campaign_id": campaign.id, "p_sha256": sha256}
    arguments |= {"p_rows": Jsonb(rows), "p_is_last": is_last}
    return lambda db: call(db, "public.wa_import_consents", **arguments)


def imported(campaign, rows, *, sha256=HASH, is_last=True):
    arguments = {"p_campaign_id": campaign.id, "p_sha256": sha256}
    arguments |= {"p_rows": Jsonb(rows), "p_is_last": is_last}
    return campaign.as_member("public.wa_import_consents", **arguments)


def counts(answer):
    return tuple(answer[name] for name in ("rows", "imported", "already_known", "refused"))


def voter(campaign, number):
    [found] = campaign.rows("select id from public.voters where phone = %s", phone(number))
    return {"p_campaign_id": campaign.id, "p_voter_id": found["id"]}


def record(campaign, number, **changes):
    consent = Jsonb(CONSENT | changes)
    return campaign.as_member(
        "public.wa_record_consent", **voter(campaign, number), p_consent=consent
    )


def revoke(campaign, number):
    return campaign.as_member("public.wa_revoke_consent", **voter(campaign, number))


def lacking(campaign, number):
    query = "select wa.lacks_consent(%s, %s) as lacks"
    [answer] = campaign.rows(query, campaign.id, phone(number))
    return answer["lacks"]


def consents(campaign):
    return campaign.rows("select * from public.wa_consents order by phone, obtained_at")


def entries(campaign):
    query = "select act, details from public.wa_audit_log where act like 'consent%%' order by id"
    return campaign.rows(query)


def test_imported_consents_let_their_voters_be_written_to(campaign):
    answer = imported(campaign, [row(0), row(1)])
    assert counts(answer) == (2, 2, 0, 0)
    assert [lacking(campaign, n) for n in range(3)] == [False, False, True]
    kept = consents(campaign)[0]
    told = {name: kept[name] for name in ("phone", "source", "notice_version", "evidence")}
    assert told == {name: row(0)[name] for name in told}
    assert kept["obtained_at"].isoformat() == "2026-03-15T06:00:00+00:00"  # midnight in Mexico City
    assert str(kept["import_id"]) == answer["id"]


def test_same_file_again_is_answered_as_the_first_time(campaign):
    first = imported(campaign, [row(0), row(1, phone="x")])
    assert imported(campaign, [row(0), row(1, phone="x")]) == first
    assert imported(campaign, [], is_last=False) == first
    assert len(consents(campaign)) == 1


def test_file_that_nobody_brought_is_not_begun_by_asking(campaign):
    assert imported(campaign, [], is_last=False) is None
    assert campaign.rows("select from public.wa_consent_imports") == []


def test_file_goes_on_behind_the_last_row_that_is_written(campaign):
    half = imported(campaign, [row(0), row(1)], is_last=False)
    assert (half["last_row"], half["finished_at"]) == (3, None)
    assert counts(imported(campaign, [row(0), row(1), row(2)])) == (3, 3, 0, 0)


def test_two_who_bring_a_file_at_once_write_it_once(campaign):
    one, other = overlap(
        campaign,
        importing(campaign, [row(0), row(1)]),
        importing(campaign, [row(0), row(1)]),
        roles=MEMBERS,
    )
    assert one == other
    assert len(consents(campaign)) == 2


def test_two_files_with_the_same_consents_at_once_write_them_once(campaign):
    one, other = overlap(
        campaign,
        importing(campaign, [row(0)]),
        importing(campaign, [row(0), row(1)], sha256="b" * 64),
        roles=MEMBERS,
    )
    assert (counts(one), counts(other)) == ((1, 1, 0, 0), (2, 1, 1, 0))


def test_consent_that_is_taken_back_while_a_list_comes_in_stays_so(campaign):
    revoking = voter(campaign, 0)
    _, answer = overlap(
        campaign,
        lambda db: call(db, "public.wa_revoke_consent", **revoking),
        importing(campaign, [row(0)]),
        roles=MEMBERS,
    )
    assert [error["code"] for error in answer["errors"]] == ["consent_revoked"]
    assert lacking(campaign, 0)


def test_consent_given_twice_in_a_file_is_one(campaign):
    spelled = row(1, phone=f"521{phone(0)[3:]}")
    assert counts(imported(campaign, [row(0), spelled])) == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"phone": ""}, "missing_number", "phone"),
        ({"phone": "5.25512E+11"}, "invalid_number", "phone"),
        ({"phone": "+1 212 555 0148"}, "foreign_number", "phone"),
        ({"obtained_at": str(TODAY + timedelta(days=2))}, "date_in_the_future", "obtained_at"),
        ({"obtained_at": "2010-07-05"}, "date_too_old", "obtained_at"),
        ({"evidence": "GRPRAN85031209M100"}, "roll_data", "evidence"),
        (
            {"code": "date_invalid", "detail": "No.", "field": "obtained_at"},
            "date_invalid",
            "obtained_at",
        ),
    ],
)
def test_row_that_cannot_be_kept_is_told_without_what_is_in_it(campaign, changes, code, field):
    answer = imported(campaign, [row(0, **changes), row(1)])
    [error] = answer["errors"]
    assert (error["row"], error["code"], error["field"]) == (2, code, field)
    assert counts(answer) == (2, 1, 0, 1)
    assert not any(
        value and value in error["detail"] for value in changes.values() if value != "No."
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-15T10:00:00", "2026-03-15T16:00:00+00:00"),
        ("2026-03-15T10:00:00-07:00", "2026-03-15T17:00:00+00:00"),
        ("2026-03-15T10:00:00+00:00", "2026-03-15T10:00:00+00:00"),
        (str(datetime.now(UTC).date() - timedelta(days=1)), None),
    ],
)
def test_time_without_a_zone_is_the_campaigns_own(campaign, written, read):
    assert counts(imported(campaign, [row(0, obtained_at=written)])) == (1, 1, 0, 0)
    assert read in {None, consents(campaign)[0]["obtained_at"].isoformat()}


def test_first_thousand_errors_are_kept_and_all_are_counted(campaign):
    rows = [row(n, phone="") for n in range(1_500)]
    imported(campaign, rows[:800], is_last=False)
    answer = imported(campaign, rows[800:])
    assert [error["row"] for error in answer["errors"]] == list(range(2, 1_002))
    assert answer["refused"] == 1_500


def test_call_takes_no_more_rows_than_it_says(campaign):
    with pytest.raises(psycopg.Error, match="too_many_values"):
        imported(campaign, [row(0)] * 5_001)


def test_consent_that_was_taken_back_does_not_return_with_an_older_list(campaign):
    imported(campaign, [row(0)])
    revoke(campaign, 0)
    answer = imported(campaign, [row(0), row(0, row=3, source="otra lista")], sha256="b" * 64)
    assert [error["code"] for error in answer["errors"]] == ["consent_revoked"] * 2
    assert lacking(campaign, 0)


def test_who_agrees_anew_after_taking_it_back_is_written_to(campaign):
    imported(campaign, [row(0)])
    revoke(campaign, 0)
    campaign.rows("update public.wa_consents set revoked_at = now() - interval '2 days'")
    record(campaign, 0, obtained_at=str(TODAY - timedelta(days=1)))
    assert not lacking(campaign, 0)


def test_who_takes_back_what_is_not_recorded_is_remembered(campaign):
    answer = revoke(campaign, 0)
    assert revoke(campaign, 0) == answer
    imported(campaign, [row(0)])
    assert lacking(campaign, 0)
    assert [entry["act"] for entry in entries(campaign)][:1] == ["consent_revoked"]


def test_who_took_it_back_is_not_written_to_where_no_consent_is_required(campaign):
    campaign.with_settings(consent_required=False)
    assert not lacking(campaign, 0)
    job = campaign.create_job()["job_id"]
    revoke(campaign, 0)
    assert lacking(campaign, 0)
    [message] = [m for m in campaign.messages(job) if m["recipient_phone"] == phone(0)]
    assert campaign.claim(message["id"])["decision"] == "skipped"
    assert campaign.create_job(key="next")["excluded"] == {"no_consent": 1}


def test_one_persons_consent_is_recorded_once(campaign):
    first = record(campaign, 0)
    again = record(campaign, 0, evidence="otro folio")
    assert (first["already_known"], again["already_known"]) == (False, True)
    assert again["consent_id"] == first["consent_id"]
    assert not lacking(campaign, 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"obtained_at": str(TODAY + timedelta(days=2))}, "date_in_the_future"),
        ({"source": "padrón, GAPA850312MDFRRN09"}, "roll_data"),
        ({"obtained_at": None}, "date_missing"),
    ],
)
def test_one_persons_consent_that_may_not_be_kept_is_refused(campaign, changes, code):
    with pytest.raises(psycopg.Error, match=code):
        record(campaign, 0, **changes)
    assert consents(campaign) == []


def test_voter_without_a_usable_number_has_no_consent_to_speak_of(campaign):
    campaign.rows("update public.voters set phone = '12' where phone = %s", phone(0))
    [found] = campaign.rows("select id from public.voters where phone = '12'")
    asked = {"p_campaign_id": campaign.id, "p_voter_id": found["id"]}
    for function, more in (("record", {"p_consent": Jsonb(CONSENT)}), ("revoke", {})):
        with pytest.raises(psycopg.Error, match="invalid_number"):
            campaign.as_member(f"public.wa_{function}_consent", **asked, **more)


def test_log_has_counts_and_hash_and_no_number(campaign):
    imported(campaign, [row(0), row(1, phone="")])
    record(campaign, 1)
    revoke(campaign, 0)
    begun, done, recorded, revoked = entries(campaign)
    assert [begun["act"], done["act"]] == ["consents_import_begun", "consents_imported"]
    counted = {"rows": 2, "imported": 1, "already_known": 0, "refused": 1, "sha256": HASH}
    assert counted.items() <= done["details"].items()
    assert [recorded["act"], revoked["act"]] == ["consent_recorded", "consent_revoked"]
    assert phone(0)[3:] not in str(entries(campaign))


@pytest.mark.parametrize("text", [value for _, value in (*ROLL_DATA, *NO_ROLL_DATA) if value])
def test_postgres_knows_clave_and_curp_as_the_reader_of_files_does(campaign, text):
    [answer] = campaign.rows("select wa.is_roll_data(%s) as found", text)
    labelled = any(word in text.upper() for word in ("OCR", "CIC", "IDMEX"))
    assert answer["found"] is (has_roll_mark(text) and not labelled)
