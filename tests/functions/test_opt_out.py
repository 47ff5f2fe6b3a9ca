"""BAJA works at once, also against messages whose tasks already wait."""

from collections.abc import Callable

import pytest

from tests.functions.campaigns import Campaign
from tests.functions.polling import eventually

Wish = Callable[[Campaign, str], None]


def by_text(campaign: Campaign, phone: str) -> None:
    campaign.voter_writes(phone, "Báaja, por favor.")


def by_button(campaign: Campaign, phone: str) -> None:
    campaign.voter_writes(phone, "Ya no recibir", kind="button", payload="BAJA")


def in_whatsapps_settings(campaign: Campaign, phone: str) -> None:
    campaign.voter_writes(phone, "", kind="stop")


def known_to_meta_alone(campaign: Campaign, phone: str) -> None:
    """The person stopped our marketing while another message of ours was under way."""
    rows = campaign.stage.sql(
        "update public.wa_send_queue q set attempts = 1, sender_id = c.sender_id"
        " from public.communications c where c.job_id = q.job_id"
        " and q.campaign_id = %s and q.recipient_phone = %s returning q.id::text",
        campaign.ids.campaign_id,
        phone,
    )
    status = {
        "id": f"wamid.{rows[0][0]}",
        "status": "failed",
        "timestamp": "1795000000",
        "biz_opaque_callback_data": rows[0][0],
        "errors": [{"code": 131050, "title": "User has stopped marketing"}],
    }
    campaign.stage.simulate(
        "events", {"field": "messages", "value": _value(campaign, statuses=[status])}
    )


@pytest.mark.parametrize("wish", [by_text, by_button, in_whatsapps_settings])
def test_wish_for_silence_stops_queued_messages(campaign: Campaign, wish: Wish):
    job = campaign.with_voters(3).hold_tasks().start_job()
    eventually(job.enqueued)
    silent = campaign.phones[1]
    wish(campaign, silent)
    eventually(lambda: campaign.has_opted_out(silent))
    campaign.release_tasks()
    done = job.ended()
    assert (done["sent_count"], done["skipped"]) == (2, {"opted_out": 1})
    assert campaign.stage.meta.sent_to(silent) == []


def test_silence_that_meta_reports_holds_for_later_jobs(campaign: Campaign):
    campaign.with_voters(2).hold_tasks().start_job()
    silent = campaign.phones[0]
    known_to_meta_alone(campaign, silent)
    eventually(lambda: campaign.has_opted_out(silent))
    assert campaign.start_job().summary["excluded"] == {"opted_out": 1}


def test_refusal_131050_silences_the_voter(campaign: Campaign):
    silent = campaign.with_voters(2).phones[0]
    campaign.stage.simulate("config", {"faults": {"by_last_digits": {silent[-8:]: "131050"}}})
    done = campaign.start_job().ended()
    campaign.stage.simulate("config", {"faults": {"by_last_digits": {}}})
    assert (done["sent_count"], done["failed_count"]) == (1, 1)
    assert campaign.has_opted_out(silent)


def test_alta_lets_the_voter_in_again(campaign: Campaign):
    phone = campaign.with_voters(2).phones[0]
    campaign.voter_writes(phone, "BAJA")
    eventually(lambda: campaign.has_opted_out(phone))
    excluded = lambda: campaign.ask("POST", "/audience", json=campaign.body()).json()["excluded"]  # noqa: E731
    assert excluded() == {"opted_out": 1}
    # Meta's times are whole seconds, and of two wishes in one second silence wins.
    eventually(lambda: campaign.voter_writes(phone, "Alta") or not campaign.has_opted_out(phone))
    assert excluded() == {}


def test_later_chat_does_not_undo_silence(campaign: Campaign):
    phone = campaign.with_voters(1).phones[0]
    campaign.voter_writes(phone, "BAJA")
    eventually(lambda: campaign.has_opted_out(phone))
    campaign.voter_writes(phone, "¿A qué hora es el mitin?")
    campaign.voter_writes(phone, "", kind="resume")
    _wait_for_events_to_be_applied(campaign)
    assert campaign.has_opted_out(phone)


@pytest.mark.parametrize("clue", ["context", "user_id"])
def test_voter_without_visible_number_is_recognised(campaign: Campaign, clue):
    phone = campaign.with_voters(1).phones[0]
    campaign.start_job().ended()
    [(wamid, user_id)] = eventually(
        lambda: campaign.stage.sql(
            "select meta_message_id, meta_user_id from public.wa_send_queue"
            " where campaign_id = %s and meta_user_id is not null",
            campaign.ids.campaign_id,
        )
    )
    known = clue == "user_id"
    message = {
        "from": user_id if known else "MX.99999",
        "from_user_id": user_id if known else "MX.99999",
        "id": f"wamid.reply.{phone}",
        "timestamp": "1795000000",
        "type": "text",
        "text": {"body": "baja"},
    } | ({"context": {"id": wamid}} if clue == "context" else {})
    campaign.stage.simulate(
        "events", {"field": "messages", "value": _value(campaign, messages=[message])}
    )
    eventually(lambda: campaign.has_opted_out(phone))


def test_silence_counts_for_the_campaign_it_was_said_to(
    campaign: Campaign, other_campaign: Campaign
):
    phone = campaign.with_voters(1).phones[0]
    campaign.voter_writes(phone, "BAJA")
    eventually(lambda: campaign.has_opted_out(phone))
    assert not other_campaign.has_opted_out(phone)


def _value(campaign: Campaign, **events):
    metadata = {"phone_number_id": campaign.phone_number_id}
    return {"messaging_product": "whatsapp", "metadata": metadata, **events}


def _wait_for_events_to_be_applied(campaign: Campaign) -> None:
    """Let a second voter write, too: their BAJA arrives after what was said before."""
    witness = campaign.with_voters(1).phones[-1]
    campaign.voter_writes(witness, "BAJA")
    eventually(lambda: campaign.has_opted_out(witness))
