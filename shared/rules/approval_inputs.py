"""What a second person says: that a job may leave, or that a blocked text is lawful."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.errors import InvalidInput
from shared.rules.input_types import object_at, text_at, uuid_at
from shared.rules.inputs import parse_values
from shared.rules.payloads import has_something_to_show
from shared.rules.template_draft import TemplateDraft
from shared.rules.template_requests import parse_template_request

RELEASE_FIELDS: Final = frozenset(
    {"campaign_id", "reason", "template_id", "personalization", "template"}
)


@dataclass(frozen=True, kw_only=True)
class ContentRelease:
    """A text and why it may leave: a template's with a job's values, or a draft's."""

    campaign_id: UUID
    reason: str
    template_id: UUID | None
    personalization: Mapping[str, str]
    draft: TemplateDraft | None


def parse_approval(body: object) -> str | None:
    """Return the reason, if one was given; raises InvalidInput naming the field at fault."""
    reason = object_at(body, "", frozenset({"reason"})).get("reason")
    return None if reason is None else text_at(reason, "reason")


def parse_release(body: object) -> ContentRelease:
    """Return what is to be released; raises InvalidInput naming the field at fault."""
    fields = object_at(body, "", RELEASE_FIELDS)
    campaign_id = uuid_at(fields.get("campaign_id"), "campaign_id")
    reason = text_at(fields.get("reason", ""), "reason").strip()
    if not has_something_to_show(reason):
        raise InvalidInput("field_missing", "Falta este campo.", "reason")
    draft = None
    if fields.get("template") is not None:
        asked = object_at(fields["template"], "template", known=None)
        draft = parse_template_request({**asked, "campaign_id": str(campaign_id)}).draft
    return ContentRelease(
        campaign_id=campaign_id,
        reason=reason,
        template_id=None if draft else uuid_at(fields.get("template_id"), "template_id"),
        personalization=parse_values(fields.get("personalization", {})),
        draft=draft,
    )
