"""The bodies that go to Meta against those that Meta's own pages show, word for word.

Cloud API docs: "Template components", "Coupon templates", "Custom marketing templates", "Template
management". Two differences are ours: types in capitals, as most pages have them, and a telephone
with its plus.
"""

import json
from pathlib import Path

import pytest

from shared.rules.template_components import (
    SampleMissingError,
    creation_body,
    edit_body,
    preview_of,
)
from shared.rules.template_draft import draft_of
from shared.rules.template_form import problems_of
from shared.rules.template_requests import parse_template_request
from tests.template_form_cases import CAMPAIGN, PLACE, PLAIN

METAS = json.loads((Path(__file__).parents[1] / "answers/template_requests.json").read_text())
MEDIA = {"id": "1339522734477770"}
SEASON = {
    "name": "seasonal_promotion",
    "language": "en_US",
    "category": "MARKETING",
    "header_format": "TEXT",
    "header_text": "Our {{1}} is on!",
    "body_text": "Shop now through {{1}} and use code {{2}} to get {{3}} off of all merchandise.",
    "footer_text": "Use the buttons below to manage your marketing subscriptions",
    "buttons": [
        {"type": "QUICK_REPLY", "text": "Unsubscribe from Promos", "payload": "BAJA"},
        {"type": "QUICK_REPLY", "text": "Unsubscribe from All"},
    ],
    "sample_values": {
        "header": "Summer Sale",
        "1": "the end of August",
        "2": "25OFF",
        "3": "25%",
    },
}
# Each of Meta's requests, as a campaign would ask us for it.
ASKED = {
    "seasonal_promotion": SEASON,
    "order_confirmation": {
        "name": "order_confirmation",
        "language": "en_US",
        "category": "UTILITY",
        "header_format": "DOCUMENT",
        "header_media": MEDIA,
        "body_text": "Thank you for your order, {{1}}! Your order number is {{2}}. Tap the PDF"
        " linked above to view your receipt. If you have any questions, please use the buttons"
        " below to contact support. Thank you for being a customer!",
        "buttons": [
            {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550051310"},
            {"type": "URL", "text": "Contact Support", "url": "https://www.luckyshrub.com/support"},
        ],
        "sample_values": {"2": "860198-230332", "1": "Pablo"},
    },
    "order_delivery_update": {
        "name": "order_delivery_update",
        "language": "en_US",
        "category": "UTILITY",
        "header_format": "LOCATION",
        "header_media": PLACE,
        "body_text": "Good news {{1}}! Your order #{{2}} is on its way to the location above. Thank"
        " you for your order!",
        "footer_text": "To stop receiving delivery updates, tap the button below.",
        "buttons": [{"type": "QUICK_REPLY", "text": "Stop Delivery Updates"}],
        "sample_values": {"1": "Mark", "2": "566701"},
    },
    "coupon_code_fall2023_25off": {
        "name": "coupon_code_fall2023_25off",
        "language": "en_US",
        "category": "MARKETING",
        "header_format": "TEXT",
        "header_text": "Our Fall Sale is on!",
        "body_text": "Shop now through November and use code {{1}} to get {{2}} off of all"
        " merchandise!",
        "buttons": [{"type": "QUICK_REPLY", "text": "Unsubscribe"}, {"type": "COPY_CODE"}],
        "sample_values": {"1": "25OFF", "2": "25%", "button.1": "250FF"},
    },
    "welcome_discount_template": {
        "name": "welcome_discount_template",
        "language": "en_US",
        "category": "marketing",
        "header_format": "image",
        "header_media": MEDIA,
        "body_text": "Welcome to Lucky Shrub, {{first_name}}!\n\nUse code *{{discount_code}}* to"
        " get {{discount_amount}} off of your first purchase!",
        "footer_text": "Lucky Shrub: Your gateway to succulents!",
        "buttons": [
            {"type": "url", "text": "View deals", "url": "https://www.luckyshrub.com/deals"},
            {"type": "phone_number", "text": "Call us", "phone_number": "+15550051310"},
            {"type": "quick_reply", "text": "Unsubscribe"},
        ],
        "sample_values": {
            "first_name": "Pablo",
            "discount_code": "WELCOME20",
            "discount_amount": "20%",
        },
    },
}


def drafted(asked):
    draft = parse_template_request({"campaign_id": str(CAMPAIGN), **asked}).draft
    # Meta's examples are of all categories.
    assert [problem for problem in problems_of(draft) if problem.field != "category"] == []
    return draft


def as_we_write(metas, name=""):
    """Return Meta's request with types in capitals and the plus before telephone numbers."""
    if isinstance(metas, dict):
        return {key: as_we_write(value, key) for key, value in metas.items()}
    if isinstance(metas, list):
        return [as_we_write(item, name) for item in metas]
    if name == "phone_number":
        return f"+{metas.lstrip('+')}"
    return metas.upper() if name in {"type", "format", "category"} else metas


@pytest.mark.parametrize("name", ASKED)
def test_template_is_made_as_meta_shows_it(name):
    metas = as_we_write(METAS[name])
    handles = [
        part["example"]["header_handle"][0]
        for part in metas["components"]
        if "header_handle" in part.get("example", {})
    ]
    assert creation_body(drafted(ASKED[name]), name, (handles or [None])[0]) == metas


def test_edit_replaces_all_components_and_nothing_else():
    samples = SEASON["sample_values"] | {"header": "Spring Sale", "1": "the end of April"}
    draft = drafted(SEASON | {"sample_values": samples})
    assert edit_body(draft, None) == METAS["edit"]
    assert edit_body(draft, None, "UTILITY") == {"category": "UTILITY", **METAS["edit"]}


def test_edit_of_a_named_template_says_that_it_is_one():
    draft = drafted(ASKED["welcome_discount_template"])
    assert edit_body(draft, "4::aW")["parameter_format"] == "named"


def test_named_header_and_links_variable_are_shown_as_meta_shows_them():
    draft = drafted(
        PLAIN
        | {
            "header_format": "TEXT",
            "header_text": "Our new sale starts {{sale_start_date}}!",
            "body_text": "See you there!",
            "buttons": [
                {
                    "type": "URL",
                    "text": "Shop Now",
                    "url": "https://www.luckyshrub.com/shop?promo={{1}}",
                }
            ],
            "sample_values": {"sale_start_date": "December 1st", "button.0": "summer2023"},
        }
    )
    components = creation_body(draft, "a", None)["components"]
    assert components[0] == METAS["named header"]["components"][0]
    assert components[-1] == METAS["link with a variable"]["components"][0]


def test_ten_numbered_samples_stand_in_the_order_of_their_numbers():
    text = " y ".join(f"la {{{{{n}}}}} de hoy" for n in range(11, 0, -1))
    samples = {str(n): f"muestra {n}" for n in range(1, 12)}
    draft = drafted(PLAIN | {"body_text": f"Van {text}.", "sample_values": samples})
    [body, _footer] = creation_body(draft, "a", None)["components"]
    assert body["example"] == {"body_text": [[f"muestra {n}" for n in range(1, 12)]]}


def test_text_without_variables_has_no_example_at_all():
    draft = drafted(PLAIN | {"body_text": "Hola.", "footer_text": None, "sample_values": {}})
    assert creation_body(draft, "a", None)["components"] == [{"type": "BODY", "text": "Hola."}]


@pytest.mark.parametrize("kind", ["IMAGE", "VIDEO", "DOCUMENT"])
def test_header_of_a_file_is_not_sent_without_its_sample(kind):
    draft = drafted(PLAIN | {"header_format": kind, "header_media": MEDIA})
    with pytest.raises(SampleMissingError):
        creation_body(draft, "a", None)
    with pytest.raises(SampleMissingError):
        edit_body(draft, "")


def test_preview_shows_the_message_with_its_samples():
    draft = drafted(
        SEASON
        | {
            "buttons": [
                {"type": "URL", "text": "Ver", "url": "https://ejemplo.mx/{{1}}"},
                {"type": "PHONE_NUMBER", "text": "Llama", "phone_number": "+525512345678"},
                {"type": "COPY_CODE"},
                {"type": "QUICK_REPLY", "text": "BAJA", "payload": "BAJA"},
            ],
            "sample_values": SEASON["sample_values"] | {"button.0": "1204", "button.2": "AMIGO27"},
        }
    )
    assert preview_of(draft) == {
        "header": {"format": "TEXT", "text": "Our Summer Sale is on!"},
        "body": "Shop now through the end of August and use code 25OFF to get 25% off of all"
        " merchandise.",
        "footer": SEASON["footer_text"],
        "buttons": [
            {"type": "URL", "text": "Ver", "url": "https://ejemplo.mx/1204"},
            {"type": "PHONE_NUMBER", "text": "Llama", "phone_number": "+525512345678"},
            {"type": "COPY_CODE", "text": "Copiar código", "code": "AMIGO27"},
            {"type": "QUICK_REPLY", "text": "BAJA"},
        ],
    }


def test_preview_shows_files_and_places_as_they_were_given():
    image = drafted(ASKED["welcome_discount_template"])
    assert preview_of(image)["header"] == {"format": "IMAGE", "media": MEDIA}
    place = drafted(ASKED["order_delivery_update"])
    assert preview_of(place)["header"] == {"format": "LOCATION", "place": PLACE}
    assert preview_of(drafted(PLAIN))["header"] is None


def test_preview_of_an_unfinished_draft_leaves_its_variables():
    draft = draft_of({"body_text": "Hola {{1}} y {{2}}", "sample_values": {"1": "Ana"}})
    assert preview_of(draft)["body"] == "Hola Ana y {{2}}"
