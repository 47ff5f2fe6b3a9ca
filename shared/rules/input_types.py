"""The types of JSON that callers may send, one at a time; what is wrong names its field."""

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from shared.errors import InvalidInput

MAX_TEXT: Final = 1_024  # Meta's limit for a whole body
UUID_LENGTH: Final = 36
# An unknown field of any other name is not named in the answer: it may be somebody's number.
FIELD_NAME: Final = re.compile(r"[A-Za-z_]{1,40}")
# Postgres stores neither NUL nor halves of surrogate pairs.
NOT_TEXT: Final = re.compile("[\x00\ud800-\udfff]")


def object_at(value: object, field: str, known: frozenset[str] | None) -> Mapping[str, Any]:
    """Return a JSON object whose fields are all `known` (None: any will do)."""
    if not isinstance(value, dict):
        raise InvalidInput("object_expected", "Debe ser un objeto JSON.", field)
    for name in value:
        # A misspelt "scheduled_at" must not send at once.
        if known is not None and name not in known:
            shown = name if FIELD_NAME.fullmatch(name) else ""
            raise InvalidInput(
                "field_unknown", "Ese campo no existe.", f"{field}.{shown}".strip(".")
            )
    return value


def text_at(value: object, field: str, limit: int = MAX_TEXT) -> str:
    """Return a text that Postgres can store, of at most `limit` characters."""
    if not isinstance(value, str):
        raise InvalidInput("text_expected", "Debe ser texto.", field)
    if len(value) > limit:
        raise InvalidInput("text_too_long", f"A lo más {limit} caracteres.", field)
    if NOT_TEXT.search(value):
        raise InvalidInput("text_invalid", "Contiene caracteres que no son texto.", field)
    return value


def uuid_at(value: object, field: str) -> UUID:
    """Return an id."""
    if value is None:
        raise InvalidInput("field_missing", "Falta este campo.", field)
    try:
        if isinstance(value, str) and len(value) == UUID_LENGTH:
            return UUID(value)
    except ValueError:
        pass
    raise InvalidInput("id_invalid", "Debe ser un identificador UUID.", field)


def boolean_at(value: object, field: str) -> bool | None:
    """Return true, false, or None for a field that is absent."""
    if value is None or isinstance(value, bool):
        return value
    raise InvalidInput("boolean_expected", "Debe ser true o false.", field)
