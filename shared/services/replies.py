"""What people wrote, as the topic wa-inbound carries it: docs/wa-inbound.schema.json."""

from datetime import datetime
from typing import Final

from shared.model import InboundMessage
from shared.services.row_by_row import Row

# Of the shape. Whatever the present schema would refuse gets another one.
VERSION: Final = 1


def reply(message: InboundMessage, now: datetime) -> Row:
    """Return a reply to be published; `meta_message_id` makes repeats visible."""
    return {
        "version": VERSION,
        "meta_message_id": message.meta_message_id,
        "phone_number_id": message.phone_number_id,
        "phone": message.sender_phone,
        "user_id": message.user_id,
        "context_message_id": message.context_message_id,
        "kind": message.kind,
        "text": message.text,
        "payload": message.payload,
        "at": (message.at or now).isoformat(),
    }
