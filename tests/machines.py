"""The functions in the cloud that work without a user: the role of each, and what it may run."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

MAY_RUN = {
    "wa_send": {"wa_preflight_targets", "wa_record_health"},
    "wa_fan_out": {"wa_lease_shard", "wa_mark_enqueued"},
    "wa_dispatch": {"wa_claim_message", "wa_record_attempt"},
    "wa_apply_events": {
        "wa_apply_receipts",
        "wa_apply_opt_outs",
        "wa_resolve_opt_outs",
        "wa_apply_account_changes",
    },
    "wa_sync": {
        "wa_list_accounts",
        "wa_apply_sync",
        "wa_claim_change",
        "wa_record_change",
        "wa_list_open_changes",
    },
    "wa_templates": {
        "wa_claim_change",
        "wa_record_change",
        "wa_list_open_changes",
        "wa_claim_upload",
        "wa_record_upload",
    },
    "wa_sweep": {
        "wa_sweep",
        "wa_due_shards",
        "wa_resolve_opt_outs",
        "wa_health",
        "wa_audit_messages",
    },
}


def role_for(function: str) -> str:
    """Return a role that may run this function (schema-qualified); the owner for internal ones."""
    name = function.removeprefix("public.")
    return next((role for role, functions in MAY_RUN.items() if name in functions), "postgres")


def unsigned_token(role: str, **claims: Any) -> str:
    """Return a token of the right form that nobody signed; `claims` override, None leaves out."""
    ends = int((datetime.now(UTC) + timedelta(days=90)).timestamp())
    said = {"role": role, "exp": ends} | claims
    kept = {name: value for name, value in said.items() if value is not None}
    return f"{_part({'alg': 'ES256', 'typ': 'JWT'})}.{_part(kept)}.c2ln"


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
