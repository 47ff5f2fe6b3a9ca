"""Who somebody is stays out of the log, and what has served its purpose is forgotten."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.campaign import Campaign, call, phone
from tests.campaign_queue import sweep
from tests.database.transactions import overlap


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(5)


def log(campaign, act="%"):
    return campaign.rows(
        "select * from public.wa_audit_log where campaign_id = %s and act like %s order by id",
        campaign.id,
        act,
    )


def say_baja(campaign, n=0):
    said = {"phone_number_id": campaign.phone_number_id, "phone": phone(n), "at": now()}
    wish = said | {"opted_out": True, "source": "reply"}
    return campaign.as_service("public.wa_apply_opt_outs", p_intents=[wish])["changed"]


def now():
    return datetime.now(UTC).isoformat()


def test_no_entry_names_a_phone_or_what_people_typed(campaign):
    campaign.with_consent(phone(0)).with_sender(state="paused", state_reason=f"Avisa a {phone(3)}")
    campaign.create_job(personalization={"1": "{{voter.first_name}}", "2": f"Llama {phone(4)}"})
    campaign.with_sender(state="ok")
    say_baja(campaign)
    campaign.rows("update public.wa_consents set phone = %s, source = %s", phone(1), phone(2))
    campaign.rows("delete from public.wa_consents")
    campaign.rows("update public.wa_opt_outs set phone = %s", phone(1))
    campaign.rows("delete from public.wa_opt_outs")
    written = str([row["details"] for row in log(campaign)])
    assert "phone_hmac" in written
    for n in range(5):
        assert phone(n)[3:] not in written


def test_hash_of_a_phone_cannot_be_found_by_trying_them_all(campaign):
    """Without the key it is no hash of anything that an outsider knows."""
    campaign.create_job()
    say_baja(campaign)
    [entry] = log(campaign, "opt_out")
    guesses = campaign.rows(
        "select encode(sha256(convert_to(t, 'UTF8')), 'hex') as hash from unnest(%s::text[]) t",
        [phone(0), str(campaign.id) + phone(0), phone(0) + str(campaign.id)],
    )
    assert entry["details"]["phone_hmac"] not in {guess["hash"] for guess in guesses}
    [own] = campaign.rows("select wa.person_hash(%s, %s) as hash", campaign.id, phone(0))
    assert entry["details"]["phone_hmac"] == own["hash"]
    other = Campaign.create(campaign.dsn)
    [foreign] = campaign.rows("select wa.person_hash(%s, %s) as hash", other.id, phone(0))
    assert foreign["hash"] != own["hash"]


def test_hashes_mean_nothing_once_the_key_is_destroyed(campaign):
    campaign.create_job()
    say_baja(campaign)
    campaign.rows("delete from wa.audit_keys where campaign_id = %s", campaign.id)
    assert say_baja(campaign, 1) == 1
    [entry, _] = log(campaign, "opt_out")
    [again] = campaign.rows("select wa.person_hash(%s, %s) as hash", campaign.id, phone(0))
    assert again["hash"] != entry["details"]["phone_hmac"]


# What a row of that age holds, and when it is forgotten: not yet, and no longer kept.
OLD_ROWS = {
    "wa_recent_contacts": ("{campaign}, {phone}, {at}, gen_random_uuid()", "47 hours", "49 hours"),
    "wa_portfolio_contacts": ("'p', {phone}, {campaign}, {at}", "1450 minutes", "1501 minutes"),
    "wa_unresolved_opt_outs ALTA": (
        "{sender}, {phone}, null, false, 'reply', {at}",
        "30 days",
        "32 days",
    ),
    "wa_unresolved_opt_outs BAJA": (
        "{sender}, {phone}, null, true, 'reply', {at}",
        "59 months",
        "61 months",
    ),
    "wa_same_person": ("{sender}, {phone}, 'MX.1', {at}", "12 months", "14 months"),
}


def add_row(campaign, kind, age, n=0):
    at = f"now() - interval '{age}'"
    ids = {"campaign": f"'{campaign.id}'", "sender": f"'{campaign.sender_id}'"}
    values = OLD_ROWS[kind][0].format(**ids, phone=f"'{phone(n)}'", at=at)
    campaign.rows(f"insert into public.{kind.split()[0]} values ({values})")


@pytest.mark.parametrize("kind", OLD_ROWS)
def test_sweep_forgets_what_has_served_its_purpose(campaign, kind):
    _, young, old = OLD_ROWS[kind]
    for n, age in enumerate((young, old, "20 years")):
        add_row(campaign, kind, age, n)
    assert sweep(campaign)["forgotten"] == 2
    [row] = campaign.rows(f"select count(*) as n from public.{kind.split()[0]}")
    assert row["n"] == 1
    assert sweep(campaign)["forgotten"] == 0


def test_contacts_that_somebody_holds_are_forgotten_later(campaign):
    add_row(campaign, "wa_recent_contacts", "400 days")
    _, swept = overlap(
        campaign,
        lambda db: db.execute("select from public.wa_recent_contacts for update"),
        lambda db: call(db, "public.wa_sweep"),
        blocks=False,
    )
    assert (swept["forgotten"], sweep(campaign)["forgotten"]) == (0, 1)


@pytest.fixture
def ended(campaign):
    """A job that has ended, of a campaign that is over in 40 days."""
    job = campaign.create_job()["job_id"]
    campaign.rows(
        "update public.wa_send_queue q set status = 'sent', attempts = 1, sender_id = c.sender_id,"
        " meta_message_id = 'wamid.' || position, meta_user_id = 'MX.' || position"
        " from public.communications c where c.job_id = q.job_id"
    )
    assert campaign.job(job)["status"] == "completed"
    return job


def let_pass(campaign, days):
    """Move the job's end and the campaign's dates back."""
    campaign.rows(
        "update public.communications set completed_at = now() - make_interval(days => %s)", days
    )
    over = datetime.now(UTC).date() - timedelta(days=days)
    campaign.with_settings(
        campaign_start=over - timedelta(days=60),
        campaign_end=over - timedelta(days=4),
        election_date=over,
    )


def named(campaign, job):
    return sum(row["recipient_phone"] is not None for row in campaign.messages(job))


@pytest.mark.parametrize(("days", "kept"), [(89, 5), (91, 0)])
def test_names_and_numbers_of_a_job_are_forgotten_when_their_time_is_over(
    campaign, ended, days, kept
):
    before = campaign.job(ended)
    let_pass(campaign, days)
    sweep(campaign)
    assert named(campaign, ended) == kept
    gone = [row for row in campaign.messages(ended) if row["erased_at"]]
    assert len(gone) == 5 - kept
    assert {str(row["template_params"]) for row in gone} <= {"{}"}
    assert {(row["meta_message_id"], row["meta_user_id"]) for row in gone} <= {(None, None)}
    assert campaign.job(ended)["sent_count"] == before["sent_count"]


def test_names_stay_while_the_campaign_lasts_and_while_the_job_is_open(campaign, ended):
    campaign.rows("update public.communications set completed_at = now() - interval '2 years'")
    sweep(campaign)
    assert named(campaign, ended) == 5
    let_pass(campaign, 400)
    campaign.rows("update public.communications set status = 'paused'")
    sweep(campaign)
    assert named(campaign, ended) == 5


def test_a_round_forgets_so_many_and_the_next_one_goes_on(campaign, ended):
    let_pass(campaign, 91)
    forgotten = [campaign.rows("select wa.forget_people(2) as n")[0]["n"] for _ in range(4)]
    assert forgotten == [2, 2, 1, 0]
    assert campaign.job(ended)["people_forgotten_at"]


def test_campaign_keeps_names_as_long_as_it_says_and_35_days_at_least(campaign, ended):
    campaign.with_settings(people_kept="36 days")
    let_pass(campaign, 37)
    sweep(campaign)
    assert named(campaign, ended) == 0
    with pytest.raises(psycopg.errors.CheckViolation):
        campaign.with_settings(people_kept="34 days")


@pytest.mark.parametrize(
    ("table", "young", "old"),
    [
        ("public.wa_test_numbers", 89, 91),
        ("public.wa_consents", 5 * 365, 5 * 366),
        ("wa.person_salts", 5 * 365, 5 * 366),
    ],
)
def test_what_a_campaign_needs_no_more_is_forgotten(campaign, table, young, old):
    campaign.with_consent(phone(0)).with_test_number(phone(900))
    count = f"select count(*) as n from {table}"
    let_pass(campaign, young)
    sweep(campaign)
    assert campaign.rows(count) == [{"n": 1}]
    let_pass(campaign, old)
    sweep(campaign)  # the entries of what it deletes take a salt once more
    sweep(campaign)
    assert campaign.rows(count) == [{"n": 0}]
