"""A simulator of Meta's Graph API, as far as WhatsApp messages are concerned."""

from devstack.meta.config import Delay, FaultPlan, MetaConfig, ReceiptPlan, WebhookPlan
from devstack.meta.faults import Fault
from devstack.meta.simulator import MetaSimulator, meta_in_thread

__all__ = [
    "Delay",
    "Fault",
    "FaultPlan",
    "MetaConfig",
    "MetaSimulator",
    "ReceiptPlan",
    "WebhookPlan",
    "meta_in_thread",
]
