"""What Meta's words about a template mean to us, whether an event or a listing says them.

Cloud API docs, "message_template_status_update" and "Template management": of all states only
APPROVED sends.
"""

from types import MappingProxyType
from typing import Final

# Out of the archive, to whatever it was before; Meta does not say what ("Unarchived").
RESTORED: Final = "restored"
# In the words of wa_templates.status. What is not here changes nothing: FLAGGED warns about a
# template that still sends, LIMIT_EXCEEDED about the account, which can hold no more of them.
STATUS: Final = MappingProxyType(
    {
        "APPROVED": "approved",
        "REINSTATED": "approved",  # no longer flagged or disabled: it sends again
        "UNARCHIVED": RESTORED,
        "PENDING": "pending",
        "IN_APPEAL": "pending",
        "PAUSED": "paused",
        "LOCKED": "paused",  # with the title RATE_LIMITING_PAUSE
        "REJECTED": "rejected",
        "DISABLED": "disabled",
        "PENDING_DELETION": "disabled",
        "DELETED": "disabled",
        "ARCHIVED": "archived",
    }
)
DELETIONS: Final = frozenset({"PENDING_DELETION", "DELETED"})
WARNINGS: Final = frozenset({"FLAGGED", "LIMIT_EXCEEDED"})
CATEGORIES: Final = frozenset({"MARKETING", "UTILITY", "AUTHENTICATION"})
_QUALITIES: Final = frozenset({"GREEN", "YELLOW", "RED"})


def quality_of(word: str | None) -> str | None:
    """Return GREEN, YELLOW or RED; Meta has several words for not knowing."""
    return word if word is None or word in _QUALITIES else "UNKNOWN"


def category_of(word: str | None) -> str | None:
    """Return a category that templates may have, or None."""
    return word if word in CATEGORIES else None
