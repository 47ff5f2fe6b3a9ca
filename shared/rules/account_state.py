"""What Meta answers about templates and numbers when it is asked.

Cloud API docs: "Template management", "Business phone numbers", "Messaging limits".
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.model import ListedTemplate, SenderStanding
from shared.rules.messaging_limit import read_limit
from shared.rules.template_content import content_of
from shared.rules.template_states import STATUS, category_of, quality_of
from shared.rules.untrusted import object_of, text_of, whole_number_of, word_of

TEMPLATE_FIELDS: Final = (
    "id,name,language,status,category,quality_score,rejected_reason,components,parameter_format"
)
# The limit's field exists from Graph API v24.0 on ("Messaging limits", Checking your limit).
NUMBER_FIELDS: Final = "status,quality_rating,throughput,whatsapp_business_manager_messaging_limit"

_STOPPING: Final = frozenset({"BANNED", "FLAGGED", "RESTRICTED", "DISCONNECTED"})


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
        status=STATUS.get(word_of(template.get("status")) or ""),
        category=category_of(word_of(template.get("category"))),
        quality=quality_of(word_of(object_of(template.get("quality_score")).get("score"))),
        reason=text_of(template.get("rejected_reason")),
        content=content_of(template.get("components"), template.get("parameter_format")),
    )


def read_standing(phone_number_id: str, answer: Mapping[str, Any]) -> SenderStanding:
    """Return what `GET /{phone_number_id}` says about a number."""
    status = word_of(answer.get("status"))
    limit_known, limit = read_limit(answer.get("whatsapp_business_manager_messaging_limit"))
    return SenderStanding(
        phone_number_id=phone_number_id,
        meta_status=status,
        blocks=status in _STOPPING,
        quality=quality_of(word_of(answer.get("quality_rating"))),
        throughput=word_of(object_of(answer.get("throughput")).get("level")),
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
