"""The only module that gives files to Meta's Graph API.

A template's sample goes through an upload session, which can be continued where it was interrupted
(Graph API docs, "Resumable Upload API"); what a message shows is given to the number that sends it
(Cloud API docs, "Media"). A file given twice is merely there twice.
"""

import re
from typing import Final

from urllib3.filepost import encode_multipart_formdata

from shared.adapters.whatsapp_calls import GraphAnswer, GraphCaller
from shared.errors import MetaUploadError
from shared.rules.template_answers import read_refusal
from shared.rules.untrusted import id_of, text_of, whole_number_of

# The first try to give a sample's bytes, and two that continue it.
TRIES: Final = 3
# The id of a session holds its own signature: "upload:MTphdHRh…?sig=ARZq…".
_SESSION: Final = re.compile(r"upload:[A-Za-z0-9_.~:=+%?&-]{1,2048}")


class MediaUploader:
    """Uploads files with one access token. All methods raise MetaUploadError."""

    def __init__(self, caller: GraphCaller, access_token: str) -> None:
        self._caller = caller
        # Sessions know this scheme alone, whatever else the Graph API takes.
        self._authorization = {"Authorization": f"OAuth {access_token}"}

    def upload_sample(self, app_id: str, content: bytes, mime_type: str, filename: str) -> str:
        """Return the handle by which a template's `example` names this file."""
        description = {
            "file_name": filename,
            "file_length": str(len(content)),
            "file_type": mime_type,
        }
        answer = self._caller.call("POST", f"{app_id}/uploads", query=description)
        session = text_of(answer.content.get("id")) or ""
        if not _SESSION.fullmatch(session):
            raise _error_of(answer)
        return self._fill(session, content)

    def upload_media(
        self, phone_number_id: str, content: bytes, mime_type: str, filename: str
    ) -> str:
        """Return the media id by which this number's messages name this file for 30 days."""
        body, content_type = encode_multipart_formdata(
            {
                "messaging_product": "whatsapp",
                "type": mime_type,
                "file": (filename, content, mime_type),
            }
        )
        answer = self._caller.call(
            "POST", f"{phone_number_id}/media", body, headers={"Content-Type": content_type}
        )
        media_id = id_of(answer.content.get("id"))
        if media_id is None:
            raise _error_of(answer)
        return media_id

    def _fill(self, session: str, content: bytes) -> str:
        """Give a session its bytes, from where it has them; refused is refused at once."""
        offset = 0
        for tries_left in reversed(range(TRIES)):
            headers = {
                "file_offset": str(offset),
                "Content-Type": "application/octet-stream",
                **self._authorization,
            }
            answer = self._caller.call("POST", session, content[offset:], headers=headers)
            handle = text_of(answer.content.get("h"))
            if handle:
                return handle
            error = _error_of(answer)
            if error.refused or not tries_left:
                break
            offset = self._taken(session, len(content))
        raise error

    def _taken(self, session: str, size: int) -> int:
        """Return how many bytes a session has; all of them again if it cannot say or has all."""
        answer = self._caller.call("GET", session, headers=self._authorization)
        offset = whole_number_of(answer.content.get("file_offset")) or 0
        return offset if offset < size else 0


def _error_of(answer: GraphAnswer) -> MetaUploadError:
    refused, code, reason = read_refusal(answer.status, answer.content)
    return MetaUploadError(refused=refused, meta_code=code, reason=reason)
