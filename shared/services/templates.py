"""Templates from idea to approval, as the user whose token is given."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, TypeAlias
from uuid import UUID

from shared.adapters.template_store import TemplateStore
from shared.errors import InvalidTemplate, Refused
from shared.http import Reply
from shared.rules.form_problem import FormProblem
from shared.rules.template_components import preview_of
from shared.rules.template_draft import CONTENT_FIELDS, TemplateDraft, draft_of, with_changes
from shared.rules.template_form import content_problems_of, problems_of
from shared.rules.template_refusals import notice_of_rejection
from shared.rules.template_requests import TemplateRequest
from shared.rules.template_warnings import warnings_of
from shared.services.sample_files import SampleFiles
from shared.services.template_changes import TemplateChanges, Told
from shared.template_changes import Outcome

# What wa_compose_template added: {what, field, text}.
_Added: TypeAlias = Sequence[Mapping[str, str]]


class TemplateService:
    """The registry: what a template is to be, told to Meta, and where it stands."""

    def __init__(self, store: TemplateStore, changes: TemplateChanges, files: SampleFiles) -> None:
        self._store = store
        self._changes = changes
        self._files = files

    def list_templates(self, token: str, campaign_id: UUID) -> Reply:
        """List a campaign's templates with their status at Meta."""
        templates = self._store.list_templates(token, campaign_id)
        return Reply(body={"templates": [_shown(template) for template in templates]})

    def get_template(self, token: str, template_id: UUID) -> Reply:
        """Show one template."""
        return Reply(body=_shown(self._store.get_template(token, template_id)))

    def create(self, token: str, request: TemplateRequest) -> Reply:
        """Register a template and submit it to Meta's review.

        What it must say and does not is added first. Nothing is written before all of it is in
        order; a repetition finds the first one's row.

        Raises:
            InvalidTemplate: its form is not Meta's.
            Refused: also for what Meta refused (`template_refused`, 422).
        """
        draft, added = self._complete(token, request.campaign_id, request.draft)
        _require(problems_of(draft), added)
        checked = self._store.check_template(token, request.campaign_id, draft.as_json())
        sample = self._files.read(draft)
        body = _composed(checked, draft, added)
        if request.dry_run:
            return Reply(body=body | {"meta_status": None, "change": None})
        row = self._store.create_template(token, request.campaign_id, draft.as_json())
        told = self._changes.carry_out(UUID(row["template_id"]), sample) if row["change"] else None
        return _reply(body, row, told, HTTPStatus.CREATED)

    def edit(self, token: str, template_id: UUID, changes: Mapping[str, object]) -> Reply:
        """Change a template; what it must say is added, what Meta shows of it reviewed anew.

        Raises:
            InvalidTemplate: it would not be of Meta's form any more.
            Refused: also for what Meta refused (`template_refused`, 422): the old one stands.
        """
        before = self._store.get_template(token, template_id)
        asked = with_changes(draft_of(before), changes)
        draft, added = self._complete(token, UUID(before["campaign_id"]), asked)
        _require(content_problems_of(draft), added)
        sample = self._files.read(draft) if "header_media" in changes else None
        if changes.get("dry_run"):
            return Reply(body=_composed(_as_row(before), draft, added))
        row = self._store.edit_template(token, template_id, before["version"], draft.as_json())
        told = self._changes.carry_out(template_id, sample) if row["change"] else None
        return _reply(_composed(row, draft, added), row, told, HTTPStatus.OK)

    def delete(self, token: str, template_id: UUID) -> Reply:
        """Delete a template, at Meta too; its name stays taken for as long as Meta says."""
        row = self._store.delete_template(token, template_id)
        told = self._changes.carry_out(template_id) if row["change"] else None
        return _reply({}, row, told, HTTPStatus.OK)

    def _complete(
        self, token: str, campaign_id: UUID, draft: TemplateDraft
    ) -> tuple[TemplateDraft, _Added]:
        """Return the draft with its identification and its way out, and what was added for them."""
        answer = self._store.compose_template(token, campaign_id, draft.as_json())
        written = {name: answer["draft"][name] for name in ("body_text", "footer_text")}
        return replace(draft, **written), answer["added"]


def _require(problems: Sequence[FormProblem], added: _Added) -> None:
    """Refuse a draft with problems; who wrote less than is counted is told what was added."""
    if problems:
        raise InvalidTemplate([_as_json(_with_added(problem, added)) for problem in problems])


def _with_added(problem: FormProblem, added: _Added) -> FormProblem:
    lines = ". ".join(line["text"] for line in added if line["field"] == problem.field)
    return replace(problem, detail=f"{problem.detail} Se agregó: «{lines}».") if lines else problem


def _composed(row: Mapping[str, Any], draft: TemplateDraft, added: _Added) -> dict[str, Any]:
    """Return what is to be reviewed, what voters will see, and what is worth a second look."""
    warnings = [_as_json(warning) for warning in warnings_of(draft)]
    content = {name: value for name, value in draft.as_json().items() if name in CONTENT_FIELDS}
    return {
        "template_id": row["template_id"],
        "meta_template_name": row["meta_template_name"],
        "meta_status": row["status"],
        "change": row["change"],
        "composed": {**content, "preview": preview_of(draft), "added": added},
        "warnings": [
            *warnings,
            *(_needs_a_second_look(f) for f in row["findings"] if "release_id" not in f),
            *(_same_text(name) for name in row["same_text_as"]),
        ],
    }


def _as_row(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template that stays as it is, as those who change it are answered."""
    return {**template, "template_id": template["id"], "findings": [], "same_text_as": []}


def _reply(
    body: Mapping[str, object], row: Mapping[str, Any], told: Told | None, done: HTTPStatus
) -> Reply:
    """Answer where the template stands; 202: Meta has not taken the change yet, we go on trying."""
    if told and told.outcome == Outcome.REFUSED:
        raise Refused("template_refused", told.notice, told.field, HTTPStatus.UNPROCESSABLE_ENTITY)
    is_open = told is not None and told.outcome == Outcome.UNKNOWN
    stands = {
        "template_id": row["template_id"],
        "meta_status": told.status if told else row["status"],
        "change": row["change"] if is_open else None,
    }
    return Reply(status=HTTPStatus.ACCEPTED if is_open else done, body={**body, **stands})


def _needs_a_second_look(finding: Mapping[str, Any]) -> dict[str, str]:
    """Jobs with this text wait for a second person, unless one has released it already."""
    return {
        "code": "content_warning",
        "detail": (
            "Los envíos con esta plantilla requieren segunda aprobación por la frase"
            f" «{finding['phrase']}» ({finding['article']})."
        ),
        "field": finding["field"],
    }


def _same_text(name: str) -> dict[str, str]:
    """Meta refuses what says the same as another template ("Template review")."""
    return {
        "code": "template_same_text",
        "detail": f"La plantilla «{name}» dice lo mismo; WhatsApp suele rechazar las repetidas.",
        "field": "body_text",
    }


def _shown(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template with the sentence that explains its rejection."""
    reason = template["rejected_reason"]
    return {**template, "rejected_notice": notice_of_rejection(reason) if reason else None}


def _as_json(problem: FormProblem) -> dict[str, str]:
    return {"code": problem.code, "detail": problem.detail, "field": problem.field}
