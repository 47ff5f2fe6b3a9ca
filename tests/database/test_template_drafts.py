"""Whatever a member sends as a template becomes a row that can be sent, or a clean refusal."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from tests.campaign import Campaign, session
from tests.database.template_makers import DRAFT, draft

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(["QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "OTP", "url", ""])
BUTTON = st.dictionaries(
    st.sampled_from(["type", "text", "url", "phone_number", "payload"]),
    KINDS | TEXT | ANYTHING,
    max_size=5,
)
MEDIA = st.dictionaries(
    st.sampled_from(["id", "link", "filename", "latitude", "longitude", "name", "address"]),
    st.sampled_from(["77", "https://example.mx/a.png", "19.4", 19.4]) | ANYTHING,
    max_size=4,
)
PLACE = {"latitude": "19.4", "longitude": "-99.1", "name": "Zócalo", "address": "Centro"}
MEMBERS = {
    "name": st.sampled_from(["a", "A", "a" * 499, "á", ""]),
    "category": st.sampled_from(["UTILITY", "AUTHENTICATION"]),
    "language": st.sampled_from(["es", "es-MX", "xx_YYYY"]),
    "parameter_format": st.sampled_from(["named", "NAMED"]),
    "header_format": st.sampled_from(["TEXT", "IMAGE", "DOCUMENT", "LOCATION", "NONE"]),
    "header_text": st.sampled_from(["Hola", "Hola {{1}}", "{{1}} {{2}}", " "]),
    "header_media": MEDIA | st.just(PLACE),
    "body_text": st.sampled_from(["Hola {{nombre}}", "{{2}}", "", "á" * 9000]),
    "footer_text": TEXT,
    "buttons": st.lists(BUTTON | ANYTHING, max_size=3),
    "sample_values": st.dictionaries(TEXT, TEXT | ANYTHING, max_size=3),
    "status": st.just("approved"),
}
DRAFTS = (
    st.fixed_dictionaries({}, optional={name: kind | ANYTHING for name, kind in MEMBERS.items()})
    .map(lambda members: DRAFT | members)
    .flatmap(lambda whole: st.just(whole) | st.sampled_from(sorted(whole)).map(_without(whole)))
)


def _without(whole):
    return lambda name: {key: value for key, value in whole.items() if key != name}


@pytest.fixture
def campaign(database):
    return Campaign.create(database)


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=DRAFTS | ANYTHING)
def test_draft_becomes_a_row_that_can_be_sent_or_is_refused_cleanly(campaign, asked):
    with session(campaign.dsn, "authenticated", campaign.member) as db:
        refusal, detail, made = _create(db, campaign, asked)
        db.execute("set local role postgres")
        found = db.execute(
            "select t.status, p.code from public.wa_templates t"
            " left join lateral wa.template_problem(t) p on true where t.id = %s",
            (made and made["template_id"],),
        ).fetchall()
        db.rollback()
    assert found == ([{"status": "pending", "code": None}] if made else [])
    assert refusal == (None if made else "PT422")
    assert made or detail.endswith(".")


def _create(db, campaign, asked):
    """Return SQLSTATE and sentence of the refusal, or what was made."""
    query = "select public.wa_create_template(%s, %s) as answer"
    try:
        with db.transaction():
            made = db.execute(query, (campaign.id, Jsonb(asked))).fetchone()["answer"]
    except psycopg.Error as error:
        return error.diag.sqlstate, error.diag.message_detail, None
    return None, None, made


def test_no_template_is_made_beside_two_hundred_and_fifty(campaign):
    campaign.rows(
        "insert into public.wa_templates (campaign_id, meta_template_name, category, body_text)"
        " select campaign_id, 'otra_' || n, 'MARKETING', 'Hola'"
        " from public.wa_templates, generate_series(1, 249) n"
    )
    with pytest.raises(psycopg.Error, match="too_many_templates"):
        campaign.as_member("public.wa_create_template", p_campaign_id=campaign.id, p_draft=draft())


def test_no_file_is_uploaded_beside_two_hundred_of_a_day(campaign):
    file = {"kind": "IMAGE", "mime_type": "image/png", "bytes": 9, "sha256": "a" * 64}
    asked = {"p_campaign_id": campaign.id, "p_file": file}
    campaign.as_member("public.wa_begin_upload", **asked)
    campaign.rows(
        "insert into public.wa_media (campaign_id, sender_id, kind, mime_type, bytes, sha256,"
        " created_by) select campaign_id, sender_id, kind, mime_type, bytes, sha256, created_by"
        " from public.wa_media, generate_series(1, 199)"
    )
    with pytest.raises(psycopg.Error, match="too_many_uploads"):
        campaign.as_member("public.wa_begin_upload", **asked)
