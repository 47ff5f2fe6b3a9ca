"""What Meta says about templates and accounts (Cloud API docs, "Webhooks reference")."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from shared.model import AccountChange, TemplateChange
from shared.rules.untrusted import first_object_of, object_of, text_of, time_of, whole_number_of

# Meta's events in the words of wa_templates.status; the others change nothing for us.
TEMPLATE_STATUS: Final = MappingProxyType(
    {
        "APPROVED": "approved",
        "REINSTATED": "approved",
        "UNARCHIVED": "approved",
        "PAUSED": "paused",
        "DISABLED": "disabled",
        "REJECTED": "rejected",
        "ARCHIVED": "archived",
    }
)
# Of the restrictions an account may get, the one that forbids writing first.
NO_MESSAGES: Final = "RESTRICTED_BIZ_INITIATED_MESSAGING"


def read_template_change(
    waba_id: str, value: Mapping[str, Any], at: object
) -> TemplateChange | None:
    """Return what `message_template_status_update` changes for us, if anything.

    `at` is the entry's time. Meta's samples write the language with a hyphen or an underscore.
    """
    status = TEMPLATE_STATUS.get(str(value.get("event")))
    if status is None:
        return None
    template_id = whole_number_of(value.get("message_template_id"))
    return TemplateChange(
        waba_id=waba_id,
        meta_template_id=None if template_id is None else str(template_id),
        name=text_of(value.get("message_template_name")),
        language=(text_of(value.get("message_template_language")) or "").replace("-", "_") or None,
        status=status,
        reason=text_of(value.get("reason")),
        at=time_of(at),
    )


def read_account_change(waba_id: str, value: Mapping[str, Any]) -> AccountChange | None:
    """Return what `account_update` stops or releases, if anything."""
    event = value.get("event")
    restriction = first_object_of(value.get("restriction_info"))
    if event == "ACCOUNT_RESTRICTION" and restriction.get("restriction_type") == NO_MESSAGES:
        until = time_of(restriction.get("expiration"))
        return AccountChange(waba_id=waba_id, blocked=True, reason=NO_MESSAGES, until=until)
    state = object_of(value.get("ban_info")).get("waba_ban_state")
    if event == "DISABLED_UPDATE" and state in ("DISABLE", "REINSTATE"):
        blocked = state == "DISABLE"
        return AccountChange(waba_id=waba_id, blocked=blocked, reason=str(event), until=None)
    return None
