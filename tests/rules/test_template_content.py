"""What a template shows, read from Meta's listing and from its event."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.account_state import read_listed_template
from shared.rules.template_content import content_of, content_of_event

LISTED = json.loads((Path(__file__).parent.parent / "answers/template_contents.json").read_text())
CONTENT = {
    "reservation_confirmation": {
        "header_format": "IMAGE",
        "header_text": None,
        "body_text": "*You're all set!*\n\nYour reservation for {{number_of_guests}} at Lucky Shrub"
        " Eatery on {{day}}, {{date}}, at {{time}}, is confirmed. See you then!",
        "footer_text": "Lucky Shrub Eatery: The Luckiest Eatery in Town!",
        "buttons": [
            {
                "type": "URL",
                "text": "Change reservation",
                "url": "https://www.luckyshrubeater.com/reservations",
            },
            {"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+16467043595"},
            {"type": "QUICK_REPLY", "text": "Cancel reservation"},
        ],
        "unsupported": [],
        "parameter_format": "named",
    },
    "coupon_code_fall2023_25off": {
        "header_format": "TEXT",
        "header_text": "Our Fall Sale is on!",
        "body_text": "Shop now through November and use code {{1}} to get {{2}} off of all"
        " merchandise!",
        "footer_text": None,
        "buttons": [{"type": "QUICK_REPLY", "text": "Unsubscribe"}, {"type": "COPY_CODE"}],
        "unsupported": [],
        "parameter_format": "positional",
    },
    "order_delivery_update": {
        "header_format": "LOCATION",
        "header_text": None,
        "body_text": "Good news {{1}}!",
        "footer_text": None,
        "buttons": [],
        "unsupported": [],
    },
}
UNSUPPORTED = {
    "limited_time_offer_caribbean_pkg_2023": ["LIMITED_TIME_OFFER"],
    "carousel_template_media_cards_v1": ["CAROUSEL"],
    "spm_template": ["HEADER_PRODUCT"],
    "call_permission_request": ["CALL_PERMISSION_REQUEST"],
}
OF_BUTTONS = {"intro_catalog_offer": "CATALOG", "abandoned_cart": "MPM", "book_table": "FLOW"}
BODY = {"type": "BODY", "text": "Hola"}


def listed(name):
    [one] = [template for template in LISTED["data"] if template["name"] == name]
    return read_listed_template(one).content


@pytest.mark.parametrize("name", CONTENT)
def test_listed_template_shows_its_parts(name):
    assert listed(name) == CONTENT[name]


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_part_that_no_job_can_fill_in_is_named(name):
    assert listed(name)["unsupported"] == UNSUPPORTED[name]


def test_header_of_an_unknown_kind_is_not_told_to_be_another():
    assert {"header_format", "header_text"}.isdisjoint(listed("spm_template"))


@pytest.mark.parametrize("name", OF_BUTTONS)
def test_button_that_no_job_can_fill_in_is_told_by_its_kind(name):
    assert [button["type"] for button in listed(name)["buttons"]] == [OF_BUTTONS[name]]


@pytest.mark.parametrize(
    "components",
    [
        None,
        {},
        "BODY",
        [],
        ["BODY"],
        [BODY, None],
        [BODY, {"text": "Hola"}],
        [BODY, {"type": 7}],
        [BODY, BODY],
        [{"type": "BODY"}],
        [{"type": "BODY", "text": ""}],
        [{"type": "FOOTER", "text": "Adiós"}],
        [BODY, {"type": "HEADER"}],
        [BODY, {"type": "HEADER", "format": "TEXT"}],
        [BODY, {"type": "HEADER", "format": ["TEXT"], "text": "Aviso"}],
        [BODY, {"type": "BUTTONS"}],
        [BODY, {"type": "BUTTONS", "buttons": {"type": "URL"}}],
        [BODY, {"type": "BUTTONS", "buttons": ["URL"]}],
        [BODY, {"type": "BUTTONS", "buttons": [{"text": "Ver"}]}],
        [BODY, {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": None}]}],
        [BODY, {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Ver", "url": 7}]}],
        [BODY, {"type": "FOOTER", "text": {}}],
    ],
    ids=lambda components: ascii(components)[:40],
)
def test_listing_that_is_odd_anywhere_tells_nothing(components):
    assert content_of(components, "NAMED") is None


@pytest.mark.parametrize("told", [None, "", "ROMAN", 7, ["NAMED"]])
def test_unknown_parameter_format_is_not_told(told):
    assert "parameter_format" not in content_of([BODY | {"text": "Hola {{1}}"}], told)


def test_template_without_variables_has_no_parameter_format():
    assert "parameter_format" not in content_of([BODY], "NAMED")
    link = {
        "type": "BUTTONS",
        "buttons": [{"type": "URL", "text": "Ver", "url": "https://a/{{1}}"}],
    }
    assert content_of([BODY, link], "POSITIONAL")["parameter_format"] == "positional"


EVENT = {
    "message_template_title": "Your order is confirmed!",
    "message_template_element": "Thank you for your order, {{1}}!",
    "message_template_footer": "Lucky Shrub",
    "message_template_buttons": [
        {
            "message_template_button_type": "PHONE_NUMBER",
            "message_template_button_text": "Phone support",
            "message_template_button_phone_number": "+15550783881",
        },
        {"message_template_button_type": "QUICK_REPLY", "message_template_button_text": "Stop"},
        {
            "message_template_button_type": "URL",
            "message_template_button_text": "Email support",
            "message_template_button_url": "https://www.luckyshrub.com/support",
        },
    ],
}
TOLD = {
    "header_format": "TEXT",
    "header_text": "Your order is confirmed!",
    "body_text": "Thank you for your order, {{1}}!",
    "footer_text": "Lucky Shrub",
    "link_buttons": [
        {"type": "PHONE_NUMBER", "text": "Phone support", "phone_number": "+15550783881"},
        {"type": "URL", "text": "Email support", "url": "https://www.luckyshrub.com/support"},
    ],
}
MEMBERS = {
    "message_template_title": {"header_format", "header_text"},
    "message_template_element": {"body_text"},
    "message_template_footer": {"footer_text"},
    "message_template_buttons": {"link_buttons"},
}


def test_event_tells_texts_and_the_buttons_that_lead_somewhere():
    assert content_of_event(EVENT) == TOLD


@pytest.mark.parametrize("absent", MEMBERS)
@pytest.mark.parametrize("nothing", [..., None, "", [], {}, 7])
def test_what_an_event_lacks_is_not_told_to_be_absent(absent, nothing):
    event = {name: value for name, value in EVENT.items() if name != absent}
    event |= {} if nothing is ... else {absent: nothing}
    left = {name: value for name, value in TOLD.items() if name not in MEMBERS[absent]}
    assert content_of_event(event) == left


@pytest.mark.parametrize("buttons", [[EVENT["message_template_buttons"][1]], ["URL"], [{}]])
def test_event_without_a_link_does_not_tell_of_links(buttons):
    event = EVENT | {"message_template_buttons": buttons}
    assert content_of_event(event) == {k: v for k, v in TOLD.items() if k != "link_buttons"}


def test_event_that_tells_nothing_has_no_content():
    assert content_of_event({"message_template_id": 1}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children),
    max_leaves=8,
)


@given(JSON, st.sampled_from(LISTED["data"]), st.data())
def test_listing_with_one_part_replaced_is_read_or_not_and_can_be_stored(junk, template, data):
    components = copy.deepcopy(template["components"])
    node = components
    while True:
        keys = sorted(node) if isinstance(node, dict) else range(len(node))
        key = data.draw(st.sampled_from(keys))
        if not node[key] or not isinstance(node[key], dict | list) or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = junk
    content = content_of(components, template.get("parameter_format"))
    assert "\\u0000" not in json.dumps(content)
    assert content is None or content["body_text"]
