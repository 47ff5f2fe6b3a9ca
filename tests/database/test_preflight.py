"""What Meta said of number, account and template decides about new jobs, while it is news."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.campaign import Campaign, call
from tests.database.transactions import overlap

META_ID = "1689556908129832"
BLOCKED = {"state": "BLOCKED", "detail": "Meta no deja enviar desde este número."}
LIMITED = {"state": "LIMITED", "detail": "Meta limita los envíos de este número."}
FINE = {"state": "AVAILABLE", "detail": None}
ALL_FINE = {"sender": FINE, "account": FINE, "template": FINE}


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(2).with_template(meta_template_id=META_ID)


def record(campaign, **health):
    return campaign.as_service(
        "public.wa_record_health",
        p_template_id=campaign.template_id,
        p_phone_number_id=campaign.phone_number_id,
        p_health=health,
    )


def is_stale(campaign, key="fresh", template_id=None):
    named = {"p_campaign_id": campaign.id, "p_template_id": template_id or campaign.template_id}
    return campaign.as_member("public.wa_preflight", **named, p_idempotency_key=key)["stale"]


def pass_time(campaign, interval):
    for table, path in (
        ("wa_senders", "{sender,at}"),
        ("wa_senders", "{account,at}"),
        ("wa_templates", "{at}"),
    ):
        campaign.rows(
            f"update public.{table} set health = jsonb_set(health, '{path}',"
            f" to_jsonb((health #>> '{path}')::timestamptz - %s::interval))"
            f" where health #> '{path}' is not null",
            interval,
        )


def warnings(campaign, **request):
    return [w["code"] for w in campaign.create_job(**request)["warnings"]]


def refusal(campaign, **request):
    with pytest.raises(psycopg.Error) as caught:
        campaign.create_job(**request)
    diagnosis = caught.value.diag
    return (
        diagnosis.sqlstate,
        diagnosis.message_primary,
        diagnosis.message_detail,
        diagnosis.message_hint,
    )


def test_meta_is_asked_once_in_ten_minutes(campaign):
    assert is_stale(campaign)
    record(campaign, **ALL_FINE)
    assert not is_stale(campaign)
    pass_time(campaign, "9 minutes 50 seconds")
    assert not is_stale(campaign)
    pass_time(campaign, "11 seconds")
    assert is_stale(campaign)
    campaign.with_settings(health_lasts="20 minutes")
    assert not is_stale(campaign)


def test_nobody_has_meta_asked_about_another_campaigns_number(campaign):
    """Whom to ask, with whose token, follows from the template."""
    other = Campaign.create(campaign.dsn)
    assert not is_stale(campaign, template_id=other.template_id)
    assert is_stale(other)


def test_repetition_asks_nothing(campaign):
    summary = campaign.create_job(key="same")
    assert not is_stale(campaign, "same")
    record(campaign, sender=BLOCKED)
    assert campaign.create_job(key="same") == summary


def test_machine_learns_whom_to_ask_about_and_nothing_else(campaign):
    targets = campaign.as_service("public.wa_preflight_targets", p_template_id=campaign.template_id)
    assert targets == {
        "phone_number_id": campaign.phone_number_id,
        "meta_template_id": META_ID,
        "credential": "default",
    }
    campaign.with_settings(sender_id=None)
    of = {"p_template_id": campaign.template_id}
    assert campaign.as_service("public.wa_preflight_targets", **of) is None


@pytest.mark.parametrize(
    ("part", "field"),
    [("sender", "campaign_id"), ("account", "campaign_id"), ("template", "template_id")],
)
def test_job_of_what_meta_blocks_is_refused_with_its_reason(campaign, part, field):
    record(campaign, **ALL_FINE | {part: BLOCKED})
    expected = ("PT409", f"{part}_blocked_at_meta", BLOCKED["detail"], field)
    assert refusal(campaign) == expected
    assert campaign.rows("select from public.communications") == []
    record(campaign, **{part: FINE})
    assert warnings(campaign) == []


def test_block_is_asked_about_again_soon_but_not_by_everybody_at_once(campaign):
    record(campaign, **ALL_FINE | {"account": BLOCKED})
    assert not is_stale(campaign)
    pass_time(campaign, "11 seconds")
    assert is_stale(campaign)
    assert refusal(campaign)[1] == "account_blocked_at_meta"  # Meta did not answer: it holds


def test_block_that_was_told_long_ago_refuses_nothing(campaign):
    record(campaign, sender=BLOCKED, template=FINE)
    pass_time(campaign, "10 minutes 1 second")
    assert warnings(campaign) == ["health_unknown"]


def test_job_that_leaves_much_later_is_only_warned(campaign):
    record(campaign, **ALL_FINE | {"sender": BLOCKED})
    later = datetime.now(UTC) + timedelta(minutes=61)
    assert warnings(campaign, scheduled_at=later) == ["sender_blocked_at_meta"]
    soon = datetime.now(UTC) + timedelta(minutes=59)
    assert refusal(campaign, scheduled_at=soon)[1] == "sender_blocked_at_meta"


def test_what_meta_limits_is_told_in_the_summary_and_in_the_preview(campaign):
    record(campaign, sender=LIMITED, account=FINE, template=LIMITED)
    told = campaign.create_job()["warnings"]
    assert [w["code"] for w in told] == ["sender_limited_at_meta", "template_limited_at_meta"]
    assert told[0]["detail"] == LIMITED["detail"]
    named = {"p_campaign_id": campaign.id, "p_filters": {}}
    with_template = {
        "p_template_id": campaign.template_id,
        "p_personalization": {"1": "a", "2": "b"},
    }
    preview = campaign.as_member("public.wa_preview_audience", **named, **with_template)
    assert preview["warnings"] == told
    assert campaign.as_member("public.wa_preview_audience", **named)["warnings"] == told[:1]


def test_preview_never_says_that_nothing_is_known(campaign):
    named = {"p_campaign_id": campaign.id, "p_filters": {}}
    assert campaign.as_member("public.wa_preview_audience", **named)["warnings"] == []


@pytest.mark.parametrize("known", [{}, {"sender": FINE}, {"template": FINE, "account": FINE}])
def test_job_of_which_something_is_not_known_says_so(campaign, known):
    record(campaign, **known)
    assert is_stale(campaign)
    assert warnings(campaign) == ["health_unknown"]


def test_template_that_has_no_id_at_meta_yet_is_not_asked_about(campaign):
    campaign.with_template(meta_template_id=None)
    record(campaign, sender=FINE, account=FINE)
    assert not is_stale(campaign)
    assert warnings(campaign) == []


def test_answer_about_a_former_number_changes_nothing_of_the_present_one(campaign):
    other = Campaign.create(campaign.dsn)
    campaign.with_settings(sender_id=other.sender_id)
    assert record(campaign, sender=BLOCKED) is False
    senders = campaign.rows("select health from public.wa_senders")
    assert [row["health"] for row in senders] == [{}, {}]


def test_health_is_no_change_of_a_rule(campaign):
    acts = "select act from public.wa_audit_log order by id"
    before = campaign.rows(acts)
    record(campaign, **ALL_FINE)
    assert campaign.rows(acts) == before


def test_nobody_who_sends_waits_for_an_answer_about_the_number(campaign):
    """The machine's note holds the number's row for a moment; a job only reads it."""

    def recording(db):
        named = {"p_template_id": campaign.template_id, "p_health": {"sender": BLOCKED}}
        number = campaign.phone_number_id
        return call(db, "public.wa_record_health", p_phone_number_id=number, **named)

    def previewing(db):
        return call(db, "public.wa_preview_audience", p_campaign_id=campaign.id, p_filters={})

    overlap(campaign, recording, previewing, roles=("postgres", "authenticated"), blocks=False)
