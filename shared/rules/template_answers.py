"""What Meta answers about one template: to a change of it, and to a question for it.

Cloud API docs: "Template management". Meta's reasons for people are in
`error_user_title` and `error_user_msg` ("Handling errors").
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.fates import Stops
from shared.rules.meta_errors import read_error, rule_for, without_numbers
from shared.rules.template_states import DELETIONS, STATUS, category_of
from shared.rules.untrusted import id_of, object_of, objects_of, text_of, whole_number_of, word_of
from shared.template_changes import ChangeResult, FoundTemplate, Outcome

FOUND_FIELDS: Final = "id,name,language,status,category,rejected_reason,components,parameter_format"
_Answer = Mapping[str, Any]

_SUCCESS, _CLIENT_ERROR = range(200, 300), range(400, 500)
# "Invalid request or a possible server error": Meta itself does not know whose fault it is.
_UNSPECIFIC = 1
# "Message Template Not Found": what is to be deleted is gone.
NO_SUCH_TEMPLATE: Final = 2593002


def read_creation(status: int, answer: _Answer) -> ChangeResult:
    """Return what `POST /{waba_id}/message_templates` came to: its answer names the template."""
    meta_template_id = id_of(answer.get("id"))
    if status not in _SUCCESS or meta_template_id is None:
        return _not_taken(status, answer)
    return _accepted(answer, meta_template_id)


def read_edit(status: int, answer: _Answer, meta_template_id: str) -> ChangeResult:
    """Return what `POST /{template_id}` came to."""
    if status not in _SUCCESS or answer.get("success") is not True:
        return _not_taken(status, answer)
    return _accepted(answer, meta_template_id)


def read_deletion(status: int, answer: _Answer, meta_template_id: str) -> ChangeResult:
    """Return what `DELETE /{waba_id}/message_templates` came to; what is gone is deleted."""
    result = read_edit(status, answer, meta_template_id)
    if result.outcome is Outcome.REFUSED and result.error_subcode == NO_SUCH_TEMPLATE:
        return ChangeResult(outcome=Outcome.ACCEPTED, meta_template_id=meta_template_id)
    return result


def read_found(answer: _Answer, name: str, language: str) -> list[FoundTemplate]:
    """Return those of a page of templates that have exactly this name and language."""
    found = (_found(template) for template in objects_of(answer.get("data")))
    return [item for item in found if item and (item.name, item.language) == (name, language)]


def read_refusal(status: int | None, answer: _Answer) -> tuple[bool, int | None, str | None]:
    """Return whether Meta refused a file for what it is, its code, and its reason."""
    result = _not_taken(status or 0, answer)
    return result.outcome is Outcome.REFUSED, result.error_code, result.reason


def _accepted(answer: _Answer, meta_template_id: str) -> ChangeResult:
    return ChangeResult(
        outcome=Outcome.ACCEPTED,
        meta_template_id=meta_template_id,
        status=STATUS.get(word_of(answer.get("status")) or ""),
        category=category_of(word_of(answer.get("category"))),
    )


def _not_taken(status: int, answer: _Answer) -> ChangeResult:
    error = object_of(answer.get("error"))
    code, message = read_error(error)
    return ChangeResult(
        outcome=_outcome(status, code, transient=error.get("is_transient") is True),
        error_code=code,
        error_subcode=whole_number_of(error.get("error_subcode")),
        reason=_reason(error) or message,
    )


def _outcome(status: int, code: int | None, *, transient: bool) -> Outcome:
    """Return what a failure proves.

    A 4xx with a code is Meta's own word that it did not take the change. Everything else may come
    from something between Meta and us that lost the answer; who asks for the template by name
    learns more.
    """
    if status not in _CLIENT_ERROR or code is None:
        return Outcome.UNKNOWN
    at_fault = rule_for(code).stops in {Stops.NOTHING, Stops.JOB} and code != _UNSPECIFIC
    return Outcome.REFUSED if at_fault and not transient else Outcome.RETURNED


def _reason(error: _Answer) -> str | None:
    """Return Meta's words for people; the title often says what the message leaves out."""
    title, message = text_of(error.get("error_user_title")), text_of(error.get("error_user_msg"))
    if title and message and title.casefold() not in message.casefold():
        return without_numbers(f"{title}: {message}")
    return without_numbers(message or title)


def _found(template: _Answer) -> FoundTemplate | None:
    meta_template_id, name = id_of(template.get("id")), text_of(template.get("name"))
    if meta_template_id is None or name is None:
        return None
    word = word_of(template.get("status")) or ""
    return FoundTemplate(
        meta_template_id=meta_template_id,
        name=name,
        language=(text_of(template.get("language")) or "").replace("-", "_"),
        status=STATUS.get(word),
        category=category_of(word_of(template.get("category"))),
        reason=text_of(template.get("rejected_reason")),
        components=tuple(objects_of(template.get("components"))),
        parameter_format=word_of(template.get("parameter_format")),
        deleted=word in DELETIONS,
    )
