"""GET and PUT /settings: what they take, what they refuse and why, and whom a change reaches."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from shared.rules.settings_inputs import SETTING_FIELDS
from tests.campaign import Campaign, insert, session
from tests.campaign_queue import message_to
from tests.database.transactions import overlap

TODAY = datetime.now(UTC).date()
NEEDED = {
    "display_name": "Ana 2027",
    "election_kind": "federal",
    "run_by": "party",
    "campaign_start": "2027-04-04",
    "campaign_end": "2027-06-02",
    "election_date": "2027-06-06",
    "territory": [{"state": "Jalisco"}],
    "candidate": "Ana Ruiz",
    "office": "Diputada federal, distrito 5",
    "party_legend": "Partido del Ejemplo",
    "ine_registration": "INE-2027-0001",
    "spending_cap_usd": 4000,
}
# What else looks right, so that nothing warns.
QUIET = {"privacy_notice_url": "https://ana.example/privacidad", "rnp": "202701010001"}


@pytest.fixture
def campaign(database):
    """A campaign whose settings are typed in already."""
    return Campaign.create(database)


@pytest.fixture
def fresh(campaign):
    """A campaign without settings."""
    campaign.rows("delete from public.wa_campaign_settings")
    return campaign


def get(campaign):
    return campaign.as_member("public.wa_get_settings", p_campaign_id=campaign.id)


def put(campaign, version=None, **changes):
    """Put the needed settings with changes; a change to Ellipsis leaves the field out."""
    settings = {name: value for name, value in (NEEDED | changes).items() if value is not ...}
    with session(campaign.dsn, "authenticated", campaign.member) as db:
        return db.execute(
            "select public.wa_put_settings(%s, %s, %s) as answer",
            (campaign.id, Jsonb(settings), version),
        ).fetchone()["answer"]


def refusal(campaign, version=None, **changes):
    with pytest.raises(psycopg.Error) as refused:
        put(campaign, version, **changes)
    told = refused.value.diag
    assert told.message_detail.endswith(".")
    return told.sqlstate, told.message_primary, told.message_hint.removeprefix("settings.")


def warnings(answer):
    """Return the codes of what is told, but for what only time brings."""
    codes = [warning["code"] for warning in answer["warnings"]]
    return [code for code in codes if code != "election_over"]


# The first settings, and those after them.
def test_campaign_without_settings_shows_an_empty_form(fresh):
    empty = get(fresh)
    assert (empty["settings"], empty["version"], empty["window"]) == (None, None, None)
    assert (empty["role"], empty["may_change"]) == ("owner", True)


def test_first_settings_need_no_sql(fresh):
    answer = put(fresh)
    assert answer == get(fresh)
    assert answer["version"] == 1
    assert NEEDED.items() <= (answer["settings"] | {"territory": NEEDED["territory"]}).items()
    assert answer["settings"]["territory"] == [{"state": "Jalisco", "municipalities": None}]
    assert answer["zones"] == ["America/Mexico_City"]
    assert {name: datetime.fromisoformat(at) for name, at in answer["window"].items()} == {
        "opens_at": datetime(2027, 4, 4, 6, tzinfo=UTC),
        "closes_at": datetime(2027, 6, 3, 6, tzinfo=UTC),
        "veda_starts_at": datetime(2027, 6, 3, 6, tzinfo=UTC),
        "veda_ends_at": datetime(2027, 6, 7, 6, tzinfo=UTC),
    }


def test_what_is_left_out_is_the_strict_choice(fresh):
    settings = put(fresh)["settings"]
    assert (settings["quiet_from"], settings["quiet_until"]) == ("20:00", "09:00")
    assert (settings["consent_required"], settings["resend_after_silence"]) == (True, False)


def test_what_is_left_out_is_what_the_table_has_by_itself(fresh):
    put(fresh)
    other = Campaign.create(fresh.dsn)
    other.rows("delete from public.wa_campaign_settings where campaign_id = %s", other.id)
    with session(fresh.dsn) as db:
        columns = {"display_name": "Ana 2027", "spending_cap_usd": 4000}
        insert(db, "public.wa_campaign_settings", campaign_id=other.id, **columns)
    by_hand, typed = (
        json.loads(row["row"])
        for row in fresh.rows(
            "select to_jsonb(s)::text as row from public.wa_campaign_settings s"
            " order by s.campaign_id = %s",
            fresh.id,
        )
    )
    own = {*NEEDED, "campaign_id", "zones", "created_at", "updated_at"}
    assert {n: v for n, v in typed.items() if n not in own} == {
        n: v for n, v in by_hand.items() if n not in own
    }


def test_form_gives_back_what_it_got(campaign):
    typed = put(
        campaign, 1, **QUIET, accounting_key="123456", quiet_from="21:30", precandidate=True
    )
    again = get(campaign)
    with session(campaign.dsn, "authenticated", campaign.member) as db:
        answer = db.execute(
            "select public.wa_put_settings(%s, %s, %s) as answer",
            (campaign.id, Jsonb(again["settings"]), again["version"]),
        ).fetchone()["answer"]
    assert answer == typed | {"version": 3}


def test_form_and_database_have_the_same_fields(campaign):
    listed = campaign.rows("select name from wa.setting_fields()")
    assert {row["name"] for row in listed} == SETTING_FIELDS == get(campaign)["settings"].keys()


def test_what_only_operators_set_stays(campaign):
    campaign.with_sender(display_phone_number="+52 55 1234 5678")
    answer = put(campaign, 1)
    assert answer["sender"]["display_phone_number"] == "+52 55 1234 5678"
    [row] = campaign.rows("select sender_id from public.wa_campaign_settings")
    assert row["sender_id"] == campaign.sender_id
    assert refusal(campaign, 2, sender_id=str(campaign.sender_id))[1] == "field_unknown"


# Two at once.
@pytest.mark.parametrize("version", [None, 2, 0])
def test_settings_that_another_changed_meanwhile_are_refused(campaign, version):
    assert refusal(campaign, version) == ("PT409", "settings_changed", "version")


def test_version_of_settings_that_are_gone_is_refused(fresh):
    assert refusal(fresh, 1) == ("PT409", "settings_changed", "version")


def test_change_by_hand_is_another_version_too(campaign):
    campaign.with_settings(spending_cap_usd=1)
    assert refusal(campaign, 1)[1] == "settings_changed"
    assert put(campaign, 2)["version"] == 3


@pytest.mark.parametrize("version", [None, 1])
def test_of_two_changes_at_once_one_is_told(campaign, version):
    if version is None:
        campaign.rows("delete from public.wa_campaign_settings")

    def change(name):
        def work(db):
            settings = Jsonb(NEEDED | {"display_name": name})
            db.execute(
                "select public.wa_put_settings(%s, %s, %s)", (campaign.id, settings, version)
            )

        return work

    roles = ("authenticated", "authenticated")
    with pytest.raises(psycopg.Error, match="settings_changed"):
        overlap(campaign, change("una"), change("otra"), roles=roles)
    assert get(campaign)["settings"]["display_name"] == "una"


# What is refused, and why.
FORMS = [
    ("display_name", ..., "field_missing"),
    ("display_name", None, "field_missing"),
    ("display_name", " \u200b", "text_invalid"),
    ("display_name", "a\nb", "text_invalid"),
    ("display_name", "a" * 301, "text_too_long"),
    ("candidate", 7, "text_expected"),
    ("campaign_start", "04/04/2027", "date_invalid"),
    ("campaign_start", "2027-02-30", "date_invalid"),
    ("campaign_start", 20270404, "date_invalid"),
    ("election_date", ..., "field_missing"),
    ("election_date", "infinity", "date_invalid"),
    ("territory", "Jalisco", "list_expected"),
    ("quiet_from", "24:00", "time_invalid"),
    ("quiet_from", "9:00", "time_invalid"),
    ("quiet_until", None, "value_invalid"),
    ("quiet_until", "20:00", "value_invalid"),
    ("consent_required", "no", "boolean_expected"),
    ("consent_required", None, "field_missing"),
    ("spending_cap_usd", ..., "field_missing"),
    ("spending_cap_usd", "4000", "number_invalid"),
    ("spending_cap_usd", -1, "number_invalid"),
    ("spending_cap_usd", 10**30, "number_invalid"),
    ("canary_max_failed", 1.1, "number_invalid"),
    ("unknown_after_minutes", 0, "number_invalid"),
    ("resend_after_minutes", 14, "number_invalid"),
    ("zones", ["America/Tijuana"], "field_unknown"),
]
LAWS = [
    ({"election_kind": "judicial"}, "election_not_served", "election_kind"),
    ({"election_kind": "consulta"}, "election_not_served", "election_kind"),
    ({"run_by": "government"}, "government_not_served", "run_by"),
    ({"run_by": "empresa"}, "value_invalid", "run_by"),
    ({"campaign_end": "2027-04-03"}, "dates_contradict", "campaign_end"),
    ({"campaign_end": "2027-06-03"}, "dates_contradict", "campaign_end"),
    ({"party_legend": None}, "field_missing", "party_legend"),
    ({"run_by": "independent"}, "value_invalid", "party_legend"),
    ({"ine_registration": None}, "field_missing", "ine_registration"),
    ({"ine_waiver_reason": "Sin registro"}, "value_invalid", "ine_waiver_reason"),
    ({"accounting_key": "1234567"}, "value_invalid", "accounting_key"),
    ({"accounting_key": "12a"}, "value_invalid", "accounting_key"),
    ({"rnp": "RNP 12"}, "value_invalid", "rnp"),
    ({"privacy_notice_url": "http://ana.example"}, "value_invalid", "privacy_notice_url"),
    ({"privacy_notice_url": "https://"}, "value_invalid", "privacy_notice_url"),
    ({"privacy_notice_url": "https://ana.example/a b"}, "value_invalid", "privacy_notice_url"),
]


@pytest.mark.parametrize(("field", "value", "code"), FORMS)
def test_wrong_form_is_refused_by_its_field(campaign, field, value, code):
    said = refusal(campaign, 1, **{field: value})
    assert said == ("PT422", code, field)


@pytest.mark.parametrize(("changes", "code", "field"), LAWS)
def test_what_the_law_does_not_allow_is_refused(campaign, changes, code, field):
    assert refusal(campaign, 1, **changes) == ("PT422", code, field)


@pytest.mark.parametrize(
    ("changes", "article"),
    [
        ({"election_kind": "judicial"}, "LGIPE, arts. 508, 509 y 522"),
        ({"run_by": "government"}, "LGIPE, art. 209"),
        ({"campaign_end": "2027-06-03"}, "LGIPE, art. 251"),
    ],
)
def test_refusal_names_the_article(campaign, changes, article):
    with pytest.raises(psycopg.Error) as refused:
        put(campaign, 1, **changes)
    assert article in refused.value.diag.message_detail


def test_refused_settings_change_nothing(campaign):
    before = campaign.rows("select * from public.wa_campaign_settings")
    refusal(campaign, 1, election_kind="judicial")
    assert campaign.rows("select * from public.wa_campaign_settings") == before


def test_last_day_before_the_veda_is_a_day_of_campaign(campaign):
    assert put(campaign, 1, campaign_end="2027-06-02")["settings"]["campaign_end"] == "2027-06-02"


def test_independent_candidacy_gets_its_legend(campaign):
    typed = put(campaign, 1, run_by="independent", party_legend=...)
    assert typed["settings"]["party_legend"] == "Candidato Independiente"


def test_waiver_is_kept_with_who_gave_it(campaign):
    reason = {"ine_registration": None, "ine_waiver_reason": "El OPLE no da folio"}
    waiver = put(campaign, 1, **reason)["ine_waiver"]
    assert waiver["by"] == str(campaign.member)
    assert put(campaign, 2, **reason, office="Alcaldesa")["ine_waiver"] == waiver
    assert put(campaign, 3)["ine_waiver"] is None
    changes = campaign.rows(
        "select details -> 'changed' as c from public.wa_audit_log where act = 'settings_changed'"
        " order by id"
    )
    assert changes[0]["c"]["ine_waiver_reason"] == [None, "El OPLE no da folio"]


# What is only told.
WARNINGS = [
    ({}, []),
    ({"campaign_start": "2027-03-05"}, []),
    ({"campaign_start": "2027-03-06"}, ["campaign_length_unusual"]),
    ({"campaign_start": "2027-05-04", "election_kind": "local"}, []),
    ({"campaign_start": "2027-05-05", "election_kind": "local"}, ["campaign_length_unusual"]),
    (
        {"campaign_start": "2027-01-03", "campaign_end": "2027-02-11", "precandidate": True},
        [],
    ),
    (
        {"campaign_start": "2027-01-03", "campaign_end": "2027-02-12", "precandidate": True},
        ["campaign_length_unusual"],
    ),
    (
        {"campaign_end": "2027-06-01", "campaign_start": "2027-04-03"},
        ["campaign_end_unusual"],
    ),
    ({"election_date": "2027-06-13"}, ["election_date_unusual", "campaign_end_unusual"]),
    ({"quiet_from": None, "quiet_until": None}, ["quiet_hours_missing"]),
    ({"consent_required": False}, ["consent_not_required"]),
    ({"rnp": None, "privacy_notice_url": None}, ["privacy_notice_missing", "rnp_missing"]),
]


@pytest.mark.parametrize(("changes", "told"), WARNINGS)
def test_what_is_unusual_is_told_and_taken(campaign, changes, told):
    assert warnings(put(campaign, 1, **QUIET | changes)) == told


def test_election_that_is_over_is_told(campaign):
    put(
        campaign,
        1,
        campaign_start="2024-03-01",
        campaign_end="2024-05-29",
        election_date="2024-06-02",
    )
    assert get(campaign)["warnings"][0]["code"] == "election_over"
    assert get(campaign)["warnings"][0]["field"] == "settings.election_date"


# What a change does.
def test_change_is_audited_with_old_and_new(campaign):
    put(campaign, 1)
    [entry] = campaign.rows(
        "select actor, details -> 'changed' as changed from public.wa_audit_log"
        " where act = 'settings_changed'"
    )
    assert entry["actor"] == str(campaign.member)
    assert entry["changed"]["office"] == ["Gubernatura", NEEDED["office"]]
    assert entry["changed"]["consent_required"] == [False, True]
    assert "version" not in entry["changed"]


def dated(**changes):
    """Settings of a campaign that may send now."""
    days = {"campaign_start": -30, "campaign_end": 36, "election_date": 40}
    return (
        {name: str(TODAY + timedelta(n)) for name, n in days.items()}
        | {
            "quiet_from": None,
            "quiet_until": None,
            "consent_required": False,
        }
        | changes
    )


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ({}, ("send", None)),
        ({"quiet_from": "00:00", "quiet_until": "23:59:59"}, ("deferred", None)),
        ({"consent_required": True}, ("skipped", "no_consent")),
        (
            {"campaign_end": str(TODAY - timedelta(3)), "election_date": str(TODAY + timedelta(2))},
            ("skipped", "veda"),
        ),
        ({"campaign_start": str(TODAY + timedelta(3))}, ("deferred", None)),
    ],
)
def test_change_reaches_open_jobs_at_the_next_claim(campaign, changes, decision):
    job = campaign.with_voters(1).create_job()["job_id"]
    put(campaign, 1, **dated(**changes))
    claim = campaign.claim(message_to(campaign, job, 0))
    assert (claim["decision"], claim.get("reason")) == decision
