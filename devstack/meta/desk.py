"""Where templates are handed in, reviewed, edited and deleted (docs: "Template management")."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from devstack.meta.components import needs_of
from devstack.meta.drafts import (
    check_category,
    check_creation,
    check_draft,
    parse_body,
    parse_format,
)
from devstack.meta.error_codes import RefusedError, template_refused
from devstack.meta.stats import Submission
from devstack.meta.template_events import (
    category_event,
    components_event,
    deletion_event,
    status_event,
)
from devstack.meta.templates import Template
from devstack.meta.verdicts import verdict_on

if TYPE_CHECKING:
    from devstack.meta.account import Account

DAY_S = 86_400.0
RESERVED_S = 30 * DAY_S
MOST_EDITS = 10
_EDITABLE = ("APPROVED", "REJECTED", "PAUSED")
_TAKEN, _BEING_DELETED, _NOT_FOUND, _FIXED = 2388024, 2388023, 2593002, 2388039


class Desk:
    """Takes changes of the account's templates, decides about them later, and reports it all."""

    def __init__(self, account: "Account") -> None:
        self._account = account
        self._shelf = account.shelf
        self._due: dict[str, float] = {}
        self._reserved: dict[tuple[str, str], float] = {}
        self._created = 0

    def create(self, waba_id: str, raw: bytes, now: float) -> dict[str, Any]:
        """Take a new template, and answer as Meta does.

        Raises:
            RefusedError: it is not well-formed, or its name is taken or still reserved.
        """
        body = parse_body(raw)
        check_creation(body)
        parameter_format = parse_format(body)
        self._check_components(body.get("components"), named=parameter_format == "NAMED")
        self._check_free(waba_id, body["name"], body["language"], now)
        self._created += 1
        template = Template(
            name=body["name"],
            language=body["language"],
            status="PENDING",
            category=body["category"],
            waba_id=waba_id,
            parameter_format=parameter_format,
            given_id=f"{int(now)}{self._created:06d}",
            **needs_of(body["components"]),
        )
        self._shelf.put(template)
        self._submit("create", template, now)
        return {"id": template.id, "status": "PENDING", "category": template.category}

    def edit(self, template_id: str, raw: bytes, now: float) -> dict[str, Any]:
        """Replace the components or the category of a template, which is reviewed again.

        Raises:
            RefusedError: there is none, it cannot be edited now, or what it shall be is wrong.
        """
        template, body = self._shelf.by_id(template_id), parse_body(raw)
        if template is None:
            raise _not_found()
        edits = _edits_with_this(template, now)
        changes: dict[str, Any] = {}
        if "components" in body:
            self._check_components(body["components"], named=template.named)
            changes |= needs_of(body["components"])
        if "category" in body:
            check_category(body["category"])
            if template.status == "APPROVED" and body["category"] != template.category:
                raise RefusedError(100, "The category of an approved template cannot be edited")
            changes["category"] = body["category"]
        if not changes:
            raise RefusedError(100, "Param components or category is required")
        changed = self._shelf.change(template, status="PENDING", edited_at=edits, **changes)
        self._submit("edit", changed, now)
        if "components" in body:
            self._account.announce(components_event(changed, now))
        return {"success": True}

    def delete(self, waba_id: str, query: Mapping[str, str], now: float) -> dict[str, Any]:
        """Delete a name in all languages, or with `hsm_id` the one template of this id and name.

        Raises:
            RefusedError: there is none, or it is disabled.
        """
        name, only = query.get("name", ""), query.get("hsm_id")
        templates = [t for t in self._shelf.of_account(waba_id) if t.name == name]
        chosen = [t for t in templates if only in (None, t.id)]
        if not chosen:
            raise _not_found()
        if any(template.status == "DISABLED" for template in chosen):
            message = "A disabled template can't be deleted."
            raise template_refused(_FIXED, "Message template can't be deleted", message)
        for template in chosen:
            self._shelf.remove(template)
            self._due.pop(template.id, None)
            if template.ever_approved or template.status in ("APPROVED", "PAUSED"):
                self._reserved[waba_id, name] = now + RESERVED_S
            self._record("delete", template, now)
            self._account.announce(deletion_event(template, now))
        return {"success": True}

    def review(self, now: float) -> None:
        """Decide what is due."""
        for template_id in [key for key, due in self._due.items() if due <= now]:
            del self._due[template_id]
            template = self._shelf.by_id(template_id)
            if template is not None and template.status == "PENDING":
                self._decide(template, now)

    def _decide(self, template: Template, now: float) -> None:
        account = self._account
        verdict = verdict_on(template, account.config.reviews, account.random)
        decided = self._shelf.change(
            template,
            status="REJECTED" if verdict.reason else "APPROVED",
            category=verdict.category,
            rejected_reason=verdict.reason or "NONE",
            ever_approved=template.ever_approved or not verdict.reason,
        )
        account.announce(status_event(decided, now))
        if decided.category != template.category:
            account.announce(category_event(decided, template.category, now))

    def _submit(self, change: str, template: Template, now: float) -> None:
        delay = self._account.config.reviews.after.draw(self._account.random)
        self._due[template.id] = now + delay
        self._record(change, template, now)

    def _record(self, change: str, template: Template, now: float) -> None:
        submission = Submission(
            at=now,
            change=change,
            waba_id=template.waba_id,
            template_id=template.id,
            name=template.name,
            language=template.language,
        )
        self._account.stats.submissions.append(submission)

    def _check_components(self, components: Any, *, named: bool) -> None:
        check_draft(components, named=named, handles=self._account.uploads.handles)

    def _check_free(self, waba_id: str, name: str, language: str, now: float) -> None:
        if self._shelf.find(name, language, waba_id):
            message = (
                f"There is already {language} content for this template. "
                "You can create a new template and try again."
            )
            raise template_refused(_TAKEN, "Content in This Language Already Exists", message)
        if self._reserved.get((waba_id, name), 0) > now:
            message = (
                f"New {language} content can't be added while the existing {language} content is "
                "being deleted. Try again in 4 weeks or consider creating a new message template."
            )
            raise template_refused(
                _BEING_DELETED, "Message template language is being deleted", message
            )


def _edits_with_this(template: Template, now: float) -> tuple[float, ...]:
    """The edits that the limits count; of an approved template this one, too.

    Raises:
        RefusedError: it may not be edited now.
    """
    if template.status not in _EDITABLE:
        message = "Only approved, rejected or paused message templates can be edited."
        raise template_refused(_FIXED, "Message template can't be edited", message)
    if template.status != "APPROVED":
        return template.edited_at
    edits = tuple(at for at in template.edited_at if at > now - 30 * DAY_S)
    if len(edits) >= MOST_EDITS or any(at > now - DAY_S for at in edits):
        message = "An approved template can be edited once in 24 hours and 10 times in 30 days."
        raise template_refused(_FIXED, "Message template can't be edited", message)
    return (*edits, now)


def _not_found() -> RefusedError:
    message = "No message template with this name or id was found."
    return template_refused(_NOT_FOUND, "Message Template Not Found", message)
