"""The file that a template's header shows: read, checked, and offered to Meta as the sample."""

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.adapters.public_files import PublicFile
from shared.adapters.whatsapp_templates import TemplateClient
from shared.errors import InvalidInput
from shared.rules.media_files import LARGEST, TELLING_BYTES, check_file
from shared.rules.message_parts import MediaKind
from shared.rules.template_draft import TemplateDraft
from shared.rules.untrusted import object_of

LINK_FIELD = "header_media.link"


@dataclass(frozen=True, kw_only=True)
class SampleFile:
    """A file that may be a template's sample."""

    content: bytes = field(repr=False)
    mime_type: str
    filename: str


class SampleFiles:
    """Reads headers' files from their links and uploads them."""

    def __init__(self, fetch: Callable[[str, int, str], PublicFile], app_id: str) -> None:
        """`fetch`: a public link's file of so many bytes at most, blaming the named field.

        `app_id`: Meta's app, whose uploads they are.

        What is sent to voters is not this upload: Meta reads the link anew, or has a media id.
        """
        self._fetch = fetch
        self._app_id = app_id

    def read(self, draft: TemplateDraft) -> SampleFile | None:
        """Return the file behind a header's link; None: the header shows none.

        Raises:
            InvalidInput: it cannot be read, or is none that Meta would show.
        """
        kind, link = draft.header_format, object_of(draft.header_media).get("link")
        if kind is None or kind not in MediaKind.__members__ or not isinstance(link, str):
            return None
        file = self._fetch(link, LARGEST[kind], LINK_FIELD)
        require_fit(kind, file.content, file.mime_type, LINK_FIELD)
        name = file.filename or kind.lower()
        return SampleFile(content=file.content, mime_type=file.mime_type, filename=name)

    def handle_of(
        self, draft: TemplateDraft, client: TemplateClient, sample: SampleFile | None
    ) -> str | None:
        """Return Meta's handle of the header's sample; None: it needs none.

        Raises:
            InvalidInput: the file cannot be read any more.
            MetaUploadError: Meta did not take it.
        """
        sample = sample or self.read(draft)
        return self.upload(sample, client) if sample else None

    def upload(self, sample: SampleFile, client: TemplateClient) -> str:
        """Return Meta's handle of a file; raises MetaUploadError."""
        return client.upload_sample(self._app_id, sample.content, sample.mime_type, sample.filename)


def require_fit(kind: str, content: bytes, mime_type: str, blamed: str) -> None:
    """Raise InvalidInput unless the file is what such a header shows."""
    start = content[:TELLING_BYTES]
    for problem in check_file(kind, start, mime_type, len(content), sample=True):
        raise InvalidInput(problem.code, problem.detail, blamed)
