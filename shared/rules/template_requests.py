"""What callers may ask of templates: the types, and the draft that comes of them.

Whether Meta would take what is written is shared.rules.template_form's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from shared.errors import InvalidInput
from shared.rules.input_types import boolean_at, object_at, text_at, uuid_at
from shared.rules.message_parts import ParameterFormat
from shared.rules.template_draft import (
    BUTTON_KINDS,
    CONTENT_FIELDS,
    TemplateDraft,
    trimmed,
    with_changes,
)

LONGEST_TEXT: Final = 16_384  # a whole request; what Meta allows is the form's to say
EDIT_FIELDS: Final = CONTENT_FIELDS | {"dry_run"}
REQUEST_FIELDS: Final = EDIT_FIELDS | {"campaign_id", "name", "language"}
MEDIA_FIELDS: Final = frozenset(
    {"id", "link", "filename", "latitude", "longitude", "name", "address"}
)
BUTTON_FIELDS: Final = frozenset({"type", "text", "url", "phone_number", "payload"})
# What Meta has beside these, and campaigns do not.
UNSUPPORTED_FIELDS: Final = frozenset({"carousel", "cards", "limited_time_offer", "components"})
DEFAULT_LANGUAGE: Final = "es_MX"


@dataclass(frozen=True, kw_only=True)
class TemplateRequest:
    """A template to be made in a campaign, or only to be judged (`dry_run`)."""

    campaign_id: UUID
    draft: TemplateDraft
    dry_run: bool


def parse_template_request(body: object) -> TemplateRequest:
    """Return the template asked for.

    Raises:
        InvalidInput: a field is missing, unknown or of another type.
    """
    fields = _fields_of(body, REQUEST_FIELDS)
    for name in ("name", "category", "body_text"):
        if fields.get(name) is None:
            raise InvalidInput("field_missing", "Falta este campo.", name)
    empty = TemplateDraft(
        name=_line_at(fields["name"], "name"),
        category="",
        language=_line_at(fields.get("language") or DEFAULT_LANGUAGE, "language"),
        parameter_format=ParameterFormat.POSITIONAL.value,
        header_format=None,
        header_text=None,
        header_media=None,
        body_text="",
        footer_text=None,
        buttons=[],
        sample_values={},
    )
    return TemplateRequest(
        campaign_id=uuid_at(fields.get("campaign_id"), "campaign_id"),
        draft=with_changes(empty, _read(fields)),
        dry_run=boolean_at(fields.get("dry_run"), "dry_run") or False,
    )


def parse_template_edit(body: object) -> Mapping[str, object]:
    """Return the fields to change, and `dry_run` if it was said; raises InvalidInput."""
    fields = _fields_of(body, EDIT_FIELDS)
    for name in ("category", "body_text"):
        if name in fields and fields[name] is None:
            raise InvalidInput("field_missing", "Falta este campo.", name)
    dry_run = boolean_at(fields.get("dry_run"), "dry_run")
    return _read(fields) | ({} if dry_run is None else {"dry_run": dry_run})


def _fields_of(body: object, known: frozenset[str]) -> Mapping[str, Any]:
    fields = object_at(body, "", known | UNSUPPORTED_FIELDS)
    for name in sorted(UNSUPPORTED_FIELDS & fields.keys()):
        raise InvalidInput(
            "field_unknown",
            "El carrusel, la oferta por tiempo limitado y los componentes de Meta no se pueden usar"
            " aquí; escribe encabezado, texto, pie y botones en sus campos.",
            name,
        )
    return fields


def _read(fields: Mapping[str, Any]) -> dict[str, object]:
    return {name: read(fields[name], name) for name, read in _READERS.items() if name in fields}


def _line_at(value: object, field: str) -> str:
    return trimmed(text_at(value, field, LONGEST_TEXT))


def _word_at(value: object, field: str) -> str:
    return _line_at(value, field).upper()


def _optional_at(value: object, field: str) -> str | None:
    return None if value is None else _line_at(value, field) or None


def _header_format_at(value: object, field: str) -> str | None:
    word = None if value is None else _word_at(value, field)
    return None if word in (None, "", "NONE") else word


def _media_at(value: object, field: str) -> dict[str, object] | None:
    if value is None:
        return None
    members = object_at(value, field, MEDIA_FIELDS)
    media = {
        name: _media_member_at(member, f"{field}.{name}")
        for name, member in members.items()
        if member is not None
    }
    return media or None


def _media_member_at(value: object, field: str) -> object:
    is_degrees = field.endswith(("latitude", "longitude"))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_degrees and is_number else _line_at(value, field)


def _buttons_at(value: object, field: str) -> list[dict[str, str]]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidInput("list_expected", "Debe ser una lista.", field)
    return [_button_at(button, f"{field}.{index}") for index, button in enumerate(value)]


def _button_at(value: object, field: str) -> dict[str, str]:
    kind = _word_at(object_at(value, field, known=None).get("type", ""), f"{field}.type")
    if kind not in BUTTON_KINDS:
        # What else it has only Meta knows; the form says what is wrong with it.
        return {"type": kind}
    members = object_at(value, field, BUTTON_FIELDS)
    texts = {
        name: _line_at(member, f"{field}.{name}")
        for name, member in members.items()
        if member is not None
    }
    return {name: text for name, text in texts.items() if text} | {"type": kind}


def _samples_at(value: object, field: str) -> dict[str, str]:
    samples = {} if value is None else object_at(value, field, known=None)
    return {
        text_at(name, field): _line_at(sample, f"{field}.{name}")
        for name, sample in samples.items()
    }


_READERS: Final = {
    "category": _word_at,
    "header_format": _header_format_at,
    "header_text": _optional_at,
    "header_media": _media_at,
    "body_text": _line_at,
    "footer_text": _optional_at,
    "buttons": _buttons_at,
    "sample_values": _samples_at,
}
