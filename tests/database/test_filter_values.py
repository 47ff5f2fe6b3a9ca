"""What an audience can be chosen by is what its voters have."""

import psycopg
import pytest
from psycopg.types.json import Jsonb

from devstack.stack.campaign import VoterRow, add_voters, create_campaign
from tests.campaign import session


@pytest.fixture(scope="module")
def dsn(postgres, template_database):
    postgres.create_database("bridge_filter_values", template=template_database)
    yield postgres.dsn("bridge_filter_values")
    postgres.drop_database("bridge_filter_values")


def campaign_with(dsn, voters, number):
    with psycopg.connect(dsn) as connection:
        ids = create_campaign(
            connection, sender={"phone_number_id": f"70000{number}", "queue_name": f"q{number}"}
        )
        rows = [
            VoterRow(full_name="Ana", phone=None, section=section, sentiment=sentiment, tags=tags)
            for section, sentiment, tags in voters
        ]
        add_voters(connection, ids.campaign_id, rows)
    return ids


def values_of(dsn, campaign_id, user):
    with session(dsn, "authenticated", user) as connection:
        asked = "select public.wa_list_filter_values(%s) as listed"
        listed = connection.execute(asked, (campaign_id,)).fetchone()["listed"]
    return [(each["kind"], each["value"], each["label"], each["voters"]) for each in listed]


def test_values_are_those_of_the_voters_with_words_and_counts(dsn):
    voters = [
        ("10", "positive", ["casa", "jóvenes"]),
        ("9", "positive", ["jóvenes"]),
        ("9", "negative", []),
        ("Rural 2", "Le da igual", []),
        (None, None, []),
    ]
    ids = campaign_with(dsn, voters, "1")

    assert values_of(dsn, ids.campaign_id, ids.user_id) == [
        ("section", "9", "9", 2),
        ("section", "10", "10", 1),
        ("section", "Rural 2", "Rural 2", 1),
        ("sentiment", "positive", "A favor", 2),
        ("sentiment", "Le da igual", "Le da igual", 1),
        ("sentiment", "negative", "En contra", 1),
        ("tag", "jóvenes", "jóvenes", 2),
        ("tag", "casa", "casa", 1),
    ]


def test_campaign_without_voters_has_none(dsn):
    ids = campaign_with(dsn, [], "2")

    assert values_of(dsn, ids.campaign_id, ids.user_id) == []


def test_thousand_values_of_a_kind_are_listed_and_leave_the_others_their_place(dsn):
    voters = [(f"{n}", "positive", ["una"]) for n in range(1, 1500)]
    ids = campaign_with(dsn, voters, "3")

    listed = values_of(dsn, ids.campaign_id, ids.user_id)
    sections = [value for kind, value, _, _ in listed if kind == "section"]
    assert sections == [f"{n}" for n in range(1, 1001)]
    assert [kind for kind, *_ in listed[1000:]] == ["sentiment", "tag"]


def test_value_that_is_listed_selects_as_many_voters(dsn):
    ids = campaign_with(dsn, [("1", "positive", ["a", "b"]), ("2", "positive", ["a"])], "4")

    with session(dsn, "authenticated", ids.user_id) as connection:
        for kind, value, _, voters in values_of(dsn, ids.campaign_id, ids.user_id):
            member = {"tag": "tags"}.get(kind, kind)
            filters = Jsonb({member: [value]})
            asked = "select count(*) as n from wa.audience(%s, %s)"
            chosen = connection.execute(asked, (ids.campaign_id, filters)).fetchone()
            assert chosen["n"] == voters
