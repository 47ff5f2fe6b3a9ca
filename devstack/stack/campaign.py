"""A campaign that may send now, in the database of a stack, a benchmark or a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from devstack.stack.deployment import QUEUE

TEMPLATE_NAME = "invitacion_evento"
BODY = (
    "Hola {{1}}, {{2}} te invita a su recorrido por la sección {{3}}."
    " Responde BAJA para no recibir más."
)
PERSONALIZATION = {"1": "{{voter.first_name}}", "2": "{{campaign.name}}", "3": "{{voter.section}}"}
# What every message must say; a template without it is refused when a job is created.
IDENTITY = {"candidate": "Ana Demo", "office": "Gubernatura", "party_legend": "Partido Demo"}
FOOTER = "Ana Demo, gubernatura, Partido Demo. Responde BAJA"
PHONE_NUMBER_ID = "106540352242922"
# What Meta needs to know about the template.
META_TEMPLATE = {"name": TEMPLATE_NAME, "language": "es_MX", "parameters": 3}

# Of every campaign here, unless its caller gives it others.
WABA, PORTFOLIO = "102290129340398", "506540352242911"

USUAL_SENDER = {"waba_id": WABA, "portfolio_id": PORTFOLIO, "messaging_limit_known": True}
USUAL_TEMPLATE = {
    "meta_template_name": TEMPLATE_NAME,
    "category": "MARKETING",
    "status": "approved",
    "body_text": BODY,
    "footer_text": FOOTER,
}
COPY_VOTERS = (
    "copy public.voters (campaign_id, full_name, phone, section, sentiment, tags) from stdin"
)
ADD_CONSENTS = """
    insert into public.wa_consents (campaign_id, phone, obtained_at, source)
    select distinct %s::uuid, wa.normalize_phone(phone), now(), 'demostración'
    from unnest(%s::text[]) phone
    where wa.normalize_phone(phone) is not null
"""


@dataclass(frozen=True, kw_only=True)
class VoterRow:
    """A voter as a list gives them; the phone is whatever somebody typed."""

    full_name: str
    phone: str
    section: str
    sentiment: str
    tags: Sequence[str]
    agreed: bool = True  # to be written to


@dataclass(frozen=True, kw_only=True)
class CampaignIds:
    """Where to find the campaign, who may send in it and what."""

    campaign_id: UUID
    user_id: UUID
    template_id: UUID


def create_campaign(
    connection: psycopg.Connection[Any],
    *,
    name: str = "Ana Demo 2027",
    sender: Mapping[str, object],
    settings: Mapping[str, object] = MappingProxyType({}),
    template: Mapping[str, object] | None = MappingProxyType({}),
) -> CampaignIds:
    """Create a campaign that may send now, 40 days before its election, with one member.

    The mappings hold columns that differ from what is usual here: those of wa_senders (which must
    have phone_number_id and queue_name), wa_campaign_settings and wa_templates. With
    `template` None there is none yet, and its id is nobody's.
    """
    ids = CampaignIds(campaign_id=uuid4(), user_id=uuid4(), template_id=uuid4())
    of_campaign = {"campaign_id": ids.campaign_id}
    own_sender = {"id": uuid4()} | USUAL_SENDER | dict(sender)
    belonging = of_campaign | {"sender_id": own_sender["id"], "display_name": name}
    insert(connection, "public.campaigns", id=ids.campaign_id, name=name)
    insert(connection, "auth.users", id=ids.user_id, email=f"{ids.user_id}@example.org")
    member = of_campaign | {"user_id": ids.user_id, "role": "owner"}
    insert(connection, "public.campaign_members", **member)
    insert(connection, "public.wa_senders", **own_sender)
    insert(
        connection,
        "public.wa_campaign_settings",
        **belonging | IDENTITY | _period() | dict(settings),
    )
    if template is not None:
        columns = of_campaign | {"id": ids.template_id} | USUAL_TEMPLATE | dict(template)
        insert(connection, "public.wa_templates", **columns)
    return ids


def _period() -> dict[str, object]:
    """Return settings in the middle of a campaign that rests at no hour."""
    today = datetime.now(UTC).date()
    return {
        "campaign_start": today - timedelta(30),
        "campaign_end": today + timedelta(36),
        "election_date": today + timedelta(40),
        "spending_cap_usd": 1_000_000,
        "quiet_from": None,
        "quiet_until": None,
    }


def sender_at(rate: float) -> dict[str, object]:
    """Return what distinguishes the sender whose queue every stack has."""
    return {"phone_number_id": PHONE_NUMBER_ID, "queue_name": QUEUE, "rate_per_second": rate}


def insert(connection: psycopg.Connection[Any], table: str, **columns: Any) -> None:
    """Insert one row; dicts, and lists of them, go as jsonb."""
    query = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(map(sql.Placeholder, columns)),
    )
    connection.execute(query, {name: adapted(value) for name, value in columns.items()})


def adapted(value: Any) -> Any:
    """Return what stands for a value in a statement."""
    is_json = isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(each, dict) for each in value)
    )
    return Jsonb(value) if is_json else value


def add_voters(
    connection: psycopg.Connection, campaign_id: UUID, voters: Sequence[VoterRow]
) -> None:
    """Add voters as they are, and a consent for each number of theirs that can be read."""
    with connection.cursor().copy(COPY_VOTERS) as copy:
        for voter in voters:
            fields = (voter.full_name, voter.phone, voter.section, voter.sentiment)
            copy.write_row((campaign_id, *fields, list(voter.tags)))
    agreed = [voter.phone for voter in voters if voter.agreed]
    connection.execute(ADD_CONSENTS, (campaign_id, agreed))
    connection.execute("analyze public.voters, public.wa_consents")
