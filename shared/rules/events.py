"""Meta's webhook bodies as typed events (Cloud API docs, "Webhooks reference").

A body was signed by Meta, yet nothing about its shape is trusted: an entry we cannot read is
counted and skipped, because an exception would make Meta deliver the whole batch again for days.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from shared.model import (
    AccountChange,
    InboundMessage,
    MarketingPreference,
    ParsedEvents,
    Receipt,
    ReceiptStatus,
    TemplateChange,
)
from shared.rules.account_events import read_account_change, read_template_change
from shared.rules.meta_errors import read_error
from shared.rules.phone import normalize_meta_phone
from shared.rules.untrusted import first_object_of, object_of, text_of, time_of

_Event = TypeVar("_Event")
_Object = Mapping[str, Any]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SAFE_WORD = re.compile(r"[a-z_]{1,40}")
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]+")
_STATUSES = frozenset(ReceiptStatus)

# Where each kind of message keeps what the person wrote.
_TEXT_KEYS = {
    "text": "body",
    "button": "text",
    "reaction": "emoji",
    "image": "caption",
    "video": "caption",
    "document": "caption",
}
_KINDS = {*_TEXT_KEYS, "interactive", "audio", "sticker", "location", "contacts", "unsupported"}


def parse_events(payload: object) -> ParsedEvents:
    """Return every receipt, reply and marketing preference in one webhook body; never raises.

    `payload` is the decoded JSON. All strings are free of NUL and lone surrogates, which
    Postgres cannot store. The keys of `ignored` are short reasons and hold no personal data.
    """
    return _Reader().read(payload)


class _Skipped(Exception):
    """An entry that gives no event, with the reason to count."""


class _Reader:
    def __init__(self) -> None:
        self._ignored: Counter[str] = Counter()
        self._receipts: list[Receipt] = []
        self._inbound: list[InboundMessage] = []
        self._preferences: list[MarketingPreference] = []
        self._templates: list[TemplateChange] = []
        self._accounts: list[AccountChange] = []

    def read(self, payload: object) -> ParsedEvents:
        if not isinstance(payload, Mapping):
            self._ignored["payload:malformed"] += 1
        for entry in self._objects(payload, "entry"):
            for change in self._objects(entry, "changes"):
                self._read_change(change, entry)
        return ParsedEvents(
            receipts=tuple(self._receipts),
            inbound=tuple(self._inbound),
            preferences=tuple(self._preferences),
            templates=tuple(self._templates),
            accounts=tuple(self._accounts),
            ignored=MappingProxyType(dict(self._ignored)),
        )

    def _read_change(self, change: _Object, entry: _Object) -> None:
        field, value = change.get("field"), object_of(change.get("value"))
        if field == "messages":
            self._collect(self._receipts, value, "statuses", _receipt)
            self._collect(self._inbound, value, "messages", _inbound)
            for error in self._objects(value, "errors"):
                code, _ = read_error(error)
                self._ignored["error:other" if code is None else f"error:{code}"] += 1
        elif field == "user_preferences":
            self._collect(self._preferences, value, "user_preferences", _preference)
        else:
            self._read_account(_word(field), value, entry)

    def _read_account(self, field: str, value: _Object, entry: _Object) -> None:
        waba_id = text_of(entry.get("id")) or ""
        template = account = None
        if field == "message_template_status_update":
            template = read_template_change(waba_id, value, entry.get("time"))
            self._templates += [template] if template else []
        elif field == "account_update":
            account = read_account_change(waba_id, value)
            self._accounts += [account] if account else []
        if template is None and account is None:
            self._ignored[f"field:{field}"] += 1

    def _collect(
        self,
        events: list[_Event],
        value: _Object,
        key: str,
        parse: Callable[[_Object, str | None], _Event],
    ) -> None:
        phone_number_id = text_of(object_of(value.get("metadata")).get("phone_number_id"))
        for item in self._objects(value, key):
            try:
                events.append(parse(item, phone_number_id))
            except _Skipped as skipped:
                self._ignored[str(skipped)] += 1
            else:
                self._ignored.update(
                    ["timestamp:absent"] * (time_of(item.get("timestamp")) is None)
                )

    def _objects(self, parent: object, key: str) -> Iterator[_Object]:
        items = object_of(parent).get(key, [])
        for item in items if isinstance(items, list) else [items]:
            if isinstance(item, Mapping):
                yield item
            else:
                self._ignored[f"{key}:malformed"] += 1


def _receipt(status: _Object, _: str | None) -> Receipt:
    word = _word(status.get("status"))
    if word not in _STATUSES:
        raise _Skipped(f"status:{word}")
    code, message = read_error(first_object_of(status.get("errors")))
    return Receipt(
        message_id=_our_id(status.get("biz_opaque_callback_data")),
        meta_message_id=_required(status, "id", "receipt:no_id"),
        status=ReceiptStatus(word),
        at=time_of(status.get("timestamp")),
        user_id=_user_id(status.get("recipient_user_id")),
        error_code=code,
        error_message=message,
    )


def _inbound(message: _Object, phone_number_id: str | None) -> InboundMessage:
    kind = _word(message.get("type"))
    if kind not in _KINDS:
        raise _Skipped(f"type:{kind}")
    if phone_number_id is None:
        raise _Skipped("message:no_phone_number_id")
    text, payload, answered = _content(message, kind)
    return InboundMessage(
        phone_number_id=phone_number_id,
        sender_phone=normalize_meta_phone(message.get("from")),
        user_id=_user_id(message.get("from_user_id")) or _user_id(message.get("from")),
        meta_message_id=_required(message, "id", "message:no_id"),
        context_message_id=text_of(object_of(message.get("context")).get("id")) or answered,
        at=time_of(message.get("timestamp")),
        kind=kind,
        text=text,
        payload=payload,
    )


def _content(message: _Object, kind: str) -> tuple[str | None, str | None, str | None]:
    """Return text, button payload and (for a reaction) the message reacted to."""
    content = object_of(message.get(kind))
    if kind == "interactive":
        reply = object_of(content.get("button_reply") or content.get("list_reply"))
        return text_of(reply.get("title")), text_of(reply.get("id")), None
    text = text_of(content.get(_TEXT_KEYS.get(kind, "")))
    return text, text_of(content.get("payload")), text_of(content.get("message_id"))


def _preference(preference: _Object, phone_number_id: str | None) -> MarketingPreference:
    if phone_number_id is None:
        raise _Skipped("preference:no_phone_number_id")
    if preference.get("category") != "marketing_messages":
        raise _Skipped(f"preference:{_word(preference.get('category'))}")
    if preference.get("value") not in ("stop", "resume"):
        raise _Skipped("preference:no_value")
    return MarketingPreference(
        phone_number_id=phone_number_id,
        phone=normalize_meta_phone(preference.get("wa_id")),
        user_id=_user_id(preference.get("user_id")) or _user_id(preference.get("wa_id")),
        stopped=preference["value"] == "stop",
        at=time_of(preference.get("timestamp")),
    )


def _our_id(raw: object) -> str | None:
    return raw.lower() if isinstance(raw, str) and _UUID.fullmatch(raw) else None


def _user_id(raw: object) -> str | None:
    return raw if isinstance(raw, str) and _USER_ID.fullmatch(raw) else None


def _word(raw: object) -> str:
    return raw if isinstance(raw, str) and _SAFE_WORD.fullmatch(raw) else "other"


def _required(item: _Object, key: str, reason: str) -> str:
    value = text_of(item.get(key))
    if value is None:
        raise _Skipped(reason)
    return value
