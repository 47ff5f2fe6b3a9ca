"""A test goes the way of every message, and counts nowhere."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from tests.campaign import Campaign, call, phone, session
from tests.campaign_queue import deliver, lease, receive
from tests.database.transactions import miscounted, overlap

SAMPLES = {"1": "Ana", "2": "la campaña", "9": "de nadie"}
TEAM = phone(900)


@pytest.fixture
def campaign(database):
    made = Campaign.create(database).with_voters(2).with_template(sample_values=SAMPLES)
    return made.with_test_number(TEAM)


def arguments(campaign, number=TEAM, key=None, values=None):
    return {
        "p_template_id": campaign.template_id,
        "p_phone": number,
        "p_personalization": values or {},
        "p_idempotency_key": key or str(uuid4()),
    }


def send_test(campaign, *args, **more):
    return campaign.as_member("public.wa_test_template", **arguments(campaign, *args, **more))


def refusal(campaign, function, **named):
    with pytest.raises(psycopg.Error) as caught:
        campaign.as_member(f"public.{function}", **named)
    return caught.value.diag.sqlstate, caught.value.diag.message_primary


def refused(campaign, *args, **more):
    return refusal(campaign, "wa_test_template", **arguments(campaign, *args, **more))


def listed(campaign, **more):
    jobs = campaign.as_member("public.wa_list_jobs", p_campaign_id=campaign.id, **more)
    return [(job["job_id"], job["is_test"]) for job in jobs]


def test_it_leaves_arrives_and_is_counted_as_any_message_of_a_job_of_its_own(campaign):
    made = send_test(campaign)
    assert made["status"] == "queued"
    [message] = lease(campaign, made["job_id"])
    assert str(message) == made["message_id"]
    order = campaign.claim(message)
    assert (order["decision"], order["to"]) == ("send", TEAM)
    assert order["params"] == {"1": "Ana", "2": "la campaña"}
    campaign.record(message, "accepted", order["attempt"])
    receive(campaign, message, "delivered")
    job = campaign.as_member("public.wa_get_job", p_job_id=made["job_id"])
    figures = ("status", "is_test", "target_count", "sent_count", "delivered_count")
    assert [job[name] for name in figures] == ["completed", True, 1, 1, 1]
    assert not miscounted(campaign)


def test_it_is_in_no_list_unless_asked_for(campaign):
    ordinary, made = campaign.create_job()["job_id"], send_test(campaign)["job_id"]
    assert listed(campaign) == [(ordinary, False)]
    assert listed(campaign, p_tests=True) == [(made, True), (ordinary, False)]


def test_it_costs_nothing_of_the_campaigns_budget(campaign):
    campaign.with_settings(spending_cap_usd=0)
    send_test(campaign)
    [row] = campaign.rows("select wa.committed_messages(%s) as n", campaign.id)
    assert row["n"] == 0


def test_neither_it_nor_a_job_takes_the_others_message_of_the_day(campaign):
    campaign.with_voters(1, first=900)  # somebody of the team is in the list too
    job = campaign.create_job()["job_id"]
    [to_the_team] = [m["id"] for m in campaign.messages(job) if m["recipient_phone"] == TEAM]
    for _ in range(2):
        deliver(campaign, lease(campaign, send_test(campaign)["job_id"])[0])
    lease(campaign, job)
    deliver(campaign, to_the_team)
    contacts = campaign.rows("select message_id from public.wa_recent_contacts")
    assert contacts == [{"message_id": to_the_team}]
    failed = lease(campaign, send_test(campaign)["job_id"])[0]
    deliver(campaign, failed, "failed")
    assert campaign.rows("select message_id from public.wa_recent_contacts") == contacts


def test_it_needs_no_consent(campaign):
    campaign.with_settings(consent_required=True)
    deliver(campaign, lease(campaign, send_test(campaign)["job_id"])[0])


# What holds for it as for all.
def test_baja_holds(campaign):
    [waiting] = lease(campaign, send_test(campaign, key="before")["job_id"])
    campaign.with_opt_out(TEAM)
    assert campaign.claim(waiting)["reason"] == "opted_out"
    assert refused(campaign) == ("PT409", "test_number_opted_out")
    assert send_test(campaign, key="before")["message_id"] == str(waiting)


def test_baja_in_reply_to_it_is_the_campaigns_as_any(campaign):
    deliver(campaign, lease(campaign, send_test(campaign)["job_id"])[0])
    said = {"phone_number_id": campaign.phone_number_id, "phone": TEAM, "opted_out": True}
    said |= {"source": "reply", "at": datetime.now(UTC).isoformat()}
    campaign.as_service("public.wa_apply_opt_outs", p_intents=[said])
    heard = campaign.as_member("public.wa_list_opt_outs", p_campaign_id=campaign.id)
    assert [word["phone"] for word in heard] == [TEAM]
    acts = campaign.rows("select act from public.wa_audit_log where campaign_id = %s", campaign.id)
    assert {"act": "opt_out"} in acts


def test_veda_and_dates_hold(campaign):
    [waiting] = lease(campaign, send_test(campaign)["job_id"])
    campaign.with_settings(election_date=datetime.now(UTC).date())
    assert refused(campaign) == ("PT403", "veda")
    assert campaign.claim(waiting)["reason"] == "veda"
    campaign.with_settings(election_date=None)
    assert refused(campaign) == ("PT409", "dates_missing")


def test_quiet_hours_hold(campaign):
    [message] = lease(campaign, send_test(campaign)["job_id"])
    campaign.with_settings(quiet_from="00:00", quiet_until="23:59:59.999")
    assert campaign.claim(message)["decision"] == "deferred"


def test_pause_of_the_number_holds(campaign):
    [message] = lease(campaign, send_test(campaign)["job_id"])
    campaign.with_sender(state="paused")
    assert campaign.claim(message)["decision"] == "deferred"


def test_daily_limit_of_the_portfolio_holds(campaign):
    campaign.with_sender(daily_limit=1)
    deliver(campaign, lease(campaign, send_test(campaign)["job_id"])[0])
    assert lease(campaign, send_test(campaign)["job_id"]) == []


def test_template_must_be_one_that_can_be_sent(campaign):
    campaign.with_template(status="paused")
    assert refused(campaign) == ("PT409", "template_not_approved")
    campaign.with_template(status="approved", header_format="IMAGE")
    assert refused(campaign) == ("PT409", "template_header_missing")


# To whom.
def test_number_must_be_on_the_campaigns_own_list(campaign):
    other = Campaign.create(campaign.dsn).with_test_number(phone(901))
    for number in (phone(0), phone(901), "911", ""):
        assert refused(campaign, number) == ("PT422", "test_number_unknown")
    send_test(other, phone(901), values={"1": "a", "2": "b"})
    send_test(campaign, "55 1000-0900")


def test_number_that_is_taken_off_the_list_gets_nothing_any_more(campaign):
    [message] = lease(campaign, send_test(campaign)["job_id"])
    [number] = campaign.as_member("public.wa_list_test_numbers", p_campaign_id=campaign.id)
    removed = {"p_test_number_id": number["id"]}
    assert campaign.as_member("public.wa_remove_test_number", **removed)["phone"] == TEAM
    assert campaign.claim(message) == {
        "message_id": str(message),
        "decision": "skipped",
        "reason": "voter_deleted",
    }
    again = refusal(campaign, "wa_remove_test_number", **removed)
    assert again == ("PT404", "test_number_not_found")


def adding(campaign, n, label="Ana"):
    named = {"p_campaign_id": campaign.id, "p_phone": phone(900 + n), "p_label": label}
    return lambda db: call(db, "public.wa_add_test_number", **named)


def test_list_holds_ten_numbers_also_when_two_are_added_at_once(campaign):
    for n in range(1, 9):
        campaign.with_test_number(phone(900 + n))
    users = ("authenticated", "authenticated")
    with pytest.raises(psycopg.Error, match="too_many_test_numbers"):
        overlap(campaign, adding(campaign, 9), adding(campaign, 10), roles=users)
    with session(campaign.dsn, "authenticated", campaign.member) as db:
        relabelled = adding(campaign, 3, "Beto")(db)
    numbers = campaign.as_member("public.wa_list_test_numbers", p_campaign_id=campaign.id)
    assert len(numbers) == 10
    assert relabelled in numbers


@pytest.mark.parametrize("typed", ["", "12345", "+1 415 555 0100", "juan"])
def test_list_takes_only_what_can_be_written_to(campaign, typed):
    named = {"p_campaign_id": campaign.id, "p_phone": typed, "p_label": "Ana"}
    assert refusal(campaign, "wa_add_test_number", **named) == ("PT422", "test_number_invalid")


# How often.
def test_same_key_is_the_same_test_also_at_once(campaign):
    def testing(db):
        return call(db, "public.wa_test_template", **arguments(campaign, key="same"))

    first, second = overlap(campaign, testing, testing, roles=("authenticated", "authenticated"))
    assert first == second == send_test(campaign, key="same")
    reused = ("PT409", "idempotency_key_reused")
    assert refused(campaign, key="same", values={"1": "otra"}) == reused
    campaign.create_job(key="job")
    assert refused(campaign, key="job") == reused


def test_twenty_in_a_day_also_when_two_come_at_once(campaign):
    for _ in range(19):
        send_test(campaign)

    def testing(db):
        return call(db, "public.wa_test_template", **arguments(campaign))

    with pytest.raises(psycopg.Error, match="too_many_tests") as caught:
        overlap(campaign, testing, testing, roles=("authenticated", "authenticated"))
    assert caught.value.diag.sqlstate == "PT429"
    a_day = datetime.now(UTC) - timedelta(hours=24)
    campaign.rows("update public.communications set started_at = %s", a_day)
    send_test(campaign)


def test_waiting_tests_leave_the_campaigns_jobs_their_room(campaign):
    campaign.rows(
        "insert into public.communications"
        " (campaign_id, template_id, created_by, sender_id, template_version, idempotency_key,"
        " is_test, target_count)"
        " select %s, %s, %s, %s, 1, 'n' || n, true, 1 from generate_series(1, 200) n",
        *(campaign.id, campaign.template_id, campaign.member, campaign.sender_id),
    )
    campaign.create_job()


# With which words.
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, {"1": "Ana", "2": "la campaña"}),
        ({"1": "Beto"}, {"1": "Beto", "2": "la campaña"}),
        ({"1": "{{voter.first_name}}", "2": "Hola {{voter.section}}"}, SAMPLES),
        ({"2": "{{campaign.name}}"}, {"1": "Ana", "2": "Ana Gobernadora"}),
    ],
)
def test_samples_stand_where_nothing_is_given_or_a_voter_is_named(campaign, values, said):
    [row] = campaign.messages(send_test(campaign, values=values)["job_id"])
    assert row["template_params"] == {"1": said["1"], "2": said["2"]}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"1": "{{voter.first_name}}"}, "personalization_missing"),
        ({}, "personalization_missing"),
        ({"1": "a", "3": "b"}, "personalization_unexpected"),
        ({"1": "{{voter.salary}}"}, "personalization_invalid"),
    ],
)
def test_values_are_checked_as_a_jobs_are(campaign, values, code):
    campaign.with_template(sample_values={"2": "la campaña"})
    assert refused(campaign, values=values) == ("PT422", code)


def test_log_says_who_tested_what_and_hides_the_number(campaign):
    made = send_test(campaign)
    [entry] = campaign.rows("select * from public.wa_audit_log where act = 'test_sent'")
    assert (entry["actor"], str(entry["job_id"])) == (str(campaign.member), made["job_id"])
    assert entry["details"]["template_id"] == str(campaign.template_id)
    [row] = campaign.rows("select wa.person_hash(%s, %s) as hmac", campaign.id, TEAM)
    assert entry["details"]["phone_hmac"] == row["hmac"]
    log = str(campaign.rows("select * from public.wa_audit_log"))
    assert TEAM not in log
    assert "Del equipo" not in log
