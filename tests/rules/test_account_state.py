import json
from pathlib import Path

import pytest

from shared.model import ListedTemplate, SenderStanding
from shared.rules.account_state import read_listed_template, read_next_cursor, read_standing

ANSWERS = Path(__file__).parent.parent / "answers"
LISTING = json.loads((ANSWERS / "template_listing.json").read_text())
STANDING = json.loads((ANSWERS / "number_standing.json").read_text())
NUMBER = "106540352242922"
WILD = ["\x00", "\ud83d", "9" * 400, 10**400, -1, 0, 1.5, True, None, [], {"a": []}, "a" * 5000]


def template(**changes):
    return read_listed_template(LISTING["data"][0] | changes)


def standing(**changes):
    return read_standing(NUMBER, STANDING | changes)


def test_listed_templates_are_read_with_status_quality_and_reason():
    assert [read_listed_template(one) for one in LISTING["data"]] == [
        ListedTemplate(
            meta_template_id="1689556908129832",
            name="promo_v1",
            language="es_MX",
            status="paused",
            category="MARKETING",
            quality="RED",
            reason="NONE",
        ),
        ListedTemplate(
            meta_template_id="594425479261596",
            name="recordatorio",
            language="es_MX",
            status="rejected",
            category="UTILITY",
            quality="UNKNOWN",
            reason="TAG_CONTENT_MISMATCH",
        ),
    ]


@pytest.mark.parametrize(
    ("meta", "ours"),
    [
        ("APPROVED", "approved"),
        ("PENDING", "pending"),
        ("IN_APPEAL", "pending"),
        ("REJECTED", "rejected"),
        ("PAUSED", "paused"),
        ("DISABLED", "disabled"),
        ("PENDING_DELETION", "disabled"),
        ("DELETED", "disabled"),
        ("ARCHIVED", "archived"),
        ("LIMIT_EXCEEDED", None),
        ("SOMETHING_NEW", None),
        ("approved", None),
    ],
)
def test_listed_status_becomes_one_of_ours_or_says_nothing(meta, ours):
    assert template(status=meta).status == ours


def test_language_with_hyphen_is_the_one_with_underscore():
    assert template(language="es-MX").language == "es_MX"


@pytest.mark.parametrize("missing", ["id", "name", "language"])
@pytest.mark.parametrize("nothing", [None, "", [], {}, True])
def test_element_that_names_no_template_is_none(missing, nothing):
    assert template(**{missing: nothing}) is None


@pytest.mark.parametrize("wild", WILD, ids=lambda value: ascii(value)[:12])
def test_wild_values_in_a_listing_say_nothing(wild):
    assert read_listed_template(wild) is None
    facts = ("status", "category", "quality_score", "rejected_reason")
    read = template(**dict.fromkeys(facts, wild))
    assert (read.status, read.category, read.quality) == (None, None, None)
    assert template(quality_score={"score": wild}).quality is None
    assert template(name=wild) is None or template(name=wild).name


def test_standing_of_a_number_is_read():
    assert standing() == SenderStanding(
        phone_number_id=NUMBER,
        meta_status="CONNECTED",
        blocks=False,
        quality="GREEN",
        throughput="STANDARD",
        limit_known=True,
        messaging_limit=2000,
    )


@pytest.mark.parametrize(
    ("status", "stops"),
    [
        ("CONNECTED", False),
        ("BANNED", True),
        ("FLAGGED", True),
        ("RESTRICTED", True),
        ("DISCONNECTED", True),
        ("RATE_LIMITED", False),
        ("PENDING", False),
        ("UNKNOWN", False),
    ],
)
def test_status_tells_whether_the_number_stops(status, stops):
    read = standing(status=status)
    assert (read.meta_status, read.blocks) == (status, stops)


@pytest.mark.parametrize(
    ("tier", "known", "people"),
    [
        ("TIER_50", True, 50),
        ("TIER_250", True, 250),
        ("TIER_1K", True, 1000),
        ("TIER_2K", True, 2000),
        ("TIER_100K", True, 100_000),
        ("TIER_UNLIMITED", True, None),
        (-1, True, None),
        ("-1", True, None),
        (2000, True, 2000),
        ("TIER_NOT_SET", False, None),
        ("TIER_0", False, None),
        ("TIER_9999999", False, None),
        ("tier_2k", False, None),
        (2**31, False, None),
    ],
)
def test_limit_is_a_number_of_people_or_unlimited_or_not_known(tier, known, people):
    read = standing(whatsapp_business_manager_messaging_limit=tier)
    assert (read.limit_known, read.messaging_limit) == (known, people)


@pytest.mark.parametrize(("rating", "quality"), [("RED", "RED"), ("NA", "UNKNOWN")])
def test_quality_is_a_colour_or_unknown(rating, quality):
    assert standing(quality_rating=rating).quality == quality


@pytest.mark.parametrize(
    "wild", [w for w in WILD if w not in ("9" * 400, -1)], ids=lambda v: ascii(v)[:12]
)
def test_wild_values_in_an_answer_about_a_number_say_nothing(wild):
    nothing = SenderStanding(
        phone_number_id=NUMBER,
        meta_status=None,
        blocks=False,
        quality=None,
        throughput=None,
        limit_known=False,
        messaging_limit=None,
    )
    assert read_standing(NUMBER, dict.fromkeys(STANDING, wild)) == nothing
    assert standing(throughput={"level": wild}).throughput is None
    assert read_standing(NUMBER, {}) == nothing


@pytest.mark.parametrize(
    ("paging", "cursor"),
    [
        (LISTING["paging"], "MjQZD"),
        ({"cursors": {"before": "a", "after": "b"}}, None),
        ({"cursors": {"after": ["b"]}, "next": "https://x"}, None),
        ({"cursors": "b", "next": "https://x"}, None),
        ({"next": "https://x"}, None),
        ([], None),
        (None, None),
    ],
)
def test_next_page_begins_behind_the_last_cursor(paging, cursor):
    assert read_next_cursor({"paging": paging}) == cursor
