"""What people wrote, whatever the kind of message (Cloud API docs, "Messages webhook")."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from shared.model import InboundMessage
from shared.rules.people import Names
from shared.rules.untrusted import id_of, object_of, objects_of, text_of, time_of, whole_number_of

_Object = Mapping[str, Any]

UNKNOWN: Final = "unknown"
_HALF_CIRCLE = 180
# Kinds whose text is not the person's own words, and so never a wish.
NOT_THEIR_WORDS: Final = frozenset({"system", "contacts", "location"})


@dataclass(frozen=True, kw_only=True)
class _Content:
    """A message's words; `about` is the message that it changes, answers or takes back."""

    text: str | None = None
    payload: str | None = None
    about: str | None = None


def read_inbound(message: _Object, kind: str, names: Names, phone_number_id: str) -> InboundMessage:
    """Return a message of any kind; one that we have never seen is of the kind "unknown"."""
    known = kind in _READERS
    content = _READERS[kind](message.get(kind)) if known else _anything(message.get(kind))
    context = id_of(object_of(message.get("context")).get("id"))
    return InboundMessage(
        phone_number_id=phone_number_id,
        sender_phone=names.phone,
        user_id=names.user_id or names.parent_id,
        meta_message_id=id_of(message.get("id")),
        context_message_id=context or content.about,
        at=time_of(message.get("timestamp")),
        kind=kind if known else UNKNOWN,
        text=content.text,
        payload=content.payload,
    )


def is_known_kind(kind: str) -> bool:
    """Tell whether Meta's docs describe such messages."""
    return kind in _READERS


def _nothing(_: object) -> _Content:
    return _Content()


def _text(raw: object) -> _Content:
    return _Content(text=text_of(object_of(raw).get("body")))


def _button(raw: object) -> _Content:
    button = object_of(raw)
    return _Content(text=text_of(button.get("text")), payload=text_of(button.get("payload")))


def _caption(raw: object) -> _Content:
    return _Content(text=text_of(object_of(raw).get("caption")))


def _reaction(raw: object) -> _Content:
    reaction = object_of(raw)
    return _Content(text=text_of(reaction.get("emoji")), about=id_of(reaction.get("message_id")))


def _interactive(raw: object) -> _Content:
    """A session button or list, a flow's answers (`nfm_reply`), or what Meta adds next."""
    interactive = object_of(raw)
    reply = object_of(interactive.get("button_reply") or interactive.get("list_reply"))
    if reply:
        return _Content(text=text_of(reply.get("title")), payload=text_of(reply.get("id")))
    flow = object_of(interactive.get("nfm_reply"))
    if flow:
        answers = text_of(flow.get("response_json"))
        return _Content(text=text_of(flow.get("body")), payload=answers)
    return _anything(interactive.get(str(interactive.get("type"))))


def _location(raw: object) -> _Content:
    place = object_of(raw)
    named = _joined(text_of(place.get(member)) for member in ("name", "address"))
    numbers = [place.get("latitude"), place.get("longitude")]
    pinned = all(map(_is_degrees, numbers))
    return _Content(text=named, payload=f"{numbers[0]},{numbers[1]}" if pinned else None)


def _is_degrees(raw: object) -> bool:
    return isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) <= _HALF_CIRCLE


def _contacts(raw: object) -> _Content:
    """The names on the cards; the numbers are other people's, and nobody here needs them."""
    names = (object_of(card.get("name")).get("formatted_name") for card in objects_of(raw))
    return _Content(text=_joined(text_of(name) for name in names))


def _order(raw: object) -> _Content:
    order = object_of(raw)
    items = [
        (whole_number_of(item.get("quantity")), text_of(item.get("product_retailer_id")))
        for item in objects_of(order.get("product_items"))
    ]
    wanted = _joined(
        f"{quantity} x {product}" for quantity, product in items if quantity and product
    )
    return _Content(text=text_of(order.get("text")), payload=wanted)


def _system(raw: object) -> _Content:
    """Meta's own words about a person, which nobody wrote."""
    system = object_of(raw)
    return _Content(text=text_of(system.get("body")), payload=text_of(system.get("type")))


def _edit(raw: object) -> _Content:
    """What a message says now; it answers what it answered before."""
    edit = object_of(raw)
    message = object_of(edit.get("message"))
    kind = str(message.get("type"))
    now = _READERS.get(kind, _anything)(message.get(kind)) if kind != "edit" else _Content()
    answered = id_of(object_of(message.get("context")).get("id"))
    original = id_of(edit.get("original_message_id"))
    return _Content(text=now.text, payload=now.payload, about=answered or original)


def _revoke(raw: object) -> _Content:
    return _Content(about=id_of(object_of(raw).get("original_message_id")))


def _anything(raw: object) -> _Content:
    """The first text in the usual places: a BAJA counts in whatever it comes."""
    content = object_of(raw)
    found = (text_of(content.get(name)) for name in ("body", "text", "caption", "title"))
    return _Content(text=next((text for text in found if text), None))


def _joined(texts: Iterable[str | None]) -> str | None:
    return ", ".join(text for text in texts if text) or None


_READERS: Final[Mapping[str, Callable[[object], _Content]]] = MappingProxyType(
    {
        "text": _text,
        "button": _button,
        "interactive": _interactive,
        "reaction": _reaction,
        "image": _caption,
        "video": _caption,
        "document": _caption,
        "audio": _nothing,
        "sticker": _nothing,
        "location": _location,
        "contacts": _contacts,
        "order": _order,
        "system": _system,
        "request_welcome": _nothing,
        "edit": _edit,
        "revoke": _revoke,
        "unsupported": _nothing,
        UNKNOWN: _nothing,
    }
)
