"""Meta's webhook bodies as typed events (Cloud API docs, "Webhooks reference").

A body was signed by Meta, yet nothing about its shape is trusted: an entry we cannot read is
counted and skipped, because an exception would make Meta deliver the whole batch again for days.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from shared.model import InboundMessage, MarketingPreference, ParsedEvents, Receipt, ReceiptStatus
from shared.rules.meta_errors import read_error
from shared.rules.phone import normalize_meta_phone
from shared.rules.untrusted import first_object_of, object_of, text_of, whole_number_of

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

_FIRST_SECOND, _LAST_SECOND = 10**9, 10**11


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

    def read(self, payload: object) -> ParsedEvents:
        if not isinstance(payload, Mapping):
            self._ignored["payload:malformed"] += 1
        for entry in self._objects(payload, "entry"):
            for change in self._objects(entry, "changes"):
                self._read_change(change)
        return ParsedEvents(
            receipts=tuple(self._receipts),
            inbound=tuple(self._inbound),
            preferences=tuple(self._preferences),
            ignored=MappingProxyType(dict(self._ignored)),
        )

    def _read_change(self, change: _Object) -> None:
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
            self._ignored[f"field:{_word(field)}"] += 1

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
                self._ignored.update(["timestamp:absent"] * (_time(item) is None))

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
        at=_time(status),
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
        at=_time(message),
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
        at=_time(preference),
    )


def _time(item: _Object) -> datetime | None:
    """Return `timestamp` as UTC; Meta sends seconds, and now and then milliseconds."""
    seconds = whole_number_of(item.get("timestamp")) or 0
    if seconds >= _LAST_SECOND:
        seconds //= 1000
    if _FIRST_SECOND <= seconds < _LAST_SECOND:
        return datetime.fromtimestamp(seconds, UTC)
    return None


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
