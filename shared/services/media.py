"""Files that templates' headers show, given to Meta."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from shared.adapters.template_store import ChangeStore, TemplateStore
from shared.adapters.whatsapp_templates import TemplateClient
from shared.errors import Unavailable
from shared.http import Reply
from shared.rules.uploads import UploadRequest
from shared.services.sample_files import SampleFile, SampleFiles, require_fit


class MediaService:
    """`POST /media`, as the user whose token is given."""

    def __init__(
        self,
        store: TemplateStore,
        orders: ChangeStore,
        clients: Mapping[str, TemplateClient],
        files: SampleFiles,
    ) -> None:
        """`clients`: by the name of their credential."""
        self._store = store
        self._orders = orders
        self._clients = clients
        self._files = files

    def upload(self, token: str, asked: UploadRequest, content: bytes) -> Reply:
        """Give a file to Meta twice: to be sent by its id for 30 days, and to be a sample.

        Raises:
            InvalidInput: it is none that such a header shows.
            MetaUploadError: Meta did not take it, or did not answer; it may be given again.
        """
        require_fit(asked.kind, content, asked.mime_type, "file")
        begun = self._store.begin_upload(token, asked.campaign_id, _described(asked, content))
        upload_id = UUID(begun["upload_id"])
        order = self._orders.claim_upload(upload_id)
        client = self._clients.get(order.credential)
        if client is None:
            raise Unavailable("credential_missing")
        sample = SampleFile(content=content, mime_type=asked.mime_type, filename=asked.filename)
        handle = self._files.upload(sample, client)
        media_id = client.upload_media(
            order.phone_number_id, content, asked.mime_type, asked.filename
        )
        recorded = self._orders.record_upload(upload_id, media_id, handle)
        return Reply(status=HTTPStatus.CREATED, body=recorded)


def _described(asked: UploadRequest, content: bytes) -> dict[str, object]:
    return {
        "kind": asked.kind,
        "mime_type": asked.mime_type,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "filename": asked.filename,
    }
