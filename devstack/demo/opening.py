"""A campaign on a running stack, ready to send."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import requests

from devstack.demo.edge import call_edge
from devstack.stack.campaign import (
    PERSONALIZATION,
    TEMPLATE_NAME,
    CampaignIds,
    VoterRow,
    add_voters,
    create_campaign,
    sender_at,
)
from devstack.stack.stack import Stack

TOKEN_SECONDS = 86_400
# At Meta a review takes minutes to a day.
REVIEW_SECONDS = 3.0
LONGEST_REVIEW_SECONDS = 60.0
# Who speaks, and how to make it stop, is for the bridge to add.
TEMPLATE = {
    "name": TEMPLATE_NAME,
    "category": "MARKETING",
    "body_text": "Hola {{1}}, {{2}} te invita a su recorrido por la sección {{3}} este sábado.",
    "sample_values": {"1": "María", "2": "Ana Demo 2027", "3": "0123"},
}
# A list of people who answer quickly, now and then do not use WhatsApp, and read half of it.
RECEIPTS = {
    "sent_after": {"median_s": 0.3, "sigma": 0.5},
    "delivered_after": {"median_s": 0.7, "sigma": 0.5},
    "read_after": {"median_s": 2.0, "sigma": 0.6},
    "failed": {"131026": 0.01},
}


@dataclass(frozen=True, kw_only=True)
class OpenCampaign:
    """The campaign, and the token of the one promoter who may send in it."""

    ids: CampaignIds
    token: str

    def send_request(self) -> dict[str, object]:
        """Return the body of a POST /send to all its voters."""
        return {
            "campaign_id": str(self.ids.campaign_id),
            "template_id": str(self.ids.template_id),
            "filters": {},
            "personalization": PERSONALIZATION,
            "canary": False,  # its pause would hide the pace that the demo shows
        }


def open_campaign(
    stack: Stack,
    connection: psycopg.Connection,
    voters: Sequence[VoterRow],
    rate: float,
    report: Callable[[str], None],
) -> OpenCampaign:
    """Create a campaign with these voters, and a template that Meta has approved.

    Raises:
        RuntimeError: the template was not taken, or not approved within a minute.
    """
    now = datetime.now(UTC)
    ids = create_campaign(connection, sender=sender_at(rate), template=None)
    add_voters(connection, ids.campaign_id, voters)
    review = {"after": {"median_s": REVIEW_SECONDS}}
    tell_meta(stack, "config", {"receipts": RECEIPTS, "reviews": review})
    token = stack.secrets.keys.mint_user_token(ids.user_id, now=now, ttl_s=TOKEN_SECONDS)
    report("Enviando la plantilla a revisión de WhatsApp")
    template = call_edge(
        stack, token, "POST", "/templates", {"campaign_id": str(ids.campaign_id)} | TEMPLATE
    )
    for line in template["composed"]["added"]:
        report(f"Se agregó a la plantilla: «{line['text']}»")
    report("Esperando la aprobación de WhatsApp")
    await_approval(stack, token, template["template_id"])
    return OpenCampaign(ids=replace(ids, template_id=UUID(template["template_id"])), token=token)


def await_approval(stack: Stack, token: str, template_id: str) -> None:
    """Wait until Meta has approved a template.

    Raises:
        RuntimeError: it has not within a minute.
    """
    ends = time.monotonic() + LONGEST_REVIEW_SECONDS
    while time.monotonic() < ends:
        template = call_edge(stack, token, "GET", f"/templates/{template_id}")
        if template["status"] == "approved":
            return
        time.sleep(0.2)
    raise RuntimeError(f"the template is still {template['status']}")


def tell_meta(stack: Stack, what: str, value: object) -> None:
    """Give the simulated Meta an order: `templates`, `config` or `inbound`."""
    response = requests.post(f"{stack.at.meta_url}/_sim/{what}", json=value, timeout=60)
    response.raise_for_status()
