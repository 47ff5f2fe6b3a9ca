"""What people find who try the screen: two campaigns, their people, voters and templates."""

import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from uuid import UUID

import psycopg
import requests

from devstack.demo.edge import call_edge
from devstack.demo.opening import OpenCampaign, await_approval, open_campaign, tell_meta
from devstack.demo.voters import made_up_voters
from devstack.stack.campaign import (
    META_TEMPLATE,
    VoterRow,
    add_voters,
    create_campaign,
    insert,
)
from devstack.stack.stack import Stack
from devstack.stack.topology import create_queue

SEED: Final = 2027
SECOND_NUMBER: Final = "206540352242922"
SECOND_QUEUE, SECOND_RATE = "wa-sender-second", 10
LONGEST_LIST_SECONDS: Final = 60.0
PAST_SECTION, PAST_VOTERS = "0001", 342
LONG_NAMES: Final = (
    "María de los Ángeles Guadalupe Hernández-Villavicencio y Montes de Oca",
    "Xóchitl Citlalli Tlacaélel Cuauhtémoc Nezahualcóyotl Moctezuma de la Garza",
)
REMINDER: Final = {
    "name": "recordatorio_de_la_visita",
    "category": "MARKETING",
    "header_format": "TEXT",
    "header_text": "Nos vemos pronto",
    "body_text": "Hola {{1}}, mañana visitamos tu colonia a las {{2}} en punto. ¿Nos acompañas?",
    "buttons": [
        {"type": "QUICK_REPLY", "text": "Sí, voy"},
        {"type": "URL", "text": "Ver la ruta", "url": "https://ejemplo.mx/ruta"},
    ],
    "sample_values": {"1": "María", "2": "10:00"},
}
# What a review left behind, as an operator's list shows it.
REVIEWED: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "propuestas_de_agua",
        "meta_template_name": "demo_propuestas_de_agua",
        "category": "MARKETING",
        "status": "pending",
        "body_text": "Hola {{1}}, estas son nuestras propuestas para el agua de tu colonia.",
        "sample_values": {"1": "María"},
    },
    {
        "name": "encuesta_rapida",
        "meta_template_name": "demo_encuesta_rapida",
        "category": "MARKETING",
        "status": "rejected",
        "rejected_reason": "INVALID_FORMAT",
        "body_text": "¿Qué opinas, {{1}}?",
        "sample_values": {"1": "María"},
    },
)


@dataclass(frozen=True, kw_only=True)
class User:
    """Somebody who can sign in on the page, with the password of this run."""

    label: str
    email: str
    password: str = field(repr=False)
    campaign_id: str

    def shown(self) -> dict[str, str]:
        """Return what the page is told."""
        told = asdict(self)
        return {"campaignId": told.pop("campaign_id"), **told}


def set_scene(
    stack: Stack,
    connection: psycopg.Connection[Any],
    voters: int,
    rate: float,
    report: Callable[[str], None],
) -> list[User]:
    """Fill a running stack, and return who can sign in.

    Raises:
        RuntimeError: a template was not approved, or the past list was not taken.
    """
    first = open_campaign(stack, connection, _voters(voters), rate, report)
    reminder = {"campaign_id": str(first.ids.campaign_id)} | REMINDER
    submitted = call_edge(stack, first.token, "POST", "/templates", reminder)
    for template in REVIEWED:
        insert(connection, "public.wa_templates", campaign_id=first.ids.campaign_id, **template)
    second = _second_campaign(stack, connection)
    report("Enviando una lista, para que la haya")
    _send_past_list(stack, first)
    await_approval(stack, first.token, submitted["template_id"])
    people = (
        ("Ana Demo 2027 · coordinadora", "owner", first.ids.campaign_id),
        ("Ana Demo 2027 · promotor", "promoter", first.ids.campaign_id),
        ("Ana Demo 2027 · observadora", "viewer", first.ids.campaign_id),
        ("Beto Prueba 2027 · coordinador", "owner", second),
    )
    return [
        _sign_up(stack, connection, label, role, campaign_id) for label, role, campaign_id in people
    ]


def _voters(count: int) -> list[VoterRow]:
    """Return voters of about 200 sections; those of the first were written to before."""
    made_up = made_up_voters(max(0, count - PAST_VOTERS), SEED)
    rows = [
        VoterRow(
            full_name=LONG_NAMES[n % 2] if n % 500 == 0 else voter.full_name,
            phone=voter.phone,
            section=f"{2 + n % 199:04}",
            sentiment=("positive", "leaning", "undecided", "negative")[n % 4],
            tags=voter.tags,
            agreed=voter.agreed,
        )
        for n, voter in enumerate(made_up)
    ]
    written_to = [
        VoterRow(
            full_name=f"Vecina {n}",
            phone=f"33{10_000_000 + n}",
            section=PAST_SECTION,
            sentiment="positive",
            tags=(),
        )
        for n in range(PAST_VOTERS)
    ]
    return rows + written_to


def _second_campaign(stack: Stack, connection: psycopg.Connection[Any]) -> UUID:
    create_queue(stack.at, SECOND_QUEUE, SECOND_RATE)
    tell_meta(stack, "templates", META_TEMPLATE)
    sender = {
        "phone_number_id": SECOND_NUMBER,
        "queue_name": SECOND_QUEUE,
        "rate_per_second": SECOND_RATE,
    }
    ids = create_campaign(connection, name="Beto Prueba 2027", sender=sender)
    add_voters(connection, ids.campaign_id, made_up_voters(300, SEED + 1))
    return ids.campaign_id


def _send_past_list(stack: Stack, campaign: OpenCampaign) -> None:
    body = campaign.send_request() | {"filters": {"section": [PAST_SECTION]}}
    job_id = call_edge(stack, campaign.token, "POST", "/send", body)["job_id"]
    ends = time.monotonic() + LONGEST_LIST_SECONDS
    while call_edge(stack, campaign.token, "GET", f"/jobs/{job_id}")["pending_count"] > 0:
        if time.monotonic() > ends:
            raise RuntimeError("the past list is still going out")
        time.sleep(0.5)


def _sign_up(
    stack: Stack,
    connection: psycopg.Connection[Any],
    label: str,
    role: str,
    campaign_id: UUID,
) -> User:
    email = f"{role}.{label.split(maxsplit=1)[0].lower()}@example.org"
    password = secrets.token_urlsafe(12)
    key = stack.secrets.keys.secret
    answer = requests.post(
        f"{stack.at.supabase_url}/auth/v1/admin/users",
        json={"email": email, "password": password, "email_confirm": True},
        headers={"apikey": key, "Authorization": f"Bearer {key}"},
        timeout=30,
    )
    answer.raise_for_status()
    insert(
        connection,
        "public.campaign_members",
        campaign_id=campaign_id,
        user_id=answer.json()["id"],
        role=role,
    )
    return User(label=label, email=email, password=password, campaign_id=str(campaign_id))
