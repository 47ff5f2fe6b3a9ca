"""The names of the SQL functions about templates; the others are in store.py."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from shared.adapters.postgrest import PATIENT_PAUSES, Postgrest
from shared.template_changes import ChangeOrder, ChangeRecord, UploadOrder


class TemplateStore:
    """Templates, as their signed-in users may see and change them.

    `token` is always the user's own; what it may touch is decided in Postgres. A `draft` is what
    TemplateDraft.as_json gives. All methods raise Refused (with the rule's code, Spanish sentence
    and field) or Unavailable.
    """

    def __init__(self, postgrest: Postgrest) -> None:
        self._postgrest = postgrest

    def list_templates(self, token: str, campaign_id: UUID) -> list[Any]:
        """Read the templates of a campaign; none for a campaign the user does not belong to."""
        arguments = {"p_campaign_id": str(campaign_id)}
        return list(self._postgrest.call_as(token, "wa_list_templates", arguments))

    def get_template(self, token: str, template_id: UUID) -> dict[str, Any]:
        """Read one template."""
        return self._object(token, "wa_get_template", {"p_template_id": str(template_id)})

    def compose_template(
        self, token: str, campaign_id: UUID, draft: Mapping[str, object]
    ) -> dict[str, Any]:
        """Add what the campaign's messages must say: {draft, added: [{what, field, text}]}."""
        arguments = {"p_campaign_id": str(campaign_id), "p_draft": draft}
        return self._object(token, "wa_compose_template", arguments)

    def check_template(
        self, token: str, campaign_id: UUID, draft: Mapping[str, object]
    ) -> dict[str, Any]:
        """Say what creating it would answer; nothing is written."""
        arguments = {"p_campaign_id": str(campaign_id), "p_draft": draft}
        return self._object(token, "wa_check_template", arguments)

    def create_template(
        self, token: str, campaign_id: UUID, draft: Mapping[str, object]
    ) -> dict[str, Any]:
        """Note a template that Meta is to be told of; the same one again is the same row."""
        arguments = {"p_campaign_id": str(campaign_id), "p_draft": draft}
        return self._object(token, "wa_create_template", arguments)

    def edit_template(
        self, token: str, template_id: UUID, version: int, draft: Mapping[str, object]
    ) -> dict[str, Any]:
        """Note what the template of this version is to become."""
        arguments = {"p_template_id": str(template_id), "p_version": version, "p_draft": draft}
        return self._object(token, "wa_edit_template", arguments)

    def delete_template(self, token: str, template_id: UUID) -> dict[str, Any]:
        """Note that it is to be deleted; again: the same answer."""
        return self._object(token, "wa_delete_template", {"p_template_id": str(template_id)})

    def begin_upload(
        self, token: str, campaign_id: UUID, file: Mapping[str, object]
    ) -> dict[str, Any]:
        """Note a file, {kind, mime_type, bytes, sha256, filename}, that is to go to Meta."""
        arguments = {"p_campaign_id": str(campaign_id), "p_file": file}
        return self._object(token, "wa_begin_upload", arguments)

    def _object(self, token: str, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return dict(self._postgrest.call_as(token, function, arguments))


class ChangeStore:
    """What Meta is still to be told about templates. Raises Unavailable or Malfunction."""

    def __init__(self, postgrest: Postgrest) -> None:
        self._postgrest = postgrest

    def claim_change(self, template_id: UUID, claim_id: UUID) -> ChangeOrder | None:
        """Take a template's open change for two minutes; None: there is none, or another has it."""
        arguments = {"p_template_id": str(template_id), "p_claim_id": str(claim_id)}
        claim = self._postgrest.call("wa_claim_change", arguments)
        return ChangeOrder.from_json(claim) if claim["decision"] == "go" else None

    def record_change(
        self, template_id: UUID, claim_id: UUID, record: ChangeRecord
    ) -> dict[str, Any]:
        """Note what Meta said to it; return {status, change}, change null where it is done."""
        arguments = {
            "p_template_id": str(template_id),
            "p_claim_id": str(claim_id),
            "p_outcome": record.outcome,
            "p_details": record.details(),
        }
        return dict(self._postgrest.call("wa_record_change", arguments, pauses=PATIENT_PAUSES))

    def list_open_changes(self, waba_id: str) -> list[UUID]:
        """List the account's templates with a change that nobody is carrying out."""
        arguments = {"p_waba_id": waba_id}
        return [UUID(each) for each in self._postgrest.call("wa_list_open_changes", arguments)]

    def claim_upload(self, upload_id: UUID) -> UploadOrder:
        """Return where a file is to go."""
        claim = self._postgrest.call("wa_claim_upload", {"p_upload_id": str(upload_id)})
        return UploadOrder(**claim)

    def record_upload(self, upload_id: UUID, media_id: str, handle: str) -> dict[str, Any]:
        """Note Meta's names for a file: to send it by, and to show it as a sample by."""
        arguments = {
            "p_upload_id": str(upload_id),
            "p_meta_media_id": media_id,
            "p_meta_handle": handle,
        }
        return dict(self._postgrest.call("wa_record_upload", arguments, pauses=PATIENT_PAUSES))
