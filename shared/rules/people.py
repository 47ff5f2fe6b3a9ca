"""Who wrote, and which names one person has (Cloud API docs, "Business-scoped user IDs").

A person is known by a phone, by an id that each portfolio has for them (`user_id`), or by one that
linked portfolios share (`parent_user_id`). Any of them may be missing, and any may change.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shared.model import SamePerson
from shared.rules.phone import normalize_meta_phone
from shared.rules.untrusted import object_of, objects_of, text_of, time_of

_Object = Mapping[str, Any]
# A country, then at most 128 letters and digits; a parent id may have "ENT." before them.
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]{1,132}")
# The names that Meta has for a person who got a new phone, in the versions of its API.
_NEW_NUMBER = frozenset({"user_changed_number", "customer_changed_number"})
_NEW_USER_ID = "user_changed_user_id"
# How Meta's sentence about it ends; the former id often stands nowhere else. What is before it
# holds the person's own words, their name.
_CHANGE = re.compile(r".* changed from (\S+) to \S+", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Names:
    """What one event calls a person; at least one, if it calls them anything."""

    phone: str | None = None
    user_id: str | None = None
    parent_id: str | None = None

    def known(self) -> list[str]:
        """Return the names there are, the plainest first."""
        return [name for name in (self.phone, self.user_id, self.parent_id) if name]


def user_id_of(raw: object) -> str | None:
    """Return one of Meta's user ids, or None."""
    return raw if isinstance(raw, str) and _USER_ID.fullmatch(raw) else None


def names_of(message: _Object, value: _Object) -> Names:
    """Return who wrote a message; `value` is what it came in.

    The `contacts` beside it name the same person where there is one of them: a message without
    any name of its own is theirs.
    """
    own = Names(
        phone=normalize_meta_phone(message.get("from")),
        user_id=user_id_of(message.get("from_user_id")) or user_id_of(message.get("from")),
        parent_id=user_id_of(message.get("from_parent_user_id")),
    )
    contacts = objects_of(value.get("contacts"))
    other = _names_of_contact(contacts[0]) if len(contacts) == 1 else Names()
    if _differ(own.phone, other.phone) or _differ(own.user_id, other.user_id):
        return own
    return Names(
        phone=own.phone or other.phone,
        user_id=own.user_id or other.user_id,
        parent_id=own.parent_id or other.parent_id,
    )


def _names_of_contact(contact: _Object) -> Names:
    return Names(
        phone=normalize_meta_phone(contact.get("wa_id")),
        user_id=user_id_of(contact.get("user_id")) or user_id_of(contact.get("wa_id")),
        parent_id=user_id_of(contact.get("parent_user_id")),
    )


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def people_of_message(message: _Object, names: Names, number: str) -> Iterator[SamePerson]:
    """Yield what a message says about names: a change of number or id, or a parent id."""
    system = object_of(message.get("system"))
    kind = text_of(system.get("type")) if message.get("type") == "system" else None
    at = message.get("timestamp")
    if kind in _NEW_NUMBER or kind == _NEW_USER_ID:
        former = _former_names(message, system)
        present = Names(
            phone=normalize_meta_phone(system.get("wa_id") or system.get("new_wa_id")),
            user_id=user_id_of(system.get("user_id")),
            parent_id=user_id_of(system.get("parent_user_id")),
        )
        yield from _same(former, present, number, at)
    elif kind is None and names.parent_id:
        yield from _same(
            Names(phone=names.phone, user_id=names.user_id),
            Names(parent_id=names.parent_id),
            number,
            at,
        )


def _former_names(message: _Object, system: _Object) -> Names:
    told = _CHANGE.fullmatch(text_of(system.get("body")) or "")
    by_body = told[1] if told else None
    ids = (system.get("previous_user_id"), by_body, message.get("from_user_id"))
    phones = (message.get("from"), system.get("customer"), by_body)
    return Names(
        phone=next(filter(None, map(normalize_meta_phone, phones)), None),
        user_id=next(filter(None, map(user_id_of, ids)), None),
    )


def people_of_receipt(status: _Object, number: str) -> Iterator[SamePerson]:
    """Yield which user id a parent id belongs to, which only linked portfolios' receipts tell."""
    former = Names(user_id=user_id_of(status.get("recipient_user_id")))
    present = Names(parent_id=user_id_of(status.get("recipient_parent_user_id")))
    yield from _same(former, present, number, status.get("timestamp"))


def people_of_update(update: _Object, number: str) -> Iterator[SamePerson]:
    """Yield one `user_id_update`: `{wa_id, user_id: {previous, current}, parent_user_id: {…}}`."""
    user_id, parent = object_of(update.get("user_id")), object_of(update.get("parent_user_id"))
    former = Names(
        user_id=user_id_of(user_id.get("previous")), parent_id=user_id_of(parent.get("previous"))
    )
    present = Names(
        phone=normalize_meta_phone(update.get("wa_id")),
        user_id=user_id_of(user_id.get("current")),
        parent_id=user_id_of(parent.get("current")),
    )
    yield from _same(former, present, number, update.get("timestamp"))


def _same(former: Names, present: Names, number: str, at: object) -> Iterator[SamePerson]:
    for name in former.known():
        for other in present.known():
            if name != other:
                yield SamePerson(phone_number_id=number, former=name, present=other, at=time_of(at))
