"""What is said about a file that somebody uploads."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared.errors import InvalidInput
from shared.rules.message_parts import MediaKind

MAX_FILENAME: Final = 240


@dataclass(frozen=True, kw_only=True)
class UploadRequest:
    """A file to come; `kind` is the format of the header that is to show it."""

    campaign_id: UUID
    kind: str
    filename: str
    mime_type: str


def parse_upload(campaign_id: UUID, kind: str, filename: str, mime_type: str) -> UploadRequest:
    """Return the upload asked for; raises InvalidInput naming the parameter at fault."""
    if kind not in MediaKind.__members__:
        raise InvalidInput("value_invalid", "Debe ser IMAGE, VIDEO o DOCUMENT.", "kind")
    name = filename.strip()
    unfit = not name.isprintable() or len(name) > MAX_FILENAME or set(name) & set('/\\"')
    if unfit:
        raise InvalidInput(
            "value_invalid",
            f"El nombre del archivo: a lo más {MAX_FILENAME} caracteres.",
            "filename",
        )
    return UploadRequest(
        campaign_id=campaign_id,
        kind=kind,
        filename=name or kind.lower(),
        mime_type=mime_type,
    )
