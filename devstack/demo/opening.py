"""A campaign on a running stack, ready to send."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import requests

from devstack.stack.campaign import (
    META_TEMPLATE,
    PERSONALIZATION,
    CampaignIds,
    VoterRow,
    add_voters,
    create_campaign,
    sender_at,
)
from devstack.stack.stack import Stack

TOKEN_SECONDS = 86_400
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
    stack: Stack, connection: psycopg.Connection, voters: Sequence[VoterRow], rate: float
) -> OpenCampaign:
    """Create a campaign with these voters, known to the database and to Meta."""
    now = datetime.now(UTC)
    ids = create_campaign(connection, sender=sender_at(rate))
    add_voters(connection, ids.campaign_id, voters)
    tell_meta(stack, "templates", META_TEMPLATE)
    tell_meta(stack, "config", {"receipts": RECEIPTS})
    token = stack.secrets.keys.mint_user_token(ids.user_id, now=now, ttl_s=TOKEN_SECONDS)
    return OpenCampaign(ids=ids, token=token)


def tell_meta(stack: Stack, what: str, value: object) -> None:
    """Give the simulated Meta an order: `templates`, `config` or `inbound`."""
    response = requests.post(f"{stack.at.meta_url}/_sim/{what}", json=value, timeout=60)
    response.raise_for_status()
