"""Webhook bodies as Meta writes them (WhatsApp webhook reference)."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from devstack.meta.error_codes import receipt_error
from devstack.meta.receipts import Event, Message, Receipt, ReceiptStatus, Update

_BILLED = (ReceiptStatus.SENT, ReceiptStatus.DELIVERED)
# Fields whose entry carries no `time`.
_UNTIMED = ("messages", "user_preferences", "user_id_update")


def webhook_body(waba_id: str, updates: Iterable[Update]) -> bytes:
    r"""The raw bytes of one POST: non-ASCII text escaped as lowercase \uXXXX, as Meta does."""
    entries: list[dict[str, Any]] = []
    untimed: list[dict[str, Any]] = []
    for update in updates:
        if isinstance(update, Event) and update.field not in _UNTIMED:
            account = update.waba_id or waba_id
            entries.append({"id": account, "time": int(update.at), "changes": [_change(update)]})
        else:
            untimed.append(_change(update))
    if untimed:
        entries.append({"id": waba_id, "changes": untimed})
    body = {"object": "whatsapp_business_account", "entry": entries}
    return json.dumps(body, separators=(",", ":")).encode()


def display_number(phone_number_id: str) -> str:
    """The business number that belongs to an id; made up, but always the same."""
    return f"5255{phone_number_id[-8:]:0>8}"


def user_id(wa_id: str) -> str:
    """A business-scoped user id, which does not reveal the phone number."""
    return f"MX.13{zlib.crc32(wa_id.encode()):014d}"


@dataclass(frozen=True, kw_only=True, slots=True)
class VoterAction:
    """A voter replies (`kind` text or button) or presses "stop" or "resume".

    A `payload` left empty is the `text`.
    """

    phone_number_id: str
    wa_id: str
    kind: str
    text: str = ""
    payload: str = ""

    @property
    def is_message(self) -> bool:
        """Whether it arrives as a message."""
        return self.kind not in ("stop", "resume")


def voter_event(action: VoterAction, wamid: str, at: float) -> Event:
    """What Meta reports; `wamid` is the id of the voter's message, if it is one.

    Raises:
        ValueError: unknown kind.
    """
    field = "messages" if action.is_message else "user_preferences"
    entry = _inbound(action, wamid, at) if action.is_message else _preference(action, at)
    contacts = [_contact(action.wa_id)]
    value = _value(action.phone_number_id, contacts=contacts, **{field: [entry]})
    return Event(field=field, value=value, at=at)


def _preference(action: VoterAction, at: float) -> dict[str, Any]:
    return {
        "wa_id": action.wa_id,
        "user_id": user_id(action.wa_id),
        "detail": f"User requested to {action.kind} marketing messages",
        "category": "marketing_messages",
        "value": action.kind,
        "timestamp": int(at),
    }


def _inbound(action: VoterAction, wamid: str, at: float) -> dict[str, Any]:
    return {
        "from": action.wa_id,
        "from_user_id": user_id(action.wa_id),
        "id": wamid,
        "timestamp": str(int(at)),
        "type": action.kind,
        action.kind: _content(action),
    }


def _content(action: VoterAction) -> dict[str, Any]:
    if action.kind == "text":
        return {"body": action.text}
    if action.kind == "button":
        return {"payload": action.payload or action.text, "text": action.text}
    raise ValueError("kind must be text, button, stop or resume")


def _change(update: Update) -> dict[str, Any]:
    if isinstance(update, Event):
        return {"field": update.field, "value": update.value}
    status = _status(update)
    if update.status is ReceiptStatus.FAILED:
        value = _value(update.message.phone_number_id, statuses=[status])
    else:
        contacts = [_contact(update.message.wa_id)]
        value = _value(update.message.phone_number_id, contacts=contacts, statuses=[status])
    return {"field": "messages", "value": value}


def _status(receipt: Receipt) -> dict[str, Any]:
    message = receipt.message
    status: dict[str, Any] = {
        "id": message.wamid,
        "status": receipt.status,
        "timestamp": str(int(receipt.at)),
        "recipient_id": message.wa_id,
        "recipient_user_id": user_id(message.wa_id),
    }
    if message.opaque is not None:
        status["biz_opaque_callback_data"] = message.opaque
    if receipt.status is ReceiptStatus.FAILED:
        status["errors"] = [receipt_error(receipt.code)]
    elif receipt.status in _BILLED:
        status["pricing"] = _pricing(message)
    return status


def _pricing(message: Message) -> dict[str, Any]:
    return {
        "billable": True,
        "pricing_model": "PMP",
        "type": "regular",
        "category": message.category,
    }


def _contact(wa_id: str) -> dict[str, Any]:
    return {"profile": {"name": "Ana Peña"}, "wa_id": wa_id, "user_id": user_id(wa_id)}


def _value(phone_number_id: str, **members: list[dict[str, Any]]) -> dict[str, Any]:
    metadata = {
        "display_phone_number": display_number(phone_number_id),
        "phone_number_id": phone_number_id,
    }
    return {"messaging_product": "whatsapp", "metadata": metadata, **members}
