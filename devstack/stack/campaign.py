"""A campaign that may send now, in the stack's database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import psycopg

TEMPLATE_NAME = "invitacion_evento"
BODY = (
    "Hola {{1}}, {{2}} te invita a su recorrido por la sección {{3}}."
    " Responde BAJA para no recibir más."
)
PERSONALIZATION = {"1": "{{voter.first_name}}", "2": "{{campaign.name}}", "3": "{{voter.section}}"}
PHONE_NUMBER_ID = "106540352242922"
# What Meta needs to know about the template.
META_TEMPLATE = {"name": TEMPLATE_NAME, "language": "es_MX", "parameters": 3}


CREATE_CAMPAIGN = """
    with campaign as (
      insert into public.campaigns (name) values ('Demostración') returning id),
    member as (
      insert into auth.users (email) values (gen_random_uuid() || '@example.mx') returning id),
    membership as (
      insert into public.campaign_members (campaign_id, user_id, role)
      select campaign.id, member.id, 'owner' from campaign, member),
    sender as (
      insert into public.wa_senders
        (phone_number_id, waba_id, portfolio_id, queue_name, rate_per_second, messaging_limit_known)
      values (%(number)s, '102290129340398', '506540352242911', %(queue)s, %(rate)s, true)
      returning id),
    settings as (
      insert into public.wa_campaign_settings
        (campaign_id, sender_id, display_name, campaign_start, campaign_end, election_date,
        candidate, office, party_legend, spending_cap_usd)
      select campaign.id, sender.id, 'Ana Demo 2027', %(start)s, %(end)s, %(election)s,
        'Ana Demo', 'Diputada', 'Candidata independiente', 100000 from campaign, sender),
    template as (
      insert into public.wa_templates (campaign_id, meta_template_name, category, status, body_text)
      select campaign.id, %(template)s, 'MARKETING', 'approved', %(body)s from campaign
      returning id)
    select campaign.id, member.id, template.id from campaign, member, template
"""
COPY_VOTERS = (
    "copy public.voters (campaign_id, full_name, phone, section, sentiment, tags) from stdin"
)
ADD_CONSENTS = """
    insert into public.wa_consents (campaign_id, phone, obtained_at, source)
    select distinct campaign_id, wa.normalize_phone(phone), now(), 'demostración'
    from public.voters
    where campaign_id = %s and wa.normalize_phone(phone) is not null
"""


@dataclass(frozen=True, kw_only=True)
class VoterRow:
    """A voter as a list gives them; the phone is whatever somebody typed."""

    full_name: str
    phone: str
    section: str
    sentiment: str
    tags: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class CampaignIds:
    """Where to find the campaign and who may send in it."""

    campaign_id: UUID
    user_id: UUID
    template_id: UUID


def create_campaign(
    connection: psycopg.Connection,
    *,
    rate: float,
    queue: str,
    today: date,
    phone_number_id: str = PHONE_NUMBER_ID,
) -> CampaignIds:
    """Create a campaign whose period includes `today`: sender, dates, template, one member."""
    row = connection.execute(
        CREATE_CAMPAIGN,
        {
            "number": phone_number_id,
            "rate": rate,
            "queue": queue,
            "start": today - timedelta(10),
            "end": today + timedelta(40),
            "election": today + timedelta(44),
            "template": TEMPLATE_NAME,
            "body": BODY,
        },
    ).fetchone()
    if row is None:
        raise LookupError("the statement always returns a row")
    return CampaignIds(campaign_id=row[0], user_id=row[1], template_id=row[2])


def add_voters(
    connection: psycopg.Connection, campaign_id: UUID, voters: Sequence[VoterRow]
) -> None:
    """Add voters as they are, and a consent for each number that can be read."""
    with connection.cursor().copy(COPY_VOTERS) as copy:
        for voter in voters:
            fields = (voter.full_name, voter.phone, voter.section, voter.sentiment)
            copy.write_row((campaign_id, *fields, list(voter.tags)))
    connection.execute(ADD_CONSENTS, (campaign_id,))
    connection.execute("analyze public.voters, public.wa_consents")
