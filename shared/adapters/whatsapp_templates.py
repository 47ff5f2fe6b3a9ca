"""The only module that changes templates at Meta's Graph API (docs: "Template management").

A change is told once and never told again from here: whoever does not hear the answer finds the
template by its name and looks (`find`). Questions are asked again where no answer comes.
"""

import time
from collections.abc import Callable, Mapping

from shared.adapters.whatsapp_accounts import AccountReader
from shared.adapters.whatsapp_calls import GraphAnswer, GraphCaller
from shared.adapters.whatsapp_media import MediaUploader
from shared.errors import MetaReadError
from shared.rules.account_state import read_next_cursor
from shared.rules.template_answers import (
    FOUND_FIELDS,
    read_creation,
    read_deletion,
    read_edit,
    read_found,
)
from shared.template_changes import ChangeResult, FoundTemplate, Outcome

# Names that contain the one that is looked for are on the same pages; a campaign's have its prefix.
PAGE_SIZE = 25
MAX_PAGES = 40


class TemplateClient:
    """Creates, edits, deletes and finds what one access token may; shared by threads.

    The methods that change something return a result whatever happens.
    """

    def __init__(  # noqa: PLR0913 (each is a setting; the defaults are in shared/config.py alone)
        self,
        *,
        access_token: str,
        graph_url: str,
        graph_version: str,
        connect_timeout_s: float,
        read_timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is opened before the first call; the token travels in a header alone.

        `read_timeout_s` is the longest silence to bear; a question is asked three times at most.
        """
        self._caller = GraphCaller(
            access_token=access_token,
            graph_url=graph_url,
            graph_version=graph_version,
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
            clock=clock,
        )
        self._reader = AccountReader(
            access_token=access_token,
            graph_url=graph_url.rstrip("/"),
            graph_version=graph_version,
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
        )
        self._uploader = MediaUploader(self._caller, access_token)

    def create(self, waba_id: str, body: Mapping[str, object]) -> ChangeResult:
        """Give Meta a new template to review: name, language, category and components."""
        answer = self._caller.tell(f"{waba_id}/message_templates", body)
        return _heard(answer) or read_creation(answer.status or 0, answer.content)

    def edit(self, meta_template_id: str, body: Mapping[str, object]) -> ChangeResult:
        """Replace all components of a template, or its category; Meta reviews it again."""
        answer = self._caller.tell(meta_template_id, body)
        return _heard(answer) or read_edit(answer.status or 0, answer.content, meta_template_id)

    def delete(self, waba_id: str, meta_template_id: str, name: str) -> ChangeResult:
        """Delete one template, in one language; deleted already is accepted, too.

        The call has no body that could tell whether it left, so that one without an answer is
        unknown even where nobody listened.
        """
        answer = self._caller.call(
            "DELETE",
            f"{waba_id}/message_templates",
            query={"hsm_id": meta_template_id, "name": name},
        )
        return _heard(answer) or read_deletion(answer.status or 0, answer.content, meta_template_id)

    def find(self, waba_id: str, name: str, language: str) -> FoundTemplate | None:
        """Return the account's template of exactly this name and language, or None.

        One that is being deleted is returned only if there is no other.

        Raises:
            MetaReadError: no answer, and so no knowledge; or a listing that does not end.
        """
        found: list[FoundTemplate] = []
        question = {"name": name, "fields": FOUND_FIELDS, "limit": str(PAGE_SIZE)}
        for _ in range(MAX_PAGES):
            answer = self._reader.ask(f"{waba_id}/message_templates", question)
            if not isinstance(answer.get("data"), list):
                raise MetaReadError
            found += read_found(answer, name, language)
            cursor = read_next_cursor(answer)
            if cursor is None or any(not template.deleted for template in found):
                return min(found, key=lambda template: template.deleted, default=None)
            question["after"] = cursor
        raise MetaReadError

    def upload_sample(self, app_id: str, content: bytes, mime_type: str, filename: str) -> str:
        """Return the handle of a template's sample; raises MetaUploadError."""
        return self._uploader.upload_sample(app_id, content, mime_type, filename)

    def upload_media(
        self, phone_number_id: str, content: bytes, mime_type: str, filename: str
    ) -> str:
        """Return the id of a file that messages of this number may show; raises MetaUploadError."""
        return self._uploader.upload_media(phone_number_id, content, mime_type, filename)

    def close(self) -> None:
        """Close the connections."""
        self._caller.close()
        self._reader.close()


def _heard(answer: GraphAnswer) -> ChangeResult | None:
    """Return what a call without an answer came to; None if there is an answer to read."""
    if answer.status is not None:
        return None
    return ChangeResult(outcome=Outcome.UNKNOWN if answer.left else Outcome.RETURNED)
