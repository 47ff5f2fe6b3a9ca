"""A simulator of Meta's Graph API, as far as WhatsApp messages are concerned."""

from devstack.meta.config import Delay, FaultPlan, MetaConfig, ReceiptPlan, ReviewPlan, WebhookPlan
from devstack.meta.faults import Fault
from devstack.meta.simulator import serve_meta

__all__ = [
    "Delay",
    "Fault",
    "FaultPlan",
    "MetaConfig",
    "ReceiptPlan",
    "ReviewPlan",
    "WebhookPlan",
    "serve_meta",
]
