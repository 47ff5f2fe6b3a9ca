"""What goes into a template's places, part by part."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class ParameterFormat(StrEnum):
    """How a template names its variables: `{{1}}` or `{{nombre}}`."""

    POSITIONAL = "positional"
    NAMED = "named"


class MediaKind(StrEnum):
    """The media a template's header can show."""

    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"


@dataclass(frozen=True, kw_only=True)
class TextHeader:
    """The value of a text header's one variable; `name` only for named templates."""

    text: str
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class MediaHeader:
    """A header's media: an uploaded `media_id`, or else a public `link`."""

    kind: MediaKind
    media_id: str | None = None
    link: str | None = None
    filename: str | None = None


@dataclass(frozen=True, kw_only=True)
class PlaceHeader:
    """The place that a map header shows; degrees are decimal, written out, south and west < 0."""

    latitude: str
    longitude: str
    name: str
    address: str


Header: TypeAlias = TextHeader | MediaHeader | PlaceHeader


@dataclass(frozen=True, kw_only=True)
class QuickReply:
    """A button that answers with `payload`; `index` counts all buttons of the template from 0."""

    index: int
    payload: str


@dataclass(frozen=True, kw_only=True)
class UrlSuffix:
    """The value of the variable at the end of a link button; `name` only if it is not {{1}}."""

    index: int
    suffix: str
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class CopyCode:
    """The code that a button copies when it is pressed."""

    index: int
    code: str


Button: TypeAlias = QuickReply | UrlSuffix | CopyCode
