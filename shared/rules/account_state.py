"""What Meta answers about templates and numbers when it is asked.

Cloud API docs: "Template management", "Business phone numbers", "Messaging limits".
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from shared.model import ListedTemplate, SenderHealth
from shared.rules.account_events import TEMPLATE_STATUS
from shared.rules.untrusted import object_of, text_of, whole_number_of

TEMPLATE_FIELDS: Final = "id,name,language,status,category,quality_score,rejected_reason"
# The limit's field exists from Graph API v24.0 on ("Messaging limits", Checking your limit).
NUMBER_FIELDS: Final = "status,quality_rating,throughput,whatsapp_business_manager_messaging_limit"

# A listing knows more states than events report; of the rest, none sends and none is ours to judge.
_LISTED_STATUS: Final = MappingProxyType(
    {
        **TEMPLATE_STATUS,
        "PENDING": "pending",
        "IN_APPEAL": "pending",
        "PENDING_DELETION": "disabled",
        "DELETED": "disabled",
    }
)
_CATEGORIES: Final = frozenset({"MARKETING", "UTILITY", "AUTHENTICATION"})
_QUALITIES: Final = frozenset({"GREEN", "YELLOW", "RED"})
_STOPPING: Final = frozenset({"BANNED", "FLAGGED", "RESTRICTED", "DISCONNECTED"})
_UNLIMITED: Final = "TIER_UNLIMITED"
_TIER = re.compile(r"TIER_([0-9]{1,6})(K?)")
_WORD = re.compile(r"[A-Z_]{1,40}")
_THOUSAND = 1000
_LARGEST_LIMIT = 2**31 - 1


def read_listed_template(raw: object) -> ListedTemplate | None:
    """Return one element of `GET /{waba_id}/message_templates`, or None if it names no template."""
    template = object_of(raw)
    template_id = whole_number_of(template.get("id"))
    name = text_of(template.get("name"))
    language = (text_of(template.get("language")) or "").replace("-", "_")
    if template_id is None or name is None or not language:
        return None
    return ListedTemplate(
        meta_template_id=str(template_id),
        name=name,
        language=language,
        status=_LISTED_STATUS.get(_word(template.get("status")) or ""),
        category=_one_of(_CATEGORIES, template.get("category")),
        quality=_quality(object_of(template.get("quality_score")).get("score")),
        reason=text_of(template.get("rejected_reason")),
    )


def read_health(phone_number_id: str, answer: Mapping[str, Any]) -> SenderHealth:
    """Return what `GET /{phone_number_id}` says about a number."""
    status = _word(answer.get("status"))
    limit_known, limit = _limit(answer.get("whatsapp_business_manager_messaging_limit"))
    return SenderHealth(
        phone_number_id=phone_number_id,
        meta_status=status,
        stops=status in _STOPPING,
        quality=_quality(answer.get("quality_rating")),
        throughput=_word(object_of(answer.get("throughput")).get("level")),
        limit_known=limit_known,
        messaging_limit=limit,
    )


def read_next_cursor(answer: Mapping[str, Any]) -> str | None:
    """Return where the next page of a listing begins, or None on the last one.

    `paging.next` is there if and only if another page is; being an address with the access token
    in it, it is looked at and not followed (Graph API docs, "Paginated results").
    """
    paging = object_of(answer.get("paging"))
    return text_of(object_of(paging.get("cursors")).get("after")) if paging.get("next") else None


def _limit(raw: object) -> tuple[bool, int | None]:
    """Return whether Meta tells the limit, and how many people; "TIER_2K" and 2000 are the same."""
    if raw == _UNLIMITED:
        return True, None
    tier = _TIER.fullmatch(raw) if isinstance(raw, str) else None
    people = int(tier[1]) * (_THOUSAND if tier[2] else 1) if tier else whole_number_of(raw)
    known = people is not None and 0 < people <= _LARGEST_LIMIT
    return known, people if known else None


def _quality(raw: object) -> str | None:
    """Return GREEN, YELLOW or RED; Meta has several words for not knowing."""
    word = _word(raw)
    return word if word is None or word in _QUALITIES else "UNKNOWN"


def _one_of(words: frozenset[str], raw: object) -> str | None:
    word = _word(raw)
    return word if word in words else None


def _word(raw: object) -> str | None:
    return raw if isinstance(raw, str) and _WORD.fullmatch(raw) else None
