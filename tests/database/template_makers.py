"""Templates that are made through the bridge, in the database alone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from devstack.stack.campaign import FOOTER
from tests.campaign import WABA, Campaign, call, session

DRAFT = {
    "name": "visita",
    "category": "MARKETING",
    "language": "es_MX",
    "body_text": "Hola {{1}}, te esperamos.",
    "footer_text": FOOTER,
    "sample_values": {"1": "Ana"},
}
META_ID = "71"
Work = Callable[[Any], Any]  # what a test does in a connection that it is given


def draft(**members: Any) -> dict[str, Any]:
    """Return a template's draft with these members instead of the usual ones."""
    return DRAFT | members


def approve(campaign: Campaign, **members: Any) -> dict[str, Any]:
    """Create a template, have Meta take and approve it, and return its row."""
    run(campaign, creating(campaign, **members), role="authenticated")
    take(campaign, meta_template_id=META_ID, status="approved")
    return template(campaign)


def take(campaign: Campaign, **details: Any) -> dict[str, Any]:
    """Have Meta take what the campaign's template is to become; return wa_record_change's word."""
    claim = uuid4()
    run(campaign, claiming(campaign, claim))
    return run(campaign, recording(campaign, claim, "accepted", **details))


def template(campaign: Campaign) -> dict[str, Any]:
    """Return the row of the campaign's own template, the newest."""
    return campaign.rows(
        "select * from public.wa_templates where campaign_id = %s and name is not null"
        " order by created_at desc",
        campaign.id,
    )[0]


def run(campaign: Campaign, work: Work, role: str = "postgres") -> Any:
    """Do it in a transaction of its own, as that role and the campaign's member."""
    with session(campaign.dsn, role, campaign.member) as db:
        return work(db)


def creating(campaign: Campaign, **members: Any) -> Work:
    """Return what creates a template."""
    asked = {"p_campaign_id": campaign.id, "p_draft": draft(**members)}
    return lambda db: call(db, "public.wa_create_template", **asked)


def editing(campaign: Campaign, **members: Any) -> Work:
    """Return what edits the campaign's template."""
    row = template(campaign)
    asked = {"p_template_id": row["id"], "p_version": row["version"], "p_draft": draft(**members)}
    return lambda db: call(db, "public.wa_edit_template", **asked)


def deleting(campaign: Campaign) -> Work:
    """Return what deletes it."""
    asked = {"p_template_id": template(campaign)["id"]}
    return lambda db: call(db, "public.wa_delete_template", **asked)


def sending(campaign: Campaign, **values: str) -> Work:
    """Return what creates a job with it; `values` besides the body's."""
    asked = {
        "p_campaign_id": campaign.id,
        "p_template_id": template(campaign)["id"],
        "p_filters": {},
        "p_personalization": {"1": "{{voter.first_name}}"} | values,
        "p_idempotency_key": str(uuid4()),
    }
    return lambda db: call(db, "public.wa_create_job", **asked)


def telling(campaign: Campaign, minutes: float = 1, **told: Any) -> Work:
    """Return what applies Meta's event about it, of so many minutes from now."""
    at = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    named = {"waba_id": WABA, "meta_template_id": template(campaign)["meta_template_id"], "at": at}
    event = {"p_templates": Jsonb([named | told]), "p_accounts": Jsonb([])}
    return lambda db: call(db, "public.wa_apply_account_changes", **event)


def claiming(campaign: Campaign, claim_id: UUID) -> Work:
    """Return what claims its change."""
    asked = {"p_template_id": template(campaign)["id"], "p_claim_id": claim_id}
    return lambda db: call(db, "public.wa_claim_change", **asked)


def recording(campaign: Campaign, claim_id: UUID, outcome: str, **details: Any) -> Work:
    """Return what records Meta's answer about it."""
    asked = {"p_template_id": template(campaign)["id"], "p_claim_id": claim_id}
    asked |= {"p_outcome": outcome, "p_details": details}
    return lambda db: call(db, "public.wa_record_change", **asked)
