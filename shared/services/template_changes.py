"""Tells Meta what was decided about templates: each change once, whatever is lost on the way.

A row first, then Meta, then what Meta said. Whoever dies in between leaves an open change behind,
which the next try carries on: it asks Meta by the template's name before it tells anything again.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from shared.adapters.template_store import ChangeStore
from shared.adapters.whatsapp_templates import TemplateClient
from shared.errors import InvalidInput, MetaReadError, MetaUploadError
from shared.rules.template_components import creation_body, edit_body
from shared.rules.template_content import content_of
from shared.rules.template_draft import TemplateDraft, draft_of
from shared.rules.template_form import content_problems_of, problems_of
from shared.rules.template_refusals import notice_of_refusal
from shared.services.sample_files import SampleFile, SampleFiles
from shared.template_changes import (
    Change,
    ChangeOrder,
    ChangeRecord,
    ChangeResult,
    FoundTemplate,
    Outcome,
)

# A template may be listed a moment after it was taken.
LOOKS_SECONDS = (0.5, 2.0)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What telling Meta came to: the row's status; of a refusal what to read, and about what.

    `error_code` is Meta's, for whoever asks why a change stays open.
    """

    outcome: Outcome
    status: str | None = None
    notice: str = ""
    field: str = ""
    error_code: int | None = None


_ANY_SAMPLE = "sample"  # no part of what a template shows


class TemplateChanges:
    """Carries out open changes; for the request that asks for one, and for the hourly round."""

    def __init__(
        self,
        store: ChangeStore,
        clients: Mapping[str, TemplateClient],
        files: SampleFiles,
        sleep: Callable[[float], None],
        logger: logging.Logger,
    ) -> None:
        """`clients`: by the name of their credential."""
        self._store = store
        self._clients = clients
        self._files = files
        self._sleep = sleep
        self._logger = logger

    def carry_out(self, template_id: UUID, sample: SampleFile | None = None) -> Told:
        """Tell Meta of the template's open change; UNKNOWN if it stays open.

        `sample`: the header's file, where the caller has read it already.

        Raises:
            Unavailable: the database; the change stays open.
        """
        claim_id = uuid4()
        order = self._store.claim_change(template_id, claim_id)
        if order is None:
            return Told(outcome=Outcome.UNKNOWN)
        client = self._clients.get(order.credential)
        if client is None:
            extra = {"waba_id": order.waba_id, "reason": "credential_missing"}
            self._logger.error("templates", extra=extra)
            told, record = _open()
        else:
            told, record = _Telling(client, self._files, self._sleep).tell(order, sample)
        noted = self._store.record_change(template_id, claim_id, record)
        self._logger.info(
            "templates",
            extra={
                "event": "template_change",
                "change": order.kind,
                "outcome": record.outcome,
                "template_id": str(template_id),
                "error_code": told.error_code,
            },
        )
        return replace(told, status=noted["status"])


class _Telling:
    """One change, one claim."""

    def __init__(
        self, client: TemplateClient, files: SampleFiles, sleep: Callable[[float], None]
    ) -> None:
        self._client = client
        self._files = files
        self._sleep = sleep

    def tell(self, order: ChangeOrder, sample: SampleFile | None) -> tuple[Told, ChangeRecord]:
        """Return what it came to, for the caller and for the row."""
        try:
            if order.again and (known := self._known(order, self._find(order))):
                return known
            return self._heard(order, self._tell(order, sample))
        except InvalidInput as error:
            return _refused(error.detail, error.field)
        except MetaUploadError as error:
            if error.refused:
                return _refused(error.detail, "header_media", error.meta_code)
            return _open(error.meta_code)
        except MetaReadError as error:
            return _open(error.meta_code)

    def _heard(self, order: ChangeOrder, result: ChangeResult) -> tuple[Told, ChangeRecord]:
        if result.outcome == Outcome.ACCEPTED:
            return _done(
                ChangeRecord(
                    outcome=Outcome.ACCEPTED,
                    meta_template_id=result.meta_template_id,
                    status=result.status,
                    category=result.category,
                )
            )
        if result.outcome != Outcome.RETURNED and (known := self._look(order, result)):
            return known
        if result.outcome == Outcome.REFUSED:
            notice = notice_of_refusal(result.error_code, result.error_subcode, result.reason)
            return _refused(*notice, result.error_code)
        return _open(result.error_code)

    def _tell(self, order: ChangeOrder, sample: SampleFile | None) -> ChangeResult:
        if order.kind == Change.DELETE:
            return self._client.delete(
                order.waba_id, order.meta_template_id or "", order.meta_template_name
            )
        draft = draft_of(order.draft)
        _require_form(order, draft)
        handle = order.sample_handle or self._files.handle_of(draft, self._client, sample)
        if order.kind == Change.EDIT:
            edited = edit_body(draft, handle, order.new_category)
            return self._client.edit(order.meta_template_id or "", edited)
        body = creation_body(draft, order.meta_template_name, handle)
        return self._client.create(order.waba_id, body)

    def _look(self, order: ChangeOrder, result: ChangeResult) -> tuple[Told, ChangeRecord] | None:
        """Ask whether it is done after all: the answer was lost, or says that it was done before.

        Of a refusal once: it may be about an earlier try of ours that did arrive.
        """
        pauses = (0.0,) if result.outcome == Outcome.REFUSED else LOOKS_SECONDS
        for pause in pauses:
            self._sleep(pause)
            try:
                if known := self._known(order, self._find(order)):
                    return known
            except MetaReadError:
                continue
        return None

    def _find(self, order: ChangeOrder) -> FoundTemplate | None:
        return self._client.find(order.waba_id, order.meta_template_name, order.language)

    def _known(
        self, order: ChangeOrder, found: FoundTemplate | None
    ) -> tuple[Told, ChangeRecord] | None:
        """Return that the change is done, if what is found at Meta says so."""
        if order.kind == Change.DELETE:
            gone = found is None or found.deleted
            return _done(ChangeRecord(outcome=Outcome.ACCEPTED)) if gone else None
        if found is None or found.deleted:
            return None
        if order.kind == Change.EDIT and not _is_edited(found, order):
            return None
        return _done(
            ChangeRecord(
                outcome=Outcome.ACCEPTED,
                meta_template_id=found.meta_template_id,
                status=found.status,
                category=found.category,
            )
        )


def _require_form(order: ChangeOrder, draft: TemplateDraft) -> None:
    """Raise InvalidInput for what Meta would refuse: members may call the SQL function themselves.

    What its form is not kept to, no body can be made of.
    """
    problems = content_problems_of(draft) if order.kind == Change.EDIT else problems_of(draft)
    for problem in problems:
        raise InvalidInput(problem.code, problem.detail, problem.field)


def _is_edited(found: FoundTemplate, order: ChangeOrder) -> bool:
    """Tell whether Meta's template is what the edit makes of it.

    A rejected one may show it from before: what Meta takes, it reviews anew.
    """
    same_category = order.new_category in (None, found.category)
    return found.status != "rejected" and same_category and _shows(found, draft_of(order.draft))


def _shows(found: FoundTemplate, draft: TemplateDraft) -> bool:
    """Tell whether Meta's template says what the draft says."""
    shown = content_of(list(found.components), found.parameter_format)
    wanted = content_of(edit_body(draft, _ANY_SAMPLE)["components"], draft.parameter_format)
    return shown is not None and shown == wanted


def _done(record: ChangeRecord) -> tuple[Told, ChangeRecord]:
    return Told(outcome=record.outcome), record


def _open(error_code: int | None = None) -> tuple[Told, ChangeRecord]:
    """Return that nobody knows yet, or nobody was there: it is carried on by the next try."""
    told = Told(outcome=Outcome.UNKNOWN, error_code=error_code)
    return told, ChangeRecord(outcome=Outcome.UNKNOWN)


def _refused(notice: str, field: str, error_code: int | None = None) -> tuple[Told, ChangeRecord]:
    record = ChangeRecord(outcome=Outcome.REFUSED, reason=notice)
    told = Told(outcome=Outcome.REFUSED, notice=notice, field=field, error_code=error_code)
    return told, record
