"""Templates that operators registered by hand, when Meta first says what they show."""

from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.json import Jsonb

from devstack.stack.campaign import FOOTER as USUAL
from shared.rules.template_content import content_of
from tests.campaign import WABA, Campaign

BODY = "Hola {{1}}, mañana ❤️ te esperamos."
FOOTER = {"type": "FOOTER", "text": "Ana Demo"}
TITLE = {"type": "HEADER", "format": "TEXT", "text": "Aviso"}
LINK = {"type": "URL", "text": "Ver", "url": "https://example.mx"}
OPEN_LINK = LINK | {"url": "https://example.mx/{{1}}"}
CALL = {"type": "PHONE_NUMBER", "text": "Llamar", "phone_number": "+525512345678"}
REPLY = {"type": "QUICK_REPLY", "text": "BAJA"}
CODE = {"type": "COPY_CODE", "text": "Copiar"}


@pytest.fixture
def campaign(database):
    return Campaign.create(database).with_voters(1)


def shown(*parts, body=BODY, buttons=()):
    """Return what Meta's listing shows: these parts beside the body and the buttons."""
    listed = [{"type": "BUTTONS", "buttons": list(buttons)}] if buttons else []
    return [{"type": "BODY", "text": body}, *parts, *listed]


def registered(campaign, *buttons, **columns):
    """Register a template and send it; return the job."""
    columns = {"body_text": BODY, "buttons": Jsonb(list(buttons))} | columns
    campaign.with_template(**columns)
    names = campaign.rows("select wa.template_parameters(id) as name from public.wa_templates")
    values = {row["name"]: "Ana" for row in names}
    return campaign.create_job(personalization=values)["job_id"]


def listing(campaign, components, minutes=1, parameter_format="POSITIONAL"):
    told = {"meta_template_id": "7", "name": "saludo", "language": "es_MX", "status": "approved"}
    told |= {"category": "MARKETING", "content": content_of(components, parameter_format)}
    return campaign.as_service(
        "public.wa_apply_sync",
        p_waba_id=WABA,
        p_at=datetime.now(UTC) + timedelta(minutes=minutes),
        p_templates=Jsonb([told]),
        p_senders=Jsonb([]),
    )


def status(campaign, job):
    return campaign.job(job)["status"]


@pytest.mark.parametrize(
    ("columns", "buttons", "at_meta"),
    [
        ({"body_text": f" {BODY} \r\n"}, [], shown()),
        ({"body_text": BODY.replace(", ", ",\r")}, [], shown(body=BODY.replace(", ", ",\n"))),
        ({"body_text": BODY.replace(", ", ", \n")}, [], shown(body=BODY.replace(", ", ",\n"))),
        ({"body_text": BODY.replace(" ", "\u00a0") + "\u200b"}, [], shown()),
        ({"body_text": BODY.replace("{{1}}", "{{ 1 }}")}, [], shown()),
        ({"body_text": BODY.replace("ñ", "n\u0303")}, [], shown()),
        ({"body_text": BODY.replace("\ufe0f", "")}, [], shown()),
        ({"header_text": " "}, [], shown()),
        ({}, [], shown(FOOTER)),
        ({"footer_text": USUAL.replace(" ", "  ", 1)}, [], shown(FOOTER | {"text": USUAL})),
        ({}, [], shown(TITLE)),
        ({}, [], shown(buttons=[LINK, CALL, REPLY])),
        ({}, [LINK], shown(buttons=[LINK | {"url": "https://example.mx/"}])),
        ({}, [CALL | {"phone_number": "55 1234 5678"}], shown(buttons=[CALL])),
        ({}, [{"type": "url", "url": "https://example.mx/{{ 1 }}"}], shown(buttons=[OPEN_LINK])),
        ({}, [CODE | {"text": "Copiar código"}], shown(buttons=[CODE])),
    ],
)
def test_job_goes_on_where_the_copy_was_careless(campaign, columns, buttons, at_meta):
    job = registered(campaign, *buttons, **columns)
    listing(campaign, at_meta)
    assert status(campaign, job) == "processing"
    campaign.as_member("public.wa_pause_job", p_job_id=job)
    assert campaign.as_member("public.wa_resume_job", p_job_id=job)["status"] == "processing"
    assert listing(campaign, at_meta, minutes=2)["templates"] == 0


@pytest.mark.parametrize(
    ("columns", "buttons", "at_meta"),
    [
        ({}, [], shown(body="Hola {{1}}, ya no te esperamos.")),
        ({}, [], shown(TITLE | {"text": "Aviso a {{1}}"})),
        ({}, [], shown({"type": "HEADER", "format": "IMAGE"})),
        ({}, [LINK], shown(buttons=[OPEN_LINK])),
        ({}, [OPEN_LINK, LINK], shown(buttons=[LINK, OPEN_LINK])),
        ({}, [], shown(buttons=[CODE])),
        ({}, [], shown({"type": "CAROUSEL"})),
    ],
)
def test_job_stops_where_its_messages_would_be_others(campaign, columns, buttons, at_meta):
    job = registered(campaign, *buttons, **columns)
    listing(campaign, at_meta)
    assert status(campaign, job) == "paused"


@pytest.mark.parametrize("first", [shown(), shown(FOOTER)], ids=["the same", "more"])
def test_what_differs_after_the_first_word_is_a_change(campaign, first):
    job = registered(campaign)
    listing(campaign, first)
    assert status(campaign, job) == "processing"
    listing(campaign, shown(FOOTER | {"text": "Otra"}), minutes=2)
    assert status(campaign, job) == "paused"


def test_links_whose_variable_has_a_number_are_of_either_format(campaign):
    body = "Hola, mañana te esperamos."
    job = registered(campaign, OPEN_LINK, body_text=body)
    listing(campaign, shown(body=body, buttons=[OPEN_LINK]), parameter_format="NAMED")
    assert status(campaign, job) == "processing"


def test_quick_reply_keeps_what_it_answers_though_its_label_was_not_copied(campaign):
    registered(campaign, {"type": "QUICK_REPLY", "payload": "BAJA_1"})
    listing(campaign, shown(buttons=[REPLY | {"text": "No, gracias"}]))
    [row] = campaign.rows("select buttons from public.wa_templates")
    assert row["buttons"] == [{"type": "QUICK_REPLY", "text": "No, gracias", "payload": "BAJA_1"}]
