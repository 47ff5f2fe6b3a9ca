"""What can be seen: SQL decides who is left out, Python refuses to send; both must say the same."""

import itertools
import json
import sys
import unicodedata

import psycopg
import pytest

from devstack.stack.campaign import VoterRow, add_voters, create_campaign
from shared.rules.payloads import has_something_to_show

SURROGATES = range(0xD800, 0xE000)  # no text in Postgres has one, and none has NUL
CODES = [code for code in range(1, sys.maxunicode + 1) if code not in SURROGATES]
# The last of one kind and the first of the next: every range's ends, from both sides.
ENDS = [
    code
    for before, after in itertools.pairwise(CODES)
    if has_something_to_show(chr(before)) != has_something_to_show(chr(after))
    for code in (before, after)
]


@pytest.fixture(scope="module")
def connection(postgres, template_database):
    postgres.create_database("bridge_visible", template=template_database)
    with psycopg.connect(postgres.dsn("bridge_visible"), autocommit=True) as connection:
        yield connection
    postgres.drop_database("bridge_visible")


def codes_matching(connection, text):
    query = f"select code from unnest(%s::int[]) code where {text}"
    return {code for (code,) in connection.execute(query, (CODES,))}


def test_both_see_the_same_of_all_unicode(connection):
    in_sql = codes_matching(connection, "chr(code) ~ ('[^' || wa.invisible() || ']')")

    assert in_sql == {code for code in CODES if has_something_to_show(chr(code))}


def test_both_collapse_the_same_white_space_of_all_unicode(connection):
    in_sql = codes_matching(connection, "chr(code) ~ ('[' || wa.white_space() || ']')")

    assert in_sql == {code for code in CODES if not chr(code).split()}


@pytest.mark.parametrize("pattern", ["{{voter.full_name}}", "Hola {{voter.full_name}}"])
def test_voter_whose_name_python_would_refuse_is_left_out(connection, pattern):
    number = str(10_000 + len(pattern))
    ids = create_campaign(connection, sender={"phone_number_id": number, "queue_name": "q"})
    names = {f"55{10_000_000 + code}": chr(code) * 2 for code in ENDS}
    voters = [
        VoterRow(full_name=name, phone=phone, section="", sentiment="", tags=[])
        for phone, name in names.items()
    ]
    add_voters(connection, ids.campaign_id, voters)

    reasons = connection.execute(
        "select v.phone, r.skip_reason"
        " from wa.recipients(%(campaign)s,"
        " array(select wa.audience(%(campaign)s, '{}')), %(values)s) r"
        " join public.voters v on v.id = r.voter_id",
        {"campaign": ids.campaign_id, "values": json.dumps({"1": pattern})},
    ).fetchall()

    assert len(ENDS) > 60
    assert dict(reasons) == {
        phone: None if has_something_to_show(name) else "missing_field"
        for phone, name in names.items()
    }


@pytest.mark.parametrize("category", ["Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"])
def test_no_character_of_a_blank_category_can_be_seen(category):
    of_category = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) == category
    ]

    assert of_category
    assert not has_something_to_show("".join(of_category))


@pytest.mark.parametrize("character", "\u034f\u115f\u1160\u17b4\u180b\u2800\u3164\ufe0f\uffa0")
def test_letters_and_marks_that_draw_nothing_cannot_be_seen(character):
    assert not has_something_to_show(character * 3)


@pytest.mark.parametrize(
    "text", ["Ana", "\u200bA", "Ñ", "李", "🙏", "❤\ufe0f", "-", ".", "0", "أ", "ᄒ"]
)
def test_a_single_sign_can_be_seen(text):
    assert has_something_to_show(text)
