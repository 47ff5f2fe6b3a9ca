"""Meta's webhook bodies as typed events (Cloud API docs, "Webhooks reference").

A body was signed by Meta, yet nothing about its shape is trusted: an entry we cannot read is
counted and skipped, because an exception would make Meta deliver the whole batch again for days.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from shared.model import (
    AccountChange,
    InboundMessage,
    MarketingPreference,
    ParsedEvents,
    Receipt,
    ReceiptStatus,
    Remark,
    SamePerson,
    TemplateChange,
)
from shared.rules.account_events import ACCOUNT_FIELDS, read_account_news
from shared.rules.inbound import is_known_kind, read_inbound
from shared.rules.meta_errors import read_error
from shared.rules.people import (
    names_of,
    people_of_message,
    people_of_receipt,
    people_of_update,
    user_id_of,
)
from shared.rules.phone import normalize_meta_phone
from shared.rules.untrusted import first_object_of, id_of, object_of, time_of

_Object = Mapping[str, Any]

# What the app must be subscribed to in Meta's dashboard (docs/operations.md, "First deployment").
FIELDS: Final = ("messages", "user_preferences", "user_id_update", *ACCOUNT_FIELDS)

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SAFE_WORD = re.compile(r"[a-z_]{1,40}")
_STATUSES = frozenset(ReceiptStatus)


def parse_events(payload: object) -> ParsedEvents:
    """Return everything that one webhook body says; never raises.

    `payload` is the decoded JSON. All strings are free of NUL and lone surrogates, which
    Postgres cannot store, and all ids are short. The keys of `ignored` are short reasons and
    hold no personal data; what they count may have been read in part.
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
        self._people: list[SamePerson] = []
        self._remarks: list[Remark] = []

    def read(self, payload: object) -> ParsedEvents:
        if not isinstance(payload, Mapping):
            self._ignored["payload:malformed"] += 1
        self._count_if_empty("payload", self._read_entries, payload)
        return ParsedEvents(
            receipts=tuple(self._receipts),
            inbound=tuple(self._inbound),
            preferences=tuple(self._preferences),
            templates=tuple(self._templates),
            accounts=tuple(self._accounts),
            people=tuple(dict.fromkeys(self._people)),
            remarks=tuple(self._remarks),
            ignored=MappingProxyType(dict(self._ignored)),
        )

    def _read_entries(self, payload: object) -> None:
        for entry in self._objects(payload, "entry"):
            self._count_if_empty("entry", self._read_entry, entry)

    def _read_entry(self, entry: _Object) -> None:
        for change in self._objects(entry, "changes"):
            value = object_of(change.get("value"))
            field = _word(_field_of(change, value, entry))
            self._count_if_empty(field, self._read_change, field, value, entry)

    def _count_if_empty(self, what: str, read: Callable[..., None], *arguments: object) -> None:
        """Read, and count what gives nothing at all, not even a reason why."""
        before = self._seen()
        read(*arguments)
        if self._seen() == before:
            self._ignored[f"{what}:empty"] += 1

    def _seen(self) -> int:
        replies = len(self._receipts) + len(self._inbound) + len(self._preferences)
        return replies + len(self._people) + len(self._remarks) + self._ignored.total()

    def _read_change(self, field: str, value: _Object, entry: _Object) -> None:
        number = id_of(object_of(value.get("metadata")).get("phone_number_id"))
        if field == "messages":
            self._read_messages(value, number)
        elif field == "user_preferences":
            self._each(value, field, lambda item: self._read_preference(item, number))
        elif field == "user_id_update":
            self._each(value, field, lambda item: self._read_update(item, number))
        else:
            self._read_account(field, value, entry)

    def _read_messages(self, value: _Object, number: str | None) -> None:
        self._each(value, "statuses", lambda item: self._read_status(item, number))
        self._each(value, "messages", lambda item: self._read_message(item, value, number))
        for error in self._objects(value, "errors"):
            code, _ = read_error(error)
            self._ignored["error:other" if code is None else f"error:{code}"] += 1

    def _read_status(self, status: _Object, number: str | None) -> None:
        if number is None:
            raise _Skipped("receipt:no_phone_number_id")
        self._receipts.append(_receipt(status, number))
        self._people += people_of_receipt(status, number)

    def _read_message(self, message: _Object, value: _Object, number: str | None) -> None:
        kind = _word(message.get("type"))
        if number is None:
            raise _Skipped("message:no_phone_number_id")
        names = names_of(message, value)
        self._people += people_of_message(message, names, number)
        read = read_inbound(message, kind, names, number)
        self._inbound.append(read)
        self._ignored.update(["message:no_id"] * (read.meta_message_id is None))
        self._ignored.update([f"type:{kind}"] * (not is_known_kind(kind)))

    def _read_preference(self, preference: _Object, number: str | None) -> None:
        self._preferences.append(_preference(preference, number))

    def _read_update(self, update: _Object, number: str | None) -> None:
        people = list(people_of_update(update, number)) if number else []
        if not people:
            raise _Skipped("user_id_update:no_person")
        self._people += people

    def _read_account(self, field: str, value: _Object, entry: _Object) -> None:
        news = read_account_news(field, value, entry)
        if news is None or not (news.templates or news.accounts):
            self._ignored[f"field:{field}"] += 1
        if news:
            self._templates += news.templates
            self._accounts += news.accounts
            self._remarks += news.remarks

    def _each(self, value: _Object, key: str, read: Callable[[_Object], None]) -> None:
        for item in self._objects(value, key):
            try:
                read(item)
            except _Skipped as skipped:
                self._ignored[str(skipped)] += 1
            else:
                untimed = time_of(item.get("timestamp")) is None
                self._ignored.update(["timestamp:absent"] * untimed)

    def _objects(self, parent: object, key: str) -> Iterator[_Object]:
        items = object_of(parent).get(key, [])
        for item in items if isinstance(items, list) else [items]:
            if isinstance(item, Mapping):
                yield item
            else:
                self._ignored[f"{key}:malformed"] += 1


def _receipt(status: _Object, phone_number_id: str) -> Receipt:
    word = _word(status.get("status"))
    if word not in _STATUSES:
        raise _Skipped(f"status:{word}")
    code, message = read_error(first_object_of(status.get("errors")))
    return Receipt(
        phone_number_id=phone_number_id,
        message_id=_our_id(status.get("biz_opaque_callback_data")),
        meta_message_id=_required(status, "id", "receipt:no_id"),
        status=ReceiptStatus(word),
        at=time_of(status.get("timestamp")),
        user_id=user_id_of(status.get("recipient_user_id")),
        error_code=code,
        error_message=message,
    )


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
        user_id=user_id_of(preference.get("user_id")) or user_id_of(preference.get("wa_id")),
        stopped=preference["value"] == "stop",
        at=time_of(preference.get("timestamp")),
    )


def _field_of(change: _Object, value: _Object, entry: _Object) -> object:
    """Return what a change is about: two of Meta's samples write it where it does not belong."""
    return change.get("field") or value.get("field") or entry.get("field")


def _our_id(raw: object) -> str | None:
    return raw.lower() if isinstance(raw, str) and _UUID.fullmatch(raw) else None


def _word(raw: object) -> str:
    return raw if isinstance(raw, str) and _SAFE_WORD.fullmatch(raw) else "other"


def _required(item: _Object, key: str, reason: str) -> str:
    value = id_of(item.get(key))
    if value is None:
        raise _Skipped(reason)
    return value
