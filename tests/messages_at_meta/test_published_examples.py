"""What a template can carry, a message carries as Meta's published requests do.

`examples.json`: `request` is Meta's, where `source` says; `leaves_out` is what of it we cannot
send. `template` and `values` are what a job would have to be given to send the same.
"""

import json
from pathlib import Path

import pytest

from shared.messages import Template
from shared.rules.payloads import template_message
from shared.rules.template_parts import components_of

EXAMPLES = json.loads((Path(__file__).parent / "examples.json").read_text())
PLAIN = {
    "language": "en_US",
    "parameter_format": "positional",
    "header_format": None,
    "header_text": None,
    "header_media": None,
    "buttons": [],
}
TO, MESSAGE_ID = "+525550001234", "3f0c1f9e-2b7d-4c53-9a52-0a1b2c3d4e5f"


def ours(example):
    name = example["request"]["template"]["name"]
    template = Template(name=name, **(PLAIN | example["template"]))
    return template_message(
        to=TO,
        template_name=name,
        language=template.language,
        components=components_of(template, example["values"]),
        message_id=MESSAGE_ID,
    )


def as_we_write_it(request):
    """Return Meta's request in our hand: for each of these its pages have more than one spelling.

    `deterministic` is the only policy there is; `individual` the only kind of recipient.
    """
    template = request["template"]
    components = [
        part | {"sub_type": part["sub_type"].lower(), "index": str(part["index"])}
        if part["type"] == "button"
        else part
        for part in template.get("components", [])
    ]
    language = {"code": template["language"]["code"]}
    parts = {"components": components} if components else {}
    about_the_message = {"recipient_type": "individual", "biz_opaque_callback_data": MESSAGE_ID}
    shown = {"name": template["name"], "language": language, **parts}
    return request | about_the_message | {"to": TO, "template": shown}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_message_is_the_one_that_meta_publishes(example):
    assert json.loads(json.dumps(ours(example))) == as_we_write_it(example["request"])


def kinds(components):
    """Yield every kind of part, with the members that it has."""
    for part in components:
        for parameter in part["parameters"]:
            value = parameter[parameter["type"]]
            members = sorted(value) if isinstance(value, dict) else []
            yield (
                part["type"] + "_" + part.get("sub_type", "").lower(),
                parameter["type"] + "_" * bool(members) + "_".join(members),
                "parameter_name" in parameter,
            )


def test_every_kind_of_part_has_a_published_example():
    requests = [
        example["request"]["template"].get("components", []) for example in EXAMPLES.values()
    ]
    assert {kind for components in requests for kind in kinds(components)} == {
        ("header_", "text", False),
        ("header_", "text", True),
        ("header_", "image_id", False),
        ("header_", "image_link", False),
        ("header_", "video_id", False),
        ("header_", "video_link", False),
        ("header_", "document_filename_id", False),
        ("header_", "document_filename_link", False),
        ("header_", "location_address_latitude_longitude_name", False),
        ("body_", "text", False),
        ("body_", "text", True),
        ("button_quick_reply", "payload", False),
        ("button_url", "text", False),
        ("button_url", "text", True),
        ("button_copy_code", "coupon_code", False),
    }
