"""Files given to Meta: samples by upload sessions, and media of messages.

Docs: Graph API, "Resumable Upload API"; Cloud API, "Media".
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devstack.meta.error_codes import RefusedError

MB = 1024 * 1024
SAMPLE_TYPES = ("application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4")
_OFFICE = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES = {
    "image/jpeg": 5 * MB,
    "image/png": 5 * MB,
    "video/mp4": 16 * MB,
    "video/3gpp": 16 * MB,
    "application/pdf": 100 * MB,
    "text/plain": 100 * MB,
    "application/msword": 100 * MB,
    "application/vnd.ms-excel": 100 * MB,
    "application/vnd.ms-powerpoint": 100 * MB,
    f"{_OFFICE}wordprocessingml.document": 100 * MB,
    f"{_OFFICE}spreadsheetml.sheet": 100 * MB,
    f"{_OFFICE}presentationml.presentation": 100 * MB,
}


@dataclass(kw_only=True, slots=True)
class Session:
    """An upload under way."""

    file_type: str
    length: int
    content: bytearray = field(default_factory=bytearray)


class Uploads:
    """Sessions by id, and the handles of what was uploaded whole."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.handles: set[str] = set()
        self.media: dict[str, str] = {}

    def start(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Answer `POST /{app_id}/uploads`.

        Raises:
            RefusedError: a type that samples cannot have, or no length.
        """
        file_type, length = query.get("file_type", ""), query.get("file_length", "")
        if file_type not in SAMPLE_TYPES:
            raise RefusedError(100, "Param file_type is not a supported type")
        if not length.isdecimal() or not int(length) or not query.get("file_name"):
            raise RefusedError(100, "Params file_length and file_name are required")
        unique = base64.urlsafe_b64encode(f"attachment:{len(self.sessions) + 1}".encode()).decode()
        session_id = f"upload:{unique}?sig=ARZ{len(self.sessions) + 1:06d}"
        self.sessions[session_id] = Session(file_type=file_type, length=int(length))
        return {"id": session_id}

    def fill(self, session_id: str, offset: str, content: bytes) -> dict[str, Any]:
        """Answer `POST /upload:...`: the handle once all bytes are there.

        Raises:
            RefusedError: no such session, or bytes that do not follow those it has.
        """
        session = self.keep(session_id, offset, content)
        if len(session.content) != session.length:
            raise RefusedError(100, "Partial request (did not match length of file)")
        handle = "4::" + base64.b64encode(f"{session.file_type}:{session_id}".encode()).decode()
        self.handles.add(handle)
        return {"h": handle}

    def keep(self, session_id: str, offset: str, content: bytes) -> Session:
        """Add bytes to a session; raises as `fill` does."""
        session = self._session(session_id)
        if not offset.isdecimal() or int(offset) > len(session.content):
            raise RefusedError(100, "The file_offset header does not match the upload")
        session.content[int(offset) :] = content
        return session

    def state(self, session_id: str) -> dict[str, Any]:
        """Answer `GET /upload:...`; raises RefusedError for no such session."""
        return {"id": session_id, "file_offset": len(self._session(session_id).content)}

    def add_media(self, product: str, mime_type: str, content: bytes) -> dict[str, Any]:
        """Answer `POST /{phone_number_id}/media`.

        Raises:
            RefusedError: a type or a size that messages cannot have.
        """
        if product != "whatsapp":
            raise RefusedError(100, "The parameter messaging_product is required.")
        if mime_type not in MEDIA_TYPES:
            raise RefusedError(
                100, f"Param file must be a file with one of these types: {mime_type}"
            )
        if not 0 < len(content) <= MEDIA_TYPES[mime_type]:
            raise RefusedError(131053, "Media upload error: the file's size is not allowed")
        media_id = str(1_013_859_600_000_000 + len(self.media) + 1)
        self.media[media_id] = mime_type
        return {"id": media_id}

    def _session(self, session_id: str) -> Session:
        session = self.sessions.get(session_id)
        if session is None:
            raise RefusedError(100, "Unsupported post request. Object does not exist", subcode=33)
        return session
